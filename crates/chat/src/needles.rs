//! Owns looking for many words in one text at once: a line is compared with some thousand of them, thousands of times a
//! second.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

/// Words that will be looked for together; each has a place.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    places: HashMap<String, usize>,
}

/// The same, ready to look.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    /// `None` where there is nothing to look for.
    machine: Option<AhoCorasick>,
    count: usize,
}

/// Which of them a text holds.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<u64>);

impl Wanted {
    /// The place of a word.
    pub(crate) fn place(&mut self, word: &str) -> usize {
        let next = self.places.len();
        *self.places.entry(word.to_owned()).or_insert(next)
    }

    pub(crate) fn ready(self) -> Needles {
        let count = self.places.len();
        let mut words = vec![String::new(); count];
        for (word, place) in self.places {
            words[place] = word;
        }
        // Refuses only more than fits into 32 bits; the lists are our own.
        let machine = AhoCorasick::new(words).ok().filter(|_| count > 0);
        Needles { machine, count }
    }
}

impl Needles {
    /// Looks through `text` once.
    pub(crate) fn within(&self, text: &str) -> Found {
        let Some(machine) = &self.machine else {
            return Found::default();
        };
        let mut found = vec![0; self.count.div_ceil(64)];
        for hit in machine.find_overlapping_iter(text) {
            let place = hit.pattern().as_usize();
            found[place / 64] |= 1 << (place % 64);
        }
        Found(found)
    }
}

impl Found {
    pub(crate) fn has(&self, place: usize) -> bool {
        self.0
            .get(place / 64)
            .is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_overlap_or_hold_each_other_are_all_found() {
        let mut wanted = Wanted::default();
        let words = [" ship ", " to ", " ship to ", "发货", "货", "发"];
        let places = words.map(|word| wanted.place(word));
        assert_eq!(wanted.place("货"), places[4], "each has one place");
        let needles = wanted.ready();
        let found = needles.within(" ship to you 发货");
        assert!(places.iter().all(|place| found.has(*place)));
        let found = needles.within("货 shipto");
        assert_eq!(
            places.map(|place| found.has(place)),
            [false, false, false, false, true, false]
        );
        assert!(!Wanted::default().ready().within("货").has(0));
    }
}
