//! Words of a rule: found in a text whatever is put between their signs, and left alone where they mean something else.

use std::collections::HashMap;

use serde::Deserialize;

use crate::signs::{Gap, Sign, signs, spaced};

/// How many signs before or after a word another one is looked for that changes its meaning.
const REACH: usize = 8;

/// Words as a pack writes them: simplified, small letters; `#` stands for a number.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Words {
    any: Any,
    /// Longer expressions that hold one of them and mean something else.
    except: Vec<Phrase>,
    /// Words a little before that turn the meaning.
    unless_preceded_by: Vec<Phrase>,
    /// Words a little after that turn the meaning.
    unless_followed_by: Vec<Phrase>,
    /// Words that make it right wherever in the product's texts they stand.
    pub unless_anywhere: Vec<Phrase>,
}

/// The words that are looked for, by their first sign: most places of a text begin none of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Phrase>")]
struct Any(HashMap<char, Vec<Phrase>>);

impl From<Vec<Phrase>> for Any {
    fn from(phrases: Vec<Phrase>) -> Self {
        let mut by_first: HashMap<char, Vec<Phrase>> = HashMap::new();
        for phrase in phrases {
            if let Some(first) = phrase.0.first() {
                by_first.entry(first.c).or_default().push(phrase);
            }
        }
        Any(by_first)
    }
}

/// One word or expression.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Phrase(Vec<Sign>);

impl From<String> for Phrase {
    fn from(text: String) -> Self {
        let mut read = signs(&text);
        for at in 0..read.len() {
            // In `#ad` it is the sign itself.
            let tag = read
                .get(at + 1)
                .is_some_and(|next| next.gap == Gap::None && spaced(next.c));
            if read[at].c == '#' && !tag {
                read[at].c = NUMBER;
            }
        }
        Phrase(read)
    }
}

/// Stands for a number in a phrase; in no text, where it is no sign.
const NUMBER: char = '\0';

/// Where a word stands, in signs; and the number that stood for `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub from: usize,
    pub to: usize,
    pub number: Option<u64>,
}

impl Words {
    /// Where one of them stands and means what the rule is about; the longest at each place, none inside another.
    pub fn hits(&self, text: &[Sign]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for from in 0..text.len() {
            if hits.last().is_some_and(|last| from < last.to) {
                continue;
            }
            let begun = self.any.0.get(&text[from].c).into_iter().flatten();
            let found = begun.filter_map(|word| word.at(text, from));
            if let Some(hit) = found.max_by_key(|hit| hit.to)
                && !self.means_something_else(text, hit)
            {
                hits.push(hit);
            }
        }
        hits
    }

    fn means_something_else(&self, text: &[Sign], hit: Hit) -> bool {
        let covers = |word: &Phrase| {
            let first = hit.to.saturating_sub(word.0.len());
            (first..=hit.from).any(|from| word.at(text, from).is_some_and(|it| it.to >= hit.to))
        };
        let before = |word: &Phrase| {
            let first = hit.from.saturating_sub(REACH);
            let ends = |from| word.at(text, from).is_some_and(|it| it.to <= hit.from);
            (first..hit.from).any(|from| ends(from) && unbroken(text, from, hit.from))
        };
        let after = |word: &Phrase| {
            let last = text.len().min(hit.to + REACH);
            (hit.to..last)
                .any(|from| word.at(text, from).is_some() && unbroken(text, hit.to - 1, from))
        };
        self.except.iter().any(covers)
            || self.unless_preceded_by.iter().any(before)
            || self.unless_followed_by.iter().any(after)
    }
}

/// Whether neither a sentence nor a clause ends between two signs.
fn unbroken(text: &[Sign], from: usize, to: usize) -> bool {
    let between = text.get(from + 1..=to).unwrap_or_default();
    between
        .iter()
        .all(|sign| sign.gap != Gap::Hard && !sign.clause)
}

impl Phrase {
    /// Whether it stands anywhere.
    pub fn is_in(&self, text: &[Sign]) -> bool {
        (0..text.len()).any(|from| self.at(text, from).is_some())
    }

    /// Whether it begins at this sign.
    fn at(&self, text: &[Sign], from: usize) -> Option<Hit> {
        let first = text.get(from).filter(|_| !self.0.is_empty())?;
        // A word that is written between spaces begins and ends there.
        let joined =
            |left: &Sign, right: &Sign| right.gap == Gap::None && spaced(left.c) && spaced(right.c);
        if from > 0 && joined(&text[from - 1], first) {
            return None;
        }
        let (mut to, mut number) = (from, None);
        let (mut apart, mut together) = (0, 0);
        for (index, wanted) in self.0.iter().enumerate() {
            let sign = text.get(to)?;
            if index > 0 {
                if sign.gap == Gap::Hard {
                    return None;
                }
                // Between two letters of one word a gap is no part of it, unless all its letters are spaced out.
                if wanted.gap != Gap::None {
                    if apart > 0 && together > 0 {
                        return None;
                    }
                    (apart, together) = (0, 0);
                }
                let of_one_word =
                    wanted.gap == Gap::None && spaced(text[to - 1].c) && spaced(sign.c);
                if of_one_word && wanted.c != NUMBER {
                    match sign.gap {
                        Gap::None => together += 1,
                        _ => apart += 1,
                    }
                }
            }
            if wanted.c == NUMBER {
                let (value, after) = digits(text, to)?;
                (number, to) = (Some(value), after);
            } else if sign.c == wanted.c {
                to += 1;
            } else {
                return None;
            }
        }
        let ends = text.get(to).is_none_or(|next| !joined(&text[to - 1], next));
        let spelled = apart == 0 || together == 0;
        (to > from && ends && spelled).then_some(Hit { from, to, number })
    }
}

/// A number of at most nine digits that stand together.
fn digits(text: &[Sign], from: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    let mut to = from;
    while let Some(digit) = text.get(to).and_then(|sign| sign.c.to_digit(10)) {
        if to > from && text[to].gap != Gap::None {
            break;
        }
        value = value * 10 + u64::from(digit);
        to += 1;
        if to - from > 9 {
            return None;
        }
    }
    (to > from).then_some((value, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &Words, text: &str) -> Vec<String> {
        let read = signs(text);
        let cut = |hit: Hit| text[read[hit.from].start..read[hit.to - 1].end].to_owned();
        words.hits(&read).into_iter().map(cut).collect()
    }

    fn words(any: &[&str]) -> Words {
        let any = any.iter().map(|word| Phrase::from((*word).to_owned()));
        Words {
            any: Any::from(any.collect::<Vec<_>>()),
            ..Words::default()
        }
    }

    #[test]
    fn latin_words_are_whole_words_and_may_be_spelled_out() {
        let words = words(&["best", "risk free"]);
        for (text, hits) in [
            ("The BEST apple", 1),
            ("ｂｅｓｔ apple", 1),
            ("the b e s t apple", 1),
            ("the b.e.s.t. apple", 1),
            ("risk-free", 1),
            ("riskfree", 1),
            ("苹果best价", 1),
            ("bestow", 0),
            ("the be st", 0),
            ("a risk f r e e apple", 1),
            ("asbestos", 0),
            ("be still", 0),
        ] {
            assert_eq!(found(&words, text).len(), hits, "{text}");
        }
    }

    #[test]
    fn ideographs_are_found_through_what_is_put_between_them_but_not_across_sentences() {
        let words = words(&["国家级"]);
        assert_eq!(found(&words, "这是國·家 级好果"), ["國·家 级"]);
        assert!(found(&words, "爱国。家级").is_empty());
    }

    #[test]
    fn a_number_has_a_place_in_a_phrase() {
        let words = words(&["仅剩#件", "only # left"]);
        let read = signs("仅剩 12 件！");
        assert_eq!(words.hits(&read)[0].number, Some(12));
        let read = signs("Only 7 left");
        assert_eq!(words.hits(&read)[0].number, Some(7));
        assert!(found(&words, "仅剩几件").is_empty());
    }

    #[test]
    fn words_around_turn_the_meaning_within_a_sentence() {
        let phrase = |word: &str| vec![Phrase::from(word.to_owned())];
        let words = Words {
            except: phrase("最佳赏味期"),
            unless_preceded_by: phrase("不是"),
            ..words(&["最佳"])
        };
        assert!(found(&words, "最佳赏味期三天").is_empty());
        assert!(found(&words, "我们不是最佳").is_empty());
        assert_eq!(found(&words, "苹果不是梨。最佳").len(), 1);
        assert_eq!(found(&words, "苹果不是梨，最佳").len(), 1);
        assert_eq!(found(&words, "最佳赏味期三天，口感最佳").len(), 1);
    }
}
