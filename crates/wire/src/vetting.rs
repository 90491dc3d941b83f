//! What was looked at of products before viewers see them, as pages see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{ProductId, VetTick, VettingOverride, VettingRule};
use ts_rs::TS;

/// Vetting of the show; apart from the rest, which changes far more often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VettingView {
    /// Whether and what has to be looked at.
    pub rule: VettingRule,
    /// What was, by product: those of the rundown, on air and looked for last; all, where there are few. One of them
    /// without an entry is unvetted.
    pub vetted: BTreeMap<ProductId, Vec<VetTick>>,
    /// Reasons given in this show for products that were not looked at.
    pub overrides: BTreeMap<ProductId, VettingOverride>,
}
