//! Answers phrased by a model, where the owner set one: off at first, asked only when a person presses, told nothing but a
//! question's words and the facts that answer it. What comes back goes to whoever asked, as a draft. The key is kept like a
//! stream key; neither it nor any text is ever in the log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use stallcast_chat::Secret;
use stallcast_chat::phrase::{Endpoint, PhraseFault};
use stallcast_wire::{
    ErrorCode, PhraseTestView, PhrasedView, PhrasingSettings, PhrasingView, SuggestedAnswer,
    WireError,
};
use tokio::sync::{Notify, Semaphore};
use url::Url;

use crate::clock::now;
use crate::keys::Keys;
use crate::private_file;

/// Drafts made at once: a model on a laptop has no more to give, and a hosted one costs money.
const AT_ONCE: usize = 2;
/// Longest address, name of a model and key, characters.
const TEXT_MAX: usize = 500;
/// Whose the key is where keys are kept.
const KEY: &str = "endpoint";

/// What the test asks.
const TEST_QUESTION: &str = "How much is a box of peaches?";
const TEST_FACTS: [&str; 2] = ["Yellow peaches, 5 kg", "¥29.90"];

/// What is to be phrased.
pub(crate) struct ToPhrase {
    /// The question's words.
    pub(crate) question: String,
    /// Who asked, so that no name is told.
    pub(crate) names: Vec<String>,
    /// The facts of the answer's source, whole.
    pub(crate) facts: Vec<String>,
    /// The answer that it is made of.
    pub(crate) source: SuggestedAnswer,
}

/// The endpoint and what is under way. Cheap to clone.
#[derive(Clone)]
pub struct Phrasing {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    keys: Keys<String>,
    settings: Mutex<PhrasingSettings>,
    /// Whose turn it is to change what is kept, until that is on the disk.
    turn: tokio::sync::Mutex<()>,
    places: Semaphore,
    /// Questions that are being phrased, and how to stop that.
    under_way: Mutex<BTreeMap<u64, Arc<Notify>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Phrasing {
    /// Opens what `file` says. Gives the new name of a damaged file that was set aside, too.
    pub fn open(file: PathBuf, keys: Keys<String>) -> (Self, Option<String>) {
        let (settings, aside) = private_file::read_or_set_aside(&file, now());
        let inner = Inner {
            file,
            keys,
            settings: Mutex::new(settings),
            turn: tokio::sync::Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            under_way: Mutex::default(),
        };
        let inner = Arc::new(inner);
        (Self { inner }, aside)
    }

    /// Reads the key off the keychain, which may ask a person first.
    pub async fn read_key(&self) {
        if self.settings().address.is_empty() {
            return;
        }
        let keys = self.inner.keys.clone();
        let read = tokio::task::spawn_blocking(move || keys.read([KEY.to_owned()].iter()));
        if read.await.is_err() {
            tracing::error!("the key of the endpoint that phrases could not be read");
        }
    }

    /// Whether a model is asked when somebody presses.
    pub fn is_on(&self) -> bool {
        lock(&self.inner.settings).on
    }

    /// What the owner is shown.
    pub fn view(&self) -> PhrasingView {
        PhrasingView {
            settings: self.settings(),
            has_key: self.inner.keys.get(&KEY.to_owned()).is_some(),
        }
    }

    fn settings(&self) -> PhrasingSettings {
        lock(&self.inner.settings).clone()
    }

    /// Sets where a model is asked. `key`: `None` keeps the one of before, unless the address is of another server now; an
    /// empty one is forgotten.
    ///
    /// # Errors
    /// [`ErrorCode::PhraseFailed`] for an address that may not be used; [`ErrorCode::NoKeychain`] when no keychain takes
    /// the key and `allow_file` is false; when it cannot be written down.
    pub async fn set(
        &self,
        settings: PhrasingSettings,
        key: Option<String>,
        allow_file: bool,
    ) -> Result<(), WireError> {
        let settings = PhrasingSettings {
            on: settings.on,
            address: settings.address.trim().to_owned(),
            model: settings.model.trim().to_owned(),
        };
        let is_long = |text: &str| text.chars().count() > TEXT_MAX;
        let texts = [Some(&settings.address), Some(&settings.model), key.as_ref()];
        if texts.into_iter().flatten().any(|text| is_long(text)) {
            return Err(WireError::new(ErrorCode::TooLarge));
        }
        if settings.on || !settings.address.is_empty() {
            Endpoint::new(&settings.address, &settings.model, None).map_err(|it| failed(&it))?;
        }
        let _turn = self.inner.turn.lock().await;
        // A key is for the server that it was entered for.
        let moved = server(&self.settings().address) != server(&settings.address);
        if let Some(key) = key.or_else(|| moved.then(String::new)) {
            let keys = self.inner.keys.clone();
            let set = move || keys.set(&KEY.to_owned(), key.trim().to_owned(), allow_file);
            tokio::task::spawn_blocking(set)
                .await
                .map_err(|_| WireError::new(ErrorCode::Internal))??;
        }
        private_file::write_down(self.inner.file.clone(), &settings).await?;
        *lock(&self.inner.settings) = settings;
        Ok(())
    }

    /// Asks the endpoint an invented question, also while it is off.
    ///
    /// # Errors
    /// As [`Phrasing::phrase`].
    pub async fn test(&self) -> Result<PhraseTestView, WireError> {
        let endpoint = self.endpoint()?;
        let _place = self.inner.places.try_acquire().map_err(|_| busy())?;
        let began = Instant::now();
        let text = endpoint.phrase(TEST_QUESTION, &[], &TEST_FACTS).await;
        Ok(PhraseTestView {
            question: TEST_QUESTION.into(),
            fact: TEST_FACTS.join(" · "),
            text: text.map_err(|fault| failed(&fault))?,
            took_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
        })
    }

    /// A draft for a question.
    ///
    /// # Errors
    /// [`ErrorCode::PhraseOff`]; [`ErrorCode::Busy`] while others are made, or this one; [`ErrorCode::PhraseUnfounded`] and
    /// [`ErrorCode::PhraseFailed`] with why there is none.
    pub(crate) async fn phrase(&self, id: u64, what: ToPhrase) -> Result<PhrasedView, WireError> {
        if !self.is_on() {
            return Err(WireError::new(ErrorCode::PhraseOff));
        }
        let endpoint = self.endpoint()?;
        let _place = self.inner.places.try_acquire().map_err(|_| busy())?;
        let way = UnderWay::begin(&self.inner, id).ok_or_else(busy)?;
        let names: Vec<&str> = what.names.iter().map(String::as_str).collect();
        let facts: Vec<&str> = what.facts.iter().map(String::as_str).collect();
        let drafted = tokio::select! {
            drafted = endpoint.phrase(&what.question, &names, &facts) => drafted,
            () = way.stop.notified() => {
                return Err(WireError::new(ErrorCode::PhraseFailed).with("cause", "phrase_stopped"));
            }
        };
        Ok(PhrasedView {
            text: drafted.map_err(|fault| failed(&fault))?,
            source: what.source,
        })
    }

    /// Gives up the draft that is being made for a question; nothing where none is.
    pub fn stop(&self, id: u64) {
        if let Some(stop) = lock(&self.inner.under_way).get(&id) {
            stop.notify_one();
        }
    }

    fn endpoint(&self) -> Result<Endpoint, WireError> {
        let settings = self.settings();
        if settings.address.is_empty() {
            return Err(WireError::new(ErrorCode::PhraseOff));
        }
        let key = self.inner.keys.get(&KEY.to_owned());
        let key = key.map(|key| Secret::new(key.reveal()));
        Endpoint::new(&settings.address, &settings.model, key).map_err(|fault| failed(&fault))
    }
}

/// A question that is being phrased, until dropped.
struct UnderWay {
    inner: Arc<Inner>,
    id: u64,
    stop: Arc<Notify>,
}

impl UnderWay {
    fn begin(inner: &Arc<Inner>, id: u64) -> Option<Self> {
        let stop = Arc::new(Notify::new());
        let mut under_way = lock(&inner.under_way);
        if under_way.contains_key(&id) {
            return None;
        }
        under_way.insert(id, Arc::clone(&stop));
        Some(Self {
            inner: Arc::clone(inner),
            id,
            stop,
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.inner.under_way).remove(&self.id);
    }
}

/// Scheme, host and port.
fn server(address: &str) -> Option<(String, Option<String>, Option<u16>)> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str().map(str::to_owned);
    Some((url.scheme().to_owned(), host, url.port_or_known_default()))
}

fn busy() -> WireError {
    WireError::new(ErrorCode::Busy).retryable()
}

fn failed(fault: &PhraseFault) -> WireError {
    match fault {
        PhraseFault::Unfounded(found) => {
            WireError::new(ErrorCode::PhraseUnfounded).with("found", found.clone())
        }
        fault => {
            let cause = fault.code().unwrap_or_default();
            WireError::new(ErrorCode::PhraseFailed).with("cause", cause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(address: &str) -> PhrasingSettings {
        PhrasingSettings {
            on: true,
            address: address.into(),
            model: "m".into(),
        }
    }

    #[tokio::test]
    async fn a_key_stays_with_its_server_and_never_in_the_file_of_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("phrasing.json");
        let open = || {
            let keys = folder.path().join("keys.phrasing.json");
            let (keys, _) = Keys::with(keys, "stallcast test", None);
            Phrasing::open(file.clone(), keys).0
        };
        let phrasing = open();
        assert!(!phrasing.is_on(), "off at first");
        assert_eq!(
            phrasing.test().await.unwrap_err().code,
            ErrorCode::PhraseOff
        );
        let key = || Some("sk-s3cret".to_owned());
        let at = "http://127.0.0.1:1/v1";
        let refused = phrasing.set(settings(at), key(), false).await;
        assert_eq!(refused.unwrap_err().code, ErrorCode::NoKeychain);
        assert!(!phrasing.is_on(), "nothing was set");
        phrasing.set(settings(at), key(), true).await.unwrap();
        assert!(phrasing.view().has_key && phrasing.is_on());
        assert!(!std::fs::read_to_string(&file).unwrap().contains("s3cret"));
        assert!(!format!("{:?}", phrasing.view()).contains("s3cret"));
        for bad in ["http://example.com/v1", "https://u:p@example.com", ""] {
            let refused = phrasing.set(settings(bad), None, true).await.unwrap_err();
            assert_eq!(refused.params["cause"], "phrase_address", "{bad}");
        }
        let longer = "http://127.0.0.1:1/v2";
        phrasing.set(settings(longer), None, true).await.unwrap();
        assert!(
            open().view().has_key,
            "kept over a restart, and for another path"
        );
        let other = settings("https://example.com/v1");
        phrasing.set(other.clone(), None, true).await.unwrap();
        assert!(!phrasing.view().has_key, "another server does not get it");
        assert_eq!(
            open().view(),
            PhrasingView {
                settings: other,
                has_key: false
            }
        );
    }
}
