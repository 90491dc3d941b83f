//! Owns the talk with the desktop portal: its screen cast service, and the precedence it gives threads.

use std::any::Any;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use ashpd::desktop::realtime::Realtime;
use ashpd::desktop::screencast::{CursorMode, Screencast, SelectSourcesOptions, SourceType};
use ashpd::zbus;
use gstreamer as gst;

use crate::error::{MediaError, Result};

/// How long the user may think about which screen to share.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Portal frames come only when something on the screen changes; the last one is sent again after
/// this time, below the 700 ms after which an input counts as stalled.
const KEEPALIVE_MS: i32 = 500;

/// What must stay open while the screen is shared: the D-Bus session, its runtime, PipeWire's fd.
struct Open {
    _remote: OwnedFd,
    close: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(close) = self.close.take() {
            // The receiver is gone only when the session has already ended.
            let _ = close.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the portal session panicked");
        }
    }
}

/// Whether a portal is there that can share screens; nobody is asked for one. Blocks for as long as the session bus
/// takes.
pub(super) fn answers() -> Result<()> {
    asked(async {
        let proxy = Screencast::with_connection(bus().await?).await?;
        proxy.available_source_types().await.map(drop)
    })
}

/// Has a thread of this process put before those of other programs, with this niceness. Blocks for as long as the portal
/// takes.
pub(super) fn give_precedence(thread: u64, niceness: i32) -> Result<()> {
    asked(async {
        let proxy = Realtime::with_connection(bus().await?).await?;
        proxy
            .max_thread_high_priority_with_pid(std::process::id(), thread, niceness)
            .await
    })
}

/// A connection of the caller's own: the one that all of a process share ends with the runtime that opened it, and what is
/// asked over it then is never answered.
async fn bus() -> zbus::Result<zbus::Connection> {
    zbus::Connection::session().await
}

fn asked(asking: impl Future<Output = std::result::Result<(), ashpd::Error>>) -> Result<()> {
    let refused = |error: &dyn std::fmt::Display| MediaError::PortalRefused(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| refused(&error))?;
    runtime.block_on(asking).map_err(|error| refused(&error))
}

/// Asks for a screen or window.
pub(super) fn source() -> Result<(gst::Element, Box<dyn Any + Send>)> {
    let refused = |error: &dyn std::fmt::Display| MediaError::PortalRefused(error.to_string());
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    // The session lives exactly as long as its D-Bus connection, which lives on this thread.
    let thread = std::thread::Builder::new()
        .name("portal".to_owned())
        .spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = answer.send(Err(error.to_string()));
                    return;
                }
            };
            runtime.block_on(async move {
                let chosen = async {
                    let proxy = Screencast::with_connection(bus().await?).await?;
                    let session = proxy.create_session(Default::default()).await?;
                    proxy
                        .select_sources(
                            &session,
                            SelectSourcesOptions::default()
                                .set_cursor_mode(CursorMode::Embedded)
                                .set_sources(SourceType::Monitor | SourceType::Window)
                                .set_multiple(false),
                        )
                        .await?;
                    let streams = proxy
                        .start(&session, None, Default::default())
                        .await?
                        .response()?;
                    let node = streams
                        .streams()
                        .first()
                        .map(|stream| stream.pipe_wire_node_id())
                        .ok_or(ashpd::Error::NoResponse)?;
                    let remote = proxy
                        .open_pipe_wire_remote(&session, Default::default())
                        .await?;
                    Ok::<_, ashpd::Error>((session, node, remote))
                };
                match chosen.await {
                    Ok((session, node, remote)) => {
                        if answer.send(Ok((node, remote))).is_ok() {
                            let _ = closed.await;
                        }
                        if let Err(error) = session.close().await {
                            tracing::debug!(%error, "portal session did not close");
                        }
                    }
                    Err(error) => {
                        let _ = answer.send(Err(error.to_string()));
                    }
                }
            });
        })
        .map_err(|error| refused(&error))?;
    let (node, remote) = answered
        .recv_timeout(ANSWER_WITHIN)
        .map_err(|error| refused(&error))?
        .map_err(MediaError::PortalRefused)?;
    let element = gst::ElementFactory::make("pipewiresrc")
        .property("fd", remote.as_raw_fd())
        .property("path", node.to_string())
        .property("do-timestamp", true)
        .property("keepalive-time", KEEPALIVE_MS)
        .build()
        .map_err(|_| MediaError::MissingElement("pipewiresrc".to_owned()))?;
    let open = Open {
        _remote: remote,
        close: Some(close),
        thread: Some(thread),
    };
    Ok((element, Box::new(open)))
}
