//! Own cases: what the facts say is the answer, and what they do not say is none.

use super::answer;
use crate::catalogue::{Article, Catalogue};

fn shop(facts: &[(&str, &[&str])]) -> Catalogue {
    let facts = facts.iter().map(|(key, texts)| {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        ((*key).to_owned(), texts)
    });
    Catalogue::new(vec![Article {
        id: "pear".into(),
        link: Some(1),
        names: vec!["秋月梨礼盒".into(), "pears".into()],
        facts: facts.collect(),
    }])
}

fn pears() -> Catalogue {
    shop(&[
        ("title", &["果园秋月梨礼盒", "Orchard pear gift box"]),
        ("price", &["¥27.9", "¥27.9"]),
        ("spec", &["净重5斤，约8个", "2.5 kg, about 8"]),
        ("stock", &["还有 40 件", "40 left"]),
        ("usage", &["洗净连皮吃", "Wash and eat with the skin"]),
        (
            "shipping",
            &[
                "今晚打包，明早发出；偏远地区加6元",
                "Packed tonight, sent tomorrow morning; ¥6 more to remote areas",
            ],
        ),
    ])
}

#[track_caller]
fn answers(shop: &Catalogue, cases: &[(&str, Option<&str>)]) {
    for (line, key) in cases {
        let found = answer(shop, line, Some("pear")).map(|found| found.key);
        assert_eq!(found, *key, "{line}");
    }
}

#[test]
fn what_the_facts_do_not_say_has_no_answer() {
    answers(
        &pears(),
        &[
            ("满减怎么用", None),
            ("红包怎么用啊", None),
            ("积分怎么用", None),
            ("how do i use the discount code", None),
            ("怎么吃", Some("usage")),
            ("how do i eat it", Some("usage")),
            ("有优惠吗", None),
            ("两箱有优惠吗", None),
            ("买三箱便宜吗", None),
            ("第二件半价吗", None),
            ("discount if i buy two", None),
            ("quantity discount?", None),
            ("三箱多少钱", None),
            ("10箱什么价", None),
            ("how much for 3", None),
            ("1箱多少钱", Some("price")),
            ("四件套多少钱", Some("price")),
            ("2件装多少钱", Some("price")),
            ("定金多少钱", None),
            ("多少钱", Some("price")),
            ("券还有吗", None),
            ("赠品还有吗", None),
            ("优惠还有吗", None),
            ("how to use points", None),
            ("花呗怎么用", None),
            ("运费险多少钱", None),
            ("还有吗", Some("stock")),
            ("送人的话有礼盒装吗", None),
            ("有礼袋吗", None),
            ("is there a gift box", None),
            ("有赠品吗", None),
        ],
    );
}

#[test]
fn a_place_is_answered_by_a_fact_that_tells_of_it() {
    answers(
        &pears(),
        &[
            ("Do you ship to Canada", None),
            ("do u deliver to the uk", None),
            ("how long is shipping to japan", None),
            ("how much is shipping to australia", None),
            ("加拿大能寄吗", None),
            ("俄罗斯包邮吗", None),
            ("国外能买吗", None),
            ("ship to bolivia?", None),
            ("香港能发吗", None),
            ("新疆发货吗", Some("shipping")),
            ("能寄西藏吗", Some("shipping")),
            ("偏远地区要加钱吗", Some("shipping")),
            ("do you ship to xinjiang", Some("shipping")),
            ("什么时候发货", Some("shipping")),
            ("when do you ship", Some("shipping")),
            ("到上海几天", Some("shipping")),
        ],
    );
    let nationwide = shop(&[(
        "shipping",
        &[
            "全国包邮，新疆除外",
            "Free shipping in China, not to Xinjiang",
        ],
    )]);
    answers(
        &nationwide,
        &[
            ("新疆能发吗", Some("shipping")),
            ("西藏能发吗", None),
            ("广东包邮吗", Some("shipping")),
            ("包邮吗", Some("shipping")),
            ("is shipping free", Some("shipping")),
            ("do you ship to france", None),
        ],
    );
}

#[test]
fn what_is_on_offer_is_the_answer_to_what_is_asked_of_it() {
    let shop = shop(&[
        ("price", &["39.9元/箱，两箱75元"]),
        ("coupon", &["满99减10"]),
        ("gift", &["帆布袋一个", "a canvas bag"]),
        ("packaging", &["礼盒装，附手提袋"]),
    ]);
    answers(
        &shop,
        &[
            ("满减怎么用", Some("coupon")),
            ("有优惠吗", Some("coupon")),
            ("any discount", Some("coupon")),
            ("有赠品吗", Some("gift")),
            ("any free gift", Some("gift")),
            ("送人有礼盒吗", Some("packaging")),
            ("多少钱", Some("price")),
            ("两箱有优惠吗", Some("price")),
            ("两箱多少钱", Some("price")),
        ],
    );
}
