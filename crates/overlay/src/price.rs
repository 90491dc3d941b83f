//! Money as a viewer reads it: exact, from minor units, never through a float.

use stallcast_show::Money;

use crate::Lang;

/// A price in the three parts a card sets in different sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyParts {
    /// Sign or code before the number, for example `¥`, `HK$` or `CHF `.
    pub sign: String,
    /// Whole units with grouping where the currency's readers expect it.
    pub whole: String,
    /// Point and fraction, or empty.
    pub fraction: String,
}

/// Splits an amount into sign, whole units and fraction.
///
/// Yuan on a Chinese card drop trailing zeros (`¥29.9`, `¥19`) and are not grouped, as on every Chinese price tag; other
/// currencies, and yuan for English readers, keep both digits unless the fraction is nil (`$9.90`, `$12`) and are
/// grouped by thousands.
pub fn money_parts(money: &Money, lang: Lang) -> MoneyParts {
    let yuan = money.currency.0 == "CNY" && lang == Lang::Zh;
    let digits = money.currency.minor_digits();
    let unit = 10_u64.pow(digits);
    let amount = money.minor.unsigned_abs();
    let (whole, rest) = (amount / unit, amount % unit);
    let mut fraction = String::new();
    if rest > 0 {
        fraction = format!(".{rest:0width$}", width = digits as usize);
        if yuan {
            fraction.truncate(fraction.trim_end_matches('0').len());
        }
    }
    let whole = if yuan {
        whole.to_string()
    } else {
        grouped(whole)
    };
    let minus = if money.minor < 0 { "-" } else { "" };
    MoneyParts {
        sign: format!("{minus}{}", money.currency.symbol()),
        whole,
        fraction,
    }
}

/// An amount on one line, for example `¥29.9`, `$9.99`, `¥1,200` for yen.
pub fn format_money(money: &Money, lang: Lang) -> String {
    let parts = money_parts(money, lang);
    format!("{}{}{}", parts.sign, parts.whole, parts.fraction)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use stallcast_show::{Currency, Money};

    use super::format_money;
    use crate::Lang;

    fn shown(minor: i64, code: &str, lang: Lang) -> String {
        let currency = Currency(code.to_owned());
        format_money(&Money { minor, currency }, lang)
    }

    #[test]
    fn only_a_chinese_card_drops_the_zeros_of_yuan() {
        for (minor, code, zh, en) in [
            (1250, "CNY", "¥12.5", "¥12.50"),
            (4500, "CNY", "¥45", "¥45"),
            (1250, "USD", "$12.50", "$12.50"),
            (1250, "EUR", "€12.50", "€12.50"),
            (1200, "GBP", "£12", "£12"),
        ] {
            assert_eq!(shown(minor, code, Lang::Zh), zh);
            assert_eq!(shown(minor, code, Lang::En), en);
        }
    }

    #[test]
    fn a_price_is_written_as_its_readers_write_it() {
        for (minor, code, wanted) in [
            (2990, "CNY", "¥29.9"),
            (1990, "CNY", "¥19.9"),
            (1900, "CNY", "¥19"),
            (5, "CNY", "¥0.05"),
            (129_900, "CNY", "¥1299"),
            (999, "USD", "$9.99"),
            (990, "USD", "$9.90"),
            (1_234_500, "USD", "$12,345"),
            (1200, "JPY", "¥1,200"),
            (1250, "KWD", "KWD 1.250"),
            (i64::MAX, "USD", "$92,233,720,368,547,758.07"),
        ] {
            assert_eq!(shown(minor, code, Lang::Zh), wanted);
        }
    }
}
