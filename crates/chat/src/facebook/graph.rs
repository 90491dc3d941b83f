//! Owns asking Facebook's Graph API with a Page's own token (developers.facebook.com/docs/graph-api): addresses, and what a
//! refusal means.

use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use url::Url;

use crate::acts::ActFault;
use crate::connector::{ChatErrorCode, End};
use crate::http::Ask;
use crate::secret::Secret;

/// The wait after Facebook said that it was too often; its limits are counted by the hour.
const COOL_DOWN: Duration = Duration::from_secs(60);

/// What a request that failed says ("Handling Errors").
#[derive(Deserialize)]
struct Refusal {
    error: Why,
}

#[derive(Deserialize)]
struct Why {
    code: i64,
}

/// A request to `node` and below it, under this token. The token goes where the documents have it, into the address; nothing
/// here or below logs an address.
pub(super) fn ask(
    method: Method,
    server: &str,
    path: &[&str],
    query: &[(&str, &str)],
    token: &Secret,
) -> Result<Ask, End> {
    let invalid = End::Hopeless(ChatErrorCode::InvalidUrl);
    let mut url = Url::parse(server.trim()).map_err(|_| invalid)?;
    url.path_segments_mut()
        .map_err(|()| invalid)?
        .clear()
        .extend(path);
    url.query_pairs_mut()
        .clear()
        .extend_pairs(query)
        .append_pair("access_token", token.reveal());
    Ok(Ask::new(method, url))
}

fn code(body: &[u8]) -> i64 {
    let said = serde_json::from_slice::<Refusal>(body);
    said.map_or(0, |said| said.error.code)
}

/// What a refusal means for reading.
pub(super) fn meaning(status: u16, body: &[u8]) -> End {
    use ChatErrorCode as Code;
    let code = code(body);
    tracing::info!(status, code, "Facebook said no");
    match (status, code) {
        // The token ran out, was revoked or is none.
        (_, 102 | 190) => End::Hopeless(Code::TokenRefused),
        (_, 3 | 10 | 200..=299) => End::Hopeless(Code::NotAllowed),
        (_, 4 | 17 | 32 | 341 | 368 | 613) | (429, _) => End::Later(Code::TooMany, COOL_DOWN),
        // There is no such object, or this token may not see it.
        (_, 100 | 803) => End::Hopeless(Code::NoSuchChannel),
        (_, 1 | 2) | (500.., _) => End::Lost(Code::PlatformFailed),
        (401, _) => End::Hopeless(Code::TokenRefused),
        (403, _) => End::Hopeless(Code::NotAllowed),
        (404, _) => End::Hopeless(Code::NoSuchChannel),
        _ => End::Lost(Code::Protocol),
    }
}

/// What a refusal means for an act.
pub(super) fn fault(status: u16, body: &[u8]) -> ActFault {
    match (status, code(body)) {
        (_, 102 | 190) => ActFault::TokenRefused,
        (_, 3 | 10 | 200..=299) => ActFault::NotAllowed,
        (_, 4 | 17 | 32 | 341 | 368 | 613) | (429, _) => ActFault::TooFast,
        (_, 100 | 803) => ActFault::LineGone,
        // The same words once more ("Duplicate Post").
        (_, 506) => ActFault::HeldBack,
        _ => ActFault::Refused,
    }
}
