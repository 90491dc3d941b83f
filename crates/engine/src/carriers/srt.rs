//! Destinations over SRT.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stallcast_delivery::{
    Calling, Carrier, DeliveryErrorCode as Code, Patience, Secret, SrtAddress, SrtMode,
    StreamFormat, srt_is_there, try_srt_call,
};
use stallcast_media::egress::{EgressError, SrtCaller, SrtSender, SrtSpec};
use tokio::time::timeout;

use super::line::{SenderLine, Session};
use super::{aside, code};
use crate::packets::config;

/// Receivers acknowledge every 10 ms, so silence is told as soon as TCP's, and for the same reasons.
const PATIENCE: Patience = Patience {
    warning: stallcast_delivery::STALL_WARNING,
    reconnect: stallcast_delivery::STALL_RECONNECT,
};
/// Time for the name look-up.
const LOOK_UP: Duration = Duration::from_secs(5);
/// Nobody's answer takes libsrt three seconds; a refusal takes some round trips.
const REFUSED_WITHIN: Duration = Duration::from_secs(2);
/// Time to find out why.
const REASON: Duration = Duration::from_secs(3);

pub(super) struct SrtCarrier {
    url: String,
    key: Secret,
    calling: Calling,
}

impl SrtCarrier {
    pub fn new(url: String, key: Secret) -> Self {
        let calling = match SrtAddress::parse(&url, &key) {
            Ok(address) if address.mode == SrtMode::Listener => Calling::Them,
            _ => Calling::Us,
        };
        Self { url, key, calling }
    }
}

impl Carrier for SrtCarrier {
    type Line = SenderLine<SrtSender>;

    fn calling(&self) -> Calling {
        self.calling
    }

    fn patience(&self) -> Patience {
        PATIENCE
    }

    async fn connect(&mut self, format: &StreamFormat) -> Result<Self::Line, Code> {
        let address = SrtAddress::parse(&self.url, &self.key)?;
        let place = look_up(&address).await?;
        let reveal = |secret: &Option<Secret>| secret.as_ref().map(|s| s.reveal().to_owned());
        let spec = SrtSpec {
            caller: match address.mode {
                SrtMode::Caller => SrtCaller::Us,
                SrtMode::Listener => SrtCaller::Them,
            },
            address: place,
            latency: address.latency,
            stream_id: reveal(&address.stream_id),
            passphrase: reveal(&address.passphrase),
        };
        let config = config(format);
        let began = Instant::now();
        let mut sender = aside(move || SrtSender::start(&spec, &config)).await?;
        match sender.connected().await {
            Ok(()) => Ok(SenderLine::new(sender, Session::none(), format)),
            Err(error) => {
                sender.end().await;
                Err(reason(error, began.elapsed(), place, &address).await)
            }
        }
    }
}

/// Whether the server answers, or the port to be called at is free.
pub(super) async fn reach(url: &str, key: &Secret) -> Result<(), Code> {
    let address = SrtAddress::parse(url, key)?;
    let place = look_up(&address).await?;
    match address.mode {
        SrtMode::Caller => srt_is_there(place).await,
        SrtMode::Listener => match tokio::net::UdpSocket::bind(place).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(Code::PortInUse),
            Err(_) => Err(Code::BadUrl),
        },
    }
}

async fn look_up(address: &SrtAddress) -> Result<SocketAddr, Code> {
    let found = tokio::net::lookup_host((address.host.as_str(), address.port));
    match timeout(LOOK_UP, found).await {
        Ok(Ok(mut found)) => found.next().ok_or(Code::DnsFailed),
        Ok(Err(_)) | Err(_) => Err(Code::DnsFailed),
    }
}

/// Why a call failed. GStreamer up to 1.22 only says that there is no connection, so a server that refused is asked again.
/// One that did not answer is not: a receiver that has just come must not spend its one call on a question.
async fn reason(
    error: EgressError,
    took: Duration,
    place: SocketAddr,
    address: &SrtAddress,
) -> Code {
    let is_vague = matches!(
        error,
        EgressError::Media(_) | EgressError::PeerLeft | EgressError::Unreachable
    );
    if address.mode == SrtMode::Listener || !is_vague {
        return code(error);
    }
    if took >= REFUSED_WITHIN {
        return Code::Unreachable;
    }
    let asked = try_srt_call(
        place,
        address.stream_id.as_ref(),
        address.passphrase.is_some(),
    );
    match timeout(REASON, asked).await {
        Ok(Err(reason)) => reason,
        Ok(Ok(())) => Code::PublishRejected(Code::HUNG_UP.to_owned()),
        Err(_) => Code::Unreachable,
    }
}
