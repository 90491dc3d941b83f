//! Acts on platforms: which connections an act concerns, what became of it at each, and what the journal has of it.

use futures_util::future::join_all;
use stallcast_chat::{Act, ActOutcome, Hand};
use stallcast_show::{
    Actor, ChatLine, Command, PlatformAct, PlatformActKind, PlatformBecame, PlatformOutcome, Role,
};
use stallcast_wire::{ChatAct, ChatActed, ChatOutcome, ChatOutcomeAt};

use super::{ChatRoom, lock};
use crate::wire_name::wire_name;

impl ChatRoom {
    /// Does it at the connection that brought the line, or, where no line is named, at each one that can; all at once.
    /// Those that cannot are told, too, where none can, and always of what concerns every chat. Who did it and what
    /// became of it goes into the journal.
    pub async fn act(&self, actor: &Actor, act: ChatAct) -> ChatActed {
        let act = plain(act);
        let hands: Vec<_> = lock(&self.shared.connections)
            .iter()
            .filter(|(_, connection)| !connection.is_relay())
            .map(|(id, connection)| (id.clone(), connection.hand()))
            .filter(|(_, (hand, ..))| act.message().is_none_or(|line| hand.brought(line)))
            .collect();
        let able = |hand: &Hand| hand.able().contains(&act.kind());
        let tells_all =
            matches!(act, Act::SlowMode { .. }) || !hands.iter().any(|(_, (hand, ..))| able(hand));
        // Before it is done, as a deletion takes the line away.
        let mut note = self.note_of(&act);
        let acting = hands
            .into_iter()
            .filter(|(_, (hand, ..))| tells_all || able(hand))
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
        let mut outcomes = join_all(acting).await;
        note.outcomes = outcomes.iter().map(outcome_of).collect();
        let by = actor.name.clone();
        let noting = Command::NotePlatformAct { act: note, by };
        if let Err(error) = self.shared.desk.submit(actor.clone(), noting).await {
            // It was done all the same, and whoever did it has to know.
            tracing::error!(
                error = %error.message_key,
                "an act on a platform is not in the journal"
            );
        }
        if actor.role < Role::Lead {
            outcomes.iter_mut().for_each(|it| it.target.clear());
        }
        ChatActed { outcomes }
    }

    fn note_of(&self, act: &Act) -> PlatformAct {
        let line = act.message().and_then(|id| {
            let recent = lock(&self.shared.recent);
            recent.lines().find(|line| line.id == *id).cloned()
        });
        let (author, said) = line
            .map_or_else(Default::default, |ChatLine { author, text, .. }| {
                (author, text)
            });
        PlatformAct {
            kind: kind_of(act),
            message: act.message().cloned(),
            author,
            text: match act {
                Act::Reply { text, .. } => text.clone(),
                _ => said,
            },
            seconds: match act {
                Act::TimeOut { seconds, .. } => Some(*seconds),
                Act::SlowMode { seconds } => *seconds,
                _ => None,
            },
            outcomes: Vec::new(),
        }
    }
}

fn kind_of(act: &Act) -> PlatformActKind {
    use PlatformActKind as Kind;
    match act {
        Act::Reply { .. } => Kind::Reply,
        Act::Delete { .. } => Kind::Delete,
        Act::Restore { .. } => Kind::Restore,
        Act::TimeOut { .. } => Kind::TimeOut,
        Act::Ban { .. } => Kind::Ban,
        Act::Pardon { .. } => Kind::Pardon,
        Act::Pin { .. } => Kind::Pin,
        Act::Unpin { .. } => Kind::Unpin,
        Act::SlowMode { .. } => Kind::SlowMode,
    }
}

fn outcome_of(at: &ChatOutcomeAt) -> PlatformOutcome {
    let (became, why) = match &at.became {
        ChatOutcome::Done => (PlatformBecame::Done, ""),
        ChatOutcome::NotSupported => (PlatformBecame::NotSupported, ""),
        ChatOutcome::Failed { why } => (PlatformBecame::Failed, why.as_str()),
    };
    PlatformOutcome {
        platform: at.kind.clone(),
        connection: at.id.clone(),
        became,
        why: why.to_owned(),
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
        ChatAct::Pin { message } => Act::Pin { message },
        ChatAct::Unpin { message } => Act::Unpin { message },
        ChatAct::SlowMode { seconds } => Act::SlowMode { seconds },
    }
}

#[cfg(test)]
mod tests {
    use stallcast_chat::Language;
    use stallcast_journal::{Journal, Seq};
    use stallcast_show::Event;
    use stallcast_wire::ChatConnector;

    use super::*;
    use crate::clock::now;
    use crate::desk::Desk;
    use crate::threads::Threads;

    fn actor(name: &str, role: Role) -> Actor {
        Actor {
            name: name.into(),
            role,
        }
    }

    #[tokio::test]
    async fn each_connection_tells_its_own_outcome_and_the_journal_has_who_did_what() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (journal, resumed) = Journal::open(&path).unwrap();
        let (threads, mut fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        drop(threads);
        let room = ChatRoom::open(desk, 1, Language::En, Default::default());
        let reply = |to: Option<&str>| ChatAct::Reply {
            text: "29.9".into(),
            to: to.map(Into::into),
        };
        let (lead, xiao) = (actor("Li", Role::Lead), actor("小王", Role::Moderator));
        assert_eq!(room.act(&lead, reply(None)).await.outcomes, []);
        // Nobody listens there: one reads only, one has a token.
        for (id, token) in [("a", ""), ("b", "s3cret")] {
            let connector = ChatConnector::Owncast {
                server: "http://127.0.0.1:9".into(),
                token: token.into(),
            };
            room.connect(id.into(), connector, stallcast_chat::LoginKeeper::default())
                .await;
        }
        let at = |id: &str, target: &str, became| ChatOutcomeAt {
            id: id.into(),
            kind: "owncast".into(),
            target: target.into(),
            became,
        };
        let why = "unreachable".to_owned();
        let failed = |target| at("b", target, ChatOutcome::Failed { why: why.clone() });
        let told = room.act(&lead, reply(None)).await.outcomes;
        assert_eq!(told, [failed("127.0.0.1")]);
        // Where a chat is, is nothing for those who may not connect one.
        assert_eq!(room.act(&xiao, reply(None)).await.outcomes, [failed("")]);
        let slow = ChatAct::SlowMode { seconds: Some(10) };
        let none = ["a", "b"].map(|id| at(id, "", ChatOutcome::NotSupported));
        assert_eq!(room.act(&xiao, slow).await.outcomes, none);
        // A line that none of them brought.
        let outcomes = room.act(&xiao, reply(Some("owncast:x"))).await.outcomes;
        assert_eq!(outcomes, []);
        let able = room.statuses().into_iter().map(|chat| chat.able);
        let able: Vec<_> = able.collect();
        assert_eq!(able, [vec![], vec!["reply", "delete", "restore"]]);
        for id in ["a", "b"] {
            assert!(room.disconnect(id).await);
        }
        room.close().await;
        drop(room);
        assert_eq!(fallen.recv().await, None);
        let (journal, _) = Journal::open(&path).unwrap();
        let entries = journal.entries_after(Seq(0), 16).unwrap();
        let noted: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| match entry.event {
                Event::PlatformActed { act, by } => {
                    assert_eq!(by, entry.actor.name);
                    let outcomes = act.outcomes.iter();
                    let outcomes = outcomes.map(|it| (it.connection.clone(), it.became));
                    Some((by, act.kind, act.seconds, outcomes.collect::<Vec<_>>()))
                }
                _ => None,
            })
            .collect();
        use PlatformBecame::{Failed, NotSupported};
        let b_failed = || vec![("b".to_owned(), Failed)];
        let neither = vec![
            ("a".to_owned(), NotSupported),
            ("b".to_owned(), NotSupported),
        ];
        assert_eq!(
            noted,
            [
                ("Li".to_owned(), PlatformActKind::Reply, None, b_failed()),
                ("小王".to_owned(), PlatformActKind::Reply, None, b_failed()),
                (
                    "小王".to_owned(),
                    PlatformActKind::SlowMode,
                    Some(10),
                    neither
                ),
            ]
        );
    }
}
