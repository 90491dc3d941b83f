//! Owns finding ways to get in touch: phone numbers, ids of messengers, addresses and pages, also disguised.

use super::contact_words::{DOMAINS, ENGLISH, INVITES, MESSENGERS, NUMBERED, SHOPS, SURE_INVITES};
use super::{Finding, Why};
use crate::fold::{digit, is_han, without_repeats};

/// One finding at most: a line with three ways to get in touch is held once.
pub(super) fn find(folded: &str) -> Option<Finding> {
    let found = page(folded)
        .or_else(|| mail(folded))
        .or_else(|| phone(folded))
        .or_else(|| said_digits(folded))
        .or_else(|| messenger(folded))?;
    Some(Finding {
        why: Why::Contact,
        ..found
    })
}

fn sure(found: String) -> Finding {
    Finding {
        why: Why::Contact,
        sure: true,
        found,
    }
}

/// An address of a page, also spelled out: `abc dot com`, `abc点com`, `abc[.]com`.
fn page(folded: &str) -> Option<Finding> {
    if let Some(at) = folded
        .find("http://")
        .or_else(|| folded.find("https://"))
        .or_else(|| folded.find("hxxp"))
    {
        return Some(sure(folded[at..].chars().take(60).collect()));
    }
    let mut plain = folded.to_owned();
    for disguise in [
        "[.]", "(.)", " dot ", "(dot)", "[dot]", "点", "。", " . ", "．", " .",
    ] {
        plain = plain.replace(disguise, ".");
    }
    if let Some(at) = plain.find("www.") {
        return Some(sure(plain[at..].chars().take(60).collect()));
    }
    let latin = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    for (at, _) in plain.match_indices('.') {
        let name: String = plain[..at]
            .chars()
            .rev()
            .take_while(|c| latin(*c))
            .collect();
        let name: String = name.chars().rev().collect();
        let after = &plain[at + 1..];
        let end: String = after
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let rest = &after[end.len()..];
        let path = rest.starts_with('/') && rest.len() > 1;
        // A short ending is also how a sentence goes on without a space ("good.me"): then only with a path.
        let clear = matches!(
            end.as_str(),
            "com"
                | "cn"
                | "net"
                | "org"
                | "top"
                | "xyz"
                | "shop"
                | "vip"
                | "cc"
                | "tk"
                | "club"
                | "icu"
                | "biz"
        );
        let whole = !rest.starts_with(latin);
        let is_name = (name.len() >= 2 || path) && name.chars().any(|c| c.is_ascii_alphabetic());
        let shop = SHOPS.contains(&name.as_str()) && !path;
        if is_name && whole && !shop && DOMAINS.contains(&end.as_str()) && (clear || path) {
            return Some(sure(format!("{name}.{end}")));
        }
    }
    None
}

fn mail(folded: &str) -> Option<Finding> {
    let mut plain = folded.to_owned();
    for disguise in [" at ", "(at)", "[at]", "#at#", "艾特", "圈a"] {
        plain = plain.replace(disguise, "@");
    }
    for disguise in [" dot ", "(dot)", "[.]", "点", " . "] {
        plain = plain.replace(disguise, ".");
    }
    let plain: String = plain.chars().collect();
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    for (at, _) in plain.match_indices('@') {
        let before: String = plain[..at]
            .trim_end()
            .chars()
            .rev()
            .take_while(|c| letter(*c))
            .collect();
        let after: String = plain[at + 1..]
            .trim_start()
            .chars()
            .take_while(|c| letter(*c))
            .collect();
        if before.len() >= 2
            && after
                .split_once('.')
                .is_some_and(|(host, end)| host.len() >= 2 && end.len() >= 2)
        {
            return Some(sure(format!("…@{after}")));
        }
    }
    [
        "@gmail",
        "gmail.com",
        "@qq",
        "hotmail",
        "@163",
        "qq.com",
        "qq邮箱号",
        "@outlook",
        "@yahoo",
    ]
    .iter()
    .find(|word| folded.contains(**word))
    .map(|word| sure((*word).to_owned()))
}

/// A mobile number of mainland China, or an international or American one, whatever stands between its digits.
fn phone(folded: &str) -> Option<Finding> {
    let chars: Vec<char> = folded.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if digit(chars[at]).is_none() {
            at += 1;
            continue;
        }
        let run = number_run(&chars, at);
        let before: String = chars[at.saturating_sub(12)..at].iter().collect();
        let numbered = NUMBERED.iter().any(|word| before.contains(word))
            || at > 0 && chars[at - 1].is_ascii_alphabetic() && run.breaks == 0;
        if !numbered && run.is_phone(&before) {
            return Some(sure(run.digits));
        }
        at = run.end;
    }
    None
}

struct Run {
    digits: String,
    end: usize,
    /// Marks, spaces and emoji between the digits.
    breaks: usize,
    written: usize,
}

impl Run {
    fn is_phone(&self, before: &str) -> bool {
        let digits = self.digits.as_bytes();
        let local = digits.strip_prefix(b"86").unwrap_or(digits);
        if local.len() == 11 && local[0] == b'1' && (b'3'..=b'9').contains(&local[1]) {
            return true;
        }
        let international = before.trim_end().ends_with('+') && (9..=14).contains(&digits.len());
        let american = digits.len() == 10
            && (2..=6).contains(&self.breaks)
            && self.written == 0
            && digits[0] >= b'2';
        international || american
    }
}

/// Digits with at most three other characters between two of them (no letters, and Chinese ones only as digits).
fn number_run(chars: &[char], from: usize) -> Run {
    let mut run = Run {
        digits: String::new(),
        end: from,
        breaks: 0,
        written: 0,
    };
    let mut gap = 0;
    let mut at = from;
    while let Some(c) = chars.get(at) {
        if let Some(value) = digit(*c) {
            run.digits.push(char::from(b'0' + value));
            run.written += usize::from(!c.is_ascii_digit());
            run.breaks += gap;
            gap = 0;
            run.end = at + 1;
        } else if !c.is_alphanumeric()
            && !matches!(c, ',' | '，' | '/' | '~' | ':' | '%' | '￥' | '¥' | '$')
            && gap < 3
        {
            gap += 1;
        } else if matches!(c, 'o') && !run.digits.is_empty() {
            run.digits.push('0');
            run.end = at + 1;
        } else if matches!(c, 'l') && !run.digits.is_empty() {
            run.digits.push('1');
            run.end = at + 1;
        } else {
            break;
        }
        at += 1;
    }
    run.end = run.end.max(from + 1);
    run
}

/// A messenger's name with something like an id near it, or with an invitation.
fn messenger(folded: &str) -> Option<Finding> {
    let folded = &closed_up(&without_repeats(folded, 2));
    let joined: String = folded
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | ':' | '❤' | '_' | '-' | '@'))
        .collect();
    let joined = joined.replace("+vvvv", "+v").replace("+vv", "+v");
    let spaced = format!(" {} ", words(folded));
    let invite = INVITES.iter().find(|words| {
        if words.is_ascii() && words.contains(' ') || **words == "hmu" {
            spaced.contains(&format!(" {words} "))
        } else {
            joined.contains(*words)
        }
    });
    let mut named = None;
    for name in MESSENGERS {
        let places: Vec<usize> =
            if name.is_ascii() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ') {
                latin_places(&joined, &spaced, name)
            } else {
                joined
                    .match_indices(name)
                    .map(|(at, _)| at + name.len())
                    .collect()
            };
        for end in places {
            named = Some(*name);
            if let Some(id) = joined.get(end..).and_then(id_after) {
                return Some(sure(format!("{name} {id}")));
            }
        }
    }
    if let (Some(name), Some(invite)) = (named, invite)
        && !invite.starts_with("找我")
    {
        return Some(sure(format!("{name} {invite}")));
    }
    let (name, handle) = (named, spaced_handle(folded));
    if let (Some(name), Some(handle)) = (name, &handle) {
        return Some(sure(format!("{name} {handle}")));
    }
    let invite = invite?;
    if let Some(id) = id_anywhere(&joined, invite).or(handle) {
        return Some(sure(format!("{invite} {id}")));
    }
    Some(Finding {
        why: Why::Contact,
        sure: SURE_INVITES.contains(invite),
        found: (*invite).to_owned(),
    })
}

/// Single letters with a space between them are one word (`w e c h a t`).
fn closed_up(folded: &str) -> String {
    let chars: Vec<char> = folded.chars().collect();
    let single = |at: usize| {
        let letter = |at: Option<usize>| {
            at.and_then(|at| chars.get(at))
                .is_some_and(char::is_ascii_alphabetic)
        };
        letter(Some(at)) && !letter(at.checked_sub(1)) && !letter(at.checked_add(1))
    };
    let mut closed = String::with_capacity(folded.len());
    for (at, c) in chars.iter().enumerate() {
        let between =
            matches!(c, ' ' | '.' | '*' | '|') && at > 0 && single(at - 1) && single(at + 1);
        if !between {
            closed.push(*c);
        }
    }
    closed
}

/// Digits said in English (`two oh two five …`), where there are enough for a number.
fn said_digits(folded: &str) -> Option<Finding> {
    let names = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let mut digits = String::new();
    for word in words(folded).split(' ') {
        match names.iter().position(|name| *name == word) {
            Some(digit) => digits.push_str(&digit.to_string()),
            None if matches!(word, "oh" | "o") => digits.push('0'),
            None if digits.len() >= 7 => break,
            None => digits.clear(),
        }
    }
    (digits.len() >= 7).then(|| sure(digits))
}

fn words(folded: &str) -> String {
    folded
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A Latin name counts as a word of its own, or beside Chinese.
fn latin_places(joined: &str, spaced: &str, name: &str) -> Vec<usize> {
    if !spaced.contains(&format!(" {name}")) {
        return Vec::new();
    }
    joined
        .match_indices(&name.replace(' ', ""))
        .filter(|(at, _)| {
            let before = joined[..*at].chars().next_back();
            name.len() > 3 || before.is_none_or(|c| !c.is_ascii_alphabetic())
        })
        .map(|(at, found)| at + found.len())
        .collect()
}

/// An id right after a name: `同号`, at least five digits, or letters with digits or a line in them.
fn id_after(after: &str) -> Option<String> {
    let rest = after.trim_start_matches(|c: char| {
        matches!(
            c,
            ':' | '号'
                | '是'
                | '+'
                | '-'
                | '@'
                | '❤'
                | '我'
                | '的'
                | '聊'
                | '信'
                | '码'
                | '：'
                | '加'
                | '群'
                | '同'
        )
    });
    if after.starts_with("同号")
        || after.contains("同手机")
        || after.starts_with("号在")
        || after.starts_with("在主页")
    {
        return Some("…".to_owned());
    }
    let rest = rest
        .strip_prefix("at")
        .or_else(|| rest.strip_prefix("is"))
        .unwrap_or(rest);
    let id: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || digit(*c).is_some())
        .take(24)
        .collect();
    let digits = id.chars().filter(|c| digit(*c).is_some()).count();
    let letters = id.chars().filter(char::is_ascii_alphabetic).count();
    let marked = id.contains(['_', '-']);
    let long = digits >= 5 || letters >= 2 && (digits >= 2 || marked) && id.len() >= 5;
    // Chinese goes on after a Latin word that is no id ("wechat pay可以吗").
    let spelled = letters >= 6
        && digits == 0
        && id.len() >= 6
        && !ENGLISH.iter().any(|word| id.contains(word))
        && rest.chars().nth(id.len()).is_none_or(is_han);
    (long || spelled).then_some(id)
}

/// `@name` or a name with digits or a line in it.
fn spaced_handle(folded: &str) -> Option<String> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '.');
    folded
        .split(|c: char| !letter(c))
        .find(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
            word.len() >= 5
                && letters >= 3
                && (word.starts_with('@') || word.contains('_') || digits >= 2)
        })
        .map(str::to_owned)
}

/// After an invitation: at least six digits, or an id, anywhere in the line.
fn id_anywhere(joined: &str, invite: &str) -> Option<String> {
    let at = joined.find(&invite.replace(' ', ""))?;
    let rest = joined.get(at + invite.replace(' ', "").len()..)?;
    id_after(rest).or_else(|| {
        let digits: String = joined.chars().filter(|c| c.is_ascii_digit()).collect();
        (digits.len() >= 6).then_some(digits)
    })
}
