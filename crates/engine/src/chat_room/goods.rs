//! The goods as the audience may name them and ask about them: what of the show the list of questions is fed with. What a
//! text asks of them and which fact answers it is worked out once, until they change: in a flood many write the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use stallcast_chat::questions::{Group, Heard};
use stallcast_chat::{Article, Catalogue, answer_about, fold};
use stallcast_show::{At, Money, Product, ProductId, Show, Text};

use crate::desk::Published;

/// Most texts remembered, and most answers.
const KNOWN_MAX: usize = 2_048;

/// The rundown's products, as lines are compared with them.
#[derive(Default)]
pub(super) struct Goods {
    catalogue: Catalogue,
    made_of: Option<(u64, Vec<ProductId>)>,
    heard: HashMap<String, Arc<Heard>>,
    /// By product, topic and words of a question: the key of the fact that answers it.
    answers: HashMap<(String, &'static str, String), Option<String>>,
}

impl Goods {
    /// The products as they are now; true when they were others before.
    pub(super) fn follow(&mut self, published: &Published, now: At) -> bool {
        let show = &published.show;
        let on_air = show.on_air.as_ref().map(|on| &on.product);
        let listed = show.rundown.iter().map(|item| &item.product);
        // One that is shown without being on the rundown has no number, and is asked about all the same.
        let beside = on_air.filter(|id| !show.rundown.iter().any(|item| item.product == **id));
        let wanted: Vec<ProductId> = listed.chain(beside).cloned().collect();
        let is_same = self.made_of.as_ref().is_some_and(|(version, products)| {
            *version == published.catalogue && *products == wanted
        });
        if is_same {
            return false;
        }
        let numbered = wanted.iter().zip(1_u32..);
        let articles = numbered.filter_map(|(id, number)| {
            let product = show.products.get(id)?;
            let link = (beside != Some(id)).then_some(number);
            Some(article(show, product, link, now))
        });
        self.catalogue = Catalogue::new(articles.collect());
        self.made_of = Some((published.catalogue, wanted));
        self.heard.clear();
        self.answers.clear();
        true
    }

    /// What a text asks.
    pub(super) fn hear(&mut self, text: &str) -> Arc<Heard> {
        if let Some(known) = self.heard.get(text) {
            return Arc::clone(known);
        }
        let heard = Arc::new(self.catalogue.hear(text));
        if self.heard.len() >= KNOWN_MAX {
            self.heard.clear();
        }
        self.heard.insert(text.to_owned(), Arc::clone(&heard));
        heard
    }

    /// The key of the fact that answers a question; `None` when nothing that is known does.
    pub(super) fn answer(&self, group: &Group) -> Option<String> {
        let (product, topic) = (group.product.as_deref()?, group.topic?);
        let found = answer_about(&self.catalogue, product, topic, &group.words)?;
        Some(found.key.to_owned())
    }

    /// The same, remembered.
    pub(super) fn known_answer(&mut self, group: &Group) -> Option<String> {
        let (product, topic) = (group.product.clone()?, group.topic?);
        let asked = (product, topic.name(), group.words.clone());
        if let Some(known) = self.answers.get(&asked) {
            return known.clone();
        }
        let key = self.answer(group);
        if self.answers.len() >= KNOWN_MAX {
            self.answers.clear();
        }
        self.answers.insert(asked, key.clone());
        key
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
}

fn article(show: &Show, product: &Product, link: Option<u32>, now: At) -> Article {
    let mut names: Vec<String> = Vec::new();
    for title in [&product.short_title, &product.title] {
        for name in [&title.zh, &title.en] {
            // What comes after a space in a Chinese title is size, packing and praise.
            let first = name.split_whitespace().next().unwrap_or_default();
            let own = if name.is_ascii() { "" } else { first };
            for name in [name.trim(), own] {
                let is_name = name.chars().count() >= 2 && !names.iter().any(|known| known == name);
                if is_name {
                    names.push(name.to_owned());
                }
            }
        }
    }
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, text) in facts_of(show, product, now) {
        let texts = [text.zh, text.en].into_iter();
        let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
        if !texts.is_empty() {
            facts.insert(key.to_owned(), texts);
        }
    }
    Article {
        id: product.id.to_string(),
        link,
        names,
        facts,
    }
}

/// What the facts of a product say under this key, in the language of `question` where there are words in it.
pub(super) fn fact(
    show: &Show,
    product: &Product,
    key: &str,
    question: &str,
    now: At,
) -> Option<String> {
    let (_, text) = facts_of(show, product, now)
        .into_iter()
        .find(|(known, _)| *known == key)?;
    let chinese = fold(question)
        .chars()
        .any(|c| matches!(c, '\u{3400}'..='\u{9fff}'));
    let (wanted, other) = if chinese {
        (text.zh, text.en)
    } else {
        (text.en, text.zh)
    };
    let said = if wanted.trim().is_empty() {
        other
    } else {
        wanted
    };
    let said = said.trim();
    (!said.is_empty()).then(|| said.to_owned())
}

fn facts_of(show: &Show, product: &Product, now: At) -> Vec<(&'static str, Text)> {
    let offer = &product.offer;
    let on_air = show.on_air.as_ref();
    let on_air_ms = on_air
        .filter(|on| on.product == product.id)
        .map_or(0, |on| now.0.saturating_sub(on.since.0));
    let mut facts = vec![
        ("title", product.title.clone()),
        ("price", same(amount(offer.price_after(on_air_ms)))),
        ("spec", product.spec.clone()),
        ("gift", offer.gift.clone()),
    ];
    if let Some(list) = &offer.list_price {
        facts.push(("list_price", same(amount(list))));
    }
    if let Some(left) = show.stock_left(&product.id) {
        let text = match left {
            0 => both("卖完了", "sold out"),
            left => both(&format!("还有 {left} 件"), &format!("{left} left")),
        };
        facts.push(("stock", text));
    }
    if let Some(coupon) = &offer.coupon {
        let off = coupon.off.as_ref().map(amount);
        let less = |word: &str| off.as_ref().map(|off| format!("{word}{off}"));
        let text = |said: &str, less: Option<String>| {
            let parts = [Some(said.to_owned()), less].into_iter().flatten();
            parts
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let text = both(
            &text(&coupon.text.zh, less("减 ")),
            &text(&coupon.text.en, less("minus ")),
        );
        facts.push(("coupon", text));
    }
    if let Some(limit) = offer.limit_per_person {
        let text = both(
            &format!("每人限 {limit} 件"),
            &format!("at most {limit} for each buyer"),
        );
        facts.push(("limit", text));
    }
    if let Some(origin) = &product.origin {
        let joined = |place: &str, grower: &str| {
            let parts = [place, grower].into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(" · ")
        };
        let text = both(
            &joined(&origin.place.zh, &origin.grower.zh),
            &joined(&origin.place.en, &origin.grower.en),
        );
        facts.push(("origin", text));
    }
    if let Some(kept) = &product.facts {
        facts.extend([
            ("shipping", kept.shipping.clone()),
            ("shelf_life", kept.shelf_life.clone()),
            ("size", kept.size.clone()),
            ("usage", kept.usage.clone()),
            ("after_sales", kept.after_sales.clone()),
        ]);
    }
    facts
}

fn amount(money: &Money) -> String {
    format!("{}{}", money.currency.symbol(), money.display())
}

fn same(text: String) -> Text {
    Text {
        zh: text.clone(),
        en: text,
    }
}

fn both(zh: &str, en: &str) -> Text {
    Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}
