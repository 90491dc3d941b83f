//! What a game says: a poll's answers with their bars, a draw's terms, its code and its winners. The theme gives the colour.

use stallcast_show::{At, Lottery, Poll, Text};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Lang,
    content::{Content, Words, clock},
    price::format_money,
    words::{clean, pick},
};

/// The drawings of themes that have none of their own, in the ground colour of [`GROUND`].
pub(crate) const FILES: [(&str, &str); 6] = [
    ("poll.svg", include_str!("../../../assets/games/poll.svg")),
    (
        "poll-portrait.svg",
        include_str!("../../../assets/games/poll-portrait.svg"),
    ),
    (
        "lottery.svg",
        include_str!("../../../assets/games/lottery.svg"),
    ),
    (
        "lottery-portrait.svg",
        include_str!("../../../assets/games/lottery-portrait.svg"),
    ),
    (
        "auction.svg",
        include_str!("../../../assets/games/auction.svg"),
    ),
    (
        "auction-portrait.svg",
        include_str!("../../../assets/games/auction-portrait.svg"),
    ),
];

/// What stands for the theme's own dark colour in them.
pub(crate) const GROUND: &str = "#0b1d2a";

/// Names of the boxes and conditions of a poll's answers, in their order.
const OPTIONS: [&str; 6] = [
    "option-1", "option-2", "option-3", "option-4", "option-5", "option-6",
];
const COUNTS: [&str; 6] = [
    "count-1", "count-2", "count-3", "count-4", "count-5", "count-6",
];
const GAUGES: [&str; 6] = [
    "gauge-1", "gauge-2", "gauge-3", "gauge-4", "gauge-5", "gauge-6",
];
const WON: [&str; 6] = ["won-1", "won-2", "won-3", "won-4", "won-5", "won-6"];
const ROWS: [&str; 5] = ["rows-2", "rows-3", "rows-4", "rows-5", "rows-6"];

/// Hexadecimal digits of a draw's code that are shown: 128 bits, so that nobody finds two draws with the same.
const CODE_DIGITS: usize = 32;

pub(crate) fn say(lang: Lang, zh: &str, en: &str) -> String {
    let text = Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    clean(pick(&text, lang))
}

/// Seconds left, rounded up, and when the next one is shown; nothing from the end on.
pub(crate) fn seconds_left(until: At, now: At) -> Option<(u32, At)> {
    let left_ms = until.0.saturating_sub(now.0);
    if left_ms <= 0 {
        return None;
    }
    let left = left_ms.saturating_add(999) / 1000;
    let next = At(until.0 - (left - 1) * 1000);
    Some((u32::try_from(left).unwrap_or(u32::MAX), next))
}

/// A poll, and when it changes by itself.
pub(crate) fn poll(poll: &Poll, now: At, lang: Lang) -> (Content, Option<At>) {
    let mut content = Content::new(lang);
    let mut next = None;
    let left = seconds_left(poll.terms.until, now).filter(|_| !poll.is_over(now));
    match left {
        Some((left, at)) => {
            next = Some(at);
            content.holding.push("open");
            content.says("game-clock", Words::Digits(clock(left)));
            content.says(
                "game-label",
                Words::Text(say(lang, "弹幕投票", "Vote in chat")),
            );
        }
        None => content.says("game-label", Words::Text(say(lang, "投票结束", "Result"))),
    }
    let options = poll.terms.options.iter();
    if let Some(rows) = options.len().checked_sub(2).and_then(|at| ROWS.get(at)) {
        content.holding.push(rows);
    }
    let question = clean(&poll.terms.question);
    content.says("poll-question", Words::Text(question));
    let how = match poll.terms.counting {
        stallcast_show::Counting::Last => {
            say(lang, "每人一票，可以改", "One vote each, the last counts")
        }
        stallcast_show::Counting::First => say(
            lang,
            "每人一票，以第一次为准",
            "One vote each, the first counts",
        ),
    };
    content.says("poll-how", Words::Text(how));
    let counts = poll.counts();
    let (all, most) = (
        counts.iter().map(|count| u64::from(*count)).sum::<u64>(),
        counts.iter().max().copied().unwrap_or(0),
    );
    for (at, (option, count)) in options.zip(&counts).enumerate().take(OPTIONS.len()) {
        content.holding.push(OPTIONS[at]);
        if left.is_none() && most > 0 && *count == most {
            content.holding.push(WON[at]);
        }
        let keyword = option.keywords.first().map_or("", String::as_str);
        let label = clean(&option.label);
        let label = match keyword {
            word if word.to_lowercase() == label.to_lowercase() => label,
            word => clean(&format!("{word} {label}")),
        };
        content.says(OPTIONS[at], Words::Text(label));
        content.says(COUNTS[at], Words::Digits(count.to_string()));
        let share = (u64::from(*count) * 1000).checked_div(all).unwrap_or(0);
        let share = u32::try_from(share).unwrap_or(1000);
        content.says(GAUGES[at], Words::Gauge(share));
    }
    (content, next)
}

/// A draw but for its winners, and when it changes by itself.
pub(crate) fn lottery(lottery: &Lottery, now: At, lang: Lang) -> (Content, Option<At>) {
    let mut content = Content::new(lang);
    let mut next = None;
    let terms = &lottery.terms;
    let left = seconds_left(lottery.until, now).filter(|_| lottery.closed.is_none());
    if lottery.drawn.is_some() {
        content.holding.push("drawn");
        content.says("game-label", Words::Text(say(lang, "中奖名单", "Winners")));
    } else {
        content.holding.push("entering");
        content.says(
            "game-label",
            Words::Text(say(lang, "弹幕抽奖", "Prize draw")),
        );
        let how = match left {
            Some((left, at)) => {
                next = Some(at);
                content.holding.push("open");
                content.says("game-clock", Words::Digits(clock(left)));
                say(
                    lang,
                    "发「{k}」参加，一人一次",
                    "Write “{k}” to take part, once each",
                )
            }
            None => say(
                lang,
                "报名截止，等待开奖",
                "Entries are closed, the draw follows",
            ),
        };
        let how = how.replace("{k}", &clean(&terms.keyword));
        content.says("lottery-how", Words::Text(how));
        content.says(
            "entrants-label",
            Words::Text(say(lang, "参加人数", "Taking part")),
        );
        let entrants = lottery.entrants.len().to_string();
        content.says("entrants", Words::Digits(entrants));
    }
    content.says("prize", Words::Text(clean(&terms.prize)));
    let promised = say(
        lang,
        "共 {n} 份 · 每份价值 {p}",
        "{n} prizes · worth {p} each",
    );
    let promised = promised.replace("{n}", &terms.winners.to_string());
    let promised = promised.replace("{p}", &format_money(&terms.value, lang));
    content.says("lottery-terms", Words::Text(promised));
    let label = say(
        lang,
        "校验码（开奖前公布，可查验）",
        "Check code, fixed before the draw",
    );
    content.says("code-label", Words::Text(label));
    let code = lottery.commitment.get(..CODE_DIGITS).unwrap_or_default();
    let (first, second) = code.split_at(code.len() / 2);
    content.says("code-1", Words::Text(in_fours(first)));
    content.says("code-2", Words::Text(in_fours(second)));
    (content, next)
}

/// The winners as viewers see them: enough to know oneself, not enough to be found by others.
pub(crate) fn winners(lottery: &Lottery, lang: Lang) -> Option<String> {
    let drawn = lottery.drawn.as_ref()?;
    if drawn.winners.is_empty() {
        return Some(say(lang, "没有人参加", "Nobody took part"));
    }
    let names = drawn.winners.iter().map(|who| {
        let name = who.split_once('\t').map_or(who.as_str(), |(_, name)| name);
        masked(&clean(name))
    });
    Some(names.collect::<Vec<_>>().join(" · "))
}

/// `小*明`, `F**g`, `李*`: the first letter, the last one of longer names, and at most three stars.
pub(crate) fn masked(name: &str) -> String {
    let letters: Vec<&str> = name.graphemes(true).collect();
    match letters.as_slice() {
        [] => "*".to_owned(),
        [one] => format!("{one}*"),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

fn in_fours(digits: &str) -> String {
    let mut spaced = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            spaced.push(' ');
        }
        spaced.push(digit);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_winner_knows_the_name_and_nobody_else_finds_the_person() {
        for (name, shown) in [
            ("小明", "小*"),
            ("李小明", "李*明"),
            ("Fang Lihua 1987", "F***7"),
            ("👩‍🌾🍎🍐", "👩‍🌾*🍐"),
            ("a", "a*"),
            ("", "*"),
        ] {
            assert_eq!(masked(name), shown);
        }
        assert_eq!(in_fours("0123456789abcdef"), "0123 4567 89ab cdef");
    }
}
