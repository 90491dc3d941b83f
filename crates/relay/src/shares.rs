//! Owns what a team, and one address of it, may ask of a copy: places, requests and bytes in a second. Whoever asks for more
//! waits or is refused, and nobody else notices.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stallcast_hooks::DOOR_STREAMS;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// Requests of all teams at a time: each holds half a megabyte at most, when its studio hangs at another copy.
const OF_ALL: usize = 1_024;
/// Of one address at a time: some ten phones behind one router.
const OF_AN_ADDRESS: usize = 64;
/// Requests of one address in a second, and at once: a page has some forty files.
const ADDRESS_REQUESTS: Flow = Flow::new(30.0, 300.0);
/// Of a team.
const ROOM_REQUESTS: Flow = Flow::new(200.0, 1_000.0);
/// Bytes of one address in a second, both ways together, and at once.
const ADDRESS_BYTES: Flow = Flow::new(4e6, 8e6);
/// Of a team.
const ROOM_BYTES: Flow = Flow::new(8e6, 32e6);
/// Bytes of one request or socket that wait for nobody: what is pressed and told goes through beside pages and pictures.
const SMALL_BYTES: Flow = Flow::new(32e3, 64e3);
/// Rooms, and addresses of a room, that are remembered; above it those are forgotten that were quiet.
const REMEMBERED: usize = 1_024;
/// Whoever was quiet for so long has all of their share.
const QUIET: Duration = Duration::from_secs(60);

/// So much in a second, and at once.
#[derive(Debug, Clone, Copy)]
struct Flow {
    per_second: f64,
    at_once: f64,
}

impl Flow {
    const fn new(per_second: f64, at_once: f64) -> Self {
        Self {
            per_second,
            at_once,
        }
    }
}

/// What is left of a flow.
struct Left {
    flow: Flow,
    left: f64,
    at: Instant,
}

impl Left {
    fn new(flow: Flow, now: Instant) -> Self {
        let left = flow.at_once;
        Self {
            flow,
            left,
            at: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.left = (self.left + passed * self.flow.per_second).min(self.flow.at_once);
    }

    /// Whether one more is there.
    fn has_one(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.left >= 1.0
    }

    /// Takes so much if it is there.
    fn take(&mut self, much: f64, now: Instant) -> bool {
        self.refill(now);
        let is_there = self.left >= much;
        if is_there {
            self.left -= much;
        }
        is_there
    }

    /// Takes so much, also what is not there yet; how long until it is.
    fn owe(&mut self, much: f64, now: Instant) -> Duration {
        self.refill(now);
        self.left -= much;
        Duration::from_secs_f64((-self.left / self.flow.per_second).max(0.0))
    }
}

/// Why a request is not taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoShare {
    /// This address asks too often, or its team does.
    Rate,
    /// All places are taken.
    Busy,
}

struct Asker {
    requests: Left,
    bytes: Left,
    places: Arc<Semaphore>,
    at: Instant,
}

impl Asker {
    fn new(requests: Flow, bytes: Flow, places: usize, now: Instant) -> Self {
        Self {
            requests: Left::new(requests, now),
            bytes: Left::new(bytes, now),
            places: Arc::new(Semaphore::new(places)),
            at: now,
        }
    }
}

struct OfRoom {
    all: Asker,
    by: HashMap<IpAddr, Asker>,
}

/// The shares of one copy.
pub(crate) struct Shares {
    all: Arc<Semaphore>,
    rooms: Mutex<HashMap<String, Arc<Mutex<OfRoom>>>>,
}

/// A request's place and flow, until dropped.
pub(crate) struct Share {
    room: Arc<Mutex<OfRoom>>,
    from: IpAddr,
    small: Mutex<Left>,
    _places: [OwnedSemaphorePermit; 3],
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(OF_ALL)),
            rooms: Mutex::default(),
        }
    }
}

/// Who counts as one: of IPv6 a whole network, of whose addresses a single phone has as many as it likes.
fn household(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V6(from) if !from.is_loopback() => {
            let [a, b, c, d, ..] = from.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        from => from,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shares {
    /// A share for a request from there, of a room that is known to be one. A proxy that does not say for whom it asks is
    /// as many as it says it is: loopback is bounded with its room alone.
    pub(crate) fn take(&self, room: &str, from: IpAddr, now: Instant) -> Result<Share, NoShare> {
        let from = household(from);
        let room = self.room(room, now);
        let places = {
            let mut of = lock(&room);
            let OfRoom { all, by } = &mut *of;
            all.at = now;
            if by.len() >= REMEMBERED && !by.contains_key(&from) {
                // Whoever asked longest ago is forgotten, and nobody new is refused for a crowd.
                let quietest = by.iter().min_by_key(|(_, asker)| asker.at);
                if let Some(quietest) = quietest.map(|(from, _)| *from) {
                    by.remove(&quietest);
                }
            }
            let own = if from.is_loopback() {
                Asker::new(ROOM_REQUESTS, ROOM_BYTES, usize::from(DOOR_STREAMS), now)
            } else {
                Asker::new(ADDRESS_REQUESTS, ADDRESS_BYTES, OF_AN_ADDRESS, now)
            };
            let asker = by.entry(from).or_insert(own);
            asker.at = now;
            if !asker.requests.has_one(now) || !all.requests.has_one(now) {
                return Err(NoShare::Rate);
            }
            asker.requests.owe(1.0, now);
            all.requests.owe(1.0, now);
            let taken = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned();
            let places = [taken(&asker.places), taken(&all.places), taken(&self.all)];
            let [Ok(own), Ok(room), Ok(all)] = places else {
                return Err(NoShare::Busy);
            };
            [own, room, all]
        };
        Ok(Share {
            room,
            from,
            small: Mutex::new(Left::new(SMALL_BYTES, now)),
            _places: places,
        })
    }

    fn room(&self, room: &str, now: Instant) -> Arc<Mutex<OfRoom>> {
        let mut rooms = lock(&self.rooms);
        if rooms.len() >= REMEMBERED && !rooms.contains_key(room) {
            rooms.retain(|_, of| now.saturating_duration_since(lock(of).all.at) < QUIET);
        }
        let of = rooms.entry(room.to_owned()).or_insert_with(|| {
            let places = usize::from(DOOR_STREAMS);
            Arc::new(Mutex::new(OfRoom {
                all: Asker::new(ROOM_REQUESTS, ROOM_BYTES, places, now),
                by: HashMap::new(),
            }))
        });
        Arc::clone(of)
    }
}

impl Share {
    /// Waits until so many bytes more are this one's to move.
    pub(crate) async fn spend(&self, bytes: usize) {
        let now = Instant::now();
        let wait = {
            let mut of = lock(&self.room);
            let much = bytes as f64;
            let room = of.all.bytes.owe(much, now);
            let own = of.by.get_mut(&self.from).map(|asker| {
                asker.at = now;
                asker.bytes.owe(much, now)
            });
            room.max(own.unwrap_or_default())
        };
        let is_small = lock(&self.small).take(bytes as f64, now);
        if !is_small && !wait.is_zero() {
            sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, n])
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_takes_its_places_and_another_team_s_none() {
        let shares = Shares::default();
        let now = Instant::now();
        let take = |room: &str, n: u8| shares.take(room, address(n), now);
        let held: Vec<Share> = std::iter::from_fn(|| take("a", 1).ok()).collect();
        assert_eq!(held.len(), OF_AN_ADDRESS);
        assert_eq!(take("a", 1).err(), Some(NoShare::Busy));
        assert!(take("a", 2).is_ok() && take("b", 1).is_ok());
        drop(held);
        assert!(take("a", 1).is_ok());
        let many: Vec<Share> = (3..=20)
            .flat_map(|n| std::iter::repeat_n(n, 20))
            .filter_map(|n| take("a", n).ok())
            .collect();
        assert_eq!(many.len(), usize::from(DOOR_STREAMS));
        assert!(take("b", 3).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_addresses_is_one_and_a_crowd_refuses_nobody() {
        let shares = Shares::default();
        let now = Instant::now();
        let of = |n: u16, m: u16| IpAddr::from([0x2001, 0xdb8, 0, n, 0, 0, 0, m]);
        let held: Vec<Share> = (0..200)
            .filter_map(|m| shares.take("a", of(1, m), now).ok())
            .collect();
        assert_eq!(held.len(), OF_AN_ADDRESS);
        assert!(shares.take("a", of(2, 0), now).is_ok());
        drop(held);
        for n in 0..2_000 {
            // No quicker than a whole team may ask.
            let at = now + Duration::from_millis(u64::from(n) * 10);
            assert!(shares.take("a", of(n, 0), at).is_ok(), "{n}");
        }
        assert_eq!(lock(&shares.room("a", now)).by.len(), REMEMBERED);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_too_often_is_refused_until_a_second_later() {
        let shares = Shares::default();
        let now = Instant::now();
        let asks = |n: u8, now| shares.take("a", address(n), now).is_ok();
        assert_eq!((0..1_000).filter(|_| asks(1, now)).count(), 300);
        assert!(asks(2, now));
        let later = now + Duration::from_secs(1);
        assert_eq!((0..1_000).filter(|_| asks(1, later)).count(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_beyond_the_share_wait_and_others_do_not() {
        let shares = Shares::default();
        let began = Instant::now();
        let slow = shares.take("a", address(1), began).unwrap();
        slow.spend(8_000_000).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        slow.spend(4_000_000).await;
        assert_eq!(began.elapsed().as_millis(), 1_000);
        let quick = shares.take("a", address(2), Instant::now()).unwrap();
        quick.spend(4_000_000).await;
        assert_eq!(began.elapsed().as_millis(), 1_000);
        // A whole team that loads pictures holds up no press.
        let team: Vec<Share> = (3..13)
            .map(|n| shares.take("a", address(n), Instant::now()).unwrap())
            .collect();
        for one in &team {
            let mut of = lock(&one.room);
            of.all.bytes.owe(8e6, Instant::now());
        }
        quick.spend(200).await;
        assert_eq!(began.elapsed().as_millis(), 1_000);
        quick.spend(500_000).await;
        assert!(began.elapsed().as_secs() > 2);
    }
}
