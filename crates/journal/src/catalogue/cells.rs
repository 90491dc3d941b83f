//! From the cells of one row to values; what cannot be read is collected as faults.

use stallcast_show::{Currency, Money, MoneyFault, Offer, Product, Text};

use super::columns::Columns;
use super::durations::seconds;
use super::refused::price_code;
use super::table::{Cell, Kind, Row, trimmed};
use super::{Field, ProblemCode, units};

/// Talking points read of a row; [`stallcast_show::Product::check`] takes 50.
const POINTS_READ: usize = 51;

/// A cell that could not be read.
pub(super) struct Fault {
    pub(super) field: Field,
    pub(super) code: ProblemCode,
    pub(super) value: String,
}

/// Where a product's photo is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Photo {
    None,
    File(String),
    Web(String),
}

/// What a count below zero means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BelowZero {
    /// A mistake.
    Fault,
    /// Sold more than there was, as shops allow: none left.
    SoldOut,
}

/// The cells of one row.
pub(super) struct RowCells<'a> {
    pub(super) columns: &'a Columns,
    pub(super) row: &'a Row,
    pub(super) faults: Vec<Fault>,
    /// What the price is for, as it stands behind the amount: `/箱`, `per lb`.
    unit: Option<&'a str>,
    /// Whether a price was read in the currency of prices that name none.
    pub(super) assumed: bool,
}

impl<'a> RowCells<'a> {
    pub(super) fn new(columns: &'a Columns, row: &'a Row) -> Self {
        RowCells {
            columns,
            row,
            faults: Vec::new(),
            unit: None,
            assumed: false,
        }
    }

    pub(super) fn fault(&mut self, field: Field, code: ProblemCode, value: &str) {
        self.faults.push(Fault {
            field,
            code,
            value: value.to_owned(),
        });
    }

    /// The words of a cell; nothing when it is empty or could not be read.
    pub(super) fn words(&mut self, field: Field) -> Option<&'a str> {
        let cell = self.columns.cell(self.row, field)?;
        self.readable(field, cell)
    }

    pub(super) fn readable(&mut self, field: Field, cell: &'a Cell) -> Option<&'a str> {
        let code = match cell.kind {
            Kind::Fault => ProblemCode::FormulaError,
            Kind::Days(_) => ProblemCode::DateInstead,
            _ if cell.text.contains('\u{FFFD}') => ProblemCode::BadCharacters,
            _ => return Some(&cell.text),
        };
        self.fault(field, code, &cell.text);
        None
    }

    /// Words under the language they are written in, beside a column for English alone.
    pub(super) fn text(&mut self, field: Field, english: Option<Field>) -> Text {
        let mut text = self.words(field).map(in_its_language).unwrap_or_default();
        if let Some(words) = english.and_then(|field| self.words(field)) {
            text.en = words.to_owned();
        }
        text
    }

    pub(super) fn title(&mut self) -> Text {
        let mut title = self.text(Field::Title, Some(Field::TitleEn));
        if let Some(words) = self.words(Field::TitleZh) {
            title.zh = words.to_owned();
        }
        title
    }

    /// Prices, quantity and countdown; nothing when the live price is unreadable, or missing where the show does not
    /// know the product's either.
    pub(super) fn offer(
        &mut self,
        default: &Currency,
        below_zero: BelowZero,
        known: Option<&Product>,
    ) -> Option<Offer> {
        let currency = self.currency();
        let before = self.faults.len();
        let mut price = |field| self.price(field, currency.as_ref(), default);
        let named_live = price(Field::LivePrice);
        let plain = price(Field::Price);
        let named_list = price(Field::ListPrice);
        let prices = match (named_live, plain, named_list) {
            (Some(live), plain, list) => Some((live, list.or(plain))),
            (None, Some(plain), list) => Some((plain, list)),
            // A usual price alone is what the product costs, unless that is known.
            (None, None, Some(list)) => match known {
                Some(known) => Some((known.offer.live_price.clone(), Some(list))),
                None => Some((list, None)),
            },
            (None, None, None) => known
                .filter(|_| self.faults.len() == before)
                .map(|known| (known.offer.live_price.clone(), None)),
        };
        let quantity = self.quantity(below_zero);
        let countdown_s = self.countdown();
        let Some((live_price, list)) = prices else {
            if self.faults.len() == before || !self.faults.iter().any(|f| is_price(f.field)) {
                let candidates = [Field::LivePrice, Field::Price, Field::ListPrice];
                let field = candidates.into_iter().find(|f| self.columns.has(*f));
                let code = match field {
                    Some(_) => ProblemCode::PriceMissing,
                    None => ProblemCode::UnknownProduct,
                };
                self.fault(field.unwrap_or(Field::Price), code, "");
            }
            return None;
        };
        Some(Offer {
            list_price: self.usual_price(list, &live_price),
            quantity,
            countdown_s,
            ..Offer::at(live_price)
        })
    }

    /// A usual price of nothing, or the same as the live one, is none: exports fill the cell that way.
    fn usual_price(&mut self, list: Option<Money>, live: &Money) -> Option<Money> {
        let list = list.filter(|list| list.minor > 0 && list != live)?;
        let code = if list.currency != live.currency {
            ProblemCode::CurrencyDiffers
        } else if list.minor < live.minor {
            ProblemCode::ListBelowLive
        } else {
            return Some(list);
        };
        let beside = self.columns.cell(self.row, Field::ListPrice).is_some();
        let field = if beside {
            Field::ListPrice
        } else {
            Field::Price
        };
        self.fault(field, code, &list.display());
        None
    }

    /// Once the prices were read: a price by the box must not look like one for anything else, so its unit takes the
    /// place of a specification that is missing.
    pub(super) fn unit_for_spec(&self, product: &mut Product) {
        if let Some(unit) = self.unit
            && product.spec == Text::default()
        {
            product.spec = in_its_language(unit);
        }
    }

    fn currency(&mut self) -> Option<Currency> {
        let words = self.words(Field::Currency)?;
        // "元" and "$" are read as in an amount; anything else must be a code.
        let probe = Money::parse(&format!("0 {words}"), &Currency("CNY".to_owned()));
        match probe {
            Ok(money) if money.currency.is_valid() => Some(money.currency),
            _ => {
                self.fault(Field::Currency, ProblemCode::CurrencyUnknown, words);
                None
            }
        }
    }

    fn price(&mut self, field: Field, row: Option<&Currency>, file: &Currency) -> Option<Money> {
        let words = self.words(field)?;
        let in_header = self.columns.currency_in_header(field);
        let default = row.or(in_header.as_ref()).unwrap_or(file);
        match units::amount(words, default) {
            Ok((money, unit)) => {
                if row.is_none() && in_header.is_none() {
                    // Whether the words alone say it: ISO 4217's code for testing is in no list.
                    let alone = units::amount(words, &Currency("XTS".to_owned()));
                    self.assumed |= alone.is_ok_and(|(money, _)| money.currency.0 == "XTS");
                }
                self.unit = self.unit.or(unit);
                Some(money)
            }
            Err(fault) => {
                self.fault(field, price_code(fault), words);
                None
            }
        }
    }

    pub(super) fn quantity(&mut self, below_zero: BelowZero) -> Option<u32> {
        let words = self.words(Field::Quantity)?;
        let small = words.to_lowercase();
        if matches!(
            small.as_str(),
            "不限" | "不限量" | "无限" | "unlimited" | "∞" | "-"
        ) {
            return None;
        }
        let number = trimmed(small.trim_end_matches(|c: char| c.is_alphabetic()));
        // Whole units are read like an amount of a currency without minor unit.
        let plain = number
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '０'..='９') || "., '-".contains(c));
        let whole = plain.then(|| Money::parse(number, &Currency("JPY".to_owned())));
        let code = match whole {
            Some(Ok(count)) => match u32::try_from(count.minor) {
                Ok(count) => return Some(count),
                Err(_) => ProblemCode::QuantityUnreadable,
            },
            Some(Err(MoneyFault::Negative)) if below_zero == BelowZero::SoldOut => return Some(0),
            Some(Err(MoneyFault::Negative)) => ProblemCode::QuantityNegative,
            _ => ProblemCode::QuantityUnreadable,
        };
        self.fault(Field::Quantity, code, words);
        None
    }

    fn countdown(&mut self) -> Option<u32> {
        let fields = [(Field::Countdown, 1.0), (Field::CountdownMinutes, 60.0)];
        let (field, words, seconds) = self.time(fields)?;
        let code = match seconds {
            Some(0.0) => return None,
            // The range makes the conversion exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Some(seconds) if (1.0..=86_400.0).contains(&seconds) => return Some(seconds as u32),
            Some(seconds) if !seconds.is_nan() => ProblemCode::CountdownOutOfRange,
            _ => ProblemCode::CountdownUnreadable,
        };
        self.fault(field, code, words);
        None
    }

    /// The first filled of these columns, each with the seconds of its unit: its words, and the seconds they mean.
    pub(super) fn time(
        &mut self,
        fields: [(Field, f64); 2],
    ) -> Option<(Field, &'a str, Option<f64>)> {
        let (columns, row) = (self.columns, self.row);
        let (field, unit_s, cell) = fields
            .into_iter()
            .find_map(|(field, unit_s)| Some((field, unit_s, columns.cell(row, field)?)))?;
        let seconds = match cell.kind {
            Kind::Days(days) => Some((days * 86_400.0).round()),
            Kind::Fault => {
                self.fault(field, ProblemCode::FormulaError, &cell.text);
                return None;
            }
            Kind::Text | Kind::Number => seconds(&cell.text, unit_s),
        };
        Some((field, &cell.text, seconds))
    }

    /// A barcode, with the leading zeros a spreadsheet takes for needless put back when the check digit
    /// then fits.
    pub(super) fn gtin(&mut self) -> Option<String> {
        let words = self.words(Field::Gtin)?;
        let code: String = words
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\'' | '\u{2019}'))
            .collect();
        if code.is_empty() {
            return None;
        }
        let candidates = [code.clone(), format!("{code:0>12}"), format!("{code:0>8}")];
        let fits = |candidate: &String| {
            candidate.len() - code.len() <= 3 && stallcast_show::gtin_is_valid(candidate)
        };
        if let Some(found) = candidates.into_iter().find(fits) {
            return Some(found);
        }
        let scientific = code.contains(['e', 'E']) && code.parse::<f64>().is_ok();
        let fault = if scientific {
            ProblemCode::GtinDigitsLost
        } else {
            ProblemCode::GtinInvalid
        };
        self.fault(Field::Gtin, fault, words);
        None
    }

    pub(super) fn photo(&mut self, field: Field) -> Photo {
        let Some(cell) = self.columns.cell(self.row, field) else {
            return Photo::None;
        };
        // A picture placed in the cell itself comes as an error or as WPS's formula: no name to use.
        if cell.kind == Kind::Fault || cell.text.to_uppercase().contains("DISPIMG(") {
            return Photo::None;
        }
        let Some(words) = self.readable(field, cell) else {
            return Photo::None;
        };
        let is_web = |text: &str| text.starts_with("http://") || text.starts_with("https://");
        if is_web(words) {
            // Shops put several addresses into one cell.
            let first = words
                .split([',', ' ', '\n', '|', '，', ';'])
                .next()
                .unwrap_or(words);
            return Photo::Web(first.to_owned());
        }
        let first = words.lines().next().unwrap_or(words);
        let name = first.replace('\\', "/");
        let name = name.trim_start_matches("./");
        if first.starts_with(['/', '\\']) || name.contains(':') || name.contains("..") {
            self.fault(field, ProblemCode::PhotoInvalid, words);
            return Photo::None;
        }
        Photo::File(name.to_owned())
    }

    /// Points one below the other or parted by semicolons, over all columns that hold some.
    pub(super) fn talking_points(&mut self) -> Vec<String> {
        let cells: Vec<&Cell> = self.columns.cells(self.row, Field::TalkingPoints).collect();
        let mut points = Vec::new();
        for cell in cells {
            if let Some(words) = self.readable(Field::TalkingPoints, cell) {
                let parts = words.split(['\n', '\r', '；', ';', '|']);
                let bare = parts.map(|p| trimmed(p.trim_start_matches(['•', '·', '-', '*', ' '])));
                // One more than a product has is enough to refuse the row.
                let room = POINTS_READ.saturating_sub(points.len());
                let filled = bare.filter(|p| !p.is_empty()).take(room);
                points.extend(filled.map(str::to_owned));
            }
        }
        points
    }
}

fn is_price(field: Field) -> bool {
    matches!(field, Field::LivePrice | Field::Price | Field::ListPrice)
}

/// Chinese when there is a Han character, else English.
pub(super) fn in_its_language(words: &str) -> Text {
    let han = |c: char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    let mut text = Text::default();
    if words.chars().any(han) {
        text.zh = words.to_owned();
    } else {
        text.en = words.to_owned();
    }
    text
}
