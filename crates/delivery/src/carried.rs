//! carried owns a destination whose connections a [`Carrier`] makes: the same queue, watchdog, figures and retries as
//! for RTMP, around a line that takes packets.

use std::future::ready;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use crate::carrier::{Calling, Carrier, Line, LineTimes, LineView, Patience};
use crate::error::DeliveryErrorCode as Code;
use crate::feed::{Feed, Feeding};
use crate::hub::Delivered;
use crate::liveness::{RateMeter, Verdict, judge_by};
use crate::lossy::LossyWatch;
use crate::packet::{StreamFormat, Track};
use crate::pump::{FrameCounts, SETTLE};
use crate::queue::QueueLimits;
use crate::supervisor::{Attempt, Ended, OrderBook, Reporter, State, status_ticks};
use crate::timeline::Timeline;
use crate::uplink::GLANCE;

/// A line's queue. With what a line itself may hold (a third of a second) it stays below the three seconds that a
/// viewer may be behind; room for one whole group of the usual two seconds. 8 MB as for RTMP.
const QUEUE: QueueLimits = QueueLimits {
    max_bytes: 8 * 1024 * 1024,
    max_ms: 2500,
};
/// Time to end a line properly.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the first format is looked for: a program that has just begun gives it within a second.
const FORMAT_LOOK: Duration = Duration::from_millis(50);

/// Publishes a hub's stream over one carrier's lines, one after the other.
pub(crate) struct CarriedPublisher<C> {
    id: String,
    carrier: C,
    wanted: watch::Receiver<Feeding>,
    /// As in the RTMP publisher: made when first connected, suspended between connections.
    feed: Option<Feed>,
    frames: FrameCounts,
}

impl<C: Carrier> CarriedPublisher<C> {
    pub fn new(id: String, carrier: C, wanted: watch::Receiver<Feeding>) -> Self {
        Self {
            id,
            carrier,
            wanted,
            feed: None,
            frames: FrameCounts::default(),
        }
    }

    /// `None` when ordered to stop. A change of the network begins anew.
    async fn connect_or_stop(&mut self, orders: &mut OrderBook) -> Option<Result<C::Line, Code>> {
        let mut epoch = orders.now().network_epoch;
        loop {
            let (carrier, wanted) = (&mut self.carrier, &self.wanted);
            let mut connecting = Box::pin(async {
                let format = first_format(wanted).await;
                carrier.connect(&format).await
            });
            loop {
                let now = tokio::select! {
                    result = &mut connecting => return Some(result),
                    now = orders.changed() => now,
                };
                if now.stop {
                    return None;
                }
                if std::mem::replace(&mut epoch, now.network_epoch) != now.network_epoch {
                    break;
                }
            }
        }
    }
}

async fn first_format(wanted: &watch::Receiver<Feeding>) -> std::sync::Arc<StreamFormat> {
    loop {
        let format = wanted.borrow().hub.format();
        match format {
            Some(format) => return format,
            None => sleep(FORMAT_LOOK).await,
        }
    }
}

impl<C: Carrier> Attempt for CarriedPublisher<C> {
    async fn run(&mut self, status: &Reporter, mut orders: OrderBook) -> Ended {
        let not_live = |error| Ended {
            error,
            live_for: None,
            silent_for: Duration::ZERO,
        };
        let calling = self.carrier.calling();
        if calling == Calling::Them {
            status.update(|s| s.last_error = Some(Code::WaitingForCaller));
        }
        let line = match self.connect_or_stop(&mut orders).await {
            None => return not_live(None),
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                tracing::info!(destination = %self.id, %error, "not connected");
                return not_live(Some(error));
            }
        };
        let first = self.feed.is_none();
        let feed = match &mut self.feed {
            Some(feed) => {
                feed.resume();
                feed
            }
            none => none.insert(Feed::new(self.wanted.clone(), QUEUE)),
        };
        let mut carriage = Carriage::new(line, feed, self.frames, self.carrier.patience());
        let result = carriage.run(&self.id, status, &mut orders).await;
        let ended = Ended {
            error: result
                .err()
                .map(|error| carriage.as_refusal(error, calling)),
            live_for: carriage.live_since.map(|_| carriage.began.elapsed()),
            silent_for: carriage.view.silent_for.unwrap_or_default(),
        };
        let (line, frames) = (carriage.line, carriage.frames);
        feed.suspend();
        if timeout(FAREWELL_TIMEOUT, line.end()).await.is_err() {
            tracing::debug!(destination = %self.id, "the other side did not wait for the end");
        }
        if ended.live_for.is_none() && first {
            // A destination that never was live has missed nothing.
            self.feed = None;
            status.update(|s| (s.frames_sent, s.frames_dropped, s.link) = (0, 0, None));
        } else {
            self.frames = frames;
            let dropped = frames.cut + feed.stats().drops.video_frames;
            status.update(|s| {
                (s.frames_sent, s.frames_dropped, s.link) = (frames.sent, dropped, None);
            });
        }
        if let Some(error) = &ended.error {
            let live_for = ended.live_for;
            tracing::info!(destination = %self.id, %error, ?live_for, "lost");
        }
        ended
    }
}

/// The moving of packets over one line.
struct Carriage<'a, L> {
    line: L,
    feed: &'a mut Feed,
    frames: FrameCounts,
    patience: Patience,
    timeline: Timeline,
    /// Newest decoding time of picture and sound.
    last_dts: [Duration; 2],
    meter: RateMeter,
    watch: LossyWatch,
    view: LineView,
    began: Instant,
    live_since: Option<Instant>,
}

impl<'a, L: Line> Carriage<'a, L> {
    fn new(line: L, feed: &'a mut Feed, frames: FrameCounts, patience: Patience) -> Self {
        Self {
            line,
            feed,
            frames,
            patience,
            timeline: Timeline::default(),
            last_dts: [Duration::ZERO; 2],
            meter: RateMeter::default(),
            watch: LossyWatch::default(),
            view: LineView::default(),
            began: Instant::now(),
            live_since: None,
        }
    }

    /// A server that takes our call and hangs up at once has refused.
    fn as_refusal(&self, error: Code, calling: Calling) -> Code {
        match error {
            Code::ClosedByServer if self.live_since.is_none() && calling == Calling::Us => {
                Code::PublishRejected(Code::HUNG_UP.to_owned())
            }
            other => other,
        }
    }

    /// Runs until ordered to stop or the hub ends (`Ok`), or the line is lost.
    async fn run(
        &mut self,
        id: &str,
        status: &Reporter,
        orders: &mut OrderBook,
    ) -> Result<(), Code> {
        let settled = self.began + SETTLE;
        let mut tick = status_ticks();
        let mut glance = interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut network_epoch = orders.now().network_epoch;
        self.view = self.line.look();
        loop {
            let wants_more = self.view.wants_more;
            tokio::select! {
                error = self.line.lost() => return Err(error),
                delivered = self.feed.next(), if wants_more => match delivered {
                    Some(delivered) => {
                        self.put(&delivered);
                        self.view = self.line.look();
                    }
                    None => return Ok(()),
                },
                () = sleep_until(settled), if self.live_since.is_none() => {
                    // Both may be there when we come late: a hang-up was first.
                    tokio::select! {
                        biased;
                        error = self.line.lost() => return Err(error),
                        () = ready(()) => {}
                    }
                    tracing::info!(destination = %id, "live");
                    self.live_since = Some(Instant::now());
                    status.went_live();
                }
                _ = glance.tick() => self.view = self.line.look(),
                _ = tick.tick() => {
                    if self.report(status) == Verdict::Dead {
                        return Err(Code::Stalled);
                    }
                }
                now = orders.changed() => {
                    if now.stop {
                        return Ok(());
                    }
                    let changed = std::mem::replace(&mut network_epoch, now.network_epoch);
                    if changed != now.network_epoch && self.report(status) != Verdict::Flowing {
                        return Err(Code::Stalled);
                    }
                }
            }
        }
    }

    fn put(&mut self, delivered: &Delivered) {
        if delivered.format_changed {
            self.line.set_format(&delivered.format);
        }
        let packet = &delivered.packet;
        let is_video = packet.track == Track::Video;
        let stamped = self.timeline.stamp(packet).and(self.timeline.began_us());
        let Some(began_us) = stamped else {
            self.frames.cut += u64::from(is_video);
            return;
        };
        let since = |us: i64| {
            let us = us.saturating_sub(began_us);
            Duration::from_micros(u64::try_from(us).unwrap_or(0))
        };
        let last = &mut self.last_dts[usize::from(!is_video)];
        *last = since(packet.dts_us).max(*last);
        let times = LineTimes {
            pts: since(packet.pts_us).max(*last),
            dts: *last,
        };
        self.line.put(packet, times);
        self.frames.sent += u64::from(is_video);
    }

    /// Judges the line and writes the figures.
    fn report(&mut self, status: &Reporter) -> Verdict {
        self.view = self.line.look();
        let view = self.view;
        let verdict = judge_by(view.silent_for, self.patience);
        let now = self.began.elapsed();
        self.meter.sample(now, view.sent_bytes);
        let kbps = self.feed.kbps();
        let link = view.link.map(|counts| self.watch.look(now, counts, kbps));
        self.feed.set_ahead_ms(view.waiting_ms);
        let stats = self.feed.stats();
        let sending = self.live_since.is_some() && !self.feed.is_paused();
        status.update(|s| {
            if self.live_since.is_some() {
                s.state = match verdict {
                    Verdict::Flowing => State::Live,
                    Verdict::Stalled | Verdict::Dead => State::Stalled,
                };
            }
            s.kbps = self.meter.kbps();
            s.frames_sent = self.frames.sent;
            s.frames_dropped = stats.drops.video_frames + self.frames.cut;
            s.backlog_ms = stats.backlog_ms + view.waiting_ms;
            s.link = link.filter(|_| sending);
            s.stream_began_us = self.timeline.began_us();
        });
        verdict
    }
}

#[cfg(test)]
#[path = "carried_tests.rs"]
mod tests;
