//! A price and those before it: the lowest of the period it refers to, and a rise before a cut.

use stallcast_show::{At, Offer, Offered};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The offer before this promotion that a struck price is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before<'a> {
    pub offered: &'a Offered,
}

/// Where the promotion of now began: offers at the same prices without another between belong to it.
fn begin(offered: &[Offered], offer: &Offer, now: At) -> (usize, At) {
    let same = |point: &&Offered| {
        point.list == offer.list_price
            && (point.live == offer.live_price
                || offer.steps.iter().any(|step| step.price == point.live))
    };
    let count = offered.iter().rev().take_while(same).count();
    let first = offered.len() - count;
    (first, offered.get(first).map_or(now, |point| point.at))
}

/// The lowest price at which it was offered in the days before this promotion, where the struck price is above it.
pub(crate) fn lowest_below_list<'a>(
    offered: &'a [Offered],
    offer: &Offer,
    days: u32,
    now: At,
) -> Option<Before<'a>> {
    let list = offer.list_price.as_ref()?;
    let (first, began) = begin(offered, offer, now);
    let since = began.0.saturating_sub(i64::from(days) * DAY_MS);
    let period = offered[..first]
        .iter()
        .filter(|point| point.at.0 >= since && point.live.currency == list.currency);
    let lowest = period.min_by_key(|point| point.live.minor)?;
    (lowest.live.minor < list.minor).then_some(Before { offered: lowest })
}

/// The offer of the days before this promotion whose usual price was lower than the struck price of now.
pub(crate) fn raised_since<'a>(
    offered: &'a [Offered],
    offer: &Offer,
    days: u32,
    now: At,
) -> Option<Before<'a>> {
    let list = offer.list_price.as_ref()?;
    let (first, began) = begin(offered, offer, now);
    let since = began.0.saturating_sub(i64::from(days) * DAY_MS);
    let last = offered[..first].last()?;
    let usual = last.list.as_ref()?;
    let raised = usual.currency == list.currency && usual.minor < list.minor;
    (raised && last.at.0 >= since).then_some(Before { offered: last })
}
