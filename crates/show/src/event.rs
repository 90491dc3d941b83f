//! What happened in a show; the only thing that changes its state, and what the journal keeps.

use serde::{Deserialize, Serialize};

use crate::{
    At, Break, CameraSettings, Canvas, Canvases, CardLook, ChatLine, Countdown, Destination,
    DestinationId, MessageId, OnAir, Phase, PinnedQuestion, Product, ProductId, RecordingSplit,
    RundownItem, Scene, SceneId, Source, SourceId, Strip, Text, Transition,
};

/// A fact. Names and fields are kept for good: older journals must stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[allow(missing_docs)] // each mirrors the command of the same name, whose fields are documented
pub enum Event {
    Renamed {
        name: String,
    },
    ProductsImported {
        products: Vec<Product>,
    },
    ProductRemoved {
        product: ProductId,
    },
    ProductsRemoved {
        products: Vec<ProductId>,
    },
    RundownSet {
        items: Vec<RundownItem>,
    },
    WentOnAir {
        on_air: OnAir,
    },
    WentOffAir {
        at: At,
    },
    CountdownStarted {
        countdown: Countdown,
    },
    CountdownStopped {
        at: At,
    },
    StockSet {
        product: ProductId,
        left: Option<u32>,
    },
    OrderNoted {
        /// `shop:id`.
        id: String,
        /// All that is known of it now.
        order: crate::Order,
    },
    SourcePut {
        source: Source,
    },
    SourceRemoved {
        source: SourceId,
    },
    CameraSet {
        device: String,
        settings: CameraSettings,
    },
    VirtualCameraSet {
        on: bool,
    },
    ScenePut {
        scene: Scene,
    },
    SceneRemoved {
        scene: SceneId,
    },
    SceneSwitched {
        scene: SceneId,
        transition: Transition,
        at: At,
    },
    CanvasesSet {
        canvases: Canvases,
    },
    StripSet {
        source: SourceId,
        strip: Strip,
    },
    SoundSet {
        source: SourceId,
        sound: crate::Sound,
    },
    DuckingSet {
        ducking: crate::Ducking,
    },
    IsolatedSet {
        source: Option<SourceId>,
    },
    TickerSet {
        text: Text,
    },
    TickerLookSet {
        look: crate::TickerLook,
    },
    CardLookSet {
        look: CardLook,
    },
    PartPlaced {
        canvas: Canvas,
        part: crate::PicturePart,
        /// `None` = where the theme has it.
        place: Option<crate::PartPlace>,
    },
    BreakStarted {
        pause: Break,
    },
    BreakEnded,
    RuleOverridden {
        product: ProductId,
        reason: crate::RuleOverride,
    },
    WordsOverridden {
        reason: crate::RuleOverride,
    },
    VettingSet {
        /// All ticks of each product named; none = all points are open.
        vetted: std::collections::BTreeMap<ProductId, Vec<crate::VetTick>>,
    },
    MarketsSet {
        markets: std::collections::BTreeSet<crate::Market>,
    },
    VettingRuleSet {
        rule: crate::VettingRule,
    },
    VettingOverridden {
        product: ProductId,
        reason: crate::VettingOverride,
    },
    CorrectionShown {
        correction: crate::Correction,
    },
    CorrectionEnded {
        at: At,
    },
    QuestionPinned {
        question: PinnedQuestion,
    },
    QuestionAnswered {
        /// Empty = taken back.
        answer: String,
        at: At,
    },
    QuestionUnpinned,
    GoalSet {
        plan: Option<crate::GoalPlan>,
    },
    /// The words over the bar alone: how far it is stays.
    GoalTitled {
        title: String,
    },
    GoalShown {
        on: bool,
    },
    GoalCounted {
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        done: u64,
        /// Whose stock changed; `None` = counted by hand.
        product: Option<ProductId>,
        /// What of it counts now.
        counted: crate::Counted,
    },
    LowerThirdPut {
        lower_third: crate::LowerThird,
    },
    LowerThirdRemoved {
        id: String,
    },
    LowerThirdShown {
        id: Option<String>,
    },
    NoteSent {
        note: crate::Note,
    },
    NoteTicked {
        id: String,
    },
    LogoSet {
        logo: Option<crate::Logo>,
    },
    PollStarted {
        poll: crate::PollTerms,
    },
    PollClosed {
        result: crate::PollResult,
    },
    PollCleared {
        at: At,
    },
    LotteryBegun {
        terms: crate::LotteryTerms,
        /// SHA-256 of terms and seed.
        commitment: String,
        since: At,
        until: At,
        /// While nobody watched.
        rehearsed: bool,
    },
    LotteryClosed {
        closed: crate::LotteryClosed,
    },
    LotteryDrawn {
        drawn: crate::LotteryDrawn,
    },
    LotteryCleared {
        at: At,
        reason: String,
    },
    AuctionStarted {
        terms: crate::AuctionTerms,
        since: At,
        until: At,
        /// While nobody watched.
        rehearsed: bool,
    },
    BidPlaced {
        /// Tabulator, name.
        who: String,
        /// In minor units of the auction's currency.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        minor: i64,
        at: At,
    },
    BidStruck {
        number: u32,
        /// Every bid of whoever made it, and what they bid from then on.
        everything: bool,
        struck: crate::BidStruck,
    },
    AuctionClosed {
        result: crate::AuctionResult,
    },
    AuctionCleared {
        at: At,
    },
    DestinationPut {
        destination: Destination,
    },
    DestinationRemoved {
        destination: DestinationId,
    },
    PhaseChanged {
        phase: Phase,
    },
    RecordingSet {
        on: bool,
    },
    RecordingSplitSet {
        split: RecordingSplit,
    },
    VideoBitrateSet {
        /// kbit/s; `None` = what suits the canvas.
        kbps: Option<u32>,
    },
    RecordingPartOpened {
        file: String,
        /// When its first frame was taken: a moment of the show is at that moment less `at` in the file. In
        /// journals before this was kept, when the part was asked for, some two seconds earlier.
        at: At,
        /// Landscape in journals before there was another.
        #[serde(default)]
        canvas: Canvas,
    },
    FilesRemoved {
        files: Vec<String>,
    },
    IncidentNoted {
        incident: crate::Incident,
    },
    PicturesDropped {
        note: crate::PicturesDropped,
    },
    ChatNoted {
        lines: Vec<ChatLine>,
    },
    ChatTakenBack {
        messages: Vec<MessageId>,
    },
    PlatformActed {
        act: crate::PlatformAct,
        by: String,
    },
    ChatHeld {
        held: Vec<crate::HeldNote>,
    },
    HeldDecided {
        messages: Vec<MessageId>,
        /// Whether they came into the chat.
        release: bool,
    },
    QuestionsMerged {
        into: u64,
        other: u64,
    },
    QuestionSplit {
        question: u64,
        messages: Vec<MessageId>,
    },
    QuestionMarked {
        question: u64,
        state: crate::QuestionState,
        /// Why it was hidden; not kept in older journals.
        #[serde(default)]
        hide: Option<crate::Hide>,
    },
    QuestionClaimed {
        question: u64,
        /// Who sees to it; who decided so is whoever sent the command.
        holder: String,
    },
    QuestionFreed {
        question: u64,
    },
    /// A person took it out of sight.
    ChatHidden {
        line: ChatLine,
        hide: crate::Hide,
    },
    ChatShownAgain {
        messages: Vec<MessageId>,
    },
    ModerationSet {
        rules: crate::ModerationRules,
    },
    PanicSet {
        /// `None` = ended before its time.
        until: Option<At>,
    },
}
