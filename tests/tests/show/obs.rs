//! Programs made for OBS Studio, as their registries have them, at the rehearsing demo show; and strangers at its door.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stallcast_tests::world::{Engine, EngineOptions, PATIENCE, Session, run_node, run_python};
use stallcast_wire::{ObsView, Request};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The demo, rehearsing, with a free port for clients.
fn demo() -> Engine {
    Engine::start(EngineOptions {
        arguments: ["--lang", "en", "--obs-port", "0"]
            .map(str::to_owned)
            .into(),
        ..EngineOptions::default()
    })
}

async fn asked(session: &mut Session, request: Request) -> ObsView {
    serde_json::from_value(session.request(request).await.unwrap()).unwrap()
}

/// Switched on, once the demo is on air.
async fn let_in(session: &mut Session) -> ObsView {
    let view = asked(session, Request::SetObs { on: true }).await;
    assert!(
        view.on && view.error.is_empty() && view.port != 0,
        "{view:?}"
    );
    session
        .until(PATIENCE, "pictures are encoded and can be saved", |s| {
            let status = s.status.as_ref()?;
            let runs = status.encoder()?.real_fps? > 0.0 && status.replay_s? > 2;
            runs.then_some(())
        })
        .await;
    view
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programs_that_people_have_work_with_the_demo() {
    let engine = demo();
    let mut session = engine.session().await;
    let closed = asked(&mut session, Request::Obs).await;
    assert!(!closed.on, "off until somebody wants it");
    let view = let_in(&mut session).await;

    // obs-websocket-js, over msgpack, in the order of Companion's module.
    let said = run_node("companion.mjs", view.port, &view.password);
    let said: Value = serde_json::from_str(said.trim()).unwrap();
    let replay = said["replay"].as_str().unwrap();
    assert!(std::fs::metadata(replay).unwrap().len() > 10_000);
    // The picture is the demo's, not a black one.
    let shot = said["shot"].as_str().unwrap().split_once(',').unwrap().1;
    let shot = image::load_from_memory(&decoded(shot))
        .unwrap()
        .into_luma8();
    assert_eq!(shot.width(), 320);
    let (low, high) = shot.pixels().fold((255, 0), |(low, high), pixel| {
        (u8::min(low, pixel.0[0]), u8::max(high, pixel.0[0]))
    });
    assert!(high - low > 60, "{low}..{high}");

    // obsws-python.
    assert_eq!(
        run_python("scripted.py", view.port, &view.password).trim(),
        "done"
    );

    // obws, which checks versions and reads every field it knows.
    let client = obws::Client::connect("127.0.0.1", view.port, Some(&view.password))
        .await
        .unwrap();
    let scenes = client.scenes().list().await.unwrap();
    assert_eq!(scenes.scenes.len(), 3);
    for scene in &scenes.scenes {
        let id = obws::requests::scenes::SceneId::Uuid(scene.id.uuid);
        client.scene_items().list(id).await.unwrap();
        client.scenes().set_current_program_scene(id).await.unwrap();
        let now = client.scenes().current_program_scene().await.unwrap();
        assert_eq!(now.id.name, scene.id.name);
    }
    for input in client.inputs().list(None).await.unwrap() {
        let id = obws::requests::inputs::InputId::Name(&input.id.name);
        if input.kind == "ffmpeg_source" {
            client.inputs().toggle_mute(id).await.unwrap();
            assert!(client.inputs().muted(id).await.unwrap());
            let volume = client.inputs().volume(id).await.unwrap();
            assert!((volume.db + 6.0).abs() < 0.01, "as Python left it");
        }
    }
    assert!(!client.streaming().status().await.unwrap().active);
    assert!(!client.recording().status().await.unwrap().active);
    assert!(client.replay_buffer().status().await.unwrap());
    for output in client.outputs().list().await.unwrap() {
        client.outputs().status(&output.name).await.unwrap();
    }
    client.transitions().list().await.unwrap();
    client.transitions().current().await.unwrap();
    client.general().stats().await.unwrap();
    client.inputs().specials().await.unwrap();

    // The studio saw all of it, and signed for it.
    session
        .until(PATIENCE, "the clip is muted", |s| {
            let show = s.show.as_ref()?;
            show.strips.values().any(|strip| strip.muted).then_some(())
        })
        .await;
    assert_eq!(asked(&mut session, Request::Obs).await.clients, 1);
    asked(&mut session, Request::SetObs { on: false }).await;
    assert!(client.general().version().await.is_err(), "sent away");
    assert!(TcpStream::connect(("127.0.0.1", view.port)).await.is_err());
}

/// Standard base64.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').collect();
    let groups = bytes.chunks(4).flat_map(|group| {
        let bits = group.iter().fold(0, |bits, byte| bits << 6 | value(*byte));
        let bits = bits << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    });
    groups.collect()
}

/// A socket, or the status it is refused with.
async fn open(port: u16, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    open_at(&format!("ws://127.0.0.1:{port}"), headers).await
}

async fn open_at(address: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    let mut request = address.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// With the greeting read.
async fn greeted(port: u16) -> Socket {
    let mut socket = open(port, &[]).await.unwrap();
    let hello = said(&mut socket).await;
    assert_eq!(hello["op"], 0);
    socket
}

async fn said(socket: &mut Socket) -> Value {
    let message = timeout(PATIENCE, socket.next()).await.unwrap();
    serde_json::from_str(message.unwrap().unwrap().to_text().unwrap()).unwrap()
}

async fn say(socket: &mut Socket, message: &Value) {
    let text = message.to_string();
    socket.send(Message::Text(text.into())).await.unwrap();
}

/// The code a connection is closed with; 0 = without one.
async fn closed(socket: &mut Socket) -> u16 {
    let close = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 0,
            }
        }
    };
    timeout(PATIENCE, close).await.expect("it is closed")
}

fn identify(proof: &str, version: u32) -> Value {
    json!({"op": 1, "d": {"rpcVersion": version, "authentication": proof, "eventSubscriptions": 0}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_get_no_further_than_the_door() {
    let engine = demo();
    let mut session = engine.session().await;
    let view = asked(&mut session, Request::SetObs { on: true }).await;
    let port = view.port;

    // Whoever says nothing is sent away in time; meanwhile the others.
    let mut silent = greeted(port).await;
    let ask = json!({"op": 6, "d": {"requestType": "GetVersion", "requestId": "1"}});
    for (first, code) in [
        (ask.clone(), 4007),
        (identify("wrong", 1), 4009),
        (json!({"op": 1, "d": {"rpcVersion": 1}}), 4009),
        (json!({"op": 42, "d": {}}), 4007),
        (json!({"d": {}}), 4006),
        (json!([1]), 4004),
        (json!({"op": 1}), 4003),
    ] {
        let mut socket = greeted(port).await;
        say(&mut socket, &first).await;
        assert_eq!(closed(&mut socket).await, code, "{first}");
    }
    for frame in [
        Message::Text("{".into()),
        Message::Binary(vec![0x80_u8].into()),
        Message::Text("[".repeat(50_000).into()),
    ] {
        let mut socket = greeted(port).await;
        socket.send(frame).await.unwrap();
        assert_eq!(closed(&mut socket).await, 4002);
    }
    // Larger than any message: cut off without being read.
    let mut socket = greeted(port).await;
    let huge = Message::Text("x".repeat(3 << 20).into());
    let _ = socket.send(huge).await;
    assert_ne!(closed(&mut socket).await, 4002);

    // A page under another name that points here; and one under its own, which needs the password as everybody.
    let rebound = open(port, &[("host", "evil.example:4455")]).await;
    assert_eq!(rebound.err(), Some(403));
    let mut page = open(port, &[("origin", "https://deck.example")])
        .await
        .unwrap();
    assert_eq!(said(&mut page).await["op"], 0);
    say(&mut page, &identify("wrong", 1)).await;
    assert_eq!(closed(&mut page).await, 4009);

    // More pages than there is place for them, and still place for a deck. The one before may be leaving yet.
    let mut pages = Vec::new();
    let refused = loop {
        match open(port, &[("origin", "https://deck.example")]).await {
            Ok(page) => pages.push(page),
            Err(refused) => break refused,
        }
        assert!(pages.len() <= 4);
    };
    assert_eq!(refused, 503);
    assert!(pages.len() >= 3);
    greeted(port).await;
    drop(pages);

    assert_eq!(closed(&mut silent).await, 4007);
    let mut known = known_to(&view).await;
    say(&mut known, &ask).await;
    assert_eq!(said(&mut known).await["d"]["requestStatus"]["code"], 100);
    say(&mut known, &identify("again", 1)).await;
    assert_eq!(closed(&mut known).await, 4008);

    // Wrong passwords are looked at ten times a minute.
    let mut codes = Vec::new();
    for _ in 0..12 {
        let mut socket = greeted(port).await;
        say(&mut socket, &identify("wrong", 1)).await;
        codes.push(closed(&mut socket).await);
    }
    assert!(codes.iter().all(|code| *code == 4009));
    let mut socket = greeted(port).await;
    let good = proof(&view, &said_hello(port).await.1);
    say(&mut socket, &identify(&good, 1)).await;
    assert_eq!(closed(&mut socket).await, 4009, "not even the right one");
}

/// A fresh socket with its greeting.
async fn said_hello(port: u16) -> (Socket, Value) {
    said_hello_at(&format!("ws://127.0.0.1:{port}")).await
}

async fn said_hello_at(address: &str) -> (Socket, Value) {
    let mut socket = open_at(address, &[]).await.unwrap();
    let hello = said(&mut socket).await;
    (socket, hello)
}

/// As OpenSSL proves it.
fn proof(view: &ObsView, hello: &Value) -> String {
    let own = &hello["d"]["authentication"];
    let text = |name: &str| own[name].as_str().unwrap();
    let script = "printf %s \"$1$2\" | openssl dgst -sha256 -binary | openssl base64 -A | { cat; printf %s \"$3\"; } | \
                  openssl dgst -sha256 -binary | openssl base64 -A";
    let out = std::process::Command::new("sh")
        .args([
            "-c",
            script,
            "sh",
            &view.password,
            text("salt"),
            text("challenge"),
        ])
        .output()
        .unwrap();
    String::from_utf8(out.stdout).unwrap()
}

/// A client that came in.
async fn known_to(view: &ObsView) -> Socket {
    let (mut socket, hello) = said_hello(view.port).await;
    say(&mut socket, &identify(&proof(view, &hello), 1)).await;
    assert_eq!(said(&mut socket).await["op"], 2);
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_read_costs_the_others_nothing_and_a_new_password_sends_all_away() {
    let engine = demo();
    let mut session = engine.session().await;
    let view = asked(&mut session, Request::SetObs { on: true }).await;
    // Asks for more than a socket holds and reads nothing of it.
    let mut deaf = known_to(&view).await;
    let ask = json!({"op": 6, "d": {"requestType": "GetVersion", "requestId": "1"}});
    let flood = async {
        loop {
            let text = ask.to_string();
            if deaf.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
    };
    let mut other = known_to(&view).await;
    let mut flood = std::pin::pin!(timeout(PATIENCE, flood));
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    let mut slowest = Duration::ZERO;
    let cut_off = loop {
        tokio::select! {
            cut_off = &mut flood => break cut_off,
            _ = beat.tick() => {
                let began = Instant::now();
                say(&mut other, &ask).await;
                assert_eq!(said(&mut other).await["op"], 7);
                slowest = slowest.max(began.elapsed());
            }
        }
    };
    assert!(cut_off.is_ok(), "whoever does not read is cut off");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // A version that nobody speaks.
    let (mut socket, hello) = said_hello(view.port).await;
    say(&mut socket, &identify(&proof(&view, &hello), 2)).await;
    assert_eq!(closed(&mut socket).await, 4010);

    let next = asked(&mut session, Request::NewObsPassword).await;
    assert_ne!(next.password, view.password);
    assert_eq!(closed(&mut other).await, 4011);
    let now = asked(&mut session, Request::Obs).await;
    let (mut socket, hello) = said_hello(now.port).await;
    say(&mut socket, &identify(&proof(&view, &hello), 1)).await;
    assert_eq!(closed(&mut socket).await, 4009, "the old one opens nothing");
    known_to(&now).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_another_program_has_is_told_of_and_tried_again() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let engine = Engine::start(EngineOptions {
        arguments: vec!["--empty".into(), "--obs-port".into(), port.to_string()],
        ..EngineOptions::default()
    });
    let mut session = engine.session().await;
    let view = asked(&mut session, Request::SetObs { on: true }).await;
    assert_eq!((view.on, view.error.as_str()), (true, "port_in_use"));
    session
        .until(PATIENCE, "it is said", |s| {
            s.notices
                .iter()
                .any(|it| it.key == "notice.obs_port")
                .then_some(())
        })
        .await;
    drop(taken);
    let there = async {
        loop {
            let view = asked(&mut session, Request::Obs).await;
            if view.error.is_empty() {
                return view;
            }
            session.play(Duration::from_millis(200)).await;
        }
    };
    let view = timeout(PATIENCE, there).await.expect("it is tried again");
    known_to(&view).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_computers_come_in_when_the_owner_wants_it_and_with_the_password() {
    let engine = Engine::start(EngineOptions {
        arguments: ["--empty", "--obs-port", "0"].map(str::to_owned).into(),
        ..EngineOptions::default()
    });
    let mut session = engine.session().await;
    let view = asked(&mut session, Request::SetObs { on: true }).await;
    assert!(!view.network && view.addresses.is_empty());
    // Another address of this machine, as another computer would call one: nobody listens there.
    let elsewhere = |view: &ObsView| format!("127.0.0.2:{}", view.port);
    assert!(TcpStream::connect(elsewhere(&view)).await.is_err());
    let mut before = known_to(&view).await;

    let view = asked(&mut session, Request::SetObsNetwork { on: true }).await;
    assert!(view.network && view.error.is_empty(), "{view:?}");
    assert_eq!(closed(&mut before).await, 4011, "it has to come again");
    known_to(&view).await;
    // What this machine is called by others, where it is in a network.
    let named = view.addresses.iter().cloned();
    for address in named.chain([format!("ws://{}", elsewhere(&view))]) {
        let (mut socket, hello) = said_hello_at(&address).await;
        say(&mut socket, &identify(&proof(&view, &hello), 1)).await;
        assert_eq!(said(&mut socket).await["op"], 2, "{address}");
        let (mut socket, _) = said_hello_at(&address).await;
        say(&mut socket, &json!({"op": 1, "d": {"rpcVersion": 1}})).await;
        assert_eq!(
            closed(&mut socket).await,
            4009,
            "never without the password"
        );
        let rebound = open_at(&address, &[("host", "evil.example:4455")]).await;
        assert_eq!(rebound.err(), Some(403));
    }
    if let Some(address) = view.addresses.first() {
        // By a name that is not the one it called.
        let host = format!("127.0.0.1:{}", view.port);
        let other = open_at(address, &[("host", &host)]).await;
        assert_eq!(other.err(), Some(403));
        // Its wrong passwords are its own, and so are its places.
        for _ in 0..12 {
            let (mut socket, _) = said_hello_at(address).await;
            say(&mut socket, &identify("wrong", 1)).await;
            assert_eq!(closed(&mut socket).await, 4009);
        }
        let (mut socket, hello) = said_hello_at(address).await;
        say(&mut socket, &identify(&proof(&view, &hello), 1)).await;
        assert_eq!(closed(&mut socket).await, 4009, "not even the right one");
        let mut idle = Vec::new();
        for _ in 0..24 {
            idle.push(TcpStream::connect(address.trim_start_matches("ws://")).await);
        }
        let mut deck = known_to(&view).await;
        let ask = json!({"op": 6, "d": {"requestType": "GetVersion", "requestId": "1"}});
        say(&mut deck, &ask).await;
        assert_eq!(said(&mut deck).await["d"]["requestStatus"]["code"], 100);
        drop(idle);
    }

    let view = asked(&mut session, Request::SetObsNetwork { on: false }).await;
    assert!(!view.network && view.addresses.is_empty());
    assert!(TcpStream::connect(elsewhere(&view)).await.is_err());
    known_to(&view).await;
}
