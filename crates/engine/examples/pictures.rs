//! Draws docs/pictures and docs/pictures.md: every theme on both canvases in both languages, and every element of the
//! picture, with the demo's products over the demo's picture. Run it after a theme or an element changed:
//! `cargo run -p stallcast-engine --example pictures`.

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
use stallcast_show::{
    At, Break, CardLook, Corner, Countdown, Goal, GoalCount, GoalPlan, GoalUnit, Logo, LowerThird,
    MessageId, OnAir, PinnedQuestion, RundownItem, Show, Text,
};

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
    std::fs::write(root.join("docs/pictures.md"), page)?;
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
    show: Show,
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
        let mut show = Show {
            ticker: serde_json::from_value(script["ticker"].clone())?,
            ..Show::default()
        };
        for product in report.products {
            show.rundown.push(RundownItem::open(product.id.clone()));
            show.products.insert(product.id.clone(), product);
        }
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
        let out = root.join("docs/pictures");
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
            show,
        })
    }

    /// A product on air, with this much left and so many seconds on its clock.
    fn selling(&self, place: usize, left: Option<u32>, seconds: i64) -> Show {
        let mut show = self.show.clone();
        let Some(product) = show.rundown.get(place).map(|item| item.product.clone()) else {
            return show;
        };
        show.stock.extend(left.map(|left| (product.clone(), left)));
        show.countdown = Some(Countdown {
            product: product.clone(),
            started: At(0),
            deadline: At(LATER_MS + seconds * 1000),
        });
        show.on_air = Some(OnAir {
            product,
            since: At(0),
        });
        show.card_look = CardLook {
            code: true,
            next_up: true,
            ..CardLook::default()
        };
        show
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
                let mut show = self.selling(0, Some(86), 299);
                show.pinned = Some(question());
                let layers = self.layers(theme, canvas, lang, &show)?;
                let picture = self.over(canvas, &layers);
                let small = imageops::resize(&picture, width, height, FilterType::Lanczos3);
                let file = format!("theme-{theme}-{shape}-{code}.jpg");
                self.save(&file, &small)?;
                let shown = if width > height { 420 } else { 220 };
                writeln!(
                    page,
                    "<img src=\"pictures/{file}\" width=\"{shown}\" alt=\"{theme}, {shape}, {code}\">"
                )?;
            }
        }
        Ok(())
    }

    /// Shows that together have every element and its states: what is told of it, which elements it is there for (none
    /// = all), and the show.
    fn cases(&self) -> Vec<(&'static str, &'static [&'static str], Show)> {
        let mut asked = self.selling(0, Some(86), 299);
        asked.pinned = Some(question());
        let mut corrected = self.selling(0, Some(86), 299);
        corrected.ticker = Text {
            zh: "更正：苹果的价格是 ¥29.9。刚才说错了，以此为准。".to_owned(),
            en: "Correction: the apples are ¥29.90. We misspoke; this price holds.".to_owned(),
        };
        let mut away = self.selling(0, Some(86), 299);
        away.pause = Some(Break {
            since: At(0),
            until: At(LATER_MS + 300_000),
            words: Default::default(),
        });
        let mut named = self.show.clone();
        named.lower_thirds = vec![LowerThird {
            id: "axiu".to_owned(),
            name: "阿秀".to_owned(),
            role: "石坡果园 · 第三代果农".to_owned(),
        }];
        named.lower_third = Some("axiu".to_owned());
        named.goal = Some(Goal {
            plan: GoalPlan {
                title: "今晚目标".to_owned(),
                of: GoalUnit::Pieces,
                target: 200,
                count: GoalCount::Stock,
            },
            done: 86,
            counted: Default::default(),
            shown: true,
        });
        named.logo = Some(Logo {
            file: "logo.png".to_owned(),
            corner: Corner::TopRight,
            size: 90,
            opacity: 100,
            shown: true,
        });
        let last = self.selling(5, Some(7), 18);
        let gone = self.selling(5, Some(0), 0);
        vec![
            ("", &[], asked),
            ("beside the card", &["lower-third", "goal", "logo"], named),
            ("the last ones", &["stock", "countdown"], last),
            ("sold out", &["card", "stock", "countdown"], gone),
            ("a correction", &["ticker"], corrected),
            ("a break", &["pause"], away),
        ]
    }

    fn elements(&self, page: &mut String) -> Result<(), Failed> {
        let mut rows: BTreeMap<(usize, String), [String; 2]> = BTreeMap::new();
        let mut seen = Vec::new();
        for (which, (case, wanted, show)) in self.cases().into_iter().enumerate() {
            for (column, (code, lang)) in LANGS.into_iter().enumerate() {
                let layers = self.layers(ELEMENTS_IN, WIDE, lang, &show)?;
                let picture = self.over(WIDE, &layers);
                for layer in &layers {
                    if layer.id == "ground" || !(wanted.is_empty() || wanted.contains(&layer.id)) {
                        continue;
                    }
                    seen.push(layer.id);
                    let told = [layer.id, case].join(": ");
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
                "| {told} | ![{told}, 中文](pictures/{zh}) | ![{told}, English](pictures/{en}) |"
            )?;
        }
        if !missing.is_empty() {
            println!("No picture of {missing:?}: no show in Desk::cases has it.");
        }
        Ok(())
    }
}

fn question() -> PinnedQuestion {
    PinnedQuestion {
        message: MessageId::from("demo:1"),
        author: "小雨".to_owned(),
        text: "果子打蜡吗？孩子能连皮吃吗？".to_owned(),
        answer: "不打蜡，清水洗净连皮吃。".to_owned(),
        since: At(0),
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
