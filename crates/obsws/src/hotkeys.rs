//! The studio's keys by name, for decks that have nothing but buttons.

use serde_json::json;

use crate::answer::{Asked, Entry, data, wish};
use crate::request::{Status, code};
use crate::{Board, Wish};

/// Keys 1 to 9.
const PRODUCTS: usize = 9;
/// Keys F1 to F4.
const SCENES: usize = 4;
/// How long a break is that a button begins, minutes; the page can change it.
const BREAK_MINUTES: u32 = 5;
const OWN: [&str; 6] = [
    "off_air",
    "mute",
    "pin_question",
    "unpin_question",
    "replay",
    "break",
];

pub(crate) const TABLE: [Entry; 2] = [
    ("GetHotkeyList", |_| data(json!({"hotkeys": names()}))),
    ("TriggerHotkeyByName", |ask| {
        let name = ask.fields.text("hotkeyName")?;
        let key = name.strip_prefix("stallcast.").unwrap_or_default();
        trigger(ask.board, key)
    }),
];

fn names() -> Vec<String> {
    let products = (1..=PRODUCTS).map(|number| format!("stallcast.product_{number}"));
    let scenes = (1..=SCENES).map(|number| format!("stallcast.scene_{number}"));
    let own = OWN.into_iter().map(|name| format!("stallcast.{name}"));
    products.chain(scenes).chain(own).collect()
}

fn trigger(board: &Board, key: &str) -> Asked {
    if let Some(number) = numbered(key, "product_", PRODUCTS) {
        let product = board.products.get(number - 1).ok_or_else(nothing_there)?;
        let product = product.id.clone();
        return wish(Wish::PutOnAir { product });
    }
    if let Some(number) = numbered(key, "scene_", SCENES) {
        let scene = board.scenes.get(number - 1).ok_or_else(nothing_there)?;
        let scene = scene.id.clone();
        return wish(Wish::Scene { scene });
    }
    match key {
        "off_air" => wish(Wish::TakeOffAir),
        "mute" => {
            let voice = board
                .inputs
                .iter()
                .find(|input| Some(&input.id) == board.voice.as_ref());
            let voice = voice.ok_or_else(nothing_there)?;
            wish(Wish::Strip {
                input: voice.id.clone(),
                gain_cdb: None,
                muted: Some(!voice.muted),
            })
        }
        "pin_question" => wish(Wish::Pin { message: None }),
        "unpin_question" => wish(Wish::Unpin),
        "replay" => wish(Wish::SaveReplay),
        "break" if board.on_break => wish(Wish::EndBreak),
        "break" => wish(Wish::StartBreak {
            minutes: BREAK_MINUTES,
        }),
        _ => Err(Status::new(code::NOT_FOUND, "There is no such hotkey.")),
    }
}

fn numbered(key: &str, prefix: &str, most: usize) -> Option<usize> {
    let number = key.strip_prefix(prefix)?.parse().ok()?;
    (1..=most).contains(&number).then_some(number)
}

fn nothing_there() -> Status {
    Status::new(code::NOT_FOUND, "There is nothing under that key.")
}
