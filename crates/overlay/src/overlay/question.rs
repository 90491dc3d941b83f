//! The question on the picture, and its answer below it.

use stallcast_show::{At, PinnedQuestion, Show};

use super::{Overlay, earlier};
use crate::{
    Lang, Layers, Piece,
    content::{Content, Words},
    pages::Pages,
    words::{clean, pick},
};

/// The pages of what is asked and answered.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The question alone; with its answer where a theme has no box for one.
    alone: Pages,
    answer: Pages,
}

impl Overlay {
    pub(super) fn question(&mut self, show: &Show, now: At, lang: Lang, layers: &mut Layers) {
        let Some(pinned) = &show.pinned else {
            return;
        };
        let Some((mut content, next)) = self.asked(pinned, now, lang) else {
            return;
        };
        content.says("author", Words::Text(clean(&pinned.author)));
        let label = clean(pick(&self.theme.settings.words.question, lang));
        content.says("question-label", Words::Text(label));
        layers.next_change = earlier(layers.next_change, next);
        self.put(Piece::Question, Some(content), None, layers);
    }

    fn asked(
        &mut self,
        pinned: &PinnedQuestion,
        now: At,
        lang: Lang,
    ) -> Option<(Content, Option<At>)> {
        let text = clean(&pinned.text);
        let answer = clean(&pinned.answer);
        let answer = pick(&self.theme.settings.words.answer, lang).replace("{t}", &answer);
        let is_answered = !pinned.answer.trim().is_empty();
        let page_ms = self.page_ms();
        let mut content = Content::new(lang);
        let box_of_answer = self.page_box(Piece::Question, "answer", &["answered"], lang);
        if let (Some((look, frame)), true) = (box_of_answer, is_answered) {
            self.asked
                .answer
                .set(&self.fonts, look, frame, &answer, lang);
            let below = self.asked.answer.at(pinned.since, now, page_ms)?;
            content.holding.push("answered");
            // Its beginning says what is asked: made smaller, then cut at its end, and never turned over.
            content.says("question", Words::Text(text));
            content.says("answer", Words::Page(below.fitted));
            return Some((content, below.next));
        }
        let both = if is_answered {
            format!("{text}\n{answer}")
        } else {
            text
        };
        let (look, frame) = self.page_box(Piece::Question, "question", &["open"], lang)?;
        self.asked.alone.set(&self.fonts, look, frame, &both, lang);
        let page = self.asked.alone.at(pinned.since, now, page_ms)?;
        content.holding.push("open");
        content.says("question", Words::Page(page.fitted));
        Some((content, page.next))
    }
}
