//! Real clients of obs-websocket, as their registries have them: installed by `tests/run.sh` beside `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// A file of what was installed; says what is missing where it was not.
fn installed(file: &str) -> PathBuf {
    let path = clients().join(file);
    assert!(
        path.exists(),
        "{} is missing: the registry's client was not installed; tests/run.sh system does it (it needs the network once)",
        path.display()
    );
    path
}

fn run(program: &Path, script: &str, port: u16, password: &str) -> String {
    let out = Command::new(program)
        .arg(clients().join(script))
        .args([&port.to_string(), password])
        .current_dir(clients())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (said, complained) = (
        String::from_utf8_lossy(&out.stdout).into_owned(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    );
    assert!(out.status.success(), "{script}: {said}\n{complained}");
    said
}

/// Runs a script of `tests/clients` that uses obs-websocket-js; what it said.
pub fn run_node(script: &str, port: u16, password: &str) -> String {
    installed("node_modules/obs-websocket-js/package.json");
    run(Path::new("node"), script, port, password)
}

/// Runs a script of `tests/clients` that uses obsws-python; what it said.
pub fn run_python(script: &str, port: u16, password: &str) -> String {
    run(&installed(".venv/bin/python"), script, port, password)
}
