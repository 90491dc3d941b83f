//! What holds for every sequence of commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use std::collections::BTreeMap;

use proptest::prelude::*;
use stallcast_show::{
    Area, At, Canvas, CanvasId, Canvases, ChatLine, Command, Coupon, Currency, Destination,
    DestinationId, Event, Former, MessageId, Money, Offer, PartPlace, PicturePart, Placement,
    PriceStep, Product, ProductId, Refusal, RundownItem, Scene, SceneId, Show, Source, SourceId,
    SourceKind, Strip, Text, Transition, decide,
};

fn id(prefix: &'static str) -> impl Strategy<Value = String> {
    (0..4u8).prop_map(move |n| format!("{prefix}{n}"))
}

fn product_id() -> impl Strategy<Value = ProductId> {
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
fn good_product() -> impl Strategy<Value = Product> {
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
            },
        }),
        1 => (0..3u32).prop_map(|pictures| Command::NoteDropped {
            note: stallcast_show::PicturesDropped {
                destination: DestinationId("d".to_owned()),
                name: "d".to_owned(),
                pictures,
            },
        }),
        1 => proptest::collection::vec(chat_line(), 0..3).prop_map(|lines| Command::NoteChat { lines }),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let one = prop_oneof![3 => goods(), 2 => staging(), 2 => running()];
    proptest::collection::vec(one, 0..120)
}

fn check_state(show: &Show) {
    if let Some(on) = &show.on_air {
        assert!(show.products.contains_key(&on.product));
    }
    if let Some(clock) = &show.countdown {
        assert!(show.is_on_air(&clock.product), "a clock without its card");
        assert!(clock.deadline > clock.started);
    }
    let mut listed: Vec<_> = show.rundown.iter().map(|item| &item.product).collect();
    assert!(listed.iter().all(|p| show.products.contains_key(p)));
    listed.sort();
    listed.dedup();
    assert_eq!(
        listed.len(),
        show.rundown.len(),
        "a product twice in the rundown"
    );
    assert!(show.stock.keys().all(|p| show.products.contains_key(p)));
    assert!(show.uncounted.iter().all(|p| !show.stock.contains_key(p)));
    for placement in show
        .scenes
        .iter()
        .flat_map(|s| s.layouts.values())
        .flatten()
    {
        assert!(show.sources.contains_key(&placement.source));
    }
    if let Some(shown) = &show.scene {
        assert!(show.scenes.iter().any(|scene| scene.id == *shown));
    }
    assert!(show.strips.keys().all(|s| show.sources.contains_key(s)));
    assert!(show.products.values().all(|p| p.check().is_ok()));
    if show.is_live() {
        let mut sent = show.enabled_destinations().map(|d| d.canvas);
        assert!(sent.all(|canvas| show.canvases.has(canvas)), "sent nothing");
    }
    for place in show.part_places.values().flat_map(|places| places.values()) {
        let room = 0..=10_000;
        assert!(
            room.contains(&place.x) && room.contains(&place.y),
            "off the canvas"
        );
        assert!((75..=200).contains(&place.size));
    }
    for scene in &show.scenes {
        for canvas in Canvas::ALL {
            check_layout(show, scene, canvas);
        }
    }
}

/// A layout that is made by itself has the same pictures, and could have been made by a person.
fn check_layout(show: &Show, scene: &Scene, canvas: Canvas) {
    let made = show.layout(scene, canvas);
    let other = scene.layouts.values().next().unwrap();
    let sources =
        |list: &[Placement]| -> Vec<SourceId> { list.iter().map(|p| p.source.clone()).collect() };
    assert_eq!(sources(&made), sources(other));
    let mut scene = scene.clone();
    scene.layouts.insert(canvas.id(), made.into_owned());
    let by_hand = Command::PutScene { scene };
    assert!(decide(show, by_hand, At(0)).is_ok());
}

/// On-air starts and stops alternate: never two products on the picture.
fn check_one_on_air(events: &[Event]) {
    let mut shown: Option<&ProductId> = None;
    for event in events {
        match event {
            Event::WentOnAir { on_air } => {
                assert_ne!(shown, Some(&on_air.product), "shown again while on air");
                shown = Some(&on_air.product);
            }
            Event::WentOffAir { .. } => {
                assert!(shown.is_some());
                shown = None;
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_sequence_keeps_the_show_whole_and_replays_to_the_same_state(commands in commands()) {
        let mut show = Show::default();
        let mut journal: Vec<Event> = Vec::new();
        for (step, command) in commands.into_iter().enumerate() {
            let at = At(1_000 * step as i64);
            let before = show.clone();
            let answer = decide(&show, command.clone(), at);
            prop_assert_eq!(&answer, &decide(&before, command.clone(), at), "not deterministic");
            prop_assert_eq!(&show, &before, "deciding changed the show");
            match answer {
                Ok(events) => {
                    show.apply_all(&events);
                    if events.is_empty() {
                        prop_assert_eq!(&show, &before);
                    }
                    journal.extend(events);
                }
                Err(refusal) => {
                    prop_assert!(Refusal::CODES.contains(&refusal.code()));
                    prop_assert!(!refusal.to_string().is_empty());
                }
            }
            check_state(&show);
        }
        check_one_on_air(&journal);

        let mut replayed = Show::default();
        for event in &journal {
            let text = serde_json::to_string(event).unwrap();
            let read: Event = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read, event);
            replayed.apply(&read);
        }
        prop_assert_eq!(&replayed, &show);
        let text = serde_json::to_string(&show).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Show>(&text).unwrap(), &show);
    }

    #[test]
    fn what_many_products_replaced_comes_back_whole_when_nothing_happened_meanwhile(
        before in commands(),
        change in prop_oneof![
            proptest::collection::vec(good_product(), 1..4)
                .prop_map(|products| Command::ImportProducts { products }),
            proptest::collection::vec(product_id(), 1..4)
                .prop_map(|products| Command::RemoveProducts { products }),
        ],
    ) {
        let mut show = Show::default();
        for (step, command) in before.into_iter().enumerate() {
            if let Ok(events) = decide(&show, command, At(step as i64)) {
                show.apply_all(&events);
            }
        }
        let former = Former::before(&show, &change);
        let was = show.clone();
        if let (Some(former), Ok(events)) = (former, decide(&show, change, At(0))) {
            show.apply_all(&events);
            show.apply_all(&decide(&show, Command::TakeBackProducts { former }, At(0)).unwrap());
            check_state(&show);
            // What viewers saw meanwhile they saw.
            show.offered.clone_from(&was.offered);
            prop_assert_eq!(show, was);
        }
    }

    #[test]
    fn commands_survive_json(commands in commands()) {
        for command in commands {
            let text = serde_json::to_string(&command).unwrap();
            prop_assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);
        }
    }

    #[test]
    fn applying_any_event_to_any_show_never_fails(commands in commands()) {
        // Every command's events on an empty show, as if all before were lost.
        let mut rich = Show::default();
        for (step, command) in commands.into_iter().enumerate() {
            if let Ok(events) = decide(&rich, command, At(step as i64)) {
                Show::default().apply_all(&events);
                rich.apply_all(&events);
            }
        }
    }

    #[test]
    fn an_amount_shown_is_read_back_as_itself(minor in 0..=Money::MAX_MINOR, code in "CNY|JPY|KWD|USD") {
        let money = Money::new(minor, Currency(code));
        prop_assert_eq!(Money::parse(&money.display_full(), &money.currency), Ok(money.clone()));
        let signed = format!("{}{}", money.currency.symbol(), money.display_full());
        prop_assert_eq!(Money::parse(&signed, &money.currency), Ok(money));
    }

    #[test]
    fn no_text_makes_the_reader_of_amounts_fall_over(text in "\\PC{0,24}|[0-9.,¥$ -]{0,12}") {
        if let Ok(money) = Money::parse(&text, &Currency("CNY".to_owned())) {
            prop_assert!(money.check_price().is_ok());
        }
    }
}
