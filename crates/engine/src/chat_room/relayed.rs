//! What comes over a relay: given to the connections that it is for, and known to be written down before it is taken; and
//! which relay that is.

use std::collections::BTreeSet;

use stallcast_chat::{Delivery, Given, RelayRoom};
use stallcast_hooks::Hook;
use tokio::sync::{mpsc, oneshot, watch};

use super::connection::Connection;
use super::{ChatRoom, lock};

/// The webhooks of a relay, a way for each lane.
pub(crate) struct Relayed {
    /// Chat.
    pub(crate) chat: mpsc::Receiver<Delivery>,
    /// Orders.
    pub(crate) orders: mpsc::Receiver<Delivery>,
}

impl ChatRoom {
    /// The webhooks that a relay brings; `None` when somebody has them.
    pub(crate) fn relayed(&self) -> Option<Relayed> {
        lock(&self.shared.relayed).take()
    }

    /// The room at the relay that is set up, and its changes.
    pub(crate) fn relay_room(&self) -> watch::Receiver<Option<RelayRoom>> {
        self.shared.relay_room.subscribe()
    }

    /// Tells of the relay that is among the connections now.
    pub(super) fn look_for_a_relay(&self) {
        let found = {
            let connections = lock(&self.shared.connections);
            connections.values().find_map(Connection::relay_room)
        };
        self.shared.relay_room.send_if_modified(|now| {
            let changed = *now != found;
            *now = found;
            changed
        });
    }

    /// Gives a webhook to every connection of its kind; what became of it at each.
    pub(crate) async fn give(&self, hook: &Hook) -> Vec<Given> {
        let inboxes: Vec<_> = lock(&self.shared.connections)
            .values()
            .filter_map(|connection| connection.inbox(hook.kind))
            .collect();
        let mut given = Vec::with_capacity(inboxes.len());
        for inbox in inboxes {
            given.push(inbox.give(hook.clone()).await);
        }
        given
    }

    /// The ids of the connections that are open.
    pub(crate) fn open_ids(&self) -> BTreeSet<String> {
        lock(&self.shared.connections).keys().cloned().collect()
    }

    /// Waits until no line that came so far is still to be written down: whether all of them are. `None` when the room is
    /// closed.
    pub(crate) async fn settled(&self) -> Option<bool> {
        let (waiter, told) = oneshot::channel();
        self.shared.settling.send(waiter).await.ok()?;
        told.await.ok()
    }
}
