//! supervisor owns the life of a destination around its connections: states, retries, deadline.
//!
//! It knows no sockets: what it runs is an [`Attempt`], so that the schedule is tested on a
//! paused clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::error::DeliveryErrorCode;
use crate::packet::VideoCodec;
use crate::retry::RetrySchedule;
use crate::uplink::LinkView;

/// Rounds a wait up to whole milliseconds.
const ALMOST_ONE_MS: Duration = Duration::from_nanos(999_999);
/// How often figures and count-downs are refreshed.
pub(crate) const STATUS_TICK: Duration = Duration::from_millis(200);

/// Where a destination is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The first connection is being made.
    Starting,
    /// The ingest accepted the stream, kept the connection for [`crate::SETTLE`] and takes its bytes.
    Live,
    /// Connected, but no byte arrived for [`crate::STALL_WARNING`] while some wait.
    Stalled,
    /// Not connected. `attempt` counts from 1 since the last stable connection;
    /// `next_in_ms` counts down and is 0 exactly while the try is under way.
    Retrying {
        /// The number of the coming (or running) try.
        attempt: u32,
        /// Milliseconds until it.
        next_in_ms: u64,
    },
    /// Ended: by us, because the hub was closed, or because the address can never work
    /// (`last_error` says so then).
    Stopped,
}

/// What is known about a destination now.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationStatus {
    /// Its state.
    pub state: State,
    /// kbit/s the socket accepted over the last 2 s, protocol and TLS included; 0 when not
    /// connected.
    pub kbps: f64,
    /// Video frames whose last byte the socket accepted, over all connections.
    pub frames_sent: u64,
    /// Video frames this destination did not get since it was first live: dropped from its
    /// queue, cut off in a lost connection, or published while it was not connected.
    pub frames_dropped: u64,
    /// How much the queue holds, in milliseconds of stream.
    pub backlog_ms: u64,
    /// What its link is like; `None` when not connected or paused.
    pub link: Option<LinkView>,
    /// When the present connection was accepted, Unix time in milliseconds.
    pub connected_since_ms: Option<u64>,
    /// The encoder's time, in microseconds, that is timestamp 0 of the present connection; `None` before its
    /// first picture. Whoever receives the stream can tell with it how late a picture is.
    pub stream_began_us: Option<i64>,
    /// Whether the server of the present connection takes the codec that it was asked about; `None` before it answered,
    /// and where only H.264 is wanted.
    pub takes_codec: Option<bool>,
    /// How the pictures of the present connection are encoded; `None` before the first.
    pub codec: Option<VideoCodec>,
    /// How often the stream was taken up again after a loss.
    pub reconnects: u32,
    /// The newest trouble; stays after recovery, for whoever asks what happened.
    pub last_error: Option<DeliveryErrorCode>,
    /// While a stream that was live is away: milliseconds until the platform is expected to
    /// close the room. `None` when live, never live, or the platform's deadline is unknown.
    pub room_closes_in_ms: Option<u64>,
}

impl DestinationStatus {
    fn new() -> Self {
        Self {
            state: State::Starting,
            kbps: 0.0,
            frames_sent: 0,
            frames_dropped: 0,
            backlog_ms: 0,
            link: None,
            connected_since_ms: None,
            stream_began_us: None,
            takes_codec: None,
            codec: None,
            reconnects: 0,
            last_error: None,
            room_closes_in_ms: None,
        }
    }
}

/// What the owner wants of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orders {
    pub stop: bool,
    /// Grows with every change of the network.
    pub network_epoch: u64,
}

/// The receiving end of the orders. A sender that is gone means stop.
#[derive(Debug, Clone)]
pub(crate) struct OrderBook(pub watch::Receiver<Orders>);

impl OrderBook {
    pub fn now(&self) -> Orders {
        let mut orders = *self.0.borrow();
        orders.stop |= self.0.has_changed().is_err();
        orders
    }

    /// Waits for the next change and returns the orders. Cancel safe.
    pub async fn changed(&mut self) -> Orders {
        let _ = self.0.changed().await;
        self.now()
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// `None`: stopped as ordered, or nothing more to send.
    pub error: Option<DeliveryErrorCode>,
    /// How long the stream was accepted; `None` when it never was.
    pub live_for: Option<Duration>,
    /// How long before now the last byte was accepted.
    pub silent_for: Duration,
}

/// One try to be live, from the name look-up to the loss of the connection.
pub(crate) trait Attempt: Send {
    fn run(&mut self, status: &Reporter, orders: OrderBook) -> impl Future<Output = Ended> + Send;
}

/// Where the status is written.
#[derive(Debug)]
pub(crate) struct Reporter {
    status: watch::Sender<DestinationStatus>,
    ever_live: AtomicBool,
}

impl Reporter {
    pub fn new() -> (Self, watch::Receiver<DestinationStatus>) {
        let (sender, receiver) = watch::channel(DestinationStatus::new());
        let reporter = Self {
            status: sender,
            ever_live: AtomicBool::new(false),
        };
        (reporter, receiver)
    }

    /// Changes the status; watchers wake only when something is different.
    pub fn update(&self, change: impl FnOnce(&mut DestinationStatus)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }

    /// The ingest accepted the stream and meant it.
    pub fn went_live(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let again = self.ever_live.swap(true, Ordering::Relaxed);
        self.update(|s| {
            s.reconnects += u32::from(again);
            s.state = State::Live;
            // No trouble that was: who is live no longer waits. One update, or somebody would see both.
            s.last_error
                .take_if(|error| *error == DeliveryErrorCode::WaitingForCaller);
            s.room_closes_in_ms = None;
            s.connected_since_ms = now.and_then(|d| u64::try_from(d.as_millis()).ok());
        });
    }

    fn is_connected(&self) -> bool {
        matches!(self.status.borrow().state, State::Live | State::Stalled)
    }
}

/// Counts down to the closing of the room.
struct RoomClock {
    deadline: Option<Duration>,
    lost_at: Option<Instant>,
}

impl RoomClock {
    fn tick(&self, status: &Reporter) {
        if status.is_connected() {
            return;
        }
        let left = self
            .lost_at
            .zip(self.deadline)
            .map(|(lost, deadline)| deadline.saturating_sub(lost.elapsed()));
        status.update(|s| s.room_closes_in_ms = left.map(millis));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Keeps a destination live until it is ordered to stop.
pub(crate) async fn supervise(
    mut attempt: impl Attempt,
    mut orders: OrderBook,
    status: Reporter,
    closing_deadline: Option<Duration>,
) {
    let mut schedule = RetrySchedule::default();
    let mut room = RoomClock {
        deadline: closing_deadline,
        lost_at: None,
    };
    loop {
        let ended = run_attempt(&mut attempt, &orders, &status, &room).await;
        if ended.live_for.is_some() {
            room.lost_at = Instant::now().checked_sub(ended.silent_for);
        }
        let finished = match &ended.error {
            None => true,
            Some(error) => error.is_final() || orders.now().stop,
        };
        status.update(|s| {
            s.kbps = 0.0;
            s.backlog_ms = 0;
            s.connected_since_ms = None;
            s.stream_began_us = None;
            s.takes_codec = None;
            s.codec = None;
            if ended.error.is_some() {
                s.last_error.clone_from(&ended.error);
            }
            if finished {
                s.state = State::Stopped;
                s.room_closes_in_ms = None;
            }
        });
        if finished {
            return;
        }
        let (number, wait) = schedule.next(ended.live_for);
        if wait_for_try(number, wait, &mut orders, &status, &room).await == Woken::Network {
            schedule.reset();
        }
        if orders.now().stop {
            status.update(|s| {
                s.state = State::Stopped;
                s.room_closes_in_ms = None;
            });
            return;
        }
    }
}

async fn run_attempt(
    attempt: &mut impl Attempt,
    orders: &OrderBook,
    status: &Reporter,
    room: &RoomClock,
) -> Ended {
    let mut tick = status_ticks();
    let mut run = std::pin::pin!(attempt.run(status, orders.clone()));
    loop {
        tokio::select! {
            ended = &mut run => return ended,
            _ = tick.tick() => room.tick(status),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Woken {
    Due,
    Network,
    Stop,
}

async fn wait_for_try(
    attempt: u32,
    wait: Duration,
    orders: &mut OrderBook,
    status: &Reporter,
    room: &RoomClock,
) -> Woken {
    let due = Instant::now() + wait;
    let mut tick = status_ticks();
    let network_epoch = orders.now().network_epoch;
    let woken = loop {
        // Rounded up and never 0: that says a try is under way.
        let left = due.saturating_duration_since(Instant::now());
        let next_in_ms = millis(left + ALMOST_ONE_MS).max(1);
        status.update(|s| {
            s.state = State::Retrying {
                attempt,
                next_in_ms,
            };
        });
        room.tick(status);
        tokio::select! {
            biased;
            now = orders.changed() => {
                if now.stop {
                    break Woken::Stop;
                }
                if now.network_epoch != network_epoch {
                    break Woken::Network;
                }
            }
            _ = sleep_until(due) => break Woken::Due,
            _ = tick.tick() => {}
        }
    };
    status.update(|s| {
        s.state = State::Retrying {
            attempt,
            next_in_ms: 0,
        };
    });
    woken
}

pub(crate) fn status_ticks() -> tokio::time::Interval {
    let mut tick = interval(STATUS_TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
