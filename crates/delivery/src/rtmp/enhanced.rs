//! enhanced owns what Enhanced RTMP adds (Veovera, v2-2026-01-31-r2): which codecs a server takes besides H.264, asked
//! and answered in the connect command, and the heads of their video messages.
//!
//! A server's silence is a no: one that only passes messages on would give viewers a stream that they cannot begin in
//! the middle, and others show black.

use super::amf0::Value;
use crate::packet::VideoCodec;

/// `FourCcInfoMask`: what a side can do with a codec.
const CAN_DECODE: u8 = 1;
const CAN_ENCODE: u8 = 2;
const CAN_FORWARD: u8 = 4;
/// Stands for every codec.
const ANY: &str = "*";

/// `isExVideoHeader`, above the frame type.
const EX_HEADER: u8 = 0x80;
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
/// Coded frames that are shown when they are decoded: no composition time is sent.
const CODED_FRAMES_X: u8 = 3;

/// The name of a codec that has to be agreed on.
pub(crate) fn four_cc(codec: VideoCodec) -> Option<&'static str> {
    match codec {
        VideoCodec::H264 => None,
        VideoCodec::Hevc => Some("hvc1"),
        VideoCodec::Av1 => Some("av01"),
    }
}

/// What the connect command says besides: nothing where H.264 is all that is wanted, so that such a connection is what
/// it always was. Both ways of saying it: servers of the first version know only the list.
pub(super) fn asked(codec: VideoCodec) -> Vec<(String, Value)> {
    let Some(name) = four_cc(codec) else {
        return Vec::new();
    };
    let mask = Value::Number(f64::from(CAN_ENCODE));
    vec![
        (
            "fourCcList".to_owned(),
            Value::StrictArray(vec![Value::text(name)]),
        ),
        (
            "videoFourCcInfoMap".to_owned(),
            Value::Object(vec![(name.to_owned(), mask)]),
        ),
    ]
}

/// Whether the server's answer to connect says that it takes this codec.
pub(super) fn takes(answer: &[Value], codec: VideoCodec) -> bool {
    let Some(name) = four_cc(codec) else {
        return true;
    };
    let entries = || answer.iter().flat_map(Value::entries);
    let is_listed = |list: &Value| {
        let mut names = list.values().filter_map(Value::as_text);
        names.any(|listed| listed == name || listed == ANY)
    };
    let is_mapped = |map: &Value| {
        let mut own = map
            .entries()
            .iter()
            .filter(|(key, _)| key == name || key == ANY);
        own.any(|(_, mask)| mask.as_number().is_some_and(can_receive))
    };
    entries().any(|(key, value)| match key.as_str() {
        "fourCcList" => is_listed(value),
        "videoFourCcInfoMap" => is_mapped(value),
        _ => false,
    })
}

fn can_receive(mask: f64) -> bool {
    (0.0..=255.0).contains(&mask) && mask as u8 & (CAN_DECODE | CAN_FORWARD) != 0
}

/// What stands before a configuration record.
pub(super) fn sequence_head(name: &str) -> Vec<u8> {
    head(true, SEQUENCE_START, name)
}

/// What stands before an access unit. `composition_ms`: presentation minus decoding time; AV1 has none.
pub(super) fn frame_head(
    codec: VideoCodec,
    name: &str,
    keyframe: bool,
    composition_ms: i32,
) -> Vec<u8> {
    match (codec, composition_ms) {
        (VideoCodec::Av1, _) => head(keyframe, CODED_FRAMES, name),
        (_, 0) => head(keyframe, CODED_FRAMES_X, name),
        (_, ms) => {
            let [_, time @ ..] = ms.to_be_bytes();
            [&head(keyframe, CODED_FRAMES, name)[..], &time].concat()
        }
    }
}

fn head(keyframe: bool, packet_type: u8, name: &str) -> Vec<u8> {
    let frame_type = if keyframe { 1 } else { 2 };
    [
        &[EX_HEADER | frame_type << 4 | packet_type],
        name.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtmp::amf0;

    fn object(entries: &[(&str, Value)]) -> Value {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        Value::Object(entries.collect())
    }

    fn list(names: &[&str]) -> Value {
        Value::StrictArray(names.iter().map(|name| Value::text(name)).collect())
    }

    #[test]
    fn heads_are_the_specification_s_bytes() {
        // isExVideoHeader 1, frame type 1 (key) or 2 (inter), packet type 0, 1 or 3, then the FourCC.
        assert_eq!(sequence_head("hvc1"), [0x90, b'h', b'v', b'c', b'1']);
        assert_eq!(sequence_head("av01"), [0x90, b'a', b'v', b'0', b'1']);
        let hevc = |keyframe, ms| frame_head(VideoCodec::Hevc, "hvc1", keyframe, ms);
        assert_eq!(hevc(true, 0), [0x93, b'h', b'v', b'c', b'1']);
        assert_eq!(hevc(false, 0), [0xA3, b'h', b'v', b'c', b'1']);
        assert_eq!(hevc(true, 66), [0x91, b'h', b'v', b'c', b'1', 0, 0, 66]);
        let late = [0xA1, b'h', b'v', b'c', b'1', 0xFF, 0xFF, 0xFF];
        assert_eq!(hevc(false, -1), late);
        let av1 = |keyframe| frame_head(VideoCodec::Av1, "av01", keyframe, 0);
        assert_eq!(av1(true), [0x91, b'a', b'v', b'0', b'1']);
        assert_eq!(av1(false), [0xA1, b'a', b'v', b'0', b'1']);
    }

    #[test]
    fn connect_asks_in_both_ways_and_for_h264_in_none() {
        assert_eq!(asked(VideoCodec::H264), []);
        let bytes = amf0::encode(&[Value::Object(asked(VideoCodec::Hevc))]);
        let expected = [
            &b"\x03\x00\x0AfourCcList\x0A\x00\x00\x00\x01\x02\x00\x04hvc1"[..],
            b"\x00\x12videoFourCcInfoMap\x03\x00\x04hvc1\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09",
            b"\x00\x00\x09",
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn a_server_takes_what_it_lists_or_maps_in_either_object_of_its_answer() {
        let map = |name: &str, mask: f64| {
            object(&[("videoFourCcInfoMap", object(&[(name, Value::Number(mask))]))])
        };
        let yes = [
            object(&[("fourCcList", list(&["av01", "hvc1"]))]),
            object(&[("fourCcList", list(&["*"]))]),
            map("hvc1", 1.0),
            map("hvc1", 6.0),
            map("*", 4.0),
        ];
        for said in yes {
            let properties = [Value::Null, said.clone()];
            let information = [object(&[]), said];
            assert!(takes(&properties, VideoCodec::Hevc), "{properties:?}");
            assert!(takes(&information, VideoCodec::Hevc), "{information:?}");
        }
    }

    #[test]
    fn silence_another_codec_and_one_that_can_only_encode_are_a_no() {
        let map = |name: &str, mask| {
            object(&[("videoFourCcInfoMap", object(&[(name, Value::Number(mask))]))])
        };
        let no = [
            object(&[("fmsVer", Value::text("FMS/3,0,1,123"))]),
            object(&[("fourCcList", list(&["av01", "avc1"]))]),
            object(&[("fourCcList", Value::text("hvc1"))]),
            object(&[("audioFourCcInfoMap", object(&[("*", Value::Number(7.0))]))]),
            map("av01", 7.0),
            map("hvc1", 2.0),
            map("hvc1", f64::NAN),
            map("hvc1", -1.0),
        ];
        for said in no {
            let answer = [said];
            assert!(!takes(&answer, VideoCodec::Hevc), "{answer:?}");
        }
        assert!(takes(&[], VideoCodec::H264), "it always is");
    }
}
