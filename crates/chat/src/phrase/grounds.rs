//! Owns whether what a model wrote stands on the facts: every number with its unit, every price, and what is said to cost
//! nothing. What cannot be told is taken for unfounded: a draft is only ever lost by it.

use crate::fold::{digit, fold};

/// Six places after the point; what has more is compared as it is written.
const ONE: u128 = 1_000_000;

/// Names of the same unit, the first its own. Longer names stand before those that they begin with.
const UNITS: &[(&str, &[&str])] = &[
    (
        "kg",
        &[
            "kilograms",
            "kilogram",
            "kilos",
            "kilo",
            "kgs",
            "kg",
            "公斤",
            "千克",
        ],
    ),
    ("g", &["grams", "gram", "g", "克"]),
    ("jin", &["jin", "catties", "catty", "市斤", "斤"]),
    ("liang", &["两"]),
    ("lb", &["pounds", "pound", "lbs", "lb", "磅"]),
    ("oz", &["ounces", "ounce", "oz", "盎司"]),
    ("ml", &["millilitres", "milliliters", "ml", "毫升"]),
    ("l", &["litres", "liters", "litre", "liter", "l", "升"]),
    ("mm", &["mm", "毫米"]),
    ("cm", &["cm", "厘米", "公分"]),
    ("m", &["metres", "meters", "metre", "meter", "m", "米"]),
    ("inch", &["inches", "inch", "英寸", "寸"]),
    ("minute", &["minutes", "minute", "mins", "min", "分钟"]),
    ("hour", &["hours", "hour", "hrs", "hr", "h", "小时"]),
    ("month", &["months", "month", "个月", "月"]),
    ("week", &["weeks", "week", "星期", "周"]),
    ("day", &["days", "day", "个工作日", "工作日", "天", "日"]),
    ("year", &["years", "year", "年"]),
    ("clock", &["o'clock", "a.m", "p.m", "am", "pm", "点"]),
    ("percent", &["percent", "%"]),
    ("tenths", &["折", "成"]),
    ("degree", &["degrees", "degree", "°c", "°", "℃", "度"]),
    ("cny", &["yuan", "rmb", "cny", "元", "块", "¥"]),
    (
        "usd",
        &["dollars", "dollar", "usd", "us$", "美元", "美金", "$"],
    ),
    ("eur", &["euros", "euro", "eur", "欧元", "€"]),
    ("gbp", &["gbp", "英镑", "£"]),
    ("jpy", &["yen", "jpy", "日元", "円"]),
    ("hkd", &["hkd", "hk$", "港币", "港元"]),
    ("cent", &["cents", "cent", "毛", "角"]),
    (
        COUNT,
        &[
            "pieces", "piece", "pcs", "items", "item", "left", "pairs", "pair", "boxes", "box",
            "bags", "bag", "packs", "pack", "bottles", "bottle", "件", "个", "箱", "盒", "包",
            "袋", "瓶", "双", "条", "只", "份", "款", "枚", "颗",
        ],
    ),
];
/// Counts of goods: of a number without a unit they say nothing new.
const COUNT: &str = "count";

/// Signs of money, which stand before their number.
const BEFORE: &[&str] = &[
    "hk$", "us$", "rmb", "cny", "usd", "eur", "gbp", "jpy", "¥", "$", "€", "£",
];

/// What says that something costs nothing or half.
const FREE: &[&str] = &[
    "包邮",
    "免邮",
    "免运费",
    "免费",
    "白送",
    "赠送",
    "买一送",
    "for free",
    "free shipping",
    "free delivery",
    "free postage",
    "free return",
    "free gift",
    "free of charge",
    "is free",
    "are free",
    "ships free",
    "no charge",
    "半价",
    "half price",
];

/// English numbers; "one" is a word like any other.
const WORDS: &[(&str, u128)] = &[
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("dozen", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("twice", 2),
    ("double", 2),
];

/// Characters of numbers that are ordinary words.
const NO_NUMBERS: &[&str] = &["千万", "万一", "一一", "一千零一"];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Amount {
    /// In millionths; `None` = compared as it is written.
    value: Option<u128>,
    unit: Option<&'static str>,
    said: String,
}

/// The first number, unit or price of `draft` that is not in `facts`, as it is written there (folded); `None` = all are.
pub(super) fn unfounded(draft: &str, facts: &[&str]) -> Option<String> {
    let draft = fold(draft);
    let facts: Vec<String> = facts.iter().map(|fact| fold(fact)).collect();
    let known: Vec<Amount> = facts.iter().flat_map(|fact| amounts(fact)).collect();
    let is_known = |amount: &Amount| {
        known.iter().any(|fact| {
            let same_value = match (amount.value, fact.value) {
                (Some(a), Some(b)) => a == b,
                _ => amount.said == fact.said,
            };
            let same_unit = amount.unit.is_none()
                || amount.unit == fact.unit
                || (amount.unit == Some(COUNT) && fact.unit.is_none());
            same_value && same_unit
        })
    };
    if let Some(amount) = amounts(&draft).into_iter().find(|it| !is_known(it)) {
        return Some(amount.said);
    }
    let says = |word: &str| facts.iter().any(|fact| fact.contains(word));
    if let Some(word) = FREE.iter().find(|word| draft.contains(**word))
        && !FREE.iter().any(|known| says(known))
    {
        return Some((*word).to_owned());
    }
    let units: Vec<&str> = facts
        .iter()
        .flat_map(|fact| bare_units(fact))
        .map(|(unit, _)| unit)
        .collect();
    let units: Vec<&str> = units
        .into_iter()
        .chain(known.iter().filter_map(|it| it.unit))
        .collect();
    bare_units(&draft)
        .into_iter()
        .find(|(unit, _)| *unit != COUNT && !units.contains(unit))
        .map(|(_, said)| said)
}

/// Units that a price is for: `每斤`, `/kg`, `per day`.
fn bare_units(text: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for mark in ["每", "/", "per ", "a ", "an "] {
        for (at, _) in text.match_indices(mark) {
            let is_word = mark.starts_with(|c: char| c.is_ascii_alphabetic());
            if is_word && text[..at].ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let rest = text[at + mark.len()..].trim_start();
            if let Some((unit, length)) = unit_at(rest) {
                found.push((unit, format!("{mark}{}", &rest[..length])));
            }
        }
    }
    found
}

/// The unit that `rest` begins with, and its length in bytes.
fn unit_at(rest: &str) -> Option<(&'static str, usize)> {
    UNITS
        .iter()
        .flat_map(|(unit, names)| names.iter().map(move |name| (*unit, *name)))
        .filter(|(_, name)| {
            let after = rest.strip_prefix(name);
            let is_word = name.ends_with(|c: char| c.is_ascii_alphabetic());
            after.is_some_and(|after| {
                !is_word || !after.starts_with(|c: char| c.is_ascii_alphanumeric())
            })
        })
        .max_by_key(|(_, name)| name.len())
        .map(|(unit, name)| (unit, name.len()))
}

/// Every number of a folded text.
fn amounts(text: &str) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let number = if c.is_ascii_digit() {
            figures(rest)
        } else if let Some(word) = NO_NUMBERS.iter().find(|word| rest.starts_with(**word)) {
            at += word.len();
            continue;
        } else if rest.starts_with("百分之") {
            written("百分之".len(), rest)
        } else if is_han_number(c) {
            written(0, rest)
        } else if c.is_ascii_alphabetic() {
            let length = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let word = &rest[..length];
            let value = WORDS
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, value)| value * ONE);
            match value.or_else(|| half_or_one(word, &rest[length..])) {
                Some(value) => Some((Some(value), length)),
                None => {
                    at += length;
                    continue;
                }
            }
        } else if c.is_numeric() {
            // Digits of other scripts: only as they stand.
            let length = rest.find(|c: char| !c.is_numeric()).unwrap_or(rest.len());
            Some((None, length))
        } else {
            None
        };
        let Some((value, length)) = number else {
            at += c.len_utf8();
            continue;
        };
        let after = &rest[length..];
        let spaces = after.len() - after.trim_start().len();
        let percent = rest.starts_with("百分之").then_some(("percent", 0));
        let unit = percent.or_else(|| unit_at(&after[spaces..]));
        let before = text[..at].trim_end();
        let money = BEFORE.iter().find(|sign| before.ends_with(**sign));
        let own = money.and_then(|sign| unit_at(sign)).map(|(unit, _)| unit);
        let end = length + unit.map_or(0, |(_, length)| spaces + length);
        // In Chinese "一个" counts nothing.
        let is_article =
            c == '一' && value == Some(ONE) && unit.is_some_and(|(unit, _)| unit == COUNT);
        if !is_article {
            found.push(Amount {
                value,
                unit: own.or(unit.map(|(unit, _)| unit)),
                said: format!("{}{}", money.map_or("", |sign| sign), &rest[..end]),
            });
        }
        at += length;
    }
    found
}

/// "half a kilo", "one day": numbers only before a unit of their own.
fn half_or_one(word: &str, after: &str) -> Option<u128> {
    let after = after.trim_start();
    let after = after.strip_prefix("a ").unwrap_or(after);
    let measures = unit_at(after).is_some_and(|(unit, _)| unit != COUNT);
    match word {
        "half" => Some(ONE / 2),
        "one" if measures => Some(ONE),
        _ => None,
    }
}

/// A number of figures: value and length in bytes.
fn figures(rest: &str) -> Option<(Option<u128>, usize)> {
    let bytes = rest.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut whole, mut parts, mut places, mut end) = (0_u128, 0_u128, 0_u32, 0);
    let mut fits = true;
    let mut in_parts = false;
    loop {
        if is_digit(end) {
            let digit = u128::from(bytes[end] - b'0');
            if in_parts {
                fits &= places < 6 || digit == 0;
                if places < 6 {
                    parts = parts * 10 + digit;
                    places += 1;
                }
            } else {
                match whole.checked_mul(10).and_then(|it| it.checked_add(digit)) {
                    Some(more) if more < 1_000_000_000_000_000 => whole = more,
                    _ => fits = false,
                }
            }
            end += 1;
        } else if !in_parts
            && bytes.get(end) == Some(&b',')
            && (1..=3).all(|n| is_digit(end + n))
            && !is_digit(end + 4)
        {
            end += 1;
        } else if !in_parts && bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
            in_parts = true;
            end += 1;
        } else {
            break;
        }
    }
    let value = whole * ONE + parts * 10_u128.pow(6 - places);
    let (times, longer) = multiplier(&rest[end..]);
    Some((fits.then_some(value * times), end + longer))
}

/// `万` and the like behind figures, unless a unit begins there (`千克`).
fn multiplier(after: &str) -> (u128, usize) {
    let trimmed = after.trim_start();
    if unit_at(trimmed).is_some() {
        return (1, 0);
    }
    let known = [
        ("万", 10_000),
        ("千", 1_000),
        ("百", 100),
        ("亿", 100_000_000),
    ];
    let found = known.iter().find(|(name, _)| trimmed.starts_with(name));
    found.map_or((1, 0), |(name, times)| {
        (*times, after.len() - trimmed.len() + name.len())
    })
}

fn is_han_number(c: char) -> bool {
    !c.is_ascii()
        && (digit(c).is_some_and(|_| !"幺弌洞拐俩仨".contains(c)) || "十百千万半拾佰仟".contains(c))
}

/// A number written out in Chinese that begins after `skip` bytes: where a unit follows, or more than one character says it.
fn written(skip: usize, rest: &str) -> Option<(Option<u128>, usize)> {
    let (mut all, mut part, mut last) = (0_u128, 0_u128, None::<u128>);
    let (mut length, mut characters) = (skip, 0);
    for c in rest[skip..].chars() {
        // `五千克` is five kilograms, and `十两` ten liang.
        let begins_unit = characters > 0 && !c.is_ascii() && unit_at(&rest[length..]).is_some();
        if !is_han_number(c) || begins_unit {
            break;
        }
        match c {
            '半' => part += ONE / 2,
            '十' | '拾' => part += last.take().unwrap_or(1) * 10 * ONE,
            '百' | '佰' => part += last.take().unwrap_or(1) * 100 * ONE,
            '千' | '仟' => part += last.take().unwrap_or(1) * 1_000 * ONE,
            '万' => {
                all = (all + part + last.take().unwrap_or(0) * ONE).saturating_mul(10_000);
                part = 0;
            }
            c => last = Some(last.unwrap_or(0) * 10 % 1_000_000 + u128::from(digit(c)?)),
        }
        length += c.len_utf8();
        characters += 1;
        if characters > 12 {
            return Some((None, length));
        }
    }
    let value = all.saturating_add(part + last.unwrap_or(0) * ONE);
    if characters == 0 {
        return None;
    }
    let measured = unit_at(rest[length..].trim_start()).is_some() || skip > 0;
    let is_number = measured || characters > 1;
    is_number.then_some((Some(value), length))
}

#[cfg(test)]
mod tests {
    use super::unfounded;

    #[test]
    fn what_the_facts_say_may_be_said_in_other_words() {
        for (facts, draft) in [
            (
                &["48 小时内发货，包邮"][..],
                "We ship within 48 hours, free shipping.",
            ),
            (&["¥29.90"], "现在只要 29.9 元哦"),
            (&["¥29.90"], "It is ¥29.9 now"),
            (&["保质期 12 个月"], "可以放十二个月"),
            (&["keeps 3 days"], "三天之内吃完最好"),
            (&["5 斤 / 箱"], "一箱五斤，一个人吃刚好"),
            (&["还有 112 件"], "112 left, hurry"),
            (&["满 1,200 元减 100 元"], "1200元就减100块"),
            (&["3-5 天到"], "3-5 days"),
            (&["sold out"], "卖完了，千万别等啦"),
            (&["500 克"], "五百克一份"),
            (&["1.2 万条好评"], "12000 people liked it"),
            (&["八折"], "8折"),
            (&["¥29.90 / 5 斤"], "¥29.9 for 5 jin"),
            (&["50%"], "百分之五十"),
        ] {
            assert_eq!(unfounded(draft, facts), None, "{draft} by {facts:?}");
        }
    }

    #[test]
    fn a_number_unit_or_price_that_is_not_in_the_facts_is_named() {
        for (facts, draft, named) in [
            (&["¥29.90"][..], "The price is 1", "1"),
            (&["¥29.90"], "only ¥1 today", "¥1"),
            (&["¥29.90"], "$29.90", "$29.90"),
            (&["¥29.90"], "29.9，两件 55 元", "两件"),
            (&["48 小时内发货"], "48 天内发货", "48 天"),
            (&["48 小时内发货"], "两天就发货", "两天"),
            (&["48 小时内发货"], "ships in two days", "two days"),
            (&["3-5 天到"], "3天就到", "3天"),
            (&["5 斤"], "5 kg", "5 kg"),
            (&["五千克"], "五千块", "五千块"),
            (&["¥29.90"], "半价", "半价"),
            (&["48 小时内发货"], "48 小时内发货，包邮", "包邮"),
            (
                &["ships in 48 hours"],
                "ships in 48 hours, free shipping",
                "free shipping",
            ),
            (&["¥29.90 / 5 斤"], "¥29.9 每公斤", "每公斤"),
            (&["¥29.90"], "¥29.90 per kg", "per kg"),
            (&["¥29.90"], "９９９元", "999元"),
            (&["¥29.90"], "٣ pieces", "٣ pieces"),
            (&["¥29.90"], "②元", "2元"),
            (&["x"], "a dozen", "dozen"),
            (&["0.1234567"], "0.1234568", "0.1234568"),
            (&["sold out"], "三十", "三十"),
            (
                &["sold out"],
                "99999999999999999999999999",
                "99999999999999999999999999",
            ),
        ] {
            assert_eq!(
                unfounded(draft, facts).as_deref(),
                Some(named),
                "{draft} by {facts:?}"
            );
        }
    }
}
