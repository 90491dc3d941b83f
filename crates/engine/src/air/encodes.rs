//! The encodes of all canvases: of each the one that everybody gets, and while links are slow a second one at a
//! bitrate of its own; and the trial whether this machine can afford the second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::Hub;
use stallcast_media::program::{EncodedSink, Program, RenditionStats};
use stallcast_show::Canvas;

/// How long a second encode is tried before it is judged, and over which it is judged again.
pub(super) const TRIAL: Duration = Duration::from_secs(8);
/// Pictures left out in a trial, of a hundred, from which on the machine cannot afford a further encode.
const TOO_MANY_LEFT_OUT: u64 = 3;

/// What the uplink asks of a program; [`Program`] in the studio.
pub trait Encodes {
    /// Changes the bitrate of the one encode, kbit/s.
    fn set_main(&self, kbps: u32);
    /// Begins a second rendition for `output`.
    fn start_second(&self, kbps: u32, output: EncodedSink);
    /// Changes its bitrate.
    fn set_second(&self, kbps: u32);
    /// Ends it.
    fn stop_second(&self);
    /// How it fares.
    fn second(&self) -> Option<RenditionStats>;
    /// Pictures the one encode left out so far.
    fn left_out(&self) -> u64;
}

impl Encodes for Program {
    fn set_main(&self, kbps: u32) {
        set(self.set_bitrate_kbps(kbps));
    }
    fn start_second(&self, kbps: u32, output: EncodedSink) {
        set(self.start_rendition(kbps, output));
    }
    fn set_second(&self, kbps: u32) {
        set(self.set_rendition_kbps(kbps));
    }
    fn stop_second(&self) {
        self.stop_rendition();
    }
    fn second(&self) -> Option<RenditionStats> {
        self.rendition()
    }
    fn left_out(&self) -> u64 {
        let stats = self.stats();
        stats.frames_refused + stats.frames_skipped
    }
}

fn set(done: Result<(), stallcast_media::error::MediaError>) {
    if let Err(error) = done {
        tracing::error!(%error, "a bitrate was refused");
    }
}

/// The encodes of every canvas that is on.
pub(super) struct Encodings<P> {
    of: BTreeMap<Canvas, Encoding<P>>,
}

/// One canvas's.
struct Encoding<P> {
    program: Arc<P>,
    main: Hub,
    low: Hub,
    /// Whether its second encode was begun.
    twice: bool,
}

impl<P: Encodes> Encodings<P> {
    pub fn new() -> Self {
        Self {
            of: BTreeMap::new(),
        }
    }

    /// A canvas is on; `main` is the hub that its `program` feeds.
    pub fn insert(&mut self, canvas: Canvas, program: Arc<P>, main: Hub) {
        let encoding = Encoding {
            program,
            main,
            low: Hub::new(),
            twice: false,
        };
        self.of.insert(canvas, encoding);
    }

    /// A canvas is off; its encodes end with it.
    pub fn remove(&mut self, canvas: Canvas) {
        self.of.remove(&canvas);
    }

    /// Where the one encode of a canvas goes; `None` while the canvas is off.
    pub fn main(&self, canvas: Canvas) -> Option<&Hub> {
        Some(&self.of.get(&canvas)?.main)
    }

    /// Where its second one goes.
    pub fn low(&self, canvas: Canvas) -> Option<&Hub> {
        Some(&self.of.get(&canvas)?.low)
    }

    /// Changes the bitrate of the one encode of every canvas, kbit/s.
    pub fn set_main(&self, kbps: u32) {
        for encoding in self.of.values() {
            encoding.program.set_main(kbps);
        }
    }

    /// Begins the second encode of every canvas of these that has none.
    pub fn begin_second(&mut self, wanted: &BTreeSet<Canvas>, kbps: u32) {
        for canvas in wanted {
            if let Some(encoding) = self.of.get_mut(canvas).filter(|encoding| !encoding.twice) {
                let output: EncodedSink = Arc::new(crate::packets::to_hub(encoding.low.clone()));
                encoding.program.start_second(kbps, output);
                encoding.twice = true;
            }
        }
    }

    /// Changes the bitrate of the second encodes.
    pub fn set_second(&self, kbps: u32) {
        for encoding in self.of.values() {
            encoding.program.set_second(kbps);
        }
    }

    /// Ends the second encodes.
    pub fn end_second(&mut self) {
        for encoding in self.of.values_mut() {
            encoding.program.stop_second();
            encoding.twice = false;
        }
    }

    /// Pictures that the one encode of any canvas left out.
    pub fn left_out(&self) -> u64 {
        self.of.values().map(|one| one.program.left_out()).sum()
    }

    /// How all second encodes fare together.
    pub fn second(&self) -> Option<RenditionStats> {
        let all = self.of.values().filter_map(|one| one.program.second());
        all.reduce(|a, b| RenditionStats {
            frames_taken: a.frames_taken + b.frames_taken,
            frames_refused: a.frames_refused + b.frames_refused,
            failure: a.failure.or(b.failure),
        })
    }
}

/// Judges from what is left out whether the machine affords a further encode.
pub(super) struct Trial {
    length: Duration,
    began: Duration,
    /// Counts at its beginning.
    taken: u64,
    left_out: u64,
    /// Whether the time before was too much already: a single hiccup is another program's start.
    was_bad: bool,
}

impl Trial {
    /// Begins `now`, when so many pictures had been left out by the one encode; judges over `length`.
    pub fn begin(length: Duration, now: Duration, left_out: u64) -> Self {
        Self {
            length,
            began: now,
            taken: 0,
            left_out,
            was_bad: false,
        }
    }

    /// Judges the time since it began, then begins anew: two bad ones in a row are too much.
    pub fn is_too_much(&mut self, now: Duration, taken: u64, left_out: u64) -> bool {
        if now.saturating_sub(self.began) < self.length {
            return false;
        }
        let missing = left_out.saturating_sub(self.left_out);
        let asked = taken.saturating_sub(self.taken) + missing;
        let is_bad = missing * 100 > asked * TOO_MANY_LEFT_OUT;
        let next = Self {
            began: now,
            taken,
            left_out,
            was_bad: is_bad,
            ..*self
        };
        let was_bad = std::mem::replace(self, next).was_bad;
        is_bad && was_bad
    }
}
