//! Owns what passes between a person who replies and the conversation that is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::rate::Rate;

/// Bytes of text that surely fit into a line of 512 with the longest prefix that a server puts before it (RFC 2812
/// section 2.3: nick, user, host of 63, and a channel of 50).
const TEXT_BYTES: usize = 350;
/// What servers with flood control let through: a burst, then a line in two seconds (RFC 1459 section 8.10).
const BURST: usize = 5;
const WINDOW: Duration = Duration::from_secs(10);
/// How long a server may take to say that it took a line.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

type Answer = oneshot::Sender<Result<(), ActFault>>;
type Reply = (String, Answer);

/// The conversation's side.
pub(super) struct SpeakingDesk {
    replies: mpsc::Receiver<Reply>,
    open: Arc<AtomicBool>,
    /// Who waits to hear what became of what was said last.
    waits: Option<Answer>,
}

/// The person's side.
pub(crate) struct IrcHands {
    speaks: bool,
    replies: mpsc::Sender<Reply>,
    open: Arc<AtomicBool>,
    rate: tokio::sync::Mutex<Rate>,
}

/// Both sides.
pub(super) fn desk(speaks: bool) -> (SpeakingDesk, IrcHands) {
    let (tell, replies) = mpsc::channel(1);
    let open = Arc::new(AtomicBool::new(false));
    let desk = SpeakingDesk {
        replies,
        open: Arc::clone(&open),
        waits: None,
    };
    let hands = IrcHands {
        speaks,
        replies: tell,
        open,
        rate: tokio::sync::Mutex::new(Rate::new(BURST, WINDOW)),
    };
    (desk, hands)
}

impl SpeakingDesk {
    pub(super) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// The conversation ended.
    pub(super) fn close(&mut self) {
        self.open.store(false, Ordering::Release);
        self.answer(Err(ActFault::NotConnected));
        while let Ok((_, answer)) = self.replies.try_recv() {
            // Whoever asked is gone: then nobody needs to know.
            let _ = answer.send(Err(ActFault::NotConnected));
        }
    }

    /// The next thing to say; never when nobody can ask any more. A call that is given up loses nothing.
    pub(super) async fn next(&mut self) -> String {
        loop {
            let Some((text, answer)) = self.replies.recv().await else {
                return std::future::pending().await;
            };
            if !answer.is_closed() {
                self.waits = Some(answer);
                return text;
            }
        }
    }

    /// What became of what was said last.
    pub(super) fn answer(&mut self, outcome: Result<(), ActFault>) {
        if let Some(answer) = self.waits.take() {
            // As above.
            let _ = answer.send(outcome);
        }
    }
}

impl IrcHands {
    async fn reply(&self, text: &str) -> Result<(), ActFault> {
        // No line break can be left in it, so that nothing can be said to the server itself.
        let text = words(text, usize::MAX)?;
        if !self.open.load(Ordering::Acquire) {
            return Err(ActFault::NotConnected);
        }
        if text.len() > TEXT_BYTES {
            return Err(ActFault::TooLong);
        }
        let turn = self.rate.lock().await.take(Instant::now());
        turn.map_err(|_| ActFault::TooFast)?;
        let (answer, answered) = oneshot::channel();
        let gone = |_| ActFault::NotConnected;
        self.replies.try_send((text, answer)).map_err(gone)?;
        match timeout(TAKEN_WITHIN, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ActFault::NotConnected),
            Err(_) => Err(ActFault::TimedOut),
        }
    }
}

impl Hands for IrcHands {
    fn able(&self) -> &'static [ActKind] {
        if self.speaks { &[ActKind::Reply] } else { &[] }
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(async move {
            match act {
                Act::Reply { text, .. } => self.reply(text).await,
                _ => Err(ActFault::Refused),
            }
        })
    }
}
