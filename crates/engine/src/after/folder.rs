//! The system's file manager, opened where a file is.

use std::path::Path;

/// Program, and whether it takes the file itself (with what stands before its name) or only its folder.
const OPENERS: [(&str, &str, Option<&str>); 3] = [
    ("linux", "xdg-open", None),
    ("macos", "open", Some("-R")),
    ("windows", "explorer", Some("/select,")),
];

/// Opens the file manager at `path`, a file or a folder; `false` where there is none, as on a server.
pub fn show(path: &Path) -> bool {
    let Some((_, program, select)) = OPENERS.iter().find(|row| row.0 == std::env::consts::OS)
    else {
        return false;
    };
    let mut command = tokio::process::Command::new(program);
    match select {
        Some(word) if path.is_file() => command.arg(word).arg(path),
        _ if path.is_file() => command.arg(path.parent().unwrap_or(path)),
        _ => command.arg(path),
    };
    let quiet = std::process::Stdio::null;
    command.stdin(quiet()).stdout(quiet()).stderr(quiet());
    match command.spawn() {
        Ok(mut child) => {
            tokio::spawn(async move { child.wait().await });
            true
        }
        Err(error) => {
            tracing::info!(%error, program, "no file manager could be opened");
            false
        }
    }
}
