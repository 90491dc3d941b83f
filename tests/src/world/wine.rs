//! The engine for Windows, under Wine: it is the one under test where `STALLCAST_BIN` names a program of Windows.
//! tests/windows.sh builds it and gives Wine its libraries.

use std::path::{Path, PathBuf};

/// The program of Windows that is under test, if it is one.
pub fn program() -> Option<PathBuf> {
    let named = PathBuf::from(std::env::var_os("STALLCAST_BIN")?);
    named
        .extension()
        .is_some_and(|it| it == "exe")
        .then_some(named)
}

/// A path as the engine under test knows it: Wine's drive `Z:` is this system.
pub fn as_seen(path: &Path) -> PathBuf {
    if program().is_none() {
        return path.to_owned();
    }
    let whole = path.canonicalize().unwrap();
    format!("Z:{}", whole.display()).replace('/', "\\").into()
}
