//! Webhooks that cannot be taken yet: each waits in the row of whom it is for, and nobody else's behind it.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use stallcast_chat::Delivery;
use stallcast_hooks::{Hook, ON_THE_WAY, ON_THE_WAY_BYTES};

/// What may come since the oldest that waits: the relay sends no more than [`ON_THE_WAY`] and [`ON_THE_WAY_BYTES`] before it
/// hears that the first of them is taken.
const BEHIND: u64 = ON_THE_WAY as u64 / 4 * 3;
const BEHIND_BYTES: u64 = ON_THE_WAY_BYTES as u64 / 4 * 3;

/// How much came.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Came {
    webhooks: u64,
    /// Of their bodies.
    bytes: u64,
}

impl Came {
    /// One more came.
    pub(super) fn count(&mut self, hook: &Hook) {
        self.webhooks += 1;
        self.bytes += hook.body.len() as u64;
    }

    /// Whether so much came since `then` that the relay will soon send no more.
    fn is_far_from(&self, then: Self) -> bool {
        self.webhooks - then.webhooks > BEHIND || self.bytes - then.bytes > BEHIND_BYTES
    }
}

/// One that waits.
pub(super) struct Waits {
    pub(super) delivery: Delivery,
    /// How much had come before it.
    before: Came,
}

/// Rows of webhooks, by whom they are for.
pub(super) struct Aside<Of>(BTreeMap<Of, VecDeque<Waits>>);

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

    /// Whether something waits for this one.
    pub(super) fn has(&self, of: Of) -> bool {
        self.0.contains_key(&of)
    }

    /// Puts one at the end of its row; `before` is how much came before it.
    pub(super) fn put(&mut self, of: Of, delivery: Delivery, before: Came) {
        self.put_back(of, Waits { delivery, before });
    }

    /// Puts one that waited before at the end of its row.
    pub(super) fn put_back(&mut self, of: Of, waits: Waits) {
        self.0.entry(of).or_default().push_back(waits);
    }

    /// Forgets those whose connection is gone: the next one brings them again.
    fn forget_left(&mut self) {
        self.0.retain(|_, row| {
            row.retain(|waits| !waits.delivery.is_left());
            !row.is_empty()
        });
    }

    /// For whom something waits.
    pub(super) fn whom(&self) -> Vec<Of> {
        self.0.keys().copied().collect()
    }

    /// What waits longest for this one.
    pub(super) fn first(&mut self, of: Of) -> Option<&Hook> {
        self.forget_left();
        Some(&self.0.get(&of)?.front()?.delivery.hook)
    }

    /// Takes that out.
    pub(super) fn pop(&mut self, of: Of) -> Option<Delivery> {
        let row = self.0.get_mut(&of)?;
        let first = row.pop_front();
        if row.is_empty() {
            self.0.remove(&of);
        }
        Some(first?.delivery)
    }

    /// Takes a whole row out, oldest first.
    pub(super) fn take(&mut self, of: Of) -> VecDeque<Waits> {
        self.forget_left();
        self.0.remove(&of).unwrap_or_default()
    }

    /// Takes one out that has to give way: the oldest of a row with more than `most`, or the oldest of all when so much came
    /// since that the relay, which hears of all in their order, would soon send no more.
    pub(super) fn pop_over(&mut self, most: usize, came: Came) -> Option<Delivery> {
        self.forget_left();
        let rows = || self.0.iter();
        let over = rows().find(|(_, row)| row.len() > most);
        let oldest = || {
            let firsts = rows().filter_map(|(of, row)| Some((of, row.front()?.before)));
            let (of, before) = firsts.min_by_key(|(_, before)| before.webhooks)?;
            came.is_far_from(before).then_some(of)
        };
        let of = *over.map(|(of, _)| of).or_else(oldest)?;
        self.pop(of)
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
