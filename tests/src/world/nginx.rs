//! A real RTMP ingest server (nginx with libnginx-mod-rtmp) that records what it receives.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::Site;
use super::process::{Group, PATIENCE, eventually, free_port, oldest_first};

/// Applications that take every stream and record it.
const OPEN: [&str; 4] = ["live", "second", "third", "fourth"];
/// The application that refuses every publisher.
const CLOSED: &str = "closed";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/// nginx on a port of loopback with the applications `live`, `second`, `third` and `fourth`,
/// which record to FLV, and `closed`, which refuses publishers.
#[derive(Debug)]
pub struct RtmpServer {
    dir: TempDir,
    site: Option<Arc<Site>>,
    port: u16,
    process: Option<Group>,
}

impl RtmpServer {
    /// Starts it on loopback; it accepts connections when this returns.
    pub fn start() -> Self {
        Self::start_at(None)
    }

    /// Starts it behind a link, its own or one that others are behind too.
    pub fn start_behind(site: impl Into<Arc<Site>>) -> Self {
        Self::start_at(Some(site.into()))
    }

    fn start_at(site: Option<Arc<Site>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Self {
            port: free_port(),
            process: None,
            site,
            dir,
        };
        fs::write(server.config(), server.config_text()).unwrap();
        for app in OPEN {
            fs::create_dir_all(server.folder(app)).unwrap();
        }
        server.launch();
        server
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("nginx.conf")
    }

    /// Where an application's recordings are.
    pub fn folder(&self, app: &str) -> PathBuf {
        self.dir.path().join("recordings").join(app)
    }

    fn config_text(&self) -> String {
        let dir = self.dir.path().display();
        let apps: String = OPEN
            .iter()
            .map(|app| {
                format!(
                    "application {app} {{ live on; record all; record_unique on; \
                     record_path {dir}/recordings/{app}; }}\n"
                )
            })
            .collect();
        // One worker, so that freezing the group freezes the one that holds the connections; as
        // root it would else become `nobody` and not reach the folder.
        let user = if nix::unistd::geteuid().is_root() {
            "user root;"
        } else {
            ""
        };
        // A publisher whose link is gone is asked for a sign of life and let go, as platforms do; by default that
        // takes nginx a minute and a half, for which it refuses the same publisher's return.
        format!(
            "load_module {MODULE};\n{user}\ndaemon off;\nmaster_process on;\nworker_processes 1;\n\
             pid {dir}/nginx.pid;\nerror_log {dir}/error.log info;\n\
             events {{ worker_connections 64; }}\n\
             rtmp {{ server {{ listen {host}:{port}; chunk_size 4096;\n\
             ping 2s; ping_timeout 3s;\n{apps}\
             application {CLOSED} {{ live on; deny publish all; }}\n}} }}\n",
            host = self.host(),
            port = self.port,
        )
    }

    fn launch(&mut self) {
        assert!(
            Path::new(MODULE).exists(),
            "{MODULE} is missing: install libnginx-mod-rtmp"
        );
        const NGINX: &str = "/usr/sbin/nginx";
        let site = self.site.as_ref();
        let mut command = site.map_or_else(|| Command::new(NGINX), |site| site.command(NGINX));
        command
            .arg("-e")
            .arg(self.dir.path().join("error.log"))
            .arg("-c")
            .arg(self.config())
            .arg("-p")
            .arg(self.dir.path());
        let log = self.dir.path().join("nginx.out");
        let mut process = Group::start_logged(&mut command, &log);
        let address = (self.host(), self.port);
        eventually(PATIENCE, "nginx listens", || {
            if let Some(status) = process.ended() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("nginx ended: {status}: {said}");
            }
            TcpStream::connect(address).is_ok().then_some(())
        });
        self.process = Some(process);
    }

    /// Where it listens.
    pub fn host(&self) -> Ipv4Addr {
        let site = self.site.as_deref();
        site.map_or(Ipv4Addr::LOCALHOST, Site::address)
    }

    /// The link it is behind, if it is.
    pub fn site(&self) -> Option<&Site> {
        self.site.as_deref()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Address of an application, without a stream key.
    pub fn url(&self, app: &str) -> String {
        format!("rtmp://{}:{}/{app}", self.host(), self.port)
    }

    /// Address of the application that refuses every publisher.
    pub fn closed_url(&self) -> String {
        self.url(CLOSED)
    }

    /// All files recorded so far, application by application.
    pub fn recordings(&self) -> Vec<PathBuf> {
        let of_all = OPEN.iter().flat_map(|app| self.recordings_of(app));
        of_all.collect()
    }

    /// The files recorded for one application, oldest first. Every publishing makes a new one, named after its second.
    pub fn recordings_of(&self, app: &str) -> Vec<PathBuf> {
        oldest_first(&self.folder(app))
    }

    /// Waits until application `app` has recorded `bytes` in `count` files or more, and gives
    /// them.
    pub fn wait_for_recordings(&self, app: &str, count: usize, bytes: u64) -> Vec<PathBuf> {
        eventually(PATIENCE, "recordings at the ingest server", || {
            let found: Vec<PathBuf> = self
                .recordings_of(app)
                .into_iter()
                .filter(|path| fs::metadata(path).is_ok_and(|meta| meta.len() >= bytes))
                .collect();
            (found.len() >= count).then_some(found)
        })
    }

    /// Waits until somebody has published, everybody who did has hung up, and application `app` has recorded something;
    /// gives its files, to which nothing is added any more. Who published may be gone long before a busy machine's
    /// server has read all that was sent. For one that was never restarted: its log counts connections anew.
    pub fn finished_recordings(&self, app: &str) -> Vec<PathBuf> {
        eventually(PATIENCE, "every publisher has hung up", || {
            all_have_left(&self.log()).then_some(())
        });
        self.wait_for_recordings(app, 1, 1000)
    }

    /// What nginx wrote into its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default()
    }

    /// Freezes master and worker: connections stay open and nothing is read from them.
    pub fn freeze(&self) {
        self.running().freeze();
    }

    /// Ends [`RtmpServer::freeze`].
    pub fn thaw(&self) {
        self.running().thaw();
    }

    /// Kills it: connections are reset, new ones refused. What was recorded stays.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port.
    pub fn restart(&mut self) {
        self.kill();
        self.launch();
    }

    fn running(&self) -> &Group {
        self.process.as_ref().expect("the server runs")
    }
}

/// Whether somebody published and everybody who did has hung up, by lines like `… *3 publish: name=…` and
/// `… *3 disconnect, client: …`.
fn all_have_left(log: &str) -> bool {
    let who = |did: &str| {
        let found = log.lines().filter_map(|line| {
            let (_, said) = line.split_once('*')?;
            let (connection, what) = said.split_once(' ')?;
            what.starts_with(did).then_some(connection)
        });
        found.collect::<BTreeSet<&str>>()
    };
    let publishers = who("publish:");
    !publishers.is_empty() && publishers.is_subset(&who("disconnect"))
}
