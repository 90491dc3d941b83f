//! What a reader of rows found so far, and the limits it keeps: products, and problems that are named.

use std::collections::{HashMap, HashSet};

use stallcast_show::{Catalogue, Currency, Product, ProductId};

use super::cells::Fault;
use super::columns::Columns;
use super::table::shortened;
use super::{
    Encoding, Field, Format, ImportOptions, ImportReport, PRODUCTS_MAX, PhotoLink, ProblemCode,
    RowProblem, RundownLine, merge,
};

/// Most problems named one by one; nobody reads more, and a file of millions of bad rows must not become
/// millions of messages.
pub(super) const PROBLEMS_MAX: usize = 1_000;

/// A product as its row gives it.
pub(super) struct Made {
    pub(super) product: Product,
    /// What its id was taken from.
    pub(super) id_field: Field,
    pub(super) photo_link: Option<String>,
    /// Whether its prices name no currency.
    pub(super) assumed: bool,
}

/// Problems that are counted only.
#[derive(Clone, Copy)]
struct Unnamed {
    first_line: u32,
    count: u64,
}

/// What a reader of rows works with and what it found so far.
pub(super) struct Reading<'a> {
    pub(super) columns: &'a Columns,
    pub(super) currency: &'a Currency,
    known: &'a Catalogue,
    /// The product that has a title or a barcode to itself; `None` = several have it.
    by_words: HashMap<&'a str, Option<&'a Product>>,
    pub(super) products: Vec<Product>,
    /// Products taken whose prices name no currency.
    assumed: u32,
    photo_links: Vec<PhotoLink>,
    problems: Vec<RowProblem>,
    pub(super) rundown: Vec<RundownLine>,
    unnamed: Option<Unnamed>,
    /// Ids taken.
    taken: HashSet<ProductId>,
    /// How many of them the show does not have yet.
    new: usize,
    /// Line of the first good row that found no room.
    left_out: Option<u32>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(columns: &'a Columns, options: &'a ImportOptions) -> Self {
        Reading {
            columns,
            currency: &options.currency,
            known: &options.known,
            by_words: by_words(&options.known),
            products: Vec::new(),
            assumed: 0,
            photo_links: Vec::new(),
            problems: Vec::new(),
            rundown: Vec::new(),
            unnamed: None,
            taken: HashSet::new(),
            new: 0,
            left_out: None,
        }
    }

    /// The show's product of this id.
    pub(super) fn known(&self, id: &str) -> Option<&'a Product> {
        self.known.get(&ProductId::from(id))
    }

    /// The show's only product with this title or barcode that no row before was for.
    pub(super) fn known_as(&self, words: &str) -> Option<&'a Product> {
        let product = self.by_words.get(words).copied().flatten()?;
        (!self.taken.contains(&product.id)).then_some(product)
    }

    /// The product as it will be: what the show knows of it, with what the row says.
    pub(super) fn merged(&self, row: Product, spared: &[Field]) -> Product {
        match self.known.get(&row.id) {
            Some(known) => merge::over(known, row, self.columns, spared),
            None => row,
        }
    }

    /// Names a cell for which a row was left out.
    pub(super) fn problem(&mut self, line: u32, field: Field, code: ProblemCode, value: &str) {
        self.name(line, field, code, value, false);
    }

    /// Names the cells of a row that could not be read; `taken` = its product is there without them.
    pub(super) fn faults(&mut self, line: u32, faults: &[Fault], taken: bool) {
        for fault in faults {
            self.name(line, fault.field, fault.code, &fault.value, taken);
        }
    }

    fn name(&mut self, line: u32, field: Field, code: ProblemCode, value: &str, taken: bool) {
        if self.problems.len() >= PROBLEMS_MAX {
            let unnamed = self.unnamed.get_or_insert(Unnamed {
                first_line: line,
                count: 0,
            });
            unnamed.first_line = unnamed.first_line.min(line);
            unnamed.count += 1;
            return;
        }
        self.problems.push(RowProblem {
            line,
            column: self.columns.label(field),
            code,
            value: shortened(value),
            taken,
        });
    }

    /// Takes a product that was checked, when its id is free and there is room; whether it did.
    pub(super) fn keep(&mut self, line: u32, made: Made) -> bool {
        let Made {
            product,
            id_field,
            photo_link,
            assumed,
        } = made;
        if self.taken.contains(&product.id) {
            let id = product.id.as_str();
            self.problem(line, id_field, ProblemCode::DuplicateId, id);
            return false;
        }
        let is_new = !self.known.contains_key(&product.id);
        if self.products.len() >= PRODUCTS_MAX || (is_new && self.show_is_full()) {
            self.leave_out(line);
            return false;
        }
        self.assumed += u32::from(assumed);
        self.new += usize::from(is_new);
        self.taken.insert(product.id.clone());
        if let Some(url) = photo_link {
            self.photo_links.push(PhotoLink {
                product: product.id.clone(),
                url,
                line,
                column: self.columns.label(Field::Photo),
            });
        }
        self.products.push(product);
        true
    }

    fn show_is_full(&self) -> bool {
        self.known.len() + self.new >= PRODUCTS_MAX
    }

    /// Notes a good row that found no room; the first one is named.
    pub(super) fn leave_out(&mut self, line: u32) {
        let first = self.left_out.get_or_insert(line);
        *first = (*first).min(line);
    }

    /// Whether no further row can add anything: then the rest of the file is not read. Rows of products that the
    /// show has already may still come after the last new one.
    pub(super) fn enough(&self) -> bool {
        let updates = self.products.len() - self.new;
        self.left_out.is_some()
            && (self.products.len() >= PRODUCTS_MAX || updates >= self.known.len())
    }

    pub(super) fn into_report(mut self, format: Format, encoding: Encoding) -> ImportReport {
        self.problems.sort_by_key(|problem| problem.line);
        let whole = |line, code, value: String| RowProblem {
            line,
            column: String::new(),
            code,
            value,
            taken: false,
        };
        if let Some(unnamed) = self.unnamed {
            let count = unnamed.count.to_string();
            let code = ProblemCode::MoreProblems;
            self.problems.push(whole(unnamed.first_line, code, count));
        }
        if let Some(line) = self.left_out {
            let code = ProblemCode::TooManyProducts;
            self.problems.push(whole(line, code, String::new()));
        }
        ImportReport {
            products: self.products,
            assumed: self.assumed,
            problems: self.problems,
            photo_links: self.photo_links,
            rundown: self.rundown,
            format,
            encoding,
            mapping: self.columns.mapping(),
            unmapped: self.columns.unmapped(),
            columns: self.columns.all(),
        }
    }
}

fn by_words(known: &Catalogue) -> HashMap<&str, Option<&Product>> {
    let mut found = HashMap::new();
    for product in known.values() {
        let names = [&product.title.zh, &product.title.en];
        let names = names.into_iter().filter(|name| !name.is_empty());
        for words in names.chain(&product.gtin) {
            let only = found.entry(words.as_str()).or_insert(Some(product));
            // The same title in both languages is still one product's.
            if only.is_none_or(|other| other.id != product.id) {
                *only = None;
            }
        }
    }
    found
}
