//! Which way a destination goes out: RTMP over delivery's own sockets, SRT and WHIP over media's pipelines. Here the two
//! rooms' values are translated into each other; what is decided about a connection is decided in them.

mod line;
mod srt;
mod whip;

use std::time::Duration;

use stallcast_delivery::{
    DeliveryErrorCode as Code, Destination, DestinationSpec, Hub, Secret, TlsRoots, WhipEndpoint,
};
use stallcast_media::egress::EgressError;
use stallcast_media::error::MediaError;

/// Time for one look before the show.
const REACH: Duration = Duration::from_secs(4);

/// How a destination is reached; told by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// RTMP or RTMPS; also what no other way knows, so that it is refused in one place.
    Rtmp,
    /// SRT.
    Srt,
    /// WebRTC, begun over HTTP.
    Whip,
}

impl Way {
    /// The way of an address.
    pub fn of(url: &str) -> Self {
        let scheme = url
            .trim()
            .split_once("://")
            .map_or("", |(scheme, _)| scheme);
        match scheme.to_ascii_lowercase().as_str() {
            "srt" => Self::Srt,
            "http" | "https" => Self::Whip,
            _ => Self::Rtmp,
        }
    }

    /// Whether nothing can be published this way without a key. Encoders in the same room often want none.
    pub fn needs_key(self) -> bool {
        self == Self::Rtmp
    }
}

/// Begins to publish. Must be called within the runtime.
pub fn open(spec: DestinationSpec, hub: Hub) -> Destination {
    match Way::of(&spec.url) {
        Way::Rtmp => Destination::spawn(spec, hub),
        Way::Srt => {
            let carrier = srt::SrtCarrier::new(spec.url, spec.key);
            Destination::carry(spec.id, spec.closing_deadline, carrier, hub)
        }
        Way::Whip => {
            let carrier = whip::WhipCarrier::new(spec.url, spec.key, spec.tls_roots);
            Destination::carry(spec.id, spec.closing_deadline, carrier, hub)
        }
    }
}

/// Looks whether somebody is there, without publishing.
///
/// # Errors
/// What would keep the show from getting there now.
pub async fn reach(url: &str, key: &Secret, roots: TlsRoots) -> Result<(), Code> {
    let looking = async {
        match Way::of(url) {
            Way::Rtmp => stallcast_delivery::reach_rtmp(url, key, &roots).await,
            Way::Srt => srt::reach(url, key).await,
            Way::Whip => WhipEndpoint::parse(url, key, roots)?.probe().await,
        }
    };
    tokio::time::timeout(REACH, looking)
        .await
        .unwrap_or(Err(Code::Unreachable))
}

/// A sender's trouble in delivery's words.
fn code(error: EgressError) -> Code {
    match error {
        EgressError::Unreachable => Code::Unreachable,
        EgressError::PortInUse => Code::PortInUse,
        EgressError::WrongPassphrase => Code::WrongPassphrase,
        EgressError::Rejected(1401 | 1403) => Code::NotAuthorized,
        EgressError::Rejected(1404) => Code::NotFound,
        EgressError::Rejected(reason) => Code::PublishRejected(format!("SRT {reason}")),
        EgressError::PeerLeft => Code::ClosedByServer,
        EgressError::BadAnswer => Code::NoAnswer,
        EgressError::FormatRefused => Code::FormatRefused,
        EgressError::NoMediaPath => Code::NoMediaPath,
        EgressError::Media(MediaError::MissingElement(name)) => Code::NotInstalled(name),
        EgressError::Media(MediaError::NoElementFor(what)) => Code::NotInstalled(what.to_owned()),
        EgressError::Media(error) => Code::SenderFailed(error.to_string()),
    }
}

/// Runs what may block for some ten milliseconds where it may.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EgressError> + Send + 'static,
) -> Result<T, Code> {
    match tokio::task::spawn_blocking(work).await {
        Ok(made) => made.map_err(code),
        Err(_) => Err(Code::SenderFailed("it panicked".to_owned())),
    }
}

#[cfg(test)]
mod tests;
