//! Generates what Tauri needs at compile time, and keeps a release from being made that looks for newer versions nowhere, or
//! takes them from anybody.

fn main() {
    tauri_build::build();
    let [endpoint, key] = ["STALLCAST_UPDATE_ENDPOINT", "STALLCAST_UPDATE_KEY"].map(|name| {
        println!("cargo::rerun-if-env-changed={name}");
        std::env::var(name).unwrap_or_default()
    });
    let is_set = |name| std::env::var(name).is_ok();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_set("CARGO_FEATURE_UPDATER")
        && is_release
        && (key.is_empty() || !endpoint.starts_with("https://"))
    {
        println!(
            "cargo::error=the feature `updater` needs STALLCAST_UPDATE_ENDPOINT (https://…) and STALLCAST_UPDATE_KEY (the \
             public key of `tauri signer generate`) when it is built"
        );
    }
    if is_set("CARGO_FEATURE_UPDATER")
        && std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows")
    {
        println!(
            "cargo::error=the feature `updater` is not for Windows yet: the installer does not know how to begin the studio anew"
        );
    }
}
