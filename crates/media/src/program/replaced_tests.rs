//! Encoders that fail in mid-show, and drivers that hang in whoever talks to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tests::{Output, WAIT, canvas};
use super::*;
use crate::encoder::{ChoiceReason, EncoderChoice, release_stuck};

/// The longest a stream may be without a picture here, in µs: a busy machine takes its time, too. How soon an encoder
/// is given up is tested in `health`.
const LONGEST_GAP_US: i64 = 10_000_000;

/// A program with this encoder.
fn program(encoder: &str) -> (Program, Arc<Output>, mpsc::Receiver<MediaEvent>) {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = canvas();
    spec.encode.encoder = Some(encoder.to_owned());
    let output = Arc::new(Output::default());
    let (sender, events) = mpsc::channel(256);
    let program = Program::start(spec, output.sink(), sender).unwrap();
    (program, output, events)
}

/// The next choice of an encoder, and those that failed before it.
fn next_choice(events: &mut mpsc::Receiver<MediaEvent>) -> (Vec<String>, EncoderChoice) {
    let mut failed = Vec::new();
    let deadline = Instant::now() + WAIT;
    while Instant::now() < deadline {
        match events.try_recv() {
            Ok(MediaEvent::Encoder(choice)) => return (failed, choice),
            Ok(MediaEvent::EncoderFailed { name, message }) => {
                println!("{name}: {message}");
                failed.push(name);
            }
            Ok(_) => {}
            Err(_) => std::thread::park_timeout(Duration::from_millis(5)),
        }
    }
    panic!("no encoder was chosen");
}

fn goes_on_after(encoder: &str) {
    let (program, output, mut events) = program(encoder);
    assert_eq!(next_choice(&mut events).1.name, encoder);
    let (failed, choice) = next_choice(&mut events);
    assert_eq!(failed, [encoder]);
    assert_eq!(choice.reason, ChoiceReason::AfterFailure);
    assert!(!choice.hardware, "{choice:?}");
    let had = output.wait(|_| true).len();
    let packets = output.wait(|packets| packets.len() >= had + 75);
    // Another encoder's pictures are decoded in another way, from their first on.
    let changes = output.changes();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let in_order = |pair: &[EncodedPacket]| pair[1].pts_us > pair[0].pts_us;
    assert!(packets.windows(2).all(in_order), "in their order");
    let at = changes[1];
    let gap = packets[at].pts_us - packets[at - 1].pts_us;
    println!("{encoder}: {} ms without a picture", gap / 1_000);
    assert!(gap < LONGEST_GAP_US, "{gap} µs without a picture");
    assert!(packets[at].keyframe, "decoding begins with a keyframe");
    // Keyframes are where they would have been: the first pictures in places of the grid, though some were left out.
    let first = packets.iter().find(|p| p.keyframe).unwrap().pts_us;
    let place = |p: &EncodedPacket| (p.pts_us - first + 1_000).div_euclid(2_000_000);
    let off_grid: Vec<i64> = packets
        .windows(2)
        .filter(|pair| pair[1].keyframe && place(&pair[1]) == place(&pair[0]))
        .map(|pair| pair[1].pts_us - first)
        .collect();
    assert!(off_grid.len() <= 1, "{off_grid:?}");
    // It stays away.
    assert!(program.stats().frames_encoded > 0);
    drop(program);
    while let Ok(event) = events.try_recv() {
        let again = matches!(
            event,
            MediaEvent::Encoder(_) | MediaEvent::EncoderFailed { .. }
        );
        assert!(!again, "{event:?}");
    }
}

#[test]
fn an_encoder_that_errs_is_replaced_by_the_next_in_rank() {
    goes_on_after("faultyerrorenc");
}

#[test]
fn an_encoder_that_gives_nothing_more_is_replaced_though_it_does_not_stop() {
    goes_on_after("faultyhangenc");
}

#[test]
fn an_encoder_that_gives_noise_is_replaced() {
    goes_on_after("faultynoiseenc");
}

#[test]
fn a_broken_encoder_is_used_again_when_somebody_asks_and_another_takes_its_place_without_a_hole() {
    let (program, output, mut events) = program("faultyerrorenc");
    next_choice(&mut events);
    let (_, choice) = next_choice(&mut events);
    program.use_encoder(Some("faultyerrorenc")).unwrap();
    let (failed, asked) = next_choice(&mut events);
    assert!(failed.is_empty());
    assert_eq!(asked.name, "faultyerrorenc");
    assert_eq!(asked.reason, ChoiceReason::Requested);
    // It fails once more, and the one from before is chosen again.
    let (failed, again) = next_choice(&mut events);
    assert_eq!(failed, ["faultyerrorenc"]);
    assert_eq!(again, choice);
    let had = output.wait(|_| true).len();
    program.use_encoder(Some("x264enc")).unwrap();
    let (failed, by_hand) = next_choice(&mut events);
    assert!(failed.is_empty());
    assert_eq!(by_hand.reason, ChoiceReason::Requested);
    let packets = output.wait(|packets| packets.len() >= had + 60);
    let later = &packets[had..];
    let gap = later.windows(2).map(|p| p[1].pts_us - p[0].pts_us).max();
    println!("changed by hand: {gap:?} µs");
    assert!(gap.unwrap() < LONGEST_GAP_US);
    assert!(program.use_encoder(Some("identity")).is_err());
}

#[test]
fn a_second_rendition_whose_encoder_fails_goes_on_with_the_next_and_the_first_is_untouched() {
    let (program, output, mut events) = program("x264enc");
    next_choice(&mut events);
    program.use_encoder(Some("faultyhangenc")).unwrap();
    next_choice(&mut events);
    // Both have the faulty one, and both are replaced.
    let second = Arc::new(Output::default());
    program.start_rendition(500, second.sink()).unwrap();
    second.wait(|packets| packets.len() >= 10);
    program.use_encoder(Some("x264enc")).unwrap();
    let (failed, choice) = next_choice(&mut events);
    assert!(failed.is_empty() && choice.name == "x264enc");
    let packets = second.wait(|packets| packets.len() >= 200);
    let gap = packets.windows(2).map(|p| p[1].pts_us - p[0].pts_us).max();
    println!("the second rendition: {gap:?} µs without a picture");
    assert!(packets.windows(2).all(|p| p[1].pts_us > p[0].pts_us));
    assert!(gap.unwrap() < LONGEST_GAP_US);
    assert_eq!(program.rendition().unwrap().failure, None);
    let had = output.wait(|_| true).len();
    output.wait(|packets| packets.len() >= had + 10);
}

#[test]
fn a_driver_that_hangs_in_its_bitrate_holds_up_nobody() {
    let (program, output, mut events) = program("faultystuckenc");
    next_choice(&mut events);
    let second = Arc::new(Output::default());
    program.start_rendition(500, second.sink()).unwrap();
    second.wait(|packets| packets.len() >= 10);
    let began = Instant::now();
    for kbps in [600, 700, 800] {
        program.set_bitrate_kbps(kbps).unwrap();
        program.set_rendition_kbps(kbps / 2).unwrap();
    }
    // It hangs for as long as nobody releases it.
    assert!(began.elapsed() < Duration::from_secs(10));
    // Orders are still carried out, pictures are still made, and nothing was lost.
    let refused = program.stats().frames_refused;
    let third = Arc::new(Output::default());
    program.start_rendition(400, third.sink()).unwrap();
    third.wait(|packets| packets.len() >= 10);
    program.set_rendition_kbps(300).unwrap();
    let had = output.wait(|_| true).len();
    output.wait(|packets| packets.len() >= had + 60);
    println!("refused {}", program.stats().frames_refused - refused);
    program.use_encoder(Some("x264enc")).unwrap();
    assert_eq!(next_choice(&mut events).1.name, "x264enc");
    program.stop_rendition();
    program.stop();
    release_stuck();
}
