//! Owns what a program produces: encoded packets and the configuration they are decoded with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::encoder::VideoCodec;

/// Which elementary stream a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// One access unit a packet: H.264 or HEVC as length-prefixed NAL units, or an AV1 temporal unit without its delimiter.
    Video,
    /// Raw AAC-LC, one frame a packet.
    Audio,
    /// The same of one input alone, for the recording; no program gives it out.
    Isolated,
}

/// One access unit on the program's timeline. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedPacket {
    /// Its stream.
    pub track: Track,
    /// When it is shown, in µs since the clock's base time.
    pub pts_us: i64,
    /// When it is decoded; equals `pts_us` because there are no B-frames.
    pub dts_us: i64,
    /// How long it lasts in µs.
    pub duration_us: i64,
    /// Whether decoding can start here; always true for audio.
    pub keyframe: bool,
    /// The access unit.
    pub data: Bytes,
}

/// How the video packets are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoConfig {
    /// How it is encoded.
    pub codec: VideoCodec,
    /// The codec's configuration record: `AVCDecoderConfigurationRecord` or its like.
    pub codec_data: Bytes,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// Target bitrate in kbit/s at the time of the configuration.
    pub kbps: u32,
}

/// How the audio packets are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// `AudioSpecificConfig`.
    pub asc: Bytes,
    /// In Hz.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u32,
    /// Target bitrate in kbit/s.
    pub kbps: u32,
}

/// Both configurations; given before the first packet and again when one changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamConfig {
    /// The video's.
    pub video: VideoConfig,
    /// The audio's.
    pub audio: AudioConfig,
}

/// What a program gives to its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoded {
    /// Before the first packet, and when the encoder was replaced. The next video packet is a
    /// keyframe.
    Config(Arc<StreamConfig>),
    /// A packet.
    Packet(EncodedPacket),
}

/// Takes what a program produces. Called from streaming threads: it must never block.
pub type EncodedSink = Arc<dyn Fn(Encoded) + Send + Sync>;

/// Joins the two configurations and holds packets back until both are known.
pub(crate) struct OutputGate {
    sink: EncodedSink,
    state: Mutex<GateState>,
}

#[derive(Default)]
struct GateState {
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    sent: Option<Arc<StreamConfig>>,
    /// Number of the encoder whose pictures pass.
    maker: u64,
    closed: bool,
}

impl OutputGate {
    pub fn new(sink: EncodedSink) -> Self {
        Self {
            sink,
            state: Mutex::default(),
        }
    }

    /// From now on only this encoder's pictures pass: one that was replaced may wake up later.
    pub fn pass_only(&self, maker: u64) {
        self.lock().maker = maker;
    }

    /// What the pictures of this encoder are decoded with.
    pub fn video_config(&self, maker: u64, config: VideoConfig) {
        self.update(|state| {
            if state.maker == maker {
                state.video = Some(config);
            }
        });
    }

    pub fn audio_config(&self, config: AudioConfig) {
        self.update(|state| state.audio = Some(config));
    }

    fn update(&self, change: impl FnOnce(&mut GateState)) {
        let mut state = self.lock();
        change(&mut state);
        let (Some(video), Some(audio)) = (&state.video, &state.audio) else {
            return;
        };
        // The bitrate changes while playing and is no reason to restart a destination.
        let same = state.sent.as_ref().is_some_and(|sent| {
            sent.audio == *audio
                && VideoConfig {
                    kbps: video.kbps,
                    ..sent.video.clone()
                } == *video
        });
        if same {
            return;
        }
        let config = Arc::new(StreamConfig {
            video: video.clone(),
            audio: audio.clone(),
        });
        state.sent = Some(config.clone());
        (self.sink)(Encoded::Config(config));
    }

    /// Passes an encoder's picture on, unless another took its place.
    pub fn picture(&self, maker: u64, packet: EncodedPacket) {
        self.pass(packet, |state| state.maker == maker);
    }

    /// Passes a packet on, or drops it while nobody could decode it.
    pub fn packet(&self, packet: EncodedPacket) {
        self.pass(packet, |_| true);
    }

    fn pass(&self, packet: EncodedPacket, may: impl FnOnce(&GateState) -> bool) {
        // The lock is held while the sink runs, so that nothing comes after `close` or after
        // another encoder's.
        let state = self.lock();
        if state.sent.is_some() && !state.closed && may(&state) {
            (self.sink)(Encoded::Packet(packet));
        }
    }

    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration that was given out last.
    pub fn config(&self) -> Option<Arc<StreamConfig>> {
        self.lock().sent.clone()
    }

    /// Nothing is given out any more.
    pub fn close(&self) {
        self.lock().closed = true;
    }
}
