//! The engine's life as seen from the window: find a running one, else start one that outlives us.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
use stallcast_wire::{RUNTIME_FILE, RuntimeFile, create_private_folder, data_folder};

/// How long a fresh engine may take until it answers; it needs less than two seconds on a laptop, more on a
/// machine that is still starting up.
const START_WITHIN: Duration = Duration::from_secs(20);

/// What the page needs to reach the engine.
#[derive(Debug, Clone, Serialize)]
pub struct Attached {
    base: String,
    token: String,
}

/// Why there is no engine; the page has a sentence for each.
#[derive(Debug, Clone, Copy, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum EngineError {
    /// The program `stallcast` is not beside the desktop program.
    #[error("the engine program is missing")]
    Missing,
    /// It could not be started.
    #[error("the engine could not be started")]
    NotStarted,
    /// It was started and does not answer.
    #[error("the engine does not answer")]
    Silent,
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
    if let Some(attached) = running() {
        return Ok(attached);
    }
    start()?;
    let deadline = Instant::now() + START_WITHIN;
    while Instant::now() < deadline {
        if let Some(attached) = running() {
            return Ok(attached);
        }
        // The engine tells us through a file; there is nothing to wait on but time.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(EngineError::Silent)
}

/// The engine named by the runtime file, if it answers there: after a crash the port may be somebody else's.
fn running() -> Option<Attached> {
    let file = RuntimeFile::read(&data_folder().join(RUNTIME_FILE))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, file.port));
    answers(address).then_some(())?;
    Some(Attached {
        base: format!("http://{address}"),
        token: file.token,
    })
}

/// Whether an engine answers at this address.
fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let patience = Duration::from_millis(300);
        let mut socket = TcpStream::connect_timeout(&address, patience)?;
        socket.set_read_timeout(Some(patience))?;
        write!(
            socket,
            "GET /api/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        socket.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.ends_with("stallcast"))
}

fn start() -> Result<(), EngineError> {
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
    let log = options.open(log).map_err(|_| EngineError::NotStarted)?;
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg("--data")
        .arg(&data)
        .args(["--linger", "60"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    // Set for WebKit only; the engine has its own plugins.
    command.env_remove("WEBKIT_DISABLE_COMPOSITING_MODE");
    outlive_us(&mut command);
    command.spawn().map(drop).map_err(|error| {
        tracing::error!(%error, "the engine could not be started");
        EngineError::NotStarted
    })
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
