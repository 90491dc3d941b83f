//! Owns what one room may ask of a copy of the relay, so that no room and no stranger can be another's trouble.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stallcast_hooks::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Webhooks of chat in a second, on average; Douyin sends at most 100.
const CHAT_PER_SECOND: f64 = 200.0;
/// Of them at once.
const CHAT_BURST: f64 = 600.0;
/// Webhooks of orders in a second, on average.
const ORDERS_PER_SECOND: f64 = 20.0;
/// Of them at once.
const ORDERS_BURST: f64 = 200.0;
/// Bodies of one room that are read at a time.
const OF_A_ROOM: usize = 16;
/// Bodies of all rooms that are read at a time: 64 MB of the largest.
const OF_ALL: usize = 128;
/// Rooms remembered; those that were quiet are forgotten above it.
const REMEMBERED: usize = 4_096;
/// A room that was quiet for so long has all that it may have.
const QUIET: Duration = Duration::from_secs(60);

/// Why a webhook is not taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The room sends too many.
    Rate,
    /// Too many are being read.
    Busy,
}

/// The limits of one copy.
pub struct Limits {
    all: Arc<Semaphore>,
    rooms: Mutex<HashMap<String, OfRoom>>,
}

struct OfRoom {
    reading: Arc<Semaphore>,
    left: [f64; 2],
    at: Instant,
}

/// The right to read one body, until dropped.
#[derive(Debug)]
pub struct Turn {
    _all: OwnedSemaphorePermit,
    _room: OwnedSemaphorePermit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(OF_ALL)),
            rooms: Mutex::default(),
        }
    }
}

fn bounds(lane: Lane) -> (f64, f64) {
    match lane {
        Lane::Chat => (CHAT_PER_SECOND, CHAT_BURST),
        Lane::Orders => (ORDERS_PER_SECOND, ORDERS_BURST),
    }
}

impl Limits {
    /// A turn for one webhook of a room that is known to be one.
    ///
    /// # Errors
    /// When the room has had its share, or too many are being read.
    pub fn turn(&self, room: &str, lane: Lane, now: Instant) -> Result<Turn, Limit> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= REMEMBERED && !rooms.contains_key(room) {
            rooms.retain(|_, of| now.saturating_duration_since(of.at) < QUIET);
        }
        let of = rooms.entry(room.to_owned()).or_insert_with(|| OfRoom {
            reading: Arc::new(Semaphore::new(OF_A_ROOM)),
            left: Lane::ALL.map(|lane| bounds(lane).1),
            at: now,
        });
        let passed = now.saturating_duration_since(of.at).as_secs_f64();
        of.at = now;
        for (left, lane) in of.left.iter_mut().zip(Lane::ALL) {
            let (per_second, burst) = bounds(lane);
            *left = (*left + passed * per_second).min(burst);
        }
        let left = match lane {
            Lane::Chat => &mut of.left[0],
            Lane::Orders => &mut of.left[1],
        };
        if *left < 1.0 {
            return Err(Limit::Rate);
        }
        let taken = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned();
        let room = taken(&of.reading).map_err(|_| Limit::Busy)?;
        let all = taken(&self.all).map_err(|_| Limit::Busy)?;
        *left -= 1.0;
        Ok(Turn {
            _all: all,
            _room: room,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_room_that_sends_too_much_takes_nothing_from_its_orders_nor_from_another() {
        let limits = Limits::default();
        let now = Instant::now();
        let sent = (0..10_000).filter(|_| limits.turn("a", Lane::Chat, now).is_ok());
        assert_eq!(sent.count(), 600);
        let refused = limits.turn("a", Lane::Chat, now).unwrap_err();
        assert_eq!(refused, Limit::Rate);
        assert!(limits.turn("a", Lane::Orders, now).is_ok());
        assert!(limits.turn("b", Lane::Chat, now).is_ok());
        let later = now + Duration::from_millis(100);
        let sent = (0..100).filter(|_| limits.turn("a", Lane::Chat, later).is_ok());
        assert_eq!(sent.count(), 20);
    }

    #[tokio::test]
    async fn slow_bodies_of_one_room_leave_others_their_places() {
        let limits = Limits::default();
        let now = Instant::now();
        let held: Vec<Turn> = (0..OF_A_ROOM)
            .map(|_| limits.turn("a", Lane::Chat, now).unwrap())
            .collect();
        assert_eq!(limits.turn("a", Lane::Chat, now).unwrap_err(), Limit::Busy);
        assert!(limits.turn("b", Lane::Chat, now).is_ok());
        drop(held);
        assert!(limits.turn("a", Lane::Chat, now).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_that_are_quiet_are_forgotten() {
        let limits = Limits::default();
        let now = Instant::now();
        for n in 0..REMEMBERED {
            drop(limits.turn(&n.to_string(), Lane::Chat, now));
        }
        drop(limits.turn("x", Lane::Chat, now + QUIET));
        assert_eq!(limits.rooms.lock().unwrap().len(), 1);
    }
}
