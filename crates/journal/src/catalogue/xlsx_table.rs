//! Workbooks as rows: cells are streamed, so that a far-away cell costs nothing.

use std::io::Cursor;
use std::iter::Peekable;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader};

use super::table::{COLUMNS_MAX, Cell, Kind, Row};
use super::{ImportError, ImportReport, Stop, archive};

/// Takes a sheet's name and rows, and answers with the report when it is the list.
type Take<'t> = dyn FnMut(String, &mut dyn Iterator<Item = Row>) -> Option<ImportReport> + 't;

/// Offers every visible sheet to `take`, in order, until one is the list.
pub(super) fn read(
    bytes: &[u8],
    stop: &Stop,
    take: &mut Take<'_>,
) -> Result<Option<ImportReport>, ImportError> {
    // The readers are strangers to damaged files: should one make them panic, the import fails, not the show.
    catch_unwind(AssertUnwindSafe(|| {
        archive::check(bytes, stop)?;
        read_sheets(bytes, stop, take).ok_or(ImportError::BadWorkbook)
    }))
    .unwrap_or(Err(ImportError::BadWorkbook))
}

/// `None` = the workbook cannot be read.
fn read_sheets(bytes: &[u8], stop: &Stop, take: &mut Take<'_>) -> Option<Option<ImportReport>> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(failed).ok()?;
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet && s.visible == SheetVisible::Visible)
        .map(|s| s.name.clone())
        .collect();
    for name in names {
        let reader = workbook
            .worksheet_cells_reader(&name)
            .map_err(failed)
            .ok()?;
        let mut cells = Cells {
            lines: u64::from(reader.dimensions().end.0),
            line: None,
            reader,
            stop,
            damaged: false,
        };
        let found = take(
            name,
            &mut Rows {
                cells: cells.by_ref().peekable(),
            },
        );
        if cells.damaged {
            return None;
        }
        if found.is_some() {
            return Some(found);
        }
    }
    Some(None)
}

// Called where a library's result is mapped, which hands over the error itself.
#[allow(clippy::needless_pass_by_value)]
fn failed(error: calamine::XlsxError) {
    tracing::debug!(%error, "a workbook cannot be read");
}

/// The filled cells of a sheet with their lines and columns.
struct Cells<'w, 'b> {
    reader: XlsxCellReader<'w, Cursor<&'b [u8]>>,
    stop: &'w Stop,
    /// Lines of the sheet, as it says itself; 0 = it does not.
    lines: u64,
    /// The one that is read.
    line: Option<u32>,
    damaged: bool,
}

impl Iterator for Cells<'_, '_> {
    type Item = (u32, usize, Cell);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.stop.asked() {
            let found = match self.reader.next_cell() {
                Ok(found) => found?,
                Err(error) => {
                    failed(error);
                    self.damaged = true;
                    return None;
                }
            };
            let (row, column) = found.get_position();
            if self.line.replace(row) != Some(row) {
                self.stop.read_row(u64::from(row), self.lines);
            }
            let column = column as usize;
            if column >= COLUMNS_MAX {
                continue;
            }
            let value = cell(found.get_value());
            if !value.text.is_empty() {
                return Some((row.saturating_add(1), column, value));
            }
        }
        None
    }
}

/// Cells of one line in turn are a row. Lines come in order in every file a spreadsheet writes; where they do not,
/// rows come as the file has them.
struct Rows<I: Iterator<Item = (u32, usize, Cell)>> {
    cells: Peekable<I>,
}

impl<I: Iterator<Item = (u32, usize, Cell)>> Iterator for Rows<I> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let line = self.cells.peek()?.0;
        let mut cells: Vec<Cell> = Vec::new();
        while let Some((_, column, value)) = self.cells.next_if(|(other, ..)| *other == line) {
            if cells.len() <= column {
                cells.resize(column + 1, Cell::EMPTY);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = value;
            }
        }
        Some(Row { line, cells })
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
