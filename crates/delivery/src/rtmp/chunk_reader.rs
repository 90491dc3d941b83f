//! chunk_reader owns putting the server's chunks together again, within bounds.

use std::collections::HashMap;

use bytes::{Buf, BytesMut};

use super::Violation;
use super::kind;

/// Largest message taken from a server. Towards a publisher they are status commands of some
/// hundred bytes.
const MAX_MESSAGE: usize = 64 * 1024;
/// Most chunk streams kept. Servers use two or three.
const MAX_LANES: usize = 64;
const INITIAL_CHUNK_SIZE: usize = 128;
const EXTENDED: u32 = 0x00FF_FFFF;

/// A complete message from the server. Its time and stream say nothing to a publisher.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub kind: u8,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct LaneState {
    kind: u8,
    length: usize,
    extended: bool,
    body: Vec<u8>,
}

pub(super) struct ChunkReader {
    buffer: BytesMut,
    chunk_size: usize,
    lanes: HashMap<u32, LaneState>,
}

impl ChunkReader {
    pub fn new() -> Self {
        Self {
            buffer: BytesMut::new(),
            chunk_size: INITIAL_CHUNK_SIZE,
            lanes: HashMap::new(),
        }
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
        if known.is_none() && (format != 0 || self.lanes.len() >= MAX_LANES) {
            return Err(Violation::ChunkHeader);
        }
        let (mut kind, mut length, mut extended) =
            known.map_or((0, 0, false), |s| (s.kind, s.length, s.extended));
        if format < 3 {
            let Some(time) = head.u24() else {
                return Ok(None);
            };
            extended = time == EXTENDED;
        }
        if format < 2 {
            let (Some(size), Some(id)) = (head.u24(), head.bytes(1)) else {
                return Ok(None);
            };
            length = size as usize;
            kind = id[0];
        }
        let stream_id = if format == 0 { 4 } else { 0 };
        let after = stream_id + if extended { 4 } else { 0 };
        if head.bytes(after).is_none() {
            return Ok(None);
        }
        if length > MAX_MESSAGE {
            return Err(Violation::Size);
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
        state.body.truncate(done);
        state.body.extend_from_slice(&payload);
        if state.body.len() < length {
            return Ok(Some(None));
        }
        let body = std::mem::take(&mut state.body);
        Ok(Some(Some(Incoming { kind, body })))
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
            let sent: Vec<Incoming> = messages.into_iter().map(|(kind, body, _)| Incoming { kind, body }).collect();
            prop_assert_eq!(read, sent);
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_little_is_kept(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut reader = ChunkReader::new();
            reader.feed(&bytes);
            while let Ok(Some(message)) = reader.next() {
                prop_assert!(message.body.len() <= MAX_MESSAGE);
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
    fn a_message_of_megabytes_is_refused_before_it_is_stored() {
        let mut reader = ChunkReader::new();
        reader.feed(&[3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0]);
        assert_eq!(reader.next(), Err(Violation::Size));
    }
}
