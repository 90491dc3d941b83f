//! Lists of text: encodings, delimiters, headers, cells.

use stallcast_journal::catalogue::{
    Delimiter, Encoding, Field, Format, ImportOptions, ImportReport, ProblemCode, import,
};

use super::{ids, minor, outcomes, problems, read};

const ZH: &str = "商品名称,直播价,划线价,库存,规格,条码\n\
    阳山水蜜桃,29.9,59.9,300,5斤装,6901234567892\n\
    巨峰葡萄,￥19.90,,不限,2斤,\n";

fn assert_zh(report: &ImportReport) {
    assert_eq!(report.products.len(), 2, "{:?}", report.problems);
    let peach = &report.products[0];
    assert_eq!(peach.title.zh, "阳山水蜜桃");
    assert_eq!(minor(peach), (2990, Some(5990)));
    assert_eq!(peach.offer.quantity, Some(300));
    assert_eq!(peach.spec.zh, "5斤装");
    assert_eq!(peach.gtin.as_deref(), Some("6901234567892"));
    let grape = &report.products[1];
    assert_eq!((minor(grape), grape.offer.quantity), ((1990, None), None));
}

#[test]
fn every_encoding_gives_the_same_products() {
    let utf16 = |from: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let text = if mark {
            format!("\u{FEFF}{ZH}")
        } else {
            ZH.to_owned()
        };
        text.encode_utf16().flat_map(from).collect()
    };
    let (gb, _, lossy) = encoding_rs::GB18030.encode(ZH);
    assert!(!lossy);
    for (bytes, encoding) in [
        (ZH.as_bytes().to_vec(), Encoding::Utf8),
        (format!("\u{FEFF}{ZH}").into_bytes(), Encoding::Utf8),
        (utf16(u16::to_le_bytes, true), Encoding::Utf16Le),
        (utf16(u16::to_be_bytes, true), Encoding::Utf16Be),
        (utf16(u16::to_le_bytes, false), Encoding::Utf16Le),
        (utf16(u16::to_be_bytes, false), Encoding::Utf16Be),
        (gb.into_owned(), Encoding::Gb18030),
    ] {
        let report = read(&bytes);
        assert_eq!(report.encoding, encoding);
        assert_zh(&report);
    }
}

#[test]
fn every_delimiter_and_line_end_gives_the_same_products() {
    for (delimiter, name) in [
        (",", Delimiter::Comma),
        (";", Delimiter::Semicolon),
        ("\t", Delimiter::Tab),
    ] {
        for end in ["\n", "\r\n", "\r"] {
            let report = read(ZH.replace(',', delimiter).replace('\n', end).as_bytes());
            assert_eq!(report.format, Format::Csv { delimiter: name });
            assert_zh(&report);
        }
    }
}

#[test]
fn english_headers_in_any_order_and_currencies() {
    let report = read(
        b"qty,Live price,Name,List price,Currency,URL,Countdown (min),Selling points,Weight\n\
          \"1,000 pcs\",9.99,Peaches,12.50,usd,https://shop.example/p,1.5,Sweet; Fresh,3kg\n\
          5,$4.50,Plums,,,,,,\n\
          5,5,Pears,,??,,,,\n",
    );
    let peach = &report.products[0];
    assert_eq!(peach.title.en, "Peaches");
    assert_eq!(peach.offer.live_price.currency.0, "USD");
    assert_eq!(
        (minor(peach), peach.offer.quantity),
        ((999, Some(1250)), Some(1000))
    );
    assert_eq!(peach.offer.countdown_s, Some(90));
    assert_eq!(peach.talking_points, ["Sweet", "Fresh"]);
    assert_eq!(report.products[1].offer.live_price.currency.0, "USD");
    assert_eq!(report.unmapped, ["Weight"]);
    assert_eq!(report.mapping[1].field, Field::LivePrice);
    assert_eq!(report.mapping[1].letter, "B");
    let expected = [(4, "Currency (E)", ProblemCode::CurrencyUnknown, "??")];
    assert_eq!(problems(&report), expected);

    let report = read(b"title,price (USD)\npeach,9.99\n");
    assert_eq!(report.products[0].offer.live_price.currency.0, "USD");
}

#[test]
fn a_plain_price_beside_a_live_price_is_the_usual_one() {
    // Google's feed: price and sale_price; WooCommerce: Regular price and Sale price, often empty.
    let report = read(b"id,title,price,sale_price\na,Peach,9.99 USD,7.99 USD\nb,Plum,5 USD,\n");
    assert_eq!(minor(&report.products[0]), (799, Some(999)));
    assert_eq!(minor(&report.products[1]), (500, None));
    let report = read(b"SKU,Name,Sale price,Regular price\na,Peach,,10\nb,Plum,4,4\n");
    assert_eq!(minor(&report.products[0]), (1000, None));
    assert_eq!(minor(&report.products[1]), (400, None));
}

#[test]
fn every_bad_cell_is_named_and_the_good_rows_stay() {
    let text = "\
        链接号,标题,直播价,日常价,库存,条码,链接,图片,倒计时\n\
        1,桃,29.9,59.9,10,,,,\n\
        2,,29.9,,,,,,\n\
        3,\"李\n(两行)\",abc,,x,,,,\n\
        \n\
        4,杏,-1,,-3,,,,\n\
        5,梨,1.299,,,6901234567893,,,\n\
        6,柿,29.9901,,,6.90123E+12,,,\n\
        7,枣,29.9,19.9,,,,,\n\
        8,柚,29.9,$39.9,,,taobao,,\n\
        8,橙,,,,,,../x.jpg,1:30\n\
        1,桔,5,,,,,,\n\
        9,蕉,5,,,,taobao,,\n\
        10,瓜,5,,,,,瓜.jpg,100000\n\
        11,莓,5,5,,,https://shop.example/莓,瓜/莓.jpg,60秒\n";
    let report = read(text.as_bytes());
    assert_eq!(ids(&report), ["1", "9", "10", "11"]);
    assert_eq!(
        outcomes(&report),
        (vec![3, 4, 6, 7, 8, 9, 10, 11, 12], vec![13, 14])
    );
    let [_, plain, melon, berry] = &report.products[..] else {
        panic!()
    };
    assert_eq!(plain.link, None);
    assert_eq!(
        (melon.photo.as_deref(), melon.offer.countdown_s),
        (Some("瓜.jpg"), None)
    );
    assert_eq!(berry.photo.as_deref(), Some("瓜/莓.jpg"));
    assert_eq!(berry.offer.countdown_s, Some(60));
    use ProblemCode as P;
    assert_eq!(
        problems(&report),
        [
            (3, "标题 (B)", P::TitleMissing, ""),
            (4, "直播价 (C)", P::PriceUnreadable, "abc"),
            (4, "库存 (E)", P::QuantityUnreadable, "x"),
            (6, "直播价 (C)", P::PriceNegative, "-1"),
            (6, "库存 (E)", P::QuantityNegative, "-3"),
            (7, "条码 (F)", P::GtinInvalid, "6901234567893"),
            (7, "直播价 (C)", P::PriceAmbiguous, "1.299"),
            (8, "条码 (F)", P::GtinDigitsLost, "6.90123E+12"),
            (8, "直播价 (C)", P::PriceTooPrecise, "29.9901"),
            (9, "日常价 (D)", P::ListBelowLive, "19.9"),
            (10, "日常价 (D)", P::CurrencyDiffers, "39.9"),
            (11, "图片 (H)", P::PhotoInvalid, "../x.jpg"),
            (11, "倒计时 (I)", P::CountdownUnreadable, "1:30"),
            (11, "直播价 (C)", P::PriceMissing, ""),
            (12, "链接号 (A)", P::DuplicateId, "1"),
            (13, "链接 (G)", P::LinkInvalid, "taobao"),
            (14, "倒计时 (I)", P::CountdownOutOfRange, "100000"),
        ]
    );
}

#[test]
fn numbers_order_the_rundown() {
    let report = read("标题,链接号,价格\n丙,3号,1\n甲,1号,1\n乙,2号,1\n".as_bytes());
    assert_eq!(ids(&report), ["1号", "2号", "3号"]);
    let report = read("标题,货号,价格\n丙,x3,1\n甲,x1,1\n".as_bytes());
    assert_eq!(ids(&report), ["x3", "x1"], "a shop's ids are no order");
}

#[test]
fn damaged_characters_are_named_and_the_rest_is_kept() {
    let mut bytes = "标题,价格\n桃子,5\n李".as_bytes().to_vec();
    bytes.extend_from_slice(&[0xE6, 0x9D]);
    bytes.extend_from_slice("子,6\n杏子,7\n".as_bytes());
    let report = read(&bytes);
    assert_eq!(report.products.len(), 2);
    assert_eq!(
        (report.problems[0].line, report.problems[0].code),
        (3, ProblemCode::BadCharacters)
    );
}

#[test]
fn a_price_by_the_unit_is_read_and_keeps_its_unit() {
    let report = read(
        "标题,直播价,规格\n桃,9.9元/斤,\n李,12元／3盒,大果\nPlum,$5 per lb,\n枣,29元/39元,\n"
            .as_bytes(),
    );
    let specs = |text: fn(&stallcast_show::Text) -> &str| -> Vec<&str> {
        report.products.iter().map(|p| text(&p.spec)).collect()
    };
    assert_eq!(specs(|text| &text.zh), ["/斤", "大果", ""]);
    assert_eq!(specs(|text| &text.en), ["", "", "per lb"]);
    let prices: Vec<i64> = report.products.iter().map(|p| minor(p).0).collect();
    assert_eq!(prices, [990, 1200, 500]);
    let expected = [(5, "直播价 (B)", ProblemCode::PriceUnreadable, "29元/39元")];
    assert_eq!(problems(&report), expected);
}

#[test]
fn prices_that_name_no_currency_are_counted() {
    let options = ImportOptions {
        currency: stallcast_show::Currency("USD".to_owned()),
        ..ImportOptions::default()
    };
    let list = "title,price\nSoap,9.99\nOil,$19.90\nTea,¥5\nWax,7 per jar\n";
    let report = import(list.as_bytes(), &options).unwrap();
    let currency = |at: usize| report.products[at].offer.live_price.currency.0.as_str();
    assert_eq!([0, 1, 2, 3].map(currency), ["USD", "USD", "CNY", "USD"]);
    assert_eq!(report.assumed, 2);
    for named in [
        "title,price (USD)\nSoap,9.99\n",
        "title,price,currency\nSoap,9.99,EUR\n",
    ] {
        assert_eq!(read(named.as_bytes()).assumed, 0, "{named}");
    }
    let shop = "Handle,Title,Variant SKU,Variant Price\nsoap,Soap,s1,9.99\n";
    assert_eq!(read(shop.as_bytes()).assumed, 1);
}

#[test]
fn a_row_pasted_in_from_a_list_of_another_encoding_costs_that_row_only() {
    let (pasted, _, _) = encoding_rs::GB18030.encode("烟台红富士苹果,19.9,,50,五斤装,\n");
    let mut list = ZH.as_bytes().to_vec();
    list.extend_from_slice(&pasted);
    let report = read(&list);
    assert_eq!(report.encoding, Encoding::Utf8);
    assert_zh(&report);
    let problem = &report.problems[0];
    assert_eq!(
        (problem.line, problem.code),
        (4, ProblemCode::BadCharacters)
    );
}
