//! What an import found: products, problems by line and column, and how the file was understood.

use serde::{Deserialize, Serialize};
use stallcast_show::{Product, ProductId};

use super::{Field, RundownLine};

/// How text was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with or without mark; also what XLSX files hold.
    Utf8,
    /// UTF-16, low byte first: Excel's "Unicode text".
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// GB18030, which includes GBK and GB2312: Excel and shop back ends on Chinese Windows.
    Gb18030,
}

/// What stands between the cells of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// Tabulator.
    Tab,
}

/// What kind of file it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Format {
    /// Text with delimiters.
    Csv {
        /// Which.
        delimiter: Delimiter,
    },
    /// An Excel workbook.
    Xlsx {
        /// The sheet that was read: the first one with a header.
        sheet: String,
    },
    /// Google Merchant's feed.
    Xml,
}

/// A column that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedColumn {
    /// What it holds.
    pub field: Field,
    /// Its letter, as a spreadsheet shows it.
    pub letter: String,
    /// Its header as written.
    pub header: String,
}

/// A column of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListColumn {
    /// Its letter, as a spreadsheet shows it.
    pub letter: String,
    /// Its header as written.
    pub header: String,
    /// What it was understood as; `None` = it is not read.
    pub field: Option<Field>,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// No title.
    TitleMissing,
    /// No price.
    PriceMissing,
    /// Not an amount.
    PriceUnreadable,
    /// Below zero.
    PriceNegative,
    /// More decimals than the currency has.
    PriceTooPrecise,
    /// `1.299` may mean 1299 or 1.299.
    PriceAmbiguous,
    /// Larger than any price.
    PriceTooLarge,
    /// The usual price is below the live price.
    ListBelowLive,
    /// Not a currency.
    CurrencyUnknown,
    /// Usual price and live price have different currencies.
    CurrencyDiffers,
    /// Not a whole number of units.
    QuantityUnreadable,
    /// Below zero.
    QuantityNegative,
    /// Not a duration.
    CountdownUnreadable,
    /// Not between one second and one day.
    CountdownOutOfRange,
    /// Not a barcode, or its check digit does not fit.
    GtinInvalid,
    /// The spreadsheet turned the barcode into something like 6.9E+12: digits are gone.
    GtinDigitsLost,
    /// Not a web address.
    LinkInvalid,
    /// Neither a file name below the photo folder nor a web address.
    PhotoInvalid,
    /// Longer than its place.
    TextTooLong,
    /// More than 50 talking points.
    TooManyTalkingPoints,
    /// The row belongs to no product: its handle is missing.
    HandleMissing,
    /// The id stands in an earlier line already.
    DuplicateId,
    /// This good row and those after it found no room: a show holds [`super::PRODUCTS_MAX`] products. Named once,
    /// at the first of them.
    TooManyProducts,
    /// From this line on problems are counted only; the value is how many there are.
    MoreProblems,
    /// Characters that are damaged in the file.
    BadCharacters,
    /// The spreadsheet made a date of it.
    DateInstead,
    /// The spreadsheet's formula gave an error.
    FormulaError,
    /// The list has no prices or no titles, and the show has no such product.
    UnknownProduct,
    /// Not a list of times and prices.
    StepsUnreadable,
    /// The price does not fall with every step, or a step does not come after the one before.
    StepsNotFalling,
    /// More than ten steps.
    TooManySteps,
    /// The coupon is not below the live price.
    CouponTooLarge,
    /// Not a whole number of units for one buyer, or none.
    LimitUnreadable,
    /// Not a number of units and their price.
    BundleUnreadable,
    /// Not below the price of the units one by one.
    BundleNotBelow,
    /// Not a day with its year.
    DayUnreadable,
    /// Not a moment with its day, month and year.
    MomentUnreadable,
    /// The offer's end is not after its start.
    EndsBeforeStart,
    /// Not a time between nothing and one day.
    PlannedUnreadable,
    /// The feed is damaged here: what comes after it was not read.
    FeedDamaged,
}

/// A cell that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Row as a spreadsheet counts it: 1 is the first, a quoted line break does not count.
    pub line: u32,
    /// Header and letter, for example `直播价 (C)`; the field's name when the file has no such column.
    pub column: String,
    /// What is wrong.
    pub code: ProblemCode,
    /// The cell's text, at most 80 characters.
    pub value: String,
    /// Whether the row's product was taken without this cell; else the row was left out.
    pub taken: bool,
}

/// A photo that stands in the list as a web address: fetch it into the photo folder and set
/// [`Product::photo`] to its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoLink {
    /// Whose photo.
    pub product: ProductId,
    /// Where it is: `http` or `https`.
    pub url: String,
    /// The row that names it, as a spreadsheet counts.
    pub line: u32,
    /// Header and letter of the column.
    pub column: String,
}

/// What an import found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The good rows, in the order of their numbers (链接号) or else of the file.
    pub products: Vec<Product>,
    /// How many of them have a price that names no currency, read in [`super::ImportOptions::currency`].
    pub assumed: u32,
    /// The bad ones, by line, at most some thousand; after them the lines about all that follow.
    pub problems: Vec<RowProblem>,
    /// Photos to fetch.
    pub photo_links: Vec<PhotoLink>,
    /// What the list says of the rundown, in its order; empty where it has no column for it.
    pub rundown: Vec<RundownLine>,
    /// What kind of file it was.
    pub format: Format,
    /// How its text was stored.
    pub encoding: Encoding,
    /// Columns understood.
    pub mapping: Vec<MappedColumn>,
    /// Headers of columns that were passed over.
    pub unmapped: Vec<String>,
    /// All columns with a header, from left to right.
    pub columns: Vec<ListColumn>,
}

/// Why a file as a whole could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Larger than [`super::FILE_MAX_BYTES`], or a workbook that unpacks to more than is read.
    #[error("the file has {bytes} bytes, at most {max} are read")]
    TooLarge {
        /// Its size, or how much was unpacked until it was too much.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Excel's format up to 2003, or a workbook with a password: save it as XLSX without one.
    #[error("an old or encrypted Excel file")]
    OldExcel,
    /// A damaged workbook, or another kind of ZIP file.
    #[error("the workbook cannot be read")]
    BadWorkbook,
    /// A header and nothing below it.
    #[error("a header without a product below it")]
    NoRows,
    /// The asker went away.
    #[error("the import was stopped")]
    Stopped,
    /// No row names a title and a price.
    #[error("no row with headers for title and price")]
    NoHeader {
        /// The cells of the first row, for the message.
        first_row: Vec<String>,
    },
}

impl ImportError {
    /// Stable snake_case code.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::TooLarge { .. } => "import_too_large",
            ImportError::Empty => "import_empty",
            ImportError::OldExcel => "import_old_excel",
            ImportError::BadWorkbook => "import_bad_workbook",
            ImportError::NoHeader { .. } => "import_no_header",
            ImportError::NoRows => "import_no_rows",
            ImportError::Stopped => "import_stopped",
        }
    }
}
