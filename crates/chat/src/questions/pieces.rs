//! What of a line is compared where no topic is known: its words, and pairs of Chinese characters.

use std::collections::HashSet;

use crate::fold::{is_han, without_repeats};
use crate::topic::Views;

/// Said with every question and telling nothing about it.
const COMMON: &str = "啊呀哦喔哈吖哇呐哪噢欸诶吗呢么嘛吧的了啦呗这那个款主播姐哥亲老板请问是有你我";
const COMMON_ENGLISH: &[&str] = &[
    "is", "it", "you", "do", "i", "to", "of", "in", "on", "hi", "hey", "so", "and", "for", "have",
    "can",
];

/// Words, and pairs of Chinese characters, without what every question has.
pub(super) fn pieces(rest: &str) -> HashSet<u64> {
    let views = Views::new(rest, None);
    let mut pieces: HashSet<u64> = views
        .spaced
        .split_whitespace()
        .filter(|word| !COMMON_ENGLISH.contains(word))
        .map(hash)
        .collect();
    let han: Vec<char> = without_repeats(&views.joined, 1)
        .chars()
        .filter(|c| is_han(*c) && !COMMON.contains(*c))
        .collect();
    pieces.extend(han.iter().map(|c| hash(&c.to_string())));
    pieces.extend(
        han.windows(2)
            .map(|two| hash(&two.iter().collect::<String>())),
    );
    pieces
}

/// Share of common pieces (Dice), 0 to 1.
#[allow(clippy::cast_precision_loss)] // at most a few thousand pieces
pub(super) fn alike(a: &HashSet<u64>, b: &HashSet<u64>) -> f32 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let common = few.iter().filter(|piece| many.contains(piece)).count();
    2.0 * common as f32 / (a.len() + b.len()) as f32
}

pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
