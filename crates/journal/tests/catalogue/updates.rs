//! Lists that come again: they change what they say, and nothing that a person typed.

use std::collections::BTreeMap;

use stallcast_journal::catalogue::{
    Field, ImportError, ImportOptions, ImportReport, ProblemCode, field_changes, import,
    rundown_with,
};
use stallcast_show::{
    Catalogue, Coupon, Currency, Facts, Money, Origin, PriceStep, Product, RundownItem, Text,
};

use super::{ids, outcomes, problems, read};

fn again(known: &[Product], text: &str) -> ImportReport {
    let known: Catalogue = known.iter().map(|p| (p.id.clone(), p.clone())).collect();
    let options = ImportOptions {
        known,
        ..ImportOptions::default()
    };
    import(text.as_bytes(), &options).unwrap()
}

fn zh(words: &str) -> Text {
    Text {
        zh: words.to_owned(),
        en: String::new(),
    }
}

fn cny(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency("CNY".to_owned()),
    }
}

/// A product of a list, with everything else typed by hand.
fn typed() -> Product {
    let report = read("货号,标题,直播价,日常价,库存\nA1,水蜜桃,29.9,59,100\n".as_bytes());
    let mut product = report.products[0].clone();
    product.title.en = "Peaches".to_owned();
    product.short_title = zh("桃");
    product.spec = zh("5 斤");
    product.photo = Some("peach.jpg".to_owned());
    product.more_photos = vec!["tree.jpg".to_owned()];
    product.link = Some("https://shop.example/a1".to_owned());
    product.links = BTreeMap::from([("douyin".to_owned(), "https://d.example/1".to_owned())]);
    product.gtin = Some("6901234567892".to_owned());
    product.talking_points = vec!["当天采摘".to_owned()];
    product.origin = Some(Origin {
        place: zh("阳山"),
        evidence: "批次 7".to_owned(),
        ..Origin::default()
    });
    product.facts = Some(Facts {
        shipping: zh("顺丰"),
        ..Facts::default()
    });
    product.offer.countdown_s = Some(300);
    product.offer.list_price_evidence = "7 日小票".to_owned();
    product.offer.coupon = Some(Coupon {
        text: zh("新人券"),
        off: Some(cny(100)),
    });
    product.offer.gift = zh("水果刀");
    product.offer.limit_per_person = Some(2);
    product.offer.steps = vec![PriceStep {
        after_s: 180,
        price: cny(1990),
    }];
    product.check().unwrap();
    product
}

#[test]
fn a_list_that_comes_again_changes_only_what_it_says() {
    let before = typed();
    let report = again(
        std::slice::from_ref(&before),
        "货号,标题,直播价\nA1,阳山水蜜桃,27.9\n",
    );
    let mut expected = before.clone();
    expected.title.zh = "阳山水蜜桃".to_owned();
    expected.offer.live_price = cny(2790);
    assert_eq!(report.products, [expected.clone()]);
    let told: Vec<Field> = field_changes(&before, &expected)
        .into_iter()
        .map(|change| change.field)
        .collect();
    assert_eq!(told, [Field::TitleZh, Field::LivePrice]);
    // The same once more is no change, with every column there and most cells empty.
    let text = "货号,标题,直播价,图片,链接,条码,卖点,规格,短标题,倒计时,产地,赠品,优惠券,限购,降价,发货\nA1,阳山水蜜桃,27.9,,,,,,,,,,,,,\n";
    assert_eq!(
        again(std::slice::from_ref(&expected), text).products,
        [expected]
    );
}

#[test]
fn a_list_with_the_column_keeps_usual_price_and_units_whole() {
    let before = typed();
    let report = again(
        &[before],
        "货号,标题,直播价,日常价,库存\nA1,水蜜桃,29.9,,\n",
    );
    let offer = &report.products[0].offer;
    assert_eq!((offer.list_price.as_ref(), offer.quantity), (None, None));
    // The evidence was typed by hand.
    assert_eq!(offer.list_price_evidence, "7 日小票");
}

#[test]
fn a_price_that_does_not_fit_what_was_typed_is_named_and_nothing_is_dropped() {
    let before = typed();
    for (price, column, code) in [
        ("69", "list_price", ProblemCode::ListBelowLive),
        ("15", "steps", ProblemCode::StepsNotFalling),
        ("0.5", "coupon", ProblemCode::CouponTooLarge),
    ] {
        let mut before = before.clone();
        if column == "coupon" {
            before.offer.steps = vec![];
        }
        let text = format!("货号,标题,直播价\nA1,水蜜桃,{price}\n");
        let report = again(&[before], &text);
        assert!(report.products.is_empty());
        let found = problems(&report);
        assert_eq!((found[0].0, found[0].1, found[0].2), (2, column, code));
    }
}

#[test]
fn a_list_without_prices_or_titles_adds_to_the_products_that_are_there() {
    let before = typed();
    let known = std::slice::from_ref(&before);
    let report = again(known, "货号,库存\nA1,55\nB2,1\n");
    assert_eq!(report.products[0].offer.quantity, Some(55));
    assert_eq!(report.products[0].offer.live_price, before.offer.live_price);
    let expected = [(3, "货号 (A)", ProblemCode::UnknownProduct, "B2")];
    assert_eq!(problems(&report), expected);
    // By barcode, and by title in either language.
    for text in [
        "条码,日常价\n6901234567892,49\n",
        "Title,List price\nPeaches,49\n",
    ] {
        let report = again(known, text);
        assert_eq!(ids(&report), ["A1"]);
        assert_eq!(report.products[0].offer.list_price, Some(cny(4900)));
        assert_eq!(report.products[0].offer.live_price, cny(2990));
    }
    // Without a product to add to, it is no list.
    let nobody = import("货号,库存\nA1,55\n".as_bytes(), &ImportOptions::default()).unwrap();
    assert!(nobody.products.is_empty());
    let unknown = import(b"a,b\n1,2\n", &ImportOptions::default());
    assert!(matches!(unknown, Err(ImportError::NoHeader { .. })));
}

#[test]
fn two_products_of_the_same_title_are_told_apart_by_their_number() {
    let first = "序号,标题,价格\n1,苹果,5\n2,苹果,9\n3,梨,7\n";
    let known = read(first.as_bytes()).products;
    let report = again(&known, "序号,标题,价格\n1,苹果,5\n2,苹果,8\n3,梨,7\n");
    assert_eq!(ids(&report), ["1", "2", "3"]);
    assert_eq!(report.products[1].offer.live_price, cny(800));
    // A rundown in another order means its titles, where one product alone has them.
    let report = again(&known, "序号,标题,价格\n1,梨,6\n");
    assert_eq!(
        (ids(&report), report.products[0].offer.live_price.minor),
        (vec!["3"], 600)
    );
}

#[test]
fn a_rundown_sheet_sets_order_time_demonstration_and_who() {
    let known = read("标题,价格\n苹果,5\n梨,7\n枣,9\n".as_bytes()).products;
    let sheet = "排品表\n顺序号,品名,讲解时长(分钟),演示动作,讲解人,卖点\n,枣,3,掰开一颗,小李,甜\n,苹果,1分30秒,,,\n";
    let report = again(&known, sheet);
    assert_eq!(problems(&report), []);
    assert_eq!(report.products[0].talking_points, ["甜"]);
    let mut now: Vec<RundownItem> = ["苹果", "梨", "枣"]
        .map(|id| RundownItem::open(id.into()))
        .into();
    now[0].holder = "阿姨".to_owned();
    let then = rundown_with(&now, &report.rundown);
    let told: Vec<(&str, u32, &str, &str)> = then
        .iter()
        .map(|i| {
            (
                i.product.as_str(),
                i.planned_s,
                i.demonstration.as_str(),
                i.holder.as_str(),
            )
        })
        .collect();
    let expected = [
        ("枣", 180, "掰开一颗", "小李"),
        ("苹果", 90, "", "阿姨"),
        ("梨", 0, "", ""),
    ];
    assert_eq!(told, expected);
    // By number, where every row has one.
    let sheet = "序号,品名,讲解时长\n2,枣,3\n1,梨,x\n1,梨,2\n";
    let report = again(&known, sheet);
    let order: Vec<&str> = report
        .rundown
        .iter()
        .map(|line| line.product.as_str())
        .collect();
    assert_eq!(order, ["梨", "枣"]);
    assert_eq!(problems(&report)[0].2, ProblemCode::PlannedUnreadable);
}

#[test]
fn a_cell_that_cannot_be_read_changes_nothing_of_its_product_and_the_rest_of_the_row_does() {
    let known = typed();
    let report = again(
        std::slice::from_ref(&known),
        "货号,直播价,日常价,库存,条码,链接\nA1,25,x,很多,6901234567893,taobao\nA2,9,,,,\n",
    );
    let [peach] = &report.products[..] else {
        panic!("{:?}", report.problems)
    };
    assert_eq!(peach.offer.live_price, cny(2500));
    assert_eq!(peach.offer.list_price, known.offer.list_price);
    assert_eq!(peach.offer.quantity, known.offer.quantity);
    assert_eq!((&peach.gtin, &peach.link), (&known.gtin, &known.link));
    assert_eq!(outcomes(&report), (vec![3], vec![2]));
    assert_eq!(report.problems.len(), 5);
    // Nobody can say which of two prices is wrong, and which currency a price has.
    let both = again(
        std::slice::from_ref(&known),
        "货号,直播价,日常价\nA1,25,19\n",
    );
    assert_eq!(
        (both.products.len(), outcomes(&both)),
        (0, (vec![2], vec![]))
    );
    // What a product as a whole is refused for: of two cells that it keeps together, the one that is too long.
    let long = "x".repeat(400);
    let text = format!("货号,直播价,规格,英文规格,发货,保质期\nA1,25,大,{long},顺丰,{long}\n");
    let report = again(std::slice::from_ref(&known), &text);
    assert_eq!(report.products[0].spec.zh, "大");
    assert_eq!(report.products[0].spec.en, known.spec.en);
}
