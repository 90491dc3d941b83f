//! The question on the picture: its answer, and what of an asker may be shown to everybody.

use crate::check;
use crate::{At, Event, MessageId, Refusal, Show, visible};

/// Longest answer, in characters: three pages of two lines.
const ANSWER_MAX: usize = 160;
/// Longest name on the picture, in characters; a name is no place for a message.
const NAME_SHOWN: usize = 24;
/// Stands for what is not shown.
const HIDDEN: &str = "•••";
/// So many digits in a row are a number that reaches somebody: QQ has five or more. In a question prices and weights
/// are asked for, so it takes as many as a telephone there.
const DIGITS_OF_NAME: usize = 5;
const DIGITS_OF_TEXT: usize = 7;
/// With hyphens or spaces between them: a date has eight.
const DIGITS_APART: usize = 10;
/// What an account's name follows.
const ACCOUNTS: [&str; 11] = [
    "微信", "薇信", "威信", "扣扣", "v信", "vx", "wx", "qq", "weixin", "wechat", "whatsapp",
];

/// An asker's name as everybody may see it: one line without marks that turn words around, without telephone numbers,
/// accounts and addresses, and of bounded length.
pub(crate) fn shown_name(name: &str) -> String {
    let name = without_contacts(name, DIGITS_OF_NAME);
    let Some((at, _)) = name.char_indices().nth(NAME_SHOWN) else {
        return name;
    };
    // A joiner that is left alone would draw nothing.
    let kept = name[..at].trim_end_matches(['\u{200D}', '\u{FE0F}', ' ']);
    format!("{kept}…")
}

/// A question as everybody may see it: without telephone numbers, accounts and addresses.
pub fn shown_question(text: &str) -> String {
    without_contacts(text, DIGITS_OF_TEXT)
}

fn without_contacts(text: &str, digits: usize) -> String {
    let text = visible(text);
    let text: Vec<char> = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let before = at.checked_sub(1).map(|before| text[before]);
        let (kept, length) = address(rest, before)
            .map(|length| (0, length))
            .or_else(|| account(rest, before))
            .or_else(|| number(rest, before, digits).map(|length| (0, length)))
            .unwrap_or((1, 0));
        out.extend(&rest[..kept]);
        if length > 0 {
            out.push_str(HIDDEN);
        }
        at += kept + length;
    }
    out
}

/// Length of a web or mail address that begins here.
fn address(rest: &[char], before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let word: String = rest
        .iter()
        .take_while(|c| c.is_ascii_graphic())
        .map(char::to_ascii_lowercase)
        .collect();
    let is_web = ["http://", "https://", "www."]
        .iter()
        .any(|begin| word.starts_with(begin));
    let is_mail = word.split_once('@').is_some_and(|(name, host)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        !name.is_empty() && name.chars().all(plain) && host.contains('.')
    });
    (is_web || is_mail).then_some(word.len())
}

/// How much of an account stays (what says that it is one) and how much of it is hidden.
fn account(rest: &[char], before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let begins_with = |word: &str| {
        let mut letters = word.chars().enumerate();
        letters.all(|(at, c)| rest.get(at).is_some_and(|r| r.to_ascii_lowercase() == c))
    };
    let said = ACCOUNTS.iter().find(|word| begins_with(word))?;
    let said = said.chars().count();
    let between = |c: &&char| " :：=+号是_-".contains(**c);
    let kept = said + rest[said..].iter().take_while(between).count();
    let of_name = |c: &&char| c.is_ascii_alphanumeric() || matches!(**c, '_' | '-');
    let length = rest[kept..].iter().take_while(of_name).count();
    (length >= 4).then_some((kept, length))
}

/// Length of a number that begins here and is long enough to reach somebody.
fn number(rest: &[char], before: Option<char>, least: usize) -> Option<usize> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    if before.is_some_and(is_digit) || !rest.first().copied().is_some_and(is_digit) {
        return None;
    }
    let alone = rest.iter().take_while(|c| is_digit(**c)).count();
    let (mut length, mut digits) = (0, 0);
    for (at, c) in rest.iter().enumerate() {
        if is_digit(*c) {
            digits += 1;
            length = at + 1;
        } else if !matches!(c, ' ' | '-' | '.' | '·') || at > length {
            break;
        }
    }
    if digits >= DIGITS_APART {
        Some(length)
    } else {
        (alone >= least).then_some(alone)
    }
}

impl Show {
    pub(crate) fn decide_answer_question(
        &self,
        message: &MessageId,
        answer: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let answer = visible(answer).trim().to_owned();
        check::text("answer", &answer, ANSWER_MAX)?;
        let pinned = self.pinned.as_ref().filter(|it| it.message == *message);
        let pinned = pinned.ok_or(Refusal::QuestionGone)?;
        if pinned.answer == answer {
            return Ok(Vec::new());
        }
        Ok(vec![Event::QuestionAnswered { answer, at }])
    }

    pub(crate) fn apply_answer(&mut self, answer: &str) {
        if let Some(pinned) = &mut self.pinned {
            answer.clone_into(&mut pinned.answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, decide};

    #[test]
    fn a_name_is_shown_without_what_reaches_its_owner() {
        for (name, shown) in [
            ("小雨", "小雨"),
            ("user 13812345678", "user •••"),
            ("１３８１２３４５６７８", "•••"),
            ("加微信: apple_66", "加微信: •••"),
            ("VX abc123 卖茶", "VX ••• 卖茶"),
            ("lee@example.com", "•••"),
            ("www.shop.example", "•••"),
            ("a\u{202E}b\nc", "ab c"),
            ("عسل طبيعي", "عسل طبيعي"),
            ("🏳️‍🌈 Wang", "🏳️‍🌈 Wang"),
            ("果园 1888", "果园 1888"),
        ] {
            assert_eq!(shown_name(name), shown);
        }
        let long = shown_name(&"长".repeat(80));
        assert_eq!(long.chars().count(), NAME_SHOWN + 1);
    }

    #[test]
    fn a_question_keeps_its_figures_and_loses_telephone_numbers() {
        for (text, shown) in [
            ("5 斤 29.9，100000 件有吗", "5 斤 29.9，100000 件有吗"),
            ("2026-10-28 能到吗", "2026-10-28 能到吗"),
            ("打我电话 138-1234-5678", "打我电话 •••"),
            ("寄到 13812345678 可以吗", "寄到 ••• 可以吗"),
            ("fwxabcdef?", "fwxabcdef?"),
        ] {
            assert_eq!(shown_question(text), shown);
        }
    }

    #[test]
    fn an_answer_belongs_to_the_question_that_stands() {
        let mut show = Show::new("orchard");
        let answer = |message: &str, answer: &str| Command::AnswerQuestion {
            message: message.into(),
            answer: answer.into(),
        };
        let gone = decide(&show, answer("web:1", "三天"), At(0));
        assert_eq!(gone.unwrap_err().code(), "question_gone");
        let pin = Command::PinQuestion {
            message: "web:1".into(),
            author: "小雨 13812345678".into(),
            text: "几天到？".into(),
        };
        show.apply_all(&decide(&show, pin.clone(), At(0)).unwrap());
        assert_eq!(decide(&show, pin, At(1)), Ok(vec![]), "the same again");
        let other = decide(&show, answer("web:2", "三天"), At(0));
        assert_eq!(other.unwrap_err().code(), "question_gone");
        show.apply_all(&decide(&show, answer("web:1", " 三天\u{202E} "), At(2)).unwrap());
        let pinned = show.pinned.clone().unwrap();
        assert_eq!((&*pinned.author, &*pinned.answer), ("小雨 •••", "三天"));
        assert_eq!(decide(&show, answer("web:1", "三天"), At(3)), Ok(vec![]));
        let long = decide(&show, answer("web:1", &"长".repeat(161)), At(3));
        assert_eq!(long.unwrap_err().code(), "text_too_long");
        show.apply_all(&decide(&show, answer("web:1", ""), At(4)).unwrap());
        assert_eq!(show.pinned.unwrap().answer, "", "taken back");
    }

    #[test]
    fn a_question_written_before_there_were_answers_is_read() {
        let pinned: crate::PinnedQuestion = serde_json::from_value(serde_json::json!({
            "message": "web:1", "author": "A", "text": "How much?", "since": 5,
        }))
        .unwrap();
        assert_eq!(pinned.answer, "");
    }
}
