//! Owns the join limit: no server sees more joins from this program than Twitch allows.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::rate::Rate;

/// Twitch: 20 authenticate/join attempts per 10 seconds (dev.twitch.tv/docs/chat/#rate-limits).
const JOINS: usize = 20;
const WINDOW: Duration = Duration::from_secs(10);

// The limit counts per address on the server's side, so it is shared by all connectors here.
static BUDGETS: LazyLock<Mutex<HashMap<String, Rate>>> = LazyLock::new(Mutex::default);

/// Returns when joining a channel of `server` is within the limit.
pub(super) async fn wait_for_turn(server: &str) {
    loop {
        let turn = {
            let mut budgets = BUDGETS.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = budgets
                .entry(server.to_owned())
                .or_insert_with(|| Rate::new(JOINS, WINDOW))
                .take(now);
            // Servers not used for a while are forgotten, so the map stays as small as what is in use.
            budgets.retain(|_, budget| !budget.is_idle(now));
            turn
        };
        match turn {
            Ok(()) => return,
            Err(wait) => tokio::time::sleep(wait).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_twenty_first_join_waits_for_the_window_to_move() {
        let began = Instant::now();
        for _ in 0..JOINS {
            wait_for_turn("join.test").await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        wait_for_turn("join.test").await;
        assert_eq!(began.elapsed(), WINDOW);
    }
}
