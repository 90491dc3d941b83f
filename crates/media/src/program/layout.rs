//! Owns the arithmetic between a placement and pixels: which part of a frame goes where.

use super::blit::Rect;
use super::spec::{Placement, Scene};
use crate::input::{Fit, VideoWant};

/// A frame that is larger than its place by less than this is cut instead of resampled: eight
/// columns of 1280 are not seen, resampling is, and it costs a hundred times the copy.
const CUT_INSTEAD: f64 = 0.012;

/// Where a frame is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub source: Rect,
    pub place: Rect,
    /// The whole rectangle of the placement, to be filled black first.
    pub bars: Option<Rect>,
}

impl Layout {
    /// For a frame of `width` x `height` pixels.
    pub fn new(placement: &Placement, width: u32, height: u32) -> Self {
        let whole = Rect {
            x: placement.x,
            y: placement.y,
            width: placement.width,
            height: placement.height,
        }
        .even();
        let (kept_x, kept_y) = placement.crop.kept();
        let crop_x = f64::from(placement.crop.left.clamp(0.0, 0.98)) * f64::from(width);
        let crop_y = f64::from(placement.crop.top.clamp(0.0, 0.98)) * f64::from(height);
        let crop_w = (kept_x * f64::from(width)).max(2.0);
        let crop_h = (kept_y * f64::from(height)).max(2.0);
        let (sx, sy) = (
            f64::from(whole.width) / crop_w,
            f64::from(whole.height) / crop_h,
        );
        let mut scale = match placement.fit {
            Fit::Cover => sx.max(sy),
            Fit::Inside | Fit::Letterbox => sx.min(sy),
        };
        // The other way round only half a pair of pixels may be missing, or a stripe would show.
        let short = (scale - 1.0) * f64::from(whole.width.max(whole.height));
        if (1.0 - CUT_INSTEAD..1.0).contains(&scale) || (0.0..=1.0).contains(&short) {
            scale = 1.0;
        }
        // What of the crop is seen, and how large it then is on the canvas.
        let seen_w = crop_w.min(f64::from(whole.width) / scale);
        let seen_h = crop_h.min(f64::from(whole.height) / scale);
        let shown = Rect {
            x: 0,
            y: 0,
            width: even_nearest(seen_w * scale).min(whole.width),
            height: even_nearest(seen_h * scale).min(whole.height),
        };
        let exact = scale == 1.0;
        let source = Rect {
            x: (crop_x + (crop_w - seen_w) / 2.0) as i32,
            y: (crop_y + (crop_h - seen_h) / 2.0) as i32,
            width: if exact {
                shown.width
            } else {
                even_nearest(seen_w)
            },
            height: if exact {
                shown.height
            } else {
                even_nearest(seen_h)
            },
        }
        .even();
        let place = Rect {
            x: whole.x + (whole.width - shown.width) as i32 / 2,
            y: whole.y + (whole.height - shown.height) as i32 / 2,
            ..shown
        }
        .even();
        let bars = (placement.fit == Fit::Letterbox && place != whole).then_some(whole);
        Self {
            source,
            place,
            bars,
        }
    }

    /// Whether nothing below shows on a canvas of this size.
    pub fn hides_below(&self, width: u32, height: u32) -> bool {
        self.bars.unwrap_or(self.place).covers(width, height)
    }

    /// Whether the frame is the canvas: same size, nothing cut, nothing beside.
    pub fn is_whole_canvas(&self, frame: (u32, u32), canvas: (u32, u32)) -> bool {
        let whole = Rect {
            x: 0,
            y: 0,
            width: canvas.0,
            height: canvas.1,
        };
        frame == canvas && self.place == whole && self.source == whole
    }
}

/// The size to ask an input for, so that this scene needs no scaling; `None` when it shows none
/// of it.
pub(crate) fn want(scene: &Scene, input: &str, fps: u32) -> Option<VideoWant> {
    scene
        .placements
        .iter()
        .filter(|placement| placement.input == input)
        .map(|placement| {
            let (kept_x, kept_y) = placement.crop.kept();
            VideoWant {
                width: even_nearest(f64::from(placement.width) / kept_x),
                height: even_nearest(f64::from(placement.height) / kept_y),
                fit: match placement.fit {
                    Fit::Cover => Fit::Cover,
                    // The program paints the bars itself: fewer pixels to copy.
                    Fit::Inside | Fit::Letterbox => Fit::Inside,
                },
                max_fps: fps,
            }
        })
        .reduce(larger)
}

/// A size that serves both.
pub(crate) fn larger(a: VideoWant, b: VideoWant) -> VideoWant {
    VideoWant {
        width: a.width.max(b.width),
        height: a.height.max(b.height),
        fit: if a.fit == b.fit { a.fit } else { Fit::Cover },
        max_fps: a.max_fps.max(b.max_fps),
    }
}

fn even_nearest(side: f64) -> u32 {
    (((side / 2.0).round() as u32) * 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::super::spec::Crop;
    use super::*;

    fn placement(fit: Fit, width: u32, height: u32) -> Placement {
        Placement {
            input: "a".to_owned(),
            x: 0,
            y: 0,
            width,
            height,
            crop: Crop::default(),
            fit,
        }
    }

    #[test]
    fn a_frame_of_canvas_size_is_the_canvas_in_every_fit() {
        for fit in [Fit::Inside, Fit::Cover, Fit::Letterbox] {
            let layout = Layout::new(&placement(fit, 1280, 720), 1280, 720);
            assert!(layout.is_whole_canvas((1280, 720), (1280, 720)), "{fit:?}");
        }
    }

    #[test]
    fn covering_cuts_the_middle_out_without_scaling() {
        let layout = Layout::new(&placement(Fit::Cover, 1280, 720), 1280, 960);
        assert_eq!(
            layout.source,
            Rect {
                x: 0,
                y: 120,
                width: 1280,
                height: 720
            }
        );
        assert_eq!(
            layout.place,
            Rect {
                x: 0,
                y: 0,
                width: 1280,
                height: 720
            }
        );
    }

    #[test]
    fn a_tall_picture_stands_in_the_middle_with_bars_only_when_asked() {
        let layout = Layout::new(&placement(Fit::Inside, 1280, 720), 406, 720);
        assert_eq!(
            layout.place,
            Rect {
                x: 436,
                y: 0,
                width: 406,
                height: 720
            }
        );
        assert_eq!(layout.bars, None);
        assert!(!layout.hides_below(1280, 720));
        let layout = Layout::new(&placement(Fit::Letterbox, 1280, 720), 406, 720);
        assert!(layout.hides_below(1280, 720));
    }

    #[test]
    fn the_wanted_size_grows_by_what_is_cropped_so_that_the_rest_needs_no_scaling() {
        let mut cropped = placement(Fit::Cover, 640, 360);
        cropped.crop = Crop {
            left: 0.25,
            right: 0.25,
            top: 0.5,
            bottom: 0.0,
        };
        let scene = Scene {
            id: "s".to_owned(),
            placements: vec![cropped.clone()],
        };
        let want = want(&scene, "a", 30).unwrap();
        assert_eq!((want.width, want.height), (1280, 720));
        let layout = Layout::new(&cropped, 1280, 720);
        assert_eq!(
            layout.source,
            Rect {
                x: 320,
                y: 360,
                width: 640,
                height: 360
            }
        );
        assert!(super::want(&scene, "b", 30).is_none());
    }

    #[test]
    fn a_small_source_is_enlarged_to_its_place() {
        let layout = Layout::new(&placement(Fit::Cover, 1280, 720), 640, 360);
        assert_eq!(
            layout.source,
            Rect {
                x: 0,
                y: 0,
                width: 640,
                height: 360
            }
        );
        assert_eq!(
            layout.place,
            Rect {
                x: 0,
                y: 0,
                width: 1280,
                height: 720
            }
        );
    }
}
