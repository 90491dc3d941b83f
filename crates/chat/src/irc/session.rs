//! Owns one IRC conversation: register, join, read, speak, stay alive.

use std::collections::VecDeque;
use std::time::Duration;

use stallcast_show::MessageId;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, timeout, timeout_at};

use super::hands::SpeakingDesk;
use super::lines::{Cut, Lines};
use super::message::{Message, spoken};
use crate::acts::ActFault;
use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::LineDraft;
use crate::outlet::Outlet;

/// From connected to joined. A channel that does not exist is answered with silence on Twitch.
const JOIN_WITHIN: Duration = Duration::from_secs(15);
/// Silence after which we ask. Twitch itself asks about every five minutes: too late for a show.
const ASK_AFTER: Duration = Duration::from_secs(45);
/// How long the answer may take before the connection counts as dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A server that takes no bytes for this long is dead; all we ever write is a few words.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Names tried before giving up: the anonymous Twitch form, then short ones that fit a 9-character limit.
const NICK_TRIES: u32 = 4;
/// What a server repeats to us after it took what we said, with the number of what was said.
const SPOKEN: &str = "stallcast-said-";
/// Lines remembered to know what a cleared viewer had said (Twitch names the viewer, not the lines).
const REMEMBERED: usize = 1_000;

struct Session<'a, S> {
    lines: Lines<ReadHalf<S>>,
    out: WriteHalf<S>,
    room: String,
    outlet: &'a mut Outlet,
    nick: String,
    nicks_tried: u32,
    platform: &'static str,
    joined: bool,
    said: VecDeque<(String, MessageId)>,
    desk: &'a mut SpeakingDesk,
    /// How much was said, and up to which of it the server answered.
    spoken: u64,
    answered: u64,
}

/// Reads `channel` until something ends it.
pub(super) async fn run<S>(
    stream: S,
    channel: &str,
    desk: &mut SpeakingDesk,
    outlet: &mut Outlet,
) -> End
where
    S: AsyncRead + AsyncWrite,
{
    let (read, out) = tokio::io::split(stream);
    let session = Session {
        lines: Lines::new(read),
        out,
        room: format!("#{channel}"),
        outlet,
        // Any justinfan number reads anonymously on Twitch.
        nick: format!("justinfan{}", rand::random_range(1_000..100_000)),
        nicks_tried: 1,
        platform: "irc",
        joined: false,
        said: VecDeque::new(),
        desk,
        spoken: 0,
        answered: 0,
    };
    match session.converse().await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

impl<S: AsyncRead + AsyncWrite> Session<'_, S> {
    async fn converse(mut self) -> Result<std::convert::Infallible, End> {
        let nick = self.nick.clone();
        // CAP first, so that a tag-speaking server tags from the first line on; END at once, since
        // we want nothing that needs an answer before registration ends.
        self.write(&format!(
            "CAP REQ :twitch.tv/tags twitch.tv/commands\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n"
        ))
        .await?;
        let join_by = Instant::now() + JOIN_WITHIN;
        let mut heard = Instant::now();
        let mut asked = false;
        loop {
            let patience = if asked {
                ASK_AFTER + ANSWER_WITHIN
            } else {
                ASK_AFTER
            };
            let deadline = if self.joined {
                heard + patience
            } else {
                join_by
            };
            let next = tokio::select! {
                next = timeout_at(deadline, self.lines.next()) => next,
                text = self.desk.next(), if self.joined => {
                    self.speak(&text).await?;
                    continue;
                }
            };
            match next {
                Ok(Ok(Some(cut))) => {
                    heard = Instant::now();
                    asked = false;
                    match cut {
                        Cut::Line(line) => self.hear(&line).await?,
                        Cut::TooLong => self.outlet.malformed(),
                    }
                }
                Ok(Ok(None) | Err(_)) => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
                Err(_) if !self.joined => return Err(End::Lost(ChatErrorCode::JoinRefused)),
                Err(_) if asked => return Err(End::Lost(ChatErrorCode::TimedOut)),
                Err(_) => {
                    asked = true;
                    self.write("PING :stallcast\r\n").await?;
                }
            }
        }
    }

    async fn write(&mut self, text: &str) -> Result<(), End> {
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

    /// Says it, and asks for an answer that comes after any refusal of it.
    async fn speak(&mut self, text: &str) -> Result<(), End> {
        self.spoken += 1;
        let (room, number) = (&self.room, self.spoken);
        let said = format!("PRIVMSG {room} :{text}\r\nPING :{SPOKEN}{number}\r\n");
        self.write(&said).await
    }

    async fn hear(&mut self, line: &str) -> Result<(), End> {
        if line.is_empty() {
            return Ok(());
        }
        let Some(message) = Message::parse(line) else {
            self.outlet.malformed();
            return Ok(());
        };
        match message.command {
            "PING" => {
                let answer = format!("PONG :{}\r\n", message.param(0));
                self.write(&answer).await
            }
            "CAP"
                if message.param(1) == "ACK"
                    && message.params.iter().any(|p| p.contains("twitch.tv/tags")) =>
            {
                self.platform = "twitch";
                Ok(())
            }
            "001" => {
                let join = format!("JOIN {}\r\n", self.room);
                self.write(&join).await
            }
            "PONG" => {
                let number = message.params.iter().find_map(|it| it.strip_prefix(SPOKEN));
                if let Some(number) = number.and_then(|number| number.parse().ok()) {
                    self.answered = number;
                    // An answer to what nobody waits for any more is none to what was said since.
                    if number == self.spoken {
                        self.desk.answer(Ok(()));
                    }
                }
                Ok(())
            }
            // Cannot send to the channel; no such channel. It is about what was said next after the last answer.
            "404" | "403" if self.joined => {
                if self.answered + 1 == self.spoken {
                    self.desk.answer(Err(ActFault::NotAllowed));
                }
                Ok(())
            }
            // End of names, or Twitch's room state: we are in.
            "366" | "ROOMSTATE" => {
                self.joined = true;
                self.desk.open();
                self.outlet.state(ConnectorState::Live);
                Ok(())
            }
            "PRIVMSG" | "USERNOTICE" => self.take_line(&message).await,
            "CLEARMSG" | "CLEARCHAT" => self.take_back(&message).await,
            "RECONNECT" => Err(End::Lost(ChatErrorCode::ReconnectAsked)),
            // 432 erroneous, 433 in use, 436 collision.
            "432" | "433" | "436" if !self.joined => self.try_another_nick().await,
            // No such channel, too many, full, invite only, banned, key, needs registration.
            "403" | "405" | "471" | "473" | "474" | "475" | "476" | "477" if !self.joined => {
                Err(End::Lost(ChatErrorCode::JoinRefused))
            }
            // Password, banned from the server.
            "464" | "465" => Err(End::Lost(ChatErrorCode::LoginRefused)),
            "NOTICE" => self.notice(&message),
            "ERROR" => Err(End::Lost(ChatErrorCode::ClosedByPeer)),
            _ => Ok(()),
        }
    }

    fn notice(&self, message: &Message<'_>) -> Result<(), End> {
        match message.tag("msg-id").as_deref() {
            Some("msg_channel_suspended" | "msg_banned" | "tos_ban") => {
                Err(End::Lost(ChatErrorCode::JoinRefused))
            }
            _ if !self.joined && message.param(1).starts_with("Login ") => {
                Err(End::Lost(ChatErrorCode::LoginRefused))
            }
            _ => Ok(()),
        }
    }

    async fn try_another_nick(&mut self) -> Result<(), End> {
        if self.nicks_tried >= NICK_TRIES {
            return Err(End::Lost(ChatErrorCode::LoginRefused));
        }
        self.nicks_tried += 1;
        // Nine characters is the oldest limit in use (RFC 1459 section 1.2; ngircd's default).
        self.nick = format!("sc{}", rand::random_range(100_000..1_000_000));
        let nick = format!("NICK {}\r\n", self.nick);
        self.write(&nick).await
    }

    async fn take_line(&mut self, message: &Message<'_>) -> Result<(), End> {
        if !message.param(0).eq_ignore_ascii_case(&self.room) {
            return Ok(());
        }
        // A USERNOTICE without words (a raid, a gift) is not a line of chat.
        let Some(text) = spoken(message.param(1)).filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let login = match message.nick() {
            "" | "tmi.twitch.tv" => message.tag("login").unwrap_or_default(),
            nick => nick.to_owned(),
        };
        let author = message.tag("display-name").unwrap_or_else(|| login.clone());
        let draft = LineDraft {
            id: message.tag("id"),
            platform: self.platform.to_owned(),
            author,
            text,
            at: None,
        };
        if let Some(id) = self.outlet.put(draft).await? {
            if self.said.len() >= REMEMBERED {
                self.said.pop_front();
            }
            self.said.push_back((login, id));
        }
        Ok(())
    }

    async fn take_back(&mut self, message: &Message<'_>) -> Result<(), End> {
        if !message.param(0).eq_ignore_ascii_case(&self.room) {
            return Ok(());
        }
        let mut gone = Vec::new();
        if message.command == "CLEARMSG" {
            let target = message.tag("target-msg-id").unwrap_or_default();
            let target = MessageId(format!("{}:{target}", self.platform));
            self.said.retain(|(_, id)| *id != target);
            gone.push(target);
        } else {
            let whose = message.params.get(1).copied();
            self.said.retain(|(login, id)| {
                let theirs = whose.is_none_or(|name| login.eq_ignore_ascii_case(name));
                if theirs {
                    gone.push(id.clone());
                }
                !theirs
            });
        }
        Ok(self.outlet.remove(gone).await?)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    use super::super::hands::desk;
    use super::*;
    use crate::acts::{Act, Hands};
    use crate::outlet::tests::outlet;

    async fn said(peer: &mut DuplexStream) -> String {
        let mut bytes = [0; 1024];
        let count = peer.read(&mut bytes).await.unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_asked_about_and_then_given_up() {
        let (ours, mut peer) = duplex(4_096);
        let (mut outlet, _lines, _status) = outlet(4);
        let talk = async {
            said(&mut peer).await;
            peer.write_all(b":s 001 n :hi\r\n:s 366 n #a :end\r\n")
                .await
                .unwrap();
            assert_eq!(said(&mut peer).await, "JOIN #a\r\n");
            let joined = Instant::now();
            assert_eq!(said(&mut peer).await, "PING :stallcast\r\n");
            assert_eq!(joined.elapsed(), ASK_AFTER);
            // An answer, then silence for good.
            peer.write_all(b":s PONG s :stallcast\r\n").await.unwrap();
            assert_eq!(said(&mut peer).await, "PING :stallcast\r\n");
            assert_eq!(joined.elapsed(), 2 * ASK_AFTER);
            assert_eq!(said(&mut peer).await, "");
            assert_eq!(joined.elapsed(), 2 * ASK_AFTER + ANSWER_WITHIN);
        };
        let (mut desk, _hands) = desk(true);
        let (end, ()) = tokio::join!(run(ours, "a", &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_to_one_reply_is_none_to_the_next() {
        let (ours, mut peer) = duplex(4_096);
        let (mut outlet, _lines, _status) = outlet(4);
        let (mut desk, hands) = desk(true);
        let reply = |text: &str| Act::Reply {
            text: text.into(),
            to: None,
        };
        let talk = async {
            said(&mut peer).await;
            peer.write_all(b":s 001 n :hi\r\n:s 366 n #a :end\r\nPING :x\r\n")
                .await
                .unwrap();
            while !said(&mut peer).await.contains("PONG :x") {}
            let one = reply("one");
            let (became, asked) = tokio::join!(hands.act(&one), said(&mut peer));
            assert_eq!(asked, "PRIVMSG #a :one\r\nPING :stallcast-said-1\r\n");
            assert_eq!(became, Err(ActFault::TimedOut));
            let two = reply("two");
            let answers = async {
                let asked = said(&mut peer).await;
                assert_eq!(asked, "PRIVMSG #a :two\r\nPING :stallcast-said-2\r\n");
                peer.write_all(b":s PONG s :stallcast-said-1\r\n:s 404 n #a :Cannot send\r\n:s PONG s :stallcast-said-2\r\n")
                    .await
                    .unwrap();
            };
            let (became, ()) = tokio::join!(hands.act(&two), answers);
            assert_eq!(became, Err(ActFault::NotAllowed));
            drop(peer);
        };
        let (end, ()) = tokio::join!(run(ours, "a", &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::ClosedByPeer));
    }

    #[tokio::test(start_paused = true)]
    async fn a_join_that_is_never_confirmed_counts_as_refused() {
        let (ours, mut peer) = duplex(4_096);
        let (mut outlet, _lines, _status) = outlet(4);
        let talk = async {
            // Pings alone do not make us believe that we are in.
            for _ in 0..3 {
                said(&mut peer).await;
                peer.write_all(b"PING :x\r\n").await.unwrap();
            }
            while !said(&mut peer).await.is_empty() {}
        };
        let began = Instant::now();
        let (mut desk, _hands) = desk(true);
        let (end, ()) = tokio::join!(run(ours, "a", &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::JoinRefused));
        assert_eq!(began.elapsed(), JOIN_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn refused_names_are_replaced_by_short_ones_and_not_for_ever() {
        let (ours, mut peer) = duplex(4_096);
        let (mut outlet, _lines, _status) = outlet(4);
        let talk = async {
            said(&mut peer).await;
            for _ in 1..NICK_TRIES {
                peer.write_all(b":s 432 * x :Erroneous nickname\r\n")
                    .await
                    .unwrap();
                let nick = said(&mut peer).await;
                assert!(
                    nick.starts_with("NICK sc") && nick.trim_end().len() <= 5 + 9,
                    "{nick}"
                );
            }
            peer.write_all(b":s 433 * x :In use\r\n").await.unwrap();
        };
        let (mut desk, _hands) = desk(true);
        let (end, ()) = tokio::join!(run(ours, "a", &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::LoginRefused));
    }
}
