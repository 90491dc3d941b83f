//! Owncast against a fake of its server: frames as its source (core/chat) and its own API tests have them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use stallcast_chat::{
    Act, ActFault, ActKind, ActOutcome, ChatErrorCode, Connector, ConnectorSpec, ConnectorState,
    Incoming, Secret,
};
use stallcast_show::MessageId;
use support::fake::{Fake, say};
use support::{PATIENCE, next_line, until, wall_clock};
use tokio::sync::mpsc;
use tokio::time::timeout;

const CHAT: &str = r#"{"type":"CHAT","id":"f3jZw8mSg","timestamp":"2026-11-23T05:00:01.123456789Z","visible":true,"body":"<p>How much is it &amp; is it fresh?<br><img src=\"/img/emoji/x.gif\" class=\"emoji\" alt=\":apple:\" title=\":apple:\"></p>","user":{"id":"nRBXhMzSg","displayName":"suspicious-bardeen","displayColor":3,"createdAt":"2026-11-23T04:00:00Z","previousNames":["suspicious-bardeen"],"isBot":false}}"#;
const JOINED: &str = r#"{"type":"USER_JOINED","id":"a","timestamp":"2026-11-23T05:00:00Z","user":{"id":"u","displayName":"n"}}"#;
const HELLO: &str = r#"{"type":"CONNECTED_USER_INFO","user":{"id":"u","displayName":"n"}}"#;

fn spec(fake: &Fake, token: &str) -> ConnectorSpec {
    ConnectorSpec::Owncast {
        server: format!("{}/", fake.http_address()),
        token: Secret::new(token),
    }
}

fn start(spec: ConnectorSpec) -> (Connector, mpsc::Receiver<Incoming>) {
    let (sink, lines) = mpsc::channel(64);
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

async fn register(fake: &Fake) {
    let visit = fake.http("POST /api/chat/register").await;
    visit
        .answer(
            200,
            r#"{"id":"u","accessToken":"reader+token","displayName":"n"}"#,
        )
        .await;
}

const SOCKET: &str = "/ws?accessToken=reader%2Btoken";

fn said(id: &str, at: &str) -> String {
    format!(
        r#"{{"type":"CHAT","id":"{id}","timestamp":"{at}","visible":true,"body":"<p>line {id}</p>","user":{{"id":"u2","displayName":"b"}}}}"#
    )
}

#[tokio::test]
async fn events_that_share_a_frame_are_lines_without_markup_and_hidden_ones_go() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(spec(&fake, ""));
    register(&fake).await;
    let mut socket = fake.socket(SOCKET).await;
    say(&mut socket, &format!("{HELLO}\n{JOINED}\n{CHAT}\n")).await;
    let line = next_line(&mut lines).await;
    assert_eq!(line.id.as_str(), "owncast:f3jZw8mSg");
    assert_eq!(line.author, "suspicious-bardeen");
    assert_eq!(line.text, "How much is it & is it fresh? :apple:");
    assert!(line.question);
    let hidden = r#"{"type":"VISIBILITY-UPDATE","id":"v","timestamp":"2026-11-23T05:00:02Z","ids":["f3jZw8mSg"],"visible":false}"#;
    say(&mut socket, &format!("not json\n{hidden}\n[]\n{CHAT}")).await;
    let gone = timeout(PATIENCE, lines.recv()).await.unwrap().unwrap();
    assert_eq!(gone, Incoming::Removed(vec!["owncast:f3jZw8mSg".into()]));
    let status = until(&mut connector.status(), "two bad events", |s| {
        s.malformed == 2
    })
    .await;
    assert_eq!((status.state, status.lines), (ConnectorState::Live, 1));
    connector.stop().await;
}

#[tokio::test]
async fn after_a_break_it_comes_back_under_its_name_and_fetches_what_it_missed() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(spec(&fake, ""));
    register(&fake).await;
    let mut socket = fake.socket(SOCKET).await;
    say(&mut socket, &said("1", "2026-11-23T05:00:01Z")).await;
    assert_eq!(next_line(&mut lines).await.text, "line 1");
    drop(socket);

    let mut socket = fake.socket(SOCKET).await;
    let history = [
        said("0", "2026-11-23T04:59:59Z"),
        said("1", "2026-11-23T05:00:01Z"),
        said("2", "2026-11-23T05:00:02+00:00"),
    ];
    let visit = fake.http("GET /api/chat?accessToken=reader%2Btoken ").await;
    visit.answer(200, &format!("[{}]", history.join(","))).await;
    say(&mut socket, &said("3", "2026-11-23T05:00:03Z")).await;
    assert_eq!(next_line(&mut lines).await.text, "line 2");
    assert_eq!(next_line(&mut lines).await.text, "line 3");

    // The server forgot us: a new name is asked for.
    say(&mut socket, r#"{"type":"ERROR_NEEDS_REGISTRATION"}"#).await;
    register(&fake).await;
    drop(fake.socket(SOCKET).await);
    connector.stop().await;
}

#[tokio::test]
async fn who_was_put_out_does_not_come_back_and_a_wrong_address_is_said_at_once() {
    let fake = Fake::listen().await;
    let (connector, _lines) = start(spec(&fake, ""));
    register(&fake).await;
    let mut socket = fake.socket(SOCKET).await;
    say(&mut socket, r#"{"type":"ERROR_USER_DISABLED"}"#).await;
    let failed = until(&mut connector.status(), "failed", |s| {
        s.state == ConnectorState::Failed
    })
    .await;
    assert_eq!(failed.last_error, Some(ChatErrorCode::JoinRefused));

    for server in ["", "ftp://x", "example.com", "ws://x"] {
        let (connector, _lines) = start(ConnectorSpec::Owncast {
            server: server.into(),
            token: Secret::default(),
        });
        let failed = until(&mut connector.status(), "failed", |s| {
            s.state == ConnectorState::Failed
        })
        .await;
        assert_eq!(
            failed.last_error,
            Some(ChatErrorCode::InvalidUrl),
            "{server}"
        );
    }
}

#[tokio::test]
async fn a_token_replies_hides_and_shows_and_the_rest_is_not_supported() {
    let fake = Fake::listen().await;
    let (connector, _lines) = start(spec(&fake, "integration"));
    register(&fake).await;
    let _socket = fake.socket(SOCKET).await;
    let message = MessageId("owncast:f3jZw8mSg".into());

    let reply = Act::Reply {
        text: "29.9\nyuan".into(),
        to: Some(message.clone()),
    };
    let (outcome, ()) = tokio::join!(connector.act(reply), async {
        let visit = fake.http("POST /api/integrations/chat/send ").await;
        assert_eq!(visit.header("authorization"), "Bearer integration");
        assert_eq!(visit.json(), serde_json::json!({ "body": "29.9 yuan" }));
        visit.answer(200, r#"{"success":true}"#).await;
    });
    assert_eq!(outcome, ActOutcome::Done);

    for (act, visible) in [
        (
            Act::Delete {
                message: message.clone(),
            },
            false,
        ),
        (
            Act::Restore {
                message: message.clone(),
            },
            true,
        ),
    ] {
        let (outcome, ()) = tokio::join!(connector.act(act), async {
            let visit = fake
                .http("POST /api/integrations/chat/messagevisibility ")
                .await;
            let wanted = serde_json::json!({ "idArray": ["f3jZw8mSg"], "visible": visible });
            assert_eq!(visit.json(), wanted);
            visit.answer(401, "").await;
        });
        let why = ActFault::NotAllowed;
        assert_eq!(outcome, ActOutcome::Failed { why });
    }
    let ban = Act::Ban { message };
    assert_eq!(connector.act(ban).await, ActOutcome::NotSupported);

    let (reader, _lines) = start(spec(&fake, " "));
    assert_eq!(reader.hand().able(), &[] as &[ActKind]);
    let reply = Act::Reply {
        text: "x".into(),
        to: None,
    };
    assert_eq!(reader.act(reply).await, ActOutcome::NotSupported);
}
