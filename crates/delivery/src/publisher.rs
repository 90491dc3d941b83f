//! publisher owns one connection's work: establish it, then move packets from the queue to the
//! socket while reading everything the server says.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout};

use crate::destination::DestinationSpec;
use crate::error::DeliveryErrorCode as Code;
use crate::hub::{Delivered, Hub, Subscription};
use crate::ingest_url::IngestUrl;
use crate::link::Link;
use crate::liveness::{RateMeter, Verdict, judge};
use crate::packet::{StreamFormat, Track};
use crate::queue::QueueLimits;
use crate::rtmp::greeting::{Greeting, GreetingStep};
use crate::rtmp::session::{PublishSession, SessionEvent};
use crate::supervisor::{Attempt, Ended, OrderBook, Reporter, State, status_ticks};
use crate::timeline::Timeline;

/// Time for the RTMP handshake, and for connect-to-publish, each: some five round trips.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the last bytes and the farewell when stopping.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

/// A destination's queue. 4 s: longer than the watchdog, so that a hiccup it forgives costs no
/// frame, and room for one whole group of the usual 2 s besides the one being sent. 8 MB: 4 s at
/// 16 Mbit/s, above what any platform takes.
const QUEUE: QueueLimits = QueueLimits {
    max_bytes: 8 * 1024 * 1024,
    max_ms: 4000,
};

/// Publishes a hub's stream to one ingest, one connection after the other.
pub(crate) struct Publisher {
    spec: DestinationSpec,
    hub: Hub,
    /// Made when first live; between connections it is suspended, so that it counts what is
    /// missed without keeping it.
    subscription: Option<Subscription>,
    frames_sent: u64,
    /// Frames taken from the queue that a lost connection cut off.
    frames_cut: u64,
}

impl Publisher {
    pub fn new(spec: DestinationSpec, hub: Hub) -> Self {
        Self {
            spec,
            hub,
            subscription: None,
            frames_sent: 0,
            frames_cut: 0,
        }
    }

    /// `None` when ordered to stop. A change of the network begins anew: what is under way
    /// may be waiting for an answer that can only come to the old address.
    async fn establish_or_stop(
        &self,
        orders: &mut OrderBook,
    ) -> Option<Result<(Link, PublishSession), Code>> {
        let mut epoch = orders.now().network_epoch;
        loop {
            let mut establishing = Box::pin(self.establish());
            loop {
                let now = tokio::select! {
                    result = &mut establishing => return Some(result),
                    now = orders.changed() => now,
                };
                if now.stop {
                    return None;
                }
                if std::mem::replace(&mut epoch, now.network_epoch) != epoch {
                    break;
                }
            }
        }
    }

    async fn establish(&self) -> Result<(Link, PublishSession), Code> {
        let url = IngestUrl::parse(&self.spec.url, &self.spec.key)?;
        let kbps = self
            .hub
            .format()
            .map_or(0, |f| f.video.kbps.saturating_add(f.audio.kbps));
        let mut link = Link::connect(&url, &self.spec.tls_roots, kbps).await?;
        link.reset_on_drop();
        let rest = timeout(STEP_TIMEOUT, greet(&mut link))
            .await
            .map_err(|_| Code::HandshakeFailed)??;
        let mut session = PublishSession::new(&url);
        timeout(STEP_TIMEOUT, negotiate(&mut link, &mut session, &rest))
            .await
            .map_err(|_| Code::HandshakeFailed)??;
        Ok((link, session))
    }
}

impl Attempt for Publisher {
    async fn run(&mut self, status: &Reporter, mut orders: OrderBook) -> Ended {
        let not_live = |error| Ended {
            error,
            live_for: None,
            silent_for: Duration::ZERO,
        };
        let (link, session) = match self.establish_or_stop(&mut orders).await {
            None => return not_live(None),
            Some(Ok(parts)) => parts,
            Some(Err(error)) => {
                tracing::info!(destination = %self.spec.id, %error, "not connected");
                return not_live(Some(error));
            }
        };
        tracing::info!(destination = %self.spec.id, "live");
        let subscription = match &mut self.subscription {
            Some(subscription) => {
                subscription.resume();
                subscription
            }
            none => none.insert(self.hub.subscribe(QUEUE)),
        };
        status.went_live();
        let now = Instant::now();
        let mut pump = Pump {
            link,
            session,
            subscription,
            timeline: Timeline::default(),
            format_due: None,
            unflushed: false,
            frames_in_flight: 0,
            frames_sent: &mut self.frames_sent,
            frames_cut: self.frames_cut,
            meter: RateMeter::default(),
            began: now,
            last_progress: now,
            last_accepted: 0,
        };
        let result = pump.run(status, &mut orders).await;
        let ended = Ended {
            error: result.err(),
            live_for: Some(now.elapsed()),
            silent_for: pump.last_progress.elapsed(),
        };
        let cut = u64::from(pump.frames_in_flight);
        self.frames_cut += cut;
        if let Some(subscription) = &mut self.subscription {
            subscription.suspend();
            let dropped = subscription.stats().drops.video_frames + self.frames_cut;
            let sent = self.frames_sent;
            status.update(|s| {
                s.frames_dropped = dropped;
                s.frames_sent = sent;
            });
        }
        if let Some(error) = &ended.error {
            tracing::warn!(destination = %self.spec.id, %error, live_for = ?ended.live_for, "lost");
        }
        ended
    }
}

/// The RTMP handshake; returns bytes that already belong to the session.
async fn greet(link: &mut Link) -> Result<Vec<u8>, Code> {
    let lost = |_| Code::HandshakeFailed;
    let (mut greeting, opening) = Greeting::start()?;
    link.write_all(&opening).await.map_err(lost)?;
    link.flush().await.map_err(lost)?;
    let mut buffer = [0u8; 4096];
    loop {
        let count = link.read(&mut buffer).await.map_err(lost)?;
        if count == 0 {
            return Err(Code::HandshakeFailed);
        }
        let (reply, rest) = match greeting.input(&buffer[..count])? {
            GreetingStep::Reply(reply) => (reply, None),
            GreetingStep::Done { reply, rest } => (reply, Some(rest)),
        };
        link.write_all(&reply).await.map_err(lost)?;
        link.flush().await.map_err(lost)?;
        if let Some(rest) = rest {
            return Ok(rest);
        }
    }
}

/// Connect, create a stream, publish.
async fn negotiate(link: &mut Link, session: &mut PublishSession, rest: &[u8]) -> Result<(), Code> {
    let lost = |_| Code::ClosedByServer;
    let mut buffer = [0u8; 4096];
    let mut input = session.input(rest);
    loop {
        for event in input.map_err(|_| Code::ProtocolViolated)? {
            match event {
                SessionEvent::Accepted => return Ok(()),
                SessionEvent::Rejected(code) | SessionEvent::Ended(code) => {
                    return Err(Code::PublishRejected(code));
                }
            }
        }
        link.write_all_buf(&mut session.out).await.map_err(lost)?;
        link.flush().await.map_err(lost)?;
        let count = link.read(&mut buffer).await.map_err(lost)?;
        if count == 0 {
            return Err(Code::ClosedByServer);
        }
        input = session.input(&buffer[..count]);
    }
}

struct Pump<'a> {
    link: Link,
    session: PublishSession,
    subscription: &'a mut Subscription,
    timeline: Timeline,
    /// A format that still has to be told before the next packet.
    format_due: Option<Arc<StreamFormat>>,
    /// TLS may hold bytes that the socket has not accepted.
    unflushed: bool,
    frames_in_flight: u32,
    frames_sent: &'a mut u64,
    frames_cut: u64,
    meter: RateMeter,
    began: Instant,
    last_progress: Instant,
    last_accepted: u64,
}

/// One step of the socket.
enum Io {
    Read(usize),
    /// Some bytes were accepted, or all were flushed.
    Wrote,
}

impl Pump<'_> {
    /// Runs until ordered to stop or the hub ends (`Ok`), or the connection is lost.
    async fn run(&mut self, status: &Reporter, orders: &mut OrderBook) -> Result<(), Code> {
        let mut tick = status_ticks();
        let mut buffer = vec![0u8; 16 * 1024];
        let mut network_epoch = orders.now().network_epoch;
        loop {
            // One packet at a time goes into `out`: the backlog stays in the queue.
            let idle = self.session.out.is_empty() && !self.unflushed;
            if idle {
                *self.frames_sent += u64::from(std::mem::take(&mut self.frames_in_flight));
            }
            tokio::select! {
                io = step(&mut self.link, &mut self.session.out, &mut self.unflushed, &mut buffer) => {
                    match io.map_err(|_| Code::ClosedByServer)? {
                        Io::Read(0) => return Err(Code::ClosedByServer),
                        Io::Read(count) => self.heard(&buffer[..count])?,
                        Io::Wrote => {}
                    }
                }
                delivered = self.subscription.next(), if idle => match delivered {
                    Some(delivered) => self.enqueue(&delivered),
                    None => return self.farewell().await,
                },
                _ = tick.tick() => {
                    if self.report(status) == Verdict::Dead {
                        return Err(Code::Stalled);
                    }
                }
                now = orders.changed() => {
                    if now.stop {
                        return self.farewell().await;
                    }
                    let changed = std::mem::replace(&mut network_epoch, now.network_epoch);
                    if changed != now.network_epoch && self.report(status) != Verdict::Flowing {
                        return Err(Code::Stalled);
                    }
                }
            }
        }
    }

    fn heard(&mut self, bytes: &[u8]) -> Result<(), Code> {
        let events = self.session.input(bytes);
        for event in events.map_err(|_| Code::ProtocolViolated)? {
            match event {
                SessionEvent::Accepted => {}
                SessionEvent::Rejected(code) | SessionEvent::Ended(code) => {
                    return Err(Code::EndedByServer(code));
                }
            }
        }
        Ok(())
    }

    fn enqueue(&mut self, delivered: &Delivered) {
        if delivered.format_changed {
            self.format_due = Some(Arc::clone(&delivered.format));
        }
        let packet = &delivered.packet;
        let is_video = packet.track == Track::Video;
        match self.timeline.stamp(packet) {
            Some(stamp) => {
                if let Some(format) = self.format_due.take() {
                    self.session.send_format(&format, stamp.dts);
                }
                self.session.send_packet(packet, stamp);
                self.frames_in_flight += u32::from(is_video);
            }
            None if is_video => self.frames_cut += 1,
            None => {}
        }
    }

    /// Judges the connection and writes the figures.
    fn report(&mut self, status: &Reporter) -> Verdict {
        let now = Instant::now();
        let accepted = self.link.accepted_bytes();
        let waiting = !self.session.out.is_empty() || self.unflushed;
        if accepted != self.last_accepted || !waiting {
            self.last_accepted = accepted;
            self.last_progress = now;
        }
        let verdict = judge(waiting.then(|| now - self.last_progress));
        self.meter.sample(now - self.began, accepted);
        let stats = self.subscription.stats();
        status.update(|s| {
            s.state = match verdict {
                Verdict::Flowing => State::Live,
                Verdict::Stalled | Verdict::Dead => State::Stalled,
            };
            s.kbps = self.meter.kbps();
            s.frames_sent = *self.frames_sent;
            s.frames_dropped = stats.drops.video_frames + self.frames_cut;
            s.backlog_ms = stats.backlog_ms;
        });
        verdict
    }

    /// Writes what is begun and the end of the stream. A server that does not take it in time
    /// is left; either way we are done.
    async fn farewell(&mut self) -> Result<(), Code> {
        self.session.farewell();
        let goodbye = async {
            self.link.write_all_buf(&mut self.session.out).await?;
            self.link.flush().await?;
            self.link.shutdown().await?;
            // Read until the server closes: dropping a socket with unread input resets it, and
            // a reset may overtake the farewell.
            let mut sink = [0u8; 1024];
            while self.link.read(&mut sink).await? > 0 {}
            io::Result::Ok(())
        };
        match timeout(FAREWELL_TIMEOUT, goodbye).await {
            Ok(Ok(())) => {
                *self.frames_sent += u64::from(std::mem::take(&mut self.frames_in_flight))
            }
            Ok(Err(_)) | Err(_) => tracing::debug!("the server did not wait for the end"),
        }
        Ok(())
    }
}

/// Reads or writes whatever is possible first. Reading comes first and always: a server whose
/// messages are not taken stops taking ours. Cancel safe: nothing is lost between polls.
async fn step(
    link: &mut Link,
    out: &mut BytesMut,
    unflushed: &mut bool,
    buffer: &mut [u8],
) -> io::Result<Io> {
    poll_fn(|cx| {
        let mut into = ReadBuf::new(buffer);
        if let Poll::Ready(read) = Pin::new(&mut *link).poll_read(cx, &mut into) {
            return Poll::Ready(read.map(|()| Io::Read(into.filled().len())));
        }
        if !out.is_empty() {
            return Pin::new(&mut *link).poll_write(cx, out).map(|wrote| {
                let count = wrote?;
                if count == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                out.advance(count);
                *unflushed = true;
                Ok(Io::Wrote)
            });
        }
        if *unflushed {
            return Pin::new(&mut *link).poll_flush(cx).map(|flushed| {
                flushed?;
                *unflushed = false;
                Ok(Io::Wrote)
            });
        }
        Poll::Pending
    })
    .await
}
