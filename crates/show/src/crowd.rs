//! The people who take part in a game by chat: one entry a person, found by the words they wrote, never more than fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ChatLine;

/// Most people in one game. A person is some 100 bytes, so a flood of invented names costs 2 MB and no more.
pub const CROWD_MAX: usize = 20_000;

/// Who took part and with what. Cheap to clone: the state of a show is, with each change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Crowd {
    /// `platform`, a tabulator, the name on it; with the number of what was chosen.
    people: Arc<BTreeMap<Arc<str>, u8>>,
    turned_away: u32,
}

/// As a journal's snapshot has it.
#[derive(Serialize, Deserialize)]
struct Kept {
    people: Vec<(String, u8)>,
    #[serde(default)]
    turned_away: u32,
}

impl From<Kept> for Crowd {
    fn from(kept: Kept) -> Self {
        let people = kept.people.into_iter();
        Self {
            people: Arc::new(people.map(|(who, what)| (who.into(), what)).collect()),
            turned_away: kept.turned_away,
        }
    }
}

impl From<Crowd> for Kept {
    fn from(crowd: Crowd) -> Self {
        let people = crowd.people.iter();
        Self {
            people: people.map(|(who, what)| (who.to_string(), *what)).collect(),
            turned_away: crowd.turned_away,
        }
    }
}

/// Which word of a person counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Counting {
    /// What they wrote last: a person may think again.
    #[default]
    Last,
    /// What they wrote first.
    First,
}

impl Crowd {
    /// How many people.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether nobody took part.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Lines of people for whom there was no room any more.
    pub fn turned_away(&self) -> u32 {
        self.turned_away
    }

    /// Everybody as `platform`, tabulator, name; in the order of their bytes.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(|who| &**who)
    }

    /// How many chose each of so many things.
    pub fn counts(&self, of: usize) -> Vec<u32> {
        let mut counts = vec![0_u32; of];
        for what in self.people.values() {
            if let Some(count) = counts.get_mut(usize::from(*what)) {
                *count = count.saturating_add(1);
            }
        }
        counts
    }

    /// Takes what somebody wrote.
    pub(crate) fn take(&mut self, line: &ChatLine, what: u8, counting: Counting) {
        let who = person(&line.platform, &line.author);
        match self.people.get(&*who) {
            Some(before) if counting == Counting::First || *before == what => {}
            None if self.people.len() >= CROWD_MAX => {
                self.turned_away = self.turned_away.saturating_add(1);
            }
            _ => {
                Arc::make_mut(&mut self.people).insert(who.into(), what);
            }
        }
    }
}

/// A person: a name on a platform. Nothing in it can end the line it stands on or begin another column.
pub(crate) fn person(platform: &str, name: &str) -> String {
    let plain = |text: &str| -> String {
        let chars = text.trim().chars();
        chars
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    format!("{}\t{}", plain(platform), plain(name))
}

/// What somebody wrote, so that `１`, `①` and ` 1！` are one word: full-width signs and circled digits as plain ones,
/// small letters, and without what stands around it.
pub fn plain_word(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{FF01}'..='\u{FF5E}' => {
                plain.extend(char::from_u32(c as u32 - 0xFEE0));
            }
            '\u{3000}' => plain.push(' '),
            '①'..='⑳' => plain.push_str(&(c as u32 - '①' as u32 + 1).to_string()),
            _ => plain.push(c),
        }
    }
    let plain = plain.to_lowercase();
    let word = plain.trim_matches(|c: char| !c.is_alphanumeric());
    // A heart is a word, too.
    let word = if word.is_empty() { plain.trim() } else { word };
    word.to_owned()
}

/// Which of these words (as [`plain_word`] gives them) a line says: the line is the word, or a single sign of it again
/// and again (`111`), as people write in a hurry.
pub(crate) fn said<'a>(
    line: &str,
    mut words: impl Iterator<Item = (u8, &'a str)> + Clone,
) -> Option<u8> {
    let said = plain_word(line);
    let mut again = words.clone();
    if let Some((what, _)) = words.find(|(_, word)| *word == said) {
        return Some(what);
    }
    let mut signs = said.chars();
    let first = signs.next()?;
    if !signs.all(|sign| sign == first) {
        return None;
    }
    let mut buffer = [0; 4];
    let sign = &*first.encode_utf8(&mut buffer);
    again.find(|(_, word)| *word == sign).map(|(what, _)| what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::At;

    fn line(platform: &str, author: &str, text: &str) -> ChatLine {
        ChatLine {
            id: format!("{platform}:{author}:{text}").as_str().into(),
            platform: platform.into(),
            author: author.into(),
            text: text.into(),
            at: At(0),
            question: false,
        }
    }

    #[test]
    fn a_word_is_the_same_however_it_was_typed() {
        for (typed, word) in [
            ("１", "1"),
            ("①", "1"),
            (" 1！", "1"),
            ("⑫", "12"),
            ("Ａ", "a"),
            ("「苹果」。", "苹果"),
            ("❤", "❤"),
            ("", ""),
        ] {
            assert_eq!(plain_word(typed), word, "{typed}");
        }
        let words = [(0, "1"), (1, "11"), (2, "苹果")];
        for (typed, what) in [
            ("１！", Some(0)),
            ("11", Some(1)),
            ("1111", Some(0)),
            ("苹果", Some(2)),
            ("苹果甜吗", None),
            ("12", None),
            ("110", None),
            ("", None),
        ] {
            assert_eq!(said(typed, words.iter().copied()), what, "{typed}");
        }
    }

    #[test]
    fn a_person_counts_once_on_each_platform_and_the_first_or_the_last_word_holds() {
        for (counting, counts) in [(Counting::Last, [1, 1]), (Counting::First, [2, 0])] {
            let mut crowd = Crowd::default();
            for (platform, what) in [("twitch", 0), ("twitch", 0), ("twitch", 1), ("web", 0)] {
                crowd.take(&line(platform, "Fang", ""), what, counting);
            }
            assert_eq!(crowd.counts(2), counts, "{counting:?}");
            assert_eq!(crowd.len(), 2);
        }
    }

    #[test]
    fn a_flood_of_names_ends_at_the_limit_and_is_told_of() {
        let mut crowd = Crowd::default();
        for n in 0..CROWD_MAX + 500 {
            crowd.take(&line("web", &n.to_string(), ""), 0, Counting::Last);
        }
        assert_eq!((crowd.len(), crowd.turned_away()), (CROWD_MAX, 500));
        // Who is in may still think again.
        crowd.take(&line("web", "7", ""), 1, Counting::Last);
        assert_eq!(crowd.counts(2)[1], 1);
    }

    #[test]
    fn a_name_cannot_forge_another_line_of_the_list() {
        let mut crowd = Crowd::default();
        crowd.take(&line("web", "a\nweb\tb", ""), 0, Counting::Last);
        let people: Vec<_> = crowd.people().collect();
        assert_eq!(people, ["web\ta web b"]);
        let text = serde_json::to_string(&crowd).unwrap();
        assert_eq!(serde_json::from_str::<Crowd>(&text).unwrap(), crowd);
    }
}
