//! Amounts as shops write them ("19.99"), added up exactly: no float.

use serde_json::Value;
use stallcast_show::{Currency, Money};

/// Decimals kept while amounts are added; shops write up to six of taxes.
const DECIMALS: usize = 6;

/// An amount in millionths of a currency's whole unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount(i128);

impl Amount {
    /// Reads `"19.99"`, `19.99` or `-10`; `None` = it says none.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            // As it stands in the body, or as short as it says the same.
            Value::Number(number) => Self::read(&number.to_string()),
            Value::String(text) => Self::read(text.trim()),
            _ => None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let fraction: String = fraction
            .chars()
            .chain("000000".chars())
            .take(DECIMALS)
            .collect();
        let millionths: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Self(minus * millionths))
    }

    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub fn times(self, units: u32) -> Self {
        Self(self.0.saturating_mul(i128::from(units)))
    }

    /// In the currency's smallest unit, a half rounded up; `None` = it is no amount that can be paid.
    pub fn minor(self, currency: &Currency) -> Option<i64> {
        let digits = u32::try_from(DECIMALS)
            .ok()?
            .checked_sub(currency.minor_digits())?;
        let unit = 10_i128.pow(digits);
        let minor = self.0.checked_add(unit / 2)?.div_euclid(unit);
        let minor = i64::try_from(minor).ok()?;
        (0..=Money::MAX_MINOR).contains(&minor).then_some(minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_added_exactly_and_rounded_once() {
        let of = |text: &str| Amount::of(&Value::String(text.to_owned()));
        let usd = Currency("USD".to_owned());
        let sum = of("19.99").unwrap().times(3).minus(of("5").unwrap());
        assert_eq!(sum.minor(&usd), Some(5_497));
        let taxed = of("9.995").unwrap().plus(of("0.0049999").unwrap());
        assert_eq!(taxed.minor(&usd), Some(1_000));
        assert_eq!(
            of("0.1").unwrap().plus(of("0.2").unwrap()).minor(&usd),
            Some(30)
        );
        assert_eq!(
            of("1500").unwrap().minor(&Currency("JPY".to_owned())),
            Some(1_500)
        );
        assert_eq!(
            Amount::of(&serde_json::json!(19.99)).unwrap().minor(&usd),
            Some(1_999)
        );
        assert_eq!(of("-1").unwrap().minor(&usd), None);
        for text in ["", "-", "1,5", "1e9", "９", "1.2.3", "9999999999999999"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
