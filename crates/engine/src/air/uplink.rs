//! The uplink while live, one for all canvases: what every destination's link takes, and who is sent what. Those whose
//! link is short get a second rendition at a bitrate that fits, so that nobody else and not the recording is dragged
//! down; where the machine cannot afford a second encode, the one bitrate follows the uplink. Below a watchable bitrate
//! the unprotected destinations pause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::{Budget, BudgetLimits, Feeding, Hub, LinkView, Member, Plan, VideoCodec};
use stallcast_media::audio::AAC_BITRATE;
use stallcast_show::Canvas;

use super::encodes::{Encodes, Encodings, TRIAL, Trial};

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
/// An encoder needs so long until its pictures are of a new bitrate; a keyframe of the old one would be seconds of a
/// short link.
const FOLLOWS: Duration = Duration::from_secs(1);
/// How long everybody got the whole bitrate again before a second encode is given another chance.
const CHANCE_AGAIN: Duration = Duration::from_secs(300);

/// Shares the uplink among the destinations of all canvases: a link that is short is short for both.
pub struct Uplink<P> {
    encodings: Encodings<P>,
    /// Every program's video bitrate, kbit/s.
    nominal_kbps: u32,
    /// What the programs are made with.
    made_kbps: u32,
    way: Way,
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
    /// Who stays with the second rendition until the one encode has come down, and since when.
    coming: Option<(BTreeSet<String>, Duration)>,
}

struct Apart {
    slow: BTreeSet<String>,
    budget: Budget,
    kbps: u32,
    /// When nothing was short any more; it is taken back after [`CALM`].
    calm_since: Option<Duration>,
    /// When everybody was sent back; it ends after [`CHANGE_OVER`].
    leaving_since: Option<Duration>,
    trial: Trial,
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
            encodings: Encodings::new(),
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
        self.encodings.insert(canvas, program, main);
    }

    /// A canvas is off; its encodes end with it.
    pub fn remove(&mut self, canvas: Canvas) {
        self.encodings.remove(canvas);
    }

    /// The video bitrate of every canvas's one encode now, kbit/s.
    pub fn main_kbps(&self) -> u32 {
        match &self.way {
            Way::Together(together) => video_kbps(together.budget.plan()),
            Way::Plenty | Way::Apart(_) => self.nominal_kbps,
        }
    }

    /// The video bitrate that was asked for, kbit/s.
    pub fn wanted_kbps(&self) -> u32 {
        self.nominal_kbps
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
            self.encodings.set_main(kbps);
        }
    }

    /// The show is over: the next begins with everything it has.
    pub fn forget(&mut self) {
        match self.way {
            Way::Plenty => return,
            Way::Apart(_) => self.encodings.end_second(),
            Way::Together(_) => {
                self.encodings.end_second();
                self.encodings.set_main(self.nominal_kbps);
            }
        }
        self.way = Way::Plenty;
    }

    /// `None` for a canvas that is off.
    fn share(&self, link: &Link) -> Option<Share> {
        let (main, low) = (
            self.encodings.main(link.canvas)?,
            self.encodings.low(link.canvas)?,
        );
        let (hub, kbps, plan) = match &self.way {
            Way::Apart(apart) if apart.slow.contains(&link.id) && apart.leaving_since.is_none() => {
                (low, apart.kbps, Some(apart.budget.plan()))
            }
            Way::Plenty | Way::Apart(_) => (main, self.nominal_kbps, None),
            Way::Together(together) => {
                let plan = together.budget.plan();
                let stays = |(slow, _): &(BTreeSet<String>, _)| slow.contains(&link.id);
                let hub = match together.coming.as_ref().is_some_and(stays) {
                    true => low,
                    false => main,
                };
                (hub, video_kbps(plan), Some(plan))
            }
        };
        let paused = plan.is_some_and(|plan| plan.paused.contains(&link.id));
        Some(Share {
            feeding: Feeding {
                hub: hub.clone(),
                kbps: kbps + sound_kbps(),
                paused,
                codec: VideoCodec::H264,
                soon: None,
            },
            target_kbps: if paused { 0 } else { kbps },
        })
    }

    fn budget(&self) -> Budget {
        budget(self.nominal_kbps)
    }

    fn serve_apart(&mut self, now: Duration, slow: BTreeSet<String>, links: &[Link]) {
        let mut budget = self.budget();
        let kbps = video_kbps(budget.decide(now, &members(links, |id| slow.contains(id))));
        tracing::info!(?slow, kbps, "slow links get a rendition of their own");
        self.encodings.begin_second(&canvases(&slow, links), kbps);
        self.way = Way::Apart(Apart {
            slow,
            budget,
            kbps,
            calm_since: None,
            leaving_since: None,
            trial: Trial::begin(TRIAL, now, self.encodings.left_out()),
        });
    }

    /// The machine cannot afford the second encode. Where most links are slow, what is known of the uplink goes on
    /// being true: nobody is sent the whole bitrate first. `works`: whether the second encode still gives pictures.
    fn serve_together(&mut self, now: Duration, links: &[Link], works: bool) {
        let fresh = self.budget();
        let Way::Apart(apart) = std::mem::replace(&mut self.way, Way::Plenty) else {
            return;
        };
        let connected = links.iter().filter(|link| link.view.is_some());
        let others = connected.filter(|link| !apart.slow.contains(&link.id));
        // One slow link among several is its own trouble.
        let budget = match apart.slow.len() > others.count() {
            true => apart.budget,
            false => fresh,
        };
        self.encodings.set_main(video_kbps(budget.plan()));
        if !works {
            self.encodings.end_second();
        }
        self.way = Way::Together(Together {
            budget,
            whole_since: None,
            coming: works.then_some((apart.slow, now)),
        });
    }

    fn follow_together(&mut self, now: Duration, links: &[Link]) {
        let Way::Together(together) = &mut self.way else {
            return;
        };
        let coming = &mut together.coming;
        if coming
            .take_if(|(_, since)| now.saturating_sub(*since) >= FOLLOWS)
            .is_some()
        {
            self.encodings.end_second();
        }
        let before = video_kbps(together.budget.plan());
        let plan = together.budget.decide(now, &members(links, |_| true));
        let kbps = video_kbps(plan);
        let is_whole = kbps >= self.nominal_kbps && plan.paused.is_empty();
        if kbps != before {
            tracing::info!(kbps, "the uplink is followed by the one bitrate");
            self.encodings.set_main(kbps);
            if together.coming.is_some() {
                self.encodings.set_second(kbps);
            }
        }
        if !is_whole {
            together.whole_since = None;
        } else if now.saturating_sub(*together.whole_since.get_or_insert(now)) >= CHANCE_AGAIN {
            self.way = Way::Plenty;
        }
    }

    fn follow_apart(&mut self, now: Duration, links: &[Link]) {
        let left_out = self.encodings.left_out();
        let stats = self.encodings.second();
        let Way::Apart(apart) = &mut self.way else {
            return;
        };
        if let Some(since) = apart.leaving_since {
            if now.saturating_sub(since) >= CHANGE_OVER {
                self.encodings.end_second();
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
                self.serve_together(now, links, stats.failure.is_none());
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
        let canvases = canvases(slow, links);
        self.encodings.begin_second(&canvases, apart.kbps);
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
            self.encodings.set_second(kbps);
        }
        if !is_whole {
            apart.calm_since = None;
        } else if now.saturating_sub(*apart.calm_since.get_or_insert(now)) >= CALM {
            tracing::info!("all links take the show as it is again");
            apart.leaving_since = Some(now);
        }
    }
}

/// What these destinations are sent.
fn canvases(ids: &BTreeSet<String>, links: &[Link]) -> BTreeSet<Canvas> {
    let those = links.iter().filter(|link| ids.contains(&link.id));
    those.map(|link| link.canvas).collect()
}

fn slow_ones(links: &[Link]) -> BTreeSet<String> {
    let slow = links
        .iter()
        .filter(|link| link.view.is_some_and(|view| view.is_congested));
    slow.map(|link| link.id.clone()).collect()
}

fn members(links: &[Link], takes_part: impl Fn(&str) -> bool) -> Vec<Member> {
    let own = links.iter().filter(|link| takes_part(&link.id));
    own.map(member).collect()
}

/// A link as its budget sees it.
pub(super) fn member(link: &Link) -> Member {
    Member {
        id: link.id.clone(),
        priority: u32::from(!link.is_protected),
        link: link.view,
    }
}

/// Of an encode at most at this video bitrate, kbit/s.
pub(super) fn budget(nominal_kbps: u32) -> Budget {
    Budget::new(BudgetLimits {
        nominal_kbps: whole_kbps(nominal_kbps),
        floor_kbps: whole_kbps(FLOOR_KBPS.min(nominal_kbps)),
    })
}

pub(super) fn sound_kbps() -> u32 {
    AAC_BITRATE / 1000
}

/// What a video bitrate takes of the link with its sound and the protocol.
fn whole_kbps(video: u32) -> u32 {
    (f64::from(video + sound_kbps()) * OVERHEAD).ceil() as u32
}

/// The video bitrate of a plan for the whole.
pub(super) fn video_kbps(plan: &Plan) -> u32 {
    let whole = (f64::from(plan.kbps) / OVERHEAD) as u32;
    whole.saturating_sub(sound_kbps()).max(FLOOR_KBPS)
}

#[cfg(test)]
#[path = "uplink_tests.rs"]
mod tests;
