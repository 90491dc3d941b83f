//! Acts on platforms: which connections an act concerns, and what became of it at each.

use futures_util::future::join_all;
use stallcast_chat::{Act, ActOutcome};
use stallcast_wire::{ChatAct, ChatActed, ChatOutcome, ChatOutcomeAt};

use super::{ChatRoom, lock};
use crate::wire_name::wire_name;

impl ChatRoom {
    /// Does it at the connection that brought the line, or, where no line is named, at each one that can; all at once.
    /// Those that cannot are told, too, where none can.
    pub async fn act(&self, act: ChatAct) -> ChatActed {
        let act = plain(act);
        let hands: Vec<_> = lock(&self.shared.connections)
            .iter()
            .filter(|(_, connection)| !connection.is_relay())
            .map(|(id, connection)| (id.clone(), connection.hand()))
            .filter(|(_, (hand, ..))| act.message().is_none_or(|line| hand.brought(line)))
            .collect();
        let able = |hand: &stallcast_chat::Hand| hand.able().contains(&act.kind());
        let some_can = hands.iter().any(|(_, (hand, ..))| able(hand));
        let acting = hands
            .into_iter()
            .filter(|(_, (hand, ..))| !some_can || able(hand))
            .map(|(id, (hand, kind, target))| {
                let act = act.clone();
                async move {
                    let became = match hand.act(act).await {
                        ActOutcome::Done => ChatOutcome::Done,
                        ActOutcome::NotSupported => ChatOutcome::NotSupported,
                        ActOutcome::Failed { why } => ChatOutcome::Failed {
                            why: wire_name(&why),
                        },
                    };
                    let kind = kind.to_owned();
                    ChatOutcomeAt {
                        id,
                        kind,
                        target,
                        became,
                    }
                }
            });
        let outcomes = join_all(acting).await;
        ChatActed { outcomes }
    }
}

fn plain(act: ChatAct) -> Act {
    match act {
        ChatAct::Reply { text, to } => Act::Reply { text, to },
        ChatAct::Delete { message } => Act::Delete { message },
        ChatAct::Restore { message } => Act::Restore { message },
        ChatAct::TimeOut { message, seconds } => Act::TimeOut { message, seconds },
        ChatAct::Ban { message } => Act::Ban { message },
        ChatAct::Pardon { message } => Act::Pardon { message },
        ChatAct::SlowMode { seconds } => Act::SlowMode { seconds },
    }
}

#[cfg(test)]
mod tests {
    use stallcast_chat::Language;
    use stallcast_journal::Journal;
    use stallcast_wire::ChatConnector;

    use super::*;
    use crate::clock::now;
    use crate::desk::Desk;
    use crate::threads::Threads;

    #[tokio::test]
    async fn each_connection_that_is_concerned_tells_its_own_outcome() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let room = ChatRoom::open(desk, 1, Language::En, Default::default());
        let reply = |to: Option<&str>| ChatAct::Reply {
            text: "29.9".into(),
            to: to.map(Into::into),
        };
        assert_eq!(room.act(reply(None)).await.outcomes, []);
        // Nobody listens there: one reads only, one has a token.
        for (id, token) in [("a", ""), ("b", "s3cret")] {
            let connector = ChatConnector::Owncast {
                server: "http://127.0.0.1:9".into(),
                token: token.into(),
            };
            room.connect(id.into(), connector).await;
        }
        let at = |id: &str, became| ChatOutcomeAt {
            id: id.into(),
            kind: "owncast".into(),
            target: "127.0.0.1".into(),
            became,
        };
        let why = "unreachable".to_owned();
        let failed = at("b", ChatOutcome::Failed { why });
        assert_eq!(room.act(reply(None)).await.outcomes, [failed]);
        let slow = ChatAct::SlowMode { seconds: Some(10) };
        let none = ["a", "b"].map(|id| at(id, ChatOutcome::NotSupported));
        assert_eq!(room.act(slow).await.outcomes, none);
        // A line that none of them brought.
        let outcomes = room.act(reply(Some("owncast:x"))).await.outcomes;
        assert_eq!(outcomes, []);
        let able = room.statuses().into_iter().map(|chat| chat.able);
        let able: Vec<_> = able.collect();
        assert_eq!(able, [vec![], vec!["reply", "delete", "restore"]]);
    }
}
