//! The messages of the WebSocket at `/api/ws`.

use serde::{Deserialize, Serialize};
use stallcast_show::{CardLang, ChatLine, Command, DestinationId, MessageId, Role, SourceId};
use ts_rs::TS;

#[cfg(doc)]
use crate::{
    CameraView, ClipsView, Codecs, Devices, Encoders, EvidenceView, KeepingView, PastShows,
    PhoneView, Preflight, RecapView, ReplayView, SavedFile, ThemesView, UploadTestView,
    WebhookView,
};
use crate::{ChatAct, ChatConnector, ClipEdges, Notice, RecapFormat, Topic, WireError};

/// From the page to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// First message on a socket.
    Hello {
        /// The session's token.
        token: String,
        /// BCP 47 tag of the page's language.
        lang: String,
        /// How far the chat is that the page has; without it the page has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        chat: Option<ChatPlace>,
    },
    /// A change of the show.
    Command {
        /// Chosen by the page, echoed in the result.
        id: u32,
        /// The change.
        command: Command,
        /// Random text, the same when the command is sent again because its answer was lost: it is carried out once,
        /// and answered as it was then. At most 64 letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        once: Option<String>,
        /// [`crate::ShowView::seq`] of what the page showed when somebody decided on this. What another member changed
        /// since is not changed over their head, see [`crate::ErrorCode::WasFirst`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        seen: Option<u64>,
    },
    /// A question or an action outside the show's state.
    Request {
        /// Chosen by the page, echoed in the result.
        id: u32,
        /// The question.
        request: Request,
    },
    /// A preview frame was drawn (only at `/api/preview`).
    Ack {
        /// Its number.
        seq: u32,
    },
}

/// How far a page has the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatPlace {
    /// [`ServerMessage::Welcome`]'s `run` when it was told.
    pub run: String,
    /// Number of the last thing it was told of the chat.
    pub seq: u64,
}

/// Asked of the engine outside the show's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Is everything ready to go live? Answer: [`Preflight`].
    Preflight,
    /// Cameras, microphones, screens. Answer: [`Devices`].
    Devices,
    /// Where a phone sends to. Answer: [`PhoneView`].
    Phone {
        /// The source.
        source: SourceId,
    },
    /// Formats and controls of a camera. Answer: [`CameraView`].
    Camera {
        /// Device id as listed.
        device: String,
    },
    /// Encoders tried at start. Answer: [`Encoders`].
    Encoders,
    /// What can be encoded here besides H.264, after trials of some seconds where none were made yet. Answer: [`Codecs`].
    Codecs,
    /// Puts another encoder on air, also one that failed before. A notice tells when it fails.
    UseEncoder {
        /// GStreamer element name; `None` = the best by the trials.
        name: Option<String>,
    },
    /// Writes the last half minute of a show or a rehearsal into the recordings folder. Answer: [`ReplayView`]; every
    /// page is told by a notice.
    SaveReplay,
    /// The card themes that are there. Answer: [`ThemesView`].
    Themes,
    /// What stands where on the pictures at the moment. Answer: [`crate::PicturePartsView`].
    PictureParts,
    /// Platform presets. Answer: the platforms file.
    Platforms,
    /// Stores a destination's stream key in the keychain; the key never comes back.
    SetKey {
        /// Whose.
        destination: DestinationId,
        /// The key; empty = forget it.
        key: String,
        /// Without a keychain: whether a file that only this user can read may be used.
        allow_file: bool,
    },
    /// Goes live although these destinations lack their key: somebody was told so and chose it. They are named one by
    /// one, so that no other lack is passed over; they begin when their key comes. Refused when none would be left.
    GoLiveWithout {
        /// Which.
        without: Vec<DestinationId>,
    },
    /// Publishes for ten seconds to where viewers see nothing, and measures what the uplink takes. Refused while live,
    /// and where the platform has no such place. Answer: [`UploadTestView`].
    TestUpload {
        /// Where to.
        to: UploadTarget,
    },
    /// Where other programs push chat lines to, and with which token. Answer: [`WebhookView`].
    Webhook,
    /// How decks and programs made for OBS Studio reach the studio. Answer: [`crate::ObsView`].
    Obs,
    /// Lets them in, or nobody any more. Answer: [`crate::ObsView`].
    SetObs {
        /// Wanted state.
        on: bool,
    },
    /// Lets other computers of the network in as well, or only this one's programs; who is connected is sent away and may
    /// come again. Answer: [`crate::ObsView`].
    SetObsNetwork {
        /// Wanted state.
        on: bool,
    },
    /// Makes another password; who came in with the old one is sent away. Answer: [`crate::ObsView`].
    NewObsPassword,
    /// Sets where and how the team comes in; members who are connected come again by themselves.
    SetTeam {
        /// What is wanted.
        settings: crate::TeamSettings,
    },
    /// Invites somebody, once. Answer: [`crate::InviteMade`].
    Invite {
        /// Who is meant; the journal names them so.
        name: String,
        /// As what; below owner.
        role: Role,
        /// Whether the owner has to say yes once it is used.
        needs_yes: bool,
        /// How long it lasts, 1 to [`crate::INVITE_MINUTES_MAX`].
        minutes: u32,
    },
    /// Takes an invite back.
    WithdrawInvite {
        /// Its id.
        invite: String,
    },
    /// Says yes to a device that waits for it.
    AdmitMember {
        /// Its id.
        member: String,
    },
    /// Ends a device's access at once.
    RevokeMember {
        /// Its id.
        member: String,
    },
    /// What shops tell of orders, and the watched list of stock. Answer: [`crate::OrdersView`].
    Orders,
    /// Keeps the secret that a shop signs with, which turns its webhook on; the secret never comes back.
    SetShopSecret {
        /// Which shop.
        shop: stallcast_show::Shop,
        /// The secret; empty = forget it, and take nothing of this shop any more.
        secret: String,
        /// Without a keychain: whether a file that only this user can read may be used.
        allow_file: bool,
    },
    /// Reads the stock from this list now and whenever it changes; what it holds stays when it is let go.
    WatchStock {
        /// A file on the engine's machine; empty = none any more.
        path: String,
    },
    /// Opens a chat connection.
    ConnectChat {
        /// Id, unique among connections; replaces one of the same id.
        id: String,
        /// What to connect to.
        connector: ChatConnector,
        /// Without a keychain: whether an address that may hold a token may stand in a file that only this user can
        /// read.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        allow_file: bool,
    },
    /// Where platforms push to so that it comes over the relay. Answer: [`crate::RelayView`].
    Relay,
    /// Does something on the platforms through the chat connections that it concerns. Answer: [`crate::ChatActed`].
    ActOnChat {
        /// What.
        act: ChatAct,
    },
    /// Closes a chat connection.
    DisconnectChat {
        /// Which.
        id: String,
    },
    /// Takes back the last import or removal of products, as [`crate::StatusView::undo`] names it.
    TakeBackProducts,
    /// Begins a draw among viewers: its terms stand from here on, and the hash of a secret seed is on the picture. Refused
    /// while a game stands there, and for a prize that the law does not allow.
    StartLottery {
        /// What is promised.
        terms: stallcast_show::LotteryTerms,
    },
    /// Draws the winners, once nobody can enter any more, and keeps the record that anybody can check. Answer:
    /// [`SavedFile`]; asked again, the record is written again.
    DrawLottery,
    /// Looks through the catalogue: title, short title, id, barcode, place on the rundown. Answer:
    /// [`crate::ProductsView`].
    Products {
        /// What every one must have; empty = all are wanted.
        query: String,
        /// Where to look.
        scope: crate::ProductScope,
        /// In which order.
        sort: crate::ProductSort,
        /// How many are passed over.
        offset: u32,
        /// How many are wanted, at most [`crate::PRODUCTS_AT_ONCE`].
        count: u32,
    },
    /// The newest lines of a question of the audience. Answer: [`crate::QuestionLinesView`].
    QuestionLines {
        /// Which.
        #[ts(type = "number")]
        question: u64,
    },
    /// Where a model is asked to phrase answers. Answer: [`crate::PhrasingView`].
    Phrasing,
    /// Sets that. Answer: [`crate::PhrasingView`].
    SetPhrasing {
        /// Where.
        settings: crate::PhrasingSettings,
        /// The key; `None` = as it is, empty = forget it. It goes to where keys are and never comes back.
        key: Option<String>,
        /// Without a keychain: whether a file that only this user can read may be used.
        allow_file: bool,
    },
    /// Asks the model an invented question. Answer: [`crate::PhraseTestView`].
    TestPhrasing,
    /// Has the model phrase the suggested answer to a question of the audience; up to half a minute. Answer:
    /// [`crate::PhrasedView`], which nobody else sees.
    PhraseAnswer {
        /// Which.
        #[ts(type = "number")]
        question: u64,
    },
    /// Gives that up.
    StopPhrasing {
        /// Which.
        #[ts(type = "number")]
        question: u64,
    },
    /// Removes every product of the catalogue; refused while one is on air.
    RemoveAllProducts,
    /// Shows that have ended. Answer: [`PastShows`].
    PastShows,
    /// What a show was. Answer: [`RecapView`].
    Recap {
        /// Its number.
        show: u64,
    },
    /// The clips of a show: made, being made, or to be made. Answer: [`ClipsView`].
    Clips {
        /// The show's number.
        show: u64,
        /// Which of them.
        #[serde(default)]
        edges: ClipEdges,
    },
    /// Makes the clips of a show that are not there yet, with covers and texts. Refused while live; while others are
    /// being made, busy. Answer: [`ClipsView`].
    MakeClips {
        /// The show's number.
        show: u64,
        /// Where they begin.
        #[serde(default)]
        edges: ClipEdges,
    },
    /// Stops making clips; what is made stays.
    StopClips,
    /// The evidence of a show: made, being made, or not. Answer: [`EvidenceView`].
    Evidence {
        /// The show's number.
        show: u64,
    },
    /// Makes the evidence of a show. Refused while live; while another is being made, busy. Answer: [`EvidenceView`].
    MakeEvidence {
        /// The show's number.
        show: u64,
    },
    /// Stops making evidence; nothing half is left.
    StopEvidence,
    /// What is kept of shows, for how long, and what it takes. Answer: [`KeepingView`].
    Keeping,
    /// Sets how long recordings and evidence are kept. Answer: [`KeepingView`].
    SetKeeping {
        /// Years, 1 to 30; `None` = for ever.
        years: Option<u32>,
    },
    /// Removes the recordings and the evidence of a show, and notes in the journal who did. Refused while live, and before
    /// its time unless `early`. Answer: [`KeepingView`].
    RemoveKept {
        /// The show's number.
        show: u64,
        /// A person was told that its time is not over, and said yes.
        early: bool,
    },
    /// Keeps a recap that the page wrote beside the show's clips. Answer: [`SavedFile`].
    SaveRecap {
        /// The show's number.
        show: u64,
        /// Its form.
        format: RecapFormat,
        /// The whole file.
        text: String,
    },
    /// Opens the file manager where a file of the recordings is. Answer: whether there is one to open.
    ShowInFolder {
        /// Name below the recordings folder; empty = the folder.
        file: String,
    },
    /// Looks at this computer; some 10 to 60 s, and shorter while live, when only what disturbs no show is looked at.
    /// Answer: [`crate::DoctorView`].
    Doctor,
    /// Writes what the doctor found last, without anything that says whose computer it is, into the folder of the
    /// recordings; looks first when nobody did since the start. Answer: [`SavedFile`].
    SaveDoctorReport {
        /// Language of its sentences.
        lang: CardLang,
    },
    /// Ends the engine; refused while live or recording, and while clips or evidence are made.
    Shutdown,
}

/// Where an upload test goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum UploadTarget {
    /// The ingest of a destination whose platform has a way to test that no viewer sees.
    Destination {
        /// Which.
        destination: DestinationId,
    },
    /// An RTMP server of one's own.
    Server {
        /// Address with the stream's name.
        url: String,
    },
}

/// From the engine to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to a hello.
    Welcome {
        /// What the session may do.
        role: Role,
        /// By which name the journal knows it.
        name: String,
        /// Another text whenever the engine was started anew: it remembers no commands of before.
        run: String,
        /// Version of the engine.
        version: String,
    },
    /// A topic changed.
    Topic {
        /// Rises by one with every topic message on this socket.
        seq: u64,
        /// The topic and its value.
        #[serde(flatten)]
        topic: Topic,
    },
    /// Chat lines to append.
    Chat {
        /// Number of the last one.
        seq: u64,
        /// How many lines came before these since the last ones and are left out: more than a member's page can use.
        left_out: u32,
        /// The lines, oldest first.
        lines: Vec<ChatLine>,
    },
    /// Lines that leave every screen: the platform's moderators took them back, somebody of the team hid them, or a later
    /// line stands for them.
    ChatRemoved {
        /// Number of the last one.
        seq: u64,
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Brings a page's chat up to date: when it comes, and when it could not keep up.
    ChatCaughtUp {
        /// Number of the last thing in it.
        seq: u64,
        /// Whether whatever else the page has of the chat is to be let go of.
        whole: bool,
        /// Lines that left every screen meanwhile, before `lines` come.
        removed: Vec<MessageId>,
        /// How many lines came before `lines` and are left out: more than a member's page can use.
        left_out: u32,
        /// Lines to append, oldest first.
        lines: Vec<ChatLine>,
    },
    /// What is to be known of lines that were sent: how often they came, and what is suspected of them.
    ChatMarks {
        /// One for each line.
        marks: Vec<crate::LineMark>,
    },
    /// Something a person should hear of.
    Notice {
        /// The notice.
        notice: Notice,
    },
    /// Answer to a command or a request.
    Result {
        /// The id the page chose.
        id: u32,
        /// The outcome.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// How a command or request came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Ok {
        /// Sequence number of the journal after it.
        seq: u64,
        /// Answer of a request, `null` for a command.
        data: serde_json::Value,
    },
    /// Not done.
    Failed {
        /// Why.
        error: WireError,
    },
}
