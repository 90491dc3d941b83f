//! rtmp owns the protocol, without sockets: handshake, chunks, commands, FLV bodies.
//!
//! The handshake is `rml_rtmp`'s. Its chunk reader, AMF0 reader and client session are not used:
//! version 0.8 panics on commands with fewer than three values, keeps one payload buffer for all
//! chunk streams (interleaved messages underflow), recurses without limit in AMF0, ends the
//! session on user control events it does not know, and its client sends neither `FCPublish` nor
//! `FCUnpublish`, which some ingests want. A server must not be able to do any of that to us.
//! The tests use `rml_rtmp`'s server side as an independent judge of what is written here.

mod amf0;
mod chunk_reader;
mod chunk_writer;
mod enhanced;
pub(crate) mod flv;
pub(crate) mod greeting;
pub(crate) mod host;
pub(crate) mod session;
pub mod tag;

/// Why the other side's bytes cannot be followed. The connection is over then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// A compressed header without a full one before it, or too many chunk streams.
    #[error("chunk header out of place")]
    ChunkHeader,
    /// A message or chunk size that nobody needs.
    #[error("size out of bounds")]
    Size,
    /// A command that is not AMF0, or nests absurdly.
    #[error("malformed command")]
    Command,
    /// Media before publishing was allowed.
    #[error("media without permission")]
    Uninvited,
}

/// RTMP message type ids (Adobe RTMP specification 1.0, sections 5.4 and 7.1).
mod kind {
    pub const SET_CHUNK_SIZE: u8 = 1;
    pub const ABORT: u8 = 2;
    pub const ACKNOWLEDGEMENT: u8 = 3;
    pub const USER_CONTROL: u8 = 4;
    pub const WINDOW_ACK_SIZE: u8 = 5;
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    pub const AUDIO: u8 = 8;
    pub const VIDEO: u8 = 9;
    pub const COMMAND_AMF3: u8 = 17;
    pub const DATA_AMF0: u8 = 18;
    pub const COMMAND_AMF0: u8 = 20;
}
