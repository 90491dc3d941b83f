//! Workbooks, good and built to do harm.

use stallcast_journal::catalogue::{Format, ProblemCode};

use super::{ids, minor, outcomes, problems, read};

#[test]
fn a_workbook_is_read_exactly() {
    let report = read(include_bytes!("../data/orchard.xlsx"));
    let sheet = "商品".to_owned();
    assert_eq!(report.format, Format::Xlsx { sheet });
    assert_eq!(ids(&report), ["1", "2", "3", "4", "7", "9"]);
    assert_eq!(outcomes(&report), (vec![8, 9, 11], vec![6, 10]));
    let [grape, peach, half, can, bare, berry] = &report.products[..] else {
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
    assert_eq!(half.offer.quantity, None);
    assert_eq!((bare.gtin.as_deref(), bare.spec.zh.as_str()), (None, ""));
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
    let report = read(include_bytes!("../data/shared.xlsx"));
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
