//! A screen, a session bus and a home, with the desktop window on it. With `STALLCAST_TESTS_ROOT` the window is that of the
//! package that is installed in the system below that folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::engine::{Running, built};
use super::process::{Group, PATIENCE, eventually, oldest_first};
use super::session::Session;
use super::webdriver::WebWindow;
use super::xvfb::Xvfb;

/// A screen, a session bus and a home of the test's own, with what the window leaves running.
#[derive(Debug)]
pub struct Desktop {
    /// Where the programs' system begins, unless it is this one.
    root: Option<PathBuf>,
    home: TempDir,
    screen: Xvfb,
    bus: Group,
}

impl Desktop {
    /// A black screen of 1280x720, and nobody at home yet.
    #[allow(clippy::new_without_default, reason = "it starts servers")]
    pub fn new() -> Self {
        let root = std::env::var_os("STALLCAST_TESTS_ROOT").map(PathBuf::from);
        let home = match &root {
            Some(root) => tempfile::tempdir_in(root.join("tmp")),
            None => tempfile::tempdir(),
        }
        .unwrap();
        let bus_path = home.path().join("bus");
        let address = format!("--address=unix:path={}", bus_path.display());
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", &address]);
        let bus = Group::start_logged(&mut command, &home.path().join("bus.log"));
        eventually(PATIENCE, "the session bus is there", || {
            bus_path.exists().then_some(())
        });
        Self {
            root,
            home,
            screen: Xvfb::start(1280, 720),
            bus,
        }
    }

    /// The screen.
    pub fn screen(&self) -> &Xvfb {
        &self.screen
    }

    /// The home, as the tests see it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// What programs of this desktop find in their environment.
    fn env(&self) -> Vec<(&'static str, String)> {
        let home = match &self.root {
            Some(root) => Path::new("/").join(self.home.path().strip_prefix(root).unwrap()),
            None => self.home.path().to_owned(),
        };
        let home = home.display().to_string();
        vec![
            ("DISPLAY", self.screen.display().to_owned()),
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={home}/bus")),
            ("XDG_RUNTIME_DIR", home.clone()),
            ("STALLCAST_DATA", format!("{home}/data")),
            ("HOME", home),
            ("LANG", "C.UTF-8".to_owned()),
            // No accessibility bus is there to wait for.
            ("NO_AT_BRIDGE", "1".to_owned()),
        ]
    }

    /// A program of this desktop, of the system that the window is of.
    pub fn program(&self, name: &str) -> Command {
        let mut command = match &self.root {
            Some(root) => {
                let mut command = Command::new("chroot");
                command.arg(root).arg(name);
                command
            }
            None => Command::new(name),
        };
        for inherited in [
            "WAYLAND_DISPLAY",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
        ] {
            command.env_remove(inherited);
        }
        command.envs(self.env());
        command
    }

    /// Opens the window, as a person's desktop would.
    pub fn open(&self, log: &str) -> WebWindow {
        self.open_with(log, [])
    }

    /// The same, with more in its environment.
    pub fn open_with<const N: usize>(
        &self,
        log: &str,
        more: [(&'static str, &str); N],
    ) -> WebWindow {
        let program = match &self.root {
            Some(_) => PathBuf::from("/usr/bin/stallcast-desktop"),
            None => built("stallcast-desktop"),
        };
        self.open_program(&program, log, more)
    }

    /// Opens the window of this program.
    pub fn open_program<const N: usize>(
        &self,
        program: &Path,
        log: &str,
        more: [(&'static str, &str); N],
    ) -> WebWindow {
        let mut env = self.env();
        env.extend([
            ("TAURI_AUTOMATION", "true".to_owned()),
            ("TAURI_WEBVIEW_AUTOMATION", "true".to_owned()),
            ("STALLCAST_NO_KEYCHAIN", "1".to_owned()),
        ]);
        env.extend(more.map(|(name, value)| (name, value.to_owned())));
        let log = self.home.path().join(format!("window-{log}.log"));
        let root = self.root.as_deref();
        if root.is_none() {
            env.push(("STALLCAST_ENGINE", built("stallcast").display().to_string()));
        }
        WebWindow::open(program, env, &log, root)
    }

    /// The engine that the window started.
    pub fn engine(&self) -> Running {
        Running::read(&self.data()).expect("an engine runs")
    }

    /// A session of the owner with that engine.
    pub async fn session(&self) -> Session {
        let engine = self.engine();
        Session::open(engine.port, &engine.token).await
    }

    /// Whether a window of this title is on the screen.
    pub fn screen_shows(&self, title: &str) -> bool {
        self.screen.shows(title)
    }

    /// Keeps a picture of the whole screen in `tests/out`.
    pub fn photograph(&self, name: &str) {
        let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("out");
        fs::create_dir_all(&out).unwrap();
        self.screen.photograph(&out.join(format!("{name}.png")));
    }
}

impl Drop for Desktop {
    /// The engine outlives its window by design, so it is ended here.
    fn drop(&mut self) {
        if let Some(engine) = Running::read(&self.data())
            && let Ok(id) = i32::try_from(engine.pid)
        {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
        if std::thread::panicking() {
            let folders = [self.home.path().to_owned(), self.data()];
            let files = folders.iter().flat_map(|folder| oldest_first(folder));
            for file in files.filter(|file| file.extension().is_some_and(|it| it == "log")) {
                let said = fs::read_to_string(&file).unwrap_or_default();
                let tail: Vec<&str> = said.lines().rev().take(40).collect();
                eprintln!("== {}", file.display());
                tail.iter().rev().for_each(|line| eprintln!("{line}"));
            }
        }
        self.bus.kill();
    }
}
