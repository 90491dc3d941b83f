//! Requests about outputs: the stream, the recording, replays, the virtual camera, and each destination.

use serde_json::{Value, json};

use crate::answer::{Ask, Asked, Entry, Reply, data};
use crate::request::{Status, code};
use crate::{Board, Canvas, Destination, Sending, Wish};

/// The live show as a whole; the names are those of OBS, so that clients treat them as what they are.
const STREAM: &str = "adv_stream";
const RECORD: &str = "adv_file_output";
const REPLAY: &str = "Replay Buffer";
const VIRTUAL_CAMERA: &str = "virtualcam_output";
/// Names that no destination may have.
pub const TAKEN: [&str; 4] = [STREAM, RECORD, REPLAY, VIRTUAL_CAMERA];

/// An output.
#[derive(Clone, Copy)]
enum Output<'a> {
    Stream,
    Record,
    Replay,
    VirtualCamera,
    Destination(&'a Destination),
}

/// What to do with one.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Start,
    Stop,
    Toggle,
}

pub(crate) const TABLE: [Entry; 27] = [
    ("GetOutputList", |ask| {
        let board = ask.board;
        let destinations = board.destinations.iter().map(Output::Destination);
        let outputs = [
            Output::Stream,
            Output::Record,
            Output::Replay,
            Output::VirtualCamera,
        ];
        let outputs = outputs.into_iter().chain(destinations);
        let outputs: Vec<Value> = outputs.map(|output| output.described(board)).collect();
        data(json!({"outputs": outputs}))
    }),
    ("GetOutputStatus", |ask| {
        let output = output(ask)?;
        data(status(output.sending(ask.board)))
    }),
    ("GetOutputSettings", |ask| {
        let settings = match output(ask)? {
            // Neither address nor key: that is nobody's business here.
            Output::Destination(destination) => json!({"platform": destination.platform}),
            _ => json!({}),
        };
        data(json!({"outputSettings": settings}))
    }),
    ("StartOutput", |ask| {
        output(ask)?.turn(ask.board, Turn::Start)
    }),
    ("StopOutput", |ask| output(ask)?.turn(ask.board, Turn::Stop)),
    ("ToggleOutput", |ask| {
        output(ask)?.turn(ask.board, Turn::Toggle)
    }),
    ("GetStreamStatus", |ask| data(status(ask.board.stream))),
    ("StartStream", |ask| {
        Output::Stream.turn(ask.board, Turn::Start)
    }),
    ("StopStream", |ask| {
        Output::Stream.turn(ask.board, Turn::Stop)
    }),
    ("ToggleStream", |ask| {
        Output::Stream.turn(ask.board, Turn::Toggle)
    }),
    ("GetStreamServiceSettings", |ask| {
        let active = ask.board.destinations.iter().filter(|it| it.sending.active);
        let names: Vec<&str> = active.map(|it| it.name.as_str()).collect();
        data(json!({
            "streamServiceType": "rtmp_custom",
            "streamServiceSettings": {"service": names.join(", ")},
        }))
    }),
    ("GetRecordStatus", |ask| {
        let record = &ask.board.record;
        data(json!({
            "outputActive": record.active,
            "outputPaused": false,
            "outputTimecode": timecode(record.ms),
            "outputDuration": record.ms,
            "outputBytes": record.bytes,
        }))
    }),
    ("StartRecord", |ask| {
        Output::Record.turn(ask.board, Turn::Start)
    }),
    ("StopRecord", |ask| {
        Output::Record.turn(ask.board, Turn::Stop)
    }),
    ("ToggleRecord", |ask| {
        Output::Record.turn(ask.board, Turn::Toggle)
    }),
    ("GetRecordDirectory", |ask| {
        data(json!({"recordDirectory": ask.board.record.folder}))
    }),
    ("GetReplayBufferStatus", |ask| {
        data(json!({"outputActive": ask.board.replay}))
    }),
    ("StartReplayBuffer", |ask| {
        Output::Replay.turn(ask.board, Turn::Start)
    }),
    ("StopReplayBuffer", |ask| {
        Output::Replay.turn(ask.board, Turn::Stop)
    }),
    ("ToggleReplayBuffer", |ask| {
        Output::Replay.turn(ask.board, Turn::Toggle)
    }),
    ("SaveReplayBuffer", |ask| {
        if !ask.board.replay {
            return Err(not_running());
        }
        Ok(Reply::Do(Wish::SaveReplay, None))
    }),
    ("GetLastReplayBufferReplay", |ask| {
        let path = ask.board.last_replay.as_ref();
        let none = || Status::new(code::NOT_FOUND, "No replay was saved yet.");
        data(json!({"savedReplayPath": path.ok_or_else(none)?}))
    }),
    ("GetVirtualCamStatus", |ask| {
        data(json!({"outputActive": ask.board.virtual_camera}))
    }),
    ("StartVirtualCam", |ask| {
        Output::VirtualCamera.turn(ask.board, Turn::Start)
    }),
    ("StopVirtualCam", |ask| {
        Output::VirtualCamera.turn(ask.board, Turn::Stop)
    }),
    ("ToggleVirtualCam", |ask| {
        Output::VirtualCamera.turn(ask.board, Turn::Toggle)
    }),
    // Recordings are one file from beginning to end, so that nothing sold is missing.
    ("ToggleRecordPause", |ask| {
        if !ask.board.record.active {
            return Err(not_running());
        }
        let words = "Recordings are not paused here.";
        Err(Status::new(code::RESOURCE_STATE, words))
    }),
];

impl<'a> Output<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Stream => STREAM,
            Self::Record => RECORD,
            Self::Replay => REPLAY,
            Self::VirtualCamera => VIRTUAL_CAMERA,
            Self::Destination(destination) => &destination.name,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Stream => "rtmp_output",
            Self::Record => "ffmpeg_muxer",
            Self::Replay => "replay_buffer",
            Self::VirtualCamera => "virtualcam_output",
            // Decks hide the kinds of OBS's own stream; this one they offer by name.
            Self::Destination(_) => "stallcast_destination",
        }
    }

    fn canvas(self, board: &Board) -> Canvas {
        match self {
            Self::Destination(destination) => destination.canvas,
            _ => board.canvas,
        }
    }

    fn sending(self, board: &Board) -> Sending {
        match self {
            Self::Stream => board.stream,
            Self::Record => Sending {
                active: board.record.active,
                ms: board.record.ms,
                bytes: board.record.bytes,
                ..Sending::default()
            },
            Self::Replay => Sending {
                active: board.replay,
                ..Sending::default()
            },
            Self::VirtualCamera => Sending {
                active: board.virtual_camera,
                ..Sending::default()
            },
            Self::Destination(destination) => destination.sending,
        }
    }

    fn described(self, board: &Board) -> Value {
        let canvas = self.canvas(board);
        let sends = matches!(self, Self::Stream | Self::Destination(_));
        json!({
            "outputName": self.name(),
            "outputKind": self.kind(),
            "outputWidth": canvas.width,
            "outputHeight": canvas.height,
            "outputActive": self.sending(board).active,
            "outputFlags": {
                "OBS_OUTPUT_AUDIO": !matches!(self, Self::VirtualCamera),
                "OBS_OUTPUT_VIDEO": true,
                "OBS_OUTPUT_ENCODED": !matches!(self, Self::VirtualCamera),
                "OBS_OUTPUT_MULTI_TRACK": matches!(self, Self::Record),
                "OBS_OUTPUT_SERVICE": sends,
            },
        })
    }

    fn turn(self, board: &Board, turn: Turn) -> Asked {
        let active = self.sending(board).active;
        let on = match turn {
            Turn::Start if active => {
                return Err(Status::new(code::OUTPUT_RUNNING, "It runs already."));
            }
            Turn::Stop if !active => return Err(not_running()),
            Turn::Start => true,
            Turn::Stop => false,
            Turn::Toggle => !active,
        };
        let wish = match self {
            Self::Stream if on => Wish::GoLive,
            Self::Stream => Wish::EndShow,
            Self::Record => Wish::Record { on },
            Self::Replay => {
                let words = "It runs by itself while a show or a rehearsal does.";
                return Err(Status::new(code::RESOURCE_STATE, words));
            }
            Self::VirtualCamera => Wish::VirtualCamera { on },
            Self::Destination(destination) => Wish::Destination {
                destination: destination.id.clone(),
                on,
            },
        };
        let answer = match (turn, self) {
            (Turn::Toggle, _) => Some(json!({"outputActive": on})),
            (Turn::Stop, Self::Record) => Some(json!({"outputPath": board.record.path})),
            _ => None,
        };
        Ok(Reply::Do(wish, answer))
    }
}

fn not_running() -> Status {
    Status::new(code::OUTPUT_NOT_RUNNING, "It does not run.")
}

fn output(ask: Ask<'_>) -> Result<Output<'_>, Status> {
    let name = ask.fields.text("outputName")?;
    let own = [
        Output::Stream,
        Output::Record,
        Output::Replay,
        Output::VirtualCamera,
    ];
    let destinations = ask.board.destinations.iter().map(Output::Destination);
    let mut all = own.into_iter().chain(destinations);
    let none = || Status::new(code::NOT_FOUND, format!("No output `{name}`."));
    all.find(|output| output.name() == name).ok_or_else(none)
}

fn status(sending: Sending) -> Value {
    json!({
        "outputActive": sending.active,
        "outputReconnecting": sending.reconnecting,
        "outputTimecode": timecode(sending.ms),
        "outputDuration": sending.ms,
        "outputCongestion": sending.congestion,
        "outputBytes": sending.bytes,
        "outputSkippedFrames": sending.skipped,
        "outputTotalFrames": sending.total,
    })
}

/// `01:02:03.004`
fn timecode(ms: u64) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!(
        "{:02}:{:02}:{seconds:02}.{ms:03}",
        minutes / 60,
        minutes % 60
    )
}
