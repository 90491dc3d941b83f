//! A platform whose tokens run out: its interface answers 401 to any but the newest one, and its token endpoint takes each
//! refresh token once. Everything that it was asked can be looked at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::PATIENCE;

/// A request that came, and the status of its answer; 0 = none was given.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path.
    pub what: String,
    pub head: String,
    pub body: String,
    pub status: u16,
}

/// How its token endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    Well,
    /// It hangs up.
    Down,
    /// It answers this to everybody.
    Says(u16, &'static str),
}

struct State {
    access: String,
    refresh: String,
    number: u32,
    endpoint: Endpoint,
    /// What a token is said to last, in seconds.
    lasts: u64,
    /// Takes no token at all: it lacks a right.
    bars: bool,
    /// What it says of the key that it signs webhooks with.
    key: String,
}

pub struct Platform {
    pub address: String,
    state: Arc<Mutex<State>>,
    asked: watch::Receiver<Vec<Asked>>,
    /// Answers of the token endpoint that may go out.
    answers: Arc<Semaphore>,
    /// Questions that wait for that.
    held: watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub const TOKEN: &str = "POST /oauth/token";

impl Platform {
    /// One that takes the access token `access` and would renew it for `refresh`; further ones are `s3cret-a2`, `s3cret-r2` and so on.
    pub async fn listen(access: &str, refresh: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            access: access.into(),
            refresh: refresh.into(),
            number: 1,
            endpoint: Endpoint::Well,
            lasts: 7_200,
            bars: false,
            key: "{}".into(),
        }));
        let answers = Arc::new(Semaphore::new(1_000));
        let (log, asked) = watch::channel(Vec::new());
        let (waiting, held) = watch::channel(0);
        let waiting = Arc::new(waiting);
        let log = Arc::new(log);
        let (of_task, turns) = (Arc::clone(&state), Arc::clone(&answers));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, log) = (Arc::clone(&of_task), Arc::clone(&log));
                let gate = (Arc::clone(&turns), Arc::clone(&waiting));
                tokio::spawn(serve(stream, state, log, gate));
            }
        });
        Self {
            address,
            state,
            asked,
            answers,
            held,
            task,
        }
    }

    pub fn token_address(&self) -> String {
        format!("{}/oauth/token", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn endpoint(&self, is: Endpoint) {
        self.state().endpoint = is;
    }

    /// The access token of now is taken back.
    pub fn revoke(&self) {
        self.state().access = "none".into();
    }

    pub fn bars(&self) {
        self.state().bars = true;
    }

    pub fn signs_with(&self, told: String) {
        self.state().key = told;
    }

    /// Holds the answers of the token endpoint until [`Platform::let_go`].
    pub async fn hold(&self) {
        let all = self.answers.available_permits();
        self.answers
            .acquire_many(u32::try_from(all).unwrap())
            .await
            .unwrap()
            .forget();
    }

    /// Waits until a question to the token endpoint came.
    pub async fn until_held(&self) {
        let mut held = self.held.clone();
        let came = timeout(PATIENCE, held.wait_for(|count| *count > 0)).await;
        came.unwrap().unwrap();
    }

    pub fn let_go(&self) {
        self.answers.add_permits(1_000);
    }

    /// What was asked so far by requests that begin like this.
    pub fn asked(&self, what: &str) -> Vec<Asked> {
        let all = self.asked.borrow();
        all.iter()
            .filter(|one| one.what.starts_with(what))
            .cloned()
            .collect()
    }

    /// Waits until there were so many of them.
    pub async fn until_asked(&self, what: &str, count: usize) -> Vec<Asked> {
        let enough =
            |all: &Vec<Asked>| all.iter().filter(|one| one.what.starts_with(what)).count() >= count;
        let mut asked = self.asked.clone();
        let waited = timeout(PATIENCE, asked.wait_for(enough)).await;
        assert!(
            waited.is_ok(),
            "waited for {count} of {what}: {:?}",
            self.asked("")
        );
        self.asked(what)
    }
}

async fn serve(
    mut stream: TcpStream,
    state: Arc<Mutex<State>>,
    log: Arc<watch::Sender<Vec<Asked>>>,
    (answers, waiting): (Arc<Semaphore>, Arc<watch::Sender<usize>>),
) {
    let Some((head, body)) = request(&mut stream).await else {
        return;
    };
    let what: Vec<&str> = head.split(' ').take(2).collect();
    let what = what.join(" ");
    let answer = if what == TOKEN {
        waiting.send_modify(|count| *count += 1);
        answers.acquire().await.unwrap().forget();
        renewed(&mut state.lock().unwrap(), &body)
    } else {
        Some(told(&state.lock().unwrap(), &what, &head))
    };
    let status = answer.as_ref().map_or(0, |(status, _)| *status);
    log.send_modify(|log| {
        log.push(Asked {
            what,
            head,
            body,
            status,
        })
    });
    let Some((status, text)) = answer else { return };
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // A client that is gone hears nothing.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let count = stream.read(&mut part).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| {
            rest.lines().next().unwrap().trim().parse().unwrap()
        });
        if body.len() >= length {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}

fn renewed(state: &mut State, body: &str) -> Option<(u16, String)> {
    match state.endpoint {
        Endpoint::Down => return None,
        Endpoint::Says(status, text) => return Some((status, text.to_owned())),
        Endpoint::Well => {}
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| {
        let found = form.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    assert_eq!(field("grant_type"), "refresh_token");
    if field("client_id") != "app" || field("client_secret") != "s3cret & app" {
        return Some((401, r#"{"error":"invalid_client"}"#.to_owned()));
    }
    if field("refresh_token") != state.refresh {
        return Some((400, r#"{"error":"invalid_grant"}"#.to_owned()));
    }
    state.number += 1;
    state.access = format!("s3cret-a{}", state.number);
    state.refresh = format!("s3cret-r{}", state.number);
    let answer = serde_json::json!({
        "access_token": state.access, "token_type": "Bearer", "refresh_token": state.refresh, "expires_in": state.lasts,
        "scope": "user:read chat:write events:subscribe",
    });
    Some((200, answer.to_string()))
}

/// What the interfaces of Kick and of Twitch say.
fn told(state: &State, what: &str, head: &str) -> (u16, String) {
    let bearer = format!("authorization: bearer {}", state.access).to_ascii_lowercase();
    if what == "GET /public/v1/public-key" {
        return (200, state.key.clone());
    }
    if state.bars || !head.to_ascii_lowercase().lines().any(|line| line == bearer) {
        return (401, r#"{"message":"Unauthorized"}"#.to_owned());
    }
    let text = match what {
        "GET /public/v1/events/subscriptions" => {
            r#"{"data":[{"event":"chat.message.sent"},{"event":"moderation.banned"}]}"#
        }
        "GET /public/v1/channels?slug=orchard-live" => r#"{"data":[{"broadcaster_user_id":11}]}"#,
        "POST /public/v1/chat" => r#"{"data":{"is_sent":true}}"#,
        "GET /helix/users" => r#"{"data":[{"id":"22"}]}"#,
        "GET /helix/users?login=orchardlive" => r#"{"data":[{"id":"11"}]}"#,
        "POST /helix/chat/messages" => r#"{"data":[{"is_sent":true}]}"#,
        _ => return (404, "{}".to_owned()),
    };
    (200, text.to_owned())
}
