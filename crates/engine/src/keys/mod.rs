//! Stream keys: in the operating system's keychain, else (only when the user agreed) in a file that only
//! this user can read. A key is written here and read by the destination it belongs to, and goes nowhere else.

mod system;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use stallcast_delivery::Secret;
use stallcast_show::DestinationId;
use stallcast_wire::{ErrorCode, WireError};

/// Where keys are kept.
#[derive(Clone)]
pub struct Keys {
    file: PathBuf,
    keychain: bool,
    known: Arc<Mutex<BTreeMap<DestinationId, Secret>>>,
}

impl Keys {
    /// Opens the keychain, or notes that there is none. Blocks for as long as the keychain takes to answer.
    pub fn open(file: PathBuf) -> Self {
        let keychain = std::env::var_os("STALLCAST_NO_KEYCHAIN").is_none() && system::open();
        let stored: BTreeMap<DestinationId, String> = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let known = stored
            .into_iter()
            .map(|(id, key)| (id, Secret::new(key)))
            .collect();
        Self {
            file,
            keychain,
            known: Arc::new(Mutex::new(known)),
        }
    }

    /// The key of a destination. The keychain is asked once, then the key is remembered.
    pub fn get(&self, id: &DestinationId) -> Option<Secret> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(id) {
            return Some(key.clone());
        }
        let key = Secret::new(if self.keychain {
            system::read(id.as_str())?
        } else {
            return None;
        });
        known.insert(id.clone(), key.clone());
        Some(key)
    }

    /// Whether a key is at hand without asking the keychain.
    pub fn knows(&self, id: &DestinationId) -> bool {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(id)
    }

    /// Stores a key; an empty one is forgotten.
    ///
    /// # Errors
    /// [`ErrorCode::NoKeychain`] when there is no keychain and `allow_file` is false, or writing failed.
    pub fn set(&self, id: &DestinationId, key: String, allow_file: bool) -> Result<(), WireError> {
        if !self.keychain && !allow_file {
            return Err(WireError::new(ErrorCode::NoKeychain));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.keychain && !system::write(id.as_str(), &key) {
            return Err(WireError::new(ErrorCode::NoKeychain).retryable());
        }
        if key.is_empty() {
            known.remove(id);
        } else {
            known.insert(id.clone(), Secret::new(key));
        }
        if self.keychain {
            Ok(())
        } else {
            self.write_file(&known)
        }
    }

    fn write_file(&self, known: &BTreeMap<DestinationId, Secret>) -> Result<(), WireError> {
        let plain: BTreeMap<&DestinationId, &str> =
            known.iter().map(|(id, key)| (id, key.reveal())).collect();
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
        Keys {
            file: folder.path().join("keys.json"),
            keychain: false,
            known: Arc::default(),
        }
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
