//! Two canvases of one show: which are on, who is sent which, and the layout that is made where nobody made one.

#![allow(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeMap;

use stallcast_show::{
    Area, At, Canvas, Canvases, Command, Destination, Event, Placement, Refusal, Scene, Show,
    Source, SourceKind, Text, decide,
};

fn run(show: &mut Show, command: Command) -> Vec<Event> {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
    events
}

fn destination(id: &str, canvas: Canvas) -> Command {
    Command::PutDestination {
        destination: Destination {
            id: id.into(),
            platform: "custom".to_owned(),
            name: id.to_owned(),
            url: "rtmp://127.0.0.1/live".to_owned(),
            enabled: true,
            priority: Default::default(),
            canvas,
            codec: Default::default(),
        },
    }
}

fn set(canvases: Canvases) -> Command {
    Command::SetCanvases { canvases }
}

fn area(x: i32, y: i32, width: i32, height: i32) -> Area {
    Area {
        x,
        y,
        width,
        height,
    }
}

/// A show whose one scene has these on its landscape canvas, and its portrait layout.
fn portrait_of(landscape: &[(&str, SourceKind, Area)]) -> Vec<(String, Area)> {
    let mut show = Show::default();
    let mut placements = Vec::new();
    for (id, kind, area) in landscape {
        let source = Source {
            id: (*id).into(),
            name: (*id).to_owned(),
            kind: kind.clone(),
        };
        run(&mut show, Command::PutSource { source });
        placements.push(Placement {
            source: (*id).into(),
            area: *area,
            crop: Area::FULL,
        });
    }
    let scene = Scene {
        id: "scene".into(),
        name: Text {
            zh: "场景".to_owned(),
            en: String::new(),
        },
        layouts: BTreeMap::from([(Canvas::Landscape.id(), placements)]),
    };
    run(&mut show, Command::PutScene { scene });
    let made = show.layout(&show.scenes[0], Canvas::Portrait);
    made.iter().map(|p| (p.source.0.clone(), p.area)).collect()
}

fn camera() -> SourceKind {
    SourceKind::Camera { device: None }
}

fn screen() -> SourceKind {
    SourceKind::Screen { display: None }
}

#[test]
fn a_show_of_before_there_was_a_choice_is_landscape() {
    let mut value = serde_json::to_value(Show::default()).unwrap();
    value.as_object_mut().unwrap().remove("canvases").unwrap();
    let show: Show = serde_json::from_value(value).unwrap();
    assert_eq!(show.canvases, Canvases::Landscape);
    let old = r#"{"event":"destination_put","destination":{"id":"a","platform":"custom","name":"a",
        "url":"rtmp://h/a","enabled":true}}"#;
    let Event::DestinationPut { destination } = serde_json::from_str(old).unwrap() else {
        unreachable!()
    };
    assert_eq!(destination.canvas, Canvas::Landscape);
    let old = r#"{"event":"recording_part_opened","file":"1.mp4","at":7}"#;
    let Event::RecordingPartOpened { canvas, .. } = serde_json::from_str(old).unwrap() else {
        unreachable!()
    };
    assert_eq!(canvas, Canvas::Landscape);
}

#[test]
fn nobody_is_sent_a_canvas_that_is_off() {
    let mut show = Show::default();
    run(&mut show, destination("flat", Canvas::Landscape));
    run(&mut show, destination("tall", Canvas::Portrait));
    let refused = decide(&show, Command::GoLive, At(0)).unwrap_err();
    assert_eq!(
        refused,
        Refusal::CanvasOff {
            canvas: Canvas::Portrait,
            destination: "tall".into()
        }
    );
    run(&mut show, set(Canvases::Both));
    assert!(run(&mut show, set(Canvases::Both)).is_empty());
    run(&mut show, Command::GoLive);
    for less in [Canvases::Landscape, Canvases::Portrait] {
        let refused = decide(&show, set(less), At(0)).unwrap_err();
        assert_eq!(refused.code(), "canvas_in_use");
    }
    let tall = "tall".into();
    run(&mut show, Command::RemoveDestination { destination: tall });
    run(&mut show, set(Canvases::Landscape));
    let late = decide(&show, destination("late", Canvas::Portrait), At(0)).unwrap_err();
    assert_eq!(late.code(), "canvas_off");
    run(&mut show, Command::EndShow);
    run(&mut show, destination("late", Canvas::Portrait));
}

#[test]
fn a_camera_fills_the_portrait_canvas() {
    let made = portrait_of(&[("camera", camera(), Area::FULL)]);
    assert_eq!(made, [("camera".to_owned(), Area::FULL)]);
}

#[test]
fn a_screen_stays_whole_with_the_camera_below_it() {
    let made = portrait_of(&[
        ("screen", screen(), Area::FULL),
        ("camera", camera(), area(7_000, 6_500, 2_500, 2_500)),
    ]);
    let (screen, camera) = (made[0].1, made[1].1);
    // 16:9 in pixels of a 9:16 canvas.
    assert_eq!((screen.x, screen.width), (0, 10_000));
    assert!((screen.height * 16 * 16 - screen.width * 9 * 9).abs() < 1_000);
    assert_eq!(camera.y, screen.y + screen.height);
    assert_eq!(camera.y + camera.height, 10_000);
    assert_eq!((camera.x, camera.width), (0, 10_000));
    let alone = portrait_of(&[("screen", self::screen(), Area::FULL)]);
    assert_eq!(alone[0].1.height, screen.height);
}

#[test]
fn two_side_by_side_stand_one_above_the_other() {
    let made = portrait_of(&[
        ("left", camera(), area(0, 0, 5_000, 10_000)),
        ("right", camera(), area(5_000, 0, 5_000, 10_000)),
    ]);
    assert_eq!(made[0].1, area(0, 0, 10_000, 5_000));
    assert_eq!(made[1].1, area(0, 5_000, 10_000, 5_000));
}

#[test]
fn a_small_picture_keeps_its_shape_and_corner_and_stays_off_the_phones_bars() {
    let corner = area(6_600, 500, 2_900, 2_900);
    let made = portrait_of(&[("back", camera(), Area::FULL), ("small", camera(), corner)]);
    let small = made[1].1;
    let (width, height) = (small.width * 9, small.height * 16);
    assert!(
        (width * 9 - height * 16).abs() < 2_000,
        "16:9 still: {small:?}"
    );
    assert!(small.x > 4_000 && small.x + small.width <= 10_000);
    assert!(small.y >= 1_200 && small.y + small.height <= 6_200);
}

#[test]
fn a_layout_somebody_made_is_the_one_shown() {
    let mut show = Show::default();
    let scene = Scene {
        id: "scene".into(),
        name: Text {
            zh: "场景".to_owned(),
            en: String::new(),
        },
        layouts: BTreeMap::from([
            (Canvas::Landscape.id(), vec![]),
            (Canvas::Portrait.id(), vec![]),
        ]),
    };
    run(&mut show, Command::PutScene { scene });
    assert!(show.layout(&show.scenes[0], Canvas::Portrait).is_empty());
}
