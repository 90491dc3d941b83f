//! Themes that were damaged in every way: refused or drawn, never a panic, and never without an end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{HD, fonts, show};
use stallcast_overlay::{Lang, Overlay, Theme};
use stallcast_show::At;

/// Damaged copies of each theme.
const COPIES: u64 = 60;
/// What is put in place of a number.
const NUMBERS: [&str; 8] = ["0", "-1", "1e30", "NaN", "99999", "0.0001", "", "1;1"];
/// What is put somewhere.
const TEXTS: [&str; 6] = [
    "<g>",
    "</g>",
    "<use href=\"#x\"/>",
    "<g id=\"x\"><use href=\"#x\"/><use href=\"#x\"/></g>",
    "<image href=\"/etc/passwd\" width=\"9\" height=\"9\"/>",
    "\u{202E}&amp;<!--",
];

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn damaged(text: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(chars.len());
        let length = dice.below(40).min(chars.len() - at);
        match dice.below(4) {
            0 => drop(chars.drain(at..at + length)),
            1 => {
                let again: Vec<char> = chars[at..at + length].to_vec();
                chars.splice(at..at, again);
            }
            2 => {
                let digits = chars[at..].iter().position(char::is_ascii_digit);
                let from = at + digits.unwrap_or(0);
                let number = chars[from..].iter();
                let count = number.take_while(|c| c.is_ascii_digit()).count();
                let other = NUMBERS[dice.below(NUMBERS.len())];
                chars.splice(from..from + count, other.chars());
            }
            _ => {
                let text = TEXTS[dice.below(TEXTS.len())];
                chars.splice(at..at, text.chars());
            }
        }
        if chars.is_empty() {
            break;
        }
    }
    chars.into_iter().collect()
}

#[test]
fn a_damaged_theme_is_refused_or_drawn_and_never_ends_the_program() {
    let themes = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/themes");
    let show = show();
    let (mut refused, mut drawn) = (0, 0);
    for name in Theme::builtin_names() {
        let source = themes.join(name);
        let mut files: Vec<_> = std::fs::read_dir(&source)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        for copy in 0..COPIES {
            let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ ((copy + 1) * 7919) ^ name.len() as u64);
            let folder = tempfile::tempdir().unwrap();
            let struck = dice.below(files.len());
            for (index, file) in files.iter().enumerate() {
                let text = std::fs::read_to_string(source.join(file)).unwrap();
                let text = if index == struck {
                    damaged(&text, &mut dice)
                } else {
                    text
                };
                std::fs::write(folder.path().join(file), text).unwrap();
            }
            match Theme::load(folder.path()) {
                Ok(theme) => {
                    let mut overlay = Overlay::new(theme, fonts(), HD);
                    overlay.layers(&show, At(0), Lang::Zh, Path::new("/nowhere"));
                    drawn += 1;
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    println!(
        "damaged themes: {} tried, {refused} refused, {drawn} drawn",
        refused + drawn
    );
    assert!(
        refused > 20 && drawn > 20,
        "{refused} refused, {drawn} drawn"
    );
}
