//! Workbooks as tables: cells are streamed, so that a far-away cell costs nothing.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};

use super::table::{COLUMNS_MAX, Cell, Kind, Row, Table};
use super::{Encoding, Format, ImportError};

/// Most cells read of a workbook; ten thousand products with fifty columns have half a million.
const CELLS_MAX: usize = 2_000_000;

/// Most bytes a workbook may claim to unpack to.
const UNPACKED_MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Reads every visible sheet, in order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Table>, ImportError> {
    if unpacked_bytes(bytes) > UNPACKED_MAX_BYTES {
        return Err(ImportError::TooLarge {
            bytes: usize::try_from(unpacked_bytes(bytes)).unwrap_or(usize::MAX),
            max: usize::try_from(UNPACKED_MAX_BYTES).unwrap_or(usize::MAX),
        });
    }
    // The reader is a stranger to damaged files: should one make it panic, the import fails, not the show.
    catch_unwind(AssertUnwindSafe(|| read_sheets(bytes)))
        .unwrap_or(None)
        .ok_or(ImportError::BadWorkbook)
}

fn read_sheets(bytes: &[u8]) -> Option<Vec<Table>> {
    let failed = |error: calamine::XlsxError| tracing::debug!(%error, "a workbook cannot be read");
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(failed).ok()?;
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet && s.visible == SheetVisible::Visible)
        .map(|s| s.name.clone())
        .collect();
    let mut left = CELLS_MAX;
    let mut tables = Vec::new();
    for sheet in names {
        let mut reader = workbook
            .worksheet_cells_reader(&sheet)
            .map_err(failed)
            .ok()?;
        let mut rows: Vec<Row> = Vec::new();
        while left > 0 {
            let Some(found) = reader.next_cell().map_err(failed).ok()? else {
                break;
            };
            left -= 1;
            let (row, column) = found.get_position();
            let column = column as usize;
            let value = cell(found.get_value());
            if column < COLUMNS_MAX && !value.text.is_empty() {
                place(&mut rows, row.saturating_add(1), column, value);
            }
        }
        // Rows come in order in every file a spreadsheet writes, but the format does not promise it.
        rows.sort_by_key(|row| row.line);
        tables.push(Table {
            format: Format::Xlsx { sheet },
            encoding: Encoding::Utf8,
            rows,
        });
    }
    Some(tables)
}

fn place(rows: &mut Vec<Row>, line: u32, column: usize, value: Cell) {
    if rows.last().is_none_or(|row| row.line != line) {
        rows.push(Row {
            line,
            cells: Vec::new(),
        });
    }
    if let Some(row) = rows.last_mut() {
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Cell::EMPTY);
        }
        if let Some(place) = row.cells.get_mut(column) {
            *place = value;
        }
    }
}

fn cell(value: &DataRef<'_>) -> Cell {
    let (text, kind) = match value {
        DataRef::Empty => return Cell::EMPTY,
        DataRef::String(text) => return Cell::words(text),
        DataRef::SharedString(text) => return Cell::words(text),
        DataRef::Int(number) => (number.to_string(), Kind::Number),
        DataRef::Float(number) => (exact(*number), Kind::Number),
        DataRef::Bool(true) => ("TRUE".to_owned(), Kind::Text),
        DataRef::Bool(false) => ("FALSE".to_owned(), Kind::Text),
        DataRef::DateTime(moment) => {
            let days = moment.as_f64();
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let text = if days.abs() < 1.0 {
                format!("{hour:02}:{minute:02}:{second:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02}")
            };
            (text, Kind::Days(days))
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            (text.clone(), Kind::Days(f64::NAN))
        }
        DataRef::Error(fault) => (fault.to_string(), Kind::Fault),
    };
    Cell { text, kind }
}

/// A workbook's number as the decimal it stands for: spreadsheets keep 15 digits (ECMA-376 leaves it to
/// IEEE 754; Excel shows and computes with 15), so 29.900000000000002 is 29.9.
pub(super) fn exact(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    // Rust writes the shortest decimal that reads back as the same number, without exponent.
    let text = rounded.to_string();
    if text == "-0" { "0".to_owned() } else { text }
}

/// The sum of the sizes that the archive's directory claims; 0 when there is no readable one, which the
/// reader will then say itself. Layout: PKWARE APPNOTE 4.3.12 and 4.3.16.
fn unpacked_bytes(bytes: &[u8]) -> u64 {
    let number = |at: usize, length: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(length)?)?;
        Some(
            field
                .iter()
                .rev()
                .fold(0, |sum, b| sum << 8 | u64::from(*b)),
        )
    };
    let end_signature = [0x50, 0x4B, 0x05, 0x06];
    let tail = bytes.len().saturating_sub(66_000);
    let Some(end) = bytes
        .get(tail..)
        .and_then(|part| part.windows(4).rposition(|w| w == end_signature))
    else {
        return 0;
    };
    let mut at = number(tail + end + 16, 4).and_then(|at| usize::try_from(at).ok());
    let mut sum: u64 = 0;
    while let Some(entry) = at.filter(|at| number(*at, 4) == Some(0x0201_4B50)) {
        sum = sum.saturating_add(number(entry + 24, 4).unwrap_or(0));
        let variable: u64 = [28, 30, 32]
            .iter()
            .filter_map(|o| number(entry + o, 2))
            .sum();
        at = usize::try_from(variable).ok().map(|v| entry + 46 + v);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_decimal_they_stand_for() {
        for (number, text) in [
            (29.9, "29.9"),
            (29.900000000000002, "29.9"),
            (0.1 + 0.2, "0.3"),
            (19.99 * 100.0, "1999"),
            (6901234567892.0, "6901234567892"),
            (1e-7, "0.0000001"),
            (-0.0, "0"),
            (12345678901234.5, "12345678901234.5"),
            (f64::NAN, ""),
        ] {
            assert_eq!(exact(number), text);
        }
    }
}
