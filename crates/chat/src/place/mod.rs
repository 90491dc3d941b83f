//! Owns where something is to be sent: the place that a line names, and whether what a seller wrote is about that place.
//!
//! `places.txt` is written by hand and read once. What is not in it is known by where it stands ("ship to Quito",
//! 发到凉山吗), and is then only ever the same as itself.

use std::sync::LazyLock;

use crate::fold::{fold, is_han};
use crate::topic::spaced;

/// What the postage of a place depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Zone {
    /// Mainland China.
    Mainland,
    /// The parts of it that cost more or are left out.
    Remote,
    /// Hong Kong, Macau, Taiwan.
    Beside,
    /// Any other country.
    Abroad,
    /// Named, and not in the list; true = in Chinese.
    Unknown(bool),
}

/// A place that things are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    zone: Zone,
    name: String,
}

/// A name in the list, as it is looked for.
struct Name {
    text: String,
    zone: Zone,
    place: &'static str,
}

/// Longest name first, so that "inner mongolia" is not "mongolia".
static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(include_str!("places.txt")));

/// What all remote parts are called, and what is said of any of them.
const REMOTE: &str = "remote areas";
/// What is said of any other country.
const ABROAD: &str = "abroad";
/// What is said of all three.
const BESIDE: &str = "hong kong macau taiwan";

/// Said of the whole of the mainland.
const NATIONWIDE: &[&str] = &[
    "全国",
    "全中国",
    "国内",
    "大陆",
    "nationwide",
    "all of china",
    "all over china",
    "in china",
    "within china",
    "across china",
    "mainland",
];
/// Said of the mainland without another word about places.
const POST_FREE: &[&str] = &[
    "包邮",
    "免邮",
    "免运费",
    "free shipping",
    "free delivery",
    "ships free",
    "post free",
];
/// Something is left out, or costs more.
const BUT: &[&str] = &[
    "除",
    "不发",
    "不到",
    "不寄",
    "不送",
    "不包",
    "偏远",
    "边远",
    "except",
    "exclud",
    "not to",
    "remote",
    "other than",
];

/// Words before a place in English.
const TO: &[&str] = &[
    " ship to ",
    " ships to ",
    " ship it to ",
    " shipping to ",
    " shipped to ",
    " deliver to ",
    " delivers to ",
    " deliver it to ",
    " delivery to ",
    " delivered to ",
    " send to ",
    " send it to ",
    " sent to ",
    " mail to ",
    " mail it to ",
    " post to ",
    " post it to ",
    " postage to ",
    " i live in ",
    " i am in ",
    " im in ",
];
/// After them, and no place.
const NO_PLACE: &[&str] = &[
    "me",
    "my",
    "you",
    "your",
    "it",
    "us",
    "home",
    "door",
    "house",
    "work",
    "address",
    "school",
    "here",
    "there",
    "where",
    "which",
    "what",
    "anywhere",
    "everywhere",
    "someone",
    "everyone",
    "friend",
    "friends",
    "different",
    "another",
    "other",
    "any",
    "all",
    "po",
    "outside",
    "china",
    "our",
    "their",
    "his",
    "her",
    "and",
    "or",
    "be",
    "for",
    "as",
    "love",
    "with",
    "get",
    "buy",
    "order",
    "now",
    "today",
    "tomorrow",
    "time",
    "customer",
    "customers",
    "in",
    "front",
    "some",
    "one",
    "two",
    "store",
    "shop",
    "hotel",
    "office",
    "bed",
    "country",
    "countries",
    "area",
    "areas",
];
/// The same in Chinese.
const TO_ZH: &[&str] = &[
    "发到",
    "寄到",
    "送到",
    "邮到",
    "运到",
    "发往",
    "寄往",
    "送往",
    "发货到",
    "发去",
    "寄去",
    "快递到",
];
/// What the name of a place does not begin with.
const NO_PLACE_ZH: &str = "哪我你您他她这那家门学公村楼手什货了没的吗不店单位货时站点全各几";
/// What ends it.
const AFTER_ZH: &str = "吗不没么要能可多几包需行得呢嘛的吧啊加邮运费有会是大概贵怎给收快啥咋";

fn names(text: &'static str) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((zone, all)) = line.split_once(' ') else {
            continue;
        };
        let zone = match zone {
            "m" => Zone::Mainland,
            "r" => Zone::Remote,
            "s" => Zone::Beside,
            _ => Zone::Abroad,
        };
        let place = all.split('/').next().unwrap_or_default();
        names.extend(all.split('/').map(|name| Name {
            text: needle(name),
            zone,
            place,
        }));
    }
    names.sort_by_key(|name| std::cmp::Reverse(name.text.chars().count()));
    names
}

/// An English word stands between spaces, one with `*` only begins; Chinese stands anywhere.
fn needle(name: &str) -> String {
    match name.strip_suffix('*') {
        Some(open) => spaced(open).trim_end().to_owned(),
        None if name.is_ascii() => spaced(name),
        None => name.to_owned(),
    }
}

/// A text as it is looked through: folded, and its English words between spaces.
struct Said {
    folded: String,
    spaced: String,
}

impl Said {
    fn new(folded: &str) -> Self {
        Self {
            folded: folded.chars().filter(|c| !c.is_whitespace()).collect(),
            spaced: spaced(folded),
        }
    }

    fn has(&self, needle: &str) -> bool {
        if needle.is_ascii() {
            self.spaced.contains(needle)
        } else {
            self.folded.contains(needle)
        }
    }

    fn any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let needle = spaced(word);
            self.has(if word.is_ascii() {
                needle.trim_end()
            } else {
                word
            })
        })
    }

    fn names(&self) -> impl Iterator<Item = &'static Name> {
        NAMES.iter().filter(|name| self.has(&name.text))
    }
}

impl Place {
    /// The place that a folded line names; of several the one with the longest name.
    pub(crate) fn named(folded: &str) -> Option<Self> {
        let said = Said::new(folded);
        let known = said.names().next().map(|name| Self {
            zone: name.zone,
            name: name.place.to_owned(),
        });
        known.or_else(|| unknown(&said))
    }

    /// What tells it from other places in the list of questions. Remote parts of the mainland are asked about as one.
    pub(crate) fn identity(&self) -> &str {
        match self.zone {
            Zone::Remote => REMOTE,
            _ => &self.name,
        }
    }

    /// Whether what goes for the mainland goes for it.
    pub(crate) fn is_near(&self) -> bool {
        self.zone == Zone::Mainland
    }

    /// Whether a fact says something of this place.
    pub(crate) fn is_told_in(&self, fact: &str) -> bool {
        let said = Said::new(&fold(fact));
        let named = |place: &str| said.names().any(|name| name.place == place);
        if named(&self.name) {
            return true;
        }
        let nationwide = || said.any(NATIONWIDE);
        match self.zone {
            Zone::Mainland => nationwide() || said.any(POST_FREE),
            Zone::Remote if self.name == REMOTE => {
                said.names().any(|name| name.zone == Zone::Remote)
            }
            Zone::Remote => named(REMOTE) || nationwide() && !said.any(BUT),
            Zone::Beside => named(BESIDE),
            Zone::Abroad => named(ABROAD),
            Zone::Unknown(chinese) => {
                let whole = if chinese {
                    nationwide() && !said.any(BUT)
                } else {
                    named(ABROAD)
                };
                whole || said.has(&needle(&self.name))
            }
        }
    }
}

/// Whether a fact says anything of where things are sent.
pub(crate) fn any_is_told_in(fact: &str) -> bool {
    let said = Said::new(&fold(fact));
    said.any(NATIONWIDE) || said.names().next().is_some()
}

/// What stands where a place does.
fn unknown(said: &Said) -> Option<Place> {
    let english = TO.iter().find_map(|before| {
        let (_, after) = said.spaced.split_once(before)?;
        let word = after.split(' ').next()?;
        let is_name = word.len() >= 3 && word.bytes().all(|b| b.is_ascii_alphabetic());
        (is_name && !NO_PLACE.contains(&word)).then(|| (word.to_owned(), false))
    });
    let chinese = || {
        TO_ZH.iter().find_map(|before| {
            let (_, after) = said.folded.split_once(before)?;
            let name: String = after
                .chars()
                .take_while(|c| is_han(*c) && !AFTER_ZH.contains(*c))
                .collect();
            let length = name.chars().count();
            let is_name =
                (2..=6).contains(&length) && !name.starts_with(|c| NO_PLACE_ZH.contains(c));
            is_name.then_some((name, true))
        })
    };
    let (name, is_chinese) = english.or_else(chinese)?;
    Some(Place {
        zone: Zone::Unknown(is_chinese),
        name,
    })
}

#[cfg(test)]
mod tests;
