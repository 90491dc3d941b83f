//! clip owns a second of real H.264 and AAC, and a player that sends it round and round at its own pace.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use stallcast_media::egress::{SrtSender, WebRtcSender};
use stallcast_media::encoder::VideoCodec;
use stallcast_media::program::{AudioConfig, EncodedPacket, StreamConfig, Track, VideoConfig};

pub const FPS: u32 = 30;
const LENGTH_US: i64 = 1_000_000;

pub struct Clip {
    pub config: StreamConfig,
    /// By time; one keyframe, the first picture.
    packets: Vec<EncodedPacket>,
}

pub fn clip() -> &'static Clip {
    static CLIP: OnceLock<Clip> = OnceLock::new();
    CLIP.get_or_init(make)
}

fn make() -> Clip {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(
        "videotestsrc num-buffers=30 pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1 \
         ! x264enc bitrate=500 bframes=0 b-adapt=false key-int-max=300 tune=zerolatency option-string=scenecut=0 \
         ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=video sync=false \
         audiotestsrc num-buffers=47 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 \
         ! avenc_aac bitrate=128000 ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=audio sync=false",
    )
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (video, video_config) = collect(&pipeline, "video", Track::Video);
    let (audio, audio_config) = collect(&pipeline, "audio", Track::Audio);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(video.len(), FPS as usize);
    let mut packets: Vec<_> = video.into_iter().chain(audio).collect();
    packets.retain(|packet| packet.pts_us < LENGTH_US);
    packets.sort_by_key(|packet| packet.pts_us);
    assert_eq!(
        packets
            .iter()
            .filter(|p| p.track == Track::Video && p.keyframe)
            .count(),
        1
    );
    Clip {
        config: StreamConfig {
            video: VideoConfig {
                codec: VideoCodec::H264,
                codec_data: video_config,
                width: 320,
                height: 180,
                fps: FPS,
                kbps: 500,
            },
            audio: AudioConfig {
                asc: audio_config,
                sample_rate: 48_000,
                channels: 2,
                kbps: 128,
            },
        },
        packets,
    }
}

fn collect(pipeline: &gst::Pipeline, name: &str, track: Track) -> (Vec<EncodedPacket>, Bytes) {
    let sink = pipeline.by_name(name).unwrap();
    let sink = sink.downcast::<gst_app::AppSink>().unwrap();
    let (mut packets, mut config, mut first) = (Vec::new(), Bytes::new(), None);
    while let Ok(sample) = sink.pull_sample() {
        let caps = sample.caps().unwrap().structure(0).unwrap();
        config = bytes(&caps.get::<gst::Buffer>("codec_data").unwrap());
        let buffer = sample.buffer_owned().unwrap();
        let pts = buffer.pts().unwrap().useconds() as i64;
        let us = pts - *first.get_or_insert(pts);
        packets.push(EncodedPacket {
            track,
            pts_us: us,
            dts_us: us,
            duration_us: 0,
            keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            data: bytes(&buffer),
        });
    }
    (packets, config)
}

fn bytes(buffer: &gst::Buffer) -> Bytes {
    Bytes::copy_from_slice(&buffer.map_readable().unwrap())
}

/// Plays the clip round and round.
pub struct Player {
    began: Instant,
    next: usize,
}

impl Player {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            next: 0,
        }
    }

    /// Every packet that is due by now, with times that begin with 0.
    pub fn due(&mut self) -> Vec<EncodedPacket> {
        let clip = clip();
        let mut due = Vec::new();
        loop {
            let round = (self.next / clip.packets.len()) as i64;
            let mut packet = clip.packets[self.next % clip.packets.len()].clone();
            packet.pts_us += round * LENGTH_US;
            packet.dts_us = packet.pts_us;
            if Duration::from_micros(packet.pts_us as u64) > self.began.elapsed() {
                return due;
            }
            self.next += 1;
            due.push(packet);
        }
    }

    /// Gives a sender what is due, until `done` says so.
    pub async fn send_until<S: Takes>(
        &mut self,
        what: &str,
        sender: &mut S,
        mut done: impl FnMut(&mut S) -> bool,
    ) {
        until(what, || {
            self.send(sender);
            done(sender)
        })
        .await;
    }

    /// Gives a sender what is due by now.
    pub fn send(&mut self, sender: &mut impl Takes) {
        self.due().iter().for_each(|packet| sender.take(packet));
    }
}

/// What both kinds of senders do.
pub trait Takes {
    fn take(&mut self, packet: &EncodedPacket);
}

impl Takes for SrtSender {
    fn take(&mut self, packet: &EncodedPacket) {
        self.put(packet);
    }
}

impl Takes for WebRtcSender {
    fn take(&mut self, packet: &EncodedPacket) {
        self.put(packet);
    }
}

pub fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// Longer than anything these tests wait for takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);

/// Repeats `step` every ten milliseconds until it says so.
pub async fn until(what: &str, mut step: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !step() {
        assert!(Instant::now() < deadline, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
