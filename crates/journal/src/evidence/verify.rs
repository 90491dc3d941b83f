//! Checking a folder of evidence: every file against the list, every entry against the chain.

use std::collections::BTreeSet;
use std::path::Path;

use super::chain_file::{ChainFault, follow_file};
use super::manifest::{FORMAT, place};
use super::{CHAIN_FILE, MANIFEST_FILE, Manifest, SUM_FILE, hash_file, read_manifest};
use crate::Seq;

/// Deepest folder that is looked into; the studio makes one level.
const DEPTH_MAX: u32 = 16;

/// Something that is not as it was when the folder was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The list is not the one whose sum lies beside it.
    ListChanged,
    /// The list's sum is gone or cannot be read.
    SumMissing,
    /// The list is not the one whose hash was kept elsewhere.
    OtherList,
    /// The file holds something else.
    Changed {
        /// Its name.
        path: String,
    },
    /// The file is gone.
    Missing {
        /// Its name.
        path: String,
    },
    /// The file was not there, or is no plain file.
    Added {
        /// Its name.
        path: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// Its name.
        path: String,
    },
    /// The entries do not hold together.
    ChainBroken {
        /// The first that is not what was written, is missing, or was put in.
        seq: Seq,
    },
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The list.
    pub manifest: Manifest,
    /// Its own hash.
    pub fingerprint: String,
    /// What is not as it was; empty = all is.
    pub findings: Vec<Finding>,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no list, or it cannot be understood.
    #[error("the folder's list cannot be read")]
    NoList(#[source] std::io::Error),
    /// A newer program made it.
    #[error("the folder has format {found}, this program knows {known}")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest one known.
        known: u32,
    },
    /// `go_on` said so.
    #[error("stopped")]
    Stopped,
}

/// Checks a folder. `kept` is the list's hash where somebody kept it elsewhere: only it tells that nobody wrote the
/// whole folder anew. `go_on` is called with the bytes read; `false` ends the check.
///
/// # Errors
/// [`VerifyError`]: then nothing is known of the folder.
pub fn verify_folder(
    folder: &Path,
    kept: Option<&str>,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Verified, VerifyError> {
    let (manifest, fingerprint) = read_manifest(folder).map_err(VerifyError::NoList)?;
    if manifest.format > FORMAT {
        return Err(VerifyError::Newer {
            found: manifest.format,
            known: FORMAT,
        });
    }
    let mut findings = Vec::new();
    match std::fs::read_to_string(folder.join(SUM_FILE)) {
        Ok(sum) if sum.split_whitespace().next() == Some(&fingerprint) => {}
        Ok(_) => findings.push(Finding::ListChanged),
        Err(_) => findings.push(Finding::SumMissing),
    }
    if kept.is_some_and(|kept| !kept.trim().eq_ignore_ascii_case(&fingerprint)) {
        findings.push(Finding::OtherList);
    }
    let mut known: BTreeSet<&str> = [MANIFEST_FILE, SUM_FILE].into();
    for file in &manifest.files {
        known.insert(&file.path);
        let path = file.path.clone();
        let Some(at) = place(folder, &path) else {
            findings.push(Finding::Missing { path });
            continue;
        };
        match std::fs::symlink_metadata(&at) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                findings.push(Finding::Missing { path });
            }
            Err(_) => findings.push(Finding::Unreadable { path }),
            Ok(meta) if !meta.is_file() || meta.len() != file.bytes => {
                findings.push(Finding::Changed { path });
            }
            Ok(_) => match hash_file(&at, go_on) {
                Err(_) => findings.push(Finding::Unreadable { path }),
                Ok(None) => return Err(VerifyError::Stopped),
                Ok(Some(hashed)) if hashed.sha256 != file.sha256 => {
                    findings.push(Finding::Changed { path });
                }
                Ok(Some(_)) => {}
            },
        }
    }
    added(folder, "", 0, &known, &mut findings);
    let chain = folder.join(CHAIN_FILE);
    if !known.contains(CHAIN_FILE) {
        // A list without the entries proves nothing of the show.
        findings.push(Finding::Missing {
            path: CHAIN_FILE.to_owned(),
        });
    } else if chain.exists() {
        match follow_file(&chain, &manifest.chain) {
            Ok(()) => {}
            Err(ChainFault::BrokenAt(seq)) => findings.push(Finding::ChainBroken { seq }),
            Err(ChainFault::Unreadable) => findings.push(Finding::Unreadable {
                path: CHAIN_FILE.to_owned(),
            }),
        }
    }
    Ok(Verified {
        manifest,
        fingerprint,
        findings,
    })
}

/// Whatever is in the folder and not in the list.
fn added(
    folder: &Path,
    above: &str,
    depth: u32,
    known: &BTreeSet<&str>,
    findings: &mut Vec<Finding>,
) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        findings.push(Finding::Unreadable {
            path: above.to_owned(),
        });
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < DEPTH_MAX {
            added(
                &entry.path(),
                &format!("{name}/"),
                depth + 1,
                known,
                findings,
            );
        } else if !known.contains(name.as_str()) {
            findings.push(Finding::Added { path: name });
        }
    }
}
