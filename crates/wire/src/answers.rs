//! What requests are answered with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{CameraMode, PhoneLink, ProductId, Text, VideoCodec};
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// Answer to [`Request::TestUpload`]; the checks before going live know it until the engine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UploadTestView {
    /// What the way there takes, kbit/s, sound and the protocol's own bytes included.
    pub kbps: u32,
    /// Whether it takes more than that: the test sends no more.
    pub is_least: bool,
    /// Video bitrate that leaves a quarter of it free, split over the destinations in use, kbit/s.
    pub recommended_kbps: u32,
    /// How many those are, one at least.
    pub destinations: u32,
}

/// Answer to `POST /api/photo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhotoView {
    /// Its name in the photo folder, as a product names its photo.
    pub photo: String,
}

/// How a check before going live came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckLevel {
    /// Ready.
    Ok,
    /// The show can go on, but look at it.
    Warn,
    /// Going live would fail.
    Stop,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was checked: `destination`, `key`, `upload`, `encoder`, `picture`, `sound`, `disk`, `products`.
    pub id: String,
    /// Outcome.
    pub level: CheckLevel,
    /// Key of the sentence.
    pub key: String,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
}

/// Answer to [`Request::Preflight`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Preflight {
    /// The checks, most pressing first.
    pub items: Vec<Check>,
}

/// Answer to [`Request::Webhook`]. Both last as long as the session's own port and token; this token opens nothing but
/// the webhook.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WebhookView {
    /// Address for a POST with `Authorization: Bearer` and the token.
    pub address: String,
    /// The token.
    pub token: String,
}

impl std::fmt::Debug for WebhookView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookView")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Answer to [`Request::Obs`]. The password stays until another one is made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ObsView {
    /// Whether it is switched on.
    pub on: bool,
    /// Port on this machine.
    pub port: u16,
    /// Whether other computers of the network may come in, too.
    pub network: bool,
    /// Where they come in, `ws://…`, the likeliest first; empty when they may not, or nothing is known.
    pub addresses: Vec<String>,
    /// The password.
    pub password: String,
    /// Clients that came in with it and are there now.
    pub clients: u32,
    /// Why nobody can come in although it is on: `port_in_use`, or what the system says; empty = they can.
    pub error: String,
}

impl std::fmt::Debug for ObsView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObsView")
            .field("on", &self.on)
            .field("port", &self.port)
            .field("network", &self.network)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Answer to [`Request::SaveReplay`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplayView {
    /// File name below the recordings folder.
    pub file: String,
    /// Its length, milliseconds.
    pub length_ms: u32,
}

/// A device of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Id for the source.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// `camera`, `microphone`, `desktop_audio`, `screen`, `window`.
    pub kind: String,
}

/// Answer to [`Request::Devices`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Devices {
    /// What was found.
    pub devices: Vec<DeviceView>,
}

/// Answer to [`Request::Phone`]. The key lasts as long as the source.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneView {
    /// How it sends.
    pub over: PhoneLink,
    /// The port it sends to; 0 = none could be opened.
    pub port: u16,
    /// The secret: the stream key (RTMP), the passphrase (SRT) or the bearer token (WHIP).
    pub key: String,
    /// The machine's addresses, the likeliest first.
    pub addresses: Vec<PhoneAddress>,
}

impl std::fmt::Debug for PhoneView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneView")
            .field("over", &self.over)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Where a phone on one network sends to. Holds the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneAddress {
    /// Name of the network interface.
    pub interface: String,
    /// The machine's address there.
    pub ip: String,
    /// The address without the secret.
    pub server: String,
    /// The whole address as a QR code: rows from the top, `1` = dark.
    pub qr: Vec<String>,
    /// The same as a link that sets the app Larix up, where there is such a link.
    pub larix_qr: Option<Vec<String>>,
}

impl std::fmt::Debug for PhoneAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneAddress")
            .field("interface", &self.interface)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Answer to [`Request::Camera`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraView {
    /// What it offers, largest first.
    pub modes: Vec<CameraMode>,
    /// The one that would be taken for the canvas without a person's choice.
    pub best: Option<CameraMode>,
    /// What can be set on it.
    pub controls: Vec<CameraControlView>,
    /// Why there are no controls: `none` (the camera has none), `system` (no way on this system), `busy` (the
    /// camera did not answer); empty when there are some.
    pub no_controls: String,
}

/// Something that can be set on a camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraControlView {
    /// `exposure`, `white_balance`, `focus`, `gain`, `zoom`, `power_line`, `brightness`.
    pub name: String,
    /// Least value.
    pub min: i32,
    /// Greatest value.
    pub max: i32,
    /// Distance between values.
    pub step: i32,
    /// The camera's own choice.
    pub default: i32,
    /// Value now.
    pub value: i32,
    /// Whether the camera decides now; `None` = it cannot.
    pub auto: Option<bool>,
    /// The values, when they are a list of words (`off`, `hz50`, `hz60`, `auto`); else empty.
    pub choices: Vec<ControlChoice>,
}

/// A value with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ControlChoice {
    /// The value.
    pub value: i32,
    /// A word the page has a sentence for.
    pub name: String,
}

/// An encoder that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct EncoderView {
    /// Element name.
    pub name: String,
    /// Whether it is hardware.
    pub hardware: bool,
    /// Whether a trial encode succeeded.
    pub works: bool,
    /// Frames a second of the trial; 0 when it failed.
    pub fps: f64,
    /// Why it does not work, empty when it does.
    pub reason: String,
}

/// Whether this machine can encode a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CodecAbility {
    /// An encoder of it passed its trial, fast enough to work beside that of H.264.
    Usable,
    /// None did.
    Unusable,
    /// Not tried: no trial is made while live.
    Untried,
}

/// A codec besides H.264.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CodecView {
    /// Which.
    pub codec: VideoCodec,
    /// Whether it can be encoded here.
    pub ability: CodecAbility,
    /// The element that would, empty where none is known.
    pub encoder: String,
}

/// Answer to [`Request::Codecs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Codecs {
    /// Every codec that a destination can be sent instead of H.264.
    pub codecs: Vec<CodecView>,
}

/// Answer to [`Request::Encoders`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Encoders {
    /// In the order of preference.
    pub encoders: Vec<EncoderView>,
}

/// A cell of an import that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportProblem {
    /// Line as a spreadsheet shows it, from 1.
    pub line: u32,
    /// Column letter and header.
    pub column: String,
    /// Code of the problem.
    pub code: String,
    /// What stood there.
    pub value: String,
    /// Whether the row's product comes without this cell; else the row is left out.
    pub taken: bool,
}

/// One field of a product, before and after an import; empty = nothing there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportFieldChange {
    /// Code of the field, for example `live_price`.
    pub field: String,
    /// As it is.
    pub from: String,
    /// As the list has it.
    pub to: String,
}

/// A product that an import brings or changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportChange {
    /// Which.
    pub product: ProductId,
    /// Its title, as the list has it.
    pub title: Text,
    /// Whether the show did not have it.
    pub is_new: bool,
    /// What of it changes; empty for a new one.
    pub fields: Vec<ImportFieldChange>,
}

/// A column of an imported list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportColumn {
    /// Its letter, as a spreadsheet shows it.
    pub letter: String,
    /// Its header as written.
    pub header: String,
    /// Code of the field that it was understood as, for example `live_price`; `None` = it is not read.
    pub field: Option<String>,
}

/// What an import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportStage {
    /// Reads the file.
    Reading,
    /// Compares it with the show.
    Comparing,
    /// Writes it down; it cannot be ended any more.
    Writing,
    /// Fetches photos of products that are in the show already.
    Photos,
}

/// Answer to `GET /api/import?id=`: how far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportProgress {
    /// What it does.
    pub stage: ImportStage,
    /// Rows read so far.
    pub rows: u32,
    /// How much of the file that is, 0 to 1000; 0 where the file does not say how long it is.
    pub permille: u32,
}

/// Answer to `POST /api/import`: with `?step=look` nothing was taken over yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportView {
    /// Good rows: products that are new, changed or as they were.
    pub imported: u32,
    /// New products among them.
    pub added: u32,
    /// Products among them that the list changes.
    pub changed: u32,
    /// A hundred of them at most, from `?offset=` on: the changed ones first, then the new ones.
    pub changes: Vec<ImportChange>,
    /// Lines that the list puts at the beginning of the rundown, in its order; 0 = the rundown stays as it is.
    pub listed: u32,
    /// How its columns were understood.
    pub columns: Vec<ImportColumn>,
    /// What was looked at: sent back as `seen`, exactly this is taken over, or nothing.
    pub seen: String,
    /// New ones among them that stand beside the rundown, because a long list puts only its beginning there.
    pub aside: u32,
    /// Format found, for example `csv`, `xlsx`, `shopify`.
    pub format: String,
    /// Text encoding found, for example `utf-8`, `gb18030`.
    pub encoding: String,
    /// How many of them have a price that names no currency.
    pub assumed: u32,
    /// The currency such prices were read in: that of most other products of the show, else what the language of the
    /// cards suggests.
    pub currency: String,
    /// Cells that could not be read, and what else is wrong with the sheet.
    pub problems: Vec<ImportProblem>,
}
