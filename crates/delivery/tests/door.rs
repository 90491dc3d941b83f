//! The door with real and hostile callers: FFmpeg as the phone, strangers, babblers, silent ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stallcast_delivery::door::{Arrival, Door, Room};
use stallcast_delivery::{Inbound, InboundCodec, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Longer than anything here takes on a loaded machine.
const SOON: Duration = Duration::from_secs(60);
const KEY: &str = "peach-orchard-91";

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Arrival>>>);

impl Heard {
    fn room(&self, id: &str, key: &str) -> Room {
        let own = self.clone();
        Room {
            id: id.to_owned(),
            key: Secret::new(key),
            take: Arc::new(move |arrival| own.0.lock().unwrap().push(arrival)),
        }
    }

    fn count(&self, wanted: impl Fn(&Arrival) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|a| wanted(a)).count()
    }

    fn frames(&self, wanted: InboundCodec) -> usize {
        self.count(
            |a| matches!(a, Arrival::Media(Inbound::Frame { codec, .. }) if *codec == wanted),
        )
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = timeout(SOON, async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

async fn open(rooms: Vec<Room>) -> Door {
    let everybody = Arc::new(|from: IpAddr| from.is_loopback());
    let door = Door::open(0, everybody).await.unwrap();
    door.set_rooms(rooms);
    door
}

struct Phone(Child);

impl Phone {
    /// FFmpeg with picture and sound at their own pace, for ever.
    fn publish(port: u16, name: &str) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-v", "error", "-re", "-f", "lavfi"])
            .args(["-i", "testsrc2=s=320x180:r=30"])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "30"])
            .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv"])
            .arg(format!("rtmp://127.0.0.1:{port}/live/{name}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg is needed");
        Self(child)
    }

    fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_knows_the_name_is_heard_and_one_that_does_not_is_refused() {
    let heard = Heard::default();
    let door = open(vec![heard.room("phone", KEY)]).await;
    let mut stranger = Phone::publish(door.port(), "guess");
    until("the stranger is turned away", || {
        stranger.0.try_wait().unwrap().is_some()
    })
    .await;
    assert!(heard.0.lock().unwrap().is_empty());
    assert_eq!(door.guest("phone"), None);

    let phone = Phone::publish(door.port(), KEY);
    until("picture and sound", || {
        heard.frames(InboundCodec::H264) >= 30 && heard.frames(InboundCodec::Aac) >= 30
    })
    .await;
    let guest = door.guest("phone").unwrap();
    assert_eq!(guest.from, IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert!(!guest.foreign);
    {
        let all = heard.0.lock().unwrap();
        assert_eq!(all[0], Arrival::Began);
        let times: Vec<u32> = all
            .iter()
            .filter_map(|a| match a {
                Arrival::Media(Inbound::Frame {
                    codec: InboundCodec::Aac,
                    dts_ms,
                    ..
                }) => Some(*dts_ms),
                _ => None,
            })
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        // 1024 samples at 48 kHz are 21.3 ms.
        let span = times[times.len() - 1] - times[0];
        let ideal = (times.len() - 1) as f64 * 1024.0 / 48.0;
        assert!((f64::from(span) - ideal).abs() < 5.0, "{span} {ideal}");
    }
    drop(phone);
    until("the end is noticed", || {
        heard.count(|a| *a == Arrival::Ended) == 1
    })
    .await;
    assert_eq!(door.guest("phone"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_phone_waits_until_the_first_is_gone_or_silent() {
    // A first that is held up for two seconds just when the second asks is silent, and rightly gives way: anew then.
    let mut refused = None;
    for _ in 0..5 {
        let heard = Heard::default();
        let door = open(vec![heard.room("phone", KEY)]).await;
        let first = Phone::publish(door.port(), KEY);
        until("the first", || heard.frames(InboundCodec::H264) > 0).await;
        let mut second = Phone::publish(door.port(), KEY);
        until("the second is refused or let in", || {
            second.ended() || heard.count(|a| *a == Arrival::Began) > 1
        })
        .await;
        if heard.count(|a| *a == Arrival::Began) == 1 {
            refused = Some((heard, door, first));
            break;
        }
    }
    let (heard, door, first) = refused.expect("the second is refused");

    // The first phone's battery dies: no goodbye, the connection stands.
    let pid = i32::try_from(first.0.id()).unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGSTOP,
    )
    .unwrap();
    let taken_over = timeout(SOON, async {
        loop {
            let mut third = Phone::publish(door.port(), KEY);
            while !third.ended() {
                if heard.count(|a| *a == Arrival::Began) == 2 {
                    return third;
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
    })
    .await;
    let third = taken_over.expect("the silent one gives way");
    let before = heard.frames(InboundCodec::H264);
    until("pictures of the third", || {
        heard.frames(InboundCodec::H264) > before + 10
    })
    .await;
    drop((first, third));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_closes_turns_its_publisher_out_and_frees_its_port() {
    let heard = Heard::default();
    let door = open(vec![heard.room("phone", KEY)]).await;
    let port = door.port();
    let mut phone = Phone::publish(port, KEY);
    until("the phone", || heard.frames(InboundCodec::H264) > 0).await;
    drop(door);
    until("the phone is turned out", || {
        phone.0.try_wait().unwrap().is_some()
    })
    .await;
    let again = timeout(SOON, async {
        loop {
            match Door::open(port, Arc::new(|_| true)).await {
                Ok(door) => return door,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    });
    assert_eq!(again.await.unwrap().port(), port);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_babblers_and_silent_ones_cost_a_publisher_nothing() {
    let heard = Heard::default();
    let door = open(vec![heard.room("phone", KEY)]).await;
    let port = door.port();
    let phone = Phone::publish(port, KEY);
    until("the phone", || heard.frames(InboundCodec::H264) > 0).await;
    // More than there is room for, none of which says a word.
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    // Those beyond the limit are closed at once.
    let closed = timeout(SOON, async {
        loop {
            for stream in &mut silent {
                let mut byte = [0];
                let read = timeout(Duration::from_millis(5), stream.read(&mut byte));
                if let Ok(Ok(0) | Err(_)) = read.await {
                    return;
                }
            }
        }
    });
    assert!(closed.await.is_ok(), "nobody was turned away");
    drop(silent);
    for talk in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[3; 4000],
        &[0xFF; 100_000],
        &[0; 200_000],
    ] {
        let gone = timeout(SOON, async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = stream.write_all(talk).await;
            let _ = stream.shutdown().await;
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
        });
        assert!(gone.await.is_ok(), "a babbler is still served");
    }
    let before = heard.frames(InboundCodec::H264);
    until("the phone goes on", || {
        heard.frames(InboundCodec::H264) > before + 30
    })
    .await;
    assert_eq!(heard.count(|a| *a == Arrival::Began), 1);
    drop(phone);
}
