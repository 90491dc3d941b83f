//! The limits of values: texts, numbers, prices, barcodes, addresses, file names.

use std::collections::BTreeSet;

use crate::{Refusal, Text, UrlFault};

/// Longest id, in characters; a Shopify handle has at most 255.
pub(crate) const ID_MAX: usize = 300;
/// Longest name of a show, source, scene or destination, in characters.
pub(crate) const NAME_MAX: usize = 80;
/// Longest countdown and planned time: one day, in seconds.
pub(crate) const SECONDS_MAX: u32 = 86_400;

pub(crate) fn text(field: &'static str, value: &str, max: usize) -> Result<(), Refusal> {
    let length = value.chars().count();
    if length > max {
        return Err(Refusal::TextTooLong { field, length, max });
    }
    Ok(())
}

pub(crate) fn filled(field: &'static str, value: &str, max: usize) -> Result<(), Refusal> {
    if value.trim().is_empty() {
        return Err(Refusal::TextEmpty { field });
    }
    text(field, value, max)
}

/// What is handed to the system and its libraries, some of which end a text at its first NUL and others fall over it.
pub(crate) fn system_name(field: &'static str, value: &str, max: usize) -> Result<(), Refusal> {
    if value.contains(char::is_control) {
        return Err(Refusal::BadFileName { field });
    }
    filled(field, value, max)
}

pub(crate) fn both(field: &'static str, value: &Text, max: usize) -> Result<(), Refusal> {
    text(field, &value.zh, max)?;
    text(field, &value.en, max)
}

pub(crate) fn either(field: &'static str, value: &Text, max: usize) -> Result<(), Refusal> {
    if value.zh.trim().is_empty() && value.en.trim().is_empty() {
        return Err(Refusal::TextEmpty { field });
    }
    both(field, value, max)
}

pub(crate) fn at_most(field: &'static str, count: usize, max: usize) -> Result<(), Refusal> {
    if count > max {
        return Err(Refusal::TooMany { field, count, max });
    }
    Ok(())
}

pub(crate) fn seconds(field: &'static str, value: u32) -> Result<(), Refusal> {
    if !(1..=SECONDS_MAX).contains(&value) {
        return Err(Refusal::InvalidLength {
            field,
            value: i64::from(value),
            min: 1,
            max: i64::from(SECONDS_MAX),
        });
    }
    Ok(())
}

pub(crate) fn range(field: &'static str, value: i32, min: i32, max: i32) -> Result<(), Refusal> {
    if !(min..=max).contains(&value) {
        return Err(Refusal::OutOfRange {
            field,
            value: i64::from(value),
            min: i64::from(min),
            max: i64::from(max),
        });
    }
    Ok(())
}

/// Whether a barcode is a GTIN-8, -12, -13 or -14 whose check digit fits (GS1 General Specifications,
/// section 7.9: weights 3 and 1 in turn from the right, summing to a multiple of ten).
pub fn gtin_is_valid(code: &str) -> bool {
    if !matches!(code.len(), 8 | 12 | 13 | 14) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = code
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, digit)| u32::from(digit - b'0') * if index % 2 == 1 { 3 } else { 1 })
        .sum();
    sum.is_multiple_of(10)
}

/// A relative path with forward slashes that cannot leave its folder on any system.
pub(crate) fn below_folder(field: &'static str, name: &str) -> Result<(), Refusal> {
    let bad = name.len() > 1000
        || name.contains(['\\', ':', '\0'])
        || name.chars().any(char::is_control)
        || name
            .split('/')
            .any(|part| part.trim().is_empty() || part == "." || part == "..");
    if bad {
        return Err(Refusal::BadFileName { field });
    }
    Ok(())
}

/// An address with one of the schemes and a host.
pub(crate) fn url(field: &'static str, value: &str, schemes: &[&str]) -> Result<(), Refusal> {
    url_fault(value, schemes).map_or(Ok(()), |fault| Err(Refusal::BadUrl { field, fault }))
}

fn url_fault(value: &str, schemes: &[&str]) -> Option<UrlFault> {
    if value.chars().count() > 2_000 {
        return Some(UrlFault::Length);
    }
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(UrlFault::Characters);
    }
    let Some((scheme, rest)) = value.split_once("://") else {
        return Some(UrlFault::Scheme);
    };
    if !schemes.iter().any(|s| scheme.eq_ignore_ascii_case(s)) {
        return Some(UrlFault::Scheme);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some(UrlFault::Credentials);
    }
    let (host, port) = split_port(authority);
    if let Some(port) = port
        && !port.parse::<u16>().is_ok_and(|p| p > 0)
    {
        return Some(UrlFault::Port);
    }
    // Letters of any script: names such as 例子.中国 are resolved later.
    let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let bracketed = host.starts_with('[');
    let good_host = if bracketed {
        host.trim_matches(['[', ']'])
            .parse::<std::net::Ipv6Addr>()
            .is_ok()
    } else {
        !host.is_empty() && host.chars().all(good)
    };
    (!good_host).then_some(UrlFault::Host)
}

/// Host, and the port when a colon follows. What follows a bracketed address without colon counts as port,
/// and fails as one.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let host_end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, tail) = authority.split_at(host_end);
    let port = (!tail.is_empty()).then(|| tail.strip_prefix(':').unwrap_or(tail));
    (host, port)
}

/// The first id that stands twice.
pub(crate) fn first_twice<'a, T: Ord>(ids: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let mut seen = BTreeSet::new();
    let mut ids = ids;
    ids.find(|id| !seen.insert(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_need_their_check_digit() {
        for good in [
            "4006381333931",
            "036000291452",
            "96385074",
            "00012345600012",
        ] {
            assert!(gtin_is_valid(good), "{good}");
        }
        for bad in [
            "4006381333932",
            "1234567",
            "",
            "40063813339３1",
            "400638133393a",
        ] {
            assert!(!gtin_is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_are_checked_and_never_carry_credentials() {
        let fault = |value| url_fault(value, &["rtmp", "rtmps"]);
        for good in [
            "rtmp://127.0.0.1/live",
            "rtmps://a.rtmp.youtube.com:443/live2",
            "RTMP://host/app?x=1",
            "rtmp://[::1]:1935/live",
            "rtmp://直播.中国/app",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        assert_eq!(fault("https://host/live"), Some(UrlFault::Scheme));
        assert_eq!(fault("host/live"), Some(UrlFault::Scheme));
        assert_eq!(fault("rtmp://"), Some(UrlFault::Host));
        assert_eq!(fault("rtmp://[::1/live"), Some(UrlFault::Port));
        assert_eq!(fault("rtmp://[::x]/live"), Some(UrlFault::Host));
        assert_eq!(
            fault("rtmp://me:secret@host/app"),
            Some(UrlFault::Credentials)
        );
        assert_eq!(fault("rtmp://host:99999/app"), Some(UrlFault::Port));
        assert_eq!(fault("rtmp://ho st/app"), Some(UrlFault::Characters));
    }

    #[test]
    fn file_names_stay_below_their_folder() {
        for good in ["peach.jpg", "orchard/peach 1.jpg", "水蜜桃.webp"] {
            assert!(below_folder("photo", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a\\b",
            "C:x",
            "a//b",
            "a\nb",
        ] {
            assert!(below_folder("photo", bad).is_err(), "{bad}");
        }
    }
}
