//! The show as pages see it: its state, and the products apart from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use stallcast_show::{
    At, Break, CameraSettings, Canvas, CanvasId, Canvases, CardLook, Countdown, Destination,
    DestinationId, Ducking, OnAir, Phase, PinnedQuestion, Placement, ProductId, RecordingSplit,
    RundownItem, Scene, SceneId, Show, Sound, Source, SourceId, Strip, Text,
};
use ts_rs::TS;

/// The show without its catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ShowView {
    /// The engine's clock when this was sent, ms since 1970 UTC; pages show countdowns against it.
    pub server_now: i64,
    /// Sequence number of the last journal entry folded in.
    pub seq: u64,
    /// Name of the show.
    pub name: String,
    /// Order of products.
    pub rundown: Vec<RundownItem>,
    /// Product on the picture.
    pub on_air: Option<OnAir>,
    /// The product that comes next, as the strip on the picture would name it.
    pub next: Option<ProductId>,
    /// How long products were on the picture in this broadcast, in milliseconds, without the turn that lasts.
    pub aired_ms: BTreeMap<ProductId, i64>,
    /// Running price clock.
    pub countdown: Option<Countdown>,
    /// Units left of counted products, of those on the rundown and on air.
    pub stock: BTreeMap<ProductId, u32>,
    /// Units that orders took beyond what was there.
    pub oversold: BTreeMap<ProductId, u32>,
    /// Units that shops told of since the show began, apart by what became of them.
    pub sales: BTreeMap<ProductId, stallcast_show::Sales>,
    /// Inputs.
    pub sources: BTreeMap<SourceId, Source>,
    /// What was set on cameras, by device id.
    pub cameras: BTreeMap<String, CameraSettings>,
    /// Whether the program is to be a camera for other programs.
    pub virtual_camera: bool,
    /// Scenes.
    pub scenes: Vec<Scene>,
    /// Scene shown.
    pub scene: Option<SceneId>,
    /// Layouts that the engine made, of scenes that have none of their own for a canvas.
    pub auto_layouts: BTreeMap<SceneId, BTreeMap<CanvasId, Vec<Placement>>>,
    /// Which canvases are on.
    pub canvases: Canvases,
    /// Mixer strips.
    pub strips: BTreeMap<SourceId, Strip>,
    /// How the sound of each source is treated.
    pub sounds: BTreeMap<SourceId, Sound>,
    /// How far music goes down while somebody speaks.
    pub ducking: Ducking,
    /// The source that recordings have alone as a second audio track.
    pub isolated: Option<SourceId>,
    /// Lower ticker.
    pub ticker: Text,
    /// Whether it is hidden, and its pace.
    pub ticker_look: stallcast_show::TickerLook,
    /// How the cards look and speak.
    pub card_look: CardLook,
    /// Parts of the picture that a hand moved, by canvas.
    pub part_places: BTreeMap<Canvas, stallcast_show::PartPlaces>,
    /// The break that stands over the whole picture.
    pub pause: Option<Break>,
    /// The last correction; on the picture until its time is over.
    pub correction: Option<stallcast_show::Correction>,
    /// The brand mark in a corner.
    pub logo: Option<stallcast_show::Logo>,
    /// People whose name can stand on the picture.
    pub lower_thirds: Vec<stallcast_show::LowerThird>,
    /// Whose does.
    pub lower_third: Option<String>,
    /// What is aimed at, and how far it is.
    pub goal: Option<stallcast_show::Goal>,
    /// Whose rules of selling apply to all products; empty = those of the market of each price's currency.
    pub markets: BTreeSet<stallcast_show::Market>,
    /// What the team wants said, oldest first.
    pub notes: Vec<stallcast_show::Note>,
    /// Question on the picture.
    pub pinned: Option<PinnedQuestion>,
    /// Poll on the picture.
    pub poll: Option<crate::PollView>,
    /// Draw on the picture.
    pub lottery: Option<crate::LotteryView>,
    /// Auction on the picture.
    pub auction: Option<crate::AuctionView>,
    /// What is done with lines of chat that a person should look at.
    pub moderation: stallcast_show::ModerationRules,
    /// Until when everything that is not clean is held, ms since 1970 UTC.
    pub panic_until: Option<At>,
    /// Destinations, without keys.
    pub destinations: BTreeMap<DestinationId, Destination>,
    /// How far the show is.
    pub phase: Phase,
    /// Whether a recording is wanted.
    pub recording: bool,
    /// When a recording goes on in another file.
    pub recording_split: RecordingSplit,
    /// Video bitrate that was chosen, kbit/s; `None` = what suits the canvas.
    pub video_kbps: Option<u32>,
    /// Files recorded in this broadcast.
    pub recording_parts: Vec<String>,
    /// Chat lines of this broadcast so far.
    pub chat_lines: u64,
}

impl ShowView {
    /// The view of `show` at `server_now` ms with `seq` as its last journal entry.
    pub fn of(show: &Show, seq: u64, server_now: i64) -> Self {
        Self {
            server_now,
            seq,
            name: show.name.clone(),
            rundown: show.rundown.clone(),
            on_air: show.on_air.clone(),
            next: None,
            aired_ms: show.aired_ms.clone(),
            countdown: show.countdown.clone(),
            stock: stock_of_shown(show),
            oversold: show
                .oversold
                .iter()
                .map(|(id, owed)| (id.clone(), *owed))
                .collect(),
            sales: show.sales(),
            sources: show.sources.clone(),
            cameras: show.cameras.clone(),
            virtual_camera: show.virtual_camera,
            scenes: show.scenes.clone(),
            scene: show.scene.clone(),
            auto_layouts: auto_layouts(show),
            canvases: show.canvases,
            strips: show.strips.clone(),
            sounds: show
                .sources
                .keys()
                .map(|source| (source.clone(), show.sound(source)))
                .collect(),
            ducking: show.ducking,
            isolated: show.isolated.clone(),
            ticker: show.ticker.clone(),
            ticker_look: show.ticker_look,
            card_look: show.card_look.clone(),
            part_places: show.part_places.clone(),
            pause: show.pause.clone(),
            correction: show.correction.clone(),
            logo: show.logo.clone(),
            lower_thirds: show.lower_thirds.clone(),
            lower_third: show.lower_third.clone(),
            goal: show.goal.clone(),
            markets: show.markets.clone(),
            notes: show.notes.clone(),
            pinned: show.pinned.clone(),
            poll: show.poll.as_ref().map(crate::PollView::of),
            lottery: show.lottery.as_ref().map(crate::LotteryView::of),
            auction: show.auction.as_ref().map(crate::AuctionView::of),
            moderation: show.moderation.clone(),
            panic_until: show.panic_until,
            destinations: show.destinations.clone(),
            phase: show.phase,
            recording: show.recording,
            recording_split: show.recording_split,
            video_kbps: show.video_kbps,
            recording_parts: show.recording_parts.clone(),
            chat_lines: show.chat_lines,
        }
    }
}

impl ShowView {
    /// With what comes next: none of the products that rules keep off the picture.
    #[must_use]
    pub fn with_next(mut self, show: &Show, kept_off: &BTreeSet<ProductId>) -> Self {
        let on_air = show.on_air.as_ref().map(|on| &on.product);
        let next = show.next_after(on_air, kept_off, At(self.server_now));
        self.next = next.map(|product| product.id.clone());
        self
    }
}

fn stock_of_shown(show: &Show) -> BTreeMap<ProductId, u32> {
    let shown = show.rundown.iter().map(|item| &item.product);
    let shown = shown.chain(show.on_air.iter().map(|on| &on.product));
    shown
        .filter_map(|id| Some((id.clone(), *show.stock.get(id)?)))
        .collect()
}

fn auto_layouts(show: &Show) -> BTreeMap<SceneId, BTreeMap<CanvasId, Vec<Placement>>> {
    let made = show.scenes.iter().map(|scene| {
        let missing = Canvas::ALL
            .into_iter()
            .filter(|canvas| !scene.layouts.contains_key(&canvas.id()));
        let layouts = missing.map(|canvas| (canvas.id(), show.layout(scene, canvas).into_owned()));
        (scene.id.clone(), layouts.collect())
    });
    made.collect()
}
