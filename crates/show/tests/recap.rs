//! What is told of a show after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use stallcast_show::{
    At, AuctionOutcome, AuctionTerms, ChatLine, Command, Correction, CorrectionKind, Counting,
    Currency, Event, LotteryTerms, Money, Offer, PollOption, PriceCause, PriceStep, Product, Recap,
    RecapAnswer, RecapFold, RecapPlay, RundownItem, Show, ShowKind, Text, decide,
};

fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency("CNY".to_owned()))
}

fn product(id: &str, fen: i64) -> Product {
    let title = Text {
        zh: id.to_owned(),
        en: String::new(),
    };
    Product::new(id.into(), title, Offer::at(yuan(fen)))
}

fn line(id: &str, at: i64, question: bool) -> ChatLine {
    ChatLine {
        id: id.into(),
        platform: "web".into(),
        author: "somebody".into(),
        text: "hello".into(),
        at: At(at),
        question,
    }
}

/// A show that is decided and folded as the engine does it.
struct Told {
    show: Show,
    fold: Option<RecapFold>,
}

impl Told {
    fn new() -> Self {
        Self {
            show: Show::new("Orchard"),
            fold: None,
        }
    }

    fn begin(&mut self, at: i64) {
        let fold = RecapFold::begin(self.show.clone(), ShowKind::Live, At(at), vec![]);
        self.fold = Some(fold);
    }

    fn event(&mut self, at: i64, event: &Event) {
        if let Some(fold) = &mut self.fold {
            fold.take(At(at), event);
        }
        self.show.apply(event);
    }

    fn does(&mut self, at: i64, command: Command) {
        for event in decide(&self.show, command, At(at)).unwrap() {
            self.event(at, &event);
        }
    }

    fn finish(self, at: i64) -> Recap {
        self.fold.unwrap().finish(At(at))
    }
}

#[test]
fn a_recap_tells_minutes_questions_stock_and_prices_of_each_product() {
    let mut told = Told::new();
    let mut apples = product("apples", 2_990);
    apples.offer.quantity = Some(100);
    apples.offer.steps = vec![PriceStep {
        after_s: 60,
        price: yuan(2_490),
    }];
    let products = vec![apples.clone(), product("pears", 1_990)];
    told.does(0, Command::ImportProducts { products });
    let mut items: Vec<RundownItem> = told.show.rundown.clone();
    items[0].planned_s = 300;
    told.does(1, Command::SetRundown { items });

    told.begin(10_000);
    told.does(
        20_000,
        Command::PutOnAir {
            product: "apples".into(),
        },
    );
    let lines = vec![
        line("web:1", 25_000, true),
        line("web:2", 26_000, false),
        line("simulated:3", 27_000, true),
    ];
    told.does(27_000, Command::NoteChat { lines });
    told.does(
        30_000,
        Command::AdjustStock {
            product: "apples".into(),
            by: -7,
        },
    );
    told.does(
        31_000,
        Command::AdjustStock {
            product: "apples".into(),
            by: 2,
        },
    );
    // The step after a minute was reached; the price is changed by hand after that.
    told.does(
        100_000,
        Command::PutOnAir {
            product: "pears".into(),
        },
    );
    let lines = vec![line("web:4", 131_000, true)];
    told.does(131_000, Command::NoteChat { lines });
    told.does(
        131_500,
        Command::TakeBackChat {
            messages: vec!["web:4".into()],
        },
    );
    let mut cheaper = product("pears", 1_590);
    cheaper.link = Some("https://shop.example/pears".to_owned());
    told.does(
        140_000,
        Command::ImportProducts {
            products: vec![cheaper],
        },
    );
    told.does(150_000, Command::TakeOffAir);
    told.does(
        160_000,
        Command::PutOnAir {
            product: "apples".into(),
        },
    );
    let recap = told.finish(190_000);

    let spans: Vec<(&str, i64, i64, u32)> = recap
        .segments
        .iter()
        .map(|s| (s.product.as_str(), s.from.0, s.to.0, s.questions))
        .collect();
    let wanted = [
        ("apples", 20_000, 100_000, 1),
        ("pears", 100_000, 150_000, 1),
        ("apples", 160_000, 190_000, 0),
    ];
    assert_eq!(spans, wanted);

    let apples = &recap.products[0];
    assert_eq!(
        (apples.times, apples.on_air_ms, apples.planned_s),
        (2, 110_000, 300)
    );
    assert_eq!((apples.chat_lines, apples.questions), (2, 1));
    let stock = apples.stock.unwrap();
    assert_eq!(
        (stock.before, stock.after, stock.down, stock.up),
        (100, 95, 7, 2)
    );
    let pears = &recap.products[1];
    assert_eq!(pears.stock, None, "nobody counted them");
    assert_eq!(
        (&pears.price_before, &pears.price_after),
        (&yuan(1_990), &yuan(1_590))
    );
    assert_eq!(pears.link.as_deref(), Some("https://shop.example/pears"));

    let prices: Vec<_> = recap
        .prices
        .iter()
        .map(|p| (p.at.0, p.cause, p.to.minor))
        .collect();
    let wanted = [
        (80_000, PriceCause::Step, 2_490),
        (140_000, PriceCause::Edited, 1_590),
    ];
    assert_eq!(
        prices, wanted,
        "the second time on air was too short for a step"
    );

    let minutes: Vec<_> = recap
        .minutes
        .iter()
        .map(|m| (m.chat_lines, m.questions))
        .collect();
    assert_eq!(
        minutes,
        [(2, 1), (0, 0), (1, 1), (0, 0)],
        "the invented line is nobody's"
    );
    assert_eq!(recap.taken_back, 1);
    let totals = recap.totals();
    assert_eq!(
        (totals.length_ms, totals.products, totals.chat_lines),
        (180_000, 2, 3)
    );
    assert_eq!(totals.stock_down, Some(7));
}

#[test]
fn what_is_on_air_when_a_show_begins_belongs_to_it_and_questions_end_with_it() {
    let mut told = Told::new();
    told.does(
        0,
        Command::ImportProducts {
            products: vec![product("apples", 100)],
        },
    );
    told.does(
        5,
        Command::PutOnAir {
            product: "apples".into(),
        },
    );
    told.begin(1_000);
    let pin = |message: &str, text: &str| Command::PinQuestion {
        message: message.into(),
        author: "A".into(),
        text: text.into(),
    };
    told.does(2_000, pin("web:1", "How long does it keep?"));
    let answer = Command::AnswerQuestion {
        message: "web:1".into(),
        answer: "Two weeks in the fridge".into(),
    };
    told.does(3_000, answer);
    told.does(4_000, pin("web:2", "Do you ship to Xinjiang?"));
    let correction = Correction {
        kind: CorrectionKind::Price,
        product: "apples".into(),
        text: Text::default(),
        live_price: yuan(100),
        since: At(5_000),
        until: At(65_000),
    };
    told.event(5_000, &Event::CorrectionShown { correction });
    let recap = told.finish(9_000);
    assert_eq!(
        (recap.segments[0].from, recap.segments[0].to),
        (At(1_000), At(9_000))
    );
    let pinned: Vec<_> = recap.pinned.iter().map(|p| (p.at.0, p.until.0)).collect();
    assert_eq!(pinned, [(2_000, 4_000), (4_000, 9_000)]);
    assert_eq!(recap.products[0].pinned, 2);
    assert_eq!(recap.pinned[0].answer, "Two weeks in the fridge");
    assert_eq!((recap.totals().pinned, recap.totals().answered), (2, 1));
    assert_eq!(recap.corrections.len(), 1);
    assert_eq!(recap.totals().stock_down, None);
    assert!(
        !serde_json::to_string(&recap).unwrap().contains("\"A\""),
        "no names of viewers"
    );
}

#[test]
fn a_recap_tells_what_was_played_and_what_came_out() {
    let says = |author: &str, text: &str, at: i64| ChatLine {
        author: author.into(),
        text: text.into(),
        ..line(&format!("web:{author}{at}"), at, false)
    };
    let mut told = Told::new();
    let option = |label: &str, word: &str| PollOption {
        label: label.into(),
        keywords: vec![word.into()],
    };
    let poll = || Command::StartPoll {
        question: "先讲哪个？".into(),
        options: vec![option("红富士", "1"), option("酥梨", "2")],
        counting: Counting::Last,
        seconds: 60,
    };
    told.begin(1_000);
    told.does(2_000, poll());
    let lines = vec![says("a", "1", 3_000), says("b", "1", 3_100)];
    told.does(3_500, Command::NoteChat { lines });
    told.does(60_000, Command::ClosePoll);
    told.does(70_000, Command::ClearPoll);
    told.does(80_000, poll());
    told.does(81_000, Command::ClearPoll);

    let terms = LotteryTerms {
        prize: "一箱红富士".into(),
        value: yuan(2_990),
        winners: 1,
        keyword: "抽奖".into(),
        seconds: 60,
        reason: String::new(),
    };
    let hash = || "ab".repeat(32);
    let begin = Command::BeginLottery {
        terms: terms.clone(),
        commitment: hash(),
    };
    told.does(100_000, begin.clone());
    let lines = vec![says("a", "抽奖", 101_000)];
    told.does(101_000, Command::NoteChat { lines });
    let entrants_hash = hash();
    told.does(160_000, Command::CloseLottery { entrants_hash });
    let winners = vec!["web\ta".to_owned()];
    let seed = hash();
    told.does(170_000, Command::NoteDraw { seed, winners });
    let reason = String::new();
    told.does(180_000, Command::ClearLottery { reason });
    told.does(190_000, begin);
    let reason = "奖品没到".to_owned();
    told.does(195_000, Command::ClearLottery { reason });

    let terms = AuctionTerms {
        product: Some("peach".into()),
        title: "茶饼".into(),
        start: yuan(10_000),
        step: yuan(1_000),
        reserve: None,
        buy_now: None,
        seconds: 60,
        soft_s: 0,
    };
    let product = product("peach", 100);
    told.does(
        200_000,
        Command::ImportProducts {
            products: vec![product],
        },
    );
    told.does(
        200_000,
        Command::StartAuction {
            terms: terms.clone(),
        },
    );
    let lines = vec![says("a", "100", 201_000), says("troll", "998", 202_000)];
    told.does(202_000, Command::NoteChat { lines });
    told.does(260_000, Command::CloseAuction);
    let strike = Command::StrikeBid {
        number: 2,
        everything: true,
        reason: "乱出价".into(),
    };
    told.does(270_000, strike);
    told.does(270_400, Command::CloseAuction);
    told.does(280_000, Command::ClearAuction);
    told.does(290_000, Command::StartAuction { terms });

    let recap = told.finish(300_000);
    let text = serde_json::to_string(&recap).unwrap();
    assert_eq!(serde_json::from_str::<Recap>(&text).unwrap(), recap);
    let spans: Vec<_> = recap.games.iter().map(|it| (it.from.0, it.to.0)).collect();
    assert_eq!(
        spans,
        [
            (2_000, 60_000),
            (80_000, 81_000),
            (100_000, 170_000),
            (190_000, 195_000),
            (200_000, 270_400),
            (290_000, 300_000),
        ]
    );
    let plays: Vec<_> = recap.games.into_iter().map(|game| game.play).collect();
    let answer = |label: &str, people| RecapAnswer {
        label: label.into(),
        people,
    };
    let RecapPlay::Poll { answers, .. } = &plays[0] else {
        panic!("{:?}", plays[0])
    };
    assert_eq!(*answers, [answer("红富士", 2), answer("酥梨", 0)]);
    assert!(matches!(&plays[1], RecapPlay::Poll { answers, .. } if answers.is_empty()));
    let RecapPlay::Lottery {
        entrants, winners, ..
    } = &plays[2]
    else {
        panic!("{:?}", plays[2])
    };
    assert_eq!(
        (*entrants, winners.as_deref()),
        (Some(1), Some(&["web\ta".to_owned()][..]))
    );
    assert!(
        matches!(&plays[3], RecapPlay::Lottery { winners: None, reason, .. } if reason == "奖品没到")
    );
    let sold = AuctionOutcome::Sold {
        to: "web\ta".into(),
        price: yuan(10_000),
    };
    let RecapPlay::Auction {
        outcome,
        bids,
        struck,
        ..
    } = &plays[4]
    else {
        panic!("{:?}", plays[4])
    };
    assert_eq!((outcome.as_ref(), *bids, *struck), (Some(&sold), 1, 1));
    assert!(matches!(
        &plays[5],
        RecapPlay::Auction { outcome: None, .. }
    ));
}
