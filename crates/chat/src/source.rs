//! Owns which code reads which source, and which hands it has.

use std::sync::Arc;

use stallcast_show::Text;
use tokio::sync::mpsc;

use crate::acts::{Hands, NoHands};
use crate::bilibili::Bilibili;
use crate::connector::{Clock, End};
use crate::douyin::Douyin;
use crate::facebook::{Facebook, FacebookHands};
use crate::irc::Irc;
use crate::kick::Kick;
use crate::outlet::Outlet;
use crate::owncast::{Owncast, OwncastHands};
use crate::pushed::Push;
use crate::relay::Relay;
use crate::said::Said;
use crate::social_stream::SocialStream;
use crate::spec::ConnectorSpec;
use crate::twitch::{Twitch, TwitchHands};
use crate::youtube::YouTube;
use crate::{Audience, Pace, simulated, websocket};

/// A source with what it keeps from one connection to the next.
pub(crate) enum Source {
    Irc(Irc),
    WebSocket(String),
    Owncast(Owncast),
    Bilibili(Box<Bilibili>),
    Twitch(Box<Twitch>),
    YouTube(Box<YouTube>),
    Facebook(Box<Facebook>),
    SocialStream(SocialStream),
    Relay(Box<Relay>),
    Kick(Box<Kick>),
    Douyin(Box<Douyin>),
    Simulated {
        seed: u64,
        pace: Pace,
        lines: Box<Audience>,
        reactions: mpsc::Receiver<Text>,
    },
}

impl Source {
    /// The source and its hands; `pushes` is what it may be given, `said` what it will have handed over.
    pub(crate) fn of(
        spec: &ConnectorSpec,
        reactions: mpsc::Receiver<Text>,
        pushes: mpsc::Receiver<Push>,
        said: &Arc<Said>,
        clock: &Clock,
    ) -> (Self, Box<dyn Hands>) {
        match spec.clone() {
            ConnectorSpec::TwitchIrc {
                server,
                port,
                tls,
                channel,
            } => {
                let (irc, hands) = Irc::new(server, port, tls, channel);
                (Self::Irc(irc), Box::new(hands))
            }
            ConnectorSpec::GenericWebSocket { url } => (Self::WebSocket(url), Box::new(NoHands)),
            ConnectorSpec::Owncast { server, token } => (
                Self::Owncast(Owncast::new(server.clone())),
                Box::new(OwncastHands::new(server, token)),
            ),
            ConnectorSpec::Bilibili(spec) => {
                let source = Box::new(Bilibili::new(spec, Arc::clone(clock)));
                (Self::Bilibili(source), Box::new(NoHands))
            }
            ConnectorSpec::Twitch(spec) => {
                let hands = TwitchHands::new(&spec, Arc::clone(said));
                let source = Box::new(Twitch::new(spec, hands.helix()));
                (Self::Twitch(source), Box::new(hands))
            }
            ConnectorSpec::YouTube(spec) => {
                let source = Box::new(YouTube::new(spec));
                (Self::YouTube(source), Box::new(NoHands))
            }
            ConnectorSpec::Facebook(spec) => {
                let hands = FacebookHands::new(&spec, Arc::clone(said));
                (
                    Self::Facebook(Box::new(Facebook::new(spec))),
                    Box::new(hands),
                )
            }
            ConnectorSpec::SocialStream { session, server } => (
                Self::SocialStream(SocialStream::new(session, server)),
                Box::new(NoHands),
            ),
            ConnectorSpec::Relay(spec) => {
                let source = Box::new(Relay::new(spec));
                (Self::Relay(source), Box::new(NoHands))
            }
            ConnectorSpec::Kick(spec) => {
                let (source, hands) = Kick::new(spec, pushes, said);
                (Self::Kick(Box::new(source)), Box::new(hands))
            }
            ConnectorSpec::Douyin(spec) => {
                let source = Box::new(Douyin::new(spec, pushes));
                (Self::Douyin(source), Box::new(NoHands))
            }
            ConnectorSpec::Simulated { seed, pace, lines } => {
                let lines = Box::new(lines);
                let source = Self::Simulated {
                    seed,
                    pace,
                    lines,
                    reactions,
                };
                (source, Box::new(NoHands))
            }
        }
    }

    /// One connection, from look-up to its end.
    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> End {
        let ended = match self {
            Self::Irc(irc) => return irc.attend(outlet).await,
            Self::WebSocket(url) => return websocket::attend(url, outlet).await,
            Self::Simulated {
                seed,
                pace,
                lines,
                reactions,
            } => {
                return simulated::run(*seed, *pace, lines, outlet, reactions)
                    .await
                    .into();
            }
            Self::Owncast(owncast) => owncast.attend(outlet).await,
            Self::Bilibili(bilibili) => bilibili.attend(outlet).await,
            Self::Twitch(twitch) => twitch.attend(outlet).await,
            Self::YouTube(youtube) => youtube.attend(outlet).await,
            Self::Facebook(facebook) => facebook.attend(outlet).await,
            Self::SocialStream(social) => social.attend(outlet).await,
            Self::Relay(relay) => relay.attend(outlet).await,
            Self::Kick(kick) => kick.attend(outlet).await,
            Self::Douyin(douyin) => douyin.attend(outlet).await,
        };
        match ended {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    /// Says goodbye where the platform wants one; bounded in time.
    pub(crate) async fn leave(&mut self) {
        match self {
            Self::Bilibili(bilibili) => bilibili.leave().await,
            Self::Kick(kick) => kick.leave().await,
            Self::Twitch(twitch) => twitch.leave().await,
            Self::Douyin(douyin) => douyin.leave().await,
            _ => {}
        }
    }
}
