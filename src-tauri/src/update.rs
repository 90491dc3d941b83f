//! Newer versions from where this build says they are: looked for, told of, and put in place when a person presses, never
//! while the engine does what must not be interrupted. What comes is signed for its version by this build's key.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tauri_plugin_updater::{Error, Update, Updater, UpdaterExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::engine::Leaving;
use crate::replace::{self, Hold, ReplaceError, end_for_good};

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(30);
/// How long nothing may come while the newer version is fetched; slow lines may take as long as they like.
const COMES_WITHIN: Duration = Duration::from_secs(30);
/// How often the engine is asked whether a show began, while the newer version is fetched.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// What was found last.
#[derive(Default)]
pub struct Found(Mutex<Option<Update>>);

impl Found {
    fn set(&self, update: Option<Update>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = update;
    }

    fn get(&self) -> Option<Update> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

/// Ends what is being fetched.
#[derive(Default)]
pub struct Stop(Notify);

/// A newer version, as it is told to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    version: String,
    notes: String,
}

/// How far it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fetched {
    bytes: u64,
    /// Where the server says it.
    of: Option<u64>,
}

/// Why there is no newer version; the page has a sentence for each.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum UpdateError {
    /// The place that this build names does not answer, or not with a list of versions.
    #[error("newer versions cannot be looked for: {cause}")]
    Unreachable {
        /// As the system says it.
        cause: String,
    },
    /// Nothing came for so long that no more is to be expected: nothing was changed.
    #[error("nothing of the newer version came for {seconds} s")]
    StandsStill {
        /// How long that was.
        seconds: u64,
    },
    /// A person stopped it: nothing was changed.
    #[error("fetching the newer version was stopped")]
    Stopped,
    /// What came is not signed by this build's key for that version: nothing was changed.
    #[error("the newer version is not signed as it must be: {cause}")]
    Unsigned {
        /// What is wrong.
        cause: String,
    },
    /// It could not be put in place.
    #[error("the newer version could not be installed: {cause}")]
    NotInstalled {
        /// As the system says it.
        cause: String,
    },
    /// It is installed, and begins when the engine has ended.
    #[error("the newer version waits for the end of the engine: {why}")]
    Waits {
        /// Why it could not be ended.
        why: ReplaceError,
    },
    /// The engine must not be interrupted, or does not answer: nothing was changed.
    #[error(transparent)]
    #[serde(untagged)]
    Engine(#[from] ReplaceError),
}

impl From<Error> for UpdateError {
    fn from(error: Error) -> Self {
        let cause = error.to_string();
        match error {
            Error::Minisign(_)
            | Error::Base64(_)
            | Error::SignatureUtf8(_)
            | Error::SignedVersionMismatch { .. }
            | Error::MissingSignedVersion => Self::Unsigned { cause },
            Error::Reqwest(_)
            | Error::ReleaseNotFound
            | Error::Serialization(_)
            | Error::TargetNotFound(_)
            | Error::TargetsNotFound(_)
            | Error::Network(_) => Self::Unreachable { cause },
            _ => Self::NotInstalled { cause },
        }
    }
}

/// Where newer versions are told of, and the public key that they are signed with. A build for tests is told when it runs.
fn source() -> Option<(String, String)> {
    #[cfg(debug_assertions)]
    if let (Ok(endpoint), Ok(key)) = (
        std::env::var("STALLCAST_UPDATE_ENDPOINT"),
        std::env::var("STALLCAST_UPDATE_KEY"),
    ) {
        return Some((endpoint, key));
    }
    let endpoint = option_env!("STALLCAST_UPDATE_ENDPOINT")?;
    Some((
        endpoint.to_owned(),
        option_env!("STALLCAST_UPDATE_KEY")?.to_owned(),
    ))
}

/// Whether this build knows where newer versions are.
pub fn is_on() -> bool {
    source().is_some()
}

fn updater(app: &AppHandle) -> Result<Updater, UpdateError> {
    let nowhere = || UpdateError::Unreachable {
        cause: "this build names no place for newer versions".to_owned(),
    };
    let (endpoint, key) = source().ok_or_else(nowhere)?;
    let endpoint = endpoint.parse().map_err(|_| nowhere())?;
    let builder = app.updater_builder().endpoints(vec![endpoint])?;
    Ok(builder.pubkey(key).timeout(LOOK_WITHIN).build()?)
}

/// Looks whether there is a newer version.
#[tauri::command]
pub async fn look_for_update(
    app: AppHandle,
    found: State<'_, Found>,
) -> Result<Option<Offered>, UpdateError> {
    let update = updater(&app)?.check().await.inspect_err(|error| {
        tracing::warn!(%error, "newer versions could not be looked for");
    })?;
    let offered = update.as_ref().map(|update| Offered {
        version: update.version.clone(),
        notes: update.body.clone().unwrap_or_default(),
    });
    found.set(update);
    Ok(offered)
}

/// Fetches what was found last, puts it in place while no show can begin, and begins anew with it.
#[tauri::command]
pub async fn install_update(
    app: AppHandle,
    found: State<'_, Found>,
    stop: State<'_, Stop>,
    told: Channel<Fetched>,
) -> Result<(), UpdateError> {
    // Hears of every press from here on.
    let stopped = stop.0.notified();
    let update = found.get().ok_or_else(|| UpdateError::Unreachable {
        cause: "nothing was found".to_owned(),
    })?;
    // The line is the show's, from the first byte on.
    blocking(replace::look).await??;
    let bytes = tokio::select! {
        bytes = fetch(&update, &told) => bytes?,
        refused = until_refused() => return Err(refused),
        () = stopped => return Err(UpdateError::Stopped),
    };
    // It is all here, also where the server did not say how much that is.
    let all = bytes.len() as u64;
    let _ = told.send(Fetched {
        bytes: all,
        of: Some(all),
    });
    let installed = blocking(move || put_in_place(&update, &bytes)).await?;
    installed.inspect_err(|error| tracing::warn!(%error, "no newer version"))?;
    app.request_restart();
    Ok(())
}

/// Stops fetching, if anything is being fetched; what is here already is installed.
#[tauri::command]
pub fn stop_update(stop: State<'_, Stop>) {
    stop.0.notify_waiters();
}

/// Fetches it and looks at its signature.
async fn fetch(update: &Update, told: &Channel<Fetched>) -> Result<Vec<u8>, UpdateError> {
    let came = Notify::new();
    let mut bytes = 0;
    let count = |more: usize, of| {
        bytes += more as u64;
        came.notify_one();
        // A page that is gone need not know.
        let _ = told.send(Fetched { bytes, of });
    };
    tokio::select! {
        fetched = update.download(count, || {}) => Ok(fetched?),
        () = until_it_stands_still(&came, COMES_WITHIN) => Err(UpdateError::StandsStill {
            seconds: COMES_WITHIN.as_secs(),
        }),
    }
}

/// Waits until nothing came for so long.
async fn until_it_stands_still(came: &Notify, patience: Duration) {
    while timeout(patience, came.notified()).await.is_ok() {}
}

/// Waits until the engine must not be interrupted.
async fn until_refused() -> UpdateError {
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        match blocking(replace::look).await {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => return refused.into(),
            Err(error) => return error,
        }
    }
}

/// Asked at this moment and held from here on, so nothing begins until the newer program is in place and the engine gone.
fn put_in_place(update: &Update, bytes: &[u8]) -> Result<(), UpdateError> {
    let hold = Hold::take()?;
    if cfg!(windows) {
        // There a program that runs cannot be replaced, and the installer ends this one.
        let leaving = Leaving::begin();
        hold.map_or(Ok(()), Hold::end)?;
        update.install(bytes)?;
        leaving.for_good();
        return Ok(());
    }
    update.install(bytes)?;
    end_for_good(hold).map_err(|why| UpdateError::Waits { why })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, UpdateError> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.map_err(|error| UpdateError::NotInstalled {
        cause: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use stallcast_wire::{ErrorCode, WireError};

    use super::*;

    #[test]
    fn the_page_gets_a_code_and_what_belongs_to_it() {
        let busy = WireError::new(ErrorCode::NotReplaceable).with("cause", "replace_live");
        let refused = UpdateError::from(ReplaceError::Refused { error: busy });
        let told = serde_json::to_value([
            refused,
            Error::MissingSignedVersion.into(),
            Error::ReleaseNotFound.into(),
            Error::AuthenticationFailed.into(),
            UpdateError::Stopped,
            UpdateError::Waits {
                why: ReplaceError::Over,
            },
        ])
        .unwrap();
        let codes: Vec<_> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["code"])
            .collect();
        assert_eq!(
            codes,
            [
                "refused",
                "unsigned",
                "unreachable",
                "not_installed",
                "stopped",
                "waits"
            ]
        );
        assert_eq!(told[0]["error"]["params"]["cause"], "replace_live");
        assert_eq!(told[5]["why"]["code"], "over");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_slowly_is_waited_for_and_what_comes_no_more_is_not() {
        const PIECES: u32 = 100;
        let every = COMES_WITHIN - Duration::from_secs(1);
        let came = Notify::new();
        let comes = async {
            for _ in 0..PIECES {
                tokio::time::sleep(every).await;
                came.notify_one();
            }
        };
        let began = tokio::time::Instant::now();
        tokio::join!(comes, until_it_stands_still(&came, COMES_WITHIN));
        let took = began.elapsed().as_secs();
        assert_eq!(took, (every * PIECES + COMES_WITHIN).as_secs());
    }
}
