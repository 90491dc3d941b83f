//! Polls and draws on the picture: every theme, both canvases, and what makes room for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{FULL_HD, HD, evidence, layer, overlay, show, yuan};
use stallcast_overlay::{
    CanvasSize, Fonts, Lang, Layer, Layers, Overlay, SlateKind, Theme, slate_beside,
};
use stallcast_show::{
    At, AuctionTerms, ChatLine, Command, Counting, GoalCount, GoalPlan, GoalUnit, LotteryTerms,
    PollOption, Show, decide,
};

const NOWHERE: &str = "/nowhere";
const TALL: CanvasSize = CanvasSize {
    width: 1080,
    height: 1920,
};

fn draw(overlay: &mut Overlay, show: &Show, now: i64) -> Layers {
    overlay.layers(show, At(now), Lang::Zh, Path::new(NOWHERE))
}

fn run(show: &mut Show, command: Command, at: i64) {
    let events = decide(show, command, At(at)).unwrap();
    show.apply_all(&events);
}

fn says(show: &mut Show, author: &str, text: &str, at: i64) {
    let line = ChatLine {
        id: format!("web:{author}{at}").as_str().into(),
        platform: "web".into(),
        author: author.into(),
        text: text.into(),
        at: At(at),
        question: false,
    };
    run(show, Command::NoteChat { lines: vec![line] }, at);
}

fn with_poll(answers: usize) -> Show {
    let mut show = show();
    let labels = [
        "红富士",
        "酥梨",
        "阳山水蜜桃",
        "冰糖心苹果五斤装",
        "核桃",
        "蜂蜜",
    ];
    let options = labels.iter().zip(1..).take(answers);
    let options = options.map(|(label, number): (_, i32)| PollOption {
        label: (*label).to_owned(),
        keywords: vec![number.to_string()],
    });
    let start = Command::StartPoll {
        question: "今晚加一场福利，大家最想要哪一款？".into(),
        options: options.collect(),
        counting: Counting::Last,
        seconds: 60,
    };
    run(&mut show, start, 0);
    for (author, text) in [("a", "1"), ("b", "1"), ("c", "2")] {
        says(&mut show, author, text, 10);
    }
    show
}

fn with_lottery() -> Show {
    let mut show = show();
    let terms = LotteryTerms {
        prize: "烟台红富士苹果 5 斤装一箱，顺丰包邮".into(),
        value: yuan(2990),
        winners: 3,
        keyword: "抽奖".into(),
        seconds: 60,
        reason: String::new(),
    };
    let commitment = "0123456789abcdef".repeat(4);
    run(&mut show, Command::BeginLottery { terms, commitment }, 0);
    for author in ["李小明", "Fang Lihua", "小雨"] {
        says(&mut show, author, "抽奖", 10);
    }
    show
}

fn drawn() -> Show {
    let mut show = with_lottery();
    let hash = "ab".repeat(32);
    let entrants_hash = hash.clone();
    run(&mut show, Command::CloseLottery { entrants_hash }, 60_000);
    let winners = ["web\t李小明", "web\tFang Lihua", "web\t小雨"];
    let winners = winners.map(str::to_owned).into();
    run(
        &mut show,
        Command::NoteDraw {
            seed: hash,
            winners,
        },
        61_000,
    );
    show
}

/// Opaque pixels of a layer, in shares of its rows from above.
fn inked(layer: &Layer) -> u32 {
    let row = layer.width as usize * 4;
    let mut rows = layer.rgba.chunks_exact(row);
    let last = rows.rposition(|row| row.chunks_exact(4).any(|pixel| pixel[3] > 100));
    u32::try_from(last.unwrap_or(0)).unwrap()
}

fn apart(a: &Layer, b: &Layer, shadow: i32) -> bool {
    let side = |length: u32| i32::try_from(length).unwrap();
    a.x + side(a.width) - shadow <= b.x
        || b.x + side(b.width) <= a.x + shadow
        || a.y + side(a.height) - shadow <= b.y
        || b.y + side(b.height) <= a.y + shadow
}

#[test]
fn every_theme_shows_a_game_on_both_canvases_beside_what_must_stay() {
    for theme in Theme::builtin_names() {
        for (canvas, shape) in [(HD, "wide"), (TALL, "tall")] {
            let games = [
                ("poll", with_poll(6), "poll"),
                ("entering", with_lottery(), "lottery"),
                ("drawn", drawn(), "lottery"),
            ];
            for (name, show, id) in games {
                let mut overlay = overlay(theme, canvas);
                let layers = draw(&mut overlay, &show, 20);
                let game = layer(&layers, id);
                for kept in ["card", "countdown", "stock", "ticker"] {
                    let kept = layer(&layers, kept);
                    // A poll of six may lie on an upright card's shadow, never on the card.
                    if !apart(kept, game, 40) {
                        let file = evidence(&format!("{theme}-{shape}-{name}"), game);
                        panic!(
                            "{theme} {shape}: {} lies on the {name}, see {file:?}",
                            kept.id
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_poll_is_as_high_as_it_has_answers() {
    for canvas in [FULL_HD, TALL] {
        let mut before = 0;
        for answers in [2, 4, 6] {
            let mut overlay = overlay("orchard", canvas);
            let layers = draw(&mut overlay, &with_poll(answers), 20);
            let high = inked(layer(&layers, "poll"));
            assert!(high > before, "{answers}: {high}");
            before = high;
        }
    }
}

#[test]
fn bars_grow_with_the_chat_and_the_end_comes_at_its_millisecond() {
    let mut show = with_poll(2);
    let mut overlay = overlay("clean", HD);
    let first = layer(&draw(&mut overlay, &show, 100), "poll").clone();
    // Nothing new is not drawn again within the second.
    let same = layer(&draw(&mut overlay, &show, 900), "poll").clone();
    assert_eq!(first.version, same.version);
    says(&mut show, "d", "2", 950);
    let grown = layer(&draw(&mut overlay, &show, 950), "poll").clone();
    assert!(grown.version > first.version && grown.rgba != first.rgba);
    let layers = draw(&mut overlay, &show, 59_999);
    assert_eq!(layers.next_change, Some(At(60_000)));
    let last = layer(&layers, "poll").clone();
    let over = layer(&draw(&mut overlay, &show, 60_000), "poll").clone();
    assert!(
        over.version > last.version,
        "the end is drawn without anybody asking"
    );
}

#[test]
fn a_question_makes_room_where_the_game_needs_its_place_and_comes_back() {
    let show = with_poll(6);
    let mut overlay = overlay("orchard", TALL);
    let has = |layers: &Layers, id: &str| layers.list.iter().any(|layer| layer.id == id);
    assert!(!has(&draw(&mut overlay, &show, 20), "question"));
    let mut after = show.clone();
    run(&mut after, Command::ClearPoll, 30);
    let layers = draw(&mut overlay, &after, 30);
    assert!(has(&layers, "question") && !has(&layers, "poll"));
}

#[test]
fn the_code_that_makes_a_draw_fair_is_drawn_whole() {
    // Two draws that differ in the last digit shown look different, and beyond it they do not.
    let picture = |last: usize| {
        let mut show = with_lottery();
        let lottery = show.lottery.as_mut().unwrap();
        lottery.commitment.replace_range(last..=last, "9");
        let mut overlay = overlay("clean", HD);
        layer(&draw(&mut overlay, &show, 20), "lottery")
            .rgba
            .to_vec()
    };
    assert!(picture(31) != picture(32));
    assert!(picture(32) == picture(33));
}

fn with_auction(soft_s: u32) -> Show {
    let mut show = show();
    let terms = AuctionTerms {
        product: None,
        title: "头茬老树普洱茶饼，手工石磨，一饼一证".into(),
        start: yuan(9_900),
        step: yuan(1_000),
        reserve: Some(yuan(40_000)),
        buy_now: Some(yuan(9_999_900)),
        seconds: 60,
        soft_s,
    };
    run(&mut show, Command::StartAuction { terms }, 0);
    show
}

fn ended(bids: &[(&str, &str)]) -> Show {
    let mut show = with_auction(15);
    for (author, text) in bids {
        says(&mut show, author, text, 10);
    }
    run(&mut show, Command::CloseAuction, 60_000);
    show
}

/// Each state of an auction that viewers can see.
fn auctions() -> [(&'static str, Show); 6] {
    let mut bid = with_auction(15);
    says(&mut bid, "李小明", "12999.5", 10);
    let mut called_off = with_auction(15);
    let reason = "茶饼在直播中摔碎了，下一场换一饼再拍".into();
    run(&mut called_off, Command::CancelAuction { reason }, 60_000);
    [
        ("no-bid", with_auction(15)),
        ("bid", bid),
        (
            "sold",
            ended(&[("李小明", "500"), ("Fang Lihua", "12999.5")]),
        ),
        ("reserve", ended(&[("李小明", "300")])),
        ("nobody", ended(&[])),
        ("called-off", called_off),
    ]
}

#[test]
fn every_theme_shows_an_auction_on_both_canvases_beside_what_must_stay() {
    for theme in Theme::builtin_names() {
        for (canvas, shape) in [(HD, "wide"), (TALL, "tall")] {
            for (name, show) in auctions() {
                let mut overlay = overlay(theme, canvas);
                let layers = draw(&mut overlay, &show, 20);
                let auction = layer(&layers, "auction");
                evidence(&format!("auction-{theme}-{shape}-{name}"), auction);
                for kept in ["card", "countdown", "stock", "ticker"] {
                    let kept = layer(&layers, kept);
                    assert!(
                        apart(kept, auction, 40),
                        "{theme} {shape} {name}: {}",
                        kept.id
                    );
                }
            }
        }
    }
}

#[test]
fn a_bid_is_on_the_picture_and_makes_the_clock_longer_where_it_came_late() {
    let mut show = with_auction(15);
    let mut overlay = overlay("clean", HD);
    let before = layer(&draw(&mut overlay, &show, 100), "auction").clone();
    says(&mut show, "李小明", "出价120", 900);
    let after = layer(&draw(&mut overlay, &show, 900), "auction").clone();
    assert!(after.version > before.version && after.rgba != before.rgba);
    // A line that bids nothing changes nothing.
    says(&mut show, "Fang", "120", 950);
    let same = layer(&draw(&mut overlay, &show, 950), "auction").clone();
    assert_eq!(after.version, same.version);
    assert_eq!(
        draw(&mut overlay, &show, 59_999).next_change,
        Some(At(60_000))
    );
    says(&mut show, "Fang", "130", 59_999);
    let layers = draw(&mut overlay, &show, 60_000);
    assert_eq!(layers.next_change, Some(At(61_000)), "fifteen seconds more");
}

#[test]
fn the_reserve_is_not_on_the_picture() {
    let picture = |reserve: i64| {
        let mut show = with_auction(15);
        show.auction.as_mut().unwrap().terms.reserve = Some(yuan(reserve));
        says(&mut show, "李小明", "300", 10);
        let mut overlay = overlay("clean", HD);
        layer(&draw(&mut overlay, &show, 20), "auction")
            .rgba
            .to_vec()
    };
    assert!(picture(40_000) == picture(77_700));
    assert!(picture(40_000) != picture(20_000), "that it is met is");
}

#[test]
fn what_accompanies_gives_way_to_every_game() {
    let goal = GoalPlan {
        title: "今晚一起冲一百单".into(),
        of: GoalUnit::Orders,
        target: 100,
        count: GoalCount::ByHand,
    };
    for theme in Theme::builtin_names() {
        for canvas in [HD, TALL] {
            for (show, id) in [
                (with_poll(6), "poll"),
                (with_lottery(), "lottery"),
                (drawn(), "lottery"),
                (with_auction(15), "auction"),
            ] {
                let mut show = show;
                run(
                    &mut show,
                    Command::SetGoal {
                        plan: Some(goal.clone()),
                    },
                    0,
                );
                run(&mut show, Command::ShowGoal { on: true }, 0);
                let mut overlay = overlay(theme, canvas);
                let layers = draw(&mut overlay, &show, 20);
                let game = layer(&layers, id);
                for other in layers.list.iter().filter(|it| it.id != id) {
                    assert!(
                        apart(other, game, 40),
                        "{theme} {canvas:?} {id}: {}",
                        other.id
                    );
                }
            }
        }
    }
}

#[test]
fn the_slates_words_go_where_no_game_covers_them() {
    let fonts = Fonts::system();
    for theme in Theme::builtin_names() {
        for canvas in [HD, TALL] {
            for (show, id) in [
                (with_poll(6), "poll"),
                (with_lottery(), "lottery"),
                (with_auction(15), "auction"),
            ] {
                let mut overlay = overlay(theme, canvas);
                let layers = draw(&mut overlay, &show, 20);
                let taken = overlay.taken(&layers);
                let worn = Theme::builtin(theme).unwrap();
                let kind = SlateKind::NoInput;
                let slate = slate_beside(&worn, &fonts, kind, Lang::Zh, canvas, &taken);
                let words = slate.words.unwrap();
                let over = taken.iter().find(|span| span.meets(&words));
                assert_eq!(over, None, "{theme} {canvas:?} {id} {words:?}");
            }
        }
    }
}
