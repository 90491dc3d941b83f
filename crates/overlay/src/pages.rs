//! Texts longer than their box: shown page by page at a calm pace, never scrolled.

use stallcast_show::At;

use crate::{
    Fonts, Lang,
    fit::{Fitted, Frame, Look, fit_pages, fit_whole},
    words::clean,
};

/// The pages of one text, fitted once.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    text: String,
    lang: Option<Lang>,
    pages: Vec<Fitted>,
}

/// A page and when the next one follows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub fitted: Fitted,
    pub next: Option<At>,
}

impl Pages {
    /// Takes a text in; the same text again costs nothing. A line break begins a new page.
    pub(crate) fn set(&mut self, fonts: &Fonts, look: Look, frame: Frame, text: &str, lang: Lang) {
        self.take(text, lang, |line| fit_pages(fonts, look, frame, line));
    }

    /// As [`Pages::set`], of news: a new page begins with a sentence wherever one fits a page.
    pub(crate) fn set_news(
        &mut self,
        fonts: &Fonts,
        look: Look,
        frame: Frame,
        text: &str,
        lang: Lang,
    ) {
        self.take(text, lang, |line| {
            let mut pages = Vec::new();
            let mut page = String::new();
            for sentence in sentences(line) {
                let longer = format!("{page}{sentence}");
                if page.is_empty() || fit_whole(fonts, look, frame, longer.trim_end()).is_some() {
                    page = longer;
                    continue;
                }
                pages.extend(fit_pages(fonts, look, frame, page.trim_end()));
                sentence.clone_into(&mut page);
            }
            pages.extend(fit_pages(fonts, look, frame, page.trim_end()));
            pages
        });
    }

    fn take(&mut self, text: &str, lang: Lang, cut: impl Fn(&str) -> Vec<Fitted>) {
        if self.lang == Some(lang) && self.text == text {
            return;
        }
        text.clone_into(&mut self.text);
        self.lang = Some(lang);
        self.pages = text
            .lines()
            .map(clean)
            .filter(|line| !line.is_empty())
            .flat_map(|line| cut(&line))
            .collect();
    }

    /// The page at `now`, counted from `start` in steps of `page_ms`.
    pub(crate) fn at(&self, start: At, now: At, page_ms: i64) -> Option<Page> {
        let count = i64::try_from(self.pages.len())
            .ok()
            .filter(|count| *count > 0)?;
        let turns = (now.0 - start.0).div_euclid(page_ms);
        let index = usize::try_from(turns.rem_euclid(count)).ok()?;
        Some(Page {
            fitted: self.pages.get(index)?.clone(),
            next: (count > 1).then(|| At(start.0 + (turns + 1) * page_ms)),
        })
    }
}

/// A cleaned text, cut behind what ends a sentence and the space after it.
fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let mut end = at + letter.len_utf8();
        let next = letters.peek().map(|(_, next)| *next);
        let ends = match letter {
            // A sentence may have several, and a bracket behind them.
            '。' | '！' | '？' | '；' => !next.is_some_and(|c| "。！？；”）」』".contains(c)),
            '.' | '!' | '?' | ';' => next == Some(' '),
            _ => false,
        };
        if ends {
            if next == Some(' ') {
                end += 1;
            }
            out.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::{Boldness, Face};

    /// The question's box of both themes, about.
    const FRAME: Frame = Frame {
        width: 644.0,
        height: 150.0,
        size: 46.0,
        smallest: 38.0,
        lines: 3,
    };

    /// What stands on each page.
    fn pages(text: &str, lang: Lang) -> Vec<String> {
        taken(lang, |pages, look| {
            pages.set(&Fonts::system(), look, FRAME, text, lang);
        })
    }

    fn taken(lang: Lang, set: impl Fn(&mut Pages, Look)) -> Vec<String> {
        let look = Look {
            face: match lang {
                Lang::Zh => Face::Chinese,
                Lang::En => Face::Latin,
            },
            boldness: Boldness::Bold,
        };
        let mut pages = Pages::default();
        set(&mut pages, look);
        let lines = |page: &Fitted| -> String {
            let runs = page.lines.iter().flat_map(|line| &line.runs);
            runs.map(|run| run.text.as_str()).collect()
        };
        for page in &pages.pages {
            let widest = page.lines.iter().map(|l| l.width * page.size);
            assert!(widest.fold(0.0, f32::max) <= FRAME.width + 0.5, "too wide");
            assert!(page.lines.len() <= FRAME.lines);
        }
        pages.pages.iter().map(lines).collect()
    }

    fn bare(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn a_page_that_is_not_the_last_says_that_more_follows_and_no_word_is_lost() {
        let chinese = "请问这个红富士是今年的新果吗？我家在新疆喀什，快递几天能到，会不会冻坏，\
                       坏了包赔吗？上次买的有两个磕伤了，希望这次包装好一点，谢谢主播！";
        let english = "Could you please show the boots from the side once more, and is the leather real, \
                       and do you also have them in half sizes, because mine are always either too large?";
        let long_word = "a".repeat(180);
        for (text, lang) in [
            (chinese, Lang::Zh),
            (english, Lang::En),
            (&*long_word, Lang::En),
        ] {
            let pages = pages(text, lang);
            assert!(pages.len() > 1, "{pages:?}");
            let (last, before) = pages.split_last().unwrap();
            assert!(!last.ends_with('…'), "{last}");
            for page in before {
                assert!(page.ends_with('…'), "{page}");
            }
            let all: String = pages
                .iter()
                .map(|page| page.trim_end_matches('…'))
                .collect();
            assert_eq!(bare(&all), bare(text));
        }
    }

    #[test]
    fn news_turn_the_page_between_sentences() {
        let news = |text: &str, lang| {
            taken(lang, |pages, look| {
                let frame = Frame { lines: 1, ..FRAME };
                pages.set_news(&Fonts::system(), look, frame, text, lang);
            })
        };
        assert_eq!(
            news("今天现摘现发。坏果拍照就赔！关注直播间领五元券", Lang::Zh),
            ["今天现摘现发。坏果拍照就赔！", "关注直播间领五元券"]
        );
        let english = news(
            "Damaged on arrival? Send a photo and we replace it.",
            Lang::En,
        );
        assert!(english[0].ends_with('?'), "{english:?}");
        assert!(english[1].starts_with("Send"), "{english:?}");
        assert_eq!(news("2.5 kg. Fresh!", Lang::En).len(), 1);
    }

    #[test]
    fn a_question_that_fits_has_no_ellipsis() {
        assert_eq!(pages("多少钱一斤？", Lang::Zh), ["多少钱一斤？"]);
        assert_eq!(pages("How much?", Lang::En), ["How much?"]);
    }
}
