//! Lists made of the development data's products, as a seller words them, against what its cells say.
//!
//! The data lies beside the checkout and is not part of it; without it there is nothing to measure.

use std::path::Path;

use serde_json::Value;
use stallcast_journal::catalogue::{ImportError, ImportOptions, import};

const HEADERS: [(&str, &str); 2] = [
    ("zh", "商品ID,链接号,标题,直播价,日常价,库存,规格"),
    ("en", "SKU,No,Title,Live price,List price,Stock,Spec"),
];

/// The numbers in a text: what a person takes its cell for, when there is one.
fn numbers(text: &str) -> Vec<String> {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let parts = text.split(|c: char| !digits(c));
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn fen(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

#[test]
fn the_labelled_products_come_in_as_their_cells_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let Ok(facts) = std::fs::read(folder.join("facts_dev.json")) else {
        println!("no development data beside the checkout: nothing to measure");
        return;
    };
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    let products = facts["products"].as_array().unwrap();
    let (mut rows, mut rows_right, mut cells, mut cells_right) = (0, 0, 0, 0);
    for (language, header) in HEADERS {
        let of = |product: &Value, key: &str| -> String {
            let texts = if language == "en" {
                &product["en"]
            } else {
                product
            };
            texts[key].as_str().unwrap().to_owned()
        };
        let mut text = format!("{header}\n");
        for product in products {
            let id = product["id"].as_str().unwrap();
            let words = ["title", "price", "list_price", "stock", "spec"];
            let quoted = words
                .map(|key| format!("\"{}\"", of(product, key)))
                .join(",");
            text.push_str(&format!("{id},{},{quoted}\n", product["link"]));
        }
        let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
        let mut files = vec![text.clone().into_bytes()];
        files.push(
            format!("\u{FEFF}{text}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        );
        if !lossy {
            files.push(gb.into_owned());
        }
        for file in files {
            let report = import(&file, &ImportOptions::default()).unwrap();
            for (index, product) in products.iter().enumerate() {
                rows += 1;
                let id = product["id"].as_str().unwrap();
                let got = report.products.iter().find(|p| p.id.as_str() == id);
                let stock = numbers(&of(product, "stock"));
                let [stock] = &stock[..] else {
                    // Stock by colour is no single number: the cell must be named and nothing guessed.
                    let line = u32::try_from(index).unwrap() + 2;
                    let named = report
                        .problems
                        .iter()
                        .any(|p| p.line == line && p.column.ends_with("(F)"));
                    let uncounted = got.is_some_and(|got| got.offer.quantity.is_none());
                    rows_right += usize::from(uncounted && named);
                    continue;
                };
                let amount = |key| fen(&numbers(&of(product, key))[0]);
                let right = got.map_or([false; 5], |got| {
                    let list = got.offer.list_price.as_ref().map(|m| m.minor);
                    let pick = |text: &stallcast_show::Text| format!("{}{}", text.zh, text.en);
                    [
                        pick(&got.title) == of(product, "title"),
                        pick(&got.spec) == of(product, "spec"),
                        got.offer.live_price.minor == amount("price"),
                        list == Some(amount("list_price")),
                        got.offer.quantity == stock.parse().ok(),
                    ]
                });
                cells += right.len();
                cells_right += right.iter().filter(|right| **right).count();
                rows_right += usize::from(right == [true; 5]);
            }
        }
    }
    println!("rows right: {rows_right} of {rows}; cells right: {cells_right} of {cells}");
    assert!(rows_right * 10 >= rows * 9, "{rows_right} of {rows} rows");
    assert!(
        cells_right * 10 >= cells * 9,
        "{cells_right} of {cells} cells"
    );

    // The other tables of the data are no catalogues and must not be taken for one.
    for name in [
        "shop_dev.csv",
        "mod_dev.csv",
        "livechat_dev.csv",
        "near_miss_dev.csv",
    ] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            continue;
        };
        let answer = import(&bytes, &ImportOptions::default());
        assert!(
            matches!(answer, Err(ImportError::NoHeader { .. })),
            "{name}"
        );
    }
}
