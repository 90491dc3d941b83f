//! What came of what shops told, for their settings.

use std::collections::BTreeMap;

use stallcast_show::{At, Show};
use stallcast_wire::UnknownGoods;

/// Goods named at most that the show does not have.
const UNKNOWN_MAX: usize = 20;

/// What came of one telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It changed something, and that is written down.
    Taken,
    /// It was known.
    Repeated,
    /// Its order was placed before the shop was turned on.
    Older,
    /// It is of something that is of no use here.
    Other,
    /// The shop only asks whether somebody is there.
    Ping,
    /// Nothing is taken of this shop.
    Off,
    /// Its secret waits for the keychain.
    Locked,
    /// The signature is not its secret's.
    Unsigned,
    /// It is larger than any order.
    TooLarge,
    /// The signature is good and the body says no order.
    Unreadable(&'static str),
    /// The journal could not be written.
    Unwritten,
}

/// What a shop told since the engine started.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub heard_at: Option<At>,
    pub topic: String,
    pub taken: u32,
    pub repeated: u32,
    pub older: u32,
    pub unsigned: u32,
    pub error: String,
}

impl Told {
    pub fn failed(&mut self, code: &str) {
        code.clone_into(&mut self.error);
    }

    pub fn take(&mut self, topic: &str, received: &Received, at: At) {
        let error = match received {
            Received::Unsigned => "signature",
            Received::TooLarge => "too_large",
            Received::Unreadable(code) => code,
            Received::Unwritten => "journal",
            Received::Locked => "locked",
            _ => "",
        };
        self.failed(error);
        let count = match received {
            Received::Taken => Some(&mut self.taken),
            Received::Repeated => Some(&mut self.repeated),
            Received::Older => Some(&mut self.older),
            Received::Unsigned => Some(&mut self.unsigned),
            _ => None,
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
        if !matches!(
            received,
            Received::Off | Received::Unsigned | Received::TooLarge | Received::Locked
        ) {
            self.heard_at = Some(at);
            topic.clone_into(&mut self.topic);
        }
    }
}

/// What orders since the show began leave over: goods that it does not have, and refunds that name none.
pub fn left_over(show: &Show) -> (Vec<UnknownGoods>, u32) {
    let mut goods: BTreeMap<&str, u32> = BTreeMap::new();
    let mut unnamed: usize = 0;
    for order in show.orders_since_begin() {
        unnamed += order.unnamed_refunds();
        for (called, units) in order.unknown() {
            let known = goods.entry(called).or_default();
            *known = known.saturating_add(units);
        }
    }
    let mut goods: Vec<(&str, u32)> = goods.into_iter().collect();
    goods.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    let goods = goods.into_iter().take(UNKNOWN_MAX);
    let goods = goods.map(|(called, units)| UnknownGoods {
        called: called.to_owned(),
        units,
    });
    (goods.collect(), u32::try_from(unnamed).unwrap_or(u32::MAX))
}
