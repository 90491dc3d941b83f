//! Trains the question model. Needs nothing but the standard library:
//!
//! ```sh
//! rustc --edition 2024 -O -o /tmp/train crates/chat/training/train.rs
//! /tmp/train crates/chat/training/templates.tsv livechat_dev.csv shop_dev.csv crates/chat/src/question/model.tsv
//! ```
//!
//! Logistic regression with L2, AdaGrad, a fixed order and a fixed seed, so that the same input gives
//! the same file. Prints figures from cross-validation: a row is only ever judged by a model that has
//! seen neither it nor, in the shop set, any other row of its intent over all products.

#[path = "../src/question/cues.rs"]
mod cues;
#[path = "../src/question/features.rs"]
mod features;

use std::collections::{BTreeMap, HashMap};
use std::fs;

struct Row {
    text: String,
    ask: bool,
    /// Rows of a group are always in the same fold.
    group: String,
    set: Set,
    weight: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Own,
    Live,
    ShopZh,
    ShopEn,
}

/// A small generator (PCG's multiplier, high bits): order and slots only.
struct Random(u64);
impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
}

fn csv(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

fn own(path: &str, rows: &mut Vec<Row>) {
    let products = "橙子 石榴 纸尿裤 牛肉干 面霜 卫衣 耳机 茶叶 不粘锅 拖鞋 洗衣液 羽绒服 鸭脖 瓜子 电饭煲 手链 面膜 大米 台灯 粽子 书包 防晒霜 猕猴桃 枕头 小龙虾".split(' ').collect::<Vec<_>>();
    let english = "sneakers, face cream, headphones, tea set, knife, candle, hoodie, backpack, dried mango, blender, rug, necklace, oranges, rice cooker, serum, blanket".split(", ").collect::<Vec<_>>();
    let links = "1号 三号 8号 12号 5号链接 二号链接 7号"
        .split(' ')
        .collect::<Vec<_>>();
    let english_links = ["#1", "link 3", "number 7", "#12"];
    let places = "新疆 海南 黑龙江 香港 云南 广州 甘肃 台湾 成都"
        .split(' ')
        .collect::<Vec<_>>();
    let english_places = "canada, texas, dubai, the uk, alaska, manila, berlin"
        .split(", ")
        .collect::<Vec<_>>();
    let couriers = ["顺丰", "圆通", "京东", "邮政"];
    let numbers = ["3", "88", "120", "1", "165", "99", "6"];
    let mut random = Random(7);
    for line in fs::read_to_string(path).unwrap().lines() {
        let Some((label, text)) = line.split_once('\t') else {
            continue;
        };
        if line.starts_with('#') {
            continue;
        }
        let times = if text.contains('{') { 3 } else { 1 };
        for _ in 0..times {
            let is_english = text.is_ascii() && text.contains(' ')
                || text.contains("{ce}")
                || text.starts_with("{p} ")
                || text.starts_with("ship");
            let mut filled = text.to_owned();
            let mut fill = |slot: &str, values: &[&str]| {
                while let Some(at) = filled.find(slot) {
                    filled.replace_range(at..at + slot.len(), values[random.below(values.len())]);
                }
            };
            if is_english {
                fill("{p}", &english);
                fill("{l}", &english_links);
            }
            fill("{p}", &products);
            fill("{l}", &links);
            fill("{c}", &places);
            fill("{ce}", &english_places);
            fill("{k}", &couriers);
            fill("{n}", &numbers);
            rows.push(Row {
                group: format!("own {text}"),
                text: filled,
                ask: label == "1",
                set: Set::Own,
                weight: 1.0 / times as f64,
            });
        }
    }
}

fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf29ce484222325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3)
    })
}

type Model = HashMap<String, f64>;

fn score(model: &Model, names: &[String]) -> f64 {
    model.get("bias").copied().unwrap_or(0.0)
        + names.iter().filter_map(|name| model.get(name)).sum::<f64>() / norm(names.len())
}

/// Cues are few and were chosen by thought, n-grams are many and found by chance: a cue learns this
/// much faster, and is held back less by L2. The factor is in the written weight.
fn scale(name: &str) -> f64 {
    if name.starts_with('@') { 4.0 } else { 1.0 }
}

/// Long lines have more features; without this they would always be sure.
fn norm(count: usize) -> f64 {
    (count as f64).sqrt()
}

fn train(rows: &[(&Row, &Vec<String>)], l2: f64, rounds: usize) -> Model {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (_, names) in rows {
        for name in names.iter() {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, count) in &counts {
        if *count >= 2 {
            index.insert(name, 0);
        }
    }
    for (place, value) in index.values_mut().enumerate() {
        *value = place;
    }
    let scales: Vec<f64> = index.keys().map(|name| scale(name)).collect();
    let sparse: Vec<(Vec<usize>, f64, f64, f64)> = rows
        .iter()
        .map(|(row, names)| {
            (
                names
                    .iter()
                    .filter_map(|name| index.get(name.as_str()).copied())
                    .collect(),
                f64::from(u8::from(row.ask)),
                row.weight,
                norm(names.len()),
            )
        })
        .collect();
    let mut weights = vec![0.0; index.len()];
    let mut squares = vec![1e-8; index.len()];
    let (mut bias, mut bias_square) = (0.0, 1e-8);
    let mut order: Vec<usize> = (0..sparse.len()).collect();
    let mut random = Random(11);
    for _ in 0..rounds {
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place + 1));
        }
        for &place in &order {
            let (names, ask, weight, norm) = &sparse[place];
            let z = bias + names.iter().map(|n| weights[*n] * scales[*n]).sum::<f64>() / norm;
            let error = weight * (1.0 / (1.0 + (-z).exp()) - ask);
            bias_square += error * error;
            bias -= 0.2 * error / f64::sqrt(bias_square);
            for n in names {
                let gradient = error * scales[*n] / norm + l2 * weights[*n];
                squares[*n] += gradient * gradient;
                weights[*n] -= 0.2 * gradient / f64::sqrt(squares[*n]);
            }
        }
    }
    let mut model: Model = index
        .into_iter()
        .map(|(name, place)| (name.to_owned(), weights[place] * scales[place]))
        .collect();
    model.insert("bias".to_owned(), bias);
    model
}

fn f1(pairs: impl Iterator<Item = (bool, bool)>) -> (f64, f64, f64) {
    let (mut hit, mut found, mut asked) = (0.0, 0.0, 0.0);
    for (said, is) in pairs {
        hit += f64::from(u8::from(said && is));
        found += f64::from(u8::from(said));
        asked += f64::from(u8::from(is));
    }
    (hit / found, hit / asked, 2.0 * hit / (found + asked))
}

/// Between the best thresholds of the sets (the figures are flat from -0.2 to 0.4).
const THRESHOLD: f64 = 0.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, templates, live, shop, out, options @ ..] = arguments.as_slice() else {
        panic!("train TEMPLATES LIVECHAT SHOP OUT [L2 ROUNDS LIVE_WEIGHT SHOP_WEIGHT]");
    };
    let option = |place: usize, usual: f64| {
        options
            .get(place)
            .map_or(usual, |text| text.parse().unwrap())
    };
    let (l2, rounds) = (option(0, 0.0005), option(1, 20.0) as usize);
    let (live_weight, shop_weight) = (option(2, 1.0), option(3, 1.0));
    let verbose = options.len() > 4;
    let mut rows = Vec::new();
    own(templates, &mut rows);
    for line in fs::read_to_string(live).unwrap().lines().skip(1) {
        let fields = csv(line);
        rows.push(Row {
            text: fields[1].clone(),
            ask: fields[2] == "1",
            group: fields[0].clone(),
            set: Set::Live,
            weight: live_weight,
        });
    }
    for line in fs::read_to_string(shop).unwrap().lines().skip(1) {
        let fields = csv(line);
        let intent = fields[4].split('.').next().unwrap();
        let group = if intent.is_empty() {
            fields[0].clone()
        } else {
            format!("intent {intent}")
        };
        let set = if fields[1] == "zh" {
            Set::ShopZh
        } else {
            Set::ShopEn
        };
        rows.push(Row {
            text: fields[2].clone(),
            ask: fields[3] == "1",
            group,
            set,
            weight: shop_weight,
        });
    }
    let named: Vec<Option<Vec<String>>> = rows
        .iter()
        .map(|row| features::features(&row.text))
        .collect();
    let usable: Vec<(&Row, &Vec<String>)> = rows
        .iter()
        .zip(&named)
        .filter_map(|(row, names)| Some((row, names.as_ref()?)))
        .collect();

    const FOLDS: u64 = 10;
    let mut scores: HashMap<*const Row, f64> = HashMap::new();
    for fold in 0..FOLDS {
        let held = |row: &Row| (fnv(&row.group) >> 7) % FOLDS == fold;
        let seen: Vec<_> = usable
            .iter()
            .filter(|(row, _)| !held(row))
            .copied()
            .collect();
        let model = train(&seen, l2, rounds);
        for (row, names) in usable.iter().filter(|(row, _)| held(row)) {
            scores.insert(*row as *const Row, score(&model, names));
        }
    }
    let said = |row: &Row, threshold: f64| {
        scores
            .get(&(row as *const Row))
            .is_some_and(|score| *score > threshold)
    };
    for threshold in [-1.2, -1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6] {
        print!("threshold {threshold:5.2}");
        for (set, name) in [
            (Set::Live, "live"),
            (Set::ShopZh, "zh"),
            (Set::ShopEn, "en"),
            (Set::Own, "own"),
        ] {
            let (p, r, f) = f1(rows
                .iter()
                .filter(|row| row.set == set)
                .map(|row| (said(row, threshold), row.ask)));
            print!("  {name} P {p:.3} R {r:.3} F1 {f:.3}");
        }
        println!();
    }
    if verbose {
        for row in rows
            .iter()
            .filter(|row| row.set != Set::Own && said(row, THRESHOLD) != row.ask)
        {
            println!(
                "{} {:6.2} {}",
                u8::from(row.ask),
                scores.get(&(row as *const Row)).unwrap_or(&-99.0),
                row.text
            );
        }
    }
    let mut model = train(&usable, l2, rounds);
    // The shipped model decides at 0; the threshold chosen above goes into its bias.
    if let Some(bias) = model.get_mut("bias") {
        *bias -= THRESHOLD;
    }
    let mut lines: Vec<(String, f64)> = model
        .into_iter()
        .filter(|(name, weight)| name == "bias" || weight.abs() >= 0.02)
        .collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    let text: String = lines
        .iter()
        .map(|(name, weight)| format!("{weight:.2}\t{name}\n"))
        .collect();
    println!("{} weights, {} bytes", lines.len(), text.len());
    fs::write(out, text).unwrap();
}
