//! What waits aside, and what goes on meanwhile.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::json;
use stallcast_hooks::{BODY_BYTES, ON_THE_WAY_BYTES};
use stallcast_wire::ChatConnector;
use tokio::sync::oneshot;

use super::*;
use crate::chat_room::tests::{empty_desk, empty_room};
use crate::chat_room::{Place, Told};
use crate::clock::now;
use crate::keys::Keys;
use crate::notices::Notices;

const TOKEN: &str = "0123";
const SECRET: &str = "s3cret";
/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

fn hook(kind: Kind, headers: &[(&str, &str)], body: &str) -> Hook {
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Hook {
        kind,
        at: now().0,
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn said(text: &str) -> Hook {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = json!({ "author": "a", "text": text }).to_string();
    hook(Kind::Generic, &headers, &body)
}

/// As Douyin signs it.
fn comment(id: usize) -> Hook {
    signed(id, SECRET)
}

fn signed(id: usize, secret: &str) -> Hook {
    let moment = now().0.to_string();
    let body =
        json!([{ "msg_id": id.to_string(), "nickname": "小李", "content": format!("{id}号") }]);
    let body = body.to_string();
    let signed = format!(
        "x-msg-type=live_comment&x-nonce-str=n1&x-roomid=7&x-timestamp={moment}{body}{secret}"
    );
    let signature = STANDARD.encode(Md5::digest(signed));
    let headers = [
        ("x-msg-type", "live_comment"),
        ("x-nonce-str", "n1"),
        ("x-roomid", "7"),
        ("x-timestamp", moment.as_str()),
        ("x-signature", signature.as_str()),
    ];
    hook(Kind::Douyin, &headers, &body)
}

fn douyin(secret: &str) -> ChatConnector {
    ChatConnector::Douyin {
        room: String::new(),
        secret: secret.to_owned(),
        app: String::new(),
        app_secret: String::new(),
    }
}

/// Connections of which one, of Douyin, waits for a keychain that does not tell its secret.
async fn chats(folder: &Path) -> ChatConnections {
    let file = folder.join("chat.json");
    let listed = json!({ "d": { "kind": "douyin", "room": "", "secret": "", "apart": true } });
    std::fs::write(&file, listed.to_string()).unwrap();
    let keys = Keys::with(folder.join("keys.json"), "test", None).0;
    let chats = ChatConnections::open(empty_room(folder), file, keys)
        .await
        .0;
    assert!(chats.waits_for(Kind::Douyin) && !chats.waits_for(Kind::Kick));
    chats
}

/// A lane as a connection of the relay feeds it.
struct Lane {
    chat: mpsc::Sender<Delivery>,
    handled: mpsc::Receiver<Delivery>,
}

fn lane(chats: Arc<ChatConnections>) -> Lane {
    let (chat, coming) = mpsc::channel(2 * ON_THE_WAY);
    let (done, handled) = mpsc::channel(2 * ON_THE_WAY);
    tokio::spawn(async move { take_chat(&chats, TOKEN, coming, done).await });
    Lane { chat, handled }
}

impl Lane {
    async fn bring(&self, hook: &Hook) -> oneshot::Receiver<()> {
        let (delivery, told) = Delivery::new(hook.clone());
        self.chat.send(delivery).await.unwrap();
        told
    }

    /// The next that is done with.
    async fn done(&mut self) -> Hook {
        let done = tokio::time::timeout(PATIENCE, self.handled.recv()).await;
        done.unwrap().unwrap().hook
    }
}

#[tokio::test]
async fn what_is_for_a_connection_that_is_not_open_yet_waits_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let chats = Arc::new(chats(folder.path()).await);
    let (_, _, mut told) = chats.room().follow(Place::New);
    let mut lane = lane(Arc::clone(&chats));
    let (one, two, line) = (comment(1), comment(2), said("hello"));
    let mut waits = Vec::new();
    for hook in [&one, &line, &two] {
        waits.push(lane.bring(hook).await);
    }
    assert_eq!(lane.done().await, line, "it goes past what waits");

    // The connection breaks: the relay brings all of them again, and the line is not there twice.
    drop(waits);
    let mut waits = Vec::new();
    for hook in [&one, &line, &two] {
        waits.push(lane.bring(hook).await);
    }
    assert_eq!(lane.done().await, line);
    let open = douyin(SECRET);
    chats.connect("d".into(), open, true).await.unwrap();
    assert_eq!(lane.done().await, one);
    assert_eq!(lane.done().await, two);
    let mut texts = Vec::new();
    while texts.len() < 3 {
        let told = tokio::time::timeout(PATIENCE, told.recv()).await;
        if let Told::Lines(_, lines) = told.unwrap().unwrap() {
            texts.extend(lines.iter().map(|line| line.text.clone()));
        }
    }
    assert_eq!(texts, ["hello", "1号", "2号"]);
}

#[tokio::test]
async fn what_is_for_nobody_any_more_is_let_go_and_what_waits_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let chats = Arc::new(chats(folder.path()).await);
    let mut lane = lane(Arc::clone(&chats));
    let mut waits = Vec::new();
    let all: Vec<Hook> = (0..=EARLY_MOST).map(comment).collect();
    for hook in &all {
        waits.push(lane.bring(hook).await);
    }
    assert_eq!(lane.done().await, all[0], "the oldest gives way");
    chats.disconnect("d").await.unwrap();
    for hook in &all[1..] {
        assert_eq!(lane.done().await, *hook);
    }
    assert!(chats.room().lines().is_empty());
}

#[tokio::test]
async fn what_is_for_an_open_connection_waits_for_none_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let chats = Arc::new(chats(folder.path()).await);
    let other = "another";
    chats
        .connect("e".into(), douyin(other), true)
        .await
        .unwrap();
    let mut lane = lane(Arc::clone(&chats));
    let (waits, goes) = (comment(1), signed(2, other));
    let mut told = vec![lane.bring(&waits).await, lane.bring(&goes).await];
    assert_eq!(lane.done().await, goes);
    // What came before its connection was there comes before what follows.
    chats
        .connect("d".into(), douyin(SECRET), true)
        .await
        .unwrap();
    let follows = comment(3);
    told.push(lane.bring(&follows).await);
    assert_eq!(lane.done().await, waits);
    assert_eq!(lane.done().await, follows);
}

#[tokio::test]
async fn one_that_waits_does_not_stop_the_relay() {
    for (most, length) in [
        (ON_THE_WAY, 4),
        (ON_THE_WAY_BYTES / BODY_BYTES, BODY_BYTES - 64),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let chats = Arc::new(chats(folder.path()).await);
        let mut lane = lane(chats);
        let one = comment(1);
        let mut waits = vec![lane.bring(&one).await];
        let others = most + most / 12;
        for n in 0..others {
            waits.push(
                lane.bring(&said(&format!("{n} {}", "0".repeat(length))))
                    .await,
            );
        }
        let mut before = 0;
        while lane.done().await != one {
            before += 1;
        }
        assert!((most / 2..most - 1).contains(&before), "{before} of {most}");
        for _ in before..others {
            assert_ne!(lane.done().await, one);
        }
    }
}

#[tokio::test]
async fn a_shop_whose_secret_waits_for_the_keychain_holds_up_no_other_shop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.json");
    std::fs::write(&file, r#"{"shops":{"shopify":0,"woocommerce":0}}"#).unwrap();
    let keys: Keys<String> = Keys::with(folder.path().join("keys.json"), "test", None).0;
    keys.set(&"woocommerce".to_owned(), SECRET.to_owned(), true)
        .unwrap();
    let desk = empty_desk(folder.path());
    let orders = Orders::open(desk, file, keys, Notices::new()).0;
    let (orders_of, coming) = mpsc::channel(ON_THE_WAY);
    let taking = orders.clone();
    tokio::spawn(async move { take_orders(&taking, coming).await });
    let mut told = Vec::new();
    for kind in [Kind::Shopify, Kind::Shopify, Kind::Woocommerce] {
        let (delivery, taken) = Delivery::new(hook(kind, &[], "{}"));
        orders_of.send(delivery).await.unwrap();
        told.push(taken);
    }
    let others = tokio::time::timeout(PATIENCE, &mut told[2]).await;
    others.unwrap().unwrap();
    for waits in &mut told[..2] {
        assert_eq!(waits.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
    orders
        .set_secret(Shop::Shopify, SECRET.to_owned(), true)
        .await
        .unwrap();
    for waits in &mut told[..2] {
        tokio::time::timeout(PATIENCE, waits)
            .await
            .unwrap()
            .unwrap();
    }
}
