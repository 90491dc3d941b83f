//! What a list can say besides names, prices and counts.

use stallcast_journal::catalogue::ProblemCode;

use super::{outcomes, problems, read};

const ZH: &str = "\
商品名称,直播价,日常价,日常价依据,优惠券,赠品,限购,降价,产地,果农,采摘日期,产地证明,发货,保质期,尺码说明,吃法,售后
阳山水蜜桃,29.9,59,上周小票 17 号,减5元,水果刀一把,2件,3分钟 27.9；10:00 25,无锡阳山,王大爷,2026/7/8,批次 2607 照片,48 小时内顺丰,常温三天,80-85 毫米,洗净即食,坏果包赔
";

const EN: &str = "\
Title,Live price,List price,Price evidence,Coupon,Gift,Limit,Price drops,Origin,产地,Grower,Harvest date,Batch,Delivery,Shelf life,Size guide,How to use,Returns
Peaches,$29.90,$59,receipt 17,NEW5 at checkout,A knife,2,3 min 27.90,Yangshan,阳山,Mr Wang,2026-07-08,2607,48 h,3 days,80-85 mm,Wash,14 days
";

#[test]
fn terms_origin_and_answers_come_with_a_list() {
    let report = read(ZH.as_bytes());
    assert_eq!(problems(&report), []);
    assert_eq!(report.unmapped, Vec::<String>::new());
    let peach = &report.products[0];
    let offer = &peach.offer;
    assert_eq!(offer.list_price_evidence, "上周小票 17 号");
    assert_eq!(
        offer.coupon.as_ref().unwrap().off.as_ref().unwrap().minor,
        500
    );
    assert_eq!(offer.gift.zh, "水果刀一把");
    assert_eq!(offer.limit_per_person, Some(2));
    let steps: Vec<(u32, i64)> = offer
        .steps
        .iter()
        .map(|s| (s.after_s, s.price.minor))
        .collect();
    assert_eq!(steps, [(180, 2790), (600, 2500)]);
    let origin = peach.origin.as_ref().unwrap();
    assert_eq!(
        (origin.place.zh.as_str(), origin.grower.zh.as_str()),
        ("无锡阳山", "王大爷")
    );
    assert_eq!(origin.harvested, "2026-07-08");
    assert_eq!(origin.evidence, "批次 2607 照片");
    let facts = peach.facts.as_ref().unwrap();
    let told = [
        &facts.shipping,
        &facts.shelf_life,
        &facts.size,
        &facts.usage,
        &facts.after_sales,
    ];
    let told = told.map(|text| text.zh.as_str());
    assert_eq!(
        told,
        [
            "48 小时内顺丰",
            "常温三天",
            "80-85 毫米",
            "洗净即食",
            "坏果包赔"
        ]
    );
}

#[test]
fn columns_in_both_languages_fill_both() {
    let report = read(EN.as_bytes());
    assert_eq!(problems(&report), []);
    let peach = &report.products[0];
    let origin = peach.origin.as_ref().unwrap();
    assert_eq!(
        (origin.place.zh.as_str(), origin.place.en.as_str()),
        ("阳山", "Yangshan")
    );
    assert_eq!(
        peach.offer.coupon.as_ref().unwrap().text.en,
        "NEW5 at checkout"
    );
    assert_eq!(peach.offer.steps[0].price.currency.0, "USD");
    assert_eq!(peach.facts.as_ref().unwrap().after_sales.en, "14 days");
    assert_eq!(peach.spec.en, "");
}

#[test]
fn details_that_cannot_be_read_are_named_with_their_column() {
    let header = "标题,价格,限购,降价,采摘日期,优惠券";
    for (cells, column, code) in [
        ("三,,,", "限购 (C)", ProblemCode::LimitUnreadable),
        ("0,,,", "限购 (C)", ProblemCode::LimitUnreadable),
        (",3 25,,", "降价 (D)", ProblemCode::StepsUnreadable),
        (",3分钟 35,,", "降价 (D)", ProblemCode::StepsNotFalling),
        (
            ",5分钟 25；3分钟 20,,",
            "降价 (D)",
            ProblemCode::StepsNotFalling,
        ),
        (",,10月8日,", "采摘日期 (E)", ProblemCode::DayUnreadable),
        (",,2026-02-30,", "采摘日期 (E)", ProblemCode::DayUnreadable),
        (",,,40", "优惠券 (F)", ProblemCode::CouponTooLarge),
    ] {
        let report = read(format!("{header}\n桃,30,{cells}\n梨,5,,,,\n").as_bytes());
        // Both come, the first one without what could not be read.
        let bare = read(format!("{header}\n桃,30,,,,\n梨,5,,,,\n").as_bytes());
        assert_eq!(report.products, bare.products, "{cells}");
        assert_eq!(outcomes(&report), (vec![], vec![2]), "{cells}");
        let found = problems(&report);
        assert_eq!(
            (found.len(), found[0].1, found[0].2),
            (1, column, code),
            "{cells}"
        );
    }
    let steps: Vec<String> = (1..12).map(|n| format!("{n}分钟 {}", 30 - n)).collect();
    let report = read(format!("{header}\n桃,30,,{},,\n", steps.join("；")).as_bytes());
    assert_eq!(problems(&report)[0].2, ProblemCode::TooManySteps);
}

#[test]
fn what_goods_cost_and_what_several_cost_together_come_with_a_list() {
    for (header, bundle) in [
        ("标题,价格,进货价,组合价", "3件99"),
        ("Title,Price,Unit cost,Bundle", "3 for 99"),
    ] {
        let report = read(format!("{header}\nPeaches,39.9,12.50,{bundle}\n").as_bytes());
        assert_eq!(problems(&report), []);
        let peach = &report.products[0];
        assert_eq!(peach.cost.as_ref().unwrap().minor, 1250);
        let bundle = peach.offer.bundle.as_ref().unwrap();
        assert_eq!((bundle.units, bundle.price.minor), (3, 9900));
    }
    for (cells, column, code) in [
        ("x,", "进货价 (C)", ProblemCode::PriceUnreadable),
        (",99", "组合价 (D)", ProblemCode::BundleUnreadable),
        (",3件 150", "组合价 (D)", ProblemCode::BundleNotBelow),
    ] {
        let list = format!("标题,价格,进货价,组合价\n桃,39.9,{cells}\n");
        let report = read(list.as_bytes());
        let found = problems(&report);
        assert_eq!((found.len(), found[0].1, found[0].2), (1, column, code));
    }
}

#[test]
fn an_offer_s_start_and_end_come_in_both_languages_and_wrong_ones_are_named() {
    use stallcast_journal::catalogue::{ImportOptions, Zone, import};
    use stallcast_show::At;
    let options = ImportOptions {
        zone: Zone::minutes_east(480),
        ..ImportOptions::default()
    };
    let starts = Some(At(1_795_348_800_000)); // 20:00 in China on 2026-11-22
    let ends = Some(At(1_795_348_800_000 + 7_200_000));
    for list in [
        "标题,直播价,开始时间,结束时间\n桃,30,2026-11-22 20:00,2026年11月22日22点\n",
        "Title,Price,Offer starts,Offer ends\nPeach,30,2026-11-22T12:00:00Z,2026/11/22 22:00\n",
        "标题,直播价,活动时间\n桃,30,2026/11/22 20:00 至 2026/11/22 22:00\n",
    ] {
        let report = import(list.as_bytes(), &options).unwrap();
        assert_eq!(problems(&report), [], "{list}");
        let offer = &report.products[0].offer;
        assert_eq!((offer.starts, offer.ends), (starts, ends), "{list}");
    }
    let header = "标题,直播价,开始时间,结束时间";
    for (cells, column, code) in [
        ("明晚八点,", "开始时间 (C)", ProblemCode::MomentUnreadable),
        (",2026-02-30", "结束时间 (D)", ProblemCode::MomentUnreadable),
        (
            "2026-11-22 20:00,2026-11-22 19:00",
            "结束时间 (D)",
            ProblemCode::EndsBeforeStart,
        ),
    ] {
        let list = format!("{header}\n桃,30,{cells}\n梨,5,-,\n");
        let report = import(list.as_bytes(), &options).unwrap();
        assert_eq!(outcomes(&report), (vec![], vec![2]), "{cells}");
        let found = problems(&report);
        assert_eq!(
            (found.len(), found[0].1, found[0].2),
            (1, column, code),
            "{cells}"
        );
    }
    // A list that says only one of them leaves the other, and changes nothing where the two do not fit.
    let mut known = import(
        format!("{header},SKU\n桃,30,2026-11-22 20:00,2026-11-22 22:00,P\n").as_bytes(),
        &options,
    )
    .unwrap();
    let mut with_known = options.clone();
    let product = known.products.remove(0);
    with_known.known.insert(product.id.clone(), product);
    let late = import("SKU,结束时间\nP,2026-11-22 23:00\n".as_bytes(), &with_known).unwrap();
    assert_eq!(late.products[0].offer.starts, starts);
    let early = import("SKU,结束时间\nP,2026-11-22 19:00\n".as_bytes(), &with_known).unwrap();
    assert_eq!(
        early.products,
        with_known.known.values().cloned().collect::<Vec<_>>()
    );
    assert_eq!(early.problems[0].code, ProblemCode::EndsBeforeStart);
}
