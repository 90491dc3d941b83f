//! What happens to the sound when the mix itself breaks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use gstreamer as gst;
use tokio::sync::watch;

use super::{AudioMixer, EncodedAudio, Level, Meters, MixNews};
use crate::clock::MediaClock;
use crate::error::MediaError;
use crate::input::{Input, InputKind, InputSpec, VideoWant};

const SOON: Duration = Duration::from_secs(60);

/// How a mix is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// An element says that it failed.
    Error,
    /// Everything ends.
    EndOfStream,
    /// Nothing comes out any more, and nobody says so.
    Silently,
}

fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {SOON:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A running mix with a tone in it.
struct Stage {
    clock: MediaClock,
    mixer: AudioMixer,
    heard: Arc<Mutex<Vec<EncodedAudio>>>,
    told: Arc<Mutex<Vec<MediaError>>>,
    heard_again: Arc<AtomicU64>,
    /// What the meters said when the last failure was told.
    level_at_failure: Arc<Mutex<Option<Level>>>,
    tone: Option<Input>,
}

impl Stage {
    fn new() -> Self {
        gst::init().unwrap();
        let clock = MediaClock::new();
        let heard: Arc<Mutex<Vec<EncodedAudio>>> = Arc::default();
        let told: Arc<Mutex<Vec<MediaError>>> = Arc::default();
        let heard_again: Arc<AtomicU64> = Arc::default();
        let (to_heard, to_told) = (heard.clone(), told.clone());
        let to_heard_again = heard_again.clone();
        let level_at_failure: Arc<Mutex<Option<Level>>> = Arc::default();
        let meters: Arc<OnceLock<watch::Receiver<Meters>>> = Arc::default();
        let (to_level, seen) = (level_at_failure.clone(), meters.clone());
        let mixer = AudioMixer::start_telling(
            &clock,
            move |frame| to_heard.lock().unwrap().push(frame),
            move |news| match news {
                MixNews::Failed(error) => {
                    let level = seen.get().map(|meters| meters.borrow().master);
                    *to_level.lock().unwrap() = level;
                    to_told.lock().unwrap().push(error);
                }
                MixNews::HeardAgain => {
                    to_heard_again.fetch_add(1, Ordering::Relaxed);
                }
            },
        )
        .unwrap();
        meters.set(mixer.meters()).unwrap();
        let mut stage = Self {
            clock,
            mixer,
            heard,
            told,
            heard_again,
            level_at_failure,
            tone: None,
        };
        stage.mixer.set_gain_db("tone", -6.0).unwrap();
        stage.tone = Some(stage.tone("tone"));
        stage.wait_for_tone(-26.0);
        wait_for("the tone in the stream", || {
            stage.frames().last().is_some_and(is_loud).then_some(())
        });
        stage
    }

    fn tone(&self, id: &str) -> Input {
        let (events, _) = tokio::sync::mpsc::channel(8);
        let spec = InputSpec {
            id: id.to_owned(),
            kind: InputKind::TestTone,
        };
        let want = VideoWant::new(2, 2);
        Input::start(spec, &self.clock, Some(&self.mixer), want, events)
    }

    /// Waits for a reading of the mix at this level that was not there before.
    fn wait_for_tone(&self, db: f32) {
        let mut meters = self.mixer.meters();
        meters.borrow_and_update();
        wait_for("the tone in the mix", || {
            let fresh = meters.has_changed().unwrap();
            let level = meters.borrow_and_update().master.peak_db[0];
            (fresh && (level - db).abs() < 0.5).then_some(())
        });
    }

    fn frames(&self) -> Vec<EncodedAudio> {
        self.heard.lock().unwrap().clone()
    }

    /// Breaks the mix and waits until it is heard again with the tone in it; the frames before.
    fn survive(&self, how: Break) -> usize {
        let had = self.mixer.rebuilds();
        let before = self.frames().len();
        self.mixer.core.break_down(&how);
        wait_for("a new pipeline", || {
            (self.mixer.rebuilds() > had && self.mixer.failure().is_none()).then_some(())
        });
        // Whatever comes from here on is the new pipeline's.
        let new = self.frames().len();
        wait_for("the tone in the stream", || {
            self.frames()[new..]
                .last()
                .is_some_and(is_loud)
                .then_some(())
        });
        self.wait_for_tone(-26.0);
        before
    }

    /// No time is missing in the stream, none is there twice, and it ends where the clock is.
    fn assert_whole(&self) {
        let frames = self.frames();
        for pair in frames.windows(2) {
            let step = pair[1].pts.nseconds() as f64 - pair[0].pts.nseconds() as f64;
            assert!((21.3e6..21.4e6).contains(&step), "a step of {step} ns");
        }
        wait_for("the stream to be where the clock is", || {
            let last = self.heard.lock().unwrap().last()?.pts;
            let behind = self.clock.running_time().saturating_sub(last);
            (behind < gst::ClockTime::from_mseconds(600)).then_some(())
        });
    }
}

/// An AAC frame of a tone: some 50 bytes when it is steady; one of silence takes a handful.
fn is_loud(frame: &EncodedAudio) -> bool {
    frame.data.len() > 25
}

/// How long the stream was without the tone after a frame.
fn quiet_after(frames: &[EncodedAudio], from: usize) -> gst::ClockTime {
    let quiet = frames[from..].iter().filter(|frame| !is_loud(frame));
    quiet.map(|frame| frame.duration).sum()
}

#[test]
fn a_mix_that_fails_is_heard_again_at_once_and_no_time_is_lost() {
    let stage = Stage::new();
    for how in [Break::Error, Break::EndOfStream] {
        let before = stage.survive(how);
        let quiet = quiet_after(&stage.frames(), before);
        println!("{how:?}: {quiet} without the tone");
        // Some 0.3 s on an idle machine.
        assert!(
            quiet < gst::ClockTime::from_seconds(5),
            "{quiet} of silence"
        );
    }
    stage.assert_whole();
    // 440 Hz counts for about as much as its level; both gaps are soon out of the last 400 ms.
    let meters = stage.mixer.meters();
    wait_for("the loudness of the tone", || {
        let lufs = meters.borrow().loudness.momentary_lufs;
        (-27.5..-25.5).contains(&lufs).then_some(())
    });
    let told = stage.told.lock().unwrap();
    // Each for its own reason, not for its silence. A machine that stood for three seconds tells of that, too.
    let is_error = |error: &MediaError| match error {
        MediaError::Pipeline { reason, .. } => reason == "test",
        _ => false,
    };
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.iter().any(is_error), "{told:?}");
    assert!(told.contains(&MediaError::EndOfStream), "{told:?}");
    drop(told);
    // Inputs come and go as ever, and the faders are where they were.
    let other = stage.tone("other");
    stage.mixer.set_mute("tone", true);
    stage.wait_for_tone(-20.0);
    drop(other);
    stage.mixer.set_mute("tone", false);
    stage.wait_for_tone(-26.0);
}

#[test]
fn a_mix_that_goes_quiet_without_a_word_is_replaced() {
    let stage = Stage::new();
    let before = stage.frames().last().unwrap().pts;
    stage.mixer.core.break_down(&Break::Silently);
    wait_for("the news that it is heard again", || {
        (stage.heard_again.load(Ordering::Relaxed) == 1).then_some(())
    });
    stage.wait_for_tone(-26.0);
    // The meters did not stand as if it were heard.
    assert_eq!(*stage.level_at_failure.lock().unwrap(), Some(Level::SILENT));
    let frames = stage.frames();
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts));
    assert!(frames.last().unwrap().pts > before + gst::ClockTime::from_seconds(3));
}

#[test]
fn an_input_that_has_nothing_to_say_yet_silences_nobody() {
    let stage = Stage::new();
    // As that of a phone that nobody has connected.
    let waiting = stage.mixer.attach("phone").unwrap();
    let before = stage.frames().len();
    // Six seconds: twice as long as a mix may be silent.
    wait_for("sound", || {
        let told = stage.told.lock().unwrap();
        assert!(told.is_empty(), "{told:?}");
        (stage.frames().len() > before + 280).then_some(())
    });
    stage.wait_for_tone(-26.0);
    // Nor does one that falls silent.
    let frame_bytes = 8;
    let sound = gst::Buffer::with_size(480 * frame_bytes).unwrap();
    waiting.push(sound, stage.clock.running_time());
    let before = stage.frames().len();
    wait_for("sound", || {
        let told = stage.told.lock().unwrap();
        assert!(told.is_empty(), "{told:?}");
        (stage.frames().len() > before + 280).then_some(())
    });
    stage.wait_for_tone(-26.0);
}

/// The pipeline sets all that is in it to playing when its first sound is out: an element that is taken out just then
/// would be freed while its thread runs.
#[test]
fn inputs_that_leave_while_the_mix_begins_take_nothing_with_them() {
    gst::init().unwrap();
    for _ in 0..10 {
        let heard = Arc::new(AtomicBool::new(false));
        let hear = Arc::clone(&heard);
        let on_audio = move |_| hear.store(true, Ordering::Relaxed);
        let mixer = AudioMixer::start(&MediaClock::new(), on_audio).unwrap();
        let deadline = Instant::now() + SOON;
        std::thread::scope(|scope| {
            for n in 0..4 {
                let (mixer, heard) = (&mixer, &heard);
                scope.spawn(move || {
                    while !heard.load(Ordering::Relaxed) {
                        assert!(Instant::now() < deadline, "the mix says nothing");
                        drop(mixer.attach(&n.to_string()).unwrap());
                        // The mix wants to begin.
                        std::thread::yield_now();
                    }
                });
            }
        });
    }
}
