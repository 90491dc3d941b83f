//! clip owns real H.264 and AAC packets, made once with ffmpeg, and an encoder that plays them
//! for ever at their own pace.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use stallcast_delivery::{AudioFormat, Hub, Packet, StreamFormat, Track, VideoCodec, VideoFormat};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::flv;

pub const FPS: u32 = 30;
/// Pictures per group: one second.
pub const GOP: usize = 30;

pub struct Clip {
    pub format: StreamFormat,
    /// Two seconds, in decoding order, with B-frames.
    pub packets: Vec<Packet>,
    pub length_us: i64,
}

pub fn clip() -> &'static Clip {
    static CLIP: OnceLock<Clip> = OnceLock::new();
    CLIP.get_or_init(make)
}

fn make() -> Clip {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.flv");
    let run = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=30",
        ])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args([
            "-t", "2", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2",
        ])
        .args([
            "-g",
            "30",
            "-keyint_min",
            "30",
            "-sc_threshold",
            "0",
            "-b:v",
            "1500k",
        ])
        .args([
            "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-ac", "2",
        ])
        .arg(&path)
        .output()
        .expect("ffmpeg is needed");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let tags = flv::read(&path);
    let config = |kind: u8, head: usize| {
        let tag = tags.iter().find(|t| t.kind == kind && t.body[1] == 0);
        Bytes::copy_from_slice(&tag.expect("a sequence header").body[head..])
    };
    let format = StreamFormat {
        video: VideoFormat {
            codec: VideoCodec::H264,
            codec_config: config(9, 5),
            width: 320,
            height: 180,
            fps: FPS,
            kbps: 1500,
        },
        audio: AudioFormat {
            codec_config: config(8, 2),
            sample_rate: 48_000,
            channels: 2,
            kbps: 96,
        },
    };
    let packets = tags
        .iter()
        .filter(|t| t.is_video_frame() || t.is_audio_frame())
        .map(|t| {
            let dts_ms = i64::from(t.timestamp);
            let video = t.is_video_frame();
            let offset = if video { t.composition_ms() } else { 0 };
            Packet {
                track: if video { Track::Video } else { Track::Audio },
                pts_us: (dts_ms + offset) * 1000,
                dts_us: dts_ms * 1000,
                keyframe: t.is_keyframe(),
                data: Bytes::copy_from_slice(t.frame()),
            }
        })
        .filter(|p| p.dts_us < 2_000_000)
        .collect::<Vec<_>>();
    let frames = packets.iter().filter(|p| p.track == Track::Video).count();
    assert_eq!(frames, 2 * GOP);
    Clip {
        format,
        packets,
        length_us: 2_000_000,
    }
}

/// Plays the clip into a hub in real time, numbering every picture.
pub struct Encoder {
    pub hub: Hub,
    pub published: Arc<AtomicU64>,
    /// The longest a publish call took.
    pub slowest_publish: Arc<Mutex<Duration>>,
    task: JoinHandle<()>,
}

impl Encoder {
    /// `pad`: bytes added to each picture as a filler NAL unit, to raise the rate.
    pub fn start(pad: usize) -> Self {
        let hub = Hub::new();
        hub.set_format(clip().format.clone());
        Self::on(hub, pad, 5_000_000_000)
    }

    pub fn on(hub: Hub, pad: usize, epoch_us: i64) -> Self {
        let published = Arc::new(AtomicU64::new(0));
        let slowest_publish = Arc::new(Mutex::new(Duration::ZERO));
        let task = tokio::spawn(play(
            hub.clone(),
            pad,
            epoch_us,
            published.clone(),
            slowest_publish.clone(),
        ));
        Self {
            hub,
            published,
            slowest_publish,
            task,
        }
    }

    pub fn frames(&self) -> u64 {
        self.published.load(Ordering::SeqCst)
    }

    pub async fn play_more(&self, frames: u64) {
        let target = self.frames() + frames;
        let limit = Duration::from_secs(frames / u64::from(FPS));
        super::wait_until(limit + super::SOON, "frames", || async {
            self.frames() >= target
        })
        .await;
    }

    pub fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(
    hub: Hub,
    pad: usize,
    epoch_us: i64,
    published: Arc<AtomicU64>,
    slowest: Arc<Mutex<Duration>>,
) {
    let start = Instant::now();
    for round in 0i64.. {
        for packet in &clip().packets {
            let at_us = round * clip().length_us + packet.dts_us;
            sleep_until(start + Duration::from_micros(at_us as u64)).await;
            let number = published.load(Ordering::SeqCst);
            let mut packet = packet.clone();
            packet.dts_us += epoch_us + round * clip().length_us;
            packet.pts_us += epoch_us + round * clip().length_us;
            let video = packet.track == Track::Video;
            if video {
                packet.data = numbered(&packet.data, number, pad);
            }
            let before = std::time::Instant::now();
            hub.publish(packet);
            let took = before.elapsed();
            let mut slowest = slowest.lock().unwrap();
            *slowest = (*slowest).max(took);
            if video {
                published.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// Appends a filler NAL unit (type 12) that carries the picture's number.
fn numbered(data: &[u8], number: u64, pad: usize) -> Bytes {
    let mut out = data.to_vec();
    out.extend_from_slice(&(9 + pad as u32).to_be_bytes());
    out.push(12);
    // 0x80 in every byte keeps start-code patterns out of the payload.
    for shift in (0..8).rev() {
        out.push(0x80 | ((number >> (shift * 7)) & 0x7F) as u8);
    }
    out.resize(out.len() + pad, 0xFF);
    out.into()
}

/// The number that [`numbered`] put into a picture.
pub fn number_of(frame: &[u8]) -> u64 {
    let mut rest = frame;
    while rest.len() > 4 {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let nal = &rest[4..4 + length];
        if nal[0] & 0x1F == 12 {
            return nal[1..9]
                .iter()
                .fold(0, |n, b| n << 7 | u64::from(b & 0x7F));
        }
        rest = &rest[4 + length..];
    }
    panic!("a picture without its number")
}
