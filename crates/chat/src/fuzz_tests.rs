//! Whatever a platform sends: nothing panics, and what comes through is short and clean. Good messages are the start; names,
//! values and pieces of them are put in each other's place.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use serde_json::Value;
use stallcast_show::At;
use tokio::runtime::Builder;

use crate::clean::{NAME_CHARS, TEXT_CHARS};
use crate::connector::Incoming;
use crate::event_stream::EventStream;
use crate::facebook::Facebook;
use crate::outlet::tests::outlet;
use crate::owncast::Owncast;
use crate::socket::Heard;
use crate::{FacebookSpec, bilibili, douyin, kick, social_stream, twitch, youtube};

const CASES: u32 = 1_000;
static SEEN: AtomicU32 = AtomicU32::new(0);
static CAME: AtomicU32 = AtomicU32::new(0);

const GOOD: [&str; 10] = [
    r#"{"type":"CHAT","id":"a","timestamp":"2026-11-23T05:00:01Z","visible":true,"body":"<p>hi &amp; <b>you</b></p>","user":{"id":"u","displayName":"n"}}"#,
    r#"{"type":"VISIBILITY-UPDATE","id":"v","ids":["a"],"visible":false}"#,
    r#"{"metadata":{"message_id":"n","message_type":"notification","message_timestamp":"2026-11-23T05:00:01Z"},"payload":{"subscription":{"type":"channel.chat.message"},"event":{"chatter_user_id":"5","chatter_user_name":"V","chatter_user_login":"v","message_id":"m","message":{"text":"hi"},"target_user_id":"5"}}}"#,
    r#"{"cmd":"LIVE_OPEN_PLATFORM_DM","data":{"open_id":"o","uname":"n","msg":"hi","msg_id":"1","timestamp":1700000000,"message_ids":[1],"message_id":1}}"#,
    r#"{"chatname":"<i>A</i>","chatmessage":"hi <img alt='x'>","type":"tiktok","id":1,"event":false,"userid":7}"#,
    r#"{"id":"a","snippet":{"type":"textMessageEvent","publishedAt":"2026-11-23T05:00:01Z","textMessageDetails":{"messageText":"hi"},"messageDeletedDetails":null},"authorDetails":{"channelId":"U","displayName":"L"}}"#,
    r#"{"message_id":"m","broadcaster":{"user_id":1,"channel_slug":"a"},"sender":{"user_id":5,"username":"V"},"content":"[emote:1:a] hi","created_at":"2026-11-23T05:00:01Z"}"#,
    r#"{"broadcaster":{"user_id":1,"channel_slug":"a"},"banned_user":{"user_id":5}}"#,
    r#"[{"msg_id":"1","sec_openid":"o","content":"hi","nickname":"n","timestamp":1700000000}]"#,
    r#"[{"id":"1_2","from":{"name":"L","id":"9"},"message":"hi","created_time":"2026-11-23T05:00:01+0000"}]"#,
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

fn facebook() -> Facebook {
    let spec = FacebookSpec {
        graph: String::new(),
        stream: String::new(),
        video: String::new(),
        token: Default::default(),
    };
    Facebook::new(spec)
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

/// A page of a stream as YouTube sends it, put together by hand.
fn page() -> Vec<u8> {
    let field = |number: u32, bytes: &[u8]| {
        let mut field = Vec::new();
        prost::encoding::encode_key(
            number,
            prost::encoding::WireType::LengthDelimited,
            &mut field,
        );
        prost::encoding::encode_varint(bytes.len() as u64, &mut field);
        field.extend_from_slice(bytes);
        field
    };
    let text = field(19, &field(1, b"hi"));
    let snippet = [field(4, b"2026-11-23T05:00:01Z"), text].concat();
    let author = [field(103, b"L"), field(10_101, b"U")].concat();
    let item = [field(101, b"a"), field(2, &snippet), field(3, &author)].concat();
    [field(1_007, &item), field(100_602, b"P2")].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn any_bytes_of_an_event_stream_are_cut_or_given_up(
        pieces in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..64),
                prop::sample::select(vec!["data: x", "data", ":", "\n", "\r\n", "\r", "\n\n", "id: 1", "\u{feff}"])
                    .prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..40,
        ),
    ) {
        let mut whole = EventStream::default();
        let mut cut = EventStream::default();
        let all = pieces.concat();
        let at_once = whole.take(&all);
        let bit_by_bit: Vec<_> = pieces.iter().flat_map(|piece| cut.take(piece)).collect();
        prop_assert_eq!(&at_once, &bit_by_bit);
        prop_assert!(at_once.len() <= all.len());
    }

    #[test]
    fn any_page_of_a_stream_is_read_or_counted(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = page();
        let untouched = changes.is_empty() && cut.is_none();
        for (at, new) in changes {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (came, malformed) = runtime.block_on(async {
            let (mut outlet, mut lines, status) = outlet(64);
            let _ = youtube::take_page(bytes.into(), At(0), &mut outlet).await;
            drop(outlet);
            let mut came = Vec::new();
            while let Some(incoming) = lines.recv().await {
                came.push(incoming);
            }
            let malformed = status.borrow().malformed;
            (came, malformed)
        });
        prop_assert!(came.len() + malformed as usize <= 8);
        if untouched {
            prop_assert!(matches!(&came[..], [Incoming::Line(line)] if line.text == "hi" && line.id.0 == "youtube:a"));
        }
        for incoming in came {
            if let Incoming::Line(line) = incoming {
                prop_assert!(!line.text.contains(char::is_control) && line.id.0.len() <= 700);
            }
        }
    }

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
            let _ = facebook().take(&text, &mut outlet).await;
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
        prop_assert!(came.len() <= 8);
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
