//! nginx owns a real RTMP server in its own folder on its own port, recording to FLV.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::flv::{self, Tag};

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub struct Nginx {
    dir: TempDir,
    pub port: u16,
    child: Option<Child>,
    extra: String,
}

impl Nginx {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// `extra`: more directives for the application.
    pub async fn start_with(extra: &str) -> Self {
        let mut nginx = Self {
            dir: tempfile::tempdir().unwrap(),
            port: free_port(),
            child: None,
            extra: extra.to_owned(),
        };
        std::fs::create_dir(nginx.recordings()).unwrap();
        nginx.run().await;
        nginx
    }

    pub fn url(&self) -> String {
        format!("rtmp://127.0.0.1:{}/live", self.port)
    }

    fn recordings(&self) -> PathBuf {
        self.dir.path().join("rec")
    }

    async fn run(&mut self) {
        let root = self.dir.path().display();
        // One process, in the foreground: stopping it stops everything.
        let config = format!(
            "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
             daemon off; master_process off; pid {root}/pid; error_log {root}/error.log info;
             user root;
             events {{ worker_connections 64; }}
             rtmp {{ server {{ listen 127.0.0.1:{port}; chunk_size 4096;
               application live {{ live on; record all; record_path {root}/rec;
                 record_unique on; record_suffix -%s.flv; record_max_size 64M; {extra} }} }} }}",
            port = self.port,
            extra = self.extra,
        );
        let path = self.dir.path().join("nginx.conf");
        std::fs::write(&path, config).unwrap();
        let pid = self.dir.path().join("pid");
        let _of_the_one_before = std::fs::remove_file(&pid);
        let child = Command::new("nginx")
            .arg("-p")
            .arg(self.dir.path())
            .arg("-c")
            .arg(&path)
            .arg("-e")
            .arg(self.dir.path().join("error.log"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is needed");
        self.child = Some(child);
        let port = self.port;
        // Written when it has its port: whoever else answers there is not it.
        super::wait_until(super::SOON, "nginx", || async {
            pid.exists() && TcpStream::connect(("127.0.0.1", port)).is_ok()
        })
        .await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(child) = &self.child {
            kill(Pid::from_raw(child.id() as i32), signal).unwrap();
        }
    }

    /// The machine on the other side hangs; its kernel still answers.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub async fn restart(&mut self) {
        self.kill();
        self.run().await;
    }

    /// Recordings of a stream name, oldest first.
    pub fn files(&self, name: &str) -> Vec<PathBuf> {
        let mut files: Vec<(std::time::SystemTime, PathBuf)> = std::fs::read_dir(self.recordings())
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| file_starts(p, name))
            .map(|p| {
                let meta = p.metadata().unwrap();
                (meta.created().or(meta.modified()).unwrap(), p)
            })
            .collect();
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }

    pub fn recordings_of(&self, name: &str) -> Vec<Vec<Tag>> {
        self.files(name).iter().map(|p| flv::read(p)).collect()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default()
    }
}

fn file_starts(path: &Path, name: &str) -> bool {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    file.starts_with(&format!("{name}-"))
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
