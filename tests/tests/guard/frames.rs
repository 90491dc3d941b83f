//! Frames that are too large, broken or mean nothing, from somebody who is let in: answered by a code or hung up on.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use stallcast_show::Role;
use stallcast_tests::world::PATIENCE;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::door::{Doors, Raw, codes, greeted};

/// What became of a frame.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Refused(String),
    Done,
    HungUp,
}

/// Reads on until an answer with the number 0 or 77 comes, or the end. What is no answer to anything is followed by a
/// request that is answered, so that nobody waits for nothing.
async fn fate(socket: &mut Raw) -> Fate {
    let after = r#"{"type":"request","id":99,"request":{"ask":"devices_of_nobody"}}"#;
    if socket.send(Message::text(after)).await.is_err() {
        return Fate::HungUp;
    }
    let reads = async {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] != "result" {
                continue;
            }
            return match message["error"]["code"].as_str() {
                Some(code) => Fate::Refused(code.to_owned()),
                None => Fate::Done,
            };
        }
        Fate::HungUp
    };
    timeout(PATIENCE, reads)
        .await
        .expect("an answer or the end")
}

fn text(bytes: &[u8]) -> Message {
    let kind = OpCode::Data(Data::Text);
    Message::Frame(Frame::message(bytes.to_vec(), kind, true))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_refused_by_a_code_or_ends_the_connection() {
    let mut doors = Doors::open().await;
    let token = doors.member(Role::Lead).await;
    let codes = codes();
    let deep = |open: &str, n: usize| open.repeat(n);
    let command = |body: &str| format!(r#"{{"type":"command","id":77,"command":{body}}}"#);
    let long = "长".repeat(50_000);
    let huge = "9".repeat(5_000);
    let refused: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"hello\"".to_vec(),
        b"{\"type\":\"nothing\"}".to_vec(),
        deep("[", 100_000).into_bytes(),
        deep("{\"a\":", 40_000).into_bytes(),
        command(&deep("{\"do\":", 30_000)).into_bytes(),
        command("{}").into_bytes(),
        command(r#"{"do":"end_everything"}"#).into_bytes(),
        command(r#"{"do":"rename"}"#).into_bytes(),
        command(r#"{"do":"rename","name":1}"#).into_bytes(),
        command(r#"{"do":"rename","name":"\ud800"}"#).into_bytes(),
        command(&format!(r#"{{"do":"rename","name":"{long}"}}"#)).into_bytes(),
        command(r#"{"do":"set_stock","product":"x","left":-1}"#).into_bytes(),
        command(r#"{"do":"set_stock","product":"x","left":1e999}"#).into_bytes(),
        command(r#"{"do":"set_stock","product":"x","left":4294967296}"#).into_bytes(),
        command(&format!(r#"{{"do":"count_goal","done":{huge}}}"#)).into_bytes(),
        command(r#"{"do":"adjust_stock","product":"x","by":-2147483649}"#).into_bytes(),
        command(r#"{"do":"start_panic","minutes":0.5}"#).into_bytes(),
        command(r#"{"do":"start_panic","minutes":NaN}"#).into_bytes(),
        b"{\"type\":\"command\",\"id\":4294967296,\"command\":{\"do\":\"unpin_question\"}}"
            .to_vec(),
        b"{\"type\":\"request\",\"id\":77,\"request\":{\"ask\":\"products\",\"count\":-1}}"
            .to_vec(),
        b"{\"type\":\"command\",\"id\":77,\"once\":\"\",\"command\":{\"do\":\"unpin_question\"}}"
            .to_vec(),
    ];
    let ways = [
        (doors.engine.port(), doors.engine.token().to_owned()),
        (doors.port, token),
    ];
    let mut counts = [0; 2];
    for (port, token) in &ways {
        let mut socket = greeted(*port, "/api/ws", token).await;
        for bytes in &refused {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(90)]).into_owned();
            socket.send(text(bytes)).await.unwrap();
            let Fate::Refused(code) = fate(&mut socket).await else {
                panic!("{shown} was not refused");
            };
            assert!(codes.contains(&code), "{shown}: {code}");
            // The one that was sent behind it is answered, too.
            assert_eq!(
                answer(&mut socket).await.as_deref(),
                Some("malformed"),
                "{shown}"
            );
            counts[0] += 1;
        }
        drop(socket);
        let bit = |opcode: OpCode, bytes: &[u8], last| {
            Message::Frame(Frame::message(bytes.to_vec(), opcode, last))
        };
        let ends: Vec<(&str, Vec<Message>)> =
            vec![
                ("no UTF-8", vec![text(b"\xff\xfe{}")]),
                ("half a letter", vec![text(b"{\"type\":\"\xe9\x95\"}")]),
                (
                    "longer than any message",
                    vec![text(&vec![b'x'; (4 << 20) + 1])],
                ),
                (
                    "longer in pieces",
                    std::iter::once(bit(OpCode::Data(Data::Text), b"x", false))
                        .chain((0..80).map(|_| {
                            bit(OpCode::Data(Data::Continue), &vec![b'x'; 64 << 10], false)
                        }))
                        .collect(),
                ),
                (
                    "a piece of nothing",
                    vec![bit(OpCode::Data(Data::Continue), b"x", true)],
                ),
                (
                    "another beginning inside",
                    vec![
                        bit(OpCode::Data(Data::Text), b"{", false),
                        bit(OpCode::Data(Data::Text), b"}", true),
                    ],
                ),
                (
                    "a kind that is kept free",
                    vec![bit(OpCode::Data(Data::Reserved(5)), b"x", true)],
                ),
            ];
        for (name, frames) in ends {
            let mut socket = greeted(*port, "/api/ws", token).await;
            for frame in frames {
                // It may have hung up by now.
                if socket.send(frame).await.is_err() {
                    break;
                }
            }
            let closed = async {
                while let Some(Ok(message)) = socket.next().await {
                    assert!(
                        !message.to_string().contains("\"outcome\":\"ok\""),
                        "{name}"
                    );
                }
            };
            timeout(PATIENCE, closed)
                .await
                .unwrap_or_else(|_| panic!("{name} goes on"));
            counts[1] += 1;
        }
        // Bytes that are no frames at all, a mask that is missing, an end of impossible length, a ping in pieces, and one that
        // is too long.
        let mut long_ping = vec![0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0];
        long_ping.extend([b'x'; 126]);
        for bytes in [
            vec![0xff; 64],
            vec![0x81, 0x02, b'{', b'}'],
            vec![
                0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ],
            vec![0x09, 0x81, 0, 0, 0, 0, b'x'],
            long_ping,
        ] {
            let mut socket = greeted(*port, "/api/ws", token).await;
            let MaybeTlsStream::Plain(stream) = socket.get_mut() else {
                panic!("loopback is plain");
            };
            stream.write_all(&bytes).await.unwrap();
            let closed = async { while let Some(Ok(_)) = socket.next().await {} };
            timeout(PATIENCE, closed).await.expect("it hangs up");
            counts[1] += 1;
        }
        // What is no text is passed over, and the page goes on.
        let mut socket = greeted(*port, "/api/ws", token).await;
        for frame in [
            Message::binary(vec![0xff; 1000]),
            Message::Ping(vec![1; 125].into()),
        ] {
            socket.send(frame).await.unwrap();
            assert_eq!(fate(&mut socket).await, Fate::Refused("malformed".into()));
        }
    }
    println!(
        "{} frames refused by a code, {} ended their connection",
        counts[0], counts[1]
    );
    doors.is_well().await;
}

/// The code of the next answer.
async fn answer(socket: &mut Raw) -> Option<String> {
    let reads = async {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == "result" {
                return message["error"]["code"].as_str().map(str::to_owned);
            }
        }
        None
    };
    timeout(PATIENCE, reads).await.expect("an answer")
}
