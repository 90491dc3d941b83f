//! The team's door: phones at one copy, the studio's connection at another, over a real nats-server. The studio is a stand-in
//! of a few routes here; the real one is in the whole-system tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message as Said, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, Request, Response, Uri};
use axum::routing::{any, get, post};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use support::{Copy, Nats, PATIENCE, Room, ask, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const BIG: usize = 24 << 20;

/// What the studio serves; `name` tells studios apart.
fn app(name: &'static str) -> Router {
    let seen = |uri: Uri, headers: HeaderMap| async move {
        let of = |name: &str| headers.get_all(name).iter().count();
        let forwarded = of("x-forwarded-for") + of("x-forwarded-host") + of("forwarded");
        let host = headers["host"].to_str().unwrap().to_owned();
        format!("{uri} {host} {forwarded}")
    };
    let upgrade = |upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(said)) = socket.recv().await {
                if matches!(said, Said::Text(_) | Said::Binary(_))
                    && socket.send(said).await.is_err()
                {
                    return;
                }
            }
        })
    };
    Router::new()
        .route("/", get(move || async move { name }))
        .route("/seen/{*rest}", any(seen))
        .route("/echo", post(|body: Bytes| async move { body }))
        .route("/big", get(|| async { vec![b'x'; BIG] }))
        .route("/cookie", get(|| async { [("set-cookie", "a=b")] }))
        .route("/ws", get(upgrade))
}

/// A studio that lets its team in; the code that it was sent away with once it is over.
async fn studio(copy: &Copy, room: &Room, name: &'static str) -> Result<JoinHandle<u16>, u16> {
    let url = format!("ws://127.0.0.1:{}/door/v1/{}", copy.port, room.id);
    let mut request = url.into_client_request().unwrap();
    let key = format!("Bearer {}", room.key).parse().unwrap();
    request.headers_mut().insert("authorization", key);
    let socket = match connect_async(request).await {
        Ok((socket, _)) => socket,
        Err(Error::Http(answer)) => return Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    };
    Ok(tokio::spawn(serve(socket, name)))
}

async fn serve(socket: WebSocketStream<MaybeTlsStream<TcpStream>>, name: &'static str) -> u16 {
    let (near, far) = duplex(64 * 1024);
    let (mut out, mut coming) = socket.split();
    let (mut read, mut write) = split(far);
    tokio::spawn(async move {
        let mut piece = vec![0; stallcast_hooks::DOOR_PIECE];
        while let Ok(length @ 1..) = read.read(&mut piece).await {
            let bytes = Bytes::copy_from_slice(&piece[..length]);
            if out.send(Message::Binary(bytes)).await.is_err() {
                return;
            }
        }
    });
    let welcome = service_fn(move |mut request: Request<Incoming>| async move {
        assert_eq!(request.method(), Method::CONNECT);
        let from = request.headers()[stallcast_hooks::FROM_HEADER].clone();
        let stream = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let from = from.to_str().unwrap().to_owned();
            let app = app(name).route("/from", get(|| async { from }));
            let stream = TokioIo::new(stream.await.unwrap());
            let serving = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
            let _ = serving.with_upgrades().await;
        });
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let serving = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(stallcast_hooks::DOOR_WINDOW)
        .serve_connection(TokioIo::new(near), welcome);
    tokio::spawn(serving);
    loop {
        match coming.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                if write.write_all(&bytes).await.is_err() {
                    return 0;
                }
            }
            Some(Ok(Message::Close(frame))) => return frame.map_or(0, |frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return 0,
        }
    }
}

async fn get_from(copy: &Copy, room: &Room, path: &str, more: &str) -> (u16, String) {
    let request = format!(
        "GET /team/{}{path} HTTP/1.1\r\nHost: relay.example\r\nConnection: close\r\n{more}\r\n",
        room.id
    );
    ask(copy.port, request.as_bytes()).await.expect("an answer")
}

/// The page comes once the studio is known everywhere.
async fn is_there(copy: &Copy, room: &Room, name: &str) {
    eventually("the studio is there", async || {
        get_from(copy, room, "/", "").await == (200, name.to_owned())
    })
    .await;
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn socket(copy: &Copy, room: &Room) -> Socket {
    let url = format!("ws://127.0.0.1:{}/team/{}/ws", copy.port, room.id);
    connect_async(url).await.unwrap().0
}

async fn echo(socket: &mut Socket, said: &str) -> bool {
    if socket.send(Message::text(said)).await.is_err() {
        return false;
    }
    let heard = timeout(PATIENCE, socket.next()).await.unwrap();
    matches!(heard, Some(Ok(Message::Text(heard))) if heard == said)
}

async fn is_over(socket: &mut Socket) {
    let reads = async { while let Some(Ok(_)) = socket.next().await {} };
    timeout(PATIENCE, reads).await.expect("it is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_phone_asks_reaches_the_studio_as_it_was_from_either_copy() {
    let nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("orchard");
    assert_eq!(
        get_from(&a, &room, "/", "").await,
        (503, r#"{"code":"away"}"#.into())
    );
    let (status, page) = get_from(&a, &room, "/", "Accept: text/html\r\n").await;
    assert!(
        status == 503 && page.contains("The studio is not connected") && page.contains("没有连上")
    );
    let _studio = studio(&b, &room, "orchard").await.unwrap();
    for copy in [&a, &b] {
        is_there(copy, &room, "orchard").await;
        let forged =
            "X-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 203.0.113.9\r\n";
        let seen = get_from(copy, &room, "/seen/a%2fb?c=%20d", forged).await;
        assert_eq!(seen, (200, "/seen/a%2fb?c=%20d relay.example 0".into()));
        let from = get_from(copy, &room, "/from", forged).await;
        assert_eq!(from, (200, "203.0.113.9".into()));
        let body = "0123456789abcdef".repeat(20_000);
        let request = format!(
            "POST /team/{}/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            room.id,
            body.len()
        );
        assert_eq!(ask(copy.port, request.as_bytes()).await, Some((200, body)));
        let head = format!(
            "GET /team/{}/cookie HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            room.id
        );
        let mut stream = TcpStream::connect(("127.0.0.1", copy.port)).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && !answer.contains("set-cookie"),
            "{answer}"
        );
        let mut socket = socket(copy, &room).await;
        for n in 0..500 {
            assert!(echo(&mut socket, &n.to_string()).await, "{n}");
        }
        assert!(echo(&mut socket, &"x".repeat(500_000)).await);
        let big = get_from(copy, &room, "/big", "X-Forwarded-For: 203.0.113.77\r\n").await;
        assert!(
            big.0 == 200 && big.1.len() == BIG,
            "{} {}",
            big.0,
            big.1.len()
        );
    }
    assert_eq!(get_from(&a, &nats.room("other"), "/", "").await.0, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_reads_nothing_holds_up_nobody_and_fills_nothing() {
    let nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("orchard");
    let _studio = studio(&b, &room, "orchard").await.unwrap();
    is_there(&a, &room, "orchard").await;
    let mut quick = socket(&a, &room).await;
    let before = (a.resident(), b.resident());
    let mut deaf = Vec::new();
    for n in 0..60 {
        let mut stream = TcpStream::connect(("127.0.0.1", a.port)).await.unwrap();
        let head = format!(
            "GET /team/{}/big HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.{n}\r\n\r\n",
            room.id
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        deaf.push(stream);
    }
    let mut longest = Duration::ZERO;
    for n in 0..300 {
        let began = Instant::now();
        assert!(echo(&mut quick, &n.to_string()).await);
        longest = longest.max(began.elapsed());
    }
    let grown = [
        a.resident().saturating_sub(before.0) >> 20,
        b.resident().saturating_sub(before.1) >> 20,
    ];
    println!(
        "beside 60 phones that read nothing: longest round trip {longest:?}; copies grew by {grown:?} MB"
    );
    assert!(longest < Duration::from_secs(3), "{longest:?}");
    assert!(grown.iter().all(|more| *more < 100), "{grown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_copies_and_a_killed_store_end_streams_and_new_ones_come() {
    let mut nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("orchard");
    let first = studio(&b, &room, "first").await.unwrap();
    is_there(&a, &room, "first").await;
    let mut phone = socket(&a, &room).await;
    assert!(echo(&mut phone, "1").await);
    // The studio's copy: the phone's stream ends, and the studio comes to the one that is left.
    b.kill();
    assert_eq!(first.await.unwrap(), 0);
    is_over(&mut phone).await;
    let second = studio(&a, &room, "second").await.unwrap();
    is_there(&a, &room, "second").await;
    let mut phone = socket(&a, &room).await;
    assert!(echo(&mut phone, "2").await);
    nats.kill();
    assert_eq!(second.await.unwrap(), 1013);
    is_over(&mut phone).await;
    nats.go().await;
    a.is_well().await;
    let _third = studio(&a, &room, "third").await.unwrap();
    is_there(&a, &room, "third").await;
    let c = Copy::start(&nats).await;
    is_there(&c, &room, "third").await;
    // The phone's copy.
    let mut phone = socket(&c, &room).await;
    assert!(echo(&mut phone, "3").await);
    c.kill();
    is_over(&mut phone).await;
    is_there(&a, &room, "third").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_studio_has_the_room_and_another_key_ends_it() {
    let nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("orchard");
    let wrong = Room {
        key: "wrong".into(),
        ..room.clone()
    };
    assert_eq!(studio(&a, &wrong, "x").await.err(), Some(401));
    let first = studio(&a, &room, "first").await.unwrap();
    is_there(&b, &room, "first").await;
    // Webhooks go by another connection.
    let mut hooks = a.studio(&room).await.unwrap();
    let second = studio(&b, &room, "second").await.unwrap();
    assert_eq!(first.await.unwrap(), 4001);
    is_there(&a, &room, "second").await;
    assert_eq!(a.chat(&room, "x").await, 200);
    assert_eq!(hooks.take().await, "x");
    let mut phone = socket(&a, &room).await;
    assert!(echo(&mut phone, "1").await);
    let renewed = Room::printed(&nats.operator(&["renew", &room.id]).unwrap());
    assert_eq!(second.await.unwrap(), 4002);
    is_over(&mut phone).await;
    assert_eq!(studio(&a, &room, "x").await.err(), Some(401));
    let _third = studio(&a, &renewed, "third").await.unwrap();
    is_there(&b, &room, "third").await;
    nats.operator(&["remove", &room.id]).unwrap();
    eventually("the room is gone", async || {
        get_from(&b, &room, "/", "").await.0 == 404
    })
    .await;
}
