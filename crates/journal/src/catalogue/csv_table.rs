//! Text with delimiters as rows, counted as a spreadsheet counts them.

use super::table::{COLUMNS_MAX, Cell, Row};
use super::{Delimiter, Stop};

/// The filled rows of a text, read as they are asked for.
pub(super) struct CsvRows<'a> {
    body: &'a str,
    delimiter: Delimiter,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    /// The last line read.
    line: u32,
    stop: &'a Stop,
}

impl<'a> CsvRows<'a> {
    pub(super) fn new(text: &'a str, file_name: &str, stop: &'a Stop) -> Self {
        let (body, skipped, delimiter) = delimiter(text, file_name);
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(byte(delimiter))
            .from_reader(body.as_bytes());
        CsvRows {
            body,
            delimiter,
            reader,
            record: csv::StringRecord::new(),
            line: skipped,
            stop,
        }
    }

    /// What was found between the cells.
    pub(super) fn delimiter(&self) -> Delimiter {
        self.delimiter
    }
}

impl Iterator for CsvRows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        // The text is valid UTF-8 and the reader flexible, so reading cannot fail; were it to, what was read
        // until then counts.
        while !self.stop.asked() && self.reader.read_record(&mut self.record).unwrap_or(false) {
            // The reader skips blank lines without a word, and its own line count takes quoted line breaks
            // as lines: so count records and the blank lines before them.
            let start = self.record.position().map_or(0, csv::Position::byte);
            let blank = blank_lines(self.body, usize::try_from(start).unwrap_or(usize::MAX));
            self.line = self.line.saturating_add(1).saturating_add(blank);
            let read = self.reader.position().byte();
            self.stop.read_row(read, self.body.len() as u64);
            let cells: Vec<Cell> = self
                .record
                .iter()
                .take(COLUMNS_MAX)
                .map(Cell::words)
                .collect();
            if cells.iter().any(|cell| !cell.text.is_empty()) {
                let line = self.line;
                return Some(Row { line, cells });
            }
        }
        None
    }
}

fn byte(delimiter: Delimiter) -> u8 {
    match delimiter {
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
    }
}

/// Blank lines at `start`. Where the record before ended at a `\r`, its `\n` may still stand there.
fn blank_lines(text: &str, start: usize) -> u32 {
    let bytes = text.as_bytes();
    let mut at = start;
    if at > 0 && bytes.get(at - 1) == Some(&b'\r') && bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    let mut lines = 0;
    loop {
        at += match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r' | b'\n'), _) => 1,
            _ => return lines,
        };
        lines += 1;
    }
}

/// The text to read, the lines skipped before it, and its delimiter: the one Excel's `sep=` line names,
/// else the one most frequent outside quotes in the first lines.
fn delimiter<'a>(text: &'a str, file_name: &str) -> (&'a str, u32, Delimiter) {
    let all = [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab];
    let first_end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (first, rest) = text.split_at(first_end);
    if let Some(named) = first.strip_prefix("sep=")
        && let Some(found) = all.into_iter().find(|d| named.as_bytes() == [byte(*d)])
    {
        let body = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.get(1..))
            .unwrap_or_default();
        return (body, 1, found);
    }
    let mut counts = [0usize; 3];
    let mut quoted = false;
    let mut lines = 0;
    for b in text.bytes().take(64 * 1024) {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => lines += 1,
            _ if !quoted => {
                for (count, d) in counts.iter_mut().zip(all) {
                    *count += usize::from(b == byte(d));
                }
            }
            _ => {}
        }
        // A few lines, because some files begin with a line of instructions.
        if lines >= 5 {
            break;
        }
    }
    let [comma, semicolon, tab] = counts;
    let tab_by_name = file_name.to_ascii_lowercase().ends_with(".tsv");
    let found = if tab > 0 && (tab_by_name || tab >= comma.max(semicolon)) {
        Delimiter::Tab
    } else if semicolon > comma {
        Delimiter::Semicolon
    } else {
        Delimiter::Comma
    };
    (text, 0, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, String)> {
        let first = |row: Row| (row.line, row.cells[0].text.clone());
        CsvRows::new(text, "list.csv", &Stop::default())
            .map(first)
            .collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,1", "", "\"b", "b2\",2", ",", "c,3", "", "", "d,4"].join(end);
            let expected = [(1, "a"), (3, "b\nb2"), (5, "c"), (8, "d")];
            let expected = expected.map(|(line, text)| (line, text.to_owned()));
            assert_eq!(lines(&text), expected, "{end:?}");
        }
    }

    #[test]
    fn delimiters_are_found_outside_quotes() {
        let of = |text: &str| delimiter(text, "x.csv").2;
        assert_eq!(of("\"a,b,c\";x\n\"d,e,f\";y"), Delimiter::Semicolon);
        assert_eq!(of("a\tb, c\td"), Delimiter::Tab);
        assert_eq!(of("only"), Delimiter::Comma);
        assert_eq!(
            lines("sep=;\r\na;1\r\nb;2"),
            [(2, "a".to_owned()), (3, "b".to_owned())]
        );
    }
}
