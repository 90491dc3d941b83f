//! Files that are no list, lists that are too long, and whoever asked going away.

use stallcast_journal::catalogue::{
    ImportError, ImportOptions, ProblemCode, Stop, import, import_unless,
};
use stallcast_show::{At, Command, Event, ProductId, Show, decide};

use super::{assert_taken, ids, problems, read};

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
        refused(include_bytes!("../data/no_header.xlsx")),
        no_header(&["just", "some", "words"])
    );
    let too_large = vec![b' '; 64 * 1024 * 1024 + 1];
    assert_eq!(refused(&too_large).code(), "import_too_large");
}

#[test]
fn a_header_with_nothing_below_says_so() {
    let refused = |text: &str| import(text.as_bytes(), &ImportOptions::default()).unwrap_err();
    for text in ["title,price\n", "标题,直播价", "title,price\n,\n\n"] {
        assert_eq!(refused(text), ImportError::NoRows, "{text:?}");
    }
    assert_eq!(ImportError::NoRows.code(), "import_no_rows");
}

/// A list of `rows` products.
fn list(rows: usize) -> String {
    let mut text = "货号,标题,价格,库存\n".to_owned();
    for n in 0..rows {
        text.push_str(&format!("A{n},水蜜桃 {n} 号,{}.9,{n}\n", n % 90 + 1));
    }
    text
}

#[test]
fn fifty_thousand_products_are_taken_and_the_rest_is_named_in_one_line() {
    let text = list(50_003);
    let report = import(text.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(report.products.len(), 50_000);
    let expected = [(50_002, "", ProblemCode::TooManyProducts, "")];
    assert_eq!(problems(&report), expected);
    assert_taken(&report.products);
    // Exactly as many leave nothing out.
    assert!(read(list(50_000).as_bytes()).problems.is_empty());
}

#[test]
fn a_show_that_has_products_takes_as_many_as_fit_and_every_change_of_its_own() {
    let mut show = Show::default();
    let take = |show: &mut Show, text: &str| {
        let options = ImportOptions {
            known: show.products.clone(),
            ..ImportOptions::default()
        };
        let report = import(text.as_bytes(), &options).unwrap();
        let products = report.products.clone();
        let events: Vec<Event> = decide(show, Command::ImportProducts { products }, At(0)).unwrap();
        show.apply_all(&events);
        report
    };
    take(&mut show, &list(49_999));
    // The last line changes a product that is there.
    let report = take(
        &mut show,
        "货号,标题,价格\nN1,梨,5\nN2,杏,5\nN3,枣,5\nA0,新桃,6\n",
    );
    assert_eq!(ids(&report), ["N1", "A0"]);
    let expected = [(3, "", ProblemCode::TooManyProducts, "")];
    assert_eq!(problems(&report), expected);
    assert_eq!(show.products.len(), 50_000);
    assert_eq!(show.products[&ProductId::from("A0")].title.zh, "新桃");
}

#[test]
fn a_shopify_export_over_the_limit_keeps_the_first_ones_too() {
    let mut text = "Handle,Title,Variant SKU,Variant Price\n".to_owned();
    for n in 0..50_002 {
        text.push_str(&format!("h{n},Peach,S{n},5\n"));
    }
    let report = read(text.as_bytes());
    assert_eq!(report.products.len(), 50_000);
    let expected = [(50_002, "", ProblemCode::TooManyProducts, "")];
    assert_eq!(problems(&report), expected);
}

#[test]
fn a_thousand_bad_rows_are_named_and_the_others_counted() {
    let mut text = "标题,价格\n".to_owned();
    for _ in 0..1_500 {
        text.push_str("桃,x\n");
    }
    text.push_str("李,5\n");
    let report = read(text.as_bytes());
    assert_eq!(report.products.len(), 1);
    assert_eq!(report.problems.len(), 1_001);
    let last = report.problems.last().unwrap();
    assert_eq!(
        (last.line, last.code, last.value.as_str()),
        (1_002, ProblemCode::MoreProblems, "500")
    );
}

#[test]
fn an_import_ends_when_its_asker_is_gone() {
    let stop = Stop::default();
    stop.ask();
    let workbook = include_bytes!("../data/orchard.xlsx");
    for bytes in [list(10).as_bytes(), workbook] {
        let answer = import_unless(bytes, &ImportOptions::default(), &stop);
        assert_eq!(answer.unwrap_err(), ImportError::Stopped);
    }
}

#[test]
fn what_nobody_sees_is_taken_out_of_cells() {
    let report = read(
        "标题,直播价,条码\n\u{202E}阳山\u{2066}水蜜桃\u{202C},\u{202D}29.9\u{202C},6901234\u{200B}567892\n"
            .as_bytes(),
    );
    let peach = &report.products[0];
    assert_eq!(peach.title.zh, "阳山水蜜桃");
    assert_eq!(peach.offer.live_price.minor, 2990);
    assert_eq!(peach.gtin.as_deref(), Some("6901234567892"));
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
