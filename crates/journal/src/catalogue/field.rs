//! What the columns of a list can hold.

use serde::{Deserialize, Serialize};

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Stable id of the product in its shop.
    Id,
    /// Shopify's id of a product; rows with the same one belong together.
    Handle,
    /// Number of the product in the show (链接号).
    Number,
    /// Title in either language.
    Title,
    /// Chinese title.
    TitleZh,
    /// English title.
    TitleEn,
    /// Title for the card; one column for each language.
    ShortTitle,
    /// Price during the show.
    LivePrice,
    /// A price without further name: the live price, or the usual one beside a live price.
    Price,
    /// Usual price.
    ListPrice,
    /// ISO 4217 code of the row's prices.
    Currency,
    /// Units offered.
    Quantity,
    /// Size, weight, count in either language.
    Spec,
    /// The same in English.
    SpecEn,
    /// Barcode.
    Gtin,
    /// Photo: file name or web address.
    Photo,
    /// Photo of one variant.
    VariantPhoto,
    /// Where it can be bought.
    Link,
    /// What the anchor says; several columns may hold some.
    TalkingPoints,
    /// Countdown in seconds.
    Countdown,
    /// Countdown in minutes.
    CountdownMinutes,
    /// Values of a variant's options, in order.
    OptionValue,
    /// Who counts a variant's units; empty = nobody does.
    StockTracker,
    /// Where the usual price can be looked up.
    ListPriceEvidence,
    /// What comes off beside the live price: an amount, or words.
    Coupon,
    /// What comes with it.
    Gift,
    /// Most units for one buyer.
    LimitPerPerson,
    /// When the price falls, and to what: `3分钟 29.9；10分钟 25`.
    Steps,
    /// When the offer begins.
    Starts,
    /// When it ends.
    Ends,
    /// Both in one cell.
    OfferPeriod,
    /// Several units at one price: `3件99`.
    Bundle,
    /// What one unit costs the seller.
    Cost,
    /// Village, county, country.
    Origin,
    /// Who grew or made it.
    Grower,
    /// Day of the harvest.
    Harvested,
    /// Batch and what proves the origin.
    OriginEvidence,
    /// When and how it is sent.
    Shipping,
    /// How long it keeps.
    ShelfLife,
    /// Sizes and what they mean.
    SizeGuide,
    /// How it is used or eaten.
    Usage,
    /// Returns and damage.
    AfterSales,
    /// Time planned for it in the rundown, in minutes.
    PlannedMinutes,
    /// The same in seconds.
    PlannedSeconds,
    /// What is shown with it.
    Demonstration,
    /// Who holds or presents it.
    Holder,
    /// WooCommerce's kind of a row.
    ProductType,
    /// WooCommerce's name of the product that a variation belongs to.
    Parent,
}

impl Field {
    /// Whether several columns may hold it: points and photos in turn, texts one for each language.
    pub(super) fn repeats(self) -> bool {
        use Field as F;
        matches!(
            self,
            F::TalkingPoints
                | F::ShortTitle
                | F::OptionValue
                | F::Photo
                | F::Coupon
                | F::Gift
                | F::Origin
                | F::Grower
                | F::Shipping
                | F::ShelfLife
                | F::SizeGuide
                | F::Usage
                | F::AfterSales
        )
    }
}
