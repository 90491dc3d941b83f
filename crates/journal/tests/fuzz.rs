//! Lists that are damaged in every way: the import answers each in time and within its memory, and what it takes is good.
//! The counts of what came of them are printed: `cargo test -p stallcast-journal --test fuzz -- --nocapture`; more cases
//! with `PROPTEST_CASES`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counting;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use counting::counted;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use stallcast_journal::catalogue::{ImportOptions, import};
use stallcast_show::Catalogue;
use zip::write::SimpleFileOptions;

/// One at a time: the counters are the process's.
static ALONE: Mutex<()> = Mutex::new(());

/// What any of these small lists may take, bytes: buffers of the readers, and what a damaged workbook may unpack to.
const MEMORY_MAX: usize = 96 << 20;

/// What an answer may take on a slow and busy machine; usual are milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

const CASES: u32 = 400;

const ZH: &str = "\
商品名称,直播价,日常价,库存,优惠券,赠品,限购,降价,产地,采摘日期,条码,图片,链接,倒计时,讲解时长,演示动作,讲解人,卖点1,卖点2,开始时间,结束时间
阳山水蜜桃,29.9,59,100,减5元,刀,2,3分钟 27.9；10:00 25,无锡,2026/7/8,6901234567892,a.jpg,https://a.example/1,5分钟,3,切开,小李,甜,脆,2026-11-22 20:00,2026年11月23日20点
东北大米,59元/袋,88,不限,,,,,五常,,,https://a.example/2.jpg,,00:05:00,1分30秒,,,\"香;糯\",
";
const SHOPIFY: &str = "\
Handle,Title,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Variant Image
peach,Peach box,Small,P-S,shopify,12,19.99,29.99,https://cdn.example/1.jpg,
peach,,Large,P-L,shopify,-2,29.99,29.99,https://cdn.example/2.jpg,l.jpg
jam,Plum jam,Default Title,J,,0,5.00,,,
";
const WOOCOMMERCE: &str = "\
ID,Type,SKU,Name,Stock,Sale price,Regular price,Images,Parent,Attribute 1 value(s),Date sale price starts,Date sale price ends
10,variable,TEE,T-shirt,,,,https://shop.example/tee.jpg,,\"Red, Blue\"
11,variation,TEE-R,,5,15.00,20.00,,id:10,Red,2026-11-22,2026-11-23
13,simple,JAM,Plum jam,,,4.50,,,
";
const XML: &str = r#"<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>
<item><g:id>A1</g:id><title>Peaches &amp; cream</title><link>https://a.example/1</link><g:price>29.90 USD</g:price><g:sale_price>19.90 USD</g:sale_price>
<g:sale_price_effective_date>2026-11-21T11:00-0500/2026-11-22T11:00-0500</g:sale_price_effective_date></item>
<item><g:id>B2</g:id><title><![CDATA[Plums]]></title><g:price>9.90 USD</g:price><g:x><g:y/></g:x></item></channel></rss>"#;

/// What is put into a list: marks that mean something, numbers at the edges, and much of the same.
fn tokens() -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = [
        "\"",
        ",",
        ";",
        "\t",
        "\n",
        "\r",
        "\"\"",
        "\0",
        "\u{FEFF}",
        "\u{202E}",
        "<",
        ">",
        "&",
        "<item>",
        "</item>",
        "<![CDATA[",
        "]]>",
        "&#0;",
        "&x;",
        "id:10",
        "-",
        "1e309",
        "9999999999999999999",
        "NaN",
        "00:00:00",
        "直播价",
        "标题",
        "price",
        "sep=;",
        "https://",
        "../",
        "uniqueCount=\"9999999999\"",
        "<row r=\"4294967295\">",
        "<c r=\"XFD1048576\">",
        "t=\"s\"",
        "<v>99999999</v>",
    ]
    .map(|word| word.as_bytes().to_vec())
    .into();
    tokens.push(vec![b','; 5_000]);
    tokens.push(vec![b'"'; 5_001]);
    tokens.push("<item>".repeat(3_000).into_bytes());
    tokens.push(vec![0xFF, 0xFE]);
    tokens.push(vec![0xE4]);
    tokens
}

/// One damage: what is done, where and how far (of 1.0), and with what.
type Damage = (u8, f64, f64, usize, u8);

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let one = (
        0u8..6,
        0.0..1.0f64,
        0.0..0.2f64,
        any::<usize>(),
        any::<u8>(),
    );
    proptest::collection::vec(one, 1..8)
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    let tokens = tokens();
    for (what, at, length, which, byte) in damages {
        let size = bytes.len();
        let at = ((size as f64 * at) as usize).min(size);
        let end = (at + (size as f64 * length) as usize).min(size);
        match what {
            0 if at < size => bytes[at] = *byte,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                let again = part.repeat(1 + usize::from(*byte % 8));
                drop(bytes.splice(at..at, again));
            }
            3 => bytes.truncate(at),
            4 | 5 => drop(bytes.splice(at..at, tokens[which % tokens.len()].iter().copied())),
            _ => {}
        }
    }
    bytes
}

/// A workbook with one of its parts damaged, packed whole again.
fn damaged_inside(workbook: &[u8], which: usize, damages: &[Damage]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = archive.len();
    for index in 0..parts {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if index == which % parts {
            bytes = damaged(bytes, damages);
        }
        packed
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        packed.write_all(&bytes).unwrap();
    }
    packed.finish().unwrap().into_inner()
}

#[derive(Default)]
struct Counts {
    cases: u32,
    read: u32,
    products: usize,
    problems: usize,
    refused: BTreeMap<&'static str, u32>,
    slowest: Duration,
    most: usize,
}

/// Imports one list and holds its answer against the rules.
fn answer(bytes: &[u8], known: &Catalogue, counts: &mut Counts) {
    let options = ImportOptions {
        known: known.clone(),
        ..ImportOptions::default()
    };
    let began = Instant::now();
    let (answer, held) = counted(|| import(bytes, &options));
    let took = began.elapsed();
    assert!(took < ANSWER_WITHIN, "{took:?}");
    assert!(
        held <= MEMORY_MAX,
        "{held} bytes for a list of {}",
        bytes.len()
    );
    counts.cases += 1;
    counts.slowest = counts.slowest.max(took);
    counts.most = counts.most.max(held);
    match answer {
        Ok(report) => {
            counts.read += 1;
            counts.products += report.products.len();
            counts.problems += report.problems.len();
            for product in &report.products {
                product.check().unwrap();
            }
        }
        Err(error) => *counts.refused.entry(error.code()).or_default() += 1,
    }
}

fn known_of(list: &str) -> Catalogue {
    let report = import(list.as_bytes(), &ImportOptions::default()).unwrap();
    report
        .products
        .into_iter()
        .map(|p| (p.id.clone(), p))
        .collect()
}

fn fuzz(name: &str, make: impl Fn(usize, &[Damage]) -> Vec<u8>, known: &Catalogue) {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let counts = RefCell::new(Counts::default());
    let usual = Config::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual.cases,
        None => CASES,
    };
    let config = Config {
        cases,
        failure_persistence: None,
        ..usual
    };
    let found = TestRunner::new(config).run(&(any::<usize>(), damages()), |(which, damages)| {
        answer(&make(which, &damages), known, &mut counts.borrow_mut());
        Ok(())
    });
    let counts = counts.into_inner();
    println!(
        "{name}: {} lists, {} read with {} products and {} problems, refused {:?}; slowest {:?}, most {:.1} MB",
        counts.cases,
        counts.read,
        counts.products,
        counts.problems,
        counts.refused,
        counts.slowest,
        counts.most as f64 / f64::from(1 << 20),
    );
    found.unwrap();
    assert!(counts.read > 0, "every list was refused: nothing was tried");
}

#[test]
fn damaged_text_lists_are_answered() {
    let lists = [ZH, SHOPIFY, WOOCOMMERCE];
    let known = known_of(ZH);
    fuzz(
        "csv",
        |which, damages| damaged(lists[which % 3].into(), damages),
        &known,
    );
}

#[test]
fn damaged_feeds_are_answered() {
    fuzz(
        "xml",
        |_, damages| damaged(XML.into(), damages),
        &known_of(XML),
    );
}

#[test]
fn damaged_workbooks_are_answered() {
    let books: [&[u8]; 2] = [
        include_bytes!("data/orchard.xlsx"),
        include_bytes!("data/shared.xlsx"),
    ];
    let nothing = Catalogue::default();
    fuzz(
        "xlsx",
        |which, damages| damaged(books[which % 2].to_vec(), damages),
        &nothing,
    );
}

#[test]
fn workbooks_with_a_damaged_part_are_answered() {
    let books: [&[u8]; 2] = [
        include_bytes!("data/orchard.xlsx"),
        include_bytes!("data/shared.xlsx"),
    ];
    let nothing = Catalogue::default();
    let make =
        |which: usize, damages: &[Damage]| damaged_inside(books[which % 2], which / 2, damages);
    fuzz("xlsx part", make, &nothing);
}
