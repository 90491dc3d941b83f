//! YouTube's Data API against a fake of it: answers as developers.google.com documents them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use stallcast_chat::{
    Act, ActOutcome, ChatErrorCode, Clock, Connector, ConnectorSpec, ConnectorState, Incoming,
    Secret, YouTubeSpec,
};
use stallcast_show::At;
use support::fake::{Fake, pass};
use support::{PATIENCE, next_line, until};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// 2026-11-23, five in the morning UTC: nine in the evening at YouTube, three hours before its midnight.
const NOW: At = At(1_795_410_000_000);

fn start(fake: &Fake, units: u32) -> (Connector, mpsc::Receiver<Incoming>) {
    let spec = ConnectorSpec::YouTube(YouTubeSpec {
        api: fake.http_address(),
        // Nobody speaks gRPC there: it is polled.
        stream: "http://127.0.0.1:9".into(),
        video: "https://youtu.be/dQw4w9WgXcQ".into(),
        key: Secret::new("s3cret"),
        units,
    });
    assert!(!format!("{spec:?}").contains("s3cret"));
    let (sink, lines) = mpsc::channel(64);
    let clock: Clock = Arc::new(|| NOW);
    (Connector::spawn(spec, sink, clock), lines)
}

const VIDEO: &str = "GET /youtube/v3/videos?part=liveStreamingDetails&id=dQw4w9WgXcQ ";
const LIST: &str = "GET /youtube/v3/liveChat/messages?part=id%2Csnippet%2CauthorDetails&maxResults=2000&liveChatId=CHAT";

async fn find(fake: &Fake) {
    let visit = fake.http(VIDEO).await;
    assert_eq!(visit.header("x-goog-api-key"), "s3cret");
    visit
        .answer(200, r#"{"items":[{"id":"dQw4w9WgXcQ","liveStreamingDetails":{"activeLiveChatId":"CHAT"}}]}"#)
        .await;
}

fn item(id: &str, at: &str, snippet: &str) -> String {
    format!(
        r#"{{"kind":"youtube#liveChatMessage","id":"{id}","snippet":{{"publishedAt":"{at}",{snippet}}},"authorDetails":{{"channelId":"UC1","displayName":"Lee","isChatOwner":false}}}}"#
    )
}

fn text(id: &str, at: &str, text: &str) -> String {
    let snippet = format!(
        r#""type":"textMessageEvent","hasDisplayContent":true,"displayMessage":"{text}","textMessageDetails":{{"messageText":"{text}"}}"#
    );
    item(id, at, &snippet)
}

fn page(next: &str, items: &[String]) -> String {
    format!(
        r#"{{"nextPageToken":"{next}","pollingIntervalMillis":1500,"pageInfo":{{"totalResults":1}},"items":[{}]}}"#,
        items.join(",")
    )
}

#[tokio::test]
async fn pages_are_read_on_from_where_the_last_ended_and_every_unit_is_counted() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake, 10_000);
    find(&fake).await;
    let later = "2026-11-23T05:00:01.5Z";
    let paid = r#""type":"superChatEvent","superChatDetails":{"amountMicros":"5000000","currency":"USD","userComment":"for you"}"#;
    let first = page(
        "P2",
        &[
            text("old", "2026-11-23T04:00:00Z", "history"),
            text("a", later, "how much?"),
            item("b", later, paid),
            item("c", later, r#""type":"superStickerEvent""#),
            r#"{"id":5}"#.into(),
        ],
    );
    fake.http(LIST).await.answer(200, &first).await;
    let line = next_line(&mut lines).await;
    assert_eq!(
        (line.id.as_str(), line.author.as_str()),
        ("youtube:a", "Lee")
    );
    assert_eq!(next_line(&mut lines).await.text, "for you");
    let status = until(&mut connector.status(), "counted", |s| s.malformed == 1).await;
    assert_eq!(status.state, ConnectorState::Live);
    let quota = status.quota.unwrap();
    assert_eq!((quota.used, quota.of, quota.since), (6, 10_000, NOW));

    // The server breaks: the page is asked for again, so that nothing is lost.
    pass(Duration::from_secs(6)).await;
    let more = format!("{LIST}&pageToken=P2 ");
    fake.http(&more).await.answer(503, "").await;
    let deleted =
        r#""type":"messageDeletedEvent","messageDeletedDetails":{"deletedMessageId":"b"}"#;
    let banned = r#""type":"userBannedEvent","userBannedDetails":{"bannedUserDetails":{"channelId":"UC1"},"banType":"permanent"}"#;
    let second = page(
        "P3",
        &[
            text("a", later, "how much?"),
            text("d", later, "new"),
            item("e", later, deleted),
            item("f", later, banned),
        ],
    );
    fake.http(&more).await.answer(200, &second).await;
    assert_eq!(next_line(&mut lines).await.text, "new");
    let gone = |ids: &[&str]| Incoming::Removed(ids.iter().map(|id| (*id).into()).collect());
    let one = timeout(PATIENCE, lines.recv()).await.unwrap().unwrap();
    assert_eq!(one, gone(&["youtube:b"]));
    let all = timeout(PATIENCE, lines.recv()).await.unwrap().unwrap();
    assert_eq!(all, gone(&["youtube:a", "youtube:b", "youtube:d"]));
    let used = connector.status().borrow().quota.unwrap().used;
    assert_eq!(used, 16);
    let reply = Act::Reply {
        text: "x".into(),
        to: None,
    };
    assert_eq!(connector.act(reply).await, ActOutcome::NotSupported);
    connector.stop().await;
}

#[tokio::test]
async fn units_that_are_spent_make_it_wait_for_the_platforms_midnight() {
    let until_midnight = |s: &stallcast_chat::ConnectorStatus| {
        matches!(
            s.state,
            ConnectorState::Retrying {
                next_in_ms: 10_800_000,
                ..
            }
        )
    };
    // By our own count.
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake, 5);
    find(&fake).await;
    let waits = until(&mut connector.status(), "midnight", until_midnight).await;
    assert_eq!(waits.last_error, Some(ChatErrorCode::QuotaSpent));
    assert_eq!(waits.quota.unwrap().used, 1);

    // By the platform's.
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake, 10_000);
    let visit = fake.http(VIDEO).await;
    let body = r#"{"error":{"code":403,"message":"x","errors":[{"domain":"youtube.quota","reason":"quotaExceeded"}]}}"#;
    visit.answer(403, body).await;
    let waits = until(&mut connector.status(), "midnight", until_midnight).await;
    assert_eq!(waits.last_error, Some(ChatErrorCode::QuotaSpent));
}

#[tokio::test]
async fn what_only_a_person_can_mend_stops_it_and_a_broadcast_without_a_chat_is_waited_for() {
    for (status, body, said) in [
        (
            400,
            r#"{"error":{"code":400,"message":"API key not valid.","errors":[{"reason":"badRequest"}],"status":"INVALID_ARGUMENT"}}"#,
            ChatErrorCode::TokenRefused,
        ),
        (
            403,
            r#"{"error":{"code":403,"errors":[{"reason":"forbidden"}]}}"#,
            ChatErrorCode::NotAllowed,
        ),
        (200, r#"{"items":[]}"#, ChatErrorCode::NoSuchChannel),
    ] {
        let fake = Fake::listen().await;
        let (connector, _lines) = start(&fake, 10_000);
        fake.http(VIDEO).await.answer(status, body).await;
        let failed = until(&mut connector.status(), "failed", |s| {
            s.state == ConnectorState::Failed
        })
        .await;
        assert_eq!(failed.last_error, Some(said));
    }
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake, 10_000);
    let visit = fake.http(VIDEO).await;
    visit
        .answer(
            200,
            r#"{"items":[{"liveStreamingDetails":{"actualEndTime":"2026-11-23T04:00:00Z"}}]}"#,
        )
        .await;
    let waits = until(&mut connector.status(), "waits", |s| {
        matches!(
            s.state,
            ConnectorState::Retrying {
                next_in_ms: 60_000,
                ..
            }
        )
    })
    .await;
    assert_eq!(waits.last_error, Some(ChatErrorCode::NoChat));
}
