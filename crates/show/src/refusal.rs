//! Why a command is refused: a closed list with stable codes, so that the page can say it in a sentence.

use std::collections::BTreeMap;

use crate::{Canvas, DestinationId, MoneyFault, ProductId, SceneId, SourceId};

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlFault {
    /// Another scheme than the ones allowed there.
    Scheme,
    /// No host, or one with impossible characters.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A name or password stands before the host; secrets do not belong in an address.
    Credentials,
    /// White space or control characters.
    Characters,
    /// Longer than 2 000 characters.
    Length,
    /// An option behind the question mark has a value that it cannot have.
    Option,
    /// Unencrypted `http://` to a place beyond the local network.
    Insecure,
}

impl UrlFault {
    /// Stable snake_case code.
    pub fn code(self) -> &'static str {
        match self {
            UrlFault::Scheme => "scheme",
            UrlFault::Host => "host",
            UrlFault::Port => "port",
            UrlFault::Credentials => "credentials",
            UrlFault::Characters => "characters",
            UrlFault::Length => "length",
            UrlFault::Option => "option",
            UrlFault::Insecure => "insecure",
        }
    }
}

/// Why a command was refused. The show is as it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such product in the catalogue.
    UnknownProduct {
        /// The id asked for.
        product: ProductId,
    },
    /// No such source.
    UnknownSource {
        /// The id asked for.
        source: SourceId,
    },
    /// No such scene.
    UnknownScene {
        /// The id asked for.
        scene: SceneId,
    },
    /// The scene is on the picture and stays until another one is shown.
    SceneShown {
        /// Which.
        scene: SceneId,
    },
    /// A show keeps at least one scene.
    LastScene,
    /// No such destination.
    UnknownDestination {
        /// The id asked for.
        destination: DestinationId,
    },
    /// The same product is named twice where it may stand once.
    DuplicateProduct {
        /// The product named twice.
        product: ProductId,
    },
    /// Somebody else changed or removed the product since this change of it was begun.
    ProductChanged {
        /// Which.
        product: ProductId,
    },
    /// The product is on the picture and stays in the catalogue until it is taken off.
    ProductOnAir {
        /// Which.
        product: ProductId,
    },
    /// Nothing is on the picture.
    NotOnAir,
    /// Taking that many would leave less than nothing.
    StockBelowZero {
        /// Which.
        product: ProductId,
        /// Units left now.
        left: u32,
        /// The difference asked for.
        by: i32,
    },
    /// More units than can be counted (over 4 294 967 295).
    StockTooLarge {
        /// Which.
        product: ProductId,
    },
    /// The product's units are not counted: set its stock first.
    NotCounted {
        /// Which.
        product: ProductId,
    },
    /// A text that must say something is empty.
    TextEmpty {
        /// Which text.
        field: &'static str,
    },
    /// A text is longer than its place.
    TextTooLong {
        /// Which text.
        field: &'static str,
        /// Characters it has.
        length: usize,
        /// Characters it may have.
        max: usize,
    },
    /// A duration is outside its range.
    InvalidLength {
        /// Which duration.
        field: &'static str,
        /// The value given.
        value: i64,
        /// Least value allowed.
        min: i64,
        /// Greatest value allowed.
        max: i64,
    },
    /// Another number is outside its range.
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// The value given.
        value: i64,
        /// Least value allowed.
        min: i64,
        /// Greatest value allowed.
        max: i64,
    },
    /// A list has more entries than allowed.
    TooMany {
        /// Which list.
        field: &'static str,
        /// Entries it has.
        count: usize,
        /// Entries it may have.
        max: usize,
    },
    /// A list that must name something is empty.
    NothingToDo {
        /// Which list.
        field: &'static str,
    },
    /// A price cannot be right.
    PriceInvalid {
        /// What is wrong with it.
        fault: MoneyFault,
    },
    /// A barcode has the wrong length, or its check digit does not fit.
    GtinInvalid,
    /// A day that is not written as `2026-10-28`, or that is in no calendar.
    DayInvalid,
    /// An address cannot be used. The address itself is left out: people paste keys into it.
    BadUrl {
        /// Which address.
        field: &'static str,
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// A file name leaves its folder or is no file name.
    BadFileName {
        /// Which file.
        field: &'static str,
    },
    /// One product of several is at fault; code and parameters are those of the reason, plus `product`.
    InProduct {
        /// The product at fault.
        product: ProductId,
        /// What is wrong with it.
        why: Box<Refusal>,
    },
    /// The show is on air already.
    AlreadyLive,
    /// A rehearsal is running already.
    RehearsalRunning,
    /// Neither a rehearsal nor a show is running.
    NotRunning,
    /// No destination is enabled.
    NoDestination,
    /// A destination that is to be sent to has a canvas that is off.
    CanvasOff {
        /// The canvas.
        canvas: Canvas,
        /// The destination.
        destination: DestinationId,
    },
    /// A canvas that is on air somewhere stays on.
    CanvasInUse {
        /// The canvas.
        canvas: Canvas,
        /// A destination that is sent it.
        destination: DestinationId,
    },
    /// A line that a simulated audience said stays out of a live show.
    InventedQuestion,
    /// That question is not on the picture any more.
    QuestionGone,
    /// That question of the audience is not on the list any more, or not as it was.
    AskedGone,
    /// That line is not held any more.
    HeldGone,
    /// Somebody else sees to the question.
    QuestionTaken {
        /// Who.
        by: String,
    },
    /// Nobody of that name works on the chat.
    UnknownMember {
        /// The name.
        name: String,
    },
    /// The line came so long ago that it is not at hand any more, or nobody hid it.
    LineGone,
    /// Nobody tells the studio of orders: they are counted by hand.
    OrdersUnknown,
    /// There is no goal, or none that is counted by hand.
    NoGoal,
    /// What was to be changed is not on the picture any more.
    TextNotShown,
    /// Nobody of that id is kept.
    UnknownPerson,
    /// Only one game stands on the picture.
    GameOnPicture,
    /// The same word would choose two answers.
    KeywordTwice,
    /// There is no draw to do this with, or not one like this.
    NoLottery,
    /// People can still take part.
    LotteryOpen,
    /// There is no auction on the picture.
    NoAuction,
    /// Nobody can bid any more, or it was called off.
    AuctionOver,
    /// It still runs: it is ended or called off first.
    AuctionRuns,
    /// No bid has that number.
    NoBid,
    /// Somebody bid as much already, or the price begins above it.
    BidTooLow {
        /// The least that would lead.
        least: crate::Money,
    },
    /// Prices of an auction that do not fit together.
    AuctionPrices {
        /// Which: the step is nothing, the reserve not above the start, or the price at which it is sold at once below them.
        field: &'static str,
    },
    /// The prize is worth more than the law allows, and nobody said why it may be.
    PrizeAboveCap {
        /// Id of the rule.
        rule: String,
    },
    /// Nobody has looked at all points of the product, and nobody gave a reason why viewers may see it all the same.
    NotVetted {
        /// Which product.
        product: ProductId,
        /// Points that are open.
        open: usize,
    },
    /// The offer of the product begins later.
    OfferNotBegun {
        /// Which product.
        product: ProductId,
        /// When it begins.
        at: crate::At,
    },
    /// The offer of the product has ended.
    OfferOver {
        /// Which product.
        product: ProductId,
        /// When it did.
        at: crate::At,
    },
    /// An offer would end before it begins.
    OfferTimesInvalid,
    /// A rule of honest selling forbids words that would stand on the picture, and nobody gave a reason for them.
    WordsForbidden {
        /// Id of the rule.
        rule: String,
        /// The words, as the rule found them: a reason is given for these.
        found: String,
    },
    /// A rule of honest selling forbids words of the product, and nobody gave a reason why they may be said.
    ForbiddenByRule {
        /// Which product.
        product: ProductId,
        /// Id of the rule.
        rule: String,
    },
}

impl Refusal {
    /// Stable snake_case code; the key of the sentence a person reads.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownProduct { .. } => "unknown_product",
            Refusal::UnknownSource { .. } => "unknown_source",
            Refusal::UnknownScene { .. } => "unknown_scene",
            Refusal::SceneShown { .. } => "scene_shown",
            Refusal::LastScene => "last_scene",
            Refusal::UnknownDestination { .. } => "unknown_destination",
            Refusal::DuplicateProduct { .. } => "duplicate_product",
            Refusal::ProductChanged { .. } => "product_changed",
            Refusal::ProductOnAir { .. } => "product_on_air",
            Refusal::NotOnAir => "not_on_air",
            Refusal::StockBelowZero { .. } => "stock_below_zero",
            Refusal::StockTooLarge { .. } => "stock_too_large",
            Refusal::NotCounted { .. } => "not_counted",
            Refusal::TextEmpty { .. } => "text_empty",
            Refusal::TextTooLong { .. } => "text_too_long",
            Refusal::InvalidLength { .. } => "invalid_length",
            Refusal::OutOfRange { .. } => "out_of_range",
            Refusal::TooMany { .. } => "too_many",
            Refusal::NothingToDo { .. } => "nothing_to_do",
            Refusal::PriceInvalid { .. } => "price_invalid",
            Refusal::GtinInvalid => "gtin_invalid",
            Refusal::DayInvalid => "day_invalid",
            Refusal::BadUrl { .. } => "bad_url",
            Refusal::BadFileName { .. } => "bad_file_name",
            Refusal::InProduct { why, .. } => why.code(),
            Refusal::AlreadyLive => "already_live",
            Refusal::RehearsalRunning => "rehearsal_running",
            Refusal::NotRunning => "not_running",
            Refusal::NoDestination => "no_destination",
            Refusal::CanvasOff { .. } => "canvas_off",
            Refusal::CanvasInUse { .. } => "canvas_in_use",
            Refusal::InventedQuestion => "invented_question",
            Refusal::QuestionGone => "question_gone",
            Refusal::AskedGone => "asked_gone",
            Refusal::HeldGone => "held_gone",
            Refusal::QuestionTaken { .. } => "question_taken",
            Refusal::UnknownMember { .. } => "unknown_member",
            Refusal::LineGone => "line_gone",
            Refusal::OrdersUnknown => "orders_unknown",
            Refusal::NoGoal => "no_goal",
            Refusal::UnknownPerson => "unknown_person",
            Refusal::TextNotShown => "text_not_shown",
            Refusal::GameOnPicture => "game_on_picture",
            Refusal::KeywordTwice => "keyword_twice",
            Refusal::NoLottery => "no_lottery",
            Refusal::LotteryOpen => "lottery_open",
            Refusal::NoAuction => "no_auction",
            Refusal::AuctionOver => "auction_over",
            Refusal::AuctionRuns => "auction_runs",
            Refusal::NoBid => "no_bid",
            Refusal::BidTooLow { .. } => "bid_too_low",
            Refusal::AuctionPrices { .. } => "auction_prices",
            Refusal::PrizeAboveCap { .. } => "prize_above_cap",
            Refusal::NotVetted { .. } => "not_vetted",
            Refusal::OfferNotBegun { .. } => "offer_not_begun",
            Refusal::OfferOver { .. } => "offer_over",
            Refusal::OfferTimesInvalid => "offer_times_invalid",
            Refusal::WordsForbidden { .. } => "words_forbidden",
            Refusal::ForbiddenByRule { .. } => "forbidden_by_rule",
        }
    }

    /// Every code there is, for checking that each has its sentences.
    pub const CODES: [&'static str; 58] = [
        "unknown_product",
        "unknown_source",
        "unknown_scene",
        "scene_shown",
        "last_scene",
        "unknown_destination",
        "duplicate_product",
        "product_changed",
        "product_on_air",
        "not_on_air",
        "stock_below_zero",
        "stock_too_large",
        "not_counted",
        "text_empty",
        "text_too_long",
        "invalid_length",
        "out_of_range",
        "too_many",
        "nothing_to_do",
        "price_invalid",
        "gtin_invalid",
        "day_invalid",
        "bad_url",
        "bad_file_name",
        "already_live",
        "rehearsal_running",
        "not_running",
        "no_destination",
        "canvas_off",
        "canvas_in_use",
        "invented_question",
        "question_gone",
        "asked_gone",
        "held_gone",
        "question_taken",
        "unknown_member",
        "line_gone",
        "orders_unknown",
        "no_goal",
        "unknown_person",
        "text_not_shown",
        "game_on_picture",
        "keyword_twice",
        "no_lottery",
        "lottery_open",
        "no_auction",
        "auction_over",
        "auction_runs",
        "no_bid",
        "bid_too_low",
        "auction_prices",
        "prize_above_cap",
        "not_vetted",
        "offer_not_begun",
        "offer_over",
        "offer_times_invalid",
        "words_forbidden",
        "forbidden_by_rule",
    ];

    /// What the sentence needs: ids, limits, and the codes of finer reasons (`reason`). Holds no
    /// address and no free text somebody typed, but for words that a rule forbids.
    pub fn params(&self) -> BTreeMap<String, String> {
        let mut params = BTreeMap::new();
        let mut put = |key: &str, value: String| {
            params.insert(key.to_owned(), value);
        };
        match self {
            Refusal::UnknownProduct { product }
            | Refusal::DuplicateProduct { product }
            | Refusal::ProductChanged { product }
            | Refusal::ProductOnAir { product }
            | Refusal::StockTooLarge { product }
            | Refusal::NotCounted { product } => put("product", product.to_string()),
            Refusal::UnknownSource { source } => put("source", source.to_string()),
            Refusal::UnknownScene { scene } | Refusal::SceneShown { scene } => {
                put("scene", scene.to_string())
            }
            Refusal::UnknownDestination { destination } => {
                put("destination", destination.to_string());
            }
            Refusal::CanvasOff {
                canvas,
                destination,
            }
            | Refusal::CanvasInUse {
                canvas,
                destination,
            } => {
                put("canvas", canvas.name().to_owned());
                put("destination", destination.to_string());
            }
            Refusal::StockBelowZero { product, left, by } => {
                put("product", product.to_string());
                put("left", left.to_string());
                put("by", by.to_string());
            }
            Refusal::AuctionPrices { field }
            | Refusal::TextEmpty { field }
            | Refusal::NothingToDo { field }
            | Refusal::BadFileName { field } => put("field", (*field).to_owned()),
            Refusal::TextTooLong { field, length, max } => {
                put("field", (*field).to_owned());
                put("length", length.to_string());
                put("max", max.to_string());
            }
            Refusal::InvalidLength {
                field,
                value,
                min,
                max,
            }
            | Refusal::OutOfRange {
                field,
                value,
                min,
                max,
            } => {
                put("field", (*field).to_owned());
                put("value", value.to_string());
                put("min", min.to_string());
                put("max", max.to_string());
            }
            Refusal::TooMany { field, count, max } => {
                put("field", (*field).to_owned());
                put("count", count.to_string());
                put("max", max.to_string());
            }
            Refusal::QuestionTaken { by } => put("by", by.clone()),
            Refusal::UnknownMember { name } => put("name", name.clone()),
            Refusal::PriceInvalid { fault } => put("reason", fault.code().to_owned()),
            Refusal::BadUrl { field, fault } => {
                put("field", (*field).to_owned());
                put("reason", fault.code().to_owned());
            }
            Refusal::NotVetted { product, open } => {
                put("product", product.to_string());
                put("open", open.to_string());
            }
            Refusal::OfferNotBegun { product, at } | Refusal::OfferOver { product, at } => {
                put("product", product.to_string());
                put("at", at.0.to_string());
            }
            Refusal::ForbiddenByRule { product, rule } => {
                put("product", product.to_string());
                put("rule", rule.clone());
            }
            Refusal::WordsForbidden { rule, found } => {
                put("rule", rule.clone());
                put("found", found.clone());
            }
            Refusal::InProduct { product, why } => {
                params = why.params();
                params.insert("product".to_owned(), product.to_string());
            }
            Refusal::PrizeAboveCap { rule } => put("rule", rule.clone()),
            Refusal::BidTooLow { least } => {
                put(
                    "least",
                    format!("{}{}", least.currency.symbol(), least.display()),
                );
            }
            Refusal::LastScene
            | Refusal::NoAuction
            | Refusal::AuctionOver
            | Refusal::AuctionRuns
            | Refusal::NoBid
            | Refusal::GameOnPicture
            | Refusal::KeywordTwice
            | Refusal::NoLottery
            | Refusal::LotteryOpen
            | Refusal::NotOnAir
            | Refusal::GtinInvalid
            | Refusal::DayInvalid
            | Refusal::AlreadyLive
            | Refusal::RehearsalRunning
            | Refusal::NotRunning
            | Refusal::NoDestination
            | Refusal::OfferTimesInvalid
            | Refusal::InventedQuestion
            | Refusal::QuestionGone
            | Refusal::AskedGone
            | Refusal::HeldGone
            | Refusal::LineGone
            | Refusal::OrdersUnknown
            | Refusal::NoGoal
            | Refusal::UnknownPerson
            | Refusal::TextNotShown => {}
        }
        params
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())?;
        for (key, value) in self.params() {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
