//! host owns the receiving side of an RTMP connection after the handshake, without I/O: bytes from
//! a publisher go in, events come out, bytes for the publisher pile up in `out`.
//!
//! The publisher is somebody on the local network: until [`HostSession::accept`] nothing larger
//! than a command is taken, and whatever does not fit ends the connection.

use bytes::BytesMut;

use super::amf0::{self, Value};
use super::chunk_reader::{ChunkReader, Incoming, Limits};
use super::chunk_writer::{CHUNK_SIZE, ChunkWriter, Lane, Outgoing};
use super::{Violation, kind};
use crate::secret::Secret;

/// Window told to the publisher; we acknowledge as often.
const WINDOW: u32 = 2_500_000;
/// The one message stream that a publisher gets.
const STREAM: u32 = 1;
/// Answers pile up to here when the publisher does not read; then it is not served any more.
const MAX_OUT: usize = 64 * 1024;
/// Longest stream name looked at, bytes.
const MAX_NAME: usize = 512;

/// What the publisher did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostEvent {
    /// It asks to publish: [`HostSession::accept`] or [`HostSession::refuse`] answers.
    Asks {
        /// The application of its address.
        app: String,
        /// The stream's name, which is the key.
        name: Secret,
    },
    /// A message of pictures or sound came, as it is: [`super::tag::read`] reads it.
    Media(Incoming),
    /// It ended its stream.
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Asking,
    Accepted,
}

pub(crate) struct HostSession {
    reader: ChunkReader,
    writer: ChunkWriter,
    stage: Stage,
    app: String,
    received: u32,
    acknowledged: u32,
    /// Bytes for the publisher, in order. The owner takes them from the front.
    pub out: BytesMut,
}

impl HostSession {
    pub fn new() -> Self {
        Self {
            reader: ChunkReader::new(),
            writer: ChunkWriter::new(),
            stage: Stage::Connecting,
            app: String::new(),
            received: 0,
            acknowledged: 0,
            out: BytesMut::new(),
        }
    }

    /// Takes bytes from the publisher. What follows a question to publish waits for the answer: call
    /// again, with no bytes, after answering.
    pub fn input(&mut self, bytes: &[u8]) -> Result<Vec<HostEvent>, Violation> {
        self.reader.feed(bytes);
        self.received = self.received.wrapping_add(bytes.len() as u32);
        let mut events = Vec::new();
        while self.stage != Stage::Asking {
            let Some(message) = self.reader.next()? else {
                break;
            };
            events.extend(self.message(message)?);
            if self.out.len() > MAX_OUT {
                return Err(Violation::Size);
            }
        }
        if self.received.wrapping_sub(self.acknowledged) >= WINDOW {
            self.acknowledged = self.received;
            self.control(kind::ACKNOWLEDGEMENT, &self.received.to_be_bytes());
        }
        Ok(events)
    }

    /// Lets the publisher begin.
    pub fn accept(&mut self) {
        self.stage = Stage::Accepted;
        self.reader.set_limits(Limits::MEDIA);
        // "Stream begin" (specification 7.1.7).
        self.control(
            kind::USER_CONTROL,
            &[&[0, 0][..], &STREAM.to_be_bytes()].concat(),
        );
        self.status("status", "NetStream.Publish.Start", "Publishing.");
    }

    /// Turns the publisher away. The connection is to be closed when `out` is sent.
    pub fn refuse(&mut self) {
        self.stage = Stage::Connecting;
        self.status("error", "NetStream.Publish.BadName", "Refused.");
    }

    fn message(&mut self, message: Incoming) -> Result<Option<HostEvent>, Violation> {
        match message.kind {
            kind::VIDEO | kind::AUDIO if self.stage == Stage::Accepted => {
                Ok(Some(HostEvent::Media(message)))
            }
            kind::VIDEO | kind::AUDIO => Err(Violation::Uninvited),
            kind::COMMAND_AMF0 => self.command(&message.body),
            // "AMF3" commands carry AMF0 after a zero byte.
            kind::COMMAND_AMF3 => match message.body.split_first() {
                Some((0, rest)) => self.command(rest),
                _ => Ok(None),
            },
            kind::USER_CONTROL => {
                // 6 = ping; its answer is 7 with the same time.
                if let [0, 6, time @ ..] = &message.body[..] {
                    let answer = [&[0, 7], &time[..time.len().min(4)]].concat();
                    self.control(kind::USER_CONTROL, &answer);
                }
                Ok(None)
            }
            // Acknowledgements and windows of a side that sends, and onMetaData: the codecs'
            // own configurations say it better.
            _ => Ok(None),
        }
    }

    fn command(&mut self, body: &[u8]) -> Result<Option<HostEvent>, Violation> {
        let values = amf0::decode(body)?;
        let name = values.first().and_then(Value::as_text).unwrap_or_default();
        let transaction = values.get(1).and_then(Value::as_number).unwrap_or(0.0);
        match name {
            "connect" => {
                let app = values.get(2).and_then(|object| object.property("app"));
                self.app = app.unwrap_or_default().chars().take(MAX_NAME).collect();
                self.connected(transaction);
                Ok(None)
            }
            "createStream" => {
                self.reply(transaction, vec![Value::Null, Value::Number(STREAM.into())]);
                Ok(None)
            }
            "publish" if self.stage == Stage::Connecting => {
                let name = values.get(3).and_then(Value::as_text).unwrap_or_default();
                if name.len() > MAX_NAME {
                    return Err(Violation::Size);
                }
                self.stage = Stage::Asking;
                Ok(Some(HostEvent::Asks {
                    app: self.app.clone(),
                    name: Secret::new(name),
                }))
            }
            "FCUnpublish" | "deleteStream" | "closeStream" => {
                Ok((self.stage == Stage::Accepted).then_some(HostEvent::Left))
            }
            // Asked for and waited for by some encoders; the answer says nothing.
            "releaseStream" | "FCPublish" | "_checkbw" => {
                self.reply(transaction, vec![Value::Null, Value::Other]);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn connected(&mut self, transaction: f64) {
        self.control(kind::WINDOW_ACK_SIZE, &WINDOW.to_be_bytes());
        // Limit type 2 is "dynamic" (specification 5.4.5).
        let bandwidth = [&WINDOW.to_be_bytes()[..], &[2]].concat();
        self.control(kind::SET_PEER_BANDWIDTH, &bandwidth);
        self.control(kind::SET_CHUNK_SIZE, &(CHUNK_SIZE as u32).to_be_bytes());
        self.writer.use_large_chunks();
        let entry = |key: &str, value: Value| (key.to_owned(), value);
        self.reply(
            transaction,
            vec![
                Value::Object(vec![
                    // Encoders look for the three letters.
                    entry("fmsVer", Value::text("FMS/3,0,1,123")),
                    entry("capabilities", Value::Number(31.0)),
                ]),
                Value::Object(vec![
                    entry("level", Value::text("status")),
                    entry("code", Value::text("NetConnection.Connect.Success")),
                    entry("description", Value::text("Connected.")),
                    entry("objectEncoding", Value::Number(0.0)),
                ]),
            ],
        );
    }

    fn reply(&mut self, transaction: f64, values: Vec<Value>) {
        let head = vec![Value::text("_result"), Value::Number(transaction)];
        self.send(0, &[head, values].concat());
    }

    fn status(&mut self, level: &str, code: &str, description: &str) {
        let entry = |key: &str, value: &str| (key.to_owned(), Value::text(value));
        let info = Value::Object(vec![
            entry("level", level),
            entry("code", code),
            entry("description", description),
        ]);
        let head = [Value::text("onStatus"), Value::Number(0.0), Value::Null];
        self.send(STREAM, &[&head[..], &[info]].concat());
    }

    fn send(&mut self, stream_id: u32, values: &[Value]) {
        self.writer.write(
            &mut self.out,
            &Outgoing {
                lane: Lane::Command,
                kind: kind::COMMAND_AMF0,
                stream_id,
                timestamp: 0,
                parts: [&amf0::encode(values), &[]],
            },
        );
    }

    fn control(&mut self, kind: u8, body: &[u8]) {
        self.writer.write(
            &mut self.out,
            &Outgoing {
                lane: Lane::Control,
                kind,
                stream_id: 0,
                timestamp: 0,
                parts: [body, &[]],
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{AudioFormat, Packet, StreamFormat, Track, VideoCodec, VideoFormat};
    use crate::rtmp::session::{PublishSession, SessionEvent};
    use crate::rtmp::tag::{self, Inbound};
    use crate::timeline::Stamp;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn publisher() -> PublishSession {
        let url = crate::IngestUrl::parse("rtmp://127.0.0.1/live", &Secret::new("peach-key"));
        PublishSession::new(&url.unwrap(), VideoCodec::H264)
    }

    fn format() -> StreamFormat {
        StreamFormat {
            video: VideoFormat {
                codec: VideoCodec::H264,
                codec_config: Bytes::from_static(&[1; 12]),
                width: 1280,
                height: 720,
                fps: 30,
                kbps: 2500,
            },
            audio: AudioFormat {
                codec_config: Bytes::from_static(&[0x11, 0x90]),
                sample_rate: 48_000,
                channels: 2,
                kbps: 128,
            },
        }
    }

    /// Carries bytes both ways until nobody has anything left to say.
    fn talk(
        publisher: &mut PublishSession,
        host: &mut HostSession,
    ) -> (Vec<SessionEvent>, Vec<HostEvent>) {
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        while !publisher.out.is_empty() || !host.out.is_empty() {
            let up = publisher.out.split();
            heard.extend(host.input(&up).unwrap());
            let down = host.out.split();
            said.extend(publisher.input(&down).unwrap());
        }
        (said, heard)
    }

    #[test]
    fn our_own_publisher_is_asked_for_accepted_and_heard() {
        let (mut publisher, mut host) = (publisher(), HostSession::new());
        let (_, heard) = talk(&mut publisher, &mut host);
        let asks = HostEvent::Asks {
            app: "live".to_owned(),
            name: Secret::new("peach-key"),
        };
        assert_eq!(heard, [asks]);
        host.accept();
        let (said, _) = talk(&mut publisher, &mut host);
        assert_eq!(said, [SessionEvent::Accepted]);
        publisher.send_format(&format(), 0);
        let data = Bytes::from(vec![7; 90_000]);
        let packet = Packet {
            track: Track::Video,
            pts_us: 0,
            dts_us: 0,
            keyframe: true,
            data: data.clone(),
        };
        let stamp = Stamp {
            dts: 40,
            composition: 80,
        };
        publisher.send_packet(&packet, stamp);
        publisher.farewell();
        let (_, mut heard) = talk(&mut publisher, &mut host);
        // It says so twice, as some servers want one and some the other.
        assert_eq!(heard[3], HostEvent::Left);
        heard.truncate(3);
        let media: Vec<_> = heard
            .iter()
            .map(|event| match event {
                HostEvent::Media(message) => tag::read(message),
                other => panic!("{other:?}"),
            })
            .collect();
        let [
            Some(Inbound::Config { .. }),
            Some(Inbound::Config { .. }),
            Some(Inbound::Frame {
                dts_ms,
                composition_ms,
                data: came,
                ..
            }),
        ] = &media[..]
        else {
            panic!("{media:?}");
        };
        assert_eq!((*dts_ms, *composition_ms, came), (40, 80, &data));
    }

    #[test]
    fn a_refused_publisher_hears_a_refusal() {
        let (mut publisher, mut host) = (publisher(), HostSession::new());
        talk(&mut publisher, &mut host);
        host.refuse();
        let (said, _) = talk(&mut publisher, &mut host);
        assert!(
            matches!(&said[..], [SessionEvent::Rejected(code)] if code.contains("BadName")),
            "{said:?}"
        );
    }

    #[test]
    fn media_without_permission_ends_the_connection_before_it_is_stored() {
        let mut host = HostSession::new();
        // A video message of a megabyte, which only an accepted publisher may send.
        let head = [6, 0, 0, 0, 0x10, 0, 0, 9, 1, 0, 0, 0];
        assert_eq!(host.input(&head), Err(Violation::Size));
        let mut host = HostSession::new();
        let small = [6, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 0x17];
        assert_eq!(host.input(&small), Err(Violation::Uninvited));
    }

    #[test]
    fn one_that_asks_without_end_and_reads_nothing_is_not_served_for_ever() {
        let mut host = HostSession::new();
        let mut asker = ChunkWriter::new();
        let mut wire = BytesMut::new();
        let body = amf0::encode(&[Value::text("createStream"), Value::Number(2.0)]);
        for _ in 0..5_000 {
            let message = Outgoing {
                lane: Lane::Command,
                kind: kind::COMMAND_AMF0,
                stream_id: 0,
                timestamp: 0,
                parts: [&body, &[]],
            };
            asker.write(&mut wire, &message);
        }
        assert_eq!(host.input(&wire), Err(Violation::Size));
    }

    proptest! {
        #[test]
        fn any_bytes_are_followed_or_end_the_connection(
            slices in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..8),
            accepted in any::<bool>(),
        ) {
            let mut host = HostSession::new();
            if accepted {
                host.accept();
            }
            for slice in slices {
                if host.input(&slice).is_err() {
                    break;
                }
                prop_assert!(host.out.len() <= MAX_OUT + 512);
            }
        }

        /// A real conversation with a few bytes turned over: never a panic, never a grant.
        #[test]
        fn a_damaged_conversation_never_becomes_an_accepted_one(
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut host = HostSession::new();
            let mut wire = publisher().out.split();
            for (place, byte) in flips {
                let at = place.index(wire.len());
                wire[at] = byte;
            }
            if let Ok(events) = host.input(&wire) {
                let media = events.iter().any(|e| matches!(e, HostEvent::Media(_)));
                prop_assert!(!media);
            }
        }
    }
}
