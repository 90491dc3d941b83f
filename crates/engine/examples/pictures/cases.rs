//! Shows that together have every element of the picture and its states. Another one is one more row of `cases`.

use stallcast_overlay::Lang;
use stallcast_show::{
    At, AuctionTerms, Break, CardLook, ChatLine, Command, Corner, CorrectionKind, Countdown,
    Counting, Currency, Goal, GoalCount, GoalPlan, GoalUnit, Logo, LotteryTerms, LowerThird,
    MessageId, Money, OnAir, PinnedQuestion, PollOption, Product, ProductId, RundownItem, Show,
    Text, decide,
};

use crate::{Failed, LATER_MS};

/// A show to draw, as it is [`LATER_MS`] after moment 0.
pub struct Case {
    /// What is told of it; empty for the usual state.
    pub told: &'static str,
    /// The elements that it is there for; none = all.
    pub of: &'static [&'static str],
    /// The show.
    pub show: Show,
}

/// What the cases are made of: the demo's products, and the language of what people write.
pub struct Shelf {
    show: Show,
    lang: Lang,
}

impl Shelf {
    pub fn new(products: Vec<Product>, ticker: Text, lang: Lang) -> Self {
        let mut show = Show {
            ticker,
            ..Show::default()
        };
        for product in products {
            show.rundown.push(RundownItem::open(product.id.clone()));
            show.products.insert(product.id.clone(), product);
        }
        Self { show, lang }
    }

    pub fn cases(&self) -> Result<Vec<Case>, Failed> {
        let usual = self.selling(0, Some(86), 299);
        Ok(vec![
            case("", &[], self.asked()),
            case(
                "beside the card",
                &["lower-third", "goal", "logo"],
                self.beside(),
            ),
            case(
                "the last ones",
                &["stock", "countdown"],
                self.selling(5, Some(7), 18),
            ),
            case(
                "sold out",
                &["card", "stock", "countdown"],
                self.selling(5, Some(0), 0),
            ),
            case(
                "",
                &["correction"],
                after(&usual, vec![(0, correction(&usual))])?,
            ),
            case("open", &["poll"], self.poll(&usual, false)?),
            case("closed", &["poll"], self.poll(&usual, true)?),
            case("open", &["lottery"], self.draw(&usual, false)?),
            case("drawn", &["lottery"], self.draw(&usual, true)?),
            case("open", &["auction"], self.auction(&usual, false)?),
            case("sold", &["auction"], self.auction(&usual, true)?),
            case(
                "a break",
                &["pause"],
                with(&usual, |show| show.pause = Some(away())),
            ),
        ])
    }

    /// A product on air, and a question pinned: what the themes are shown with.
    pub fn asked(&self) -> Show {
        let pinned = PinnedQuestion {
            message: MessageId::from("demo:1"),
            author: self.says("小雨", "Amy"),
            text: self.says(
                "果子打蜡吗？孩子能连皮吃吗？",
                "Are they waxed? Can a child eat the skin?",
            ),
            answer: self.says(
                "不打蜡，清水洗净连皮吃。",
                "No wax: rinse them and eat them whole.",
            ),
            since: At(0),
        };
        with(&self.selling(0, Some(86), 299), |show| {
            show.pinned = Some(pinned)
        })
    }

    fn says(&self, zh: &str, en: &str) -> String {
        match self.lang {
            Lang::Zh => zh.to_owned(),
            Lang::En => en.to_owned(),
        }
    }

    /// A product on air, with this much left and so many seconds on its clock.
    fn selling(&self, place: usize, left: Option<u32>, seconds: i64) -> Show {
        let Some(item) = self.show.rundown.get(place) else {
            return self.show.clone();
        };
        let product: &ProductId = &item.product;
        with(&self.show, |show| {
            show.stock.extend(left.map(|left| (product.clone(), left)));
            show.countdown = Some(Countdown {
                product: product.clone(),
                started: At(0),
                deadline: At(LATER_MS + seconds * 1000),
            });
            show.on_air = Some(OnAir {
                product: product.clone(),
                since: At(0),
            });
            show.card_look = CardLook {
                code: true,
                next_up: true,
                ..CardLook::default()
            };
        })
    }

    fn beside(&self) -> Show {
        let speaker = LowerThird {
            id: "speaker".to_owned(),
            name: self.says("阿秀", "Xiu"),
            role: self.says("石坡果园 · 第三代果农", "Third generation at the orchard"),
        };
        let goal = Goal {
            plan: GoalPlan {
                title: self.says("今晚目标", "Tonight"),
                of: GoalUnit::Pieces,
                target: 200,
                count: GoalCount::Stock,
            },
            done: 86,
            counted: Default::default(),
            shown: true,
        };
        with(&self.show, |show| {
            show.lower_third = Some(speaker.id.clone());
            show.lower_thirds = vec![speaker];
            show.goal = Some(goal);
            show.logo = Some(Logo {
                file: "logo.png".to_owned(),
                corner: Corner::TopRight,
                size: 90,
                opacity: 100,
                shown: true,
            });
        })
    }

    fn poll(&self, show: &Show, closed: bool) -> Result<Show, Failed> {
        let options = [
            ("红富士", "Fuji apples"),
            ("秋月梨", "Autumn pears"),
            ("蜂蜜", "Honey"),
        ];
        let options = options
            .iter()
            .zip(1..)
            .map(|((zh, en), number): (_, i32)| PollOption {
                label: self.says(zh, en),
                keywords: vec![number.to_string()],
            });
        let start = Command::StartPoll {
            question: self.says("今晚加一场，想要哪一款？", "Which one shall be next?"),
            options: options.collect(),
            counting: Counting::Last,
            seconds: 60,
        };
        let mut commands = vec![(0, start), wrote(10, &["1", "1", "2", "1", "3", "2", "1"])];
        commands.extend(closed.then_some((1_000, Command::ClosePoll)));
        after(show, commands)
    }

    fn draw(&self, show: &Show, drawn: bool) -> Result<Show, Failed> {
        let entered = self.says("抽奖", "apples");
        let seconds = 60;
        let terms = LotteryTerms {
            prize: self.says("红富士苹果一箱", "A box of Fuji apples"),
            value: Money::new(2_990, Currency("CNY".to_owned())),
            winners: 2,
            keyword: entered.clone(),
            seconds,
            reason: String::new(),
        };
        let commitment = "3f9a".repeat(16);
        let from = if drawn {
            -1_000 * i64::from(seconds)
        } else {
            0
        };
        let mut commands = vec![
            (from, Command::BeginLottery { terms, commitment }),
            wrote(from + 10, &[&*entered; 7]),
        ];
        if drawn {
            let (entrants_hash, seed) = ("5c".repeat(32), "a7".repeat(32));
            let winners = ["web\tviewer 2", "web\tviewer 5"];
            let winners = winners.map(str::to_owned).into();
            commands.push((0, Command::CloseLottery { entrants_hash }));
            commands.push((1_000, Command::NoteDraw { seed, winners }));
        }
        after(show, commands)
    }

    fn auction(&self, show: &Show, sold: bool) -> Result<Show, Failed> {
        let yuan = |minor| Money::new(minor, Currency("CNY".to_owned()));
        let terms = AuctionTerms {
            product: None,
            title: self.says("头采蜂蜜礼盒", "First honey, gift box"),
            start: yuan(3_000),
            step: yuan(500),
            reserve: None,
            buy_now: None,
            seconds: 60,
            soft_s: 10,
        };
        let bids = wrote(10, &["30", "45", "50", "68"]);
        let mut commands = vec![(0, Command::StartAuction { terms }), bids];
        commands.extend(sold.then_some((1_000, Command::CloseAuction)));
        after(show, commands)
    }
}

fn case(told: &'static str, of: &'static [&'static str], show: Show) -> Case {
    Case { told, of, show }
}

fn with(show: &Show, change: impl FnOnce(&mut Show)) -> Show {
    let mut show = show.clone();
    change(&mut show);
    show
}

/// The show after commands at their moments.
fn after(show: &Show, commands: Vec<(i64, Command)>) -> Result<Show, Failed> {
    let mut show = show.clone();
    for (at, command) in commands {
        let events = decide(&show, command, At(at));
        show.apply_all(&events.map_err(|refusal| format!("{refusal:?}"))?);
    }
    Ok(show)
}

/// Each of these, written by another person.
fn wrote(at: i64, texts: &[&str]) -> (i64, Command) {
    let line = |(number, text): (i64, &&str)| ChatLine {
        id: format!("web:{number}").as_str().into(),
        platform: "web".into(),
        author: format!("viewer {number}"),
        text: (*text).to_owned(),
        at: At(at),
        question: false,
    };
    let lines = (0..).zip(texts).map(line).collect();
    (at, Command::NoteChat { lines })
}

fn correction(show: &Show) -> Command {
    let product = show.on_air.as_ref().map(|on| on.product.clone());
    Command::ShowCorrection {
        product: product.unwrap_or_else(|| ProductId::from("")),
        kind: CorrectionKind::Price,
        text: Text {
            zh: "更正：苹果的价格是 ¥29.9。刚才说错了，以此为准。".to_owned(),
            en: "Correction: the apples are ¥29.90. We misspoke; this price holds.".to_owned(),
        },
    }
}

fn away() -> Break {
    Break {
        since: At(0),
        until: At(LATER_MS + 300_000),
        words: Default::default(),
    }
}
