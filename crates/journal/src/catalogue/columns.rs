//! Finding the columns of a list by their headers.

use stallcast_show::Currency;

use super::synonyms::SYNONYMS;
use super::synonyms_details::DETAILS;
use super::table::{Cell, Row, letter};
use super::{Field, ImportOptions, ListColumn, MappedColumn, Zone};

/// Columns that hold a title.
const TITLES: [Field; 3] = [Field::Title, Field::TitleZh, Field::TitleEn];

/// Columns that hold what a product costs.
const PRICES: [Field; 3] = [Field::LivePrice, Field::Price, Field::ListPrice];

/// What a header is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// Title and price: what a product needs.
    Products,
    /// A name of a product and something about it, for products that are there: a rundown, new prices, counts.
    Additions,
}

/// The columns of a table that were understood.
pub(super) struct Columns {
    /// Field and place of each, in the order of the file.
    found: Vec<(Field, usize)>,
    headers: Vec<String>,
    /// Columns of WooCommerce's export that name its rows.
    own_ids: Vec<usize>,
    /// The time zone of moments that name none.
    pub(super) zone: Zone,
    /// Whether dates are those of a sale price alone, as in exports of shops.
    pub(super) dates_are_of_sale: bool,
}

impl Columns {
    /// The columns of a row that is such a header; nothing when it is none.
    pub(super) fn header(row: &Row, sought: Sought, options: &ImportOptions) -> Option<Columns> {
        let usable = match sought {
            Sought::Products => Columns::can_make_products,
            Sought::Additions => Columns::add_to_products,
        };
        Some(Columns::of(row, options)).filter(usable)
    }

    fn of(row: &Row, options: &ImportOptions) -> Columns {
        let corrected = &options.columns;
        let headers: Vec<String> = row.cells.iter().map(|cell| cell.text.clone()).collect();
        let mut found: Vec<(Field, usize)> = Vec::new();
        let mut take = |field: Field, column| {
            if field.repeats() || found.iter().all(|(known, _)| *known != field) {
                found.push((field, column));
            }
        };
        // What a person said goes before what was guessed.
        for (column, header) in headers.iter().enumerate() {
            if let Some(Some(field)) = corrected.get(header) {
                take(*field, column);
            }
        }
        for (column, header) in headers.iter().enumerate() {
            if let (None, Some(field)) = (corrected.get(header), field_of(header)) {
                take(field, column);
            }
        }
        found.sort_by_key(|(_, column)| *column);
        let mut columns = Columns {
            found,
            headers,
            own_ids: Vec::new(),
            zone: options.zone.clone(),
            dates_are_of_sale: false,
        };
        columns.leave_what_shops_mean_otherwise();
        columns
    }

    /// Names that mean something else in an export that is known by its other columns.
    fn leave_what_shops_mean_otherwise(&mut self) {
        let named = |name: &str| self.headers.iter().any(|header| bare(header) == name);
        // Google's feed writes "US:::5.00 USD" there.
        if named("imagelink") && named("availability") {
            self.found.retain(|(field, _)| *field != Field::Shipping);
        }
        let of_sale = named("salepriceeffectivedate") || named("datesalepricestarts");
        self.dates_are_of_sale = of_sale || named("datesalepriceends");
        if self.are_woocommerce() {
            // A variation names its product by either.
            let ids = self.headers.iter().enumerate();
            let ids = ids.filter(|(_, header)| field_of(header) == Some(Field::Id));
            self.own_ids = ids.map(|(column, _)| column).collect();
        }
    }

    /// Whether they are those of WooCommerce's export.
    pub(super) fn are_woocommerce(&self) -> bool {
        self.has(Field::ProductType) && self.has(Field::Parent)
    }

    /// What a row of WooCommerce's export is called by others: its id and its SKU.
    pub(super) fn own_ids<'r>(&'r self, row: &'r Row) -> impl Iterator<Item = &'r Cell> {
        let cells = self
            .own_ids
            .iter()
            .filter_map(|column| row.cells.get(*column));
        cells.filter(|cell| !cell.text.is_empty())
    }

    fn add_to_products(&self) -> bool {
        let names = |field: Field| {
            TITLES.contains(&field) || matches!(field, Field::Id | Field::Number | Field::Gtin)
        };
        self.found.iter().any(|(field, _)| names(*field))
            && self.found.iter().any(|(field, _)| !names(*field))
    }

    pub(super) fn has_any(&self, fields: &[Field]) -> bool {
        fields.iter().any(|field| self.has(*field))
    }

    /// Whether a product that the show does not have can come from this list.
    pub(super) fn can_make_products(&self) -> bool {
        self.has_any(&TITLES) && self.has_any(&PRICES)
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.found.iter().any(|(known, _)| *known == field)
    }

    /// The row's cells of a field, from left to right, without empty ones.
    pub(super) fn cells<'r>(
        &'r self,
        row: &'r Row,
        field: Field,
    ) -> impl Iterator<Item = &'r Cell> {
        self.places(field)
            .filter_map(|column| row.cells.get(column))
            .filter(|cell| !cell.text.is_empty())
    }

    /// Where the cells of a field stand in a row.
    pub(super) fn places(&self, field: Field) -> impl Iterator<Item = usize> {
        let of_field = self.found.iter().filter(move |(known, _)| *known == field);
        of_field.map(|(_, column)| *column)
    }

    /// The row's first filled cell of a field.
    pub(super) fn cell<'r>(&'r self, row: &'r Row, field: Field) -> Option<&'r Cell> {
        self.cells(row, field).next()
    }

    /// Header and letter for a message; the field's own name when there is no such column.
    pub(super) fn label(&self, field: Field) -> String {
        let place = self.found.iter().find(|(known, _)| *known == field);
        match place.and_then(|(_, column)| Some((self.headers.get(*column)?, *column))) {
            Some((header, column)) => format!("{header} ({})", letter(column)),
            None => serde_json::to_value(field)
                .ok()
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
        }
    }

    /// The currency a price column names in its header: `Price (USD)`. A sign such as 元 names none.
    pub(super) fn currency_in_header(&self, field: Field) -> Option<Currency> {
        let (_, column) = self.found.iter().find(|(known, _)| *known == field)?;
        let header = narrowed(self.headers.get(*column)?);
        let inside = header.split_once('(')?.1.split(')').next()?.trim();
        let is_code = inside.len() == 3 && inside.bytes().all(|b| b.is_ascii_uppercase());
        is_code.then(|| Currency::new(inside).ok()).flatten()
    }

    pub(super) fn mapping(&self) -> Vec<MappedColumn> {
        self.found
            .iter()
            .map(|(field, column)| MappedColumn {
                field: *field,
                letter: letter(*column),
                header: self.headers.get(*column).cloned().unwrap_or_default(),
            })
            .collect()
    }

    /// Every column with a header.
    pub(super) fn all(&self) -> Vec<ListColumn> {
        let headers = self.headers.iter().enumerate();
        let field = |column| {
            let found = self.found.iter().find(|(_, known)| *known == column);
            found.map(|(field, _)| *field)
        };
        headers
            .filter(|(_, header)| !header.is_empty())
            .map(|(column, header)| ListColumn {
                letter: letter(column),
                header: header.clone(),
                field: field(column),
            })
            .collect()
    }

    pub(super) fn unmapped(&self) -> Vec<String> {
        let mapped = |column| self.found.iter().any(|(_, known)| *known == column);
        self.headers
            .iter()
            .enumerate()
            .filter(|(column, header)| !header.is_empty() && !mapped(*column))
            .map(|(_, header)| header.clone())
            .collect()
    }
}

fn field_of(header: &str) -> Option<Field> {
    // "#" alone has no letters left.
    if narrowed(header).trim() == "#" {
        return Some(Field::Number);
    }
    let whole = bare(header);
    let narrow = narrowed(header);
    let before_bracket = bare(narrow.split('(').next().unwrap_or_default());
    [whole.as_str(), before_bracket.as_str()]
        .into_iter()
        .filter(|name| !name.is_empty())
        .find_map(|name| named(name).or_else(|| numbered(name)))
}

fn named(name: &str) -> Option<Field> {
    SYNONYMS
        .iter()
        .chain(DETAILS)
        .find(|(_, names)| names.contains(&name))
        .map(|(field, _)| *field)
}

/// `卖点1`, `卖点2`, `图片1`: what may stand in several columns.
fn numbered(name: &str) -> Option<Field> {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    named(base).filter(|field| matches!(field, Field::TalkingPoints | Field::Photo))
}

/// Letters and digits only, small.
fn bare(header: &str) -> String {
    narrowed(header)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Full-width forms as their plain twins.
fn narrowed(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    };
    text.chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_synonym_is_in_its_bare_form_and_means_one_thing() {
        let mut seen = std::collections::BTreeSet::new();
        for (_, names) in SYNONYMS.iter().chain(DETAILS) {
            for name in *names {
                assert_eq!(*name, bare(name));
                assert!(seen.insert(*name), "{name} stands twice");
            }
        }
    }

    #[test]
    fn headers_are_understood_as_people_write_them() {
        for (header, field) in [
            ("*商品名称", Field::Title),
            ("直播价（元）", Field::LivePrice),
            ("Price (USD)", Field::Price),
            ("Compare-at price", Field::ListPrice),
            ("Variant Compare At Price", Field::ListPrice),
            ("倒计时(秒)", Field::Countdown),
            ("倒计时（分钟）", Field::CountdownMinutes),
            ("#", Field::Number),
            ("卖点 2", Field::TalkingPoints),
            ("链接号", Field::Number),
            ("链接", Field::Link),
            ("产地+批次证据", Field::OriginEvidence),
            ("讲解时长（分钟）", Field::PlannedMinutes),
            ("Harvest date", Field::Harvested),
            ("URL handle", Field::Handle),
            ("GTIN, UPC, EAN, or ISBN", Field::Gtin),
        ] {
            if header.starts_with("GTIN") {
                // WooCommerce writes both "GTIN, UPC, EAN, or ISBN" and "GTIN/UPC/EAN/ISBN".
                assert_eq!(field_of("GTIN/UPC/EAN/ISBN"), Some(field));
            }
            assert_eq!(field_of(header), Some(field), "{header}");
        }
        assert_eq!(field_of("备注说明"), None);
        assert_eq!(field_of("Price / International"), None);
    }
}
