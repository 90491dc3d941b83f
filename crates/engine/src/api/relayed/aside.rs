//! Webhooks that cannot be taken yet: each waits in the row of whom it is for, and nobody else's behind it.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use stallcast_chat::Delivery;
use stallcast_hooks::{Hook, ON_THE_WAY};

/// Rows of webhooks, by whom they are for.
pub(super) struct Aside<Of>(BTreeMap<Of, VecDeque<Delivery>>);

impl<Of> Default for Aside<Of> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Of: Ord + Copy> Aside<Of> {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something waits for this one: what comes later goes behind it.
    pub(super) fn has(&self, of: Of) -> bool {
        self.0.contains_key(&of)
    }

    /// Puts one at the end of its row; the oldest of the row when there are more than `most`.
    pub(super) fn put(&mut self, of: Of, delivery: Delivery, most: usize) -> Option<Delivery> {
        let row = self.0.entry(of).or_default();
        // The next connection brings them again.
        row.retain(|waits| !waits.is_left());
        row.push_back(delivery);
        if row.len() > most {
            row.pop_front()
        } else {
            None
        }
    }

    /// For whom something waits.
    pub(super) fn whom(&self) -> Vec<Of> {
        self.0.keys().copied().collect()
    }

    /// What waits longest for this one.
    pub(super) fn first(&mut self, of: Of) -> Option<&Hook> {
        let row = self.0.get_mut(&of)?;
        row.retain(|waits| !waits.is_left());
        if row.is_empty() {
            self.0.remove(&of);
        }
        Some(&self.0.get(&of)?.front()?.hook)
    }

    /// Takes that out.
    pub(super) fn pop(&mut self, of: Of) -> Option<Delivery> {
        self.0.get_mut(&of)?.pop_front()
    }
}

/// What was taken while something before it waited. The relay hears that one was taken after those before it, and brings it
/// again when the connection breaks meanwhile; as many as can be on their way.
#[derive(Default)]
pub(super) struct Passed(VecDeque<u64>);

impl Passed {
    pub(super) fn note(&mut self, hook: &Hook) {
        if self.0.len() >= ON_THE_WAY {
            self.0.pop_front();
        }
        self.0.push_back(named(hook));
    }

    pub(super) fn knows(&self, hook: &Hook) -> bool {
        !self.0.is_empty() && self.0.contains(&named(hook))
    }
}

/// The same for a webhook that the relay brings again, and for no other: when it came there is in it.
fn named(hook: &Hook) -> u64 {
    let mut hasher = DefaultHasher::new();
    (hook.kind, hook.at, &hook.headers, &hook.body).hash(&mut hasher);
    hasher.finish()
}
