//! The generic WebSocket against a real server: good lines, bad frames, repeats, restarts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use futures_util::{SinkExt, StreamExt};
use stallcast_chat::{ChatErrorCode, Connector, ConnectorSpec, ConnectorState};
use support::{PATIENCE, next_line, until, wall_clock};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = timeout(PATIENCE, listener.accept())
        .await
        .expect("a client comes")
        .unwrap();
    tokio_tungstenite::accept_async(stream).await.unwrap()
}

async fn listen() -> (TcpListener, ConnectorSpec) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/feed?token=secret", listener.local_addr().unwrap());
    (listener, ConnectorSpec::GenericWebSocket { url })
}

#[tokio::test]
async fn good_lines_pass_bad_frames_are_counted_and_the_connection_stays() {
    let (listener, spec) = listen().await;
    let (sink, mut lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec, sink, wall_clock());
    let mut socket = accept(&listener).await;
    for frame in [
        Message::text(r#"{"id":"1","author":"小李","text":"多少钱","platform":"kick"}"#),
        Message::text("not json"),
        Message::text(r#"{"author":"x"}"#),
        Message::text(""),
        Message::binary(vec![0xff, 0xfe, 0x00]),
        Message::text("[1,2]"),
        Message::text(
            "{\"author\":\"a\",\"text\":\"one\"}\n{broken\n{\"author\":\"b\",\"text\":\"two\"}",
        ),
        Message::Ping(vec![1].into()),
        Message::binary(br#"[{"author":"c","text":"three"}]"#.to_vec()),
    ] {
        socket.send(frame).await.unwrap();
    }
    let first = next_line(&mut lines).await;
    assert_eq!(
        (first.id.as_str(), first.platform.as_str(), first.question),
        ("kick:1", "kick", true)
    );
    let mut rest = Vec::new();
    for _ in 0..3 {
        let line = next_line(&mut lines).await;
        rest.push(format!("{}@{}:{}", line.author, line.platform, line.text));
    }
    assert_eq!(rest, ["a@web:one", "b@web:two", "c@web:three"]);
    let status = connector.status().borrow().clone();
    assert_eq!((status.malformed, status.lines, status.dropped), (7, 4, 0));
    assert_eq!(status.state, ConnectorState::Live);
    let pong = timeout(PATIENCE, socket.next()).await.unwrap().unwrap();
    assert!(matches!(pong, Ok(Message::Pong(_))), "{pong:?}");
    connector.stop().await;
}

#[tokio::test]
async fn after_a_break_it_comes_back_and_repeated_ids_are_skipped() {
    let (listener, spec) = listen().await;
    let (sink, mut lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec, sink, wall_clock());
    let mut status = connector.status();
    let said = |id: u32| Message::text(format!(r#"{{"id":{id},"author":"a","text":"line {id}"}}"#));

    // Cut in the middle of a frame.
    let mut socket = accept(&listener).await;
    socket.send(said(1)).await.unwrap();
    assert_eq!(next_line(&mut lines).await.text, "line 1");
    socket
        .get_mut()
        .write_all(&[0x81, 120, b'{'])
        .await
        .unwrap();
    drop(socket);

    // Too large a frame ends the connection rather than filling memory.
    let mut socket = accept(&listener).await;
    socket.send(said(1)).await.unwrap();
    socket.send(said(2)).await.unwrap();
    assert_eq!(next_line(&mut lines).await.text, "line 2");
    let _ = socket.send(Message::text("x".repeat(200_000))).await;
    until(&mut status, "protocol", |s| {
        s.last_error == Some(ChatErrorCode::Protocol)
    })
    .await;

    // An HTTP server that is not a WebSocket, then a proper close.
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    stream
        .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    until(&mut status, "refused", |s| {
        s.last_error == Some(ChatErrorCode::HandshakeRefused)
    })
    .await;
    drop(stream);

    let mut socket = accept(&listener).await;
    socket.send(said(3)).await.unwrap();
    assert_eq!(next_line(&mut lines).await.text, "line 3");
    until(&mut status, "live", |s| s.state == ConnectorState::Live).await;
    connector.stop().await;
    assert_eq!(status.borrow().state, ConnectorState::Stopped);
}

#[tokio::test]
async fn an_address_that_is_no_websocket_fails_at_once_and_is_not_shown_whole() {
    for url in [
        "http://127.0.0.1:1/x?token=secret",
        "",
        "ws://",
        "127.0.0.1",
    ] {
        let (sink, _lines) = mpsc::channel(1);
        let spec = ConnectorSpec::GenericWebSocket { url: url.into() };
        assert!(!format!("{spec:?}").contains("secret"));
        let connector = Connector::spawn(spec, sink, wall_clock());
        let failed = until(&mut connector.status(), "failed", |s| {
            s.state == ConnectorState::Failed
        })
        .await;
        assert_eq!(failed.last_error, Some(ChatErrorCode::InvalidUrl), "{url}");
    }
}
