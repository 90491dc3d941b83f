//! The uplink while live, one for all canvases: what every destination's link takes, and who is sent what. Those whose link is short
//! get a second rendition at a bitrate that fits, so that nobody else and not the recording is dragged down; where
//! the machine cannot afford a second encode, the one bitrate follows the uplink. Below a watchable bitrate the
//! unprotected destinations pause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::{Budget, BudgetLimits, Feeding, Hub, LinkView, Member, Plan};
use stallcast_media::audio::AAC_BITRATE;
use stallcast_media::program::{EncodedSink, Program, RenditionStats};
use stallcast_show::Canvas;

/// How often the links are looked at: the delivery's own beat.
pub const LOOK: Duration = Duration::from_millis(200);
/// Least watchable video bitrate of a 720p talk, kbit/s: below it faces dissolve.
const FLOOR_KBPS: u32 = 220;
/// What RTMP's chunk heads and TCP's own cost on top of the stream.
const OVERHEAD: f64 = 1.02;
/// How long the second rendition must have carried everything it should before it is taken back.
const CALM: Duration = Duration::from_secs(30);
/// A destination changes over with the next keyframe, two seconds away at most.
const CHANGE_OVER: Duration = Duration::from_secs(5);
/// How long a second encode is tried before it is judged, and over which it is judged again.
const TRIAL: Duration = Duration::from_secs(8);
/// Pictures left out in a trial, of a hundred, from which on the machine cannot afford a second encode.
const TOO_MANY_LEFT_OUT: u64 = 3;

/// How long everybody got the whole bitrate again before a second encode is given another chance.
const CHANCE_AGAIN: Duration = Duration::from_secs(300);

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

/// Shares the uplink among the destinations of all canvases: a link that is short is short for both.
pub struct Uplink<P> {
    lanes: BTreeMap<Canvas, Lane<P>>,
    /// Every program's video bitrate, kbit/s.
    nominal_kbps: u32,
    /// What the programs are made with.
    made_kbps: u32,
    way: Way,
}

/// One canvas's encodes.
struct Lane<P> {
    program: Arc<P>,
    main: Hub,
    low: Hub,
}

/// How slow links are served.
enum Way {
    /// All links take the program as it is.
    Plenty,
    /// Slow destinations have a rendition of their own.
    Apart(Apart),
    /// The machine cannot afford a second encode: everybody gets the one bitrate.
    Together(Together),
}

struct Together {
    budget: Budget,
    /// Since when everybody gets the whole bitrate.
    whole_since: Option<Duration>,
}

struct Apart {
    slow: BTreeSet<String>,
    /// The canvases that are encoded a second time.
    twice: BTreeSet<Canvas>,
    budget: Budget,
    kbps: u32,
    /// When nothing was short any more; it is taken back after [`CALM`].
    calm_since: Option<Duration>,
    /// When everybody was sent back; it ends after [`CHANGE_OVER`].
    leaving_since: Option<Duration>,
    trial: Trial,
}

/// Counts at the beginning of a trial.
struct Trial {
    began: Duration,
    taken: u64,
    left_out: u64,
    /// Whether the time before was too much already: a single hiccup is another program's start.
    was_bad: bool,
}

/// A live destination as the uplink sees it.
pub struct Link {
    /// Destination id.
    pub id: String,
    /// What it is sent.
    pub canvas: Canvas,
    /// Whether it is the last to lose.
    pub is_protected: bool,
    /// What its connection says; `None` while it is not connected or paused.
    pub view: Option<LinkView>,
}

/// What a destination is to be sent.
#[derive(Debug, Clone)]
pub struct Share {
    /// From where, and whether at all.
    pub feeding: Feeding,
    /// Video bitrate, kbit/s; 0 while it pauses.
    pub target_kbps: u32,
}

impl<P: Encodes> Uplink<P> {
    /// Of programs that encode at `nominal_kbps` of video; none is on yet.
    pub fn new(nominal_kbps: u32) -> Self {
        Self {
            lanes: BTreeMap::new(),
            nominal_kbps,
            made_kbps: nominal_kbps,
            way: Way::Plenty,
        }
    }

    /// A canvas is on; `main` is the hub that its `program` feeds.
    pub fn insert(&mut self, canvas: Canvas, program: Arc<P>, main: Hub) {
        if self.main_kbps() != self.made_kbps {
            program.set_main(self.main_kbps());
        }
        let lane = Lane {
            program,
            main,
            low: Hub::new(),
        };
        self.lanes.insert(canvas, lane);
    }

    /// A canvas is off; its encodes end with it.
    pub fn remove(&mut self, canvas: Canvas) {
        self.lanes.remove(&canvas);
        if let Way::Apart(apart) = &mut self.way {
            apart.twice.remove(&canvas);
        }
    }

    /// The video bitrate of every canvas's one encode now, kbit/s.
    pub fn main_kbps(&self) -> u32 {
        match &self.way {
            Way::Together(together) => video_kbps(together.budget.plan()),
            Way::Plenty | Way::Apart(_) => self.nominal_kbps,
        }
    }

    /// Decides who is sent what, by destination id. Called every [`LOOK`]; `now` since any fixed moment.
    pub fn decide(&mut self, now: Duration, links: &[Link]) -> BTreeMap<String, Share> {
        match &mut self.way {
            Way::Plenty => {
                let slow = slow_ones(links);
                if !slow.is_empty() {
                    self.serve_apart(now, slow, links);
                }
            }
            Way::Apart(_) => self.follow_apart(now, links),
            Way::Together(_) => self.follow_together(now, links),
        }
        links
            .iter()
            .filter_map(|link| Some((link.id.clone(), self.share(link)?)))
            .collect()
    }

    /// The bitrate that viewers get while the uplink takes it, kbit/s of video; `None` = what the programs are made with.
    pub fn choose(&mut self, kbps: Option<u32>) {
        let kbps = kbps.unwrap_or(self.made_kbps);
        if kbps != self.nominal_kbps {
            self.forget();
            self.nominal_kbps = kbps;
            self.set_main(kbps);
        }
    }

    /// The show is over: the next begins with everything it has.
    pub fn forget(&mut self) {
        match self.way {
            Way::Plenty => return,
            Way::Apart(_) => self.stop_second(),
            Way::Together(_) => self.set_main(self.nominal_kbps),
        }
        self.way = Way::Plenty;
    }

    fn set_main(&self, kbps: u32) {
        for lane in self.lanes.values() {
            lane.program.set_main(kbps);
        }
    }

    fn stop_second(&self) {
        for lane in self.lanes.values() {
            lane.program.stop_second();
        }
    }

    /// `None` for a canvas that is off.
    fn share(&self, link: &Link) -> Option<Share> {
        let lane = self.lanes.get(&link.canvas)?;
        let (hub, kbps, plan) = match &self.way {
            Way::Plenty => (&lane.main, self.nominal_kbps, None),
            Way::Apart(apart) if apart.slow.contains(&link.id) && apart.leaving_since.is_none() => {
                (&lane.low, apart.kbps, Some(apart.budget.plan()))
            }
            Way::Apart(_) => (&lane.main, self.nominal_kbps, None),
            Way::Together(together) => {
                let plan = together.budget.plan();
                (&lane.main, video_kbps(plan), Some(plan))
            }
        };
        let paused = plan.is_some_and(|plan| plan.paused.contains(&link.id));
        Some(Share {
            feeding: Feeding {
                hub: hub.clone(),
                kbps: kbps + sound_kbps(),
                paused,
            },
            target_kbps: if paused { 0 } else { kbps },
        })
    }

    fn budget(&self) -> Budget {
        Budget::new(BudgetLimits {
            nominal_kbps: whole_kbps(self.nominal_kbps),
            floor_kbps: whole_kbps(FLOOR_KBPS.min(self.nominal_kbps)),
        })
    }

    fn serve_apart(&mut self, now: Duration, slow: BTreeSet<String>, links: &[Link]) {
        let mut budget = self.budget();
        let kbps = video_kbps(budget.decide(now, &members(links, |id| slow.contains(id))));
        tracing::info!(?slow, kbps, "slow links get a rendition of their own");
        let twice = begin_second(&self.lanes, &slow, links, &BTreeSet::new(), kbps);
        self.way = Way::Apart(Apart {
            slow,
            twice,
            budget,
            kbps,
            calm_since: None,
            leaving_since: None,
            trial: Trial {
                began: now,
                taken: 0,
                left_out: left_out(&self.lanes),
                was_bad: false,
            },
        });
    }

    fn follow_together(&mut self, now: Duration, links: &[Link]) {
        let Way::Together(together) = &mut self.way else {
            return;
        };
        let before = video_kbps(together.budget.plan());
        let plan = together.budget.decide(now, &members(links, |_| true));
        let kbps = video_kbps(plan);
        let is_whole = kbps >= self.nominal_kbps && plan.paused.is_empty();
        if kbps != before {
            tracing::info!(kbps, "the uplink is followed by the one bitrate");
            for lane in self.lanes.values() {
                lane.program.set_main(kbps);
            }
        }
        if !is_whole {
            together.whole_since = None;
        } else if now.saturating_sub(*together.whole_since.get_or_insert(now)) >= CHANCE_AGAIN {
            self.way = Way::Plenty;
        }
    }

    fn follow_apart(&mut self, now: Duration, links: &[Link]) {
        let left_out = left_out(&self.lanes);
        let stats = second(&self.lanes);
        let Way::Apart(apart) = &mut self.way else {
            return;
        };
        if let Some(since) = apart.leaving_since {
            if now.saturating_sub(since) >= CHANGE_OVER {
                self.stop_second();
                self.way = Way::Plenty;
            }
            return;
        }
        if let Some(stats) = stats {
            let trial = &mut apart.trial;
            let left_out = left_out + stats.frames_refused;
            if stats.failure.is_some() || trial.is_too_much(now, stats.frames_taken, left_out) {
                tracing::warn!(
                    failure = stats.failure,
                    "no second encode on this machine: the one bitrate follows the uplink"
                );
                self.stop_second();
                self.way = Way::Together(Together {
                    budget: self.budget(),
                    whole_since: None,
                });
                return;
            }
        }
        apart.slow.extend(slow_ones(links));
        // One that was taken away needs no encode of its own any more.
        let slow = &mut apart.slow;
        slow.retain(|id| links.iter().any(|link| &link.id == id));
        if slow.is_empty() {
            apart.leaving_since = Some(now);
            return;
        }
        let more = begin_second(&self.lanes, slow, links, &apart.twice, apart.kbps);
        apart.twice.extend(more);
        let of_slow = members(links, |id| apart.slow.contains(id));
        let is_short = of_slow
            .iter()
            .any(|m| m.link.is_some_and(|l| l.is_congested));
        let plan = apart.budget.decide(now, &of_slow);
        let kbps = video_kbps(plan);
        let is_whole = kbps >= self.nominal_kbps && plan.paused.is_empty() && !is_short;
        if kbps != apart.kbps {
            tracing::info!(kbps, paused = ?plan.paused, "the slow links' rendition");
            apart.kbps = kbps;
            for lane in self.lanes.values() {
                lane.program.set_second(kbps);
            }
        }
        if !is_whole {
            apart.calm_since = None;
        } else if now.saturating_sub(*apart.calm_since.get_or_insert(now)) >= CALM {
            tracing::info!("all links take the show as it is again");
            apart.leaving_since = Some(now);
        }
    }
}

impl Trial {
    /// Judges the time since it began, then begins anew: two bad ones in a row are too much.
    fn is_too_much(&mut self, now: Duration, taken: u64, left_out: u64) -> bool {
        if now.saturating_sub(self.began) < TRIAL {
            return false;
        }
        let missing = left_out.saturating_sub(self.left_out);
        let asked = taken.saturating_sub(self.taken) + missing;
        let is_bad = missing * 100 > asked * TOO_MANY_LEFT_OUT;
        let was_bad = std::mem::replace(
            self,
            Self {
                began: now,
                taken,
                left_out,
                was_bad: is_bad,
            },
        )
        .was_bad;
        is_bad && was_bad
    }
}

/// Begins a second encode of every canvas that a slow destination is sent and that has none; gives those canvases.
fn begin_second<P: Encodes>(
    lanes: &BTreeMap<Canvas, Lane<P>>,
    slow: &BTreeSet<String>,
    links: &[Link],
    twice: &BTreeSet<Canvas>,
    kbps: u32,
) -> BTreeSet<Canvas> {
    let of_slow = links.iter().filter(|link| slow.contains(&link.id));
    let wanted: BTreeSet<Canvas> = of_slow.map(|link| link.canvas).collect();
    let mut begun = BTreeSet::new();
    for canvas in wanted.difference(twice) {
        if let Some(lane) = lanes.get(canvas) {
            let output: EncodedSink = Arc::new(super::to_hub(lane.low.clone()));
            lane.program.start_second(kbps, output);
            begun.insert(*canvas);
        }
    }
    begun
}

/// Pictures that the one encode of any canvas left out.
fn left_out<P: Encodes>(lanes: &BTreeMap<Canvas, Lane<P>>) -> u64 {
    lanes.values().map(|lane| lane.program.left_out()).sum()
}

/// How all second encodes fare together.
fn second<P: Encodes>(lanes: &BTreeMap<Canvas, Lane<P>>) -> Option<RenditionStats> {
    let all = lanes.values().filter_map(|lane| lane.program.second());
    all.reduce(|a, b| RenditionStats {
        frames_taken: a.frames_taken + b.frames_taken,
        frames_refused: a.frames_refused + b.frames_refused,
        failure: a.failure.or(b.failure),
    })
}

fn slow_ones(links: &[Link]) -> BTreeSet<String> {
    let slow = links
        .iter()
        .filter(|link| link.view.is_some_and(|view| view.is_congested));
    slow.map(|link| link.id.clone()).collect()
}

fn members(links: &[Link], takes_part: impl Fn(&str) -> bool) -> Vec<Member> {
    let own = links.iter().filter(|link| takes_part(&link.id));
    own.map(|link| Member {
        id: link.id.clone(),
        priority: u32::from(!link.is_protected),
        link: link.view,
    })
    .collect()
}

fn sound_kbps() -> u32 {
    AAC_BITRATE / 1000
}

/// What a video bitrate takes of the link with its sound and the protocol.
fn whole_kbps(video: u32) -> u32 {
    (f64::from(video + sound_kbps()) * OVERHEAD).ceil() as u32
}

/// The video bitrate of a plan for the whole.
fn video_kbps(plan: &Plan) -> u32 {
    let whole = (f64::from(plan.kbps) / OVERHEAD) as u32;
    whole.saturating_sub(sound_kbps()).max(FLOOR_KBPS)
}

fn set(done: Result<(), stallcast_media::error::MediaError>) {
    if let Err(error) = done {
        tracing::error!(%error, "a bitrate was refused");
    }
}

#[cfg(test)]
#[path = "uplink_tests.rs"]
mod tests;
