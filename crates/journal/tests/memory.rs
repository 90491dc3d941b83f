//! Lists built to take memory: an import stays at a small multiple of its file, whatever stands in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counting;

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use counting::counted;
use stallcast_journal::Journal;
use stallcast_journal::catalogue::{ImportError, ImportOptions, ImportReport, import};
use stallcast_show::{Actor, At, Command, Product, ProductId, Role, decide};
use zip::write::SimpleFileOptions;

const MB: usize = 1 << 20;

/// What fifty thousand products and their report may take, besides what grows with the file.
const FIXED: usize = 200 * MB;

/// The counters are the process's, so one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The import's answer; it must not have held more than `times` its file.
fn within(times: usize, bytes: &[u8]) -> Result<ImportReport, ImportError> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (answer, taken) = counted(|| import(bytes, &ImportOptions::default()));
    println!(
        "{:.1} MB of file took {:.1} MB",
        bytes.len() as f64 / MB as f64,
        taken as f64 / MB as f64
    );
    let most = times * bytes.len() + FIXED;
    assert!(taken <= most, "{taken} of {most} bytes");
    answer
}

fn list(header: &str, rows: usize, row: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = format!("{header}\n");
    for n in 0..rows {
        text.push_str(&row(n));
        text.push('\n');
    }
    text.into_bytes()
}

#[test]
fn rows_without_end_of_the_same_product_or_of_bad_ones_are_counted_only() {
    let report = within(1, &list("title,price", 300_000, |_| "a,1".into())).unwrap();
    assert_eq!(report.products.len(), 1);
    let report = within(1, &list("title,price", 300_000, |_| "a,".into())).unwrap();
    assert_eq!(report.problems.last().unwrap().value, "299000");
}

#[test]
fn a_list_that_is_too_long_is_read_no_further_than_its_limit() {
    let report = within(1, &list("title,price", 300_000, |n| format!("{n}a,1"))).unwrap();
    assert_eq!(report.products.len(), 50_000);
}

/// What one press takes with so many products: decided, written down, and handed out as the engine does. And what the
/// products would take if they were copied for it.
fn press_with(products: usize) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(folder.path().join("journal")).unwrap();
    let actor = Actor {
        name: "a".into(),
        role: Role::Owner,
    };
    let rows = list("货号,标题,价格,库存", products, |n| {
        format!("A{n:05},水蜜桃 {n} 号,29.9,5")
    });
    let products = import(&rows, &ImportOptions::default()).unwrap().products;
    let last = products.last().unwrap().id.clone();
    let import = Command::ImportProducts { products };
    let events = decide(journal.show(), import, At(1)).unwrap();
    journal.append(&actor, At(1), &events).unwrap();
    let handed_out = journal.show().clone();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let press = Command::PutOnAir { product: last };
    let (next, taken) = counted(|| {
        let events = decide(journal.show(), press, At(2)).unwrap();
        journal.append(&actor, At(2), &events).unwrap();
        journal.show().clone()
    });
    assert!(next.on_air.is_some() && handed_out.on_air.is_none());
    let copy = || -> Vec<(ProductId, Product)> {
        let all = next.products.iter();
        all.map(|(id, product)| (id.clone(), product.clone()))
            .collect()
    };
    let (_, copied) = counted(copy);
    (taken, copied)
}

#[test]
fn a_press_takes_no_more_memory_with_fifty_thousand_products_than_with_fifty() {
    let (few, _) = press_with(50);
    let (many, copied) = press_with(50_000);
    println!("a press took {few} bytes of 50 products, {many} of 50,000; their copy {copied}");
    assert!(many <= 2 * few + 64 * 1024, "{many} bytes, {few} with 50");
}

#[test]
fn a_list_in_another_encoding_is_decoded_once() {
    let text = list("标题,价格", 200_000, |n| format!("桃{n},1"));
    let (gb, ..) = encoding_rs::GB18030.encode(std::str::from_utf8(&text).unwrap());
    let report = within(3, &gb).unwrap();
    assert_eq!(report.products.len(), 50_000);
}

#[test]
fn rows_of_five_hundred_cells_are_held_one_at_a_time() {
    let header = format!("title,price{}", ",highlights".repeat(510));
    let cells = ",x".repeat(50) + &",".repeat(460);
    let report = within(2, &list(&header, 9_000, |n| format!("{n}a,1{cells}"))).unwrap();
    assert_eq!(report.products.len(), 9_000);
}

#[test]
fn one_cell_of_a_million_points_is_left_out_at_the_limit() {
    let text = format!(
        "title,price,highlights\na,1,\"{}\"\nb,1,x\n",
        "x;".repeat(4_000_000)
    );
    let report = within(3, text.as_bytes()).unwrap();
    let points = |at: usize| report.products[at].talking_points.len();
    assert_eq!((points(0), points(1)), (0, 1));
}

const SHOPIFY: &str = "Handle,Title,Variant SKU,Variant Price,Image Src,Highlights";

#[test]
fn shopify_handles_without_a_product_are_let_go() {
    let report = within(1, &list(SHOPIFY, 200_000, |n| format!("h{n},,,,p.jpg,"))).unwrap();
    assert_eq!(report.products.len(), 0);
    let rows = list(SHOPIFY, 200_000, |n| format!("h{n},Peach,S,x,,"));
    assert!(within(1, &rows).unwrap().products.is_empty());
}

#[test]
fn shopify_variants_do_not_multiply_what_they_share() {
    let points = format!("{};", "x".repeat(499)).repeat(50);
    let rows = list(SHOPIFY, 100_000, |n| match n {
        0 => format!("h,Peach,S0,1,,\"{points}\""),
        _ => format!("h,,S{n},1,,"),
    });
    let report = within(1, &rows).unwrap();
    assert!(report.products.len() > 1_000);
}

/// A workbook with one sheet and one table of texts.
fn workbook(sheet: impl Iterator<Item = String>, strings: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut part = |name: &str, text: &mut dyn Iterator<Item = String>| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        text.for_each(|text| zip.write_all(text.as_bytes()).unwrap());
    };
    let once = |text: String| std::iter::once(text);
    part(
        "_rels/.rels",
        &mut once(format!(
            r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        )),
    );
    part(
        "xl/workbook.xml",
        &mut once(format!(
            r#"<workbook xmlns="{main}" xmlns:r="{rels}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#
        )),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &mut once(format!(
            r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rels}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        )),
    );
    part("xl/sharedStrings.xml", &mut once(strings.to_owned()));
    let start = once(format!(r#"<worksheet xmlns="{main}"><sheetData>"#));
    let end = once("</sheetData></worksheet>".to_owned());
    part(
        "xl/worksheets/sheet1.xml",
        &mut start.chain(sheet).chain(end),
    );
    zip.finish().unwrap().into_inner()
}

fn row(line: usize, cells: &[(&str, &str)]) -> String {
    let cell = |(column, text): &(&str, &str)| {
        format!(r#"<c r="{column}{line}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    let cells: String = cells.iter().map(cell).collect();
    format!(r#"<row r="{line}">{cells}</row>"#)
}

const HEADER: [(&str, &str); 2] = [("A", "title"), ("B", "price")];

#[test]
fn a_workbook_of_far_away_cells_costs_no_more_than_its_rows() {
    let rows = (2..200_000).map(|n| row(n, &[("SR", "x")]));
    let file = workbook(std::iter::once(row(1, &HEADER)).chain(rows), "<sst/>");
    let report = within(40, &file).unwrap();
    assert!(report.products.is_empty());
}

#[test]
fn a_workbook_with_more_products_than_a_show_takes_gives_the_first() {
    let rows = (2..60_000).map(|n| row(n, &[("A", &format!("p{n}")), ("B", "1")]));
    let file = workbook(std::iter::once(row(1, &HEADER)).chain(rows), "<sst/>");
    let report = within(4, &file).unwrap();
    assert_eq!(report.products.len(), 50_000);
    assert_eq!(report.problems.len(), 1);
}

#[test]
fn a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused() {
    let blank = " ".repeat(MB);
    let file = workbook((0..100).map(|_| blank.clone()), "<sst/>");
    assert!(file.len() < MB);
    assert!(matches!(
        within(1, &file),
        Err(ImportError::TooLarge { .. })
    ));
    // One that lies about it in its directory, too: the sizes stand 24 bytes into each entry.
    let mut lying = file;
    let places: Vec<usize> = (0..lying.len() - 4)
        .filter(|at| lying[*at..].starts_with(b"PK\x01\x02"))
        .collect();
    for place in places {
        lying[place + 24..place + 28].copy_from_slice(&[9, 0, 0, 0]);
    }
    assert!(within(1, &lying).is_err());
}

#[test]
fn a_claim_of_a_hundred_billion_texts_does_not_end_the_engine() {
    let strings = r#"<sst uniqueCount="100000000000"><si><t>a</t></si></sst>"#;
    let file = workbook(std::iter::once(row(1, &HEADER)), strings);
    assert_eq!(within(1, &file), Err(ImportError::BadWorkbook));
}
