//! WebRTC against another webrtcbin that decodes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;
use stallcast_media::egress::{EgressError, WebRtcSender};
use tokio::sync::oneshot;

use crate::clip::{Player, clip, until};

/// A receiver.
struct Receiver {
    pipeline: gst::Pipeline,
    peer: gst::Element,
    pictures: Arc<AtomicU64>,
    came: Arc<Mutex<Came>>,
    sounds: Arc<AtomicU64>,
}

/// Pictures that came, whether or not they could be decoded.
#[derive(Clone, Copy, Default)]
struct Came {
    all: u64,
    keyframes: u64,
}

/// A sender's report.
#[derive(Clone)]
struct Report {
    /// Seconds.
    moment: f64,
    /// The media's time then, in ticks of its clock.
    media: u32,
    clock_rate: i32,
}

impl Receiver {
    fn new() -> Self {
        gst::init().unwrap();
        let pipeline = gst::Pipeline::new();
        let peer = gst::ElementFactory::make("webrtcbin")
            .property_from_str("bundle-policy", "max-bundle")
            .build()
            .unwrap();
        pipeline.add(&peer).unwrap();
        let receiver = Self {
            pipeline,
            peer,
            pictures: Arc::default(),
            came: Arc::default(),
            sounds: Arc::default(),
        };
        let pipeline = receiver.pipeline.downgrade();
        let (pictures, came, sounds) = (
            Arc::clone(&receiver.pictures),
            Arc::clone(&receiver.came),
            Arc::clone(&receiver.sounds),
        );
        receiver.peer.connect_pad_added(move |_, pad| {
            let Some(pipeline) = pipeline.upgrade().filter(|_| pad.direction() == gst::PadDirection::Src) else {
                return;
            };
            let caps = pad.current_caps().unwrap();
            let video = caps.structure(0).unwrap().get::<&str>("media").unwrap() == "video";
            let chain = if video {
                "rtph264depay ! h264parse name=parse ! avdec_h264 ! fakesink name=end sync=false async=false"
            } else {
                "rtpopusdepay ! opusdec ! fakesink name=end sync=false async=false"
            };
            let bin = gst::parse::bin_from_description(chain, true).unwrap();
            let count = |element: &str, pad: &str, probe: Box<dyn Fn(&gst::BufferRef) + Send + Sync>| {
                let pad = bin.by_name(element).unwrap().static_pad(pad).unwrap();
                pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                    probe(info.buffer().unwrap());
                    gst::PadProbeReturn::Ok
                });
            };
            if video {
                let came = Arc::clone(&came);
                count(
                    "parse",
                    "src",
                    Box::new(move |buffer| {
                        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
                        let mut came = came.lock().unwrap();
                        came.all += 1;
                        came.keyframes += u64::from(key);
                    }),
                );
            }
            let counter = Arc::clone(if video { &pictures } else { &sounds });
            count(
                "end",
                "sink",
                Box::new(move |_| {
                    counter.fetch_add(1, Ordering::Relaxed);
                }),
            );
            pipeline.add(&bin).unwrap();
            bin.sync_state_with_parent().unwrap();
            pad.link(&bin.static_pad("sink").unwrap()).unwrap();
        });
        receiver.pipeline.set_state(gst::State::Playing).unwrap();
        receiver
    }

    /// Answers with all its addresses.
    async fn answer(&self, offer: &str) -> String {
        let sdp = gst_sdp::SDPMessage::parse_buffer(offer.as_bytes()).unwrap();
        self.tell(
            "set-remote-description",
            gst_webrtc::WebRTCSDPType::Offer,
            sdp,
        )
        .await;
        let (promise, reply) = promise();
        self.peer
            .emit_by_name::<()>("create-answer", &[&None::<gst::Structure>, &promise]);
        let reply = reply.await.unwrap().unwrap();
        let answer = reply
            .get::<gst_webrtc::WebRTCSessionDescription>("answer")
            .unwrap();
        self.tell(
            "set-local-description",
            gst_webrtc::WebRTCSDPType::Answer,
            answer.sdp().to_owned(),
        )
        .await;
        until("all candidates", || {
            self.peer
                .property::<gst_webrtc::WebRTCICEGatheringState>("ice-gathering-state")
                == gst_webrtc::WebRTCICEGatheringState::Complete
        })
        .await;
        let local = self
            .peer
            .property::<gst_webrtc::WebRTCSessionDescription>("local-description");
        local.sdp().as_text().unwrap()
    }

    async fn tell(&self, signal: &str, kind: gst_webrtc::WebRTCSDPType, sdp: gst_sdp::SDPMessage) {
        let description = gst_webrtc::WebRTCSessionDescription::new(kind, sdp);
        let (promise, reply) = promise();
        self.peer
            .emit_by_name::<()>(signal, &[&description, &promise]);
        let _ = reply.await;
    }

    /// Asks for a keyframe as a browser does (PLI).
    fn ask_for_keyframe(&self) {
        let parse = self.pipeline.iterate_recurse().into_iter().flatten();
        for element in parse.filter(|e| e.factory().is_some_and(|f| f.name() == "h264parse")) {
            let event = gst::event::CustomUpstream::new(
                gst::Structure::builder("GstForceKeyUnit")
                    .field("all-headers", true)
                    .field("count", 0_u32)
                    .build(),
            );
            assert!(element.static_pad("sink").unwrap().push_event(event));
        }
    }

    /// What each sender reported last.
    fn reports(&self) -> BTreeMap<u32, Report> {
        let rtp = self.pipeline.by_name("rtpbin").unwrap();
        let session = rtp
            .emit_by_name::<Option<gst::glib::Object>>("get-internal-session", &[&0_u32])
            .unwrap();
        let stats = session.property::<gst::Structure>("stats");
        let sources = stats.get::<gst::glib::ValueArray>("source-stats").unwrap();
        let report = |source: gst::Structure| {
            let has = |name| source.get::<bool>(name).unwrap_or(false);
            (has("have-sr") && !has("internal")).then(|| {
                let report = Report {
                    // 32 bits of seconds, 32 of their parts (RFC 3550, 4).
                    moment: source.get::<u64>("sr-ntptime").unwrap() as f64 / 2_f64.powi(32),
                    media: source.get("sr-rtptime").unwrap(),
                    clock_rate: source.get("clock-rate").unwrap(),
                };
                (source.get("ssrc").unwrap(), report)
            })
        };
        let sources = sources
            .iter()
            .map(|source| source.get::<gst::Structure>().unwrap());
        sources.filter_map(report).collect()
    }

    fn pictures(&self) -> u64 {
        self.pictures.load(Ordering::Relaxed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn promise() -> (gst::Promise, oneshot::Receiver<Option<gst::Structure>>) {
    let (answer, answered) = oneshot::channel();
    let promise = gst::Promise::with_change_func(move |reply| {
        let _ = answer.send(reply.ok().flatten().map(ToOwned::to_owned));
    });
    (promise, answered)
}

/// A sender and a receiver that have heard of each other: offer and answer.
async fn introduced() -> (WebRtcSender, Receiver, String, String) {
    let receiver = Receiver::new();
    let mut sender = WebRtcSender::start(&clip().config).unwrap();
    let offer = sender.offer().await.unwrap();
    let answer = receiver.answer(&offer).await;
    (sender, receiver, offer, answer)
}

async fn connected() -> (WebRtcSender, Receiver) {
    let (mut sender, receiver, offer, answer) = introduced().await;
    sender.connect(&offer, &answer, &[]).await.unwrap();
    (sender, receiver)
}

fn is_reported(sender: &mut WebRtcSender) -> bool {
    sender.figures().loss.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offer_tells_the_truth_and_no_address() {
    let mut sender = WebRtcSender::start(&clip().config).unwrap();
    let offer = sender.offer().await.unwrap();
    let codec = &clip().config.video.codec_data;
    let profile = format!("{:02x}{:02x}{:02x}", codec[1], codec[2], codec[3]);
    assert!(
        offer.contains(&format!("profile-level-id={profile}")),
        "{offer}"
    );
    assert!(offer.contains("packetization-mode=1"), "{offer}");
    assert_eq!(offer.matches("a=sendonly").count(), 2, "{offer}");
    assert!(offer.contains("a=setup:actpass"), "{offer}");
    assert!(!offer.contains("a=candidate"), "{offer}");
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_opus_sound_are_decoded_and_reported() {
    let (mut sender, receiver) = connected().await;
    let mut player = Player::new();
    let decoded = |sender: &mut WebRtcSender| {
        let figures = sender.figures();
        assert!(figures.wants_more, "{figures:?}");
        receiver.pictures() >= 90 && receiver.sounds.load(Ordering::Relaxed) >= 100
    };
    player.send_until("90 pictures", &mut sender, decoded).await;
    // A moment in which the machine let nobody run passes, and with it what was lost.
    let is_well = |sender: &mut WebRtcSender| {
        let loss = sender.figures().loss;
        loss.is_some_and(|loss| loss.lost < 0.1)
    };
    player
        .send_until("a report of little loss", &mut sender, is_well)
        .await;
    assert!(sender.figures().sent_bytes > 50_000);
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reports_say_which_picture_and_sound_belong_together() {
    let (mut sender, receiver) = connected().await;
    let mut player = Player::new();
    let mut first = BTreeMap::new();
    let mut last = BTreeMap::new();
    let both_twice = |_: &mut WebRtcSender| {
        last = receiver.reports();
        if first.len() < 2 {
            first.clone_from(&last);
        }
        first.len() == 2
            && last
                .iter()
                .all(|(ssrc, newer)| first[ssrc].moment < newer.moment)
    };
    player
        .send_until("two reports of each", &mut sender, both_twice)
        .await;
    for (ssrc, newer) in &last {
        let older = &first[ssrc];
        let ticks = newer.media.wrapping_sub(older.media);
        let (real, told) = (
            newer.moment - older.moment,
            f64::from(ticks) / f64::from(newer.clock_rate),
        );
        assert!((real - told).abs() < 0.1, "{told} s of media in {real} s");
    }
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_keyframes_gets_those_on_the_schedule() {
    let (mut sender, receiver) = connected().await;
    let mut player = Player::new();
    player
        .send_until("30 pictures", &mut sender, |_| receiver.pictures() >= 30)
        .await;
    let pictures = receiver.pictures();
    let before = *receiver.came.lock().unwrap();
    let asks = |_: &mut WebRtcSender| {
        receiver.ask_for_keyframe();
        receiver.pictures() >= pictures + 90
    };
    player
        .send_until("90 pictures more", &mut sender, asks)
        .await;
    let after = *receiver.came.lock().unwrap();
    let more = after.keyframes - before.keyframes;
    let groups = (after.all - before.all) / 30;
    assert!(more <= groups + 1, "{more} keyframes in {groups} groups");
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_leaves_is_lost() {
    let (mut sender, receiver) = connected().await;
    let mut player = Player::new();
    player
        .send_until("30 pictures", &mut sender, |_| receiver.pictures() >= 30)
        .await;
    player
        .send_until("a report", &mut sender, is_reported)
        .await;
    drop(receiver);
    // Reports come every 7.5 s at the latest; ICE may know earlier.
    let mut lost = None;
    let is_silent = |sender: &mut WebRtcSender| {
        let silent = sender.figures().silent_for.unwrap_or_default();
        lost = lost_by_now(sender);
        silent >= Duration::from_secs(10) || lost.is_some()
    };
    player
        .send_until("the silence", &mut sender, is_silent)
        .await;
    if let Some(lost) = lost {
        assert!(
            matches!(lost, EgressError::PeerLeft | EgressError::NoMediaPath),
            "{lost:?}"
        );
    }
    sender.end().await;
}

/// Whether it is lost by now.
fn lost_by_now(sender: &mut WebRtcSender) -> Option<EgressError> {
    let mut lost = std::pin::pin!(sender.lost());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match lost.as_mut().poll(&mut context) {
        std::task::Poll::Ready(error) => Some(error),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_refuses_or_makes_no_sense_is_told() {
    let (mut sender, _receiver, offer, answer) = introduced().await;
    let without_video = answer.replacen("m=video 9 ", "m=video 0 ", 1);
    assert_ne!(without_video, answer, "{answer}");
    let refused = sender.connect(&offer, &without_video, &[]).await;
    assert_eq!(refused, Err(EgressError::FormatRefused));
    let nonsense = sender.connect(&offer, "hello", &[]).await;
    assert!(nonsense.is_err());
    sender.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_where_no_media_comes_through_is_told() {
    let (mut sender, receiver, offer, answer) = introduced().await;
    // Nobody is at these addresses.
    let answer: String = answer
        .lines()
        .filter(|line| !line.starts_with("a=candidate"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    drop(receiver);
    let outcome = sender.connect(&offer, &answer, &[]).await;
    assert_eq!(outcome, Err(EgressError::NoMediaPath));
    sender.end().await;
}
