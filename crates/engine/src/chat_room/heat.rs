//! How lively the chat is over the time of a broadcast: lines and complaints in steps, in as many values whatever its length.

use serde::{Deserialize, Serialize};
use stallcast_show::At;
use stallcast_wire::{HeatValue, HeatView};

/// The finest step, in milliseconds.
const STEP_MS: i64 = 10_000;
/// Most values: half an hour in the finest step, four hours in one of 80 s.
const VALUES: usize = 180;

/// The values so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Heat {
    since: At,
    step_ms: i64,
    values: Vec<HeatValue>,
}

impl Heat {
    /// Begins with a broadcast.
    pub(super) fn of(since: At) -> Self {
        Self {
            since,
            step_ms: STEP_MS,
            values: Vec::new(),
        }
    }

    /// When the first value begins.
    pub(super) fn since(&self) -> At {
        self.since
    }

    /// Counts a line of this moment.
    pub(super) fn count(&mut self, now: At, complains: bool) {
        self.reach(now);
        if let Some(value) = self.values.last_mut() {
            value.lines = value.lines.saturating_add(1);
            value.complaints = value.complaints.saturating_add(u32::from(complains));
        }
    }

    /// Makes the last value the one of this moment.
    pub(super) fn reach(&mut self, now: At) {
        if self.step_ms <= 0 {
            *self = Self::of(now);
        }
        loop {
            let place = now.0.saturating_sub(self.since.0).max(0) / self.step_ms;
            let wanted = usize::try_from(place)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            if wanted <= VALUES {
                if wanted > self.values.len() {
                    self.values.resize(wanted, HeatValue::default());
                }
                return;
            }
            self.step_ms = self.step_ms.saturating_mul(2);
            let pairs = self.values.chunks(2).map(|pair| HeatValue {
                lines: pair.iter().fold(0, |sum, it| sum.saturating_add(it.lines)),
                complaints: pair
                    .iter()
                    .fold(0, |sum, it| sum.saturating_add(it.complaints)),
            });
            self.values = pairs.collect();
        }
    }

    pub(super) fn view(&self) -> HeatView {
        HeatView {
            since: self.since,
            step_s: u32::try_from(self.step_ms / 1000).unwrap_or(u32::MAX),
            values: self.values.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_show_has_as_many_values_and_loses_no_line() {
        let mut heat = Heat::of(At(1_000));
        for second in 0..4 * 3600 {
            heat.count(At(1_000 + second * 1000), second % 10 == 0);
        }
        let view = heat.view();
        assert!(view.values.len() <= VALUES);
        assert_eq!(view.step_s, 80);
        let sum = |of: fn(&HeatValue) -> u32| view.values.iter().map(of).sum::<u32>();
        assert_eq!(sum(|it| it.lines), 4 * 3600);
        assert_eq!(sum(|it| it.complaints), 4 * 360);
        heat.reach(At(1_000 + 5 * 3_600_000));
        assert_eq!(heat.view().values.last(), Some(&HeatValue::default()));
    }

    #[test]
    fn a_clock_that_was_set_back_or_far_ahead_does_no_harm() {
        let mut heat = Heat::of(At(1_000_000));
        heat.count(At(0), true);
        heat.count(At(i64::MAX), true);
        assert!(heat.view().values.len() <= VALUES);
    }
}
