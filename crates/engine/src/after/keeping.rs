//! How long recordings and evidence are kept, what they take, and removing them when a person says so. Nothing goes by
//! itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stallcast_journal::Reader;
use stallcast_show::At;
use stallcast_wire::{ErrorCode, KeepingView, KeptShow, WireError};

use super::evidence::{EVIDENCE, folder_at};
use super::told::{Past, past};
use super::{After, CLIPS, unreadable, unwritable};
use crate::private_file;

/// What rules of live selling ask for: China's Measures for the Supervision of Online Transactions, article 20, three
/// years from the end of the broadcast for its video.
const YEARS: u32 = 3;
/// Longest that can be set.
const YEARS_MAX: u32 = 30;
/// A year with a leap day, so that nothing is a day early.
const YEAR_MS: i64 = 366 * 24 * 3_600_000;
/// Most shows that are listed.
const LISTED_MAX: usize = 200;
/// Deepest folder that is counted.
const DEPTH_MAX: u32 = 8;

/// What a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Setting {
    /// `None` = for ever.
    years: Option<u32>,
}

impl Default for Setting {
    fn default() -> Self {
        Setting { years: Some(YEARS) }
    }
}

/// A show and what is its own.
struct Owned {
    show: Past,
    due: Option<At>,
    /// Recordings below the folder that no later show shares, and its evidence.
    files: Vec<String>,
}

/// What is to be removed, as the journal is told.
pub struct Removal {
    /// The show's name.
    pub name: String,
    /// Files and folders below the recordings folder.
    pub files: Vec<String>,
}

impl After {
    pub(super) fn keeping(&self, now: At) -> Result<KeepingView, WireError> {
        let recordings = self.inner.folders.recordings();
        let mut seen = Seen::default();
        let mut shows = Vec::new();
        let (mut recordings_bytes, mut evidence_bytes) = (0, 0);
        for owned in self.owned()? {
            let mut bytes = 0;
            // Recordings first: evidence that shares their room takes none beside them.
            for file in &owned.files {
                let size = seen.bytes(&recordings.join(file), DEPTH_MAX);
                let is_evidence = file.starts_with(&format!("{EVIDENCE}/"));
                *(if is_evidence {
                    &mut evidence_bytes
                } else {
                    &mut recordings_bytes
                }) += size;
                bytes += size;
            }
            if bytes > 0 {
                shows.push(KeptShow {
                    show: owned.show.begin.0,
                    name: owned.show.name,
                    kind: owned.show.kind,
                    began: owned.show.began,
                    due: owned.due,
                    is_due: owned.due.is_some_and(|due| due <= now),
                    bytes,
                });
            }
        }
        let clips_bytes = seen.bytes(&recordings.join(CLIPS), DEPTH_MAX);
        let other_bytes = seen.bytes(&recordings, DEPTH_MAX);
        shows.sort_by_key(|show| (show.due, show.began));
        shows.truncate(LISTED_MAX);
        Ok(KeepingView {
            years: self.setting(now).years,
            recordings_bytes,
            evidence_bytes,
            clips_bytes,
            other_bytes,
            free_bytes: stallcast_media::platform::free_bytes(&recordings),
            shows,
        })
    }

    pub(super) fn set_keeping(
        &self,
        years: Option<u32>,
        now: At,
    ) -> Result<KeepingView, WireError> {
        if years.is_some_and(|years| !(1..=YEARS_MAX).contains(&years)) {
            return Err(WireError::new(ErrorCode::Malformed));
        }
        let text = serde_json::to_vec(&Setting { years });
        let text = text.map_err(|_| WireError::new(ErrorCode::Internal))?;
        private_file::replace(&self.inner.folders.keeping_file(), &text).map_err(unwritable)?;
        self.keeping(now)
    }

    /// What removing a show's recordings and evidence would take away, when it may be done.
    pub(super) fn removal(&self, show: u64, early: bool, now: At) -> Result<Removal, WireError> {
        if self.is_live() {
            return Err(WireError::refused("already_live", BTreeMap::new()));
        }
        let mut owned = self.owned()?.into_iter();
        let owned = owned
            .find(|owned| owned.show.begin.0 == show)
            .ok_or_else(|| WireError::new(ErrorCode::NotFound))?;
        if !early && owned.due.is_none_or(|due| due > now) {
            return Err(WireError::new(ErrorCode::StillKept));
        }
        let recordings = self.inner.folders.recordings();
        let files = owned.files.into_iter();
        let files: Vec<String> = files
            .filter(|file| recordings.join(file).exists())
            .collect();
        if files.is_empty() {
            return Err(WireError::new(ErrorCode::NotFound));
        }
        let clips = self.work().as_ref().is_some_and(|work| work.view.running);
        let mut recorded = files.iter().filter(|file| !file.contains('/'));
        let is_used = clips
            || self.inner.evidence.running() == Some(show)
            || recorded.any(|file| self.is_file_written(file));
        if is_used {
            return Err(WireError::new(ErrorCode::Busy).retryable());
        }
        Ok(Removal {
            name: owned.show.name,
            files,
        })
    }

    /// Removes what [`After::removal`] gave and the journal knows of.
    pub(super) fn remove(&self, files: &[String]) -> Result<(), WireError> {
        let recordings = self.inner.folders.recordings();
        for file in files {
            let path = recordings.join(file);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unwritable(error));
                }
                _ => tracing::info!(file, "removed because a person said so"),
            }
        }
        Ok(())
    }

    fn setting(&self, now: At) -> Setting {
        let file = self.inner.folders.keeping_file();
        let (setting, aside): (Setting, _) = private_file::read_or_set_aside(&file, now);
        if let Some(aside) = aside {
            tracing::warn!(
                aside,
                "how long things are kept could not be read: three years"
            );
        }
        setting
    }

    /// Every show that has ended with what is its own. A part that runs on into the next show belongs to that one, which
    /// is kept for longer.
    fn owned(&self) -> Result<Vec<Owned>, WireError> {
        let years = self.setting(crate::clock::now()).years;
        let reader = Reader::open(&self.inner.folders.journal()).map_err(unreadable)?;
        let shows = past(&reader).map_err(unreadable)?;
        let mut owner: BTreeMap<String, usize> = BTreeMap::new();
        for (place, show) in shows.iter().enumerate() {
            for part in &show.parts {
                owner.insert(part.file.clone(), place);
            }
        }
        let owned = shows.into_iter().enumerate().map(|(place, show)| {
            let mut files: Vec<String> = owner
                .iter()
                .filter(|(_, owner)| **owner == place)
                .map(|(file, _)| file.clone())
                .collect();
            files.push(folder_at(show.began));
            Owned {
                due: years.map(|years| At(show.last.0 + i64::from(years) * YEAR_MS)),
                files,
                show,
            }
        });
        Ok(owned.collect())
    }
}

/// What was counted: a file that has two names takes its room once.
#[derive(Default)]
struct Seen {
    #[cfg(unix)]
    files: BTreeSet<(u64, u64)>,
    paths: BTreeSet<PathBuf>,
}

impl Seen {
    /// Bytes of a file or of what is in a folder, without what was counted before.
    fn bytes(&mut self, path: &Path, depth: u32) -> u64 {
        let Ok(meta) = std::fs::symlink_metadata(path) else {
            return 0;
        };
        if meta.is_file() {
            return if self.is_new(path, &meta) {
                meta.len()
            } else {
                0
            };
        }
        let Some(depth) = depth.checked_sub(1).filter(|_| meta.is_dir()) else {
            return 0;
        };
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| self.bytes(&entry.path(), depth)).sum()
    }

    #[cfg(unix)]
    fn is_new(&mut self, path: &Path, meta: &std::fs::Metadata) -> bool {
        use std::os::unix::fs::MetadataExt;
        self.paths.insert(path.to_owned()) && self.files.insert((meta.dev(), meta.ino()))
    }

    /// Which names share their room is not told here.
    #[cfg(not(unix))]
    fn is_new(&mut self, path: &Path, _: &std::fs::Metadata) -> bool {
        self.paths.insert(path.to_owned())
    }
}

#[cfg(test)]
mod tests;
