//! The rules of a show, one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use stallcast_show::{
    At, ChatLine, Command, Currency, Destination, Event, MessageId, Money, Phase, Product,
    ProductId, Refusal, RundownItem, Scene, Show, Text, Transition, decide,
};

fn product(id: &str, quantity: Option<u32>, countdown_s: Option<u32>) -> Product {
    let mut product = sample::product(id.into(), 2990);
    product.title.zh = "阳山水蜜桃".to_owned();
    product.title.en = "Yangshan peaches".to_owned();
    product.offer.list_price = Some(Money::new(5990, Currency("CNY".to_owned())));
    (product.offer.quantity, product.offer.countdown_s) = (quantity, countdown_s);
    product
}

fn run(show: &mut Show, command: Command, at: i64) -> Vec<Event> {
    let events = decide(show, command, At(at)).unwrap();
    show.apply_all(&events);
    events
}

fn refused(show: &Show, command: Command) -> Refusal {
    decide(show, command, At(0)).unwrap_err()
}

fn put(id: &str) -> Command {
    Command::PutOnAir {
        product: ProductId::from(id),
    }
}

fn adjust(id: &str, by: i32) -> Command {
    Command::AdjustStock {
        product: ProductId::from(id),
        by,
    }
}

fn stall() -> Show {
    let mut show = Show::default();
    let products = vec![
        product("peach", Some(3), Some(60)),
        product("plum", None, None),
        product("pear", Some(0), None),
    ];
    run(&mut show, Command::ImportProducts { products }, 0);
    show
}

fn destination(enabled: bool) -> Command {
    Command::PutDestination {
        destination: Destination {
            id: "main".into(),
            platform: "custom".to_owned(),
            name: "Main".to_owned(),
            url: "rtmp://127.0.0.1/live".to_owned(),
            enabled,
            priority: Default::default(),
            canvas: Default::default(),
            codec: Default::default(),
        },
    }
}

#[test]
fn putting_on_air_starts_the_clock_and_the_count() {
    let mut show = stall();
    run(&mut show, put("peach"), 1_000);
    let clock = show.countdown.clone().unwrap();
    assert_eq!((clock.started, clock.deadline), (At(1_000), At(61_000)));
    assert_eq!(clock.seconds_left(At(60_001)), 1);
    assert_eq!(clock.seconds_left(At(61_000)), 0);
    assert_eq!(show.stock.get(&"peach".into()), Some(&3));

    run(&mut show, put("plum"), 2_000);
    assert_eq!(show.countdown, None, "the clock belonged to the peaches");
    assert_eq!(show.stock.get(&"plum".into()), None);
}

#[test]
fn putting_the_same_product_on_air_again_restarts_nothing() {
    let mut show = stall();
    run(&mut show, put("peach"), 1_000);
    assert_eq!(run(&mut show, put("peach"), 9_000), vec![]);
}

#[test]
fn stock_never_goes_below_zero_and_says_so() {
    let mut show = stall();
    run(&mut show, put("peach"), 0);
    run(&mut show, adjust("peach", -2), 1);
    let refusal = refused(&show, adjust("peach", -2));
    assert_eq!(refusal.code(), "stock_below_zero");
    assert_eq!(refusal.params().get("left").unwrap(), "1");
    run(&mut show, adjust("peach", -1), 2);
    assert_eq!(show.stock_left(&"peach".into()), Some(0));
    assert_eq!(refused(&show, adjust("plum", -1)).code(), "not_counted");
}

#[test]
fn a_count_made_by_hand_survives_going_on_air_again() {
    let mut show = stall();
    run(&mut show, adjust("peach", -1), 0);
    run(&mut show, put("peach"), 1);
    assert_eq!(show.stock_left(&"peach".into()), Some(2));
    let off = Command::SetStock {
        product: "peach".into(),
        left: None,
    };
    run(&mut show, off, 2);
    run(&mut show, Command::TakeOffAir, 3);
    run(&mut show, put("peach"), 4);
    assert_eq!(show.stock_left(&"peach".into()), None);
}

#[test]
fn a_product_on_air_cannot_be_removed() {
    let mut show = stall();
    let remove = Command::RemoveProduct {
        product: "peach".into(),
    };
    run(&mut show, put("peach"), 0);
    assert_eq!(refused(&show, remove.clone()).code(), "product_on_air");
    run(&mut show, Command::TakeOffAir, 1);
    run(&mut show, remove, 2);
    assert_eq!(show.rundown.len(), 2);
}

#[test]
fn importing_again_updates_and_keeps_the_rundown() {
    let mut show = stall();
    let items = vec![
        RundownItem {
            planned_s: 120,
            ..RundownItem::open("pear".into())
        },
        RundownItem::open("peach".into()),
    ];
    run(&mut show, Command::SetRundown { items }, 0);
    let products = vec![product("peach", Some(9), None), product("fig", None, None)];
    run(&mut show, Command::ImportProducts { products }, 1);
    let order: Vec<_> = show.rundown.iter().map(|i| i.product.as_str()).collect();
    assert_eq!(
        order,
        ["pear", "peach", "fig"],
        "plum was taken out by a person and stays out"
    );
    assert_eq!(show.product_by_number(2).unwrap().offer.quantity, Some(9));
    assert_eq!(show.product_by_number(0), None);
    assert_eq!(show.product_by_number(4), None);
}

#[test]
fn a_bad_product_is_named_with_its_reason() {
    let show = Show::default();
    let mut bad = product("peach", None, None);
    bad.offer.list_price = Some(Money::new(2990, Currency("CNY".to_owned())));
    let products = vec![product("plum", None, None), bad];
    let refusal = refused(&show, Command::ImportProducts { products });
    assert_eq!(refusal.code(), "price_invalid");
    assert_eq!(refusal.params().get("product").unwrap(), "peach");
    assert_eq!(
        refusal.params().get("reason").unwrap(),
        "list_not_above_live"
    );
    let empty = Command::ImportProducts { products: vec![] };
    assert_eq!(refused(&show, empty).code(), "nothing_to_do");
}

#[test]
fn a_show_goes_rehearsal_live_end() {
    let mut show = stall();
    assert_eq!(refused(&show, Command::EndShow), Refusal::NotRunning);
    run(&mut show, Command::StartRehearsal, 5);
    assert_eq!(show.phase, Phase::Rehearsing { since: At(5) });
    assert!(!show.recording);
    assert_eq!(
        refused(&show, Command::StartRehearsal),
        Refusal::RehearsalRunning
    );
    assert_eq!(refused(&show, Command::GoLive), Refusal::NoDestination);
    run(&mut show, destination(false), 6);
    assert_eq!(refused(&show, Command::GoLive), Refusal::NoDestination);
    run(&mut show, destination(true), 7);
    run(&mut show, Command::GoLive, 8);
    assert_eq!(show.phase, Phase::Live { since: At(8) });
    assert!(show.recording);
    assert_eq!(refused(&show, Command::GoLive), Refusal::AlreadyLive);
    assert_eq!(
        refused(&show, Command::StartRehearsal),
        Refusal::AlreadyLive
    );
    run(&mut show, put("peach"), 9);
    run(&mut show, Command::EndShow, 10);
    assert_eq!(show.phase, Phase::Idle);
    assert!(!show.recording);
    assert_eq!((&show.on_air, &show.countdown), (&None, &None));
}

#[test]
fn what_is_on_the_picture_when_the_show_goes_live_begins_anew_for_its_first_viewers() {
    let mut show = stall();
    run(&mut show, destination(true), 0);
    run(&mut show, Command::StartRehearsal, 0);
    run(&mut show, put("plum"), 1_000);
    run(&mut show, Command::StartCountdown { seconds: 60 }, 2_000);
    run(&mut show, Command::GoLive, 50_000);
    assert_eq!(show.on_air.as_ref().unwrap().since, At(50_000));
    let clock = show.countdown.as_ref().unwrap();
    assert_eq!((clock.started, clock.deadline), (At(50_000), At(110_000)));
    assert!(
        show.offered.is_empty(),
        "nobody was offered what was rehearsed"
    );
}

#[test]
fn a_clock_that_a_person_stopped_in_the_rehearsal_stays_stopped_when_the_show_goes_live() {
    let mut show = stall();
    run(&mut show, destination(true), 0);
    run(&mut show, Command::StartRehearsal, 0);
    run(&mut show, put("peach"), 1_000);
    assert!(show.countdown.is_some());
    run(&mut show, Command::StopCountdown, 2_000);
    let mut again = show.clone();
    run(&mut show, Command::GoLive, 50_000);
    assert_eq!(show.on_air.as_ref().unwrap().since, At(50_000));
    assert_eq!(show.countdown, None);
    // Put on air once more, it has its clock again.
    run(&mut show, Command::TakeOffAir, 51_000);
    run(&mut show, put("peach"), 52_000);
    assert!(show.countdown.is_some());
    // Started again by hand in the rehearsal, it runs for the viewers as well.
    run(&mut again, Command::StartCountdown { seconds: 60 }, 3_000);
    run(&mut again, Command::GoLive, 50_000);
    assert_eq!(again.countdown.unwrap().deadline, At(110_000));
}

#[test]
fn a_clock_needs_a_product_and_a_length() {
    let mut show = stall();
    let start = |seconds| Command::StartCountdown { seconds };
    assert_eq!(refused(&show, start(10)), Refusal::NotOnAir);
    run(&mut show, put("plum"), 0);
    assert_eq!(refused(&show, start(0)).code(), "invalid_length");
    assert_eq!(refused(&show, start(86_401)).code(), "invalid_length");
    run(&mut show, start(10), 500);
    assert_eq!(show.countdown.as_ref().unwrap().deadline, At(10_500));
    run(&mut show, Command::StopCountdown, 600);
    assert_eq!(show.countdown, None);
}

#[test]
fn a_refused_address_is_not_repeated() {
    let mut with_secret = destination(true);
    if let Command::PutDestination { destination } = &mut with_secret {
        destination.url = "rtmp://me:hunter2@host/live".to_owned();
    }
    let refusal = refused(&Show::default(), with_secret);
    assert_eq!(refusal.code(), "bad_url");
    assert!(!refusal.to_string().contains("hunter2"));
}

#[test]
fn a_chat_line_that_is_too_long_is_cut_and_its_batch_is_kept() {
    let mut show = Show::default();
    let line = |text: String| ChatLine {
        id: MessageId::from("web:1"),
        platform: "web".to_owned(),
        author: "阿芳".to_owned(),
        text,
        at: At(0),
        question: false,
    };
    let lines = vec![line("桃".repeat(501)), line("甜吗".to_owned())];
    let events = run(&mut show, Command::NoteChat { lines }, 0);
    assert!(matches!(&events[..], [Event::ChatNoted { lines }]
        if lines[0].text.chars().count() == 500 && lines[1].text == "甜吗"));
    assert_eq!(show.chat_lines, 2);
}

#[test]
fn a_product_keeps_nothing_that_nobody_sees() {
    let mut sly = product("peach", None, None);
    sly.title.zh = "\u{202E}桃蜜水\u{202C}".to_owned();
    sly.short_title.en = "Peach\u{200B}es".to_owned();
    sly.spec.zh = "5\u{2066}斤\u{2069}".to_owned();
    sly.talking_points = vec!["甜\u{61C}".to_owned()];
    sly.link = Some("https://shop.example/\u{200F}peach".to_owned());
    let mut show = Show::default();
    run(
        &mut show,
        Command::ImportProducts {
            products: vec![sly],
        },
        0,
    );
    let kept = &show.products[&ProductId::from("peach")];
    assert_eq!(kept.title.zh, "桃蜜水");
    assert_eq!(kept.short_title.en, "Peaches");
    assert_eq!(kept.spec.zh, "5斤");
    assert_eq!(kept.talking_points, ["甜"]);
    assert_eq!(kept.link.as_deref(), Some("https://shop.example/peach"));

    let mut empty = product("plum", None, None);
    empty.title = Text {
        zh: "\u{202E}\u{200B}".to_owned(),
        en: String::new(),
    };
    let products = vec![empty];
    assert!(matches!(
        refused(&show, Command::ImportProducts { products }),
        Refusal::InProduct { .. }
    ));
}

#[test]
fn a_scene_goes_unless_it_is_shown_or_the_last() {
    let mut show = stall();
    let scene = |id: &str| Command::PutScene {
        scene: Scene {
            id: id.into(),
            name: Text {
                zh: id.into(),
                en: String::new(),
            },
            layouts: Default::default(),
        },
    };
    let remove = |id: &str| Command::RemoveScene { scene: id.into() };
    run(&mut show, scene("wide"), 0);
    assert_eq!(refused(&show, remove("wide")).code(), "last_scene");
    run(&mut show, scene("close"), 1);
    let shown = Command::SwitchScene {
        scene: "close".into(),
        transition: Transition::Cut,
    };
    run(&mut show, shown, 2);
    assert_eq!(refused(&show, remove("close")).code(), "scene_shown");
    assert_eq!(refused(&show, remove("nobody")).code(), "unknown_scene");
    run(&mut show, remove("wide"), 3);
    assert_eq!(show.scenes.len(), 1);
}

#[test]
fn an_invented_question_leaves_the_picture_when_the_show_goes_live_and_stays_off_it() {
    let mut show = stall();
    let pin = |message: &str| Command::PinQuestion {
        message: message.into(),
        author: "Fang".to_owned(),
        text: "How sweet?".to_owned(),
    };
    let destination = serde_json::from_value(serde_json::json!({
        "id": "a", "platform": "custom", "name": "A", "url": "rtmp://127.0.0.1/live", "enabled": true,
    }));
    let destination = destination.unwrap();
    run(&mut show, Command::PutDestination { destination }, 1);
    run(&mut show, Command::StartRehearsal, 1);
    run(&mut show, pin("simulated:own-1"), 2);
    assert!(show.pinned.is_some(), "a rehearsal shows them");
    run(&mut show, Command::GoLive, 3);
    assert_eq!(show.pinned, None);
    let refusal = refused(&show, pin("simulated:own-1"));
    assert_eq!(refusal.code(), "invented_question");
    run(&mut show, pin("web:simulated:1"), 4);
    assert!(show.pinned.is_some(), "what was really asked is shown");
}

#[test]
fn a_product_typed_by_hand_is_kept_and_nobodys_change_is_lost() {
    let mut show = stall();
    let put = |product: &Product, was: Option<&Product>| Command::PutProduct {
        product: Box::new(product.clone()),
        was: was.cloned().map(Box::new),
    };
    let before = show.products[&"pear".into()].clone();
    let mut mine = before.clone();
    mine.offer.live_price.minor -= 100;
    let mut theirs = before.clone();
    theirs.spec.zh = "10 \u{200B}斤".to_owned();
    run(&mut show, put(&theirs, Some(&before)), 0);
    assert_eq!(show.products[&"pear".into()].spec.zh, "10 斤");
    let was = show.clone();
    let late = decide(&show, put(&mine, Some(&before)), At(0));
    assert_eq!(late.unwrap_err().code(), "product_changed");
    assert_eq!(show, was);
    // The same once more is no conflict, and a new one goes to the end of the rundown.
    theirs.spec.zh = "10 斤".to_owned();
    assert_eq!(
        decide(&show, put(&theirs, Some(&before)), At(0)),
        Ok(vec![])
    );
    let mut quince = theirs.clone();
    quince.id = "quince".into();
    run(&mut show, put(&quince, None), 0);
    assert_eq!(show.rundown.last().unwrap().product, "quince".into());
    quince.title = Text::default();
    let why = decide(&show, put(&quince, None), At(0)).unwrap_err();
    assert_eq!(why.code(), "text_empty");
}
