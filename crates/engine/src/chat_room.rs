//! The chat room: where the lines of all connections meet. Keeps the last lines for pages that join, hands
//! batches to pages, and has them written to the journal at least every 100 ms. Every line goes through the sieve first:
//! what is held, what is folded, and what asks.

mod acts;
mod connection;
mod gather;
mod goods;
mod heat;
mod kept;
mod lists;
mod recent;
mod relayed;
mod sieve;
mod teamwork;
mod told;
mod unwritten;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use stallcast_chat::{Deliveries, Incoming, Language, LineDraft, LoginKeeper, OwnIds, RelayRoom};
use stallcast_show::{ChatLine, MessageId, Text};
use stallcast_wire::{ChatConnector, ChatStatus, LineMark};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::now;
use crate::desk::Desk;
use connection::Connection;
use gather::{Waiter, gather};
pub(crate) use kept::resume;
use lists::Lists;
pub use recent::{CaughtUp, Place};
use recent::{KEPT, Recent};
pub(crate) use relayed::Relayed;
use sieve::Sieve;

/// Lines a page gets when it joins.
const RECENT: usize = 200;
/// Lines that are kept for pages that were away.
pub const LINES_KEPT: usize = KEPT;
/// Lines waiting for the room; a connector waits a moment for a place and then drops, counting.
const WAITING: usize = 4096;
/// Those who wait until lines are written down; one at a time does.
const ASKING: usize = 4;
/// Ids of pushed lines remembered, so that a sender may repeat itself after a break.
const SEEN: usize = 1024;
/// Batches a page may lag behind before it loses the oldest.
const BATCHES: usize = 64;
/// How long the end of the engine waits for the last lines to be written down; a healthy disk takes some 10 ms.
const LAST_LINES: Duration = Duration::from_secs(2);
/// How long it waits for the goodbyes of connections; a platform's own bound is 3 s.
const GOODBYES: Duration = Duration::from_secs(4);

/// What pages are told.
#[derive(Debug, Clone)]
pub enum Told {
    /// Lines to append, oldest first, and the number of the last one.
    Lines(u64, Arc<[ChatLine]>),
    /// Lines that were taken back or hidden, or that a later one stands for, and the number of the last one.
    Removed(u64, Arc<[MessageId]>),
    /// What is to be known of lines that were told.
    Marks(Arc<[LineMark]>),
}

/// What a room begins with.
#[derive(Default)]
pub struct Before {
    /// The last lines, oldest first.
    pub recent: Vec<ChatLine>,
    /// The lists of before.
    pub(crate) sieve: Sieve,
    /// Ids of lines that were pushed before, so that a sender that repeats itself is recognised.
    pub(crate) pushed: VecDeque<MessageId>,
    /// Where the lists are written down.
    pub file: Option<PathBuf>,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct ChatRoom {
    shared: Arc<Shared>,
}

struct Shared {
    lines: mpsc::Sender<Incoming>,
    recent: Mutex<Recent>,
    batches: broadcast::Sender<Told>,
    settling: mpsc::Sender<Waiter>,
    connections: Mutex<BTreeMap<String, Connection>>,
    deliveries: Deliveries,
    /// What the relay brings, until somebody takes it.
    relayed: Mutex<Option<Relayed>>,
    /// The room at the relay that is set up.
    relay_room: watch::Sender<Option<RelayRoom>>,
    webhook_ids: Mutex<OwnIds>,
    audience: Language,
    gathering: Mutex<Option<Gathering>>,
    lists: Arc<Lists>,
    desk: Desk,
}

impl Shared {
    fn forget_invented(&self) {
        let invented = |recent: &Recent| -> Vec<MessageId> {
            let ids = recent.lines().map(|line| &line.id);
            ids.filter(|id| id.is_invented()).cloned().collect()
        };
        let gone = invented(&lock(&self.recent));
        self.take_away(gone);
    }

    /// Lines leave every screen.
    fn take_away(&self, gone: Vec<MessageId>) {
        if gone.is_empty() {
            return;
        }
        let mut recent = lock(&self.recent);
        let seq = recent.remove(&gone);
        // Sent under the lock, so that the numbers are told in their order. Nobody listening is fine.
        let _ = self.batches.send(Told::Removed(seq, gone.into()));
    }
}

/// The task that gathers, and the way to have it finish.
struct Gathering {
    close: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ChatRoom {
    /// Opens the room over the desk with the lines of before; `nonce` makes the ids of this run differ from the last
    /// one's, `audience` is what most of a simulated audience speaks.
    pub fn open(desk: Desk, nonce: u64, audience: Language, before: Before) -> Self {
        let Before {
            recent,
            sieve,
            pushed,
            file,
        } = before;
        let (lines, waiting) = mpsc::channel(WAITING);
        let (close, closed) = oneshot::channel();
        let (settling, asking) = mpsc::channel(ASKING);
        let (deliveries, chat, orders) = Deliveries::new();
        let shared = Arc::new(Shared {
            lines,
            settling,
            deliveries,
            relayed: Mutex::new(Some(Relayed { chat, orders })),
            recent: Mutex::new(Recent::of(recent)),
            batches: broadcast::Sender::new(BATCHES),
            connections: Mutex::default(),
            relay_room: watch::Sender::default(),
            webhook_ids: Mutex::new(OwnIds::new(nonce)),
            audience,
            gathering: Mutex::default(),
            lists: Arc::new(Lists::new(desk.clone(), sieve, pushed, file)),
            desk,
        });
        let task = tokio::spawn(gather(waiting, asking, closed, Arc::clone(&shared)));
        *lock(&shared.gathering) = Some(Gathering { close, task });
        Self { shared }
    }

    /// Takes no more lines and has those that came written down; bounded, should the disk not take them.
    pub async fn close(&self) {
        let Some(Gathering { close, task }) = lock(&self.shared.gathering).take() else {
            return;
        };
        // The task is gone already only when it panicked; then there is nothing to wait for.
        let _ = close.send(());
        if tokio::time::timeout(LAST_LINES, task).await.is_err() {
            tracing::error!("the last chat lines could not be written down in time");
        }
        if tokio::time::timeout(LAST_LINES, self.shared.lists.close())
            .await
            .is_err()
        {
            tracing::error!("the questions of the audience could not be written down in time");
        }
    }

    /// The last lines, oldest first.
    pub fn lines(&self) -> Vec<ChatLine> {
        lock(&self.shared.recent).lines().cloned().collect()
    }

    /// What a page that got so far still needs, what is to be known of these lines, and every batch after them.
    pub fn follow(&self, place: Place) -> (CaughtUp, Vec<LineMark>, broadcast::Receiver<Told>) {
        let (caught, batches) = {
            let recent = lock(&self.shared.recent);
            (recent.after(place), self.shared.batches.subscribe())
        };
        let marks = self.shared.lists.marks_of(&caught.lines);
        (caught, marks, batches)
    }

    /// Takes lines that were pushed to the studio, all or none; false when the room has no place for all.
    pub fn push_drafts(&self, drafts: Vec<LineDraft>) -> bool {
        let received = now();
        let mut own_ids = lock(&self.shared.webhook_ids);
        let mut seen = lock(&self.shared.lists.pushed);
        let Ok(places) = self.shared.lines.try_reserve_many(drafts.len()) else {
            return false;
        };
        let lines = drafts
            .into_iter()
            .filter_map(|draft| draft.into_line(received, &mut own_ids));
        let mut places = places;
        for line in lines {
            if seen.contains(&line.id) {
                continue;
            }
            let Some(place) = places.next() else { break };
            // Only what was taken counts as seen: a sender that is told "full" sends again.
            seen.push_back(line.id.clone());
            if seen.len() > SEEN {
                seen.pop_front();
            }
            place.send(Incoming::Line(line));
        }
        true
    }

    /// Opens a connection, replacing one of the same id; `keeper` writes down a login that was renewed.
    pub async fn connect(&self, id: String, wanted: ChatConnector, keeper: LoginKeeper) {
        self.disconnect(&id).await;
        let lines = self.shared.lines.clone();
        let deliveries = self.shared.deliveries.clone();
        let connection = Connection::open(wanted, self.shared.audience, lines, deliveries, keeper);
        let known = lock(&self.shared.recent);
        connection.remember(known.lines().map(|line| line.id.clone()));
        drop(known);
        lock(&self.shared.connections).insert(id, connection);
        self.look_for_a_relay();
    }

    /// Closes a connection; false when there is none of that id.
    pub async fn disconnect(&self, id: &str) -> bool {
        let gone = lock(&self.shared.connections).remove(id);
        self.look_for_a_relay();
        let found = gone.is_some();
        if let Some(connection) = gone {
            connection.close().await;
        }
        found
    }

    /// Closes every connection, with the goodbye that a platform wants; bounded, should one not answer.
    pub async fn disconnect_all(&self) {
        let all = std::mem::take(&mut *lock(&self.shared.connections));
        let goodbyes = join_all(all.into_values().map(Connection::close));
        if tokio::time::timeout(GOODBYES, goodbyes).await.is_err() {
            tracing::warn!("a chat connection did not close in time");
        }
    }

    /// Sends every invented audience home. In a live show what it said leaves every screen, too.
    pub async fn disconnect_simulated(&self) {
        let simulated: Vec<String> = lock(&self.shared.connections)
            .iter()
            .filter(|(_, connection)| connection.is_simulated())
            .map(|(id, _)| id.clone())
            .collect();
        for id in simulated {
            self.disconnect(&id).await;
        }
        if self.shared.desk.show().is_live() {
            self.shared.lists.forget(MessageId::is_invented).await;
            self.shared.forget_invented();
            self.shared.lists.tell_between().await;
        }
    }

    /// Tells a simulated audience what just went on air.
    pub fn react(&self, title: &Text) {
        for connection in lock(&self.shared.connections).values() {
            connection.react(title);
        }
    }

    /// Health of every connection.
    pub fn statuses(&self) -> Vec<ChatStatus> {
        let connections = lock(&self.shared.connections);
        let has_relay = connections.values().any(Connection::is_live_relay);
        connections
            .iter()
            .map(|(id, connection)| connection.status(id, has_relay))
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use stallcast_journal::Journal;
    use stallcast_show::Command;

    use super::*;
    use crate::air::engine;
    use crate::chat_history::last_lines;
    use crate::threads::Threads;

    /// A desk over an empty journal in `folder`.
    pub(crate) fn empty_desk(folder: &Path) -> Desk {
        let (journal, resumed) = Journal::open(folder.join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        Desk::start(journal, resumed, now, &threads).unwrap()
    }

    /// A room over an empty journal in `folder`.
    pub(crate) fn empty_room(folder: &Path) -> ChatRoom {
        ChatRoom::open(empty_desk(folder), 1, Language::En, Before::default())
    }

    /// A line that is pushed to the room.
    pub(crate) fn say(room: &ChatRoom, id: &str, text: &str) {
        let body = serde_json::json!({ "id": id, "author": id, "text": text }).to_string();
        let drafts = stallcast_chat::webhook::parse(body.as_bytes(), "application/json").unwrap();
        assert!(room.push_drafts(drafts));
    }

    #[tokio::test]
    async fn lines_that_came_in_the_last_moment_are_in_the_journal_and_in_the_next_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (journal, resumed) = Journal::open(&path).unwrap();
        let (threads, mut fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        drop(threads);
        let room = ChatRoom::open(desk.clone(), 1, Language::En, Before::default());
        let body = r#"[{"id":"1","author":"Fang","text":"How sweet?"},{"id":"2","author":"Li","text":"Hi"}]"#;
        let push = |room: &ChatRoom| {
            let drafts =
                stallcast_chat::webhook::parse(body.as_bytes(), "application/json").unwrap();
            room.push_drafts(drafts)
        };
        assert!(push(&room));
        room.close().await;
        assert!(!push(&room) || room.lines().len() == 2, "closed is closed");
        drop((room, desk));
        // The desk's thread drops its end when it lets the journal go.
        assert_eq!(fallen.recv().await, None);

        let (journal, resumed) = Journal::open(&path).unwrap();
        assert_eq!(resumed.show.chat_lines, 2);
        let recent = last_lines(&journal, RECENT, stallcast_show::At(0)).unwrap();
        let file = folder.path().join("questions.json");
        let show = &resumed.show;
        let before = resume(&file, &journal, show, stallcast_show::At(0), now()).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let room = ChatRoom::open(
            desk,
            2,
            Language::En,
            Before {
                recent,
                sieve: before.sieve,
                pushed: before.pushed,
                file: Some(file.clone()),
            },
        );
        let lines = room.lines();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].question && lines[0].text == "How sweet?");
        assert!(
            push(&room),
            "a sender that repeats itself is told that all is well"
        );
        room.close().await;
        assert_eq!(room.lines().len(), 2, "and nothing comes twice");
        // Also by the file alone, when a busy room has long pushed them out of the last lines.
        let kept: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept["pushed"], serde_json::json!(["web:1", "web:2"]));
    }

    #[tokio::test]
    async fn a_room_that_ends_closes_its_connections() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let room = ChatRoom::open(desk, 1, Language::En, Before::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let connector = ChatConnector::WebSocket { url };
        room.connect("a".into(), connector, LoginKeeper::default())
            .await;
        let (mut peer, _) = listener.accept().await.unwrap();
        room.close().await;
        room.disconnect_all().await;
        assert_eq!(room.statuses(), []);
        let mut rest = Vec::new();
        // Ends when the other side is gone.
        tokio::io::AsyncReadExt::read_to_end(&mut peer, &mut rest)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn going_live_takes_what_was_invented_off_every_screen_and_lets_no_more_come() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let room = ChatRoom::open(desk.clone(), 1, Language::En, Before::default());
        let (_, _, mut told) = room.follow(Place::New);
        let say = |platform: &str, id: u8| {
            let body = format!(
                r#"{{"platform":"{platform}","id":"{id}","author":"A","text":"How sweet is {platform} {id}?"}}"#
            );
            let drafts =
                stallcast_chat::webhook::parse(body.as_bytes(), "application/json").unwrap();
            assert!(room.push_drafts(drafts));
        };
        say("simulated", 1);
        say("web", 1);
        while room.lines().len() < 2 {
            assert!(matches!(told.recv().await.unwrap(), Told::Lines(..)));
        }
        room.disconnect_simulated().await;
        assert_eq!(
            room.lines().len(),
            2,
            "a rehearsal's end takes nothing away"
        );

        let destination = serde_json::from_value(serde_json::json!({
            "id": "a", "platform": "custom", "name": "A", "url": "rtmp://127.0.0.1/live", "enabled": true,
        }));
        let destination = destination.unwrap();
        for command in [Command::PutDestination { destination }, Command::GoLive] {
            desk.submit(engine(), command).await.unwrap();
        }
        room.disconnect_simulated().await;
        let gone = loop {
            if let Told::Removed(_, gone) = told.recv().await.unwrap() {
                break gone;
            }
        };
        assert_eq!(gone.as_ref(), ["simulated:1".into()]);
        say("simulated", 2);
        say("web", 2);
        while room.lines().len() < 2 {
            told.recv().await.unwrap();
        }
        let ids: Vec<_> = room.lines().into_iter().map(|line| line.id.0).collect();
        assert_eq!(ids, ["web:1", "web:2"]);
    }

    #[tokio::test]
    async fn a_page_that_lags_is_told_what_left_the_screens_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let recent = (0..300).map(|n| ChatLine {
            id: MessageId(format!("web:{n}")),
            platform: "web".into(),
            author: "A".into(),
            text: n.to_string(),
            at: stallcast_show::At(0),
            question: false,
        });
        let before = Before {
            recent: recent.collect(),
            ..Before::default()
        };
        let room = ChatRoom::open(desk, 1, Language::En, before);
        let (caught, _, mut told) = room.follow(Place::New);
        assert_eq!((caught.whole, caught.lines.len()), (true, RECENT));
        // One after the other, more than wait for a page that does not read.
        for n in 0..2 * BATCHES {
            room.shared
                .take_away(vec![format!("web:{n}").as_str().into()]);
        }
        let lagged = told.recv().await.unwrap_err();
        assert!(matches!(lagged, broadcast::error::RecvError::Lagged(_)));
        let (caught, ..) = room.follow(Place::At(caught.seq));
        assert!(!caught.whole && caught.lines.is_empty());
        assert_eq!(caught.removed.len(), 2 * BATCHES, "also the oldest");
    }
}
