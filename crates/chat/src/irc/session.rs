//! Owns one IRC conversation: read, speak, stay alive, and change over when the server is to be left.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::BoxFuture;
use stallcast_show::MessageId;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::hands::SpeakingDesk;
use super::join::{Joined, TWITCH, over};
use super::lines::Cut;
use super::message::{Message, spoken};
use crate::acts::ActFault;
use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::LineDraft;
use crate::outlet::Outlet;

/// Silence after which we ask. Twitch itself asks about every five minutes: too late for a show.
const ASK_AFTER: Duration = Duration::from_secs(45);
/// How long the answer may take before the connection counts as dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection is heard that another one took over from.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What a server repeats to us after it took what we said, with the number of what was said.
const SPOKEN: &str = "stallcast-said-";
/// Lines remembered to know what a cleared viewer had said (Twitch names the viewer, not the lines).
const REMEMBERED: usize = 1_000;

/// The next connection, under way.
pub(super) type Coming<S> = BoxFuture<'static, Result<Joined<S>, End>>;

struct Session<'a, S> {
    on: Joined<S>,
    outlet: &'a mut Outlet,
    /// The server is about to end this connection.
    is_to_be_left: bool,
    said: VecDeque<(String, MessageId)>,
    desk: &'a mut SpeakingDesk,
    /// How much was said, and up to which of it the server answered.
    spoken: u64,
    answered: u64,
}

/// Reads the channel until something ends it; `again` makes the connection that takes over.
pub(super) async fn run<S: AsyncRead + AsyncWrite>(
    joined: Joined<S>,
    again: impl Fn() -> Coming<S>,
    desk: &mut SpeakingDesk,
    outlet: &mut Outlet,
) -> End {
    let session = Session {
        on: joined,
        outlet,
        is_to_be_left: false,
        said: VecDeque::new(),
        desk,
        spoken: 0,
        answered: 0,
    };
    match session.converse(again).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

/// When the next connection is there; never, when none is under way.
async fn arrival<S>(coming: &mut Option<Coming<S>>) -> Result<Joined<S>, End> {
    match coming {
        Some(coming) => coming.await,
        None => std::future::pending().await,
    }
}

/// Whether the server says that it ends this connection.
fn is_goodbye(cut: &Cut) -> bool {
    match cut {
        Cut::Line(line) => Message::parse(line).is_some_and(|message| message.command == "ERROR"),
        Cut::TooLong => false,
    }
}

impl<S: AsyncRead + AsyncWrite> Session<'_, S> {
    async fn converse(
        mut self,
        again: impl Fn() -> Coming<S>,
    ) -> Result<std::convert::Infallible, End> {
        self.desk.open();
        self.outlet.state(ConnectorState::Live);
        let mut heard = Instant::now();
        let mut asked = false;
        let mut coming: Option<Coming<S>> = None;
        loop {
            if self.is_to_be_left && coming.is_none() {
                self.is_to_be_left = false;
                coming = Some(again());
            }
            let patience = if asked {
                ASK_AFTER + ANSWER_WITHIN
            } else {
                ASK_AFTER
            };
            let next = tokio::select! {
                next = timeout_at(heard + patience, self.on.lines.next()) => next,
                arrived = arrival(&mut coming) => {
                    coming = None;
                    match arrived {
                        Ok(joined) => {
                            self.change_over(joined).await?;
                            (heard, asked) = (Instant::now(), false);
                        }
                        // The old one lives still; when it ends, it is tried again like any other.
                        Err(end) => tracing::info!(?end, "the next connection did not come"),
                    }
                    continue;
                }
                text = self.desk.next() => {
                    self.speak(&text).await?;
                    continue;
                }
            };
            match next {
                Ok(Ok(Some(cut))) if coming.is_none() || !is_goodbye(&cut) => {
                    heard = Instant::now();
                    asked = false;
                    self.take(cut).await?;
                }
                // Its end, or its goodbye before that while the next one is under way.
                Ok(_) => match coming.take() {
                    Some(coming) => {
                        self.on = coming.await?;
                        (heard, asked) = (Instant::now(), false);
                    }
                    None => return Err(End::Lost(ChatErrorCode::ClosedByPeer)),
                },
                Err(_) if asked => return Err(End::Lost(ChatErrorCode::TimedOut)),
                Err(_) => {
                    asked = true;
                    self.on.write("PING :stallcast\r\n").await?;
                }
            }
        }
    }

    /// Goes over to the next connection, and takes what was said on the old one before it was there: what both bring is known
    /// by its id.
    async fn change_over(&mut self, next: Joined<S>) -> Result<(), End> {
        let mut old = std::mem::replace(&mut self.on, next);
        let until = Instant::now() + LAST_WORDS;
        while let Ok(Ok(Some(cut))) = timeout_at(until, old.lines.next()).await {
            // It says goodbye to the old connection, not to this one.
            if is_goodbye(&cut) {
                break;
            }
            self.take(cut).await?;
        }
        self.is_to_be_left = false;
        Ok(())
    }

    async fn take(&mut self, cut: Cut) -> Result<(), End> {
        match cut {
            Cut::Line(line) => self.hear(&line).await,
            Cut::TooLong => {
                self.outlet.malformed();
                Ok(())
            }
        }
    }

    /// Says it, and asks for an answer that comes after any refusal of it.
    async fn speak(&mut self, text: &str) -> Result<(), End> {
        self.spoken += 1;
        let (room, number) = (&self.on.room, self.spoken);
        let said = format!("PRIVMSG {room} :{text}\r\nPING :{SPOKEN}{number}\r\n");
        self.on.write(&said).await
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
                self.on.write(&answer).await
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
            "404" | "403" => {
                if self.answered + 1 == self.spoken {
                    self.desk.answer(Err(ActFault::NotAllowed));
                }
                Ok(())
            }
            "PRIVMSG" | "USERNOTICE" => self.take_line(&message).await,
            "CLEARMSG" | "CLEARCHAT" => self.take_back(&message).await,
            // Twitch ends this connection soon. Its lines have ids, so that two connections at once double none of them.
            "RECONNECT" if self.on.platform == TWITCH => {
                self.outlet.error(ChatErrorCode::ReconnectAsked);
                self.is_to_be_left = true;
                Ok(())
            }
            "RECONNECT" => Err(End::Lost(ChatErrorCode::ReconnectAsked)),
            _ => over(&message),
        }
    }

    async fn take_line(&mut self, message: &Message<'_>) -> Result<(), End> {
        if !message.param(0).eq_ignore_ascii_case(&self.on.room) {
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
            platform: self.on.platform.to_owned(),
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
        if !message.param(0).eq_ignore_ascii_case(&self.on.room) {
            return Ok(());
        }
        let mut gone = Vec::new();
        if message.command == "CLEARMSG" {
            let target = message.tag("target-msg-id").unwrap_or_default();
            let target = MessageId(format!("{}:{target}", self.on.platform));
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::super::hands::desk;
    use super::super::join::{JOIN_WITHIN, NICK_TRIES, join};
    use super::*;
    use crate::acts::{Act, Hands};
    use crate::connector::Incoming;
    use crate::outlet::tests::outlet;

    async fn said(peer: &mut DuplexStream) -> String {
        let mut bytes = [0; 1024];
        let count = peer.read(&mut bytes).await.unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    }

    async fn talked(stream: DuplexStream, desk: &mut SpeakingDesk, outlet: &mut Outlet) -> End {
        match join(stream, "a").await {
            Ok(joined) => run(joined, || Box::pin(std::future::pending()), desk, outlet).await,
            Err(end) => end,
        }
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
        let (end, ()) = tokio::join!(talked(ours, &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::TimedOut));
    }

    /// Lets a connection into its channel, as Twitch does.
    async fn let_in(peer: &mut DuplexStream) {
        said(peer).await;
        peer.write_all(b":s CAP * ACK :twitch.tv/tags twitch.tv/commands\r\n:s 001 n :hi\r\n:s 366 n #a :end\r\n")
            .await
            .unwrap();
        assert_eq!(said(peer).await, "JOIN #a\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn the_goodbye_of_the_old_server_ends_no_other_connection() {
        for is_early in [false, true] {
            let (ours, mut old) = duplex(4_096);
            let (next, mut new) = duplex(4_096);
            let (mut outlet, mut lines, _status) = outlet(4);
            let (mut desk, _hands) = desk(true);
            let next = std::cell::RefCell::new(Some(next));
            let talk = async {
                let_in(&mut old).await;
                old.write_all(b":tmi.twitch.tv RECONNECT\r\n")
                    .await
                    .unwrap();
                if !is_early {
                    let_in(&mut new).await;
                }
                old.write_all(b"@id=1 :a!a@a PRIVMSG #a :last\r\nERROR :Closing Link\r\n")
                    .await
                    .unwrap();
                if is_early {
                    let_in(&mut new).await;
                }
                new.write_all(b"@id=2 :a!a@a PRIVMSG #a :first\r\n")
                    .await
                    .unwrap();
                for text in ["last", "first"] {
                    let line = tokio::time::timeout(ASK_AFTER, lines.recv()).await;
                    let Some(Incoming::Line(line)) = line.unwrap() else {
                        panic!("no line");
                    };
                    assert_eq!(line.text, text);
                }
                drop((old, new));
            };
            let conversation = async {
                let joined = join(ours, "a").await.ok().unwrap();
                let again = || -> Coming<DuplexStream> {
                    Box::pin(join(next.borrow_mut().take().unwrap(), "a"))
                };
                run(joined, again, &mut desk, &mut outlet).await
            };
            let (end, ()) = tokio::join!(conversation, talk);
            assert_eq!(end, End::Lost(ChatErrorCode::ClosedByPeer));
        }
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
        let (end, ()) = tokio::join!(talked(ours, &mut desk, &mut outlet), talk);
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
        let (end, ()) = tokio::join!(talked(ours, &mut desk, &mut outlet), talk);
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
        let (end, ()) = tokio::join!(talked(ours, &mut desk, &mut outlet), talk);
        assert_eq!(end, End::Lost(ChatErrorCode::LoginRefused));
    }
}
