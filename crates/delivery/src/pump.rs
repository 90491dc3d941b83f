//! pump owns the moving of packets of one live connection: queue to socket, server to session,
//! watchdog and figures.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};

use crate::error::DeliveryErrorCode as Code;
use crate::feed::Feed;
use crate::hub::Delivered;
use crate::link::{Link, unsent_bytes};
use crate::liveness::{RateMeter, Verdict, judge};
use crate::packet::{StreamFormat, Track, VideoCodec};
use crate::rtmp::session::{PublishSession, SessionEvent};
use crate::supervisor::{OrderBook, Reporter, State, status_ticks};
use crate::timeline::Timeline;
use crate::under_way::UnderWay;
use crate::uplink::{GLANCE, LinkSample, LinkWatch};

/// Time for the last bytes and the farewell when stopping.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a connection must outlive the server's consent before it counts as live: servers with
/// access rules (nginx's `deny publish`) answer `NetStream.Publish.Start` and hang up at once. The
/// hang-up comes with the answer, or one round trip after our first bytes (300 ms across borders).
pub const SETTLE: Duration = Duration::from_millis(500);

/// Video frames of a destination over all its connections.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameCounts {
    /// The socket accepted their last byte.
    pub sent: u64,
    /// Taken from the queue and not sent whole.
    pub cut: u64,
}

pub(crate) struct Pump<'a> {
    link: Link,
    session: PublishSession,
    feed: &'a mut Feed,
    timeline: Timeline,
    /// A format that still has to be told before the next packet.
    format_due: Option<Arc<StreamFormat>>,
    /// How this connection's pictures are encoded.
    codec: Option<VideoCodec>,
    /// TLS may hold bytes that the socket has not accepted.
    unflushed: bool,
    frames_in_flight: u64,
    frames: FrameCounts,
    meter: RateMeter,
    watch: LinkWatch,
    under_way: UnderWay,
    began: Instant,
    live_since: Option<Instant>,
    last_progress: Instant,
    /// What had arrived then; where the system does not tell, what the socket had accepted.
    last_arrived: u64,
    /// What may wait unsent in the kernel.
    unsent_bytes: u32,
}

/// One step of the socket.
enum Io {
    Read(usize),
    /// Some bytes were accepted, or all were flushed.
    Wrote,
}

impl<'a> Pump<'a> {
    /// A pump for an accepted stream. `frames`: the counts so far.
    pub fn new(
        link: Link,
        session: PublishSession,
        feed: &'a mut Feed,
        frames: FrameCounts,
    ) -> Self {
        let now = Instant::now();
        Self {
            link,
            session,
            feed,
            timeline: Timeline::default(),
            format_due: None,
            codec: None,
            unflushed: false,
            frames_in_flight: 0,
            frames,
            meter: RateMeter::default(),
            watch: LinkWatch::default(),
            under_way: UnderWay::default(),
            began: now,
            live_since: None,
            last_progress: now,
            last_arrived: 0,
            unsent_bytes: 0,
        }
    }

    /// How long the stream counted as live; `None` when it never did.
    pub fn live_for(&self) -> Option<Duration> {
        self.live_since.map(|_| self.began.elapsed())
    }

    /// How long no byte arrived.
    pub fn silent_for(&self) -> Duration {
        self.last_progress.elapsed()
    }

    /// Drops the connection and returns the counts.
    pub fn finish(mut self) -> FrameCounts {
        self.frames.cut += self.frames_in_flight;
        self.frames
    }

    /// Runs until ordered to stop or the hub ends (`Ok`), or the connection is lost.
    pub async fn run(
        &mut self,
        id: &str,
        status: &Reporter,
        orders: &mut OrderBook,
    ) -> Result<(), Code> {
        let result = self.carry(id, status, orders).await;
        result.map_err(|error| self.as_refusal(error))
    }

    /// A server that says yes and hangs up, or says no after all, has refused.
    fn as_refusal(&self, error: Code) -> Code {
        match error {
            _ if self.live_since.is_some() => error,
            Code::ClosedByServer => Code::PublishRejected(Code::HUNG_UP.to_owned()),
            Code::EndedByServer(words) => Code::PublishRejected(words),
            other => other,
        }
    }

    async fn carry(
        &mut self,
        id: &str,
        status: &Reporter,
        orders: &mut OrderBook,
    ) -> Result<(), Code> {
        let settled = self.began + SETTLE;
        let mut tick = status_ticks();
        let mut glance = tokio::time::interval(GLANCE);
        glance.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut buffer = vec![0u8; 16 * 1024];
        let mut network_epoch = orders.now().network_epoch;
        loop {
            // One packet at a time goes into `out`: the backlog stays in the queue.
            let idle = self.session.out.is_empty() && !self.unflushed;
            if idle {
                self.frames.sent += std::mem::take(&mut self.frames_in_flight);
            }
            tokio::select! {
                io = step(&mut self.link, &mut self.session.out, &mut self.unflushed, &mut buffer) => {
                    self.moved(io, &buffer)?;
                }
                delivered = self.feed.next(), if idle => match delivered {
                    Some(delivered) => {
                        if !self.enqueue(&delivered) {
                            self.farewell().await?;
                            return Err(Code::CodecChanged);
                        }
                    }
                    None => return self.farewell().await,
                },
                () = sleep_until(settled), if self.live_since.is_none() => {
                    // Both may be there when we come late: a hang-up was first.
                    while self.has_read(&mut buffer)? {}
                    tracing::info!(destination = %id, "live");
                    self.live_since = Some(Instant::now());
                    status.went_live();
                }
                _ = glance.tick() => {
                    let sample = self.sample(Instant::now());
                    self.watch.glance(sample, self.feed.kbps());
                }
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

    /// Takes what the server has said by now; whether it was anything.
    fn has_read(&mut self, buffer: &mut [u8]) -> Result<bool, Code> {
        let mut into = ReadBuf::new(buffer);
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.link).poll_read(&mut context, &mut into) {
            Poll::Ready(read) => {
                let count = into.filled().len();
                self.moved(read.map(|()| Io::Read(count)), buffer)?;
                Ok(true)
            }
            Poll::Pending => Ok(false),
        }
    }

    fn moved(&mut self, io: io::Result<Io>, buffer: &[u8]) -> Result<(), Code> {
        match io.map_err(|_| Code::ClosedByServer)? {
            Io::Read(0) => Err(Code::ClosedByServer),
            Io::Read(count) => self.heard(&buffer[..count]),
            Io::Wrote => Ok(()),
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

    /// `false` for what this connection cannot carry: one that began in a codec stays with it.
    fn enqueue(&mut self, delivered: &Delivered) -> bool {
        let packet = &delivered.packet;
        let is_video = packet.track == Track::Video;
        if delivered.format_changed {
            let codec = delivered.format.video.codec;
            if *self.codec.get_or_insert(codec) != codec {
                self.frames.cut += u64::from(is_video);
                return false;
            }
            self.format_due = Some(Arc::clone(&delivered.format));
        }
        match self.timeline.stamp(packet) {
            Some(stamp) => {
                if let Some(format) = self.format_due.take() {
                    self.session.send_format(&format, stamp.dts);
                }
                self.session.send_packet(packet, stamp);
                let ends = self.link.accepted_bytes() + self.session.out.len() as u64;
                let late = Duration::from_millis(self.feed.stats().backlog_ms);
                self.under_way.put(ends, self.began.elapsed(), late);
                self.frames_in_flight += u64::from(is_video);
            }
            None if is_video => self.frames.cut += 1,
            None => {}
        }
        true
    }

    fn sample(&self, now: Instant) -> LinkSample {
        let queued = self.feed.stats().queued_bytes + self.session.out.len();
        LinkSample {
            at: now - self.began,
            accepted_bytes: self.link.accepted_bytes(),
            kernel_bytes: self.link.unacknowledged_bytes(),
            queued_bytes: queued as u64,
        }
    }

    /// Judges the connection and writes the figures.
    fn report(&mut self, status: &Reporter) -> Verdict {
        let now = Instant::now();
        let sample = self.sample(now);
        let under_way = sample.kernel_bytes.unwrap_or(0);
        let arrived = sample.accepted_bytes.saturating_sub(under_way);
        // What the kernel merely swallowed is no progress: by the time it is full, a slow stream is late already.
        let waiting = under_way > 0 || !self.session.out.is_empty() || self.unflushed;
        if arrived != self.last_arrived || !waiting {
            self.last_arrived = arrived;
            self.last_progress = now;
        }
        self.meter.sample(now - self.began, sample.accepted_bytes);
        let kbps = self.feed.kbps();
        let link = self.watch.look(sample, kbps);
        let ahead_ms = self.watch.ahead_ms(&sample, kbps);
        self.feed.set_ahead_ms(ahead_ms);
        let ahead = Duration::from_millis(ahead_ms);
        let usable = self.link.usable_bytes();
        let verdict = match self.under_way.is_too_late(sample.at, usable, ahead) {
            true => Verdict::Dead,
            false => judge(waiting.then(|| now - self.last_progress)),
        };
        self.limit_unsent(link.least_kbps(kbps));
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
            s.backlog_ms = stats.backlog_ms;
            s.link = sending.then_some(link);
            s.stream_began_us = self.timeline.began_us();
            s.codec = self.codec;
        });
        verdict
    }

    fn limit_unsent(&mut self, kbps: f64) {
        let bytes = unsent_bytes(kbps);
        if std::mem::replace(&mut self.unsent_bytes, bytes) != bytes {
            self.link.limit_unsent(bytes);
        }
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
            Ok(Ok(())) => self.frames.sent += std::mem::take(&mut self.frames_in_flight),
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
