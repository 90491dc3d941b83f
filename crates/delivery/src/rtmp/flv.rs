//! flv owns the bodies of RTMP media messages: FLV tags without their tag header
//! (Adobe Flash Video File Format 10.1, E.4; beyond H.264, [`enhanced`]).

use super::amf0::Value;
use super::enhanced;
use crate::packet::{StreamFormat, VideoCodec};

/// AAC says its real format in the AudioSpecificConfig; these bits are fixed by E.4.2.1.
const AAC: u8 = 0xAF;
const AVC: u8 = 7;
const INTER: u8 = 2 << 4;
const KEY: u8 = 1 << 4;

/// What stands before an avcC record.
const AVC_SEQUENCE_HEADER: [u8; 5] = [KEY | AVC, 0, 0, 0, 0];
/// What stands before an AudioSpecificConfig.
pub(crate) const AAC_SEQUENCE_HEADER: [u8; 2] = [AAC, 0];
/// What stands before a raw AAC frame.
pub(crate) const AAC_RAW: [u8; 2] = [AAC, 1];

/// What stands before an access unit. `composition_ms`: presentation minus decoding time.
pub(crate) fn avc_nalus(keyframe: bool, composition_ms: i32) -> [u8; 5] {
    let [_, a, b, c] = composition_ms.to_be_bytes();
    let frame = if keyframe { KEY } else { INTER };
    [frame | AVC, 1, a, b, c]
}

/// What stands before a codec's configuration record.
pub(super) fn video_config(codec: VideoCodec) -> Vec<u8> {
    match enhanced::four_cc(codec) {
        Some(name) => enhanced::sequence_head(name),
        None => AVC_SEQUENCE_HEADER.to_vec(),
    }
}

/// What stands before a codec's access unit. `composition_ms`: presentation minus decoding time.
pub(super) fn video_frame(codec: VideoCodec, keyframe: bool, composition_ms: i32) -> Vec<u8> {
    match enhanced::four_cc(codec) {
        Some(name) => enhanced::frame_head(codec, name, keyframe, composition_ms),
        None => avc_nalus(keyframe, composition_ms).to_vec(),
    }
}

/// The number that stands for a codec in `onMetaData`: of Enhanced RTMP's, its letters.
fn video_codec_id(codec: VideoCodec) -> u32 {
    let letters = enhanced::four_cc(codec).and_then(|name| name.as_bytes().try_into().ok());
    letters.map_or(u32::from(AVC), u32::from_be_bytes)
}

/// The `onMetaData` message, as encoders send it.
pub(super) fn metadata(format: &StreamFormat) -> Vec<Value> {
    let (video, audio) = (&format.video, &format.audio);
    let numbers = [
        ("duration", 0),
        ("width", video.width),
        ("height", video.height),
        ("framerate", video.fps),
        ("videocodecid", video_codec_id(video.codec)),
        ("videodatarate", video.kbps),
        ("audiocodecid", u32::from(AAC >> 4)),
        ("audiodatarate", audio.kbps),
        ("audiosamplerate", audio.sample_rate),
        ("audiosamplesize", 16),
        ("audiochannels", audio.channels),
    ];
    let mut entries: Vec<(String, Value)> = numbers
        .map(|(key, number)| (key.to_owned(), Value::Number(f64::from(number))))
        .into();
    entries.push(("stereo".into(), Value::Boolean(audio.channels > 1)));
    entries.push(("encoder".into(), Value::text("Stallcast")));
    vec![
        Value::text("@setDataFrame"),
        Value::text("onMetaData"),
        Value::EcmaArray(entries),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composition_time_is_signed_24_bits() {
        assert_eq!(avc_nalus(true, 66), [0x17, 1, 0, 0, 66]);
        assert_eq!(avc_nalus(false, -1), [0x27, 1, 0xFF, 0xFF, 0xFF]);
    }

    #[test]
    fn enhanced_codecs_are_named_by_their_letters() {
        assert_eq!(video_codec_id(VideoCodec::H264), 7);
        assert_eq!(video_codec_id(VideoCodec::Hevc), 0x6876_6331);
        assert_eq!(video_codec_id(VideoCodec::Av1), 0x6176_3031);
    }
}
