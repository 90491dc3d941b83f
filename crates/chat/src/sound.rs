//! Owns how Chinese is said: people type pinyin (`bao你 you`), or another character of the same sound.

use pinyin::ToPinyin;

/// Shorter sounds are in too many others.
const SHORTEST: usize = 5;

/// A line as it is said: pinyin without tones, Latin letters as they are, nothing between; marks are a gap.
pub(crate) fn said(folded: &str) -> String {
    let mut said = String::with_capacity(folded.len() * 2);
    for c in folded.chars() {
        match c.to_pinyin() {
            Some(sound) => said.push_str(sound.plain()),
            None if c.is_ascii_alphanumeric() => said.push(c),
            None if c == ' ' => {}
            None => said.push('|'),
        }
    }
    said
}

/// The sound of a word of at least two Chinese characters, when it is long enough to be looked for.
pub(crate) fn of_word(word: &str) -> Option<String> {
    if word.chars().count() < 2 {
        return None;
    }
    let mut sound = String::new();
    for c in word.chars() {
        sound.push_str(c.to_pinyin()?.plain());
    }
    (sound.len() >= SHORTEST).then_some(sound)
}

/// The first letters of its sounds, for words of three characters and more (`kqzg`).
pub(crate) fn initials(word: &str) -> Option<String> {
    if word.chars().count() < 3 {
        return None;
    }
    word.chars()
        .map(|c| c.to_pinyin().and_then(|sound| sound.plain().chars().next()))
        .collect()
}
