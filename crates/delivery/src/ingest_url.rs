//! ingest_url owns what a person pastes: an RTMP address and a key, in the forms platforms use.

use std::fmt;

use url::Url;

use crate::error::DeliveryErrorCode;
use crate::secret::Secret;

/// The default RTMP port (Adobe RTMP specification, IANA `macromedia-fcs`).
const RTMP_PORT: u16 = 1935;
/// RTMPS is RTMP over TLS; ingests listen where HTTPS does.
const RTMPS_PORT: u16 = 443;

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Plain TCP.
    Rtmp,
    /// TLS over TCP.
    Rtmps,
}

/// An address taken apart for the RTMP commands.
#[derive(Clone, PartialEq, Eq)]
pub struct IngestUrl {
    /// Plain or TLS.
    pub transport: Transport,
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The RTMP application: the whole path (`live`, `app/instance`), with its query if any.
    pub app: String,
    /// The `tcUrl` of the connect command.
    pub tc_url: String,
    /// The stream name of the publish command: the key, with its query if any.
    pub stream_name: Secret,
}

impl fmt::Debug for IngestUrl {
    /// Host and port only: path and query carry keys on some platforms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.transport, self.host, self.port)
    }
}

impl IngestUrl {
    /// Takes an address and a key apart.
    ///
    /// With a key, the path of the address is the application. Without one, the last segment of
    /// the path (and the query) is the stream name: platforms that hand out one full address.
    /// Blanks around both are removed, since people paste.
    ///
    /// # Errors
    /// [`DeliveryErrorCode::BadUrl`] for another scheme, a missing host, application or key.
    pub fn parse(address: &str, key: &Secret) -> Result<Self, DeliveryErrorCode> {
        let bad = DeliveryErrorCode::BadUrl;
        let url = Url::parse(address.trim()).map_err(|_| bad.clone())?;
        let (transport, scheme, default_port) = match url.scheme() {
            "rtmp" => (Transport::Rtmp, "rtmp", RTMP_PORT),
            "rtmps" => (Transport::Rtmps, "rtmps", RTMPS_PORT),
            _ => return Err(bad),
        };
        let bracketed = url
            .host_str()
            .filter(|h| !h.is_empty())
            .ok_or(bad.clone())?;
        let host = bracketed.trim_matches(['[', ']']).to_owned();
        let path = url.path().trim_start_matches('/');
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        let key = key.reveal().trim().trim_start_matches('/');
        let (app, stream_name) = if key.is_empty() {
            let (app, name) = path.rsplit_once('/').ok_or(bad.clone())?;
            (app.to_owned(), format!("{name}{query}"))
        } else {
            let app = format!("{}{query}", path.trim_end_matches('/'));
            (app, key.to_owned())
        };
        if app.is_empty() || stream_name.is_empty() {
            return Err(bad);
        }
        let authority = match url.port() {
            Some(port) => format!("{bracketed}:{port}"),
            None => bracketed.to_owned(),
        };
        Ok(Self {
            transport,
            host,
            port: url.port().unwrap_or(default_port),
            tc_url: format!("{scheme}://{authority}/{app}"),
            app,
            stream_name: Secret::new(stream_name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str, key: &str) -> Result<IngestUrl, DeliveryErrorCode> {
        IngestUrl::parse(address, &Secret::new(key))
    }

    #[test]
    fn an_address_and_a_key_become_application_and_stream_name() {
        let url = parse("rtmp://live.example.com/app", "abc").unwrap();
        assert_eq!((url.host.as_str(), url.port), ("live.example.com", 1935));
        assert_eq!((url.app.as_str(), url.stream_name.reveal()), ("app", "abc"));
        assert_eq!(url.tc_url, "rtmp://live.example.com/app");
    }

    #[test]
    fn an_instance_a_port_and_a_trailing_slash_are_understood() {
        let url = parse(" rtmps://a.example:8443/app/inst/ ", " /k?x=1 ").unwrap();
        assert_eq!((url.transport, url.port), (Transport::Rtmps, 8443));
        assert_eq!(url.app, "app/inst");
        assert_eq!(url.tc_url, "rtmps://a.example:8443/app/inst");
        assert_eq!(url.stream_name.reveal(), "k?x=1");
    }

    #[test]
    fn a_key_that_is_only_a_query_stays_whole() {
        let url = parse(
            "rtmp://live-push.bilivideo.com/live-bvc/",
            "?streamname=live_1&key=2",
        )
        .unwrap();
        assert_eq!(url.app, "live-bvc");
        assert_eq!(url.stream_name.reveal(), "?streamname=live_1&key=2");
    }

    #[test]
    fn a_full_address_without_key_gives_its_last_segment() {
        let url = parse("rtmp://push.example/third/stream-1?auth=9/8", "").unwrap();
        assert_eq!(url.app, "third");
        assert_eq!(url.stream_name.reveal(), "stream-1?auth=9/8");
        assert_eq!(url.tc_url, "rtmp://push.example/third");
    }

    #[test]
    fn an_ipv6_address_loses_its_brackets_for_the_socket_only() {
        let url = parse("rtmp://[::1]:19350/live", "k").unwrap();
        assert_eq!(url.host, "::1");
        assert_eq!(url.tc_url, "rtmp://[::1]:19350/live");
    }

    #[test]
    fn what_is_not_an_ingest_is_refused() {
        for (address, key) in [
            ("https://example.com/app", "k"),
            ("rtmp://", "k"),
            ("rtmp://host", "k"),
            ("rtmp://host/app", ""),
            ("rtmp://host/app/", ""),
            ("", ""),
            ("live", "k"),
        ] {
            assert_eq!(
                parse(address, key),
                Err(DeliveryErrorCode::BadUrl),
                "{address}"
            );
        }
    }

    #[test]
    fn debug_output_shows_no_key() {
        let url = parse("rtmp://host/app/secret?sign=secret", "").unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }
}
