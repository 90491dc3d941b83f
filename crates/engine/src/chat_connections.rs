//! The chat connections a person set up, kept over restarts in a file that only this user can read (a
//! WebSocket's address may hold a token).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use stallcast_wire::{ChatConnector, ErrorCode, WireError};

use crate::chat_room::ChatRoom;
use crate::clock::now;

/// Most connections at once.
const MOST: usize = 16;

/// The room and what is connected to it.
pub struct ChatConnections {
    room: ChatRoom,
    file: PathBuf,
    wanted: Mutex<BTreeMap<String, ChatConnector>>,
}

impl ChatConnections {
    /// Opens what `file` names. Gives the new name of a damaged file that was set aside, too.
    pub async fn open(room: ChatRoom, file: PathBuf) -> (Self, Option<String>) {
        let (stored, aside): (BTreeMap<String, ChatConnector>, _) =
            crate::private_file::read_or_set_aside(&file, now());
        for (id, connector) in &stored {
            room.connect(id.clone(), connector.clone()).await;
        }
        let connections = Self {
            room,
            file,
            wanted: Mutex::new(stored),
        };
        (connections, aside)
    }

    /// The room.
    pub fn room(&self) -> &ChatRoom {
        &self.room
    }

    /// Opens a connection and remembers it.
    ///
    /// # Errors
    /// When there are too many, or it cannot be written down.
    pub async fn connect(&self, id: String, connector: ChatConnector) -> Result<(), WireError> {
        let full = {
            let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.len() >= MOST && !wanted.contains_key(&id)
        };
        if full {
            return Err(WireError::new(ErrorCode::TooLarge).with("most", MOST.to_string()));
        }
        // An invented audience is for this rehearsal only.
        if connector != ChatConnector::Simulated {
            self.change(|wanted| {
                wanted.insert(id.clone(), connector.clone());
            })?;
        }
        self.room.connect(id, connector).await;
        Ok(())
    }

    /// Closes a connection and forgets it.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn disconnect(&self, id: &str) -> Result<(), WireError> {
        self.change(|wanted| {
            wanted.remove(id);
        })?;
        if self.room.disconnect(id).await {
            Ok(())
        } else {
            Err(WireError::new(ErrorCode::NotFound))
        }
    }

    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, ChatConnector>),
    ) -> Result<(), WireError> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut wanted);
        let bytes =
            serde_json::to_vec(&*wanted).map_err(|_| WireError::new(ErrorCode::Internal))?;
        crate::private_file::replace(&self.file, &bytes).map_err(|error| {
            tracing::error!(%error, "chat connections could not be written down");
            WireError::new(ErrorCode::Internal).retryable()
        })
    }
}
