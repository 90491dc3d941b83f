//! Where this very program can be started from once more.

use std::path::PathBuf;

/// This program. On Linux also after an update has put another one in its place; elsewhere a program's file stays while it
/// runs.
///
/// # Errors
/// When the system does not say where it is.
pub fn own_program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}
