//! Twitch's EventSub and Helix against a fake of both: frames and answers as dev.twitch.tv documents them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use futures_util::StreamExt;
use stallcast_chat::{
    Act, ActFault, ActOutcome, ChatErrorCode, Connector, ConnectorSpec, ConnectorState, Incoming,
    Secret, TwitchSpec,
};
use stallcast_show::MessageId;
use support::fake::{Fake, Line, pass, say};
use support::{PATIENCE, next_line, until, wall_clock};
use tokio::sync::mpsc;
use tokio::time::timeout;

const SOCKET: &str = "/ws?keepalive_timeout_seconds=15";

fn start(fake: &Fake) -> (Connector, mpsc::Receiver<Incoming>) {
    let spec = ConnectorSpec::Twitch(TwitchSpec {
        api: fake.http_address(),
        events: format!("{}/ws", fake.socket_address()),
        channel: "https://www.twitch.tv/OrchardLive".into(),
        client_id: "app".into(),
        token: Secret::new("oauth:s3cret"),
        renewal: None,
    });
    assert!(!format!("{spec:?}").contains("s3cret"));
    let (sink, lines) = mpsc::channel(64);
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

async fn people(fake: &Fake) {
    let visit = fake.http("GET /helix/users ").await;
    assert_eq!(visit.header("authorization"), "Bearer s3cret");
    assert_eq!(visit.header("client-id"), "app");
    visit
        .answer(200, r#"{"data":[{"id":"22","login":"me"}]}"#)
        .await;
    let visit = fake.http("GET /helix/users?login=orchardlive ").await;
    visit
        .answer(200, r#"{"data":[{"id":"11","login":"orchardlive"}]}"#)
        .await;
}

fn message(kind: &str, id: &str, payload: &str) -> String {
    format!(
        r#"{{"metadata":{{"message_id":"{id}","message_type":"{kind}","message_timestamp":"2026-11-23T05:00:01.634234626Z"}},"payload":{payload}}}"#
    )
}

async fn welcome(line: &mut Line, session: &str) {
    let payload = format!(
        r#"{{"session":{{"id":"{session}","status":"connected","connected_at":"2026-11-23T05:00:00Z","keepalive_timeout_seconds":15,"reconnect_url":null}}}}"#
    );
    say(line, &message("session_welcome", "w", &payload)).await;
}

async fn joined(fake: &Fake, session: &str) -> Line {
    let mut line = fake.socket(SOCKET).await;
    welcome(&mut line, session).await;
    for kind in [
        "channel.chat.message",
        "channel.chat.message_delete",
        "channel.chat.clear_user_messages",
        "channel.chat.clear",
    ] {
        let visit = fake.http("POST /helix/eventsub/subscriptions ").await;
        let wanted = serde_json::json!({
            "type": kind, "version": "1",
            "condition": { "broadcaster_user_id": "11", "user_id": "22" },
            "transport": { "method": "websocket", "session_id": session },
        });
        assert_eq!(visit.json(), wanted);
        visit
            .answer(202, r#"{"data":[{"status":"enabled"}],"total":1}"#)
            .await;
    }
    line
}

fn said(id: &str, who: &str, text: &str) -> String {
    let payload = format!(
        r#"{{"subscription":{{"id":"s","type":"channel.chat.message","version":"1","status":"enabled"}},"event":{{"broadcaster_user_id":"11","chatter_user_id":"{who}","chatter_user_login":"viewer","chatter_user_name":"Viewer","message_id":"{id}","message":{{"text":"{text}","fragments":[]}},"color":"","badges":[],"message_type":"text","source_broadcaster_user_id":null}}}}"#
    );
    message("notification", &format!("n-{id}"), &payload)
}

fn gone(kind: &str, event: &str) -> String {
    let payload = format!(r#"{{"subscription":{{"id":"s","type":"{kind}"}},"event":{event}}}"#);
    message("notification", "g", &payload)
}

async fn removed(lines: &mut mpsc::Receiver<Incoming>) -> Vec<String> {
    match timeout(PATIENCE, lines.recv()).await.unwrap().unwrap() {
        Incoming::Removed(ids) => ids.into_iter().map(|id| id.0).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lines_come_once_and_what_moderators_take_back_goes() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    people(&fake).await;
    let mut line = joined(&fake, "one").await;
    for text in [
        said("a", "5", "How much?"),
        said("a", "5", "How much?"),
        message("session_keepalive", "k", "{}"),
        "rubbish".into(),
        said("b", "6", "hi"),
        said("c", "5", "again"),
        gone(
            "channel.chat.message_delete",
            r#"{"target_user_id":"6","message_id":"b"}"#,
        ),
        gone(
            "channel.chat.clear_user_messages",
            r#"{"target_user_id":"5"}"#,
        ),
        gone("channel.chat.clear", r#"{"broadcaster_user_id":"11"}"#),
    ] {
        say(&mut line, &text).await;
    }
    let first = next_line(&mut lines).await;
    assert_eq!(
        (first.id.as_str(), first.author.as_str()),
        ("twitch:a", "Viewer")
    );
    assert!(first.question);
    assert_eq!(next_line(&mut lines).await.text, "hi");
    assert_eq!(next_line(&mut lines).await.text, "again");
    assert_eq!(removed(&mut lines).await, ["twitch:b"]);
    assert_eq!(removed(&mut lines).await, ["twitch:a", "twitch:c"]);
    assert_eq!(removed(&mut lines).await.len(), 3);
    assert_eq!(connector.status().borrow().malformed, 1);
    connector.stop().await;
}

#[tokio::test]
async fn asked_to_reconnect_it_reads_the_old_socket_until_the_new_one_welcomes() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    people(&fake).await;
    let mut old = joined(&fake, "one").await;
    let payload = format!(
        r#"{{"session":{{"id":"one","status":"reconnecting","keepalive_timeout_seconds":null,"reconnect_url":"{}/again?id=x"}}}}"#,
        fake.socket_address()
    );
    say(&mut old, &message("session_reconnect", "r", &payload)).await;
    let mut new = fake.socket("/again?id=x").await;
    // Not welcomed yet: the old one still counts.
    say(&mut old, &said("a", "5", "old")).await;
    assert_eq!(next_line(&mut lines).await.text, "old");
    welcome(&mut new, "one").await;
    // What was on its way on the old one is not lost.
    say(&mut old, &said("z", "5", "last")).await;
    assert_eq!(next_line(&mut lines).await.text, "last");
    say(&mut new, &said("a", "5", "old")).await;
    say(&mut new, &said("b", "5", "new")).await;
    assert_eq!(next_line(&mut lines).await.text, "new");
    // The old one is left, and nothing was ever said on it.
    let left = timeout(PATIENCE, old.next()).await.unwrap();
    assert!(!matches!(left, Some(Ok(m)) if m.is_text() || m.is_ping()));
    let status = connector.status().borrow().clone();
    assert_eq!(
        (status.state, status.last_error),
        (ConnectorState::Live, None)
    );

    // A next socket that does not come costs nothing while the old one lives.
    say(&mut new, &message("session_reconnect", "q", &payload)).await;
    drop(fake.socket("/again?id=x").await);
    say(&mut new, &said("y", "5", "still here")).await;
    assert_eq!(next_line(&mut lines).await.text, "still here");
    let status = connector.status().borrow().clone();
    assert_eq!(
        (status.state, status.last_error),
        (ConnectorState::Live, None)
    );

    // Silence beyond the keepalive: it comes back by itself, and asks for its subscriptions again.
    pass(Duration::from_secs(21)).await;
    let mut line = joined(&fake, "two").await;
    say(&mut line, &said("c", "5", "back")).await;
    assert_eq!(next_line(&mut lines).await.text, "back");
    let seen = connector.status().borrow().last_error;
    assert_eq!(seen, Some(ChatErrorCode::TimedOut));
    connector.stop().await;
}

#[tokio::test]
async fn a_refused_token_a_missing_right_and_a_revocation_stop_it() {
    let fake = Fake::listen().await;
    let failed = async |connector: &Connector| {
        let mut status = connector.status();
        let failed = until(&mut status, "failed", |s| s.state == ConnectorState::Failed).await;
        failed.last_error.unwrap()
    };
    let (connector, _lines) = start(&fake);
    let visit = fake.http("GET /helix/users ").await;
    visit
        .answer(401, r#"{"status":401,"message":"Invalid OAuth token"}"#)
        .await;
    assert_eq!(failed(&connector).await, ChatErrorCode::TokenRefused);

    let (connector, _lines) = start(&fake);
    people(&fake).await;
    let mut line = fake.socket(SOCKET).await;
    welcome(&mut line, "one").await;
    let visit = fake.http("POST /helix/eventsub/subscriptions ").await;
    visit
        .answer(
            403,
            r#"{"status":403,"message":"subscription missing proper authorization"}"#,
        )
        .await;
    assert_eq!(failed(&connector).await, ChatErrorCode::NotAllowed);

    let (connector, _lines) = start(&fake);
    people(&fake).await;
    let mut line = joined(&fake, "one").await;
    let payload = r#"{"subscription":{"id":"s","type":"channel.chat.message","status":"authorization_revoked"}}"#;
    say(&mut line, &message("revocation", "x", payload)).await;
    assert_eq!(failed(&connector).await, ChatErrorCode::TokenRefused);
}

#[tokio::test]
async fn every_act_is_asked_of_helix_and_its_outcome_told() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    people(&fake).await;
    let mut line = joined(&fake, "one").await;
    say(&mut line, &said("a", "5", "spam")).await;
    next_line(&mut lines).await;
    let message = || MessageId("twitch:a".into());
    assert!(connector.hand().brought(&message()));
    let of = "broadcaster_id=11&moderator_id=22";
    let reply = |text: &str| Act::Reply {
        text: text.into(),
        to: Some(message()),
    };
    let failed = |why| ActOutcome::Failed { why };
    let ban = || Act::Ban { message: message() };
    let delete = || Act::Delete { message: message() };
    let asked = r#"{"broadcaster_id":"11","sender_id":"22","message":"29.9","reply_parent_message_id":"a"}"#;
    let cases = [
        (
            reply("29.9"),
            "POST /helix/chat/messages ".to_owned(),
            asked,
            (200, r#"{"data":[{"message_id":"z","is_sent":true}]}"#),
            ActOutcome::Done,
        ),
        (
            reply("29.9"),
            "POST /helix/chat/messages ".to_owned(),
            asked,
            (
                200,
                r#"{"data":[{"message_id":"","is_sent":false,"drop_reason":{"code":"msg_rejected","message":"held"}}]}"#,
            ),
            failed(ActFault::HeldBack),
        ),
        (
            delete(),
            format!("DELETE /helix/moderation/chat?{of}&message_id=a "),
            "",
            (204, ""),
            ActOutcome::Done,
        ),
        (
            delete(),
            format!("DELETE /helix/moderation/chat?{of}&message_id=a "),
            "",
            (404, r#"{"status":404,"message":"too old"}"#),
            failed(ActFault::LineGone),
        ),
        (
            Act::TimeOut {
                message: message(),
                seconds: 600,
            },
            format!("POST /helix/moderation/bans?{of} "),
            r#"{"data":{"user_id":"5","duration":600}}"#,
            (200, r#"{"data":[{}]}"#),
            ActOutcome::Done,
        ),
        (
            ban(),
            format!("POST /helix/moderation/bans?{of} "),
            r#"{"data":{"user_id":"5"}}"#,
            (
                400,
                r#"{"status":400,"message":"The user may not be banned"}"#,
            ),
            failed(ActFault::Protected),
        ),
        (
            ban(),
            format!("POST /helix/moderation/bans?{of} "),
            r#"{"data":{"user_id":"5"}}"#,
            (
                401,
                r#"{"status":401,"message":"Missing scope: moderator:manage:banned_users"}"#,
            ),
            failed(ActFault::NotAllowed),
        ),
        (
            Act::Pardon { message: message() },
            format!("DELETE /helix/moderation/bans?{of}&user_id=5 "),
            "",
            (204, ""),
            ActOutcome::Done,
        ),
        (
            Act::Pin { message: message() },
            format!("PUT /helix/chat/pins?{of}&message_id=a "),
            "",
            (204, ""),
            ActOutcome::Done,
        ),
        (
            Act::Unpin { message: message() },
            format!("DELETE /helix/chat/pins?{of}&message_id=a "),
            "",
            (404, r#"{"status":404,"message":"not pinned"}"#),
            failed(ActFault::LineGone),
        ),
        (
            Act::SlowMode { seconds: Some(1) },
            format!("PATCH /helix/chat/settings?{of} "),
            r#"{"slow_mode":true,"slow_mode_wait_time":3}"#,
            (429, ""),
            failed(ActFault::TooFast),
        ),
        (
            Act::SlowMode { seconds: None },
            format!("PATCH /helix/chat/settings?{of} "),
            r#"{"slow_mode":false}"#,
            (200, r#"{"data":[{}]}"#),
            ActOutcome::Done,
        ),
    ];
    for (act, expected, body, (status, answer), outcome) in cases {
        let what = format!("{act:?}");
        let (said, ()) = tokio::join!(connector.act(act), async {
            let visit = fake.http(&expected).await;
            if body.is_empty() {
                assert_eq!(visit.body, "");
            } else {
                let wanted: serde_json::Value = serde_json::from_str(body).unwrap();
                assert_eq!(visit.json(), wanted);
            }
            visit.answer(status, answer).await;
        });
        assert_eq!(said, outcome, "{what}");
    }
    // Without asking Twitch at all.
    let unknown = Act::Ban {
        message: MessageId("twitch:unseen".into()),
    };
    let long = reply(&"x".repeat(501));
    let restore = Act::Restore { message: message() };
    assert_eq!(
        connector.act(unknown).await,
        failed(ActFault::WriterUnknown)
    );
    assert_eq!(connector.act(long).await, failed(ActFault::TooLong));
    assert_eq!(connector.act(restore).await, ActOutcome::NotSupported);
    line.close(None).await.unwrap();
    connector.stop().await;
}
