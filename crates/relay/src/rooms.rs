//! Owns the rooms: who may take webhooks, by the hash of a key. They stand in NATS's key-value store, where every copy and
//! the operator's command find them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::kv;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use axum::http::StatusCode;
use futures_util::TryStreamExt;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stallcast_hooks::is_room;
use tokio::time::Instant;

use crate::store::{Store, StoreError};

/// Name of the bucket.
const BUCKET: &str = "stallcast_rooms";
/// How long a copy believes what it was told of a room: a key that was renewed opens nothing after that.
pub const BELIEVED: Duration = Duration::from_secs(5);
/// Rooms that a copy remembers; strangers can ask for any number.
const REMEMBERED: usize = 10_000;
/// Questions for rooms that a copy does not remember, in a second: each one is a question to the store.
const UNKNOWN_PER_SECOND: u32 = 200;
/// Letters of ids and keys; five bits each.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Letters of a room's id: 100 bits.
const ID_LETTERS: usize = 20;
/// Letters of a room's key: 200 bits.
const KEY_LETTERS: usize = 40;
/// Longest name of a room, in characters.
const NAME_CHARS: usize = 60;

/// What is kept of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// For the operator.
    pub name: String,
    /// SHA-256 of the key, in hexadecimal.
    pub key_hash: String,
}

/// A room that was just made, or got a new key: the only time that the key is shown.
#[derive(Clone)]
pub struct Made {
    /// The room's id.
    pub id: String,
    /// Its key.
    pub key: String,
}

/// Why a room cannot be found or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// There is none of this id, or the key is another.
    #[error("there is no such room")]
    Unknown,
    /// More is asked for unknown rooms than the store is bothered with.
    #[error("too many questions for rooms that are not there")]
    Busy,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The name cannot be one.
    #[error("a name has 1 to {NAME_CHARS} characters, none of them for control")]
    Name,
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RoomError {
    /// What a studio is answered that cannot be let in.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unknown | Self::NoRandomness | Self::Name => StatusCode::UNAUTHORIZED,
        }
    }
}

/// The rooms.
pub struct Rooms {
    store: Store,
    bucket: kv::Store,
    known: Mutex<Known>,
}

struct Known {
    rooms: HashMap<String, (Instant, Option<Room>)>,
    second: Instant,
    asked: u32,
}

/// The stream behind a bucket that keeps the last value of each key (NATS, ADR-8).
fn bucket(replicas: usize) -> Config {
    Config {
        name: format!("KV_{BUCKET}"),
        subjects: vec![format!("$KV.{BUCKET}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: replicas,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..Config::default()
    }
}

fn away(error: impl std::fmt::Display) -> RoomError {
    StoreError::Away(error.to_string()).into()
}

impl Rooms {
    /// Opens the bucket, or makes it.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn open(store: &Store) -> Result<Self, RoomError> {
        // Made as a stream: to make it as a bucket the library asks for the account in words that NATS 2.9 does not have.
        let made = store.jetstream.get_or_create_stream(bucket(store.replicas));
        made.await.map_err(away)?;
        let bucket = store.jetstream.get_key_value(BUCKET).await.map_err(away)?;
        let known = Known {
            rooms: HashMap::new(),
            second: Instant::now(),
            asked: 0,
        };
        Ok(Self {
            store: store.clone(),
            bucket,
            known: Mutex::new(known),
        })
    }

    /// Makes a room with its streams.
    ///
    /// # Errors
    /// [`RoomError::Name`]; when NATS does not do it.
    pub async fn add(&self, name: &str) -> Result<Made, RoomError> {
        let length = name.chars().count();
        if !(1..=NAME_CHARS).contains(&length) || name.chars().any(char::is_control) {
            return Err(RoomError::Name);
        }
        let id = letters(ID_LETTERS)?;
        self.store.make(&id).await?;
        self.lock(&id, name.to_owned()).await
    }

    /// Gives a room another key; the one before opens nothing after [`BELIEVED`].
    ///
    /// # Errors
    /// [`RoomError::Unknown`]; when NATS does not do it.
    pub async fn renew(&self, id: &str) -> Result<Made, RoomError> {
        let room = self.asked(id).await?.ok_or(RoomError::Unknown)?;
        // Streams of an older version get today's bounds.
        self.store.make(id).await?;
        self.lock(id, room.name).await
    }

    async fn lock(&self, id: &str, name: String) -> Result<Made, RoomError> {
        let key = letters(KEY_LETTERS)?;
        let key_hash = hash(&key);
        let room = serde_json::to_vec(&Room { name, key_hash }).map_err(away)?;
        self.bucket.put(id, room.into()).await.map_err(away)?;
        let id = id.to_owned();
        Ok(Made { id, key })
    }

    /// Removes a room with all that waits in it.
    ///
    /// # Errors
    /// [`RoomError::Unknown`]; when NATS does not do it.
    pub async fn remove(&self, id: &str) -> Result<Room, RoomError> {
        let room = self.asked(id).await?.ok_or(RoomError::Unknown)?;
        self.bucket.purge(id).await.map_err(away)?;
        self.store.unmake(id).await?;
        Ok(room)
    }

    /// All rooms, by their ids.
    ///
    /// # Errors
    /// When NATS does not do it.
    pub async fn list(&self) -> Result<Vec<(String, Room)>, RoomError> {
        let ids: Vec<String> = self
            .bucket
            .keys()
            .await
            .map_err(away)?
            .try_collect()
            .await
            .map_err(away)?;
        let mut rooms = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(room) = self.asked(&id).await? {
                rooms.push((id, room));
            }
        }
        rooms.sort_by(|a, b| (&a.1.name, &a.0).cmp(&(&b.1.name, &b.0)));
        Ok(rooms)
    }

    async fn asked(&self, id: &str) -> Result<Option<Room>, RoomError> {
        if !is_room(id) {
            return Ok(None);
        }
        let bytes = self.bucket.get(id).await.map_err(away)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// The room of this id, as of at most [`BELIEVED`] ago.
    ///
    /// # Errors
    /// [`RoomError::Unknown`]; [`RoomError::Busy`] when strangers ask for too many; when NATS does not answer.
    pub async fn find(&self, id: &str) -> Result<Room, RoomError> {
        if !is_room(id) {
            return Err(RoomError::Unknown);
        }
        if let Some(told) = self.remembered(id)? {
            return told.ok_or(RoomError::Unknown);
        }
        let told = self.asked(id).await?;
        let mut known = self.known();
        if known.rooms.len() >= REMEMBERED {
            // Whoever makes up ids makes none of the rooms there are forgotten.
            known.rooms.retain(|_, (_, room)| room.is_some());
        }
        if known.rooms.len() >= REMEMBERED {
            known.rooms.clear();
        }
        let entry = (Instant::now(), told.clone());
        known.rooms.insert(id.to_owned(), entry);
        told.ok_or(RoomError::Unknown)
    }

    /// What is remembered of a room; `Ok(None)` = the store is to be asked, and may be.
    fn remembered(&self, id: &str) -> Result<Option<Option<Room>>, RoomError> {
        let mut known = self.known();
        let now = Instant::now();
        let mut is_one = false;
        if let Some((at, room)) = known.rooms.get(id) {
            if now.saturating_duration_since(*at) < BELIEVED {
                return Ok(Some(room.clone()));
            }
            is_one = room.is_some();
        }
        if now.saturating_duration_since(known.second) >= Duration::from_secs(1) {
            known.second = now;
            known.asked = 0;
        }
        known.asked = known.asked.saturating_add(1);
        // A flood of made-up ids does not keep out a room that is known to be one.
        if known.asked > UNKNOWN_PER_SECOND && !is_one {
            return Err(RoomError::Busy);
        }
        Ok(None)
    }

    /// The room, for whoever has its key. A wrong key and a room that is not there are the same answer.
    ///
    /// # Errors
    /// As [`Rooms::find`].
    pub async fn admit(&self, id: &str, key: &str) -> Result<Room, RoomError> {
        let room = self.find(id).await?;
        // Of hashes: how long the comparison takes tells nothing of the key.
        (hash(key) == room.key_hash)
            .then_some(room)
            .ok_or(RoomError::Unknown)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a key. It has so many bits that a plain hash cannot be turned back.
fn hash(key: &str) -> String {
    format!("{:x}", Sha256::digest(key.as_bytes()))
}

/// So many letters of the system's own randomness.
fn letters(count: usize) -> Result<String, RoomError> {
    let mut bytes = vec![0; count];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| RoomError::NoRandomness)?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    Ok(bytes.iter().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_keys_are_letters_that_no_address_has_to_escape() {
        let id = letters(ID_LETTERS).unwrap();
        assert!(is_room(&id), "{id}");
        assert_ne!(id, letters(ID_LETTERS).unwrap());
        assert_eq!(letters(KEY_LETTERS).unwrap().len(), KEY_LETTERS);
        assert_eq!(hash("a").len(), 64);
    }
}
