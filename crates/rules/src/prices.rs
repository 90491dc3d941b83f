//! A price and those before it: the lowest of the period it refers to, and a rise before a cut.

use stallcast_show::{At, Offer, Offered};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What was offered before the promotion of now, and when so many days before it were: offers at the same prices without
/// another between belong to the promotion.
fn before<'a>(offered: &'a [Offered], offer: &Offer, days: u32, now: At) -> (&'a [Offered], i64) {
    let same = |point: &&Offered| {
        point.list == offer.list_price
            && (point.live == offer.live_price
                || offer.steps.iter().any(|step| step.price == point.live))
    };
    let count = offered.iter().rev().take_while(same).count();
    let (before, promotion) = offered.split_at(offered.len() - count);
    let began = promotion.first().map_or(now, |point| point.at);
    let since = began.0.saturating_sub(i64::from(days) * DAY_MS);
    (before, since)
}

/// The lowest price at which it was offered in the days before this promotion, where the struck price is above it.
pub(crate) fn lowest_below_list<'a>(
    offered: &'a [Offered],
    offer: &Offer,
    days: u32,
    now: At,
) -> Option<&'a Offered> {
    let list = offer.list_price.as_ref()?;
    let (before, since) = before(offered, offer, days, now);
    let period = before
        .iter()
        .filter(|point| point.at.0 >= since && point.live.currency == list.currency);
    let lowest = period.min_by_key(|point| point.live.minor)?;
    (lowest.live.minor < list.minor).then_some(lowest)
}

/// The offer of the days before this promotion whose usual price was lower than the struck price of now.
pub(crate) fn raised_since<'a>(
    offered: &'a [Offered],
    offer: &Offer,
    days: u32,
    now: At,
) -> Option<&'a Offered> {
    let list = offer.list_price.as_ref()?;
    let (before, since) = before(offered, offer, days, now);
    let last = before.last()?;
    let usual = last.list.as_ref()?;
    let raised = usual.currency == list.currency && usual.minor < list.minor;
    (raised && last.at.0 >= since).then_some(last)
}
