//! What a program gives out, and what happens when an encoder fails.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gstreamer as gst;

use super::*;

pub(super) fn canvas() -> CanvasSpec {
    gst::init().unwrap();
    CanvasSpec {
        id: "test".to_owned(),
        width: 128,
        height: 72,
        fps: 30,
    }
}

pub(super) fn scene(placements: Vec<Placement>) -> Scene {
    Scene {
        id: "scene".to_owned(),
        placements,
    }
}

/// Longer than anything these tests wait for takes on a loaded machine.
pub(super) const WAIT: Duration = Duration::from_secs(60);

/// What a program gave out, to be waited for.
#[derive(Default)]
pub(super) struct Output {
    state: Mutex<(Vec<usize>, Vec<EncodedPacket>)>,
    changed: Condvar,
}

impl Output {
    pub fn sink(self: &Arc<Self>) -> EncodedSink {
        let output = self.clone();
        Arc::new(move |encoded| {
            let mut state = output.state.lock().unwrap();
            match encoded {
                Encoded::Config(_) => {
                    let packets = state.1.len();
                    state.0.push(packets);
                }
                Encoded::Packet(packet) if packet.track == Track::Video => state.1.push(packet),
                Encoded::Packet(_) => {}
            }
            output.changed.notify_all();
        })
    }

    /// How many packets were there each time when it was said what the next are decoded with.
    pub fn changes(&self) -> Vec<usize> {
        self.state.lock().unwrap().0.clone()
    }

    pub fn wait(&self, enough: impl Fn(&[EncodedPacket]) -> bool) -> Vec<EncodedPacket> {
        let state = self.state.lock().unwrap();
        let (state, timeout) = self
            .changed
            .wait_timeout_while(state, WAIT, |state| !enough(&state.1))
            .unwrap();
        assert!(!timeout.timed_out(), "only {} packets", state.1.len());
        state.1.clone()
    }
}

#[test]
fn an_encoder_that_fails_is_replaced_and_the_stream_goes_on_with_a_keyframe() {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = canvas();
    let output = Arc::new(Output::default());
    let (sender, mut events) = mpsc::channel(64);
    let program = Program::start(spec, output.sink(), sender).unwrap();
    let before = output.wait(|packets| packets.len() >= 20);
    program.beat.encode().unwrap().break_down("pulled out");
    let after = output.wait(|packets| {
        let last = before.last().unwrap().pts_us;
        packets
            .iter()
            .any(|p| p.keyframe && p.pts_us > last && p.pts_us % 2_000_000 != 0)
            && packets.len() > before.len() + 40
    });
    assert!(after.windows(2).all(|pair| pair[1].pts_us > pair[0].pts_us));
    let gap = after
        .windows(2)
        .map(|pair| pair[1].pts_us - pair[0].pts_us)
        .max()
        .unwrap();
    // How soon a look finds it is the matter of `health`: here a busy machine leaves pictures out, too.
    assert!(gap < 5_000_000, "{gap} µs without a picture");
    let mut failed = false;
    while let Ok(event) = events.try_recv() {
        failed |= matches!(event, MediaEvent::EncoderFailed { .. });
    }
    assert!(failed);
}

#[test]
fn two_canvases_share_one_input_and_one_sound() {
    let (sender, _events) = mpsc::channel(64);
    let events = EventSink::new(sender);
    gst::init().unwrap();
    let inputs = Inputs::start(events.clone()).unwrap();
    let start = |id: &str, width: u32, height: u32| {
        let mut spec = ProgramSpec::hd720();
        spec.canvas = CanvasSpec {
            id: id.to_owned(),
            width,
            height,
            fps: 30,
        };
        let output = Arc::new(Output::default());
        let program =
            Program::start_with(inputs.clone(), spec.clone(), output.sink(), events.clone())
                .unwrap();
        let full = scene(vec![Placement::full("cam", &spec.canvas)]);
        program.set_scene(full, Transition::Cut);
        (program, output)
    };
    let (wide, wide_output) = start("wide", 128, 72);
    let (tall, tall_output) = start("tall", 72, 128);
    wide.set_inputs(vec![InputSpec {
        id: "cam".to_owned(),
        kind: crate::input::InputKind::TestPicture {
            pattern: "ball".to_owned(),
        },
    }]);
    for output in [&wide_output, &tall_output] {
        output.wait(|packets| packets.len() >= 60);
    }
    let deadline = std::time::Instant::now() + WAIT;
    for program in [&wide, &tall] {
        let shows = || {
            let stats = program.stats();
            stats.frames_produced > stats.frames_slate
        };
        while !shows() {
            assert!(std::time::Instant::now() < deadline, "only the slate");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
    tall.stop();
    let had = wide_output.wait(|_| true).len();
    wide_output.wait(|packets| packets.len() >= had + 15);
}

#[test]
fn a_picture_left_out_does_not_move_the_keyframes_off_their_grid() {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = canvas();
    let output = Arc::new(Output::default());
    let (sender, _events) = mpsc::channel(64);
    let program = Program::start(spec, output.sink(), sender).unwrap();
    for count in [20, 50] {
        output.wait(|packets| packets.len() >= count);
        program.beat.leave_out(1);
    }
    let packets = output.wait(|packets| packets.len() >= 150);
    let start = packets[0].pts_us;
    let place = |packet: &EncodedPacket| (packet.pts_us - start + 1_000) / 2_000_000;
    for pair in packets.windows(2) {
        assert_eq!(pair[1].keyframe, place(&pair[1]) > place(&pair[0]));
    }
    let missing = packets
        .windows(2)
        .filter(|pair| pair[1].pts_us - pair[0].pts_us > 50_000);
    assert!(missing.count() >= 1, "no picture was left out");
}

#[test]
fn a_second_encoder_that_hangs_and_does_not_stop_holds_up_no_order() {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = canvas();
    let output = Arc::new(Output::default());
    let (sender, _events) = mpsc::channel(64);
    let program = Program::start(spec, output.sink(), sender).unwrap();
    let first = Arc::new(Output::default());
    program.start_rendition(500, first.sink()).unwrap();
    first.wait(|packets| packets.len() >= 10);
    let (release, until) = std::sync::mpsc::sync_channel(1);
    program.renditions.second().hang(until);
    // It is full: it stands.
    let deadline = std::time::Instant::now() + WAIT;
    while program.rendition().unwrap().frames_refused == 0 {
        assert!(std::time::Instant::now() < deadline, "it did not hang");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    // One takes its place, and one comes after it was ended.
    let second = Arc::new(Output::default());
    program.start_rendition(500, second.sink()).unwrap();
    second.wait(|packets| packets.len() >= 10);
    program.stop_rendition();
    let third = Arc::new(Output::default());
    program.start_rendition(500, third.sink()).unwrap();
    third.wait(|packets| packets.len() >= 10);
    let had = output.wait(|_| true).len();
    output.wait(|packets| packets.len() >= had + 10);
    drop(release);
}
