//! Shopify's product exports, of both header generations: rows grouped by handle.

use std::collections::HashMap;

use stallcast_show::{Product, ProductId, Text};

use super::cells::{BelowZero, Photo, RowCells};
use super::columns::Columns;
use super::table::Row;
use super::{Field, Made, ProblemCode, Reading};

/// One product with its variants.
struct Group<'a> {
    handle: &'a str,
    /// The row that describes the product.
    first: &'a Row,
    variants: Vec<&'a Row>,
    photo: Photo,
}

/// Reads the groups in the order in which they begin. A product with one variant keeps its handle as id;
/// several become products `handle/sku`, titled with their option values.
pub(super) fn read(reading: &mut Reading<'_>) {
    for group in groups(reading) {
        if group.variants.is_empty() {
            // Pictures of a product whose own row is not in the file.
            reading.problem(
                group.first.line,
                Field::Title,
                ProblemCode::TitleMissing,
                "",
            );
        }
        let title = RowCells::new(reading.columns, group.first).title();
        for (index, row) in group.variants.iter().enumerate() {
            variant(reading, &group, &title, index, row);
        }
    }
}

fn groups<'a>(reading: &mut Reading<'a>) -> Vec<Group<'a>> {
    let columns = reading.columns;
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in reading.rows() {
        let Some(handle) = columns.cell(row, Field::Handle).map(|c| c.text.as_str()) else {
            reading.problem(row.line, Field::Handle, ProblemCode::HandleMissing, "");
            continue;
        };
        let place = *places.entry(handle).or_insert_with(|| {
            groups.push(Group {
                handle,
                first: row,
                variants: Vec::new(),
                photo: Photo::None,
            });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(place) else {
            continue;
        };
        if is_variant(columns, row) {
            group.variants.push(row);
        }
        // Pictures stand in rows of their own; the first one is the product's.
        if group.photo == Photo::None {
            let mut cells = RowCells::new(columns, row);
            group.photo = cells.photo(Field::Photo);
            for fault in cells.faults {
                reading.problem(row.line, fault.field, fault.code, &fault.value);
            }
        }
    }
    groups
}

/// A row that has more than a picture.
fn is_variant(columns: &Columns, row: &Row) -> bool {
    [
        Field::Title,
        Field::Id,
        Field::Price,
        Field::LivePrice,
        Field::OptionValue,
        Field::Gtin,
    ]
    .into_iter()
    .any(|field| columns.cell(row, field).is_some())
}

fn variant(reading: &mut Reading<'_>, group: &Group<'_>, title: &Text, index: usize, row: &Row) {
    let columns = reading.columns;
    let mut cells = RowCells::new(columns, row);
    let sku = cells.words(Field::Id);
    let options = columns
        .cells(row, Field::OptionValue)
        .map(|cell| cell.text.as_str())
        .filter(|value| *value != "Default Title")
        .collect::<Vec<_>>()
        .join(" / ");
    let several = group.variants.len() > 1;
    let (id_field, id) = match sku {
        _ if !several => (Field::Handle, group.handle.to_owned()),
        Some(sku) => (Field::Id, format!("{}/{sku}", group.handle)),
        None if !options.is_empty() => (Field::OptionValue, format!("{}/{options}", group.handle)),
        None => (Field::Handle, format!("{}/{}", group.handle, index + 1)),
    };
    let title = if several && !options.is_empty() {
        with_options(title, &options)
    } else {
        title.clone()
    };
    if title == Text::default() {
        cells.fault(Field::Title, ProblemCode::TitleMissing, "");
    }
    let photo = match cells.photo(Field::VariantPhoto) {
        Photo::None => group.photo.clone(),
        own => own,
    };
    let (photo, photo_link) = match photo {
        Photo::None => (None, None),
        Photo::File(name) => (Some(name), None),
        Photo::Web(url) => (None, Some(url)),
    };
    let gtin = cells.gtin();
    let link = cells.words(Field::Link).map(str::to_owned);
    let Some(mut offer) = cells.offer(reading.currency, BelowZero::SoldOut) else {
        reading.refuse(row, cells);
        return;
    };
    // A shop that does not count a variant still exports 0 for it.
    let uncounted =
        columns.has(Field::StockTracker) && columns.cell(row, Field::StockTracker).is_none();
    if uncounted {
        offer.quantity = None;
    }
    let mut shared = RowCells::new(columns, group.first);
    let product = Product {
        id: ProductId(id),
        title,
        short_title: shared.text(Field::ShortTitle, None),
        photo,
        spec: shared.text(Field::Spec, Some(Field::SpecEn)),
        offer,
        gtin,
        link,
        talking_points: shared.talking_points(),
    };
    reading.take(
        row,
        cells,
        id_field,
        Made {
            product,
            photo_link,
        },
    );
}

fn with_options(title: &Text, options: &str) -> Text {
    let add = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("{text} · {options}")
        }
    };
    Text {
        zh: add(&title.zh),
        en: add(&title.en),
    }
}
