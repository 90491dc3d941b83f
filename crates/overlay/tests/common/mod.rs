//! A small show for the overlay's tests, and evidence on failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use stallcast_overlay::{CanvasSize, Fonts, Lang, Layer, Layers, Overlay, Theme, sample};
use stallcast_show::{
    At, Corner, Countdown, Currency, Logo, MessageId, Money, Offer, OnAir, PinnedQuestion, Product,
    ProductId, RundownItem, Show, Text,
};

/// 720 lines.
pub const HD: CanvasSize = CanvasSize {
    width: 1280,
    height: 720,
};
/// 1080 lines.
pub const FULL_HD: CanvasSize = CanvasSize {
    width: 1920,
    height: 1080,
};

/// The system's fonts, looked up once for all tests of a program.
pub fn fonts() -> Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(Fonts::system).clone()
}

pub fn overlay(theme: &str, canvas: CanvasSize) -> Overlay {
    Overlay::new(Theme::builtin(theme).unwrap(), fonts(), canvas)
}

pub fn text(zh: &str, en: &str) -> Text {
    Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

pub fn yuan(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency("CNY".to_owned()),
    }
}

pub fn apple() -> ProductId {
    ProductId::from("apple")
}

/// Apples on air with a clock of 90 s, 86 left, a ticker and a question.
pub fn show() -> Show {
    let mut show = Show {
        ticker: text("今天现摘现发", "Picked and shipped today"),
        ..Show::default()
    };
    show.products.insert(
        apple(),
        Product {
            spec: text("5 斤装", "2.5 kg box"),
            ..Product::new(
                apple(),
                text("烟台红富士苹果", "Yantai Fuji apples"),
                Offer {
                    list_price: Some(yuan(4990)),
                    quantity: Some(86),
                    countdown_s: Some(90),
                    ..Offer::at(yuan(2990))
                },
            )
        },
    );
    show.rundown.push(RundownItem::open(apple()));
    show.stock.insert(apple(), 86);
    show.on_air = Some(OnAir {
        product: apple(),
        since: At(0),
    });
    show.countdown = Some(Countdown {
        product: apple(),
        started: At(0),
        deadline: At(90_000),
    });
    show.pinned = Some(PinnedQuestion {
        message: MessageId::from("web:1"),
        author: "小雨".to_owned(),
        text: "打蜡吗？".to_owned(),
        answer: String::new(),
        since: At(0),
    });
    show
}

/// A red mark of 200 by 100 in the top right corner, its file in `folder`.
pub fn mark_in(folder: &Path) -> Logo {
    let mark = image::RgbaImage::from_pixel(200, 100, image::Rgba([220, 20, 20, 255]));
    mark.save(folder.join("mark.png")).unwrap();
    Logo {
        file: "mark.png".to_owned(),
        corner: Corner::TopRight,
        size: 90,
        opacity: 100,
        shown: true,
    }
}

/// The whole picture in Chinese with a theme, kept to be looked at.
pub fn keep(name: &str, theme: &str, show: &Show, folder: &Path, canvas: CanvasSize) {
    let theme_of = Theme::builtin(theme).unwrap();
    let picture = sample(theme_of, &fonts(), show, At(0), Lang::Zh, folder, canvas);
    let whole = Layer {
        id: "picture",
        version: 0,
        x: 0,
        y: 0,
        width: picture.width,
        height: picture.height,
        rgba: picture.rgba,
    };
    evidence(&format!("{name}-{theme}-{}", canvas.width), &whole);
}

pub fn product(show: &mut Show) -> &mut Product {
    show.products.get_mut(&apple()).unwrap()
}

pub fn layer<'a>(layers: &'a Layers, id: &str) -> &'a Layer {
    layers
        .list
        .iter()
        .find(|layer| layer.id == id)
        .unwrap_or_else(|| panic!("no layer {id}"))
}

/// Writes what was really drawn below `target/overlay-evidence` and says where.
pub fn evidence(name: &str, layer: &Layer) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/overlay-evidence");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}-{}.png", layer.id));
    let mut straight = layer.rgba.to_vec();
    for pixel in straight.chunks_exact_mut(4) {
        let alpha = u16::from(pixel[3]).max(1);
        for channel in &mut pixel[..3] {
            *channel = (u16::from(*channel) * 255 / alpha).min(255) as u8;
        }
    }
    image::save_buffer(
        &path,
        &straight,
        layer.width,
        layer.height,
        image::ExtendedColorType::Rgba8,
    )
    .unwrap();
    path
}

/// Mean of premultiplied RGBA over a box of the layer.
pub fn mean(layer: &Layer, x: u32, y: u32, width: u32, height: u32) -> [f32; 4] {
    let mut sum = [0.0_f32; 4];
    for row in y..y + height {
        for column in x..x + width {
            let at = ((row * layer.width + column) * 4) as usize;
            for (total, value) in sum.iter_mut().zip(&layer.rgba[at..at + 4]) {
                *total += f32::from(*value);
            }
        }
    }
    sum.map(|total| total / (width * height) as f32)
}
