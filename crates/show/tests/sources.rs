//! Sources that are taken away, and what goes with them.

#![allow(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeMap;

use stallcast_show::{
    Area, At, Command, Event, Placement, Scene, Show, Source, SourceKind, Text, Transition, decide,
};

fn run(show: &mut Show, command: Command) -> Vec<Event> {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
    events
}

fn scene(id: &str, layouts: &[(&str, &[&str])]) -> Command {
    let placed = |source: &&str| Placement {
        source: (*source).into(),
        area: Area::FULL,
        crop: Area::FULL,
    };
    let layouts: BTreeMap<_, Vec<_>> = layouts
        .iter()
        .map(|(canvas, sources)| ((*canvas).into(), sources.iter().map(placed).collect()))
        .collect();
    Command::PutScene {
        scene: Scene {
            id: id.into(),
            name: Text {
                zh: id.to_owned(),
                en: id.to_owned(),
            },
            layouts,
        },
    }
}

/// A show of a camera and a clip with these scenes.
fn show_of(scenes: Vec<Command>) -> Show {
    let mut show = Show::default();
    for id in ["cam", "clip"] {
        let source = Source {
            id: id.into(),
            name: id.to_owned(),
            kind: SourceKind::TestPicture,
        };
        run(&mut show, Command::PutSource { source });
    }
    for scene in scenes {
        run(&mut show, scene);
    }
    show
}

fn shows(show: &mut Show, scene: &str) {
    let transition = Transition::Cut;
    let scene = scene.into();
    run(show, Command::SwitchScene { scene, transition });
}

/// The scenes that are left when the clip is removed.
fn left_without_the_clip(show: &mut Show) -> Vec<String> {
    let source = "clip".into();
    run(show, Command::RemoveSource { source });
    let ids = show.scenes.iter().map(|scene| scene.id.as_str().to_owned());
    ids.collect()
}

#[test]
fn a_scene_that_had_nothing_else_goes_with_its_source_on_whatever_canvas_it_stood() {
    let mut show = show_of(vec![
        scene("camera", &[("landscape", &["cam"])]),
        scene("both", &[("landscape", &["cam", "clip"])]),
        scene("alone", &[("landscape", &["clip"])]),
        scene("upright", &[("landscape", &[]), ("portrait", &["clip"])]),
        scene(
            "elsewhere",
            &[("landscape", &["clip"]), ("portrait", &["cam"])],
        ),
        // Somebody just made it and fills it next.
        scene("new", &[("landscape", &[])]),
    ]);
    shows(&mut show, "camera");
    assert_eq!(
        left_without_the_clip(&mut show),
        ["camera", "both", "elsewhere", "new"]
    );
}

#[test]
fn the_scene_that_is_shown_stays_though_it_is_empty_now() {
    let mut show = show_of(vec![
        scene("camera", &[("landscape", &["cam"])]),
        scene("alone", &[("landscape", &["clip"])]),
        scene("again", &[("landscape", &["clip"])]),
    ]);
    shows(&mut show, "alone");
    assert_eq!(left_without_the_clip(&mut show), ["camera", "alone"]);
    assert_eq!(show.scene, Some("alone".into()));
}

#[test]
fn the_last_scene_stays_though_none_is_shown() {
    let mut show = show_of(vec![
        scene("alone", &[("landscape", &["clip"])]),
        scene("again", &[("landscape", &["clip"])]),
    ]);
    show.scene = None;
    assert_eq!(left_without_the_clip(&mut show), ["alone"]);
}

#[test]
fn a_show_without_scenes_loses_only_the_source() {
    let mut show = show_of(Vec::new());
    assert!(left_without_the_clip(&mut show).is_empty());
    assert_eq!(show.sources.len(), 1);
}

#[test]
fn what_is_handed_to_the_system_has_no_mark_that_ends_or_breaks_a_text() {
    let show = show_of(vec![]);
    let put = |id: &str, kind: SourceKind| {
        let source = Source {
            id: id.into(),
            name: "a".into(),
            kind,
        };
        decide(&show, Command::PutSource { source }, At(0))
    };
    let file = |path: &str| SourceKind::File { path: path.into() };
    assert!(put("clip", file("/a/红富士.mp4")).is_ok());
    let device = Some("cam\0era".to_owned());
    for (id, kind) in [
        ("clip\0", file("/a.mp4")),
        ("clip", file("/a\0.mp4")),
        ("clip", file("/a\n.mp4")),
        ("clip", SourceKind::Camera { device }),
        (
            "clip",
            SourceKind::Window {
                window: "\0".into(),
            },
        ),
    ] {
        let refused = put(id, kind.clone()).unwrap_err();
        assert_eq!(refused.code(), "bad_file_name", "{id:?} {kind:?}");
    }
}
