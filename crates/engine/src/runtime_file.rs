//! Writes the file by which the desktop window and the command line find a running engine.

use std::path::Path;

use stallcast_wire::RuntimeFile;

/// Writes it, readable by this user only.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &RuntimeFile, path: &Path) -> std::io::Result<()> {
    let bytes = serde_json::to_vec(file).map_err(std::io::Error::other)?;
    crate::private_file::replace(path, &bytes)
}
