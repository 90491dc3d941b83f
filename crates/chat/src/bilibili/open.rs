//! Owns the signed requests of Bilibili's open platform: beginning, keeping and ending a session of the project.

use std::time::Duration;

use hmac::{Hmac, Mac};
use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderName};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::Sha256;
use stallcast_show::At;
use url::Url;

use crate::connector::{ChatErrorCode, End};
use crate::http::Ask;
use crate::secret::Secret;
use crate::spec::BilibiliSpec;

/// A session that was begun.
#[derive(Debug)]
pub(super) struct Session {
    /// Empty for projects that are no interactive game: those need neither heartbeat nor end.
    pub(super) game: String,
    /// What opens the socket.
    pub(super) auth: Secret,
    /// Addresses of the chat servers, tried in turn.
    pub(super) links: Vec<String>,
}

#[derive(Deserialize)]
struct Answer<T> {
    code: i64,
    data: Option<T>,
}

#[derive(Deserialize)]
struct Started {
    game_info: GameInfo,
    websocket_info: SocketInfo,
}

#[derive(Deserialize)]
struct GameInfo {
    #[serde(default)]
    game_id: String,
}

#[derive(Deserialize)]
struct SocketInfo {
    auth_body: String,
    wss_link: Vec<String>,
}

/// Begins a session.
pub(super) async fn start(spec: &BilibiliSpec, now: At) -> Result<Session, End> {
    let body = json!({ "code": spec.code.reveal(), "app_id": spec.app });
    let started: Started = post(spec, "/v2/app/start", &body, now)
        .await?
        .ok_or(End::Lost(ChatErrorCode::Protocol))?;
    if started.websocket_info.wss_link.is_empty() {
        return Err(End::Lost(ChatErrorCode::Protocol));
    }
    Ok(Session {
        game: started.game_info.game_id,
        auth: Secret::new(&started.websocket_info.auth_body),
        links: started.websocket_info.wss_link,
    })
}

/// Says that the session is still wanted; due every 20 s.
pub(super) async fn beat(spec: &BilibiliSpec, game: &str, now: At) -> Result<(), End> {
    let body = json!({ "game_id": game });
    post::<serde_json::Value>(spec, "/v2/app/heartbeat", &body, now)
        .await
        .map(drop)
}

/// Ends a session. Without it the same room may not be opened again for a while.
pub(super) async fn end(spec: &BilibiliSpec, game: &str, now: At) -> Result<(), End> {
    let body = json!({ "app_id": spec.app, "game_id": game });
    post::<serde_json::Value>(spec, "/v2/app/end", &body, now)
        .await
        .map(drop)
}

async fn post<T: DeserializeOwned>(
    spec: &BilibiliSpec,
    path: &str,
    body: &serde_json::Value,
    now: At,
) -> Result<Option<T>, End> {
    let invalid = |_| End::Hopeless(ChatErrorCode::InvalidUrl);
    let url = Url::parse(&spec.server)
        .and_then(|base| base.join(path))
        .map_err(invalid)?;
    let body = body.to_string();
    let nonce = format!("{:016x}", rand::random::<u64>());
    let mut ask = Ask::new(Method::POST, url);
    for (name, value) in signed(spec, body.as_bytes(), &nonce, now.0 / 1_000) {
        ask = ask.header(name, value);
    }
    let answer = ask.json_text(body).send().await?;
    match answer.status {
        200..300 => {}
        401 | 403 => return Err(End::Hopeless(ChatErrorCode::TokenRefused)),
        429 => return Err(End::Later(ChatErrorCode::TooMany, COOL_DOWN)),
        _ => return Err(End::Lost(ChatErrorCode::PlatformFailed)),
    }
    let answer: Answer<T> = answer.json()?;
    if answer.code == 0 {
        return Ok(answer.data);
    }
    tracing::info!(code = answer.code, path, "Bilibili's open platform said no");
    Err(meaning(answer.code))
}

/// How long the platform keeps a room that was left without an end, and the wait that it asks for between two begins.
const COOL_DOWN: Duration = Duration::from_secs(20);

/// The platform's codes (open-live.bilibili.com/document, "公共错误码").
fn meaning(code: i64) -> End {
    use ChatErrorCode as Code;
    match code {
        // No such application; wrong signature, its method or its version.
        4001 | 4002 | 4005 | 4006 => End::Hopeless(Code::TokenRefused),
        // Too old a time: this machine's clock is off, which may be mended at any time.
        4003 => End::Lost(Code::TokenRefused),
        // Not from this address; no right; room not on the list or barred; project not allowed.
        4007 | 4008 | 5004 | 5005 | 8002 => End::Hopeless(Code::NotAllowed),
        // Too often; cooling down; the room plays already, as an earlier session was not ended.
        4009 | 7001 | 7002 => End::Later(Code::TooMany, COOL_DOWN),
        // The session is over.
        7000 | 7003 => End::Lost(Code::ReconnectAsked),
        // The anchor's code is wrong.
        7007 => End::Hopeless(Code::LoginRefused),
        _ => End::Lost(Code::PlatformFailed),
    }
}

/// The headers of a request: the `x-bili-` ones in the order of their names are what is signed.
fn signed(
    spec: &BilibiliSpec,
    body: &[u8],
    nonce: &str,
    seconds: i64,
) -> Vec<(HeaderName, String)> {
    let named = [
        ("x-bili-accesskeyid", spec.key_id.trim().to_owned()),
        ("x-bili-content-md5", hex(&Md5::digest(body))),
        ("x-bili-signature-method", "HMAC-SHA256".to_owned()),
        ("x-bili-signature-nonce", nonce.to_owned()),
        ("x-bili-signature-version", "1.0".to_owned()),
        ("x-bili-timestamp", seconds.to_string()),
    ];
    let text: Vec<String> = named
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    let mut headers: Vec<_> = named
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), value))
        .collect();
    // HMAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(spec.key_secret.reveal().as_bytes()) {
        mac.update(text.join("\n").as_bytes());
        headers.push((AUTHORIZATION, hex(&mac.finalize().into_bytes())));
    }
    headers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_what_another_implementation_makes_of_the_same() {
        let spec = BilibiliSpec {
            server: String::new(),
            app: 1,
            key_id: "key".into(),
            key_secret: Secret::new("secret"),
            code: Secret::default(),
        };
        let headers = signed(&spec, br#"{"app_id":1}"#, "42", 1_700_000_000);
        let of = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name.as_str() == wanted);
            found.map(|(_, value)| value.as_str()).unwrap()
        };
        // Python's hashlib and hmac over the same text.
        assert_eq!(of("x-bili-content-md5"), "9531e062cc94e68b5ba708eec735ff95");
        assert_eq!(
            of("authorization"),
            "0f8a4ef3324b131b934bc34a29ffbd9e33d55a8a89c8dcae3adaeb734123c0ae"
        );
    }
}
