//! Destinations over WHIP.

use std::time::Duration;

use stallcast_delivery::{
    Calling, Carrier, DeliveryErrorCode as Code, Patience, Secret, StreamFormat, TlsRoots,
    WhipEndpoint,
};
use stallcast_media::egress::{IceHelper, WebRtcSender};

use super::line::{SenderLine, Session};
use super::{aside, code};
use crate::packets::config;

/// Receivers report every five seconds, times 0.5 to 1.5 (RFC 3550, 6.2): one missing report is shown, two are a
/// receiver that is gone. ICE mostly knows earlier.
const PATIENCE: Patience = Patience {
    warning: Duration::from_secs(8),
    reconnect: Duration::from_secs(16),
};

pub(super) struct WhipCarrier {
    url: String,
    key: Secret,
    roots: TlsRoots,
}

impl WhipCarrier {
    pub fn new(url: String, key: Secret, roots: TlsRoots) -> Self {
        Self { url, key, roots }
    }
}

impl Carrier for WhipCarrier {
    type Line = SenderLine<WebRtcSender>;

    fn calling(&self) -> Calling {
        Calling::Us
    }

    fn patience(&self) -> Patience {
        PATIENCE
    }

    async fn connect(&mut self, format: &StreamFormat) -> Result<Self::Line, Code> {
        let endpoint = WhipEndpoint::parse(&self.url, &self.key, self.roots.clone())?;
        let config = config(format);
        let mut sender = aside(move || WebRtcSender::start(&config)).await?;
        let offer = sender.offer().await.map_err(code)?;
        let answer = endpoint.publish(offer.clone()).await?;
        let session = Session::held(answer.session);
        let helpers: Vec<IceHelper> = answer
            .ice_servers
            .into_iter()
            .map(|server| IceHelper {
                url: server.url,
                username: server.username,
                credential: server.credential.reveal().to_owned(),
            })
            .collect();
        // Dropped on the way, the session is ended all the same.
        sender
            .connect(&offer, &answer.sdp, &helpers)
            .await
            .map_err(code)?;
        Ok(SenderLine::new(sender, session, format))
    }
}
