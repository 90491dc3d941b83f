//! Taking out of a text what nobody sees and what turns other words around.

use std::borrow::Cow;

use crate::{Offer, Product, RundownItem, Text};

/// The text without control characters and marks that have no shape of their own: bidi controls (a title with
/// U+202E shows its price backwards), zero-width spaces, fillers, tags. A tabulator or an exotic line end becomes
/// a space, a carriage return a line feed. What people need stays: line feeds, the joiners of emoji and of Persian and Indic words, variation
/// selectors, and the tags that make a flag.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| kept(c) && !is_tag(c)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut in_flag = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        in_flag = c == BLACK_FLAG || (in_flag && is_tag(c));
        if kept(c) && (in_flag || !is_tag(c)) {
            clean.push(c);
        } else if matches!(
            c,
            '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        ) {
            clean.push(' ');
        } else if c == '\r' && chars.peek() != Some(&'\n') {
            clean.push('\n');
        }
    }
    Cow::Owned(clean)
}

/// The flags of England, Scotland and Wales are this and tags (UTS #51, ED-14a).
const BLACK_FLAG: char = '\u{1F3F4}';

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007F}')
}

/// The ranges are Unicode's default-ignorable and format characters, less those named at [`visible`].
fn kept(c: char) -> bool {
    if c.is_control() {
        return c == '\n';
    }
    !matches!(c,
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
        '\u{AD}' | '\u{61C}' | '\u{180E}'
        // Zero-width space; left-to-right and right-to-left mark.
        | '\u{200B}' | '\u{200E}' | '\u{200F}'
        // Line and paragraph separator; embeddings and overrides.
        | '\u{2028}'..='\u{202E}'
        // Word joiner, invisible operators, isolates, deprecated shaping marks.
        | '\u{2060}'..='\u{206F}'
        // Hangul fillers, byte order mark, interlinear notes.
        | '\u{3164}' | '\u{FFA0}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        // Musical beams and slurs; the language tag.
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E001F}')
}

fn clean(text: &mut String) {
    if let Cow::Owned(clean) = visible(text) {
        *text = clean;
    }
}

impl Text {
    fn without_invisible(mut self) -> Self {
        self.clean();
        self
    }

    fn clean(&mut self) {
        clean(&mut self.zh);
        clean(&mut self.en);
    }
}

impl Offer {
    fn without_invisible(mut self) -> Self {
        clean(&mut self.list_price_evidence);
        self.gift.clean();
        if let Some(coupon) = &mut self.coupon {
            coupon.text.clean();
        }
        self
    }
}

impl RundownItem {
    pub(crate) fn without_invisible(mut self) -> Self {
        clean(&mut self.demonstration);
        clean(&mut self.holder);
        self
    }
}

impl Product {
    /// The product with every text a viewer or the anchor reads passed through [`visible`]. Id and photo are
    /// names that other things are found by, so they stay as they are.
    pub(crate) fn without_invisible(mut self) -> Self {
        self.title = self.title.without_invisible();
        self.short_title = self.short_title.without_invisible();
        self.spec = self.spec.without_invisible();
        self.talking_points.iter_mut().for_each(clean);
        self.link.iter_mut().for_each(clean);
        self.links.values_mut().for_each(clean);
        self.offer = self.offer.without_invisible();
        if let Some(origin) = &mut self.origin {
            let texts = [&mut origin.place, &mut origin.grower];
            texts.into_iter().for_each(Text::clean);
            clean(&mut origin.evidence);
        }
        if let Some(facts) = &mut self.facts {
            facts.texts_mut().into_iter().for_each(Text::clean);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_words_around_or_is_not_seen_is_gone() {
        let marks = (0x202A..=0x202E)
            .chain(0x2066..=0x2069)
            .chain([0x200E, 0x200F, 0x061C, 0x200B, 0x2060, 0xFEFF, 0xAD, 0x3164])
            .chain([0, 7, 0x1B, 0x7F, 0x9F, 0xE0001, 0xE0041]);
        for mark in marks.filter_map(char::from_u32) {
            let text = format!("水蜜桃{mark} 29.9");
            assert_eq!(visible(&text), "水蜜桃 29.9", "{:x}", mark as u32);
        }
        assert_eq!(visible("a\tb\u{2028}c\r\nd\re"), "a b c\nd\ne");
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "👩‍🌾 阳山水蜜桃 5 斤装",
            "می‌خواهم",
            "क्‍ष",
            "☀️",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} jam",
            "two\nlines",
            "عسل طبيعي",
        ] {
            assert_eq!(visible(text), text);
        }
    }
}
