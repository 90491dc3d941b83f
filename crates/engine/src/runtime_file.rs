//! Writes the file by which the desktop window and the command line find a running engine.

use std::io::Write;
use std::path::Path;

use stallcast_wire::RuntimeFile;

/// Writes it, readable by this user only. On a full disk it is written over the one that a crash left: that needs no
/// more room.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &RuntimeFile, path: &Path) -> std::io::Result<()> {
    let bytes = serde_json::to_vec(file).map_err(std::io::Error::other)?;
    crate::private_file::replace(path, &bytes).or_else(|error| {
        let mut old = std::fs::OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|_| error)?;
        old.write_all(&bytes)?;
        old.set_len(bytes.len() as u64)
    })
}
