//! The list of a folder of evidence: which files, what they hold, which stretch of the journal.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use stallcast_show::{At, ShowKind};

use super::ChainSpan;
use super::hashed::hash_bytes;

/// The list's name in the folder.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The list's own hash, as `sha256sum` writes and reads it.
pub const SUM_FILE: &str = "manifest.sha256";
/// The show's entries with their chain.
pub const CHAIN_FILE: &str = "journal.jsonl";
/// What this program writes; it reads no newer one.
pub const FORMAT: u32 = 1;
/// Largest list that is read: some 100,000 files.
pub(super) const MANIFEST_MAX: u64 = 16 << 20;

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1.
    pub format: u32,
    /// Program and version that made the folder.
    pub program: String,
    /// When it was made.
    pub made_at: At,
    /// Of which show.
    pub show: EvidenceShow,
    /// Which stretch of the journal [`CHAIN_FILE`] holds.
    pub chain: ChainSpan,
    /// Every file of the folder but the list and its sum.
    pub files: Vec<EvidenceFile>,
    /// Files of the recording that were gone already when the folder was made.
    pub gone: Vec<String>,
}

/// A show in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceShow {
    /// Its name.
    pub name: String,
    /// Whether people could watch.
    pub kind: ShowKind,
    /// When it began.
    pub began: At,
    /// When it ended.
    pub ended: At,
}

/// A file in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFile {
    /// Its name below the folder, with `/` between its parts.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in small hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Writes the list and its sum into `folder`; gives the list's own hash, to be kept elsewhere: whoever knows it can
    /// tell that nobody wrote the whole folder anew.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<String> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let fingerprint = hash_bytes(&text);
        std::fs::write(folder.join(MANIFEST_FILE), &text)?;
        std::fs::write(
            folder.join(SUM_FILE),
            format!("{fingerprint}  {MANIFEST_FILE}\n"),
        )?;
        Ok(fingerprint)
    }
}

/// Reads the list of a folder, and its own hash.
///
/// # Errors
/// When there is none, or it is no list.
pub fn read_manifest(folder: &Path) -> std::io::Result<(Manifest, String)> {
    let path = folder.join(MANIFEST_FILE);
    if std::fs::metadata(&path)?.len() > MANIFEST_MAX {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    let text = std::fs::read(path)?;
    let manifest = serde_json::from_slice(&text)?;
    Ok((manifest, hash_bytes(&text)))
}

/// Where a file of a list is; `None` for a name that leads out of the folder.
pub(super) fn place(folder: &Path, name: &str) -> Option<PathBuf> {
    let relative: PathBuf = name.split('/').collect();
    let mut parts = relative.components();
    let is_plain = parts.all(|part| matches!(part, Component::Normal(_)));
    (is_plain && !name.is_empty() && !name.contains('\\')).then(|| folder.join(relative))
}
