//! What a phone is told when its request does not reach the studio: a page in plain words that tries again by itself, or a
//! code for the page that is open already.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// Why a request does not reach the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such room.
    Unknown,
    /// The studio is not connected, or does not let its team in this way.
    Away,
    /// Too much at a time.
    Busy,
    /// Too often.
    TooMany,
    /// NATS is away.
    Store,
    /// The studio's answer broke off or is none.
    Broken,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken => StatusCode::BAD_GATEWAY,
            Self::Away | Self::Busy | Self::Store => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::TooMany => "too_many",
            Self::Store => "store",
            Self::Broken => "broken",
        }
    }

    /// In Chinese and in English.
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Unknown => [
                "没有这个直播间。请向主播要一个新的邀请。",
                "There is no such room. Ask the studio for a new invite.",
            ],
            Self::Away | Self::Broken => [
                "直播间的电脑现在没有连上，或者没有打开“从外面进来”。连上后本页会自己打开。",
                "The studio is not connected now, or does not let its team in from outside. This page opens by itself once it is.",
            ],
            Self::Busy | Self::TooMany => [
                "现在来的人太多，稍后会自己再试。",
                "Too many at once. This page tries again by itself.",
            ],
            Self::Store => [
                "中继正在重启，稍后会自己再试。",
                "The relay is restarting. This page tries again by itself.",
            ],
        }
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(self, headers: &HeaderMap) -> Response {
        let accepted = headers.get(header::ACCEPT);
        let is_page = accepted.is_some_and(|kinds| {
            let kinds = kinds.as_bytes();
            kinds.windows(9).any(|kind| kind == b"text/html")
        });
        let mut response = if is_page {
            self.page()
        } else {
            let code = serde_json::json!({ "code": self.code() });
            (self.status(), Json(code)).into_response()
        };
        let headers = response.headers_mut();
        let no_store = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, no_store);
        if self.status() != StatusCode::NOT_FOUND {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }

    fn page(self) -> Response {
        let [zh, en] = self.words();
        let nonce = format!("{:032x}", rand::random::<u128>());
        // The invite stands behind the # of the address: reloaded, it is still there.
        let again = if self == Self::Unknown {
            String::new()
        } else {
            format!("<script nonce=\"{nonce}\">setTimeout(()=>location.reload(),5000)</script>")
        };
        let page = format!(
            "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>Stallcast</title><style nonce=\"{nonce}\">\
             :root{{color-scheme:light dark}}body{{font:17px/1.6 system-ui,sans-serif;\
             max-width:30em;margin:18vh auto 0;padding:0 24px}}</style>\
             <p>{zh}</p><p lang=\"en\">{en}</p>{again}</html>"
        );
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
        ];
        (self.status(), headers, Html(page)).into_response()
    }
}
