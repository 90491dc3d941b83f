//! A newer version in the window of a package that looks for them: told of, stopped at a press, given up for a show, thrown
//! away when it is wrongly signed, and installed after the show by the system's own question. The package, its signature, the
//! server and the window are real; in the place of the system's question for a password stands a script that unpacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use stallcast_tests::stage::{end_show, go_live, put_destination};
use stallcast_tests::world::{Desktop, PATIENCE, RtmpServer, WebWindow, built, eventually, run};

const NEWER: &str = "9.9.9";
/// What a bundler writes over in the program that it packs for Debian, which the updater looks at.
const UNPACKED: &[u8] = b"__TAURI_BUNDLE_TYPE_VAR_UNK";
const OF_DEBIAN: &[u8] = b"__TAURI_BUNDLE_TYPE_VAR_DEB";
const OFFERED: &str = "[data-newer=offered]";
const WORK: &str = "[data-newer=work]";
const FAULT: &str = "[data-newer=offered] [role=alert]";
const INSTALL: &str = "[data-newer=offered] .button:not(.quiet)";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_newer_version_waits_for_the_show_and_is_installed_as_it_was_signed() {
    let desktop = Desktop::new();
    let home = desktop.home();
    let program = installed(home);
    let package = package(home);
    let (key, signature) = signed(home, &package, "ours");
    let (_, of_another) = signed(home, &package, "another");
    let server = Server::start(&package, &of_another);
    let path = format!(
        "{}:{}",
        question(home).display(),
        std::env::var("PATH").unwrap()
    );
    let window = desktop.open_program(
        &program,
        "older",
        [
            ("STALLCAST_UPDATE_ENDPOINT", &*server.url("latest.json")),
            ("STALLCAST_UPDATE_KEY", &*key),
            ("PATH", &*path),
        ],
    );

    // Told of, and nothing else.
    window.wait_for(OFFERED);
    assert!(window.text(OFFERED).unwrap().contains(NEWER));
    desktop.photograph("desktop-newer");
    assert_eq!(server.fetches(), 0);

    // Not of the key that this window was built with.
    window.click(INSTALL);
    window.wait_for(FAULT);
    let fault = window.text(FAULT).unwrap();
    assert!(
        fault.contains("没有 Stallcast 作者为这个版本做的签名"),
        "{fault}"
    );
    desktop.photograph("desktop-newer-unsigned");

    // Stopped at a press while it stands still.
    server.sign(&signature);
    server.stand_still(true);
    look_again(&window);
    window.click(INSTALL);
    server.waits();
    window.click(&format!("{WORK} .button"));
    window.wait_for(FAULT);
    let fault = window.text(FAULT).unwrap();
    assert!(fault.contains("已经停止下载"), "{fault}");
    server.is_left();

    // A show that begins meanwhile comes first, and nothing is offered in it.
    let platform = RtmpServer::start();
    let mut session = desktop.session().await;
    put_destination(&mut session, "one", &platform.url("live")).await;
    window.click(INSTALL);
    server.waits();
    go_live(&mut session, &["one"]).await;
    server.is_left();
    window.wait_for(".phase.live");
    eventually(PATIENCE, "nothing is offered on air", || {
        (!window.shows(OFFERED) && !window.shows(WORK)).then_some(())
    });
    desktop.photograph("desktop-newer-live");
    // Asked all the same, past the page.
    let refused = install_past_the_page(&window);
    assert!(refused.contains("replace_live"), "{refused}");
    end_show(&mut session).await;
    window.wait_for(FAULT);
    let fault = window.text(FAULT).unwrap();
    assert!(fault.contains("现在不能换用新版本：正在直播"), "{fault}");
    assert_eq!(asked(home), "", "nobody was asked for a password");

    // After it, at a press.
    let engine = desktop.engine().pid;
    drop(session);
    server.stand_still(false);
    let fetches = server.fetches();
    window.click(INSTALL);
    eventually(PATIENCE, "the newer one has begun", || {
        (fs::read_to_string(home.join("begun")).ok()?.trim() == NEWER).then_some(())
    });
    assert_eq!(server.fetches(), fetches + 1);
    let asked = asked(home);
    let words: Vec<_> = asked.split_whitespace().collect();
    assert!(matches!(words[..], ["dpkg", "-i", _]), "{asked}");
    let process = PathBuf::from(format!("/proc/{engine}"));
    assert!(!process.exists(), "the engine ended before");
    let of_package = home.join("package/usr/bin/stallcast-desktop");
    assert_eq!(fs::read(program).unwrap(), fs::read(of_package).unwrap());
}

/// Loads the page anew, which looks for newer versions when it is there.
fn look_again(window: &WebWindow) {
    window.script("window.isOld = true; location.reload()", json!([]));
    eventually(PATIENCE, "another page", || {
        let script = "return window.isOld !== true && document.readyState === 'complete'";
        (window.script(script, json!([])) == true).then_some(())
    });
    window.wait_for(OFFERED);
}

/// What the window's program answers to the command to install, whatever the page would do.
fn install_past_the_page(window: &WebWindow) -> String {
    let ask = "
        const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
        const told = `__CHANNEL__:${transformCallback(() => {})}`;
        invoke('install_update', { told }).then(
            () => { window.answered = 'installed'; },
            (refusal) => { window.answered = JSON.stringify(refusal); },
        );";
    window.script(ask, json!([]));
    eventually(PATIENCE, "an answer", || {
        let answer = window.script("return window.answered ?? null", json!([]));
        answer.as_str().map(str::to_owned)
    })
}

/// A system with the window's program in it, as a package for Debian has it.
fn installed(home: &Path) -> PathBuf {
    let folder = home.join("system/usr/bin");
    fs::create_dir_all(&folder).unwrap();
    let mut program = fs::read(built("stallcast-desktop-updater")).unwrap();
    let mut marks = 0;
    let mut from = 0;
    while let Some(at) = find(&program[from..], UNPACKED) {
        program[from + at..][..OF_DEBIAN.len()].copy_from_slice(OF_DEBIAN);
        from += at;
        marks += 1;
    }
    assert!(marks > 0, "the program does not say how it is packed");
    write_program(&folder.join("stallcast-desktop"), &program)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut first = 0;
    while let Some(at) = bytes[first..].iter().position(|byte| *byte == wanted[0]) {
        if bytes[first + at..].starts_with(wanted) {
            return Some(first + at);
        }
        first += at + 1;
    }
    None
}

fn write_program(path: &Path, bytes: &[u8]) -> PathBuf {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_owned()
}

/// The newer version's package, small: its program says that it has begun.
fn package(home: &Path) -> PathBuf {
    let folder = home.join("package");
    for inner in ["DEBIAN", "usr/bin"] {
        fs::create_dir_all(folder.join(inner)).unwrap();
    }
    let control = format!(
        "Package: stallcast\nVersion: {NEWER}\nArchitecture: all\nMaintainer: Tests <t@example.org>\nDescription: newer\n"
    );
    fs::write(folder.join("DEBIAN/control"), control).unwrap();
    let program = format!(
        "#!/bin/sh\necho {NEWER} >'{}'\n",
        home.join("begun").display()
    );
    write_program(
        &folder.join("usr/bin/stallcast-desktop"),
        program.as_bytes(),
    );
    let package = home.join("stallcast.deb");
    let [from, to] = [&folder, &package].map(|path| path.to_str().unwrap());
    run("dpkg-deb", ["--root-owner-group", "--build", from, to]);
    package
}

/// A new key and what it signs, with the tool that a maker of packages uses: the public key and the signature.
fn signed(home: &Path, package: &Path, name: &str) -> (String, String) {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/.bin/tauri");
    let tool = tool.to_str().unwrap();
    let key = home.join(name);
    let [key, package] = [&key, package].map(|path| path.to_str().unwrap());
    run(
        tool,
        ["signer", "generate", "--ci", "-p", "word", "-w", key],
    );
    let of_version = ["--app-version", NEWER, package];
    run(
        tool,
        ["signer", "sign", "-p", "word", "-f", key]
            .into_iter()
            .chain(of_version),
    );
    let read = |path: String| fs::read_to_string(path).unwrap().trim().to_owned();
    (read(format!("{key}.pub")), read(format!("{package}.sig")))
}

/// A folder with what stands in for the system's question for a password: it writes down what is asked, and unpacks.
fn question(home: &Path) -> PathBuf {
    let folder = home.join("question");
    fs::create_dir_all(&folder).unwrap();
    let home = home.display();
    let script = format!(
        "#!/bin/sh\necho \"$@\" >>'{home}/asked'\n[ \"$1 $2\" = 'dpkg -i' ] && exec dpkg-deb -x \"$3\" '{home}/system'\n"
    );
    write_program(&folder.join("pkexec"), script.as_bytes());
    folder
}

fn asked(home: &Path) -> String {
    fs::read_to_string(home.join("asked")).unwrap_or_default()
}

/// Where newer versions are told of and fetched.
struct Server {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    package: Vec<u8>,
    signature: Mutex<String>,
    stands_still: AtomicBool,
    fetches: AtomicU32,
    /// Connections that wait with half of the package.
    waiting: AtomicU32,
}

impl Server {
    fn start(package: &Path, signature: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            package: fs::read(package).unwrap(),
            signature: Mutex::new(signature.to_owned()),
            stands_still: AtomicBool::new(false),
            fetches: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
        });
        let of_server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&of_server);
                // Whoever leaves in the middle is no trouble.
                std::thread::spawn(move || shared.answer(stream, port));
            }
        });
        Self { port, shared }
    }

    fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    fn sign(&self, signature: &str) {
        signature.clone_into(&mut self.shared.signature.lock().unwrap());
    }

    fn stand_still(&self, on: bool) {
        self.shared.stands_still.store(on, Ordering::SeqCst);
    }

    fn fetches(&self) -> u32 {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    fn waits(&self) {
        self.waiting("half of it is fetched", 1);
    }

    fn is_left(&self) {
        self.waiting("the fetch is given up", 0);
    }

    fn waiting(&self, what: &str, count: u32) {
        let waiting = &self.shared.waiting;
        eventually(PATIENCE, what, || {
            (waiting.load(Ordering::SeqCst) == count).then_some(())
        });
    }
}

impl Shared {
    fn answer(&self, stream: TcpStream, port: u16) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let asked = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        // The rest of the question, to its empty line.
        while !lines
            .next()
            .unwrap_or_else(|| Ok(String::new()))?
            .is_empty()
        {}
        if asked.contains("/latest.json") {
            let url = format!("http://127.0.0.1:{port}/stallcast.deb");
            let signature = self.signature.lock().unwrap().clone();
            let arch = std::env::consts::ARCH;
            let body = json!({
                "version": NEWER,
                "notes": "A card comes one frame sooner.",
                "platforms": { format!("linux-{arch}-deb"): { "url": url, "signature": signature } },
            });
            return send(&stream, body.to_string().as_bytes(), |_| Ok(()));
        }
        self.fetches.fetch_add(1, Ordering::SeqCst);
        send(&stream, &self.package, |stream| {
            if !self.stands_still.load(Ordering::SeqCst) {
                return Ok(());
            }
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let left = until_left(stream);
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            left
        })
    }
}

/// Sends the body in two halves, with something between them.
fn send(
    mut stream: &TcpStream,
    body: &[u8],
    between: impl FnOnce(&TcpStream) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )?;
    let (first, second) = body.split_at(length / 2);
    stream.write_all(first)?;
    between(stream)?;
    stream.write_all(second)
}

/// Waits until the other one hangs up.
fn until_left(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(100)))?;
    loop {
        match stream.read(&mut [0]) {
            Ok(0) => return Err(ErrorKind::BrokenPipe.into()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
}
