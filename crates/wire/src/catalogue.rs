//! The products as pages see them: those of the rundown come by themselves, of the others pages ask for what they show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{Product, ProductId};
use ts_rs::TS;

/// Most products of one [`ProductsView`].
pub const PRODUCTS_AT_ONCE: u32 = 100;

/// A catalogue of at most so many products comes whole.
pub const CATALOGUE_COMES_WHOLE: usize = 300;

/// The products of the rundown and on air; all, where there are few. After the first one of a socket only what changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CatalogueView {
    /// Whether this is the first: what a page had before is not valid any more.
    pub whole: bool,
    /// Products that are new or changed, in the order of the rundown.
    pub products: Vec<Product>,
    /// Products that are not among them any more.
    pub gone: Vec<ProductId>,
    /// How many the whole catalogue has.
    pub total: u32,
    /// Another number when any product of the catalogue changed: what was asked for is old then.
    pub version: u64,
}

/// Which products are looked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProductScope {
    /// All.
    #[default]
    All,
    /// Those beside the rundown.
    Aside,
}

/// How products that are found stand in order; those that are named exactly and those that begin so come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProductSort {
    /// As the rundown, then by id.
    #[default]
    Rundown,
    /// By title.
    Title,
    /// The cheapest first.
    PriceUp,
    /// The dearest first.
    PriceDown,
}

/// Answer to [`crate::Request::Products`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ProductsView {
    /// How many were found.
    pub found: u32,
    /// Those of them that were asked for.
    pub products: Vec<Product>,
    /// What is left of those that are counted.
    pub stock: BTreeMap<ProductId, u32>,
    /// The catalogue's version they were found in.
    pub version: u64,
}
