//! Owns telling questions from the rest of chat, with or without a question mark, in Chinese and English.

/// Whether a line asks something that expects an answer or an action. `text` as shown or as written.
pub fn is_question(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 2 {
        return false;
    }
    let lower = text.to_lowercase();
    [
        "?",
        "？",
        "吗",
        "多少",
        "几",
        "怎么",
        "什么",
        "啥",
        "哪",
        "能不能",
        "how",
        "what",
        "where",
        "when",
        "which",
        "does",
        "can ",
    ]
    .iter()
    .any(|cue| lower.contains(cue))
}
