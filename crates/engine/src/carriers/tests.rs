//! Destinations over SRT and WHIP with a real program's packets, against FFmpeg and servers that refuse.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stallcast_delivery::{
    DeliveryErrorCode as Code, Destination, DestinationSpec, DestinationStatus, Hub, Secret, State,
    TlsRoots,
};
use stallcast_media::program::{Program, ProgramSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::{Way, open};

/// A debug build on a busy machine takes its time.
const SOON: Duration = Duration::from_secs(60);

/// A program of slates that runs into a hub.
struct OnAir {
    hub: Hub,
    _program: Program,
}

fn on_air() -> OnAir {
    let hub = Hub::new();
    let mut spec = ProgramSpec::hd720();
    (spec.canvas.width, spec.canvas.height) = (320, 180);
    spec.encode.video_kbps = 400;
    let (events, _) = mpsc::channel(64);
    let output = Arc::new(crate::packets::to_hub(hub.clone()));
    let program = Program::start(spec, output, events).unwrap();
    OnAir {
        hub,
        _program: program,
    }
}

fn destination(id: &str, url: &str, key: &str, hub: &Hub) -> Destination {
    let spec = DestinationSpec {
        id: id.into(),
        url: url.into(),
        key: Secret::new(key),
        closing_deadline: None,
        tls_roots: TlsRoots::System,
        codec: Default::default(),
    };
    open(spec, hub.clone())
}

async fn wait(
    destination: &Destination,
    what: &str,
    condition: impl FnMut(&DestinationStatus) -> bool,
) -> DestinationStatus {
    let mut status = destination.status();
    let found = tokio::time::timeout(SOON, status.wait_for(condition)).await;
    match found {
        Ok(Ok(status)) => status.clone(),
        _ => panic!("{what}: {:?}", *destination.status().borrow()),
    }
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// An ffmpeg that receives over SRT, decodes and counts; ends with this value.
struct Ffmpeg {
    child: Child,
    frames: Arc<AtomicU64>,
    /// What it complained about.
    words: Arc<Mutex<String>>,
}

impl Ffmpeg {
    fn receive(url: &str) -> Self {
        let mut child = Command::new("ffmpeg")
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-nostdin",
                "-progress",
                "pipe:1",
            ])
            .args([
                "-probesize",
                "500000",
                "-analyzeduration",
                "1000000",
                "-i",
                url,
            ])
            .args(["-map", "0:v", "-map", "0:a", "-f", "null", "-"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (frames, words) = (Arc::<AtomicU64>::default(), Arc::<Mutex<String>>::default());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let counted = Arc::clone(&frames);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(count) = line.strip_prefix("frame=") {
                    counted.store(count.trim().parse().unwrap_or(0), Ordering::Relaxed);
                }
            }
        });
        let mut complaints = child.stderr.take().unwrap();
        let said = Arc::clone(&words);
        std::thread::spawn(move || {
            let mut part = [0; 1024];
            while let Ok(count @ 1..) = complaints.read(&mut part) {
                said.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&part[..count]));
            }
        });
        Self {
            child,
            frames,
            words,
        }
    }

    fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    async fn decoded(&self, count: u64) {
        until(&format!("{count} pictures decoded"), || {
            self.frames() >= count
        })
        .await;
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_address_tells_the_way() {
    for (url, way) in [
        ("rtmp://h/app", Way::Rtmp),
        ("RTMPS://h/app", Way::Rtmp),
        ("SRT://h:9000", Way::Srt),
        ("https://h/whip", Way::Whip),
        ("http://127.0.0.1/whip", Way::Whip),
        ("gopher://h", Way::Rtmp),
        ("", Way::Rtmp),
    ] {
        assert_eq!(Way::of(url), way, "{url}");
    }
    assert!(Way::Rtmp.needs_key() && !Way::Srt.needs_key() && !Way::Whip.needs_key());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_was_killed_is_called_again_and_begins_on_a_keyframe() {
    let on_air = on_air();
    let port = free_port();
    let listen = format!("srt://127.0.0.1:{port}?mode=listener");
    let first = Ffmpeg::receive(&listen);
    let target = destination("srt", &format!("srt://127.0.0.1:{port}"), "", &on_air.hub);
    wait(&target, "live", |s| s.state == State::Live).await;
    first.decoded(30).await;
    drop(first);
    wait(&target, "lost", |s| {
        matches!(s.state, State::Retrying { .. })
    })
    .await;
    let second = Ffmpeg::receive(&listen);
    // What it missed is told, with the figures that follow the news.
    let status = wait(&target, "live again", |s| {
        s.state == State::Live && s.frames_dropped > 0
    })
    .await;
    assert_eq!(status.reconnects, 1);
    second.decoded(60).await;
    let words = second.words.lock().unwrap().clone();
    assert!(
        !words.contains("non-existing") && !words.contains("no frame"),
        "{words}"
    );
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_receiver_costs_the_other_nothing() {
    let on_air = on_air();
    let (frozen_port, healthy_port) = (free_port(), free_port());
    let receive = |port: u16| Ffmpeg::receive(&format!("srt://127.0.0.1:{port}?mode=listener"));
    let (frozen, healthy) = (receive(frozen_port), receive(healthy_port));
    let target =
        |id: &str, port: u16| destination(id, &format!("srt://127.0.0.1:{port}"), "", &on_air.hub);
    let victim = target("victim", frozen_port);
    let other = target("other", healthy_port);
    for (target, peer) in [(&victim, &frozen), (&other, &healthy)] {
        wait(target, "live", |s| s.state == State::Live).await;
        peer.decoded(30).await;
    }
    frozen.signal("STOP");
    wait(&victim, "stalled", |s| s.state == State::Stalled).await;
    let behind = wait(&victim, "given up", |s| {
        matches!(s.state, State::Retrying { .. })
    })
    .await;
    assert_eq!(behind.last_error, Some(Code::Stalled));
    let before = healthy.frames();
    healthy.decoded(before + 60).await;
    let status = other.status().borrow().clone();
    assert_eq!(
        (status.frames_dropped, status.reconnects),
        (0, 0),
        "{status:?}"
    );
    assert_eq!(status.state, State::Live);
    frozen.signal("CONT");
    tokio::join!(victim.stop(), other.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_and_a_missing_one_are_told_and_the_right_one_works() {
    let on_air = on_air();
    let port = free_port();
    let peer = Ffmpeg::receive(&format!(
        "srt://127.0.0.1:{port}?mode=listener&passphrase=0123456789ab"
    ));
    let url = format!("srt://127.0.0.1:{port}");
    for key in ["not the passphrase", ""] {
        let target = destination("srt", &url, key, &on_air.hub);
        wait(&target, "the reason", |s| {
            s.last_error == Some(Code::WrongPassphrase)
        })
        .await;
        target.stop().await;
    }
    let target = destination("srt", &url, "0123456789ab", &on_air.hub);
    wait(&target, "live", |s| s.state == State::Live).await;
    peer.decoded(30).await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_us_is_served_one_after_the_other() {
    let on_air = on_air();
    let port = free_port();
    let url = format!("srt://127.0.0.1:{port}?mode=listener");
    let target = destination(
        "srt",
        &url,
        "streamid=orchard&passphrase=0123456789ab",
        &on_air.hub,
    );
    wait(&target, "waiting", |s| {
        s.last_error == Some(Code::WaitingForCaller)
    })
    .await;
    // Longer than libsrt's three seconds, in which a busy machine may not have listened again.
    let call = format!("srt://127.0.0.1:{port}?passphrase=0123456789ab&connect_timeout=60000");
    for round in 0..2 {
        let peer = Ffmpeg::receive(&call);
        let status = wait(&target, "live", |s| s.state == State::Live).await;
        assert_eq!((status.reconnects, status.last_error), (round, None));
        peer.decoded(30).await;
        drop(peer);
        wait(&target, "waiting again", |s| {
            s.state != State::Live && s.last_error == Some(Code::WaitingForCaller)
        })
        .await;
    }
    target.stop().await;
}

/// A web server that says the same to everybody.
async fn says(answer: &'static str) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/whip", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 16 * 1024];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whip_server_that_refuses_is_quoted() {
    let on_air = on_air();
    for (answer, code) in [
        (
            "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
            Code::NotAuthorized,
        ),
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            Code::NotFound,
        ),
        (
            "HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nv=0\n",
            Code::FormatRefused,
        ),
    ] {
        let (url, server) = says(answer).await;
        let target = destination("whip", &url, "token", &on_air.hub);
        wait(&target, answer, |s| s.last_error == Some(code.clone())).await;
        target.stop().await;
        server.abort();
    }
    let far = destination("whip", "http://whip.example/", "token", &on_air.hub);
    let status = wait(&far, "stopped", |s| s.state == State::Stopped).await;
    assert_eq!(status.last_error, Some(Code::NotSecure));
}
