//! The operating system's keychain through `keyring-core`: Secret Service on Linux, the Keychain on macOS, the Credential
//! Manager on Windows.

use keyring_core::Entry;

/// Opens the keychain of this system; false when there is none or it does not answer.
pub fn open() -> bool {
    #[cfg(target_os = "macos")]
    use apple_native_keyring_store::keychain as system;
    #[cfg(target_os = "linux")]
    use dbus_secret_service_keyring_store as system;
    #[cfg(target_os = "windows")]
    use windows_native_keyring_store as system;
    match system::Store::new() {
        Ok(store) => {
            keyring_core::set_default_store(store);
            answers()
        }
        Err(error) => {
            tracing::warn!(%error, "no keychain answers; keys are asked for before a file is used");
            false
        }
    }
}

/// A session bus alone is no keychain: somebody must answer a question about an entry that is not there.
fn answers() -> bool {
    let asked =
        Entry::new(super::STREAM_KEYS, "is-anybody-there").and_then(|entry| entry.get_password());
    match asked {
        Ok(_) | Err(keyring_core::Error::NoEntry) => true,
        Err(error) => {
            tracing::warn!(%error, "no keychain answers; keys are asked for before a file is used");
            false
        }
    }
}

/// Where keys are kept by the operating system.
pub trait Keychain: Send + Sync {
    /// The key stored for somebody under a service's name.
    fn read(&self, service: &str, id: &str) -> Option<String>;
    /// Stores a key, or deletes it when it is empty; false when the keychain refused.
    fn write(&self, service: &str, id: &str, key: &str) -> bool;
}

/// The keychain that [`open`] opened.
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn read(&self, service: &str, id: &str) -> Option<String> {
        read(service, id)
    }

    fn write(&self, service: &str, id: &str, key: &str) -> bool {
        write(service, id, key)
    }
}

fn read(service: &str, id: &str) -> Option<String> {
    Entry::new(service, id).ok()?.get_password().ok()
}

fn write(service: &str, id: &str, key: &str) -> bool {
    let Ok(entry) = Entry::new(service, id) else {
        return false;
    };
    if key.is_empty() {
        return matches!(
            entry.delete_credential(),
            Ok(()) | Err(keyring_core::Error::NoEntry)
        );
    }
    entry.set_password(key).is_ok()
}

/// What became of a secret that was put into the keychain for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It came back.
    Works,
    /// There is no keychain, or none that answers.
    None,
    /// It did not come back.
    Refuses,
}

/// Puts a made-up secret into the keychain, reads it back and takes it away. Blocks for as long as a person takes to
/// unlock it.
pub fn try_keychain() -> Tried {
    /// Under which name it is listed.
    const DOCTOR: &str = "stallcast doctor";
    const ID: &str = "trial";
    if std::env::var_os("STALLCAST_NO_KEYCHAIN").is_some() || !open() {
        return Tried::None;
    }
    let secret = format!("{:032x}", rand::random::<u128>());
    let came_back =
        write(DOCTOR, ID, &secret) && read(DOCTOR, ID).as_deref() == Some(secret.as_str());
    if write(DOCTOR, ID, "") && came_back {
        Tried::Works
    } else {
        Tried::Refuses
    }
}
