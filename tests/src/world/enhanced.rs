//! An RTMP server that takes Enhanced RTMP and says so, as a service that cannot be had here would: what it is asked, it
//! answers with the codecs it was started with, and it keeps what it is sent. Chunks, messages and AMF0 are
//! `rml_rtmp`'s, another reading of the protocol than the publisher's own.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::messages::{MessagePayload, RtmpMessage};
use rml_rtmp::rml_amf0::Amf0Value;
use rml_rtmp::time::RtmpTimestamp;

/// How long a read waits before it looks whether all is over.
const LOOK: Duration = Duration::from_millis(100);

/// How the server says what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// As servers of the first version do.
    List(&'static [&'static str]),
    /// As those of the second do: each can be decoded.
    Map(&'static [&'static str]),
    /// It knows nothing of Enhanced RTMP.
    Nothing,
}

/// A media message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// Milliseconds on the connection's clock.
    pub at_ms: u32,
    /// An FLV tag without its head.
    pub body: Vec<u8>,
}

/// One publisher's connection.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Its `fourCcList`.
    pub listed: Vec<String>,
    /// The names in its `videoFourCcInfoMap`.
    pub mapped: Vec<String>,
    /// `videocodecid` of its `onMetaData`.
    pub codec_id: Option<f64>,
    /// Its pictures and what they are decoded with.
    pub video: Vec<Came>,
    /// Messages with sound.
    pub sounds: usize,
    /// Whether it said that its stream is over.
    pub is_over: bool,
}

/// The server; it ends with its owner.
#[derive(Debug)]
pub struct EnhancedServer {
    port: u16,
    published: Arc<Mutex<Vec<Published>>>,
    is_over: Arc<AtomicBool>,
    listens: Option<JoinHandle<()>>,
}

impl EnhancedServer {
    /// Starts it on loopback.
    pub fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let published: Arc<Mutex<Vec<Published>>> = Arc::default();
        let is_over: Arc<AtomicBool> = Arc::default();
        let (all, over) = (published.clone(), is_over.clone());
        let listens = std::thread::spawn(move || {
            let mut guests = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (all, over) = (all.clone(), over.clone());
                guests.push(std::thread::spawn(move || {
                    // One that hangs up in the middle is no trouble of the server's.
                    let _ended = Guest::serve(stream.unwrap(), says, &all, &over);
                }));
            }
            for guest in guests {
                guest.join().unwrap();
            }
        });
        Self {
            port,
            published,
            is_over,
            listens: Some(listens),
        }
    }

    /// Where to publish.
    pub fn url(&self) -> String {
        format!("rtmp://127.0.0.1:{}/live", self.port)
    }

    /// Every connection that published, first one first.
    pub fn published(&self) -> Vec<Published> {
        self.published.lock().unwrap().clone()
    }
}

impl Drop for EnhancedServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever waits for a connection.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(listens) = self.listens.take() {
            let ended = listens.join();
            if !std::thread::panicking() {
                ended.unwrap();
            }
        }
    }
}

/// A publisher that is served.
struct Guest<'a> {
    stream: TcpStream,
    says: Says,
    reader: ChunkDeserializer,
    writer: ChunkSerializer,
    all: &'a Mutex<Vec<Published>>,
    /// Its place among all.
    place: usize,
}

impl Guest<'_> {
    fn serve(
        mut stream: TcpStream,
        says: Says,
        all: &Mutex<Vec<Published>>,
        over: &AtomicBool,
    ) -> std::io::Result<()> {
        stream.set_read_timeout(Some(LOOK))?;
        let mut handshake = Handshake::new(PeerType::Server);
        let mut came = Vec::new();
        let mut is_greeted = false;
        let mut buffer = vec![0; 64 * 1024];
        let mut guest: Option<Guest<'_>> = None;
        while !over.load(Ordering::SeqCst) {
            let count = match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            came.clear();
            came.extend_from_slice(&buffer[..count]);
            if !is_greeted {
                let (reply, rest) = match handshake.process_bytes(&came).unwrap() {
                    HandshakeProcessResult::InProgress { response_bytes } => (response_bytes, None),
                    HandshakeProcessResult::Completed {
                        response_bytes,
                        remaining_bytes,
                    } => (response_bytes, Some(remaining_bytes)),
                };
                stream.write_all(&reply)?;
                let Some(rest) = rest else { continue };
                is_greeted = true;
                came = rest;
                let mut all_now = all.lock().unwrap();
                all_now.push(Published::default());
                guest = Some(Guest {
                    stream: stream.try_clone()?,
                    says,
                    reader: ChunkDeserializer::new(),
                    writer: ChunkSerializer::new(),
                    all,
                    place: all_now.len() - 1,
                });
            }
            if let Some(guest) = &mut guest {
                guest.hear(&came)?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut bytes = bytes;
        while let Some(payload) = self.reader.get_next_message(bytes).unwrap() {
            bytes = &[];
            self.message(&payload)?;
        }
        Ok(())
    }

    fn note(&self, change: impl FnOnce(&mut Published)) {
        change(&mut self.all.lock().unwrap()[self.place]);
    }

    fn message(&mut self, payload: &MessagePayload) -> std::io::Result<()> {
        match payload.to_rtmp_message().unwrap() {
            RtmpMessage::SetChunkSize { size } => {
                self.reader.set_max_chunk_size(size as usize).unwrap();
            }
            RtmpMessage::VideoData { data } => {
                let came = Came {
                    at_ms: payload.timestamp.value,
                    body: data.to_vec(),
                };
                self.note(|published| published.video.push(came));
            }
            RtmpMessage::AudioData { .. } => self.note(|published| published.sounds += 1),
            RtmpMessage::Amf0Data { values } => {
                let id = values.into_iter().find_map(|value| match value {
                    Amf0Value::Object(mut entries) => entries.remove("videocodecid")?.get_number(),
                    _ => None,
                });
                self.note(|published| published.codec_id = id.or(published.codec_id));
            }
            RtmpMessage::Amf0Command {
                command_name,
                transaction_id,
                command_object,
                ..
            } => self.command(&command_name, transaction_id, command_object)?,
            _ => {}
        }
        Ok(())
    }

    fn command(&mut self, name: &str, transaction: f64, object: Amf0Value) -> std::io::Result<()> {
        match name {
            "connect" => {
                self.note_asked(object);
                let mut properties = HashMap::new();
                properties.insert("fmsVer".to_owned(), text("FMS/3,0,1,123"));
                properties.extend(self.answer());
                let mut info = HashMap::new();
                info.insert("level".to_owned(), text("status"));
                info.insert("code".to_owned(), text("NetConnection.Connect.Success"));
                self.reply(
                    transaction,
                    Amf0Value::Object(properties),
                    Amf0Value::Object(info),
                )
            }
            "createStream" => self.reply(transaction, Amf0Value::Null, Amf0Value::Number(1.0)),
            "publish" => {
                let mut info = HashMap::new();
                info.insert("level".to_owned(), text("status"));
                info.insert("code".to_owned(), text("NetStream.Publish.Start"));
                self.send("onStatus", 0.0, Amf0Value::Null, Amf0Value::Object(info))
            }
            "deleteStream" => {
                self.note(|published| published.is_over = true);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn note_asked(&self, object: Amf0Value) {
        let Amf0Value::Object(mut entries) = object else {
            return;
        };
        let listed = match entries.remove("fourCcList") {
            Some(Amf0Value::StrictArray(names)) => names
                .into_iter()
                .filter_map(Amf0Value::get_string)
                .collect(),
            _ => Vec::new(),
        };
        let mapped = match entries.remove("videoFourCcInfoMap") {
            Some(Amf0Value::Object(names)) => names.into_keys().collect(),
            _ => Vec::new(),
        };
        self.note(|published| (published.listed, published.mapped) = (listed, mapped));
    }

    fn answer(&self) -> Option<(String, Amf0Value)> {
        match self.says {
            Says::Nothing => None,
            Says::List(names) => {
                let names = names.iter().map(|name| text(name)).collect();
                Some(("fourCcList".to_owned(), Amf0Value::StrictArray(names)))
            }
            Says::Map(names) => {
                let names = names
                    .iter()
                    .map(|name| ((*name).to_owned(), Amf0Value::Number(1.0)));
                let map = Amf0Value::Object(names.collect());
                Some(("videoFourCcInfoMap".to_owned(), map))
            }
        }
    }

    fn reply(&mut self, id: f64, object: Amf0Value, more: Amf0Value) -> std::io::Result<()> {
        self.send("_result", id, object, more)
    }

    fn send(
        &mut self,
        name: &str,
        transaction_id: f64,
        command_object: Amf0Value,
        more: Amf0Value,
    ) -> std::io::Result<()> {
        let message = RtmpMessage::Amf0Command {
            command_name: name.to_owned(),
            transaction_id,
            command_object,
            additional_arguments: vec![more],
        };
        let payload = message
            .into_message_payload(RtmpTimestamp::new(0), 0)
            .unwrap();
        let packet = self.writer.serialize(&payload, false, false).unwrap();
        self.stream.write_all(&packet.bytes)
    }
}

fn text(value: &str) -> Amf0Value {
    Amf0Value::Utf8String(value.to_owned())
}
