//! The engine's address: port and token are kept, so that a page that was open finds the next engine where the last
//! one was, with the same right to come in.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Where an engine is reached, and by whom.
#[derive(Clone, Serialize, Deserialize)]
pub struct Address {
    /// Loopback port of the API.
    pub port: u16,
    /// Token of the owner's session.
    pub token: String,
}

impl Address {
    /// Listens on `port`; without one on the port kept in `file`, and where that is taken on any free one. The token
    /// kept goes with the port kept: whoever else may answer at the old port by now never proves the new one.
    ///
    /// # Errors
    /// When `port` is taken, or the system has none left.
    pub async fn open(file: &Path, port: Option<u16>) -> std::io::Result<(TcpListener, Self)> {
        let kept = std::fs::read(file)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
            .filter(|kept| kept.port != 0 && !kept.token.is_empty());
        let again = match (&kept, port) {
            (Some(kept), None) => bind(kept.port).await.ok(),
            _ => None,
        };
        let listener = match again {
            Some(listener) => listener,
            None => bind(port.unwrap_or(0)).await?,
        };
        let port = listener.local_addr()?.port();
        let token = kept
            .filter(|kept| kept.port == port)
            .map_or_else(token, |kept| kept.token);
        Ok((listener, Self { port, token }))
    }

    /// Keeps it for the next engine, readable by this user only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, file: &Path) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        crate::private_file::replace(file, &bytes)
    }
}

async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// 128 random bits, unguessable by other users of the machine.
fn token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_next_engine_answers_where_the_last_one_did() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address.json");
        let (listener, first) = Address::open(&file, None).await.unwrap();
        first.keep(&file).unwrap();
        drop(listener);
        let (_listener, next) = Address::open(&file, None).await.unwrap();
        assert_eq!((next.port, &next.token), (first.port, &first.token));
    }

    #[tokio::test]
    async fn where_the_port_is_taken_both_port_and_token_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address.json");
        let (_taken, first) = Address::open(&file, None).await.unwrap();
        first.keep(&file).unwrap();
        let (_listener, next) = Address::open(&file, None).await.unwrap();
        assert_ne!(next.port, first.port);
        assert_ne!(next.token, first.token);
    }

    #[tokio::test]
    async fn a_port_that_was_asked_for_is_taken_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address.json");
        let (taken, first) = Address::open(&file, None).await.unwrap();
        first.keep(&file).unwrap();
        assert!(Address::open(&file, Some(first.port)).await.is_err());
        drop(taken);
        let (_listener, any) = Address::open(&file, Some(0)).await.unwrap();
        assert!(any.port == first.port || any.token != first.token);
    }
}
