//! The meter on a made-up stream: what it reports is known to the digit.

use super::*;

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn meter() -> Meter {
    let mut meter = Meter::default();
    meter.video_opened(VideoShape {
        codec: "h264".into(),
        width: 1280,
        height: 720,
    });
    meter.audio_opened(AudioShape {
        codec: "aac".into(),
        sample_rate: 48_000,
        channels: 2,
    });
    meter
}

/// Pictures number `from..to` at 25 a second, of 5,000 bytes each, a keyframe every 50; each
/// arrives `late` after its stream time.
fn feed(meter: &mut Meter, from: u64, to: u64, late: Duration, seen: Seen) {
    for n in from..to {
        let stream_s = n as f64 * 0.04;
        let at = ms(n * 40) + late;
        meter.video_packet(
            Arrived {
                at,
                stream_s,
                bytes: 5_000,
            },
            n % 50 == 0,
        );
        meter.picture(at, stream_s, seen);
    }
}

#[test]
fn a_steady_stream_reports_its_own_figures() {
    let mut meter = meter();
    feed(&mut meter, 0, 250, ms(30), Seen::New);
    let report = meter.report(ms(10_000), 1);
    let video = report.video.unwrap();
    assert_eq!(report.state, ReceiverState::Receiving);
    assert!((video.fps - 25.0).abs() < 0.01, "{}", video.fps);
    assert_eq!(video.kbps, 1_000);
    assert_eq!(video.keyframe_interval, Some(ms(2_000)));
    assert_eq!(video.frames, 250);
    assert_eq!(report.freezes, Freezes::default());
}

#[test]
fn a_gap_in_timestamps_is_one_freeze_of_its_length() {
    let mut meter = meter();
    feed(&mut meter, 0, 100, ms(0), Seen::New);
    feed(&mut meter, 130, 200, ms(0), Seen::New);
    let report = meter.report(ms(8_000), 1);
    assert_eq!(report.freezes.count, 1);
    assert_eq!(report.freezes.longest, ms(1_240));
}

#[test]
fn pictures_that_arrive_late_are_a_freeze_though_their_timestamps_are_even() {
    let mut meter = meter();
    feed(&mut meter, 0, 100, ms(0), Seen::New);
    feed(&mut meter, 100, 101, ms(900), Seen::New);
    let report = meter.report(ms(4_900), 1);
    assert_eq!(report.freezes.count, 1);
    assert_eq!(report.freezes.longest, ms(940));
}

#[test]
fn the_same_picture_for_a_second_is_a_freeze_and_is_counted_once() {
    let mut meter = meter();
    feed(&mut meter, 0, 50, ms(0), Seen::New);
    feed(&mut meter, 50, 75, ms(0), Seen::Same);
    let report = meter.report(ms(3_000), 1);
    assert_eq!(report.freezes.count, 1);
    assert_eq!(report.video.unwrap().still_for, ms(1_000));
    feed(&mut meter, 75, 100, ms(0), Seen::New);
    let report = meter.report(ms(4_000), 1);
    assert_eq!(report.freezes.count, 1);
    assert_eq!(report.video.unwrap().still_for, ms(0));
}

#[test]
fn a_stream_that_stops_freezes_first_and_is_lost_after_two_seconds() {
    let mut meter = meter();
    feed(&mut meter, 0, 100, ms(0), Seen::New);
    let report = meter.report(ms(4_800), 1);
    assert_eq!(report.state, ReceiverState::Receiving);
    assert_eq!(report.freezes.count, 1);
    let slowed = report.video.unwrap().fps;
    assert!(slowed < 22.0, "the missing pictures count: {slowed}");
    let report = meter.report(ms(6_200), 1);
    assert_eq!(report.state, ReceiverState::Lost);
    assert_eq!(report.freezes.count, 1, "still the same freeze");
    assert_eq!(report.video.unwrap().fps, 0.0);
}

#[test]
fn a_publisher_that_leaves_is_lost_at_once() {
    let mut meter = meter();
    feed(&mut meter, 0, 100, ms(0), Seen::New);
    meter.left();
    let report = meter.report(ms(4_000), 1);
    assert_eq!(report.state, ReceiverState::Lost);
    assert_eq!(report.freezes.count, 0);
}

#[test]
fn sound_before_its_pictures_is_a_negative_offset() {
    let mut meter = meter();
    feed(&mut meter, 0, 250, ms(250), Seen::New);
    for n in 0..500_u64 {
        let packet = Arrived {
            at: ms(n * 20) + ms(50),
            stream_s: n as f64 * 0.02,
            bytes: 320,
        };
        meter.audio_packet(packet);
    }
    let report = meter.report(ms(10_000), 1);
    assert_eq!(report.a_v_offset_ms, Some(-200));
    assert_eq!(report.audio.unwrap().kbps, 128);
}

#[test]
fn delay_is_a_mean_of_the_last_second_and_silence_has_a_floor() {
    let mut meter = meter();
    feed(&mut meter, 0, 100, ms(0), Seen::New);
    assert_eq!(meter.report(ms(4_000), 1).delay_ms, None);
    meter.delay(ms(500), 9.0);
    meter.delay(ms(3_500), 0.2);
    meter.delay(ms(3_600), 0.4);
    let report = meter.report(ms(4_000), 1);
    assert_eq!(report.delay_ms, Some(300));
    assert_eq!(report.audio.unwrap().peak_dbfs, AudioReport::SILENCE_DBFS);
    meter.peak(ms(3_900), 0.5);
    let peak = meter.report(ms(4_000), 1).audio.unwrap().peak_dbfs;
    assert!((peak + 6.02).abs() < 0.01, "{peak}");
}
