//! The chain of hashes: every entry's hash covers the one before it.

use sha2::{Digest, Sha256};

use crate::Seq;

/// SHA-256 over the entry and the hash before it. Whoever keeps the last one elsewhere can prove later
/// that nothing before it was changed; inside one file it shows damage and careless edits, not a forger
/// who rewrites every entry that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What stands before the first entry.
    pub const START: ChainHash = ChainHash([0; 32]);

    /// The hash of an entry that follows `self`. Texts are taken exactly as stored and preceded by their
    /// length, so that no two entries give the same bytes.
    pub(crate) fn next(&self, seq: Seq, at_ms: i64, actor: &str, event: &str) -> ChainHash {
        let mut hash = Sha256::new();
        hash.update(b"stallcast entry 1\0");
        hash.update(self.0);
        hash.update(seq.0.to_be_bytes());
        hash.update(at_ms.to_be_bytes());
        for text in [actor, event] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        ChainHash(hash.finalize().into())
    }

    /// The hash of a snapshot taken right after the entry whose hash is `self`.
    pub(crate) fn snapshot(&self, format: u32, seq: Seq, show: &str) -> ChainHash {
        let mut hash = Sha256::new();
        hash.update(b"stallcast snapshot\0");
        hash.update(format.to_be_bytes());
        hash.update(self.0);
        hash.update(seq.0.to_be_bytes());
        hash.update(show.as_bytes());
        ChainHash(hash.finalize().into())
    }

    /// As [`std::fmt::Display`] writes it.
    pub(crate) fn from_hex(text: &str) -> Option<ChainHash> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(ChainHash(bytes))
    }

    pub(crate) fn from_stored(bytes: &[u8]) -> Option<ChainHash> {
        bytes.try_into().ok().map(ChainHash)
    }
}

impl std::fmt::Display for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
