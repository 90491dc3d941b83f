//! Where the engine of this user keeps its things, and the file by which the window and the command line find it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the [`RuntimeFile`] in the data folder.
pub const RUNTIME_FILE: &str = "engine.json";

/// Address, token and process of a running engine. After a crash the file of the dead one is still there: who reads
/// it asks at the port whether an engine answers.
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
    /// Reads it; `None` when there is none or it cannot be understood.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

/// The data folder of this user: `STALLCAST_DATA`, else the platform's usual place.
pub fn data_folder() -> PathBuf {
    let under = |variable: &str, rest: &str| {
        std::env::var_os(variable).map(|base| PathBuf::from(base).join(rest))
    };
    under("STALLCAST_DATA", "")
        .or_else(|| under("XDG_DATA_HOME", "stallcast"))
        .or_else(|| under("LOCALAPPDATA", "Stallcast"))
        .or_else(|| under("HOME", ".local/share/stallcast"))
        .unwrap_or_else(|| PathBuf::from("stallcast-data"))
}

/// Creates a folder and what is missing above it; the folder, when it is new, for this user only (mode 0700; on
/// Windows a user's own folders are private already).
///
/// # Errors
/// When it cannot be created.
pub fn create_private_folder(path: &Path) -> std::io::Result<()> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    }
}
