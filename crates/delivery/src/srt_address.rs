//! srt_address owns what a person pastes for SRT: an address with its open options, and a key that holds the secret ones.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::error::DeliveryErrorCode;
use crate::secret::Secret;

/// Shortest wait for retransmission; below it one lost packet on a home network is a lost picture.
const LATENCY_MIN_MS: u64 = 20;
/// Longest: with what waits in the queue a viewer stays within five seconds.
const LATENCY_MAX_MS: u64 = 2000;
/// When the address says nothing: four round trips of 100 ms, as the SRT alliance advises for the internet.
const LATENCY_MS: u64 = 400;
/// libsrt's limits (SRTO_PASSPHRASE).
const PASSPHRASE_LENGTH: std::ops::RangeInclusive<usize> = 10..=79;
/// libsrt's limit (SRTO_STREAMID).
const STREAM_ID_MAX: usize = 512;

/// Who calls whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SrtMode {
    /// We call the server.
    Caller,
    /// The other side calls us at the port.
    Listener,
}

/// An SRT destination.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtAddress {
    /// Who calls.
    pub mode: SrtMode,
    /// Host name or address, IPv6 without brackets; for a listener the own address to listen on.
    pub host: String,
    /// UDP port.
    pub port: u16,
    /// How long the receiver waits for retransmission.
    pub latency: Duration,
    /// What the server knows the stream by; often as good as a password.
    pub stream_id: Option<Secret>,
    /// What the stream is encrypted with.
    pub passphrase: Option<Secret>,
}

impl fmt::Debug for SrtAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Srt {:?} {}:{}", self.mode, self.host, self.port)
    }
}

impl SrtAddress {
    /// Takes an address and a key apart. The address may carry `mode` (`caller`, `listener`) and `latency` (20 to
    /// 2000 ms). The key is the passphrase; or, where there is a stream id, `streamid=…` with `&passphrase=…` when there
    /// is one too, as they stand in a whole SRT address.
    ///
    /// # Errors
    /// [`DeliveryErrorCode::BadUrl`], [`DeliveryErrorCode::BadPassphrase`].
    pub fn parse(address: &str, key: &Secret) -> Result<Self, DeliveryErrorCode> {
        let bad = || DeliveryErrorCode::BadUrl;
        let url = Url::parse(address.trim()).map_err(|_| bad())?;
        if url.scheme() != "srt" {
            return Err(bad());
        }
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or_else(bad)?;
        let mut parsed = Self {
            mode: SrtMode::Caller,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().filter(|port| *port > 0).ok_or_else(bad)?,
            latency: Duration::from_millis(LATENCY_MS),
            stream_id: None,
            passphrase: None,
        };
        for (name, value) in url.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("mode", "caller") => parsed.mode = SrtMode::Caller,
                ("mode", "listener") => parsed.mode = SrtMode::Listener,
                ("latency", ms) => {
                    let ms = ms.parse().ok();
                    let ms = ms.filter(|ms| (LATENCY_MIN_MS..=LATENCY_MAX_MS).contains(ms));
                    parsed.latency = Duration::from_millis(ms.ok_or_else(bad)?);
                }
                _ => return Err(bad()),
            }
        }
        parsed.take_key(key)?;
        Ok(parsed)
    }

    fn take_key(&mut self, key: &Secret) -> Result<(), DeliveryErrorCode> {
        let key = key.reveal().trim().trim_start_matches('?');
        if key.is_empty() {
            return Ok(());
        }
        if !["streamid=", "passphrase="]
            .iter()
            .any(|name| key.starts_with(name))
        {
            return self.encrypt(key);
        }
        // As people paste it: `#!::r=app/name,m=publish` holds `=` and may hold `&`, so only known names part it.
        let mut rest = key;
        while !rest.is_empty() {
            let (name, tail) = rest.split_once('=').ok_or(DeliveryErrorCode::BadUrl)?;
            let end = ["&streamid=", "&passphrase="]
                .iter()
                .filter_map(|next| tail.find(next))
                .min()
                .unwrap_or(tail.len());
            let value = unescaped(&tail[..end]);
            match name {
                "streamid" if value.len() <= STREAM_ID_MAX => {
                    self.stream_id = Some(Secret::new(value)).filter(|id| !id.is_empty());
                }
                "passphrase" => self.encrypt(&value)?,
                _ => return Err(DeliveryErrorCode::BadUrl),
            }
            rest = tail[end..].trim_start_matches('&');
        }
        Ok(())
    }

    fn encrypt(&mut self, passphrase: &str) -> Result<(), DeliveryErrorCode> {
        if !PASSPHRASE_LENGTH.contains(&passphrase.len()) {
            return Err(DeliveryErrorCode::BadPassphrase);
        }
        self.passphrase = Some(Secret::new(passphrase));
        Ok(())
    }
}

/// `%23%21` as `#!`; what is no escape stays as it is.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = bytes
            .get(at + 1..at + 3)
            .filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(escape.unwrap_or(byte));
        at += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str, key: &str) -> Result<SrtAddress, DeliveryErrorCode> {
        SrtAddress::parse(address, &Secret::new(key))
    }

    #[test]
    fn a_plain_key_is_the_passphrase() {
        let srt = parse("srt://ingest.example:9000", "correct horse").unwrap();
        assert_eq!(
            (srt.mode, srt.host.as_str()),
            (SrtMode::Caller, "ingest.example")
        );
        assert_eq!((srt.port, srt.latency), (9000, Duration::from_millis(400)));
        assert_eq!(srt.passphrase, Some(Secret::new("correct horse")));
        assert_eq!(srt.stream_id, None);
        assert_eq!(parse("srt://h:1", "").unwrap().passphrase, None);
    }

    #[test]
    fn a_stream_id_is_taken_as_it_stands_in_a_whole_address() {
        let id = "#!::h=live.example,r=live-app/?streamname=a&key=b,m=publish";
        for key in [
            format!("streamid={id}&passphrase=0123456789"),
            format!("?passphrase=0123456789&streamid={id}"),
            "streamid=%23!::h=live.example,r=live-app/?streamname=a&key=b,m=publish&passphrase=0123456789"
                .to_owned(),
        ] {
            let srt = parse("srt://h:9000?latency=800", &key).unwrap();
            assert_eq!(srt.stream_id, Some(Secret::new(id)), "{key}");
            assert_eq!(srt.passphrase, Some(Secret::new("0123456789")), "{key}");
            assert_eq!(srt.latency, Duration::from_millis(800));
        }
    }

    #[test]
    fn a_listener_names_its_own_address() {
        let srt = parse("srt://0.0.0.0:9000?mode=listener", "").unwrap();
        assert_eq!(
            (srt.mode, srt.host.as_str()),
            (SrtMode::Listener, "0.0.0.0")
        );
        let srt = parse("srt://[::1]:9000?mode=listener&latency=20", "").unwrap();
        assert_eq!(srt.host, "::1");
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for address in [
            "srt://host",
            "srt://host:0",
            "srt://:9000",
            "rtmp://host:9000",
            "srt://host:9000?latency=5000",
            "srt://host:9000?latency=soon",
            "srt://host:9000?mode=rendezvous",
            "srt://host:9000?passphrase=0123456789",
        ] {
            assert_eq!(
                parse(address, ""),
                Err(DeliveryErrorCode::BadUrl),
                "{address}"
            );
        }
        let short = parse("srt://host:9000", "too short");
        assert_eq!(short, Err(DeliveryErrorCode::BadPassphrase));
        let long = parse("srt://host:9000", &"x".repeat(80));
        assert_eq!(long, Err(DeliveryErrorCode::BadPassphrase));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let srt = parse("srt://h:9000", "streamid=s3cret&passphrase=s3crets3cret").unwrap();
        assert!(!format!("{srt:?}").contains("s3cret"));
    }
}
