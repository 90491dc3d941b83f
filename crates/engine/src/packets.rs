//! What the encoder gives, in media's words and in delivery's: one translation each way for destinations, recordings and
//! the replay.

use stallcast_delivery::{
    AudioFormat, Hub, LineTimes, Packet, StreamFormat, Track, VideoCodec, VideoFormat,
};
use stallcast_media::encoder::VideoCodec as MadeCodec;
use stallcast_media::program::{
    AudioConfig, Encoded, EncodedPacket, StreamConfig, Track as MediaTrack, VideoConfig,
};

/// An AAC frame of 1024 samples at 48 kHz, microseconds.
const AAC_FRAME_US: i64 = 21_333;

/// Gives the program's packets to the hub.
pub fn to_hub(hub: Hub) -> impl Fn(Encoded) + Send + Sync + 'static {
    move |encoded| match encoded {
        Encoded::Config(config) => hub.set_format(StreamFormat {
            video: VideoFormat {
                codec: codec(config.video.codec),
                codec_config: config.video.codec_data.clone(),
                width: config.video.width,
                height: config.video.height,
                fps: config.video.fps,
                kbps: config.video.kbps,
            },
            audio: AudioFormat {
                codec_config: config.audio.asc.clone(),
                sample_rate: config.audio.sample_rate,
                channels: config.audio.channels,
                kbps: config.audio.kbps,
            },
        }),
        Encoded::Packet(packet) => hub.publish(Packet {
            track: match packet.track {
                MediaTrack::Video => Track::Video,
                MediaTrack::Audio => Track::Audio,
                // For recordings alone, which have a way of their own to it.
                MediaTrack::Isolated => return,
            },
            pts_us: packet.pts_us,
            dts_us: packet.dts_us,
            keyframe: packet.keyframe,
            data: packet.data,
        }),
    }
}

/// How the hub's packets are decoded.
pub fn config(format: &StreamFormat) -> StreamConfig {
    let (video, audio) = (&format.video, &format.audio);
    StreamConfig {
        video: VideoConfig {
            codec: made(video.codec),
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

/// A packet of a show with `fps` pictures a second, as a recorder takes it.
pub fn recorded(packet: Packet, fps: u32) -> EncodedPacket {
    EncodedPacket {
        track: track(packet.track),
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

/// A packet as a connection takes it, with its times there. Nothing that is sent asks how long it lasts.
pub fn sent(packet: &Packet, times: LineTimes) -> EncodedPacket {
    let us = |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    EncodedPacket {
        track: track(packet.track),
        pts_us: us(times.pts),
        dts_us: us(times.dts),
        duration_us: 0,
        keyframe: packet.keyframe,
        data: packet.data.clone(),
    }
}

fn codec(made: MadeCodec) -> VideoCodec {
    match made {
        MadeCodec::H264 => VideoCodec::H264,
        MadeCodec::Hevc => VideoCodec::Hevc,
        MadeCodec::Av1 => VideoCodec::Av1,
    }
}

/// A codec in media's words.
pub fn made(codec: VideoCodec) -> MadeCodec {
    match codec {
        VideoCodec::H264 => MadeCodec::H264,
        VideoCodec::Hevc => MadeCodec::Hevc,
        VideoCodec::Av1 => MadeCodec::Av1,
    }
}

fn track(track: Track) -> MediaTrack {
    match track {
        Track::Video => MediaTrack::Video,
        Track::Audio => MediaTrack::Audio,
    }
}
