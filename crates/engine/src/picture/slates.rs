//! The slates of the canvases: what they say, and where their words are clear of what stands on the picture.

use std::collections::BTreeMap;

use stallcast_media::blend::Layer;
use stallcast_overlay::{CanvasSize, SlateKind, Span, slate_beside};
use stallcast_show::{Canvas, Show, SourceKind};

use super::{Canvassed, Easel, Worn};
use crate::canvases::Stages;

/// The slate that stands ready.
pub(super) struct SlateWords {
    pub(super) version: u64,
    at: Option<Span>,
    at_home: bool,
    beside: Vec<Span>,
}

/// What the slate says: a studio that has no picture to show yet lost none.
pub(super) fn slate_kind(show: &Show) -> SlateKind {
    let mut sources = show.sources.values();
    if sources.any(|source| has_picture(&source.kind)) {
        SlateKind::NoInput
    } else {
        SlateKind::NoSource
    }
}

fn has_picture(kind: &SourceKind) -> bool {
    match kind {
        SourceKind::TestTone | SourceKind::Microphone { .. } | SourceKind::DesktopAudio { .. } => {
            false
        }
        SourceKind::TestPicture
        | SourceKind::File { .. }
        | SourceKind::Image { .. }
        | SourceKind::Camera { .. }
        | SourceKind::Screen { .. }
        | SourceKind::Window { .. }
        | SourceKind::Phone { .. } => true,
    }
}

impl Easel {
    pub(super) fn slate(
        &self,
        size: CanvasSize,
        kind: SlateKind,
        worn: &Worn,
        version: u64,
        beside: Vec<Span>,
    ) -> (Layer, SlateWords) {
        let (theme, fonts) = (&worn.theme, self.looks.fonts());
        let drawn = slate_beside(theme, fonts, kind, worn.lang, size, &beside);
        let words = SlateWords {
            version,
            at: drawn.words,
            at_home: drawn.at_home,
            beside,
        };
        let picture = drawn.picture;
        let layer = Layer {
            id: "slate".into(),
            version,
            x: 0,
            y: 0,
            width: picture.width,
            height: picture.height,
            rgba: picture.rgba,
            opacity: 1.0,
            motion: None,
        };
        (layer, words)
    }

    /// Where what stands on a picture would cover the slate's words, they go elsewhere; back when they can. Draws a
    /// whole picture, so it is for when what changed is on air already.
    pub(super) fn clear_slates(
        &self,
        drawn: &mut BTreeMap<Canvas, Canvassed>,
        stages: &Stages,
        worn: &Worn,
    ) {
        for (canvas, on) in drawn {
            let Some(stage) = stages.get(canvas) else {
                continue;
            };
            let taken = &on.taken;
            let covered = on
                .words
                .at
                .is_some_and(|at| taken.iter().any(|span| span.meets(&at)));
            if *taken == on.words.beside || (on.words.at_home && !covered) {
                continue;
            }
            let version = on.words.version + 1;
            let (size, beside) = (on.overlay.canvas(), taken.clone());
            let (picture, words) = self.slate(size, on.slate, worn, version, beside);
            on.words = words;
            stage.program.set_slate(Some(picture));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_studio_that_has_no_picture_yet_is_not_said_to_have_lost_one() {
        let mut show = Show::default();
        assert_eq!(slate_kind(&show), SlateKind::NoSource);
        for (id, kind, wanted) in [
            (
                "mic",
                SourceKind::Microphone { device: None },
                SlateKind::NoSource,
            ),
            (
                "camera",
                SourceKind::Camera { device: None },
                SlateKind::NoInput,
            ),
        ] {
            let source = stallcast_show::Source {
                id: id.into(),
                name: id.into(),
                kind,
            };
            show.sources.insert(id.into(), source);
            assert_eq!(slate_kind(&show), wanted);
        }
    }
}
