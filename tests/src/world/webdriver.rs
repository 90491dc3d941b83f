//! A window driven from outside through WebKitGTK's own WebDriver (W3C WebDriver over HTTP).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::process::{Group, eventually, free_port, listens};

/// A debug build of the window with an empty profile on a busy machine takes its time, longer than most things.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);
const DRIVER: &str = "/usr/bin/WebKitWebDriver";
/// Key of an element's id in WebDriver's JSON (W3C WebDriver, section 12.1 "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A program with a WebKit window in a WebDriver session. Dropping it kills driver and window.
#[derive(Debug)]
pub struct WebWindow {
    driver: Group,
    port: u16,
    session: String,
}

impl WebWindow {
    /// Starts the driver in `env` and lets it open `program`; what both say is written to `log`. With a `root` both are
    /// those of the system that is installed there.
    pub fn open<'a>(
        program: &Path,
        env: impl IntoIterator<Item = (&'a str, String)>,
        log: &Path,
        root: Option<&Path>,
    ) -> Self {
        let port = free_port();
        let mut command = match root {
            Some(root) => {
                let mut command = Command::new("chroot");
                command.arg(root).arg(DRIVER);
                command
            }
            None => Command::new(DRIVER),
        };
        command.arg(format!("--port={port}"));
        for name in [
            "WAYLAND_DISPLAY",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
        ] {
            command.env_remove(name);
        }
        command.envs(env);
        let driver = Group::start_logged(&mut command, log);
        eventually(ANSWER_WITHIN, "the WebDriver listens", || {
            listens(port).then_some(())
        });
        let mut window = Self {
            driver,
            port,
            session: String::new(),
        };
        let wanted = json!({ "binary": program, "args": [] });
        let capabilities = json!({ "alwaysMatch": { "webkitgtk:browserOptions": wanted } });
        let answer = window.ask("POST", "/session", &json!({ "capabilities": capabilities }));
        let answer = answer.unwrap_or_else(|error| {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            panic!("no window: {error}\n{said}")
        });
        window.session = answer["sessionId"].as_str().unwrap().to_owned();
        window
    }

    /// Process id of the window's program (not of WebKit's helpers).
    pub fn pid(&self) -> u32 {
        let of_driver = format!("/proc/{0}/task/{0}/children", self.driver.id());
        let children = std::fs::read_to_string(of_driver).unwrap();
        let mut ids = children.split_whitespace().map(|id| id.parse().unwrap());
        ids.next().expect("the window runs")
    }

    /// Runs a script as the body of a function; its result.
    pub fn script(&self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.command("execute/sync", &body)
    }

    /// Text of the first element that fits the CSS selector, as a person sees it; `None` when
    /// there is none.
    pub fn text(&self, css: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        self.script(script, json!([css]))
            .as_str()
            .map(str::to_owned)
    }

    /// Whether an element fits the CSS selector.
    pub fn shows(&self, css: &str) -> bool {
        self.text(css).is_some()
    }

    /// Waits until an element fits the CSS selector.
    pub fn wait_for(&self, css: &str) {
        eventually(ANSWER_WITHIN, css, || self.shows(css).then_some(()));
    }

    /// Waits for an element and clicks it with the mouse.
    pub fn click(&self, css: &str) {
        self.wait_for(css);
        let element = self.element(css);
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into an element.
    pub fn fill(&self, css: &str, text: &str) {
        self.wait_for(css);
        let element = self.element(css);
        self.command(
            &format!("element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses and releases a key.
    pub fn press(&self, key: &str) {
        let strokes =
            json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.command("actions", &json!({ "actions": [keyboard] }));
    }

    fn element(&self, css: &str) -> String {
        let found = self.command("element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn command(&self, name: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{name}", self.session);
        match self.ask("POST", &path, body) {
            Ok(value) => value,
            Err(error) => panic!("{name} {body}: {error}"),
        }
    }

    /// One request; the answer's `value`, or what went wrong.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let (status, value) = self
            .exchange(method, path, body)
            .map_err(|e| e.to_string())?;
        if status == 200 {
            Ok(value["value"].clone())
        } else {
            Err(format!("{status}: {}", value["value"]["message"]))
        }
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let broken = || std::io::Error::other("not an HTTP answer");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(broken)?;
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken())?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        Ok((status, serde_json::from_slice(&answer)?))
    }
}
