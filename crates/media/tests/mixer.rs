//! The mix goes on whatever its inputs do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{SOON, events, loudness, mixer, wait_for, wait_for_state};
use gstreamer as gst;
use stallcast_media::audio::SILENCE_DB;
use stallcast_media::clock::MediaClock;
use stallcast_media::error::MediaError;
use stallcast_media::input::{Input, InputKind, InputSpec, InputState, VideoWant};

fn tone(id: &str, clock: &MediaClock, mixer: &stallcast_media::audio::AudioMixer) -> Input {
    let (events, _) = events();
    let spec = InputSpec {
        id: id.to_owned(),
        kind: InputKind::TestTone,
    };
    Input::start(spec, clock, Some(mixer), VideoWant::new(2, 2), events)
}

#[test]
fn the_sound_never_pauses_while_inputs_come_and_go() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    wait_for("a mixer that starts late", SOON, || {
        (clock.running_time() > gst::ClockTime::from_mseconds(300)).then_some(())
    });
    let began = clock.running_time();
    let (mixer, heard) = mixer(&clock);
    let mut meters = mixer.meters();
    for round in 0..4 {
        let input = tone(&format!("tone {round}"), &clock, &mixer);
        wait_for_state(&input, InputState::Live, SOON);
        wait_for("the tone on the meter", SOON, || {
            let level = meters.borrow_and_update().master;
            (level.peak_db[0] > -25.0).then_some(())
        });
        drop(input);
        wait_for("silence", SOON, || {
            (meters.borrow_and_update().master.peak_db[0] < -80.0).then_some(())
        });
    }
    let frames = heard.lock().unwrap().clone();
    assert!(frames.len() > 30, "{} frames", frames.len());
    for pair in frames.windows(2) {
        let step = pair[1].pts.nseconds() as f64 - pair[0].pts.nseconds() as f64;
        assert!((21e6..25e6).contains(&step), "a step of {step} ns");
    }
    let first = frames[0].pts;
    assert!(
        first + gst::ClockTime::from_mseconds(50) > began,
        "{first} before {began}"
    );
    // The encoder keeps up with the clock: the newest frame is at most the mixing delay behind.
    wait_for("the newest frame of now", SOON, || {
        let newest = heard.lock().unwrap().last()?.pts;
        let behind = clock.running_time().saturating_sub(newest);
        (behind < gst::ClockTime::from_mseconds(600)).then_some(())
    });
    assert!(mixer.failure().is_none());
    assert_eq!(&mixer.audio_config()[..2], &[0x11, 0x90]);
}

#[test]
fn a_mix_that_begins_with_the_clock_has_no_two_frames_of_one_time() {
    gst::init().unwrap();
    let (_mixer, heard) = mixer(&MediaClock::new());
    let frames = wait_for("the first frames", SOON, || {
        let heard = heard.lock().unwrap();
        (heard.len() > 10).then(|| heard.clone())
    });
    for pair in frames.windows(2) {
        assert!(pair[0].pts < pair[1].pts, "{} twice", pair[0].pts);
    }
}

#[test]
fn mute_silences_and_gain_changes_the_level() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    let (mixer, heard) = mixer(&clock);
    let mut meters = mixer.meters();
    mixer.set_gain_db("tone", -6.0).unwrap();
    assert!(mixer.set_gain_db("tone", 90.0).is_err());
    let input = tone("tone", &clock, &mixer);
    let mut level = |what: &str, range: std::ops::RangeInclusive<f32>| {
        wait_for(what, SOON, || {
            let meters = meters.borrow_and_update();
            let (_, own) = meters.inputs.iter().find(|(id, _)| id == "tone")?;
            (range.contains(&own.peak_db[0]) && range.contains(&meters.master.peak_db[0]))
                .then_some(())
        });
    };
    wait_for_state(&input, InputState::Live, SOON);
    level("-26 dB", -26.5..=-25.5);
    mixer.set_gain_db("tone", 0.0).unwrap();
    level("-20 dB", -20.5..=-19.5);
    mixer.set_mute("tone", true);
    level("silence", SILENCE_DB..=-99.0);
    let from = clock.running_time();
    let until = from + gst::ClockTime::from_mseconds(500);
    wait_for("half a second", SOON, || {
        (heard.lock().unwrap().last()?.pts > until).then_some(())
    });
    let frames = heard.lock().unwrap().clone();
    let quiet = loudness(&frames, &mixer.audio_config());
    let from = from.mseconds() as f64;
    let loudest = quiet
        .iter()
        .filter(|(at, _)| *at > from + 60.0)
        .fold(0.0f32, |max, (_, peak)| max.max(*peak));
    assert!(loudest < 0.001, "still heard at {loudest}");
    mixer.set_mute("tone", false);
    level("-20 dB again", -20.5..=-19.5);
}

#[test]
fn a_mix_starts_every_time_even_on_a_busy_machine() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    // All at once: their beds are late, which must not end them.
    let mixers: Vec<_> = (0..24).map(|_| mixer(&clock)).collect();
    for (mixer, heard) in &mixers {
        wait_for("five frames", SOON, || {
            // One that was not let run for seconds is replaced, and goes on; one that ended is not well.
            assert_ne!(mixer.failure(), Some(MediaError::EndOfStream));
            (heard.lock().unwrap().len() >= 5).then_some(())
        });
    }
}
