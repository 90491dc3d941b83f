//! Wrong secrets, counted by where they come from.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// So many wrong ones in [`WITHIN_MS`] are answered with what is wrong; a phone with an old link makes two or three.
pub(super) const MOST: usize = 10;
/// One minute.
const WITHIN_MS: u64 = 60_000;
/// Places that are told apart; the others share one count.
const PLACES: usize = 256;

/// The wrong ones of the last minute.
#[derive(Default)]
pub(super) struct Tries {
    places: BTreeMap<IpAddr, VecDeque<u64>>,
    others: VecDeque<u64>,
}

impl Tries {
    /// Counts a wrong one; whether it is answered with what is wrong.
    pub(super) fn wrong(&mut self, from: IpAddr, now_ms: u64) -> bool {
        let is_recent = |at: &u64| now_ms.saturating_sub(*at) < WITHIN_MS;
        if self.places.len() >= PLACES && !self.places.contains_key(&from) {
            self.places
                .retain(|_, times| times.back().is_some_and(is_recent));
        }
        let times = if self.places.len() < PLACES || self.places.contains_key(&from) {
            self.places.entry(from).or_default()
        } else {
            &mut self.others
        };
        while times.front().is_some_and(|at| !is_recent(at)) {
            times.pop_front();
        }
        let may = times.len() < MOST;
        if may {
            times.push_back(now_ms);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_within_a_minute_is_not_answered_and_another_place_is() {
        let mut tries = Tries::default();
        let place = |n: u8| IpAddr::from([192, 168, 1, n]);
        assert!((0..10).all(|at| tries.wrong(place(1), at)));
        assert!(!tries.wrong(place(1), 59_000));
        assert!(tries.wrong(place(2), 59_000));
        assert!(tries.wrong(place(1), 60_000));
    }

    #[test]
    fn a_thousand_places_take_bounded_room() {
        let mut tries = Tries::default();
        for n in 0..1000_u32 {
            tries.wrong(IpAddr::from(n.to_be_bytes()), 1);
        }
        assert!(tries.places.len() <= PLACES && tries.others.len() <= MOST);
    }
}
