//! The desktop shell: window, tray, native dialogs and the engine's life. It holds no show logic; killing it
//! does not touch the broadcast.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod engine;
mod graphics;
mod http;
mod prompter;
mod replace;
mod tray;
#[cfg(feature = "updater")]
mod update;
mod words;

use std::io::IsTerminal;

use engine::{Attached, EngineError};
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder, WindowEvent};
use tracing_subscriber::EnvFilter;

/// Label of the studio's window; capabilities are granted to it by this name.
const STUDIO: &str = "studio";

/// Address and token of the engine, for the page. Starts the engine when none runs.
#[tauri::command]
async fn engine() -> Result<Attached, EngineError> {
    engine::attach().await
}

/// Whether this build can look for newer versions.
fn has_updates() -> bool {
    #[cfg(feature = "updater")]
    return update::is_on();
    #[cfg(not(feature = "updater"))]
    false
}

fn main() {
    let filter =
        EnvFilter::try_from_env("STALLCAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for a terminal, not for a file or a service's log.
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
    graphics::prepare();
    let builder = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(
            |app, _arguments, _folder| show(app),
        ))
        .plugin(tauri_plugin_dialog::init());
    #[cfg(feature = "updater")]
    let builder = builder
        .plugin(tauri_plugin_updater::Builder::new().build())
        .manage(update::Found::default())
        .manage(update::Stop::default());
    #[cfg(feature = "updater")]
    if !update::is_on() {
        tracing::warn!("this build names no place for newer versions: none are looked for");
    }
    let built = builder
        .invoke_handler(tauri::generate_handler![
            engine,
            prompter::prompter,
            replace::begin_anew,
            #[cfg(feature = "updater")]
            update::look_for_update,
            #[cfg(feature = "updater")]
            update::install_update,
            #[cfg(feature = "updater")]
            update::stop_update,
        ])
        .on_window_event(|window, event| {
            if window.label() == STUDIO && matches!(event, WindowEvent::Destroyed) {
                prompter::close(window.app_handle());
            }
        })
        .setup(|app| {
            let window =
                WebviewWindowBuilder::new(app, STUDIO, WebviewUrl::App("desktop.html".into()))
                    .title("Stallcast")
                    .inner_size(1280.0, 720.0)
                    .min_inner_size(960.0, 600.0)
                    // Files are dropped on the page, which reads them itself.
                    .disable_drag_drop_handler()
                    .build()?;
            window.set_focus()?;
            if let Err(error) = tray::build(app.handle()) {
                tracing::warn!(%error, "no tray here; everything it does is in the window too");
            }
            Ok(())
        })
        .run(context());
    if let Err(error) = built {
        tracing::error!(%error, "the window could not be opened; the engine is not affected");
        std::process::exit(1);
    }
}

/// What the window is made of, and what each window may ask of it (`capabilities`, `permissions`).
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Brings the studio to the front.
fn show(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window(STUDIO) {
        // A window manager may refuse; the window is there all the same.
        let _ = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus());
    }
}

#[cfg(test)]
mod tests {
    use tauri::ipc::Origin;

    #[test]
    fn the_prompter_finds_the_engine_and_may_not_put_another_program_in_its_place() {
        let mut context = super::context();
        let authority = context.runtime_authority_mut();
        let may = |window: &str, command: &str| {
            let found = authority.resolve_access(command, window, window, &Origin::Local);
            found.is_some()
        };
        let (studio, prompter) = (super::STUDIO, crate::prompter::PROMPTER);
        assert!(may(studio, "engine") && may(prompter, "engine"));
        for command in [
            "prompter",
            "begin_anew",
            "look_for_update",
            "install_update",
            "stop_update",
            "plugin:dialog|open",
        ] {
            assert!(may(studio, command), "{command}");
            assert!(!may(prompter, command), "{command}");
        }
    }
}
