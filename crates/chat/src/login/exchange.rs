//! Owns the one question to a platform's token endpoint, and what its answer means.

use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::Renewal;
use crate::connector::{ChatErrorCode, End};
use crate::http::{Ask, Heard};
use crate::secret::Secret;

/// Longest token that is taken, in bytes; Kick's have 48, others' are a few hundred.
const TOKEN_BYTES: usize = 4_096;
/// What an answer may say that a token lasts at most; platforms say hours.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What the server gave.
pub(super) struct Granted {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// How long the access token lasts, where it was said.
    pub(super) lasts: Option<Duration>,
}

/// Why it gave nothing.
pub(super) enum Refusal {
    /// Asking again with the same refresh token brings the same answer.
    Never(ChatErrorCode),
    /// It may go later.
    NotNow(End),
}

impl From<End> for Refusal {
    fn from(end: End) -> Self {
        Self::NotNow(end)
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    refresh_token: Option<String>,
    /// A number, as the standard has it, or that number as text.
    #[serde(default)]
    expires_in: Value,
}

/// What a refusal says: `error` as the standard has it, `message` as Twitch does.
#[derive(Deserialize, Default)]
struct Said {
    #[serde(default)]
    error: Value,
    #[serde(default)]
    message: Value,
}

/// Asks for the next tokens.
pub(super) async fn ask(renewal: &Renewal, refresh: &Secret) -> Result<Granted, Refusal> {
    let server = Url::parse(&renewal.server)
        .map_err(|_| Refusal::NotNow(End::Hopeless(ChatErrorCode::InvalidUrl)))?;
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", renewal.client_id.trim()),
        ("refresh_token", refresh.reveal()),
    ];
    if !renewal.client_secret.is_empty() {
        form.push(("client_secret", renewal.client_secret.reveal()));
    }
    let heard = Ask::new(Method::POST, server).form(&form).send().await?;
    understood(&heard)
}

fn understood(heard: &Heard) -> Result<Granted, Refusal> {
    let lost = |code| Err(Refusal::NotNow(End::Lost(code)));
    match heard.status {
        200..300 => granted(heard),
        400 | 401 | 403 => {
            let said: Option<Said> = heard.json().ok();
            match said {
                // A wall before the server, or a fault of it, speaks no JSON; it says nothing of the login.
                None => lost(ChatErrorCode::PlatformFailed),
                Some(said) if said.is_of_the_app() => {
                    Err(Refusal::Never(ChatErrorCode::AppRefused))
                }
                Some(_) if heard.status == 403 => lost(ChatErrorCode::NotAllowed),
                Some(_) => Err(Refusal::Never(ChatErrorCode::RenewalRefused)),
            }
        }
        429 => lost(ChatErrorCode::TooMany),
        500.. => lost(ChatErrorCode::PlatformFailed),
        _ => lost(ChatErrorCode::Protocol),
    }
}

fn granted(heard: &Heard) -> Result<Granted, Refusal> {
    let answer: Answer = heard.json()?;
    let token = |text: &str| {
        let is_token = !text.is_empty()
            && text.len() <= TOKEN_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Secret::new(text))
    };
    let access = token(&answer.access_token).ok_or(End::Lost(ChatErrorCode::Protocol))?;
    let seconds = match &answer.expires_in {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(Granted {
        access,
        refresh: answer.refresh_token.as_deref().and_then(token),
        lasts: seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST)),
    })
}

impl Said {
    /// Whether it is about the application rather than about the refresh token.
    fn is_of_the_app(&self) -> bool {
        let words = |value: &Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
        let (error, message) = (words(&self.error), words(&self.message));
        matches!(error.as_str(), "invalid_client" | "unauthorized_client")
            || message.contains("client")
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn heard(status: u16, body: &str) -> Heard {
        let body = Bytes::copy_from_slice(body.as_bytes());
        Heard { status, body }
    }

    #[test]
    fn a_refusal_for_good_is_told_from_a_fault_that_passes() {
        use ChatErrorCode as Code;
        let never = |status, body| match understood(&heard(status, body)) {
            Err(Refusal::Never(code)) => Some(code),
            Err(Refusal::NotNow(_)) => None,
            Ok(_) => unreachable!(),
        };
        // As Kick answers, as its documents say, and as Twitch answers.
        for body in [
            r#"{"error":"invalid_grant","error_description":"The provided authorization grant ... was issued to another client"}"#,
            r#"{"error":"Invalid request"}"#,
            r#"{"error":"Bad Request","status":400,"message":"Invalid refresh token"}"#,
        ] {
            assert_eq!(never(400, body), Some(Code::RenewalRefused), "{body}");
        }
        for (status, body) in [
            (401, r#"{"error":"invalid_client"}"#),
            (400, r#"{"status":400,"message":"invalid client"}"#),
            (403, r#"{"status":403,"message":"invalid client secret"}"#),
        ] {
            assert_eq!(never(status, body), Some(Code::AppRefused), "{body}");
        }
        for (status, body) in [
            (403, "<html>Request blocked by security policy</html>"),
            (403, r#"{"error":"blocked"}"#),
            (400, "oops"),
            (404, r#"{"error":"not found"}"#),
            (429, "{}"),
            (503, r#"{"error":"invalid_grant"}"#),
            (302, ""),
            (200, "{}"),
            (200, r#"{"access_token":""}"#),
            (200, r#"{"access_token":"a b"}"#),
        ] {
            assert_eq!(never(status, body), None, "{status} {body}");
        }
    }

    #[test]
    fn how_long_a_token_lasts_is_read_as_a_number_or_as_text_and_bounded() {
        for (said, seconds) in [
            ("7200", Some(7_200)),
            ("\"7200\"", Some(7_200)),
            ("\"\"", None),
            ("null", None),
            ("-1", None),
            ("18446744073709551615", Some(LONGEST.as_secs())),
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{said}}}"#);
            let Ok(granted) = understood(&heard(200, &body)) else {
                unreachable!()
            };
            assert_eq!(
                granted.lasts.map(|lasts| lasts.as_secs()),
                seconds,
                "{said}"
            );
            assert_eq!(granted.refresh, None);
        }
    }
}
