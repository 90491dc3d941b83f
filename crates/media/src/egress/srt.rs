//! Owns SRT: `appsrc ! parsers ! mpegtsmux` makes a transport stream, `appsrc ! srtsink` sends it. Between the two the
//! stream is ours, so that a connection can be tried before the first picture.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::intake::{Intake, Silence};
use super::loss::{LossSample, LossWatch};
use super::pulse::Pulse;
use super::srt_words::{Counters, understand};
use super::{EgressError, EgressFigures, capsfilter, init, make};
use crate::connection::Running;
use crate::program::{EncodedPacket, StreamConfig};

/// Packets of a transport stream in one SRT packet (libsrt's live payload of 1316 bytes).
const TS_IN_PACKET: usize = 7;
const TS_BYTES: usize = 188;
/// What may wait for the socket: a keyframe of a high rate passes in one go.
const OUT_MAX: u64 = 512 * 1024;
/// Receivers acknowledge every 10 ms: silence of this long, or of two round trips, and more is held back, so that the
/// backlog lies in the queue before us, where it can be dropped in whole groups.
const HOLD: Duration = Duration::from_millis(300);
/// While held back, a packet this often: without anything new to acknowledge a receiver that is back stays silent.
const PROBE: Duration = Duration::from_millis(250);
/// How often a call is looked after.
const LOOK: Duration = Duration::from_millis(20);
/// libsrt gives up a call after three seconds; should it not, we do.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// At the end, time for the last packets to arrive.
const DRAIN: Duration = Duration::from_millis(300);

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SrtCaller {
    /// We call the address.
    Us,
    /// The other side calls us at the address, which is ours.
    Them,
}

/// An SRT connection.
#[derive(Clone)]
pub struct SrtSpec {
    /// Who calls.
    pub caller: SrtCaller,
    /// The server's address, or our own to listen on.
    pub address: SocketAddr,
    /// How long the receiver waits for retransmission.
    pub latency: Duration,
    /// What the server knows the stream by.
    pub stream_id: Option<String>,
    /// What the stream is encrypted with; 10 to 79 bytes.
    pub passphrase: Option<String>,
}

impl std::fmt::Debug for SrtSpec {
    /// Without stream id and passphrase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SrtSpec({:?} {})", self.caller, self.address)
    }
}

/// A running SRT sender. Dropping it ends it.
#[derive(Debug)]
pub struct SrtSender {
    caller: SrtCaller,
    running: Running<EgressError>,
    intake: Intake,
    silence: Silence,
    /// The transport stream's way to the socket.
    out: gst_app::AppSrc,
    sink: gst::Element,
    /// Bytes of the transport stream that were made so far.
    made: Arc<AtomicU64>,
    /// How many called us and have not left.
    callers: Arc<AtomicI64>,
    began: Instant,
    pulse: Pulse,
    loss: LossWatch,
}

impl SrtSender {
    /// Builds it and begins to call, or to listen. Returns at once.
    ///
    /// # Errors
    /// [`EgressError::PortInUse`]; an element is missing or refuses the settings.
    pub fn start(spec: &SrtSpec, config: &StreamConfig) -> Result<Self, EgressError> {
        init()?;
        let sink = sink(spec)?;
        let callers = Arc::new(AtomicI64::new(0));
        for (signal, change) in [("caller-added", 1), ("caller-removed", -1)] {
            let callers = Arc::clone(&callers);
            sink.connect(signal, false, move |_| {
                callers.fetch_add(change, Ordering::Relaxed);
                None
            });
        }
        let intake = Intake::new(config);
        let out = gst_app::AppSrc::builder()
            .name("stream")
            .caps(
                &gst::Caps::builder("video/mpegts")
                    .field("systemstream", true)
                    .field("packetsize", i32::try_from(TS_BYTES).unwrap_or(188))
                    .build(),
            )
            .format(gst::Format::Time)
            .is_live(false)
            .block(false)
            .max_bytes(0)
            .build();
        let pipeline = gst::Pipeline::new();
        let made = Arc::<AtomicU64>::default();
        build(&pipeline, &intake, &out, &made, &sink)?;
        let caller = spec.caller;
        let running = Running::start(pipeline, move |error| understand(error, caller))?;
        Ok(Self {
            caller,
            running,
            intake,
            silence: Silence::default(),
            out,
            sink,
            made,
            callers,
            began: Instant::now(),
            pulse: Pulse::default(),
            loss: LossWatch::default(),
        })
    }

    /// Waits until the other side is connected: some seconds at most when we call, for ever when it does.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn connected(&mut self) -> Result<(), EgressError> {
        let deadline = Instant::now() + CALL_TIMEOUT;
        if self.caller == SrtCaller::Us {
            // srtsink tells how its call went when it has something to send, and not before.
            let _ = self.out.push_buffer(null_packets());
        }
        loop {
            if let Some(failure) = self.running.failure() {
                return Err(failure);
            }
            let is_there = match self.caller {
                SrtCaller::Us => self.counters().bytes > 0,
                SrtCaller::Them => self.callers.load(Ordering::Relaxed) > 0,
            };
            if is_there {
                return Ok(());
            }
            if self.caller == SrtCaller::Us && Instant::now() >= deadline {
                return Err(EgressError::Unreachable);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the packets from now on are.
    pub fn set_config(&self, config: &StreamConfig) {
        self.intake.set_config(config);
    }

    /// Takes a packet whose times begin with 0 at the connection's first picture. Never waits.
    pub fn put(&mut self, packet: &EncodedPacket) {
        self.pulse.put(self.began.elapsed());
        if let Some(until_us) = self.silence.look(packet) {
            self.intake.put_gap(until_us);
        }
        let _ = self.intake.put(packet, gst::ClockTime::ZERO);
    }

    /// How it fares.
    pub fn figures(&mut self) -> EgressFigures {
        let now = self.began.elapsed();
        let counters = self.counters();
        self.pulse
            .heard(Some(counters.acknowledgements).filter(|n| *n > 0));
        let silent_for = self.pulse.silent_for(now);
        let queued_bytes = self.intake.level_bytes() + self.out.current_level_bytes();
        let hold = HOLD.max(counters.rtt * 2);
        let is_held = silent_for.is_some_and(|silent| silent >= hold)
            && self.pulse.idle_for(now).is_some_and(|idle| idle < PROBE);
        EgressFigures {
            sent_bytes: counters.bytes,
            queued_bytes,
            silent_for,
            wants_more: !is_held && queued_bytes < OUT_MAX,
            loss: (counters.packets > 0).then(|| {
                self.loss.look(LossSample {
                    at: now,
                    sent_packets: counters.packets,
                    repeated_packets: counters.repeated,
                    sent_bytes: counters.bytes,
                    brought_bytes: self.brought_bytes(&counters),
                    lost_packets: counters.lost,
                    rtt: counters.rtt,
                })
            }),
        }
    }

    /// Waits until it fails, or the last caller leaves. Safe to cancel.
    pub async fn lost(&mut self) -> EgressError {
        let callers = Arc::clone(&self.callers);
        let left = async {
            while callers.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        let is_called = self.caller == SrtCaller::Them;
        tokio::select! {
            failure = self.running.failing() => failure,
            () = left, if is_called => EgressError::PeerLeft,
        }
    }

    /// Sends what it holds and ends.
    pub async fn end(self) {
        self.intake.end();
        if self.running.failure().is_none() {
            tokio::time::sleep(DRAIN).await;
        }
        self.running.stop().await;
    }

    /// On the wire: every SRT packet has a head of 16 bytes, UDP's of 8 and IP's of 20. What several callers are sent is
    /// only known by what was.
    fn brought_bytes(&self, counters: &Counters) -> u64 {
        match self.caller {
            SrtCaller::Us => {
                let payload = (TS_IN_PACKET * TS_BYTES) as u64;
                self.made.load(Ordering::Relaxed) * (payload + 44) / payload
            }
            SrtCaller::Them => {
                let new = counters.packets.saturating_sub(counters.repeated);
                counters.bytes * new / counters.packets.max(1)
            }
        }
    }

    fn counters(&self) -> Counters {
        let stats = self.sink.property::<Option<gst::Structure>>("stats");
        let Some(stats) = stats else {
            return Counters::default();
        };
        match self.caller {
            SrtCaller::Us => Counters::of(&stats),
            // Several may watch; the stream is alive while one of them is.
            SrtCaller::Them => {
                let all = stats.get::<gst::glib::ValueArray>("callers").ok();
                let all = all.iter().flat_map(|all| all.iter());
                let of_each = all.filter_map(|caller| caller.get::<gst::Structure>().ok());
                of_each
                    .map(|caller| Counters::of(&caller))
                    .reduce(Counters::plus)
                    .unwrap_or_default()
            }
        }
    }
}

fn sink(spec: &SrtSpec) -> Result<gst::Element, EgressError> {
    let sink = make("srtsink")?;
    // The address first: it resets what is set besides. Secrets never go into it, since it is logged.
    sink.set_property("uri", format!("srt://{}", spec.address));
    match spec.caller {
        SrtCaller::Us => sink.set_property_from_str("mode", "caller"),
        SrtCaller::Them => {
            sink.set_property_from_str("mode", "listener");
            sink.set_property("localaddress", spec.address.ip().to_string());
            sink.set_property("localport", u32::from(spec.address.port()));
        }
    }
    let latency_ms = i32::try_from(spec.latency.as_millis()).unwrap_or(i32::MAX);
    sink.set_property("latency", latency_ms);
    if let Some(stream_id) = &spec.stream_id {
        sink.set_property("streamid", stream_id);
    }
    if let Some(passphrase) = &spec.passphrase {
        sink.set_property("passphrase", passphrase);
    }
    sink.set_property("sync", false);
    sink.set_property("async", false);
    // Calls are repeated by the destination, which tells about them; the library's own policy is off. Only `true` would ask
    // a signal handler for every caller.
    for name in ["auto-reconnect", "authentication"] {
        if sink.find_property(name).is_some() {
            sink.set_property(name, false);
        }
    }
    sink.set_property("wait-for-connection", spec.caller == SrtCaller::Us);
    Ok(sink)
}

fn build(
    pipeline: &gst::Pipeline,
    intake: &Intake,
    out: &gst_app::AppSrc,
    made: &Arc<AtomicU64>,
    sink: &gst::Element,
) -> Result<(), EgressError> {
    let video_parse = make("h264parse")?;
    // Parameter sets before every keyframe: who joins later can decode.
    video_parse.set_property("config-interval", -1_i32);
    let video_caps = capsfilter(
        &gst::Caps::builder("video/x-h264")
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build(),
    )?;
    let audio_parse = make("aacparse")?;
    let mux = make("mpegtsmux")?;
    mux.set_property("alignment", i32::try_from(TS_IN_PACKET).unwrap_or(7));
    let muxed = gst_app::AppSink::builder()
        .sync(false)
        .async_(false)
        .enable_last_sample(false)
        .build();
    let (forward, made) = (out.clone(), Arc::clone(made));
    muxed.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |muxed| {
                let sample = muxed.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(mut buffer) = sample.buffer_owned() {
                    let buffer_mut = buffer.make_mut();
                    buffer_mut.set_pts(gst::ClockTime::NONE);
                    buffer_mut.set_dts(gst::ClockTime::NONE);
                    made.fetch_add(buffer.size() as u64, Ordering::Relaxed);
                    forward.push_buffer(buffer)?;
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    let (video, audio) = (intake.video.upcast_ref(), intake.audio.upcast_ref());
    pipeline.add_many([
        video,
        &video_parse,
        &video_caps,
        audio,
        &audio_parse,
        &mux,
        muxed.upcast_ref(),
        out.upcast_ref(),
        sink,
    ])?;
    gst::Element::link_many([video, &video_parse, &video_caps, &mux])?;
    gst::Element::link_many([audio, &audio_parse, &mux])?;
    mux.link(&muxed)?;
    out.link(sink)?;
    Ok(())
}

/// One SRT packet of what every receiver of a transport stream passes over (ISO/IEC 13818-1, 2.4.3.3: PID 0x1FFF).
fn null_packets() -> gst::Buffer {
    let mut packet = [0xFF_u8; TS_BYTES];
    packet[..4].copy_from_slice(&[0x47, 0x1F, 0xFF, 0x10]);
    gst::Buffer::from_slice(packet.repeat(TS_IN_PACKET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_spec_shows_no_secret() {
        let spec = SrtSpec {
            caller: SrtCaller::Us,
            address: ([127, 0, 0, 1], 9000).into(),
            latency: Duration::from_millis(200),
            stream_id: Some("s3cret".into()),
            passphrase: Some("s3crets3cret".into()),
        };
        assert!(!format!("{spec:?}").contains("s3cret"));
    }
}
