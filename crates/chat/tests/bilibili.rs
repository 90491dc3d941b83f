//! Bilibili's open platform against a fake of it: packets and answers as its documents and clients in use have them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write;
use std::time::Duration;

use futures_util::SinkExt;
use stallcast_chat::{
    Act, ActOutcome, BilibiliSpec, ChatErrorCode, Connector, ConnectorSpec, ConnectorState,
    Incoming, Secret,
};
use support::fake::{Fake, Line, Visit, hear, pass};
use support::{PATIENCE, next_line, until, wall_clock};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

fn start(fake: &Fake) -> (Connector, mpsc::Receiver<Incoming>) {
    let spec = ConnectorSpec::Bilibili(BilibiliSpec {
        server: fake.http_address(),
        app: 1_650_000_000_000,
        key_id: "key-id".into(),
        key_secret: Secret::new("key-secret"),
        code: Secret::new("ANCHORCODE"),
    });
    let shown = format!("{spec:?}");
    assert!(
        !shown.contains("secret") && !shown.contains("ANCHOR"),
        "{shown}"
    );
    let (sink, lines) = mpsc::channel(64);
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

fn packet(version: u16, operation: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend_from_slice(&16_u16.to_be_bytes());
    packet.extend_from_slice(&version.to_be_bytes());
    packet.extend_from_slice(&operation.to_be_bytes());
    packet.extend_from_slice(&0_u32.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

fn comment(id: &str, text: &str) -> Vec<u8> {
    let body = serde_json::json!({ "cmd": "LIVE_OPEN_PLATFORM_DM", "data": {
        "room_id": 1, "open_id": "39b8fedb-60a5", "uname": "小李", "msg": text, "msg_id": id,
        "timestamp": 1_700_000_000, "guard_level": 0, "dm_type": 0, "uface": "https://i0.hdslb.com/x.jpg",
        "fans_medal_wearing_status": true, "fans_medal_name": "x", "fans_medal_level": 10, "emoji_img_url": "",
    }});
    packet(0, 5, body.to_string().as_bytes())
}

fn started(fake: &Fake) -> String {
    serde_json::json!({ "code": 0, "message": "0", "request_id": "r", "data": {
        "game_info": { "game_id": "game-1" },
        "websocket_info": {
            "auth_body": "{\"roomid\":1,\"protover\":2,\"uid\":7,\"key\":\"k\",\"group\":\"open\"}",
            "wss_link": [format!("{}/sub", fake.socket_address())],
        },
        "anchor_info": { "room_id": 1, "uname": "a", "uface": "", "uid": 7, "open_id": "o" },
    }})
    .to_string()
}

async fn begin(fake: &Fake) {
    let visit = fake.http("POST /v2/app/start ").await;
    assert_eq!(visit.json()["code"], "ANCHORCODE");
    assert_eq!(visit.json()["app_id"], 1_650_000_000_000_u64);
    assert_eq!(visit.header("x-bili-accesskeyid"), "key-id");
    assert_eq!(visit.header("x-bili-signature-method"), "HMAC-SHA256");
    assert_eq!(visit.header("authorization").len(), 64);
    assert!(!visit.head.contains("key-secret") && !visit.body.contains("key-secret"));
    visit.answer(200, &started(fake)).await;
}

async fn binary(line: &mut Line) -> Vec<u8> {
    match hear(line).await {
        Message::Binary(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

async fn let_in(fake: &Fake) -> Line {
    let mut line = fake.socket("/sub").await;
    let auth = binary(&mut line).await;
    assert_eq!(auth[4..16], [0, 16, 0, 1, 0, 0, 0, 7, 0, 0, 0, 1]);
    assert!(auth[16..].starts_with(br#"{"roomid":1"#));
    tell(&mut line, packet(0, 8, br#"{"code":0}"#)).await;
    line
}

async fn tell(line: &mut Line, frame: Vec<u8>) {
    line.send(Message::binary(frame)).await.unwrap();
}

async fn done(visit: Visit) {
    visit
        .answer(200, r#"{"code":0,"message":"0","data":{}}"#)
        .await;
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 4_096, 5, 20)
        .write_all(bytes)
        .unwrap();
    packed
}

#[tokio::test]
async fn a_session_is_begun_signed_read_in_every_packing_and_ended() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    begin(&fake).await;
    let mut line = let_in(&fake).await;
    until(&mut connector.status(), "live", |s| {
        s.state == ConnectorState::Live
    })
    .await;

    let two = [comment("1", "多少钱"), comment("2", "包邮吗")].concat();
    tell(&mut line, packet(2, 5, &zlib(&two))).await;
    tell(&mut line, packet(3, 5, &brotli(&comment("3", "[花]")))).await;
    tell(&mut line, [comment("1", "多少钱"), vec![0; 7]].concat()).await;
    tell(&mut line, packet(0, 5, b"{\"cmd\":1}")).await;
    let paid = r#"{"cmd":"LIVE_OPEN_PLATFORM_SUPER_CHAT","data":{"uname":"b","open_id":"o","message_id":9,"message":"3号还有吗","rmb":30,"timestamp":1700000001,"msg_id":"m"}}"#;
    tell(&mut line, packet(0, 5, paid.as_bytes())).await;
    let taken =
        r#"{"cmd":"LIVE_OPEN_PLATFORM_SUPER_CHAT_DEL","data":{"message_ids":[9],"msg_id":"m2"}}"#;
    tell(&mut line, packet(0, 5, taken.as_bytes())).await;
    let mut read = Vec::new();
    for _ in 0..4 {
        let line = next_line(&mut lines).await;
        read.push(format!("{} {} {}", line.id, line.author, line.text));
    }
    let wanted = [
        "bilibili:1 小李 多少钱",
        "bilibili:2 小李 包邮吗",
        "bilibili:3 小李 [花]",
        "bilibili:sc-9 b 3号还有吗",
    ];
    assert_eq!(read, wanted);
    let gone = timeout(PATIENCE, lines.recv()).await.unwrap().unwrap();
    assert_eq!(gone, Incoming::Removed(vec!["bilibili:sc-9".into()]));
    let status = connector.status().borrow().clone();
    assert_eq!((status.lines, status.malformed), (4, 2));

    // Both kinds of heartbeat come in their time.
    pass(Duration::from_secs(21)).await;
    let visit = fake.http("POST /v2/app/heartbeat ").await;
    assert_eq!(visit.json(), serde_json::json!({ "game_id": "game-1" }));
    done(visit).await;
    pass(Duration::from_secs(10)).await;
    let beat = binary(&mut line).await;
    assert_eq!(beat[6..16], [0, 1, 0, 0, 0, 2, 0, 0, 0, 2]);

    let reply = Act::Reply {
        text: "x".into(),
        to: None,
    };
    assert_eq!(connector.act(reply).await, ActOutcome::NotSupported);
    tokio::join!(connector.stop(), async {
        let visit = fake.http("POST /v2/app/end ").await;
        assert_eq!(visit.json()["game_id"], "game-1");
        done(visit).await;
    });
}

#[tokio::test]
async fn a_broken_socket_keeps_the_session_and_a_session_that_is_over_is_begun_anew() {
    let fake = Fake::listen().await;
    let (connector, mut lines) = start(&fake);
    begin(&fake).await;
    let line = let_in(&fake).await;
    drop(line);
    // No second start: the next visitor opens a socket.
    let mut line = let_in(&fake).await;
    tell(&mut line, comment("1", "hi")).await;
    assert_eq!(next_line(&mut lines).await.text, "hi");

    let over =
        r#"{"cmd":"LIVE_OPEN_PLATFORM_INTERACTION_END","data":{"game_id":"game-1","timestamp":1}}"#;
    tell(&mut line, packet(0, 5, over.as_bytes())).await;
    let visit = fake.http("POST /v2/app/end ").await;
    visit
        .answer(200, r#"{"code":7000,"message":"不在游戏内"}"#)
        .await;
    begin(&fake).await;
    // A token that the socket does not take ends the session, too.
    let mut line = fake.socket("/sub").await;
    binary(&mut line).await;
    tell(&mut line, packet(0, 8, br#"{"code":-101}"#)).await;
    done(fake.http("POST /v2/app/end ").await).await;
    begin(&fake).await;
    let seen = connector.status().borrow().last_error;
    assert_eq!(seen, Some(ChatErrorCode::LoginRefused));
    let line = let_in(&fake).await;
    drop((line, lines));
    tokio::join!(connector.stop(), async {
        done(fake.http("POST /v2/app/end ").await).await;
    });
}

#[tokio::test]
async fn a_wrong_key_or_code_stops_it_and_a_cool_down_makes_it_wait() {
    for (code, said) in [
        (4002, ChatErrorCode::TokenRefused),
        (7007, ChatErrorCode::LoginRefused),
        (8002, ChatErrorCode::NotAllowed),
    ] {
        let fake = Fake::listen().await;
        let (connector, _lines) = start(&fake);
        let visit = fake.http("POST /v2/app/start ").await;
        let body = format!(r#"{{"code":{code},"message":"no","request_id":"r"}}"#);
        visit.answer(200, &body).await;
        let failed = until(&mut connector.status(), "failed", |s| {
            s.state == ConnectorState::Failed
        })
        .await;
        assert_eq!(failed.last_error, Some(said));
    }
    let fake = Fake::listen().await;
    let (connector, _lines) = start(&fake);
    let visit = fake.http("POST /v2/app/start ").await;
    visit
        .answer(200, r#"{"code":7001,"message":"cooling","data":null}"#)
        .await;
    let waits = until(&mut connector.status(), "waits", |s| {
        matches!(
            s.state,
            ConnectorState::Retrying {
                next_in_ms: 20_000,
                ..
            }
        )
    })
    .await;
    assert_eq!(waits.last_error, Some(ChatErrorCode::TooMany));
}
