//! publisher owns a destination's connections: establishing one, and what lasts from one to the
//! next.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::destination::DestinationSpec;
use crate::error::DeliveryErrorCode as Code;
use crate::feed::{Feed, Feeding};
use crate::ingest_url::{IngestUrl, Transport};
use crate::link::{Link, Security};
use crate::packet::VideoCodec;
use crate::pump::{FrameCounts, Pump};
use crate::queue::QueueLimits;
use crate::rtmp::greeting::{Greeting, GreetingStep};
use crate::rtmp::session::{PublishSession, SessionEvent};
use crate::secret::Secret;
use crate::supervisor::{Attempt, Ended, OrderBook, Reporter};
use crate::tls::TlsRoots;

/// Time for the RTMP handshake, and for connect-to-publish, each: some five round trips.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an accepted connection waits for its owner to feed what the server takes: an encoder that is begun for it
/// needs some 100 ms, a chip's driver up to two seconds.
const AGREE_WITHIN: Duration = Duration::from_secs(5);

/// A destination's queue. With what lies in the socket a little below the three seconds that a viewer may be behind, and
/// room for one whole group of the usual two. 8 MB: that long at 20 Mbit/s, above what any platform takes.
pub(crate) const QUEUE: QueueLimits = QueueLimits {
    max_bytes: 8 * 1024 * 1024,
    max_ms: 2_500,
};

/// Publishes a hub's stream to one ingest, one connection after the other.
pub(crate) struct Publisher {
    spec: DestinationSpec,
    wanted: watch::Receiver<Feeding>,
    /// Made when first live; between connections it is suspended, so that it counts what is
    /// missed without keeping it.
    feed: Option<Feed>,
    frames: FrameCounts,
}

impl Publisher {
    pub fn new(spec: DestinationSpec, wanted: watch::Receiver<Feeding>) -> Self {
        Self {
            spec,
            wanted,
            feed: None,
            frames: FrameCounts::default(),
        }
    }

    /// `None` when ordered to stop. A change of the network begins anew: what is under way
    /// may be waiting for an answer that can only come to the old address.
    async fn establish_or_stop(
        &self,
        status: &Reporter,
        orders: &mut OrderBook,
    ) -> Option<Result<(Link, PublishSession), Code>> {
        let mut epoch = orders.now().network_epoch;
        loop {
            let mut establishing = Box::pin(self.establish(status));
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

    async fn establish(&self, status: &Reporter) -> Result<(Link, PublishSession), Code> {
        let url = IngestUrl::parse(&self.spec.url, &self.spec.key)?;
        // For the buffers: what it may be sent when its link recovers counts, not what it is sent now.
        let kbps = self.wanted.borrow().hub.kbps();
        let (mut link, rest) = greeted(&url, &self.spec.tls_roots, kbps).await?;
        let asked = self.wanted.borrow().asks_for();
        let mut session = PublishSession::new(&url, asked);
        timeout(STEP_TIMEOUT, negotiate(&mut link, &mut session, &rest))
            .await
            .map_err(|_| Code::HandshakeFailed)??;
        if asked != VideoCodec::H264 {
            let takes = session.takes_asked();
            tracing::info!(destination = %self.spec.id, ?asked, takes, "the server's codecs");
            status.update(|s| s.takes_codec = Some(takes));
            self.agree(takes).await?;
        }
        Ok((link, session))
    }

    /// Waits until it is fed what was agreed on, or what can be sent all the same.
    async fn agree(&self, takes: bool) -> Result<(), Code> {
        let mut wanted = self.wanted.clone();
        let deadline = Instant::now() + AGREE_WITHIN;
        let agreed = wanted.wait_for(|feeding| feeding.is_agreed(takes));
        match timeout_at(deadline, agreed).await {
            // An owner that is gone feeds nothing else.
            Ok(_) => Ok(()),
            Err(_) if self.wanted.borrow().suits(takes) => Ok(()),
            Err(_) => Err(Code::FormatRefused),
        }
    }
}

impl Attempt for Publisher {
    async fn run(&mut self, status: &Reporter, mut orders: OrderBook) -> Ended {
        let not_live = |error| Ended {
            error,
            live_for: None,
            silent_for: Duration::ZERO,
        };
        let (link, session) = match self.establish_or_stop(status, &mut orders).await {
            None => return not_live(None),
            Some(Ok(parts)) => parts,
            Some(Err(error)) => {
                tracing::info!(destination = %self.spec.id, %error, "not connected");
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
        let mut pump = Pump::new(link, session, feed, self.frames);
        let result = pump.run(&self.spec.id, status, &mut orders).await;
        let ended = Ended {
            error: result.err(),
            live_for: pump.live_for(),
            silent_for: pump.silent_for(),
        };
        let frames = pump.finish();
        if ended.live_for.is_none() && first {
            // A destination that never was live has missed nothing.
            self.feed = None;
            status.update(|s| (s.frames_sent, s.frames_dropped) = (0, 0));
        } else {
            self.frames = frames;
        }
        if let Some(feed) = &mut self.feed {
            feed.suspend();
            let dropped = feed.stats().drops.video_frames + self.frames.cut;
            let sent = self.frames.sent;
            status.update(|s| {
                s.frames_dropped = dropped;
                s.frames_sent = sent;
                s.link = None;
            });
        }
        if let Some(error) = &ended.error {
            match ended.live_for {
                Some(live_for) => {
                    tracing::warn!(destination = %self.spec.id, %error, ?live_for, "lost");
                }
                None => tracing::info!(destination = %self.spec.id, %error, "not accepted"),
            }
        }
        ended
    }
}

/// Looks whether an RTMP server answers: connects (with TLS where the address says so), shakes hands and hangs up. Nothing
/// is asked for, so nobody goes on air; whether the server takes the key, only publishing shows.
///
/// # Errors
/// What would keep a stream from getting there now.
pub async fn reach_rtmp(address: &str, key: &Secret, roots: &TlsRoots) -> Result<(), Code> {
    let url = IngestUrl::parse(address, key)?;
    // Nothing is streamed, so the smallest buffers do.
    greeted(&url, roots, 0).await.map(|_| ())
}

/// A connection that shook hands, and bytes that already belong to the session.
async fn greeted(url: &IngestUrl, roots: &TlsRoots, kbps: u32) -> Result<(Link, Vec<u8>), Code> {
    let security = match url.transport {
        Transport::Rtmp => Security::Plain,
        Transport::Rtmps => Security::Tls,
    };
    let mut link = Link::connect(&url.host, url.port, security, roots, kbps).await?;
    link.reset_on_drop();
    let rest = timeout(STEP_TIMEOUT, greet(&mut link))
        .await
        .map_err(|_| Code::HandshakeFailed)??;
    Ok((link, rest))
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
    // A server that hangs up when asked to take the stream has refused it.
    let lost = |session: &PublishSession| match session.has_asked_to_publish() {
        true => Code::PublishRejected(Code::HUNG_UP.to_owned()),
        false => Code::ClosedByServer,
    };
    let mut buffer = [0u8; 4096];
    let mut input = session.input(rest);
    loop {
        let events = input.map_err(|_| Code::ProtocolViolated)?;
        match events.into_iter().next() {
            Some(SessionEvent::Accepted) => return Ok(()),
            Some(SessionEvent::Rejected(code) | SessionEvent::Ended(code)) => {
                return Err(Code::PublishRejected(code));
            }
            None => {}
        }
        let heard = async {
            link.write_all_buf(&mut session.out).await?;
            link.flush().await?;
            link.read(&mut buffer).await
        };
        let count = match heard.await {
            Ok(count @ 1..) => count,
            Ok(0) | Err(_) => return Err(lost(session)),
        };
        input = session.input(&buffer[..count]);
    }
}
