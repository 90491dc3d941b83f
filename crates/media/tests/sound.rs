//! What is done to the sound, heard where it counts: in the file that was recorded, decoded by FFmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod recorded;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Rig, wait_for};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use recorded::{decodes_without_error, ffprobe, plays_in_gstreamer, quick};
use stallcast_media::audio::{Meters, NoiseSuppression, SoundRole};
use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{EncodedPacket, EventSink, Track};
use stallcast_media::recorder::{Recorder, RecorderOptions};

const SOON: Duration = Duration::from_secs(30);

/// A sound file of FFmpeg's expression for both channels.
fn sound(folder: &Path, name: &str, seconds: u32, expression: &str) -> InputSpec {
    let path = folder.join(format!("{name}.wav"));
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg(format!(
            "aevalsrc='{expression}|{expression}':s=48000:d={seconds}"
        ))
        .args(["-c:a", "pcm_f32le"])
        .arg(&path)
        .status()
        .expect("ffmpeg runs");
    assert!(status.success(), "ffmpeg made no sound");
    InputSpec {
        id: name.to_owned(),
        kind: InputKind::File {
            path: path.display().to_string(),
            looping: true,
        },
    }
}

/// One audio track of a file, left channel.
fn decoded(path: &Path, track: usize) -> Vec<f32> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args([
            "-map",
            &format!("0:a:{track}"),
            "-af",
            "aresample=async=1:first_pts=0",
        ])
        .args(["-ac", "2", "-f", "f32le", "-"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (frames, _) = output.stdout.as_chunks::<8>();
    let left = frames
        .iter()
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    left.collect()
}

/// Plays the second audio track to its end in GStreamer; the number of its buffers.
fn plays_alone_in_gstreamer(path: &Path) -> usize {
    let pipeline = gst::parse::launch(
        "filesrc name=file ! qtdemux name=d d.audio_1 ! queue ! aacparse ! avdec_aac \
         ! appsink name=sound sync=false",
    )
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let file = pipeline.by_name("file").unwrap();
    file.set_property("location", path.to_str().unwrap());
    let sink: gst_app::AppSink = pipeline.by_name("sound").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut buffers = 0;
    while sink
        .try_pull_sample(gst::ClockTime::from_seconds(30))
        .is_some()
    {
        buffers += 1;
    }
    assert!(sink.is_eos());
    pipeline.set_state(gst::State::Null).unwrap();
    buffers
}

/// How much of a tone there is in a piece of sound, as its amplitude.
fn tone(sound: &[f32], hz: f64) -> f64 {
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (n, sample) in sound.iter().enumerate() {
        let at = std::f64::consts::TAU * hz * n as f64 / 48_000.0;
        sine += f64::from(*sample) * at.sin();
        cosine += f64::from(*sample) * at.cos();
    }
    2.0 * sine.hypot(cosine) / sound.len() as f64
}

fn db(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-6).log10()
}

/// A program that records itself.
struct Studio {
    rig: Rig,
    folder: tempfile::TempDir,
    isolated: Arc<Mutex<Vec<EncodedPacket>>>,
}

impl Studio {
    fn new() -> Self {
        Self {
            rig: Rig::start(quick()),
            folder: tempfile::tempdir().unwrap(),
            isolated: Arc::default(),
        }
    }

    fn mixer(&self) -> &stallcast_media::audio::AudioMixer {
        self.rig.program.inputs().mixer()
    }

    fn wait_for_meters(&self, what: &str, found: impl Fn(&Meters) -> bool) {
        let mut meters = self.mixer().meters();
        wait_for(what, SOON, || {
            found(&meters.borrow_and_update()).then_some(())
        });
    }

    fn is_heard(meters: &Meters, id: &str) -> bool {
        let input = meters.inputs.iter().find(|(name, _)| name == id);
        input.is_some_and(|(_, level)| level.peak_db[0] > -60.0)
    }

    /// Records so many milliseconds from now on, all that belongs to them.
    fn record(&self, ms: i64) -> PathBuf {
        let path = self.folder.path().join("show.mp4");
        let recorder = self.recorder(&path, ms);
        assert_eq!(recorder.finish().unwrap().dropped, 0);
        path
    }

    /// The same as a kill leaves it: what is on the disk before it is finished.
    fn record_and_kill(&self, ms: i64) -> PathBuf {
        let recorder = self.recorder(&self.folder.path().join("goes-on.mp4"), ms);
        let killed = self.folder.path().join("killed.mp4");
        let mut had = 0;
        // All that was pushed is written, but for the last second.
        wait_for("the disk", SOON, || {
            std::thread::park_timeout(Duration::from_millis(300));
            let bytes = recorder.bytes_written();
            let rests = bytes > 20_000 && bytes == had;
            had = bytes;
            rests.then_some(())
        });
        std::fs::copy(recorder.path(), &killed).unwrap();
        killed
    }

    /// A recorder that has been given so many milliseconds.
    fn recorder(&self, path: &Path, ms: i64) -> Recorder {
        let from = self.rig.program.running_time().as_micros() as i64;
        let until = from + ms * 1_000;
        let packets = self.rig.packets(SOON, |packets| {
            [Track::Video, Track::Audio].into_iter().all(|track| {
                let last = packets.iter().rfind(|packet| packet.track == track);
                last.is_some_and(|packet| packet.pts_us > until)
            })
        });
        let isolated = self.isolated.lock().unwrap().clone();
        let (events, _keep) = tokio::sync::mpsc::channel(8);
        let mut options = RecorderOptions::single(path.to_owned());
        options.isolated = (!isolated.is_empty()).then(|| "麦克风".to_owned());
        let recorder =
            Recorder::start_with(options, &self.rig.config(), EventSink::new(events)).unwrap();
        let mut all: Vec<_> = packets.into_iter().chain(isolated).collect();
        all.retain(|packet| (from..until).contains(&packet.pts_us));
        all.sort_by_key(|packet| packet.pts_us);
        for packet in &all {
            recorder.push(packet);
        }
        recorder
    }
}

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
    let heard = decoded(&studio.record(8_000), 0);
    // In pieces of 50 ms: how loud each is.
    let pieces: Vec<[f64; 3]> = heard
        .chunks_exact(2_400)
        .map(|piece| [300.0, 2_000.0, 5_000.0].map(|hz| db(tone(piece, hz))))
        .collect();
    let speaks = |piece: &[f64; 3]| piece[0] > -16.0;
    let begins = (8..pieces.len() - 60)
        .find(|at| speaks(&pieces[*at]) && !speaks(&pieces[*at - 1]))
        .expect("speech");
    let ends = (begins..pieces.len() - 40)
        .find(|at| !speaks(&pieces[*at]))
        .expect("an end of it");
    // Before it the song is as it was made; 200 ms after its begin it is 12 dB lower, and stays.
    let before = pieces[begins - 2][1];
    assert!((before - -20.0).abs() < 1.5, "{before} dB before");
    for piece in &pieces[begins + 5..ends - 1] {
        assert!(
            (piece[1] - -32.0).abs() < 1.5,
            "{} dB under speech",
            piece[1]
        );
    }
    // Held through a pause between words, then up within a second.
    assert!(
        pieces[ends + 5][1] < -29.0,
        "{} dB in a pause",
        pieces[ends + 5][1]
    );
    let after = pieces[ends + 18..]
        .iter()
        .take_while(|piece| !speaks(piece));
    assert!(
        after.clone().any(|piece| piece[1] > -20.8),
        "{:?}",
        after.collect::<Vec<_>>()
    );
    for piece in &pieces[2..pieces.len() - 2] {
        assert!(
            (piece[2] - -20.0).abs() < 1.5,
            "{} dB of what is neither",
            piece[2]
        );
    }
    // Who is muted does not speak.
    studio.mixer().set_mute("mic", true);
    studio.wait_for_meters("the music coming back", |meters| meters.ducked_db == 0.0);
    drop(studio);
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
    let heard = decoded(&studio.record(2_500), 0);
    let heard = &heard[9_600..heard.len() - 4_800];
    let peak = heard
        .iter()
        .fold(0.0f32, |max, sample| max.max(sample.abs()));
    // An encoder's noise is on top.
    assert!((0.7..0.97).contains(&peak), "{peak}");
    // Clipped, the two would make tones of their own.
    let tones = db(tone(heard, 440.0)).min(db(tone(heard, 1_000.0)));
    for between in [120.0, 560.0, 1_560.0, 1_880.0] {
        let other = db(tone(heard, between));
        assert!(
            other < tones - 40.0,
            "{other} dB at {between} Hz beside {tones}"
        );
    }
}

#[test]
fn the_noise_of_a_fan_is_gone_from_the_recording() {
    let studio = Studio::new();
    let folder = studio.folder.path();
    // Noise as a fan makes it: low-passed by FFmpeg.
    let path = folder.join("fan.wav");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg(
            "anoisesrc=color=brown:amplitude=0.2:seed=7:r=48000:d=6,aformat=channel_layouts=stereo",
        )
        .args(["-c:a", "pcm_f32le"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    studio.rig.program.set_inputs(vec![InputSpec {
        id: "mic".to_owned(),
        kind: InputKind::File {
            path: path.display().to_string(),
            looping: true,
        },
    }]);
    let level = |meters: &Meters| meters.master.rms_db[0];
    studio.wait_for_meters("the fan", |meters| level(meters) > -45.0);
    studio
        .mixer()
        .set_noise_suppression("mic", NoiseSuppression::On);
    studio.wait_for_meters("quiet", |meters| level(meters) < -65.0);
    let heard = decoded(&studio.record(1_500), 0);
    let rms = |sound: &[f32]| {
        let squares: f64 = sound.iter().map(|s| f64::from(*s).powi(2)).sum();
        db((squares / sound.len() as f64).sqrt())
    };
    assert!(
        rms(&heard[9_600..]) < -55.0,
        "{} dB are left",
        rms(&heard[9_600..])
    );
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
    let apart = |path: &Path| -> f64 {
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
        let first = early[0];
        let gaps = late.iter().map(|at| (at - first).rem_euclid(1_000.0));
        gaps.fold(f64::MAX, |least, gap| least.min(gap))
    };
    let before = apart(&studio.record(3_000));
    std::fs::remove_file(folder.join("show.mp4")).unwrap();
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
    let after = apart(&studio.record(3_000));
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
    let path = studio.record(3_000);
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
    let (mix, alone) = (decoded(&path, 0), decoded(&path, 1));
    let middle = |sound: &[f32]| sound[24_000..120_000].to_vec();
    let (mix, alone) = (middle(&mix), middle(&alone));
    assert!(
        (db(tone(&alone, 2_000.0)) - -20.0).abs() < 1.0,
        "{}",
        db(tone(&alone, 2_000.0))
    );
    assert!(
        db(tone(&alone, 300.0)) < -75.0,
        "{}",
        db(tone(&alone, 300.0))
    );
    assert!(
        (db(tone(&mix, 2_000.0)) - -40.0).abs() < 2.0,
        "{}",
        db(tone(&mix, 2_000.0))
    );
    assert!((db(tone(&mix, 300.0)) - -12.0).abs() < 1.0);
    assert!(plays_alone_in_gstreamer(&path) > 100);
    // Cut off in the middle of it, both sounds are there up to the last second.
    let killed = studio.record_and_kill(4_000);
    decodes_without_error(&killed);
    assert!(plays_alone_in_gstreamer(&killed) > 100);
    for track in [0, 1] {
        let seconds = decoded(&killed, track).len() as f64 / 48_000.0;
        assert!(seconds > 2.0, "{seconds} s of track {track}");
    }
    let alone = decoded(&killed, 1);
    assert!(db(tone(&alone[24_000..72_000], 300.0)) < -75.0);
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
