use super::*;
use stallcast_show::Destination;

fn status() -> StatusView {
    StatusView {
        now: 0,
        disk_free_bytes: Some(100 << 30),
        ..crate::studio::empty_status()
    }
}

/// An encoder that makes what it should, or this much of it.
fn encoder(real_fps: Option<f64>) -> stallcast_wire::EncoderStatus {
    stallcast_wire::EncoderStatus {
        name: "x264enc".into(),
        hardware: false,
        reason: String::new(),
        kbps: 2500,
        wanted_kbps: 2500,
        width: 1280,
        height: 720,
        fps: 30,
        real_fps,
        too_slow: real_fps.is_some(),
        frames: 0,
        late_frames: 0,
        skipped_frames: 0,
        failed: vec![],
    }
}

#[test]
fn what_would_fail_comes_first() {
    let none = Demo::default();
    let found = check(
        &Show::default(),
        &status(),
        &|_| false,
        &Unreached::new(),
        &none,
    );
    assert_eq!(found.items[0].level, CheckLevel::Stop);
    assert!(
        found
            .items
            .iter()
            .any(|item| item.key == "preflight.destination.none")
    );
}

fn two_destinations() -> Show {
    let mut show = Show::default();
    for (id, platform) in [("a", "bilibili"), ("b", "custom")] {
        let destination = Destination {
            id: id.into(),
            platform: platform.into(),
            name: id.into(),
            url: "rtmp://127.0.0.1/live".into(),
            enabled: true,
            priority: Default::default(),
            canvas: Default::default(),
            codec: Default::default(),
        };
        show.destinations.insert(id.into(), destination);
    }
    show
}

#[test]
fn what_the_demo_brought_is_named_until_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let assets = crate::folders::Folders::default_assets();
    let folders = crate::folders::Folders::open(folder.path().join("data"), assets).unwrap();
    let demos = Demo::read(&folders).unwrap();
    let mut show = Show::default();
    for command in crate::demo::commands(&folders, true).unwrap() {
        let events = stallcast_show::decide(&show, command, stallcast_show::At(1)).unwrap();
        show.apply_all(&events);
    }
    let found = demo(&show, &demos);
    let keys: Vec<_> = found.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["preflight.products.demo", "preflight.ticker.demo"]);
    assert_eq!(found[0].params["count"], show.rundown.len().to_string());
    assert_eq!(found[0].params["products"].lines().count(), 3);

    let rest = show.ticker.zh.lines().last().unwrap().to_owned();
    show.ticker = stallcast_show::Text {
        zh: format!("今天包邮\n{rest}"),
        en: String::new(),
    };
    assert!(demos.has_ticker(&show), "one line of it is enough");
    show.ticker.zh = "今天包邮".into();
    let own = show.rundown[0].product.clone();
    let title = &mut show.products.get_mut(&own).unwrap().title;
    title.zh = "自家的苹果".into();
    show.rundown.truncate(1);
    assert_eq!(
        demo(&show, &demos),
        [],
        "a product made one's own is no demo"
    );
}

#[test]
fn a_computer_that_is_too_slow_is_warned_of() {
    let mut slow = status();
    slow.canvases.push(stallcast_wire::CanvasStatus {
        canvas: Default::default(),
        encoder: Some(encoder(Some(4.6))),
        recording: None,
        receiver: None,
    });
    let found = too_slow(&slow);
    assert_eq!(found[0].key, "preflight.computer.too_slow");
    assert_eq!(
        (found[0].params["fps"].as_str(), found[0].level),
        ("5", CheckLevel::Warn)
    );
    slow.canvases[0].encoder.as_mut().unwrap().too_slow = false;
    assert_eq!(too_slow(&slow), []);
}

#[test]
fn going_live_is_refused_by_what_the_checks_stop_at() {
    let (mut show, mut ready) = (two_destinations(), status());
    ready.canvases.push(stallcast_wire::CanvasStatus {
        canvas: Default::default(),
        encoder: Some(encoder(None)),
        recording: None,
        receiver: None,
    });
    let only_b = |id: &DestinationId| id.as_str() == "b";
    let refused = permit(&show, &ready, &only_b, &[]).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotReady);
    assert_eq!(refused.params["check"], "key");
    assert_eq!(refused.params["destinations"], "a");
    assert!(permit(&show, &ready, &only_b, &["a".into()]).is_ok());
    // Chosen for one that is not the one that lacks its key.
    assert!(permit(&show, &ready, &only_b, &["b".into()]).is_err());
    let nobody = permit(&show, &ready, &|_| false, &["a".into(), "b".into()]).unwrap_err();
    assert_eq!(nobody.message_key, "refusal.no_destination");
    let dark = permit(&show, &status(), &|_| true, &[]).unwrap_err();
    assert_eq!(
        (dark.code, dark.message_key.as_str()),
        (ErrorCode::NotReady, "preflight.encoder.none")
    );
    // Not in use, so nothing it lacks matters.
    show.destinations.get_mut(&"a".into()).unwrap().enabled = false;
    assert!(permit(&show, &ready, &only_b, &[]).is_ok());
}

#[test]
fn a_destination_without_its_key_stops_the_show() {
    let show = two_destinations();
    let found = destinations(&show, &|id| id.as_str() == "b", &Unreached::new());
    assert_eq!(found[0].key, "preflight.key.missing");
    assert_eq!(found[1].key, "preflight.destination.ready");
    let unreached = Unreached::from([("b".into(), "refused")]);
    let found = destinations(&show, &|_| true, &unreached);
    assert_eq!(found[0].key, "preflight.destination.ready");
    assert_eq!(found[1].key, "preflight.destination.unreached");
    assert_eq!(found[1].level, CheckLevel::Warn);
    assert_eq!(found[1].params["cause"], "refused");
}

#[test]
fn a_destination_whose_canvas_is_off_stops_the_show_and_so_does_one_that_is_not_encoded_yet() {
    let mut show = two_destinations();
    let tall = show.destinations.get_mut(&"b".into()).unwrap();
    tall.canvas = Canvas::Portrait;
    let found = destinations(&show, &|_| true, &Unreached::new());
    assert_eq!(found[1].key, "preflight.canvas.off");
    assert_eq!(found[1].params["canvas"], "portrait");
    show.canvases = stallcast_show::Canvases::Both;
    let found = check(
        &show,
        &status(),
        &|_| true,
        &Unreached::new(),
        &Demo::default(),
    )
    .items;
    let late = found.iter().find(|item| item.id == "canvas").unwrap();
    assert_eq!(
        (late.key.as_str(), late.level),
        ("preflight.canvas.starting", CheckLevel::Stop)
    );
}
