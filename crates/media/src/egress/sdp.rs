//! Owns what is said about our formats in an offer, and what an answer says to it. Pure.

use gstreamer as gst;
use gstreamer_sdp as gst_sdp;

use crate::program::VideoConfig;

/// Dynamic payload types (RFC 3551, 6).
pub(super) const VIDEO_PAYLOAD: i32 = 96;
pub(super) const AUDIO_PAYLOAD: i32 = 97;

/// What is offered for the picture: the profile and level that the encoder really makes.
pub(super) fn video_format(video: &VideoConfig) -> gst::Caps {
    rtp("video", "H264", VIDEO_PAYLOAD, 90_000)
        .field("packetization-mode", "1")
        .field("level-asymmetry-allowed", "1")
        .field("profile-level-id", profile_level_id(&video.codec_data))
        .build()
}

/// What is offered for the sound.
pub(super) fn audio_format() -> gst::Caps {
    rtp("audio", "OPUS", AUDIO_PAYLOAD, 48_000)
        .field("encoding-params", "2")
        .field("sprop-stereo", "1")
        .field("stereo", "1")
        .field("useinbandfec", "1")
        .build()
}

fn rtp(
    media: &str,
    encoding: &str,
    payload: i32,
    clock_rate: i32,
) -> gst::caps::Builder<gst::caps::NoFeature> {
    gst::Caps::builder("application/x-rtp")
        .field("media", media)
        .field("encoding-name", encoding)
        .field("payload", payload)
        .field("clock-rate", clock_rate)
}

/// `profile-level-id` of RFC 6184, 8.1: bytes 1 to 3 of the decoder's configuration as hexadecimal. Where there is no
/// configuration, what every receiver takes.
fn profile_level_id(codec_data: &[u8]) -> String {
    match codec_data {
        [1, profile, constraints, level, ..] => {
            format!("{profile:02x}{constraints:02x}{level:02x}")
        }
        _ => "42e01f".to_owned(),
    }
}

/// Whether the answer takes every medium that was offered; a port of 0 refuses one (RFC 3264, 6).
pub(super) fn takes_everything(answer: &gst_sdp::SDPMessageRef, offered: u32) -> bool {
    let media: Vec<_> = answer.medias().collect();
    media.len() == offered as usize
        && media.iter().all(|medium| {
            medium.port() != 0
                && medium.formats_len() > 0
                && medium.attribute_val("inactive").is_none()
                && medium.attribute_val("sendonly").is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_the_encoders_own() {
        assert_eq!(profile_level_id(&[1, 0x64, 0x00, 0x1f, 0xff]), "64001f");
        assert_eq!(profile_level_id(&[1, 0x42, 0xc0, 0x1e, 0xff]), "42c01e");
        assert_eq!(profile_level_id(&[]), "42e01f");
    }

    #[test]
    fn a_refused_medium_is_seen() {
        gst::init().unwrap();
        let answer = |video_port: u32, direction: &str| {
            let text = format!(
                "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
                 m=video {video_port} UDP/TLS/RTP/SAVPF 96\r\na={direction}\r\n\
                 m=audio 9 UDP/TLS/RTP/SAVPF 97\r\na=recvonly\r\n"
            );
            gst_sdp::SDPMessage::parse_buffer(text.as_bytes()).unwrap()
        };
        assert!(takes_everything(&answer(9, "recvonly"), 2));
        assert!(!takes_everything(&answer(0, "recvonly"), 2));
        assert!(!takes_everything(&answer(9, "inactive"), 2));
        assert!(!takes_everything(&answer(9, "recvonly"), 1));
    }
}
