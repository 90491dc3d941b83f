//! Which encoding a text file has, and its text.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding as Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::Encoding;

/// Decodes by byte order mark, else by what the bytes can be: UTF-16 when every other byte is zero, UTF-8
/// when valid, then GB18030. Bytes that fit none become U+FFFD under the likelier reading, so that the rows
/// they stand in can be named and the others kept.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
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
        return (text, encoding);
    }
    if let Some((decoder, encoding)) = utf16_without_mark(bytes) {
        let (text, _) = decoder.decode_without_bom_handling(bytes);
        return (text, encoding);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), Encoding::Utf8);
    }
    // GB18030 gives nearly every sequence a meaning, so a UTF-8 file with one damaged character would turn
    // into nonsense. Three-byte characters of UTF-8 do not come about by chance in a GB18030 text, where
    // almost every character is an error in UTF-8.
    let unicode = tried(UTF_8, bytes);
    let damaged_unicode = unicode.three_bytes > 3 * unicode.lost || mostly_unicode(bytes);
    let (decoder, encoding) = if damaged_unicode || unicode.lost <= tried(GB18030, bytes).lost {
        (UTF_8, Encoding::Utf8)
    } else {
        (GB18030, Encoding::Gb18030)
    };
    (decoder.decode_without_bom_handling(bytes).0, encoding)
}

/// Whether more lines are UTF-8 than not, of those that are more than ASCII: rows of another list were pasted into it.
/// Words of three characters and more in GB18030 are UTF-8 by the rarest chance.
fn mostly_unicode(bytes: &[u8]) -> bool {
    let lines = bytes.split(|byte| *byte == b'\n');
    let (whole, broken): (Vec<_>, Vec<_>) = lines
        .filter(|line| line.iter().filter(|byte| !byte.is_ascii()).count() >= 6)
        .partition(|line| std::str::from_utf8(line).is_ok());
    whole.len() > broken.len()
}

/// What a reading of the bytes gives, counted without keeping its text.
#[derive(Default)]
struct Tried {
    /// Sequences without a meaning.
    lost: usize,
    /// Characters that UTF-8 writes in three bytes or more.
    three_bytes: usize,
}

fn tried(decoder: &'static Decoder, bytes: &[u8]) -> Tried {
    let mut decoder = decoder.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(16 * 1024);
    let mut rest = bytes;
    let mut tried = Tried::default();
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        rest = rest.get(read..).unwrap_or_default();
        tried.three_bytes += text.chars().filter(|c| *c >= '\u{800}').count();
        text.clear();
        match result {
            DecoderResult::InputEmpty => return tried,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => tried.lost += 1,
        }
    }
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
