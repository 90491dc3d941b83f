//! Owns the packets of Bilibili's chat servers: a header of 16 bytes, big-endian (`u32` length, `u16` header length,
//! `u16` version, `u32` operation, `u32` sequence), and a body that may be packets again, packed.

use std::io::Read;

/// Length of the header that is written, and the least that is read.
const HEADER_BYTES: usize = 16;
/// The most that the packed bodies of one frame may unpack to. A busy room's frame has some tens of kilobytes.
pub(super) const UNPACKED_BYTES: usize = 4 * 1024 * 1024;
/// Packed packets hold plain ones; one level more is borne, an endless nest is not.
const DEPTH: u8 = 2;

/// Operations that matter here.
pub(super) mod operation {
    pub(in super::super) const HEARTBEAT: u32 = 2;
    pub(in super::super) const HEARTBEAT_REPLY: u32 = 3;
    pub(in super::super) const MESSAGE: u32 = 5;
    pub(in super::super) const AUTH: u32 = 7;
    pub(in super::super) const AUTH_REPLY: u32 = 8;
}

/// Body versions: 0 and 1 are plain.
const ZLIB: u16 = 2;
const BROTLI: u16 = 3;

/// A packet, unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) operation: u32,
    pub(super) body: Vec<u8>,
}

/// What cannot be read. What came before it in the frame was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("a header that does not fit")]
    Header,
    #[error("a body that cannot be unpacked")]
    Packing,
    #[error("unpacks to too much")]
    TooMuch,
}

/// A packet to send.
pub(super) fn write(operation: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
    let mut packet = Vec::with_capacity(HEADER_BYTES + body.len());
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&16_u16.to_be_bytes());
    // Plain JSON.
    packet.extend_from_slice(&1_u16.to_be_bytes());
    packet.extend_from_slice(&operation.to_be_bytes());
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

/// All packets of a frame, and what could not be read of it.
pub(super) fn read(frame: &[u8]) -> (Vec<Packet>, Option<Broken>) {
    let mut packets = Vec::new();
    let mut room = UNPACKED_BYTES;
    let broken = take(frame, DEPTH, &mut room, &mut packets).err();
    (packets, broken)
}

fn take(
    mut bytes: &[u8],
    depth: u8,
    room: &mut usize,
    packets: &mut Vec<Packet>,
) -> Result<(), Broken> {
    while !bytes.is_empty() {
        let head = bytes.first_chunk::<HEADER_BYTES>().ok_or(Broken::Header)?;
        let [l0, l1, l2, l3, h0, h1, v0, v1, o0, o1, o2, o3, ..] = *head;
        let length = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        let header = usize::from(u16::from_be_bytes([h0, h1]));
        let version = u16::from_be_bytes([v0, v1]);
        let operation = u32::from_be_bytes([o0, o1, o2, o3]);
        if header < HEADER_BYTES || length < header || length > bytes.len() {
            return Err(Broken::Header);
        }
        let (packet, rest) = bytes.split_at(length);
        let body = packet.get(header..).unwrap_or_default();
        match version {
            ZLIB | BROTLI if operation == operation::MESSAGE => {
                let depth = depth.checked_sub(1).ok_or(Broken::Packing)?;
                let unpacked = unpack(version, body, *room)?;
                *room -= unpacked.len();
                take(&unpacked, depth, room, packets)?;
            }
            _ => packets.push(Packet {
                operation,
                body: body.to_vec(),
            }),
        }
        // The answer to a heartbeat repeats our body behind its length.
        bytes = if operation == operation::HEARTBEAT_REPLY {
            &[]
        } else {
            rest
        };
    }
    Ok(())
}

fn unpack(version: u16, body: &[u8], room: usize) -> Result<Vec<u8>, Broken> {
    let bound = u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1);
    let mut unpacked = Vec::new();
    let read = if version == ZLIB {
        flate2::read::ZlibDecoder::new(body)
            .take(bound)
            .read_to_end(&mut unpacked)
    } else {
        brotli_decompressor::Decompressor::new(body, 4_096)
            .take(bound)
            .read_to_end(&mut unpacked)
    };
    read.map_err(|_| Broken::Packing)?;
    if unpacked.len() > room {
        return Err(Broken::TooMuch);
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        brotli::CompressorWriter::new(&mut packed, 4_096, 5, 20)
            .write_all(bytes)
            .unwrap();
        packed
    }

    fn packed(version: u16, body: &[u8]) -> Vec<u8> {
        let mut packet = write(operation::MESSAGE, 0, body);
        packet[6..8].copy_from_slice(&version.to_be_bytes());
        packet
    }

    fn message(body: &[u8]) -> Packet {
        Packet {
            operation: operation::MESSAGE,
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_written_header_is_the_one_of_the_documents() {
        let packet = write(operation::AUTH, 1, b"{}");
        let header = [0, 0, 0, 18, 0, 16, 0, 1, 0, 0, 0, 7, 0, 0, 0, 1];
        assert_eq!(packet, [header.as_slice(), b"{}"].concat());
    }

    #[test]
    fn plain_and_packed_packets_of_one_frame_are_read_in_their_order() {
        let two = [
            write(operation::MESSAGE, 0, b"1"),
            write(operation::MESSAGE, 0, b"2"),
        ]
        .concat();
        let frame = [
            write(operation::AUTH_REPLY, 0, b"{\"code\":0}"),
            packed(ZLIB, &zlib(&two)),
            packed(
                BROTLI,
                &brotli(&[two.clone(), packed(ZLIB, &zlib(&two))].concat()),
            ),
            packed(0, b"3"),
        ]
        .concat();
        let (packets, broken) = read(&frame);
        assert_eq!(broken, None);
        let bodies: Vec<_> = packets
            .iter()
            .map(|packet| packet.body.as_slice())
            .collect();
        let expected: [&[u8]; 8] = [b"{\"code\":0}", b"1", b"2", b"1", b"2", b"1", b"2", b"3"];
        assert_eq!(bodies, expected);
    }

    #[test]
    fn the_answer_to_a_heartbeat_repeats_our_body_behind_its_length() {
        let mut frame = write(operation::HEARTBEAT_REPLY, 0, &[0, 0, 1, 0]);
        frame.extend_from_slice(b"[object Object]");
        let (packets, broken) = read(&frame);
        assert_eq!((packets.len(), broken), (1, None));
        assert_eq!(packets[0].body, [0, 0, 1, 0]);
    }

    #[test]
    fn what_is_cut_lies_or_unpacks_to_too_much_ends_the_frame_and_keeps_what_came_before() {
        let good = write(operation::MESSAGE, 0, b"1");
        let bomb = vec![0; UNPACKED_BYTES + 1];
        let mut nested = write(operation::MESSAGE, 0, b"deep");
        for _ in 0..3 {
            nested = packed(ZLIB, &zlib(&nested));
        }
        for (bad, broken) in [
            (good[..10].to_vec(), Broken::Header),
            (good[..16].to_vec(), Broken::Header),
            (vec![0; 16], Broken::Header),
            (vec![0xff; 40], Broken::Header),
            (packed(ZLIB, b"no zlib"), Broken::Packing),
            (packed(BROTLI, b"\xff\xff\xff\xff"), Broken::Packing),
            (packed(ZLIB, &zlib(&bomb)), Broken::TooMuch),
            (packed(BROTLI, &brotli(&bomb)), Broken::TooMuch),
            (nested, Broken::Packing),
        ] {
            let (packets, said) = read(&[good.clone(), bad].concat());
            assert_eq!((packets, said), (vec![message(b"1")], Some(broken)));
        }
    }

    proptest! {
        #[test]
        fn any_frame_is_read_within_its_bounds(
            start in 0..4_u8,
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let mut frame = match start {
                0 => noise,
                1 => write(operation::MESSAGE, 0, &noise),
                2 => packed(ZLIB, &zlib(&write(operation::MESSAGE, 0, &noise))),
                _ => packed(BROTLI, &brotli(&write(operation::MESSAGE, 0, &noise))),
            };
            for (at, byte) in flips {
                if !frame.is_empty() {
                    let at = at.index(frame.len());
                    frame[at] = byte;
                }
            }
            let (packets, _) = read(&frame);
            let total: usize = packets.iter().map(|packet| packet.body.len()).sum();
            prop_assert!(total <= UNPACKED_BYTES + frame.len());
        }
    }
}
