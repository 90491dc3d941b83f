//! Owns Douyin's push task: its comments are pushed only while a task runs for the room (developer.open-douyin.com, "启动任务",
//! "查询任务状态", "停止任务", "getAccessToken"). It is started when the room is live, looked at, started again when it is gone,
//! and stopped at the end.

use std::convert::Infallible;
use std::time::Duration;

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::http::Ask;
use crate::outlet::Health;
use crate::secret::Secret;
use crate::spec::PushTask;

/// How often a task that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(120);
/// How long until one that did not start is tried again: a room goes live at any moment.
const START_AGAIN: Duration = Duration::from_secs(20);
/// How long the end of a source waits for the end of its task.
const GOODBYE: Duration = Duration::from_secs(3);
/// How long a token is used at least: a new one ends the one of before within five minutes, whoever has that.
const TOKEN_LEAST: Duration = Duration::from_secs(600);

/// Douyin's number for "yes".
const FINE: i64 = 0;
/// Its numbers for an id or a secret of an application that is none.
const NO_APP: [i64; 2] = [40_015, 40_017];
/// Its number for a token that is none any more.
const NO_TOKEN: i64 = 40_022;
/// Its number for a room that is not live, an ability that is missing, and too much that is pushed already.
const NOT_NOW: i64 = 5_003_019;
/// What it calls a task that runs.
const RUNS: i64 = 3;

/// The task of a room.
pub(super) struct Task {
    spec: PushTask,
    room: String,
    token: Option<Token>,
    started: bool,
}

struct Token {
    access: Secret,
    until: Instant,
}

/// Every answer; `err_tips` and `err_msg` are for people and not read.
#[derive(Deserialize)]
struct Answer {
    err_no: i64,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Deserialize)]
struct Status {
    status: i64,
}

/// Why it does not run.
enum Fault {
    /// Only other words in the form help.
    Never(ChatErrorCode),
    NotNow(ChatErrorCode),
    /// The token has to be another one.
    NoToken,
}

impl From<End> for Fault {
    fn from(end: End) -> Self {
        tracing::info!(?end, "Douyin's push task could not be asked for");
        Self::NotNow(ChatErrorCode::TaskFailed)
    }
}

impl Task {
    pub(super) fn new(spec: PushTask, room: &str) -> Self {
        Self {
            spec,
            room: room.trim().to_owned(),
            token: None,
            started: false,
        }
    }

    /// Sees to it that the task runs and says how it is, for as long as it is polled.
    pub(super) async fn keep(&mut self, health: &Health) -> Infallible {
        let mut told = None;
        loop {
            let trouble = match self.see_to_it().await {
                Ok(()) => None,
                Err(Fault::Never(code)) => {
                    health.trouble(code);
                    return std::future::pending().await;
                }
                Err(Fault::NotNow(code)) => Some(code),
                Err(Fault::NoToken) => Some(ChatErrorCode::TaskFailed),
            };
            if trouble != told {
                match trouble {
                    Some(code) => health.trouble(code),
                    None => health.mended(),
                }
                told = trouble;
            }
            sleep(if trouble.is_none() {
                LOOK_EVERY
            } else {
                START_AGAIN
            })
            .await;
        }
    }

    /// Stops the task, if it was started here; bounded.
    pub(super) async fn leave(&mut self) {
        if !self.started {
            return;
        }
        let stopping = self.tell("stop");
        if !matches!(timeout(GOODBYE, stopping).await, Ok(Ok(()))) {
            tracing::warn!("Douyin's push task was not stopped");
        }
    }

    async fn see_to_it(&mut self) -> Result<(), Fault> {
        match self.run_once().await {
            // It ran out, or another program of this application asked for one.
            Err(Fault::NoToken) => {
                self.token = None;
                self.run_once().await
            }
            became => became,
        }
    }

    async fn run_once(&mut self) -> Result<(), Fault> {
        if self.runs().await? {
            return Ok(());
        }
        self.tell("start").await?;
        self.started = true;
        tracing::info!("Douyin's push task is started");
        Ok(())
    }

    async fn runs(&mut self) -> Result<bool, Fault> {
        let mut url = self.address("get")?;
        url.query_pairs_mut()
            .append_pair("roomid", &self.room)
            .append_pair("appid", self.spec.app.trim())
            .append_pair("msg_type", "live_comment");
        // Douyin wants the header also where there is no body.
        let ask = Ask::new(Method::GET, url).header(CONTENT_TYPE, "application/json");
        let ask = self.with_token(ask).await?;
        let status: Status = data(ask).await?;
        Ok(status.status == RUNS)
    }

    /// Starts or stops it.
    async fn tell(&mut self, what: &str) -> Result<(), Fault> {
        let url = self.address(what)?;
        let body = json!({
            "roomid": self.room,
            "appid": self.spec.app.trim(),
            "msg_type": "live_comment",
        });
        let ask = self.with_token(Ask::new(Method::POST, url)).await?;
        data::<Value>(ask.json(&body)).await.map(|_| ())
    }

    fn address(&self, what: &str) -> Result<Url, Fault> {
        let base = self.spec.server.trim_end_matches('/');
        let url = Url::parse(&format!("{base}/api/live_data/task/{what}"));
        url.map_err(|_| Fault::Never(ChatErrorCode::InvalidUrl))
    }

    async fn with_token(&mut self, ask: Ask) -> Result<Ask, Fault> {
        let now = Instant::now();
        let token = match self.token.take().filter(|token| now < token.until) {
            Some(token) => token,
            None => self.another_token().await?,
        };
        let access = token.access.reveal().to_owned();
        self.token = Some(token);
        Ok(ask.header(HeaderName::from_static("access-token"), access))
    }

    async fn another_token(&self) -> Result<Token, Fault> {
        let base = self.spec.token_server.trim_end_matches('/');
        let url = Url::parse(&format!("{base}/api/apps/v2/token"))
            .map_err(|_| Fault::Never(ChatErrorCode::InvalidUrl))?;
        let body = json!({
            "appid": self.spec.app.trim(),
            "secret": self.spec.app_secret.reveal(),
            "grant_type": "client_credential",
        });
        let granted: Granted = data(Ask::new(Method::POST, url).json(&body)).await?;
        if granted.access_token.is_empty() {
            return Err(Fault::NotNow(ChatErrorCode::TaskFailed));
        }
        // As its documents advise, at half its time.
        let lasts = Duration::from_secs(granted.expires_in.min(86_400) / 2);
        Ok(Token {
            access: Secret::new(&granted.access_token),
            until: Instant::now() + lasts.max(TOKEN_LEAST),
        })
    }
}

/// What a good answer says; any other one is why not.
async fn data<T: DeserializeOwned>(ask: Ask) -> Result<T, Fault> {
    let heard = ask.send().await?;
    let answer: Answer = heard.json()?;
    match answer.err_no {
        FINE => serde_json::from_value(answer.data)
            .map_err(|_| Fault::from(End::Lost(ChatErrorCode::Protocol))),
        NO_TOKEN => Err(Fault::NoToken),
        NOT_NOW => Err(Fault::NotNow(ChatErrorCode::TaskRefused)),
        number if NO_APP.contains(&number) => Err(Fault::Never(ChatErrorCode::AppRefused)),
        number => {
            tracing::info!(number, "Douyin's push task does not run");
            Err(Fault::NotNow(ChatErrorCode::TaskFailed))
        }
    }
}
