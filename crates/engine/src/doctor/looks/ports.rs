//! The ports that the studio listens on: free, its own, or whose.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use serde_json::Value;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart, RuntimeFile};

use crate::folders::Folders;
use crate::obs;

/// A port that is kept for something.
struct Kept {
    port: u16,
    what_for: &'static str,
    /// Whether somebody waits at it: it was switched on.
    is_needed: bool,
    /// Listened on by all addresses, not only by loopback.
    is_open: bool,
}

pub fn see(data: &Path) -> Vec<DoctorLine> {
    let folders = Folders::named(data.to_owned());
    let running = RuntimeFile::read(&folders.runtime_file());
    let lines = kept(&folders).into_iter().map(|kept| {
        let line = |code| {
            let line = DoctorLine::new(DoctorPart::Ports, code);
            line.with("port", kept.port).with("for_word", kept.what_for)
        };
        if is_free(&kept) {
            return line(Code::PortFree);
        }
        let holder = holder(kept.port);
        let engine = running.as_ref();
        let is_ours = match &holder {
            Some((pid, _)) => engine.is_some_and(|engine| engine.pid == *pid),
            // Whose it is cannot be known here: an engine that runs has its own.
            None => engine.is_some_and(|engine| engine.port == kept.port || kept.is_needed),
        };
        if is_ours {
            return line(Code::PortOurs);
        }
        let code = if kept.is_needed {
            Code::PortBlocks
        } else {
            Code::PortTaken
        };
        line(code).with(
            "by",
            holder.map_or_else(|| "?".to_owned(), |(_, name)| name),
        )
    });
    lines.collect()
}

fn is_free(kept: &Kept) -> bool {
    let at = if kept.is_open {
        Ipv4Addr::UNSPECIFIED
    } else {
        Ipv4Addr::LOCALHOST
    };
    TcpListener::bind((at, kept.port)).is_ok()
}

fn kept(folders: &Folders) -> Vec<Kept> {
    let port = |value: &Value| {
        let port = value.as_u64().and_then(|port| u16::try_from(port).ok());
        port.filter(|port| *port > 0)
    };
    let mut found = Vec::new();
    if let Some(port) = port(&file(&folders.address_file())["port"]) {
        found.push(Kept {
            port,
            what_for: "port_studio",
            is_needed: false,
            is_open: false,
        });
    }
    let team = file(&folders.team_file());
    if let Some(port) = port(&team["settings"]["port"]) {
        found.push(Kept {
            port,
            what_for: "port_team",
            is_needed: team["settings"]["on"] == true,
            is_open: true,
        });
    }
    let obs = file(&folders.obs_file());
    found.push(Kept {
        port: obs::PORT,
        what_for: "port_obs",
        is_needed: obs["on"] == true,
        is_open: false,
    });
    let phones = file(&folders.phones_file());
    for name in ["rtmp_port", "whip_port"] {
        if let Some(port) = port(&phones[name]) {
            found.push(Kept {
                port,
                what_for: "port_phones",
                is_needed: false,
                is_open: true,
            });
        }
    }
    found
}

/// What a file of settings holds; nothing of it is told but ports.
fn file(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Who listens on a port: its process and its name, where the system tells.
#[cfg(target_os = "linux")]
fn holder(port: u16) -> Option<(u32, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let texts = tables.map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> = texts
        .iter()
        .flat_map(|text| listeners(text, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut processes =
        processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = processes.find(|pid| {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd"));
        let open = open.into_iter().flatten().flatten();
        let mut links = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        links.any(|link| sockets.iter().any(|socket| link.as_os_str() == &**socket))
    })?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some((pid, name.trim().to_owned()))
}

#[cfg(not(target_os = "linux"))]
fn holder(_port: u16) -> Option<(u32, String)> {
    None
}

/// Inodes of sockets that listen on a port, from a table of the kernel.
#[cfg(target_os = "linux")]
fn listeners(table: &str, port: u16) -> Vec<String> {
    const LISTENS: &str = "0A";
    let rows = table.lines().skip(1).filter_map(|row| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let (_, own) = columns.get(1)?.rsplit_once(':')?;
        let is_it = u16::from_str_radix(own, 16) == Ok(port) && *columns.get(3)? == LISTENS;
        is_it.then(|| columns.get(9).map(|inode| (*inode).to_owned()))?
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(data: &Path, what_for: &str) -> DoctorLine {
        let lines = see(data).into_iter();
        let mut lines = lines.filter(|line| line.params["for_word"] == what_for);
        let line = lines.next().unwrap();
        assert_eq!(lines.next(), None);
        line
    }

    #[test]
    fn a_port_that_somebody_else_has_is_told_with_their_name() {
        let data = tempfile::tempdir().unwrap();
        let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let settings = |on: bool| {
            let text = format!(r#"{{"settings":{{"on":{on},"port":{port}}},"members":[]}}"#);
            std::fs::write(data.path().join("team.json"), text).unwrap();
        };
        settings(false);
        assert_eq!(only(data.path(), "port_team").code, Code::PortTaken);
        settings(true);
        let line = only(data.path(), "port_team");
        assert_eq!(line.code, Code::PortBlocks);
        assert_eq!(line.params["port"], port.to_string());
        #[cfg(target_os = "linux")]
        {
            let own = std::fs::read_to_string("/proc/self/comm").unwrap();
            assert_eq!(line.params["by"], own.trim());
        }
        // The same when it is the engine that runs here.
        let running = RuntimeFile {
            port: 1,
            token: "t".into(),
            pid: std::process::id(),
            version: "0".into(),
        };
        let file = data.path().join(stallcast_wire::RUNTIME_FILE);
        crate::runtime_file::write(&running, &file).unwrap();
        assert_eq!(only(data.path(), "port_team").code, Code::PortOurs);
        drop(held);
        assert_eq!(only(data.path(), "port_team").code, Code::PortFree);
    }
}
