//! WebKitGTK without a graphics card composes in software and shows 14 of 30 preview frames; without its
//! compositor it shows all of them at a quarter of a core. Detected narrowly, and never against the user.

/// Sets WebKit's environment before the first window; called while the process has one thread.
pub fn prepare() {
    const SWITCH: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
    if cfg!(target_os = "linux") && std::env::var_os(SWITCH).is_none() && !has_render_node() {
        // SAFETY: called first thing in main, before any other thread exists.
        unsafe { std::env::set_var(SWITCH, "1") };
        tracing::info!("no graphics card found: the page is drawn without WebKit's compositor");
    }
}

/// A DRM render node is what WebKit's accelerated path needs (`/dev/dri/renderD128` and up).
fn has_render_node() -> bool {
    std::fs::read_dir("/dev/dri")
        .map(|nodes| {
            nodes
                .flatten()
                .any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
        })
        .unwrap_or(false)
}
