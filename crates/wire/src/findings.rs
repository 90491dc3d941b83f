//! What the rules of honest selling found in the rundown, as pages see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{ProductId, RuleOverride, Text};
use ts_rs::TS;

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FindingLevel {
    /// Look at it; the show goes on.
    Warn,
    /// Forbidden outright: the product does not go on air without a reason that is kept.
    Forbidden,
}

/// Something a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FindingView {
    /// Id of the rule, a key of [`FindingsView::rules`].
    pub rule: String,
    /// What follows.
    pub level: FindingLevel,
    /// Where it stands: `title`, `short_title`, `spec`, `talking_point`, `coupon`, `gift`, `demonstration`, `origin`,
    /// `facts`, `price`, `ticker`.
    pub place: String,
    /// The words as they stand there, the struck price as `49.9 CNY`, or the clock as `5:00`.
    pub found: String,
    /// Of a finding about prices: `list`, and `lowest` or `before` with `at` (ms since 1970 UTC).
    pub params: BTreeMap<String, String>,
    /// The reason that somebody gave for these words.
    pub overridden: Option<RuleOverride>,
}

/// A rule that found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleView {
    /// Its name in a few words.
    pub name: Text,
    /// The law.
    pub law: Text,
    /// Article, as the law numbers it.
    pub article: String,
    /// Whether the law's own text was read for it; else it is told by others.
    pub is_read: bool,
    /// Why.
    pub explains: Text,
    /// What can be said or done instead.
    pub instead: Text,
}

/// What was found. A product without findings is one that no rule of ours hit, and no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FindingsView {
    /// In products of the rundown, the forbidden first.
    pub products: BTreeMap<ProductId, Vec<FindingView>>,
    /// In the ticker.
    pub ticker: Vec<FindingView>,
    /// The rules named above, and those that forbid something outright.
    pub rules: BTreeMap<String, RuleView>,
    /// Products of the rundown whose currency no pack is for: nothing was looked at.
    pub unchecked: u32,
}

impl FindingView {
    /// Whether it keeps its product off the air.
    pub fn blocks(&self) -> bool {
        self.level == FindingLevel::Forbidden && self.overridden.is_none()
    }
}
