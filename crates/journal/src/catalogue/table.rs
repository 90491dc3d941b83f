//! A row of cells, whatever file it came from.

use stallcast_show::visible;

/// Columns read; the widest known export has some 150.
pub(super) const COLUMNS_MAX: usize = 512;

/// Most bytes kept of a cell: as many characters as a spreadsheet's cell holds (32 767, Excel's specification), of
/// four bytes at most. Nothing that long is taken anyway.
const CELL_MAX_BYTES: usize = 4 * 32_767;

/// What a cell is besides its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Words, or anything of a text file.
    Text,
    /// A number of a workbook, written out exactly.
    Number,
    /// A date or time of a workbook, in days.
    Days(f64),
    /// A formula's error.
    Fault,
}

/// One cell; empty = no text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) kind: Kind,
}

impl Cell {
    pub(super) const EMPTY: Cell = Cell {
        text: String::new(),
        kind: Kind::Text,
    };

    /// What a person reads in the cell: without blanks around it and without what nobody sees.
    pub(super) fn words(text: &str) -> Cell {
        let text = trimmed(text);
        let text = visible(&text[..text.floor_char_boundary(CELL_MAX_BYTES)]);
        Cell {
            text: trimmed(&text).to_owned(),
            kind: Kind::Text,
        }
    }
}

/// One row that is not blank.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// As a spreadsheet counts, from 1.
    pub(super) line: u32,
    pub(super) cells: Vec<Cell>,
}

/// Without blanks and invisible marks at both ends (zero-width spaces and byte order marks come with
/// pasted text).
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\0')
    })
}

/// At most 80 characters, for a message.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A column's letters: 0 is `A`, 26 is `AA`.
pub(super) fn letter(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    letters.iter().rev().map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_as_in_a_spreadsheet() {
        let got: Vec<String> = [0, 25, 26, 51, 52, 701, 702].map(letter).to_vec();
        assert_eq!(got, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
