//! Programs the media tests start: small, so that several fit on a busy machine.

use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{CanvasSpec, Placement, ProgramSpec, Scene, Transition};

use super::rig::Rig;

/// 320x180 at 30 frames/s, keyframes every 2 s.
pub fn small() -> ProgramSpec {
    let mut spec = ProgramSpec::hd720();
    spec.canvas = CanvasSpec {
        id: "main".to_owned(),
        width: 320,
        height: 180,
        fps: 30,
    };
    spec
}

/// A program that shows a test picture over its whole canvas, as its input `cam`.
pub fn showing(pattern: &str, spec: ProgramSpec) -> Rig {
    let rig = Rig::start(spec.clone());
    rig.program.set_inputs(vec![InputSpec {
        id: "cam".to_owned(),
        kind: InputKind::TestPicture {
            pattern: pattern.to_owned(),
        },
    }]);
    let scene = Scene {
        id: "full".to_owned(),
        placements: vec![Placement::full("cam", &spec.canvas)],
    };
    rig.program.set_scene(scene, Transition::Cut);
    rig
}
