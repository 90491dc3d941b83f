//! Being told to end by the terminal or the system: once ends in order, once more ends at once.

use tokio::sync::watch;

use crate::studio::Studio;

/// Exit code of an engine that was told to end twice: 128 + SIGINT, as a shell gives it.
const AT_ONCE: i32 = 130;

/// Listens from the start, so that an engine told to end while it starts still ends in order.
pub struct Signals {
    asked: watch::Receiver<bool>,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system lets nobody listen.
    pub fn listen() -> std::io::Result<Self> {
        let mut source = Source::open()?;
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            source.next().await;
            tracing::info!("told to end; once more ends at once");
            ask.send_replace(true);
            source.next().await;
            tracing::error!("told to end once more: what is not closed stays open");
            std::process::exit(AT_ONCE);
        });
        Ok(Self { asked })
    }

    /// Ends `studio` when asked.
    pub async fn end(mut self, studio: Studio) {
        // An error means that the runtime goes, and everything with it.
        if self.asked.wait_for(|asked| *asked).await.is_ok() {
            studio.end().await;
        }
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl+C, Ctrl+Break, and its console being closed, after which Windows gives it some seconds. Of the end of the
/// session only programs hear that have a window.
#[cfg(not(unix))]
struct Source {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
}

#[cfg(not(unix))]
impl Source {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::windows;
        Ok(Self {
            interrupt: windows::ctrl_c()?,
            stop: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.stop.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}
