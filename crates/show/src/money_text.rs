//! Reading amounts as people and shops write them.

use crate::{Currency, Money, MoneyFault};

/// Signs and words for currencies, longest first where one begins another. The second field lists the
/// currencies that also write it: if the default is one of them, the default is meant.
const SIGNS: [(&str, &[&str]); 26] = [
    ("US$", &["USD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("S$", &["SGD"]),
    ("A$", &["AUD"]),
    ("C$", &["CAD"]),
    ("R$", &["BRL"]),
    ("CN¥", &["CNY"]),
    ("JP¥", &["JPY"]),
    ("人民币", &["CNY"]),
    ("RMB", &["CNY"]),
    ("日元", &["JPY"]),
    ("美元", &["USD"]),
    ("港币", &["HKD"]),
    ("¥", &["CNY", "JPY"]),
    (
        "$",
        &["USD", "HKD", "SGD", "AUD", "CAD", "NZD", "TWD", "MXN"],
    ),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("₩", &["KRW"]),
    ("₫", &["VND"]),
    ("฿", &["THB"]),
    ("₱", &["PHP"]),
    ("₹", &["INR"]),
    ("元", &["CNY", "TWD", "HKD"]),
    ("块", &["CNY"]),
    ("円", &["JPY"]),
];

impl Money {
    /// Reads `29.9`, `¥29.90`, `1,299.00`, `9.99 USD`, `29元`, `1.299,00 €`, also in full-width characters.
    /// A sign or code names the currency, else it is `default`. Exact: no float is involved.
    ///
    /// # Errors
    /// [`MoneyFault::NotANumber`], [`MoneyFault::Negative`], [`MoneyFault::TooPrecise`] when decimals
    /// would be lost, [`MoneyFault::Ambiguous`] for `1.299`, [`MoneyFault::TooLarge`].
    pub fn parse(text: &str, default: &Currency) -> Result<Money, MoneyFault> {
        let plain: String = text.chars().map(narrow).collect();
        // Words alone would be taken for two codes.
        if !plain.contains(|c: char| c.is_ascii_digit()) {
            return Err(MoneyFault::NotANumber);
        }
        let (number, currency) = split_currency(plain.trim(), default)?;
        let number = number.trim();
        if let Some(positive) = number.strip_prefix('-') {
            // "-0" is as wrong in a price list as "-5", but "-" alone is no number at all.
            return match positive.chars().next() {
                Some(first) if first.is_ascii_digit() => Err(MoneyFault::Negative),
                _ => Err(MoneyFault::NotANumber),
            };
        }
        let number = number.strip_prefix('+').unwrap_or(number);
        let (whole, fraction) = split_decimal(number, currency.minor_digits())?;
        let minor = to_minor(&whole, fraction, currency.minor_digits())?;
        Ok(Money::new(minor, currency))
    }
}

/// Full-width forms (U+FF01 to U+FF5E), ￥, the minus sign and unusual spaces as their plain twins.
fn narrow(c: char) -> char {
    match c {
        '\u{FFE5}' => '¥',
        '\u{2212}' => '-',
        '\u{3000}' | '\u{00A0}' | '\u{202F}' | '\u{2009}' => ' ',
        '\u{2019}' => '\'',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// Takes signs and codes off both ends.
fn split_currency<'a>(
    text: &'a str,
    default: &Currency,
) -> Result<(&'a str, Currency), MoneyFault> {
    let mut rest = text;
    let mut found: Option<Currency> = None;
    while let Some((left, currency)) = strip_one(rest, default) {
        // "CNY ¥29.9" says it twice; "$5 EUR" says two things.
        // "AUD $5" says it once: the sign also stands for the currency named by the code.
        if let Some(before) = &found
            && *before != currency
            && strip_one(rest, before).is_none_or(|(_, again)| again != *before)
        {
            return Err(MoneyFault::CurrencyDiffers);
        }
        found.get_or_insert(currency);
        rest = left;
    }
    Ok((rest, found.unwrap_or_else(|| default.clone())))
}

fn strip_one<'a>(text: &'a str, default: &Currency) -> Option<(&'a str, Currency)> {
    let text = text.trim();
    for (sign, currencies) in SIGNS {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            let code = if currencies.contains(&default.0.as_str()) {
                default.0.as_str()
            } else {
                currencies.first()?
            };
            return Some((rest.trim(), Currency(code.to_owned())));
        }
    }
    let is_code = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_alphabetic());
    if let Some(front) = text.get(..3).filter(|front| is_code(front)) {
        return Some((text.get(3..)?.trim(), Currency(front.to_ascii_uppercase())));
    }
    let cut = text.len().checked_sub(3)?;
    let back = text.get(cut..).filter(|back| is_code(back))?;
    Some((text.get(..cut)?.trim(), Currency(back.to_ascii_uppercase())))
}

/// Splits at the decimal mark and takes the grouping out of the whole part.
fn split_decimal(number: &str, minor_digits: u32) -> Result<(String, &str), MoneyFault> {
    let last = number.rfind(['.', ',']);
    let Some(at) = last else {
        return Ok((ungroup(number, " '")?, ""));
    };
    let (before, mark_and_after) = number.split_at(at);
    let (mark, after) = mark_and_after.split_at(1);
    let alone = !before.contains(['.', ',']);
    let repeated = before.contains(mark);
    if mark == "," && (repeated || (alone && after.len() == 3)) {
        // 1,299 and 1,299,000: a comma before three digits groups.
        return Ok((ungroup(number, ", '")?, ""));
    }
    if mark == "." && repeated {
        return Ok((ungroup(number, ".")?, ""));
    }
    if alone && after.len() == 3 && minor_digits != 3 && !before.contains([' ', '\'']) {
        return Err(MoneyFault::Ambiguous);
    }
    if !after.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyFault::NotANumber);
    }
    let group = if mark == "." { ", '" } else { ". '" };
    let whole = if before.is_empty() && !after.is_empty() {
        "0".to_owned()
    } else {
        ungroup(before, group)?
    };
    Ok((whole, after))
}

/// Digits without grouping; every group after a mark has three digits, and one mark is used throughout.
fn ungroup(text: &str, marks: &str) -> Result<String, MoneyFault> {
    let mut used = text.chars().filter(|c| marks.contains(*c));
    let mark = used.next();
    if used.any(|other| Some(other) != mark) {
        return Err(MoneyFault::NotANumber);
    }
    let mut digits = String::with_capacity(text.len());
    for (index, group) in text.split(|c| Some(c) == mark).enumerate() {
        let right_size = match (mark, index) {
            (None, _) => !group.is_empty(),
            (Some(_), 0) => (1..=3).contains(&group.len()),
            (Some(_), _) => group.len() == 3,
        };
        if !right_size || !group.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MoneyFault::NotANumber);
        }
        digits.push_str(group);
    }
    Ok(digits)
}

fn to_minor(whole: &str, fraction: &str, minor_digits: u32) -> Result<i64, MoneyFault> {
    let keep = (minor_digits as usize).min(fraction.len());
    let (kept, surplus) = fraction.split_at(keep);
    if surplus.bytes().any(|b| b != b'0') {
        return Err(MoneyFault::TooPrecise);
    }
    let padding = minor_digits as usize - keep;
    let mut minor: i64 = 0;
    for digit in whole
        .bytes()
        .chain(kept.bytes())
        .chain(std::iter::repeat_n(b'0', padding))
    {
        minor = minor
            .checked_mul(10)
            .and_then(|m| m.checked_add(i64::from(digit - b'0')))
            .filter(|m| *m <= Money::MAX_MINOR)
            .ok_or(MoneyFault::TooLarge)?;
    }
    Ok(minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, default: &str) -> Result<(i64, String), MoneyFault> {
        Money::parse(text, &Currency(default.to_owned())).map(|m| (m.minor, m.currency.0))
    }

    fn fen(minor: i64) -> Result<(i64, String), MoneyFault> {
        Ok((minor, "CNY".to_owned()))
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for text in [
            "29.9",
            "29.90",
            "¥29.90",
            "￥29.9",
            "29.9元",
            "CNY 29.9",
            "29.9 cny",
            "２９．９",
            "29,90",
            "29,9",
            "人民币29.9元",
            "CNY ¥29.90",
            " 29.9000 ",
            "+29.9",
            "029.9",
        ] {
            assert_eq!(read(text, "CNY"), fen(2990), "{text}");
        }
        for text in [
            "1299", "1,299", "1,299.00", "1.299,00", "1 299,00", "1'299.00",
        ] {
            assert_eq!(read(text, "CNY"), fen(129_900), "{text}");
        }
        assert_eq!(read("1,234,567.89", "CNY"), fen(123_456_789));
        assert_eq!(read("1.234.567", "CNY"), fen(123_456_700));
        assert_eq!(read("0", "CNY"), fen(0));
        assert_eq!(read(".5", "CNY"), fen(50));
        assert_eq!(read("5.", "CNY"), fen(500));
    }

    #[test]
    fn the_sign_or_code_names_the_currency() {
        assert_eq!(read("9.99 USD", "CNY"), Ok((999, "USD".to_owned())));
        assert_eq!(read("$9.99", "CNY"), Ok((999, "USD".to_owned())));
        assert_eq!(read("$9.99", "AUD"), Ok((999, "AUD".to_owned())));
        assert_eq!(read("HK$9.99", "CNY"), Ok((999, "HKD".to_owned())));
        assert_eq!(read("¥1299", "JPY"), Ok((1299, "JPY".to_owned())));
        assert_eq!(read("1299.00", "JPY"), Ok((1299, "JPY".to_owned())));
        assert_eq!(read("1.250", "KWD"), Ok((1250, "KWD".to_owned())));
        assert_eq!(read("€ 9,99", "CNY"), Ok((999, "EUR".to_owned())));
        assert_eq!(read("$5 EUR", "CNY"), Err(MoneyFault::CurrencyDiffers));
        assert_eq!(read("AUD $5", "CNY"), Ok((500, "AUD".to_owned())));
    }

    #[test]
    fn what_is_no_exact_amount_is_named() {
        for text in [
            "",
            "abc",
            "¥",
            "-",
            "1,29.00",
            "12,34,567",
            "1 29",
            "1..2",
            "1.2.3",
            "1e3",
            "面议",
            "twenty",
            "USD",
            "9.9-19.9",
            "NaN",
            "inf",
        ] {
            assert_eq!(read(text, "CNY"), Err(MoneyFault::NotANumber), "{text}");
        }
        assert_eq!(read("-5", "CNY"), Err(MoneyFault::Negative));
        assert_eq!(read("¥-5", "CNY"), Err(MoneyFault::Negative));
        assert_eq!(read("1.299", "CNY"), Err(MoneyFault::Ambiguous));
        assert_eq!(read("29.9901", "CNY"), Err(MoneyFault::TooPrecise));
        assert_eq!(read("12.5", "JPY"), Err(MoneyFault::TooPrecise));
        assert_eq!(
            read("99999999999999999999", "CNY"),
            Err(MoneyFault::TooLarge)
        );
    }

    #[test]
    fn amounts_are_shown_exactly() {
        let money = |minor, code: &str| Money::new(minor, Currency(code.to_owned()));
        assert_eq!(money(2990, "CNY").display(), "29.9");
        assert_eq!(money(2990, "CNY").display_full(), "29.90");
        assert_eq!(money(3000, "CNY").display(), "30");
        assert_eq!(money(5, "USD").display(), "0.05");
        assert_eq!(money(-5, "USD").display_full(), "-0.05");
        assert_eq!(money(1300, "JPY").display(), "1300");
        assert_eq!(money(0, "CNY").display(), "0");
        assert_eq!(money(1250, "KWD").display_full(), "1.250");
    }
}
