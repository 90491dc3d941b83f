//! Lists as shops and people make them, with the products and the problems they must give.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use stallcast_journal::catalogue::{
    Delimiter, Encoding, Field, Format, ImportError, ImportOptions, ImportReport, ProblemCode,
    import,
};
use stallcast_show::{At, Command, Product, Show, decide};

fn read(bytes: &[u8]) -> ImportReport {
    let report = import(bytes, &ImportOptions::default()).unwrap();
    assert_taken(&report.products);
    report
}

/// What is imported must be accepted by a show.
fn assert_taken(products: &[Product]) {
    if !products.is_empty() {
        let products = products.to_vec();
        decide(
            &Show::default(),
            Command::ImportProducts { products },
            At(0),
        )
        .unwrap();
    }
}

fn problems(report: &ImportReport) -> Vec<(u32, &str, ProblemCode, &str)> {
    let all = report.problems.iter();
    all.map(|p| (p.line, p.column.as_str(), p.code, p.value.as_str()))
        .collect()
}

fn ids(report: &ImportReport) -> Vec<&str> {
    report.products.iter().map(|p| p.id.as_str()).collect()
}

fn minor(product: &Product) -> (i64, Option<i64>) {
    let list = product.offer.list_price.as_ref().map(|m| m.minor);
    (product.offer.live_price.minor, list)
}

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
    assert_eq!(ids(&report), ["1", "11"]);
    assert_eq!(report.products[1].photo.as_deref(), Some("瓜/莓.jpg"));
    assert_eq!(report.products[1].offer.countdown_s, Some(60));
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
fn a_workbook_is_read_exactly() {
    let report = read(include_bytes!("data/orchard.xlsx"));
    let sheet = "商品".to_owned();
    assert_eq!(report.format, Format::Xlsx { sheet });
    assert_eq!(ids(&report), ["1", "2", "4", "9"]);
    let [grape, peach, can, berry] = &report.products[..] else {
        panic!("{:?}", report.problems)
    };
    assert_eq!(minor(grape), (1990, None));
    assert_eq!(grape.offer.countdown_s, Some(300));
    assert_eq!(grape.gtin.as_deref(), Some("036000291452"));
    assert_eq!(report.photo_links[0].url, "https://example.com/grape.jpg");
    assert_eq!(minor(peach), (2990, Some(5990)));
    assert_eq!(peach.gtin.as_deref(), Some("6901234567892"));
    assert_eq!(peach.talking_points, ["现摘现发", "坏果包赔"]);
    assert_eq!(peach.photo.as_deref(), Some("peach.jpg"));
    assert_eq!(minor(can), (1495, Some(3990)), "a formula's result");
    assert_eq!(minor(berry), (129_900, Some(199_950)));
    assert_eq!(berry.offer.quantity, Some(0));
    assert_eq!(
        berry.gtin.as_deref(),
        Some("036000291452"),
        "the lost zero is back"
    );
    use ProblemCode as P;
    assert_eq!(
        problems(&report),
        [
            (6, "库存 (E)", P::QuantityUnreadable, "12.5"),
            (8, "直播价（元） (C)", P::DateInstead, "2026-01-29"),
            (9, "商品名称 (B)", P::TitleMissing, ""),
            (10, "条码 (G)", P::GtinInvalid, "6901234567893"),
            (10, "规格 (F)", P::DateInstead, "2026-03-02"),
            (11, "直播价（元） (C)", P::FormulaError, "#DIV/0!"),
        ]
    );
}

#[test]
fn a_workbook_with_shared_strings_and_hidden_sheets_is_read() {
    let report = read(include_bytes!("data/shared.xlsx"));
    assert_eq!(ids(&report), ["A-1", "A-2"]);
    let [first, second] = &report.products[..] else {
        panic!()
    };
    assert_eq!(first.title.zh, "阳山水蜜桃");
    assert_eq!(
        (minor(first), first.offer.quantity),
        ((129_990, None), Some(300))
    );
    assert_eq!(first.gtin.as_deref(), Some("6901234567892"));
    assert_eq!(first.offer.countdown_s, Some(90));
    assert_eq!((minor(second), second.offer.quantity), ((2990, None), None));
    let expected = [(4, "价格 (C)", ProblemCode::PriceUnreadable, "TRUE")];
    assert_eq!(problems(&report), expected);
}

const SHOPIFY_OLD: &str = "\
Handle,Title,Body (HTML),Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Variant Image
peach-box,Peach box,\"<p>Sweet\nand fresh</p>\",Size,Small,Ripeness,Firm,PB-S,shopify,12,19.99,29.99,,https://cdn.example/1.jpg,
peach-box,,,,Large,,Soft,PB-L,shopify,-2,29.99,29.99,,https://cdn.example/2.jpg,https://cdn.example/l.jpg
peach-box,,,,,,,,,,,,,https://cdn.example/3.jpg,
plum-jam,Plum jam,,Title,Default Title,,,PJ,,0,5.00,,'036000291452,,
broken,Broken box,,Size,One,,,B-1,,1,free,,,,
broken,,,,Two,,,B-2,,1,3.00,,,,
";

#[test]
fn shopify_rows_are_grouped_by_handle_in_both_generations() {
    let new = SHOPIFY_OLD
        .replace("Handle,", "URL handle,")
        .replace("Variant SKU", "SKU")
        .replace("Variant Inventory Tracker", "Inventory tracker")
        .replace("Variant Inventory Qty", "Inventory quantity")
        .replace("Variant Price", "Price")
        .replace("Variant Compare At Price", "Compare-at price")
        .replace("Variant Barcode", "Barcode")
        .replace("Image Src", "Product image URL")
        .replace("Variant Image", "Variant image URL")
        .replace("Option1 Value", "Option1 value");
    for text in [SHOPIFY_OLD, &new] {
        let report = read(text.as_bytes());
        let expected = ["peach-box/PB-S", "peach-box/PB-L", "plum-jam", "broken/B-2"];
        assert_eq!(ids(&report), expected);
        let [small, large, jam, two] = &report.products[..] else {
            panic!()
        };
        assert_eq!(small.title.en, "Peach box · Small / Firm");
        assert_eq!(
            (minor(small), small.offer.quantity),
            ((1999, Some(2999)), Some(12))
        );
        assert_eq!(large.title.en, "Peach box · Large / Soft");
        assert_eq!(
            (minor(large), large.offer.quantity),
            ((2999, None), Some(0))
        );
        assert_eq!(jam.title.en, "Plum jam");
        assert_eq!(
            (minor(jam), jam.offer.quantity),
            ((500, None), None),
            "not counted"
        );
        assert_eq!(jam.gtin.as_deref(), Some("036000291452"));
        assert_eq!(two.title.en, "Broken box · Two");
        let photos: Vec<&str> = report.photo_links.iter().map(|p| p.url.as_str()).collect();
        assert_eq!(
            photos,
            ["https://cdn.example/1.jpg", "https://cdn.example/l.jpg"]
        );
        let found = problems(&report);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].0, found[0].2, found[0].3),
            (6, ProblemCode::PriceUnreadable, "free")
        );
    }
}

#[test]
fn files_that_are_no_list_are_refused_by_name() {
    let refused = |bytes: &[u8]| import(bytes, &ImportOptions::default()).unwrap_err();
    assert_eq!(refused(b""), ImportError::Empty);
    assert_eq!(refused(b"\n\n,,\n"), ImportError::Empty);
    assert_eq!(
        refused(&[0xD0, 0xCF, 0x11, 0xE0, 1, 2]),
        ImportError::OldExcel
    );
    assert_eq!(refused(b"PK\x03\x04 something"), ImportError::BadWorkbook);
    let no_header = |first: &[&str]| ImportError::NoHeader {
        first_row: first.iter().map(|s| (*s).to_owned()).collect(),
    };
    assert_eq!(refused(b"a,b\nc,d\n"), no_header(&["a", "b"]));
    assert_eq!(
        refused(include_bytes!("data/no_header.xlsx")),
        no_header(&["just", "some", "words"])
    );
    let too_large = vec![b' '; 64 * 1024 * 1024 + 1];
    assert_eq!(refused(&too_large).code(), "import_too_large");
}

#[test]
fn a_header_alone_gives_no_products_and_no_problem() {
    let report = read(b"title,price\n");
    assert_eq!((report.products.len(), report.problems.len()), (0, 0));
}

#[test]
fn ten_thousand_products_are_taken_and_the_rest_is_named() {
    let mut text = "货号,标题,价格,库存\n".to_owned();
    for n in 0..10_002 {
        text.push_str(&format!("A{n},水蜜桃 {n} 号,{}.9,{n}\n", n % 90 + 1));
    }
    let report = import(text.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(report.products.len(), 10_000);
    let lines: Vec<u32> = report.problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, [10_002, 10_003]);
    assert_taken(&report.products);
}

/// The time of a list and of one four times as long, for a person to read: `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check: its figures depend on the machine"]
fn measure_how_time_grows_with_the_list() {
    for rows in [20_000, 80_000] {
        let mut text = "Handle,Title,Variant SKU,Variant Price\n".to_owned();
        for n in 0..rows {
            text.push_str(&format!("h{},Peach,S{n},x\n", n / 4));
        }
        let start = std::time::Instant::now();
        let report = import(text.as_bytes(), &ImportOptions::default()).unwrap();
        println!(
            "{rows} rows, {} problems: {:?}",
            report.problems.len(),
            start.elapsed()
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_import_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = import(&bytes, &ImportOptions::default());
    }

    #[test]
    fn no_cells_make_the_import_fall_over_and_what_it_takes_is_good(
        cells in proptest::collection::vec("[\\PC\n\"]{0,12}|[0-9.,¥-]{0,8}|https?://[a-z./]{0,9}", 0..60)
    ) {
        let header = "链接号,标题,直播价,日常价,库存,条码,链接,图片,倒计时,币种";
        let rows: Vec<String> = cells.chunks(10).map(|row| row.join(",")).collect();
        let report = import(format!("{header}\n{}", rows.join("\n")).as_bytes(), &ImportOptions::default()).unwrap();
        assert_taken(&report.products);
    }

    #[test]
    fn a_damaged_workbook_never_makes_the_import_fall_over(
        at in 0usize..6_000, byte in any::<u8>(), cut in 0usize..6_000
    ) {
        let mut bytes = include_bytes!("data/orchard.xlsx").to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _ = import(&bytes, &ImportOptions::default());
        bytes.truncate(cut);
        let _ = import(&bytes, &ImportOptions::default());
    }
}
