//! chunk_reader owns putting the other side's chunks together again, within bounds.

use std::collections::HashMap;

use bytes::{Buf, BytesMut};

use super::Violation;
use super::kind;

/// How much is taken from the other side before it is not believed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Largest message, bytes.
    pub message: usize,
    /// Most bytes of messages that are not complete yet, of all chunk streams together.
    pub unfinished: usize,
    /// Most chunk streams. Both sides use two to five.
    pub lanes: usize,
}

impl Limits {
    /// Without media: status commands of some hundred bytes.
    pub const COMMANDS: Self = Self {
        message: 64 * 1024,
        unfinished: 256 * 1024,
        lanes: 64,
    };
    /// From a publisher: a keyframe of 4K at 50 Mbit/s is below 2 MB.
    pub const MEDIA: Self = Self {
        message: 4 * 1024 * 1024,
        unfinished: 6 * 1024 * 1024,
        lanes: 64,
    };
}

const INITIAL_CHUNK_SIZE: usize = 128;
const EXTENDED: u32 = 0x00FF_FFFF;

/// A complete message. Its message stream says nothing: one publisher has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub kind: u8,
    /// Milliseconds, 32 bits, wrapping.
    pub timestamp: u32,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct LaneState {
    kind: u8,
    length: usize,
    extended: bool,
    timestamp: u32,
    /// Added for the next message that says no time: the last difference, or after a full header
    /// its time (specification 5.3.1.2.4).
    step: u32,
    body: Vec<u8>,
}

pub(super) struct ChunkReader {
    buffer: BytesMut,
    limits: Limits,
    chunk_size: usize,
    lanes: HashMap<u32, LaneState>,
}

impl ChunkReader {
    pub fn new() -> Self {
        Self {
            buffer: BytesMut::new(),
            limits: Limits::COMMANDS,
            chunk_size: INITIAL_CHUNK_SIZE,
            lanes: HashMap::new(),
        }
    }

    /// From the next chunk on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete message, `None` when more bytes are needed. Chunk size and abort
    /// messages are obeyed here, since they change how the following bytes are read.
    pub fn next(&mut self) -> Result<Option<Incoming>, Violation> {
        while let Some(step) = self.chunk()? {
            let Some(message) = step else { continue };
            match (message.kind, be_u32(&message.body)) {
                (kind::SET_CHUNK_SIZE, Some(size)) => {
                    self.chunk_size = usize::try_from(size & 0x7FFF_FFFF)
                        .ok()
                        .filter(|size| *size > 0)
                        .ok_or(Violation::Size)?;
                }
                (kind::ABORT, Some(lane)) => {
                    if let Some(state) = self.lanes.get_mut(&lane) {
                        state.body.clear();
                    }
                }
                _ => return Ok(Some(message)),
            }
        }
        Ok(None)
    }

    /// One chunk: `None` = not all of it is here, `Some(None)` = its message goes on.
    fn chunk(&mut self) -> Result<Option<Option<Incoming>>, Violation> {
        let mut head = Head {
            rest: &self.buffer,
            taken: 0,
        };
        let Some((format, lane_id)) = head.basic() else {
            return Ok(None);
        };
        let known = self.lanes.get(&lane_id);
        if known.is_none() && (format != 0 || self.lanes.len() >= self.limits.lanes) {
            return Err(Violation::ChunkHeader);
        }
        let (mut kind, mut length, mut extended) =
            known.map_or((0, 0, false), |s| (s.kind, s.length, s.extended));
        let mut said = None;
        if format < 3 {
            let Some(time) = head.u24() else {
                return Ok(None);
            };
            extended = time == EXTENDED;
            said = Some(time);
        }
        if format < 2 {
            let (Some(size), Some(id)) = (head.u24(), head.bytes(1)) else {
                return Ok(None);
            };
            length = size as usize;
            kind = id[0];
        }
        if head.bytes(if format == 0 { 4 } else { 0 }).is_none() {
            return Ok(None);
        }
        if extended {
            let Some(time) = head.bytes(4).and_then(be_u32) else {
                return Ok(None);
            };
            said = said.map(|_| time);
        }
        let others = self.lanes.iter().filter(|(id, _)| **id != lane_id);
        let unfinished: usize = others.map(|(_, state)| state.body.len()).sum();
        if length > self.limits.message || unfinished + length > self.limits.unfinished {
            return Err(Violation::Size);
        }
        let (mut timestamp, mut step) = known.map_or((0, 0), |s| (s.timestamp, s.step));
        let begins = format < 3 || known.is_none_or(|s| s.body.is_empty());
        match said {
            Some(time) if format == 0 => (timestamp, step) = (time, time),
            Some(time) => (timestamp, step) = (timestamp.wrapping_add(time), time),
            None if begins => timestamp = timestamp.wrapping_add(step),
            None => {}
        }
        let done = known.map_or(0, |s| s.body.len());
        // A new header inside an unfinished message begins the message anew.
        let done = if format < 3 || done > length { 0 } else { done };
        let wanted = (length - done).min(self.chunk_size);
        let Some(payload) = head.bytes(wanted) else {
            return Ok(None);
        };
        let payload = payload.to_vec();
        let taken = head.taken;
        self.buffer.advance(taken);
        let state = self.lanes.entry(lane_id).or_default();
        (state.kind, state.length, state.extended) = (kind, length, extended);
        (state.timestamp, state.step) = (timestamp, step);
        state.body.truncate(done);
        state.body.extend_from_slice(&payload);
        if state.body.len() < length {
            return Ok(Some(None));
        }
        let body = std::mem::take(&mut state.body);
        Ok(Some(Some(Incoming {
            kind,
            timestamp,
            body,
        })))
    }
}

struct Head<'a> {
    rest: &'a [u8],
    taken: usize,
}

impl<'a> Head<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        self.taken += count;
        Some(head)
    }

    fn u24(&mut self) -> Option<u32> {
        self.bytes(3)
            .map(|b| u32::from_be_bytes([0, b[0], b[1], b[2]]))
    }

    /// Header format and chunk stream id in its three lengths (specification 5.3.1.1).
    fn basic(&mut self) -> Option<(u8, u32)> {
        let first = self.bytes(1)?[0];
        let lane = match first & 0x3F {
            0 => 64 + u32::from(self.bytes(1)?[0]),
            1 => {
                let b = self.bytes(2)?;
                64 + u32::from(b[0]) + 256 * u32::from(b[1])
            }
            id => u32::from(id),
        };
        Some((first >> 6, lane))
    }
}

/// The first four bytes of a control message as a number.
pub(super) fn be_u32(body: &[u8]) -> Option<u32> {
    body.first_chunk().map(|b| u32::from_be_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rml_rtmp::chunk_io::ChunkSerializer;
    use rml_rtmp::messages::MessagePayload;
    use rml_rtmp::time::RtmpTimestamp;

    fn drain(reader: &mut ChunkReader) -> Vec<Incoming> {
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn what_another_implementation_writes_is_read_in_any_slices(
            messages in prop::collection::vec((3u8..30, prop::collection::vec(any::<u8>(), 1..700), any::<u32>()), 1..10),
            slice in 1usize..400,
        ) {
            let mut serializer = ChunkSerializer::new();
            let mut wire = Vec::new();
            for (type_id, data, timestamp) in &messages {
                let payload = MessagePayload {
                    timestamp: RtmpTimestamp::new(*timestamp),
                    type_id: *type_id,
                    message_stream_id: 1,
                    data: data.clone().into(),
                };
                // Droppable makes each header full: its compressed ones mis-state time steps back.
                wire.extend(serializer.serialize(&payload, false, true).unwrap().bytes);
            }
            let mut reader = ChunkReader::new();
            let mut read = Vec::new();
            for part in wire.chunks(slice) {
                reader.feed(part);
                read.extend(drain(&mut reader));
            }
            let sent: Vec<Incoming> = messages.into_iter().map(|(kind, body, timestamp)| Incoming { kind, timestamp, body }).collect();
            prop_assert_eq!(read, sent);
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_little_is_kept(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut reader = ChunkReader::new();
            reader.feed(&bytes);
            while let Ok(Some(message)) = reader.next() {
                prop_assert!(message.body.len() <= Limits::COMMANDS.message);
            }
        }
    }

    #[test]
    fn messages_of_two_chunk_streams_may_interleave() {
        let mut reader = ChunkReader::new();
        let head = |lane: u8| [lane, 0, 0, 0, 0, 0, 200, 20, 0, 0, 0, 0];
        for (lane, fill) in [(3u8, 1u8), (4, 2)] {
            reader.feed(&head(lane));
            reader.feed(&[fill; 128]);
        }
        for (lane, fill) in [(3u8, 1u8), (4, 2)] {
            reader.feed(&[0xC0 | lane]);
            reader.feed(&[fill; 72]);
        }
        let read = drain(&mut reader);
        assert_eq!(read.len(), 2);
        assert_eq!(
            (&read[0].body, &read[1].body),
            (&vec![1; 200], &vec![2; 200])
        );
    }

    #[test]
    fn times_are_read_from_full_headers_differences_and_headers_that_say_none() {
        let mut reader = ChunkReader::new();
        // Full header at 1000, a difference of 40, the same again, and twice without a word.
        reader.feed(&[5, 0, 3, 0xE8, 0, 0, 1, 8, 1, 0, 0, 0, 9]);
        reader.feed(&[0x45, 0, 0, 40, 0, 0, 1, 8, 9]);
        reader.feed(&[0x85, 0, 0, 40, 9]);
        reader.feed(&[0xC5, 9, 0xC5, 9]);
        let times: Vec<u32> = drain(&mut reader).iter().map(|m| m.timestamp).collect();
        assert_eq!(times, [1000, 1040, 1080, 1120, 1160]);
        // A time beyond 24 bits stands in a field of its own, in every chunk of the message.
        reader.feed(&[6, 0xFF, 0xFF, 0xFF, 0, 0, 130, 9, 1, 0, 0, 0, 1, 0, 0, 0]);
        reader.feed(&[1; 128]);
        reader.feed(&[0xC6, 1, 0, 0, 0, 1, 1]);
        let read = drain(&mut reader);
        assert_eq!((read[0].timestamp, read[0].body.len()), (1 << 24, 130));
    }

    #[test]
    fn messages_that_never_end_are_refused_when_they_are_too_much_together() {
        let mut reader = ChunkReader::new();
        let limits = Limits {
            message: 400,
            unfinished: 1000,
            lanes: 64,
        };
        reader.set_limits(limits);
        let refused = (3u8..40).find_map(|lane| {
            reader.feed(&[lane, 0, 0, 0, 0, 1, 0x90, 9, 1, 0, 0, 0]);
            reader.feed(&[0; 128]);
            reader.next().err()
        });
        assert_eq!(refused, Some(Violation::Size));
    }

    #[test]
    fn a_message_of_megabytes_is_refused_before_it_is_stored() {
        let mut reader = ChunkReader::new();
        reader.feed(&[3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0]);
        assert_eq!(reader.next(), Err(Violation::Size));
    }
}
