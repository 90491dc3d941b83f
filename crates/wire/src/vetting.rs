//! What was looked at of products before viewers see them, as pages see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{ProductId, Show, VetTick, VettingOverride, VettingRule};
use ts_rs::TS;

/// Vetting of the show; apart from the rest, which changes far more often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VettingView {
    /// Whether and what has to be looked at.
    pub rule: VettingRule,
    /// What was, by product; a product without an entry is unvetted.
    pub vetted: BTreeMap<ProductId, Vec<VetTick>>,
    /// Reasons given in this show for products that were not looked at.
    pub overrides: BTreeMap<ProductId, VettingOverride>,
}

impl VettingView {
    /// The view of `show`.
    pub fn of(show: &Show) -> Self {
        Self {
            rule: show.vetting.clone(),
            vetted: show.vetted.clone(),
            overrides: show.vetting_overrides.clone(),
        }
    }

    /// Whether `show` is told by it.
    pub fn tells(&self, show: &Show) -> bool {
        self.rule == show.vetting
            && self.overrides == show.vetting_overrides
            && self.vetted == show.vetted
    }
}
