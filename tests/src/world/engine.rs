//! The engine as its users start it: the built `stallcast` program in a data folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use nix::sys::signal::Signal;
use serde::Deserialize;
use tempfile::TempDir;

use super::process::{Group, PATIENCE, eventually, oldest_first};
use super::{Session, as_seen, wine};

/// How to start an engine.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Added to its environment, for example [`super::PipeWireSession::env`].
    pub env: BTreeMap<String, String>,
    /// Added to its command line after `run --data DIR`.
    pub arguments: Vec<String>,
    /// Its data folder; `None` = a temporary one that goes with the [`Engine`].
    pub data: Option<PathBuf>,
}

/// What `engine.json` in the data folder says of the engine that runs there.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Running {
    /// Port of the API on loopback.
    pub port: u16,
    /// Token of the owner's session.
    pub token: String,
    /// Process id.
    pub pid: u32,
}

impl Running {
    /// Reads it; `None` when no engine ran there.
    pub fn read(data: &Path) -> Option<Self> {
        let file = fs::read(data.join("engine.json")).ok()?;
        serde_json::from_slice(&file).ok()
    }
}

/// A running engine. It has no keychain, no display and no sound server unless its options say
/// so; dropping it kills it.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    home: TempDir,
    data: PathBuf,
    process: Option<Group>,
    running: Running,
    starts: u32,
}

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// Status code.
    pub status: u16,
    /// Header lines without the status line.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Engine {
    /// Starts an engine; it answers when this returns.
    pub fn start(options: EngineOptions) -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = options
            .data
            .clone()
            .unwrap_or_else(|| home.path().join("data"));
        fs::create_dir_all(&data).unwrap();
        let mut engine = Self {
            options,
            home,
            data,
            process: None,
            running: Running::default(),
            starts: 0,
        };
        engine.launch();
        engine
    }

    fn launch(&mut self) {
        self.starts += 1;
        let under_wine = wine::program();
        let registry = std::env::temp_dir().join(if under_wine.is_some() {
            "stallcast-tests-windows-registry.bin"
        } else {
            "stallcast-tests-registry.bin"
        });
        let mut command = if let Some(program) = &under_wine {
            // Its process id is one of Windows: the file of the last run must not be taken for this one's.
            let _none_at_first = fs::remove_file(self.data.join("engine.json"));
            let mut command = Command::new("wine");
            command.arg(program);
            command
        } else {
            let named = std::env::var_os("STALLCAST_BIN").map(PathBuf::from);
            Command::new(named.unwrap_or_else(|| built("stallcast")))
        };
        command
            .args(["run", "--data"])
            .arg(as_seen(&self.data))
            .args(&self.options.arguments)
            // Nothing of the person's who runs the tests: no keychain, no screen, no settings.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("STALLCAST_DATA")
            .env_remove("XDG_DATA_HOME")
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            // Scanning all plugins takes seconds; the result is the same for every engine.
            .env("GST_REGISTRY", registry)
            .envs(&self.options.env);
        let log = self.log_file();
        let mut process = Group::start_logged(&mut command, &log);
        self.running = eventually(PATIENCE, "the engine answers", || {
            if let Some(status) = process.ended() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("the engine ended: {status}\n{said}");
            }
            let running = Running::read(&self.data)?;
            // After a kill the file of the last run is still there.
            let is_this = under_wine.is_some() || running.pid == process.id();
            (is_this && health(running.port)).then_some(running)
        });
        self.process = Some(process);
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join(format!("engine-{}.log", self.starts))
    }

    /// What the present run of the engine wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Port of the API on loopback.
    pub fn port(&self) -> u16 {
        self.running.port
    }

    /// Token of the owner's session.
    pub fn token(&self) -> &str {
        &self.running.token
    }

    /// Process id on this system.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(self.running.pid, Group::id)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The recorded files, oldest first.
    pub fn recordings(&self) -> Vec<PathBuf> {
        oldest_first(&self.data.join("recordings"))
    }

    /// A session of the owner over the WebSocket.
    pub async fn session(&self) -> Session {
        Session::open(self.port(), self.token()).await
    }

    /// An HTTP request with the owner's token. `headers` are added as they are.
    pub fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> HttpAnswer {
        let bearer = format!("Bearer {}", self.token());
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        http(self.port(), method, path, &all, body).expect("the engine answers")
    }

    /// An HTTP request with exactly these headers besides `Host` (unless given) and
    /// `Content-Length`.
    pub fn http_as_stranger(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> HttpAnswer {
        http(self.port(), method, path, headers, body).expect("the engine answers")
    }

    /// Uploads a spreadsheet as the page does.
    pub fn import(&self, file_name: &str, bytes: &[u8]) -> HttpAnswer {
        self.http("POST", "/api/import", &[("x-file-name", file_name)], bytes)
    }

    /// As a crash or a power cut ends it: SIGKILL, nothing is closed.
    pub fn kill9(&mut self) {
        self.process = None;
    }

    /// Asks it to end (SIGTERM; Windows has none, there it is Ctrl+C) and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let process = self.process.as_ref().expect("the engine runs");
        process.signal(if wine::program().is_some() {
            Signal::SIGINT
        } else {
            Signal::SIGTERM
        });
        self.wait_for_end()
    }

    /// Waits until it has ended by itself, for example after a shutdown request.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the engine runs");
        eventually(PATIENCE, "the engine ends", || process.ended())
    }

    /// Starts it again on the same data folder, killing it first if it still runs.
    pub fn restart(&mut self) {
        self.kill9();
        self.launch();
    }
}

/// A program of the build that this test belongs to.
pub fn built(name: &str) -> PathBuf {
    // target/debug/deps/NAME-HASH -> target/debug/NAME
    let own = std::env::current_exe().unwrap();
    let file = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(
        file.is_file(),
        "{} is missing: cargo build -p stallcast-engine -p stallcast-desktop (or set STALLCAST_BIN to an engine)",
        file.display()
    );
    file
}

fn health(port: u16) -> bool {
    http(port, "GET", "/api/health", &[], b"")
        .is_ok_and(|answer| answer.status == 200 && answer.text() == "stallcast")
}

/// One request on a connection of its own, to `port` of this machine. `headers` are added as they are.
///
/// # Errors
/// When nobody answers there, or not in HTTP.
pub fn http(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<HttpAnswer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    let named = |name: &str| {
        headers
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    };
    if !named("host") {
        request += &format!("Host: 127.0.0.1:{port}\r\n");
    }
    request += &format!("Content-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    stream.write_all(request.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let broken = || std::io::Error::other("not an HTTP answer");
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or_else(broken)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let (first, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(HttpAnswer {
        status: status.ok_or_else(broken)?,
        headers: headers.to_owned(),
        body: answer[end + 4..].to_vec(),
    })
}
