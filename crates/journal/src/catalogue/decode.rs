//! Which encoding a text file has, and its text.

use encoding_rs::{Encoding as Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::Encoding;

/// Decodes by byte order mark, else by what the bytes can be: UTF-16 when every other byte is zero, UTF-8
/// when valid, then GB18030. Bytes that fit none become U+FFFD under the likelier reading, so that the rows
/// they stand in can be named and the others kept.
pub(super) fn decode(bytes: &[u8]) -> (String, Encoding) {
    if let Some((decoder, mark)) = Decoder::for_bom(bytes) {
        let body = bytes.get(mark..).unwrap_or_default();
        let (text, _) = decoder.decode_without_bom_handling(body);
        let encoding = if decoder == UTF_16LE {
            Encoding::Utf16Le
        } else if decoder == UTF_16BE {
            Encoding::Utf16Be
        } else {
            Encoding::Utf8
        };
        return (text.into_owned(), encoding);
    }
    if let Some((decoder, encoding)) = utf16_without_mark(bytes) {
        let (text, _) = decoder.decode_without_bom_handling(bytes);
        return (text.into_owned(), encoding);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), Encoding::Utf8);
    }
    let (unicode, _) = UTF_8.decode_without_bom_handling(bytes);
    let (chinese, _) = GB18030.decode_without_bom_handling(bytes);
    // GB18030 gives nearly every sequence a meaning, so a UTF-8 file with one damaged character would turn
    // into nonsense. Three-byte characters of UTF-8 do not come about by chance in a GB18030 text, where
    // almost every character is an error in UTF-8.
    let three_bytes = unicode
        .chars()
        .filter(|c| *c >= '\u{800}' && *c != '\u{FFFD}');
    let damaged_unicode = three_bytes.count() > 3 * lost(&unicode);
    if damaged_unicode || lost(&unicode) <= lost(&chinese) {
        (unicode.into_owned(), Encoding::Utf8)
    } else {
        (chinese.into_owned(), Encoding::Gb18030)
    }
}

fn lost(text: &str) -> usize {
    text.matches('\u{FFFD}').count()
}

/// A list has delimiters, digits and line ends in every row, which are zero in one half of UTF-16; a file
/// in another encoding has no zero bytes at all.
fn utf16_without_mark(bytes: &[u8]) -> Option<(&'static Decoder, Encoding)> {
    let start = bytes.get(..bytes.len().min(4096))?;
    let zeros = |offset: usize| {
        start
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (high_first, low_first) = (zeros(0), zeros(1));
    let enough = start.len() / 20;
    if low_first > enough.max(1) && high_first * 10 < low_first {
        return Some((UTF_16LE, Encoding::Utf16Le));
    }
    if high_first > enough.max(1) && low_first * 10 < high_first {
        return Some((UTF_16BE, Encoding::Utf16Be));
    }
    None
}
