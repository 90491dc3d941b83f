//! Stream keys, and chat addresses that may hold a token: in the operating system's keychain, else (only when the user agreed) in a file that only
//! this user can read. A key is written here and read by the destination or chat connection it belongs to, and goes
//! nowhere else.

mod system;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stallcast_delivery::Secret;
use stallcast_show::DestinationId;
use stallcast_wire::{ErrorCode, WireError};

use crate::clock::now;

/// Under which name the keychain lists stream keys.
const STREAM_KEYS: &str = "stallcast";
/// Under which name the keychain lists chat addresses.
const CHAT_ADDRESSES: &str = "stallcast chat";

/// Where keys are kept, by whose they are: a destination's, or (as text) a chat connection's.
pub struct Keys<Id = DestinationId> {
    file: PathBuf,
    service: &'static str,
    keychain: bool,
    held: Arc<Mutex<Held<Id>>>,
}

impl<Id> Clone for Keys<Id> {
    fn clone(&self) -> Self {
        Self {
            file: self.file.clone(),
            service: self.service,
            keychain: self.keychain,
            held: Arc::clone(&self.held),
        }
    }
}

struct Held<Id> {
    /// Every key read or set so far.
    known: BTreeMap<Id, Secret>,
    /// Those that stand in the file, because the user allowed it.
    in_file: BTreeSet<Id>,
}

/// What names a key in the keychain and in the file.
pub trait KeyId: Ord + Clone + Display + Serialize + DeserializeOwned {}
impl KeyId for DestinationId {}
impl KeyId for String {}

impl Keys {
    /// Opens the keychain, or notes that there is none. Blocks for as long as the keychain takes to answer. Gives
    /// the new name of a damaged key file that was set aside, too.
    pub fn open(file: PathBuf) -> (Self, Option<String>) {
        let keychain = std::env::var_os("STALLCAST_NO_KEYCHAIN").is_none() && system::open();
        Self::with(file, STREAM_KEYS, keychain)
    }

    /// The chat addresses, in `file` or in the keychain that is open already. Gives the new name of a damaged file that
    /// was set aside, too.
    pub fn chat_addresses(&self, file: PathBuf) -> (Keys<String>, Option<String>) {
        Keys::with(file, CHAT_ADDRESSES, self.keychain)
    }
}

impl<Id: KeyId> Keys<Id> {
    /// `keychain`: whether one is open.
    pub(crate) fn with(
        file: PathBuf,
        service: &'static str,
        keychain: bool,
    ) -> (Self, Option<String>) {
        let (stored, aside): (BTreeMap<Id, String>, _) =
            crate::private_file::read_or_set_aside(&file, now());
        let held = Held {
            in_file: stored.keys().cloned().collect(),
            known: stored
                .into_iter()
                .map(|(id, key)| (id, Secret::new(key)))
                .collect(),
        };
        let keys = Self {
            file,
            service,
            keychain,
            held: Arc::new(Mutex::new(held)),
        };
        (keys, aside)
    }

    fn held(&self) -> MutexGuard<'_, Held<Id>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the keychain for the keys that are not at hand yet. Blocks for as long as a person takes to unlock it:
    /// never call it where the show would wait.
    pub fn read<'a>(&self, ids: impl Iterator<Item = &'a Id>)
    where
        Id: 'a,
    {
        for id in ids {
            if self.keychain
                && self.get(id).is_none()
                && let Some(key) = system::read(self.service, &id.to_string())
            {
                self.held().known.insert(id.clone(), Secret::new(key));
            }
        }
    }

    /// Somebody's key, if it is at hand; the keychain is not asked.
    pub fn get(&self, id: &Id) -> Option<Secret> {
        self.held().known.get(id).cloned()
    }

    /// Stores a key; an empty one is forgotten. The file is used only when the keychain does not take the key (it
    /// is locked, or there is none) and the user allowed it.
    ///
    /// # Errors
    /// [`ErrorCode::NoKeychain`] when no keychain takes it and `allow_file` is false; or writing failed.
    pub fn set(&self, id: &Id, key: String, allow_file: bool) -> Result<(), WireError> {
        let in_keychain = self.keychain && system::write(self.service, &id.to_string(), &key);
        let mut held = self.held();
        let was_in_file = held.in_file.remove(id);
        if !in_keychain && !allow_file && !was_in_file {
            return Err(WireError::new(ErrorCode::NoKeychain));
        }
        if key.is_empty() {
            held.known.remove(id);
        } else {
            held.known.insert(id.clone(), Secret::new(key));
            if !in_keychain {
                held.in_file.insert(id.clone());
            }
        }
        if in_keychain && !was_in_file {
            Ok(())
        } else {
            self.write_file(&held)
        }
    }

    fn write_file(&self, held: &Held<Id>) -> Result<(), WireError> {
        let in_file = held
            .known
            .iter()
            .filter(|(id, _)| held.in_file.contains(*id));
        let plain: BTreeMap<&Id, &str> = in_file.map(|(id, key)| (id, key.reveal())).collect();
        let bytes = serde_json::to_vec(&plain).map_err(|_| WireError::new(ErrorCode::Internal))?;
        crate::private_file::replace(&self.file, &bytes).map_err(|error| {
            tracing::error!(%error, "the key file could not be written");
            WireError::new(ErrorCode::Internal).retryable()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_keychain(folder: &tempfile::TempDir) -> Keys {
        Keys::with(folder.path().join("keys.json"), STREAM_KEYS, false).0
    }

    #[test]
    fn without_a_keychain_no_file_is_written_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let keys = without_keychain(&folder);
        let refused = keys.set(&"a".into(), "live_1".into(), false).unwrap_err();
        assert_eq!(refused.code, ErrorCode::NoKeychain);
        assert!(!folder.path().join("keys.json").exists());
        assert!(keys.get(&"a".into()).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn an_allowed_file_is_for_this_user_only_and_is_read_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        without_keychain(&folder)
            .set(&"a".into(), "live_1".into(), true)
            .unwrap();
        let file = folder.path().join("keys.json");
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let stored: BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(stored["a"], "live_1");
    }
}
