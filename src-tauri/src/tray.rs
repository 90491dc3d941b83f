//! The tray icon: back to the window, or close it. Both are in the window as well, for systems without a tray.

use std::panic::AssertUnwindSafe;

use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Wry};

use crate::words::words;

/// Puts the icon into the tray.
///
/// # Errors
/// When the system has no tray.
pub fn build(app: &AppHandle<Wry>) -> tauri::Result<()> {
    // On Linux what draws it is a library that is looked for only now, and whose absence is told by a panic.
    std::panic::catch_unwind(AssertUnwindSafe(|| put(app)))
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::Unsupported).into()))
}

fn put(app: &AppHandle<Wry>) -> tauri::Result<()> {
    let words = words();
    let show = MenuItem::with_id(app, "show", words.show, true, None::<&str>)?;
    let close = MenuItem::with_id(app, "close", words.close, true, None::<&str>)?;
    let mut tray = TrayIconBuilder::with_id("stallcast")
        .tooltip("Stallcast")
        .menu(&Menu::with_items(app, &[&show, &close])?)
        .on_menu_event(|app, event| match event.id().as_ref() {
            "show" => crate::show(app),
            "close" => app.exit(0),
            _ => {}
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app).map(drop)
}
