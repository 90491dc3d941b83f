//! flv owns the bodies of RTMP media messages: FLV tags without their tag header
//! (Adobe Flash Video File Format 10.1, E.4).

use super::amf0::Value;
use crate::packet::StreamFormat;

/// AAC says its real format in the AudioSpecificConfig; these bits are fixed by E.4.2.1.
const AAC: u8 = 0xAF;
const AVC: u8 = 7;
const INTER: u8 = 2 << 4;
const KEY: u8 = 1 << 4;

/// What stands before an avcC record.
pub(crate) const AVC_SEQUENCE_HEADER: [u8; 5] = [KEY | AVC, 0, 0, 0, 0];
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

/// The `onMetaData` message, as encoders send it.
pub(super) fn metadata(format: &StreamFormat) -> Vec<Value> {
    let (video, audio) = (&format.video, &format.audio);
    let numbers = [
        ("duration", 0),
        ("width", video.width),
        ("height", video.height),
        ("framerate", video.fps),
        ("videocodecid", u32::from(AVC)),
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
}
