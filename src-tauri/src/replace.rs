//! Putting a newer program in the engine's place, as seen from the window: hold the engine so that no show begins, end it in
//! order, and begin anew with what is installed now.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde::Serialize;
use stallcast_wire::{
    ErrorCode, RUNTIME_FILE, ReplacementAsk, ReplacementHold, RuntimeFile, WireError, data_folder,
};
use tauri::AppHandle;

use crate::engine::{self, Leaving};

/// How long the engine may take for an answer: its desk may be waiting for a disk.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// How often a hold is renewed; it lasts four times as long.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long an engine may take to end: it closes recordings and says goodbye to platforms.
const END_WITHIN: Duration = Duration::from_secs(60);
/// How often an ending engine is looked for; it tells us through a file.
const LOOK: Duration = Duration::from_millis(100);

/// Why the newer program does not begin; the page has a sentence for each.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReplaceError {
    /// The engine says what must not be interrupted.
    #[error("the engine refuses: {}", error.message_key)]
    Refused {
        /// In the engine's words.
        error: WireError,
    },
    /// Nothing is heard from it, so nobody knows what must not be interrupted.
    #[error("the engine does not answer: {cause}")]
    Unanswered {
        /// Why, as the system says it.
        cause: String,
    },
    /// It was held for as long as it can be, and goes on with its work.
    #[error("the engine is not held any more")]
    Over,
    /// It does not end.
    #[error("the engine does not end: {cause}")]
    Stays {
        /// Why, as the system says it.
        cause: String,
    },
}

/// Says of what runs that it must not be interrupted, if anything does. Nothing does where no engine runs.
///
/// # Errors
/// What the engine says.
#[cfg(feature = "updater")]
pub fn look() -> Result<(), ReplaceError> {
    match running()? {
        Some(file) => ask(&file, ReplacementAsk::Look).map(drop),
        None => Ok(()),
    }
}

/// The engine, held: nothing begins that must not be interrupted. Let go of when dropped.
pub struct Hold {
    file: RuntimeFile,
    id: u32,
    /// Closed, the renewing ends.
    _renewing: SyncSender<()>,
}

impl Hold {
    /// Holds the engine that runs; `None` where none does.
    ///
    /// # Errors
    /// What the engine says.
    pub fn take() -> Result<Option<Self>, ReplaceError> {
        let Some(file) = running()? else {
            return Ok(None);
        };
        let held = ask(&file, ReplacementAsk::Hold)?;
        let id = held
            .map(|held| held.id)
            .ok_or_else(|| ReplaceError::Unanswered {
                cause: "no hold".to_owned(),
            })?;
        let (renewing, ends) = sync_channel::<()>(0);
        let its = file.clone();
        let renew = move || {
            while ends.recv_timeout(RENEW_EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = ask(&its, ReplacementAsk::Renew { id }) {
                    tracing::warn!(%error, "the engine is not held any more");
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("engine-hold".to_owned());
        if let Err(error) = thread.spawn(renew) {
            tracing::warn!(%error, "the engine is held for a short time only");
        }
        Ok(Some(Self {
            file,
            id,
            _renewing: renewing,
        }))
    }

    /// Ends the engine, and waits until it is gone.
    ///
    /// # Errors
    /// When the hold was over, and a show may have begun; or when it does not come to its end.
    pub fn end(self) -> Result<(), ReplaceError> {
        ask(&self.file, ReplacementAsk::End { id: self.id })?;
        let path = data_folder().join(RUNTIME_FILE);
        let deadline = Instant::now() + END_WITHIN;
        let pid = self.file.pid;
        // It takes its file away as the last thing it does; until its process is gone it may hold the journal.
        let process = Path::new("/proc").join(pid.to_string());
        let runs = || cfg!(target_os = "linux") && process.exists();
        while runs() || RuntimeFile::read(&path).is_some_and(|now| now.pid == pid) {
            if Instant::now() > deadline {
                let cause = format!("it has not ended after {} s", END_WITHIN.as_secs());
                return Err(ReplaceError::Stays { cause });
            }
            #[allow(clippy::disallowed_methods, reason = "see `LOOK`")]
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // One that is ending needs none of it.
        if let Err(error) = ask(&self.file, ReplacementAsk::Release { id: self.id }) {
            tracing::debug!(%error, "the engine lets go of it by itself");
        }
    }
}

/// Ends the engine that is held, if one is, and lets none be started before this window has begun anew.
///
/// # Errors
/// Those of [`Hold::end`].
pub fn end_for_good(hold: Option<Hold>) -> Result<(), ReplaceError> {
    let leaving = Leaving::begin();
    hold.map_or(Ok(()), Hold::end)?;
    leaving.for_good();
    Ok(())
}

/// Ends the engine unless it must not be interrupted, and begins anew: window and engine as they are installed now.
#[tauri::command]
pub async fn begin_anew(app: AppHandle) -> Result<(), ReplaceError> {
    let end = || {
        let hold = Hold::take()?;
        end_for_good(hold)
    };
    let ended = tauri::async_runtime::spawn_blocking(end).await;
    ended.unwrap_or_else(|error| {
        let cause = error.to_string();
        Err(ReplaceError::Stays { cause })
    })?;
    app.request_restart();
    Ok(())
}

/// The engine that runs. One that is too busy to answer counts as running, and as one that cannot be asked.
fn running() -> Result<Option<RuntimeFile>, ReplaceError> {
    engine::found(ANSWERS_WITHIN).map_err(|error| ReplaceError::Unanswered {
        cause: error.to_string(),
    })
}

fn ask(file: &RuntimeFile, what: ReplacementAsk) -> Result<Option<ReplacementHold>, ReplaceError> {
    let failed = |cause: String| ReplaceError::Unanswered { cause };
    let body = serde_json::to_string(&what).map_err(|error| failed(error.to_string()))?;
    let line = "POST /api/replacement";
    let answer = crate::http::ask(
        engine::address(file),
        line,
        Some(&file.token),
        &body,
        ANSWERS_WITHIN,
    );
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    if answer.status == 200 {
        return serde_json::from_str(&answer.body).map_err(|error| failed(error.to_string()));
    }
    let is_held = matches!(
        what,
        ReplacementAsk::Renew { .. } | ReplacementAsk::End { .. }
    );
    match serde_json::from_str::<WireError>(&answer.body) {
        Ok(error) if error.code == ErrorCode::NotFound && is_held => Err(ReplaceError::Over),
        // One that is older than this question knows nothing of it.
        Ok(error) if error.code == ErrorCode::NotFound => Err(failed("it is older".to_owned())),
        Ok(error) => Err(ReplaceError::Refused { error }),
        Err(_) => Err(failed(format!("it answers {}", answer.status))),
    }
}
