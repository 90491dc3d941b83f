//! The prompter's window: a second view of the page, which may stand on another screen and may do nothing but reach the
//! engine. It goes with the studio's window.

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

/// Its label.
pub const PROMPTER: &str = "prompter";

/// Shows it, or brings it to the front. The refusal is the window system's own words, for the log.
#[tauri::command]
pub async fn prompter(app: AppHandle) -> Result<(), String> {
    let window = match app.get_webview_window(PROMPTER) {
        Some(window) => window,
        None => WebviewWindowBuilder::new(
            &app,
            PROMPTER,
            WebviewUrl::App("desktop.html#prompter".into()),
        )
        .title("Stallcast Prompter")
        .inner_size(960.0, 600.0)
        .min_inner_size(480.0, 320.0)
        .build()
        .map_err(|error| {
            tracing::warn!(%error, "the prompter's window could not be opened");
            error.to_string()
        })?,
    };
    // A window manager may refuse; the window is there all the same.
    let _ = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    Ok(())
}

/// Closes it, so that the program ends with its last window.
pub fn close(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(PROMPTER) {
        // The window system takes it down anyway when the program ends.
        let _ = window.close();
    }
}
