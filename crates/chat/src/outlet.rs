//! Owns the way out of a connector: ids, duplicates, the bounded sink with its policy, and the status.

use std::sync::Arc;
use std::time::Duration;

use stallcast_show::{At, MessageId};
use tokio::sync::{mpsc, watch};

use crate::connector::{ChatErrorCode, Clock, ConnectorState, ConnectorStatus, Incoming, Quota};
use crate::draft::{LineDraft, OwnIds};
use crate::said::Said;

/// How long a connector waits for room in the sink before it drops a line. Long enough for a busy
/// engine to come round (its journal batches are 100 ms), short enough that no peer times out.
pub const FULL_WAIT: Duration = Duration::from_millis(200);

/// Longest id of a line or a writer, in bytes: what is remembered of many lines must not be of any size. Platforms use some
/// 40, the generic JSON allows 128 characters.
const ID_BYTES: usize = 600;

/// Lines taken back at once, as each goes into the journal: more is no moderator's hand.
const REMOVED_AT_ONCE: usize = 1_000;

/// What became of a line that was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It was handed over.
    New(MessageId),
    /// Nothing visible is in it, it cannot be named, or it was handed over before.
    Nothing,
    /// There was no room for it: it may come again.
    Full,
}

/// The engine has dropped its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SinkClosed;

pub(crate) struct Outlet {
    sink: mpsc::Sender<Incoming>,
    status: watch::Sender<ConnectorStatus>,
    clock: Clock,
    own_ids: OwnIds,
    said: Arc<Said>,
    /// The last line was dropped: do not wait again until one fits.
    full: bool,
}

impl Outlet {
    pub(crate) fn new(
        sink: mpsc::Sender<Incoming>,
        status: watch::Sender<ConnectorStatus>,
        clock: Clock,
        nonce: u64,
    ) -> Self {
        Self {
            sink,
            status,
            clock,
            own_ids: OwnIds::new(nonce),
            said: Arc::default(),
            full: false,
        }
    }

    /// What was handed over lately.
    pub(crate) fn said(&self) -> &Arc<Said> {
        &self.said
    }

    /// Hands a line over whose writer has no id. `None` = nothing visible in it, or seen before.
    pub(crate) async fn put(&mut self, draft: LineDraft) -> Result<Option<MessageId>, SinkClosed> {
        self.put_of(draft, None).await
    }

    /// As [`Outlet::put`], with the platform's id of who wrote it.
    pub(crate) async fn put_of(
        &mut self,
        draft: LineDraft,
        writer: Option<&str>,
    ) -> Result<Option<MessageId>, SinkClosed> {
        match self.offer(draft, writer).await? {
            Offered::New(id) => Ok(Some(id)),
            Offered::Nothing => Ok(None),
            Offered::Full => {
                self.status.send_modify(|s| s.dropped += 1);
                Ok(None)
            }
        }
    }

    /// As [`Outlet::put_of`], for who can bring the same line again: what finds no room is not counted as dropped.
    pub(crate) async fn offer(
        &mut self,
        draft: LineDraft,
        writer: Option<&str>,
    ) -> Result<Offered, SinkClosed> {
        let has_id = draft.id.is_some();
        let Some(line) = draft.into_line((self.clock)(), &mut self.own_ids) else {
            return Ok(Offered::Nothing);
        };
        let id = line.id.clone();
        if id.0.len() > ID_BYTES {
            self.malformed();
            return Ok(Offered::Nothing);
        }
        let writer = writer.filter(|writer| writer.len() <= ID_BYTES);
        if has_id && self.said.knows(&id) {
            return Ok(Offered::Nothing);
        }
        if self.send(Incoming::Line(line)).await? {
            // Only what was handed over: a line that was dropped may come again.
            self.said.remember(&id, writer);
            self.status.send_modify(|s| s.lines += 1);
            Ok(Offered::New(id))
        } else {
            Ok(Offered::Full)
        }
    }

    /// Hands over that lines were taken back. Waits like a line does; a dropped removal counts as dropped.
    pub(crate) async fn remove(&mut self, ids: Vec<MessageId>) -> Result<(), SinkClosed> {
        if !self.offer_removal(ids).await? {
            self.status.send_modify(|s| s.dropped += 1);
        }
        Ok(())
    }

    /// As [`Outlet::remove`], for who can say so again; whether there was room.
    pub(crate) async fn offer_removal(&mut self, ids: Vec<MessageId>) -> Result<bool, SinkClosed> {
        let known = |id: &MessageId| id.as_str().len() <= ID_BYTES;
        let ids: Vec<MessageId> = ids
            .into_iter()
            .filter(known)
            .take(REMOVED_AT_ONCE)
            .collect();
        Ok(ids.is_empty() || self.send(Incoming::Removed(ids)).await?)
    }

    /// Waits for room once more, also where the last one found none: what comes now was brought again after a while.
    pub(crate) fn try_again(&mut self) {
        self.full = false;
    }

    async fn send(&mut self, incoming: Incoming) -> Result<bool, SinkClosed> {
        let incoming = match self.sink.try_send(incoming) {
            Ok(()) => {
                self.full = false;
                return Ok(true);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(SinkClosed),
            Err(mpsc::error::TrySendError::Full(incoming)) => incoming,
        };
        if self.full {
            return Ok(false);
        }
        match self.sink.send_timeout(incoming, FULL_WAIT).await {
            Ok(()) => Ok(true),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(SinkClosed),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                self.full = true;
                Ok(false)
            }
        }
    }

    /// Something was handed on that is no line.
    pub(crate) fn passed(&self) {
        self.status.send_modify(|s| s.lines += 1);
    }

    /// Now, by the studio's clock.
    pub(crate) fn now(&self) -> At {
        (self.clock)()
    }

    pub(crate) fn state(&self, state: ConnectorState) {
        self.status.send_if_modified(|s| {
            let changed = s.state != state;
            s.state = state;
            changed
        });
    }

    pub(crate) fn error(&self, code: ChatErrorCode) {
        self.status.send_modify(|s| s.last_error = Some(code));
    }

    pub(crate) fn lost(&self, code: ChatErrorCode, attempt: u32, wait: Duration) {
        self.status.send_modify(|s| {
            s.last_error = Some(code);
            s.state = ConnectorState::Retrying {
                attempt,
                next_in_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            };
        });
    }

    /// A way to say what the platform lets us do while this one says what is read.
    pub(crate) fn health(&self) -> Health {
        Health {
            status: self.status.clone(),
        }
    }

    /// What the platform's daily allowance has left.
    pub(crate) fn quota(&self, quota: Quota) {
        self.status.send_modify(|s| s.quota = Some(quota));
    }

    /// Whether the platform is asked again and again, rather than telling by itself.
    pub(crate) fn polls(&self, polls: bool) {
        self.status
            .send_if_modified(|s| std::mem::replace(&mut s.polls, polls) != polls);
    }

    pub(crate) fn malformed(&self) {
        self.status.send_modify(|s| {
            s.malformed += 1;
            s.last_error = Some(ChatErrorCode::Malformed);
        });
    }
}

/// The part of the status that is about what a platform lets us do.
pub(crate) struct Health {
    status: watch::Sender<ConnectorStatus>,
}

impl Health {
    /// What is wrong.
    pub(crate) fn trouble(&self, code: ChatErrorCode) {
        self.status.send_modify(|s| s.last_error = Some(code));
    }

    /// Nothing of that is wrong any more.
    pub(crate) fn mended(&self) {
        self.status.send_if_modified(|s| {
            let was_it = s.last_error.is_some_and(ChatErrorCode::is_of_access);
            if was_it {
                s.last_error = None;
            }
            was_it
        });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An outlet with a still clock, its sink and its status.
    pub(crate) fn outlet(
        room: usize,
    ) -> (
        Outlet,
        mpsc::Receiver<Incoming>,
        watch::Receiver<ConnectorStatus>,
    ) {
        let (sink, lines) = mpsc::channel(room);
        let (tx, status) = watch::channel(ConnectorStatus {
            state: ConnectorState::Starting,
            lines: 0,
            dropped: 0,
            malformed: 0,
            last_error: None,
            quota: None,
            polls: false,
        });
        (
            Outlet::new(sink, tx, Arc::new(|| At(1_000)), 7),
            lines,
            status,
        )
    }

    fn draft(n: usize) -> LineDraft {
        LineDraft {
            id: None,
            platform: "web".into(),
            author: "a".into(),
            text: n.to_string(),
            at: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stopped_costs_one_wait_and_every_lost_line_is_counted() {
        let (mut outlet, mut lines, status) = outlet(2);
        let began = tokio::time::Instant::now();
        for n in 0..1_000 {
            outlet.put(draft(n)).await.unwrap();
        }
        assert_eq!(began.elapsed(), FULL_WAIT);
        assert_eq!((status.borrow().lines, status.borrow().dropped), (2, 998));
        // It reads again: the next line arrives.
        lines.recv().await.unwrap();
        assert!(outlet.put(draft(1_000)).await.unwrap().is_some());
        assert!(!outlet.full);
    }

    #[tokio::test]
    async fn a_repeated_id_is_skipped() {
        let (mut outlet, mut lines, status) = outlet(8);
        for n in [1, 2, 1, 1] {
            let mut draft = draft(n);
            draft.id = Some(n.to_string());
            outlet.put(draft).await.unwrap();
        }
        assert_eq!(status.borrow().lines, 2);
        while lines.try_recv().is_ok() {}
    }

    #[tokio::test]
    async fn a_closed_sink_is_told_apart_from_a_full_one() {
        let (mut outlet, lines, _status) = outlet(2);
        drop(lines);
        assert_eq!(outlet.put(draft(1)).await, Err(SinkClosed));
    }
}
