//! From the cells of one row to what else a product says: its offer's terms, its origin, answers, and its line in the
//! rundown.

use stallcast_show::{
    Bundle, Coupon, Currency, Facts, Money, MoneyFault, Origin, PriceStep, Product, ProductId, Text,
};

use super::cells::{RowCells, in_its_language};
use super::durations::seconds;
use super::refused::price_code;
use super::table::{Kind, trimmed};
use super::{Field, ProblemCode, RundownLine, units};

/// Steps read of a row; [`Product::check`] takes 10.
const STEPS_READ: usize = 11;

/// What a row says of its line in the rundown.
pub(super) struct Planned {
    planned_s: Option<u32>,
    demonstration: Option<String>,
    holder: Option<String>,
}

impl Planned {
    pub(super) fn of(self, product: ProductId) -> RundownLine {
        RundownLine {
            product,
            planned_s: self.planned_s,
            demonstration: self.demonstration,
            holder: self.holder,
        }
    }
}

impl RowCells<'_> {
    /// Fills in everything that comes after the prices were read.
    pub(super) fn details(&mut self, product: &mut Product) {
        let currency = product.offer.live_price.currency.clone();
        let offer = &mut product.offer;
        offer.list_price_evidence = self.own_words(Field::ListPriceEvidence);
        offer.coupon = self.coupon(&currency);
        offer.gift = self.texts(Field::Gift);
        offer.limit_per_person = self.limit();
        offer.steps = self.steps(&currency);
        (offer.starts, offer.ends) = self.times();
        offer.bundle = self.bundle(&currency);
        product.cost = self.cost(&currency);
        let origin = Origin {
            place: self.texts(Field::Origin),
            grower: self.texts(Field::Grower),
            harvested: self.day(Field::Harvested),
            evidence: self.own_words(Field::OriginEvidence),
        };
        product.origin = Some(origin).filter(|origin| *origin != Origin::default());
        let facts = Facts {
            shipping: self.texts(Field::Shipping),
            shelf_life: self.texts(Field::ShelfLife),
            size: self.texts(Field::SizeGuide),
            usage: self.texts(Field::Usage),
            after_sales: self.texts(Field::AfterSales),
        };
        product.facts = Some(facts).filter(|facts| *facts != Facts::default());
    }

    /// What the row says of the rundown; nothing when the list has no column for it.
    pub(super) fn planned(&mut self) -> Option<Planned> {
        let about = [
            Field::PlannedMinutes,
            Field::PlannedSeconds,
            Field::Demonstration,
            Field::Holder,
        ];
        if !self.columns.has_any(&about) {
            return None;
        }
        let words = |words: String| Some(words).filter(|words| !words.is_empty());
        Some(Planned {
            planned_s: self.planned_s(),
            demonstration: words(self.at_most(Field::Demonstration, 500)),
            holder: words(self.at_most(Field::Holder, 80)),
        })
    }

    fn own_words(&mut self, field: Field) -> String {
        self.words(field).map(str::to_owned).unwrap_or_default()
    }

    /// Words of the rundown, which no product's check looks at.
    fn at_most(&mut self, field: Field, characters: usize) -> String {
        let words = self.own_words(field);
        if words.chars().count() <= characters {
            return words;
        }
        self.fault(field, ProblemCode::TextTooLong, &words);
        String::new()
    }

    /// The cells of all columns of a field, each under the language it is written in.
    pub(super) fn texts(&mut self, field: Field) -> Text {
        let mut text = Text::default();
        let (columns, row) = (self.columns, self.row);
        for cell in columns.cells(row, field) {
            let Some(words) = self.readable(field, cell) else {
                continue;
            };
            let found = in_its_language(words);
            if text.zh.is_empty() {
                text.zh = found.zh;
            }
            if text.en.is_empty() {
                text.en = found.en;
            }
        }
        text
    }

    /// `5`, `¥5`, `减5元` = so much off; anything else is what a viewer reads.
    fn coupon(&mut self, currency: &Currency) -> Option<Coupon> {
        let words = self.words(Field::Coupon)?;
        let bare = trimmed(
            words
                .trim_start_matches(['立', '减', '-', '−'])
                .trim_end_matches('券'),
        );
        match units::amount(bare, currency) {
            Ok((off, None)) if off.minor == 0 => None,
            Ok((off, None)) => Some(Coupon {
                text: Text::default(),
                off: Some(off),
            }),
            _ => Some(Coupon {
                text: self.texts(Field::Coupon),
                off: None,
            }),
        }
    }

    fn limit(&mut self) -> Option<u32> {
        let words = self.words(Field::LimitPerPerson)?;
        if matches!(words, "不限" | "不限购" | "无" | "否" | "-")
            || words.eq_ignore_ascii_case("none")
        {
            return None;
        }
        let number = words.trim_start_matches(|c: char| c.is_alphabetic() || c == ' ');
        let number = trimmed(number.trim_end_matches(|c: char| c.is_alphabetic() || c == '/'));
        match number.parse() {
            Ok(limit) if (1..=99_999).contains(&limit) => Some(limit),
            _ => {
                self.fault(Field::LimitPerPerson, ProblemCode::LimitUnreadable, words);
                None
            }
        }
    }

    fn steps(&mut self, currency: &Currency) -> Vec<PriceStep> {
        let Some(words) = self.words(Field::Steps) else {
            return Vec::new();
        };
        let parts = words.split(['\n', '；', ';', '|', '、']).map(trimmed);
        let filled = parts.filter(|part| !part.is_empty()).take(STEPS_READ);
        let steps: Option<Vec<PriceStep>> = filled.map(|part| step(part, currency)).collect();
        steps.unwrap_or_else(|| {
            self.fault(Field::Steps, ProblemCode::StepsUnreadable, words);
            Vec::new()
        })
    }

    /// `3件99`, `3 for 99`, `2箱 59元`.
    fn bundle(&mut self, currency: &Currency) -> Option<Bundle> {
        let words = self.words(Field::Bundle)?;
        let read = bundle(words, currency);
        if read.is_none() {
            self.fault(Field::Bundle, ProblemCode::BundleUnreadable, words);
        }
        read
    }

    fn cost(&mut self, currency: &Currency) -> Option<Money> {
        let words = self.words(Field::Cost)?;
        let read = units::amount(words, currency).and_then(|(cost, _)| match cost {
            cost if cost.currency == *currency => Ok(cost),
            _ => Err(MoneyFault::CurrencyDiffers),
        });
        read.map_err(|fault| self.fault(Field::Cost, price_code(fault), words))
            .ok()
    }

    fn day(&mut self, field: Field) -> String {
        let Some(cell) = self.columns.cell(self.row, field) else {
            return String::new();
        };
        // A date of a workbook is written out as it is kept.
        let is_day = matches!(cell.kind, Kind::Days(days) if days >= 1.0);
        let words = if is_day {
            &cell.text
        } else {
            match self.words(field) {
                Some(words) => words,
                None => return String::new(),
            }
        };
        day(words).unwrap_or_else(|| {
            self.fault(field, ProblemCode::DayUnreadable, words);
            String::new()
        })
    }

    fn planned_s(&mut self) -> Option<u32> {
        let fields = [(Field::PlannedMinutes, 60.0), (Field::PlannedSeconds, 1.0)];
        let (field, words, seconds) = self.time(fields)?;
        match seconds {
            // The range makes the conversion exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Some(seconds) if (0.0..=86_400.0).contains(&seconds) => Some(seconds as u32),
            _ => {
                self.fault(field, ProblemCode::PlannedUnreadable, words);
                None
            }
        }
    }
}

/// Words between the time of a step and its price.
const FALLS: [&str; 6] = ["降到", "降至", "降为", "drops to", "falls to", "drop to"];

/// `3分钟 29.9`, `3:00 29.9`, `180s=29.9`, `3:00 降到 29.9`, `drops to 29.9 in 3:00`: a time with its unit, and the price
/// from then on.
fn step(part: &str, currency: &Currency) -> Option<PriceStep> {
    let mut part = part.trim().to_lowercase();
    for between in [" in ", " after "] {
        if let Some((price, time)) = part.split_once(between) {
            part = format!(
                "{time}={}",
                FALLS
                    .iter()
                    .fold(price, |price, falls| price.trim_start_matches(falls))
            );
        }
    }
    for falls in FALLS {
        part = part.replace(falls, "=");
    }
    let at = part.rfind(['=', '→', '＝', ' ', '\u{3000}', '>'])?;
    let (time, price) = part.split_at(at);
    let price = price.trim_start_matches(|c: char| "=→＝>".contains(c) || c.is_whitespace());
    let time = trimmed(time.trim_end_matches(['=', '→', '＝', '-', '>', ' ', '后']));
    let after_s = match time.split_once([':', '：']) {
        // On a price clock it is minutes and seconds.
        Some((minutes, rest)) if !rest.contains([':', '：']) => {
            let (minutes, rest): (u16, u16) = (minutes.parse().ok()?, rest.parse().ok()?);
            u32::from(minutes) * 60 + u32::from(rest)
        }
        _ => {
            // A bare number may be minutes or seconds.
            if time.chars().all(|c| c.is_ascii_digit() || c == '.') {
                return None;
            }
            let after = seconds(time, 1.0).filter(|after| (1.0..=86_400.0).contains(after))?;
            // The range makes the conversion exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let after = after as u32;
            after
        }
    };
    let price = Money::parse(price, currency).ok()?;
    Some(PriceStep { after_s, price })
}

/// A number of units, what they are counted in, and the price of all.
fn bundle(words: &str, currency: &Currency) -> Option<Bundle> {
    let digits = words.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = words.split_at(digits);
    let price = rest.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '件' | '个' | '箱' | '份' | '盒' | '袋' | '瓶' | '装' | '共'
            )
    });
    // Three letters are the currency's, as in "3 for CNY 99".
    let price = price.strip_prefix("for ").unwrap_or(price);
    // "39.9" alone, or "3/99", says no units.
    if price.len() == rest.len() {
        return None;
    }
    let bundle = Bundle {
        units: number.parse().ok()?,
        price: Money::parse(trimmed(price), currency).ok()?,
        with: Vec::new(),
    };
    (bundle.units > 1).then_some(bundle)
}

/// A day that is written from the year down, as `2026-10-28`; whether there is such a day is the product's check.
pub(super) fn day(words: &str) -> Option<String> {
    let date = words.split([' ', 'T']).next().unwrap_or(words);
    let eight = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = match eight {
        true => vec![&date[..4], &date[4..6], &date[6..]],
        false => date
            .split(['-', '/', '.', '年', '月', '日', '号'])
            .filter(|part| !part.is_empty())
            .collect(),
    };
    let [year, month, of_month] = parts[..] else {
        return None;
    };
    let number = |part: &str| part.parse::<u16>().ok();
    let whole = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let (month, of_month) = (number(month)?, number(of_month)?);
    whole.then(|| format!("{year}-{month:02}-{of_month:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_people_write_them() {
        let cny = Currency("CNY".to_owned());
        let read = |part| step(part, &cny).map(|step| (step.after_s, step.price.minor));
        for part in [
            "3分钟 29.9",
            "3:00 29.9",
            "180s=29.9",
            "3分钟后 ¥29.9",
            "3 min -> 29.90",
            "3分→29.9元",
            "3:00 降到 29.9",
            "3分钟后降到29.9元",
            "3:00 drops to 29.9",
            "Drops to 29.9 in 3:00",
            "29.9 after 3 min",
        ] {
            assert_eq!(read(part), Some((180, 2990)), "{part}");
        }
        // Minutes or seconds, and no price at all.
        for part in ["3 29.9", "29.9", "soon 29.9", "3分钟", "99999:00 5"] {
            assert_eq!(read(part), None, "{part}");
        }
    }

    #[test]
    fn a_bundle_is_read_where_units_and_price_are_told_apart() {
        let cny = Currency("CNY".to_owned());
        let read = |words| bundle(words, &cny).map(|it| (it.units, it.price.minor));
        for words in [
            "3件99",
            "3件 99元",
            "3 for 99",
            "3 for ¥99",
            "3箱装 99.00",
            "3 99",
        ] {
            assert_eq!(read(words), Some((3, 9900)), "{words}");
        }
        for words in [
            "99",
            "39.9",
            "3/99",
            "1件99",
            "三件99",
            "3件",
            "3件99元/箱",
            "",
        ] {
            assert_eq!(read(words), None, "{words}");
        }
    }

    #[test]
    fn a_day_is_read_from_the_year_down_only() {
        for words in [
            "2026-10-08",
            "2026/10/8",
            "2026.10.8",
            "2026年10月8日",
            "20261008",
            "2026-10-08 09:00",
        ] {
            assert_eq!(day(words).as_deref(), Some("2026-10-08"), "{words}");
        }
        for words in ["10/8/2026", "10月8日", "26-10-08", "soon", ""] {
            assert_eq!(day(words), None, "{words}");
        }
    }
}
