//! WooCommerce's product export: one row for each product, and one for each variation of a variable one, which says
//! only what is its own.

use std::collections::HashMap;

use stallcast_show::Text;

use super::Field;
use super::cells::{Photo, RowCells};
use super::columns::Columns;
use super::table::Row;

/// Variable products kept for their variations; each is kept under its id and its SKU.
const PARENTS_MAX: usize = 20_000;

/// Most characters kept of what variations share; what is longer is refused with each of them.
const SHARED_MAX: usize = 2_001;

/// What a variation has of its product.
pub(super) struct Inherited {
    title: Text,
    photo: Photo,
    /// The variation's own values of the attributes.
    options: String,
}

/// What a row of the export is.
pub(super) enum Line {
    /// A product.
    Product,
    /// A variation of one.
    Variation(Option<Inherited>),
    /// A variable product, whose variations are what is sold, or a group of other products.
    Heading,
}

/// The variable products met so far.
#[derive(Default)]
pub(super) struct Parents {
    known: HashMap<String, (Text, Photo)>,
}

impl Parents {
    /// For an export of WooCommerce; nothing for other lists.
    pub(super) fn of(columns: &Columns) -> Option<Parents> {
        columns.are_woocommerce().then(Parents::default)
    }

    pub(super) fn look(&mut self, columns: &Columns, row: &Row) -> Line {
        let kind = columns.cell(row, Field::ProductType);
        // "simple, virtual", "variation, downloadable"
        let is =
            |name| kind.is_some_and(|cell| cell.text.split(',').any(|part| part.trim() == name));
        if is("variable") {
            self.keep(columns, row);
            return Line::Heading;
        }
        if is("grouped") {
            return Line::Heading;
        }
        if is("variation") {
            return Line::Variation(self.inherited(columns, row));
        }
        Line::Product
    }

    fn keep(&mut self, columns: &Columns, row: &Row) {
        if self.known.len() >= 2 * PARENTS_MAX {
            return;
        }
        let mut cells = RowCells::new(columns, row);
        let title = cells.title();
        let title = Text {
            zh: title.zh.chars().take(SHARED_MAX).collect(),
            en: title.en.chars().take(SHARED_MAX).collect(),
        };
        let photo = match cells.photo(Field::Photo) {
            Photo::Web(url) if url.chars().count() >= SHARED_MAX => Photo::None,
            photo => photo,
        };
        for name in columns.own_ids(row) {
            let parent = (title.clone(), photo.clone());
            self.known.entry(name.text.clone()).or_insert(parent);
        }
    }

    fn inherited(&self, columns: &Columns, row: &Row) -> Option<Inherited> {
        let name = &columns.cell(row, Field::Parent)?.text;
        let (title, photo) = self.known.get(name.strip_prefix("id:").unwrap_or(name))?;
        let values = columns.cells(row, Field::OptionValue);
        Some(Inherited {
            title: title.clone(),
            photo: photo.clone(),
            options: values
                .map(|cell| cell.text.as_str())
                .collect::<Vec<_>>()
                .join(" / "),
        })
    }
}

impl Inherited {
    /// The variation's title: its own, or the product's with the attributes' values where that says no more.
    pub(super) fn title(&self, own: Text) -> Text {
        if own != Text::default() && own != self.title {
            return own;
        }
        let with_options = |text: &str| match text.is_empty() || self.options.is_empty() {
            true => text.to_owned(),
            false => format!("{text} - {}", self.options),
        };
        Text {
            zh: with_options(&self.title.zh),
            en: with_options(&self.title.en),
        }
    }

    /// The variation's photo, or the product's.
    pub(super) fn photo(&self, own: Photo) -> Photo {
        match own {
            Photo::None => self.photo.clone(),
            own => own,
        }
    }
}
