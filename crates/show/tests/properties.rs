//! What holds for every sequence of commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commands;
mod sample;

use proptest::prelude::*;
use stallcast_show::{
    At, AuctionOutcome, Canvas, Command, Currency, Event, Former, Money, Placement, ProductId,
    Refusal, Scene, Show, SourceId, decide,
};

use commands::{commands, good_product, preparing, product_id};

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
    check_selling(show);
    for scene in &show.scenes {
        for canvas in Canvas::ALL {
            check_layout(show, scene, canvas);
        }
    }
}

/// One game on the picture, and in it nobody twice; what is shown of people is there.
fn check_selling(show: &Show) {
    let games = [
        show.poll.is_some(),
        show.lottery.is_some(),
        show.auction.is_some(),
    ];
    assert!(games.iter().filter(|stands| **stands).count() <= 1);
    if show.is_live() {
        let rehearsed = show.poll.iter().any(|poll| poll.terms.rehearsed)
            || show.lottery.iter().any(|lottery| lottery.rehearsed)
            || show.auction.iter().any(|auction| auction.rehearsed);
        assert!(!rehearsed, "what was rehearsed is part of the show");
    }
    if let Some(auction) = &show.auction {
        let (start, step) = (auction.terms.start.minor, auction.terms.step.minor);
        let rungs: Vec<_> = auction.ladder().collect();
        assert!(rungs.iter().all(|bid| bid.struck.is_none()
            && bid.minor >= start
            && bid.at >= auction.since
            && bid.at < auction.until));
        assert!(
            rungs
                .windows(2)
                .all(|two| two[1].minor >= two[0].minor + step && two[1].at >= two[0].at)
        );
        if let Some(AuctionOutcome::Sold { to, price }) =
            auction.result.as_ref().map(|result| &result.outcome)
        {
            assert_eq!(Some(to), auction.lead().map(|bid| &bid.who));
            assert_eq!(Some(price), auction.price().as_ref());
            let reserve = auction.terms.reserve.as_ref();
            assert!(reserve.is_none_or(|reserve| price.minor >= reserve.minor));
        }
    }
    if let Some(lottery) = &show.lottery
        && let Some(drawn) = &lottery.drawn
    {
        let known: Vec<_> = lottery.entrants.people().collect();
        assert!(
            drawn
                .winners
                .iter()
                .all(|who| known.contains(&who.as_str()))
        );
    }
    if let Some(shown) = &show.lower_third {
        assert!(show.lower_thirds.iter().any(|known| known.id == *shown));
    }
    assert!(show.vetted.keys().all(|p| show.products.contains_key(p)));
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
        before in preparing(),
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
