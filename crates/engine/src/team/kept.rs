//! What is kept of the team from one start to the next, and how secrets are made and kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stallcast_show::Role;
use stallcast_wire::{ErrorCode, MemberView, TeamSettings, WireError};

use super::names;

/// Bytes of a secret: 160 bits, more than anybody guesses and short enough for a code that a phone reads at once.
const SECRET_BYTES: usize = 20;

/// What stands in the file.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) settings: TeamSettings,
    pub(super) members: Vec<KeptMember>,
}

impl Kept {
    pub(super) fn with(mut self, member: KeptMember) -> Self {
        self.members.push(member);
        self
    }

    /// Two of one name, of a time when that could be, are told apart.
    pub(super) fn told_apart(mut self) -> Self {
        let mut taken: Vec<String> = Vec::new();
        for member in &mut self.members {
            let is_taken = |name: &str| taken.iter().any(|known| names::same(known, name));
            member.name = names::apart(&member.name, is_taken);
            taken.push(member.name.clone());
        }
        self
    }
}

/// A device that joined.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptMember {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) device: String,
    /// Of its token.
    pub(super) hash: String,
    pub(super) waiting: bool,
    pub(super) joined_at: i64,
    pub(super) seen_at: i64,
}

impl KeptMember {
    /// What the owner is shown; `seen_at` where it was there since the start.
    pub(super) fn view(&self, online: u32, seen_at: Option<i64>) -> MemberView {
        MemberView {
            id: self.id.clone(),
            name: self.name.clone(),
            role: self.role,
            device: self.device.clone(),
            waiting: self.waiting,
            online,
            joined_at: self.joined_at,
            seen_at: seen_at.unwrap_or(self.seen_at),
        }
    }
}

/// A secret from the operating system's own randomness, as letters that need no escaping in an address.
///
/// # Errors
/// [`ErrorCode::Internal`] when the system has none.
pub(super) fn secret() -> Result<String, WireError> {
    let mut bytes = [0; SECRET_BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        WireError::new(ErrorCode::Internal)
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret. It has so many bits that a plain hash cannot be turned back.
pub(super) fn hash(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
