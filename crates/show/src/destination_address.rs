//! What may stand in a destination's address: the scheme tells how the show gets there, and nothing in it is a secret.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::Refusal;
use crate::check;
use crate::refusal::UrlFault;

/// RTMP, plain and over TLS; SRT; WHIP, which begins over HTTP.
const SCHEMES: [&str; 5] = ["rtmp", "rtmps", "srt", "http", "https"];
const FIELD: &str = "destination_url";
/// Limits of SRT's wait for retransmission, milliseconds; as in the part that sends.
const LATENCY_MS: std::ops::RangeInclusive<u32> = 20..=2000;

/// Whether a destination may have this address.
///
/// # Errors
/// [`Refusal::BadUrl`].
pub(crate) fn check(url: &str) -> Result<(), Refusal> {
    check::url(FIELD, url, &SCHEMES)?;
    let refused = |fault| {
        Err(Refusal::BadUrl {
            field: FIELD,
            fault,
        })
    };
    let scheme = url
        .split("://")
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match fault(&scheme, url) {
        Some(fault) => refused(fault),
        None => Ok(()),
    }
}

fn fault(scheme: &str, url: &str) -> Option<UrlFault> {
    match (scheme, url.split_once('?')) {
        ("srt", Some((_, options))) => {
            if let Some(fault) = srt_options_fault(options) {
                return Some(fault);
            }
        }
        // What follows a question mark is a key on every platform that uses one; keys stay out of the journal.
        (_, Some(_)) => return Some(UrlFault::Credentials),
        _ => {}
    }
    match scheme {
        // SRT has no port of its own.
        "srt" if !has_port(url) => Some(UrlFault::Port),
        "http" if !is_near(host(url)) => Some(UrlFault::Insecure),
        _ => None,
    }
}

/// Only how it is called may be seen by everybody; stream ids and passphrases are keys.
fn srt_options_fault(options: &str) -> Option<UrlFault> {
    options
        .split('&')
        .find_map(|option| match option.split_once('=') {
            Some(("mode", "caller" | "listener")) => None,
            Some(("latency", ms)) if ms.parse().is_ok_and(|ms| LATENCY_MS.contains(&ms)) => None,
            Some(("mode" | "latency", _)) => Some(UrlFault::Option),
            _ => Some(UrlFault::Credentials),
        })
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn has_port(url: &str) -> bool {
    let authority = authority(url);
    let tail = authority.rsplit(']').next().unwrap_or_default();
    tail.contains(':')
}

fn host(url: &str) -> &str {
    let authority = authority(url);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// This machine or the local network: a token travels unencrypted nowhere else.
fn is_near(host: &str) -> bool {
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return ip.is_loopback() || ip.is_private() || ip.is_link_local();
    }
    if let Ok(ip) = host.parse::<Ipv6Addr>() {
        return ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local();
    }
    host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(url: &str) -> Option<UrlFault> {
        match check(url) {
            Ok(()) => None,
            Err(Refusal::BadUrl { fault, .. }) => Some(fault),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_way_has_its_scheme() {
        for good in [
            "rtmp://host/app",
            "rtmps://host:443/app",
            "srt://ingest.example:9000",
            "srt://0.0.0.0:9000?mode=listener",
            "srt://[::1]:9000?mode=caller&latency=400",
            "https://whip.example/endpoint",
            "http://127.0.0.1:8889/orchard/whip",
            "http://[::1]:8889/whip",
            "http://192.168.1.9/whip",
            "http://localhost:8889/whip",
        ] {
            assert_eq!(fault_of(good), None, "{good}");
        }
        assert_eq!(fault_of("ftp://host/app"), Some(UrlFault::Scheme));
    }

    #[test]
    fn no_secret_stands_in_an_address() {
        for bad in [
            "rtmp://host/app?key=1",
            "https://host/whip?token=1",
            "srt://host:9000?streamid=1",
            "srt://host:9000?mode=caller&passphrase=0123456789",
            "srt://host:9000?",
            "https://me:word@host/whip",
        ] {
            assert_eq!(fault_of(bad), Some(UrlFault::Credentials), "{bad}");
        }
    }

    #[test]
    fn what_cannot_work_is_named() {
        assert_eq!(fault_of("srt://host"), Some(UrlFault::Port));
        assert_eq!(fault_of("srt://[::1]"), Some(UrlFault::Port));
        assert_eq!(
            fault_of("srt://host:9000?latency=9"),
            Some(UrlFault::Option)
        );
        assert_eq!(
            fault_of("srt://host:9000?mode=rendezvous"),
            Some(UrlFault::Option)
        );
        for far in [
            "http://whip.example/",
            "http://8.8.8.8/whip",
            "http://localhost.example/",
        ] {
            assert_eq!(fault_of(far), Some(UrlFault::Insecure), "{far}");
        }
    }
}
