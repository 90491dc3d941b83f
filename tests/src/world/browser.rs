//! The page in a real Chromium without a window, over its DevTools protocol.

use std::process::Command;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::process::{Group, PATIENCE, eventually};

/// One page in a browser of its own, which ends with it.
#[derive(Debug)]
pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    asked: u64,
    /// Names of the events so far.
    events: Vec<String>,
    // In this order: the profile goes when nobody writes into it any more.
    _process: Group,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium and opens `address`; its page has loaded when this returns.
    pub async fn open(address: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let named = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        let mut command = Command::new(named);
        command
            .args(
                "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                 --disable-background-networking --disable-component-update --disable-sync \
                 --window-size=1280,720 --lang=zh-CN --remote-debugging-port=0"
                    .split_whitespace(),
            )
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("HOME", profile.path());
        let log = profile.path().join("chromium.log");
        let mut process = Group::start_logged(&mut command, &log);
        let port_file = profile.path().join("DevToolsActivePort");
        let door = eventually(PATIENCE, "Chromium listens", || {
            if let Some(status) = process.ended() {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("Chromium ended: {status}\n{said}");
            }
            let said = std::fs::read_to_string(&port_file).ok()?;
            let (port, path) = said.trim().split_once('\n')?;
            Some(format!("ws://127.0.0.1:{port}{path}"))
        });
        let (socket, _) = connect_async(door).await.expect("Chromium's own door");
        let mut browser = Self {
            socket,
            session: None,
            asked: 0,
            events: Vec::new(),
            _process: process,
            _profile: profile,
        };
        let blank = json!({ "url": "about:blank" });
        let target = browser.ask("Target.createTarget", blank).await;
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", target).await;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        browser.ask("Page.enable", json!({})).await;
        browser.events.clear();
        browser
            .ask("Page.navigate", json!({ "url": address }))
            .await;
        while !browser
            .events
            .iter()
            .any(|name| name == "Page.loadEventFired")
        {
            browser.message().await;
        }
        browser
    }

    /// What a JavaScript expression gives; a promise is waited for.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let wanted = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let answer = self.ask("Runtime.evaluate", wanted).await;
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown}");
        answer["result"]["value"].clone()
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let message = Message::Text(message.to_string().into());
        self.socket.send(message).await.unwrap();
        loop {
            let answer = self.message().await;
            if answer["id"] == self.asked {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    async fn message(&mut self) -> Value {
        let message = timeout(PATIENCE, self.socket.next()).await;
        let message = message.expect("Chromium says something");
        let Some(Ok(Message::Text(text))) = message else {
            panic!("Chromium hung up: {message:?}");
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        if let Some(name) = message["method"].as_str() {
            self.events.push(name.to_owned());
        }
        message
    }
}
