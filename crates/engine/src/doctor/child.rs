//! A part of the doctor in a process of its own: started, waited for, and killed with all it started when it takes too
//! long, or when whoever asked is gone.

use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::{Asked, LOOK};

/// No part says more than this.
const MOST_SAID: u64 = 1 << 20;

/// Why a part has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It took longer than it may.
    TimedOut {
        /// What it may.
        seconds: u64,
    },
    /// Its process ended before it said anything.
    Crashed {
        /// By what: a signal or an exit code.
        how: String,
    },
    /// It could not look.
    Said {
        /// Why.
        cause: String,
    },
}

/// Asks a part; what it wrote as the last line of its standard output.
pub async fn ask<T: DeserializeOwned>(
    asked: &Asked,
    what: &str,
    within: Duration,
) -> Result<T, Failure> {
    let mut command = Command::new(&asked.program);
    command.arg(LOOK).arg(what).arg("--data").arg(&asked.data);
    if asked.light {
        command.arg("--light");
    }
    // Causes in one language: they stand in sentences of two.
    command.env("LC_ALL", "C.UTF-8").env("LANGUAGE", "C");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    // `CREATE_NO_WINDOW` (Win32 process creation flags): no black windows come and go.
    #[cfg(windows)]
    command.creation_flags(0x0800_0000);
    let _turn = asked.turns.acquire().await;
    let mut child = command.spawn().map_err(|error| Failure::Said {
        cause: error.to_string(),
    })?;
    let family = Family::of(&child);
    // Open for as long as somebody waits for it: see `end_with_who_asked`. To wait for a child would close it.
    let _open = child.stdin.take();
    let waited = tokio::time::timeout(within, wait(&mut child)).await;
    let Ok(waited) = waited else {
        drop(family);
        if let Err(error) = child.kill().await {
            tracing::debug!(%error, "a part of the doctor is gone already");
        }
        let seconds = within.as_secs();
        return Err(Failure::TimedOut { seconds });
    };
    family.leave();
    let (text, how) = waited.map_err(|error| Failure::Said {
        cause: error.to_string(),
    })?;
    // Drivers print before it.
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let said = last.and_then(|line| serde_json::from_str::<Result<T, String>>(line).ok());
    match said {
        Some(said) => said.map_err(|cause| Failure::Said { cause }),
        None => Err(Failure::Crashed { how }),
    }
}

/// In the process of a part: ends it, with whatever it started, when its standard input closes. Whoever asked closes it by
/// ending, however that happens, and also while a driver hangs that this process called.
pub fn end_with_who_asked() {
    let watch = || {
        let mut input = std::io::stdin().lock();
        // An error is an end, too. Nothing is ever said here.
        let _ended = std::io::copy(&mut input, &mut std::io::sink());
        #[cfg(unix)]
        {
            use nix::sys::signal::{Signal, killpg};
            use nix::unistd::{getpgrp, getpid};
            if getpgrp() == getpid() {
                // Itself, too.
                let _gone = killpg(getpgrp(), Signal::SIGKILL);
            }
        }
        std::process::exit(1);
    };
    let started = std::thread::Builder::new().name("who-asked".to_owned());
    if let Err(error) = started.spawn(watch) {
        tracing::warn!(%error, "a part of the doctor may outlive it");
    }
}

/// What it said until it ended, and how it ended.
async fn wait(child: &mut Child) -> std::io::Result<(String, String)> {
    let mut bytes = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(MOST_SAID).read_to_end(&mut bytes).await?;
    }
    let status = child.wait().await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((text, status.to_string()))
}

/// A part with whatever it started: killed when this is dropped before it ended.
struct Family {
    leader: Option<u32>,
}

impl Family {
    fn of(child: &Child) -> Self {
        Self { leader: child.id() }
    }

    /// It ended by itself.
    fn leave(mut self) {
        self.leader = None;
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        let Some(leader) = self.leader else { return };
        #[cfg(unix)]
        if let Ok(leader) = i32::try_from(leader) {
            let group = nix::unistd::Pid::from_raw(leader);
            if let Err(error) = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL) {
                tracing::debug!(%error, "a part of the doctor is gone already");
            }
        }
        // There it is killed alone, when its handle is dropped.
        #[cfg(not(unix))]
        let _ = leader;
    }
}
