//! The two encodings, as agreed on by the WebSocket's subprotocol: JSON as text, msgpack as binary. Without one it is
//! JSON.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::Close;

/// Longest message that is read, bytes. A batch for every input of a large show has some 100 kB.
pub const MESSAGE_MAX_BYTES: usize = 1 << 20;
/// How deep a message may be nested; serde_json has a bound of 128 of its own.
const DEPTH_MAX: usize = 64;
/// The subprotocols a server offers.
pub const PROTOCOLS: [&str; 2] = ["obswebsocket.json", "obswebsocket.msgpack"];

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As text.
    Json,
    /// As binary.
    MsgPack,
}

/// A message as it crosses the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// JSON.
    Text(String),
    /// msgpack.
    Binary(Vec<u8>),
}

impl Encoding {
    /// That of the subprotocol agreed on.
    pub fn of(protocol: Option<&str>) -> Self {
        match protocol {
            Some("obswebsocket.msgpack") => Self::MsgPack,
            _ => Self::Json,
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When it is of the other kind, longer than [`MESSAGE_MAX_BYTES`], nested too deep or broken.
    pub fn read(self, frame: &Frame) -> Result<Value, Close> {
        match (self, frame) {
            (Self::Json, Frame::Text(text)) if text.len() <= MESSAGE_MAX_BYTES => {
                serde_json::from_str(text).map_err(|_| Close::UNREADABLE)
            }
            (Self::MsgPack, Frame::Binary(bytes)) if bytes.len() <= MESSAGE_MAX_BYTES => {
                let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
                reader.set_max_depth(DEPTH_MAX);
                let value = Value::deserialize(&mut reader).map_err(|_| Close::UNREADABLE)?;
                // Nothing may follow.
                let rest = IgnoredAny::deserialize(&mut reader);
                rest.is_err().then_some(value).ok_or(Close::UNREADABLE)
            }
            (Self::Json, Frame::Text(_)) | (Self::MsgPack, Frame::Binary(_)) => {
                Err(Close::UNREADABLE)
            }
            _ => Err(Close::WRONG_FRAME),
        }
    }

    /// Writes a message; `None` only when it cannot be written at all.
    pub fn write(self, message: &Value) -> Option<Frame> {
        match self {
            Self::Json => serde_json::to_string(message).ok().map(Frame::Text),
            Self::MsgPack => rmp_serde::to_vec(message).ok().map(Frame::Binary),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_encodings_give_back_what_was_written() {
        let message = json!({"op": 6, "d": {"requestType": "GetVersion", "requestId": 7, "x": [null, true, -1, 1.5, "果"]}});
        for encoding in [Encoding::Json, Encoding::MsgPack] {
            let frame = encoding.write(&message).unwrap();
            assert_eq!(encoding.read(&frame), Ok(message.clone()));
        }
        assert_eq!(
            Encoding::MsgPack.read(&Frame::Text("{}".into())),
            Err(Close::WRONG_FRAME)
        );
        assert_eq!(
            Encoding::Json.read(&Frame::Binary(vec![0x80])),
            Err(Close::WRONG_FRAME)
        );
    }

    #[test]
    fn what_is_too_deep_too_long_or_promises_more_than_there_is_ends_as_an_error() {
        let deep = Frame::Binary([vec![0x91; 100_000], vec![0xc0]].concat());
        assert_eq!(Encoding::MsgPack.read(&deep), Err(Close::UNREADABLE));
        let deep = Frame::Text("[".repeat(100_000));
        assert_eq!(Encoding::Json.read(&deep), Err(Close::UNREADABLE));
        // A list and a text of four thousand million.
        for promise in [0xdd, 0xdf, 0xdb, 0xc6] {
            let frame = Frame::Binary(vec![promise, 0xff, 0xff, 0xff, 0xff, 0x01]);
            assert_eq!(Encoding::MsgPack.read(&frame), Err(Close::UNREADABLE));
        }
        let long = Frame::Text(format!("\"{}\"", "x".repeat(MESSAGE_MAX_BYTES)));
        assert_eq!(Encoding::Json.read(&long), Err(Close::UNREADABLE));
        let two = Frame::Binary(vec![0x80, 0x01]);
        assert_eq!(Encoding::MsgPack.read(&two), Err(Close::UNREADABLE));
    }
}
