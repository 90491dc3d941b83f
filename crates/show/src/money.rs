//! Money: exact minor units and a currency, never a float.

use serde::{Deserialize, Serialize};

/// ISO 4217 currency code, three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Currency(pub String);

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Money {
    /// Amount in the currency's minor unit (fen, cent; whole yen for JPY). Never negative for a price.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// What is wrong with an amount or a pair of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyFault {
    /// The text is not an amount.
    NotANumber,
    /// Below zero.
    Negative,
    /// More decimals than the currency has.
    TooPrecise,
    /// A point before exactly three digits: 1.299 may mean 1299 or 1.299.
    Ambiguous,
    /// Over [`Money::MAX_MINOR`].
    TooLarge,
    /// Not three capital letters.
    BadCurrency,
    /// Two amounts of different currencies.
    CurrencyDiffers,
    /// The usual price is not above the live price.
    ListNotAboveLive,
    /// A fall of the price is not below the price before it.
    StepNotBelow,
    /// A coupon takes off as much as the product costs, or more.
    CouponNotBelow,
    /// A bundle does not cost less than its units one by one.
    BundleNotBelow,
}

impl MoneyFault {
    /// Stable snake_case code.
    pub fn code(self) -> &'static str {
        match self {
            MoneyFault::NotANumber => "not_a_number",
            MoneyFault::Negative => "negative",
            MoneyFault::TooPrecise => "too_precise",
            MoneyFault::Ambiguous => "ambiguous",
            MoneyFault::TooLarge => "too_large",
            MoneyFault::BadCurrency => "bad_currency",
            MoneyFault::CurrencyDiffers => "currency_differs",
            MoneyFault::ListNotAboveLive => "list_not_above_live",
            MoneyFault::StepNotBelow => "step_not_below",
            MoneyFault::CouponNotBelow => "coupon_not_below",
            MoneyFault::BundleNotBelow => "bundle_not_below",
        }
    }
}

impl std::fmt::Display for MoneyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for MoneyFault {}

/// Currencies without minor unit (ISO 4217 list one, 2026).
const NO_MINOR: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];

/// Currencies with thousandths (ISO 4217 list one, 2026).
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// A checked code; small letters are raised.
    ///
    /// # Errors
    /// [`MoneyFault::BadCurrency`] unless it is three letters.
    pub fn new(code: &str) -> Result<Self, MoneyFault> {
        let currency = Currency(code.trim().to_ascii_uppercase());
        if currency.is_valid() {
            Ok(currency)
        } else {
            Err(MoneyFault::BadCurrency)
        }
    }

    /// Whether it is three capital letters, as ISO 4217 wants. New codes appear, so no list is kept.
    pub fn is_valid(&self) -> bool {
        self.0.len() == 3 && self.0.bytes().all(|b| b.is_ascii_uppercase())
    }

    /// Decimals of the currency: 2 for most, 0 for JPY and KRW, 3 for KWD.
    pub fn minor_digits(&self) -> u32 {
        let code = self.0.as_str();
        if NO_MINOR.contains(&code) {
            0
        } else if THOUSANDTHS.contains(&code) {
            3
        } else {
            2
        }
    }

    /// The sign put before an amount: `¥` for CNY and JPY, the code and a space for one without sign.
    pub fn symbol(&self) -> String {
        let sign = match self.0.as_str() {
            "CNY" | "JPY" => "¥",
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            "KRW" => "₩",
            "HKD" => "HK$",
            "TWD" => "NT$",
            "SGD" => "S$",
            "AUD" => "A$",
            "CAD" => "C$",
            "MYR" => "RM",
            "THB" => "฿",
            "VND" => "₫",
            "PHP" => "₱",
            "INR" => "₹",
            other => return format!("{other} "),
        };
        sign.to_owned()
    }
}

impl Money {
    /// Greatest amount: 2^53 - 1 minor units, the greatest whole number JavaScript holds exactly.
    pub const MAX_MINOR: i64 = 9_007_199_254_740_991;

    /// An amount of minor units.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Money { minor, currency }
    }

    /// Whether it can be a price: real currency, from 0 to [`Money::MAX_MINOR`].
    ///
    /// # Errors
    /// [`MoneyFault::BadCurrency`], [`MoneyFault::Negative`], [`MoneyFault::TooLarge`].
    pub fn check_price(&self) -> Result<(), MoneyFault> {
        if !self.currency.is_valid() {
            return Err(MoneyFault::BadCurrency);
        }
        if self.minor < 0 {
            return Err(MoneyFault::Negative);
        }
        if self.minor > Self::MAX_MINOR {
            return Err(MoneyFault::TooLarge);
        }
        Ok(())
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyFault::CurrencyDiffers`], [`MoneyFault::TooLarge`].
    pub fn checked_add(&self, other: &Money) -> Result<Money, MoneyFault> {
        self.with(other, i64::checked_add)
    }

    /// The difference; may be negative.
    ///
    /// # Errors
    /// [`MoneyFault::CurrencyDiffers`], [`MoneyFault::TooLarge`].
    pub fn checked_sub(&self, other: &Money) -> Result<Money, MoneyFault> {
        self.with(other, i64::checked_sub)
    }

    /// So many times the amount.
    ///
    /// # Errors
    /// [`MoneyFault::TooLarge`].
    pub fn checked_mul(&self, times: u32) -> Result<Money, MoneyFault> {
        let minor = self.minor.checked_mul(i64::from(times));
        self.limited(minor)
    }

    fn with(&self, other: &Money, op: fn(i64, i64) -> Option<i64>) -> Result<Money, MoneyFault> {
        if self.currency != other.currency {
            return Err(MoneyFault::CurrencyDiffers);
        }
        self.limited(op(self.minor, other.minor))
    }

    fn limited(&self, minor: Option<i64>) -> Result<Money, MoneyFault> {
        match minor {
            Some(minor) if minor.abs() <= Self::MAX_MINOR => {
                Ok(Money::new(minor, self.currency.clone()))
            }
            _ => Err(MoneyFault::TooLarge),
        }
    }

    /// The number as short as it is exact, without sign: `29.9`, `30`, `1299`. What a Chinese card shows.
    pub fn display(&self) -> String {
        let full = self.display_full();
        if full.contains('.') {
            full.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            full
        }
    }

    /// The number with all decimals of its currency, without sign: `29.90`, `30.00`, `1299` for JPY.
    pub fn display_full(&self) -> String {
        let digits = self.currency.minor_digits();
        let minus = if self.minor < 0 { "-" } else { "" };
        let amount = self.minor.unsigned_abs();
        if digits == 0 {
            return format!("{minus}{amount}");
        }
        let unit = 10u64.pow(digits);
        let width = digits as usize;
        format!("{minus}{}.{:0width$}", amount / unit, amount % unit)
    }
}
