//! The file by which the desktop window and the command line find a running engine.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Address, token and process of a running engine.
#[derive(Clone, Serialize, Deserialize)]
pub struct RuntimeFile {
    /// Loopback port of the API.
    pub port: u16,
    /// Token of the owner's session.
    pub token: String,
    /// Process id.
    pub pid: u32,
    /// Version of the engine.
    pub version: String,
}

impl RuntimeFile {
    /// Writes it, readable by this user only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        crate::private_file::replace(path, &bytes)
    }

    /// Reads it; `None` when there is none or it cannot be understood.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}
