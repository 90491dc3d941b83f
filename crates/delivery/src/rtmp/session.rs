//! session owns the publisher's side of an RTMP connection after the handshake, without I/O:
//! bytes from the server go in, events come out, bytes for the server pile up in `out`.

use bytes::BytesMut;

use super::amf0::{self, Value};
use super::chunk_reader::{ChunkReader, Incoming, be_u32};
use super::chunk_writer::{CHUNK_SIZE, ChunkWriter, Lane, Outgoing};
use super::{Violation, enhanced, flv, kind};
use crate::ingest_url::IngestUrl;
use crate::packet::{Packet, StreamFormat, Track, VideoCodec};
use crate::secret::Secret;
use crate::timeline::Stamp;

/// Answers to pings and the like are left out when this much waits: a server that asks without
/// reading must not fill our memory.
const MAX_OUT_FOR_REPLIES: usize = 256 * 1024;
/// Window told to the server for its acknowledgements (the usual encoder value).
const WINDOW_ACK_SIZE: u32 = 2_500_000;
/// Encoders call themselves so; some ingests look for the `FMLE/` prefix.
const FLASH_VERSION: &str = "FMLE/3.0 (compatible; Stallcast)";

/// Parts of an address shorter than this, bytes, would hide every sentence and unlock nothing.
const SECRET_FROM: usize = 4;

const CONNECT: f64 = 1.0;
const RELEASE_STREAM: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE_STREAM: f64 = 4.0;
const PUBLISH: f64 = 5.0;
const FC_UNPUBLISH: f64 = 6.0;
const DELETE_STREAM: f64 = 7.0;

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// Media may be sent.
    Accepted,
    /// The application or the key was refused, with the server's words.
    Rejected(String),
    /// The stream was accepted before and is over, with the server's words.
    Ended(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    CreatingStream,
    Publishing,
    Accepted,
}

pub(crate) struct PublishSession {
    stream_name: Secret,
    /// What no word of the server may repeat: the key, and what follows a question mark.
    unsaid: Vec<Secret>,
    reader: ChunkReader,
    writer: ChunkWriter,
    stage: Stage,
    stream_id: u32,
    received: u32,
    acknowledged: u32,
    peer_window: Option<u32>,
    /// What the server was asked about.
    asked: VideoCodec,
    /// Whether it said yes.
    takes_asked: bool,
    /// What is sent.
    codec: VideoCodec,
    /// Bytes for the server, in order. The owner takes them from the front.
    pub out: BytesMut,
}

impl PublishSession {
    /// A session with its connect command in `out`; it asks whether the server takes `codec`.
    pub fn new(url: &IngestUrl, codec: VideoCodec) -> Self {
        let mut session = Self {
            stream_name: url.stream_name.clone(),
            unsaid: unsaid(url),
            reader: ChunkReader::new(),
            writer: ChunkWriter::new(),
            stage: Stage::Connecting,
            stream_id: 0,
            received: 0,
            acknowledged: 0,
            peer_window: None,
            asked: codec,
            takes_asked: codec == VideoCodec::H264,
            codec: VideoCodec::H264,
            out: BytesMut::new(),
        };
        let entry = |key: &str, value: &str| (key.to_owned(), Value::text(value));
        let mut object = vec![
            entry("app", &url.app),
            entry("type", "nonprivate"),
            entry("flashVer", FLASH_VERSION),
            entry("swfUrl", &url.tc_url),
            entry("tcUrl", &url.tc_url),
        ];
        object.extend(enhanced::asked(codec));
        session.command("connect", CONNECT, vec![Value::Object(object)]);
        session
    }

    /// Whether the server takes the codec it was asked about; `false` before it answered.
    pub fn takes_asked(&self) -> bool {
        self.takes_asked
    }

    /// Takes bytes from the server.
    pub fn input(&mut self, bytes: &[u8]) -> Result<Vec<SessionEvent>, Violation> {
        self.reader.feed(bytes);
        self.received = self.received.wrapping_add(bytes.len() as u32);
        let mut events = Vec::new();
        while let Some(message) = self.reader.next()? {
            events.extend(self.message(&message)?);
        }
        if let Some(window) = self.peer_window
            && self.received.wrapping_sub(self.acknowledged) >= window
        {
            self.acknowledged = self.received;
            self.control(kind::ACKNOWLEDGEMENT, &self.received.to_be_bytes());
        }
        Ok(events)
    }

    /// Puts the codec configurations and, as `onMetaData`, their description into `out`.
    pub fn send_format(&mut self, format: &StreamFormat, timestamp: u32) {
        let metadata = amf0::encode(&flv::metadata(format));
        self.media(Lane::Data, kind::DATA_AMF0, timestamp, [&metadata, &[]]);
        self.codec = format.video.codec;
        let head = flv::video_config(self.codec);
        let video = [&head[..], &format.video.codec_config];
        self.media(Lane::Video, kind::VIDEO, timestamp, video);
        let aac = [&flv::AAC_SEQUENCE_HEADER[..], &format.audio.codec_config];
        self.media(Lane::Audio, kind::AUDIO, timestamp, aac);
    }

    /// Puts a packet into `out`.
    pub fn send_packet(&mut self, packet: &Packet, stamp: Stamp) {
        match packet.track {
            Track::Video => {
                let head = flv::video_frame(self.codec, packet.keyframe, stamp.composition);
                let parts = [&head[..], &packet.data];
                self.media(Lane::Video, kind::VIDEO, stamp.dts, parts);
            }
            Track::Audio => {
                let parts = [&flv::AAC_RAW[..], &packet.data];
                self.media(Lane::Audio, kind::AUDIO, stamp.dts, parts);
            }
        }
    }

    /// Ends the stream properly: without it some platforms keep the room's stream open until
    /// their own time-out and refuse the key meanwhile.
    pub fn farewell(&mut self) {
        let name = Value::text(self.stream_name.reveal());
        self.command("FCUnpublish", FC_UNPUBLISH, vec![Value::Null, name]);
        if self.stream_id != 0 {
            let id = Value::Number(f64::from(self.stream_id));
            self.command("deleteStream", DELETE_STREAM, vec![Value::Null, id]);
        }
    }

    fn message(&mut self, message: &Incoming) -> Result<Option<SessionEvent>, Violation> {
        match message.kind {
            kind::COMMAND_AMF0 => self.server_command(&message.body),
            // "AMF3" commands carry AMF0 after a zero byte.
            kind::COMMAND_AMF3 => match message.body.split_first() {
                Some((0, rest)) => self.server_command(rest),
                _ => Ok(None),
            },
            kind::WINDOW_ACK_SIZE => {
                self.peer_window = be_u32(&message.body).filter(|size| *size > 0);
                Ok(None)
            }
            kind::SET_PEER_BANDWIDTH => {
                if let Some(window) = be_u32(&message.body) {
                    self.control(kind::WINDOW_ACK_SIZE, &window.to_be_bytes());
                }
                Ok(None)
            }
            kind::USER_CONTROL => {
                // 6 = ping; its answer is 7 with the same time (specification 7.1.7).
                if let [0, 6, time @ ..] = &message.body[..] {
                    let answer = [&[0, 7], time].concat();
                    self.control(kind::USER_CONTROL, &answer);
                }
                Ok(None)
            }
            // Acknowledgements move in steps of megabytes: too coarse to say anything about
            // the uplink. Media from the server is of no interest.
            _ => Ok(None),
        }
    }

    fn server_command(&mut self, body: &[u8]) -> Result<Option<SessionEvent>, Violation> {
        let values = amf0::decode(body)?;
        let name = values.first().and_then(Value::as_text).unwrap_or_default();
        let transaction = values.get(1).and_then(Value::as_number);
        match name {
            "_result" if transaction == Some(CONNECT) && self.stage == Stage::Connecting => {
                self.takes_asked = enhanced::takes(&values, self.asked);
                self.create_stream();
                Ok(None)
            }
            "_result"
                if transaction == Some(CREATE_STREAM) && self.stage == Stage::CreatingStream =>
            {
                let id = values.get(3).and_then(Value::as_number);
                let id = id.filter(|id| (0.0..=f64::from(u32::MAX)).contains(id));
                self.publish(id.ok_or(Violation::Command)? as u32);
                Ok(None)
            }
            // Servers without releaseStream or FCPublish answer those with errors: harmless. Any
            // other error before acceptance is a refusal; some servers name no transaction in it.
            "_error"
                if self.stage != Stage::Accepted
                    && ![Some(RELEASE_STREAM), Some(FC_PUBLISH)].contains(&transaction) =>
            {
                let info = values.iter().find(|v| v.property("code").is_some());
                let words = info.map_or_else(|| "error".to_owned(), |info| self.words(info));
                Ok(Some(self.over(words)))
            }
            "onStatus" => Ok(self.status(&values)),
            "close" => Ok(Some(self.over("close".to_owned()))),
            _ => Ok(None),
        }
    }

    fn status(&mut self, values: &[Value]) -> Option<SessionEvent> {
        let info = values.iter().find(|v| v.property("code").is_some())?;
        let code = info.property("code")?;
        if code == "NetStream.Publish.Start" && self.stage != Stage::Accepted {
            self.stage = Stage::Accepted;
            return Some(SessionEvent::Accepted);
        }
        let failed = info.property("level") == Some("error")
            || code.starts_with("NetStream.Unpublish")
            || code == "NetStream.Publish.BadName"
            || code == "NetStream.Publish.Denied"
            || code == "NetConnection.Connect.Closed";
        failed.then(|| self.over(self.words(info)))
    }

    fn over(&self, code: String) -> SessionEvent {
        match self.stage {
            Stage::Accepted => SessionEvent::Ended(code),
            _ => SessionEvent::Rejected(code),
        }
    }

    /// Whether the server was asked to take the stream: closing then is its answer.
    pub fn has_asked_to_publish(&self) -> bool {
        matches!(self.stage, Stage::Publishing | Stage::Accepted)
    }

    /// A status in the server's words: its code cut to what a code looks like, and after a colon
    /// what it says to people. Never a key, nor a part of one.
    fn words(&self, info: &Value) -> String {
        let code = info.property("code").unwrap_or_default();
        let said = info.property("description").unwrap_or_default();
        if self.gives_away(code, in_code) {
            return "hidden".to_owned();
        }
        let hides = self.gives_away(said, in_sentence);
        let code: String = code.chars().filter(|c| in_code(*c)).take(64).collect();
        let said: String = said.chars().filter(|c| in_sentence(*c)).take(120).collect();
        match said.trim() {
            "" => code,
            _ if hides => code,
            said => format!("{code}: {said}"),
        }
    }

    /// Whether a text holds a secret as it came, or would once only `kept` characters are left of
    /// it, or of the secret too. The whole text is judged: what is cut later may cut a secret.
    fn gives_away(&self, text: &str, kept: fn(char) -> bool) -> bool {
        let only_kept = |text: &str| text.chars().filter(|c| kept(*c)).collect::<String>();
        let left = only_kept(text);
        self.unsaid.iter().any(|secret| {
            let secret = secret.reveal();
            let rest = only_kept(secret);
            let tells = rest == secret || rest.len() >= SECRET_FROM;
            text.contains(secret) || (tells && left.contains(&rest))
        })
    }

    fn create_stream(&mut self) {
        self.stage = Stage::CreatingStream;
        self.control(kind::WINDOW_ACK_SIZE, &WINDOW_ACK_SIZE.to_be_bytes());
        self.control(kind::SET_CHUNK_SIZE, &(CHUNK_SIZE as u32).to_be_bytes());
        self.writer.use_large_chunks();
        let name = Value::text(self.stream_name.reveal());
        self.command(
            "releaseStream",
            RELEASE_STREAM,
            vec![Value::Null, name.clone()],
        );
        self.command("FCPublish", FC_PUBLISH, vec![Value::Null, name]);
        self.command("createStream", CREATE_STREAM, vec![Value::Null]);
    }

    fn publish(&mut self, stream_id: u32) {
        self.stage = Stage::Publishing;
        self.stream_id = stream_id;
        let name = Value::text(self.stream_name.reveal());
        let arguments = vec![Value::Null, name, Value::text("live")];
        self.command("publish", PUBLISH, arguments);
    }

    fn command(&mut self, name: &str, transaction: f64, arguments: Vec<Value>) {
        let mut values = vec![Value::text(name), Value::Number(transaction)];
        values.extend(arguments);
        // Only publish speaks about the message stream; the rest is the connection's.
        let stream_id = if name == "publish" { self.stream_id } else { 0 };
        self.write(Outgoing {
            lane: Lane::Command,
            kind: kind::COMMAND_AMF0,
            stream_id,
            timestamp: 0,
            parts: [&amf0::encode(&values), &[]],
        });
    }

    fn control(&mut self, kind: u8, body: &[u8]) {
        if self.out.len() > MAX_OUT_FOR_REPLIES {
            return;
        }
        self.write(Outgoing {
            lane: Lane::Control,
            kind,
            stream_id: 0,
            timestamp: 0,
            parts: [body, &[]],
        });
    }

    fn media(&mut self, lane: Lane, kind: u8, timestamp: u32, parts: [&[u8]; 2]) {
        self.write(Outgoing {
            lane,
            kind,
            stream_id: self.stream_id,
            timestamp,
            parts,
        });
    }

    fn write(&mut self, message: Outgoing<'_>) {
        self.writer.write(&mut self.out, &message);
    }
}

/// What may stand in a status code as it is told.
fn in_code(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// What may stand in a server's sentence as it is told.
fn in_sentence(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '_' | '-' | '\'')
}

/// The parts of an address that are secret on some platform: the stream's name, whole and in parts,
/// and what follows the application's question mark.
fn unsaid(url: &IngestUrl) -> Vec<Secret> {
    let name = url.stream_name.reveal();
    let query = url.app.split_once('?').map_or("", |(_, query)| query);
    let parts = [name, query]
        .into_iter()
        .flat_map(|text| text.split(['?', '&', '=', '/']))
        .filter(|part| part.len() >= SECRET_FROM);
    [name].into_iter().chain(parts).map(Secret::new).collect()
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
