//! Programs the media tests start: small, so that several fit on a busy machine.

use stallcast_media::input::{InputKind, InputSpec};
use stallcast_media::program::{CanvasSpec, Placement, Program, ProgramSpec, Scene, Transition};

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

/// A test picture as an input of this name.
pub fn test_picture(id: &str, pattern: &str) -> InputSpec {
    InputSpec {
        id: id.to_owned(),
        kind: InputKind::TestPicture {
            pattern: pattern.to_owned(),
        },
    }
}

/// One input over the whole canvas.
pub fn full(input: &str, canvas: &CanvasSpec) -> Scene {
    Scene {
        id: format!("full-{input}"),
        placements: vec![Placement::full(input, canvas)],
    }
}

/// Has a program show a test picture over its whole canvas, as its input `cam`.
pub fn show(program: &Program, pattern: &str, canvas: &CanvasSpec) {
    program.set_inputs(vec![test_picture("cam", pattern)]);
    program.set_scene(full("cam", canvas), Transition::Cut);
}

/// A program that does so from its start.
pub fn showing(pattern: &str, spec: ProgramSpec) -> Rig {
    let canvas = spec.canvas.clone();
    let rig = Rig::start(spec);
    show(&rig.program, pattern, &canvas);
    rig
}
