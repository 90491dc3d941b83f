//! Rule packs: what `assets/rules/*.json` hold.

use serde::Deserialize;
use stallcast_show::{Market, Text};

use crate::words::Words;

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody looks at it; the show goes on.
    Warn,
    /// The law forbids it outright: it does not go on air without a reason that is kept.
    Forbidden,
}

/// How well the source is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The text of the law was read.
    Read,
    /// Told by others; read it before relying on it.
    Reported,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the law.
    pub law: Text,
    /// Article, as the law numbers it.
    pub article: String,
    /// How well it is known.
    pub certainty: Certainty,
}

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id, for example `cn.absolute_terms`.
    pub id: String,
    /// Its name in a few words.
    pub name: Text,
    /// Where it comes from.
    pub source: Source,
    /// What follows.
    pub severity: Severity,
    pub(crate) check: Check,
    /// Why, in a sentence.
    pub explains: Text,
    /// What can be said or done instead.
    pub instead: Text,
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) examples: Vec<Example>,
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) near_misses: Vec<Example>,
}

/// What a rule looks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Check {
    /// Words in a text.
    Words {
        words: Words,
        /// What must hold of the product besides.
        #[serde(default)]
        when: Option<When>,
        /// The text also names an amount above this, whole units of money.
        #[serde(default)]
        amount_above: Option<u64>,
    },
    /// A struck price, and nothing said of where it comes from.
    StruckWithoutEvidence,
    /// A struck price above the lowest one of so many days before the promotion.
    StruckAboveLowest {
        days: u32,
        /// Whether it only counts where no evidence was given.
        only_without_evidence: bool,
    },
    /// A clock after which nothing changes: no struck price to go back to, and no steps.
    ClockWithoutChange,
    /// A struck price above the usual price of so many days before.
    RaisedBeforeCut { days: u32 },
    /// A place of origin without evidence.
    OriginWithoutEvidence,
}

/// What must hold of a product for its words to be a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// Its origin has no evidence.
    NoOriginEvidence,
    /// Its stock is not counted.
    StockNotCounted,
    /// Its stock is counted and not the number named.
    StockDiffers,
    /// It has no clock and no steps.
    NoCountdown,
}

/// What a rule is shown to fire on, or to stay quiet on.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) enum Example {
    /// A talking point of a product with a plain offer.
    Said(String),
    /// A product.
    Goods(Goods),
}

/// A product in an example; what is not said is as in a plain offer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) struct Goods {
    pub text: String,
    /// Minor units.
    pub live: Option<i64>,
    /// Minor units.
    pub list: Option<i64>,
    pub evidence: String,
    pub place: String,
    pub origin_evidence: String,
    pub quantity: Option<u32>,
    pub countdown_s: Option<u32>,
    pub offered: Vec<Earlier>,
}

/// When it was on air, and for how much.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) struct Earlier {
    pub days_ago: i64,
    /// Minor units.
    pub live: i64,
    #[serde(default)]
    pub list: Option<i64>,
}

/// A pack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pack {
    pub market: Market,
    pub rules: Vec<Rule>,
}

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackFault {
    /// It is not a pack.
    #[error("the rules of {market} cannot be read: {cause}")]
    Unreadable {
        /// Of which market.
        market: &'static str,
        /// Where and why.
        cause: serde_json::Error,
    },
}
