//! What the hub delivers, as a recorder takes it.

use stallcast_delivery::{Packet, StreamFormat, Track};
use stallcast_media::program::{
    AudioConfig, EncodedPacket, StreamConfig, Track as MediaTrack, VideoConfig,
};

/// How the packets are decoded.
pub fn config(format: &StreamFormat) -> StreamConfig {
    let (video, audio) = (&format.video, &format.audio);
    StreamConfig {
        video: VideoConfig {
            codec_data: video.codec_config.clone(),
            width: video.width,
            height: video.height,
            fps: video.fps,
            kbps: video.kbps,
        },
        audio: AudioConfig {
            asc: audio.codec_config.clone(),
            sample_rate: audio.sample_rate,
            channels: audio.channels,
            kbps: audio.kbps,
        },
    }
}

/// An AAC frame of 1024 samples at 48 kHz, microseconds.
const AAC_FRAME_US: i64 = 21_333;

/// A packet of a show with `fps` pictures a second.
pub fn packet(packet: Packet, fps: u32) -> EncodedPacket {
    EncodedPacket {
        track: match packet.track {
            Track::Video => MediaTrack::Video,
            Track::Audio => MediaTrack::Audio,
        },
        pts_us: packet.pts_us,
        dts_us: packet.dts_us,
        duration_us: match packet.track {
            Track::Video => 1_000_000 / i64::from(fps.max(1)),
            Track::Audio => AAC_FRAME_US,
        },
        keyframe: packet.keyframe,
        data: packet.data,
    }
}
