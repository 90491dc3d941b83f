//! Text hygiene before shaping: which language, which characters, where a line may break.

use stallcast_show::Text;
use unicode_segmentation::UnicodeSegmentation;

use crate::Lang;

/// Longest text drawn, in graphemes; a page of text beyond it is cut with an ellipsis.
const LONGEST: usize = 400;

/// The text in the wanted language, or in the other one when that is empty.
pub(crate) fn pick(text: &Text, lang: Lang) -> &str {
    let (first, second) = match lang {
        Lang::Zh => (&text.zh, &text.en),
        Lang::En => (&text.en, &text.zh),
    };
    if first.trim().is_empty() {
        second
    } else {
        first
    }
}

/// Makes any text drawable: one line, no control or direction-override characters, at most [`LONGEST`]
/// graphemes of at most 8 code points (stacked marks would climb over the neighbours otherwise).
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    for (count, grapheme) in text.graphemes(true).enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        for c in grapheme.chars().take(8) {
            if c.is_whitespace() {
                if !space {
                    out.push(' ');
                }
                space = true;
            } else if drawable(c) {
                out.push(c);
                space = false;
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters XML cannot carry, and marks that would reorder the rest of the card.
fn drawable(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}'
            | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{E0000}'..='\u{E001F}'))
}

/// Escapes text for an XML text node or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(c),
        }
    }
    out
}

/// Cuts a cleaned text where a line may break; every piece keeps its trailing space.
pub(crate) fn segments(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut previous: Option<&str> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        if let Some(before) = previous
            && may_break(before, grapheme)
        {
            out.push(&text[start..at]);
            start = at;
        }
        previous = Some(grapheme);
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

fn may_break(before: &str, after: &str) -> bool {
    let (Some(a), Some(b)) = (before.chars().next_back(), after.chars().next()) else {
        return false;
    };
    if b == ' ' || closes(b) {
        return false;
    }
    if a == ' ' {
        return true;
    }
    if opens(a) {
        return false;
    }
    let first = before.chars().next().unwrap_or(a);
    wide(first) || wide(b) || matches!(a, '-' | '/' | '–' | '—')
}

/// Chinese and Japanese characters and emoji: a line may break on either side of them.
fn wide(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}'
        | '\u{1F000}'..='\u{1FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Marks that may not begin a line.
fn closes(c: char) -> bool {
    "，。！？、；：）》〉】」』”’…·%％,.!?;:)]}～".contains(c)
}

/// Marks that may not end a line.
fn opens(c: char) -> bool {
    "（《〈【「『“‘([{¥￥$#".contains(c)
}

#[cfg(test)]
mod tests {
    use super::{clean, segments};

    #[test]
    fn lines_break_between_chinese_characters_but_never_before_a_full_stop() {
        assert_eq!(segments("红富士，甜。"), ["红", "富", "士，", "甜。"]);
        assert_eq!(segments("big red apples"), ["big ", "red ", "apples"]);
        assert_eq!(segments("红 apple 👨‍👩‍👧甜"), ["红 ", "apple ", "👨‍👩‍👧", "甜"]);
    }

    #[test]
    fn control_and_direction_marks_are_dropped_and_spaces_folded() {
        assert_eq!(clean("  a\u{0}b\t\n c\u{202E}d  "), "ab cd");
    }

    #[test]
    fn stacked_marks_are_cut() {
        let zalgo = format!("a{}", "\u{0301}".repeat(60));
        assert_eq!(clean(&zalgo).chars().count(), 8);
    }
}
