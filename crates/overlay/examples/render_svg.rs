//! Draws an SVG as a PNG of a given side, for the app icons:
//! `cargo run -p stallcast-overlay --example render_svg -- IN.svg OUT.png SIDE`.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, side] = arguments.as_slice() else {
        return Err("IN.svg OUT.png SIDE".into());
    };
    let side: u32 = side.parse()?;
    let tree = Tree::from_str(&std::fs::read_to_string(from)?, &Options::default())?;
    let mut picture = Pixmap::new(side, side).ok_or("no such side")?;
    let scale = side as f32 / tree.size().width();
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut picture.as_mut(),
    );
    picture.save_png(to)?;
    Ok(())
}
