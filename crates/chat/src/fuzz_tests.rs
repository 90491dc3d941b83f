//! Whatever a platform sends: nothing panics, and what comes through is short and clean. Good messages are the start; names,
//! values and pieces of them are put in each other's place.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use serde_json::Value;
use stallcast_show::At;
use tokio::runtime::Builder;

use crate::clean::{NAME_CHARS, TEXT_CHARS};
use crate::connector::Incoming;
use crate::outlet::tests::outlet;
use crate::owncast::Owncast;
use crate::socket::Heard;
use crate::{bilibili, douyin, kick, social_stream, twitch, youtube};

const CASES: u32 = 1_000;
static SEEN: AtomicU32 = AtomicU32::new(0);
static CAME: AtomicU32 = AtomicU32::new(0);

const GOOD: [&str; 9] = [
    r#"{"type":"CHAT","id":"a","timestamp":"2026-11-23T05:00:01Z","visible":true,"body":"<p>hi &amp; <b>you</b></p>","user":{"id":"u","displayName":"n"}}"#,
    r#"{"type":"VISIBILITY-UPDATE","id":"v","ids":["a"],"visible":false}"#,
    r#"{"metadata":{"message_id":"n","message_type":"notification","message_timestamp":"2026-11-23T05:00:01Z"},"payload":{"subscription":{"type":"channel.chat.message"},"event":{"chatter_user_id":"5","chatter_user_name":"V","chatter_user_login":"v","message_id":"m","message":{"text":"hi"},"target_user_id":"5"}}}"#,
    r#"{"cmd":"LIVE_OPEN_PLATFORM_DM","data":{"open_id":"o","uname":"n","msg":"hi","msg_id":"1","timestamp":1700000000,"message_ids":[1],"message_id":1}}"#,
    r#"{"chatname":"<i>A</i>","chatmessage":"hi <img alt='x'>","type":"tiktok","id":1,"event":false,"userid":7}"#,
    r#"{"id":"a","snippet":{"type":"textMessageEvent","publishedAt":"2026-11-23T05:00:01Z","textMessageDetails":{"messageText":"hi"},"messageDeletedDetails":null},"authorDetails":{"channelId":"U","displayName":"L"}}"#,
    r#"{"message_id":"m","broadcaster":{"user_id":1,"channel_slug":"a"},"sender":{"user_id":5,"username":"V"},"content":"[emote:1:a] hi","created_at":"2026-11-23T05:00:01Z"}"#,
    r#"{"broadcaster":{"user_id":1,"channel_slug":"a"},"banned_user":{"user_id":5}}"#,
    r#"[{"msg_id":"1","sec_openid":"o","content":"hi","nickname":"n","timestamp":1700000000}]"#,
];

/// Puts `new` in the place of the value that is the `at`th, counted through the whole of `value`.
fn put(value: &mut Value, at: &mut usize, new: &Value) {
    if *at == 0 {
        *value = new.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, at, new)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put(field, at, new)),
        _ => {}
    }
}

fn strange() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
        Just(Value::Bool(true)),
        Just(Value::from("x".repeat(100_000))),
        Just(serde_json::json!([[]])),
        Just(serde_json::json!({ "id": {} })),
        prop::sample::select(vec![
            "channel.chat.message_delete",
            "channel.chat.clear_user_messages",
            "session_reconnect",
            "revocation",
            "LIVE_OPEN_PLATFORM_SUPER_CHAT",
            "LIVE_OPEN_PLATFORM_SUPER_CHAT_DEL",
            "CHAT_DISABLED",
            "2026-11-23T05:00:01+99:99",
        ])
        .prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn any_message_of_any_platform_is_read_or_counted(
        which in 0..GOOD.len(),
        changes in proptest::collection::vec((0..24_usize, strange()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut value: Value = serde_json::from_str(GOOD[which]).unwrap();
        for (at, new) in changes {
            put(&mut value, &mut at.clone(), &new);
        }
        let mut text = value.to_string();
        if let Some(cut) = cut {
            let mut at = cut.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.truncate(at);
        }
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let came = runtime.block_on(async {
            let (mut outlet, mut lines, status) = outlet(64);
            let mut owncast = Owncast::new(String::new());
            // Each reader gets what the others understand, too. What ends a connection is as right as what does not.
            let _ = owncast.take(&text, &mut outlet).await;
            let _ = twitch::take(Heard::Text(text.as_str().into()), &mut outlet).await;
            let _ = bilibili::take(text.as_bytes(), "game", &mut outlet).await;
            let _ = social_stream::take(&text, &mut outlet).await;
            let _ = kick::take_body(text.as_bytes(), None, "a", &mut outlet).await;
            let _ = douyin::take_body(text.as_bytes(), &mut outlet).await;
            let item = serde_json::from_str(&text).unwrap_or_default();
            let _ = youtube::take(item, At(0), &mut outlet).await;
            drop(outlet);
            let mut came = Vec::new();
            while let Some(incoming) = lines.recv().await {
                came.push(incoming);
            }
            assert_eq!(status.borrow().dropped, 0);
            came
        });
        CAME.fetch_add(u32::try_from(came.len()).unwrap(), Ordering::Relaxed);
        if SEEN.fetch_add(1, Ordering::Relaxed) + 1 == CASES {
            let came = CAME.load(Ordering::Relaxed);
            println!("{CASES} messages, {came} lines and removals came of them");
        }
        prop_assert!(came.len() <= 7);
        for incoming in came {
            if let Incoming::Line(line) = incoming {
                prop_assert!(line.text.chars().count() <= TEXT_CHARS && !line.text.is_empty());
                prop_assert!(line.author.chars().count() <= NAME_CHARS);
                prop_assert!(line.platform.len() <= 24 && line.id.0.len() <= 700);
                prop_assert!(!line.text.contains(char::is_control));
            }
        }
    }
}
