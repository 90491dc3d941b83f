//! The door for phones: a request to `/team/ROOM/…` goes to the room's studio as it came, without that prefix, and its answer
//! comes back, a WebSocket included. Who may do what is the studio's to say; here is only bounded what it costs the relay.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use stallcast_hooks::TEAM_PATH;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::time::{Instant, timeout};

use crate::door::{NoWay, Way};
use crate::hooks::short;
use crate::refusal::Refusal;
use crate::rooms::RoomError;
use crate::server::{Copy, Peer, is_true};
use crate::shares::{NoShare, Share};

/// How long a phone, or its studio, may take nothing of what is on its way.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// How long one way goes on when the other is at its end: an answer that came early is still told, and who never hangs up is
/// left.
const AFTER_THE_END: Duration = Duration::from_secs(10);
/// Piece that is moved at a time, in bytes.
const PIECE: usize = 16 * 1024;
/// Bytes between a request and its stream.
const BETWEEN: usize = 32 * 1024;
/// Where the address that a trusted proxy saw stands.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What is between two neighbours and goes no further (RFC 9110, 7.6.1), and what a proxy says of a phone.
const NOT_PASSED_ON: [HeaderName; 6] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];
/// What one studio may not say to browsers: pages of all rooms have one origin.
const NOT_PASSED_BACK: [&str; 3] = ["set-cookie", "service-worker-allowed", "clear-site-data"];

/// `/team/ROOM` without the slash behind it: the page's own addresses begin at the slash.
pub(crate) async fn to_the_page(Path(room): Path<String>) -> Response {
    if !stallcast_hooks::is_room(&room) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // Relative: the relay may stand under a path of its own.
    Redirect::permanent(&format!("{room}/")).into_response()
}

/// Passes a request on to the room's studio.
pub(crate) async fn pass(
    State(copy): State<Arc<Copy>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let of_room = path.strip_prefix(TEAM_PATH).unwrap_or_default();
    let room = of_room.split('/').next().unwrap_or_default().to_owned();
    let from = address_of(peer.from, request.headers(), &copy.proxies);
    let asked = request.headers().clone();
    match reach(&copy, &room, from, peer, request).await {
        Ok(response) => response,
        Err(refusal) => {
            tracing::debug!(
                room = short(&room),
                ?refusal,
                "a phone does not reach its studio"
            );
            refusal.answer(&asked)
        }
    }
}

async fn reach(
    copy: &Arc<Copy>,
    room: &str,
    from: IpAddr,
    peer: Peer,
    mut request: Request,
) -> Result<Response, Refusal> {
    copy.rooms.find(room).await.map_err(|error| match error {
        RoomError::Busy => Refusal::TooMany,
        RoomError::Store(_) => Refusal::Store,
        _ => Refusal::Unknown,
    })?;
    let share = copy.shares.take(room, from, Instant::now());
    let share = share.map_err(|none| match none {
        NoShare::Rate => Refusal::TooMany,
        NoShare::Busy => Refusal::Busy,
    })?;
    let way = copy.doors.way(&copy.store, room, from).await;
    let way = way.map_err(|none| match none {
        NoWay::Away => Refusal::Away,
        NoWay::Busy => Refusal::Busy,
        NoWay::Store => Refusal::Store,
    })?;
    let (near, far) = duplex(BETWEEN);
    let (store, ended) = (copy.store.clone(), copy.ended.clone());
    tokio::spawn(async move {
        // Away from this copy in good time: the page comes again, to another one.
        tokio::select! {
            () = carry(far, way, share) => {}
            () = store.lost() => {}
            () = is_true(ended) => {}
        }
    });

    let upgrade = request.headers().get(header::UPGRADE).cloned();
    let phone = upgrade.as_ref().map(|_| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    parts.uri = behind(&parts.uri, room).ok_or(Refusal::Unknown)?;
    for name in NOT_PASSED_ON {
        parts.headers.remove(name);
    }
    let is_forwarding =
        |name: &HeaderName| name.as_str().starts_with("x-forwarded-") || name == header::FORWARDED;
    let forwarding: Vec<HeaderName> = parts
        .headers
        .keys()
        .filter(|name| is_forwarding(name))
        .cloned()
        .collect();
    for name in forwarding {
        parts.headers.remove(name);
    }
    if let Some(kind) = &upgrade {
        let connection = header::HeaderValue::from_static("upgrade");
        parts.headers.insert(header::CONNECTION, connection);
        parts.headers.insert(header::UPGRADE, kind.clone());
    }
    parts.extensions.clear();

    let shaken = http1::handshake(TokioIo::new(near)).await;
    let (mut studio, connection) = shaken.map_err(|_| Refusal::Broken)?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a request to a studio broke");
        }
    });
    let answer = studio
        .send_request(Request::from_parts(parts, body))
        .await
        .map_err(|_| Refusal::Broken)?;
    let mut answer = answer;
    for name in NOT_PASSED_BACK {
        answer.headers_mut().remove(name);
    }
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.headers_mut().remove(header::CONNECTION);
        return Ok(answer.map(Body::new));
    }
    let phone = phone.ok_or(Refusal::Broken)?;
    let studio = hyper::upgrade::on(&mut answer);
    tokio::spawn(async move {
        let (Ok(phone), Ok(studio)) = tokio::join!(phone, studio) else {
            return;
        };
        let (from_phone, to_phone) = split(TokioIo::new(phone));
        let (from_studio, to_studio) = split(TokioIo::new(studio));
        both(
            hand_on(from_phone, to_studio),
            hand_on(from_studio, to_phone),
        )
        .await;
        drop(peer);
    });
    Ok(answer.map(|_| Body::empty()))
}

/// The address as the studio serves it.
fn behind(uri: &Uri, room: &str) -> Option<Uri> {
    let path = uri.path_and_query()?.as_str();
    let rest = path.strip_prefix(TEAM_PATH)?.strip_prefix(room)?;
    let rest = rest.starts_with('/').then_some(rest)?;
    Some(Uri::from(PathAndQuery::try_from(rest).ok()?))
}

/// Whose request it is: what a proxy that is trusted says last, or whoever is connected.
fn address_of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: IpAddr| address.is_loopback() || proxies.contains(&address);
    let mut from = peer.to_canonical();
    let said: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for address in said.into_iter().rev() {
        if !is_trusted(from) {
            break;
        }
        let address = address.trim();
        // Some proxies say the port too.
        let named = address
            .parse()
            .or_else(|_| address.parse().map(|of: SocketAddr| of.ip()));
        let Ok(named) = named else {
            break;
        };
        from = IpAddr::to_canonical(&named);
    }
    from
}

/// Moves bytes both ways, at the pace that is theirs, until both are at their end.
async fn carry(phone: DuplexStream, way: Way, share: Share) {
    let (from_phone, to_phone) = split(phone);
    let Way { bytes, place } = way;
    let (from_studio, to_studio) = split(bytes);
    let up = copy(from_phone, to_studio, &share);
    let down = copy(from_studio, to_phone, &share);
    both(up, down).await;
    drop(place);
}

/// Waits for both ways; how they end says nothing that anybody could do something about.
async fn both(
    up: impl Future<Output = std::io::Result<()>>,
    down: impl Future<Output = std::io::Result<()>>,
) {
    tokio::pin!(up, down);
    tokio::select! {
        _ = &mut up => { let _ = timeout(AFTER_THE_END, down).await; }
        _ = &mut down => { let _ = timeout(AFTER_THE_END, up).await; }
    }
}

/// Hands on what comes until its end, which is handed on too.
async fn hand_on(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
) -> std::io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    share: &Share,
) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        share.spend(length).await;
        let written = to.write_all(piece.get(..length).unwrap_or_default());
        timeout(TAKEN_WITHIN, written).await??;
        to.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = "abcdefghij234567abcd";

    #[test]
    fn the_studio_gets_what_stands_behind_the_room() {
        let of = |path: &str| {
            let uri: Uri = path.replace("ROOM", ROOM).parse().unwrap();
            behind(&uri, ROOM).map(|uri| uri.to_string())
        };
        for (path, rest) in [
            ("/team/ROOM/", "/"),
            ("/team/ROOM/api/preview?canvas=a", "/api/preview?canvas=a"),
            ("http://evil.example/team/ROOM/a%2fb", "/a%2fb"),
        ] {
            assert_eq!(of(path).as_deref(), Some(rest));
        }
        for path in ["/team/ROOM", "/team/ROOMx/", "/hook/ROOM/kick"] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn an_address_is_believed_of_a_proxy_that_is_known_and_of_nobody_else() {
        let of = |peer: &str, said: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in said {
                headers.append(FORWARDED_FOR, value.parse().unwrap());
            }
            let proxies = ["10.0.0.5".parse().unwrap()];
            address_of(peer.parse().unwrap(), &headers, &proxies).to_string()
        };
        assert_eq!(of("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
        // What the phone itself said stands before what the proxy added.
        assert_eq!(of("127.0.0.1", &["127.0.0.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["1.2.3.4", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["203.0.113.9, 10.0.0.5"]), "203.0.113.9");
        assert_eq!(of("203.0.113.7", &["1.2.3.4"]), "203.0.113.7");
        assert_eq!(
            of("::ffff:127.0.0.1", &["::ffff:203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(of("127.0.0.1", &["203.0.113.9:5151"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["[2001:db8::9]:5151"]), "2001:db8::9");
        assert_eq!(of("10.0.0.5", &["rubbish"]), "10.0.0.5");
    }
}
