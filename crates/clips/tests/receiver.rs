//! The rehearsal receiver against real publishers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;

use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver as Reports, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use made::{CODEC, Publisher};
use stallcast_clips::{
    Coming, Receiver, ReceiverReport, ReceiverSpec, ReceiverState, ReportSink, SourceClock,
};

/// A receiver of whoever sends FLV to the address.
fn listen(spec: ReceiverSpec) -> (Receiver, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let next = move || match listener.accept() {
        Ok((stream, _)) => {
            stream.set_nonblocking(false)?;
            stream.set_read_timeout(Some(Duration::from_millis(50)))?;
            Ok(Some(Box::new(stream) as Coming))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            #[expect(clippy::disallowed_methods, reason = "paces the receiver's own loop")]
            std::thread::sleep(Duration::from_millis(20));
            Ok(None)
        }
        Err(error) => Err(error),
    };
    let receiver = Receiver::start(spec, next).unwrap();
    (receiver, format!("tcp://{address}"))
}

/// Reports as they come; the receiver never waits for the test.
fn reporting() -> (ReportSink, Reports<ReceiverReport>) {
    let (sender, receiver) = sync_channel(256);
    let sender = Mutex::new(sender);
    let sink: ReportSink = Arc::new(move |report| {
        let _ = sender.lock().unwrap().try_send(report);
    });
    (sink, receiver)
}

fn until(
    reports: &Reports<ReceiverReport>,
    what: &str,
    holds: impl Fn(&ReceiverReport) -> bool,
) -> ReceiverReport {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut last = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match reports.recv_timeout(left) {
            Ok(report) if holds(&report) => return report,
            Ok(report) => last = Some(report),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                panic!("never: {what}; last report {last:#?}")
            }
        }
    }
}

fn pictures(size: &str, fps: u32) -> String {
    format!(
        "-re -f lavfi -i testsrc2=size={size}:rate={fps} \
         -re -f lavfi -i sine=frequency=440:sample_rate=44100"
    )
}

/// Publishes until a report is as wanted. A refused publisher ends; the studio's tries again, and so does this one.
fn publish_until(
    publish: impl Fn() -> Publisher,
    reports: &Reports<ReceiverReport>,
    what: &str,
    holds: impl Fn(&ReceiverReport) -> bool,
) -> (Publisher, ReceiverReport) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut publisher = publish();
    let mut last = None;
    loop {
        match reports.recv_timeout(Duration::from_secs(2)) {
            Ok(report) if holds(&report) => return (publisher, report),
            Ok(report) => last = Some(report),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        assert!(Instant::now() < deadline, "never: {what}; last {last:#?}");
        if publisher.ended() {
            publisher = publish();
        }
    }
}

/// The stream has run for a while and runs now, so many pictures a second and so loud. A busy machine holds ffmpeg up for
/// a moment, and the report of that moment says so; a later one does not.
fn runs(report: &ReceiverReport, fps: f64, peak_dbfs: RangeInclusive<f32>) -> bool {
    let (video, audio) = (report.video.as_ref(), report.audio.as_ref());
    report.receiving_for > Duration::from_secs(5)
        && report.state == ReceiverState::Receiving
        && video.is_some_and(|video| (video.fps - fps).abs() < fps / 100.0)
        && audio.is_some_and(|audio| peak_dbfs.contains(&audio.peak_dbfs))
}

#[test]
fn the_report_agrees_with_what_was_published() {
    let (sink, reports) = reporting();
    let published = SystemTime::now();
    let clock: SourceClock = Arc::new(move |at| Some(published + at));
    let (receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        clock: Some(clock),
    });
    assert_eq!(receiver.latest().state, ReceiverState::Waiting);
    assert!(receiver.snapshot().unwrap().is_none());
    let codec = CODEC
        .replace("48000", "44100")
        .replace("-g 60 -keyint_min 60", "-g 50");
    let arguments = format!(
        "{} {codec} -b:v 600k -maxrate 600k -bufsize 300k",
        pictures("640x360", 25)
    );
    let _publisher = Publisher::start(&arguments, &address);

    // ffmpeg's sine is an eighth of full scale (-18 dBFS), and one channel spread over two loses
    // 3 dB in each.
    let report = until(&reports, "25 pictures a second at -21 dBFS", |report| {
        let video = report.video.as_ref();
        runs(report, 25.0, -22.0..=-20.0)
            && video.is_some_and(|video| video.keyframe_interval.is_some())
    });
    assert_eq!(report.connections, 1);
    let video = report.video.unwrap();
    assert_eq!(
        (video.codec.as_str(), video.width, video.height),
        ("h264", 640, 360)
    );
    let interval = video.keyframe_interval.unwrap();
    assert!(
        interval.abs_diff(Duration::from_secs(2)) < Duration::from_millis(5),
        "{interval:?}"
    );
    assert!((400..800).contains(&video.kbps), "{} kbit/s", video.kbps);
    let audio = report.audio.unwrap();
    assert_eq!(
        (audio.codec.as_str(), audio.sample_rate, audio.channels),
        ("aac", 44_100, 2)
    );
    assert!((60..130).contains(&audio.kbps), "{} kbit/s", audio.kbps);
    assert!(
        report.a_v_offset_ms.unwrap().abs() < 300,
        "{:?}",
        report.a_v_offset_ms
    );
    // The clock here is the start of the test, so the publisher's own start is in it too.
    assert!(
        (0..30_000).contains(&report.delay_ms.unwrap()),
        "{:?}",
        report.delay_ms
    );
    assert_eq!(report.broken_packets, 0);
    let picture = receiver.snapshot().unwrap().unwrap();
    assert_eq!((picture.width, picture.height), (640, 360));
    assert!(picture.rgb.iter().any(|level| *level > 200));
    assert!(
        receiver.snapshot().unwrap().is_some(),
        "a snapshot takes nothing away"
    );
    assert!(receiver.latest().video.is_some());
}

#[test]
fn a_publisher_that_leaves_is_lost_and_the_next_one_is_received() {
    let (sink, reports) = reporting();
    let (_receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let small = format!("{} {CODEC}", pictures("160x90", 30));
    let publisher = Publisher::start(&small, &address);
    until(&reports, "first publisher", |report| {
        report.state == ReceiverState::Receiving
            && report.video.as_ref().is_some_and(|v| v.frames > 10)
    });
    drop(publisher);
    until(&reports, "lost", |report| {
        report.state == ReceiverState::Lost
    });

    let large = format!("{} {CODEC}", pictures("320x180", 30));
    let publish = || Publisher::start(&large, &address);
    let (_publisher, report) = publish_until(publish, &reports, "second publisher", |report| {
        report.connections == 2 && report.video.as_ref().is_some_and(|v| v.frames > 10)
    });
    assert_eq!(report.video.unwrap().width, 320);
}

#[test]
fn a_frozen_publisher_is_reported_as_frozen_then_lost_and_recovers() {
    let (sink, reports) = reporting();
    let (_receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let publisher = Publisher::start(&format!("{} {CODEC}", pictures("160x90", 30)), &address);
    let before = until(&reports, "receiving", |report| {
        let video = report.video.as_ref();
        video.is_some_and(|v| v.frames > 30 && v.still_for.is_zero())
    });
    signal("-STOP", &publisher);
    // The last picture may have come a little after the last packet, from which on it counts as lost.
    let lost = until(&reports, "lost", |report| {
        report.state == ReceiverState::Lost && report.freezes.longest >= Duration::from_secs(2)
    });
    assert!(lost.freezes.count > before.freezes.count, "{lost:?}");
    signal("-CONT", &publisher);
    let back = until(&reports, "back", |report| {
        report.state == ReceiverState::Receiving
            && report.video.as_ref().is_some_and(|v| v.fps > 20.0)
    });
    assert_eq!(back.connections, 1, "the same publisher");
}

fn signal(name: &str, publisher: &Publisher) {
    let status = std::process::Command::new("kill")
        .args([name, &publisher.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_picture_that_stands_still_is_noticed_though_pictures_keep_coming() {
    let (sink, reports) = reporting();
    let (_receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let arguments = format!(
        "-re -f lavfi -i smptebars=size=320x180:rate=30 -re -f lavfi -i anullsrc=r=48000 {CODEC}"
    );
    let _publisher = Publisher::start(&arguments, &address);
    let report = until(&reports, "still, and silent", |report| {
        let video = report.video.as_ref();
        runs(report, 30.0, -100.0..=-100.0)
            && video.is_some_and(|v| v.still_for > Duration::from_secs(4))
    });
    assert_eq!(report.freezes.count, 1);
}

#[test]
fn pictures_without_sound_are_received_too() {
    let (sink, reports) = reporting();
    let (_receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let arguments = format!("-re -f lavfi -i testsrc2=size=320x180:rate=30 -an {CODEC}");
    let _publisher = Publisher::start(&arguments, &address);
    let report = until(&reports, "pictures", |report| {
        report.video.as_ref().is_some_and(|v| v.frames > 60)
    });
    assert!(report.audio.is_none());
    assert_eq!(report.a_v_offset_ms, None);
}

#[test]
fn stopping_waits_for_no_publisher() {
    let (idle, _) = listen(ReceiverSpec::default());
    let started = Instant::now();
    idle.stop();
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );

    let (sink, reports) = reporting();
    let (busy, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let publisher = Publisher::start(&format!("{} {CODEC}", pictures("160x90", 30)), &address);
    until(&reports, "receiving", |report| {
        report.state == ReceiverState::Receiving
    });
    signal("-STOP", &publisher);
    let started = Instant::now();
    busy.stop();
    // It gives a silent publisher up after 15 s: that is what it must not wait for.
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );
    signal("-CONT", &publisher);
}

#[test]
fn rubbish_on_the_port_does_not_end_the_receiver() {
    let (sink, reports) = reporting();
    let (_receiver, address) = listen(ReceiverSpec {
        on_report: Some(sink),
        ..ReceiverSpec::default()
    });
    let mut visitor = TcpStream::connect(address.trim_start_matches("tcp://")).unwrap();
    visitor.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    drop(visitor);
    let arguments = format!("{} {CODEC}", pictures("160x90", 30));
    let publish = || Publisher::start(&arguments, &address);
    publish_until(publish, &reports, "a publisher after it", |report| {
        report.connections > 0
    });
}
