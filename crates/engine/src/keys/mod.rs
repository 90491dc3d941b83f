//! Stream keys, and chat addresses that may hold a token: in the operating system's keychain, else (only when the user agreed) in a file that only
//! this user can read. A key is written here and read by the destination or chat connection it belongs to, and goes
//! nowhere else.

mod system;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stallcast_delivery::Secret;
use stallcast_show::DestinationId;
use stallcast_wire::{ErrorCode, KeyStore, WireError};

use crate::clock::now;
use system::SystemKeychain;

pub(crate) use system::{Keychain, Tried, try_keychain};

/// Under which name the keychain lists stream keys.
const STREAM_KEYS: &str = "stallcast";
/// Under which name the keychain lists chat addresses.
const CHAT_ADDRESSES: &str = "stallcast chat";
/// Under which name the keychain lists the secrets of shops.
const SHOP_SECRETS: &str = "stallcast shop";

/// Under which name the keychain lists the key of the endpoint that phrases answers.
const PHRASING_KEYS: &str = "stallcast phrasing";

/// Where keys are kept, by whose they are: a destination's, or (as text) a chat connection's.
pub struct Keys<Id = DestinationId> {
    file: PathBuf,
    /// Whose keys were forgotten and may still stand in the keychain.
    left_file: PathBuf,
    service: &'static str,
    keychain: Option<Arc<dyn Keychain>>,
    held: Arc<Mutex<Held<Id>>>,
    /// Held by whoever writes to the keychain and the file, however long they take; never by who only looks.
    turn: Arc<Mutex<()>>,
}

impl<Id> Clone for Keys<Id> {
    fn clone(&self) -> Self {
        Self {
            file: self.file.clone(),
            left_file: self.left_file.clone(),
            service: self.service,
            keychain: self.keychain.clone(),
            held: Arc::clone(&self.held),
            turn: Arc::clone(&self.turn),
        }
    }
}

struct Held<Id> {
    /// Every key read or set so far.
    known: BTreeMap<Id, Secret>,
    /// Those that stand in the file, because the user allowed it.
    in_file: BTreeSet<Id>,
    /// Those set or forgotten since the start, and [`Self::left`]: what the keychain says of them is older.
    settled: BTreeSet<Id>,
    /// Those forgotten, in this run or an earlier one, that the keychain did not let go.
    left: BTreeSet<Id>,
}

/// What names a key in the keychain and in the file.
pub trait KeyId: Ord + Clone + Display + Serialize + DeserializeOwned {}
impl KeyId for DestinationId {}
impl KeyId for String {}

impl Keys {
    /// Opens the keychain, or notes that there is none. Blocks for as long as the keychain takes to answer. Gives
    /// the new name of a damaged key file that was set aside, too.
    pub fn open(file: PathBuf) -> (Self, Option<String>) {
        let open = std::env::var_os("STALLCAST_NO_KEYCHAIN").is_none() && system::open();
        let keychain = open.then(|| Arc::new(SystemKeychain) as Arc<dyn Keychain>);
        Self::with(file, STREAM_KEYS, keychain)
    }

    /// The chat addresses, in `file` or in the keychain that is open already. Gives the new name of a damaged file that
    /// was set aside, too.
    pub fn chat_addresses(&self, file: PathBuf) -> (Keys<String>, Option<String>) {
        Keys::with(file, CHAT_ADDRESSES, self.keychain.clone())
    }

    /// The secrets that shops sign with, as [`Keys::chat_addresses`].
    pub fn shop_secrets(&self, file: PathBuf) -> (Keys<String>, Option<String>) {
        Keys::with(file, SHOP_SECRETS, self.keychain.clone())
    }

    /// The key of the endpoint that phrases answers, as [`Keys::chat_addresses`].
    pub fn phrasing_keys(&self, file: PathBuf) -> (Keys<String>, Option<String>) {
        Keys::with(file, PHRASING_KEYS, self.keychain.clone())
    }
}

impl<Id: KeyId> Keys<Id> {
    /// `keychain`: the one that is open, if any.
    pub(crate) fn with(
        file: PathBuf,
        service: &'static str,
        keychain: Option<Arc<dyn Keychain>>,
    ) -> (Self, Option<String>) {
        let (stored, aside): (BTreeMap<Id, String>, _) =
            crate::private_file::read_or_set_aside(&file, now());
        let left_file = file.with_extension("left.json");
        let (left, damaged): (BTreeSet<Id>, _) =
            crate::private_file::read_or_set_aside(&left_file, now());
        if let Some(file) = damaged {
            tracing::error!(file, "which keys were forgotten is not known any more");
        }
        let held = Held {
            in_file: stored.keys().cloned().collect(),
            known: stored
                .into_iter()
                .map(|(id, key)| (id, Secret::new(key)))
                .collect(),
            settled: left.clone(),
            left,
        };
        let keys = Self {
            file,
            left_file,
            service,
            keychain,
            held: Arc::new(Mutex::new(held)),
            turn: Arc::default(),
        };
        (keys, aside)
    }

    fn held(&self) -> MutexGuard<'_, Held<Id>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a key goes that is set now.
    pub fn store(&self) -> KeyStore {
        match self.keychain {
            Some(_) => KeyStore::Keychain,
            None => KeyStore::AskFirst,
        }
    }

    /// Asks the keychain for the keys that are not at hand yet. Blocks for as long as a person takes to unlock it:
    /// never call it where the show would wait. What is set or forgotten meanwhile stays as it was left.
    pub fn read<'a>(&self, ids: impl Iterator<Item = &'a Id>)
    where
        Id: 'a,
    {
        let Some(keychain) = &self.keychain else {
            return;
        };
        self.erase_left();
        for id in ids {
            if self.held().is_open(id)
                && let Some(key) = keychain.read(self.service, &id.to_string())
            {
                let mut held = self.held();
                if held.is_open(id) {
                    held.known.insert(id.clone(), Secret::new(key));
                }
            }
        }
    }

    /// Somebody's key, if it is at hand; the keychain is not asked.
    pub fn get(&self, id: &Id) -> Option<Secret> {
        self.held().known.get(id).cloned()
    }

    /// Stores a key; an empty one is forgotten as by [`Keys::forget`]. The file is used only when the keychain does
    /// not take the key (it is locked, or there is none) and the user allowed it. Blocks like [`Keys::read`].
    ///
    /// # Errors
    /// [`ErrorCode::NoKeychain`] when no keychain takes it and `allow_file` is false; or writing failed. The key of
    /// before stays then, except where the keychain took the new one and only the file kept the old one.
    pub fn set(&self, id: &Id, key: String, allow_file: bool) -> Result<(), WireError> {
        if key.is_empty() {
            return self.forget(id);
        }
        let turn = self.turn();
        self.put(&turn, id, key, allow_file, true)
    }

    /// Puts `next` of a key that is at hand into its place, where that one is kept; nothing when there is none, or no next one.
    /// Blocks like [`Keys::read`].
    ///
    /// # Errors
    /// As [`Keys::set`]; the key of before stays then.
    pub fn replace(
        &self,
        id: &Id,
        next: impl FnOnce(&str) -> Option<String>,
    ) -> Result<(), WireError> {
        let turn = self.turn();
        let key = self.get(id).and_then(|key| next(key.reveal()));
        match key {
            Some(key) => self.put(&turn, id, key, false, false),
            None => Ok(()),
        }
    }

    /// `anew`: also where no key is at hand, such as one that was let go meanwhile.
    fn put(
        &self,
        _turn: &MutexGuard<'_, ()>,
        id: &Id,
        key: String,
        allow_file: bool,
        anew: bool,
    ) -> Result<(), WireError> {
        let in_keychain = self.in_keychain(id, &key);
        let (mut filed, was_in_file) = self.filed(id);
        if !in_keychain && !allow_file && !was_in_file {
            return Err(WireError::new(ErrorCode::NoKeychain));
        }
        let key = Secret::new(key);
        if in_keychain {
            filed.remove(id);
        } else {
            filed.insert(id.clone(), key.clone());
        }
        let written = if in_keychain && !was_in_file {
            Ok(())
        } else {
            self.write_file(&filed)
        };
        if in_keychain {
            // What stands there now is the new one.
            self.note_left(id, false);
        }
        let mut held = self.held();
        let stands = anew || held.known.contains_key(id);
        if stands && (in_keychain || written.is_ok()) {
            held.known.insert(id.clone(), key);
            held.settled.insert(id.clone());
            if !in_keychain {
                held.in_file.insert(id.clone());
            } else if written.is_ok() {
                held.in_file.remove(id);
            }
        }
        written
    }

    /// Takes a key away from whoever asks from now on, at once; where it is kept it stays until [`Keys::erase`].
    pub fn let_go(&self, id: &Id) {
        let mut held = self.held();
        held.known.remove(id);
        held.settled.insert(id.clone());
    }

    /// Takes a key that was let go out of the file and the keychain, unless a new one was set meanwhile. Blocks like
    /// [`Keys::read`].
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] when the keychain refuses or the file cannot be written; nobody gets the key from here
    /// all the same, and the next start tries again.
    pub fn erase(&self, id: &Id) -> Result<(), WireError> {
        let _turn = self.turn();
        if self.get(id).is_some() {
            return Ok(());
        }
        let (filed, was_in_file) = self.filed(id);
        let written = if was_in_file {
            self.write_file(&filed)
        } else {
            Ok(())
        };
        if written.is_ok() {
            self.held().in_file.remove(id);
        }
        // Before the keychain is asked, which may take a person: an end in between must not bring the key back. One that
        // does not answer today may hold the key tomorrow.
        self.note_left(id, true);
        let erased = self.in_keychain(id, "");
        if erased {
            self.note_left(id, false);
        }
        let left = self.keychain.is_some() && !erased;
        written?;
        if left {
            return Err(WireError::new(ErrorCode::Internal).retryable());
        }
        Ok(())
    }

    /// [`Keys::let_go`] and [`Keys::erase`].
    ///
    /// # Errors
    /// Those of [`Keys::erase`].
    pub fn forget(&self, id: &Id) -> Result<(), WireError> {
        self.let_go(id);
        self.erase(id)
    }

    /// Asks the keychain once more to delete what it did not let go of.
    fn erase_left(&self) {
        let left = self.held().left.clone();
        for id in left {
            let _turn = self.turn();
            // A new key may have been set meanwhile.
            if self.held().left.contains(&id) && self.in_keychain(&id, "") {
                self.note_left(&id, false);
            }
        }
    }

    /// Notes whether the keychain may still hold a key that was forgotten.
    fn note_left(&self, id: &Id, is_left: bool) {
        let left = {
            let mut held = self.held();
            let changed = if is_left {
                held.left.insert(id.clone())
            } else {
                held.left.remove(id)
            };
            if !changed {
                return;
            }
            held.left.clone()
        };
        let written = serde_json::to_vec(&left).map_err(std::io::Error::other);
        let written =
            written.and_then(|bytes| crate::private_file::replace(&self.left_file, &bytes));
        if let Err(error) = written {
            tracing::error!(%error, "which keys were forgotten could not be written down");
        }
    }

    fn in_keychain(&self, id: &Id, key: &str) -> bool {
        let keychain = self.keychain.as_ref();
        keychain.is_some_and(|keychain| keychain.write(self.service, &id.to_string(), key))
    }

    /// What belongs into the file, and whether somebody's key stands there.
    fn filed(&self, id: &Id) -> (BTreeMap<Id, Secret>, bool) {
        let held = self.held();
        let in_file = held.known.iter();
        let in_file = in_file.filter(|(id, _)| held.in_file.contains(*id));
        let filed = in_file.map(|(id, key)| (id.clone(), key.clone()));
        (filed.collect(), held.in_file.contains(id))
    }

    fn write_file(&self, filed: &BTreeMap<Id, Secret>) -> Result<(), WireError> {
        let plain: BTreeMap<&Id, &str> = filed.iter().map(|(id, key)| (id, key.reveal())).collect();
        let bytes = serde_json::to_vec(&plain).map_err(|_| WireError::new(ErrorCode::Internal))?;
        crate::private_file::replace(&self.file, &bytes).map_err(|error| {
            tracing::error!(%error, "the key file could not be written");
            WireError::new(ErrorCode::Internal).retryable()
        })
    }
}

impl<Id: KeyId> Held<Id> {
    /// Whether the keychain's word on somebody's key would still count.
    fn is_open(&self, id: &Id) -> bool {
        !self.known.contains_key(id) && !self.settled.contains(id)
    }
}
