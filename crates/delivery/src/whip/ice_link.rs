//! ice_link owns the reading of ICE servers from `Link` headers (RFC 9725, 4.6; RFC 8288, 3). Pure.

use std::fmt;

use crate::secret::Secret;

/// Most servers taken from one answer.
const SERVERS_MAX: usize = 8;

/// A server that helps to find a way for the media.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` address (RFC 7064, RFC 7065).
    pub url: String,
    /// Who we are there; empty for STUN.
    pub username: String,
    /// How we prove it.
    pub credential: Secret,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The servers of all `Link` headers; what is no ICE server is passed over.
pub(super) fn servers(headers: &[String]) -> Vec<IceServer> {
    let links = headers.iter().flat_map(|header| links(header));
    links.take(SERVERS_MAX).collect()
}

fn links(header: &str) -> Vec<IceServer> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, tail)) = after.split_once('>') else {
            break;
        };
        let (parameters, next) = parameters(tail);
        let of = |name: &str| {
            let value = parameters
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name));
            value.map_or("", |(_, value)| value.as_str())
        };
        let is_ice = ["stun:", "turn:", "turns:"]
            .iter()
            .any(|s| target.starts_with(s));
        if is_ice && of("rel").split_whitespace().any(|rel| rel == "ice-server") {
            found.push(IceServer {
                url: target.to_owned(),
                username: of("username").to_owned(),
                credential: Secret::new(of("credential")),
            });
        }
        rest = next;
    }
    found
}

/// `; name="value"; name=value` up to the comma that ends the link, and what follows it.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, tail) = after.split_at(end);
        let Some(tail) = tail.strip_prefix('=') else {
            rest = tail;
            continue;
        };
        let (value, next) = value(tail.trim_start());
        found.push((name.trim().to_owned(), value));
        rest = next.trim_start();
    }
    (found, rest)
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut plain = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                plain.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (plain, &quoted[at + 1..]),
            c => plain.push(c),
        }
    }
    (plain, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_servers_of_the_rfc_are_found() {
        let headers = [
            r#"<stun:stun.example.net>; rel="ice-server", </page>; rel="next""#.to_owned(),
            r#"<turn:turn.example.net?transport=udp>; rel="ice-server"; username="us;er,\"1\""; credential="my,Pass;word"; credential-type="password", <turns:turn.example.net:5349>; rel=ice-server; username=u; credential=p"#.to_owned(),
        ];
        let found = servers(&headers);
        let urls: Vec<&str> = found.iter().map(|server| server.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "stun:stun.example.net",
                "turn:turn.example.net?transport=udp",
                "turns:turn.example.net:5349"
            ]
        );
        assert_eq!(found[1].username, "us;er,\"1\"");
        assert_eq!(found[1].credential.reveal(), "my,Pass;word");
        assert_eq!(
            (found[2].username.as_str(), found[2].credential.reveal()),
            ("u", "p")
        );
        assert!(!format!("{found:?}").contains("Pass"));
    }

    #[test]
    fn what_is_no_ice_server_is_passed_over() {
        for header in [
            "",
            "<",
            "<stun:a",
            "<stun:a>",
            r#"<https://a>; rel="ice-server""#,
            r#"<stun:a>; rel="other""#,
        ] {
            assert_eq!(servers(&[header.to_owned()]), vec![], "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_fall(header in r#"[<>;,="\\a-z: é]{0,60}"#) {
            servers(&[header]);
        }
    }
}
