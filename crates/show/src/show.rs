//! The state of a show: the fold of its events.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Break, ByProduct, CameraSettings, Canvases, CardLook, Catalogue, Destination, DestinationId,
    PinnedQuestion, Product, ProductId, RecordingSplit, RundownItem, Scene, SceneId, Source,
    SourceId, Strip, Text, Transition,
};

/// A moment: milliseconds since 1970-01-01 UTC. Handed in, never read from a clock here.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct At(#[cfg_attr(feature = "ts", ts(type = "number"))] pub i64);

/// The product on the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OnAir {
    /// Which.
    pub product: ProductId,
    /// Since when.
    pub since: At,
}

/// A running price clock: an absolute deadline, so that every screen shows the same second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Countdown {
    /// The product it belongs to.
    pub product: ProductId,
    /// When it was started.
    pub started: At,
    /// When it reaches zero; it stays at zero after that until stopped.
    pub deadline: At,
}

impl Countdown {
    /// Whole seconds left at `now`, rounded up: `1` is shown during the last second, `0` from the deadline on.
    pub fn seconds_left(&self, now: At) -> u32 {
        let left_ms = self.deadline.0.saturating_sub(now.0).max(0);
        u32::try_from(left_ms.saturating_add(999) / 1000).unwrap_or(u32::MAX)
    }
}

/// How far the show is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Phase {
    /// Nothing leaves the machine.
    #[default]
    Idle,
    /// On air to the built-in receiver only.
    Rehearsing {
        /// Since when.
        since: At,
    },
    /// On air to the enabled destinations.
    Live {
        /// Since when.
        since: At,
    },
}

/// Everything a show is at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Show {
    /// Name shown at the top of the studio.
    pub name: String,
    /// The catalogue.
    #[cfg_attr(feature = "ts", ts(as = "BTreeMap<ProductId, Product>"))]
    pub products: Catalogue,
    /// The order products are shown in; keys 1 to 9 follow it.
    pub rundown: Vec<RundownItem>,
    /// The product on the picture.
    pub on_air: Option<OnAir>,
    /// The running price clock.
    pub countdown: Option<Countdown>,
    /// Whether a person stopped the clock of the product that is on the picture.
    #[serde(default)]
    pub clock_stopped: bool,
    /// Units left of each counted product.
    #[cfg_attr(feature = "ts", ts(as = "BTreeMap<ProductId, u32>"))]
    pub stock: ByProduct<u32>,
    /// Products whose counting a person switched off; their offer's quantity is not taken up again.
    pub uncounted: BTreeSet<ProductId>,
    /// Units that orders took beyond what was there.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(as = "BTreeMap<ProductId, u32>"))]
    pub oversold: ByProduct<u32>,
    /// Orders that shops told of.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub orders: crate::Orders,
    /// Since when orders count as sold: the last time a live show began.
    #[serde(default)]
    pub selling_since: Option<At>,
    /// Inputs.
    pub sources: BTreeMap<SourceId, Source>,
    /// What was set on cameras, by device id as the engine lists it.
    #[serde(default)]
    pub cameras: BTreeMap<String, CameraSettings>,
    /// Whether the program is offered to other programs as a camera.
    #[serde(default)]
    pub virtual_camera: bool,
    /// Scenes in the order of their buttons.
    pub scenes: Vec<Scene>,
    /// The scene shown.
    pub scene: Option<SceneId>,
    /// How the scene shown came in.
    pub transition: Option<Transition>,
    /// Which canvases are on; landscape alone in shows of earlier versions.
    #[serde(default)]
    pub canvases: Canvases,
    /// Mixer strips; a source without one stands at 0 dB, not muted.
    pub strips: BTreeMap<SourceId, Strip>,
    /// How sources' sound is treated; one without an entry as is usual for its kind, see [`Show::sound`].
    #[serde(default)]
    pub sounds: BTreeMap<SourceId, crate::Sound>,
    /// How far music goes down while somebody speaks.
    #[serde(default)]
    pub ducking: crate::Ducking,
    /// The source that recordings have alone as a second audio track.
    #[serde(default)]
    pub isolated: Option<SourceId>,
    /// Lower ticker; both empty = hidden.
    pub ticker: Text,
    /// Whether it is hidden, and its pace.
    #[serde(default)]
    pub ticker_look: crate::TickerLook,
    /// How the cards look and speak.
    #[serde(default)]
    pub card_look: CardLook,
    /// Parts of the picture that a hand moved, by canvas.
    #[serde(default)]
    pub part_places: BTreeMap<crate::Canvas, crate::PartPlaces>,
    /// The break that stands over the whole picture.
    #[serde(default)]
    pub pause: Option<Break>,
    /// The last correction; on the picture while its time lasts.
    #[serde(default)]
    pub correction: Option<crate::Correction>,
    /// Reasons given for words that a rule forbids.
    #[serde(default)]
    pub overrides: BTreeMap<ProductId, Vec<crate::RuleOverride>>,
    /// Reasons given for words beside the products: of the ticker, answers, games, names, the goal and breaks.
    #[serde(default)]
    pub word_overrides: Vec<crate::RuleOverride>,
    /// What was looked at of products before viewers see them; a product without an entry is unvetted.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(as = "BTreeMap<ProductId, Vec<crate::VetTick>>"))]
    pub vetted: ByProduct<Vec<crate::VetTick>>,
    /// Whether and what has to be looked at.
    #[serde(default)]
    pub vetting: crate::VettingRule,
    /// Reasons given in this show for products that were not looked at.
    #[serde(default)]
    pub vetting_overrides: BTreeMap<ProductId, crate::VettingOverride>,
    /// How long products were on the picture in this broadcast (the last one, while none runs), in milliseconds,
    /// without the turn that lasts.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(type = "Record<string, number>"))]
    pub aired_ms: BTreeMap<ProductId, i64>,
    /// Whose rules of selling apply to all products; empty = those of the market of each price's currency.
    #[serde(default)]
    pub markets: BTreeSet<crate::Market>,
    /// At which prices products were on air in earlier turns of live shows, oldest first.
    #[serde(default)]
    pub offered: BTreeMap<ProductId, Vec<crate::Offered>>,
    /// The brand mark in a corner.
    #[serde(default)]
    pub logo: Option<crate::Logo>,
    /// People whose name can stand on the picture.
    #[serde(default)]
    pub lower_thirds: Vec<crate::LowerThird>,
    /// Whose does.
    #[serde(default)]
    pub lower_third: Option<String>,
    /// What is aimed at, and how far it is.
    #[serde(default)]
    pub goal: Option<crate::Goal>,
    /// What the team wants said, oldest first.
    #[serde(default)]
    pub notes: Vec<crate::Note>,
    /// The question on the picture.
    pub pinned: Option<PinnedQuestion>,
    /// The poll on the picture.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub poll: Option<crate::Poll>,
    /// The draw on the picture.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub lottery: Option<crate::Lottery>,
    /// The auction on the picture.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub auction: Option<crate::Auction>,
    /// What is done with lines of chat that a person should look at.
    #[serde(default)]
    pub moderation: crate::ModerationRules,
    /// Until when everything that is not clean is held.
    #[serde(default)]
    pub panic_until: Option<At>,
    /// Where the show is sent.
    pub destinations: BTreeMap<DestinationId, Destination>,
    /// How far it is.
    pub phase: Phase,
    /// Whether a recording is wanted.
    pub recording: bool,
    /// When a recording goes on in another file.
    #[serde(default)]
    pub recording_split: RecordingSplit,
    /// Video bitrate that viewers get while the uplink takes it, kbit/s; `None` = what suits the canvas.
    #[serde(default)]
    pub video_kbps: Option<u32>,
    /// Files recorded so far in this broadcast (since the last one, while none runs), in order.
    pub recording_parts: Vec<String>,
    /// Chat lines noted since the broadcast began.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub chat_lines: u64,
}

impl Show {
    /// An empty show with a name. A journal starts from [`Show::default`] and learns the name from
    /// [`crate::Event::Renamed`]; this is for shows that are not replayed.
    pub fn new(name: &str) -> Self {
        Show {
            name: name.to_owned(),
            ..Show::default()
        }
    }

    /// The product at a place of the rundown, counted from 1: what a number key means.
    pub fn product_by_number(&self, number: usize) -> Option<&Product> {
        let item = self.rundown.get(number.checked_sub(1)?)?;
        self.products.get(&item.product)
    }

    /// The product on the picture.
    pub fn product_on_air(&self) -> Option<&Product> {
        self.products.get(&self.on_air.as_ref()?.product)
    }

    /// Whether this product is on the picture.
    pub fn is_on_air(&self, product: &ProductId) -> bool {
        self.on_air
            .as_ref()
            .is_some_and(|on| on.product == *product)
    }

    /// Units left of a product: as counted, or as offered before counting began; `None` = not counted.
    pub fn stock_left(&self, product: &ProductId) -> Option<u32> {
        if self.uncounted.contains(product) {
            return None;
        }
        let offered = || self.products.get(product)?.offer.quantity;
        self.stock.get(product).copied().or_else(offered)
    }

    /// The mixer strip of a source: 0 dB and not muted until a person moves it.
    pub fn strip(&self, source: &SourceId) -> Strip {
        self.strips.get(source).copied().unwrap_or_default()
    }

    /// The scene shown.
    pub fn scene_shown(&self) -> Option<&Scene> {
        let id = self.scene.as_ref()?;
        self.scenes.iter().find(|scene| scene.id == *id)
    }

    /// The destinations a live show goes to, in the order of their ids.
    pub fn enabled_destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.values().filter(|d| d.enabled)
    }

    /// Whether viewers can see the show.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }
}
