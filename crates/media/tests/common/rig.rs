//! A program with its output collected, and a decoder to look at what was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use stallcast_media::blend::Layer;
use stallcast_media::program::{
    Encoded, EncodedPacket, MediaEvent, Program, ProgramSpec, StreamConfig, Track,
};
use tokio::sync::mpsc;

/// What the program gave out so far.
#[derive(Default)]
pub struct Collected {
    state: Mutex<(Option<Arc<StreamConfig>>, Vec<EncodedPacket>)>,
    changed: Condvar,
}

pub struct Rig {
    pub program: Program,
    pub collected: Arc<Collected>,
    events: mpsc::Receiver<MediaEvent>,
    /// Packets given to a decoder so far.
    decoded: usize,
}

impl Rig {
    pub fn start(spec: ProgramSpec) -> Self {
        let collected = Arc::new(Collected::default());
        let output = collected.clone();
        let (sender, events) = mpsc::channel(256);
        let program = Program::start(
            spec,
            Arc::new(move |encoded| {
                let mut state = output.state.lock().unwrap();
                match encoded {
                    Encoded::Config(config) => state.0 = Some(config),
                    Encoded::Packet(packet) => state.1.push(packet),
                }
                output.changed.notify_all();
            }),
            sender,
        )
        .unwrap();
        Self {
            program,
            collected,
            events,
            decoded: 0,
        }
    }

    /// Waits for an event that matches.
    pub fn event(&mut self, limit: Duration, matches: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            tokio::time::timeout(limit, async {
                loop {
                    let event = self.events.recv().await.expect("no more events");
                    if matches(&event) {
                        return event;
                    }
                }
            })
            .await
            .expect("the event did not come")
        })
    }

    /// Waits until the collected packets satisfy `enough`.
    pub fn packets(
        &self,
        limit: Duration,
        enough: impl Fn(&[EncodedPacket]) -> bool,
    ) -> Vec<EncodedPacket> {
        let state = self.collected.state.lock().unwrap();
        let (state, timeout) = self
            .collected
            .changed
            .wait_timeout_while(state, limit, |state| !enough(&state.1))
            .unwrap();
        assert!(!timeout.timed_out(), "only {} packets", state.1.len());
        state.1.clone()
    }

    /// Waits for `count` more video packets, and returns all so far.
    pub fn video_packets(&self, limit: Duration, count: usize) -> Vec<EncodedPacket> {
        let video =
            |packets: &[EncodedPacket]| packets.iter().filter(|p| p.track == Track::Video).count();
        let had = video(&self.collected.state.lock().unwrap().1);
        let mut packets = self.packets(limit, |packets| video(packets) >= had + count);
        packets.retain(|packet| packet.track == Track::Video);
        packets
    }

    pub fn config(&self) -> Arc<StreamConfig> {
        self.collected.state.lock().unwrap().0.clone().unwrap()
    }

    /// Decodes on, packet by packet, until a frame matches.
    pub fn decoded_until(
        &mut self,
        decoder: &mut Decoder,
        limit: Duration,
        mut matches: impl FnMut(&Frame) -> bool,
    ) -> Frame {
        let deadline = Instant::now() + limit;
        loop {
            while let Some(frame) = decoder.ready.pop_front() {
                if matches(&frame) {
                    return frame;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no frame matched");
            let next = self.decoded;
            let packets = self.packets(left, |packets| packets.len() > next);
            let config = self.config();
            for packet in &packets[next..] {
                if packet.track == Track::Video {
                    decoder.decode(&config, packet);
                }
            }
            self.decoded = packets.len();
        }
    }
}

/// A decoded picture: luma only, with its time.
pub struct Frame {
    pub pts_ns: u64,
    pub width: usize,
    pub luma: Vec<u8>,
}

pub fn luma_at(frame: &Frame, x: usize, y: usize) -> u8 {
    frame.luma[y * frame.width + x]
}

/// `appsrc ! avdec_h264 ! appsink`, one frame in, one frame out.
pub struct Decoder {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    started: bool,
    ready: VecDeque<Frame>,
}

impl Decoder {
    pub fn new() -> Self {
        gst::init().unwrap();
        let pipeline = gst::parse::launch(
            "appsrc name=in format=time ! avdec_h264 max-threads=1 ! videoconvert \
             ! video/x-raw,format=I420 ! appsink name=out sync=false",
        )
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
        let source = pipeline.by_name("in").unwrap().downcast().unwrap();
        let sink = pipeline.by_name("out").unwrap().downcast().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self {
            pipeline,
            source,
            sink,
            started: false,
            ready: VecDeque::new(),
        }
    }

    fn decode(&mut self, config: &StreamConfig, packet: &EncodedPacket) {
        if !self.started {
            if !packet.keyframe {
                return;
            }
            self.started = true;
            self.source.set_caps(Some(
                &gst::Caps::builder("video/x-h264")
                    .field("stream-format", "avc")
                    .field("alignment", "au")
                    .field("width", config.video.width as i32)
                    .field("height", config.video.height as i32)
                    .field(
                        "codec_data",
                        gst::Buffer::from_slice(config.video.codec_data.to_vec()),
                    )
                    .build(),
            ));
        }
        let mut buffer = gst::Buffer::from_slice(packet.data.to_vec());
        {
            let buffer = buffer.get_mut().unwrap();
            buffer.set_pts(gst::ClockTime::from_useconds(packet.pts_us as u64));
            if !packet.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.source.push_buffer(buffer).unwrap();
        while let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::from_mseconds(20)) {
            let info = gst_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
            let buffer = sample.buffer().unwrap();
            let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
            let stride = frame.plane_stride()[0] as usize;
            let width = info.width() as usize;
            let luma = frame
                .plane_data(0)
                .unwrap()
                .chunks(stride)
                .take(info.height() as usize)
                .flat_map(|row| row[..width].iter().copied())
                .collect();
            self.ready.push_back(Frame {
                pts_ns: buffer.pts().unwrap().nseconds(),
                width,
                luma,
            });
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// A card of one premultiplied colour.
pub fn card(
    id: &str,
    version: u64,
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    colour: [u8; 4],
) -> Layer {
    let pixels = (width * height) as usize;
    Layer {
        id: id.to_owned(),
        version,
        x,
        y,
        width,
        height,
        rgba: Arc::from(colour.repeat(pixels)),
        opacity: 1.0,
        motion: None,
    }
}
