//! Draws every theme over a picture, for looking at:
//! `cargo run -p stallcast-overlay --example preview -- OUT_DIR [BACKGROUND.png] [PHOTO_DIR]`.

use std::{path::PathBuf, time::Instant};

use image::{Rgba, RgbaImage};
use stallcast_overlay::{CanvasSize, Fonts, Lang, Layer, Overlay, SlateKind, Theme, slate};
use stallcast_show::{
    At, Break, CardLook, Countdown, Coupon, Currency, MessageId, Money, Offer, OnAir, Origin,
    PinnedQuestion, PriceStep, Product, ProductId, RundownItem, Show, Text,
};

fn text(zh: &str, en: &str) -> Text {
    Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

fn yuan(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency("CNY".to_owned()),
    }
}

struct Case {
    name: &'static str,
    title: Text,
    spec: Text,
    live: i64,
    list: Option<i64>,
    photo: Option<&'static str>,
    left: Option<u32>,
    seconds: Option<i64>,
    question: &'static str,
    extras: Extras,
}

/// Whether the offer has everything that may stand beside the card.
#[derive(PartialEq)]
enum Extras {
    All,
    None,
}

fn show(case: &Case) -> Show {
    let id = ProductId::from("apple");
    let mut show = Show {
        ticker: text(
            "今天现摘现发，顺丰冷链，坏果包赔。关注直播间领 5 元券，晚上八点抽三箱红富士",
            "Picked today, shipped today by cold chain; damaged fruit is replaced. Follow for a ¥5 coupon, three crates raffled at eight tonight, see you there",
        ),
        ..Show::default()
    };
    show.products.insert(
        id.clone(),
        Product {
            photo: case.photo.map(str::to_owned),
            spec: case.spec.clone(),
            ..Product::new(
                id.clone(),
                case.title.clone(),
                Offer {
                    list_price: case.list.map(yuan),
                    quantity: case.left,
                    ..Offer::at(yuan(case.live))
                },
            )
        },
    );
    show.rundown.push(RundownItem::open(id.clone()));
    if case.extras == Extras::All {
        give_extras(&mut show, &id);
    }
    show.on_air = Some(OnAir {
        product: id.clone(),
        since: At(0),
    });
    if let Some(left) = case.left {
        show.stock.insert(id.clone(), left);
    }
    show.countdown = case.seconds.map(|seconds| Countdown {
        product: id.clone(),
        started: At(0),
        deadline: At(seconds * 1000),
    });
    if !case.question.is_empty() {
        show.pinned = Some(PinnedQuestion {
            message: MessageId::from("web:1"),
            author: "小雨 🌧".to_owned(),
            text: case.question.to_owned(),
            answer: String::new(),
            since: At(0),
        });
    }
    show
}

fn give_extras(show: &mut Show, id: &ProductId) {
    show.card_look = CardLook {
        code: true,
        next_up: true,
        ..CardLook::default()
    };
    let next = ProductId::from("pear");
    let offer = Offer::at(yuan(1990));
    let title = text("砀山酥梨 皮薄多汁", "Dangshan pears, thin skin");
    show.rundown.push(RundownItem::open(next.clone()));
    show.products
        .insert(next.clone(), Product::new(next, title, offer));
    let Some(product) = show.products.get_mut(id) else {
        return;
    };
    product.link = Some("https://shop.example.com/p/apple-5jin?from=live".to_owned());
    product.origin = Some(Origin {
        place: text("山东烟台栖霞", "Qixia, Shandong"),
        grower: text("王大姐果园", "Wang's orchard"),
        harvested: "2026-10-28".to_owned(),
        evidence: String::new(),
    });
    let offer = &mut product.offer;
    offer.quantity = Some(200);
    offer.coupon = Some(Coupon {
        text: text("关注领取", "for followers"),
        off: Some(yuan(500)),
    });
    offer.gift = text("不锈钢削皮刀一把", "a steel peeler");
    offer.limit_per_person = Some(2);
    offer.steps = vec![PriceStep {
        after_s: 180,
        price: yuan(offer.live_price.minor * 9 / 10),
    }];
}

fn blend(onto: &mut RgbaImage, layer: &Layer) {
    for y in 0..layer.height {
        for x in 0..layer.width {
            let at = ((y * layer.width + x) * 4) as usize;
            let over = &layer.rgba[at..at + 4];
            let under = onto.get_pixel_mut(x + layer.x as u32, y + layer.y as u32);
            for channel in 0..3 {
                let kept = u16::from(under[channel]) * (255 - u16::from(over[3])) / 255;
                under[channel] = (kept + u16::from(over[channel])).min(255) as u8;
            }
        }
    }
}

fn background(path: Option<&PathBuf>, canvas: CanvasSize) -> RgbaImage {
    if let Some(picture) = path.and_then(|path| image::open(path).ok()) {
        return picture
            .resize_to_fill(
                canvas.width,
                canvas.height,
                image::imageops::FilterType::Triangle,
            )
            .into_rgba8();
    }
    RgbaImage::from_fn(canvas.width, canvas.height, |x, y| {
        let wave = ((x as f32 / 90.0).sin() * (y as f32 / 70.0).cos() * 40.0) as i32;
        let down = (y * 120 / canvas.height) as i32;
        Rgba([
            (150 - down + wave).clamp(0, 255) as u8,
            (170 - down / 2 + wave).clamp(0, 255) as u8,
            (120 - down + wave / 2).clamp(0, 255) as u8,
            255,
        ])
    })
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or("");
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("where to?")?;
    let picture = arguments.next();
    let photos = arguments.next().unwrap_or_default();
    std::fs::create_dir_all(&out)?;
    let before = resident_mb();
    let start = Instant::now();
    let fonts = Fonts::system();
    println!(
        "fonts: {:?} in {:?}, {:.1} MB -> {:.1} MB",
        fonts,
        start.elapsed(),
        before,
        resident_mb()
    );
    let cases = [
        Case {
            name: "apple",
            title: text(
                "烟台红富士苹果 现摘脆甜",
                "Yantai Red Fuji apples, crisp and sweet",
            ),
            spec: text("5 斤装 · 果径 80 mm 以上", "2.5 kg box · 80 mm and up"),
            live: 2990,
            list: Some(4990),
            photo: Some("apple.png"),
            left: Some(86),
            seconds: Some(299),
            question: "果子打蜡吗？孕妇能不能吃？",
            extras: Extras::All,
        },
        Case {
            name: "long",
            title: text(
                "新疆阿克苏冰糖心红富士苹果 2026 年新果 产地直发 顺丰包邮 坏果包赔 送礼自用两相宜 🍎🎁",
                "Sun-dried Xinjiang jumbo jujube dates, hand-sorted premium grade, family gift box with ribbon 🎁 <&> more",
            ),
            spec: text("礼盒装 12 枚", "Gift box of 12"),
            live: 129_990,
            list: Some(199_900),
            photo: None,
            left: Some(7),
            seconds: Some(18),
            question: "老板你好，我上次买的苹果非常好吃，这次想给在外地上学的孩子和爸妈各寄一箱，请问能不能分开填两个地址发货？另外偏远地区（新疆、西藏）要不要加运费，大概几天能到？如果路上压坏了怎么赔？",
            extras: Extras::All,
        },
        Case {
            name: "bare",
            title: text("土蜂蜜 👨‍👩‍👧 عسل 🇨🇳", "Honey 👨‍👩‍👧 عسل 🇨🇳 1️⃣ ❤️"),
            spec: Text::default(),
            live: 8800,
            list: None,
            photo: Some("honey.png"),
            left: Some(0),
            seconds: Some(0),
            question: "",
            extras: Extras::None,
        },
    ];
    for theme in Theme::builtin_names() {
        for (label, width, height) in [
            ("1080", 1920, 1080),
            ("720", 1280, 720),
            ("tall", 1080, 1920),
            ("tall720", 720, 1280),
        ] {
            let canvas = CanvasSize { width, height };
            let mut overlay = Overlay::new(Theme::builtin(theme)?, fonts.clone(), canvas);
            for (lang_label, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
                for case in &cases {
                    let show = show(case);
                    let start = Instant::now();
                    let layers = overlay.layers(&show, At(0), lang, &photos);
                    let first = start.elapsed();
                    let mut ticks = Vec::new();
                    for second in 1..=40 {
                        let start = Instant::now();
                        let _ = overlay.layers(&show, At(second * 1000), lang, &photos);
                        ticks.push(start.elapsed());
                    }
                    ticks.sort();
                    println!(
                        "{theme} {label} {lang_label} {}: first {first:?}, tick p50 {:?} p95 {:?}, notices {:?}",
                        case.name, ticks[20], ticks[37], layers.notices
                    );
                    let mut picture = background(picture.as_ref(), canvas);
                    for layer in &layers.list {
                        blend(&mut picture, layer);
                    }
                    if width < height || width == 1280 {
                        // As a phone held upright shows it.
                        let high = (360 * height).div_ceil(width);
                        let filter = image::imageops::FilterType::Triangle;
                        image::imageops::resize(&picture, 360, high, filter).save(out.join(
                            format!("{theme}-{label}-{lang_label}-{}-360.png", case.name),
                        ))?;
                    }
                    picture.save(
                        out.join(format!("{theme}-{label}-{lang_label}-{}.png", case.name)),
                    )?;
                }
                let mut show = show(&cases[0]);
                show.pause = Some(Break {
                    since: At(0),
                    until: At(300_000),
                    words: Default::default(),
                });
                let mut picture = background(picture.as_ref(), canvas);
                for layer in &overlay.layers(&show, At(0), lang, &photos).list {
                    blend(&mut picture, layer);
                }
                picture.save(out.join(format!("{theme}-{label}-{lang_label}-pause.png")))?;
                let slate = slate(
                    &Theme::builtin(theme)?,
                    &fonts,
                    SlateKind::NoInput,
                    lang,
                    canvas,
                );
                if let Some(picture) =
                    RgbaImage::from_raw(slate.width, slate.height, slate.rgba.to_vec())
                {
                    picture.save(out.join(format!("{theme}-{label}-{lang_label}-slate.png")))?;
                }
            }
        }
    }
    println!("resident at the end: {:.1} MB", resident_mb());
    Ok(())
}
