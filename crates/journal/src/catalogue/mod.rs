//! Product lists from spreadsheets and feeds: CSV, XLSX and XML in, products and named problems out.
//!
//! Encodings, delimiters and columns are found by looking; what was found stands in the report, so that a
//! person can check it before the products go into a show. Rows are read one by one and only the products are
//! kept, so memory is a small multiple of the file whatever stands in it.

mod archive;
mod cells;
mod changes;
mod columns;
mod csv_table;
mod decode;
mod details;
mod durations;
mod field;
mod merge;
mod moments;
mod plain;
mod reading;
mod refused;
mod report;
mod rundown;
mod shopify;
mod spare;
mod stock;
mod stop;
mod synonyms;
mod synonyms_details;
mod table;
mod units;
mod woocommerce;
mod xlsx_table;
mod xml_feed;

use std::collections::BTreeMap;

use stallcast_show::{Catalogue, Currency};

pub use changes::{FieldChange, ProductChange, field_changes};
pub use field::Field;
pub use moments::Zone;
pub use report::{
    Delimiter, Encoding, Format, ImportError, ImportReport, ListColumn, MappedColumn, PhotoLink,
    ProblemCode, RowProblem,
};
pub use rundown::{RundownLine, rundown_with};
pub use stock::{StockList, StockRow, stock_list};
pub use stop::{Progress, Stop};

use columns::{Columns, Sought};
use reading::Reading;
use table::Row;

/// Largest file taken, in bytes; exports with fifty thousand products have some twenty MB.
pub const FILE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Most products of one file, as many as a show takes.
pub const PRODUCTS_MAX: usize = Catalogue::MOST;

/// Filled rows looked at for a header: lists often begin with a banner or instructions.
const HEADER_WITHIN_ROWS: usize = 20;

/// What is known about a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// The file's name; its ending helps where the bytes leave a doubt.
    pub file_name: String,
    /// Currency of prices that name none.
    pub currency: Currency,
    /// Products the show has: a row changes of its product what it says, and needs no room; new ones share what is
    /// left of [`PRODUCTS_MAX`].
    pub known: Catalogue,
    /// What a person said about headers, by their text: what the column holds, or `None` = it is not read. For the
    /// others the names are looked up.
    pub columns: BTreeMap<String, Option<Field>>,
    /// The time zone of moments that name none.
    pub zone: Zone,
}

impl Default for ImportOptions {
    fn default() -> Self {
        ImportOptions {
            file_name: String::new(),
            currency: Currency("CNY".to_owned()),
            known: Catalogue::default(),
            columns: BTreeMap::new(),
            zone: Zone::minutes_east(0),
        }
    }
}

/// Reads a product list. A cell that cannot be read is named in the report; its row comes without it where the product
/// can do without, and is left out where not: without a name or a price. A product that
/// the show has comes with what its row says and is otherwise as it was: an empty cell says nothing, but for the usual
/// price and the units, which a list keeps whole.
/// Every product passes [`Product::check`](stallcast_show::Product::check), so an import command will take it.
/// Of more products than there is room for, the first are taken and one line says where the rest begins.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be read.
pub fn import(bytes: &[u8], options: &ImportOptions) -> Result<ImportReport, ImportError> {
    import_unless(bytes, options, &Stop::default())
}

/// As [`import`], ending early with [`ImportError::Stopped`] when `stop` is asked for.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be read.
pub fn import_unless(
    bytes: &[u8],
    options: &ImportOptions,
    stop: &Stop,
) -> Result<ImportReport, ImportError> {
    if bytes.len() > FILE_MAX_BYTES {
        return Err(ImportError::TooLarge {
            bytes: bytes.len(),
            max: FILE_MAX_BYTES,
        });
    }
    let mut search = Search::default();
    // A sheet of instructions may look like one that adds to products: a list of products is looked for first.
    for sought in [Sought::Products, Sought::Additions] {
        search.sought = Some(sought);
        let found = look(bytes, options, stop, &mut search)?;
        if stop.asked() {
            return Err(ImportError::Stopped);
        }
        if let Some(report) = found {
            return Ok(report);
        }
        if search.header_alone {
            break;
        }
    }
    Err(search.nothing())
}

/// One pass over the file.
fn look(
    bytes: &[u8],
    options: &ImportOptions,
    stop: &Stop,
    search: &mut Search,
) -> Result<Option<ImportReport>, ImportError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return xlsx_table::read(bytes, stop, &mut |sheet, rows| {
            search.sheet(Format::Xlsx { sheet }, Encoding::Utf8, rows, options)
        });
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        // The container of Excel's format up to 2003, and of encrypted workbooks.
        return Err(ImportError::OldExcel);
    }
    let (text, encoding) = decode::decode(bytes);
    if xml_feed::is_xml(&text) {
        let mut items = xml_feed::XmlRows::new(&text, stop);
        let mut found = search.sheet(Format::Xml, encoding, &mut items, options);
        if let (Some(report), Some(line)) = (&mut found, items.damaged) {
            report.problems.push(RowProblem {
                line,
                column: String::new(),
                code: ProblemCode::FeedDamaged,
                value: String::new(),
                taken: false,
            });
        }
        return Ok(found);
    }
    let mut rows = csv_table::CsvRows::new(&text, &options.file_name, stop);
    let delimiter = rows.delimiter();
    Ok(search.sheet(Format::Csv { delimiter }, encoding, &mut rows, options))
}

/// What was seen in the sheets that are no list.
#[derive(Default)]
struct Search {
    sought: Option<Sought>,
    first_row: Option<Vec<String>>,
    header_alone: bool,
}

impl Search {
    /// Reads a sheet, when it has a header and something below.
    fn sheet(
        &mut self,
        format: Format,
        encoding: Encoding,
        mut rows: &mut dyn Iterator<Item = Row>,
        options: &ImportOptions,
    ) -> Option<ImportReport> {
        let sought = self.sought.unwrap_or(Sought::Products);
        let look = |row: Row| {
            self.first_row.get_or_insert_with(|| first_cells(&row));
            Columns::header(&row, sought, options)
        };
        let columns = (&mut rows).take(HEADER_WITHIN_ROWS).find_map(look)?;
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            self.header_alone = true;
            return None;
        }
        let mut reading = Reading::new(&columns, options);
        if columns.has(Field::Handle) {
            shopify::read(&mut reading, &mut rows);
        } else {
            plain::read(&mut reading, &mut rows);
        }
        Some(reading.into_report(format, encoding))
    }

    fn nothing(self) -> ImportError {
        match self.first_row {
            _ if self.header_alone => ImportError::NoRows,
            Some(first_row) => ImportError::NoHeader { first_row },
            None => ImportError::Empty,
        }
    }
}

/// The cells of a row, for the message that it is no header.
fn first_cells(row: &Row) -> Vec<String> {
    row.cells
        .iter()
        .map(|cell| table::shortened(&cell.text))
        .filter(|text| !text.is_empty())
        .take(20)
        .collect()
}
