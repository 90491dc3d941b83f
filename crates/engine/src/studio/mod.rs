//! The studio: everything of one engine, started in order, and the handle the API works with.

mod begin;
mod doctor;
mod ending;
mod following;
mod pages;
mod removed_keys;
mod replacing;
mod requests;
#[cfg(test)]
mod sound_tests;
#[cfg(test)]
mod tests;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use stallcast_chat::Language;
use stallcast_delivery::TlsRoots;
use stallcast_delivery::presets::{self, Platforms};
use stallcast_journal::{Journal, Origin};
use stallcast_media::audio::Meters;
use stallcast_media::program::ProgramSpec;
use stallcast_overlay::{Fonts, Lang};
use stallcast_show::{Actor, At, Canvas, Command};
use stallcast_wire::{ErrorCode, FindingsView, Notice, NoticeLevel, StatusView, WireError};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};

use crate::after::After;
pub use crate::air::End;
use crate::air::{Air, Order, Parts};
use crate::canvases::{Canvases, Watching};
use crate::catalogue_search::CatalogueSearch;
use crate::chat_connections::ChatConnections;
use crate::chat_room::{self, Before, ChatRoom, LINES_KEPT};
use crate::clock::now;
use crate::desk::Desk;
use crate::folders::Folders;
use crate::keys::Keys;
use crate::lately;
use crate::looks::Looks;
use crate::notices::Notices;
use crate::orders::Orders;
use crate::part_boxes::PartBoxes;
use crate::phones::Phones;
use crate::phrasing::Phrasing;
use crate::picture::Easel;
use crate::replacement::ProgramFile;
use crate::replay::Replay;
use crate::threads::Threads;
use crate::unfinished;
use crate::{StartError, chat_history, drops, games, incidents, sign_of_life};
pub use begin::program_spec;
use begin::{draw, open, prepare};
pub use ending::Ending;
use following::look_at_selling;
pub use pages::Page;

/// Media events waiting for the air thread; beyond, the newest is dropped and states are read again.
const MEDIA_EVENTS: usize = 256;
/// Chat of an earlier show that a page gets when it joins is no older than this; few shows are longer.
const CHAT_KEPT_MS: i64 = 12 * 3_600_000;

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
    lang: Lang,
    folders: Folders,
    desk: Desk,
    chat: ChatConnections,
    keys: Keys,
    orders_of_shops: Orders,
    phrasing: Phrasing,
    platforms: Arc<Platforms>,
    tls_roots: TlsRoots,
    phones: Phones,
    replay: Replay,
    after: After,
    search: CatalogueSearch,
    canvases: Canvases,
    looks: Looks,
    parts: PartBoxes,
    orders: mpsc::Sender<Order>,
    notices: Notices,
    status: watch::Receiver<StatusView>,
    findings: watch::Receiver<Arc<FindingsView>>,
    /// What the last upload test found; held while one runs.
    upload: tokio::sync::Mutex<Option<stallcast_wire::UploadTestView>>,
    /// What the doctor found last; held while it looks.
    doctor: tokio::sync::Mutex<Option<stallcast_wire::DoctorView>>,
    ended: watch::Sender<Option<End>>,
    pages: AtomicUsize,
}

impl Studio {
    /// Starts everything: resumes the show from its journal, opens the picture and follows the state. Gives the
    /// threads to wait for at the end.
    ///
    /// # Errors
    /// When the journal cannot be used, or media cannot start.
    pub async fn start(options: Options) -> Result<(Self, Ending), StartError> {
        let folders = options.folders.clone();
        let (journal, resumed) = Journal::open(folders.journal())?;
        let fresh = resumed.origin == Origin::Created;
        let notices = Notices::new();
        let (threads, fallen) = Threads::watched();
        let since = At(now().0.saturating_sub(CHAT_KEPT_MS));
        let lines = chat_history::last_lines(&journal, LINES_KEPT, since).unwrap_or_else(|error| {
            tracing::error!(%error, "the chat of before could not be read back");
            vec![]
        });
        let questions_file = folders.questions_file();
        let chat_before = chat_room::resume(&questions_file, &journal, &resumed.show, since, now())
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the questions of before could not be read back");
                Default::default()
            });
        let unfinished = unfinished::find(&folders.recordings(), &journal);
        let desk = Desk::start(journal, resumed, now, &threads)?;
        let findings = look_at_selling(&desk, &threads)?;
        let keys_file = folders.key_file();
        let (keys, damaged_keys) = tokio::task::spawn_blocking(move || Keys::open(keys_file))
            .await
            .map_err(std::io::Error::other)?;
        let platforms = Arc::new(presets::built_in()?);
        let tls_roots = match &options.extra_root {
            Some(path) => TlsRoots::SystemAnd(std::fs::read(path)?),
            None => TlsRoots::default(),
        };

        prepare(
            &desk,
            &folders,
            fresh,
            options.fresh,
            options.lang,
            &notices,
        )
        .await?;

        let (heard, events) = mpsc::channel(MEDIA_EVENTS);
        let canvases = open(&options, &desk, heard).await?;

        let audience = match options.lang {
            Lang::Zh => Language::Zh,
            Lang::En => Language::En,
        };
        let before = Before {
            recent: lines,
            sieve: chat_before.sieve,
            pushed: chat_before.pushed,
            file: Some(questions_file),
        };
        let room = ChatRoom::open(desk.clone(), rand::random(), audience, before);
        let (addresses, damaged_addresses) = keys.chat_addresses(folders.chat_key_file());
        let (chat, damaged_chat) =
            ChatConnections::open(room.clone(), folders.chat_file(), addresses).await;
        let (secrets, damaged_secrets) = keys.shop_secrets(folders.shop_key_file());
        let (orders_of_shops, damaged_orders) = Orders::open(
            desk.clone(),
            folders.orders_file(),
            secrets,
            notices.clone(),
        );
        let (phrasing_keys, damaged_phrasing_keys) =
            keys.phrasing_keys(folders.phrasing_key_file());
        let (phrasing, damaged_phrasing) = Phrasing::open(folders.phrasing_file(), phrasing_keys);
        for (key, damaged) in [
            ("notice.keys_damaged", damaged_phrasing_keys),
            ("notice.phrasing_damaged", damaged_phrasing),
            ("notice.keys_damaged", damaged_keys),
            ("notice.keys_damaged", damaged_addresses),
            ("notice.keys_damaged", damaged_secrets),
            ("notice.orders_damaged", damaged_orders),
            ("notice.chat_damaged", damaged_chat),
            ("notice.questions_damaged", chat_before.damaged),
        ] {
            if let Some(file) = damaged {
                notices.stand(NoticeLevel::Error, key, &[("file", file)]);
            }
        }
        let (orders, waiting_orders) = mpsc::channel(16);
        let (status_sender, status) = watch::channel(empty_status());
        let ended = watch::Sender::new(None);
        let looks = Looks::open(&folders, options.theme, options.lang, Fonts::system())?;
        let part_boxes = PartBoxes::default();
        let easel = Easel::new(looks.clone(), notices.clone(), part_boxes.clone());
        let (overlay, warnings) = draw(
            easel,
            &desk,
            &canvases,
            findings.clone(),
            ended.subscribe(),
            &threads,
        )?;
        let phones = Phones::open(folders.phones_file(), Handle::current());
        let replay = Replay::start(
            canvases.clone(),
            desk.published(),
            folders.recordings(),
            notices.clone(),
        );
        let (open_part, parts_closed) = mpsc::channel(1);
        let parts = Parts {
            desk: desk.clone(),
            canvases: canvases.clone(),
            keys: keys.clone(),
            platforms: Arc::clone(&platforms),
            tls_roots: tls_roots.clone(),
            folders: folders.clone(),
            chat: room,
            phones: phones.clone(),
            replay: replay.clone(),
            events,
            orders: waiting_orders,
            own_orders: orders.clone(),
            notices: notices.clone(),
            status: status_sender,
            warnings,
            program: ProgramFile::own(),
            runtime: Handle::current(),
            open_part,
        };
        let air = threads.start("air", move || Air::new(parts).run())?;
        let after = After::new(folders.clone(), options.lang, &desk);
        let inner = Inner {
            lang: options.lang,
            folders,
            after,
            desk,
            chat,
            keys,
            orders_of_shops,
            phrasing,
            platforms,
            tls_roots,
            phones,
            replay,
            canvases,
            looks,
            parts: part_boxes,
            orders,
            notices,
            search: CatalogueSearch::default(),
            status,
            findings,
            upload: tokio::sync::Mutex::default(),
            doctor: tokio::sync::Mutex::default(),
            ended,
            pages: AtomicUsize::new(0),
        };
        let studio = Self {
            inner: Arc::new(inner),
        };
        let told = studio.inner.notices.clone();
        tokio::task::spawn_blocking(move || unfinished::see_to(unfinished, &told));
        tokio::spawn(games::end_in_time(studio.inner.desk.clone()));
        tokio::spawn(incidents::follow(
            studio.inner.desk.clone(),
            studio.status(),
        ));
        tokio::spawn(drops::follow(studio.inner.desk.clone(), studio.status()));
        tokio::spawn(studio.clone().read_keys());
        tokio::spawn(studio.clone().follow_network());
        tokio::spawn(studio.clone().follow_offers());
        tokio::spawn(sign_of_life::keep(
            studio.inner.folders.sign_of_life(),
            studio.clone(),
        ));
        tokio::spawn(studio.clone().end_when_fallen(fallen));
        Ok((studio, Ending::of(vec![air, overlay], parts_closed)))
    }

    /// Where things are kept.
    pub fn folders(&self) -> &Folders {
        &self.inner.folders
    }

    /// Language of the cards.
    pub fn lang(&self) -> Lang {
        self.inner.lang
    }

    /// What is told of shows that have ended.
    pub(crate) fn after(&self) -> &After {
        &self.inner.after
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    /// The chat room.
    pub fn chat(&self) -> &ChatRoom {
        self.inner.chat.room()
    }

    /// The chat connections that were set up.
    pub(crate) fn chats(&self) -> &ChatConnections {
        &self.inner.chat
    }

    /// Whether a model is set that phrases answers.
    pub(crate) fn phrases(&self) -> bool {
        self.inner.phrasing.is_on()
    }

    /// What shops tell of orders.
    pub(crate) fn orders_of_shops(&self) -> &Orders {
        &self.inner.orders_of_shops
    }

    /// Health, twice a second.
    pub fn status(&self) -> watch::Receiver<StatusView> {
        self.inner.status.clone()
    }

    /// What the rules of honest selling find in the rundown.
    pub fn findings(&self) -> watch::Receiver<Arc<FindingsView>> {
        self.inner.findings.clone()
    }

    /// Sound levels.
    pub fn meters(&self) -> watch::Receiver<Meters> {
        self.inner.canvases.inputs().mixer().meters()
    }

    /// Notices that still stand, and those from now on.
    pub fn notices(&self) -> (Vec<Notice>, broadcast::Receiver<Notice>) {
        self.inner.notices.follow()
    }

    /// Tells every page something once.
    pub(crate) fn tell(&self, level: NoticeLevel, key: &str, params: &[(&str, String)]) {
        self.inner.notices.tell(level, key, params);
    }

    /// The card themes.
    pub fn looks(&self) -> &Looks {
        &self.inner.looks
    }

    /// Asks for a change of the show.
    ///
    /// # Errors
    /// See [`Desk::submit`]; [`ErrorCode::NotReady`] when going live would fail;
    /// [`ErrorCode::ThemeRefused`] for a look whose theme cannot be used.
    pub async fn submit(&self, actor: Actor, command: Command) -> Result<u64, WireError> {
        self.submit_having_seen(actor, command, None).await
    }

    /// As [`Studio::submit`], for somebody who had seen the show as of the journal's entry `seen`.
    ///
    /// # Errors
    /// Those of [`Studio::submit`] and of [`Desk::submit_having_seen`].
    pub async fn submit_having_seen(
        &self,
        actor: Actor,
        command: Command,
        seen: Option<u64>,
    ) -> Result<u64, WireError> {
        if command == Command::GoLive {
            self.permit_live(&[]).await?;
        }
        if let Command::SetCardLook { look } = &command {
            self.inner.looks.check(look).await?;
        }
        if let Command::MergeQuestions { .. }
        | Command::SplitQuestion { .. }
        | Command::MarkQuestion { .. }
        | Command::ClaimQuestion { .. }
        | Command::AssignQuestion { .. }
        | Command::FreeQuestion { .. }
        | Command::HideLine { .. }
        | Command::ShowHidden { .. }
        | Command::ReleaseHeld { .. }
        | Command::RemoveHeld { .. } = &command
        {
            return self.chat().decide(actor, command, seen).await;
        }
        let _shown = match &command {
            Command::PinQuestion { message, .. } => Some(self.chat().while_shown(message).await?),
            _ => None,
        };
        match seen.filter(|_| lately::thing(&command).is_some()) {
            Some(seen) => {
                self.inner
                    .desk
                    .submit_having_seen(actor, command, seen)
                    .await
            }
            None => self.carry_out(actor, command).await,
        }
    }

    /// As [`Studio::submit`], without looking whether the studio is ready.
    async fn carry_out(&self, actor: Actor, command: Command) -> Result<u64, WireError> {
        let removed = match &command {
            Command::RemoveDestination { destination } => Some(destination.clone()),
            _ => None,
        };
        let (seq, _) = self.inner.desk.submit_kept(actor, command).await?;
        if let Some(id) = removed {
            removed_keys::forget(&self.inner.keys, id, &self.inner.notices);
        }
        Ok(seq)
    }

    async fn order(&self, order: Order) -> Result<(), WireError> {
        self.inner
            .orders
            .send(order)
            .await
            .map_err(|_| WireError::new(ErrorCode::ShuttingDown))
    }

    /// Counts somebody who looks at a canvas, until dropped; the first one that is on when none is named.
    pub fn watch_preview(&self, canvas: Option<Canvas>) -> Watching {
        let canvas = canvas.unwrap_or_else(|| self.inner.desk.show().canvases.first());
        self.inner.canvases.watch(canvas)
    }
}

/// What is told before anything was looked at.
pub(crate) fn empty_status() -> StatusView {
    StatusView {
        now: now().0,
        uptime_ms: 0,
        inputs: vec![],
        canvases: vec![],
        destinations: vec![],
        recordings_folder: String::new(),
        replay_s: None,
        disk_free_bytes: None,
        disk_room_s: None,
        uplink_kbps: 0.0,
        virtual_camera: None,
        chat: vec![],
        journal: None,
        slate: None,
        key_store: stallcast_wire::KeyStore::AskFirst,
        phrases: false,
        undo: None,
        is_replaced: false,
        warnings: vec![],
    }
}
