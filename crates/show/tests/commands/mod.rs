//! Every command that people, phones and the engine send, right and wrong, over a few ids so that they meet.

mod selling;

use std::collections::BTreeMap;

use proptest::prelude::*;
use stallcast_show::{
    Area, At, Canvas, CanvasId, Canvases, ChatLine, Command, Coupon, Currency, Destination,
    DestinationId, MessageId, Money, Offer, PartPlace, PicturePart, Placement, PriceStep, Product,
    ProductId, RundownItem, Scene, SceneId, Source, SourceId, SourceKind, Strip, Text, Transition,
};

use crate::sample;

fn id(prefix: &'static str) -> impl Strategy<Value = String> {
    (0..4u8).prop_map(move |n| format!("{prefix}{n}"))
}

pub fn product_id() -> impl Strategy<Value = ProductId> {
    id("p").prop_map(ProductId)
}

fn source_id() -> impl Strategy<Value = SourceId> {
    id("s").prop_map(SourceId)
}

fn short() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z水蜜桃🍑\"\\\\\n]{1,12}"]
}

fn text() -> impl Strategy<Value = Text> {
    (short(), short()).prop_map(|(zh, en)| Text { zh, en })
}

fn money() -> impl Strategy<Value = Money> {
    (
        -1..60i64,
        prop_oneof![9 => Just("CNY"), 1 => Just("USD"), 1 => Just("?")],
    )
        .prop_map(|(minor, code)| Money::new(minor * 100, Currency(code.to_owned())))
}

fn offer() -> impl Strategy<Value = Offer> {
    (
        proptest::option::of(money()),
        money(),
        proptest::option::of(prop_oneof![0..5u32, Just(u32::MAX)]),
        proptest::option::of(prop_oneof![0..90u32, Just(86_401)]),
    )
        .prop_flat_map(|(list_price, live_price, quantity, countdown_s)| {
            let offer = Offer {
                list_price,
                quantity,
                countdown_s,
                ..Offer::at(live_price)
            };
            (Just(offer), extras())
        })
        .prop_map(|(offer, (coupon, limit_per_person, steps))| Offer {
            coupon,
            limit_per_person,
            steps,
            ..offer
        })
}

/// What may stand beside a price, right or wrong.
fn extras() -> impl Strategy<Value = (Option<Coupon>, Option<u32>, Vec<PriceStep>)> {
    let coupon =
        (text(), proptest::option::of(money())).prop_map(|(text, off)| Coupon { text, off });
    let step = (prop_oneof![0..90u32, Just(86_401)], money())
        .prop_map(|(after_s, price)| PriceStep { after_s, price });
    (
        proptest::option::weighted(0.2, coupon),
        proptest::option::weighted(0.2, 0..3u32),
        prop_oneof![4 => Just(Vec::new()), 1 => proptest::collection::vec(step, 0..3)],
    )
}

fn product() -> impl Strategy<Value = Product> {
    let gtin = prop_oneof![
        Just(None),
        Just(Some("4006381333931".to_owned())),
        Just(Some("4006381333932".to_owned()))
    ];
    let points = proptest::collection::vec(short(), 0..3);
    (product_id(), text(), text(), offer(), gtin, points).prop_map(
        |(id, title, spec, offer, gtin, talking_points)| Product {
            spec,
            gtin,
            talking_points,
            ..Product::new(id, title, offer)
        },
    )
}

/// A product that is accepted, so that sequences get far.
pub fn good_product() -> impl Strategy<Value = Product> {
    (
        product_id(),
        1..60i64,
        proptest::option::of(0..5u32),
        proptest::option::of(1..90u32),
    )
        .prop_map(|(id, price, quantity, countdown_s)| {
            let mut product = sample::product(id, price);
            (product.offer.quantity, product.offer.countdown_s) = (quantity, countdown_s);
            product
        })
}

fn scene() -> impl Strategy<Value = Scene> {
    let area = (-5..12_000i32, 0..20_005i32).prop_map(|(x, width)| Area {
        x,
        y: 0,
        width,
        height: 5_000,
    });
    let crop = prop_oneof![4 => Just(Area::FULL), 1 => Just(Area { x: 1, ..Area::FULL })];
    let placement =
        (source_id(), area, crop).prop_map(|(source, area, crop)| Placement { source, area, crop });
    (id("c"), text(), proptest::collection::vec(placement, 0..3)).prop_map(|(id, name, list)| {
        Scene {
            id: SceneId(id),
            name,
            layouts: BTreeMap::from([(CanvasId::from("landscape"), list)]),
        }
    })
}

fn source() -> impl Strategy<Value = Source> {
    let kind = prop_oneof![
        Just(SourceKind::TestPicture),
        short().prop_map(|path| SourceKind::File { path }),
        Just(SourceKind::Camera { device: None }),
    ];
    (source_id(), short(), kind).prop_map(|(id, name, kind)| Source { id, name, kind })
}

fn canvases() -> impl Strategy<Value = Canvases> {
    prop_oneof![
        Just(Canvases::Landscape),
        Just(Canvases::Portrait),
        Just(Canvases::Both)
    ]
}

fn canvas() -> impl Strategy<Value = Canvas> {
    prop_oneof![3 => Just(Canvas::Landscape), 1 => Just(Canvas::Portrait)]
}

fn part() -> impl Strategy<Value = PicturePart> {
    prop_oneof![Just(PicturePart::Card), Just(PicturePart::Code)]
}

fn part_place() -> impl Strategy<Value = PartPlace> {
    (-2..10_003i32, 0..10_001i32, 70..206i32).prop_map(|(x, y, size)| PartPlace { x, y, size })
}

fn destination() -> impl Strategy<Value = Destination> {
    let url = prop_oneof![4 => Just("rtmp://127.0.0.1/live"), 1 => Just("http://x")];
    (id("d"), url, any::<bool>(), canvas()).prop_map(|(id, url, enabled, canvas)| Destination {
        id: DestinationId(id),
        platform: "custom".to_owned(),
        name: "Stall".to_owned(),
        url: url.to_owned(),
        enabled,
        priority: Default::default(),
        canvas,
        codec: Default::default(),
    })
}

fn chat_line() -> impl Strategy<Value = ChatLine> {
    (id("m"), short(), 0..700usize, any::<bool>()).prop_map(|(id, author, length, question)| {
        ChatLine {
            id: MessageId(id),
            platform: "web".to_owned(),
            author,
            text: "问".repeat(length),
            at: At(length as i64),
            question,
        }
    })
}

fn goods() -> impl Strategy<Value = Command> {
    let items = proptest::collection::vec((product_id(), 0..86_402u32), 0..4).prop_map(|list| {
        list.into_iter()
            .map(|(product, planned_s)| RundownItem {
                planned_s,
                ..RundownItem::open(product)
            })
            .collect()
    });
    prop_oneof![
        1 => proptest::collection::vec(product(), 0..3)
            .prop_map(|products| Command::ImportProducts { products }),
        4 => good_product().prop_map(|p| Command::ImportProducts { products: vec![p] }),
        1 => product_id().prop_map(|product| Command::RemoveProduct { product }),
        1 => proptest::collection::vec(product_id(), 0..3)
            .prop_map(|products| Command::RemoveProducts { products }),
        1 => proptest::option::of(proptest::collection::vec(product_id(), 0..3))
            .prop_map(|products| Command::AddToRundown { products }),
        1 => items.prop_map(|items| Command::SetRundown { items }),
        6 => product_id().prop_map(|product| Command::PutOnAir { product }),
        1 => Just(Command::TakeOffAir),
        1 => (0..86_402u32).prop_map(|seconds| Command::StartCountdown { seconds }),
        1 => Just(Command::StopCountdown),
        1 => (product_id(), proptest::option::of(any::<u32>()))
            .prop_map(|(product, left)| Command::SetStock { product, left }),
        6 => (product_id(), prop_oneof![-4..4i32, any::<i32>()])
            .prop_map(|(product, by)| Command::AdjustStock { product, by }),
    ]
}

fn staging() -> impl Strategy<Value = Command> {
    let transition = prop_oneof![
        Just(Transition::Cut),
        (0..5_002u32).prop_map(|ms| Transition::Fade { ms })
    ];
    prop_oneof![
        4 => source().prop_map(|source| Command::PutSource { source }),
        1 => source_id().prop_map(|source| Command::RemoveSource { source }),
        4 => scene().prop_map(|scene| Command::PutScene { scene }),
        1 => id("c").prop_map(|scene| Command::RemoveScene { scene: SceneId(scene) }),
        1 => (id("c"), transition).prop_map(|(scene, transition)| Command::SwitchScene {
            scene: SceneId(scene),
            transition
        }),
        1 => (source_id(), -6_100..2_100i32, any::<bool>()).prop_map(|(source, gain_cdb, muted)| {
            Command::SetStrip {
                source,
                strip: Strip { gain_cdb, muted },
            }
        }),
        1 => text().prop_map(|text| Command::SetTicker { text }),
        1 => proptest::sample::subsequence(stallcast_show::Market::ALL.to_vec(), 0..=3)
            .prop_map(|markets| Command::SetMarkets { markets: markets.into_iter().collect() }),
        2 => (canvas(), part(), proptest::option::of(part_place()))
            .prop_map(|(canvas, part, place)| Command::PlacePart { canvas, part, place }),
        1 => canvas().prop_map(|canvas| Command::ResetParts { canvas }),
        1 => (id("m"), short(), short()).prop_map(|(message, author, text)| Command::PinQuestion {
            message: MessageId(message),
            author,
            text
        }),
        1 => (id("m"), short()).prop_map(|(message, answer)| Command::AnswerQuestion {
            message: MessageId(message),
            answer
        }),
        1 => Just(Command::UnpinQuestion),
    ]
}

fn running() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => short().prop_map(|name| Command::Rename { name }),
        3 => destination().prop_map(|destination| Command::PutDestination { destination }),
        1 => id("d").prop_map(|id| Command::RemoveDestination { destination: DestinationId(id) }),
        2 => canvases().prop_map(|canvases| Command::SetCanvases { canvases }),
        1 => Just(Command::StartRehearsal),
        1 => Just(Command::GoLive),
        1 => Just(Command::EndShow),
        1 => any::<bool>().prop_map(|on| Command::SetRecording { on }),
        1 => prop_oneof![Just("part-1.mp4"), Just("../x"), Just("part-2.mp4")]
            .prop_map(|file| Command::NoteRecordingPart {
                file: file.to_owned(),
                first_frame: At(7),
                canvas: Canvas::Landscape,
            }),
        1 => prop_oneof![Just("part-1.mp4"), Just("../x")]
            .prop_map(|file| Command::NoteFilesRemoved { files: vec![file.to_owned()] }),
        1 => short().prop_map(|name| Command::NoteIncident {
            incident: stallcast_show::Incident {
                kind: stallcast_show::IncidentKind::Destination,
                id: "d".to_owned(),
                name,
                turn: stallcast_show::IncidentTurn::Began,
                code: "unreachable".to_owned(),
                kbps: None,
                dropped: None,
                since: None,
            },
        }),
        1 => (0..3u32).prop_map(|pictures| Command::NoteDropped {
            note: stallcast_show::PicturesDropped {
                destination: DestinationId("d".to_owned()),
                name: "d".to_owned(),
                pictures,
            },
        }),
        1 => (short(), 0..3_usize).prop_map(|(text, outcomes)| Command::NotePlatformAct {
            act: stallcast_show::PlatformAct {
                kind: stallcast_show::PlatformActKind::Delete,
                message: Some(MessageId("m".to_owned())),
                author: String::new(),
                text,
                seconds: None,
                outcomes: vec![
                    stallcast_show::PlatformOutcome {
                        platform: "owncast".to_owned(),
                        connection: "o".to_owned(),
                        became: stallcast_show::PlatformBecame::Done,
                        why: String::new(),
                    };
                    outcomes
                ],
            },
            by: "studio".to_owned(),
        }),
        1 => proptest::collection::vec(chat_line(), 0..3).prop_map(|lines| Command::NoteChat { lines }),
    ]
}

pub fn commands() -> impl Strategy<Value = Vec<Command>> {
    let one = prop_oneof![
        3 => goods(),
        2 => staging(),
        2 => running(),
        2 => selling::honest(),
        2 => selling::orders(),
        1 => selling::words(),
        4 => selling::games(),
    ];
    proptest::collection::vec(one, 0..160)
}

/// Those of a show that is prepared: what a removal of products takes along for good does not come up.
pub fn preparing() -> impl Strategy<Value = Vec<Command>> {
    let one = prop_oneof![3 => goods(), 2 => staging(), 2 => running()];
    proptest::collection::vec(one, 0..120)
}
