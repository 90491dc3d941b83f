//! What each part says at a moment, as values that can be compared: equal content needs no redraw.

use std::sync::Arc;

use stallcast_show::{At, Countdown, Money, PictureText, Product, Show};

use crate::{
    Lang,
    calendar::day_and_hour,
    code::Code,
    fit::Fitted,
    photo::PhotoKey,
    price::{MoneyParts, format_money, money_parts},
    theme::Settings,
    words::{clean, pick},
};

/// The words of one box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Words {
    /// Shrinks, wraps, then is cut.
    Text(String),
    /// As a text, but never cut: rather smaller than the theme has it.
    Whole(String),
    /// The first where it stands whole, else the second.
    Either(String, String),
    /// Set in three sizes and only ever shrunk.
    Price(MoneyParts),
    /// Stands in equal cells.
    Digits(String),
    /// Was fitted before (a page of a longer text).
    Page(Fitted),
    /// A bar filled to so many thousandths.
    Bar(u32),
    /// A bar that grows while it is looked at, filled to so many thousandths.
    Gauge(u32),
    /// A QR code.
    Code(Arc<Code>),
}

/// Everything one part shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    /// Conditions of the drawing that hold.
    pub holding: Vec<&'static str>,
    /// Box and words.
    pub words: Vec<(&'static str, Words)>,
    pub photo: Option<PhotoKey>,
    /// Boxes whose words can be changed where they stand.
    pub texts: Vec<(&'static str, PictureText)>,
    pub lang: Lang,
}

impl Content {
    pub(crate) fn new(lang: Lang) -> Self {
        Self {
            holding: Vec::new(),
            words: Vec::new(),
            photo: None,
            texts: Vec::new(),
            lang,
        }
    }

    pub(crate) fn says(&mut self, slot: &'static str, words: Words) {
        self.words.push((slot, words));
    }

    /// As [`Content::says`], of words that a person can change there.
    pub(crate) fn tells(&mut self, slot: &'static str, text: PictureText, words: Words) {
        self.texts.push((slot, text));
        self.says(slot, words);
    }
}

/// The product on air, if the catalogue still has it.
pub(crate) fn on_air(show: &Show) -> Option<&Product> {
    show.products.get(&show.on_air.as_ref()?.product)
}

/// How long the product is on air, in milliseconds; 0 while it is not.
pub(crate) fn on_air_ms(show: &Show, product: &Product, now: At) -> i64 {
    let on_air = show.on_air.as_ref();
    on_air
        .filter(|on| on.product == product.id)
        .map_or(0, |on| now.0.saturating_sub(on.since.0).max(0))
}

/// Title, spec and prices; the photo is added by the caller. `live` is the price of the moment.
pub(crate) fn card(
    settings: &Settings,
    show: &Show,
    product: &Product,
    live: &Money,
    lang: Lang,
) -> Content {
    let mut content = Content::new(lang);
    let name = Words::Text(clean(title(product, lang)));
    content.tells("title", PictureText::Title, name);
    let spec = clean(pick(&product.spec, lang));
    if !spec.is_empty() {
        content.holding.push("spec");
        content.tells("spec", PictureText::Spec, Words::Text(spec));
    }
    content.says("live-price", Words::Price(money_parts(live, lang)));
    let label = pick(&settings.words.live_label, lang);
    content.says("live-label", Words::Text(clean(label)));
    // A struck price that is not above the live one would be a lie.
    if let Some(list) = &product.offer.list_price
        && list.currency == live.currency
        && list.minor > live.minor
    {
        content.holding.push("list-price");
        content.says("list-price", Words::Text(format_money(list, lang)));
        let off = percent_off(list, live);
        if off > 0 {
            content.holding.push("percent");
            let words = pick(&settings.words.percent, lang).replace("{n}", &off.to_string());
            content.says("percent", Words::Text(clean(&words)));
        }
    }
    if show.stock.get(&product.id) == Some(&0) {
        content.holding.push("sold-out");
        let words = pick(&settings.words.sold_out, lang);
        content.says("sold-out", Words::Text(clean(words)));
    }
    let place = show
        .rundown
        .iter()
        .position(|item| item.product == product.id);
    if let Some(index) = place {
        content.holding.push("number");
        // Two figures and more need a wider badge.
        content.holding.push(match index {
            ..9 => "number-short",
            _ => "number-long",
        });
        let place = (index + 1).to_string();
        let number = clean(&pick(&settings.words.number, lang).replace("{n}", &place));
        content.says("number", Words::Either(number, place));
    }
    content
}

/// Whole percents below the list price, rounded down: never more than it is, and 100 only of what costs nothing.
fn percent_off(list: &Money, live: &Money) -> i64 {
    let (list, live) = (i128::from(list.minor), i128::from(live.minor));
    let off = (list - live) * 100 / list.max(1);
    i64::try_from(off).unwrap_or(0).clamp(0, 100)
}

/// The short title, unless only the full one speaks the language.
pub(crate) fn title(product: &Product, lang: Lang) -> &str {
    pick(product.card_title(lang.of_card()), lang)
}

/// What is left, if it is counted.
pub(crate) fn stock(
    settings: &Settings,
    show: &Show,
    product: &Product,
    lang: Lang,
) -> Option<Content> {
    let left = *show.stock.get(&product.id)?;
    let mut content = Content::new(lang);
    let words = &settings.words;
    let (holding, text) = match left {
        0 => ("sold-out", &words.sold_out),
        left if left <= settings.low_stock => ("low", &words.stock_low),
        _ => ("plenty", &words.stock),
    };
    content.holding.push(holding);
    let text = pick(text, lang).replace("{n}", &left.to_string());
    content.says("stock", Words::Text(clean(&text)));
    // Only what was really offered makes a whole bar.
    if let Some(offered) = product.offer.quantity
        && left <= offered
        && offered > 0
    {
        content.holding.push("bar");
        let share = u64::from(left) * 1000 / u64::from(offered);
        content.says(
            "stock-bar",
            Words::Bar(u32::try_from(share).unwrap_or(1000)),
        );
    }
    Some(content)
}

/// The clock of the product on air; without one, the day on which its offer ends.
pub(crate) fn countdown(
    settings: &Settings,
    show: &Show,
    product: &Product,
    now: At,
    lang: Lang,
) -> Option<Content> {
    let mut content = Content::new(lang);
    let Some(countdown) = running(show, product) else {
        let ends = product.offer.ends.filter(|ends| *ends > now)?;
        content.holding.push("day");
        let day = day_and_hour(At(ends.0.saturating_add((settings.zone)(ends))), lang);
        let words = pick(&settings.words.until, lang).replace("{t}", &day);
        content.says("countdown-day", Words::Text(clean(&words)));
        return Some(content);
    };
    let left = countdown.seconds_left(now);
    let label = if left == 0 {
        content.holding.push("over");
        &settings.words.countdown_over
    } else {
        content.holding.push(if left <= settings.urgent_s {
            "urgent"
        } else {
            "calm"
        });
        &settings.words.countdown
    };
    content.says("countdown-label", Words::Text(clean(pick(label, lang))));
    content.says("countdown", Words::Digits(clock(left)));
    Some(content)
}

/// When the clock shows its next number; `None` once it stands at zero.
pub(crate) fn next_second(show: &Show, product: &Product, now: At) -> Option<At> {
    let countdown = running(show, product)?;
    let left = i64::from(countdown.seconds_left(now));
    (left > 0).then(|| At(countdown.deadline.0 - (left - 1) * 1000))
}

fn running<'a>(show: &'a Show, product: &Product) -> Option<&'a Countdown> {
    show.countdown
        .as_ref()
        .filter(|countdown| countdown.product == product.id)
}

pub(crate) fn clock(left: u32) -> String {
    let (hours, minutes, seconds) = (left / 3600, left / 60 % 60, left % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn a_clock_shows_hours_only_when_there_are_any() {
        assert_eq!(clock(0), "00:00");
        assert_eq!(clock(299), "04:59");
        assert_eq!(clock(3600), "1:00:00");
        assert_eq!(clock(86_400), "24:00:00");
    }
}
