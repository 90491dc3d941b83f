//! rooms owns who may publish where, and who does: one publisher a room.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;
use tokio::sync::watch;

use super::APPLICATION;
use crate::rtmp::tag::Inbound;
use crate::secret::Secret;

/// A publisher that sent nothing for this long gives up its place to whoever asks: a phone that
/// changed its network comes back as a stranger while its old connection still stands.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(2);

/// What comes into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Somebody begins to publish; what came before is another stream.
    Began,
    /// A piece of the stream.
    Media(Inbound),
    /// Nobody publishes any more.
    Ended,
}

/// A place to publish in.
#[derive(Clone)]
pub struct Room {
    /// Its name for [`super::Door::guest`].
    pub id: String,
    /// The secret name that publishers use.
    pub key: Secret,
    /// Gets what comes, on the connection's task; must not block.
    pub take: Arc<dyn Fn(Arrival) + Send + Sync>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Somebody who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// Where from.
    pub from: IpAddr,
    /// It sends something in a codec that is not taken.
    pub foreign: bool,
}

#[derive(Debug)]
struct Seat {
    number: u64,
    guest: Guest,
    heard: Instant,
    /// Set when the publisher has to go.
    out: watch::Sender<bool>,
}

#[derive(Debug)]
struct Place {
    room: Room,
    seat: Option<Seat>,
}

/// All rooms of a door.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    places: Mutex<Vec<Place>>,
    numbers: std::sync::atomic::AtomicU64,
    closed: watch::Sender<bool>,
}

/// A taken place. Dropping it leaves it.
pub(super) struct Taken<'a> {
    rooms: &'a Rooms,
    number: u64,
    take: Arc<dyn Fn(Arrival) + Send + Sync>,
    /// True when the publisher has to go.
    pub out: watch::Receiver<bool>,
}

impl Rooms {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, rooms: Vec<Room>) {
        let mut places = self.places();
        let mut before = std::mem::take(&mut *places);
        *places = rooms
            .into_iter()
            .map(|room| {
                let known = before
                    .iter_mut()
                    .find(|place| place.room.id == room.id && place.room.key == room.key);
                Place {
                    seat: known.and_then(|place| place.seat.take()),
                    room,
                }
            })
            .collect();
        drop(places);
        for seat in before.into_iter().filter_map(|place| place.seat) {
            seat.out.send_replace(true);
        }
    }

    /// Whoever is still asking has to go too.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    pub fn guest(&self, id: &str) -> Option<Guest> {
        let places = self.places();
        let place = places.iter().find(|place| place.room.id == id)?;
        place.seat.as_ref().map(|seat| seat.guest)
    }

    /// Takes the place with this name for a publisher; `None` when there is none or somebody else is
    /// publishing there.
    pub fn take(&self, app: &str, name: &Secret, from: IpAddr) -> Option<Taken<'_>> {
        if app.trim_matches('/') != APPLICATION {
            return None;
        }
        let mut places = self.places();
        // Every name is compared whole, so that the time of an answer tells nothing.
        let mut found = None;
        for (index, place) in places.iter().enumerate() {
            if same(place.room.key.reveal(), name.reveal().trim()) {
                found = Some(index);
            }
        }
        let place = places.get_mut(found?)?;
        if place.room.key.is_empty() {
            return None;
        }
        if let Some(seat) = &place.seat {
            if seat.heard.elapsed() < SILENT_AFTER {
                return None;
            }
            seat.out.send_replace(true);
        }
        let number = self
            .numbers
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (out, leaves) = watch::channel(false);
        place.seat = Some(Seat {
            number,
            guest: Guest {
                from,
                foreign: false,
            },
            heard: Instant::now(),
            out,
        });
        let take = Arc::clone(&place.room.take);
        drop(places);
        take(Arrival::Began);
        Some(Taken {
            rooms: self,
            number,
            take,
            out: leaves,
        })
    }
}

impl Taken<'_> {
    /// Hands a piece of the stream on, unless somebody else has the place by now.
    pub fn media(&self, inbound: Inbound) {
        let mut places = self.rooms.places();
        let Some(seat) = places
            .iter_mut()
            .filter_map(|place| place.seat.as_mut())
            .find(|seat| seat.number == self.number)
        else {
            return;
        };
        seat.heard = Instant::now();
        if inbound == Inbound::Foreign {
            seat.guest.foreign = true;
            return;
        }
        drop(places);
        (self.take)(Arrival::Media(inbound));
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut places = self.rooms.places();
        let own = places
            .iter_mut()
            .find(|place| place.seat.as_ref().is_some_and(|s| s.number == self.number));
        let Some(place) = own else { return };
        place.seat = None;
        drop(places);
        (self.take)(Arrival::Ended);
    }
}

/// Compares in a time that depends on the lengths only.
fn same(key: &str, said: &str) -> bool {
    key.as_bytes().ct_eq(said.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn room(id: &str, key: &str) -> (Room, Arc<Mutex<Vec<Arrival>>>) {
        let heard: Arc<Mutex<Vec<Arrival>>> = Arc::default();
        let own = Arc::clone(&heard);
        let room = Room {
            id: id.to_owned(),
            key: Secret::new(key),
            take: Arc::new(move |arrival| own.lock().unwrap().push(arrival)),
        };
        (room, heard)
    }

    #[test]
    fn only_the_right_name_opens_a_room_and_one_publisher_at_a_time_is_in_it() {
        let rooms = Rooms::default();
        let (room, heard) = room("phone", "peach-orchard");
        rooms.set(vec![room]);
        for (app, name) in [
            ("live", "peach-orchar"),
            ("live", "peach-orchard2"),
            ("live", ""),
            ("other", "peach-orchard"),
        ] {
            assert!(rooms.take(app, &Secret::new(name), HERE).is_none());
        }
        let key = Secret::new("peach-orchard");
        let first = rooms.take("live", &key, HERE).unwrap();
        assert!(rooms.take("live/", &key, HERE).is_none());
        assert_eq!(rooms.guest("phone").map(|guest| guest.from), Some(HERE));
        drop(first);
        assert_eq!(*heard.lock().unwrap(), [Arrival::Began, Arrival::Ended]);
        assert!(rooms.take("live", &key, HERE).is_some());
    }

    #[test]
    fn an_empty_name_opens_nothing() {
        let rooms = Rooms::default();
        rooms.set(vec![room("phone", "").0]);
        assert!(rooms.take("live", &Secret::new(""), HERE).is_none());
    }

    #[test]
    fn a_publisher_that_fell_silent_makes_room_and_says_nothing_any_more() {
        let rooms = Rooms::default();
        let (room, heard) = room("phone", "peach-orchard");
        rooms.set(vec![room]);
        let key = Secret::new("peach-orchard");
        let old = rooms.take("live", &key, HERE).unwrap();
        let long_ago = Instant::now().checked_sub(SILENT_AFTER).unwrap();
        rooms.places()[0].seat.as_mut().unwrap().heard = long_ago;
        let new = rooms.take("live", &key, HERE).unwrap();
        assert!(*old.out.borrow() && !*new.out.borrow());
        old.media(Inbound::Foreign);
        assert!(!rooms.guest("phone").unwrap().foreign);
        drop(old);
        assert_eq!(*heard.lock().unwrap(), [Arrival::Began, Arrival::Began]);
        assert!(rooms.guest("phone").is_some());
    }

    #[test]
    fn a_room_that_goes_or_changes_its_name_turns_its_publisher_out() {
        let rooms = Rooms::default();
        let key = Secret::new("peach-orchard");
        rooms.set(vec![room("a", "peach-orchard").0, room("b", "other").0]);
        let taken = rooms.take("live", &key, HERE).unwrap();
        rooms.set(vec![room("a", "peach-orchard").0]);
        assert!(!*taken.out.borrow(), "it is still there");
        rooms.set(vec![room("a", "another-name").0]);
        assert!(*taken.out.borrow());
    }
}
