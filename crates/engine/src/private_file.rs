//! Files that only this user may read, replaced whole so that a crash leaves the old or the new one.

use std::io::Write;
use std::path::Path;

/// Writes `bytes` to `path` with mode 0600.
///
/// # Errors
/// When the file beside it cannot be written or renamed.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
