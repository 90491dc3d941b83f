//! Owns the way of webhooks to the sources that only get what is pushed to them (Kick, Douyin): a source checks the signature
//! over the raw body itself, and says what became of each.

use stallcast_hooks::Hook;
use stallcast_show::At;
use tokio::sync::{mpsc, oneshot};

use crate::connector::ChatErrorCode;

/// Webhooks that wait for a source; the relay sends no more than this before it hears what became of them.
pub(crate) const WAITING: usize = stallcast_hooks::ON_THE_WAY;

/// How old a signed moment may be: as long as a relay keeps chat, and a platform's own tries beside it.
const OLDEST_MS: i64 = 65 * 60 * 1000;
/// How far it may lie ahead: clocks differ.
const AHEAD_MS: i64 = 5 * 60 * 1000;

/// What became of a webhook at a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Its lines were taken, or had been.
    Taken,
    /// There was no room for all of its lines: it is to be given again, and what was taken of it is not taken twice.
    Full,
    /// It tells nothing that is of use here.
    Other,
    /// Its signature is missing or wrong.
    Unsigned,
    /// Its signature is good and too old.
    Stale,
    /// It is signed, and of another channel or room.
    Elsewhere,
    /// It is signed and cannot be read.
    Unreadable,
    /// This source takes none, or has ended.
    NotHere,
}

impl Given {
    /// What a page is told of it; `None` = nothing is wrong, or it was told already.
    pub(crate) fn error(self) -> Option<ChatErrorCode> {
        match self {
            Self::Unsigned => Some(ChatErrorCode::Unsigned),
            Self::Stale => Some(ChatErrorCode::Stale),
            Self::Elsewhere => Some(ChatErrorCode::Elsewhere),
            Self::Taken | Self::Full | Self::Other | Self::Unreadable | Self::NotHere => None,
        }
    }
}

/// A webhook on its way, and who waits for what becomes of it.
#[derive(Debug)]
pub(crate) struct Push {
    pub(crate) hook: Hook,
    pub(crate) became: oneshot::Sender<Given>,
}

/// A way to give webhooks to a source, as long as it runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    pushes: mpsc::Sender<Push>,
}

/// A way in and what it leads to.
pub(crate) fn inbox() -> (Inbox, mpsc::Receiver<Push>) {
    let (pushes, waiting) = mpsc::channel(WAITING);
    (Inbox { pushes }, waiting)
}

impl Inbox {
    /// Gives it a webhook; what became of it.
    pub async fn give(&self, hook: Hook) -> Given {
        let (became, answer) = oneshot::channel();
        if self.pushes.send(Push { hook, became }).await.is_err() {
            return Given::NotHere;
        }
        answer.await.unwrap_or(Given::NotHere)
    }
}

/// Whether a signed moment may still be taken. What comes again within that time is known by its id.
pub(crate) fn is_fresh(signed: At, now: At) -> bool {
    let age = now.0.saturating_sub(signed.0);
    (-AHEAD_MS..=OLDEST_MS).contains(&age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_fresh_for_as_long_as_a_relay_keeps_it() {
        let now = At(10_000_000_000);
        let minutes = |n: i64| At(now.0 + n * 60_000);
        assert!(is_fresh(now, now) && is_fresh(minutes(-64), now) && is_fresh(minutes(4), now));
        assert!(!is_fresh(minutes(-66), now) && !is_fresh(minutes(6), now));
        assert!(!is_fresh(At(i64::MIN), now) && !is_fresh(At(i64::MAX), At(i64::MIN)));
    }
}
