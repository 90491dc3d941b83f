//! Shopify's product exports, of both header generations: rows grouped by handle.

use std::collections::HashMap;

use stallcast_show::{Currency, Money, Offer, Product, ProductId, Text};

use super::cells::{BelowZero, Fault, Photo, RowCells};
use super::columns::Columns;
use super::reading::{Made, Reading};
use super::refused::{cell_of, fault_of};
use super::spare::sparing;
use super::table::Row;
use super::{Field, PRODUCTS_MAX, ProblemCode};

/// Good variants kept until the file ends: twice what a show takes, because some share an id.
const VARIANTS_MAX: usize = 2 * PRODUCTS_MAX;

/// Handles kept, with and without a good variant; over it those without one are named and let go.
const GROUPS_MAX: usize = 4 * PRODUCTS_MAX;

/// Most text of all variants, bytes. What a handle's rows share is copied to each of them, so a small file could
/// become a large show.
const TEXT_MAX_BYTES: usize = 32 * 1024 * 1024;

/// The rows of one handle.
struct Group {
    handle: String,
    line: u32,
    /// What the first row says of all variants.
    shared: Shared,
    /// Cells of it, and of the pictures, that could not be read, with their lines.
    faults: Vec<(u32, Fault)>,
    photo: Photo,
    /// Variants met, good or bad.
    met: usize,
    good: Vec<Variant>,
}

impl Group {
    fn fault(&mut self, line: u32, faults: Vec<Fault>) {
        self.faults
            .extend(faults.into_iter().map(|fault| (line, fault)));
    }
}

#[derive(Default)]
struct Shared {
    title: Text,
    short_title: Text,
    spec: Text,
    talking_points: Vec<String>,
}

/// One variant that was read; its id, title and photo wait for the whole group.
struct Variant {
    assumed: bool,
    index: usize,
    line: u32,
    product: Product,
    sku: Option<String>,
    options: String,
    photo: Photo,
    /// Cells it comes without.
    faults: Vec<Fault>,
}

/// The groups in the order in which they begin.
#[derive(Default)]
struct Groups {
    groups: Vec<Group>,
    places: HashMap<String, usize>,
    kept: usize,
    text_bytes: usize,
}

/// Reads the groups in the order in which they begin. A variant becomes a product `handle/sku`, by which orders know it;
/// of several, titled with its option values. A product with one variant and no SKU, or that the show has under its
/// handle, keeps that as its id.
pub(super) fn read(reading: &mut Reading<'_>, rows: &mut dyn Iterator<Item = Row>) {
    let mut groups = Groups::default();
    for row in rows {
        if groups.kept >= VARIANTS_MAX {
            reading.leave_out(row.line);
            break;
        }
        groups.row(reading, &row);
    }
    for group in groups.groups {
        finish(reading, group);
    }
}

impl Groups {
    fn row(&mut self, reading: &mut Reading<'_>, row: &Row) {
        let columns = reading.columns;
        let Some(handle) = columns.cell(row, Field::Handle) else {
            reading.problem(row.line, Field::Handle, ProblemCode::HandleMissing, "");
            return;
        };
        let place = self.place(reading, &handle.text, row);
        let Some(group) = self.groups.get_mut(place) else {
            return;
        };
        // Pictures stand in rows of their own; the first one is the product's.
        if group.photo == Photo::None {
            let mut cells = RowCells::new(columns, row);
            group.photo = cells.photo(Field::Photo);
            group.fault(row.line, cells.faults);
        }
        if !is_variant(columns, row) {
            return;
        }
        group.met += 1;
        let Some(variant) = variant(reading, group, row) else {
            return;
        };
        self.text_bytes += text_bytes(&variant.product);
        if self.text_bytes > TEXT_MAX_BYTES {
            let field = Field::TalkingPoints;
            reading.problem(row.line, field, ProblemCode::TextTooLong, "");
            return;
        }
        self.kept += 1;
        group.good.push(variant);
    }

    fn place(&mut self, reading: &mut Reading<'_>, handle: &str, row: &Row) -> usize {
        if let Some(place) = self.places.get(handle) {
            return *place;
        }
        if self.groups.len() >= GROUPS_MAX {
            self.let_go(reading);
        }
        let outcome = sparing(reading.columns, row, |row, _| shared(reading.columns, row));
        let mut group = Group {
            handle: handle.to_owned(),
            line: row.line,
            shared: outcome.made.unwrap_or_default(),
            faults: Vec::new(),
            photo: Photo::None,
            met: 0,
            good: Vec::new(),
        };
        group.fault(row.line, outcome.faults);
        self.groups.push(group);
        let place = self.groups.len() - 1;
        self.places.insert(handle.to_owned(), place);
        place
    }

    /// Names the groups without a good variant and forgets them.
    fn let_go(&mut self, reading: &mut Reading<'_>) {
        let (kept, empty): (Vec<Group>, Vec<Group>) = std::mem::take(&mut self.groups)
            .into_iter()
            .partition(|group| !group.good.is_empty());
        for group in empty {
            finish(reading, group);
        }
        self.groups = kept;
        self.places = self
            .groups
            .iter()
            .enumerate()
            .map(|(place, group)| (group.handle.clone(), place))
            .collect();
    }
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

/// What a row says of all variants of its product.
fn shared(columns: &Columns, row: &Row) -> Result<Shared, Vec<Fault>> {
    let mut cells = RowCells::new(columns, row);
    let shared = Shared {
        title: cells.title(),
        short_title: cells.texts(Field::ShortTitle),
        spec: cells.text(Field::Spec, Some(Field::SpecEn)),
        talking_points: cells.talking_points(),
    };
    if !cells.faults.is_empty() {
        return Err(cells.faults);
    }
    // Pictures of a product may stand before its name.
    if shared.title == Text::default() {
        return Ok(shared);
    }
    let price = Money::new(1, Currency("CNY".to_owned()));
    match shared
        .product(ProductId::from("any"), Offer::at(price))
        .check()
    {
        Ok(()) => Ok(shared),
        Err(refusal) => Err(vec![fault_of(&refusal, Field::Handle, columns, row)]),
    }
}

impl Shared {
    fn product(&self, id: ProductId, offer: Offer) -> Product {
        Product {
            short_title: self.short_title.clone(),
            spec: self.spec.clone(),
            talking_points: self.talking_points.clone(),
            ..Product::new(id, self.title.clone(), offer)
        }
    }
}

fn variant(reading: &mut Reading<'_>, group: &Group, row: &Row) -> Option<Variant> {
    let outcome = sparing(reading.columns, row, |row, _| {
        variant_of(reading, group, row)
    });
    match outcome.made {
        Some(variant) => Some(Variant {
            faults: outcome.faults,
            ..variant
        }),
        None => {
            reading.faults(row.line, &outcome.faults, false);
            None
        }
    }
}

fn variant_of(reading: &Reading<'_>, group: &Group, row: &Row) -> Result<Variant, Vec<Fault>> {
    let columns = reading.columns;
    let mut cells = RowCells::new(columns, row);
    let sku = cells.words(Field::Id).map(str::to_owned);
    let options = columns
        .cells(row, Field::OptionValue)
        .map(|cell| cell.text.as_str())
        .filter(|value| *value != "Default Title")
        .collect::<Vec<_>>()
        .join(" / ");
    if group.shared.title == Text::default() {
        cells.fault(Field::Title, ProblemCode::TitleMissing, "");
    }
    let photo = cells.photo(Field::VariantPhoto);
    let gtin = cells.gtin();
    let link = cells.words(Field::Link).map(str::to_owned);
    let Some(mut offer) = cells.offer(reading.currency, BelowZero::SoldOut, None) else {
        return Err(cells.faults);
    };
    // A shop that does not count a variant still exports 0 for it.
    let uncounted =
        columns.has(Field::StockTracker) && columns.cell(row, Field::StockTracker).is_none();
    if uncounted {
        offer.quantity = None;
    }
    let mut product = Product {
        gtin,
        link,
        ..group.shared.product(ProductId(group.handle.clone()), offer)
    };
    cells.details(&mut product);
    cells.unit_for_spec(&mut product);
    if !cells.faults.is_empty() {
        return Err(cells.faults);
    }
    if let Err(refusal) = product.check() {
        return Err(vec![fault_of(&refusal, Field::Handle, columns, row)]);
    }
    Ok(Variant {
        index: group.met,
        line: row.line,
        assumed: cells.assumed,
        product,
        sku,
        options,
        photo,
        faults: Vec::new(),
    })
}

/// Gives the variants of a group their ids, titles and photos, now that their number is known.
fn finish(reading: &mut Reading<'_>, group: Group) {
    if group.met == 0 {
        // Pictures of a product whose own row is not in the file.
        reading.problem(group.line, Field::Title, ProblemCode::TitleMissing, "");
    }
    let several = group.met > 1;
    let mut taken = false;
    for variant in group.good {
        let mut product = variant.product;
        let options = variant.options;
        let (id_field, id) = match variant.sku {
            _ if !several && reading.known(&group.handle).is_some() => {
                (Field::Handle, group.handle.clone())
            }
            None if !several => (Field::Handle, group.handle.clone()),
            Some(sku) => (Field::Id, format!("{}/{sku}", group.handle)),
            None if !options.is_empty() => {
                (Field::OptionValue, format!("{}/{options}", group.handle))
            }
            None => (Field::Handle, format!("{}/{}", group.handle, variant.index)),
        };
        product.id = ProductId(id);
        if several && !options.is_empty() {
            product.title = with_options(&product.title, &options);
        }
        let photo = match variant.photo {
            Photo::None => group.photo.clone(),
            own => own,
        };
        let photo_link = match photo {
            Photo::None => None,
            Photo::File(name) => {
                product.photo = Some(name);
                None
            }
            Photo::Web(url) => Some(url),
        };
        let of_group = group.faults.iter().map(|(_, fault)| fault);
        let spared: Vec<Field> = of_group.chain(&variant.faults).map(|it| it.field).collect();
        let product = reading.merged(product, &spared);
        if let Err(refusal) = product.check() {
            let (field, code) = cell_of(&refusal, id_field);
            reading.problem(variant.line, field, code, product.id.as_str());
            reading.faults(variant.line, &variant.faults, false);
            continue;
        }
        let made = Made {
            product,
            id_field,
            photo_link,
            assumed: variant.assumed,
        };
        let kept = reading.keep(variant.line, made);
        reading.faults(variant.line, &variant.faults, kept);
        taken |= kept;
    }
    for (line, fault) in group.faults {
        reading.faults(line, &[fault], taken);
    }
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

fn text_bytes(product: &Product) -> usize {
    let texts = [&product.title, &product.short_title, &product.spec];
    let of_texts = texts.iter().map(|text| text.zh.len() + text.en.len());
    of_texts.sum::<usize>()
        + product
            .talking_points
            .iter()
            .map(String::len)
            .sum::<usize>()
}
