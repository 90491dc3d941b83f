//! The chat connections a person set up, kept over restarts. Tokens, keys and addresses that may hold one are kept like a
//! stream key (see [`crate::keys`]), and the file of connections has the rest.

mod secrets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use stallcast_chat::LoginKeeper;
use stallcast_hooks::{HOOK_PATH, Kind};
use stallcast_show::Refusal;
use stallcast_wire::{ChatConnector, ErrorCode, HookAddress, RelayView, WireError};

use crate::chat_room::ChatRoom;
use crate::clock::now;
use crate::keys::Keys;

/// Most connections at once.
const MOST: usize = 16;

/// A connection as it stands in the file.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    connector: ChatConnector,
    /// Whether its secrets are kept apart, and stand here as nothing.
    #[serde(default)]
    apart: bool,
}

/// The room and what is connected to it.
pub struct ChatConnections {
    room: ChatRoom,
    file: PathBuf,
    addresses: Keys<String>,
    wanted: Arc<Mutex<BTreeMap<String, Kept>>>,
    /// Whose turn it is to change what is wanted, until that is on the disk.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl ChatConnections {
    /// Opens what `file` names, except for addresses that only the keychain knows: see
    /// [`ChatConnections::open_with_keychain`]. Gives the new name of a damaged file that was set aside, too.
    pub async fn open(
        room: ChatRoom,
        file: PathBuf,
        addresses: Keys<String>,
    ) -> (Self, Option<String>) {
        let (stored, aside): (BTreeMap<String, Kept>, _) =
            crate::private_file::read_or_set_aside(&file, now());
        let connections = Self {
            room,
            file,
            addresses,
            wanted: Arc::new(Mutex::new(stored.clone())),
            turn: Arc::default(),
        };
        for (id, kept) in &stored {
            connections.open_kept(id, kept).await;
        }
        (connections, aside)
    }

    /// Reads the addresses off the keychain, which may ask a person first, and opens what waited for them. What an
    /// older version left in the file goes to the keychain.
    pub async fn open_with_keychain(&self) {
        let wanted = self.wanted();
        let addresses = self.addresses.clone();
        let apart: Vec<String> = wanted
            .iter()
            .filter(|(_, kept)| kept.apart)
            .map(|(id, _)| id.clone())
            .collect();
        let waited: Vec<String> = apart
            .iter()
            .filter(|id| self.addresses.get(*id).is_none())
            .cloned()
            .collect();
        if tokio::task::spawn_blocking(move || addresses.read(apart.iter()))
            .await
            .is_err()
        {
            return;
        }
        for id in waited {
            // Somebody may have closed or replaced it meanwhile.
            let still = self.wanted().remove(&id).filter(|kept| kept.apart);
            if let Some(kept) = still {
                self.open_kept(&id, &kept).await;
            }
        }
        for (id, kept) in wanted {
            if !kept.apart
                && let Some(split) = secrets::split(&kept.connector)
            {
                match self.keep_apart(&id, split, false).await {
                    Ok(()) => tracing::info!(id, "a chat address went to the keychain"),
                    Err(_) => tracing::warn!(id, "a chat address stays in a file of this user"),
                }
            }
        }
    }

    fn wanted(&self) -> BTreeMap<String, Kept> {
        self.wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn open_kept(&self, id: &str, kept: &Kept) {
        let connector = if kept.apart {
            let secret = self.addresses.get(&id.to_owned());
            let Some(secret) = secret else { return };
            match secrets::joined(&kept.connector, secret.reveal()) {
                Some(connector) => connector,
                None => {
                    tracing::error!(id, "what was kept apart of a chat connection is of another");
                    return;
                }
            }
        } else {
            kept.connector.clone()
        };
        let keeper = self.keeper(id);
        self.room.connect(id.to_owned(), connector, keeper).await;
    }

    /// Writes a renewed login down where the one before stands, as long as that is there: access and refresh token are parts
    /// of one secret, so both are kept or none.
    fn keeper(&self, id: &str) -> LoginKeeper {
        let (addresses, id) = (self.addresses.clone(), id.to_owned());
        LoginKeeper::new(move |login| {
            let (addresses, id) = (addresses.clone(), id.clone());
            // Begun at once, and ended also when nobody waits for it.
            let keeping = tokio::task::spawn_blocking(move || {
                let kept = addresses.replace(&id, |secret| secrets::renewed(secret, &login));
                if let Err(error) = &kept {
                    tracing::warn!(id, code = ?error.code, "a renewed login could not be kept");
                }
                kept.is_ok()
            });
            Box::pin(async move { keeping.await.unwrap_or(false) })
        })
    }

    /// The addresses of webhooks at the relay.
    pub fn relay(&self) -> RelayView {
        let wanted = self.wanted();
        let relay = wanted.values().find_map(|kept| match &kept.connector {
            ChatConnector::Relay { address, room, .. } => Some((address, room)),
            _ => None,
        });
        let hooks = relay.map(|(address, room)| {
            let base = address.trim().trim_end_matches('/');
            let at = |kind: Kind| HookAddress {
                kind: kind.name().to_owned(),
                address: format!("{base}{HOOK_PATH}{}/{}", room.trim(), kind.name()),
            };
            Kind::ALL.map(at).into()
        });
        RelayView {
            hooks: hooks.unwrap_or_default(),
        }
    }

    /// Whether a connection of this kind is set up that is not open: its secrets wait for the keychain, or it is about to be
    /// opened.
    pub(crate) fn waits_for(&self, kind: Kind) -> bool {
        let open = self.room.open_ids();
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut closed = wanted.iter().filter(|(id, _)| !open.contains(*id));
        closed.any(|(_, kept)| match &kept.connector {
            ChatConnector::Kick { .. } => kind == Kind::Kick,
            ChatConnector::Douyin { .. } => kind == Kind::Douyin,
            _ => false,
        })
    }

    /// The room.
    pub fn room(&self) -> &ChatRoom {
        &self.room
    }

    /// Opens a connection and remembers it.
    ///
    /// # Errors
    /// When there are too many, or it cannot be written down; [`ErrorCode::NoKeychain`] for an address that may hold a
    /// token when no keychain takes it and `allow_file` is false.
    pub async fn connect(
        &self,
        id: String,
        connector: ChatConnector,
        allow_file: bool,
    ) -> Result<(), WireError> {
        let known = self.wanted();
        if known.len() >= MOST && !known.contains_key(&id) {
            return Err(too_many(known.len() + 1));
        }
        // An invented audience is for this rehearsal only.
        if connector == ChatConnector::Simulated {
            let keeper = LoginKeeper::default();
            self.room.connect(id, connector, keeper).await;
            return Ok(());
        }
        if let Some(split) = secrets::split(&connector) {
            self.keep_apart(&id, split, allow_file).await?;
        } else {
            let kept = Kept {
                connector: connector.clone(),
                apart: false,
            };
            self.change(|wanted| wanted.insert(id.clone(), kept))
                .await?;
            if known.get(&id).is_some_and(|kept| kept.apart) {
                self.forget(&id).await;
            }
        }
        let keeper = self.keeper(&id);
        self.room.connect(id, connector, keeper).await;
        Ok(())
    }

    /// Writes the secrets to where keys are, and the connection without them to the file.
    async fn keep_apart(
        &self,
        id: &str,
        split: secrets::Split,
        allow_file: bool,
    ) -> Result<(), WireError> {
        let secrets::Split { bare, secret } = split;
        let (addresses, owner) = (self.addresses.clone(), id.to_owned());
        tokio::task::spawn_blocking(move || addresses.set(&owner, secret, allow_file))
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))??;
        let kept = Kept {
            connector: bare,
            apart: true,
        };
        let before = self.wanted().remove(id);
        let listed = self.change(|wanted| wanted.insert(id.to_owned(), kept));
        if let Err(error) = listed.await {
            if !before.is_some_and(|before| before.apart) {
                self.forget(id).await;
            }
            return Err(error);
        }
        Ok(())
    }

    async fn forget(&self, id: &str) {
        let (addresses, owner) = (self.addresses.clone(), id.to_owned());
        let forgotten =
            tokio::task::spawn_blocking(move || addresses.set(&owner, String::new(), false)).await;
        if !matches!(forgotten, Ok(Ok(()))) {
            tracing::warn!(id, "a chat address could not be taken out of the keychain");
        }
    }

    /// Closes a connection and forgets it.
    ///
    /// # Errors
    /// When there is none of that id, or it cannot be written down.
    pub async fn disconnect(&self, id: &str) -> Result<(), WireError> {
        let gone = self.change(|wanted| wanted.remove(id)).await?;
        if gone.as_ref().is_some_and(|kept| kept.apart) {
            self.forget(id).await;
        }
        // One that waits for the keychain is known and not connected.
        if self.room.disconnect(id).await || gone.is_some() {
            Ok(())
        } else {
            Err(WireError::new(ErrorCode::NotFound))
        }
    }

    /// Changes what is wanted once that is written down; what cannot be written down is not wanted. The disk may take
    /// its time: nobody who only looks waits for it.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Kept>) -> T,
    ) -> Result<T, WireError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let mut next = self.wanted();
        let answer = change(&mut next);
        let bytes = serde_json::to_vec(&next).map_err(|_| WireError::new(ErrorCode::Internal))?;
        let (file, wanted) = (self.file.clone(), Arc::clone(&self.wanted));
        let written = tokio::task::spawn_blocking(move || {
            // Held by the work, not by whoever waits for it.
            let _turn = turn;
            crate::private_file::replace(&file, &bytes)?;
            *wanted.lock().unwrap_or_else(PoisonError::into_inner) = next;
            Ok::<T, std::io::Error>(answer)
        });
        let written = written
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?;
        written.map_err(|error| {
            tracing::error!(%error, "chat connections could not be written down");
            WireError::new(ErrorCode::Internal).retryable()
        })
    }
}

fn too_many(count: usize) -> WireError {
    let refusal = Refusal::TooMany {
        field: "chats",
        count,
        max: MOST,
    };
    WireError::refused(refusal.code(), refusal.params())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use stallcast_chat::{Language, NewLogin, Secret};
    use stallcast_journal::Journal;

    use super::*;
    use crate::desk::Desk;
    use crate::threads::Threads;

    const SECRET: &str = "ws://127.0.0.1:9/feed?token=s3cret";

    fn room(folder: &Path) -> ChatRoom {
        let (journal, resumed) = Journal::open(folder.join("journal")).unwrap();
        let (threads, _) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        ChatRoom::open(desk, 1, Language::En, crate::chat_room::Before::default())
    }

    async fn opened(folder: &Path) -> ChatConnections {
        let keys = Keys::with(folder.join("keys.chat.json"), "test", None).0;
        ChatConnections::open(room(folder), folder.join("chat.json"), keys)
            .await
            .0
    }

    fn web_socket(url: &str) -> ChatConnector {
        ChatConnector::WebSocket { url: url.into() }
    }

    fn file(folder: &Path, name: &str) -> String {
        std::fs::read_to_string(folder.join(name)).unwrap_or_default()
    }

    #[tokio::test]
    async fn an_address_that_may_hold_a_token_stands_in_no_file_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let refused = chats.connect("a".into(), web_socket(SECRET), false).await;
        assert_eq!(refused.unwrap_err().code, ErrorCode::NoKeychain);
        assert!(!file(folder.path(), "chat.json").contains("s3cret"));
        assert!(chats.room().statuses().is_empty());
        let plain = web_socket("ws://127.0.0.1:9");
        chats.connect("b".into(), plain, false).await.unwrap();
        assert!(file(folder.path(), "chat.json").contains("ws://127.0.0.1:9"));
    }

    #[tokio::test]
    async fn an_allowed_address_is_kept_apart_and_connected_again_and_forgotten_when_closed() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let connector = web_socket(SECRET);
        chats.connect("a".into(), connector, true).await.unwrap();
        let listed = file(folder.path(), "chat.json");
        assert!(
            !listed.contains("s3cret") && !listed.contains("feed"),
            "{listed}"
        );
        assert!(listed.contains("ws://127.0.0.1:9/"), "{listed}");
        assert!(file(folder.path(), "keys.chat.json").contains("s3cret"));
        drop(chats);

        let keys = Keys::with(folder.path().join("keys.chat.json"), "test", None).0;
        let room = {
            let other = tempfile::tempdir().unwrap();
            room(other.path())
        };
        let (chats, aside) =
            ChatConnections::open(room, folder.path().join("chat.json"), keys).await;
        assert_eq!(aside, None);
        assert_eq!(chats.room().statuses().len(), 1);
        chats.disconnect("a").await.unwrap();
        assert!(!file(folder.path(), "keys.chat.json").contains("s3cret"));
        assert!(chats.room().statuses().is_empty());
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_written_down_is_not_wanted_and_its_address_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::with(folder.path().join("keys.chat.json"), "test", None).0;
        let missing = folder.path().join("missing").join("chat.json");
        let room = room(folder.path());
        let chats = ChatConnections::open(room, missing, keys).await.0;
        for connector in [web_socket("ws://127.0.0.1:9"), web_socket(SECRET)] {
            let failed = chats.connect("a".into(), connector, true).await;
            assert_eq!(failed.unwrap_err().code, ErrorCode::Internal);
            assert!(chats.wanted().is_empty());
            assert!(chats.room().statuses().is_empty());
        }
        assert_eq!(file(folder.path(), "keys.chat.json"), "{}");
    }

    fn kick(token: &str, refresh: &str) -> ChatConnector {
        ChatConnector::Kick {
            channel: "orchard".into(),
            token: token.into(),
            client_id: "app".into(),
            client_secret: "s3cret-app".into(),
            refresh: refresh.into(),
        }
    }

    fn renewed(replaces: &str, access: &str, refresh: &str) -> NewLogin {
        NewLogin {
            replaces: Secret::new(replaces),
            access: Secret::new(access),
            refresh: Secret::new(refresh),
        }
    }

    #[tokio::test]
    async fn a_renewed_login_is_there_after_a_restart_and_in_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let split = secrets::split(&kick("s3cret-a1", "s3cret-r1")).unwrap();
        chats.keep_apart("a", split, true).await.unwrap();
        let keeper = chats.keeper("a");
        for (old, access, refresh) in [
            ("s3cret-r1", "s3cret-a2", "s3cret-r2"),
            ("s3cret-r2", "s3cret-a3", "s3cret-r3"),
        ] {
            assert!(keeper.keep(renewed(old, access, refresh)).await);
        }
        // Of a connection that was set up anew meanwhile nothing is changed.
        assert!(keeper.keep(renewed("s3cret-r1", "x", "x")).await);
        drop(chats);
        let bare: BTreeMap<String, Kept> =
            serde_json::from_str(&file(folder.path(), "chat.json")).unwrap();
        let keys: Keys<String> = Keys::with(folder.path().join("keys.chat.json"), "test", None).0;
        let secret = keys.get(&"a".to_owned()).unwrap();
        let whole = secrets::joined(&bare["a"].connector, secret.reveal());
        assert_eq!(whole, Some(kick("s3cret-a3", "s3cret-r3")));
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("keys.chat.json") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains("s3cret"), "{}", path.display());
            }
        }
    }

    #[tokio::test]
    async fn the_login_of_a_connection_that_was_closed_does_not_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let split = secrets::split(&kick("s3cret-a1", "s3cret-r1")).unwrap();
        chats.keep_apart("a", split, true).await.unwrap();
        let keeper = chats.keeper("a");
        chats.disconnect("a").await.unwrap();
        assert!(
            keeper
                .keep(renewed("s3cret-r1", "s3cret-a2", "s3cret-r2"))
                .await
        );
        assert_eq!(file(folder.path(), "keys.chat.json"), "{}");
    }

    #[tokio::test]
    async fn connections_opened_at_once_all_stand_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let connect = |n: u16| {
            let at = web_socket(&format!("ws://127.0.0.1:{n}"));
            chats.connect(n.to_string(), at, false)
        };
        let opened = futures_util::future::join_all((1..=8).map(connect)).await;
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        let listed: BTreeMap<String, Kept> =
            serde_json::from_str(&file(folder.path(), "chat.json")).unwrap();
        assert_eq!(listed.len(), 8);
        assert_eq!(chats.wanted().len(), 8);
    }

    #[tokio::test]
    async fn one_chat_too_many_is_refused_with_the_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let chats = opened(folder.path()).await;
        let local = || web_socket("ws://127.0.0.1:9");
        for n in 0..MOST {
            chats.connect(n.to_string(), local(), false).await.unwrap();
        }
        chats.connect("0".into(), local(), false).await.unwrap();
        let refused = chats.connect("x".into(), local(), false).await.unwrap_err();
        assert_eq!(refused.message_key, "refusal.too_many");
        let told = ["field", "count", "max"].map(|name| refused.params[name].as_str());
        assert_eq!(told, ["chats", "17", "16"]);
    }
}
