use super::*;
use std::sync::Arc;

use stallcast_chat::Language;
use stallcast_journal::Journal;
use stallcast_show::{
    AuctionOutcome, AuctionTerms, CROWD_MAX, Counting, Currency, Money, PollOption,
};

use crate::chat_room::ChatRoom;
use crate::threads::Threads;

/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    folder: tempfile::TempDir,
    desk: Desk,
    room: ChatRoom,
}

impl World {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (journal, resumed) = Journal::open(folder.path().join("journal")).unwrap();
        let (threads, _fallen) = Threads::watched();
        let desk = Desk::start(journal, resumed, now, &threads).unwrap();
        let room = ChatRoom::open(
            desk.clone(),
            1,
            Language::En,
            crate::chat_room::Before::default(),
        );
        tokio::spawn(end_in_time(desk.clone()));
        Self { folder, desk, room }
    }

    async fn says(&self, lines: &[(&str, &str, &str)]) {
        let lines = lines.iter().map(|(platform, author, text)| {
            serde_json::json!({"platform": platform, "author": author, "text": text})
        });
        let body = serde_json::Value::from(lines.collect::<Vec<_>>()).to_string();
        let drafts = stallcast_chat::webhook::parse(body.as_bytes(), "application/json").unwrap();
        assert!(self.room.push_drafts(drafts));
    }

    async fn until(&self, holds: impl Fn(&Show) -> bool) -> Arc<Show> {
        let mut published = self.desk.published();
        let found = published.wait_for(|published| holds(&published.show));
        let found = tokio::time::timeout(PATIENCE, found)
            .await
            .unwrap()
            .unwrap();
        Arc::clone(&found.show)
    }

    fn draws(&self) -> Draws {
        let path = self.folder.path().to_owned();
        Draws::new(path.clone(), path.join("recordings"))
    }
}

fn poll(seconds: u32) -> Command {
    let option = |label: &str, keywords: &[&str]| PollOption {
        label: label.into(),
        keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
    };
    Command::StartPoll {
        question: "先讲哪个？".into(),
        options: vec![
            option("红富士", &["1", "苹果"]),
            option("酥梨", &["2", "梨"]),
        ],
        counting: Counting::Last,
        seconds,
    }
}

fn terms(value: i64) -> LotteryTerms {
    LotteryTerms {
        prize: "一箱红富士".into(),
        value: Money::new(value, Currency("CNY".into())),
        winners: 2,
        keyword: "抽奖".into(),
        seconds: 10,
        reason: String::new(),
    }
}

#[tokio::test]
async fn what_people_write_in_the_chat_is_counted_shown_and_noted_at_the_end() {
    let world = World::open().await;
    world.desk.submit(engine(), poll(10)).await.unwrap();
    world
        .says(&[
            ("web", "Fang", "１"),
            ("web", "Li", "苹果！"),
            ("web", "Wang", "222"),
            ("web", "Wang", "好吃吗"),
            ("twitch", "Fang", "梨"),
        ])
        .await;
    let counted = |counts: &'static [u32]| {
        move |show: &Show| show.poll.as_ref().is_some_and(|it| it.counts() == counts)
    };
    world.until(counted(&[2, 2])).await;
    world.says(&[("web", "Li", "2")]).await;
    world.until(counted(&[1, 3])).await;
    // Nobody presses anything: the engine ends it.
    let show = world
        .until(|show| show.poll.as_ref().is_some_and(|it| it.result.is_some()))
        .await;
    let poll = show.poll.as_ref().unwrap();
    assert_eq!(poll.result.as_ref().unwrap().counts, [1, 3]);
    assert!(poll.result.as_ref().unwrap().at >= poll.terms.until);
    world.says(&[("web", "Zhao", "1")]).await;
    world.until(|show| show.poll.is_some()).await;
    assert_eq!(world.desk.show().poll.as_ref().unwrap().counts(), [1, 3]);
}

#[tokio::test]
async fn a_flood_of_votes_is_bounded_and_the_desk_answers_meanwhile() {
    let world = World::open().await;
    world.desk.submit(engine(), poll(3_600)).await.unwrap();
    let mut sent = 0;
    while sent < CROWD_MAX + 1_000 {
        let authors: Vec<_> = (sent..sent + 100).map(|n| format!("a{n}")).collect();
        let lines: Vec<_> = authors.iter().map(|a| ("web", a.as_str(), "1")).collect();
        world.says(&lines).await;
        sent += lines.len();
        // The webhook is told to come again when the room is full.
        let taken = u64::try_from(sent).unwrap();
        let all = async {
            while self_lines(&world) < taken.saturating_sub(2_000) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap();
    }
    let show = world
        .until(|show| {
            let poll = show.poll.as_ref();
            poll.is_some_and(|poll| poll.votes.turned_away() == 1_000)
        })
        .await;
    let counts = show.poll.as_ref().unwrap().counts();
    assert_eq!(counts, [u32::try_from(CROWD_MAX).unwrap(), 0]);
}

/// Lines that the desk has, as far as it told.
fn self_lines(world: &World) -> u64 {
    world.desk.show().chat_lines
}

#[tokio::test]
async fn a_draw_is_fixed_before_it_begins_and_its_record_can_be_checked() {
    let world = World::open().await;
    let draws = world.draws();
    let refused = draws.draw(&world.desk, engine()).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.no_lottery");
    let begun = draws
        .start(&world.desk, engine(), terms(2990), [5; 32])
        .await;
    begun.unwrap();
    // Terms that stand are not changed by beginning anew.
    let again = draws.start(&world.desk, engine(), terms(1), [6; 32]).await;
    assert_eq!(again.unwrap_err().message_key, "refusal.game_on_picture");
    let commitment = world
        .desk
        .show()
        .lottery
        .as_ref()
        .unwrap()
        .commitment
        .clone();
    let open = draws.draw(&world.desk, engine()).await.unwrap_err();
    assert_eq!(open.message_key, "refusal.lottery_open");
    world
        .says(&[
            ("web", "Fang", "抽奖"),
            ("web", "Fang", "抽奖！"),
            ("web", "Li", "「抽奖」"),
            ("web", "Wang", "我要抽奖吗"),
            ("twitch", "Zhao", "抽奖"),
        ])
        .await;
    let show = world
        .until(|show| show.lottery.as_ref().is_some_and(|it| it.closed.is_some()))
        .await;
    let entrants: Vec<_> = show.lottery.as_ref().unwrap().entrants.people().collect();
    assert_eq!(entrants, ["twitch\tZhao", "web\tFang", "web\tLi"]);

    let saved = draws.draw(&world.desk, engine()).await.unwrap();
    let path = world.folder.path().join("recordings").join(&saved.file);
    let record = draw::verify(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(record.commitment, commitment);
    assert_eq!(record.winners.len(), 2);
    assert_eq!(record.seed, draw::hex(&[5; 32]));
    // Asked again nobody else wins, and no seed is left.
    assert_eq!(draws.draw(&world.desk, engine()).await.unwrap(), saved);
    assert_eq!(draw::verify(&std::fs::read(&path).unwrap()), Ok(record));
    let names = std::fs::read_dir(world.folder.path()).unwrap();
    let seeds = names.filter(|it| {
        let name = it.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".seed")
    });
    assert_eq!(seeds.count(), 0);
}

#[tokio::test]
async fn a_prize_above_the_cap_needs_a_reason() {
    let world = World::open().await;
    let draws = world.draws();
    let above = draws
        .start(&world.desk, engine(), terms(5_000_001), [5; 32])
        .await;
    let above = above.unwrap_err();
    assert_eq!(above.message_key, "refusal.prize_above_cap");
    assert_eq!(above.params["rule"], "cn.draw_above_cap");
    let reasoned = LotteryTerms {
        reason: "公证过的公益活动".into(),
        ..terms(5_000_001)
    };
    let begun = draws.start(&world.desk, engine(), reasoned, [5; 32]).await;
    begun.unwrap();
    let clear = |reason: &str| Command::ClearLottery {
        reason: reason.into(),
    };
    world.desk.submit(engine(), clear("")).await.unwrap();
    // Just at the cap is allowed.
    let at_cap = draws
        .start(&world.desk, engine(), terms(5_000_000), [6; 32])
        .await;
    at_cap.unwrap();
}

fn auction_terms() -> AuctionTerms {
    let yuan = |whole: i64| Money::new(whole * 100, Currency("CNY".into()));
    AuctionTerms {
        product: None,
        title: "头茬老树普洱".into(),
        start: yuan(100),
        step: yuan(10),
        reserve: Some(yuan(120)),
        buy_now: Some(yuan(1_000)),
        seconds: 3_600,
        soft_s: 15,
    }
}

/// Chat lines raise the bid, the picture follows, the engine ends it, and a winner who did not mean it makes way.
#[tokio::test]
async fn prices_in_the_chat_raise_the_bid_and_the_picture_and_the_end_comes_by_itself() {
    let world = World::open().await;
    let terms = auction_terms();
    let start = Command::StartAuction { terms };
    world.desk.submit(engine(), start).await.unwrap();
    let theme = stallcast_overlay::Theme::builtin("clean").unwrap();
    let canvas = stallcast_overlay::CanvasSize {
        width: 640,
        height: 360,
    };
    let fonts = stallcast_overlay::Fonts::system();
    let mut overlay = stallcast_overlay::Overlay::new(theme, fonts, canvas);
    let mut picture = |show: &Show| {
        let lang = stallcast_overlay::Lang::Zh;
        let layers = overlay.layers(
            show,
            show.auction.as_ref().unwrap().since,
            lang,
            "/".as_ref(),
        );
        let layer = layers.list.iter().find(|layer| layer.id == "auction");
        layer.unwrap().rgba.clone()
    };
    let leads = |name: &'static str, whole: i64| {
        move |show: &Show| {
            let auction = show.auction.as_ref().unwrap();
            let is_theirs = auction.lead().is_some_and(|bid| bid.who.ends_with(name));
            is_theirs
                && auction
                    .price()
                    .is_some_and(|price| price.minor == whole * 100)
        }
    };
    let mut seen = vec![picture(&world.desk.show())];
    for (author, text, whole) in [
        ("Fang", "１００元", 100),
        ("Li", "bid 130", 130),
        ("troll", "9998", 1_000),
    ] {
        world
            .says(&[("web", author, text), ("twitch", author, "好看")])
            .await;
        let show = world.until(leads(author, whole)).await;
        seen.push(picture(&show));
    }
    for (at, one) in seen.iter().enumerate() {
        assert!(seen.iter().skip(at + 1).all(|other| other != one), "{at}");
    }
    // Bought at once: the engine notes it without anybody pressing anything, long before its time.
    let ended = |show: &Show| show.auction.as_ref().unwrap().result.is_some();
    let show = world.until(ended).await;
    let troll = show.auction.as_ref().unwrap().lead().unwrap().number;
    seen.push(picture(&show));
    let strike = Command::StrikeBid {
        number: troll,
        everything: true,
        reason: "乱出价".into(),
    };
    world.desk.submit(engine(), strike).await.unwrap();
    world.until(leads("Li", 130)).await;
    world
        .says(&[("web", "troll", "5000"), ("web", "Wang", "140")])
        .await;
    world.until(leads("Wang", 140)).await;
    let end = Command::CloseAuction;
    world.desk.submit(engine(), end).await.unwrap();
    let show = world.desk.show();
    let result = show.auction.as_ref().unwrap().result.as_ref().unwrap();
    let price = Money::new(14_000, Currency("CNY".into()));
    let to = "web\tWang".to_owned();
    assert_eq!(result.outcome, AuctionOutcome::Sold { to, price });
    assert!(result.early && picture(&show) != seen[4]);
}
