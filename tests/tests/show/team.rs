//! The team at its door, over real sockets: who comes in, who does not, and what each may do.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stallcast_show::{Command, Role};
use stallcast_tests::world::{Engine, EngineOptions, PATIENCE, Session, http};
use stallcast_wire::{
    ClientMessage, ErrorCode, InviteMade, Request, TeamSettings, TeamView, WireError,
};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1";

/// The demo with the team's door on this machine alone; the owner's session and the door's port.
async fn open() -> (Engine, Session, u16) {
    let engine = Engine::start(EngineOptions {
        arguments: ["--lang", "en"].map(str::to_owned).into(),
        ..EngineOptions::default()
    });
    let mut owner = engine.session().await;
    let closed = team(&mut owner, |team| Some(team.clone())).await;
    assert!(!closed.settings.on && closed.port.is_none(), "off at first");
    let port = switch(&mut owner, true).await.expect("it listens");
    (engine, owner, port)
}

pub(super) async fn switch(owner: &mut Session, on: bool) -> Option<u16> {
    let settings = TeamSettings {
        on,
        bind: "127.0.0.1".into(),
        ..TeamSettings::default()
    };
    owner.request(Request::SetTeam { settings }).await.unwrap();
    team(owner, |team| {
        let is_done = team.settings.on == on && team.port.is_some() == on;
        is_done.then_some(team.port)
    })
    .await
}

pub(super) async fn team<T>(owner: &mut Session, found: impl Fn(&TeamView) -> Option<T>) -> T {
    let seen = |session: &Session| found(session.team.as_ref()?);
    owner.until(PATIENCE, "the team", seen).await
}

async fn invite(owner: &mut Session, name: &str, role: Role, needs_yes: bool) -> String {
    let request = Request::Invite {
        name: name.into(),
        role,
        needs_yes,
        minutes: 10,
    };
    let made: InviteMade = serde_json::from_value(owner.request(request).await.unwrap()).unwrap();
    made.links[0]
        .url
        .split_once("/#join=")
        .unwrap()
        .1
        .to_owned()
}

/// Status and body of a call as a phone's page makes it.
fn post(port: u16, path: &str, secret: &str) -> (u16, Value) {
    let body = json!({ "secret": secret }).to_string();
    let headers = [("Content-Type", "application/json"), ("User-Agent", AGENT)];
    let answer = http(port, "POST", path, &headers, body.as_bytes()).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

fn join(port: u16, secret: &str) -> String {
    let (status, answer) = post(port, "/api/team/join", secret);
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

pub(super) async fn member(
    owner: &mut Session,
    port: u16,
    name: &str,
    role: Role,
) -> (Session, String) {
    let token = join(port, &invite(owner, name, role, false).await);
    (Session::open(port, &token).await, token)
}

pub(super) fn code(refused: Result<impl std::fmt::Debug, Box<WireError>>) -> ErrorCode {
    refused.unwrap_err().code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_do_what_their_role_allows_under_their_name_until_they_are_revoked() {
    let (mut engine, mut owner, port) = open().await;
    let shown = |it: &Session| Some((it.show.clone()?, it.catalogue.clone()?));
    let (show, catalogue) = owner.until(PATIENCE, "the show", shown).await;
    let product = show.rundown[1].product.clone();
    let was = catalogue.products.into_iter().find(|it| it.id == product);
    let mut dearer = was.clone().unwrap();
    dearer.cost = Some(dearer.offer.live_price.clone());
    let dearer = Command::PutProduct {
        product: Box::new(dearer),
        was: was.map(Box::new),
    };
    owner.command(dearer).await.unwrap();
    let left = 50;
    let stock = Command::SetStock {
        product: product.clone(),
        left: Some(left),
    };
    owner.command(stock).await.unwrap();
    let name = "<b>Li</b>";
    let secret = invite(&mut owner, name, Role::Producer, true).await;
    let (status, seen) = post(port, "/api/team/invite", &secret);
    assert_eq!(
        (status, &seen["name"], &seen["role"]),
        (200, &json!(name), &json!("producer"))
    );
    let token = join(port, &secret);
    assert_eq!(
        post(port, "/api/team/join", &secret).1["code"],
        "invite_used"
    );
    assert_eq!(
        code(Session::try_open(port, &token).await),
        ErrorCode::AwaitsYes
    );
    let id = team(&mut owner, |team| {
        let it = team.members.first()?;
        assert_eq!((it.device.as_str(), it.waiting), ("iPhone · Safari", true));
        Some(it.id.clone())
    })
    .await;
    owner
        .request(Request::AdmitMember { member: id.clone() })
        .await
        .unwrap();
    let mut producer = Session::open(port, &token).await;
    assert_eq!(producer.role, Role::Producer);
    let (mut moderator, _) = member(&mut owner, port, "Wang", Role::Moderator).await;
    let (mut viewer, _) = member(&mut owner, port, "Zhao", Role::Viewer).await;

    let (show, catalogue) = producer.until(PATIENCE, "the show", shown).await;
    assert!(catalogue.products.iter().any(|it| it.cost.is_some()));
    for below in [&mut moderator, &mut viewer] {
        let (show, catalogue) = below.until(PATIENCE, "the show", shown).await;
        assert!(catalogue.products.iter().all(|it| it.cost.is_none()));
        let told = serde_json::to_string(&show).unwrap();
        assert!(!told.contains(engine.data().to_str().unwrap()), "no paths");
        let put = Command::PutOnAir {
            product: product.clone(),
        };
        assert_eq!(code(below.command(put).await), ErrorCode::Forbidden);
        let invites = Request::Invite {
            name: "x".into(),
            role: Role::Lead,
            needs_yes: false,
            minutes: 10,
        };
        assert_eq!(code(below.request(invites).await), ErrorCode::Forbidden);
        assert!(below.team.is_none(), "who is there is the owner's");
    }
    assert_eq!(
        code(viewer.command(Command::UnpinQuestion).await),
        ErrorCode::Forbidden
    );
    moderator.command(Command::UnpinQuestion).await.unwrap();

    // Sent again because the answer was lost: done once, answered alike; two at once: the second hears who was first.
    let one_less = Command::AdjustStock {
        product: product.clone(),
        by: -1,
    };
    let first = producer
        .command_as(one_less.clone(), Some("n1"), None)
        .await
        .unwrap();
    drop(producer);
    let mut producer = Session::open(port, &token).await;
    let again = producer
        .command_as(one_less, Some("n1"), None)
        .await
        .unwrap();
    assert_eq!(first, again);
    let took = |it: &Session| (it.show.as_ref()?.stock[&product] == left - 1).then_some(());
    owner.until(PATIENCE, "one less", took).await;
    let (mut other, _) = member(&mut owner, port, "Chen", Role::Lead).await;
    let seen = other
        .until(PATIENCE, "the show", |it| Some(it.show.as_ref()?.seq))
        .await;
    let put = |of: usize| Command::PutOnAir {
        product: show.rundown[of].product.clone(),
    };
    producer.command_as(put(2), None, Some(seen)).await.unwrap();
    let refused = other
        .command_as(put(3), None, Some(seen))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.params["by"].as_str()),
        (ErrorCode::WasFirst, name)
    );
    other.command(put(3)).await.unwrap();

    // Over a restart a device is known; revoked, it is out at once, here and everywhere.
    engine.restart();
    let mut owner = engine.session().await;
    let port = team(&mut owner, |team| team.port).await;
    let mut producer = Session::open(port, &token).await;
    owner
        .request(Request::RevokeMember { member: id })
        .await
        .unwrap();
    let out = async { while producer.step().await {} };
    timeout(Duration::from_secs(5), out)
        .await
        .expect("its socket is closed at once");
    assert_eq!(
        code(Session::try_open(port, &token).await),
        ErrorCode::AccessEnded
    );
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    let photo = http(port, "GET", "/api/photo/a.png", &headers, b"").unwrap();
    assert_eq!(photo.status, 401);
    switch(&mut owner, false).await;
    assert!(
        http(port, "GET", "/", &[], b"").is_err(),
        "nobody listens any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_not_invited_gets_nowhere() {
    let (engine, mut owner, port) = open().await;
    let (_lead, token) = member(&mut owner, port, "Li", Role::Lead).await;
    let bearer = format!("Bearer {token}");
    let owners = format!("Bearer {}", engine.token());
    let get = |path: &str, headers: &[(&str, &str)]| {
        http(port, "GET", path, headers, b"").unwrap().status
    };

    // The owner's token opens nothing here, a member's nothing on loopback, no token nothing anywhere.
    assert_eq!(
        code(Session::try_open(port, engine.token()).await),
        ErrorCode::AccessEnded
    );
    assert_eq!(
        code(Session::try_open(engine.port(), &token).await),
        ErrorCode::Unauthorized
    );
    let photo = "/api/photo/a.png";
    assert_eq!(get(photo, &[]), 401);
    assert_eq!(get(photo, &[("Authorization", &owners)]), 401);
    assert_eq!(get(photo, &[("Authorization", &bearer)]), 404);
    for owners_only in ["/api/chat", "/api/orders/shopify", "/api", "/api/none"] {
        assert_eq!(
            get(owners_only, &[("Authorization", &bearer)]),
            403,
            "{owners_only}"
        );
        let posted = http(port, "POST", owners_only, &[], b"{}").unwrap();
        assert_eq!(posted.status, 401, "{owners_only}");
    }
    let own = format!("127.0.0.1:{port}");
    assert_eq!(
        get("/", &[("Host", &own), ("Origin", &format!("http://{own}"))]),
        200
    );
    for (host, origin) in [
        ("evil.example", None),
        ("localhost", None),
        ("127.0.0.1", None),
        (own.as_str(), Some("http://evil.example")),
        (own.as_str(), Some("null")),
        (own.as_str(), Some("tauri://localhost")),
    ] {
        let mut headers = vec![("Host", host), ("Authorization", bearer.as_str())];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        assert_eq!(get(photo, &headers), 403, "{host} {origin:?}");
        let mut asks = format!("ws://{own}/api/ws").into_client_request().unwrap();
        asks.headers_mut().insert("Host", host.parse().unwrap());
        if let Some(origin) = origin {
            asks.headers_mut().insert("Origin", origin.parse().unwrap());
        }
        match connect_async(asks).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), 403),
            other => panic!("{host} {origin:?}: {other:?}"),
        }
    }
    for path in [
        "/../../etc/passwd",
        "/assets/../../team.json",
        "/..%2f..%2fteam.json",
        "/assets/..%5c..%5cteam.json",
        "/C:\\windows.ini",
        "//etc/passwd.txt",
    ] {
        assert_eq!(get(path, &[]), 404, "{path}");
    }
    for path in [
        "/api/photo/..%2fteam.json",
        "/api/photo/..%2f..%2fa.png",
        "/api/cover/..%2fengine.json",
    ] {
        assert_eq!(get(path, &[("Authorization", &bearer)]), 404, "{path}");
    }

    // Frames that are too large or mean nothing; hellos that are none.
    for frame in [
        Message::text("x".repeat(300 << 10)),
        Message::text("{"),
        Message::binary(vec![0xff; 16]),
        Message::text(r#"{"type":"hello","token":5,"lang":"en"}"#),
        Message::text(r#"{"type":"command","id":1,"command":{"do":"end_show"}}"#),
    ] {
        let (mut socket, _) = connect_async(format!("ws://{own}/api/ws")).await.unwrap();
        // Of what is too large the first bytes may be all that is taken.
        let _ = socket.send(frame).await;
        let closed = async {
            while let Some(Ok(message)) = socket.next().await {
                assert!(!message.to_string().contains("welcome"), "{message}");
            }
        };
        timeout(PATIENCE, closed).await.expect("it is closed");
    }
    let (mut socket, _) = connect_async(format!("ws://{own}/api/ws")).await.unwrap();
    let hello = ClientMessage::Hello {
        token: token.clone(),
        lang: "en".into(),
        chat: None,
    };
    let hello = serde_json::to_string(&hello).unwrap();
    socket.send(Message::text(hello)).await.unwrap();
    socket
        .send(Message::text(
            r#"{"type":"command","id":7,"command":{"do":"x"}}"#,
        ))
        .await
        .unwrap();
    let refused = async {
        while let Some(Ok(message)) = socket.next().await {
            if message.to_string().contains("malformed") {
                return;
            }
        }
        panic!("closed instead of answered");
    };
    timeout(PATIENCE, refused)
        .await
        .expect("what is not understood is said so");

    // Secrets that are none, until none is answered; what is no JSON; what is too much of it.
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let as_form = http(port, "POST", "/api/team/join", &form, b"secret=x").unwrap();
    assert_eq!(as_form.status, 422);
    assert_eq!(post(port, "/api/team/join", &"x".repeat(5000)).0, 413);
    let codes: Vec<Value> = (0..12)
        .map(|_| post(port, "/api/team/join", "made up").1["code"].clone())
        .collect();
    assert_eq!(codes[0], "invite_unknown");
    assert_eq!(codes[11], "too_many_tries");
    let good = invite(&mut owner, "Wang", Role::Viewer, false).await;
    assert!(
        Session::try_open(port, &join(port, &good)).await.is_ok(),
        "a right one still works"
    );
}
