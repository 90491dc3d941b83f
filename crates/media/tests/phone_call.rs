//! Phones that call over WebRTC: GStreamer in the phone's place, into a running input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;

use common::{
    SOON, beep_offsets, events, flash_clip, mixer, onsets, wait_for, wait_for_state, watch,
};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_video as gst_video;
use gstreamer_webrtc as gst_webrtc;
use stallcast_media::audio::AudioMixer;
use stallcast_media::clock::MediaClock;
use stallcast_media::input::{
    Call, CallError, Feed, Input, InputKind, InputSpec, InputState, VideoWant,
};

/// Somebody who calls.
struct Phone {
    pipeline: gst::Pipeline,
    peer: gst::Element,
}

impl Phone {
    /// `media` leads into the pads of `peer`.
    fn new(media: &str) -> Self {
        gst::init().unwrap();
        let description = format!("webrtcbin name=peer bundle-policy=max-bundle {media}");
        let pipeline = gst::parse::launch(&description).unwrap();
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let peer = pipeline.by_name("peer").unwrap();
        // As a real phone does: its reports say when something was captured, not when it was sent.
        let rtp = peer.downcast_ref::<gst::Bin>().unwrap().by_name("rtpbin");
        rtp.unwrap().set_property("rtcp-sync-send-time", false);
        Self { pipeline, peer }
    }

    /// A clip's picture, encoded with a keyframe only where one is asked for, and its sound.
    fn with_clip(path: &Path) -> Self {
        Self::new(&format!(
            "filesrc location={} ! decodebin name=clip \
             clip. ! queue ! clocksync ! videoconvert ! video/x-raw,format=I420 \
             ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max=9000 option-string=scenecut=0 \
             ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 pt=96 \
             ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer. \
             clip. ! queue ! clocksync ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=97 \
             ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.",
            path.display()
        ))
    }

    /// The next of these on an element's way out, once `armed`, never arrives; tells when it was lost.
    fn loses_one(
        &self,
        armed: &Arc<AtomicBool>,
        element: &str,
        kind: gst::PadProbeType,
        is_meant: impl Fn(&Option<gst::PadProbeData>) -> bool + Send + Sync + 'static,
    ) -> Arc<AtomicBool> {
        let lost = Arc::new(AtomicBool::new(false));
        let (armed, told) = (Arc::clone(armed), Arc::clone(&lost));
        let pad = self.pipeline.by_name(element).unwrap();
        let pad = pad.static_pad("src").unwrap();
        pad.add_probe(kind, move |_, info| {
            let is_armed = armed.load(Ordering::SeqCst);
            if is_armed && is_meant(&info.data) && !told.swap(true, Ordering::Relaxed) {
                return gst::PadProbeReturn::Drop;
            }
            gst::PadProbeReturn::Ok
        });
        lost
    }

    async fn ask(&self, what: &str) -> gst::Structure {
        let (promise, reply) = promise();
        self.peer
            .emit_by_name::<()>(what, &[&None::<gst::Structure>, &promise]);
        reply.await.unwrap().unwrap()
    }

    fn tell(&self, signal: &str, kind: gst_webrtc::WebRTCSDPType, sdp: gst_sdp::SDPMessage) {
        let description = gst_webrtc::WebRTCSessionDescription::new(kind, sdp);
        self.peer
            .emit_by_name::<()>(signal, &[&description, &None::<gst::Promise>]);
    }

    /// Plays, and calls with all its addresses.
    async fn call(&self, feed: &Feed) -> Result<Call, CallError> {
        let (ready, is_ready) = sync_channel(8);
        self.peer.connect("on-negotiation-needed", false, move |_| {
            let _ = ready.try_send(());
            None
        });
        let (gathered, is_gathered) = sync_channel(8);
        self.peer
            .connect_notify(Some("ice-gathering-state"), move |peer, _| {
                let state =
                    peer.property::<gst_webrtc::WebRTCICEGatheringState>("ice-gathering-state");
                if state == gst_webrtc::WebRTCICEGatheringState::Complete {
                    let _ = gathered.try_send(());
                }
            });
        self.pipeline.set_state(gst::State::Playing).unwrap();
        tokio::task::block_in_place(|| is_ready.recv_timeout(SOON)).unwrap();
        let offer = self.ask("create-offer").await;
        let offer = offer
            .get::<gst_webrtc::WebRTCSessionDescription>("offer")
            .unwrap();
        self.tell(
            "set-local-description",
            gst_webrtc::WebRTCSDPType::Offer,
            offer.sdp().to_owned(),
        );
        tokio::task::block_in_place(|| is_gathered.recv_timeout(SOON)).unwrap();
        let local = self
            .peer
            .property::<gst_webrtc::WebRTCSessionDescription>("local-description");
        let (call, answer) = Call::answer(&local.sdp().as_text().unwrap(), feed).await?;
        let answer = gst_sdp::SDPMessage::parse_buffer(answer.as_bytes()).unwrap();
        self.tell(
            "set-remote-description",
            gst_webrtc::WebRTCSDPType::Answer,
            answer,
        );
        Ok(call)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

fn promise() -> (
    gst::Promise,
    tokio::sync::oneshot::Receiver<Option<gst::Structure>>,
) {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let promise = gst::Promise::with_change_func(move |reply| {
        let _ = answer.send(reply.ok().flatten().map(ToOwned::to_owned));
    });
    (promise, answered)
}

fn input(feed: &Feed, clock: &MediaClock, mixer: Option<&AudioMixer>) -> Input {
    let spec = InputSpec {
        id: "phone".to_owned(),
        kind: InputKind::Fed { feed: feed.clone() },
    };
    let (tell, _told) = events();
    Input::start(spec, clock, mixer, VideoWant::new(640, 360), tell)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_calls_is_seen_and_heard_in_step_and_asked_for_a_keyframe_when_one_is_missed()
{
    gst::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flash.mp4");
    flash_clip(&path, 120);
    let clock = MediaClock::new();
    let (mixer, heard) = mixer(&clock);
    let feed = Feed::default();
    let phone = Phone::with_clip(&path);
    let mut call = phone.call(&feed).await.unwrap();
    // Nobody looks yet: its only keyframe of itself goes by.
    let ended = tokio::time::timeout(std::time::Duration::from_secs(3), call.ended()).await;
    assert!(ended.is_err(), "the call stands");
    let input = input(&feed, &clock, Some(&mixer));
    tokio::task::block_in_place(|| {
        wait_for_state(&input, InputState::Live, SOON);
        // What belongs together is said by the sender's reports, which may be 5 s apart (RFC 3550, 6.2); before, picture
        // and sound are each shown as they come. On a busy machine it takes a few reports until the phone's own delays,
        // which it has on this machine as well, are known.
        let mut flashes = 7;
        wait_for("the sound in step with the picture", 2 * SOON, || {
            let seen = watch(input.frames(), &clock, SOON / 2, |seen| {
                onsets(seen, 128.0).len() >= flashes
            });
            flashes = 4;
            let offsets = beep_offsets(&onsets(&seen, 128.0), &heard, &mixer);
            let newest = &offsets[offsets.len() - 3..];
            newest
                .iter()
                .all(|offset| offset.abs() < 40.0)
                .then_some(())
        });
    });
    drop(phone);
    tokio::time::timeout(SOON, call.ended()).await.unwrap();
    call.end().await;
    tokio::task::block_in_place(|| wait_for_state(&input, InputState::Left, SOON));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_encodes_no_h264_is_taken_with_vp8_and_what_nobody_takes_is_refused() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    let feed = Feed::default();
    let input = input(&feed, &clock, None);
    let picture = "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1";
    let unknown = Phone::new(&format!(
        "{picture} ! jpegenc ! rtpjpegpay pt=96 \
         ! application/x-rtp,media=video,encoding-name=JPEG,payload=96 ! peer."
    ));
    let refused = unknown.call(&feed).await.unwrap_err();
    assert_eq!(refused, CallError::NoCommonFormat);
    assert_eq!(
        Call::answer("hello", &feed).await.unwrap_err(),
        CallError::NoCommonFormat
    );
    let phone = Phone::new(&format!(
        "{picture} ! vp8enc deadline=1 keyframe-max-dist=9000 ! rtpvp8pay pt=96 \
         ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer."
    ));
    let call = phone.call(&feed).await.unwrap();
    tokio::task::block_in_place(|| {
        wait_for("its pictures", SOON, || {
            (input.frames().pushed() > 30).then_some(())
        });
        wait_for_state(&input, InputState::Live, SOON);
    });
    call.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyframe_that_was_asked_for_in_vain_is_asked_for_again() {
    gst::init().unwrap();
    let clock = MediaClock::new();
    let feed = Feed::default();
    let input = input(&feed, &clock, None);
    let phone = Phone::new(
        "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1,format=I420 \
         ! x264enc name=encoder tune=zerolatency speed-preset=ultrafast key-int-max=9000 option-string=scenecut=0 \
         ! video/x-h264,profile=constrained-baseline ! rtph264pay name=pay config-interval=-1 pt=96 \
         ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer.",
    );
    let call = phone.call(&feed).await.unwrap();
    let pictures = |more: u64| {
        let wanted = input.frames().pushed() + more;
        tokio::task::block_in_place(|| {
            wait_for("pictures", SOON, || {
                (input.frames().pushed() >= wanted).then_some(())
            });
        });
    };
    pictures(30);
    // A packet is lost, and then what asks for a keyframe: nothing before both are waited for.
    let armed = Arc::default();
    let lost = phone.loses_one(
        &armed,
        "pay",
        gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST,
        |_| true,
    );
    let asked = phone.loses_one(
        &armed,
        "encoder",
        gst::PadProbeType::EVENT_UPSTREAM,
        |what| {
            matches!(what, Some(gst::PadProbeData::Event(event))
                if gst_video::UpstreamForceKeyUnitEvent::parse(event).is_ok())
        },
    );
    armed.store(true, Ordering::SeqCst);
    tokio::task::block_in_place(|| {
        wait_for("the losses", SOON, || {
            (lost.load(Ordering::Relaxed) && asked.load(Ordering::Relaxed)).then_some(())
        });
    });
    // Whatever was still on its way, and more.
    pictures(90);
    call.end().await;
}
