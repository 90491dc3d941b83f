//! What of a chat connection is secret: taken out before it is written down, and put back before it is opened.

use stallcast_wire::ChatConnector;

/// A connection in two parts.
pub(super) struct Split {
    /// The connection with its secrets emptied.
    pub(super) bare: ChatConnector,
    /// What goes to where keys are: a WebSocket's address, or the whole connection as JSON.
    pub(super) secret: String,
}

/// The two parts of a connection that has a secret.
pub(super) fn split(connector: &ChatConnector) -> Option<Split> {
    if let ChatConnector::WebSocket { url } = connector {
        let bare = ChatConnector::WebSocket {
            url: without_token(url)?,
        };
        let secret = url.clone();
        return Some(Split { bare, secret });
    }
    let bare = emptied(connector);
    let secret = serde_json::to_string(connector).ok()?;
    (bare != *connector).then_some(Split { bare, secret })
}

/// The connection without what is secret in it, also in its server's address.
fn emptied(connector: &ChatConnector) -> ChatConnector {
    let mut bare = connector.clone();
    secrets_of(&mut bare).into_iter().for_each(String::clear);
    let server = match &mut bare {
        ChatConnector::Owncast { server, .. } => Some(server),
        ChatConnector::SocialStream { server, .. } => server.as_mut(),
        _ => None,
    };
    if let Some(server) = server
        && let Some(plain) = without_token(server)
    {
        *server = plain;
    }
    bare
}

/// The connection again; `None` when the secret is of another one.
pub(super) fn joined(bare: &ChatConnector, secret: &str) -> Option<ChatConnector> {
    if matches!(bare, ChatConnector::WebSocket { .. }) {
        let url = secret.to_owned();
        return Some(ChatConnector::WebSocket { url });
    }
    let whole: ChatConnector = serde_json::from_str(secret).ok()?;
    (emptied(&whole) == *bare).then_some(whole)
}

fn secrets_of(connector: &mut ChatConnector) -> Vec<&mut String> {
    match connector {
        ChatConnector::TwitchToken { token, .. }
        | ChatConnector::Facebook { token, .. }
        | ChatConnector::Owncast { token, .. } => vec![token],
        ChatConnector::Youtube { key, .. } => vec![key],
        ChatConnector::Bilibili {
            key_secret, code, ..
        } => vec![key_secret, code],
        ChatConnector::SocialStream { session, .. } => vec![session],
        ChatConnector::Relay { key, .. } => vec![key],
        ChatConnector::Kick { token, .. } => vec![token],
        ChatConnector::Douyin { secret, .. } => vec![secret],
        ChatConnector::Twitch { .. }
        | ChatConnector::WebSocket { .. }
        | ChatConnector::Simulated => vec![],
    }
}

/// The address down to host and port when the rest of it may hold a token: a user, a path, a query or a fragment.
/// `None` when there is no such rest.
fn without_token(address: &str) -> Option<String> {
    let Ok(url) = url::Url::parse(address) else {
        // Nobody can say what stands in it.
        return Some(String::new());
    };
    let plain = url.path().trim_matches('/').is_empty()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        return None;
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}"));
    Some(format!(
        "{}://{host}{}/",
        url.scheme(),
        port.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_a_host_and_nothing_more_holds_no_token() {
        for plain in [
            "ws://127.0.0.1:8765",
            "wss://chat.example.com/",
            "ws://[::1]:9",
        ] {
            assert_eq!(without_token(plain), None, "{plain}");
        }
        for (address, bare) in [
            ("wss://me:pw@chat.example.com/", "wss://chat.example.com/"),
            (
                "wss://chat.example.com:444/ws/9f8a7",
                "wss://chat.example.com:444/",
            ),
            ("wss://chat.example.com/?k=1", "wss://chat.example.com/"),
            ("wss://chat.example.com#k", "wss://chat.example.com/"),
            ("no address", ""),
        ] {
            assert_eq!(without_token(address).as_deref(), Some(bare), "{address}");
        }
    }

    #[test]
    fn every_secret_is_taken_out_and_put_back_and_never_into_another() {
        let all = [
            ChatConnector::TwitchToken {
                channel: "a".into(),
                client_id: "b".into(),
                token: "s3cret".into(),
            },
            ChatConnector::Youtube {
                video: "a".into(),
                key: "s3cret".into(),
                units: None,
            },
            ChatConnector::Bilibili {
                app: 1,
                key_id: "a".into(),
                key_secret: "s3cret".into(),
                code: "s3cret".into(),
            },
            ChatConnector::Facebook {
                video: "12345".into(),
                token: "s3cret".into(),
            },
            ChatConnector::Owncast {
                server: "https://a".into(),
                token: "s3cret".into(),
            },
            ChatConnector::Relay {
                address: "https://a".into(),
                room: "b".into(),
                key: "s3cret".into(),
            },
            ChatConnector::Kick {
                channel: "a".into(),
                token: "s3cret".into(),
            },
            ChatConnector::Douyin {
                room: "a".into(),
                secret: "s3cret".into(),
            },
            ChatConnector::SocialStream {
                session: "s3cret".into(),
                server: None,
            },
            ChatConnector::SocialStream {
                session: "s3cret".into(),
                server: Some("wss://b.example/?token=s3cret".into()),
            },
            ChatConnector::Owncast {
                server: "https://me:s3cret@c.example".into(),
                token: String::new(),
            },
        ];
        for connector in &all {
            assert!(!format!("{connector:?}").contains("s3cret"));
            let Split { bare, secret } = split(connector).unwrap();
            let listed = serde_json::to_string(&bare).unwrap();
            assert!(!listed.contains("s3cret"), "{listed}");
            assert_eq!(joined(&bare, &secret).as_ref(), Some(connector));
            for other in &all {
                let other = split(other).unwrap();
                let mixed = joined(&bare, &other.secret);
                assert!(mixed.is_none_or(|mixed| mixed == *connector));
            }
        }
        let open = ChatConnector::Owncast {
            server: "https://a".into(),
            token: String::new(),
        };
        assert!(split(&open).is_none());
    }
}
