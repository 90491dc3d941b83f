//! What crosses the API: messages, topics, error codes, and the least role of every command; and where an engine
//! is found. No logic.
//! TypeScript is generated from here: `cargo run -p stallcast-wire --bin stallcast-types`.

mod after;
mod answers;
mod catalogue;
mod chats;
mod doctor;
mod error;
mod findings;
mod games;
mod home;
mod messages;
mod orders;
mod phrasing;
mod picture_parts;
mod questions;
mod registry;
mod replacement;
mod show_view;
mod status;
mod team;
mod themes;
mod topics;
mod vetting;

pub use after::{
    ClipEdges, ClipState, ClipView, ClipsView, EvidenceState, EvidenceView, KeepingView, KeptShow,
    PastShow, PastShows, RecapFormat, RecapView, RecordingView, SavedFile,
};
pub use answers::{
    CameraControlView, CameraView, Check, CheckLevel, CodecAbility, CodecView, Codecs,
    ControlChoice, DeviceView, Devices, EncoderView, Encoders, ImportChange, ImportColumn,
    ImportFieldChange, ImportProblem, ImportProgress, ImportStage, ImportView, ObsView,
    PhoneAddress, PhoneView, PhotoView, Preflight, ReplayView, UploadTestView, WebhookView,
};
pub use catalogue::{
    CATALOGUE_COMES_WHOLE, CatalogueView, PRODUCTS_AT_ONCE, ProductScope, ProductSort, ProductsView,
};
pub use chats::{
    ChatAct, ChatActed, ChatConnector, ChatOutcome, ChatOutcomeAt, HookAddress, RelayView,
};
pub use doctor::{DoctorCode, DoctorLevel, DoctorLine, DoctorPart, DoctorView};
pub use error::{ErrorCode, WireError};
pub use findings::{FindingLevel, FindingView, FindingsView, RuleView};
pub use games::{AuctionView, LotteryView, PollView};
pub use home::{RUNTIME_FILE, RuntimeFile, create_private_folder, data_folder};
pub use messages::{ChatPlace, ClientMessage, Outcome, Request, ServerMessage, UploadTarget};
pub use orders::{OrdersView, ShopView, StockListView, UnknownGoods};
pub use phrasing::{PhraseTestView, PhrasedView, PhrasingSettings, PhrasingView};
pub use picture_parts::{PartBox, PicturePartsView, TextBox};
pub use questions::{
    ClaimView, HELD_TOLD, HIDDEN_TOLD, HeatValue, HeatView, HeldLineView, HeldView, HiddenLineView,
    HiddenView, LineMark, QUESTIONS_CLOSED_TOLD, QUESTIONS_TOLD, QuestionLineView,
    QuestionLinesView, QuestionView, QuestionsView, SuggestedAnswer,
};
pub use registry::{least_role, least_role_of_request};
pub use replacement::{ReplacementAsk, ReplacementHold};
pub use show_view::ShowView;
pub use status::{
    BulkKind, CanvasStatus, ChatQuota, ChatStatus, DestinationHealth, EncoderStatus, InputStatus,
    JournalTrouble, KeyStore, PictureView, ReceiverView, RecordingStatus, RunState, SlateCause,
    StatusView, UndoView, VirtualCameraView,
};
pub use team::{
    CrewMember, CrewView, INVITE_MINUTES_MAX, INVITES_MOST, InviteLink, InviteMade, InviteView,
    InvitedView, JoinedView, MEMBER_NAME_MAX, MEMBERS_MOST, MemberView, OutsideView, TeamAddress,
    TeamSettings, TeamView,
};
pub use themes::{ThemeFaultView, ThemeView, ThemesView};
pub use topics::{Level, MetersView, Notice, NoticeLevel, Topic};
pub use vetting::VettingView;
