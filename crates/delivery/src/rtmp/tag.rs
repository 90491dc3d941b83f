//! tag owns reading the bodies of a publisher's media messages: FLV tags without their tag header
//! (Adobe Flash Video File Format 10.1, E.4; Veovera's Enhanced RTMP v1 for HEVC).

use bytes::Bytes;

use super::chunk_reader::Incoming;
use super::kind;

/// What a publisher encodes with, as far as it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InboundCodec {
    /// H.264 in length-prefixed units; its configuration is an avcC record.
    H264,
    /// H.265 in length-prefixed units; its configuration is an hvcC record.
    H265,
    /// Raw AAC frames; the configuration is an AudioSpecificConfig.
    Aac,
}

/// One piece of what a publisher sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// How the following frames of this codec are decoded.
    Config {
        /// Which.
        codec: InboundCodec,
        /// The record.
        record: Bytes,
    },
    /// A frame.
    Frame {
        /// Which codec.
        codec: InboundCodec,
        /// Decoding time on the publisher's own clock, ms, 32 bits, wrapping.
        dts_ms: u32,
        /// Presentation minus decoding time, ms.
        composition_ms: i32,
        /// Whether decoding can begin here.
        keyframe: bool,
        /// The frame.
        data: Bytes,
    },
    /// Something in a codec that is not taken.
    Foreign,
}

const AVC: u8 = 7;
/// Not in Adobe's list; what many phone apps and Chinese platforms agreed on for HEVC.
const HEVC: u8 = 12;
const AAC: u8 = 10;
const KEY: u8 = 1;
/// "Video info or command frame": nothing to decode.
const COMMAND: u8 = 5;

/// Reads a message of pictures or sound; `None` when there is nothing to decode in it.
pub(crate) fn read(message: &Incoming) -> Option<Inbound> {
    match message.kind {
        kind::VIDEO => video(message.timestamp, &message.body),
        kind::AUDIO => audio(message.timestamp, &message.body),
        _ => None,
    }
}

/// Reads the body of a video message; `None` when there is nothing to decode in it.
fn video(timestamp: u32, body: &[u8]) -> Option<Inbound> {
    let (&first, rest) = body.split_first()?;
    if first & 0x80 != 0 {
        return enhanced(timestamp, first, rest);
    }
    if first >> 4 == COMMAND {
        return None;
    }
    let codec = match first & 0x0F {
        AVC => InboundCodec::H264,
        HEVC => InboundCodec::H265,
        _ => return Some(Inbound::Foreign),
    };
    let (&[packet, a, b, c], data) = rest.split_first_chunk()?;
    match packet {
        0 => config(codec, data),
        1 => frame(codec, timestamp, signed24([a, b, c]), first >> 4, data),
        _ => None,
    }
}

/// Enhanced RTMP: frame type in bits 4-6, packet type below, then four letters for the codec.
fn enhanced(timestamp: u32, first: u8, rest: &[u8]) -> Option<Inbound> {
    const SEQUENCE_START: u8 = 0;
    const CODED_FRAMES: u8 = 1;
    const CODED_FRAMES_WITHOUT_COMPOSITION: u8 = 3;
    let frame_type = first >> 4 & 0x07;
    let (letters, data) = rest.split_first_chunk::<4>()?;
    let codec = match letters {
        b"hvc1" => InboundCodec::H265,
        b"avc1" => InboundCodec::H264,
        _ => return Some(Inbound::Foreign),
    };
    match first & 0x0F {
        SEQUENCE_START => config(codec, data),
        CODED_FRAMES => {
            let (composition, data) = data.split_first_chunk::<3>()?;
            frame(codec, timestamp, signed24(*composition), frame_type, data)
        }
        CODED_FRAMES_WITHOUT_COMPOSITION => frame(codec, timestamp, 0, frame_type, data),
        _ => None,
    }
}

/// Reads the body of an audio message; `None` when there is nothing to decode in it.
fn audio(timestamp: u32, body: &[u8]) -> Option<Inbound> {
    let (&first, rest) = body.split_first()?;
    if first >> 4 != AAC {
        return Some(Inbound::Foreign);
    }
    let (&packet, data) = rest.split_first()?;
    match packet {
        0 => config(InboundCodec::Aac, data),
        1 => frame(InboundCodec::Aac, timestamp, 0, KEY, data),
        _ => None,
    }
}

fn config(codec: InboundCodec, record: &[u8]) -> Option<Inbound> {
    // An avcC record has 7 bytes before its first parameter set, an AudioSpecificConfig two at least.
    let least = match codec {
        InboundCodec::H264 => 7,
        InboundCodec::H265 => 23,
        InboundCodec::Aac => 2,
    };
    (record.len() >= least).then(|| Inbound::Config {
        codec,
        record: Bytes::copy_from_slice(record),
    })
}

fn frame(
    codec: InboundCodec,
    dts_ms: u32,
    composition_ms: i32,
    frame_type: u8,
    data: &[u8],
) -> Option<Inbound> {
    (!data.is_empty()).then(|| Inbound::Frame {
        codec,
        dts_ms,
        composition_ms,
        keyframe: frame_type == KEY,
        data: Bytes::copy_from_slice(data),
    })
}

fn signed24([a, b, c]: [u8; 3]) -> i32 {
    i32::from_be_bytes([a, b, c, 0]) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtmp::flv;
    use proptest::prelude::*;

    #[test]
    fn what_our_own_publisher_writes_is_read() {
        let body = [&flv::avc_nalus(true, 66)[..], b"unit"].concat();
        let read = video(1000, &body);
        let expected = Inbound::Frame {
            codec: InboundCodec::H264,
            dts_ms: 1000,
            composition_ms: 66,
            keyframe: true,
            data: Bytes::from_static(b"unit"),
        };
        assert_eq!(read, Some(expected));
        let config = [&flv::AAC_SEQUENCE_HEADER[..], &[0x11, 0x90]].concat();
        let expected = Inbound::Config {
            codec: InboundCodec::Aac,
            record: Bytes::from_static(&[0x11, 0x90]),
        };
        assert_eq!(audio(0, &config), Some(expected));
    }

    #[test]
    fn hevc_is_read_as_enhanced_rtmp_and_as_codec_twelve() {
        let enhanced = [&[0x93][..], b"hvc1", b"unit"].concat();
        let legacy = [&[0x1C, 1, 0xFF, 0xFF, 0xFE][..], b"unit"].concat();
        for (body, composition) in [(enhanced, 0), (legacy, -2)] {
            let Some(Inbound::Frame {
                codec,
                composition_ms,
                keyframe,
                ..
            }) = video(5, &body)
            else {
                panic!("{body:?}");
            };
            assert_eq!(
                (codec, composition_ms, keyframe),
                (InboundCodec::H265, composition, true)
            );
        }
    }

    #[test]
    fn codecs_that_are_not_taken_are_named_foreign_and_nothing_is_made_up() {
        assert_eq!(video(0, &[0x12, 0, 0, 0, 0, 1]), Some(Inbound::Foreign));
        assert_eq!(
            video(0, &[&[0x91][..], b"av01"].concat()),
            Some(Inbound::Foreign)
        );
        assert_eq!(audio(0, &[0x2F, 1, 2]), Some(Inbound::Foreign));
        // A command frame, an end of sequence, a configuration cut short.
        assert_eq!(video(0, &[0x57, 0]), None);
        assert_eq!(video(0, &[0x17, 2, 0, 0, 0]), None);
        assert_eq!(video(0, &[0x17, 0, 0, 0, 0, 1, 2]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_left(bytes in prop::collection::vec(any::<u8>(), 0..64), at in any::<u32>()) {
            let _ = video(at, &bytes);
            let _ = audio(at, &bytes);
        }
    }
}
