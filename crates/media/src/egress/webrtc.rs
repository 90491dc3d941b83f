//! Owns WebRTC: `appsrc ! h264parse ! rtph264pay ! webrtcbin`, and the sound from AAC to Opus on the way. It makes the
//! offer and takes the answer; how these travel is its caller's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gst_webrtc::{WebRTCPeerConnectionState as Connection, WebRTCSDPType};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_webrtc as gst_webrtc;
use tokio::sync::watch;

use super::chains::{add, audio_chain, video_chain};
use super::intake::Intake;
use super::loss::{LossSample, LossWatch};
use super::pulse::Pulse;
use super::reports::{Losses, Reports};
use super::sdp::{audio_format, takes_everything, video_format};
use super::{EgressError, EgressFigures, init};
use crate::connection::Running;
use crate::error::MediaError;
use crate::peer::{self, reached};
use crate::program::{EncodedPacket, StreamConfig};

/// What may wait for the payloader; it takes everything at once.
const WAITING_MAX: u64 = 512 * 1024;
/// Time from the answer to a way for the media: both ends' candidates are tried within a few seconds, relays included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);
/// How often the receiver's reports are looked up.
const REPORTS: Duration = Duration::from_millis(200);

/// A server that helps to find a way for the media.
#[derive(Clone)]
pub struct IceHelper {
    /// `stun:`, `turn:` or `turns:` address.
    pub url: String,
    /// Who we are there; empty for STUN.
    pub username: String,
    /// How we prove it.
    pub credential: String,
}

impl std::fmt::Debug for IceHelper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

/// A WebRTC sender. Dropping it ends it.
#[derive(Debug)]
pub struct WebRtcSender {
    running: Running<EgressError>,
    intake: Intake,
    peer: gst::Element,
    state: watch::Receiver<Connection>,
    sent_bytes: Arc<AtomicU64>,
    began: Instant,
    /// Where the connection's first picture lies on the pipeline's own time.
    zero: Option<gst::ClockTime>,
    pulse: Pulse,
    loss: LossWatch,
    reports: Reports,
    losses: Losses,
    looked: Option<Duration>,
}

impl WebRtcSender {
    /// Builds it. Blocks for some ten milliseconds.
    ///
    /// # Errors
    /// An element is missing or refuses its settings.
    pub fn start(config: &StreamConfig) -> Result<Self, EgressError> {
        init()?;
        let (peer, state) = peer::make()?;
        let intake = Intake::new(config);
        let sent_bytes = Arc::new(AtomicU64::new(0));
        let pipeline = gst::Pipeline::new();
        pipeline.add(&peer)?;
        let video = video_chain(&intake)?;
        add(
            &pipeline,
            &video,
            &peer,
            &video_format(&config.video),
            &sent_bytes,
        )?;
        let audio = audio_chain(&intake)?;
        add(&pipeline, &audio, &peer, &audio_format(), &sent_bytes)?;
        let running = Running::start(pipeline, |error| MediaError::from_message(error).into())?;
        Ok(Self {
            running,
            intake,
            peer,
            state,
            sent_bytes,
            began: Instant::now(),
            zero: None,
            pulse: Pulse::default(),
            loss: LossWatch::default(),
            reports: Reports::default(),
            losses: Losses::default(),
            looked: None,
        })
    }

    /// What we would send, and how. It names no addresses of ours: they show when we call (RFC 9725, 4.1 allows it, and
    /// only so can the servers that come with the answer be used).
    ///
    /// # Errors
    /// The pipeline failed.
    pub async fn offer(&mut self) -> Result<String, EgressError> {
        let offer = peer::create(&mut self.running, &self.peer, "offer").await?;
        Ok(offer.as_text()?)
    }

    /// Takes the answer to `offer` and waits for a way for the media.
    ///
    /// # Errors
    /// [`EgressError::BadAnswer`], [`EgressError::FormatRefused`], [`EgressError::NoMediaPath`].
    pub async fn connect(
        &mut self,
        offer: &str,
        answer: &str,
        helpers: &[IceHelper],
    ) -> Result<(), EgressError> {
        let parse = |sdp| peer::parse(sdp).ok_or(EgressError::BadAnswer);
        let offer = parse(offer)?;
        let answer = parse(answer)?;
        if !takes_everything(&answer, offer.medias_len()) {
            return Err(EgressError::FormatRefused);
        }
        for helper in helpers {
            self.add_helper(helper);
        }
        // Only now candidates are gathered, with what the answer came with.
        for (signal, kind, sdp) in [
            ("set-local-description", WebRTCSDPType::Offer, offer),
            ("set-remote-description", WebRTCSDPType::Answer, answer),
        ] {
            if !peer::takes(&mut self.running, &self.peer, signal, kind, sdp).await? {
                return Err(EgressError::BadAnswer);
            }
        }
        self.losses.listen(&self.peer);
        let mut state = self.state.clone();
        let decided = reached(&mut state, |state| {
            matches!(
                state,
                Connection::Connected | Connection::Failed | Connection::Closed
            )
        });
        tokio::select! {
            decided = tokio::time::timeout(CONNECT_TIMEOUT, decided) => match decided {
                Ok(Some(Connection::Connected)) => Ok(()),
                _ => Err(EgressError::NoMediaPath),
            },
            failure = self.running.failing() => Err(failure),
        }
    }

    /// What the packets from now on are.
    pub fn set_config(&self, config: &StreamConfig) {
        self.intake.set_config(config);
    }

    /// Takes a packet whose times begin with 0 at the connection's first picture. Never waits.
    pub fn put(&mut self, packet: &EncodedPacket) {
        let running_time = || {
            let pipeline = self.running.pipeline()?;
            pipeline.current_running_time()
        };
        let zero = match self.zero {
            Some(zero) => zero,
            // Reports to the receiver relate the stream's time to the pipeline's.
            None => *self
                .zero
                .insert(running_time().unwrap_or(gst::ClockTime::ZERO)),
        };
        self.pulse.put(self.began.elapsed());
        let _ = self.intake.put(packet, zero);
    }

    /// How it fares.
    pub fn figures(&mut self) -> EgressFigures {
        let now = self.began.elapsed();
        if self
            .looked
            .is_none_or(|last| now.saturating_sub(last) >= REPORTS)
        {
            self.looked = Some(now);
            self.reports = Reports::read(&self.peer);
            self.pulse.heard(self.reports.heard);
        }
        let sent_bytes = self.sent_bytes.load(Ordering::Relaxed);
        let queued_bytes = self.intake.level_bytes();
        EgressFigures {
            sent_bytes,
            queued_bytes,
            // Who never reports may still listen; ICE tells when it leaves.
            silent_for: self.pulse.silent_for(now).filter(|_| self.pulse.is_known()),
            wants_more: queued_bytes < WAITING_MAX,
            // The receiver counts for us.
            loss: self.reports.heard.map(|_| {
                let sample = LossSample {
                    at: now,
                    sent_packets: self.reports.packets,
                    repeated_packets: 0,
                    sent_bytes,
                    brought_bytes: sent_bytes,
                    lost_packets: 0,
                    rtt: self.reports.rtt,
                };
                self.loss.told(sample, self.losses.part())
            }),
        }
    }

    /// Waits until it fails. Safe to cancel.
    pub async fn lost(&mut self) -> EgressError {
        let mut state = self.state.clone();
        let gone = reached(&mut state, |state| {
            matches!(state, Connection::Failed | Connection::Closed)
        });
        tokio::select! {
            failure = self.running.failing() => failure,
            state = gone => match state {
                Some(Connection::Closed) => EgressError::PeerLeft,
                _ => EgressError::NoMediaPath,
            },
        }
    }

    /// Ends it.
    pub async fn end(self) {
        self.running.stop().await;
    }

    fn add_helper(&self, helper: &IceHelper) {
        let Some((scheme, place)) = helper.url.split_once(':') else {
            return;
        };
        match scheme {
            "stun" => self
                .peer
                .set_property("stun-server", format!("stun://{place}")),
            _ => {
                let (user, word) = (escaped(&helper.username), escaped(&helper.credential));
                let url = format!("{scheme}://{user}:{word}@{place}");
                if !self.peer.emit_by_name::<bool>("add-turn-server", &[&url]) {
                    tracing::warn!(?helper, "a relay of the server cannot be used");
                }
            }
        }
    }
}

/// Percent-encodes a part of a relay's address.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                safe.push(byte.into())
            }
            other => safe.push_str(&format!("%{other:02X}")),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relays_credentials_survive_its_address_and_are_never_printed() {
        assert_eq!(escaped("1700:user/a+b="), "1700%3Auser%2Fa%2Bb%3D");
        let helper = IceHelper {
            url: "turn:relay.example:3478".into(),
            username: "s3cret".into(),
            credential: "s3cret".into(),
        };
        assert_eq!(format!("{helper:?}"), "turn:relay.example:3478");
    }
}
