//! chunk_writer owns RTMP chunking towards the server.
//!
//! Headers are full (type 0) first and then carry a time difference (type 1). The two shorter
//! forms for new messages save at most 7 bytes each and are read differently by servers after a
//! full header, so they are left out.

use std::collections::HashMap;

use bytes::{BufMut, BytesMut};

/// Chunk payload size announced to the server. 4096 is what encoders commonly use: about 0.03 %
/// of header, and every ingest has seen it.
pub(super) const CHUNK_SIZE: usize = 4096;
/// Size before anything was announced (specification 5.4.1).
const INITIAL_CHUNK_SIZE: usize = 128;
/// From here on a time needs the extended field (specification 5.3.1.3).
const EXTENDED: u32 = 0x00FF_FFFF;

/// Which chunk stream a message travels on: one per kind, so that times differ little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Lane {
    Control = 2,
    Command = 3,
    Data = 4,
    Audio = 5,
    Video = 6,
}

/// A message to be written.
pub(super) struct Outgoing<'a> {
    pub lane: Lane,
    pub kind: u8,
    pub stream_id: u32,
    /// Milliseconds, 32 bits, wrapping.
    pub timestamp: u32,
    /// Written one after the other: a tag header of ours, then the packet, uncopied.
    pub parts: [&'a [u8]; 2],
}

pub(super) struct ChunkWriter {
    chunk_size: usize,
    /// Last stream id and timestamp per lane.
    last: HashMap<Lane, (u32, u32)>,
}

impl ChunkWriter {
    pub fn new() -> Self {
        Self {
            chunk_size: INITIAL_CHUNK_SIZE,
            last: HashMap::new(),
        }
    }

    /// From the next message on; the announcement itself goes out before this.
    pub fn use_large_chunks(&mut self) {
        self.chunk_size = CHUNK_SIZE;
    }

    pub fn write(&mut self, out: &mut BytesMut, message: &Outgoing<'_>) {
        let length: usize = message.parts.iter().map(|p| p.len()).sum();
        out.reserve(length + 18 + (length / self.chunk_size + 1) * 5);
        let previous = self
            .last
            .insert(message.lane, (message.stream_id, message.timestamp));
        let step = previous
            .filter(|(stream_id, _)| *stream_id == message.stream_id)
            .map(|(_, last)| message.timestamp.wrapping_sub(last))
            // Half the range and more is a step back, which only a full header can say.
            .filter(|step| *step < 1 << 31);
        let (format, time) = match step {
            Some(step) => (1u8, step),
            None => (0u8, message.timestamp),
        };
        out.put_u8(format << 6 | message.lane as u8);
        put_u24(out, time.min(EXTENDED));
        put_u24(out, length as u32);
        out.put_u8(message.kind);
        if format == 0 {
            out.put_u32_le(message.stream_id);
        }
        if time >= EXTENDED {
            out.put_u32(time);
        }
        let mut room = self.chunk_size;
        for part in message.parts {
            let mut rest = part;
            while !rest.is_empty() {
                if room == 0 {
                    out.put_u8(3 << 6 | message.lane as u8);
                    if time >= EXTENDED {
                        out.put_u32(time);
                    }
                    room = self.chunk_size;
                }
                let (now, later) = rest.split_at(rest.len().min(room));
                out.put_slice(now);
                room -= now.len();
                rest = later;
            }
        }
    }
}

fn put_u24(out: &mut BytesMut, value: u32) {
    out.put_slice(&value.to_be_bytes()[1..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rml_rtmp::chunk_io::ChunkDeserializer;

    proptest! {
        /// An independent reader gets every byte and every time back.
        #[test]
        fn another_implementation_reads_what_is_written(
            messages in prop::collection::vec((0usize..20_000, 0usize..10, 0u32..3, any::<bool>()), 1..20),
            start in prop_oneof![Just(0u32), Just(0x00FF_FFF0u32), Just(u32::MAX - 50)],
        ) {
            let mut writer = ChunkWriter::new();
            writer.use_large_chunks();
            let mut reader = ChunkDeserializer::new();
            reader.set_max_chunk_size(CHUNK_SIZE).unwrap();
            let mut timestamp = start;
            for (length, head, step, video) in messages {
                timestamp = timestamp.wrapping_add(step * 40);
                let body: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
                let head = vec![7u8; head + 1];
                let mut out = BytesMut::new();
                writer.write(&mut out, &Outgoing {
                    lane: if video { Lane::Video } else { Lane::Audio },
                    kind: if video { 9 } else { 8 },
                    stream_id: 1,
                    timestamp,
                    parts: [&head, &body],
                });
                let message = reader.get_next_message(&out).unwrap().unwrap();
                prop_assert_eq!(message.timestamp.value, timestamp);
                prop_assert_eq!(&message.data[..head.len()], &head[..]);
                prop_assert_eq!(&message.data[head.len()..], &body[..]);
                prop_assert_eq!(message.message_stream_id, 1);
            }
        }
    }
}
