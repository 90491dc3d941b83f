//! Judges the question model: fixed cases of our own, and the development sets where they are at hand.

use super::{is_question, model};

/// `label<TAB>text`; written apart from the training lines and not trained on.
const CASES: &str = include_str!("cases.tsv");

#[derive(Default)]
struct Score {
    hit: u32,
    said: u32,
    asked: u32,
    wrong: Vec<String>,
}

impl Score {
    fn judge(&mut self, text: &str, asks: bool) {
        let said = is_question(text);
        self.hit += u32::from(said && asks);
        self.said += u32::from(said);
        self.asked += u32::from(asks);
        if said != asks {
            self.wrong.push(format!("{} {text}", u8::from(asks)));
        }
    }

    fn f1(&self) -> f64 {
        2.0 * f64::from(self.hit) / f64::from(self.said + self.asked)
    }
}

#[test]
fn the_shipped_model_is_read_whole() {
    let lines = include_str!("model.tsv").lines().count();
    assert_eq!(model::SHIPPED.len(), lines);
    assert!(lines > 1_000);
    assert!(include_str!("model.tsv").len() < 1 << 20);
}

#[test]
fn marks_emotes_numbers_and_drawings_do_not_ask() {
    for text in [
        "",
        "?",
        "？？？？",
        "??????",
        "?!?!",
        "[疑问][疑问]？",
        "🤔🤔?",
        "666",
        "1",
        "...？",
        "⣿⣿⣿⠟⠛⠛⠻⣿⣿⣿ ? ⣿⣿⡟⢋⣩⣉⢻⣿",
        "▒▒▒▒▄▄▄▄▄▄▄▒▒▒▒ ( ͡° ͜ʖ ͡°) ▒▒▒▒▒▒▒",
        "/\\_/\\ ( o.o ) > ^ < ____ || ??",
    ] {
        assert!(!is_question(text), "{text}");
    }
}

#[test]
fn spelling_does_not_matter_much() {
    for text in [
        "多少錢",
        "多少钱？",
        "多少钱?",
        "多少钱啊啊啊啊",
        "[可爱]多少钱[玫瑰]",
        "有貨嗎",
        "HOW MUCH IS IT",
        "ｈｏｗ ｍｕｃｈ",
        "what's the price",
        "whats the price",
    ] {
        assert!(is_question(text), "{text}");
    }
}

#[test]
fn own_cases_that_were_not_trained_on_are_told_apart() {
    let mut score = Score::default();
    for line in CASES.lines().filter(|line| !line.starts_with('#')) {
        let (label, text) = line.split_once('\t').expect("label and text");
        score.judge(text, label == "1");
    }
    eprintln!("own cases: F1 {:.3}, wrong: {:#?}", score.f1(), score.wrong);
    assert!(score.f1() >= 0.85, "{:.3} {:#?}", score.f1(), score.wrong);
}

/// These rows were trained on, so this is a guard against a broken model file, not a measure of the
/// model: `training/README.md` holds the cross-validated figures.
#[test]
fn the_development_sets_are_recognised_where_they_are_at_hand() {
    let folder = std::env::var("STALLCAST_CHAT_DATA")
        .unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into());
    for (name, text_at, ask_at, at_least) in [
        ("livechat_dev.csv", 1, 2, 0.80),
        ("shop_dev.csv", 2, 3, 0.90),
    ] {
        let Ok(csv) = std::fs::read_to_string(format!("{folder}/{name}")) else {
            eprintln!("NOT RUN: no {name} in {folder} (set STALLCAST_CHAT_DATA)");
            continue;
        };
        let mut score = Score::default();
        for line in csv.lines().skip(1) {
            let fields = fields(line);
            score.judge(&fields[text_at], fields[ask_at] == "1");
        }
        eprintln!("{name}: F1 {:.3} on rows it was trained on", score.f1());
        assert!(score.f1() >= at_least, "{name} {:.3}", score.f1());
    }
}

/// One CSV line without line breaks in its fields, which is how these files are.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("never empty").push(c),
        }
    }
    fields
}

#[test]
fn a_second_of_a_full_room_is_judged_in_a_fraction_of_it() {
    let lines = [
        "3号链接多少钱 能寄新疆吗 哈哈哈哈哈",
        "love this color so much, just ordered two",
        "来了来了",
    ];
    is_question("warm up");
    let began = std::time::Instant::now();
    for _ in 0..1_000 {
        for line in lines {
            std::hint::black_box(is_question(line));
        }
    }
    let per_line = began.elapsed() / 3_000;
    eprintln!("{per_line:?} a line");
    // 1 000 lines a second may take at most half a core, even in a debug build on a busy machine.
    assert!(per_line.as_micros() < 500, "{per_line:?}");
}
