//! Product lists from spreadsheets: CSV and XLSX in, products and named problems out.
//!
//! Encodings, delimiters and columns are found by looking; what was found stands in the report, so that a
//! person can check it before the products go into a show. Work and memory grow linearly with the file.

mod cells;
mod columns;
mod csv_table;
mod decode;
mod plain;
mod report;
mod shopify;
mod synonyms;
mod table;
mod xlsx_table;

use std::collections::HashSet;

use stallcast_show::{Currency, Product};

pub use report::{
    Delimiter, Encoding, Format, ImportError, ImportReport, MappedColumn, PhotoLink, ProblemCode,
    RowProblem,
};
pub use synonyms::Field;

use cells::RowCells;
use columns::Columns;
use table::Table;

/// Largest file taken, in bytes; exports with ten thousand products have a few MB.
pub const FILE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Most products of one file, as many as a show takes.
pub const PRODUCTS_MAX: usize = 10_000;

/// A product as its row gives it, before it is checked.
struct Made {
    product: Product,
    photo_link: Option<String>,
}

/// What is known about a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// The file's name; its ending helps where the bytes leave a doubt.
    pub file_name: String,
    /// Currency of prices that name none.
    pub currency: Currency,
}

impl Default for ImportOptions {
    fn default() -> Self {
        ImportOptions {
            file_name: String::new(),
            currency: Currency("CNY".to_owned()),
        }
    }
}

/// Reads a product list. Rows with a problem are named in the report and left out; the others are in it.
/// Every product passes [`Product::check`], so an import command will take it.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be read.
pub fn import(bytes: &[u8], options: &ImportOptions) -> Result<ImportReport, ImportError> {
    if bytes.len() > FILE_MAX_BYTES {
        return Err(ImportError::TooLarge {
            bytes: bytes.len(),
            max: FILE_MAX_BYTES,
        });
    }
    let tables = if bytes.starts_with(b"PK\x03\x04") {
        xlsx_table::read(bytes)?
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        // The container of Excel's format up to 2003, and of encrypted workbooks.
        return Err(ImportError::OldExcel);
    } else {
        vec![csv_table::read(bytes, &options.file_name)?]
    };
    if tables.iter().all(|table| table.rows.is_empty()) {
        return Err(ImportError::Empty);
    }
    let found = tables
        .iter()
        .find_map(|table| Columns::find(table).map(|columns| (table, columns)));
    let Some((table, columns)) = found else {
        let first = tables.iter().flat_map(|table| &table.rows).next();
        let cells = first.map(|row| row.cells.as_slice()).unwrap_or_default();
        return Err(ImportError::NoHeader {
            first_row: cells
                .iter()
                .map(|cell| table::shortened(&cell.text))
                .filter(|text| !text.is_empty())
                .take(20)
                .collect(),
        });
    };
    let mut reading = Reading::new(table, &columns, &options.currency);
    if columns.has(Field::Handle) {
        shopify::read(&mut reading);
    } else {
        plain::read(&mut reading);
    }
    Ok(reading.into_report())
}

/// What a reader of rows works with and what it found so far.
struct Reading<'a> {
    table: &'a Table,
    columns: &'a Columns,
    currency: &'a Currency,
    products: Vec<Product>,
    photo_links: Vec<PhotoLink>,
    problems: Vec<RowProblem>,
    /// Ids taken.
    taken: HashSet<String>,
}

impl<'a> Reading<'a> {
    fn new(table: &'a Table, columns: &'a Columns, currency: &'a Currency) -> Self {
        Reading {
            table,
            columns,
            currency,
            products: Vec::new(),
            photo_links: Vec::new(),
            problems: Vec::new(),
            taken: HashSet::new(),
        }
    }

    /// The rows below the header.
    fn rows(&self) -> &'a [table::Row] {
        self.table
            .rows
            .get(self.columns.first_row..)
            .unwrap_or_default()
    }

    fn problem(&mut self, line: u32, field: Field, code: ProblemCode, value: &str) {
        self.problems.push(RowProblem {
            line,
            column: self.columns.label(field),
            code,
            value: table::shortened(value),
        });
    }

    /// Names every cell of a row that could not be read.
    fn refuse(&mut self, row: &table::Row, cells: RowCells<'_>) {
        for fault in cells.faults {
            self.problem(row.line, fault.field, fault.code, &fault.value);
        }
    }

    /// Takes a product whose cells were all readable, or names what is wrong with its row.
    fn take(&mut self, row: &table::Row, cells: RowCells<'_>, id_field: Field, made: Made) {
        let line = row.line;
        if !cells.faults.is_empty() {
            self.refuse(row, cells);
            return;
        }
        let Made {
            product,
            photo_link,
        } = made;
        if self.taken.contains(product.id.as_str()) {
            self.problem(
                line,
                id_field,
                ProblemCode::DuplicateId,
                product.id.as_str(),
            );
            return;
        }
        if self.products.len() >= PRODUCTS_MAX {
            self.problem(line, id_field, ProblemCode::TooManyProducts, "");
            return;
        }
        if let Err(refusal) = product.check() {
            let (field, code) = cells::from_refusal(&refusal, id_field);
            let value = self.columns.cell(row, field).map_or("", |cell| &cell.text);
            self.problem(line, field, code, value);
            return;
        }
        self.taken.insert(product.id.as_str().to_owned());
        if let Some(url) = photo_link {
            self.photo_links.push(PhotoLink {
                product: product.id.clone(),
                url,
            });
        }
        self.products.push(product);
    }

    fn into_report(mut self) -> ImportReport {
        self.problems.sort_by_key(|problem| problem.line);
        ImportReport {
            products: self.products,
            problems: self.problems,
            photo_links: self.photo_links,
            format: self.table.format.clone(),
            encoding: self.table.encoding,
            mapping: self.columns.mapping(),
            unmapped: self.columns.unmapped(),
        }
    }
}
