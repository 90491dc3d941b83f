//! What a question is called: the way most people put it, in the language of most of them.

use std::collections::{HashMap, HashSet};

use super::pieces::hash;
use super::{Group, Line};
use crate::fold::{fold, is_han, without_repeats};

/// Fewest people before a question gets another name.
const FEWEST: usize = 3;
/// How many times more people have to put it so than as it is called.
const AHEAD: usize = 2;
/// Softeners at the end of a line.
const SOFT: &str = "啊呀哦喔哈哇呐哪噢欸诶撒哟呢嘛吖";

/// One way of putting a question: the same letters whatever the case, the marks and the softener at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Spelling {
    letters: u64,
    is_chinese: bool,
}

pub(super) fn spelling(text: &str) -> Spelling {
    let folded = fold(text);
    let plain: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let plain = without_repeats(&plain, 2);
    let firm = plain.trim_end_matches(|c| SOFT.contains(c));
    Spelling {
        letters: hash(if firm.is_empty() { &plain } else { firm }),
        is_chinese: plain.chars().any(is_han),
    }
}

impl Group {
    /// Gives it another name where another one is clearly ahead: a name that changes often cannot be tapped.
    pub(super) fn call(&mut self) {
        let mut askers = HashSet::new();
        // Everybody has one voice.
        let voices: Vec<&Line> = self
            .lines
            .iter()
            .filter(|line| askers.insert(line.asker))
            .collect();
        let called = spelling(&self.words);
        let same = voices
            .iter()
            .filter(|line| line.spelling.is_chinese == called.is_chinese)
            .count();
        let others = voices.len() - same;
        let is_foreign = others >= FEWEST && others >= same * AHEAD;
        let language = called.is_chinese != is_foreign;
        let spoken = || {
            voices
                .iter()
                .filter(|line| line.spelling.is_chinese == language)
        };
        let mut spellings: HashMap<Spelling, usize> = HashMap::new();
        for line in spoken() {
            *spellings.entry(line.spelling).or_default() += 1;
        }
        // Of two that as many chose, the one that came first.
        let mut best: Option<(&Line, usize)> = None;
        for line in spoken() {
            let many = spellings.get(&line.spelling).copied().unwrap_or(0);
            if best.is_none_or(|(_, most)| many > most) {
                best = Some((line, many));
            }
        }
        let Some((line, many)) = best else {
            return;
        };
        let so = spellings.get(&called).copied().unwrap_or(0);
        let is_ahead = many >= FEWEST && many >= so * AHEAD;
        if line.spelling != called && (is_foreign || is_ahead) {
            self.words = line.text.clone();
        }
    }
}
