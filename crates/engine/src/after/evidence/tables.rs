//! What a person reads in a folder of evidence: prices, corrections and overrides as tables, and how to check it all.

use std::collections::BTreeSet;

use stallcast_clips::Utc;
use stallcast_show::{At, CorrectionKind, Money, PlatformBecame, PriceCause, ProductId, Text};

use crate::after::told::Told;
use crate::wire_name::wire_name;

/// What the folder is and how it is checked, in both languages.
pub const README: &str = "\
这是一场直播的留存资料（证据包）。
内容：录像；这一场的操作日志（journal.jsonl，每条带校验码，环环相扣）；价格、更正、违规词放行理由、平台上的操作（删除、禁言等）四张表；
开播时的商品资料（opening.json）；复盘（recap.json）；清单（manifest.json，每个文件的 SHA-256）。
检查有没有被改过：stallcast verify 这个文件夹
清单的校验码（manifest.sha256）请另存一份，比如发到自己的邮箱：有了它，整个文件夹被重做也查得出来。
请不要在这个文件夹里增删改文件。时间都是 UTC。

The evidence of one show.
In it: the recording; the show's entries (journal.jsonl, each with a hash that covers the one before it); prices,
corrections, reasons given for forbidden words and what was done on platforms (deletions, time-outs) as tables; the
goods as they were when it began (opening.json); the recap (recap.json); the list (manifest.json, SHA-256 of each file).
To see whether anything was changed: stallcast verify THIS-FOLDER
Keep the list's own hash (manifest.sha256) elsewhere, in a mail to yourself for example: with it even a folder that
was made anew as a whole is found out.
Change, add or remove nothing here. Times are UTC.
";

/// Every price that came before viewers, and every change, in the order of time.
pub fn prices(told: &Told) -> String {
    let heads = [
        "time_utc", "product", "title", "what", "price", "was", "currency", "note",
    ];
    let mut timed: Vec<(At, [String; 8])> = Vec::new();
    let mut add = |at: At, product: &ProductId, what: &str, said: [String; 4]| {
        let [price, was, currency, note] = said;
        let (id, title) = (product.to_string(), title_of(told, product));
        let what = what.to_owned();
        timed.push((at, [utc(at), id, title, what, price, was, currency, note]));
    };
    for it in &told.offered {
        let currency = it.live.currency.0.clone();
        if it.first {
            let said = [
                exact(&it.live),
                String::new(),
                currency.clone(),
                String::new(),
            ];
            add(it.at, &it.product, "live_price_first_shown", said);
        }
        let was = it.list_before.as_ref().map(exact).unwrap_or_default();
        match &it.list {
            Some((list, evidence)) => {
                let said = [exact(list), was, currency, evidence.clone()];
                add(it.at, &it.product, "struck_price_shown", said);
            }
            None if it.first => {}
            None => {
                let said = [String::new(), was, currency, String::new()];
                add(it.at, &it.product, "struck_price_taken_off", said);
            }
        }
    }
    for change in &told.recap.prices {
        let cause = match change.cause {
            PriceCause::Edited => "changed_by_hand",
            PriceCause::Step => "step_of_the_offer",
        };
        let currency = change.to.currency.0.clone();
        let said = [
            exact(&change.to),
            exact(&change.from),
            currency,
            String::new(),
        ];
        add(change.at, &change.product, cause, said);
    }
    // Sorting is stable: what belongs to one moment keeps its order.
    timed.sort_by_key(|(at, _)| *at);
    let rows = timed.into_iter().map(|(_, row)| row);
    table(
        std::iter::once(heads.map(str::to_owned))
            .chain(rows)
            .collect(),
    )
}

/// What was corrected on the picture.
pub fn corrections(told: &Told) -> String {
    let heads = [
        "time_utc",
        "until_utc",
        "product",
        "title",
        "what",
        "words_zh",
        "words_en",
        "live_price",
        "currency",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    for it in &told.recap.corrections {
        let what = match it.kind {
            CorrectionKind::Price => "price",
            CorrectionKind::Claim => "claim",
        };
        rows.push([
            utc(it.since),
            utc(it.until),
            it.product.to_string(),
            title_of(told, &it.product),
            what.to_owned(),
            it.text.zh.clone(),
            it.text.en.clone(),
            exact(&it.live_price),
            it.live_price.currency.0.clone(),
        ]);
    }
    table(rows)
}

/// Reasons that held in the show for what a rule forbids or nobody had looked at: those given in it with who gave them,
/// and before it for what was shown.
pub fn overrides(told: &Told) -> String {
    let heads = [
        "time_utc", "product", "title", "rule", "words", "reason", "who",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    let shown: BTreeSet<&ProductId> = told.recap.products.iter().map(|it| &it.product).collect();
    let before = told.opening.overrides.iter();
    let before = before.filter(|(product, _)| shown.contains(product));
    let before =
        before.flat_map(|(product, given)| given.iter().map(move |it| (Some(product), it)));
    let words = told.opening.word_overrides.iter().map(|it| (None, it));
    let before = before.chain(words).map(|(product, it)| (product, it, ""));
    let during = told.overrides.iter();
    let during = during.map(|it| (it.product.as_ref(), &it.given, it.by.as_str()));
    for (product, it, by) in before.chain(during) {
        rows.push([
            utc(it.at),
            product.map(ToString::to_string).unwrap_or_default(),
            product.map(|id| title_of(told, id)).unwrap_or_default(),
            it.rule.clone(),
            it.found.clone(),
            it.reason.clone(),
            by.to_owned(),
        ]);
    }
    table(rows)
}

/// What was done on platforms through their chats, a row for each outcome.
pub fn acts(told: &Told) -> String {
    let heads = [
        "time_utc",
        "who",
        "act",
        "platform",
        "connection",
        "message",
        "author",
        "text",
        "seconds",
        "outcome",
        "why",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    for it in &told.recap.acts {
        let act = &it.act;
        for outcome in &act.outcomes {
            let became = match outcome.became {
                PlatformBecame::Done => "done",
                PlatformBecame::NotSupported => "not_supported",
                PlatformBecame::Failed => "failed",
            };
            let message = act.message.as_ref().map(|id| id.0.clone());
            rows.push([
                utc(it.at),
                it.by.clone(),
                wire_name(&act.kind),
                outcome.platform.clone(),
                outcome.connection.clone(),
                message.unwrap_or_default(),
                act.author.clone(),
                act.text.clone(),
                act.seconds.map(|s| s.to_string()).unwrap_or_default(),
                became.to_owned(),
                outcome.why.clone(),
            ]);
        }
    }
    table(rows)
}

fn title_of(told: &Told, id: &ProductId) -> String {
    let in_recap = told.recap.products.iter().find(|it| it.product == *id);
    let before = told.opening.products.get(id).map(|it| &it.title);
    let words = in_recap.map(|it| &it.title).or(before);
    words.map(title).unwrap_or_default()
}

fn title(text: &Text) -> String {
    let words = if text.zh.is_empty() {
        &text.en
    } else {
        &text.zh
    };
    words.clone()
}

/// `2026-11-22 10:15:00.250`.
fn utc(at: At) -> String {
    let time = Utc::at(at.0.div_euclid(1000));
    let ms = at.0.rem_euclid(1000);
    format!("{} {}.{ms:03}", time.date("-"), time.time(":"))
}

/// `29.90`: the amount alone, every digit.
fn exact(money: &Money) -> String {
    let digits = money.currency.minor_digits();
    let unit = 10_i64.saturating_pow(digits);
    let (whole, part) = (money.minor / unit, (money.minor % unit).abs());
    match digits {
        0 => whole.to_string(),
        _ => format!("{whole}.{part:0width$}", width = digits as usize),
    }
}

/// With the mark that spreadsheets want for UTF-8.
fn table<const N: usize>(rows: Vec<[String; N]>) -> String {
    let mut text = String::from("\u{feff}");
    for row in rows {
        text.push_str(&row.map(|words| cell(&words)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// What begins like a formula is made text.
fn cell(words: &str) -> String {
    let is_formula = words.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = if is_formula {
        format!("'{words}")
    } else {
        words.to_owned()
    };
    if plain.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", plain.replace('"', "\"\""))
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use stallcast_show::Currency;

    use super::*;

    #[test]
    fn amounts_keep_every_digit_of_their_currency() {
        let of = |minor: i64, code: &str| exact(&Money::new(minor, Currency(code.into())));
        assert_eq!(of(2990, "CNY"), "29.90");
        assert_eq!(of(5, "USD"), "0.05");
        assert_eq!(of(1980, "JPY"), "1980");
        assert_eq!(of(1234, "KWD"), "1.234");
    }

    #[test]
    fn a_cell_is_text_whatever_stands_in_it() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(utc(At(1_000_000_000_250)), "2001-09-09 01:46:40.250");
    }
}
