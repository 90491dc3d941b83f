//! Owns the rehearsal audience's timing: bursts, lulls, and the rush after a product goes on air.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use stallcast_show::{INVENTED, Text};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::audience::{About, Audience, AudienceLine, Language};
use crate::connector::ConnectorState;
use crate::draft::LineDraft;
use crate::outlet::{Outlet, SinkClosed};

/// How busy a simulated room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pace {
    /// Lines a minute on average, without the rushes; 1 to 120 000, values outside are taken as the nearest.
    pub lines_per_minute: u32,
}

impl Pace {
    /// A small room, easy to read along.
    pub const CALM: Self = Self {
        lines_per_minute: 12,
    };
    /// A good evening.
    pub const LIVELY: Self = Self {
        lines_per_minute: 60,
    };
    /// 1 000 lines a second: the load test.
    pub const FLOOD: Self = Self {
        lines_per_minute: 60_000,
    };
}

/// Chat comes in bursts: most of the time below the average, then a few seconds far above. The two
/// rates and the chance to change after each line keep the average near 1 (see `a_pace_is_kept`).
const LULL: f64 = 0.6;
const BURST: f64 = 3.0;
const INTO_BURST: f64 = 0.06;
const OUT_OF_BURST: f64 = 0.10;

/// After a product goes on air the room is this much faster, fading to nothing over `RUSH_LASTS`.
const RUSH: f64 = 4.0;
const RUSH_LASTS: Duration = Duration::from_secs(20);

/// A viewer needs this long to notice the product and type.
const NOTICE: Duration = Duration::from_millis(700);

struct Room<'a> {
    audience: &'a Audience,
    random: StdRng,
    bursting: bool,
    on_air: Option<(Text, Instant)>,
    /// Indexes of lines not said for longest first, so that nothing is repeated soon.
    unsaid: Vec<usize>,
}

/// Speaks until the sink is closed.
pub(crate) async fn run(
    seed: u64,
    pace: Pace,
    audience: &Audience,
    outlet: &mut Outlet,
    reactions: &mut mpsc::Receiver<Text>,
) -> SinkClosed {
    outlet.state(ConnectorState::Live);
    let mut room = Room {
        audience,
        random: StdRng::seed_from_u64(seed),
        bursting: false,
        on_air: None,
        unsaid: (0..audience.lines.len()).collect(),
    };
    let mut due = Instant::now() + room.gap(pace, Instant::now());
    loop {
        tokio::select! {
            // In this order, so that one seed and one course of events give one evening.
            biased;
            Some(title) = reactions.recv() => {
                let now = Instant::now();
                room.on_air = Some((title, now));
                // Whoever was about to speak is overtaken by those who ask about the product.
                due = due.min(now + NOTICE);
            }
            () = sleep_until(due) => {
                let Some(draft) = room.speak(due) else {
                    // An audience that passed its check always has something to say.
                    return SinkClosed;
                };
                if outlet.put(draft).await.is_err() {
                    return SinkClosed;
                }
                let gap = room.gap(pace, due);
                // From when it was due, not from now: the timer's grain must not slow a busy room.
                // A reader that held us up does not get the backlog in one go, though.
                due = (due + gap).max(Instant::now().checked_sub(Duration::from_secs(1)).unwrap_or(due));
            }
        }
    }
}

impl<'a> Room<'a> {
    fn rush(&self, now: Instant) -> f64 {
        let Some((_, since)) = &self.on_air else {
            return 0.0;
        };
        let gone = now.saturating_duration_since(*since).as_secs_f64() / RUSH_LASTS.as_secs_f64();
        (1.0 - gone).max(0.0)
    }

    /// Time to the next line: exponential around the momentary rate.
    fn gap(&mut self, pace: Pace, now: Instant) -> Duration {
        let change = if self.bursting {
            OUT_OF_BURST
        } else {
            INTO_BURST
        };
        if self.random.random_bool(change) {
            self.bursting = !self.bursting;
        }
        let mood = if self.bursting { BURST } else { LULL };
        let rush = 1.0 + (RUSH - 1.0) * self.rush(now);
        let per_second = f64::from(pace.lines_per_minute.clamp(1, 120_000)) / 60.0 * mood * rush;
        let share: f64 = self.random.random_range(f64::EPSILON..1.0);
        Duration::from_secs_f64((-share.ln() / per_second).min(60.0))
    }

    fn speak(&mut self, now: Instant) -> Option<LineDraft> {
        let rush = self.rush(now);
        let about = if self.random.random_bool(0.35 + 0.5 * rush) {
            About::Product
        } else {
            About::Room
        };
        let line = self
            .pick(about)
            .or_else(|| self.pick(About::Room))
            .or_else(|| self.pick(About::Product))?;
        let names = self.audience.names(line.lang);
        let author = names.get(self.random.random_range(0..names.len().max(1)))?;
        let text = match &self.on_air {
            Some((title, _)) => line
                .text
                .replace("{product}", in_language(title, line.lang)),
            None => line.text.clone(),
        };
        Some(LineDraft {
            id: None,
            platform: INVENTED.to_owned(),
            author: author.clone(),
            text,
            at: None,
        })
    }

    /// One of the longest unsaid third of the fitting lines.
    fn pick(&mut self, about: About) -> Option<&'a AudienceLine> {
        let audience = self.audience;
        let product = self.on_air.is_some();
        let fits = |index: &usize| {
            audience
                .lines
                .get(*index)
                .is_some_and(|line| line.about == about && (product || !line.needs_product()))
        };
        let places: Vec<usize> = (0..self.unsaid.len())
            .filter(|place| self.unsaid.get(*place).is_some_and(fits))
            .collect();
        let oldest = places.len().div_ceil(3);
        if oldest == 0 {
            return None;
        }
        let place = *places.get(self.random.random_range(0..oldest))?;
        let index = self.unsaid.remove(place);
        self.unsaid.push(index);
        audience.lines.get(index)
    }
}

fn in_language(title: &Text, lang: Language) -> &str {
    let (first, second) = match lang {
        Language::Zh => (&title.zh, &title.en),
        Language::En => (&title.en, &title.zh),
    };
    if first.is_empty() { second } else { first }
}
