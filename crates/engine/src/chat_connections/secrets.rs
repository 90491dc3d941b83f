//! What of a chat connection is secret: taken out before it is written down, and put back before it is opened.

use stallcast_chat::{NewLogin, Secret};
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
        ChatConnector::TwitchToken {
            token,
            client_secret,
            refresh,
            ..
        }
        | ChatConnector::Kick {
            token,
            client_secret,
            refresh,
            ..
        } => vec![token, client_secret, refresh],
        ChatConnector::Facebook { token, .. } | ChatConnector::Owncast { token, .. } => vec![token],
        ChatConnector::Youtube { key, .. } => vec![key],
        ChatConnector::Bilibili {
            key_secret, code, ..
        } => vec![key_secret, code],
        ChatConnector::SocialStream { session, .. } => vec![session],
        ChatConnector::Relay { key, .. } => vec![key],
        ChatConnector::Douyin {
            secret, app_secret, ..
        } => vec![secret, app_secret],
        ChatConnector::Twitch { .. }
        | ChatConnector::WebSocket { .. }
        | ChatConnector::Simulated => vec![],
    }
}

/// A whole connection, as it is kept, with a renewed login in it; `None` when it has another login, as somebody set it up anew.
pub(super) fn renewed(secret: &str, login: &NewLogin) -> Option<String> {
    let mut whole: ChatConnector = serde_json::from_str(secret).ok()?;
    match &mut whole {
        ChatConnector::TwitchToken { token, refresh, .. }
        | ChatConnector::Kick { token, refresh, .. }
            if Secret::new(refresh.as_str()) == login.replaces =>
        {
            *token = login.access.reveal().to_owned();
            *refresh = login.refresh.reveal().to_owned();
        }
        _ => return None,
    }
    serde_json::to_string(&whole).ok()
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

    fn kick(token: &str, refresh: &str) -> ChatConnector {
        ChatConnector::Kick {
            channel: "a".into(),
            token: token.into(),
            client_id: "b".into(),
            client_secret: "s3cret".into(),
            refresh: refresh.into(),
        }
    }

    #[test]
    fn a_renewed_login_takes_the_place_of_its_own_and_of_no_other() {
        let login = NewLogin {
            replaces: Secret::new("r1"),
            access: Secret::new("a2"),
            refresh: Secret::new("r2"),
        };
        let text = |connector: &ChatConnector| serde_json::to_string(connector).unwrap();
        // A paste leaves spaces.
        let next = renewed(&text(&kick("a1", " r1\n")), &login);
        assert_eq!(next, Some(text(&kick("a2", "r2"))));
        let twitch = |token: &str, refresh: &str| ChatConnector::TwitchToken {
            channel: "a".into(),
            client_id: "b".into(),
            token: token.into(),
            client_secret: String::new(),
            refresh: refresh.into(),
        };
        let next = renewed(&text(&twitch("", "r1")), &login);
        assert_eq!(next, Some(text(&twitch("a2", "r2"))));
        for other in [kick("a1", "r2"), kick("a1", ""), twitch("a", "")] {
            assert_eq!(renewed(&text(&other), &login), None);
        }
        assert_eq!(renewed("ws://a", &login), None);
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        let whole = r#"{"kind":"kick","channel":"a","token":"s3cret"}"#;
        let bare = r#"{"kind":"kick","channel":"a","token":""}"#;
        let bare: ChatConnector = serde_json::from_str(bare).unwrap();
        let joined = joined(&bare, whole).unwrap();
        let ChatConnector::Kick { token, refresh, .. } = joined else {
            panic!("a connection of Kick");
        };
        assert_eq!((token.as_str(), refresh.as_str()), ("s3cret", ""));
    }

    #[test]
    fn every_secret_is_taken_out_and_put_back_and_never_into_another() {
        let all = [
            ChatConnector::TwitchToken {
                channel: "a".into(),
                client_id: "b".into(),
                token: "s3cret".into(),
                client_secret: "s3cret".into(),
                refresh: "s3cret".into(),
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
            kick("s3cret", "s3cret"),
            ChatConnector::Douyin {
                room: "a".into(),
                secret: "s3cret".into(),
                app: "b".into(),
                app_secret: "s3cret".into(),
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
