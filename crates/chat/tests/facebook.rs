//! Facebook's Graph API against a fake of it: events, answers and errors as developers.facebook.com documents them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use stallcast_chat::{
    Act, ActFault, ActKind, ActOutcome, ChatErrorCode, Clock, Connector, ConnectorSpec,
    ConnectorState, FacebookSpec, Incoming, Secret,
};
use stallcast_show::{At, MessageId};
use support::fake::{Fake, Streaming, pass};
use support::{next_line, until};
use tokio::sync::mpsc;

/// 2026-11-23, five in the morning UTC.
const NOW: At = At(1_795_410_000_000);
const STREAM: &str = "GET /1234567890/live_comments?comment_rate=one_hundred_per_second&fields=id%2Cfrom%7Bname%2Cid%7D%2Cmessage%2Ccreated_time&access_token=s3cret+%26 HTTP/1.1";
const MISSED: &str = "GET /1234567890/comments?fields=id%2Cfrom%7Bname%2Cid%7D%2Cmessage%2Ccreated_time&filter=stream&live_filter=no_filter&order=reverse_chronological&limit=100&access_token=";

fn start(fake: &Fake) -> (Connector, mpsc::Receiver<Incoming>) {
    let spec = ConnectorSpec::Facebook(FacebookSpec {
        graph: fake.http_address(),
        stream: fake.http_address(),
        video: "https://www.facebook.com/orchard/videos/1234567890/?x=s3cret".into(),
        token: Secret::new("s3cret &"),
    });
    assert!(!format!("{spec:?}").contains("s3cret"));
    let (sink, lines) = mpsc::channel(64);
    let clock: Clock = Arc::new(|| NOW);
    (Connector::spawn(spec, sink, clock), lines)
}

fn comment(id: &str, at: &str, text: &str) -> String {
    format!(
        r#"{{"id":"1234567890_{id}","from":{{"name":"Lee","id":"9"}},"message":"{text}","created_time":"2026-11-23T{at}+0000"}}"#
    )
}

async fn stream(fake: &Fake) -> Streaming {
    let visit = fake.http(STREAM).await;
    assert_eq!(visit.header("accept"), "text/event-stream");
    visit.stream().await
}

#[tokio::test]
async fn comments_come_as_events_and_after_a_break_what_was_missed_comes_once() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    let mut events = stream(&fake).await;
    let first = comment("1", "04:59:01", "how much?");
    let (head, tail) = first.split_at(40);
    events.say(&format!(": ping\r\n\r\ndata: {head}")).await;
    events
        .say(&format!("{tail}\r\n\r\ndata: nonsense\n\n"))
        .await;
    let line = next_line(&mut lines).await;
    assert_eq!(line.id.as_str(), "facebook:1234567890_1");
    assert_eq!(
        (line.author.as_str(), line.text.as_str()),
        ("Lee", "how much?")
    );
    assert_eq!(line.at, At(NOW.0 - 59_000));
    assert!(line.question);
    // As the documents' own sample has it: a list, and a writer who may not be named.
    events
        .say("data: [{\"id\":\"1234567890_2\",\"message\":\"hi\",\"created_time\":\"2026-11-23T04:59:02+0000\"}]\n\n")
        .await;
    let unnamed = next_line(&mut lines).await;
    assert_eq!(
        (unnamed.author.as_str(), unnamed.text.as_str()),
        ("facebook", "hi")
    );
    let mut status = connector.status();
    let live = until(&mut status, "counted", |s| s.malformed == 1).await;
    assert_eq!((live.state, live.lines), (ConnectorState::Live, 2));

    // It breaks off: the newest comments are fetched, oldest first, and none comes twice.
    drop(events);
    let mut events = stream(&fake).await;
    let missed = fake.http(MISSED).await;
    let data = [
        comment("4", "04:59:20", "four"),
        comment("3", "04:59:10", "three"),
        comment("2", "04:59:02", "hi"),
        comment("0", "04:58:00", "before"),
        r#"{"id":7}"#.to_owned(),
    ];
    let body = format!(r#"{{"data":[{}],"paging":{{}}}}"#, data.join(","));
    missed.answer(200, &body).await;
    assert_eq!(next_line(&mut lines).await.text, "three");
    assert_eq!(next_line(&mut lines).await.text, "four");
    until(&mut status, "counted", |s| s.malformed == 2).await;

    // Silence cannot be told from a dead connection: a new stream, and nobody is told of a fault.
    let four = comment("4", "04:59:20", "four");
    events.say(&format!("data: {four}\n\n")).await;
    events
        .say(&format!("data: {}\n\n", comment("5", "04:59:30", "five")))
        .await;
    assert_eq!(next_line(&mut lines).await.text, "five");
    pass(Duration::from_secs(91)).await;
    let mut again = stream(&fake).await;
    fake.http(MISSED)
        .await
        .answer(400, r#"{"error":{"code":1}}"#)
        .await;
    again
        .say(&format!("data: {}\n\n", comment("6", "04:59:40", "six")))
        .await;
    assert_eq!(next_line(&mut lines).await.text, "six");
    assert_eq!(status.borrow().state, ConnectorState::Live);
    connector.stop().await;
}

#[tokio::test]
async fn a_refusal_stops_it_or_makes_it_wait_as_its_code_says() {
    let refused = |code: i64| {
        format!(
            r#"{{"error":{{"message":"x","type":"OAuthException","code":{code},"fbtrace_id":"y"}}}}"#
        )
    };
    for (status, code, said) in [
        (400, 190, ChatErrorCode::TokenRefused),
        (403, 10, ChatErrorCode::NotAllowed),
        (403, 200, ChatErrorCode::NotAllowed),
        (400, 100, ChatErrorCode::NoSuchChannel),
    ] {
        let fake = Fake::listen().await;
        let (connector, _lines) = start(&fake);
        fake.http(STREAM).await.answer(status, &refused(code)).await;
        let mut status = connector.status();
        let failed = until(&mut status, "failed", |s| s.state == ConnectorState::Failed).await;
        assert_eq!(failed.last_error, Some(said), "{code}");
    }
    let waits = |s: &stallcast_chat::ConnectorStatus| {
        matches!(
            s.state,
            ConnectorState::Retrying {
                next_in_ms: 60_000,
                ..
            }
        )
    };
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake);
    fake.http(STREAM).await.answer(400, &refused(4)).await;
    let waiting = until(&mut connector.status(), "waits", waits).await;
    assert_eq!(waiting.last_error, Some(ChatErrorCode::TooMany));
    // A stream that ends at once has no live video behind it.
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake);
    stream(&fake).await.end().await;
    let waiting = until(&mut connector.status(), "waits", waits).await;
    assert_eq!(waiting.last_error, Some(ChatErrorCode::NoChat));
}

#[tokio::test]
async fn a_page_replies_hides_shows_again_puts_out_and_lets_in_and_cannot_do_more() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    let mut events = stream(&fake).await;
    events
        .say(&format!("data: {}\n\n", comment("1", "04:59:01", "x")))
        .await;
    let id = next_line(&mut lines).await.id;
    let hand = connector.hand();
    assert_eq!(
        hand.able(),
        [
            ActKind::Reply,
            ActKind::Delete,
            ActKind::Restore,
            ActKind::Ban,
            ActKind::Pardon
        ]
    );
    let token = "access_token=s3cret+%26";
    let reply = |to: Option<&MessageId>| Act::Reply {
        text: "¥29.90 & free".into(),
        to: to.cloned(),
    };
    let ban = || Act::Ban {
        message: id.clone(),
    };
    for (act, asked, status, body, outcome) in [
        (
            reply(Some(&id)),
            format!("POST /1234567890_1/comments?message=%C2%A529.90+%26+free&{token}"),
            200,
            r#"{"id":"1234567890_7"}"#,
            ActOutcome::Done,
        ),
        (
            reply(None),
            format!("POST /1234567890/comments?message=%C2%A529.90+%26+free&{token}"),
            400,
            r#"{"error":{"code":506}}"#,
            ActFault::HeldBack.into(),
        ),
        (
            Act::Delete {
                message: id.clone(),
            },
            format!("POST /1234567890_1?is_hidden=true&{token}"),
            200,
            r#"{"success":true}"#,
            ActOutcome::Done,
        ),
        (
            Act::Restore {
                message: id.clone(),
            },
            format!("POST /1234567890_1?is_hidden=false&{token}"),
            403,
            r#"{"error":{"code":200}}"#,
            ActFault::NotAllowed.into(),
        ),
        (
            ban(),
            format!("POST /me/blocked?psid=9&{token}"),
            200,
            r#"{"9":true}"#,
            ActOutcome::Done,
        ),
        (
            ban(),
            format!("POST /me/blocked?psid=9&{token}"),
            200,
            r#"{"9":false}"#,
            ActFault::Refused.into(),
        ),
        (
            ban(),
            format!("POST /me/blocked?psid=9&{token}"),
            403,
            r#"{"error":{"code":283}}"#,
            ActFault::NotAllowed.into(),
        ),
        (
            Act::Pardon {
                message: id.clone(),
            },
            format!("DELETE /me/blocked?psid=9&{token}"),
            200,
            r#"{"success":true}"#,
            ActOutcome::Done,
        ),
    ] {
        let asking = async { fake.http(&asked).await.answer(status, body).await };
        let (became, ()) = tokio::join!(hand.act(act), asking);
        assert_eq!(became, outcome, "{asked}");
    }
    let slow = Act::SlowMode { seconds: Some(5) };
    assert_eq!(hand.act(slow).await, ActOutcome::NotSupported);
    // Without the right to know who writes, nobody can be put out.
    let unknown = Act::Ban {
        message: "facebook:1234567890_99".into(),
    };
    assert_eq!(hand.act(unknown).await, ActFault::WriterUnknown.into());
    // An id that is none goes nowhere.
    let odd = Act::Delete {
        message: "facebook:../me".into(),
    };
    assert_eq!(hand.act(odd).await, ActFault::LineGone.into());
}
