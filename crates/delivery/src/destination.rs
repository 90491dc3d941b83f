//! destination owns the public handle of one place the stream goes to.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::carried::CarriedPublisher;
use crate::carrier::Carrier;
use crate::feed::Feeding;
use crate::hub::Hub;
use crate::ingest_url::IngestUrl;
use crate::packet::VideoCodec;
use crate::publisher::Publisher;
use crate::secret::Secret;
use crate::supervisor::{Attempt, DestinationStatus, OrderBook, Orders, Reporter, supervise};
use crate::tls::TlsRoots;

/// Longest wait in [`Destination::stop`]. Ending the stream properly has one second of it.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Where to publish.
#[derive(Clone)]
pub struct DestinationSpec {
    /// The caller's name for it; used in logs.
    pub id: String,
    /// `rtmp://` or `rtmps://` address, see [`crate::IngestUrl::parse`].
    pub url: String,
    /// The stream key; empty when the address carries it.
    pub key: Secret,
    /// After how long without a stream the platform closes the room, when known.
    pub closing_deadline: Option<Duration>,
    /// Whose certificates are believed (RTMPS).
    pub tls_roots: TlsRoots,
    /// What it is to be sent where the server takes it (RTMP). For anything but H.264 the owner watches
    /// [`DestinationStatus::takes_codec`] and feeds what was agreed on.
    pub codec: VideoCodec,
}

impl fmt::Debug for DestinationSpec {
    /// Without path and query of the address: some platforms put the key there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DestinationSpec")
            .field("id", &self.id)
            .field("url", &IngestUrl::parse(&self.url, &self.key).ok())
            .field("key", &self.key)
            .field("closing_deadline", &self.closing_deadline)
            .field("tls_roots", &self.tls_roots)
            .field("codec", &self.codec)
            .finish()
    }
}

/// A running destination. Dropping it ends it too, without waiting for the end.
#[derive(Debug)]
pub struct Destination {
    id: String,
    orders: watch::Sender<Orders>,
    feeding: watch::Sender<Feeding>,
    status: watch::Receiver<DestinationStatus>,
    task: JoinHandle<()>,
}

impl Destination {
    /// Starts publishing what the hub carries, and keeps at it until stopped. Never fails: an
    /// address that cannot work shows as [`crate::State::Stopped`] with
    /// [`crate::DeliveryErrorCode::BadUrl`]. Must be called within a tokio runtime.
    pub fn spawn(spec: DestinationSpec, hub: Hub) -> Self {
        let id = spec.id.clone();
        let closing_deadline = spec.closing_deadline;
        let soon = Some(spec.codec).filter(|codec| *codec != VideoCodec::H264);
        Self::live(id, closing_deadline, hub, soon, |wanted| {
            Publisher::new(spec, wanted)
        })
    }

    /// The same over connections that `carrier` makes; `closing_deadline` as in [`DestinationSpec`].
    pub fn carry<C: Carrier>(
        id: String,
        closing_deadline: Option<Duration>,
        carrier: C,
        hub: Hub,
    ) -> Self {
        let name = id.clone();
        Self::live(id, closing_deadline, hub, None, |wanted| {
            CarriedPublisher::new(name, carrier, wanted)
        })
    }

    fn live<A: Attempt + 'static>(
        id: String,
        closing_deadline: Option<Duration>,
        hub: Hub,
        soon: Option<VideoCodec>,
        publisher: impl FnOnce(watch::Receiver<Feeding>) -> A,
    ) -> Self {
        let (feeding, wanted) = watch::channel(Feeding {
            kbps: hub.kbps(),
            hub,
            paused: false,
            codec: VideoCodec::H264,
            soon,
        });
        let (orders, order_book) = watch::channel(Orders::default());
        let (reporter, status) = Reporter::new();
        let life = supervise(
            publisher(wanted),
            OrderBook(order_book),
            reporter,
            closing_deadline,
        );
        Self {
            id,
            orders,
            feeding,
            status,
            // Boxed: the future holds a whole connection.
            task: tokio::spawn(Box::pin(life)),
        }
    }

    /// The caller's name for it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its status, now and as it changes (at most every 200 ms, and at every change of state).
    pub fn status(&self) -> watch::Receiver<DestinationStatus> {
        self.status.clone()
    }

    /// Changes what it is sent: another hub takes over with its next keyframe on the same connection; a paused one
    /// stays connected. What is the same already costs nothing.
    pub fn feed(&self, wanted: Feeding) {
        self.feeding.send_if_modified(|feeding| {
            let same = feeding.hub.is(&wanted.hub)
                && (feeding.kbps, feeding.paused) == (wanted.kbps, wanted.paused)
                && (feeding.codec, feeding.soon) == (wanted.codec, wanted.soon);
            *feeding = wanted;
            !same
        });
    }

    /// The computer's network changed (another Wi-Fi, cable in, tethering): whoever waits to
    /// reconnect tries at once, and whoever is stalled does not wait for the watchdog.
    pub fn network_changed(&self) {
        self.orders.send_modify(|orders| orders.network_epoch += 1);
    }

    /// Tells the ingest that the stream ends, and ends. Bounded: an ingest that does not listen
    /// is left after a second.
    pub async fn stop(mut self) {
        self.orders.send_modify(|orders| orders.stop = true);
        if timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            tracing::warn!(destination = %self.id, "did not end in time; cut off");
            self.task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_spec_shows_neither_key_nor_path() {
        let spec = DestinationSpec {
            id: "shop".into(),
            url: "rtmp://push.example/app/s3cret?sign=s3cret".into(),
            key: Secret::new("s3cret"),
            closing_deadline: None,
            tls_roots: TlsRoots::System,
            codec: VideoCodec::H264,
        };
        let printed = format!("{spec:?}");
        assert!(!printed.contains("s3cret"), "{printed}");
        assert!(printed.contains("push.example"), "{printed}");
    }
}
