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
