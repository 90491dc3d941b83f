//! What the card on a received frame should look like: the overlay's own layers, compared where they are opaque.

use image::RgbImage;
use stallcast_overlay::{CanvasSize, Fonts, Lang, Layer, Overlay, Theme};
use stallcast_show::{At, Show};

use crate::stage::assets;

/// The layers the engine should have drawn for `show` at `at` on the landscape canvas.
pub fn expected(show: &Show, at: At) -> Vec<Layer> {
    expected_on(show, at, 1280, 720)
}

/// The same on a canvas of this size.
pub fn expected_on(show: &Show, at: At, width: u32, height: u32) -> Vec<Layer> {
    drawn_at(&mut overlay(width, height), show, at)
}

fn overlay(width: u32, height: u32) -> Overlay {
    overlay_of("orchard", width, height)
}

/// One that draws a theme of the program.
pub fn overlay_of(theme: &str, width: u32, height: u32) -> Overlay {
    let theme = Theme::load(&assets().join("themes").join(theme)).unwrap();
    Overlay::new(theme, Fonts::system(), CanvasSize { width, height })
}

/// What it draws for `show` at `at`.
pub fn drawn_at(overlay: &mut Overlay, show: &Show, at: At) -> Vec<Layer> {
    let photos = assets().join("demo/photos");
    overlay.layers(show, at, Lang::Zh, &photos).list
}

/// Mean difference (0 to 255) between a frame and a layer, over the layer's opaque pixels that no later layer of
/// `all` covers.
pub fn difference(frame: &RgbImage, layer: &Layer, all: &[Layer]) -> f64 {
    let above: Vec<&Layer> = all
        .iter()
        .skip_while(|l| l.id != layer.id)
        .skip(1)
        .collect();
    let (mut sum, mut count) = (0_u64, 0_u64);
    for y in 0..layer.height {
        for x in 0..layer.width {
            let pixel = &layer.rgba[((y * layer.width + x) * 4) as usize..][..4];
            let (at_x, at_y) = (layer.x + x as i32, layer.y + y as i32);
            if pixel[3] < 250 || above.iter().any(|l| covers(l, at_x, at_y)) {
                continue;
            }
            let seen = frame.get_pixel(at_x as u32, at_y as u32).0;
            for (one, other) in seen.iter().zip(pixel) {
                sum += u64::from(one.abs_diff(*other));
                count += 1;
            }
        }
    }
    assert!(
        count > 1000,
        "layer {} has hardly an opaque pixel",
        layer.id
    );
    sum as f64 / count as f64
}

fn covers(layer: &Layer, x: i32, y: i32) -> bool {
    let (x, y) = (x - layer.x, y - layer.y);
    x >= 0 && y >= 0 && x < layer.width as i32 && y < layer.height as i32
}

/// The seconds shown by the clock on a frame: of those within six of `around` the ones whose drawing fits best, with
/// the difference.
pub fn seconds_shown(frame: &RgbImage, show: &Show, around: u32) -> (u32, f64) {
    let deadline = show.countdown.as_ref().unwrap().deadline.0;
    let mut overlay = overlay(frame.width(), frame.height());
    let candidates = around.saturating_sub(6)..=around + 6;
    let scored = candidates.map(|seconds| {
        let at = At(deadline - i64::from(seconds) * 1000);
        let layers = drawn_at(&mut overlay, show, at);
        let clock = layers.iter().find(|layer| layer.id == "countdown").unwrap();
        (seconds, difference(frame, clock, &layers))
    });
    scored.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}
