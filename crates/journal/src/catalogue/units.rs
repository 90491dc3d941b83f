//! What an amount is for, written behind it: `39.9元/箱`, `$5 per lb`, `CNY 68 for 2 jars`.

use stallcast_show::{Currency, Money, MoneyFault};

/// Longest unit read, in characters; what is longer is a sentence.
const UNIT_MAX: usize = 16;

/// An amount, and the unit behind it as it is written, for example `/箱`.
pub(super) fn amount<'a>(
    words: &'a str,
    default: &Currency,
) -> Result<(Money, Option<&'a str>), MoneyFault> {
    let fault = match Money::parse(words, default) {
        Ok(money) => return Ok((money, None)),
        // Three letters at the end, as in "per box", look like a currency's code.
        Err(fault @ (MoneyFault::NotANumber | MoneyFault::CurrencyDiffers)) => fault,
        Err(fault) => return Err(fault),
    };
    let (before, unit) = split(words, default).ok_or(fault)?;
    Ok((Money::parse(before, default)?, Some(unit)))
}

fn split<'a>(words: &'a str, default: &Currency) -> Option<(&'a str, &'a str)> {
    let sign = |mark: char| words.split_once(mark);
    let (before, unit) = if let Some((before, unit)) = sign('/').or_else(|| sign('／')) {
        // "29元/39元" and "29/39" are two prices, of which nobody here knows the right one.
        if Money::parse(unit, default).is_ok() || !unit.contains(char::is_alphabetic) {
            return None;
        }
        (before, unit)
    } else {
        let small = words.to_ascii_lowercase();
        let at = [" per ", " for "]
            .iter()
            .find_map(|word| small.find(word))?;
        let (before, rest) = words.split_at_checked(at)?;
        (before, rest.trim_start())
    };
    let short = !unit.trim().is_empty() && unit.chars().count() <= UNIT_MAX;
    // The rest of the cell from the mark on.
    short.then_some((before, words.get(before.len()..)?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_behind_an_amount_is_told_from_a_second_price() {
        let cny = Currency("CNY".to_owned());
        let read = |words| amount(words, &cny).map(|(money, unit)| (money.minor, unit));
        assert_eq!(read("9.9"), Ok((990, None)));
        assert_eq!(read("9.9元/斤"), Ok((990, Some("/斤"))));
        assert_eq!(read("¥25／3盒"), Ok((2500, Some("／3盒"))));
        assert_eq!(read("12/500g"), Ok((1200, Some("/500g"))));
        assert_eq!(read("5 EUR Per kg"), Ok((500, Some("Per kg"))));
        assert_eq!(read("CNY 8 per bag"), Ok((800, Some("per bag"))));
        assert_eq!(read("$5 EUR"), Err(MoneyFault::CurrencyDiffers));
        assert_eq!(read("$30 for 2"), Ok((3000, Some("for 2"))));
        for two in [
            "29元/39元",
            "29/39",
            "29.9/39.9元",
            "询价",
            "看直播/私信",
            "/箱",
            "9元/",
        ] {
            assert_eq!(read(two), Err(MoneyFault::NotANumber), "{two}");
        }
        assert_eq!(read("-3元/斤"), Err(MoneyFault::Negative));
    }
}
