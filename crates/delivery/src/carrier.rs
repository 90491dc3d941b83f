//! carrier owns what delivery asks of a connection that it does not make over sockets of its own (SRT, WebRTC): one
//! call to connect, packets that are taken without waiting, and figures to judge it by.

use std::time::Duration;

use crate::error::DeliveryErrorCode as Code;
use crate::lossy::LossyCounts;
use crate::packet::{Packet, StreamFormat};

/// Makes connections to one place, one after the other.
pub trait Carrier: Send + 'static {
    /// A connection.
    type Line: Line;

    /// Who begins a connection.
    fn calling(&self) -> Calling;

    /// How long a line may be silent.
    fn patience(&self) -> Patience;

    /// Connects, or waits for the other side's call. Bounded in time by itself, except where it waits for a call.
    /// Dropping the future leaves nothing behind.
    ///
    /// # Errors
    /// Why it is not connected.
    fn connect(
        &mut self,
        format: &StreamFormat,
    ) -> impl Future<Output = Result<Self::Line, Code>> + Send;
}

/// Who begins a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calling {
    /// We do.
    Us,
    /// The other side; until it does, the destination waits.
    Them,
}

/// How long a line may give no sign that the other side gets the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Shown as stalled from then on.
    pub warning: Duration,
    /// Given up from then on.
    pub reconnect: Duration,
}

/// A packet's times on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTimes {
    /// Presentation, since the connection's first picture.
    pub pts: Duration,
    /// Decoding, since the connection's first picture; never goes back within a track.
    pub dts: Duration,
}

/// One connection.
pub trait Line: Send + 'static {
    /// What the packets from now on are; the next picture is a keyframe.
    fn set_format(&mut self, format: &StreamFormat);

    /// Takes a packet. Never waits.
    fn put(&mut self, packet: &Packet, times: LineTimes);

    /// How it fares. Called some forty times a second.
    fn look(&mut self) -> LineView;

    /// Waits until it is lost. Safe to cancel.
    fn lost(&mut self) -> impl Future<Output = Code> + Send;

    /// Ends it properly; the caller limits the time.
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// How a line fares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LineView {
    /// Bytes that left so far.
    pub sent_bytes: u64,
    /// Stream that was taken and has not left, milliseconds.
    pub waiting_ms: u64,
    /// Whether it wants more now; what it does not want waits in the destination's queue, where it can be dropped.
    pub wants_more: bool,
    /// How long a sign of the other side that was due is missing; `None` when none is due.
    pub silent_for: Option<Duration>,
    /// What its link carries, where that is known.
    pub link: Option<LossyCounts>,
}
