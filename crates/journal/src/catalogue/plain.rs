//! Lists with one product a row.

use stallcast_show::{Product, ProductId, Text};

use super::cells::{BelowZero, Photo, RowCells};
use super::reading::{Made, Reading};
use super::table::Row;
use super::{Field, ProblemCode};

/// Reads every row below the header. The id is the first filled of: the shop's id, the number in the
/// show, the barcode, the title.
pub(super) fn read(reading: &mut Reading<'_>, rows: &mut dyn Iterator<Item = Row>) {
    let columns = reading.columns;
    let mut numbers: Vec<Option<u32>> = Vec::new();
    for row in rows {
        let mut cells = RowCells::new(columns, &row);
        let title = cells.title();
        if title == Text::default() && !cells.faults.iter().any(|f| is_title(f.field)) {
            cells.fault(Field::Title, ProblemCode::TitleMissing, "");
        }
        let gtin = cells.gtin();
        let shop_id = cells.words(Field::Id);
        let number = cells.words(Field::Number);
        let (id_field, id) = match (shop_id, number, &gtin) {
            (Some(id), _, _) => (Field::Id, id.to_owned()),
            (None, Some(number), _) => (Field::Number, number.to_owned()),
            (None, None, Some(gtin)) => (Field::Gtin, gtin.clone()),
            (None, None, None) if title.zh.is_empty() => (Field::Title, title.en.clone()),
            (None, None, None) => (Field::Title, title.zh.clone()),
        };
        let short_title = cells.text(Field::ShortTitle, None);
        let spec = cells.text(Field::Spec, Some(Field::SpecEn));
        let (photo, photo_link) = match cells.photo(Field::Photo) {
            Photo::None => (None, None),
            Photo::File(name) => (Some(name), None),
            Photo::Web(url) => (None, Some(url)),
        };
        let link = cells.words(Field::Link).map(str::to_owned);
        let talking_points = cells.talking_points();
        // Without an offer there is a fault, and the row ends there.
        let Some(offer) = cells.offer(reading.currency, BelowZero::Fault) else {
            reading.refuse(&row, cells);
            continue;
        };
        let product = Product {
            short_title,
            photo,
            spec: cells.spec_or_unit(spec),
            gtin,
            link,
            talking_points,
            ..Product::new(ProductId(id), title, offer)
        };
        let place = number.and_then(leading_number);
        if !cells.faults.is_empty() {
            reading.refuse(&row, cells);
            continue;
        }
        if !reading.passes(&row, id_field, &product) {
            continue;
        }
        let before = reading.products.len();
        let made = Made {
            product,
            photo_link,
            assumed: cells.assumed,
        };
        reading.keep(row.line, id_field, made);
        if reading.products.len() > before {
            numbers.push(place);
        }
        if reading.enough() {
            break;
        }
    }
    sort_by_number(reading, &numbers);
}

fn is_title(field: Field) -> bool {
    matches!(field, Field::Title | Field::TitleZh | Field::TitleEn)
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// The rundown follows the numbers, when every product has one.
fn sort_by_number(reading: &mut Reading<'_>, numbers: &[Option<u32>]) {
    let Some(numbers) = numbers.iter().copied().collect::<Option<Vec<u32>>>() else {
        return;
    };
    let products = std::mem::take(&mut reading.products);
    let mut numbered: Vec<(u32, Product)> = numbers.into_iter().zip(products).collect();
    numbered.sort_by_key(|(number, _)| *number);
    reading.products = numbered.into_iter().map(|(_, product)| product).collect();
}
