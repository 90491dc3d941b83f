//! Whether a workbook's archive may be unpacked: how large its parts really are, not what its directory claims.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{ImportError, Stop};

/// Parts of an archive; a workbook with a hundred sheets and a thousand pictures has fewer.
const PARTS_MAX: usize = 20_000;

/// What any workbook may unpack to, bytes: ten thousand products with twenty columns take some 20 MB.
const UNPACKED_FREE_BYTES: u64 = 32 * 1024 * 1024;

/// How much larger than its file a workbook may be. Sheets of spreadsheets pack 8 to 25 times smaller; a bomb
/// packs a thousand times smaller, which is the most that DEFLATE can do.
const UNPACKED_RATIO: u64 = 40;

/// The most any workbook may unpack to, bytes.
const UNPACKED_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The most the table of texts may unpack to, bytes: it is the one part that is held in memory.
const STRINGS_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Unpacks every part once, into nothing, and stops at the limit.
pub(super) fn check(bytes: &[u8], stop: &Stop) -> Result<(), ImportError> {
    // An entry of the directory begins so (PKWARE APPNOTE 4.3.12); the reader would list them all first.
    let entries = bytes.windows(4).filter(|w| *w == b"PK\x01\x02").count();
    if entries > PARTS_MAX {
        return Err(ImportError::BadWorkbook);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::BadWorkbook)?;
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let max = packed
        .saturating_mul(UNPACKED_RATIO)
        .saturating_add(UNPACKED_FREE_BYTES)
        .min(UNPACKED_MAX_BYTES);
    let mut total = 0;
    for index in 0..archive.len() {
        // What cannot be opened or unpacked here cannot be there either: the reader says so when it needs it.
        let Ok(part) = archive.by_index(index) else {
            continue;
        };
        let left = max - total;
        let name = part.name().unwrap_or_default().to_ascii_lowercase();
        total += if name.ends_with("sharedstrings.xml") {
            strings(part, left.min(STRINGS_MAX_BYTES))?
        } else {
            measure(part, left, stop)?
        };
    }
    Ok(())
}

fn too_large(unpacked: u64) -> ImportError {
    ImportError::TooLarge {
        bytes: usize::try_from(unpacked).unwrap_or(usize::MAX),
        max: super::FILE_MAX_BYTES,
    }
}

fn measure(mut part: impl Read, max: u64, stop: &Stop) -> Result<u64, ImportError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut size: u64 = 0;
    loop {
        if stop.asked() {
            return Err(ImportError::Stopped);
        }
        let read = match part.read(&mut buffer) {
            Ok(0) | Err(_) => return Ok(size),
            Ok(read) => u64::try_from(read).unwrap_or(u64::MAX),
        };
        size = size.saturating_add(read);
        if size > max {
            return Err(too_large(size));
        }
    }
}

/// The table of texts says itself how many it has, and the reader reserves memory for so many: a claim that
/// cannot be true would end the whole engine.
fn strings(part: impl Read, max: u64) -> Result<u64, ImportError> {
    let mut text = Vec::new();
    // A damaged end is the reader's to report.
    let _ = part.take(max + 1).read_to_end(&mut text);
    let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if size > max {
        return Err(too_large(size));
    }
    let start = text.get(..text.len().min(256)).unwrap_or_default();
    let start = String::from_utf8_lossy(start).to_ascii_lowercase();
    // Every spreadsheet writes UTF-8; in another encoding the claim could hide.
    let utf8 = !start.contains("encoding") || start.contains("utf-8");
    if !utf8 || start.contains('\0') {
        return Err(ImportError::BadWorkbook);
    }
    let believable = claims(&text).all(|count| count <= size);
    believable.then_some(size).ok_or(ImportError::BadWorkbook)
}

/// Every number written as `uniqueCount="…"`.
fn claims(text: &[u8]) -> impl Iterator<Item = u64> {
    const NAME: &[u8] = b"uniqueCount";
    let places = text.windows(NAME.len()).enumerate();
    places
        .filter(|(_, window)| *window == NAME)
        .filter_map(|(at, _)| {
            let rest = text.get(at + NAME.len()..)?.trim_ascii_start();
            let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
            let digits = rest.get(1..)?.iter().take_while(|b| b.is_ascii_digit());
            // More digits than a number has saturate.
            Some(digits.fold(0u64, |sum, digit| {
                sum.saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0'))
            }))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_of_more_texts_than_can_be_there_is_not_believed() {
        let table = |count: &str| {
            format!(
                r#"<?xml version="1.0" encoding="UTF-8"?><sst uniqueCount = "{count}"><si><t>a</t></si></sst>"#
            )
        };
        assert!(strings(table("1").as_bytes(), 1000).is_ok());
        for count in ["100000000000", "99999999999999999999999999"] {
            let refused = strings(table(count).as_bytes(), 1000);
            assert_eq!(refused, Err(ImportError::BadWorkbook));
        }
        let other = table("1").replace("UTF-8", "UTF-16");
        assert_eq!(
            strings(other.as_bytes(), 1000),
            Err(ImportError::BadWorkbook)
        );
        assert!(matches!(
            strings(table("1").as_bytes(), 20),
            Err(ImportError::TooLarge { .. })
        ));
    }
}
