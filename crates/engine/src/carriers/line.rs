//! One connection of media as delivery's line.

use std::time::Duration;

use stallcast_delivery::{
    DeliveryErrorCode as Code, Line, LineTimes, LineView, LossyCounts, Packet, StreamFormat,
    WhipSession,
};
use stallcast_media::egress::{EgressError, EgressFigures, SrtSender, WebRtcSender};
use stallcast_media::program::{EncodedPacket, StreamConfig};

use crate::packets::{config, sent};

/// Time to tell a server that its session is over when nobody waits for it.
const SESSION_END: Duration = Duration::from_secs(3);

/// What both kinds of senders do.
pub(super) trait Sender: Send + 'static {
    fn set_config(&self, config: &StreamConfig);
    fn put(&mut self, packet: &EncodedPacket);
    fn figures(&mut self) -> EgressFigures;
    fn lost(&mut self) -> impl Future<Output = EgressError> + Send;
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// A sender that is connected.
pub(super) struct SenderLine<S> {
    sender: S,
    /// What the server holds for it.
    session: Session,
    /// Nominal rate, kbit/s; tells how long queued bytes are.
    kbps: u32,
}

impl<S> SenderLine<S> {
    pub fn new(sender: S, session: Session, format: &StreamFormat) -> Self {
        Self {
            sender,
            session,
            kbps: kbps(format),
        }
    }
}

impl<S: Sender> Line for SenderLine<S> {
    fn set_format(&mut self, format: &StreamFormat) {
        self.kbps = kbps(format);
        self.sender.set_config(&config(format));
    }

    fn put(&mut self, packet: &Packet, times: LineTimes) {
        self.sender.put(&sent(packet, times));
    }

    fn look(&mut self) -> LineView {
        let figures = self.sender.figures();
        LineView {
            sent_bytes: figures.sent_bytes,
            // kbit/s is bits a millisecond.
            waiting_ms: figures.queued_bytes * 8 / u64::from(self.kbps.max(1)),
            wants_more: figures.wants_more,
            silent_for: figures.silent_for,
            link: figures.loss.map(|loss| LossyCounts {
                brought_bytes: loss.brought_bytes,
                arrived_bytes: loss.arrived_bytes,
                trip: loss.trip,
                longer: loss.longer,
            }),
        }
    }

    async fn lost(&mut self) -> Code {
        super::code(self.sender.lost().await)
    }

    async fn end(self) {
        tokio::join!(self.sender.end(), self.session.end());
    }
}

/// A session at a server, ended with the connection; SRT has none.
pub(super) struct Session(Option<WhipSession>);

impl Session {
    pub fn none() -> Self {
        Self(None)
    }

    pub fn held(session: WhipSession) -> Self {
        Self(Some(session))
    }

    pub async fn end(mut self) {
        if let Some(session) = self.0.take() {
            session.end().await;
        }
    }
}

impl Drop for Session {
    /// A connection that was given up half made: the server frees what it holds for it, or the next try is refused as
    /// a second one.
    fn drop(&mut self) {
        if let Some(session) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(SESSION_END, session.end()));
        }
    }
}

fn kbps(format: &StreamFormat) -> u32 {
    format.video.kbps.saturating_add(format.audio.kbps)
}

/// The two kinds of senders have the same methods; a macro would say no more than this.
impl Sender for SrtSender {
    fn set_config(&self, config: &StreamConfig) {
        Self::set_config(self, config);
    }
    fn put(&mut self, packet: &EncodedPacket) {
        Self::put(self, packet);
    }
    fn figures(&mut self) -> EgressFigures {
        Self::figures(self)
    }
    async fn lost(&mut self) -> EgressError {
        Self::lost(self).await
    }
    async fn end(self) {
        Self::end(self).await;
    }
}

impl Sender for WebRtcSender {
    fn set_config(&self, config: &StreamConfig) {
        Self::set_config(self, config);
    }
    fn put(&mut self, packet: &EncodedPacket) {
        Self::put(self, packet);
    }
    fn figures(&mut self) -> EgressFigures {
        Self::figures(self)
    }
    async fn lost(&mut self) -> EgressError {
        Self::lost(self).await
    }
    async fn end(self) {
        Self::end(self).await;
    }
}
