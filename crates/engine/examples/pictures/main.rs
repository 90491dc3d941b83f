//! Draws assets/pictures/drawn and its page assets/pictures/README.md: every theme on both canvases in both languages, and
//! every element of the picture, with the demo's products over the demo's picture. Run it after a theme or an element
//! changed: `cargo run -p stallcast-engine --example pictures`.

mod cases;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{RgbImage, imageops};
use stallcast_clips::thumbnail;
use stallcast_journal::catalogue::{ImportOptions, import};
use stallcast_overlay::{CanvasSize, Fonts, Lang, Layer, Overlay, Piece, SlateKind, Theme, slate};
use stallcast_show::{At, Product, Show, Text};

use cases::{Case, Shelf};

/// What elements are shown in.
const ELEMENTS_IN: &str = "orchard";
/// Elements are drawn as at 1080 lines and shown at this share of it.
const SHARE: f64 = 0.6;
/// Kept around an element, pixels.
const MARGIN: i32 = 20;
const QUALITY: u8 = 86;
/// Long after whatever moves in has come to rest.
const LATER_MS: i64 = 5_000;
const WIDE: CanvasSize = CanvasSize {
    width: 1920,
    height: 1080,
};
const TALL: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};
const LANGS: [(&str, Lang); 2] = [("zh", Lang::Zh), ("en", Lang::En)];

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let desk = Desk::open(&root)?;
    let mut page = String::from(
        "# Pictures\n\nEvery card theme and every element of the picture, with the products of the demo. This page and \
         its pictures are made\nby `cargo run -p stallcast-engine --example pictures`.\n\n## Themes\n",
    );
    for theme in Theme::builtin_names() {
        desk.theme(theme, &mut page)?;
    }
    writeln!(
        page,
        "\n## Elements\n\nIn the theme `{ELEMENTS_IN}`; the others have the same.\n\n| | 中文 | English |\n| --- | --- | --- |"
    )?;
    desk.elements(&mut page)?;
    std::fs::write(root.join("assets/pictures/README.md"), page)?;
    let files = std::fs::read_dir(&desk.out)?.flatten();
    let bytes: u64 = files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum();
    println!("{:.2} MB", bytes as f64 / 1e6);
    Ok(())
}

/// What the pictures are made of.
struct Desk {
    out: PathBuf,
    /// The products' photos and the logo.
    photos: tempfile::TempDir,
    fonts: Fonts,
    products: Vec<Product>,
    ticker: Text,
    backgrounds: [RgbImage; 2],
}

impl Desk {
    fn open(root: &Path) -> Result<Self, Failed> {
        let demo = root.join("assets/demo");
        let options = ImportOptions {
            file_name: "products.csv".into(),
            ..ImportOptions::default()
        };
        let report = import(&std::fs::read(demo.join("products.csv"))?, &options)?;
        let script: serde_json::Value =
            serde_json::from_slice(&std::fs::read(demo.join("show.json"))?)?;
        let still = thumbnail(&demo.join("orchard.mp4"), Duration::from_secs(4))?;
        let still = RgbImage::from_raw(still.width, still.height, still.rgb).ok_or("no picture")?;
        let still = image::DynamicImage::from(still);
        let fill = |canvas: CanvasSize| {
            still
                .resize_to_fill(canvas.width, canvas.height, FilterType::CatmullRom)
                .into_rgb8()
        };
        let photos = tempfile::tempdir()?;
        for photo in std::fs::read_dir(demo.join("photos"))? {
            let photo = photo?;
            std::fs::copy(photo.path(), photos.path().join(photo.file_name()))?;
        }
        std::fs::copy(
            root.join("assets/icons/icon.png"),
            photos.path().join("logo.png"),
        )?;
        let out = root.join("assets/pictures/drawn");
        // What is not drawn any more goes.
        if out.exists() {
            std::fs::remove_dir_all(&out)?;
        }
        std::fs::create_dir_all(&out)?;
        Ok(Self {
            out,
            photos,
            fonts: Fonts::system(),
            backgrounds: [fill(WIDE), fill(TALL)],
            products: report.products,
            ticker: serde_json::from_value(script["ticker"].clone())?,
        })
    }

    fn shelf(&self, lang: Lang) -> Shelf {
        Shelf::new(self.products.clone(), self.ticker.clone(), lang)
    }

    fn layers(
        &self,
        theme: &str,
        canvas: CanvasSize,
        lang: Lang,
        show: &Show,
    ) -> Result<Vec<Layer>, Failed> {
        let mut overlay = Overlay::new(Theme::builtin(theme)?, self.fonts.clone(), canvas);
        // First as it was a moment before, so that nothing of it moves any more.
        overlay.layers(show, At(0), lang, self.photos.path());
        Ok(overlay
            .layers(show, At(LATER_MS), lang, self.photos.path())
            .list)
    }

    fn over(&self, canvas: CanvasSize, layers: &[Layer]) -> RgbImage {
        let upright = usize::from(canvas.height > canvas.width);
        let mut picture = self.backgrounds[upright].clone();
        layers.iter().for_each(|layer| blend(&mut picture, layer));
        picture
    }

    fn save(&self, name: &str, picture: &RgbImage) -> Result<(), Failed> {
        let file = std::fs::File::create(self.out.join(name))?;
        JpegEncoder::new_with_quality(std::io::BufWriter::new(file), QUALITY)
            .encode_image(picture)?;
        Ok(())
    }

    fn theme(&self, theme: &str, page: &mut String) -> Result<(), Failed> {
        let name = Theme::builtin(theme)?.name().clone();
        writeln!(page, "\n### {} · {}\n", name.en, name.zh)?;
        for (shape, canvas, (width, height)) in [
            ("landscape", WIDE, (960, 540)),
            ("portrait", TALL, (405, 720)),
        ] {
            for (code, lang) in LANGS {
                let layers = self.layers(theme, canvas, lang, &self.shelf(lang).asked())?;
                let picture = self.over(canvas, &layers);
                let small = imageops::resize(&picture, width, height, FilterType::Lanczos3);
                let file = format!("theme-{theme}-{shape}-{code}.jpg");
                self.save(&file, &small)?;
                let shown = if width > height { 420 } else { 220 };
                writeln!(
                    page,
                    "<img src=\"drawn/{file}\" width=\"{shown}\" alt=\"{theme}, {shape}, {code}\">"
                )?;
            }
        }
        Ok(())
    }

    fn elements(&self, page: &mut String) -> Result<(), Failed> {
        let mut rows: BTreeMap<(usize, String), [String; 2]> = BTreeMap::new();
        let mut seen = Vec::new();
        for (column, (code, lang)) in LANGS.into_iter().enumerate() {
            for (which, case) in self.shelf(lang).cases()?.into_iter().enumerate() {
                let Case { told, of, show } = case;
                let layers = self.layers(ELEMENTS_IN, WIDE, lang, &show)?;
                let picture = self.over(WIDE, &layers);
                for layer in &layers {
                    if layer.id == "ground" || !(of.is_empty() || of.contains(&layer.id)) {
                        continue;
                    }
                    seen.push(layer.id);
                    let told = [layer.id, told].join(": ");
                    let told = told.trim_end_matches(": ").to_owned();
                    let label = told.replace(": ", "-").replace(' ', "-");
                    let file = format!("element-{label}-{code}.jpg");
                    self.save(&file, &cut(&picture, layer))?;
                    rows.entry((which, told)).or_default()[column] = file;
                }
            }
        }
        for (told, kind) in [
            ("slate: no input", SlateKind::NoInput),
            ("slate: no source", SlateKind::NoSource),
        ] {
            for (column, (code, lang)) in LANGS.into_iter().enumerate() {
                let theme = Theme::builtin(ELEMENTS_IN)?;
                let drawn = slate(&theme, &self.fonts, kind, lang, WIDE);
                let pixels = drawn.rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]);
                let picture = RgbImage::from_raw(drawn.width, drawn.height, pixels.collect());
                let picture = picture.ok_or("no slate")?;
                let small = imageops::resize(&picture, 480, 270, FilterType::Lanczos3);
                let label = told.replace(": ", "-").replace(' ', "-");
                let file = format!("element-{label}-{code}.jpg");
                self.save(&file, &small)?;
                let row = (usize::MAX, told.to_owned());
                rows.entry(row).or_default()[column] = file;
            }
        }
        seen.push(Piece::Slate.id());
        let of_all = Piece::ALL.into_iter().map(Piece::id);
        let missing: Vec<_> = of_all.filter(|id| !seen.contains(id)).collect();
        for ((_, told), [zh, en]) in rows {
            writeln!(
                page,
                "| {told} | ![{told}, 中文](drawn/{zh}) | ![{told}, English](drawn/{en}) |"
            )?;
        }
        if !missing.is_empty() {
            println!("No picture of {missing:?}: no row of cases.rs has it.");
        }
        Ok(())
    }
}

/// A layer where it stands, with a margin around it.
fn cut(picture: &RgbImage, layer: &Layer) -> RgbImage {
    let from = |at: i32| (at - MARGIN).max(0) as u32;
    let to = |at: i32, size: u32, most: u32| ((at + MARGIN) as u32 + size).min(most);
    let (x, y) = (from(layer.x), from(layer.y));
    let width = to(layer.x, layer.width, picture.width()) - x;
    let height = to(layer.y, layer.height, picture.height()) - y;
    let cut = imageops::crop_imm(picture, x, y, width, height).to_image();
    let share = |size: u32| ((f64::from(size) * SHARE).round() as u32).max(1);
    imageops::resize(&cut, share(width), share(height), FilterType::Lanczos3)
}

fn blend(onto: &mut RgbImage, layer: &Layer) {
    for (place, over) in layer.rgba.chunks_exact(4).enumerate() {
        let (column, row) = (place as u32 % layer.width, place as u32 / layer.width);
        let at = (
            u32::try_from(layer.x + column as i32),
            u32::try_from(layer.y + row as i32),
        );
        let (Ok(x), Ok(y)) = at else {
            continue;
        };
        let Some(under) = onto.get_pixel_mut_checked(x, y) else {
            continue;
        };
        for (under, over_channel) in under.0.iter_mut().zip(over) {
            let kept = u16::from(*under) * (255 - u16::from(over[3])) / 255;
            *under = (kept + u16::from(*over_channel)).min(255) as u8;
        }
    }
}
