//! Owns a limit of so many in so long, over a sliding window.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::acts::ActFault;

/// What is left of a limit.
#[derive(Debug)]
pub(crate) struct Rate {
    most: usize,
    window: Duration,
    recent: VecDeque<Instant>,
}

impl Rate {
    /// At most `most` in any `window`.
    pub(crate) fn new(most: usize, window: Duration) -> Self {
        Self {
            most,
            window,
            recent: VecDeque::new(),
        }
    }

    /// Takes a turn at `now` or says how long to wait before asking again.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while let Some(oldest) = self.recent.front()
            && now.saturating_duration_since(*oldest) >= self.window
        {
            self.recent.pop_front();
        }
        match self.recent.front() {
            Some(oldest) if self.recent.len() >= self.most => Err(self
                .window
                .saturating_sub(now.saturating_duration_since(*oldest))),
            _ => {
                self.recent.push_back(now);
                Ok(())
            }
        }
    }

    /// Whether none was taken for a whole window.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.recent
            .back()
            .is_none_or(|last| now.saturating_duration_since(*last) >= self.window)
    }
}

/// The turns of whoever acts: one too soon is refused, not waited for.
#[derive(Debug)]
pub(crate) struct Turns(Mutex<Rate>);

impl Turns {
    /// As [`Rate::new`].
    pub(crate) fn new(most: usize, window: Duration) -> Self {
        Self(Mutex::new(Rate::new(most, window)))
    }

    /// Takes a turn now.
    pub(crate) fn take(&self) -> Result<(), ActFault> {
        let mut rate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rate.take(Instant::now()).map_err(|_| ActFault::TooFast)
    }
}
