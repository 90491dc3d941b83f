//! Webhooks on their way from the relay to the studio: their kinds, which headers are kept of them, and the frames that the
//! relay and the studio exchange. Pure: whoever has a socket or a store calls this.
//!
//! # On the socket
//!
//! The studio opens a WebSocket to `/studio/v1/ROOM` with its key as bearer token. Every message is binary: the length of a
//! head (4 bytes, big-endian), the head as JSON, and behind it a webhook's body as it came. The relay says [`ToStudio`], the
//! studio [`ToRelay`]. Each [`Lane`] is in order and counted for itself; what the studio has taken it says with the number
//! of the last one, and what it has not said so of comes again over the next connection.
//!
//! # The team's door
//!
//! For its team the studio opens another WebSocket, to `/door/v1/ROOM`, with the same key: so neither waits for the other.
//! Its binary messages are pieces of one stream of bytes, which is HTTP/2: the relay is its client and opens a stream
//! (`CONNECT`) for each request of a phone, the studio serves each as it serves a connection of its own network. Which
//! address the phone has is said in [`FROM_HEADER`].

mod frame;
#[cfg(test)]
mod fuzz_tests;
mod hook;
mod kind;

pub use frame::{ToRelay, ToStudio};
pub use hook::Hook;
pub use kind::{Kind, Lane};

/// Largest body of a webhook, in bytes; an order with a hundred lines has some 100 KB.
pub const BODY_BYTES: usize = 512 * 1024;
/// Most that is kept of a webhook's headers, in bytes, names included.
pub const HEADERS_BYTES: usize = 8 * 1024;
/// Largest head of a frame, in bytes: the headers, escaped at their longest.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Largest frame, in bytes.
pub const FRAME_BYTES: usize = 4 + HEAD_BYTES + BODY_BYTES;
/// Webhooks of one lane that are on their way to a studio at a time: some may have to wait there, for a keychain that somebody
/// has to unlock, and others go on behind them.
pub const ON_THE_WAY: usize = 1_024;
/// Their bodies together, in bytes; one more is sent while they are below that.
pub const ON_THE_WAY_BYTES: usize = 8 * 1024 * 1024;
/// Path of the studio's WebSocket; the room follows.
pub const STUDIO_PATH: &str = "/studio/v1/";
/// Path of webhooks; `ROOM/KIND` follows.
pub const HOOK_PATH: &str = "/hook/";

/// Path of the studio's WebSocket for its team; the room follows.
pub const DOOR_PATH: &str = "/door/v1/";
/// Path of the team's pages; `ROOM/` follows, and behind it what the studio itself serves.
pub const TEAM_PATH: &str = "/team/";
/// Header of a stream of the team's door: the phone's IP address.
pub const FROM_HEADER: &str = "stallcast-from";
/// Streams of one team's door at a time: some thirty phones with a page, a preview and pictures on their way.
pub const DOOR_STREAMS: u16 = 160;
/// Bytes of one stream that are on their way before some of them are taken.
pub const DOOR_WINDOW: u32 = 128 * 1024;
/// Largest message of the team's door, in bytes.
pub const DOOR_PIECE: usize = 32 * 1024;

/// Characters of a room's id.
const ROOM_CHARS: usize = 20;

/// Whether this can be a room's id: 20 of `a-z` and `2-7`, which is 100 bits and so not to be guessed.
pub fn is_room(id: &str) -> bool {
    id.len() == ROOM_CHARS && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_s_id_is_no_path_and_no_subject() {
        assert!(is_room("abcdefghij234567abcd"));
        for bad in [
            "",
            "abc",
            "abcdefghij234567abc/",
            "abcdefghij234567abc.",
            "abcdefghij234567abc*",
            "ABCDEFGHIJ234567ABCD",
            "abcdefghij234567abcde",
        ] {
            assert!(!is_room(bad), "{bad}");
        }
    }
}
