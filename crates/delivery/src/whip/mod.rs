//! whip owns WHIP's HTTP exchange (RFC 9725): an offer is posted, the answer comes with a session, the session is
//! deleted at the end. What is offered and what happens to the answer is its caller's.

mod exchange;
mod ice_link;

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

pub use ice_link::IceServer;

use crate::error::DeliveryErrorCode as Code;
use crate::secret::Secret;
use crate::tls::TlsRoots;
use exchange::{Ask, Heard, Method};

/// Redirects followed; RFC 9725 wants them for balancing load, and one or two are usual.
const REDIRECTS_MAX: usize = 5;

/// Where to publish.
#[derive(Clone, PartialEq, Eq)]
pub struct WhipEndpoint {
    url: Url,
    token: Option<Secret>,
    roots: TlsRoots,
}

impl fmt::Debug for WhipEndpoint {
    /// Without path: with some servers it is all that is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&origin(&self.url))
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct WhipAnswer {
    /// Its session description.
    pub sdp: String,
    /// Servers that help to find a way for the media.
    pub ice_servers: Vec<IceServer>,
    /// What is to be ended later.
    pub session: WhipSession,
}

/// A running session; [`WhipSession::end`] tells the server when it is over.
#[derive(Debug)]
pub struct WhipSession {
    /// `None` when the server did not say where, or said a place that cannot be trusted with the token.
    resource: Option<WhipEndpoint>,
}

impl WhipEndpoint {
    /// Takes an address and a key apart. The key is the bearer token; one that begins with `/` or `?` is the secret end of
    /// the address instead, for servers that hand out one address and no token.
    ///
    /// # Errors
    /// [`Code::BadUrl`]; [`Code::NotSecure`] for `http://` to anywhere but this machine or the local network.
    pub fn parse(address: &str, key: &Secret, roots: TlsRoots) -> Result<Self, Code> {
        let key = key.reveal().trim();
        let is_end = key.starts_with(['/', '?']);
        let address = address.trim();
        let whole = match key.chars().next() {
            Some('/') => format!("{}{key}", address.trim_end_matches('/')),
            Some('?') => format!("{address}{key}"),
            _ => address.to_owned(),
        };
        let url = Url::parse(&whole).map_err(|_| Code::BadUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Code::BadUrl);
        }
        if key.contains(|c: char| c.is_control()) {
            return Err(Code::BadUrl);
        }
        check_way(&url)?;
        let token = Some(Secret::new(key)).filter(|token| !is_end && !token.is_empty());
        Ok(Self { url, token, roots })
    }

    /// Posts an offer.
    ///
    /// # Errors
    /// What keeps the server from being reached, or how it refused.
    pub async fn publish(&self, offer: String) -> Result<WhipAnswer, Code> {
        let (place, heard) = self.ask(Method::Post, &offer).await?;
        match heard.status {
            201 => {}
            status => return Err(refusal(status)),
        }
        // A page that says something else with 201 is no answer.
        if !heard.body.trim_start().starts_with("v=0") {
            return Err(Code::NoAnswer);
        }
        let resource = heard
            .location
            .and_then(|location| place.url.join(&location).ok())
            .filter(|url| check_way(url).is_ok() && may_have_token(&place.url, url));
        Ok(WhipAnswer {
            sdp: heard.body,
            ice_servers: ice_link::servers(&heard.links),
            session: WhipSession {
                resource: resource.map(|url| Self { url, ..place }),
            },
        })
    }

    /// Asks whether somebody is there who would listen, without publishing.
    ///
    /// # Errors
    /// As [`WhipEndpoint::publish`].
    pub async fn probe(&self) -> Result<(), Code> {
        let (_, heard) = self.ask(Method::Options, "").await?;
        match heard.status {
            // A server need not know OPTIONS.
            200..=299 | 405 | 501 => Ok(()),
            status => Err(refusal(status)),
        }
    }

    /// Asks, following redirects; gives who answered in the end.
    async fn ask(&self, method: Method, body: &str) -> Result<(Self, Heard), Code> {
        let mut place = self.clone();
        for _ in 0..=REDIRECTS_MAX {
            let heard = exchange::ask(Ask {
                method,
                url: &place.url,
                token: place.token.as_ref(),
                body: body.to_owned(),
                roots: &place.roots,
            })
            .await?;
            // Only these keep the method (RFC 9725, 4.7).
            if !matches!(heard.status, 307 | 308) {
                return Ok((place, heard));
            }
            let next = heard
                .location
                .and_then(|location| place.url.join(&location).ok())
                .ok_or(Code::NoAnswer)?;
            check_way(&next)?;
            if !may_have_token(&place.url, &next) {
                place.token = None;
            }
            place.url = next;
        }
        Err(Code::NoAnswer)
    }
}

impl WhipSession {
    /// Ends the session at the server; what it answers changes nothing any more. The caller limits the time.
    pub async fn end(self) {
        if let Some(resource) = self.resource
            && let Err(error) = resource.ask(Method::Delete, "").await
        {
            tracing::debug!(%error, "the session could not be ended at the server");
        }
    }
}

/// The same server, or any over TLS: servers send on to others of theirs, and these want the token too.
fn may_have_token(from: &Url, to: &Url) -> bool {
    to.scheme() == "https" || from.origin() == to.origin()
}

/// `https`, or `http` where nobody on the way could listen.
fn check_way(url: &Url) -> Result<(), Code> {
    match url.scheme() {
        "https" => {}
        "http" => {}
        _ => return Err(Code::BadUrl),
    }
    let near = match url.host() {
        Some(Host::Ipv4(ip)) => is_near(ip.into()),
        Some(Host::Ipv6(ip)) => is_near(ip.into()),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => return Err(Code::BadUrl),
    };
    match url.scheme() {
        "http" if !near => Err(Code::NotSecure),
        _ => Ok(()),
    }
}

/// This machine or the local network.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.to_ipv4_mapped().is_some_and(|ip| is_near(ip.into()))
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn refusal(status: u16) -> Code {
    match status {
        401 | 403 => Code::NotAuthorized,
        404 | 410 => Code::NotFound,
        // Not acceptable, unsupported media type, unprocessable: all about what was offered.
        406 | 415 | 422 => Code::FormatRefused,
        400..=599 => Code::PublishRejected(format!("HTTP {status}")),
        _ => Code::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str, key: &str) -> Result<WhipEndpoint, Code> {
        WhipEndpoint::parse(address, &Secret::new(key), TlsRoots::System)
    }

    #[test]
    fn plain_http_stays_on_this_machine_or_the_local_network() {
        for near in [
            "http://127.0.0.1:8889/live/whip",
            "http://localhost/whip",
            "http://192.168.1.20:8889/whip",
            "http://10.0.0.1/whip",
            "http://[::1]:8889/whip",
            "http://[fd00::1]/whip",
            "https://whip.example/endpoint",
        ] {
            assert!(parse(near, "token").is_ok(), "{near}");
        }
        for far in [
            "http://whip.example/endpoint",
            "http://8.8.8.8/whip",
            "http://localhost.example/whip",
            "http://[2001:db8::1]/whip",
        ] {
            assert_eq!(parse(far, "token"), Err(Code::NotSecure), "{far}");
        }
        for bad in [
            "rtmp://host/app",
            "https://",
            "https://me:word@host/whip",
            "whip",
        ] {
            assert_eq!(parse(bad, "token"), Err(Code::BadUrl), "{bad}");
        }
    }

    #[test]
    fn a_key_is_the_token_or_the_secret_end_of_the_address() {
        let bearer = parse("https://h/whip", " abc ").unwrap();
        assert_eq!(bearer.token, Some(Secret::new("abc")));
        let path = parse("https://h/", "/s3cret/webRTC/publish").unwrap();
        assert_eq!(
            (path.url.as_str(), path.token),
            ("https://h/s3cret/webRTC/publish", None)
        );
        let query = parse("https://h/whip", "?key=s3cret").unwrap();
        assert_eq!(query.url.as_str(), "https://h/whip?key=s3cret");
        assert_eq!(parse("https://h/whip", "").unwrap().token, None);
        assert!(parse("https://h/whip", "a\r\nX-Evil: 1").is_err());
    }

    #[test]
    fn debug_output_shows_neither_token_nor_path() {
        let endpoint = parse("https://h/s3cret", "s3cret").unwrap();
        assert_eq!(format!("{endpoint:?}"), "https://h");
    }

    #[test]
    fn a_token_never_goes_where_it_could_be_read() {
        let url = |text| Url::parse(text).unwrap();
        let home = url("https://a.example/whip");
        assert!(may_have_token(&home, &url("https://b.example/whip")));
        assert!(!may_have_token(&home, &url("http://127.0.0.1/whip")));
        let near = url("http://127.0.0.1:1/whip");
        assert!(may_have_token(&near, &url("http://127.0.0.1:1/session/2")));
        assert!(!may_have_token(&near, &url("http://127.0.0.1:2/session/2")));
    }

    #[test]
    fn statuses_say_what_a_person_can_do() {
        assert_eq!(refusal(401), Code::NotAuthorized);
        assert_eq!(refusal(404), Code::NotFound);
        assert_eq!(refusal(406), Code::FormatRefused);
        assert_eq!(refusal(409).server_words(), Some("HTTP 409"));
        assert_eq!(refusal(200), Code::NoAnswer);
    }
}
