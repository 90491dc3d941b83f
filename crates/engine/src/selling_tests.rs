use super::*;
use crate::air::engine;
use crate::desk::Desk;
use crate::sample::product;
use crate::threads::Threads;
use stallcast_journal::{Journal, Seq};
use stallcast_show::{Event, PictureText};
use std::time::Duration;

/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

fn desk(folder: &std::path::Path) -> Desk {
    let (journal, resumed) = Journal::open(folder.join("journal")).unwrap();
    let (threads, _fallen) = Threads::watched();
    Desk::start(journal, resumed, now, &threads).unwrap()
}

fn says(id: &str, words: &str) -> Product {
    let mut product = product(id, id, 2990);
    product.talking_points.push(words.to_owned());
    product
}

async fn import(desk: &Desk, products: Vec<Product>) {
    let command = Command::ImportProducts { products };
    desk.submit(engine(), command).await.unwrap();
}

#[tokio::test]
async fn what_is_forbidden_goes_on_air_only_with_a_reason_and_the_journal_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    import(
        &desk,
        vec![says("a", "国家级好果"), says("b", "最好吃的苹果")],
    )
    .await;
    let put = |id: &str| Command::PutOnAir { product: id.into() };

    // A warning just goes.
    desk.submit(engine(), put("b")).await.unwrap();
    let refused = desk.submit(engine(), put("a")).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.forbidden_by_rule");
    assert_eq!(refused.params["rule"], "cn.absolute_terms");
    assert_eq!(refused.params["product"], "a");
    assert!(desk.show().is_on_air(&"b".into()));

    let give = |found: &str| Command::OverrideRule {
        product: "a".into(),
        rule: "cn.absolute_terms".into(),
        found: found.into(),
        reason: "农业农村部证书上的原话".into(),
    };
    // A reason for other words is none for these.
    desk.submit(engine(), give("最佳")).await.unwrap();
    desk.submit(engine(), put("a")).await.unwrap_err();
    desk.submit(engine(), give("国家级")).await.unwrap();
    desk.submit(engine(), put("a")).await.unwrap();
    assert!(desk.show().is_on_air(&"a".into()));

    drop(desk);
    let (journal, resumed) = open_again(folder.path()).await;
    let entries = journal.entries_after(Seq(0), 100).unwrap();
    let reasons = entries.iter().filter_map(|entry| match &entry.event {
        Event::RuleOverridden { reason, .. } => Some((entry.actor.name.as_str(), &reason.reason)),
        _ => None,
    });
    let reasons: Vec<_> = reasons.collect();
    assert_eq!(reasons.len(), 2);
    assert_eq!(reasons[1].0, engine().name);
    assert!(reasons[1].1.contains("证书"));
    assert_eq!(resumed.show.overrides[&"a".into()].len(), 2);
}

/// The desk's thread lets go of the journal a moment after the last handle.
async fn open_again(folder: &std::path::Path) -> (Journal, stallcast_journal::Resumed) {
    let opened = async {
        loop {
            if let Ok(opened) = Journal::open(folder.join("journal")) {
                return opened;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, opened).await.unwrap()
}

#[tokio::test]
async fn findings_follow_the_rundown_and_a_reason_is_told_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let (threads, _fallen) = Threads::watched();
    let (tell, mut told) = watch::channel(Arc::default());
    let (published, runtime) = (desk.published(), Handle::current());
    let book = book().unwrap();
    threads
        .start("selling", move || follow(book, published, &tell, &runtime))
        .unwrap();

    import(&desk, vec![says("a", "国家级好果"), says("b", "很甜")]).await;
    let found = tokio::time::timeout(PATIENCE, told.wait_for(|it| !it.products.is_empty()));
    let found = Arc::clone(&found.await.unwrap().unwrap());
    assert_eq!(
        found
            .products
            .keys()
            .map(ProductId::as_str)
            .collect::<Vec<_>>(),
        ["a"]
    );
    let finding = &found.products[&"a".into()][0];
    assert!(finding.blocks());
    assert_eq!(
        (finding.place.as_str(), finding.found.as_str()),
        ("talking_point", "国家级")
    );
    assert_eq!(found.rules["cn.absolute_terms"].article, "9(3)");
    let keys = |view: &FindingsView| -> Vec<String> {
        checks(view).into_iter().map(|check| check.key).collect()
    };
    assert_eq!(keys(&found), ["preflight.rules.forbidden"]);

    let give = Command::OverrideRule {
        product: "a".into(),
        rule: "cn.absolute_terms".into(),
        found: "国家级".into(),
        reason: "证书上的原话".into(),
    };
    desk.submit(engine(), give).await.unwrap();
    let given = tokio::time::timeout(
        PATIENCE,
        told.wait_for(|it| {
            it.products
                .values()
                .flatten()
                .all(|f| f.overridden.is_some())
        }),
    );
    let found = Arc::clone(&given.await.unwrap().unwrap());
    assert!(!found.products[&"a".into()][0].blocks());
    assert_eq!(keys(&found), [] as [&str; 0]);
}

#[test]
fn a_currency_without_a_pack_is_told_and_never_taken_for_a_clearance() {
    let mut show = Show::default();
    let mut goods = says("a", "国家级好果");
    goods.offer.live_price.currency = stallcast_show::Currency("JPY".into());
    show.products.insert("a".into(), goods);
    show.rundown
        .push(stallcast_show::RundownItem::open("a".into()));
    let put = Command::PutOnAir {
        product: "a".into(),
    };
    assert!(permit(&show, &put, At(0)).is_ok());
    let found = Known::default().findings(book().unwrap(), &show, At(0));
    assert_eq!(found.unchecked, 1);
    assert_eq!(checks(&found)[0].key, "preflight.rules.no_pack");
}

#[test]
fn the_ticker_is_looked_at_with_the_rules_of_all_that_is_sold() {
    let mut show = Show::default();
    show.products.insert("a".into(), says("a", "很甜"));
    show.rundown
        .push(stallcast_show::RundownItem::open("a".into()));
    show.ticker.zh = "全国最好的苹果".into();
    let found = Known::default().findings(book().unwrap(), &show, At(0));
    assert_eq!(found.ticker[0].rule, "cn.absolute_terms");
    assert_eq!(checks(&found)[0].key, "preflight.rules.ticker");
}

#[test]
fn forbidden_words_are_not_typed_onto_the_picture() {
    let mut show = Show::default();
    show.products.insert("a".into(), says("a", "很甜"));
    show.rundown
        .push(stallcast_show::RundownItem::open("a".into()));
    let type_in = |show: &Show, text, words: &str| {
        let command = Command::SetPictureText {
            text,
            lang: stallcast_show::CardLang::Zh,
            words: words.to_owned(),
        };
        permit(show, &command, At(0)).map_err(|refusal| refusal.code())
    };
    let ticker = PictureText::Ticker;
    assert_eq!(type_in(&show, ticker, "今天现摘现发"), Ok(()));
    assert_eq!(type_in(&show, ticker, "国家级好果"), Err("words_forbidden"));
    // Not on air: the title stands nowhere, and the show says so itself.
    let title = PictureText::Title;
    assert_eq!(type_in(&show, title, "国家级好果"), Err("words_forbidden"));
    show.on_air = Some(stallcast_show::OnAir {
        product: "a".into(),
        since: At(0),
    });
    assert_eq!(type_in(&show, title, "脆甜好果"), Ok(()));
    assert_eq!(type_in(&show, title, "国家级好果"), Err("words_forbidden"));
    assert_eq!(
        type_in(&show, PictureText::GoalTitle, "国家级目标"),
        Err("words_forbidden")
    );
    // What was there before, with a reason given, does not hold up another change.
    show.products.insert("a".into(), says("a", "国家级好果"));
    assert_eq!(type_in(&show, title, "国家级好果，脆甜"), Ok(()));
}

#[test]
fn the_demo_may_be_shown_and_has_one_thing_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let assets = crate::folders::Folders::default_assets();
    let folders = crate::folders::Folders::open(folder.path().join("data"), assets).unwrap();
    let mut show = Show::default();
    for command in crate::demo::commands(&folders, true).unwrap() {
        let events = stallcast_show::decide(&show, command, At(0)).unwrap();
        show.apply_all(&events);
    }
    let found = Known::default().findings(book().unwrap(), &show, At(0));
    assert!(found.ticker.is_empty(), "{:?}", found.ticker);
    let named: Vec<_> = found.products.keys().map(ProductId::as_str).collect();
    assert_eq!(named, ["hamper-family"]);
    assert!(!found.products.values().flatten().any(FindingView::blocks));
    // Words that are refused are named by the rule that forbids them, though nothing of the show has them.
    assert!(found.rules.contains_key("cn.absolute_terms"));
}

#[test]
fn rules_of_a_market_hold_only_where_it_is_chosen_and_a_choice_goes_before_the_currency() {
    use std::collections::BTreeSet;
    // Each market has something of its own to say of this one.
    let mut show = Show::default();
    let words = "国家级好果, cures cancer, the lowest price you will find";
    show.products.insert("a".into(), says("a", words));
    show.rundown
        .push(stallcast_show::RundownItem::open("a".into()));
    show.ticker.zh = "全国最好的苹果".into();
    show.ticker.en = "The lowest price you will find".into();
    let put = Command::PutOnAir {
        product: "a".into(),
    };
    let of = |findings: &[FindingView]| -> BTreeSet<String> {
        let rules = findings.iter().map(|it| it.rule.as_str());
        let markets = rules.filter_map(|rule| rule.split_once('.'));
        markets.map(|(market, _)| market.to_owned()).collect()
    };
    let mut known = Known::default();
    for choice in 0..8 {
        let chosen = Market::ALL.into_iter().enumerate();
        let chosen = chosen.filter(|(n, _)| choice & (1 << n) != 0);
        let markets: BTreeSet<Market> = chosen.map(|(_, market)| market).collect();
        let events = stallcast_show::decide(
            &show,
            Command::SetMarkets {
                markets: markets.clone(),
            },
            At(0),
        );
        show.apply_all(&events.unwrap());
        // Nothing is chosen: the price is in yuan.
        let wanted: BTreeSet<String> = if markets.is_empty() {
            ["cn".to_owned()].into()
        } else {
            markets.iter().map(|it| it.code().to_owned()).collect()
        };
        // Findings are kept from look to look, and must not outlive the choice.
        let found = known.findings(book().unwrap(), &show, At(0));
        assert_eq!(of(&found.products[&"a".into()]), wanted);
        assert_eq!(of(&found.ticker), wanted, "ticker");
        assert_eq!(found.unchecked, 0);
        let refused = permit(&show, &put, At(0)).unwrap_err();
        let Refusal::ForbiddenByRule { rule, .. } = refused else {
            panic!("{refused:?}");
        };
        assert!(wanted.contains(rule.split_once('.').unwrap().0), "{rule}");
    }
    // A currency without rules is held to those that were chosen.
    let mut goods = says("a", "国家级好果");
    goods.offer.live_price.currency = stallcast_show::Currency("JPY".into());
    show.products.insert("a".into(), goods);
    assert!(permit(&show, &put, At(0)).is_err());
    show.markets = [Market::Us].into();
    assert!(permit(&show, &put, At(0)).is_ok());
}

#[tokio::test]
async fn forbidden_words_beside_the_products_wait_for_a_reason_too() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let words = "国家级好果";
    let text = || stallcast_show::Text {
        zh: words.into(),
        en: String::new(),
    };
    let yuan = |minor| stallcast_show::Money::new(minor, Currency("CNY".into()));
    // Nothing is sold yet: no market whose rules would hold.
    let ticker = Command::SetTicker { text: text() };
    desk.submit(engine(), ticker.clone()).await.unwrap();
    let nothing = Command::SetTicker {
        text: stallcast_show::Text::default(),
    };
    desk.submit(engine(), nothing).await.unwrap();
    import(&desk, vec![says("a", "很甜")]).await;
    let pin = Command::PinQuestion {
        message: "web:1".into(),
        author: "a".into(),
        text: "是国家级的吗".into(),
    };
    desk.submit(engine(), pin).await.unwrap();
    let option = |label: &str, word: &str| stallcast_show::PollOption {
        label: label.into(),
        keywords: vec![word.into()],
    };
    let commands = [
        ticker,
        Command::StartBreak {
            minutes: 5,
            words: text(),
        },
        Command::AnswerQuestion {
            message: "web:1".into(),
            answer: words.into(),
        },
        Command::SetGoal {
            plan: Some(stallcast_show::GoalPlan {
                title: words.into(),
                of: stallcast_show::GoalUnit::Pieces,
                target: 10,
                count: stallcast_show::GoalCount::Stock,
            }),
        },
        Command::PutLowerThird {
            lower_third: stallcast_show::LowerThird {
                id: "l".into(),
                name: "老王".into(),
                role: words.into(),
            },
        },
        Command::StartPoll {
            question: "哪个".into(),
            options: vec![option(words, "1"), option("酥梨", "2")],
            counting: stallcast_show::Counting::Last,
            seconds: 60,
        },
        Command::BeginLottery {
            terms: stallcast_show::LotteryTerms {
                prize: words.into(),
                value: yuan(2_990),
                winners: 1,
                keyword: "抽奖".into(),
                seconds: 60,
                reason: String::new(),
            },
            commitment: "ab".repeat(32),
        },
        Command::StartAuction {
            terms: stallcast_show::AuctionTerms {
                product: None,
                title: words.into(),
                start: yuan(100),
                step: yuan(100),
                reserve: None,
                buy_now: None,
                seconds: 60,
                soft_s: 0,
            },
        },
    ];
    let before = desk.show();
    for command in &commands {
        let refused = desk.submit(engine(), command.clone()).await.unwrap_err();
        assert_eq!(
            refused.message_key, "refusal.words_forbidden",
            "{command:?}"
        );
        assert_eq!(refused.params["rule"], "cn.absolute_terms");
        assert_eq!(refused.params["found"], "国家级");
    }
    assert_eq!(desk.show(), before);
    let reason = |found: &str| Command::OverrideWords {
        rule: "cn.absolute_terms".into(),
        found: found.into(),
        reason: "农业农村部证书上的原话".into(),
    };
    // A reason for other words is none for these.
    desk.submit(engine(), reason("最佳")).await.unwrap();
    desk.submit(engine(), commands[0].clone())
        .await
        .unwrap_err();
    desk.submit(engine(), reason("国家级")).await.unwrap();
    for command in commands {
        for clear in [
            Command::ClearPoll,
            Command::ClearLottery {
                reason: String::new(),
            },
        ] {
            desk.submit(engine(), clear).await.unwrap();
        }
        desk.submit(engine(), command).await.unwrap();
    }
    assert_eq!(desk.show().auction.as_ref().unwrap().terms.title, words);
    let cancel = Command::CancelAuction {
        reason: "换上这是最高级的蜂蜜".into(),
    };
    let refused = desk.submit(engine(), cancel).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.words_forbidden");

    drop(desk);
    let (_, resumed) = open_again(folder.path()).await;
    assert_eq!(resumed.show.word_overrides.len(), 2);
}

#[tokio::test]
async fn a_product_whose_words_are_forbidden_is_not_auctioned_either() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    import(&desk, vec![says("a", "国家级好果")]).await;
    let yuan = |minor| stallcast_show::Money::new(minor, Currency("CNY".into()));
    let terms = stallcast_show::AuctionTerms {
        product: Some("a".into()),
        title: "好果".into(),
        start: yuan(100),
        step: yuan(100),
        reserve: None,
        buy_now: None,
        seconds: 60,
        soft_s: 0,
    };
    let start = Command::StartAuction { terms };
    let refused = desk.submit(engine(), start).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.forbidden_by_rule");
}
