//! Owns the measurement of a redraw: a tick of the clocks on a full card at 1080 lines, milliseconds, 95th percentile.
//!
//! The card has everything an offer may have, with two clocks running: the offer's end and the next fall of its price.
//! Every theme is measured on both canvases; the slowest one counts. The last line is one JSON object.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use stallcast_overlay::{CanvasSize, Fonts, Lang, Overlay, Theme};
use stallcast_show::{
    At, CardLook, Countdown, Coupon, Currency, MessageId, Money, Offer, OnAir, Origin,
    PinnedQuestion, PriceStep, Product, ProductId, RundownItem, Show, Text,
};
use stallcast_tests::bench::{Better, report, rounded};

/// Ticks measured for each theme, language and canvas; the first draws everything and is left out.
const TICKS: i64 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let fonts = Fonts::system();
    let show = show();
    let mut slowest = 0.0_f64;
    let mut detail = serde_json::Map::new();
    for theme in Theme::builtin_names() {
        let mut of_theme = 0.0_f64;
        for (width, height) in [(1920, 1080), (1080, 1920)] {
            for lang in [Lang::Zh, Lang::En] {
                let canvas = CanvasSize { width, height };
                let mut overlay = Overlay::new(Theme::builtin(theme)?, fonts.clone(), canvas);
                let photos = Path::new("/nowhere");
                overlay.layers(&show, At(0), lang, photos);
                // As the engine does while nothing else is to be drawn.
                for product in show.products.values() {
                    overlay.prepare(&show, product, At(0), lang, photos);
                }
                let mut ticks = Vec::new();
                for second in 1..=TICKS {
                    let began = Instant::now();
                    let layers = overlay.layers(&show, At(second * 1000), lang, photos);
                    ticks.push(began.elapsed().as_secs_f64() * 1000.0);
                    if layers.list.len() < 10 {
                        return Err("the card is not full".into());
                    }
                }
                ticks.sort_by(f64::total_cmp);
                let p95 = ticks[ticks.len() * 95 / 100];
                println!("{theme} {width}x{height} {lang:?}: p95 {p95:.2} ms");
                of_theme = of_theme.max(p95);
            }
        }
        detail.insert(theme.to_owned(), rounded(of_theme).into());
        slowest = slowest.max(of_theme);
    }
    let detail = serde_json::Value::Object(detail);
    report("overlay-redraw", slowest, "ms", 4.0, Better::Lower, &detail);
    Ok(())
}

fn show() -> Show {
    let text = |zh: &str, en: &str| Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    let yuan = |minor| Money {
        minor,
        currency: Currency("CNY".to_owned()),
    };
    let (apple, pear) = (ProductId::from("apple"), ProductId::from("pear"));
    let offer = Offer {
        list_price: Some(yuan(4990)),
        quantity: Some(200),
        coupon: Some(Coupon {
            text: text("关注领取", "for followers"),
            off: Some(yuan(500)),
        }),
        gift: text("不锈钢削皮刀一把", "a steel peeler"),
        limit_per_person: Some(2),
        steps: vec![PriceStep {
            after_s: 3_000,
            price: yuan(2690),
        }],
        ..Offer::at(yuan(2990))
    };
    let title = text("烟台红富士苹果 现摘脆甜", "Yantai Red Fuji apples");
    let apples = Product {
        spec: text("5 斤装", "2.5 kg box"),
        link: Some("https://shop.example.com/item/10082341".to_owned()),
        origin: Some(Origin {
            place: text("山东烟台栖霞", "Qixia, Shandong"),
            grower: text("王大姐果园", "Wang's orchard"),
            harvested: "2026-10-28".to_owned(),
            evidence: String::new(),
        }),
        ..Product::new(apple.clone(), title, offer)
    };
    let pears = Product::new(pear.clone(), text("酥梨", "Pears"), Offer::at(yuan(1990)));
    let mut show = Show {
        ticker: text("今天现摘现发", "Picked and shipped today"),
        card_look: CardLook {
            code: true,
            next_up: true,
            ..CardLook::default()
        },
        on_air: Some(OnAir {
            product: apple.clone(),
            since: At(0),
        }),
        countdown: Some(Countdown {
            product: apple.clone(),
            started: At(0),
            deadline: At(3_300_000),
        }),
        pinned: Some(PinnedQuestion {
            message: MessageId::from("web:1"),
            author: "小雨".to_owned(),
            text: "打蜡吗？".to_owned(),
            answer: String::new(),
            since: At(0),
        }),
        ..Show::default()
    };
    show.stock.insert(apple.clone(), 86);
    show.rundown = vec![
        RundownItem::open(apple.clone()),
        RundownItem::open(pear.clone()),
    ];
    show.products = [(apple, apples), (pear, pears)].into();
    show
}
