//! Why viewers get the slate instead of the scene: nothing is in it, or nothing of it gives a picture.

use std::collections::BTreeSet;

use stallcast_media::program::OnAir;
use stallcast_show::{Canvas, Show};
use stallcast_wire::{InputStatus, RunState, SlateCause};

/// Faults of an input whose picture is there all the same: its sound, or its time.
const WITH_PICTURE: [&str; 2] = ["silent", "late"];

/// The cause, from the show and how its inputs are; `None` while some source of the scene gives a picture or begins to.
/// A scene whose largest source alone is gone has the slate behind the others; the input's own state tells of that.
pub(super) fn cause(show: &Show, inputs: &[InputStatus]) -> Option<SlateCause> {
    let Some(scene) = show.scene_shown() else {
        return Some(SlateCause::NoScene);
    };
    let mut placements = scene.layouts.values().flatten().peekable();
    if placements.peek().is_none() {
        return Some(SlateCause::EmptyScene);
    }
    let dark = placements.all(|placement| {
        let input = inputs.iter().find(|input| input.id == placement.source);
        input.is_some_and(is_dark)
    });
    dark.then_some(SlateCause::NoSignal)
}

fn is_dark(input: &InputStatus) -> bool {
    match input.run {
        RunState::Live | RunState::Starting => false,
        RunState::Stalled => !WITH_PICTURE.contains(&input.detail.as_str()),
        RunState::Retrying { .. } | RunState::Stopped => true,
    }
}

/// Which canvases show the slate, so that two with one scene are told of once.
#[derive(Debug, Default)]
pub(super) struct Slated(BTreeSet<Option<Canvas>>);

impl Slated {
    /// A canvas shows something else now: what there is to tell, if anything.
    pub(super) fn heard(&mut self, canvas: Option<Canvas>, shows: OnAir) -> Option<OnAir> {
        let was = !self.0.is_empty();
        match shows {
            OnAir::Slate => self.0.insert(canvas),
            OnAir::Scene => self.0.remove(&canvas),
        };
        (was == self.0.is_empty()).then_some(shows)
    }

    /// A canvas is off.
    pub(super) fn forget(&mut self, canvas: Canvas) {
        self.0.remove(&Some(canvas));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stallcast_show::{Area, Placement, Scene, Text};

    use super::*;

    fn input(id: &str, run: RunState, detail: &str) -> InputStatus {
        InputStatus {
            id: id.into(),
            run,
            detail: detail.into(),
            picture: None,
            from: None,
            device: None,
        }
    }

    fn show_of(sources: &[&str]) -> Show {
        let placements = sources.iter().map(|id| Placement {
            source: (*id).into(),
            area: Area::FULL,
            crop: Area::FULL,
        });
        let scene = Scene {
            id: "main".into(),
            name: Text::default(),
            layouts: BTreeMap::from([("landscape".into(), placements.collect())]),
        };
        Show {
            scene: Some("main".into()),
            scenes: vec![scene],
            ..Show::default()
        }
    }

    #[test]
    fn a_scene_that_lost_its_last_source_says_so_at_once() {
        assert_eq!(cause(&Show::default(), &[]), Some(SlateCause::NoScene));
        assert_eq!(cause(&show_of(&[]), &[]), Some(SlateCause::EmptyScene));
    }

    #[test]
    fn two_canvases_with_one_scene_tell_of_the_slate_once() {
        let (wide, tall) = (Some(Canvas::Landscape), Some(Canvas::Portrait));
        let mut slated = Slated::default();
        assert_eq!(slated.heard(wide, OnAir::Scene), None, "nothing was lost");
        assert_eq!(slated.heard(wide, OnAir::Slate), Some(OnAir::Slate));
        assert_eq!(slated.heard(tall, OnAir::Slate), None);
        assert_eq!(slated.heard(wide, OnAir::Scene), None);
        assert_eq!(slated.heard(tall, OnAir::Scene), Some(OnAir::Scene));
        assert_eq!(slated.heard(tall, OnAir::Slate), Some(OnAir::Slate));
        slated.forget(Canvas::Portrait);
        assert_eq!(slated.heard(wide, OnAir::Slate), Some(OnAir::Slate));
    }

    #[test]
    fn one_source_with_a_picture_is_enough() {
        let show = show_of(&["camera", "logo"]);
        let gone = RunState::Retrying {
            attempt: 1,
            next_in_ms: 0,
        };
        let lost = [
            input("camera", gone.clone(), "device_missing"),
            input("logo", RunState::Stalled, "frozen"),
        ];
        assert_eq!(cause(&show, &lost), Some(SlateCause::NoSignal));
        for there in [
            input("logo", RunState::Live, ""),
            input("logo", RunState::Starting, ""),
            input("logo", RunState::Stalled, "late"),
        ] {
            let inputs = [lost[0].clone(), there];
            assert_eq!(cause(&show, &inputs), None, "{inputs:?}");
        }
        // Not heard of yet: it begins.
        assert_eq!(cause(&show, &lost[..1]), None);
    }
}
