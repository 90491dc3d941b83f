//! Child processes that end with their owner, the ports they listen on, and waiting for what they bring about.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long anything may take on a slow and busy machine before a test believes that it never comes. Nothing is proven
/// by it: what has to be quick is measured.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process and all it starts, in a process group of their own that is killed on drop.
#[derive(Debug)]
pub struct Group {
    child: Child,
    what: String,
}

impl Group {
    /// Starts `command` as leader of a new process group.
    pub fn start(command: &mut Command) -> Self {
        let what = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{what} cannot be started: {error}"));
        Self { child, what }
    }

    /// As [`Group::start`], with what the process says written to `log`.
    pub fn start_logged(command: &mut Command, log: &Path) -> Self {
        let out = File::create(log).unwrap();
        command.stdout(out.try_clone().unwrap()).stderr(out);
        Self::start(command)
    }

    /// Id of the leader, which is the group's id too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the whole group. A group that is gone already is no error.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        match killpg(id, signal) {
            Ok(()) | Err(Errno::ESRCH | Errno::EPERM) => {}
            Err(error) => panic!("{signal} to {}: {error}", self.what),
        }
    }

    /// Stops the whole group where it stands (SIGSTOP); nothing of it runs any more when this returns.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        eventually(PATIENCE, "the group stands still", || {
            self.stands_still().then_some(())
        });
    }

    /// Whether no thread of the group can run: the signal only asks, a thread stops when it next comes out of the
    /// kernel.
    fn stands_still(&self) -> bool {
        let threads = std::fs::read_dir("/proc").unwrap().flatten();
        let threads = threads.filter_map(|process| process.path().join("task").read_dir().ok());
        threads.flatten().flatten().all(|thread| {
            // One that is gone meanwhile does not run.
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // Behind the name in brackets: state, parent, group.
            let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
            let mut fields = fields.split(' ');
            let state = fields.next().unwrap_or_default();
            let group = fields.nth(1).and_then(|id| id.parse().ok());
            group != Some(self.id()) || matches!(state, "T" | "t" | "Z" | "X")
        })
    }

    /// Lets a frozen group run on (SIGCONT).
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Kills the whole group at once (SIGKILL) and takes the leader off the process table.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }

    /// The leader's exit status once it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process has in memory, bytes.
pub fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() << 10
}

/// Asks `found` again and again until it has an answer. Panics after `patience` with `what`.
pub fn eventually<T>(patience: Duration, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = found() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        pause();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "other processes cannot be awaited: their traces are looked for 50 times a second"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// A port of loopback that nobody uses, neither over TCP nor over UDP. It lies below those that the system gives to
/// outgoing connections: one of these could take it before whoever it is for listens there, or while a server that died
/// is not back yet.
pub fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const PORTS: u32 = 20_000;
    /// Tests run in processes next to each other: each has a stretch of its own to begin in.
    const STRETCH: u32 = 61;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..PORTS {
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        let place = std::process::id().wrapping_mul(STRETCH).wrapping_add(asked) % PORTS;
        let port = u16::try_from(FIRST + place).unwrap();
        let at = (Ipv4Addr::LOCALHOST, port);
        if TcpListener::bind(at).is_ok() && UdpSocket::bind(at).is_ok() {
            return port;
        }
    }
    panic!("no port of loopback is free");
}

/// Whether somebody listens on this port of loopback.
pub fn listens(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Runs a program to its end; its standard output. Panics when it fails.
pub fn run<I, S>(program: &str, arguments: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The files in a folder, oldest first: by age, then by name. None when there is no such folder.
pub fn oldest_first(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort_by_key(|path| {
        let made = std::fs::metadata(path).and_then(|meta| meta.created()).ok();
        (made, path.clone())
    });
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_group_stands_still_and_a_thawed_one_does_not() {
        let endless = ["-c", "while :; do :; done & while :; do :; done"];
        let group = Group::start(Command::new("sh").args(endless));
        assert!(!group.stands_still());
        group.freeze();
        assert!(group.stands_still());
        group.thaw();
        eventually(PATIENCE, "it runs on", || {
            (!group.stands_still()).then_some(())
        });
    }

    #[test]
    fn every_port_is_another_one_and_free() {
        let ports = [free_port(), free_port(), free_port()];
        let listeners = ports.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
        assert!(listeners.iter().all(Result::is_ok), "{listeners:?}");
    }
}
