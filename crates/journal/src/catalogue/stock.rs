//! Lists of what is left: a column that names products and one that counts them, whatever else stands in them.

use super::cells::{BelowZero, RowCells};
use super::columns::{Columns, Sought};
use super::csv_table::CsvRows;
use super::table::Row;
use super::{
    FILE_MAX_BYTES, Field, HEADER_WITHIN_ROWS, ImportError, PRODUCTS_MAX, Stop, decode, first_cells,
};

/// What a list says is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockList {
    /// Its rows with a count.
    pub rows: Vec<StockRow>,
    /// Rows whose count cannot be read, or that name nothing.
    pub bad_rows: u32,
    /// Where the first of them stand, as a spreadsheet counts.
    pub bad_lines: Vec<u32>,
}

impl StockList {
    /// Lines named of those that are only counted.
    pub const LINES_NAMED: usize = 5;

    fn bad(&mut self, line: u32) {
        self.bad_rows = self.bad_rows.saturating_add(1);
        if self.bad_lines.len() < Self::LINES_NAMED {
            self.bad_lines.push(line);
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Where it stands, as a spreadsheet counts.
    pub line: u32,
    /// Id, SKU, number and barcode, the surest first.
    pub names: Vec<String>,
    /// Titles.
    pub titles: Vec<String>,
    /// Units left; more sold than there was is none.
    pub left: u32,
}

/// Reads a CSV list with the headers that an import knows. Its rows have a product's id, SKU, number, barcode or title
/// and a count; a row that says nobody counts is left out.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be read, or no row of it is a header with both.
pub fn stock_list(bytes: &[u8], file_name: &str) -> Result<StockList, ImportError> {
    if bytes.len() > FILE_MAX_BYTES {
        let max = FILE_MAX_BYTES;
        let bytes = bytes.len();
        return Err(ImportError::TooLarge { bytes, max });
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(ImportError::OldExcel);
    }
    let (text, _) = decode::decode(bytes);
    let stop = Stop::default();
    let mut rows = CsvRows::new(&text, file_name, &stop);
    let mut first_row = None;
    let header = |row: Row| {
        first_row.get_or_insert_with(|| first_cells(&row));
        let columns = Columns::header(&row, Sought::Additions, &Default::default())?;
        columns.has(Field::Quantity).then_some(columns)
    };
    let found = rows.by_ref().take(HEADER_WITHIN_ROWS).find_map(header);
    let Some(columns) = found else {
        return Err(match first_row {
            Some(first_row) => ImportError::NoHeader { first_row },
            None => ImportError::Empty,
        });
    };
    let mut list = StockList::default();
    for row in rows {
        let mut cells = RowCells::new(&columns, &row);
        let left = cells.quantity(BelowZero::SoldOut);
        let is_bad = !cells.faults.is_empty();
        let words = |fields: &[Field]| -> Vec<String> {
            let cells = fields.iter().flat_map(|field| columns.cells(&row, *field));
            cells.map(|cell| cell.text.clone()).collect()
        };
        let names = words(&[Field::Id, Field::Number, Field::Gtin]);
        let titles = words(&[Field::Title, Field::TitleZh, Field::TitleEn]);
        match left {
            Some(left) if !(names.is_empty() && titles.is_empty()) => {
                if list.rows.len() >= PRODUCTS_MAX {
                    list.bad(row.line);
                    continue;
                }
                list.rows.push(StockRow {
                    line: row.line,
                    names,
                    titles,
                    left,
                });
            }
            None if !is_bad => {}
            _ => list.bad(row.line),
        }
    }
    if list.rows.is_empty() {
        return Err(ImportError::NoRows);
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lefts(text: &str) -> Vec<(String, u32)> {
        let list = stock_list(text.as_bytes(), "stock.csv").unwrap();
        let first = |row: &StockRow| row.names.iter().chain(&row.titles).next().cloned();
        list.rows
            .iter()
            .map(|row| (first(row).unwrap(), row.left))
            .collect()
    }

    #[test]
    fn counts_are_read_with_the_importers_headers() {
        for text in [
            "SKU,Stock\nA1,5\nB2,0\n",
            "商家编码;库存\nA1;５\nB2;0件\n",
            "导出于今天\n货号\t名称\t库存\nA1\t桃\t5\nB2\t李\t-3\n",
            "Variant SKU,Variant Inventory Qty\nA1,5\nB2,-1\n",
        ] {
            let expected = [("A1".to_owned(), 5), ("B2".to_owned(), 0)];
            assert_eq!(lefts(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_that_say_no_count_are_left_out_and_bad_ones_counted() {
        let list = stock_list(
            "SKU,Stock\nA1,5\nB2,不限\nC3,many\nD4,\n,7\n".as_bytes(),
            "",
        )
        .unwrap();
        assert_eq!((list.rows.len(), list.bad_rows), (1, 2));
        assert_eq!((list.rows[0].line, list.bad_lines), (2, vec![4, 6]));
    }

    #[test]
    fn what_is_no_list_of_stock_is_refused() {
        for text in [
            "",
            "SKU,Price\nA1,5\n",
            "SKU,Stock\n",
            "\u{0}\u{0}",
            "hello",
        ] {
            assert!(stock_list(text.as_bytes(), "x.csv").is_err(), "{text:?}");
        }
    }
}
