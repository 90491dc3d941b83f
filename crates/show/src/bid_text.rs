//! Reading a line of chat as a bid: nothing but a price, perhaps with a word before it that says so.

use crate::{Currency, Money};

/// Words that say that a price follows, in small letters; longer ones before those they begin with.
const BEFORE: [&str; 19] = [
    "我出价",
    "我出到",
    "我加到",
    "我出",
    "我加",
    "出价",
    "出到",
    "叫价",
    "报价",
    "加价到",
    "加到",
    "出",
    "my bid",
    "i bid",
    "bidding",
    "bid",
    "i offer",
    "offer",
    "i'll pay",
];
/// Words for the whole unit behind a price that are no signs of a currency.
const UNITS: [&str; 3] = ["块钱", "元钱", "块"];

/// What a line bids, in minor units of the auction's currency; `None` when it says anything else. `120`, `１２０元`,
/// `¥120`, `出价 120！`, `bid 120` and `120 CNY` are bids; `120?`, `+10`, `120/斤`, `$120` in an auction in CNY and
/// `我出120可以吗` are not: nobody is to be bound by a price they only talked about. `666` and `233` alone are applause and
/// laughter; `666元` and `出价666` are bids.
pub(crate) fn bid_in(line: &str, currency: &Currency) -> Option<i64> {
    let plain: String = line.trim().chars().map(narrow).collect();
    let plain = plain.to_lowercase();
    let mut rest = plain
        .trim()
        .trim_end_matches(['!', '。', '.', '~', '～', ' ']);
    if is_cheer(rest) {
        return None;
    }
    if let Some(after) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after.trim_start_matches([' ', ':', '：', ',', '，']);
    }
    let unit = UNITS.iter().find_map(|unit| rest.strip_suffix(unit));
    let amount = match unit {
        // "块" is money of the house: of whichever currency the auction is in.
        Some(number) => number.trim(),
        None => rest.trim(),
    };
    // "+10" may mean ten more, "-" is a range or a joke, "120 120" two things.
    let mut parts = amount.split_whitespace();
    let ends_in_digit = |part: &str| part.ends_with(|c: char| c.is_ascii_digit());
    let is_two = parts.next().is_some_and(ends_in_digit)
        && parts.any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    if is_two || amount.starts_with(['+', '-']) {
        return None;
    }
    let money = Money::parse(&amount.to_uppercase(), currency).ok()?;
    (money.currency == *currency && money.minor > 0).then_some(money.minor)
}

/// `666`, `8888`, `233`: what people write when they like something.
fn is_cheer(text: &str) -> bool {
    let mut signs = text.chars();
    let (Some(first), Some(second)) = (signs.next(), signs.next()) else {
        return false;
    };
    let again = text.len() >= 3 && signs.all(|sign| sign == second);
    again && first.is_ascii_digit() && (first == second || (first, second) == ('2', '3'))
}

/// Full-width signs as plain ones.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, code: &str) -> Option<i64> {
        bid_in(line, &Currency(code.to_owned()))
    }

    #[test]
    fn a_price_is_a_bid_however_it_is_typed() {
        for line in [
            "120",
            "１２０",
            " 120 ",
            "120元",
            "１２０元！",
            "120块",
            "120块钱",
            "¥120",
            "￥120",
            "出价120",
            "出价 120",
            "出价：120元",
            "我出120",
            "我出 120!",
            "加到120",
            "bid 120",
            "Bid: 120",
            "BID 120!",
            "I bid 120",
            "120 CNY",
            "120.00",
            "120。",
            "rmb 120",
            "120!!!",
        ] {
            assert_eq!(read(line, "CNY"), Some(12_000), "{line}");
        }
        for line in ["666元", "出价666", "¥666", "bid 666", "666块"] {
            assert_eq!(read(line, "CNY"), Some(66_600), "{line}");
        }
        assert_eq!(read("1,250.5", "CNY"), Some(125_050));
        assert_eq!(read("$25", "USD"), Some(2_500));
        assert_eq!(read("¥1200", "JPY"), Some(1_200));
    }

    #[test]
    fn what_only_talks_of_a_price_binds_nobody() {
        for line in [
            "",
            "出价",
            "bid",
            "120?",
            "120？",
            "+10",
            "-10",
            "0",
            "加10块可以吗",
            "我出120可以吗",
            "120/斤",
            "100-120",
            "1.299",
            "$120",
            "120 usd",
            "1 2 0",
            "12a",
            "第120号",
            "120 120",
            "666",
            "６６６",
            "666!",
            "8888",
            "233",
            "23333",
            "99999999999999999999",
        ] {
            assert_eq!(read(line, "CNY"), None, "{line}");
        }
    }
}
