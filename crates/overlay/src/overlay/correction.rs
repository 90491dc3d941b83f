//! A correction: a notice of its own in the ticker's place, whole, while it stands.

use stallcast_show::{At, Show};

use super::{Overlay, earlier};
use crate::{
    Lang, Layers, Piece,
    content::{Content, Words},
    words::{clean, pick},
};

impl Overlay {
    /// Draws the correction; whether one stands.
    pub(super) fn correction(
        &mut self,
        show: &Show,
        now: At,
        lang: Lang,
        layers: &mut Layers,
    ) -> bool {
        let Some(correction) = show.correction_at(now) else {
            return false;
        };
        layers.next_change = earlier(layers.next_change, Some(correction.until));
        let label = clean(pick(&self.theme.settings.words.correction, lang));
        let text = clean(pick(&correction.text, lang));
        let has_label = self
            .page_box(Piece::Correction, "correction-label", &[], lang)
            .is_some();
        let text = if has_label {
            without(&label, &text)
        } else {
            text
        };
        let mut content = Content::new(lang);
        content.says("correction-label", Words::Text(label));
        content.says("correction", Words::Whole(text));
        self.put(Piece::Correction, Some(content), None, layers);
        true
    }
}

/// The text without the word that stands on the label already, and its colon.
fn without(label: &str, text: &str) -> String {
    let mut rest = text.chars();
    let mut label = label.chars().flat_map(char::to_lowercase);
    let begins = label.all(|c| {
        rest.next()
            .is_some_and(|said| said.to_lowercase().eq(std::iter::once(c)))
    });
    match rest.as_str().strip_prefix([':', '：']) {
        Some(said) if begins && !said.trim().is_empty() => said.trim().to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn the_word_on_the_label_is_not_said_twice() {
        assert_eq!(without("更正", "更正：苹果 29.9 元"), "苹果 29.9 元");
        assert_eq!(without("CORRECTION", "Correction: ¥29.90"), "¥29.90");
        assert_eq!(without("更正", "苹果 29.9 元"), "苹果 29.9 元");
        assert_eq!(without("更正", "更正"), "更正");
        assert_eq!(without("Note", "Correction: a"), "Correction: a");
    }
}
