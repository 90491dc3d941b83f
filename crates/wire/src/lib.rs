//! What crosses the API: messages, topics, error codes, and the least role of every command; and where an engine
//! is found. No logic.
//! TypeScript is generated from here: `cargo run -p stallcast-wire --bin stallcast-types`.

mod error;
mod home;
mod messages;
mod registry;
mod topics;

pub use error::{ErrorCode, WireError};
pub use home::{RUNTIME_FILE, RuntimeFile, create_private_folder, data_folder};
pub use messages::{
    CameraControlView, CameraView, ChatConnector, Check, CheckLevel, ClientMessage, ControlChoice,
    DeviceView, Devices, EncoderView, Encoders, ImportProblem, ImportView, Outcome, PhoneAddress,
    PhoneView, Preflight, ReplayView, Request, ServerMessage, UploadTarget, UploadTestView,
    WebhookView,
};
pub use registry::{least_role, least_role_of_request};
pub use topics::CanvasStatus;
pub use topics::{
    BulkKind, CatalogueView, ChatStatus, DestinationHealth, EncoderStatus, InputStatus,
    JournalTrouble, KeyStore, Level, MetersView, Notice, NoticeLevel, PictureView, ReceiverView,
    RecordingStatus, RunState, ShowView, SlateCause, StatusView, Topic, UndoView,
    VirtualCameraView,
};
