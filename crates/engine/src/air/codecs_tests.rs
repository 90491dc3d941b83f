use std::sync::Mutex;

use stallcast_delivery::LinkView;
use stallcast_delivery::presets::built_in;

use super::*;

const NOMINAL: u32 = 2_500;

/// A program that notes what it is asked.
#[derive(Default)]
struct Noted {
    encodes: Mutex<BTreeMap<VideoCodec, u32>>,
    begun: Mutex<usize>,
    taken: Mutex<u64>,
    refused: Mutex<u64>,
    failure: Mutex<Option<String>>,
}

impl EncodesCodecs for Noted {
    fn start(&self, codec: VideoCodec, kbps: u32, _: EncodedSink) -> Result<(), MediaError> {
        self.encodes.lock().unwrap().insert(codec, kbps);
        *self.begun.lock().unwrap() += 1;
        Ok(())
    }
    fn set(&self, codec: VideoCodec, kbps: u32) {
        self.encodes.lock().unwrap().insert(codec, kbps);
    }
    fn stop(&self, codec: VideoCodec) {
        self.encodes.lock().unwrap().remove(&codec);
    }
    fn stats(&self, codec: VideoCodec) -> Option<RenditionStats> {
        let runs = self.encodes.lock().unwrap().contains_key(&codec);
        runs.then(|| RenditionStats {
            frames_taken: *self.taken.lock().unwrap(),
            frames_refused: *self.refused.lock().unwrap(),
            failure: self.failure.lock().unwrap().clone(),
        })
    }
    fn left_out(&self) -> u64 {
        0
    }
}

fn link(id: &str, is_congested: bool) -> (VideoCodec, Link) {
    let view = LinkView {
        taken_kbps: if is_congested { 900.0 } else { 2_628.0 },
        standing_ms: if is_congested { 900.0 } else { 0.0 },
        waiting_bytes: if is_congested { 200_000.0 } else { 0.0 },
        is_congested,
        ..LinkView::default()
    };
    let link = Link {
        id: id.to_owned(),
        canvas: Canvas::Landscape,
        is_protected: false,
        view: Some(view),
    };
    (VideoCodec::Hevc, link)
}

struct World {
    program: Arc<Noted>,
    codecs: Codecs<Noted>,
    now: Duration,
}

impl World {
    fn new() -> Self {
        let mut codecs = Codecs::new();
        codecs.choose(NOMINAL);
        Self {
            program: Arc::default(),
            codecs,
            now: Duration::ZERO,
        }
    }

    /// Lets time pass with links that stay as they are; what is decided at its end.
    fn pass(&mut self, time: Duration, links: &[(VideoCodec, Link)]) -> BTreeMap<String, Share> {
        let programs = BTreeMap::from([(Canvas::Landscape, self.program.clone())]);
        let until = self.now + time;
        loop {
            *self.program.taken.lock().unwrap() += 6;
            let shares = self.codecs.decide(self.now, links, &programs);
            self.now += uplink::LOOK;
            if self.now > until {
                return shares;
            }
        }
    }

    fn kbps(&self) -> Option<u32> {
        let encodes = self.program.encodes.lock().unwrap();
        encodes.get(&VideoCodec::Hevc).copied()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_encode_runs_while_somebody_is_sent_it_and_a_moment_longer() {
    let mut world = World::new();
    let nobody = [];
    assert!(world.pass(SECOND, &nobody).is_empty());
    assert_eq!(world.kbps(), None);
    let shares = world.pass(SECOND, &[link("a", false), link("b", false)]);
    assert_eq!(world.kbps(), Some(NOMINAL));
    let (a, b) = (&shares["a"].feeding, &shares["b"].feeding);
    assert!(a.hub.is(&b.hub), "one encode for both");
    assert_eq!((a.codec, a.soon, a.paused), (VideoCodec::Hevc, None, false));
    // Connected again within seconds: the same encode.
    world.pass(SECOND * 3, &nobody);
    let again = world.pass(SECOND, &[link("a", false)]);
    assert!(again["a"].feeding.hub.is(&shares["a"].feeding.hub));
    assert_eq!(*world.program.begun.lock().unwrap(), 1);
    world.pass(KEPT + SECOND, &nobody);
    assert_eq!(world.kbps(), None);
}

#[test]
fn its_bitrate_is_what_its_own_links_take() {
    let mut world = World::new();
    let shares = world.pass(SECOND * 3, &[link("a", true)]);
    let kbps = world.kbps().unwrap();
    assert!(kbps < 1_000, "{kbps}");
    assert_eq!(shares["a"].target_kbps, kbps);
}

#[test]
fn one_that_fails_is_given_up_for_this_show_and_tried_in_the_next() {
    let mut world = World::new();
    world.pass(SECOND, &[link("a", false)]);
    *world.program.failure.lock().unwrap() = Some("no packet".to_owned());
    assert!(world.pass(SECOND, &[link("a", false)]).is_empty());
    assert_eq!(
        world.codecs.given_up(VideoCodec::Hevc),
        Some("codec_failed")
    );
    assert_eq!(world.codecs.given_up(VideoCodec::Av1), None);
    assert_eq!(world.kbps(), None);
    world.codecs.forget();
    *world.program.failure.lock().unwrap() = None;
    assert!(!world.pass(SECOND, &[link("a", false)]).is_empty());
}

#[test]
fn one_that_costs_pictures_is_given_up_after_two_bad_times() {
    let mut world = World::new();
    let links = [link("a", false)];
    let steps = TRIAL.as_millis() / uplink::LOOK.as_millis() + 1;
    let mut bad_time = || {
        for _ in 0..steps {
            // One picture of seven.
            *world.program.refused.lock().unwrap() += 1;
            world.pass(Duration::ZERO, &links);
        }
        world.codecs.given_up(VideoCodec::Hevc)
    };
    assert_eq!(bad_time(), None, "a hiccup");
    bad_time();
    assert_eq!(
        world.codecs.given_up(VideoCodec::Hevc),
        Some("codec_too_slow")
    );
    assert_eq!(world.kbps(), None);
}

#[test]
fn another_bitrate_begins_it_anew() {
    let mut world = World::new();
    world.pass(SECOND, &[link("a", false)]);
    world.codecs.choose(NOMINAL);
    assert_eq!(world.kbps(), Some(NOMINAL));
    world.codecs.choose(4_000);
    assert_eq!(world.kbps(), None);
    world.pass(SECOND, &[link("a", false)]);
    assert_eq!(world.kbps(), Some(4_000));
}

#[test]
fn a_codec_is_asked_for_where_machine_platform_and_way_allow_it() {
    let table = built_in().unwrap();
    let of = |id: &str, url: &str, codec, usable| {
        let value = Destination {
            id: "d".into(),
            platform: id.to_owned(),
            name: "d".to_owned(),
            url: url.to_owned(),
            enabled: true,
            priority: Default::default(),
            canvas: Default::default(),
            codec,
        };
        let preset = table.platforms.iter().find(|platform| platform.id == id);
        decided(&value, preset, &|_| usable)
    };
    use stallcast_show::VideoCodec::{Av1, H264, Hevc};
    let (by, rtmp) = (Usable::By("x265enc"), "rtmp://host/live");
    let hevc = Wish::Asks(VideoCodec::Hevc);
    assert_eq!(of("youtube", rtmp, Hevc, by), hevc);
    assert_eq!(of("custom", rtmp, Hevc, by), hevc);
    assert_eq!(
        of("custom", rtmp, H264, Usable::No),
        Wish::Asks(VideoCodec::H264)
    );
    let untried = Wish::Untried(VideoCodec::Av1);
    assert_eq!(of("youtube", rtmp, Av1, Usable::Unknown), untried);
    let refused = [
        of("custom", "srt://host:9000", Hevc, by),
        of("twitch", rtmp, Hevc, by),
        of("bilibili", rtmp, Av1, by),
        of("gone", rtmp, Hevc, by),
        of("youtube", rtmp, Hevc, Usable::No),
    ];
    let expected = [
        "codec_way",
        "codec_platform",
        "codec_platform",
        "codec_platform",
        "codec_no_encoder",
    ];
    assert_eq!(refused, expected.map(Wish::Refused));
}
