use std::sync::Mutex;

use stallcast_media::program::{EncodedSink, RenditionStats};

use super::*;
use crate::air::encodes::TRIAL;

const NOMINAL: u32 = 2_500;

/// A program that notes what it is asked.
#[derive(Default)]
struct Noted {
    main_kbps: Mutex<Option<u32>>,
    second: Mutex<Option<u32>>,
    taken: Mutex<u64>,
    refused: Mutex<u64>,
}

impl Encodes for Noted {
    fn set_main(&self, kbps: u32) {
        *self.main_kbps.lock().unwrap() = Some(kbps);
    }
    fn start_second(&self, kbps: u32, _output: EncodedSink) {
        *self.second.lock().unwrap() = Some(kbps);
    }
    fn set_second(&self, kbps: u32) {
        *self.second.lock().unwrap() = Some(kbps);
    }
    fn stop_second(&self) {
        *self.second.lock().unwrap() = None;
    }
    fn second(&self) -> Option<RenditionStats> {
        let running = *self.second.lock().unwrap();
        running.map(|_| RenditionStats {
            frames_taken: *self.taken.lock().unwrap(),
            frames_refused: *self.refused.lock().unwrap(),
            failure: None,
        })
    }
    fn left_out(&self) -> u64 {
        0
    }
}

fn view(taken_kbps: f64, is_congested: bool) -> Option<LinkView> {
    Some(LinkView {
        taken_kbps,
        standing_ms: if is_congested { 900.0 } else { 0.0 },
        is_congested,
        waiting_bytes: if is_congested { 200_000.0 } else { 0.0 },
        ..LinkView::default()
    })
}

fn link(id: &str, view: Option<LinkView>) -> Link {
    Link {
        id: id.to_owned(),
        canvas: Canvas::Landscape,
        is_protected: false,
        view,
    }
}

struct World {
    program: Arc<Noted>,
    main: Hub,
    uplink: Uplink<Noted>,
    now: Duration,
}

impl World {
    fn new() -> Self {
        let (program, main) = (Arc::new(Noted::default()), Hub::new());
        let mut uplink = Uplink::new(NOMINAL);
        uplink.insert(Canvas::Landscape, program.clone(), main.clone());
        Self {
            uplink,
            program,
            main,
            now: Duration::ZERO,
        }
    }

    /// Lets time pass with links that stay as they are; what is decided at its end.
    fn pass(&mut self, seconds: u64, links: &[Link]) -> BTreeMap<String, Share> {
        let until = self.now + Duration::from_secs(seconds);
        loop {
            *self.program.taken.lock().unwrap() += 6;
            let shares = self.uplink.decide(self.now, links);
            self.now += LOOK;
            if self.now > until {
                return shares;
            }
        }
    }

    fn second(&self) -> Option<u32> {
        *self.program.second.lock().unwrap()
    }
}

#[test]
fn a_slow_link_gets_its_own_rendition_and_nobody_else_gets_less() {
    let mut world = World::new();
    let links = [
        link("good", view(2_628.0, false)),
        link("slow", view(900.0, true)),
    ];
    let shares = world.pass(1, &links);
    let second = world.second().expect("a second rendition");
    assert!((300..700).contains(&second), "{second} kbit/s of 900");
    assert_eq!(shares["slow"].target_kbps, second);
    assert!(!shares["slow"].feeding.hub.is(&world.main));
    assert_eq!(shares["good"].target_kbps, NOMINAL);
    assert!(shares["good"].feeding.hub.is(&world.main));
    assert_eq!(*world.program.main_kbps.lock().unwrap(), None);
    assert_eq!(world.uplink.main_kbps(), NOMINAL);
}

#[test]
fn the_second_encode_ends_when_its_destination_is_taken_away() {
    let mut world = World::new();
    let good = || link("good", view(2_628.0, false));
    world.pass(1, &[good(), link("slow", view(900.0, true))]);
    assert!(world.second().is_some());
    world.pass(1, &[good()]);
    assert!(world.second().is_some(), "until everybody has changed over");
    world.pass(CHANGE_OVER.as_secs() + 1, &[good()]);
    assert_eq!(world.second(), None);
}

#[test]
fn a_machine_that_leaves_pictures_out_twice_follows_the_uplink_with_one_bitrate() {
    let mut world = World::new();
    let slow = || [link("only", view(900.0, true))];
    world.pass(1, &slow());
    *world.program.refused.lock().unwrap() += 100;
    world.pass(TRIAL.as_secs(), &slow());
    assert!(world.second().is_some(), "one hiccup is forgiven");
    *world.program.refused.lock().unwrap() += 100;
    let shares = world.pass(TRIAL.as_secs() + 2, &slow());
    assert_eq!(world.second(), None);
    let main = world.program.main_kbps.lock().unwrap().expect("a bitrate");
    assert!((300..700).contains(&main), "{main} kbit/s of 900");
    assert_eq!(shares["only"].target_kbps, main);
    assert!(shares["only"].feeding.hub.is(&world.main));
    world.uplink.forget();
    assert_eq!(*world.program.main_kbps.lock().unwrap(), Some(NOMINAL));
}

#[test]
fn a_machine_that_gives_up_the_second_encode_floods_no_short_uplink() {
    let mut world = World::new();
    let both = || {
        let selling = Link {
            is_protected: true,
            ..link("shop", view(200.0, true))
        };
        [selling, link("other", view(200.0, true))]
    };
    world.pass(TRIAL.as_secs() * 2 - 2, &both());
    let before = world.pass(1, &both());
    assert_eq!(before["other"].target_kbps, 0, "it makes room");
    *world.program.refused.lock().unwrap() += 1_000;
    let mut changed_over = false;
    for _ in 0..TRIAL.as_secs() * 2 * 5 {
        let shares = world.uplink.decide(world.now, &both());
        world.now += LOOK;
        *world.program.taken.lock().unwrap() += 6;
        *world.program.refused.lock().unwrap() += 6;
        assert!(shares["shop"].target_kbps <= before["shop"].target_kbps);
        assert_eq!(shares["other"].target_kbps, 0, "it goes on making room");
        if shares["shop"].feeding.hub.is(&world.main) {
            let main = world.program.main_kbps.lock().unwrap().expect("a bitrate");
            assert_eq!(main, shares["shop"].target_kbps);
            changed_over = true;
        } else {
            assert!(world.second().is_some(), "who stays with it gets pictures");
        }
    }
    assert!(changed_over && world.second().is_none());
}

#[test]
fn both_canvases_share_one_uplink_and_only_the_slow_one_is_encoded_twice() {
    let mut world = World::new();
    let (tall, tall_hub) = (Arc::new(Noted::default()), Hub::new());
    world
        .uplink
        .insert(Canvas::Portrait, tall.clone(), tall_hub.clone());
    let upright = |view| Link {
        canvas: Canvas::Portrait,
        ..link("tall", view)
    };
    let shares = world.pass(
        1,
        &[
            link("good", view(2_628.0, false)),
            upright(view(900.0, true)),
        ],
    );
    let second = tall.second.lock().unwrap().expect("a second rendition");
    assert_eq!(world.second(), None, "nobody needs it");
    assert_eq!(shares["tall"].target_kbps, second);
    assert!(!shares["tall"].feeding.hub.is(&tall_hub));
    assert!(shares["good"].feeding.hub.is(&world.main));

    // The other one's link is short too: what they take together is shared, 450 kbit/s each.
    let shares = world.pass(
        20,
        &[link("good", view(450.0, true)), upright(view(450.0, true))],
    );
    let (one, other) = (
        world.second().unwrap(),
        tall.second.lock().unwrap().unwrap(),
    );
    assert_eq!(one, other);
    assert!((220..450).contains(&one), "{one}");
    assert_eq!(shares["good"].target_kbps, one);
    assert_eq!(shares["tall"].target_kbps, one);

    // Less than two watchable pictures have room for: the one that sells stays, whatever its canvas.
    let selling = Link {
        is_protected: true,
        ..upright(view(150.0, true))
    };
    let shares = world.pass(20, &[link("good", view(150.0, true)), selling]);
    assert_eq!(shares["good"].target_kbps, 0);
    assert!(shares["tall"].target_kbps >= FLOOR_KBPS);
    world.uplink.remove(Canvas::Portrait);
    let off = world.pass(1, &[upright(None)]);
    assert!(off.is_empty(), "a canvas that is off sends nothing");
}

#[test]
fn a_video_bitrate_survives_the_way_through_the_budget() {
    for kbps in [FLOOR_KBPS, 500, 2_500, 6_000] {
        let plan = Plan {
            kbps: whole_kbps(kbps),
            paused: Vec::new(),
        };
        let back = video_kbps(&plan);
        assert!((kbps..=kbps + 1).contains(&back), "{kbps} became {back}");
    }
}

#[test]
fn a_bitrate_that_is_chosen_holds_at_once_and_for_canvases_that_come_later() {
    let mut world = World::new();
    world.uplink.choose(Some(1_800));
    assert_eq!(*world.program.main_kbps.lock().unwrap(), Some(1_800));
    let shares = world.pass(1, &[link("good", view(1_900.0, false))]);
    assert_eq!(shares["good"].target_kbps, 1_800);
    let tall = Arc::new(Noted::default());
    world
        .uplink
        .insert(Canvas::Portrait, tall.clone(), Hub::new());
    assert_eq!(*tall.main_kbps.lock().unwrap(), Some(1_800));
    world.uplink.choose(None);
    assert_eq!(*world.program.main_kbps.lock().unwrap(), Some(NOMINAL));
}
