//! The engine's life as seen from the window: find a running one, else start one that outlives us.

use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use stallcast_wire::{RUNTIME_FILE, RuntimeFile, create_private_folder, data_folder};

/// How long a fresh engine may take until it answers; it needs less than two seconds on a laptop, more on a
/// machine that is still starting up.
const START_WITHIN: Duration = Duration::from_secs(20);
/// How often a starting engine is looked for; it tells us through a file, so there is nothing to wait on but time.
const LOOK: Duration = Duration::from_millis(50);
/// The end of a log that is read for the engine's last words: some lines of the usual 150 bytes.
const LAST_WORDS: u64 = 4096;

/// What the page needs to reach the engine.
#[derive(Debug, Clone, Serialize)]
pub struct Attached {
    base: String,
    token: String,
    /// Version of the window.
    window: &'static str,
    /// Whether the window can look for newer versions.
    updates: bool,
}

/// Why there is no engine; the page has a sentence for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EngineError {
    /// The program `stallcast` is not beside the desktop program.
    #[error("the engine program is missing")]
    Missing,
    /// It could not be started.
    #[error("the engine could not be started")]
    NotStarted,
    /// It was started and ended before it answered.
    #[error("the engine ended at once: {said}")]
    Ended {
        /// Its last words, in the log's language.
        said: String,
        /// Where its log is.
        log: PathBuf,
    },
    /// A newer program is on its way into its place, and begins anew.
    #[error("a newer program takes its place")]
    Leaving,
    /// It was started and does not answer.
    #[error("the engine does not answer")]
    Silent {
        /// Where its log is.
        log: PathBuf,
    },
}

/// How long an engine that ended may go on holding the journal: it waits two seconds for a keychain.
const LET_GO_WITHIN: Duration = Duration::from_secs(10);
/// The end of its last words when another one still holds the journal.
const IN_USE: &str = "[journal_in_use]";

/// Held by whoever looks for the engine, or starts it.
static ATTACHING: Mutex<()> = Mutex::new(());

/// Whether the engine is being ended so that a newer program can begin: none of the old is started meanwhile.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Keeps the engine from being started until dropped.
#[derive(Debug)]
pub struct Leaving(());

impl Leaving {
    /// From now on.
    pub fn begin() -> Self {
        LEAVING.store(true, Ordering::Release);
        Self(())
    }

    /// Until this window has begun anew.
    pub fn for_good(self) {
        std::mem::forget(self);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        LEAVING.store(false, Ordering::Release);
    }
}

/// Attaches to the running engine, or starts one.
///
/// # Errors
/// When no engine runs and none can be started.
pub async fn attach() -> Result<Attached, EngineError> {
    tauri::async_runtime::spawn_blocking(attach_blocking)
        .await
        .unwrap_or(Err(EngineError::NotStarted))
}

fn attach_blocking() -> Result<Attached, EngineError> {
    // The page asks for its show and for the picture at the same time: the second finds what the first started.
    let _turn = ATTACHING.lock().unwrap_or_else(PoisonError::into_inner);
    let deadline = Instant::now() + LET_GO_WITHIN;
    loop {
        let attached = attach_once();
        let is_let_go = |said: &str| said.ends_with(IN_USE) && Instant::now() < deadline;
        match attached {
            // The one before is on its last steps.
            Err(EngineError::Ended { said, .. }) if is_let_go(&said) => {}
            attached => return attached,
        }
    }
}

fn attach_once() -> Result<Attached, EngineError> {
    if let Some(attached) = running() {
        return Ok(attached);
    }
    if LEAVING.load(Ordering::Acquire) {
        return Err(EngineError::Leaving);
    }
    let (mut engine, log) = start()?;
    let attached = wait_for(&mut engine, &log, START_WITHIN, running);
    // It outlives us, or we it: then the system wants to be asked how it ended.
    let waiting = std::thread::Builder::new().name("engine-end".to_owned());
    if let Err(error) = waiting.spawn(move || engine.wait()) {
        tracing::warn!(%error, "nobody waits for the end of the engine");
    }
    attached
}

/// Waits until an engine that was just started answers, or has ended.
fn wait_for<T>(
    engine: &mut Child,
    log: &Path,
    within: Duration,
    answers: impl Fn() -> Option<T>,
) -> Result<T, EngineError> {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        let has_ended = matches!(engine.try_wait(), Ok(Some(_)));
        // Asked after that: one that ended because another was faster leaves that one to us.
        if let Some(attached) = answers() {
            return Ok(attached);
        }
        if has_ended {
            let error = EngineError::Ended {
                said: last_words(log),
                log: log.to_owned(),
            };
            tracing::error!(%error, "no engine");
            return Err(error);
        }
        #[allow(clippy::disallowed_methods, reason = "see `LOOK`")]
        std::thread::sleep(LOOK);
    }
    Err(EngineError::Silent {
        log: log.to_owned(),
    })
}

/// The last line of a log, without its time and place.
fn last_words(log: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(log)?;
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(end.saturating_sub(LAST_WORDS)))?;
        let mut bytes = Vec::new();
        file.take(LAST_WORDS).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let line = text.lines().rfind(|line| !line.trim().is_empty());
    let line = line.unwrap_or_default().trim();
    // `2026-11-22T10:00:00Z ERROR stallcast: what happened`
    let words = line
        .split_once(" ERROR ")
        .and_then(|(_, told)| Some(told.split_once(": ")?.1));
    words.unwrap_or(line).to_owned()
}

fn running() -> Option<Attached> {
    let file = found(Duration::from_millis(300)).ok()??;
    Some(Attached {
        base: format!("http://{}", address(&file)),
        token: file.token,
        window: env!("CARGO_PKG_VERSION"),
        updates: crate::has_updates(),
    })
}

/// The engine named by the runtime file, if it answers there: after a crash the port may be nobody's or somebody else's.
///
/// # Errors
/// When nothing is heard from there for so long.
pub fn found(patience: Duration) -> std::io::Result<Option<RuntimeFile>> {
    let Some(file) = RuntimeFile::read(&data_folder().join(RUNTIME_FILE)) else {
        return Ok(None);
    };
    match crate::http::ask(address(&file), "GET /api/health", None, "", patience) {
        Ok(answer) => Ok((answer.status == 200 && answer.body == "stallcast").then_some(file)),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where it listens.
pub fn address(file: &RuntimeFile) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, file.port))
}

/// The engine's process and its log.
fn start() -> Result<(Child, PathBuf), EngineError> {
    let program = program().ok_or(EngineError::Missing)?;
    // Given to the engine on its command line, so the two cannot differ.
    let data = data_folder();
    create_private_folder(&data).map_err(|_| EngineError::NotStarted)?;
    let log = data.join("engine.log");
    // The last run's log says why it ended; kept once. There is none at the first start.
    let _ = std::fs::rename(&log, data.join("engine.last.log"));
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let stderr = options.open(&log).map_err(|_| EngineError::NotStarted)?;
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg("--data")
        .arg(&data)
        .args(["--linger", "60"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        // A file is no terminal.
        .env("NO_COLOR", "1");
    // Set for WebKit only; the engine has its own plugins.
    command.env_remove("WEBKIT_DISABLE_COMPOSITING_MODE");
    outlive_us(&mut command);
    let started = command.spawn().map_err(|error| {
        tracing::error!(%error, "the engine could not be started");
        EngineError::NotStarted
    })?;
    Ok((started, log))
}

/// `STALLCAST_ENGINE`, else the program beside this one.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("STALLCAST_ENGINE") {
        return Some(PathBuf::from(named));
    }
    let name = format!("stallcast{}", std::env::consts::EXE_SUFFIX);
    Some(std::env::current_exe().ok()?.parent()?.join(name)).filter(|path| path.is_file())
}

/// Own process group, so that closing the terminal or killing the window leaves the engine alone.
#[cfg(unix)]
fn outlive_us(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// `CREATE_NEW_PROCESS_GROUP | DETACHED_PROCESS` (Win32 process creation flags).
#[cfg(windows)]
fn outlive_us(command: &mut Command) {
    std::os::windows::process::CommandExt::creation_flags(command, 0x0000_0200 | 0x0000_0008);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A program in the engine's place that writes this line into its log and does this.
    fn instead(folder: &Path, line: &str, then: &str) -> (Child, PathBuf) {
        let log = folder.join("engine.log");
        let child = Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' \"$0\" >&2; {then}"), line])
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        (child, log)
    }

    #[test]
    fn an_engine_that_ends_at_once_is_told_of_at_once_and_why() {
        let folder = tempfile::tempdir().unwrap();
        let line = "2026-11-22T10:00:00.5Z ERROR stallcast: the show's journal cannot be used: the journal is damaged";
        let (mut engine, log) = instead(folder.path(), line, "exit 1");
        let began = Instant::now();
        let told = wait_for(&mut engine, &log, Duration::from_secs(600), || None::<()>);
        let said = "the show's journal cannot be used: the journal is damaged".to_owned();
        assert_eq!(told, Err(EngineError::Ended { said, log }));
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "not at the deadline"
        );
    }

    #[test]
    fn an_engine_that_left_the_place_to_another_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let (mut engine, log) = instead(folder.path(), "in use", "exit 1");
        engine.wait().unwrap();
        let told = wait_for(&mut engine, &log, START_WITHIN, || Some("the other"));
        assert_eq!(told, Ok("the other"));
    }

    #[test]
    fn an_engine_that_never_answers_is_given_up_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let (mut engine, log) = instead(folder.path(), "", "exec sleep 600");
        let told = wait_for(&mut engine, &log, Duration::from_millis(100), || None::<()>);
        engine.kill().unwrap();
        engine.wait().unwrap();
        assert_eq!(told, Err(EngineError::Silent { log }));
    }

    #[test]
    fn the_page_gets_a_code_and_what_belongs_to_it() {
        let error = EngineError::Ended {
            said: "no room".into(),
            log: "/l".into(),
        };
        let told = serde_json::to_value([EngineError::Missing, error]).unwrap();
        let wanted = serde_json::json!([
            { "code": "missing" },
            { "code": "ended", "said": "no room", "log": "/l" },
        ]);
        assert_eq!(told, wanted);
    }
}
