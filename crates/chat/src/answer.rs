//! Owns which of a product's facts answers a question, or that none does: nothing is said that is not written there.

use crate::catalogue::{Article, Catalogue};
use crate::fold::{fold, is_han};
use crate::place::{Place, any_is_told_in};
use crate::topic::{self, Evidence, Places, Topic, Views};

/// A fact that answers a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The product.
    pub article: &'a Article,
    /// The key of the fact.
    pub key: &'a str,
}

/// Other names of keys, so that a seller's own list is understood.
const SAME_KEYS: &[(&str, &[&str])] = &[
    (
        "title",
        &["name", "商品", "名称", "标题", "品名", "product"],
    ),
    (
        "price",
        &[
            "live_price",
            "sale_price",
            "current_price",
            "now",
            "价格",
            "售价",
            "现价",
            "到手价",
            "直播价",
        ],
    ),
    (
        "list_price",
        &[
            "original_price",
            "regular_price",
            "msrp",
            "rrp",
            "was",
            "compare_at_price",
            "原价",
            "日常价",
            "市场价",
            "划线价",
        ],
    ),
    (
        "stock",
        &[
            "inventory",
            "quantity",
            "availability",
            "in_stock",
            "库存",
            "数量",
            "存货",
        ],
    ),
    (
        "origin",
        &[
            "made_in",
            "country",
            "place",
            "source",
            "产地",
            "原产地",
            "来源",
        ],
    ),
    (
        "shipping",
        &[
            "delivery",
            "ship",
            "logistics",
            "postage",
            "dispatch",
            "发货",
            "物流",
            "快递",
            "配送",
            "运费",
        ],
    ),
    (
        "shelf_life",
        &[
            "expiry",
            "best_before",
            "expiration",
            "keeps",
            "保质期",
            "有效期",
        ],
    ),
    (
        "spec",
        &[
            "specs",
            "specification",
            "specifications",
            "details",
            "parameters",
            "规格",
            "参数",
            "详情",
        ],
    ),
    (
        "after_sales",
        &[
            "aftersales",
            "after_sale",
            "returns",
            "return",
            "return_policy",
            "refund",
            "guarantee",
            "售后",
            "退换",
            "退货",
        ],
    ),
    (
        "usage",
        &[
            "use",
            "how_to_use",
            "instructions",
            "directions",
            "用法",
            "使用",
            "使用方法",
            "说明",
            "食用方法",
            "care",
        ],
    ),
    ("warranty", &["质保", "保修"]),
    ("material", &["fabric", "materials", "材质", "面料"]),
    ("ingredients", &["ingredient", "成分", "配料"]),
    (
        "size",
        &["sizes", "dimensions", "size_chart", "尺码", "尺寸"],
    ),
    (
        "color",
        &["colour", "colors", "colours", "shades", "颜色", "色号"],
    ),
    ("care", &["washing", "洗护", "保养"]),
    ("storage", &["store", "storing", "储存", "保存", "存放"]),
    ("weight", &["net_weight", "净重", "重量"]),
    ("capacity", &["volume", "容量"]),
    ("gift", &["gifts", "freebie", "赠品"]),
    ("coupon", &["coupons", "discount", "优惠", "优惠券"]),
    ("limit", &["purchase_limit", "限购"]),
    ("payment", &["pay", "支付", "付款"]),
    ("brand", &["品牌", "牌子"]),
    ("model", &["型号"]),
    ("flavor", &["flavour", "flavors", "flavours", "口味"]),
    ("packaging", &["package", "包装"]),
    ("date", &["production_date", "made_on", "生产日期"]),
];

/// Said of a fact that does not apply to the product.
const NOT_APPLICABLE: &[&str] = &["不适用", "not applicable", "n/a", "无保质期"];

/// The fact that answers `text`, asked of the product it names or else of the one on air.
pub fn answer<'a>(
    catalogue: &'a Catalogue,
    text: &str,
    on_air: Option<&str>,
) -> Option<Answer<'a>> {
    let folded = fold(text);
    let named = catalogue.find(&folded);
    let articles = catalogue.articles();
    let article = match named.article {
        Some(place) => articles.get(place),
        None => articles.iter().find(|one| on_air == Some(one.id.as_str())),
    }?;
    let topic = about(&folded, &named.rest)?;
    let key = key_for(article, &Wanted::new(topic, &named.rest))?;
    Some(Answer { article, key })
}

/// The fact that answers a question about this topic in these words, asked of that product.
pub fn answer_about<'a>(
    catalogue: &'a Catalogue,
    product: &str,
    topic: Topic,
    words: &str,
) -> Option<Answer<'a>> {
    let article = catalogue.articles().iter().find(|one| one.id == product)?;
    let rest = catalogue.find(&fold(words)).rest;
    let key = key_for(article, &Wanted::new(topic, &rest))?;
    Some(Answer { article, key })
}

/// The topic of a line; a product's name may hold the word that matters (`锅` in `粘锅`), so the whole line is looked
/// at when the rest says nothing.
pub(crate) fn about(folded: &str, rest: &str) -> Option<Topic> {
    topic::topic_of(rest).or_else(|| topic::topic_of(folded))
}

/// The place that makes a line of this topic another question than without it.
pub(crate) fn place_of(topic: Topic, rest: &str) -> Option<Place> {
    match topic.places() {
        Places::None => None,
        Places::All => Place::named(rest),
        Places::Far => Place::named(rest).filter(|place| !place.is_near()),
    }
}

/// What a fact has to say to be the answer.
struct Wanted {
    topic: Topic,
    place: Option<Place>,
    is_chinese: bool,
}

impl Wanted {
    fn new(topic: Topic, rest: &str) -> Self {
        Self {
            topic,
            place: place_of(topic, rest),
            is_chinese: rest.chars().any(is_han),
        }
    }

    /// Whether a fact says it. What a fact says of places it must say in the language of the question, which is the
    /// one it is shown in.
    fn is_in(&self, key: &str, texts: &[String]) -> bool {
        let evidence = if key == self.topic.name() {
            Evidence::None
        } else {
            self.topic.evidence()
        };
        let own = |text: &&String| text.chars().any(is_han) == self.is_chinese;
        let has_own = texts.iter().any(|text| own(&text));
        let place = |text: &str| match &self.place {
            Some(place) => place.is_told_in(text),
            None => {
                self.topic.places() != Places::All
                    || evidence != Evidence::None
                    || any_is_told_in(text)
            }
        };
        texts.iter().any(|text| holds(text, evidence))
            && texts
                .iter()
                .filter(|text| !has_own || own(text))
                .any(|text| place(text))
    }
}

/// The key of the fact that answers.
fn key_for<'a>(article: &'a Article, question: &Wanted) -> Option<&'a str> {
    question.topic.keys().iter().find_map(|wanted| {
        article.facts.iter().find_map(|(key, texts)| {
            (is_key(key, wanted) && question.is_in(wanted, texts)).then_some(key.as_str())
        })
    })
}

fn is_key(key: &str, wanted: &str) -> bool {
    let key = fold(key).replace([' ', '-'], "_");
    key == wanted
        || SAME_KEYS
            .iter()
            .any(|(name, others)| *name == wanted && others.contains(&key.as_str()))
}

fn holds(text: &str, evidence: Evidence) -> bool {
    let folded = fold(text);
    if folded.trim().is_empty() || NOT_APPLICABLE.iter().any(|words| folded.starts_with(words)) {
        return false;
    }
    let words = match evidence {
        Evidence::None => return true,
        Evidence::Never => return false,
        Evidence::OneOf(words) => words,
    };
    let views = Views::new(&folded, None);
    words.split('/').any(|word| {
        if let Some(list) = word.strip_prefix('$') {
            return topic::list(list).any(|word| views.holds(word, &folded));
        }
        views.holds(word, &folded)
    })
}

#[cfg(test)]
mod tests;
