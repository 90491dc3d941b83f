//! Owns which product a line means: the link number it names, or one of the product's names.

mod pictures;

use std::collections::{BTreeMap, HashSet};

use crate::fold::{digit, fold, is_han};
use crate::sound;
use crate::topic::one_slip;
use pictures::PICTURES;

/// English names shorter than this are only taken as they are spelt.
const SLIP_CHARS: usize = 5;

/// A product as the audience may name it, and what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// The seller's id of it.
    pub id: String,
    /// The number of its link in the show, from 1.
    pub link: Option<u32>,
    /// What people call it, in any language.
    pub names: Vec<String>,
    /// Facts by key (`price`, `shipping`, …), each in the languages there are.
    pub facts: BTreeMap<String, Vec<String>>,
}

/// The products of a show.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    articles: Vec<Article>,
    /// Folded names, longest first, with the place of the article.
    names: Vec<(String, usize)>,
    /// The same names, letter by letter.
    letters: Vec<(Vec<char>, usize)>,
    /// Sounds and first letters of Chinese names.
    sounds: Vec<(String, usize)>,
    initials: Vec<(String, usize)>,
}

/// Where a line names a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Place in the catalogue; `None` = none is named.
    pub(crate) article: Option<usize>,
    /// The folded line without the words that name it.
    pub(crate) rest: String,
}

impl Catalogue {
    /// Products with their names; of a name that two share the first has it.
    pub fn new(articles: Vec<Article>) -> Self {
        let squeezed_names: Vec<(String, usize)> = articles
            .iter()
            .enumerate()
            .flat_map(|(place, article)| {
                let names = article.names.iter();
                names.map(move |name| (squeezed(name), place))
            })
            .collect();
        let mut names: Vec<(String, usize)> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        let mut give = |name: String, place: usize| {
            let good = name.chars().any(char::is_alphanumeric);
            if good && known.insert(name.clone()) {
                names.push((name, place));
            }
        };
        for (name, place) in &squeezed_names {
            // "air fryer" is also written "airfryer".
            if name.is_ascii() && name.contains(' ') {
                give(name.replace(' ', ""), *place);
            }
            give(name.clone(), *place);
        }
        // The last word of a name is what people shorten it to, when no other product has it.
        for (name, place) in &squeezed_names {
            if let Some(tail) = tail(name) {
                let mut all = squeezed_names.iter();
                let others = all.any(|(name, other)| other != place && name.ends_with(&tail));
                if !others {
                    give(tail, *place);
                }
            }
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
        let spoken = |form: fn(&str) -> Option<String>| -> Vec<(String, usize)> {
            let forms = names
                .iter()
                .filter_map(|(name, place)| Some((form(name)?, *place)));
            forms.collect()
        };
        let (sounds, initials) = (spoken(sound::of_word), spoken(sound::initials));
        let letters = |(name, place): &(String, usize)| (name.chars().collect(), *place);
        Self {
            letters: names.iter().map(letters).collect(),
            articles,
            names,
            sounds,
            initials,
        }
    }

    /// The products.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// The product that a line names, by link number before by name.
    pub fn named(&self, text: &str) -> Option<&Article> {
        let place = self.find(&fold(text)).article?;
        self.articles.get(place)
    }

    pub(crate) fn find(&self, folded: &str) -> Named {
        let chars: Vec<char> = folded.chars().collect();
        let mut covered = vec![false; chars.len()];
        let by_link = self.by_link(&chars, &mut covered);
        let by_name = self
            .by_name(&chars, &mut covered)
            .or_else(|| self.by_picture(&chars, &mut covered));
        let rest = chars
            .iter()
            .zip(&covered)
            .map(|(c, covered)| if *covered { '·' } else { *c })
            .collect();
        Named {
            article: by_link.or(by_name).or_else(|| self.by_sound(folded)),
            rest,
        }
    }

    fn by_link(&self, chars: &[char], covered: &mut [bool]) -> Option<usize> {
        let mut found = None;
        let mut at = 0;
        while at < chars.len() {
            let Some((number, length)) = number_at(chars, at) else {
                at += 1;
                continue;
            };
            let place = self
                .articles
                .iter()
                .position(|one| one.link == Some(number));
            if let Some(place) = place
                && let Some((from, to)) = link_span(chars, at, at + length)
            {
                found = found.or(Some(place));
                covered[from..to].iter_mut().for_each(|one| *one = true);
                at = to;
            } else {
                at += length;
            }
        }
        found
    }

    fn by_picture(&self, chars: &[char], covered: &mut [bool]) -> Option<usize> {
        for (at, c) in chars
            .iter()
            .enumerate()
            .filter(|(_, c)| !c.is_alphanumeric() && !c.is_ascii())
        {
            let Some((_, words)) = PICTURES.iter().find(|(pictures, _)| pictures.contains(*c))
            else {
                continue;
            };
            let mut words = words.split('/');
            let place =
                words.find_map(|word| self.names.iter().find(|(name, _)| name.contains(word)));
            if let Some((_, place)) = place {
                covered[at] = true;
                return Some(*place);
            }
        }
        None
    }

    /// A name in pinyin, in other characters of its sound, or as first letters.
    fn by_sound(&self, folded: &str) -> Option<usize> {
        let said = sound::said(folded);
        let place = |found: &(String, usize)| found.1;
        let sounding = self
            .sounds
            .iter()
            .find(|(sound, _)| said.contains(sound.as_str()));
        sounding.map(place).or_else(|| {
            let mut words = folded.split(|c: char| !c.is_ascii_alphabetic());
            words.find_map(|word| {
                self.initials
                    .iter()
                    .find(|(letters, _)| letters == word)
                    .map(place)
            })
        })
    }

    fn by_name(&self, chars: &[char], covered: &mut [bool]) -> Option<usize> {
        let mut first: Option<(usize, usize)> = None;
        for (name, place) in &self.letters {
            // Every way to find a name begins with its first letter.
            if name.first().is_none_or(|first| !chars.contains(first)) {
                continue;
            }
            let mut at = 0;
            while at < chars.len() {
                match name_at(chars, at, name) {
                    Some(end) if !covered[at..end].contains(&true) => {
                        covered[at..end].iter_mut().for_each(|one| *one = true);
                        if first.is_none_or(|(earliest, _)| at < earliest) {
                            first = Some((at, *place));
                        }
                        at = end;
                    }
                    _ => at += 1,
                }
            }
        }
        first.map(|(_, place)| place)
    }
}

fn squeezed(name: &str) -> String {
    fold(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last word of an English name of several; the last two characters of a Chinese one of three and more.
fn tail(name: &str) -> Option<String> {
    if let Some((_, last)) = name.rsplit_once(' ') {
        return (last.len() >= 3 && last.is_ascii()).then(|| last.to_owned());
    }
    let chars: Vec<char> = name.chars().collect();
    let long = chars.len() >= 3 && chars.iter().all(|c| is_han(*c));
    long.then(|| chars[chars.len() - 2..].iter().collect())
}

/// A number of digits, or a written-out Chinese one up to 99, and how long it is.
fn number_at(chars: &[char], at: usize) -> Option<(u32, usize)> {
    let digits = chars[at..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .count();
    if digits > 0 {
        let text: String = chars[at..at + digits].iter().collect();
        return Some((text.parse().unwrap_or(u32::MAX), digits));
    }
    let written = chars[at..]
        .iter()
        .take_while(|c| **c == '十' || digit(**c).is_some())
        .count();
    if written == 0 {
        return None;
    }
    let (mut tens, mut ones) = (0, 0);
    for c in &chars[at..at + written.min(3)] {
        match digit(*c) {
            Some(value) => ones = u32::from(value),
            None => (tens, ones) = (ones.max(1), 0),
        }
    }
    Some((tens * 10 + ones, written))
}

/// What goes with a number that names a link: `3号链接`, `链接3`, `#3`, `link 3`; a lone number at the line's start.
fn link_span(chars: &[char], from: usize, to: usize) -> Option<(usize, usize)> {
    let before: String = chars[from.saturating_sub(8)..from].iter().collect();
    let after: String = chars[to..chars.len().min(to + 4)].iter().collect();
    let written = !chars.get(from)?.is_ascii_digit();
    if after.starts_with("号") && !before.ends_with('月') && !after.starts_with("号发") {
        let word = ["号链接", "号宝贝", "号商品", "号品", "号链", "号"]
            .iter()
            .find(|word| after.starts_with(**word))?;
        return Some((from, to + word.chars().count()));
    }
    for word in [
        "链接", "#", "＃", "链接 ", "link ", "link", "number ", "no. ", "no.", "no ", "item ",
        "num ", "nr ", "第",
    ] {
        let end_is_word = |c: char| c.is_ascii_alphabetic();
        if let Some(rest) = before.strip_suffix(word)
            && !(word.starts_with(end_is_word) && rest.ends_with(end_is_word))
            && (word != "第" || after.starts_with('个') || after.starts_with('款'))
        {
            let extra = usize::from(word == "第");
            return Some((from - word.chars().count(), to + extra));
        }
    }
    if after.starts_with("链接") || after.starts_with("link") {
        let more = if after.starts_with("链接") { 2 } else { 4 };
        return Some((from, to + more));
    }
    let lone = from == 0 && !written && chars.get(to).is_some_and(|c| *c == ' ');
    lone.then_some((from, to))
}

/// Where a name that begins at `at` ends.
fn name_at(chars: &[char], at: usize, name: &[char]) -> Option<usize> {
    let word = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let latin_start = word(name.first());
    if latin_start && at > 0 && word(chars.get(at - 1)) {
        return None;
    }
    if chars[at..].starts_with(name) {
        let mut end = at + name.len();
        if !word(name.last()) {
            return Some(end);
        }
        for plural in [&['e', 's'][..], &['s'], &['\'', 's']] {
            if chars[end..].starts_with(plural) && !word(chars.get(end + plural.len())) {
                end += plural.len();
                return Some(end);
            }
        }
        return (!word(chars.get(end)) || !word(name.first())).then_some(end);
    }
    slipped(chars, at, name)
}

/// A single English name with one slip of the finger.
fn slipped(chars: &[char], at: usize, name: &[char]) -> Option<usize> {
    let letters = |c: &char| c.is_ascii_lowercase();
    if name.len() < SLIP_CHARS || !name.iter().all(letters) || chars.get(at) != name.first() {
        return None;
    }
    let end = at + chars[at..].iter().take_while(|c| letters(c)).count();
    let bytes = |run: &[char]| run.iter().map(|c| *c as u8).collect::<Vec<u8>>();
    let said = bytes(&chars[at..end]);
    let stem = said.strip_suffix(b"s").unwrap_or(&said);
    let name = bytes(name);
    (one_slip(&said, &name) || one_slip(stem, &name)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Catalogue {
        let article = |id: &str, link, names: &[&str]| Article {
            id: id.into(),
            link: Some(link),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            facts: BTreeMap::new(),
        };
        Catalogue::new(vec![
            article("nuts", 1, &["坚果", "每日坚果", "nuts"]),
            article("buds", 2, &["蓝牙耳机", "earbuds"]),
            article("pan", 12, &["不粘锅", "锅", "frying pan"]),
        ])
    }

    #[test]
    fn a_product_is_found_by_link_and_by_name() {
        let shop = shop();
        for (line, id) in [
            ("2号链接多少钱", Some("buds")),
            ("十二号还有吗", Some("pan")),
            ("链接1包邮不", Some("nuts")),
            ("#12 price", Some("pan")),
            ("is link 2 waterproof", Some("buds")),
            ("耳机续航多久", Some("buds")),
            ("每日坚果几包", Some("nuts")),
            ("how long do the earbud last", Some("buds")),
            ("are the pans heavy", Some("pan")),
            ("锅会粘吗", Some("pan")),
            ("第2个讲一下", Some("buds")),
            ("12月1号发货吗", None),
            ("多少钱", None),
            ("3号链接", None),
            ("买2件多少钱", None),
            ("expand the list", None),
        ] {
            let found = shop.named(line).map(|article| article.id.as_str());
            assert_eq!(found, id, "{line}");
        }
    }
}
