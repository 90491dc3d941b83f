//! The show's sources, scenes and strips in the media crate's words.

use stallcast_media::input::{Fit, InputKind, InputSpec};
use stallcast_media::program::{CanvasSpec, Crop, Placement, Scene, Transition};
use stallcast_show::{Area, Canvas, Show, Source, SourceKind};

use crate::phones::Phones;

/// Ten-thousandths in a whole.
const WHOLE: f32 = 10_000.0;

/// The inputs the show wants.
pub fn inputs(show: &Show, phones: &Phones) -> Vec<InputSpec> {
    let sources = show.sources.values();
    sources.map(|source| input(source, phones)).collect()
}

fn input(source: &Source, phones: &Phones) -> InputSpec {
    let kind = match source.kind.clone() {
        SourceKind::TestPicture => InputKind::TestPicture {
            pattern: "smpte".into(),
        },
        SourceKind::TestTone => InputKind::TestTone,
        SourceKind::File { path } => InputKind::File {
            path,
            looping: true,
        },
        SourceKind::Image { path } => InputKind::Image { path },
        SourceKind::Camera { device } => InputKind::Camera { device },
        SourceKind::Screen { display } if display.as_deref() == Some("portal") => {
            InputKind::PortalScreen
        }
        SourceKind::Screen { display } => InputKind::Screen { display },
        SourceKind::Window { window } => window_of(&window),
        SourceKind::Microphone { device } => InputKind::Microphone { device },
        SourceKind::DesktopAudio { device } => InputKind::DesktopAudio { device },
        SourceKind::Phone { over } => phones.input(&source.id, over),
    };
    InputSpec {
        id: source.id.0.clone(),
        kind,
    }
}

/// A window's id is `DISPLAY/NUMBER` on X11 and `NUMBER` elsewhere; a number that cannot be read is window 0,
/// which no system has, so the input says that the window is gone.
fn window_of(id: &str) -> InputKind {
    let (display, number) = match id.rsplit_once('/') {
        Some((display, number)) => (Some(display.to_owned()), number),
        None => (None, id),
    };
    let xid = number.strip_prefix("0x").map_or_else(
        || number.parse().ok(),
        |hex| u64::from_str_radix(hex, 16).ok(),
    );
    InputKind::Window {
        display,
        xid: xid.unwrap_or(0),
    }
}

/// The scene on air, laid out for a canvas of `size`; an empty one while none is chosen.
pub fn scene(show: &Show, canvas: Canvas, size: &CanvasSpec) -> Scene {
    let layout = show.scene_shown().map(|scene| show.layout(scene, canvas));
    let placements = layout
        .iter()
        .flat_map(|l| l.iter())
        .map(|placement| Placement {
            input: placement.source.0.clone(),
            x: part(placement.area.x, size.width),
            y: part(placement.area.y, size.height),
            width: part(placement.area.width, size.width).unsigned_abs().max(2),
            height: part(placement.area.height, size.height)
                .unsigned_abs()
                .max(2),
            crop: crop(placement.crop),
            fit: Fit::Cover,
        });
    Scene {
        id: show.scene.clone().map(|id| id.0).unwrap_or_default(),
        placements: placements.collect(),
    }
}

fn part(ten_thousandths: i32, of: u32) -> i32 {
    (f64::from(ten_thousandths) * f64::from(of) / f64::from(WHOLE)).round() as i32
}

fn crop(kept: Area) -> Crop {
    Crop {
        left: kept.x as f32 / WHOLE,
        top: kept.y as f32 / WHOLE,
        right: 1.0 - (kept.x + kept.width) as f32 / WHOLE,
        bottom: 1.0 - (kept.y + kept.height) as f32 / WHOLE,
    }
}

/// How the scene on air came in.
pub fn transition(show: &Show) -> Transition {
    match show.transition {
        Some(stallcast_show::Transition::Fade { ms }) => {
            Transition::Fade(std::time::Duration::from_millis(u64::from(ms)))
        }
        Some(stallcast_show::Transition::Cut) | None => Transition::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_found_by_decimal_and_hexadecimal_numbers() {
        assert_eq!(
            window_of(":1/0x20"),
            InputKind::Window {
                display: Some(":1".into()),
                xid: 32
            }
        );
        assert_eq!(
            window_of("77"),
            InputKind::Window {
                display: None,
                xid: 77
            }
        );
    }

    #[test]
    fn a_kept_area_becomes_what_is_cut_off_at_each_side() {
        let cut = crop(Area {
            x: 1000,
            y: 0,
            width: 8000,
            height: 10_000,
        });
        assert!((cut.left - 0.1).abs() < 1e-6 && (cut.right - 0.1).abs() < 1e-6);
        assert!(cut.top.abs() < 1e-6 && cut.bottom.abs() < 1e-6);
    }
}
