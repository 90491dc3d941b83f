//! What the parts beside the card say: the offer's perks, the next fall of the price, origin, next product, break.

use std::collections::BTreeSet;

use stallcast_show::{At, Break, Money, PictureText, Product, ProductId, Show};

use crate::{
    Lang, calendar,
    content::{Content, Words, clock, on_air_ms, title},
    price::{format_money, money_parts},
    theme::Settings,
    words::{clean, pick},
};

/// The boxes of the perks from the first, and the conditions of the same names.
const PERKS: [&str; 3] = ["perk-1", "perk-2", "perk-3"];

/// The price of the moment.
pub(crate) fn price<'a>(show: &Show, product: &'a Product, now: At) -> &'a Money {
    product.offer.price_after(on_air_ms(show, product, now))
}

/// The price that the card needs next: after the next fall while the product is on air, else the one it begins with.
pub(crate) fn coming_price<'a>(show: &Show, product: &'a Product, now: At) -> &'a Money {
    let next = show
        .is_on_air(&product.id)
        .then(|| product.offer.next_step(on_air_ms(show, product, now)))
        .flatten();
    next.map_or_else(|| price(show, product, now), |step| &step.price)
}

/// When the price falls next; not for what is sold out.
fn next_fall<'a>(show: &Show, product: &'a Product, now: At) -> Option<(At, &'a Money)> {
    let since = show.on_air.as_ref()?.since;
    if show.stock.get(&product.id) == Some(&0) {
        return None;
    }
    let step = product.offer.next_step(on_air_ms(show, product, now))?;
    let at = At(since.0.saturating_add(i64::from(step.after_s) * 1000));
    Some((at, &step.price))
}

/// The next fall of the price, and when that part changes.
pub(crate) fn fall(
    settings: &Settings,
    show: &Show,
    product: &Product,
    now: At,
    lang: Lang,
) -> Option<(Content, At)> {
    let (at, price) = next_fall(show, product, now)?;
    let left_ms = at.0.saturating_sub(now.0).max(0);
    let left = left_ms.saturating_add(999) / 1000;
    let mut content = Content::new(lang);
    let label = pick(&settings.words.drop, lang).replace("{p}", &format_money(price, lang));
    content.says("drop-label", Words::Text(clean(&label)));
    let left_s = u32::try_from(left).unwrap_or(u32::MAX);
    content.says("drop", Words::Digits(clock(left_s)));
    Some((content, At(at.0.saturating_sub((left - 1).max(0) * 1000))))
}

/// The bundle as a line: `3 件 ¥99`, or what it has in it.
fn bundle(
    settings: &Settings,
    show: &Show,
    product: &Product,
    now: At,
    lang: Lang,
) -> Option<String> {
    let bundle = show.bundle_offered(&product.id, price(show, product, now))?;
    let words = &settings.words;
    let cost = format_money(&bundle.price, lang);
    if bundle.with.is_empty() {
        let line = pick(&words.bundle, lang).replace("{n}", &bundle.units.to_string());
        return Some(line.replace("{p}", &cost));
    }
    let parts = show.bundle_parts(&product.id)?;
    let named = parts.iter().skip(1).map(|(part, units)| match units {
        1 => clean(title(part, lang)),
        units => format!("{}×{units}", clean(title(part, lang))),
    });
    let named = named.collect::<Vec<_>>().join(" + ");
    let line = pick(&words.bundle_set, lang).replace("{p}", &cost);
    let line = line.replace("{n}", &bundle.units.to_string());
    Some(line.replace("{t}", &named))
}

/// Bundle, coupon, gift and limit, as far as the offer has them.
pub(crate) fn perks(
    settings: &Settings,
    show: &Show,
    product: &Product,
    now: At,
    lang: Lang,
) -> Option<Content> {
    let words = &settings.words;
    let offer = &product.offer;
    let bundle = bundle(settings, show, product, now, lang);
    let mut lines: Vec<(String, Option<PictureText>)> =
        bundle.into_iter().map(|line| (line, None)).collect();
    if let Some(coupon) = &offer.coupon {
        let off = coupon.off.as_ref().map(|off| {
            let off = format_money(off, lang);
            pick(&words.coupon_off, lang).replace("{p}", &off)
        });
        let text = clean(pick(&coupon.text, lang));
        let said = off.into_iter().chain(Some(text));
        let said: Vec<_> = said.filter(|part| !part.is_empty()).collect();
        if !said.is_empty() {
            let line = pick(&words.coupon, lang).replace("{t}", &said.join(" · "));
            lines.push((line, Some(PictureText::Coupon)));
        }
    }
    let gift = clean(pick(&offer.gift, lang));
    if !gift.is_empty() {
        let line = pick(&words.gift, lang).replace("{t}", &gift);
        lines.push((line, Some(PictureText::Gift)));
    }
    if let Some(limit) = offer.limit_per_person {
        let line = pick(&words.limit, lang).replace("{n}", &limit.to_string());
        lines.push((line, None));
    }
    if lines.is_empty() {
        return None;
    }
    let mut content = Content::new(lang);
    for (name, (line, text)) in PERKS.into_iter().zip(lines) {
        content.holding.push(name);
        let line = Words::Text(clean(&line));
        match text {
            Some(text) => content.tells(name, text, line),
            None => content.says(name, line),
        }
    }
    Some(content)
}

/// Place, grower and day of the harvest.
pub(crate) fn origin(settings: &Settings, product: &Product, lang: Lang) -> Option<Content> {
    let origin = product.origin.as_ref()?;
    let place = clean(pick(&origin.place, lang));
    if place.is_empty() {
        return None;
    }
    let mut content = Content::new(lang);
    content.tells("origin", PictureText::Origin, Words::Text(place));
    let harvested = match origin.harvested.trim() {
        "" => String::new(),
        day => clean(&pick(&settings.words.harvested, lang).replace("{d}", &day_of(day, lang))),
    };
    let said = [clean(pick(&origin.grower, lang)), harvested];
    let said: Vec<_> = said.into_iter().filter(|part| !part.is_empty()).collect();
    if !said.is_empty() {
        content.holding.push("grower");
        content.says("grower", Words::Text(said.join(" · ")));
    } else {
        content.holding.push("alone");
    }
    Some(content)
}

/// `2026-10-28` as a card says it: `10月28日`, `28 Oct`; anything else as it was written.
fn day_of(day: &str, lang: Lang) -> String {
    let mut parts = day.splitn(3, '-').skip(1).map(str::parse::<usize>);
    let (Some(Ok(month)), Some(Ok(of_month))) = (parts.next(), parts.next()) else {
        return day.to_owned();
    };
    calendar::day(month, of_month, lang).unwrap_or_else(|| day.to_owned())
}

/// The first product after the one on air that may follow it, where the strip is wanted; and when its offer ends.
pub(crate) fn next_up(
    settings: &Settings,
    show: &Show,
    product: &Product,
    kept_off: &BTreeSet<ProductId>,
    now: At,
    lang: Lang,
) -> Option<(Content, Option<At>)> {
    if !show.card_look.next_up {
        return None;
    }
    let mut items = show.rundown.iter();
    items.find(|item| item.product == product.id)?;
    let next = show.next_after(Some(&product.id), kept_off, now)?;
    let mut content = Content::new(lang);
    content.says("next", Words::Text(clean(title(next, lang))));
    let price = money_parts(&next.offer.live_price, lang);
    content.says("next-price", Words::Price(price));
    let label = clean(pick(&settings.words.next, lang));
    content.says("next-label", Words::Text(label));
    Some((content, next.offer.ends))
}

/// The break's words and clock, and when it shows its next second.
pub(crate) fn pause(
    settings: &Settings,
    pause: &Break,
    now: At,
    lang: Lang,
) -> (Content, Option<At>) {
    let left = pause.seconds_left(now);
    let mut content = Content::new(lang);
    content
        .holding
        .push(if left == 0 { "over" } else { "running" });
    let words = &settings.words;
    let own = clean(pick(&pause.words, lang));
    // The theme's second line explains its own first one.
    let (headline, detail) = if own.is_empty() {
        let said = [&words.back_soon, &words.back_soon_detail].map(|text| clean(pick(text, lang)));
        said.into()
    } else {
        (own, String::new())
    };
    content.tells("headline", PictureText::BreakWords, Words::Text(headline));
    content.says("detail", Words::Text(detail));
    content.says("pause-clock", Words::Digits(clock(left)));
    let next = (left > 0).then(|| At(pause.until.0 - (i64::from(left) - 1) * 1000));
    (content, next)
}
