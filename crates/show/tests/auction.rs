//! Auctions by chat: what may begin, which bids count, who has it at the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use stallcast_show::{
    At, Auction, AuctionOutcome, AuctionTerms, BIDS_MAX, ChatLine, Command, Currency, Event,
    INVENTED, Money, Refusal, Show, decide,
};

fn yuan(whole: i64) -> Money {
    Money::new(whole * 100, Currency("CNY".into()))
}

fn terms() -> AuctionTerms {
    AuctionTerms {
        product: None,
        title: "头茬老树普洱".into(),
        start: yuan(100),
        step: yuan(10),
        reserve: None,
        buy_now: None,
        seconds: 60,
        soft_s: 10,
    }
}

fn run(show: &mut Show, command: Command, at: i64) -> Result<Vec<Event>, Refusal> {
    let events = decide(show, command, At(at))?;
    show.apply_all(&events);
    Ok(events)
}

fn begun(terms: AuctionTerms) -> Show {
    let mut show = Show::default();
    run(&mut show, Command::StartAuction { terms }, 0).unwrap();
    show
}

fn line(platform: &str, author: &str, text: &str, at: i64) -> ChatLine {
    ChatLine {
        id: format!("{platform}:{author}:{at}").as_str().into(),
        platform: platform.into(),
        author: author.into(),
        text: text.into(),
        at: At(at),
        question: false,
    }
}

fn says(show: &mut Show, author: &str, text: &str, at: i64) {
    let lines = vec![line("web", author, text, at)];
    run(show, Command::NoteChat { lines }, at).unwrap();
}

fn auction(show: &Show) -> &Auction {
    show.auction.as_ref().unwrap()
}

/// Who leads, for how many whole units.
fn leads(show: &Show) -> Option<(String, i64)> {
    let name = auction(show).lead()?.who.split('\t').nth(1)?.to_owned();
    Some((name, auction(show).price()?.minor / 100))
}

fn lead(name: &str, whole: i64) -> Option<(String, i64)> {
    Some((name.to_owned(), whole))
}

fn outcome(show: &mut Show, at: i64) -> AuctionOutcome {
    run(show, Command::CloseAuction, at).unwrap();
    auction(show).result.as_ref().unwrap().outcome.clone()
}

fn strike(number: u32, everything: bool) -> Command {
    Command::StrikeBid {
        number,
        everything,
        reason: "乱出价".into(),
    }
}

#[test]
fn terms_that_cannot_be_kept_are_refused_by_their_field() {
    let usd = Money::new(1_000, Currency("USD".into()));
    let wrong: [(AuctionTerms, &str, &str); 9] = [
        (
            AuctionTerms {
                title: " ".into(),
                ..terms()
            },
            "text_empty",
            "auction_title",
        ),
        (
            AuctionTerms {
                step: yuan(0),
                ..terms()
            },
            "auction_prices",
            "step",
        ),
        (
            AuctionTerms {
                reserve: Some(yuan(100)),
                ..terms()
            },
            "auction_prices",
            "reserve",
        ),
        (
            AuctionTerms {
                buy_now: Some(yuan(100)),
                ..terms()
            },
            "auction_prices",
            "buy_now",
        ),
        (
            AuctionTerms {
                reserve: Some(yuan(300)),
                buy_now: Some(yuan(299)),
                ..terms()
            },
            "auction_prices",
            "buy_now",
        ),
        (
            AuctionTerms {
                step: usd,
                ..terms()
            },
            "price_invalid",
            "",
        ),
        (
            AuctionTerms {
                seconds: 9,
                ..terms()
            },
            "out_of_range",
            "game_seconds",
        ),
        (
            AuctionTerms {
                soft_s: 121,
                ..terms()
            },
            "out_of_range",
            "soft_close",
        ),
        (
            AuctionTerms {
                product: Some("gone".into()),
                ..terms()
            },
            "unknown_product",
            "",
        ),
    ];
    for (terms, code, field) in wrong {
        let start = Command::StartAuction {
            terms: terms.clone(),
        };
        let refused = run(&mut Show::default(), start, 0).unwrap_err();
        assert_eq!(refused.code(), code, "{terms:?}");
        let named = refused.params().get("field").cloned().unwrap_or_default();
        assert_eq!(named, field, "{terms:?}");
    }
    let mut show = begun(terms());
    let again = Command::StartAuction { terms: terms() };
    assert_eq!(run(&mut show, again, 1), Err(Refusal::GameOnPicture));
}

#[test]
fn each_bid_is_a_step_above_the_one_before_and_the_first_of_two_equal_ones_counts() {
    let mut show = begun(terms());
    for (author, text, after) in [
        ("Fang", "好喝吗", None),
        ("Fang", "99", None),
        ("Fang", "出价100", lead("Fang", 100)),
        ("Li", "100", lead("Fang", 100)),
        ("Li", "109元", lead("Fang", 100)),
        ("Li", "１１０", lead("Li", 110)),
        ("Wang", "bid 120", lead("Wang", 120)),
        ("Li", "120?", lead("Wang", 120)),
        ("Zhao", "13800138000", lead("Wang", 120)),
        ("Fang", "¥200！", lead("Fang", 200)),
    ] {
        says(&mut show, author, text, 5);
        assert_eq!(leads(&show), after, "{author} {text}");
    }
    assert_eq!(auction(&show).least(), yuan(210));
    assert_eq!(auction(&show).bidders(), 3);
    let sold = AuctionOutcome::Sold {
        to: "web\tFang".into(),
        price: yuan(200),
    };
    assert_eq!(outcome(&mut show, 60_000), sold);
    let result = auction(&show).result.clone().unwrap();
    assert_eq!((result.bids, result.bidders, result.early), (4, 3, false));
    says(&mut show, "Li", "500", 59_000);
    assert_eq!(leads(&show), lead("Fang", 200), "what is noted stands");
}

#[test]
fn a_late_bid_makes_it_longer_and_one_after_the_end_does_not_count() {
    let mut show = begun(terms());
    says(&mut show, "Fang", "100", 49_999);
    assert_eq!(auction(&show).until, At(60_000));
    says(&mut show, "Li", "110", 50_000);
    assert_eq!(auction(&show).until, At(70_000));
    // Too low: nothing is longer for it.
    says(&mut show, "Wang", "112", 69_000);
    assert_eq!(auction(&show).until, At(70_000));
    says(&mut show, "Wang", "120", 69_999);
    assert_eq!(auction(&show).until, At(80_000));
    says(&mut show, "Li", "130", 80_000);
    assert_eq!(leads(&show), lead("Wang", 120));
    // Who is struck out does not take back the time that viewers saw.
    run(&mut show, strike(4, false), 75_000).unwrap();
    assert_eq!(auction(&show).until, At(80_000));
    let mut hard = begun(AuctionTerms {
        soft_s: 0,
        ..terms()
    });
    says(&mut hard, "Fang", "100", 59_999);
    assert_eq!(auction(&hard).until, At(60_000));
}

#[test]
fn a_bid_that_is_struck_out_makes_way_for_the_next_highest() {
    let mut show = begun(terms());
    says(&mut show, "Fang", "100", 1);
    says(&mut show, "troll", "出价99999", 2);
    // Beside the troll's this was too low; it was none the less bid.
    says(&mut show, "Li", "150", 3);
    assert_eq!(leads(&show), lead("troll", 99_999));
    let refused = Command::StrikeBid {
        number: 2,
        everything: false,
        reason: " ".into(),
    };
    assert_eq!(run(&mut show, refused, 4).unwrap_err().code(), "text_empty");
    assert_eq!(run(&mut show, strike(9, false), 4), Err(Refusal::NoBid));
    run(&mut show, strike(2, false), 4).unwrap();
    assert_eq!(leads(&show), lead("Li", 150));
    assert_eq!(run(&mut show, strike(2, false), 4), Ok(vec![]));
    says(&mut show, "troll", "出价88888", 5);
    run(&mut show, strike(4, true), 6).unwrap();
    says(&mut show, "troll", "出价77777", 7);
    assert_eq!(leads(&show), lead("Li", 150));
    let struck = auction(&show).bids()[1].struck.as_ref().unwrap();
    assert_eq!((struck.at, struck.reason.as_str()), (At(4), "乱出价"));
}

#[test]
fn what_is_bought_at_once_is_sold_for_that_price_and_goes_on_when_nobody_meant_it() {
    let mut show = begun(AuctionTerms {
        reserve: Some(yuan(200)),
        buy_now: Some(yuan(500)),
        ..terms()
    });
    says(&mut show, "Fang", "100", 1_000);
    assert_eq!(auction(&show).reserve_met(), Some(false));
    says(&mut show, "troll", "600", 2_000);
    says(&mut show, "Li", "700", 3_000);
    assert_eq!(leads(&show), lead("troll", 500));
    assert!(auction(&show).is_over(At(2_000)));
    let sold = AuctionOutcome::Sold {
        to: "web\ttroll".into(),
        price: yuan(500),
    };
    assert_eq!(outcome(&mut show, 3_400), sold);
    assert!(!auction(&show).result.as_ref().unwrap().early);
    run(&mut show, strike(2, true), 10_000).unwrap();
    // Li's line came while it seemed sold, and was a bid.
    assert_eq!(leads(&show), lead("Li", 500));
    run(&mut show, strike(3, false), 10_000).unwrap();
    assert_eq!(leads(&show), lead("Fang", 100));
    assert!(auction(&show).result.is_none() && !auction(&show).is_over(At(10_000)));
    let short = AuctionOutcome::ReserveNotMet { highest: yuan(100) };
    assert_eq!(outcome(&mut show, 60_000), short);
    // Struck out after the end: the outcome is another at once.
    run(&mut show, strike(1, false), 70_000).unwrap();
    assert!(auction(&show).is_over(At(70_000)));
    assert_eq!(outcome(&mut show, 70_000), AuctionOutcome::NoBids);
}

#[test]
fn bids_are_taken_by_hand_too_and_it_is_ended_and_called_off_by_hand() {
    let mut show = begun(terms());
    let bid = |price| Command::PlaceBid {
        name: " 电话里的王姐 ".into(),
        price,
    };
    let low = run(&mut show, bid(yuan(99)), 1).unwrap_err();
    assert_eq!(low, Refusal::BidTooLow { least: yuan(100) });
    assert_eq!(low.params()["least"], "¥100");
    let usd = Money::new(99_999, Currency("USD".into()));
    assert_eq!(
        run(&mut show, bid(usd), 1).unwrap_err().code(),
        "price_invalid"
    );
    run(&mut show, bid(yuan(100)), 1).unwrap();
    assert_eq!(leads(&show), lead("电话里的王姐", 100));
    let clear = run(&mut show, Command::ClearAuction, 2);
    assert_eq!(clear, Err(Refusal::AuctionRuns));
    assert!(matches!(
        outcome(&mut show, 2_000),
        AuctionOutcome::Sold { .. }
    ));
    assert!(auction(&show).result.as_ref().unwrap().early);
    assert_eq!(
        run(&mut show, bid(yuan(200)), 2_001),
        Err(Refusal::AuctionOver)
    );
    // Ended by hand it stays ended, whoever is struck out.
    run(&mut show, strike(1, false), 3_000).unwrap();
    assert!(auction(&show).is_over(At(3_000)));
    assert_eq!(outcome(&mut show, 3_000), AuctionOutcome::NoBids);
    run(&mut show, Command::ClearAuction, 4_000).unwrap();
    assert!(show.auction.is_none());

    let mut show = Show::default();
    live(&mut show);
    run(&mut show, Command::StartAuction { terms: terms() }, 0).unwrap();
    let cancel = |reason: &str| Command::CancelAuction {
        reason: reason.into(),
    };
    let refused = run(&mut show, cancel(""), 1).unwrap_err();
    assert_eq!(refused.code(), "text_empty");
    run(&mut show, cancel("摔坏了"), 1).unwrap();
    let reason = "摔坏了".to_owned();
    let result = auction(&show).result.clone().unwrap();
    assert_eq!(result.outcome, AuctionOutcome::Cancelled { reason });
    assert_eq!(run(&mut show, cancel("x"), 2), Err(Refusal::AuctionOver));
    assert_eq!(run(&mut show, Command::CloseAuction, 2), Ok(vec![]));
    assert_eq!(
        run(&mut show, strike(1, false), 2),
        Err(Refusal::AuctionOver)
    );
}

fn live(show: &mut Show) {
    let destination = serde_json::json!({
        "id": "a", "platform": "custom", "name": "A", "url": "rtmp://127.0.0.1/live", "enabled": true,
    });
    let destination = serde_json::from_value(destination).unwrap();
    run(show, Command::PutDestination { destination }, 0).unwrap();
    run(show, Command::GoLive, 0).unwrap();
}

#[test]
fn what_a_simulated_audience_bids_counts_in_a_rehearsal_only() {
    let mut show = begun(terms());
    let invented = || vec![line(INVENTED, "A", "500", 5)];
    let note = |lines| Command::NoteChat { lines };
    run(&mut show, note(invented()), 5).unwrap();
    assert_eq!(leads(&show), lead("A", 500));
    live(&mut show);
    assert!(
        show.auction.is_none(),
        "what was rehearsed is not part of the show"
    );
    run(&mut show, Command::StartAuction { terms: terms() }, 0).unwrap();
    run(&mut show, note(invented()), 5).unwrap();
    assert_eq!(leads(&show), None);
}

#[test]
fn a_flood_of_bids_is_bounded_and_whoever_bids_more_still_leads() {
    let mut show = begun(terms());
    let most = i64::try_from(BIDS_MAX).unwrap();
    let flood = |whole: fn(i64) -> i64| -> Command {
        let n = 10..2_510_i64;
        let lines = n.map(|n| line("web", &n.to_string(), &whole(n).to_string(), n));
        Command::NoteChat {
            lines: lines.collect(),
        }
    };
    says(&mut show, "Fang", "100", 1);
    // First prices that are too low, then ones that are all steps.
    run(&mut show, flood(|n| 101 + n % 9), 3_000).unwrap();
    assert_eq!(auction(&show).bids().len() as i64, most);
    assert_eq!(leads(&show), lead("Fang", 100));
    says(&mut show, "Li", "150", 3_000);
    assert_eq!(leads(&show), lead("Li", 150));
    run(&mut show, flood(|n| 200 + 10 * n), 3_000).unwrap();
    assert!(auction(&show).bids().len() as i64 <= most);
    assert_eq!(leads(&show), lead("2509", 25_290));
    says(&mut show, "Fang", "30000", 4_000);
    assert_eq!(leads(&show), lead("Fang", 30_000));
    assert!(auction(&show).turned_away() > 0);
}

#[test]
fn a_show_written_before_there_were_auctions_is_read() {
    let mut value = serde_json::to_value(Show::new("orchard")).unwrap();
    value.as_object_mut().unwrap().remove("auction");
    let show: Show = serde_json::from_value(value).unwrap();
    assert!(show.auction.is_none());
}

/// Lines of a few people at different moments; some bid, some talk.
fn lines() -> impl Strategy<Value = Vec<ChatLine>> {
    let text = prop_oneof![
        8 => (80..260i64).prop_map(|price| format!("{price}元")),
        1 => (80..260i64).prop_map(|price| format!("出价{price}元")),
        1 => Just("真香".to_owned()),
    ];
    proptest::collection::vec(("[abc]", text, 0..3_i64), 0..60).prop_map(|said| {
        let mut at = 0;
        let lines = said.into_iter().map(|(author, text, later)| {
            at += 1 + later * 900;
            line("web", &author, &text, at)
        });
        lines.collect()
    })
}

fn noted(terms: AuctionTerms, batches: &[&[ChatLine]]) -> Show {
    let mut show = begun(terms);
    for lines in batches {
        let lines = lines.to_vec();
        run(&mut show, Command::NoteChat { lines }, 0).unwrap();
    }
    show
}

/// What the rules say, written once more and simply: who has it for how much, and when it ends.
fn by_the_rules(terms: &AuctionTerms, lines: &[ChatLine]) -> (Option<(String, i64)>, i64) {
    let (mut has, mut until): (Option<(String, i64)>, i64) =
        (None, i64::from(terms.seconds) * 1_000);
    for line in lines {
        let digits = line.text.trim_start_matches("出价").trim_end_matches('元');
        let Ok(price) = digits.parse::<i64>() else {
            continue;
        };
        let least = has.as_ref().map_or(100, |(_, price)| price + 10);
        if line.at.0 >= until || price < least {
            continue;
        }
        has = Some((line.author.clone(), price));
        let soft = i64::from(terms.soft_s) * 1_000;
        if until - line.at.0 <= soft {
            until += soft;
        }
    }
    (has, until)
}

proptest! {
    #[test]
    fn the_bids_are_judged_as_the_rules_say_however_they_are_batched(
        lines in lines(),
        cut in 0..60usize,
        seconds in 10..40u32,
        soft_s in 0..15u32,
    ) {
        let terms = AuctionTerms { seconds, soft_s, ..terms() };
        let (first, second) = lines.split_at(cut.min(lines.len()));
        let show = noted(terms.clone(), &[first, second]);
        let (has, until) = by_the_rules(&terms, &lines);
        prop_assert_eq!(leads(&show), has);
        prop_assert_eq!(auction(&show).until, At(until));
        let rungs: Vec<i64> = auction(&show).ladder().map(|bid| bid.minor).collect();
        prop_assert!(rungs.windows(2).all(|two| two[1] >= two[0] + 1_000));
        let text = serde_json::to_string(&show).unwrap();
        prop_assert_eq!(serde_json::from_str::<Show>(&text).unwrap(), show);
    }

    /// Connectors hand their lines over in batches of their own: what counts is when a line was written.
    #[test]
    fn lines_that_come_in_another_order_or_twice_change_nobodys_win(
        (lines, mixed) in lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        cut in 0..60usize,
    ) {
        let terms = AuctionTerms { seconds: 3_600, soft_s: 0, ..terms() };
        let whole = noted(terms.clone(), &[&lines]);
        let (first, second) = mixed.split_at(cut.min(mixed.len()));
        let other = noted(terms.clone(), &[first, second]);
        prop_assert_eq!(leads(&other), leads(&whole));
        let again = noted(terms, &[&lines, &mixed]);
        prop_assert_eq!(leads(&again), leads(&whole));
        let rungs = |show: &Show| -> Vec<(String, i64)> {
            auction(show).ladder().map(|bid| (bid.who.clone(), bid.minor)).collect()
        };
        prop_assert_eq!(rungs(&again), rungs(&whole));
    }

    /// Whoever is struck out, the rest is as if they had never bid (but for the time, which viewers saw).
    #[test]
    fn without_whoever_is_struck_out_it_is_as_if_they_had_not_bid(lines in lines()) {
        let terms = AuctionTerms { seconds: 3_600, soft_s: 0, ..terms() };
        let mut show = noted(terms.clone(), &[&lines]);
        let number = auction(&show).bids().iter().find(|bid| bid.who == "web\ta").map(|bid| bid.number);
        if let Some(number) = number {
            run(&mut show, strike(number, true), 0).unwrap();
        }
        let others: Vec<ChatLine> = lines.into_iter().filter(|line| line.author != "a").collect();
        prop_assert_eq!(leads(&show), leads(&noted(terms, &[&others])));
    }
}
