//! What a show sold, minute by minute and while each product was on the picture. Pure.

use std::sync::Arc;

use crate::takings::TakenIn;
use crate::{At, Order, Recap, RecapMinute, RecapSegment};

/// Most minutes by which something is counted; a day.
pub(crate) const MINUTES_MAX: usize = 24 * 60;

/// The minute of the show in which a moment is; the last one for what is later than a day.
pub(crate) fn minute_of(began: At, at: At) -> usize {
    let minute = at.0.saturating_sub(began.0).max(0) / 60_000;
    usize::try_from(minute).unwrap_or(0).min(MINUTES_MAX - 1)
}

/// Puts orders placed in the show to the minutes and the stretches they came in. The shop's clock says when.
pub(crate) fn by_time(recap: &mut Recap, orders: &[Arc<Order>]) {
    for order in orders {
        let Some(placed) = order.placed() else {
            continue;
        };
        let minute = minute_of(recap.began, placed);
        if recap.minutes.len() <= minute {
            recap.minutes.resize(minute + 1, RecapMinute::default());
        }
        let (mut units, mut taken) = (recap.minutes[minute].sales, TakenIn::default());
        taken.add_told(&recap.minutes[minute].takings);
        let sales = order.sales();
        sales.values().for_each(|own| units.add(*own));
        for (_, currency, own) in order.takings() {
            taken.add(currency, own);
        }
        recap.minutes[minute].sales = units;
        recap.minutes[minute].takings = taken.told();
        if let Some(segment) = segment_at(&mut recap.segments, placed)
            && let Some(own) = sales.get(&segment.product)
        {
            segment.sales.add(*own);
        }
    }
}

fn segment_at(segments: &mut [RecapSegment], at: At) -> Option<&mut RecapSegment> {
    let later = segments.partition_point(|segment| segment.from <= at);
    let segment = segments.get_mut(later.checked_sub(1)?)?;
    (at < segment.to).then_some(segment)
}
