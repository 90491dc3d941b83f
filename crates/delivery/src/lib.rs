//! delivery owns the way of encoded packets from the encoder to destinations: the hub with one
//! bounded queue per consumer, the RTMP(S) publisher over sockets of its own, and reconnecting; and
//! the ways in for phones that publish to us over RTMP ([`door`]) and for the studio's own rehearsal ([`reception`]).
//!
//! It takes and gives plain values. It knows nothing of GStreamer, products or chat.
//!
//! ```text
//! encoder ── Hub::publish ──► queue ─► Destination (RTMP or RTMPS, over sockets of its own)
//!                        ├──► queue ─► Destination (another crate's Carrier: SRT, WebRTC)
//!                        └──► queue ─► recorder (another crate, a larger cap)
//! ```
//!
//! A consumer that cannot keep up loses whole groups of pictures from its own queue and says so;
//! nobody else notices, and the encoder is never asked for anything.

mod budget;
mod capacity;
mod carried;
mod carrier;
mod crowd;
mod destination;
pub mod door;
mod error;
mod feed;
mod hub;
mod ingest_url;
mod link;
mod liveness;
mod lossy;
mod packet;
mod plan;
pub mod presets;
mod publisher;
mod pump;
mod queue;
pub mod reception;
mod retry;
mod rtmp;
mod secret;
mod srt_address;
mod srt_call;
mod supervisor;
mod timeline;
mod tls;
mod under_way;
mod uplink;
mod upload_test;

#[cfg(test)]
mod simulated_link;
#[cfg(test)]
mod simulated_show;
#[cfg(test)]
mod trace_tests;
mod whip;

pub use budget::Budget;
pub use carrier::{Calling, Carrier, Line, LineTimes, LineView, Patience};
pub use destination::{Destination, DestinationSpec};
pub use error::{DeliveryErrorCode, TlsProblem};
pub use feed::Feeding;
pub use hub::{Delivered, Hub, Subscription, SubscriptionStats};
pub use ingest_url::{IngestUrl, Transport};
pub use liveness::{RateMeter, STALL_RECONNECT, STALL_WARNING, Verdict, judge};
pub use lossy::{LossyCounts, LossyWatch};
pub use packet::{AudioFormat, Packet, StreamFormat, Track, VideoCodec, VideoFormat};
pub use plan::{BudgetLimits, Member, Plan};
pub use publisher::reach_rtmp;
pub use pump::SETTLE;
pub use queue::{DropCounts, QueueLimits};
pub use retry::{RETRY_CAP, RetrySchedule, STABLE_AFTER, retry_delay};
pub use rtmp::tag::{Inbound, InboundCodec};
pub use secret::Secret;
pub use srt_address::{SrtAddress, SrtMode};
pub use srt_call::{is_there as srt_is_there, try_call as try_srt_call};
pub use supervisor::{DestinationStatus, State};
pub use tls::TlsRoots;
pub use uplink::{LinkSample, LinkView, LinkWatch};
pub use upload_test::{UploadFigures, test_upload};
pub use whip::{IceServer, WhipAnswer, WhipEndpoint, WhipSession};
