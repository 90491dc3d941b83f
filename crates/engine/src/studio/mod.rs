//! The studio: everything of one engine, started in order, and the handle the API works with.

mod begin;
mod requests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use stallcast_chat::Language;
use stallcast_delivery::presets::{self, Platforms};
use stallcast_delivery::{Hub, TlsRoots};
use stallcast_journal::{Journal, Origin};
use stallcast_media::audio::Meters;
use stallcast_media::preview::PreviewFrame;
use stallcast_media::program::{EventSink, Program, ProgramSpec};
use stallcast_overlay::Lang;
use stallcast_show::{Actor, Command, Phase};
use stallcast_wire::{ErrorCode, Notice, StatusView, WireError};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};

use crate::air::{self, Air, Order, Parts};
use crate::chat_connections::ChatConnections;
use crate::chat_room::ChatRoom;
use crate::clock::now;
use crate::desk::Desk;
use crate::folders::Folders;
use crate::keys::Keys;
use crate::{StartError, sign_of_life};
pub use begin::program_spec;
use begin::{draw, prepare};

/// Preview pictures a second while somebody looks; the web views of some systems draw no more.
const PREVIEW_FPS: u32 = 15;
/// Width of the preview, pixels: what the smallest studio window shows, and a little more. Scaling and JPEG are the
/// largest cost of the studio beside the encoder, and grow with the area.
const PREVIEW_WIDTH: u32 = 800;
/// Media events waiting for the air thread; beyond, the newest is dropped and states are read again.
const MEDIA_EVENTS: usize = 256;
/// Notices a page may lag behind before it loses the oldest.
const NOTICES: usize = 64;

/// How to start.
pub struct Options {
    /// Where things are kept.
    pub folders: Folders,
    /// Picture and encoding.
    pub program: ProgramSpec,
    /// Language of the cards.
    pub lang: Lang,
    /// What to put into a fresh journal.
    pub fresh: Fresh,
    /// A certificate trusted beside the system's, for a private ingest.
    pub extra_root: Option<PathBuf>,
    /// Card theme.
    pub theme: String,
}

/// What a fresh journal begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    /// The demo orchard, rehearsing.
    Demo,
    /// Nothing.
    Empty,
}

/// A running studio. Cheap to clone.
#[derive(Clone)]
pub struct Studio {
    inner: Arc<Inner>,
}

struct Inner {
    folders: Folders,
    desk: Desk,
    chat: ChatConnections,
    keys: Keys,
    platforms: Arc<Platforms>,
    program: Arc<Program>,
    orders: mpsc::Sender<Order>,
    notices: broadcast::Sender<Notice>,
    status: watch::Receiver<StatusView>,
    ended: watch::Sender<bool>,
    /// Held while the preview is switched, so that a page that leaves cannot switch it off for one that came.
    watchers: Mutex<usize>,
    pages: AtomicUsize,
}

impl Studio {
    /// Starts everything: resumes the show from its journal, opens the picture and follows the state. Gives the
    /// threads to wait for at the end.
    ///
    /// # Errors
    /// When the journal cannot be used, or media cannot start.
    pub async fn start(options: Options) -> Result<(Self, Vec<JoinHandle<()>>), StartError> {
        let folders = options.folders.clone();
        let (journal, resumed) = Journal::open(folders.journal())?;
        let fresh = resumed.origin == Origin::Created;
        let desk = Desk::start(journal, resumed, now)?;
        let keys_file = folders.key_file();
        let keys = tokio::task::spawn_blocking(move || Keys::open(keys_file))
            .await
            .map_err(std::io::Error::other)?;
        let platforms = Arc::new(presets::built_in()?);
        let tls_roots = match &options.extra_root {
            Some(path) => TlsRoots::SystemAnd(std::fs::read(path)?),
            None => TlsRoots::default(),
        };

        prepare(&desk, &folders, fresh, options.fresh, options.lang).await?;

        let hub = Hub::new();
        let (media_events, events) = mpsc::channel(MEDIA_EVENTS);
        let spec = options.program.clone();
        let recorder_events = EventSink::new(media_events.clone());
        let sink = Arc::new(air::to_hub(hub.clone()));
        let program = tokio::task::spawn_blocking(move || Program::start(spec, sink, media_events))
            .await
            .map_err(std::io::Error::other)??;
        let program = Arc::new(program);

        let audience = match options.lang {
            Lang::Zh => Language::Zh,
            Lang::En => Language::En,
        };
        let room = ChatRoom::open(desk.clone(), rand::random(), audience);
        let chat = ChatConnections::open(room.clone(), folders.chat_file()).await;
        let (orders, waiting_orders) = mpsc::channel(16);
        let notices = broadcast::Sender::new(NOTICES);
        let (status_sender, status) = watch::channel(empty_status());
        let ended = watch::Sender::new(false);
        let (overlay, warnings) = draw(&options, &desk, &program, ended.subscribe())?;
        let parts = Parts {
            desk: desk.clone(),
            program: Arc::clone(&program),
            hub,
            keys: keys.clone(),
            platforms: Arc::clone(&platforms),
            tls_roots,
            folders: folders.clone(),
            chat: room,
            events,
            recorder_events,
            orders: waiting_orders,
            own_orders: orders.clone(),
            notices: notices.clone(),
            status: status_sender,
            warnings,
            runtime: Handle::current(),
        };
        let air = std::thread::Builder::new()
            .name("air".into())
            .spawn(move || Air::new(parts).run())?;
        let inner = Inner {
            folders,
            desk,
            chat,
            keys,
            platforms,
            program,
            orders,
            notices,
            status,
            ended,
            watchers: Mutex::new(0),
            pages: AtomicUsize::new(0),
        };
        let studio = Self {
            inner: Arc::new(inner),
        };
        tokio::spawn(studio.clone().read_keys());
        tokio::spawn(sign_of_life::keep(
            studio.inner.folders.sign_of_life(),
            studio.clone(),
        ));
        Ok((studio, vec![air, overlay]))
    }

    /// Where things are kept.
    pub fn folders(&self) -> &Folders {
        &self.inner.folders
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    /// The chat room.
    pub fn chat(&self) -> &ChatRoom {
        self.inner.chat.room()
    }

    /// Health, twice a second.
    pub fn status(&self) -> watch::Receiver<StatusView> {
        self.inner.status.clone()
    }

    /// Sound levels.
    pub fn meters(&self) -> watch::Receiver<Meters> {
        self.inner.program.meters()
    }

    /// Notices from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.notices.subscribe()
    }

    /// Asks for a change of the show.
    ///
    /// # Errors
    /// See [`Desk::submit`].
    pub async fn submit(&self, actor: Actor, command: Command) -> Result<u64, WireError> {
        let removed = match &command {
            Command::RemoveDestination { destination } => Some(destination.clone()),
            _ => None,
        };
        let seq = self.inner.desk.submit(actor, command).await?;
        if let Some(id) = removed {
            // Or the next destination of this id would stream with the old one's key.
            let keys = self.inner.keys.clone();
            tokio::task::spawn_blocking(move || keys.set(&id, String::new(), false));
        }
        Ok(seq)
    }

    /// Reads the destinations' keys off the keychain, which may ask a person first, and then lets the
    /// destinations that waited for them begin.
    async fn read_keys(self) {
        let (keys, show) = (self.inner.keys.clone(), self.inner.desk.show());
        let read = move || keys.read(show.destinations.keys());
        if tokio::task::spawn_blocking(read).await.is_ok()
            && self.order(Order::KeysRead).await.is_err()
        {
            tracing::debug!("the engine ended before the keys were read");
        }
    }

    async fn order(&self, order: Order) -> Result<(), WireError> {
        self.inner
            .orders
            .send(order)
            .await
            .map_err(|_| WireError::new(ErrorCode::ShuttingDown))
    }

    /// Ends the engine: the recording is finalised, destinations are told, the API closes.
    pub async fn end(&self) {
        // The air thread may be gone already; then there is nothing left to finalise.
        let _ = self.inner.orders.send(Order::End).await;
        self.inner.ended.send_replace(true);
    }

    /// Waits until the engine is told to end.
    pub async fn ended(&self) {
        let mut ended = self.inner.ended.subscribe();
        // An error means the studio is gone, which is an end too.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Counts somebody who looks at the preview, until dropped.
    pub fn watch_preview(&self) -> Watching {
        let mut watchers = self.watchers();
        *watchers += 1;
        if *watchers == 1 {
            self.set_preview(true);
        }
        drop(watchers);
        Watching {
            studio: self.clone(),
        }
    }

    fn watchers(&self) -> MutexGuard<'_, usize> {
        self.inner
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_preview(&self, on: bool) {
        if let Err(error) = self
            .inner
            .program
            .set_preview(on, PREVIEW_FPS, PREVIEW_WIDTH)
        {
            tracing::error!(%error, "the preview could not be switched");
        }
    }

    /// Counts a page that is connected, until dropped.
    pub fn page(&self) -> Page {
        self.inner.pages.fetch_add(1, Ordering::SeqCst);
        Page {
            studio: self.clone(),
        }
    }

    /// Whether nobody looks, nothing is on air and nothing is recorded.
    pub fn is_idle(&self) -> bool {
        let show = self.inner.desk.show();
        let busy = show.recording || matches!(show.phase, Phase::Live { .. });
        self.inner.pages.load(Ordering::SeqCst) == 0 && !busy
    }
}

/// Somebody looks at the preview.
pub struct Watching {
    studio: Studio,
}

impl Watching {
    /// Preview pictures, latest first.
    pub fn frames(&self) -> watch::Receiver<Option<PreviewFrame>> {
        self.studio.inner.program.preview()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watchers = self.studio.watchers();
        *watchers -= 1;
        if *watchers == 0 {
            self.studio.set_preview(false);
        }
    }
}

/// A connected page.
pub struct Page {
    studio: Studio,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.studio.inner.pages.fetch_sub(1, Ordering::SeqCst);
    }
}

fn empty_status() -> StatusView {
    StatusView {
        now: now().0,
        uptime_ms: 0,
        inputs: vec![],
        encoder: None,
        destinations: vec![],
        recording: None,
        receiver: None,
        disk_free_bytes: None,
        uplink_kbps: 0.0,
        chat: vec![],
        warnings: vec![],
    }
}
