//! The watchdog under a clock made by hand.

use std::time::Duration;

use proptest::prelude::*;

use super::InputKind;
use super::watchdog::{
    BLACK_AFTER, FROZEN_AFTER, Fault, Glance, LATE_AFTER, LATE_BY, Light, Noise, SILENT_AFTER,
    Watchdog, resets_after,
};

const ON_TIME: Duration = Duration::from_millis(40);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn camera() -> Watchdog {
    Watchdog::new(&InputKind::Camera { device: None })
}

fn microphone() -> Watchdog {
    Watchdog::new(&InputKind::Microphone { device: None })
}

fn lit(fingerprint: u64) -> Glance {
    Glance {
        fingerprint,
        light: Light::Some,
    }
}

fn fault(dog: &Watchdog) -> Option<Fault> {
    dog.fault().map(|lasting| lasting.fault)
}

/// Shows the same picture every 200 ms, from `from` until `until`.
fn freeze(dog: &mut Watchdog, from: u64, until: u64) {
    for at in (from..=until).step_by(200) {
        dog.saw(ms(at), ON_TIME, lit(7));
    }
}

#[test]
fn a_camera_that_repeats_its_picture_is_frozen_and_one_other_picture_frees_it() {
    let mut dog = camera();
    freeze(&mut dog, 0, 600);
    assert_eq!(fault(&dog), None);
    freeze(&mut dog, 800, 800);
    assert_eq!(fault(&dog), Some(Fault::Frozen));
    assert!(dog.withholds());
    dog.saw(ms(1_000), ON_TIME, lit(8));
    assert_eq!(fault(&dog), None);
    assert!(!dog.withholds());
}

#[test]
fn a_slow_camera_that_repeats_a_picture_twice_is_not_frozen() {
    let mut dog = camera();
    for at in [0, 500, 1_000] {
        dog.saw(ms(at), ON_TIME, lit(7));
    }
    assert_eq!(fault(&dog), None);
}

#[test]
fn black_is_called_black_though_it_stands_still_too() {
    let mut dog = camera();
    for at in (0..=1_000).step_by(200) {
        let black = Glance {
            fingerprint: 1,
            light: Light::Black,
        };
        dog.saw(ms(at), ON_TIME, black);
        let expected = (ms(at) >= BLACK_AFTER).then_some(Fault::Black);
        assert_eq!(fault(&dog), expected, "at {at}");
    }
    assert!(dog.withholds());
}

#[test]
fn a_frozen_camera_is_reset_three_times_and_then_shown_as_it_is() {
    let mut dog = camera();
    let mut resets = Vec::new();
    for at in (0..=120_000).step_by(200) {
        dog.saw(ms(at), ON_TIME, lit(7));
        if dog.take_reset() == Some(Fault::Frozen) {
            resets.push(ms(at));
        }
        let last = resets.len() == resets_after(Fault::Frozen).len();
        assert_eq!(dog.withholds(), ms(at) >= FROZEN_AFTER && !last, "at {at}");
    }
    assert_eq!(resets, resets_after(Fault::Frozen));
    assert_eq!(fault(&dog), Some(Fault::Frozen));
    // It moves, and freezes another day: that is a new story.
    dog.saw(ms(200_000), ON_TIME, lit(8));
    freeze(&mut dog, 200_200, 203_600);
    assert_eq!(dog.take_reset(), Some(Fault::Frozen));
}

#[test]
fn a_camera_that_was_away_is_not_judged_by_what_it_showed_before() {
    let mut dog = camera();
    freeze(&mut dog, 0, 600);
    freeze(&mut dog, 600_000, 600_400);
    assert_eq!(fault(&dog), None);
}

#[test]
fn only_ten_seconds_of_zeros_make_a_microphone_silent_and_any_sound_ends_it() {
    let mut dog = microphone();
    for at in (0..=10_000).step_by(20) {
        assert_eq!(fault(&dog), None, "at {at}");
        dog.heard(ms(at), ON_TIME, Noise::DigitalSilence);
    }
    assert_eq!(
        dog.fault().map(|lasting| (lasting.fault, lasting.length)),
        Some((Fault::Silent, SILENT_AFTER))
    );
    assert!(!dog.withholds());
    dog.heard(ms(10_020), ON_TIME, Noise::Some);
    assert_eq!(fault(&dog), None);
}

#[test]
fn what_a_computer_plays_may_pause() {
    let mut dog = Watchdog::new(&InputKind::DesktopAudio { device: None });
    for at in (0..=60_000).step_by(20) {
        dog.heard(ms(at), ON_TIME, Noise::DigitalSilence);
    }
    assert_eq!(fault(&dog), None);
}

#[test]
fn lateness_counts_when_it_lasts_and_ends_with_the_first_in_time() {
    let mut dog = microphone();
    let late = LATE_BY + ms(1);
    for at in (0..=1_900).step_by(100) {
        dog.heard(ms(at), late, Noise::Some);
        assert_eq!(fault(&dog), None, "at {at}");
    }
    dog.heard(LATE_AFTER, late, Noise::Some);
    assert_eq!(fault(&dog), Some(Fault::Late));
    dog.heard(ms(2_100), LATE_BY, Noise::Some);
    assert_eq!(fault(&dog), None);
}

#[test]
fn screens_clips_and_still_pictures_may_stand_still_and_be_dark() {
    for kind in [
        InputKind::Screen { display: None },
        InputKind::PortalScreen,
        InputKind::TestPicture {
            pattern: "black".to_owned(),
        },
        InputKind::Image {
            path: String::new(),
        },
        InputKind::File {
            path: String::new(),
            looping: true,
        },
    ] {
        let mut dog = Watchdog::new(&kind);
        freeze(&mut dog, 0, 60_000);
        assert_eq!(fault(&dog), None, "{kind:?}");
        assert!(!dog.looks() && !dog.listens(), "{kind:?}");
    }
}

proptest! {
    #[test]
    fn a_picture_that_always_changes_is_never_frozen(
        steps in prop::collection::vec((0u64..3_000, 1u64..9), 1..200),
    ) {
        let (mut dog, mut at, mut print) = (camera(), 0, 0u64);
        for (step, change) in steps {
            at += step;
            print = print.wrapping_add(change);
            dog.saw(ms(at), ON_TIME, lit(print));
            prop_assert_eq!(dog.fault(), None);
        }
    }

    #[test]
    fn whatever_came_before_a_second_of_one_picture_is_frozen_and_a_good_one_is_on_air_at_once(
        before in prop::collection::vec((1u64..2_000, 0u64..4, any::<bool>()), 0..60),
    ) {
        let (mut dog, mut at) = (camera(), 0);
        for (step, fingerprint, black) in before {
            at += step;
            let light = if black { Light::Black } else { Light::Some };
            dog.saw(ms(at), ON_TIME, Glance { fingerprint, light });
            dog.take_reset();
        }
        freeze(&mut dog, at + 200, at + 1_200);
        prop_assert_eq!(fault(&dog), Some(Fault::Frozen));
        dog.saw(ms(at + 1_400), ON_TIME, lit(99));
        prop_assert_eq!(dog.fault(), None);
        prop_assert!(!dog.withholds());
    }

    #[test]
    fn a_fault_that_lasts_is_met_with_no_more_resets_than_promised(
        steps in prop::collection::vec(10u64..900, 10..400),
    ) {
        let (mut dog, mut at, mut resets) = (microphone(), 0, 0);
        for step in steps {
            at += step;
            dog.heard(ms(at), ON_TIME, Noise::DigitalSilence);
            resets += usize::from(dog.take_reset().is_some());
        }
        prop_assert!(resets <= resets_after(Fault::Silent).len());
    }
}
