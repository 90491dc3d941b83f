//! Files that only this user may read: replaced whole so that a crash leaves the old or the new one, and set aside
//! when they cannot be understood, so that nothing a person entered is overwritten.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stallcast_show::At;
use stallcast_wire::{ErrorCode, WireError};

/// Writes `bytes` to `path` with mode 0600.
///
/// # Errors
/// When the file beside it cannot be written or renamed.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let (beside, file) = write_beside(path, bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// The same for a file of the moment: the disk is not waited for, so that of a power cut may remain what was before.
///
/// # Errors
/// Those of [`replace`].
pub fn replace_lightly(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let (beside, _file) = write_beside(path, bytes)?;
    std::fs::rename(&beside, path)
}

fn write_beside(path: &Path, bytes: &[u8]) -> std::io::Result<(PathBuf, std::fs::File)> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    Ok((beside, file))
}

/// Writes `kept` to `file` as JSON, on a thread that may wait for the disk.
///
/// # Errors
/// [`ErrorCode::Internal`], worth another try when it was the disk.
pub async fn write_down<T: Serialize>(file: PathBuf, kept: &T) -> Result<(), WireError> {
    let internal = || WireError::new(ErrorCode::Internal);
    let bytes = serde_json::to_vec(kept).map_err(|_| internal())?;
    let name = file.clone();
    let written = tokio::task::spawn_blocking(move || replace(&file, &bytes));
    written.await.map_err(|_| internal())?.map_err(|error| {
        tracing::error!(%error, file = %name.display(), "what was set could not be written down");
        internal().retryable()
    })
}

/// What a file holds; `T::default()` when there is none. One that cannot be understood is renamed, and the new name
/// is given beside the default.
pub fn read_or_set_aside<T: DeserializeOwned + Default>(
    path: &Path,
    now: At,
) -> (T, Option<String>) {
    let cause = match std::fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => return (value, None),
            // Never the error itself: it may quote a key.
            Err(error) => format!("line {}", error.line()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (T::default(), None),
        Err(error) => error.to_string(),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = format!("{name}.damaged-{}", now.0);
    match std::fs::rename(path, path.with_file_name(&aside)) {
        Ok(()) => tracing::error!(%name, cause, aside, "the file is damaged and was set aside"),
        Err(error) => {
            tracing::error!(%name, cause, %error, "the file is damaged and could not be set aside");
        }
    }
    (T::default(), Some(aside))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kept = std::collections::BTreeMap<String, String>;

    #[test]
    fn a_damaged_file_is_kept_aside_and_one_that_is_missing_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        assert_eq!(read_or_set_aside::<Kept>(&path, At(7)).1, None);
        std::fs::write(&path, br#"{"a":"live_1""#).unwrap();
        let (kept, aside) = read_or_set_aside::<Kept>(&path, At(7));
        assert!(kept.is_empty());
        assert_eq!(aside.as_deref(), Some("keys.json.damaged-7"));
        let saved = std::fs::read(folder.path().join("keys.json.damaged-7")).unwrap();
        assert_eq!(saved, br#"{"a":"live_1""#);
        assert!(!path.exists());
        replace(&path, br#"{"a":"b"}"#).unwrap();
        assert_eq!(read_or_set_aside::<Kept>(&path, At(8)).0["a"], "b");
    }
}
