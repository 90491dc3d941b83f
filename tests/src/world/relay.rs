//! A real nats-server and copies of the relay, as their operator starts them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::engine::{HttpAnswer, built, http};
use super::process::{Group, PATIENCE, eventually, free_port, listens, resident, run};

/// nats-server with JetStream on loopback; its store outlives its process.
#[derive(Debug)]
pub struct Nats {
    dir: TempDir,
    port: u16,
    process: Option<Group>,
}

impl Nats {
    /// Starts it; it accepts connections when this returns.
    pub fn start() -> Self {
        let mut nats = Self {
            dir: tempfile::tempdir().unwrap(),
            port: free_port(),
            process: None,
        };
        nats.launch();
        nats
    }

    fn launch(&mut self) {
        let log = self.dir.path().join("nats.log");
        let mut command = Command::new("nats-server");
        command
            .args([
                "-a",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-js",
                "-sd",
            ])
            .arg(self.dir.path().join("store"));
        self.process = Some(Group::start_logged(&mut command, &log));
        let port = self.port;
        eventually(PATIENCE, "nats-server listens", || {
            listens(port).then_some(())
        });
    }

    /// Kills it (SIGKILL) and starts it again over its store.
    pub fn restart(&mut self) {
        self.process = None;
        self.launch();
    }

    fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// A room that the operator makes: its id and its key.
    pub fn room(&self, name: &str) -> (String, String) {
        self.operator("add", name)
    }

    /// The room with another key.
    pub fn renew(&self, id: &str) -> (String, String) {
        self.operator("renew", id)
    }

    fn operator(&self, what: &str, which: &str) -> (String, String) {
        let program = relay().display().to_string();
        let words = ["--nats", &self.address(), "room", what, which].map(str::to_owned);
        let printed = run(&program, words);
        let of = |what: &str| {
            let line = printed.lines().find(|line| line.starts_with(what));
            let value = line.and_then(|line| line.split_whitespace().nth(1));
            value.unwrap().to_owned()
        };
        (of("room"), of("key"))
    }
}

fn relay() -> PathBuf {
    built("stallcast-relay")
}

/// One copy of the relay.
#[derive(Debug)]
pub struct Relay {
    dir: TempDir,
    nats: String,
    port: u16,
    process: Option<Group>,
}

impl Relay {
    /// Starts a copy over this NATS; it can do its work when this returns.
    pub fn start(nats: &Nats) -> Self {
        let mut copy = Self {
            dir: tempfile::tempdir().unwrap(),
            nats: nats.address(),
            port: free_port(),
            process: None,
        };
        copy.launch();
        copy
    }

    fn launch(&mut self) {
        let log = self.dir.path().join("relay.log");
        let mut command = Command::new(relay());
        command
            .args(["--nats", &self.nats, "serve", "--listen"])
            .arg(format!("127.0.0.1:{}", self.port));
        let mut process = Group::start_logged(&mut command, &log);
        let port = self.port;
        eventually(PATIENCE, "the relay is well", || {
            if let Some(status) = process.ended() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("the relay ended: {status}: {said}");
            }
            let health = http(port, "GET", "/health", &[], b"").ok()?;
            (health.status == 200).then_some(())
        });
        self.process = Some(process);
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port.
    pub fn restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has in memory, bytes.
    pub fn resident(&self) -> u64 {
        resident(self.process.as_ref().expect("the copy runs").id())
    }

    /// Its address for a studio.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Pushes a webhook to it.
    pub fn push(
        &self,
        room: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> HttpAnswer {
        let path = format!("/hook/{room}/{kind}");
        http(self.port, "POST", &path, headers, body).expect("the relay answers")
    }
}
