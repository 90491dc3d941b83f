//! What a list says of the rundown: order, planned time, what is shown and by whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use stallcast_show::{ProductId, RundownItem};

/// What one row says of its line in the rundown; `None` = nothing, so the line stays as it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RundownLine {
    /// The row's product.
    pub product: ProductId,
    /// Planned time in seconds, 0 to 86 400.
    pub planned_s: Option<u32>,
    /// What is shown with it.
    pub demonstration: Option<String>,
    /// Who holds or presents it.
    pub holder: Option<String>,
}

/// The rundown with these lines at its beginning, in their order; what they do not name follows as it was.
pub fn rundown_with(now: &[RundownItem], lines: &[RundownLine]) -> Vec<RundownItem> {
    let known: BTreeMap<&ProductId, &RundownItem> =
        now.iter().map(|item| (&item.product, item)).collect();
    let named: BTreeSet<&ProductId> = lines.iter().map(|line| &line.product).collect();
    let changed = lines.iter().map(|line| {
        let before = known.get(&line.product).map(|item| (*item).clone());
        let mut item = before.unwrap_or_else(|| RundownItem::open(line.product.clone()));
        item.planned_s = line.planned_s.unwrap_or(item.planned_s);
        if let Some(words) = &line.demonstration {
            item.demonstration.clone_from(words);
        }
        if let Some(words) = &line.holder {
            item.holder.clone_from(words);
        }
        item
    });
    let others = now.iter().filter(|item| !named.contains(&item.product));
    changed.chain(others.cloned()).collect()
}
