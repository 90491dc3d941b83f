//! What is done to the sound, heard where it counts: in the file that was recorded, decoded by FFmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod ear;
#[path = "../recorded/mod.rs"]
mod recorded;
mod studio;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{SOON, wait_for};
use ear::{db, decoded, tone};
use recorded::{
    decodes_without_error, ffprobe, plays_in_gstreamer, second_sound_plays_in_gstreamer,
};
use stallcast_media::audio::{Meters, NoiseSuppression, SoundRole};
use stallcast_media::program::Track;
use studio::{Studio, ensure, sound, sound_file, until_right};

/// Speech: a tone of 300 Hz for a second, then two seconds of silence.
const SPEECH: &str = "if(lt(mod(t,3),1),0.25*sin(2*PI*300*t),0)";

#[test]
fn music_goes_down_under_speech_and_comes_back_and_other_sound_stays() {
    let studio = Studio::new();
    let folder = studio.folder.path();
    let inputs = vec![
        sound(folder, "mic", 6, SPEECH),
        sound(folder, "song", 4, "0.1*sin(2*PI*2000*t)"),
        sound(folder, "bird", 4, "0.1*sin(2*PI*5000*t)"),
    ];
    studio.mixer().set_role("mic", SoundRole::Speech);
    studio.mixer().set_role("song", SoundRole::Music);
    studio.mixer().set_ducking_db(-12.0).unwrap();
    studio.rig.program.set_inputs(inputs);
    studio.wait_for_meters("all three", |meters| {
        ["mic", "song", "bird"]
            .iter()
            .all(|id| Studio::is_heard(meters, id))
    });
    studio.wait_for_meters("the music going down", |meters| meters.ducked_db > 11.5);
    until_right(|| studio.record(8_000), went_down_and_came_back);
    // Who is muted does not speak.
    studio.mixer().set_mute("mic", true);
    studio.wait_for_meters("the music coming back", |meters| meters.ducked_db == 0.0);
    drop(studio);
}

/// Speech at 300 Hz, music at 2 kHz, and what is neither at 5 kHz.
fn went_down_and_came_back(path: &Path) -> Result<(), String> {
    let heard = decoded(path, 0);
    // In pieces of 50 ms: how loud each is.
    let pieces: Vec<[f64; 3]> = heard
        .chunks_exact(2_400)
        .map(|piece| [300.0, 2_000.0, 5_000.0].map(|hz| db(tone(piece, hz))))
        .collect();
    let speaks = |piece: &[f64; 3]| piece[0] > -16.0;
    let begins = (8..pieces.len() - 60)
        .find(|at| speaks(&pieces[*at]) && !speaks(&pieces[*at - 1]))
        .ok_or("no speech")?;
    let ends = (begins..pieces.len() - 40)
        .find(|at| !speaks(&pieces[*at]))
        .ok_or("no end of speech")?;
    // Before it the song is as it was made; 200 ms after its begin it is 12 dB lower, and stays.
    let before = pieces[begins - 2][1];
    ensure((before - -20.0).abs() < 1.5, || {
        format!("{before} dB before")
    })?;
    let speech = pieces.get(begins + 5..ends - 1).ok_or("a short word")?;
    for piece in speech {
        ensure((piece[1] - -32.0).abs() < 1.5, || {
            format!("{} dB under speech", piece[1])
        })?;
    }
    // Held through a pause between words, then up within a second.
    let pause = pieces[ends + 5][1];
    ensure(pause < -29.0, || format!("{pause} dB in a pause"))?;
    let after = pieces[ends + 18..]
        .iter()
        .take_while(|piece| !speaks(piece));
    ensure(after.clone().any(|piece| piece[1] > -20.8), || {
        format!("{:?} after", after.collect::<Vec<_>>())
    })?;
    for piece in &pieces[2..pieces.len() - 2] {
        ensure((piece[2] - -20.0).abs() < 1.5, || {
            format!("{} dB of what is neither", piece[2])
        })?;
    }
    Ok(())
}

#[test]
fn two_loud_sounds_are_held_below_the_ceiling_and_not_clipped() {
    let studio = Studio::new();
    let folder = studio.folder.path();
    let inputs = vec![
        sound(folder, "one", 2, "0.9*sin(2*PI*440*t)"),
        sound(folder, "two", 2, "0.9*sin(2*PI*1000*t)"),
    ];
    studio.mixer().set_gain_db("one", 6.0).unwrap();
    studio.rig.program.set_inputs(inputs);
    studio.wait_for_meters("both", |meters| {
        ["one", "two"].iter().all(|id| Studio::is_heard(meters, id)) && meters.limited_db > 6.0
    });
    let mut highest = -100.0f32;
    studio.wait_for_meters("a reading", |meters| meters.master.peak_db[0] > -2.0);
    for _ in 0..3 {
        let mut meters = studio.mixer().meters();
        meters.borrow_and_update();
        wait_for("the next reading", SOON, || {
            meters.has_changed().unwrap().then_some(())
        });
        let level = meters.borrow_and_update().master;
        highest = highest.max(level.peak_db[0]).max(level.peak_db[1]);
    }
    assert!(highest <= -0.99, "{highest} dBFS before the encoder");
    let is_not_clipped = |path: &Path| {
        let heard = decoded(path, 0);
        let heard = &heard[9_600..heard.len() - 4_800];
        let peak = heard
            .iter()
            .fold(0.0f32, |max, sample| max.max(sample.abs()));
        // An encoder's noise is on top.
        ensure((0.7..0.97).contains(&peak), || format!("a peak of {peak}"))?;
        // Clipped, the two would make tones of their own.
        let tones = db(tone(heard, 440.0)).min(db(tone(heard, 1_000.0)));
        for between in [120.0, 560.0, 1_560.0, 1_880.0] {
            let other = db(tone(heard, between));
            ensure(other < tones - 40.0, || {
                format!("{other} dB at {between} Hz beside {tones}")
            })?;
        }
        Ok(())
    };
    until_right(|| studio.record(2_500), is_not_clipped);
}

#[test]
fn the_noise_of_a_fan_is_gone_from_the_recording() {
    let studio = Studio::new();
    // Noise as a fan makes it: low-passed by FFmpeg.
    let fan =
        "anoisesrc=color=brown:amplitude=0.2:seed=7:r=48000:d=6,aformat=channel_layouts=stereo";
    let inputs = vec![sound_file(studio.folder.path(), "mic", fan)];
    studio.rig.program.set_inputs(inputs);
    let level = |meters: &Meters| meters.master.rms_db[0];
    studio.wait_for_meters("the fan", |meters| level(meters) > -45.0);
    studio
        .mixer()
        .set_noise_suppression("mic", NoiseSuppression::On);
    studio.wait_for_meters("quiet", |meters| level(meters) < -65.0);
    let rms = |sound: &[f32]| {
        let squares: f64 = sound.iter().map(|s| f64::from(*s).powi(2)).sum();
        db((squares / sound.len() as f64).sqrt())
    };
    let is_quiet = |path: &Path| {
        let left = rms(&decoded(path, 0)[9_600..]);
        ensure(left < -55.0, || format!("{left} dB are left"))
    };
    until_right(|| studio.record(1_500), is_quiet);
    // And back, without a hole in the stream.
    studio
        .mixer()
        .set_noise_suppression("mic", NoiseSuppression::Off);
    studio.wait_for_meters("the fan again", |meters| level(meters) > -45.0);
    assert_eq!(studio.mixer().failure(), None);
}

#[test]
fn a_delayed_sound_is_behind_another_by_exactly_so_much() {
    let studio = Studio::new();
    let folder = studio.folder.path();
    // The same beeps under two names; both files loop together only by their own clocks, so the
    // delay is seen as a change.
    let beep = |hz: u32| format!("if(lt(mod(t,1),0.1),0.3*sin(2*PI*{hz}*t),0)");
    let inputs = vec![
        sound(folder, "early", 4, &beep(1_000)),
        sound(folder, "late", 4, &beep(4_000)),
    ];
    studio.rig.program.set_inputs(inputs);
    studio.wait_for_meters("both", |meters| {
        ["early", "late"]
            .iter()
            .all(|id| Studio::is_heard(meters, id))
    });
    // Milliseconds from a beep of one to the next of the other, by the loudness of 2 ms.
    let apart = |path: &Path| -> Option<f64> {
        let heard = decoded(path, 0);
        let onsets = |hz: f64| -> Vec<f64> {
            let loud: Vec<bool> = heard
                .chunks_exact(96)
                .map(|piece| tone(piece, hz) > 0.12)
                .collect();
            let begins =
                (20..loud.len()).filter(|at| loud[*at] && !loud[*at - 20..*at].contains(&true));
            begins.map(|at| at as f64 * 2.0).collect()
        };
        let (early, late) = (onsets(1_000.0), onsets(4_000.0));
        let first = early.first()?;
        let gaps = late.iter().map(|at| (at - first).rem_euclid(1_000.0));
        gaps.min_by(f64::total_cmp)
    };
    // The same twice: a dip in what a file plays makes a beep of its own, once.
    let measured = || {
        let mut last = None;
        wait_for("the same distance twice", 2 * SOON, || {
            let apart = apart(&studio.record(3_000))?;
            println!("{apart} ms apart");
            let before: f64 = last.replace(apart)?;
            let moved = (apart - before).rem_euclid(1_000.0);
            (moved.min(1_000.0 - moved) < 5.0).then_some(apart)
        })
    };
    let before = measured();
    assert!(
        studio
            .mixer()
            .set_delay("late", Duration::from_millis(1_001))
            .is_err()
    );
    studio
        .mixer()
        .set_delay("late", Duration::from_millis(300))
        .unwrap();
    // Recorded after the change has been heard: the line is full after its own length.
    let set = studio.rig.program.running_time() + Duration::from_millis(800);
    wait_for("the delay", SOON, || {
        (studio.rig.program.running_time() > set).then_some(())
    });
    let after = measured();
    let moved = (after - before).rem_euclid(1_000.0);
    assert!(
        (moved - 300.0).abs() < 5.0,
        "{before} ms before, {after} ms after"
    );
}

#[test]
fn the_isolated_track_has_one_input_alone_before_it_is_ducked_and_as_long_as_the_show() {
    let studio = Studio::new();
    let folder = studio.folder.path();
    let inputs = vec![
        sound(folder, "mic", 4, "0.25*sin(2*PI*300*t)"),
        sound(folder, "song", 4, "0.1*sin(2*PI*2000*t)"),
    ];
    studio.mixer().set_role("mic", SoundRole::Speech);
    studio.mixer().set_role("song", SoundRole::Music);
    studio.mixer().set_ducking_db(-20.0).unwrap();
    studio.mixer().isolate(Some("song"));
    let kept = Arc::clone(&studio.isolated);
    let keep = move |packet| kept.lock().unwrap().push(packet);
    studio.rig.program.inputs().start_isolated(keep).unwrap();
    studio.rig.program.set_inputs(inputs);
    studio.wait_for_meters("both", |meters| {
        ["mic", "song"]
            .iter()
            .all(|id| Studio::is_heard(meters, id))
            && meters.ducked_db > 19.0
    });
    let has_one_alone = |path: &Path| {
        let (mix, alone) = (decoded(path, 0), decoded(path, 1));
        let level = |sound: &[f32], hz: f64| db(tone(&sound[24_000..120_000], hz));
        let levels = [
            (level(&alone, 2_000.0), -21.0..-19.0),
            (level(&alone, 300.0), f64::MIN..-75.0),
            (level(&mix, 2_000.0), -42.0..-38.0),
            (level(&mix, 300.0), -13.0..-11.0),
        ];
        let is_right = levels.iter().all(|(level, range)| range.contains(level));
        ensure(is_right, || format!("{levels:?}"))?;
        Ok(path.to_owned())
    };
    let path = until_right(|| studio.record(3_000), has_one_alone);
    decodes_without_error(&path);
    assert!(plays_in_gstreamer(&path) > 0);
    let streams = ffprobe(
        &path,
        &[
            "-show_entries",
            "stream=codec_name:stream_tags=handler_name",
        ],
    );
    assert_eq!(
        streams.lines().collect::<Vec<_>>(),
        ["h264", "Video", "aac", "Sound", "aac", "麦克风"]
    );
    let chosen = ffprobe(
        &path,
        &[
            "-select_streams",
            "a",
            "-show_entries",
            "stream_disposition=default",
        ],
    );
    assert_eq!(chosen.split_whitespace().collect::<Vec<_>>(), ["1", "0"]);
    assert!(second_sound_plays_in_gstreamer(&path) > 100);
    // Cut off in the middle of it, both sounds are there up to the last second.
    let has_both = |killed: &Path| {
        decodes_without_error(killed);
        assert!(second_sound_plays_in_gstreamer(killed) > 100);
        for track in [0, 1] {
            let seconds = decoded(killed, track).len() as f64 / 48_000.0;
            assert!(seconds > 2.0, "{seconds} s of track {track}");
        }
        let other = db(tone(&decoded(killed, 1)[24_000..72_000], 300.0));
        ensure(other < -75.0, || format!("{other} dB of the other"))
    };
    until_right(|| studio.record_and_kill(4_000), has_both);
    // Another input on the same track, without a hole in it.
    let before = studio.isolated.lock().unwrap().len();
    studio.mixer().isolate(Some("mic"));
    wait_for("more of it", SOON, || {
        (studio.isolated.lock().unwrap().len() > before + 60).then_some(())
    });
    studio.mixer().stop_isolated();
    let packets = studio.isolated.lock().unwrap().clone();
    assert!(packets.iter().all(|packet| packet.track == Track::Isolated));
    for pair in packets.windows(2) {
        let step = pair[1].pts_us - pair[0].pts_us;
        assert!((21_300..21_400).contains(&step), "a step of {step} µs");
    }
    std::fs::remove_file(&path).unwrap();
    // No packet of it was given to the program's output.
    let sent = studio.rig.packets(SOON, |_| true);
    assert!(sent.iter().all(|packet| packet.track != Track::Isolated));
}
