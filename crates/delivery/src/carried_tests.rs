//! What holds for every carried destination, over lines that the tests play themselves, on a paused clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::*;
use crate::destination::Destination;
use crate::hub::Hub;
use crate::packet::{AudioFormat, Packet, VideoCodec, VideoFormat};
use crate::supervisor::DestinationStatus;

/// What the peer of the tests does to the next line; shared with the test.
#[derive(Debug, Default)]
struct Peer {
    /// Outcomes of the next calls; none left means that the call hangs.
    calls: VecDeque<Result<(), Code>>,
    lines: Vec<Vec<(u64, bool, LineTimes)>>,
    wants_more: bool,
    silent_for: Option<Duration>,
    called: usize,
    ended: usize,
    hang_up: Option<mpsc::Sender<Code>>,
}

#[derive(Clone)]
struct Played {
    peer: Arc<Mutex<Peer>>,
    calling: Calling,
}

struct PlayedLine {
    peer: Arc<Mutex<Peer>>,
    number: usize,
    hung_up: mpsc::Receiver<Code>,
}

impl Carrier for Played {
    type Line = PlayedLine;

    fn calling(&self) -> Calling {
        self.calling
    }

    fn patience(&self) -> Patience {
        Patience {
            warning: Duration::from_secs(1),
            reconnect: Duration::from_secs(3),
        }
    }

    async fn connect(&mut self, _format: &StreamFormat) -> Result<PlayedLine, Code> {
        let outcome = {
            let mut peer = self.peer.lock().unwrap();
            peer.called += 1;
            peer.calls.pop_front()
        };
        match outcome {
            None => std::future::pending().await,
            Some(Err(error)) => Err(error),
            Some(Ok(())) => {
                let (hang_up, hung_up) = mpsc::channel(1);
                let mut peer = self.peer.lock().unwrap();
                peer.hang_up = Some(hang_up);
                peer.silent_for = None;
                peer.lines.push(Vec::new());
                Ok(PlayedLine {
                    peer: Arc::clone(&self.peer),
                    number: peer.lines.len() - 1,
                    hung_up,
                })
            }
        }
    }
}

impl Line for PlayedLine {
    fn set_format(&mut self, _format: &StreamFormat) {}

    fn put(&mut self, packet: &Packet, times: LineTimes) {
        if packet.track == Track::Video {
            let number = u64::from_be_bytes(packet.data[..8].try_into().unwrap());
            let mut peer = self.peer.lock().unwrap();
            peer.lines[self.number].push((number, packet.keyframe, times));
        }
    }

    fn look(&mut self) -> LineView {
        let peer = self.peer.lock().unwrap();
        LineView {
            sent_bytes: peer.lines[self.number].len() as u64 * 1000,
            waiting_ms: 0,
            wants_more: peer.wants_more,
            silent_for: peer.silent_for,
            link: None,
        }
    }

    async fn lost(&mut self) -> Code {
        match self.hung_up.recv().await {
            Some(code) => code,
            None => std::future::pending().await,
        }
    }

    async fn end(self) {
        self.peer.lock().unwrap().ended += 1;
    }
}

/// A program of 30 pictures a second, a keyframe every two seconds, a packet of sound beside each picture.
struct Rig {
    hub: Hub,
    peer: Arc<Mutex<Peer>>,
    destination: Destination,
    next: u64,
}

const FRAME: Duration = Duration::from_nanos(33_333_333);

impl Rig {
    fn new(calling: Calling, calls: impl IntoIterator<Item = Result<(), Code>>) -> Self {
        let hub = Hub::new();
        hub.set_format(StreamFormat {
            video: VideoFormat {
                codec: VideoCodec::H264,
                codec_config: Bytes::from_static(b"avcC"),
                width: 1280,
                height: 720,
                fps: 30,
                kbps: 2500,
            },
            audio: AudioFormat {
                codec_config: Bytes::from_static(b"asc"),
                sample_rate: 48_000,
                channels: 2,
                kbps: 128,
            },
        });
        let peer = Arc::new(Mutex::new(Peer {
            calls: calls.into_iter().collect(),
            wants_more: true,
            ..Peer::default()
        }));
        let carrier = Played {
            peer: Arc::clone(&peer),
            calling,
        };
        let destination = Destination::carry("line".into(), None, carrier, hub.clone());
        Self {
            hub,
            peer,
            destination,
            next: 0,
        }
    }

    async fn play(&mut self, frames: u64) {
        for _ in 0..frames {
            // Ten hours into the program.
            let us = 36_000_000_000 + i64::try_from(self.next).unwrap() * 33_333;
            for track in [Track::Video, Track::Audio] {
                self.hub.publish(Packet {
                    track,
                    pts_us: us,
                    dts_us: us,
                    keyframe: self.next.is_multiple_of(60),
                    data: Bytes::copy_from_slice(&self.next.to_be_bytes()),
                });
            }
            self.next += 1;
            sleep(FRAME).await;
        }
    }

    fn peer<T>(&self, change: impl FnOnce(&mut Peer) -> T) -> T {
        change(&mut self.peer.lock().unwrap())
    }

    async fn hang_up(&self, code: Code) {
        let hang_up = self.peer(|peer| peer.hang_up.clone()).unwrap();
        hang_up.send(code).await.unwrap();
    }

    fn status(&self) -> DestinationStatus {
        self.destination.status().borrow().clone()
    }
}

fn assert_whole_groups(line: &[(u64, bool, LineTimes)]) {
    assert!(line[0].1, "begins on a keyframe");
    for pair in line.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(
            after.0 == before.0 + 1 || after.1,
            "a gap inside a group: {before:?} {after:?}"
        );
        assert!(after.2.dts > before.2.dts);
    }
}

#[tokio::test(start_paused = true)]
async fn each_line_begins_on_a_keyframe_at_zero() {
    let mut rig = Rig::new(Calling::Us, [Ok(()), Ok(())]);
    rig.next = 30;
    // Into a group: the next line begins with a keyframe that is still to come.
    rig.play(340).await;
    assert_eq!(rig.status().state, State::Live);
    rig.hang_up(Code::ClosedByServer).await;
    rig.play(200).await;
    let status = rig.status();
    assert_eq!((status.state, status.reconnects), (State::Live, 1));
    assert_eq!(status.last_error, Some(Code::ClosedByServer));
    rig.peer(|peer| {
        assert_eq!((peer.lines.len(), peer.ended), (2, 1));
        let [first, second] = &peer.lines[..] else {
            panic!("two lines");
        };
        let missed = second[0].0 - first[first.len() - 1].0 - 1;
        assert!(
            status.frames_dropped > 0 || missed == 0,
            "{missed} missed meanwhile, and none told"
        );
        for line in &peer.lines {
            assert_whole_groups(line);
            assert_eq!(line[0].2.dts, Duration::ZERO);
        }
        assert_eq!(
            peer.lines[0][0].0, 60,
            "sound and pictures before the keyframe are left out"
        );
    });
}

#[tokio::test(start_paused = true)]
async fn a_line_that_takes_nothing_for_a_while_skips_forward_in_whole_groups() {
    let mut rig = Rig::new(Calling::Us, [Ok(())]);
    rig.play(120).await;
    rig.peer(|peer| peer.wants_more = false);
    rig.play(300).await;
    assert!(rig.status().backlog_ms <= 2500, "{:?}", rig.status());
    rig.peer(|peer| peer.wants_more = true);
    rig.play(60).await;
    let status = rig.status();
    assert!(status.frames_dropped >= 200, "{status:?}");
    assert_eq!(status.state, State::Live);
    rig.peer(|peer| {
        assert_whole_groups(&peer.lines[0]);
        let newest = peer.lines[0].last().unwrap().0;
        assert!(rig.next - newest <= 2, "{newest} of {}", rig.next);
    });
}

#[tokio::test(start_paused = true)]
async fn a_silent_line_is_shown_as_stalled_then_left_and_made_anew_at_once() {
    let mut rig = Rig::new(Calling::Us, [Ok(()), Ok(())]);
    rig.play(180).await;
    rig.peer(|peer| peer.silent_for = Some(Duration::from_millis(1500)));
    rig.play(30).await;
    assert_eq!(rig.status().state, State::Stalled);
    rig.peer(|peer| peer.silent_for = Some(Duration::from_secs(3)));
    rig.play(60).await;
    let status = rig.status();
    assert_eq!((status.state, status.reconnects), (State::Live, 1));
    assert_eq!(status.last_error, Some(Code::Stalled));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_call_says_so_and_has_failed_nothing() {
    let mut rig = Rig::new(Calling::Them, []);
    rig.play(3000).await;
    let status = rig.status();
    assert_eq!(status.state, State::Starting);
    assert_eq!(status.last_error, Some(Code::WaitingForCaller));
    assert_eq!(
        (rig.peer(|peer| peer.called), status.frames_dropped),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn the_call_ends_the_waiting() {
    let mut rig = Rig::new(Calling::Them, [Ok(())]);
    rig.play(90).await;
    let status = rig.status();
    assert_eq!((status.state, status.last_error), (State::Live, None));
    rig.hang_up(Code::ClosedByServer).await;
    rig.play(90).await;
    let status = rig.status();
    assert!(
        matches!(status.state, State::Retrying { next_in_ms: 0, .. }),
        "{status:?}"
    );
    assert_eq!(status.last_error, Some(Code::WaitingForCaller));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_call_and_hangs_up_has_refused() {
    let mut rig = Rig::new(Calling::Us, [Ok(())]);
    rig.play(2).await;
    rig.hang_up(Code::ClosedByServer).await;
    rig.play(2).await;
    let refused = Code::PublishRejected(Code::HUNG_UP.to_owned());
    assert_eq!(rig.status().last_error, Some(refused));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_that_is_seen_late_is_a_refusal_all_the_same() {
    // What is looked at first is left to chance.
    for _ in 0..32 {
        let mut rig = Rig::new(Calling::Us, [Ok(())]);
        rig.play(2).await;
        tokio::time::advance(SETTLE).await;
        rig.hang_up(Code::ClosedByServer).await;
        rig.play(1).await;
        let refused = Code::PublishRejected(Code::HUNG_UP.to_owned());
        assert_eq!(rig.status().last_error, Some(refused));
    }
}

#[tokio::test(start_paused = true)]
async fn tries_go_on_at_least_every_ten_seconds_and_at_once_when_the_network_changes() {
    let refusals = std::iter::repeat_n(Err(Code::Unreachable), 40);
    let mut rig = Rig::new(Calling::Us, refusals);
    rig.play(30 * 60).await;
    let called = rig.peer(|peer| peer.called);
    assert!((9..=12).contains(&called), "{called} tries in a minute");
    rig.destination.network_changed();
    rig.play(2).await;
    assert!(rig.peer(|peer| peer.called) > called);
}

#[tokio::test(start_paused = true)]
async fn a_changed_network_begins_a_hanging_call_anew() {
    let mut rig = Rig::new(Calling::Us, []);
    rig.play(30).await;
    rig.destination.network_changed();
    rig.play(2).await;
    assert_eq!(rig.peer(|peer| peer.called), 2);
}

#[tokio::test(start_paused = true)]
async fn what_can_never_work_is_not_tried_again() {
    let mut rig = Rig::new(Calling::Us, [Err(Code::BadPassphrase)]);
    rig.play(300).await;
    let status = rig.status();
    assert_eq!(status.state, State::Stopped);
    assert_eq!(status.last_error, Some(Code::BadPassphrase));
    assert_eq!(rig.peer(|peer| peer.called), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_line() {
    let mut rig = Rig::new(Calling::Us, [Ok(())]);
    rig.play(60).await;
    let peer = Arc::clone(&rig.peer);
    rig.destination.stop().await;
    assert_eq!(peer.lock().unwrap().ended, 1);
}
