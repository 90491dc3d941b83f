//! Chance at the doors, the same in every run: messages of the right shape and of none, commands by every role. Nothing falls
//! over or hangs, every refusal has a code that the page knows, and what the journal says is what was shown.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stallcast_show::{Command, Role};
use stallcast_tests::shapes::{Dice, Shapes, Source};
use stallcast_tests::world::{PATIENCE, Session, http};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::door::{Doors, codes, greeted, says};

/// What is not whole is waited for; that has a test of its own.
const SILENCE: Duration = Duration::from_millis(400);
const SEED: u64 = 20_260_729;

/// Values by chance, of which some are of things that are there.
struct Chance {
    dice: Dice,
    known: BTreeMap<&'static str, Vec<String>>,
}

const TEXTS: [&str; 12] = [
    "",
    "a",
    "红富士 5 斤",
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "\u{202e}x\u{0}\u{200b}\n",
    "landscape",
    "0",
    "29.90",
    "https://example.com/a?b=c#d",
    "🍎👨\u{200d}👩\u{200d}👧",
    "rtmp://127.0.0.1:9/live",
];

impl Source for Chance {
    fn way(&mut self, of: usize) -> usize {
        self.dice.below(of)
    }

    fn length(&mut self) -> usize {
        self.dice.below(4)
    }

    fn text(&mut self, of: Option<&str>) -> String {
        let known = of
            .and_then(|of| self.known.get(of))
            .filter(|it| !it.is_empty());
        match known {
            Some(known) if self.dice.below(8) > 0 => known[self.dice.below(known.len())].clone(),
            _ if of == Some("Currency") => "CNY".to_owned(),
            _ if of == Some("Rgb") => "#336699".to_owned(),
            _ if self.dice.below(40) == 0 => "长".repeat(self.dice.below(3_000)),
            _ => (*self.dice.one(&TEXTS)).to_owned(),
        }
    }

    fn number(&mut self) -> Value {
        let some = [
            0_i64,
            1,
            1,
            2,
            3,
            10,
            60,
            100,
            2_990,
            -1,
            4_294_967_295,
            9_007_199_254_740_993,
        ];
        match self.dice.below(12) {
            0 => json!(0.25),
            1 => json!(0.5),
            _ => json!(*self.dice.one(&some)),
        }
    }
}

impl Chance {
    fn of(seed: u64, session: &Session) -> Self {
        let show = session.show.as_ref().unwrap();
        let catalogue = session.catalogue.as_ref().unwrap();
        let products = catalogue
            .products
            .iter()
            .map(|it| it.id.as_str().to_owned());
        let known = BTreeMap::from([
            ("ProductId", products.collect()),
            (
                "SceneId",
                show.scenes.iter().map(|it| it.id.0.clone()).collect(),
            ),
            (
                "SourceId",
                show.sources.keys().map(|it| it.0.clone()).collect(),
            ),
            (
                "DestinationId",
                show.destinations.keys().map(|it| it.0.clone()).collect(),
            ),
            (
                "CanvasId",
                vec!["landscape".to_owned(), "portrait".to_owned()],
            ),
        ]);
        Self {
            dice: Dice::new(seed),
            known,
        }
    }
}

/// The text with something of it changed.
fn mangled(text: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len().max(1));
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => bytes.insert(at, *dice.one(b"{}[]\",:\\0-.eE\0")),
            3 => {
                let piece = bytes[at..].to_vec();
                bytes.extend_from_slice(&piece);
            }
            4 => drop(bytes.splice(at..at, *b"1e999")),
            _ => drop(bytes.splice(at..at, *b"\"\\ud800\"")),
        }
    }
    bytes.truncate(200 << 10);
    bytes
}

/// The answer of the number `id`, or of none; `None` when the engine hung up.
async fn answered(socket: &mut super::door::Raw, id: u64) -> Option<Value> {
    let reads = async {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == "result" && message["id"] == id {
                return Some(message);
            }
            if let Some(code) = message["error"]["code"].as_str() {
                assert!(codes().iter().any(|known| known == code), "{code}");
            }
        }
        None
    };
    timeout(PATIENCE, reads)
        .await
        .expect("an answer or the end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_by_chance_are_answered_by_a_known_code_and_shake_nothing() {
    const ROUNDS: u64 = 3_000;
    let shapes = Shapes::read();
    let mut doors = Doors::open().await;
    doors
        .owner
        .until(PATIENCE, "the show", |it| {
            it.show.clone().zip(it.catalogue.clone())
        })
        .await;
    let mut chance = Chance::of(SEED, &doors.owner);
    let token = doors.member(Role::Lead).await;
    let before = doors.resident();
    let mut socket = greeted(doors.port, "/api/ws", &token).await;
    let (mut fine, mut refused, mut ended) = (0, BTreeMap::<String, u32>::new(), 0);
    for round in 1..=ROUNDS {
        // Half of the marks of a message are broken; the engine answers what has no number by 0.
        let kind = ["Command", "Request"][chance.dice.below(2)];
        let inner = shapes.any(kind, &mut chance);
        // Trials of encoders take seconds each, a file manager is nobody's here, and sources and canvases take their memory
        // for as long as they are there.
        let left_out = [
            "codecs",
            "test_upload",
            "show_in_folder",
            "save_replay",
            "connect_chat",
            "put_source",
            "set_canvases",
            "set_recording",
            "set_isolated",
            "set_virtual_camera",
        ];
        let named = inner["ask"].as_str().or(inner["do"].as_str());
        if named.is_some_and(|named| left_out.contains(&named)) {
            continue;
        }
        let field = kind.to_ascii_lowercase();
        let message = json!({"type": field, "id": 1, field.clone(): inner}).to_string();
        let bytes = match chance.dice.below(2) {
            0 => message.into_bytes(),
            _ => mangled(&message, &mut chance.dice),
        };
        let sent = match String::from_utf8(bytes) {
            Ok(text) => socket.send(Message::text(text)).await,
            Err(error) => {
                let kind = OpCode::Data(Data::Text);
                let frame = Frame::message(error.into_bytes(), kind, true);
                socket.send(Message::Frame(frame)).await
            }
        };
        // A question that is always answered: what came before it is through.
        let id = round + 1;
        let probe = json!({"type": "request", "id": id, "request": {"ask": "picture_parts"}});
        let asked = sent.is_ok() && socket.send(Message::text(probe.to_string())).await.is_ok();
        let answer = if asked {
            answered(&mut socket, id).await
        } else {
            None
        };
        match answer {
            Some(answer) => match answer["error"]["code"].as_str() {
                Some(code) => *refused.entry(code.to_owned()).or_default() += 1,
                None => fine += 1,
            },
            None => {
                ended += 1;
                socket = greeted(doors.port, "/api/ws", &token).await;
            }
        }
    }
    let grown = doors.resident().saturating_sub(before) >> 20;
    println!(
        "{ROUNDS} messages: probe answered {fine}, refused {refused:?}, ended {ended}; {grown} MiB more"
    );
    assert!(fine > 2_000, "{fine}");
    assert!(refused.keys().all(|code| code == "busy"), "{refused:?}");
    assert!(grown < 200, "{grown} MiB");
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_by_chance_are_answered_or_hung_up_on() {
    const ROUNDS: usize = 1_000;
    let mut doors = Doors::open().await;
    let known = codes();
    let token = doors.member(Role::Lead).await;
    let mut dice = Dice::new(SEED);
    let before = doors.resident();
    let mut statuses = BTreeMap::<String, u32>::new();
    for _ in 0..ROUNDS {
        let (port, bearer) = match dice.below(2) {
            0 => (doors.port, token.clone()),
            _ => (doors.engine.port(), doors.engine.token().to_owned()),
        };
        let method = *dice.one(&[
            "GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH", "BREW",
        ]);
        let path = *dice.one(&[
            "/",
            "/api",
            "/api/health",
            "/api/ws",
            "/api/preview?canvas=round",
            "/api/import",
            "/api/import?step=x&offset=-1",
            "/api/cover/%ff",
            "/api/photo/a%2f..%2fb.png",
            "/api/photo",
            "/api/look",
            "/api/look?theme=%00&lang=xx",
            "/api/chat",
            "/api/orders/shopify",
            "/api/orders/..",
            "/api/team/invite",
            "/api/team/join",
            "/api/%61pi",
            "/assets/%",
        ]);
        let body = *dice.one(&[
            "",
            "{}",
            "{\"secret\":1}",
            "[[[[",
            "title,price\na,1\n",
            "\u{0}",
        ]);
        let kind = *dice.one(&[
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "\u{7f}",
        ]);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {bearer}\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let bytes = match dice.below(3) {
            0 => mangled(&request, &mut dice),
            _ => request.clone().into_bytes(),
        };
        // A head that does not end is waited for; its time has a test of its own.
        let is_whole = bytes.windows(4).any(|it| it == b"\r\n\r\n") && bytes.len() >= request.len();
        if !is_whole {
            continue;
        }
        let heard = tokio::task::spawn_blocking(move || says(port, &bytes, SILENCE))
            .await
            .unwrap();
        let status: String = heard.chars().skip(9).take(3).collect();
        let (head, body) = heard.split_once("\r\n\r\n").unwrap_or((&heard, ""));
        let is_json = head
            .to_ascii_lowercase()
            .contains("content-type: application/json");
        let error: Value = serde_json::from_str(body).unwrap_or_default();
        if is_json && let Some(code) = error["code"].as_str() {
            let webhooks = [
                "full",
                "unauthorized",
                "forbidden",
                "not_json",
                "content_type",
            ];
            let is_known = known.iter().any(|it| it == code);
            let is_webhooks = path == "/api/chat" || webhooks.contains(&code);
            assert!(is_known || is_webhooks, "{method} {path}: {heard}");
        }
        assert_ne!(status, "500", "{method} {path}: {heard}");
        *statuses.entry(status).or_default() += 1;
    }
    let grown = doors.resident().saturating_sub(before) >> 20;
    println!("{statuses:?}; {grown} MiB more");
    // Some 64 MiB are what connections and their threads keep once.
    assert!(grown < 160, "{grown} MiB");
    let health = http(doors.port, "GET", "/api/health", &[], b"").unwrap();
    assert_eq!(health.status, 200);
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_by_chance_and_by_every_role_leave_a_show_that_the_journal_brings_back() {
    const ROUNDS: usize = 2_000;
    let shapes = Shapes::read();
    let mut doors = Doors::open().await;
    let known = |it: &Session| it.show.clone().zip(it.catalogue.clone());
    doors.owner.until(PATIENCE, "the show", known).await;
    let mut sessions = vec![doors.engine.session().await];
    for role in [Role::Moderator, Role::Producer, Role::Lead] {
        let token = doors.member(role).await;
        sessions.push(Session::open(doors.port, &token).await);
    }
    let mut chance = Chance::of(SEED, &doors.owner);
    let mut counts = BTreeMap::<String, u32>::new();
    let mut done = BTreeMap::<String, u32>::new();
    for _ in 0..ROUNDS {
        let command = shapes.any("Command", &mut chance);
        let name = command["do"].as_str().unwrap().to_owned();
        // On air the clock changes the show by itself, and a removed catalogue leaves nothing to do.
        if ["start_rehearsal", "go_live", "remove_products"].contains(&&*name) {
            continue;
        }
        let Ok(command) = serde_json::from_value::<Command>(command) else {
            *counts.entry("no command".into()).or_default() += 1;
            continue;
        };
        let who = chance.dice.below(sessions.len());
        match sessions[who].command(command).await {
            Ok(_) => {
                *counts.entry("done".into()).or_default() += 1;
                *done.entry(name).or_default() += 1;
            }
            Err(error) => {
                let code = serde_json::to_value(error.code).unwrap();
                *counts.entry(code.as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
    }
    println!("{counts:?}; {} kinds done: {done:?}", done.len());
    assert!(counts["done"] > 200, "{counts:?}");
    assert!(done.len() > 25, "{done:?}");
    doors.is_well().await;

    // The next engine would go on with it, in a part of its own.
    let stop = Command::SetRecording { on: false };
    doors.owner.command(stop).await.unwrap();
    let before = settled(&mut doors.owner).await;
    drop(sessions);
    // As a crash ends it: what the next engine shows comes from the journal alone.
    doors.engine.restart();
    doors.owner = doors.engine.session().await;
    let after = settled(&mut doors.owner).await;
    for (field, value) in before.as_object().unwrap() {
        assert_eq!(*value, after[field], "{field}");
    }
}

/// The show as it is once nothing changes it any more, without what counts time or entries.
async fn settled(owner: &mut Session) -> Value {
    let mut last = None;
    loop {
        let known = |it: &Session| it.show.clone().zip(it.catalogue.clone());
        let (show, catalogue) = owner.until(PATIENCE, "the show", known).await;
        if last.replace(show.seq) == Some(show.seq) {
            let mut value = serde_json::to_value(&show).unwrap();
            let products: BTreeMap<_, _> = catalogue
                .products
                .iter()
                .map(|it| (it.id.clone(), it))
                .collect();
            value["products"] = serde_json::to_value(products).unwrap();
            for counts in ["seq", "server_now"] {
                value.as_object_mut().unwrap().remove(counts);
            }
            return value;
        }
        owner.play(Duration::from_secs(1)).await;
    }
}
