//! A real chat server (ngIRCd), in clear and over TLS, and people who talk on it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::process::{Group, PATIENCE, eventually, free_port, listens, run};

/// ngIRCd on loopback.
#[derive(Debug)]
pub struct Ircd {
    dir: TempDir,
    port: u16,
    tls_port: u16,
    process: Option<Group>,
}

impl Ircd {
    /// Starts it; it accepts connections on both ports when this returns.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let (key, certificate) = (path("key.pem"), path("cert.pem"));
        run(
            "openssl",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
             -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
                .split_whitespace()
                .map(str::to_owned)
                .chain(["-keyout".into(), key, "-out".into(), certificate]),
        );
        let mut server = Self {
            port: free_port(),
            tls_port: free_port(),
            dir,
            process: None,
        };
        fs::write(server.config(), server.config_text()).unwrap();
        server.launch();
        server
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("ngircd.conf")
    }

    fn config_text(&self) -> String {
        let (port, tls_port) = (self.port, self.tls_port);
        let certificate = self.certificate();
        let (certificate, key) = (certificate.display(), self.dir.path().join("key.pem"));
        // As root it would become `nobody`, who cannot read the key.
        format!(
            "[Global]\nName = chat.test.invalid\nInfo = test\nListen = 127.0.0.1\nPorts = {port}\n\
             ServerUID = {uid}\nServerGID = {gid}\nMotdPhrase = hello\n\
             [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\nPingTimeout = 3600\n\
             [Options]\nDNS = no\nIdent = no\nPAM = no\nSyslogFacility = user\n\
             [SSL]\nCertFile = {certificate}\nKeyFile = {key}\nPorts = {tls_port}\n",
            uid = nix::unistd::geteuid(),
            gid = nix::unistd::getegid(),
            key = key.display(),
        )
    }

    fn launch(&mut self) {
        let log = self.dir.path().join("ngircd.log");
        let mut command = Command::new("/usr/sbin/ngircd");
        command.arg("-n").arg("-f").arg(self.config());
        let mut process = Group::start_logged(&mut command, &log);
        let (port, tls_port) = (self.port, self.tls_port);
        eventually(PATIENCE, "ngircd listens", || {
            if let Some(status) = process.ended() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("ngircd ended: {status}: {said}");
            }
            (listens(port) && listens(tls_port)).then_some(())
        });
        self.process = Some(process);
    }

    /// The port in clear.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port with TLS.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The self-signed certificate of `localhost` and 127.0.0.1 (PEM).
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    /// Kills it (connections are reset) and starts it again on the same ports.
    pub fn restart(&mut self) {
        self.process = None;
        self.launch();
    }

    /// Somebody with this nickname who has joined `channel` (with its `#`).
    pub fn speaker(&self, nick: &str, channel: &str) -> Speaker {
        let mut speaker = self.outsider(nick, channel);
        speaker.send(&format!("JOIN {channel}"));
        speaker.until(" 366 ");
        speaker
    }

    /// Somebody who speaks to `channel` without having joined it, and so hears nothing of it.
    pub fn outsider(&self, nick: &str, channel: &str) -> Speaker {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut speaker = Speaker {
            reader: BufReader::new(stream.try_clone().unwrap()),
            stream,
            channel: channel.to_owned(),
        };
        speaker.send(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"));
        speaker.until(" 001 ");
        speaker
    }
}

/// Somebody on a channel.
#[derive(Debug)]
pub struct Speaker {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    channel: String,
}

impl Speaker {
    /// Says something on the channel.
    pub fn say(&mut self, text: &str) {
        self.send(&format!("PRIVMSG {} :{text}", self.channel));
    }

    /// Waits until the server sends a line that contains `part`; that line.
    pub fn until(&mut self, part: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let count = self.reader.read_line(&mut line).unwrap();
            assert!(count > 0, "the chat server hung up before {part:?}");
            if let Some(token) = line.trim_end().strip_prefix("PING ") {
                self.send(&format!("PONG {token}"));
            }
            if line.contains(part) {
                return line.trim_end().to_owned();
            }
        }
    }

    fn send(&mut self, line: &str) {
        self.stream
            .write_all(format!("{line}\r\n").as_bytes())
            .unwrap();
    }
}
