//! Requests and what they are answered with. The table is all there is: what is not in it is unknown, and `GetVersion`
//! tells exactly its names.

use serde_json::{Value, json};

use crate::fields::Fields;
use crate::request::{Answer, Request, Status, code};
use crate::{Board, Counts, RPC_VERSION, STUDIO_VERSION, WEBSOCKET_VERSION, Wish};
use crate::{hotkeys, inputs, outputs, scenes, vendor};

/// Formats of screenshots.
pub const IMAGE_FORMATS: [&str; 3] = ["jpg", "jpeg", "png"];
/// A request that only batches know.
const SLEEP: &str = "Sleep";

/// What a request comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It is answered.
    Now(Answer),
    /// Do this, and answer with the data where the wish has none of its own.
    Do(Wish, Option<Value>),
}

/// What a request is answered from.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) board: &'a Board,
    pub(crate) fields: Fields<'a>,
    counts: Counts,
}

pub(crate) type Asked = Result<Reply, Status>;
pub(crate) type Entry = (&'static str, fn(Ask) -> Asked);

/// Data.
pub(crate) fn data(value: Value) -> Asked {
    Ok(Reply::Now(Ok(Some(value))))
}

/// Nothing but that it was done.
pub(crate) fn wish(wish: Wish) -> Asked {
    Ok(Reply::Do(wish, None))
}

/// Answers a request off the board, or says what is wanted.
pub fn answer(board: &Board, request: &Request, counts: Counts) -> Reply {
    let Some(kind) = &request.kind else {
        let words = "`requestType` is missing.";
        return Reply::Now(Err(Status::new(code::MISSING_TYPE, words)));
    };
    let ask = Ask {
        board,
        fields: Fields(&request.data),
        counts,
    };
    if kind == SLEEP {
        let words = "There are pauses in batches only.";
        return Reply::Now(Err(Status::new(code::UNSUPPORTED_EXECUTION, words)));
    }
    let Some((_, own)) = table().find(|(name, _)| name == kind) else {
        let words = format!("There is no `{}` here.", short(kind));
        return Reply::Now(Err(Status::new(code::UNKNOWN_TYPE, words)));
    };
    own(ask).unwrap_or_else(|status| Reply::Now(Err(status)))
}

/// Every request that is answered.
pub fn requests() -> Vec<&'static str> {
    let mut names: Vec<_> = table().map(|(name, _)| name).collect();
    names.push(SLEEP);
    names
}

fn table() -> impl Iterator<Item = Entry> {
    let parts = [
        &GENERAL[..],
        &scenes::TABLE,
        &inputs::TABLE,
        &outputs::TABLE,
        &hotkeys::TABLE,
        &vendor::TABLE,
    ];
    parts.into_iter().flatten().copied()
}

fn short(kind: &str) -> String {
    kind.chars().take(60).collect()
}

const GENERAL: [Entry; 12] = [
    ("GetVersion", |_| {
        data(json!({
            "obsVersion": STUDIO_VERSION,
            "obsWebSocketVersion": WEBSOCKET_VERSION,
            "rpcVersion": RPC_VERSION,
            "availableRequests": requests(),
            "supportedImageFormats": IMAGE_FORMATS,
            "platform": std::env::consts::OS,
            "platformDescription": concat!("Stallcast ", env!("CARGO_PKG_VERSION")),
        }))
    }),
    ("GetStats", |ask| {
        let stats = ask.board.stats;
        data(json!({
            "cpuUsage": stats.cpu_percent,
            "memoryUsage": stats.memory_mb,
            "availableDiskSpace": stats.disk_mb,
            "activeFps": stats.fps,
            // Not measured here.
            "averageFrameRenderTime": 0.0,
            "renderSkippedFrames": stats.late,
            "renderTotalFrames": stats.frames + stats.skipped,
            "outputSkippedFrames": ask.board.stream.skipped,
            "outputTotalFrames": ask.board.stream.total,
            "webSocketSessionIncomingMessages": ask.counts.incoming,
            "webSocketSessionOutgoingMessages": ask.counts.outgoing,
        }))
    }),
    ("BroadcastCustomEvent", |ask| {
        let told = ask.fields.object("eventData")?.clone();
        wish(Wish::Tell(Value::Object(told)))
    }),
    ("GetVideoSettings", |ask| {
        let canvas = ask.board.canvas;
        data(json!({
            "fpsNumerator": canvas.fps,
            "fpsDenominator": 1,
            "baseWidth": canvas.width,
            "baseHeight": canvas.height,
            "outputWidth": canvas.width,
            "outputHeight": canvas.height,
        }))
    }),
    // One show is open at a time; it stands for the scene collection.
    ("GetSceneCollectionList", |ask| {
        let show = &ask.board.show;
        data(json!({"currentSceneCollectionName": show, "sceneCollections": [show]}))
    }),
    ("GetProfileList", |_| {
        data(json!({"currentProfileName": "Stallcast", "profiles": ["Stallcast"]}))
    }),
    // Only full-screen projectors need them, which there are none of.
    ("GetMonitorList", |_| data(json!({"monitors": []}))),
    ("GetStudioModeEnabled", |_| {
        data(json!({"studioModeEnabled": false}))
    }),
    ("SetStudioModeEnabled", |ask| {
        if ask.fields.truth("studioModeEnabled")? {
            let words = "There is no studio mode here.";
            return Err(Status::new(code::RESOURCE_STATE, words));
        }
        Ok(Reply::Now(Ok(None)))
    }),
    ("GetCurrentPreviewScene", |_| Err(no_studio_mode())),
    ("SetCurrentPreviewScene", |_| Err(no_studio_mode())),
    ("TriggerStudioModeTransition", |_| Err(no_studio_mode())),
];

fn no_studio_mode() -> Status {
    Status::new(code::NO_STUDIO_MODE, "There is no studio mode here.")
}
