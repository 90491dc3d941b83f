//! Lists with one product a row.

use stallcast_show::{Product, ProductId};

use super::cells::{BelowZero, Fault, Photo, RowCells};
use super::details::Planned;
use super::reading::{Made, Reading};
use super::refused::fault_of;
use super::spare::sparing;
use super::table::Row;
use super::woocommerce::{Inherited, Line, Parents};
use super::{Field, ProblemCode};

/// Reads every row below the header. The id is the first filled of: the shop's id, the number in the
/// show, the barcode, the title; without the shop's id, a title or barcode that one product of the show has names it.
pub(super) fn read(reading: &mut Reading<'_>, rows: &mut dyn Iterator<Item = Row>) {
    let mut numbers: Vec<Option<u32>> = Vec::new();
    let mut parents = Parents::of(reading.columns);
    for row in rows {
        let line = match &mut parents {
            Some(parents) => parents.look(reading.columns, &row),
            None => Line::Product,
        };
        let inherited = match line {
            Line::Product => None,
            Line::Variation(inherited) => inherited,
            Line::Heading => continue,
        };
        let before = reading.products.len();
        let number = one(reading, &row, inherited.as_ref());
        if reading.products.len() > before {
            numbers.push(number);
        }
        if reading.enough() {
            break;
        }
    }
    sort_by_number(reading, &numbers);
}

/// Reads a row and takes what it makes, if anything; its number in the show.
fn one(reading: &mut Reading<'_>, row: &Row, inherited: Option<&Inherited>) -> Option<u32> {
    let columns = reading.columns;
    let outcome = sparing(columns, row, |row, spared| {
        product_of(reading, row, spared, inherited)
    });
    let kept = outcome.made.map(|(made, planned)| {
        let line = planned.map(|planned| planned.of(made.product.id.clone()));
        let kept = reading.keep(row.line, made);
        reading.rundown.extend(line.filter(|_| kept));
        kept
    });
    reading.faults(row.line, &outcome.faults, kept == Some(true));
    let number = columns.cell(row, Field::Number)?;
    leading_number(&number.text)
}

/// The product of a row, and its line in the rundown.
fn product_of(
    reading: &Reading<'_>,
    row: &Row,
    spared: &[Field],
    inherited: Option<&Inherited>,
) -> Result<(Made, Option<Planned>), Vec<Fault>> {
    let columns = reading.columns;
    let mut cells = RowCells::new(columns, row);
    let own_title = cells.title();
    let title = match inherited {
        Some(product) => product.title(own_title),
        None => own_title,
    };
    let gtin = cells.gtin();
    let shop_id = cells.words(Field::Id);
    let number = cells.words(Field::Number);
    let titled = [title.zh.as_str(), title.en.as_str()];
    let called = titled.into_iter().find(|words| !words.is_empty());
    let meant = match shop_id {
        Some(_) => None,
        None => called.and_then(|words| reading.known_as(words)),
    };
    let same_code = |code: &String| reading.known_as(code);
    let (id_field, id) = match (shop_id, meant, number, &gtin) {
        (Some(id), ..) => (Field::Id, id.to_owned()),
        (None, Some(product), ..) => (Field::Title, product.id.as_str().to_owned()),
        (None, None, Some(number), _) => (Field::Number, number.to_owned()),
        (None, None, None, Some(code)) => {
            let known = reading.known(code).or_else(|| same_code(code));
            let id = known.map_or(code.as_str(), |product| product.id.as_str());
            (Field::Gtin, id.to_owned())
        }
        (None, None, None, None) => (Field::Title, called.unwrap_or_default().to_owned()),
    };
    let known = reading.known(&id);
    if known.is_none() {
        if !columns.can_make_products() && cells.faults.is_empty() {
            cells.fault(id_field, ProblemCode::UnknownProduct, &id);
            return Err(cells.faults);
        }
        if called.is_none() && !cells.faults.iter().any(|f| is_title(f.field)) {
            cells.fault(Field::Title, ProblemCode::TitleMissing, "");
        }
    }
    let short_title = cells.texts(Field::ShortTitle);
    let spec = cells.text(Field::Spec, Some(Field::SpecEn));
    let own_photo = cells.photo(Field::Photo);
    let photo = match inherited {
        Some(product) => product.photo(own_photo),
        None => own_photo,
    };
    let (photo, photo_link) = match photo {
        Photo::None => (None, None),
        Photo::File(name) => (Some(name), None),
        Photo::Web(url) => (None, Some(url)),
    };
    let link = cells.words(Field::Link).map(str::to_owned);
    let talking_points = cells.talking_points();
    let planned = cells.planned();
    let below_zero = match columns.are_woocommerce() {
        true => BelowZero::SoldOut,
        false => BelowZero::Fault,
    };
    // Without an offer there is a fault, and the row ends there.
    let Some(offer) = cells.offer(reading.currency, below_zero, known) else {
        return Err(cells.faults);
    };
    let mut product = Product {
        short_title,
        photo,
        spec,
        gtin,
        link,
        talking_points,
        ..Product::new(ProductId(id), title, offer)
    };
    cells.details(&mut product);
    let mut product = reading.merged(product, spared);
    cells.unit_for_spec(&mut product);
    if !cells.faults.is_empty() {
        return Err(cells.faults);
    }
    if let Err(refusal) = product.check() {
        return Err(vec![fault_of(&refusal, id_field, columns, row)]);
    }
    let made = Made {
        product,
        id_field,
        photo_link,
        assumed: cells.assumed,
    };
    Ok((made, planned))
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
    reading.products = sorted(&numbers, std::mem::take(&mut reading.products));
    // A list with a column for the rundown has a line for every product.
    if reading.rundown.len() == numbers.len() {
        reading.rundown = sorted(&numbers, std::mem::take(&mut reading.rundown));
    }
}

fn sorted<T>(numbers: &[u32], rows: Vec<T>) -> Vec<T> {
    let mut numbered: Vec<(u32, T)> = numbers.iter().copied().zip(rows).collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, row)| row).collect()
}
