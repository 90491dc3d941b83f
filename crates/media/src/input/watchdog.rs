//! Owns the judgement whether what an input delivers is any use: frozen, black, silent or late.
//!
//! Pure: looks at samples and their times, a few a second, and never at a clock. That nothing comes
//! at all is not its business but the supervision's.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::InputKind;

/// What is wrong with what an input delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The same picture again and again.
    Frozen,
    /// A picture without anything in it: a cap on the lens, a driver without a sensor.
    Black,
    /// Digital silence, which no room has: a muted or dead microphone.
    Silent,
    /// Its times lie behind: sound or picture of the past.
    Late,
}

impl Fault {
    /// A stable code for messages and logs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Black => "black",
            Self::Silent => "silent",
            Self::Late => "late",
        }
    }
}

/// Identical pictures for this long are a frozen one; as patient as with no pictures at all.
pub const FROZEN_AFTER: Duration = Duration::from_millis(700);
/// And this many repetitions, so that a slow camera is not taken for a frozen one.
const FROZEN_REPEATS: u32 = 3;
/// A picture that stays black for this long is not a change of light.
pub const BLACK_AFTER: Duration = Duration::from_millis(700);
/// Digital silence for this long is not a pause between two words.
pub const SILENT_AFTER: Duration = Duration::from_secs(10);
/// Further behind than this is late: no device takes a second for a picture or a block of sound.
pub const LATE_BY: Duration = Duration::from_secs(1);
/// Lateness that lasts this long is no busy moment of the machine.
pub const LATE_AFTER: Duration = Duration::from_secs(2);

/// A sign that was last seen longer ago than this was another matter: the device was away.
const FORGET_AFTER: Duration = Duration::from_secs(5);

/// When a fault that goes on is met with a new pipeline, counted from its begin. After the last of
/// them the device is left alone.
#[must_use]
pub fn resets_after(fault: Fault) -> &'static [Duration] {
    const PATIENT: &[Duration] = &[
        Duration::from_secs(3),
        Duration::from_secs(10),
        Duration::from_secs(30),
    ];
    // One attempt each: a cap on a lens and a muted microphone are not mended by it.
    const BLACK: &[Duration] = &[Duration::from_secs(5)];
    const SILENT: &[Duration] = &[Duration::from_secs(15)];
    match fault {
        Fault::Frozen | Fault::Late => PATIENT,
        Fault::Black => BLACK,
        Fault::Silent => SILENT,
    }
}

/// Which faults are to be expected of a kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    /// A sensor's noise makes two identical pictures impossible.
    LivingPicture,
    /// A room's noise makes digital silence impossible.
    LivingSound,
    /// Anything, in time: what a computer plays may pause.
    Punctuality,
    /// Anything: screens, clips, still pictures and generators may stand still and be dark, and so may
    /// a phone that shows its screen; its encoder repeats a still picture exactly.
    Nothing,
}

/// A look at one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glance {
    /// Equal for identical pictures.
    pub(super) fingerprint: u64,
    pub(super) light: Light,
}

/// Whether there is anything to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Light {
    Some,
    Black,
}

/// Whether there is anything to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noise {
    Some,
    DigitalSilence,
}

/// A fault that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lasting {
    pub(super) fault: Fault,
    /// Since its first sign.
    pub(super) length: Duration,
}

/// From when to when something was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Span(Option<(Duration, Duration)>);

impl Span {
    fn goes_on(&mut self, at: Duration) {
        let since = match self.0 {
            Some((since, until)) if at.saturating_sub(until) <= FORGET_AFTER => since,
            _ => at,
        };
        self.0 = Some((since, at.max(since)));
    }

    fn length(self) -> Duration {
        self.0
            .map_or(Duration::ZERO, |(since, until)| until - since)
    }

    fn reaches(self, least: Duration) -> bool {
        self.0.is_some() && self.length() >= least
    }
}

/// Judges one input by the samples it is shown. Keeps its opinion when the pipeline is built anew:
/// a device that comes back as it was is still at fault.
#[derive(Debug)]
pub(super) struct Watchdog {
    expects: Expects,
    last: Option<u64>,
    repeats: u32,
    same: Span,
    black: Span,
    silent: Span,
    late: Span,
    resets: usize,
}

impl Watchdog {
    pub(super) fn new(kind: &InputKind) -> Self {
        let expects = match kind {
            InputKind::Camera { .. } => Expects::LivingPicture,
            InputKind::Microphone { .. } => Expects::LivingSound,
            InputKind::DesktopAudio { .. } => Expects::Punctuality,
            InputKind::TestPicture { .. }
            | InputKind::TestTone
            | InputKind::File { .. }
            | InputKind::Image { .. }
            | InputKind::Screen { .. }
            | InputKind::Window { .. }
            | InputKind::PortalScreen
            | InputKind::Fed { .. }
            | InputKind::Srt { .. } => Expects::Nothing,
        };
        Self {
            expects,
            last: None,
            repeats: 0,
            same: Span::default(),
            black: Span::default(),
            silent: Span::default(),
            late: Span::default(),
            resets: 0,
        }
    }

    /// Whether it wants to see pictures at all.
    pub(super) fn looks(&self) -> bool {
        self.expects == Expects::LivingPicture
    }

    /// Whether it wants to hear sound at all.
    pub(super) fn listens(&self) -> bool {
        matches!(self.expects, Expects::LivingSound | Expects::Punctuality)
    }

    /// A picture came at `at`, `behind` its own time.
    pub(super) fn saw(&mut self, at: Duration, behind: Duration, glance: Glance) {
        if !self.looks() {
            return;
        }
        if self.last.replace(glance.fingerprint) == Some(glance.fingerprint) {
            self.repeats = self.repeats.saturating_add(1);
        } else {
            self.repeats = 0;
            self.same = Span::default();
        }
        self.same.goes_on(at);
        match glance.light {
            Light::Black => self.black.goes_on(at),
            Light::Some => self.black = Span::default(),
        }
        self.came(at, behind);
    }

    /// Sound came at `at`, `behind` its own time.
    pub(super) fn heard(&mut self, at: Duration, behind: Duration, noise: Noise) {
        if !self.listens() {
            return;
        }
        match noise {
            Noise::DigitalSilence if self.expects == Expects::LivingSound => {
                self.silent.goes_on(at);
            }
            Noise::DigitalSilence | Noise::Some => self.silent = Span::default(),
        }
        self.came(at, behind);
    }

    fn came(&mut self, at: Duration, behind: Duration) {
        if behind > LATE_BY {
            self.late.goes_on(at);
        } else {
            self.late = Span::default();
        }
        if self.fault().is_none() {
            self.resets = 0;
        }
    }

    /// What is wrong at the last sample. Black comes before frozen: a black picture often is both,
    /// and black says more.
    pub(super) fn fault(&self) -> Option<Lasting> {
        let lasting = |fault, span: Span| Lasting {
            fault,
            length: span.length(),
        };
        if self.black.reaches(BLACK_AFTER) {
            Some(lasting(Fault::Black, self.black))
        } else if self.repeats >= FROZEN_REPEATS && self.same.reaches(FROZEN_AFTER) {
            Some(lasting(Fault::Frozen, self.same))
        } else if self.silent.reaches(SILENT_AFTER) {
            Some(lasting(Fault::Silent, self.silent))
        } else if self.late.reaches(LATE_AFTER) {
            Some(lasting(Fault::Late, self.late))
        } else {
            None
        }
    }

    /// The fault for which the device is to be reset now; that counts as done.
    pub(super) fn take_reset(&mut self) -> Option<Fault> {
        let Lasting { fault, length } = self.fault()?;
        let due = resets_after(fault).get(self.resets)?;
        if length < *due {
            return None;
        }
        self.resets += 1;
        Some(fault)
    }

    /// Whether the picture is to be kept off the air. A late picture is better than none; so is one
    /// that came back the same after every reset: some sources that look like cameras stand still.
    pub(super) fn withholds(&self) -> bool {
        match self.fault() {
            Some(Lasting { fault, .. }) => match fault {
                Fault::Black => true,
                Fault::Frozen => self.resets < resets_after(fault).len(),
                Fault::Silent | Fault::Late => false,
            },
            None => false,
        }
    }
}
