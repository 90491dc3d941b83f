//! Kick and Douyin from signed webhooks: Kick's are signed by OpenSSL with a key of this test and answered by a fake of its
//! public interface (docs.kick.com), Douyin's as its documents say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::json;
use stallcast_chat::{
    Act, ActFault, ActOutcome, ChatErrorCode, Connector, ConnectorSpec, ConnectorState, DouyinSpec,
    Given, Incoming, KickSpec, Secret,
};
use stallcast_hooks::{Hook, Kind};
use stallcast_show::MessageId;
use support::fake::Fake;
use support::signed::{Signer, at, hook, said};
use support::{next_line, until, wall_clock};
use tokio::sync::mpsc;

fn kick(fake: &Fake, token: &str) -> (Connector, mpsc::Receiver<Incoming>) {
    let (sink, lines) = mpsc::channel(64);
    let spec = ConnectorSpec::Kick(KickSpec {
        api: fake.http_address(),
        channel: "orchard-live".into(),
        token: Secret::new(token),
        renewal: None,
    });
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

#[tokio::test]
async fn what_kick_signed_is_a_line_once_and_anything_else_is_none() {
    let fake = Fake::listen().await;
    let signer = Signer::new();
    let (connector, mut lines) = kick(&fake, "");
    let inbox = connector.inbox();
    let body = said("m1", "Orchard_Live", 7, "[emote:37226:KEKW] How much?");
    let first = signer.hook("01A", &at(0), &body);
    // The printed key is another: the present one is asked for, once.
    let (given, ()) = tokio::join!(inbox.give(first.clone()), async {
        let visit = fake.http("GET /public/v1/public-key ").await;
        assert!(!visit.head.to_ascii_lowercase().contains("authorization"));
        visit.answer(200, &signer.told()).await;
    });
    assert_eq!(given, Given::Taken);
    let line = next_line(&mut lines).await;
    assert_eq!(line.id.as_str(), "kick:m1");
    assert_eq!(
        (line.author.as_str(), line.text.as_str()),
        ("sender_name", ":KEKW: How much?")
    );
    assert!(line.question);

    // Told again, by the same webhook and by another one of the same line.
    assert_eq!(inbox.give(first.clone()).await, Given::Taken);
    assert_eq!(
        inbox.give(signer.hook("01B", &at(0), &body)).await,
        Given::Taken
    );

    let mut changed = first.clone();
    changed.body = Bytes::from(body.replace("How much?", "Buy here"));
    let mut renamed = first.clone();
    renamed.headers[0].1 = "01C".into();
    let mut unsigned = first.clone();
    unsigned.headers.truncate(2);
    let mut rubbish = first.clone();
    rubbish.headers[2].1 = "!!".into();
    let stranger = Signer::new().hook("01D", &at(0), &body);
    for forged in [changed, renamed, unsigned, rubbish, stranger] {
        assert_eq!(inbox.give(forged).await, Given::Unsigned);
    }
    for stale in [-70, 10] {
        assert_eq!(
            inbox.give(signer.hook("01E", &at(stale), &body)).await,
            Given::Stale
        );
    }
    let elsewhere = said("m2", "another", 7, "x");
    assert_eq!(
        inbox.give(signer.hook("01F", &at(0), &elsewhere)).await,
        Given::Elsewhere
    );
    let told = until(&mut connector.status(), "what was wrong", |s| {
        s.last_error == Some(ChatErrorCode::Elsewhere)
    })
    .await;
    assert_eq!(told.state, ConnectorState::Live);
    assert_eq!(
        inbox.give(signer.hook("01G", &at(0), "[]")).await,
        Given::Unreadable
    );
    let follow = said("", "orchard-live", 7, "");
    assert_eq!(
        inbox.give(signer.hook("01H", &at(0), &follow)).await,
        Given::Other
    );
    assert_eq!(connector.status().borrow().lines, 1);

    // Who is put out over there leaves the screens here.
    let banned = json!({
        "broadcaster": { "user_id": 123_456_789, "channel_slug": "orchard-live" },
        "moderator": { "user_id": 1 },
        "banned_user": { "user_id": 7, "username": "sender_name" },
        "metadata": { "reason": "x", "created_at": at(0), "expires_at": null }
    });
    let banned = signer.hook("01J", &at(0), &banned.to_string());
    assert_eq!(inbox.give(banned).await, Given::Taken);
    let gone = lines.recv().await.unwrap();
    assert_eq!(gone, Incoming::Removed(vec!["kick:m1".into()]));
    connector.stop().await;
    assert_eq!(inbox.give(first).await, Given::NotHere);
}

#[tokio::test]
async fn a_token_subscribes_replies_deletes_and_bans() {
    let fake = Fake::listen().await;
    let signer = Signer::new();
    let (connector, mut lines) = kick(&fake, "t0ken");
    // What is missing is subscribed to.
    let visit = fake.http("GET /public/v1/events/subscriptions ").await;
    assert_eq!(visit.header("authorization"), "Bearer t0ken");
    visit
        .answer(
            200,
            r#"{"data":[{"id":"1","event":"moderation.banned","version":1}],"message":"OK"}"#,
        )
        .await;
    let visit = fake.http("POST /public/v1/events/subscriptions ").await;
    let wanted =
        json!({ "events": [{ "name": "chat.message.sent", "version": 1 }], "method": "webhook" });
    assert_eq!(visit.json(), wanted);
    visit.answer(200, r#"{"data":[],"message":"OK"}"#).await;

    let inbox = connector.inbox();
    let hook = signer.hook("01A", &at(0), &said("m1-a", "orchard-live", 7, "hi"));
    tokio::join!(inbox.give(hook), async {
        let visit = fake.http("GET /public/v1/public-key ").await;
        visit.answer(200, &signer.told()).await;
    });
    next_line(&mut lines).await;
    let message = MessageId("kick:m1-a".into());
    let done = r#"{"data":{"is_sent":true,"message_id":"x"},"message":"OK"}"#;
    let both = json!({ "broadcaster_user_id": 123_456_789, "user_id": 7 });
    let with = |minutes: u32| {
        let mut body = both.clone();
        body["duration"] = minutes.into();
        Some(body)
    };
    let acts = [
        (
            Act::Reply {
                text: "29.9".into(),
                to: Some(message.clone()),
            },
            "POST /public/v1/chat ",
            Some(json!({
                "broadcaster_user_id": 123_456_789, "content": "29.9", "type": "user", "reply_to_message_id": "m1-a"
            })),
        ),
        (
            Act::Delete {
                message: message.clone(),
            },
            "DELETE /public/v1/chat/m1-a ",
            None,
        ),
        (
            Act::TimeOut {
                message: message.clone(),
                seconds: 61,
            },
            "POST /public/v1/moderation/bans ",
            with(2),
        ),
        (
            Act::TimeOut {
                message: message.clone(),
                seconds: 1_209_600,
            },
            "POST /public/v1/moderation/bans ",
            with(10_080),
        ),
        (
            Act::Ban {
                message: message.clone(),
            },
            "POST /public/v1/moderation/bans ",
            Some(both.clone()),
        ),
        (
            Act::Pardon {
                message: message.clone(),
            },
            "DELETE /public/v1/moderation/bans ",
            Some(both.clone()),
        ),
    ];
    for (act, request, body) in acts {
        let (outcome, ()) = tokio::join!(connector.act(act), async {
            let visit = fake.http(request).await;
            assert_eq!(visit.header("authorization"), "Bearer t0ken");
            match &body {
                Some(body) => assert_eq!(visit.json(), *body),
                None => assert_eq!(visit.body, ""),
            }
            visit.answer(200, done).await;
        });
        assert_eq!(outcome, ActOutcome::Done, "{request}");
    }
    for (status, body, why) in [
        (
            200,
            r#"{"data":{"is_sent":false,"message_id":""}}"#,
            ActFault::HeldBack,
        ),
        (401, "{}", ActFault::TokenRefused),
        (403, "{}", ActFault::NotAllowed),
        (429, "{}", ActFault::TooFast),
        (500, "{}", ActFault::Refused),
    ] {
        let reply = Act::Reply {
            text: "x".into(),
            to: None,
        };
        let (outcome, ()) = tokio::join!(connector.act(reply), async {
            fake.http("POST /public/v1/chat ")
                .await
                .answer(status, body)
                .await;
        });
        assert_eq!(outcome, ActOutcome::Failed { why }, "{status}");
    }
    // An id that would be another address is no id.
    let odd = Act::Delete {
        message: MessageId("kick:../channels".into()),
    };
    assert_eq!(
        connector.act(odd).await,
        ActOutcome::Failed {
            why: ActFault::LineGone
        }
    );
    let unknown = Act::Ban {
        message: MessageId("kick:never".into()),
    };
    assert_eq!(
        connector.act(unknown).await,
        ActOutcome::Failed {
            why: ActFault::WriterUnknown
        }
    );
    let slow = Act::SlowMode { seconds: Some(5) };
    assert_eq!(connector.act(slow).await, ActOutcome::NotSupported);
}

#[tokio::test]
async fn a_token_that_ran_out_is_said_and_chat_comes_all_the_same() {
    let fake = Fake::listen().await;
    let signer = Signer::new();
    let (connector, mut lines) = kick(&fake, "old");
    let visit = fake.http("GET /public/v1/events/subscriptions ").await;
    visit.answer(401, r#"{"message":"Unauthorized"}"#).await;
    let told = until(&mut connector.status(), "the token is refused", |s| {
        s.last_error == Some(ChatErrorCode::TokenRefused)
    })
    .await;
    assert_eq!(told.state, ConnectorState::Live);
    let hook = signer.hook("01A", &at(0), &said("m1", "orchard-live", 7, "hi"));
    let inbox = connector.inbox();
    tokio::join!(inbox.give(hook), async {
        let visit = fake.http("GET /public/v1/public-key ").await;
        visit.answer(200, &signer.told()).await;
    });
    assert_eq!(next_line(&mut lines).await.text, "hi");
}

/// As developer.open-douyin.com's "签名方式" says: header names in order, then the body, then the secret.
fn douyin_hook(kind: &str, room: &str, minutes: i64, secret: &str, body: &str) -> Hook {
    let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    let moment = moment.as_millisecond();
    let signed = format!(
        "x-msg-type={kind}&x-nonce-str=n1&x-roomid={room}&x-timestamp={moment}{body}{secret}"
    );
    let signature = STANDARD.encode(Md5::digest(signed));
    let moment = moment.to_string();
    let headers = [
        ("x-nonce-str", "n1"),
        ("x-timestamp", moment.as_str()),
        ("x-roomid", room),
        ("x-msg-type", kind),
        ("x-signature", signature.as_str()),
    ];
    hook(Kind::Douyin, &headers, body)
}

fn comments(ids: &[&str]) -> String {
    let comment = |id: &&str| {
        json!({
            "msg_id": id, "sec_openid": "o1", "content": format!("{id}号多少钱"), "avatar_url": "x",
            "nickname": "小李", "timestamp": 1_649_068_964
        })
    };
    json!(ids.iter().map(comment).collect::<Vec<_>>()).to_string()
}

#[tokio::test]
async fn a_list_of_comments_is_lines_and_repeated_ones_are_folded() {
    let (sink, mut lines) = mpsc::channel(64);
    let spec = ConnectorSpec::Douyin(DouyinSpec {
        room: "7001".into(),
        secret: Secret::new("s3cret"),
        task: None,
    });
    let connector = Connector::spawn(spec, sink, wall_clock());
    let inbox = connector.inbox();
    let give = |kind: &str, room: &str, minutes, secret: &str, body: &str| {
        inbox.give(douyin_hook(kind, room, minutes, secret, body))
    };
    let all = comments(&["1", "2", "1"]);
    assert_eq!(
        give("live_comment", "7001", 0, "s3cret", &all).await,
        Given::Taken
    );
    let more = comments(&["2", "3"]);
    assert_eq!(
        give("live_comment", "7001", 0, "s3cret", &more).await,
        Given::Taken
    );
    for id in ["1", "2", "3"] {
        let line = next_line(&mut lines).await;
        assert_eq!(line.id.as_str(), format!("douyin:{id}"));
        assert_eq!(
            (line.author.as_str(), line.text),
            ("小李", format!("{id}号多少钱"))
        );
        assert_eq!(line.at.0, 1_649_068_964_000);
        assert!(line.question);
    }
    // One that is none leaves the others of its list.
    let mixed =
        r#"[{"msg_id":4},{"msg_id":"5","content":"好的"},null,{"msg_id":"6","content":"\u202e"}]"#;
    assert_eq!(
        give("live_comment", "7001", 0, "s3cret", mixed).await,
        Given::Taken
    );
    let line = next_line(&mut lines).await;
    assert_eq!(
        (line.id.as_str(), line.author.as_str()),
        ("douyin:5", "douyin")
    );

    assert_eq!(
        give("live_comment", "7001", 0, "other", &all).await,
        Given::Unsigned
    );
    assert_eq!(
        give("live_comment", "7001", -70, "s3cret", &all).await,
        Given::Stale
    );
    assert_eq!(
        give("live_comment", "7002", 0, "s3cret", &all).await,
        Given::Elsewhere
    );
    assert_eq!(
        give("live_gift", "7001", 0, "s3cret", &all).await,
        Given::Other
    );
    assert_eq!(
        give("live_comment", "7001", 0, "s3cret", "{}").await,
        Given::Unreadable
    );
    let mut forged = douyin_hook("live_comment", "7001", 0, "s3cret", &all);
    forged.body = Bytes::from(comments(&["9"]));
    assert_eq!(inbox.give(forged).await, Given::Unsigned);
    let status = connector.status().borrow().clone();
    assert_eq!((status.lines, status.malformed), (4, 3));
    assert_eq!(connector.hand().able(), []);
    connector.stop().await;
}

#[tokio::test]
async fn a_webhook_that_finds_no_room_is_to_be_given_again_and_nothing_of_it_counts_as_dropped() {
    let (sink, mut lines) = mpsc::channel(2);
    let spec = ConnectorSpec::Douyin(DouyinSpec {
        room: String::new(),
        secret: Secret::new("s3cret"),
        task: None,
    });
    let connector = Connector::spawn(spec, sink, wall_clock());
    let inbox = connector.inbox();
    let hook = douyin_hook(
        "live_comment",
        "7001",
        0,
        "s3cret",
        &comments(&["1", "2", "3"]),
    );
    assert_eq!(inbox.give(hook.clone()).await, Given::Full);
    assert_eq!(inbox.give(hook.clone()).await, Given::Full);
    assert_eq!(connector.status().borrow().dropped, 0);
    for id in ["1", "2"] {
        assert_eq!(
            next_line(&mut lines).await.id.as_str(),
            format!("douyin:{id}")
        );
    }
    assert_eq!(inbox.give(hook.clone()).await, Given::Taken);
    assert_eq!(next_line(&mut lines).await.id.as_str(), "douyin:3");
    assert_eq!(inbox.give(hook).await, Given::Taken, "known, not full");
    assert!(lines.try_recv().is_err());
    let status = connector.status().borrow().clone();
    assert_eq!((status.lines, status.dropped), (3, 0));
    connector.stop().await;
}

#[tokio::test]
async fn what_kick_says_while_there_is_no_room_is_to_be_given_again() {
    let fake = Fake::listen().await;
    let signer = Signer::new();
    let (sink, mut lines) = mpsc::channel(1);
    let spec = ConnectorSpec::Kick(KickSpec {
        api: fake.http_address(),
        channel: "orchard-live".into(),
        token: Secret::new(""),
        renewal: None,
    });
    let connector = Connector::spawn(spec, sink, wall_clock());
    let inbox = connector.inbox();
    let line = |id: &str| signer.hook(id, &at(0), &said(id, "orchard-live", 7, id));
    let (given, ()) = tokio::join!(inbox.give(line("m1")), async {
        let visit = fake.http("GET /public/v1/public-key ").await;
        visit.answer(200, &signer.told()).await;
    });
    assert_eq!(given, Given::Taken);
    let banned = json!({
        "broadcaster": { "user_id": 123_456_789, "channel_slug": "orchard-live" },
        "banned_user": { "user_id": 7, "username": "sender_name" },
    });
    let banned = signer.hook("01J", &at(0), &banned.to_string());
    assert_eq!(inbox.give(line("m2")).await, Given::Full);
    assert_eq!(inbox.give(banned.clone()).await, Given::Full);
    assert_eq!(next_line(&mut lines).await.id.as_str(), "kick:m1");
    assert_eq!(inbox.give(line("m2")).await, Given::Taken);
    assert_eq!(next_line(&mut lines).await.id.as_str(), "kick:m2");
    assert_eq!(inbox.give(banned).await, Given::Taken);
    assert!(matches!(lines.recv().await, Some(Incoming::Removed(_))));
    assert_eq!(connector.status().borrow().dropped, 0);
    connector.stop().await;
}
