use super::*;
use crate::pack::{Example, Goods};
use crate::signs::signs;
use stallcast_show::{
    At, Currency, Money, Offer, Offered, Origin, Product, ProductId, RundownItem, Show, Text,
};

const NOW: At = At(1_790_000_000_000);
const DAY_MS: i64 = 24 * 3600 * 1000;

fn currency(market: Market) -> Currency {
    let code = match market {
        Market::Cn => "CNY",
        Market::Eu => "EUR",
        Market::Us => "USD",
    };
    Currency(code.into())
}

fn show(goods: &Goods, market: Market) -> Show {
    let money = |minor| Money::new(minor, currency(market));
    let mut offer = Offer::at(money(goods.live.unwrap_or(2990)));
    offer.list_price = goods.list.map(money);
    offer.list_price_evidence = goods.evidence.clone();
    offer.quantity = goods.quantity;
    offer.countdown_s = goods.countdown_s;
    let title = Text {
        zh: "红富士".into(),
        en: "Fuji".into(),
    };
    let id = ProductId::from("p");
    let mut product = Product::new(id.clone(), title, offer);
    if !goods.text.is_empty() {
        product.talking_points.push(goods.text.clone());
    }
    if !goods.place.is_empty() {
        product.origin = Some(Origin {
            place: Text {
                zh: goods.place.clone(),
                en: String::new(),
            },
            evidence: goods.origin_evidence.clone(),
            ..Origin::default()
        });
    }
    product.check().unwrap();
    let mut show = Show::default();
    show.products.insert(id.clone(), product);
    show.rundown.push(RundownItem::open(id.clone()));
    let earlier = goods.offered.iter().map(|earlier| Offered {
        at: At(NOW.0 - earlier.days_ago * DAY_MS),
        live: money(earlier.live),
        list: earlier.list.map(money),
    });
    show.offered.insert(id, earlier.collect());
    show
}

fn hits(book: &RuleBook, rule: &Rule, goods: &Goods, market: Market) -> Vec<Finding> {
    let show = show(goods, market);
    let subject = Subject::product(&show, &"p".into(), NOW).unwrap();
    let found = book.look(&subject, &[market]).into_iter();
    found.filter(|finding| finding.rule == rule.id).collect()
}

fn said(text: &str) -> Goods {
    Goods {
        text: text.into(),
        ..Goods::default()
    }
}

fn goods(example: &Example) -> Goods {
    match example {
        Example::Said(text) => said(text),
        Example::Goods(goods) => goods.clone(),
    }
}

fn full_width(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
        _ => c,
    };
    text.chars().map(wide).collect()
}

fn rules(book: &RuleBook) -> impl Iterator<Item = (Market, &Rule)> {
    let of = |pack: &'_ Pack| pack.market;
    book.packs
        .iter()
        .flat_map(move |pack| pack.rules.iter().map(move |rule| (of(pack), rule)))
}

#[test]
fn every_check_fires_on_its_example_and_stays_quiet_on_its_near_miss() {
    let book = RuleBook::built_in().unwrap();
    let (mut examples, mut near_misses, mut wrong) = (0, 0, vec![]);
    for (market, rule) in rules(&book) {
        assert!(!rule.examples.is_empty(), "{} has no example", rule.id);
        assert!(!rule.near_misses.is_empty(), "{} has no near miss", rule.id);
        for example in &rule.examples {
            examples += 1;
            if hits(&book, rule, &goods(example), market).is_empty() {
                wrong.push(format!("{} is quiet on {example:?}", rule.id));
            }
        }
        for near_miss in &rule.near_misses {
            near_misses += 1;
            let found = hits(&book, rule, &goods(near_miss), market);
            if !found.is_empty() {
                wrong.push(format!("{} fires on {near_miss:?}: {found:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{examples} examples, {near_misses} near misses");
    assert!(examples > 80 && near_misses > 80);
}

#[test]
fn a_disguise_changes_nothing_and_makes_no_near_miss_a_hit() {
    let book = RuleBook::built_in().unwrap();
    let mut wrong = vec![];
    for (market, rule) in rules(&book) {
        let disguises = |text: &str| {
            [
                text.to_uppercase(),
                full_width(text),
                text.chars().flat_map(|c| [c, '\u{200B}']).collect(),
            ]
        };
        for example in &rule.examples {
            let plain = goods(example);
            for text in disguises(&plain.text) {
                let hidden = Goods {
                    text,
                    ..plain.clone()
                };
                if hits(&book, rule, &hidden, market).is_empty() {
                    wrong.push(format!("{} is quiet on {:?}", rule.id, hidden.text));
                }
            }
            // Marks between the very characters that were found.
            for finding in hits(&book, rule, &plain, market) {
                let apart = |c: char| [c, '·'];
                let spaced: String = finding.found.chars().flat_map(apart).collect();
                let whole = plain.text.contains(&finding.found) && !finding.found.contains(' ');
                let numbered = finding.found.contains(|c: char| c.is_numeric());
                if whole && !numbered {
                    let text = plain.text.replace(&finding.found, &spaced);
                    let hidden = Goods {
                        text,
                        ..plain.clone()
                    };
                    if hits(&book, rule, &hidden, market).is_empty() {
                        wrong.push(format!("{} is quiet on {:?}", rule.id, hidden.text));
                    }
                }
            }
        }
        for near_miss in &rule.near_misses {
            let plain = goods(near_miss);
            for text in [plain.text.to_uppercase(), full_width(&plain.text)] {
                let other = Goods {
                    text,
                    ..plain.clone()
                };
                let found = hits(&book, rule, &other, market);
                if !found.is_empty() {
                    wrong.push(format!("{} fires on {:?}: {found:?}", rule.id, other.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_names_its_source_and_speaks_both_languages() {
    let book = RuleBook::built_in().unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (market, rule) in rules(&book) {
        assert!(
            rule.id.starts_with(&format!("{}.", market.code())),
            "{}",
            rule.id
        );
        assert!(ids.insert(rule.id.clone()), "{} stands twice", rule.id);
        assert!(!rule.source.article.is_empty(), "{}", rule.id);
        for text in [&rule.name, &rule.source.law, &rule.explains, &rule.instead] {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{}", rule.id);
            assert!(text.zh.chars().any(|c| c > '\u{4E00}'), "{}", rule.id);
        }
        let found = book.rule(&rule.id).map(|found| &found.id);
        assert_eq!(found, Some(&rule.id));
    }
}

#[test]
fn a_finding_names_the_words_as_they_stand_and_the_forbidden_come_first() {
    let book = RuleBook::built_in().unwrap();
    let goods = Goods {
        list: Some(4990),
        ..said("口感 最·佳，甜")
    };
    let show = show(&goods, Market::Cn);
    let subject = Subject::product(&show, &"p".into(), NOW).unwrap();
    let found = book.look(&subject, &[Market::Cn]);
    let told: Vec<_> = found
        .iter()
        .map(|finding| (finding.rule.as_str(), finding.place, finding.found.as_str()))
        .collect();
    use crate::Place;
    assert_eq!(
        told,
        [
            ("cn.absolute_terms", Place::TalkingPoint, "最·佳"),
            ("cn.struck_without_evidence", Place::Price, "49.9 CNY"),
        ]
    );
}

#[test]
fn the_ticker_is_read_for_words_and_not_for_what_only_a_product_has() {
    let book = RuleBook::built_in().unwrap();
    let text = Text {
        zh: "国家级好果，仅剩 3 件".into(),
        en: String::new(),
    };
    let found = book.look(&Subject::ticker(&text, NOW), &[Market::Cn]);
    let rules: Vec<_> = found.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["cn.absolute_terms"]);
}

proptest::proptest! {
    /// Letters that rules are made of beside any others, so that words begin and break off everywhere.
    #[test]
    fn whatever_is_written_is_read_and_what_is_found_stands_there(
        text in "([最佳国家级仅剩限时抽奖治疗第一bestonlylf#%0-9 ·，。¥万元]|\\PC){0,200}"
    ) {
        let book = RuleBook::built_in().unwrap();
        let text: String = text.chars().take(200).collect();
        for market in Market::ALL {
            let ticker = Text { zh: text.clone(), en: text.clone() };
            for finding in book.look(&Subject::ticker(&ticker, NOW), &[market]) {
                proptest::prop_assert!(text.contains(&finding.found));
                proptest::prop_assert!(!finding.found.trim().is_empty());
            }
        }
        proptest::prop_assert!(signs(&text).len() <= text.len());
    }
}

#[test]
fn a_prize_is_measured_by_the_cap_of_its_market_to_the_cent() {
    let book = RuleBook::built_in().unwrap();
    let worth = |minor, currency: &str| Money::new(minor, Currency(currency.into()));
    let show = Show::default();
    let rule = |value| {
        book.above_prize_cap(&show, &value)
            .map(|rule| rule.id.as_str())
    };
    assert_eq!(rule(worth(5_000_000, "CNY")), None);
    assert_eq!(rule(worth(5_000_001, "CNY")), Some("cn.draw_above_cap"));
    assert_eq!(rule(worth(i64::MAX, "EUR")), None);
    assert_eq!(rule(worth(i64::MAX, "XXX")), None);
    let elsewhere = Show {
        markets: [Market::Us].into(),
        ..Show::default()
    };
    let cap = book.above_prize_cap(&elsewhere, &worth(5_000_001, "CNY"));
    assert!(cap.is_none(), "nobody is sold to in China");
}
