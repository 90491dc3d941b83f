//! Texts longer than their box: shown page by page at a calm pace, never scrolled.

use stallcast_show::At;

use crate::{
    Fonts, Lang,
    fit::{Fitted, Frame, Look, fit_pages},
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
        if self.lang == Some(lang) && self.text == text {
            return;
        }
        text.clone_into(&mut self.text);
        self.lang = Some(lang);
        self.pages = text
            .lines()
            .map(clean)
            .filter(|line| !line.is_empty())
            .flat_map(|line| fit_pages(fonts, look, frame, &line))
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
        let look = Look {
            face: match lang {
                Lang::Zh => Face::Chinese,
                Lang::En => Face::Latin,
            },
            boldness: Boldness::Bold,
        };
        let mut pages = Pages::default();
        pages.set(&Fonts::system(), look, FRAME, text, lang);
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
    fn a_question_that_fits_has_no_ellipsis() {
        assert_eq!(pages("多少钱一斤？", Lang::Zh), ["多少钱一斤？"]);
        assert_eq!(pages("How much?", Lang::En), ["How much?"]);
    }
}
