//! Owns the way into a channel: registering, a name that the server takes, and its yes to the join.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::timeout;

use super::lines::{Cut, Lines};
use super::message::Message;
use crate::connector::{ChatErrorCode, End};

/// From connected to joined. A channel that does not exist is answered with silence on Twitch.
pub(super) const JOIN_WITHIN: Duration = Duration::from_secs(15);
/// A server that takes no bytes for this long is dead; all we ever write is a few words.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Names tried before giving up: the anonymous Twitch form, then short ones that fit a 9-character limit.
pub(super) const NICK_TRIES: u32 = 4;

/// The dialect with tags, which Twitch speaks.
pub(super) const TWITCH: &str = "twitch";

/// A connection that is in its channel.
pub(super) struct Joined<S> {
    pub(super) lines: Lines<ReadHalf<S>>,
    out: WriteHalf<S>,
    pub(super) room: String,
    pub(super) platform: &'static str,
}

impl<S: AsyncRead + AsyncWrite> Joined<S> {
    pub(super) async fn write(&mut self, text: &str) -> Result<(), End> {
        let written = timeout(WRITE_WITHIN, async {
            self.out.write_all(text.as_bytes()).await?;
            self.out.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Lost(ChatErrorCode::ClosedByPeer)),
            Err(_) => Err(End::Lost(ChatErrorCode::TimedOut)),
        }
    }
}

/// Registers over `stream` and joins `channel`.
pub(super) async fn join<S: AsyncRead + AsyncWrite>(
    stream: S,
    channel: &str,
) -> Result<Joined<S>, End> {
    let (read, out) = tokio::io::split(stream);
    let mut joined = Joined {
        lines: Lines::new(read),
        out,
        room: format!("#{channel}"),
        platform: "irc",
    };
    // Any justinfan number reads anonymously on Twitch.
    let nick = format!("justinfan{}", rand::random_range(1_000..100_000));
    // CAP first, so that a tag-speaking server tags from the first line on; END at once, since
    // we want nothing that needs an answer before registration ends.
    joined
        .write(&format!(
            "CAP REQ :twitch.tv/tags twitch.tv/commands\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n"
        ))
        .await?;
    match timeout(JOIN_WITHIN, until_in(&mut joined)).await {
        Ok(entered) => entered.map(|()| joined),
        Err(_) => Err(End::Lost(ChatErrorCode::JoinRefused)),
    }
}

/// Answers what the server asks until it says that we are in, or not.
async fn until_in<S: AsyncRead + AsyncWrite>(joined: &mut Joined<S>) -> Result<(), End> {
    let refused = End::Lost(ChatErrorCode::JoinRefused);
    let mut tries = 1;
    loop {
        let line = match joined.lines.next().await {
            Ok(Some(Cut::Line(line))) => line,
            Ok(Some(Cut::TooLong)) => continue,
            Ok(None) | Err(_) => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
        };
        let Some(message) = Message::parse(&line) else {
            continue;
        };
        match message.command {
            "PING" => {
                let answer = format!("PONG :{}\r\n", message.param(0));
                joined.write(&answer).await?;
            }
            "CAP"
                if message.param(1) == "ACK"
                    && message.params.iter().any(|p| p.contains("twitch.tv/tags")) =>
            {
                joined.platform = TWITCH;
            }
            "001" => {
                let join = format!("JOIN {}\r\n", joined.room);
                joined.write(&join).await?;
            }
            // End of names, or Twitch's room state: we are in.
            "366" | "ROOMSTATE" => return Ok(()),
            // 432 erroneous, 433 in use, 436 collision.
            "432" | "433" | "436" if tries >= NICK_TRIES => {
                return Err(End::Lost(ChatErrorCode::LoginRefused));
            }
            "432" | "433" | "436" => {
                tries += 1;
                // Nine characters is the oldest limit in use (RFC 1459 section 1.2; ngircd's default).
                let nick = format!("NICK sc{}\r\n", rand::random_range(100_000..1_000_000));
                joined.write(&nick).await?;
            }
            // No such channel, too many, full, invite only, banned, key, needs registration.
            "403" | "405" | "471" | "473" | "474" | "475" | "476" | "477" => return Err(refused),
            "RECONNECT" => return Err(End::Lost(ChatErrorCode::ReconnectAsked)),
            "NOTICE" if message.param(1).starts_with("Login ") => {
                return Err(End::Lost(ChatErrorCode::LoginRefused));
            }
            _ => over(&message)?,
        }
    }
}

/// Whether a message ends the connection, before the join or after it.
pub(super) fn over(message: &Message<'_>) -> Result<(), End> {
    match message.command {
        // Password, banned from the server.
        "464" | "465" => Err(End::Lost(ChatErrorCode::LoginRefused)),
        "ERROR" => Err(End::Lost(ChatErrorCode::ClosedByPeer)),
        "NOTICE" => match message.tag("msg-id").as_deref() {
            Some("msg_channel_suspended" | "msg_banned" | "tos_ban") => {
                Err(End::Lost(ChatErrorCode::JoinRefused))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
