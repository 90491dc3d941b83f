//! Honest selling: looks at the rundown whenever it changes, and keeps off the air what the law forbids outright until
//! somebody gives a reason.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use stallcast_rules::{Certainty, Finding, PackFault, Rule, RuleBook, Severity, Subject};
use stallcast_show::{
    At, Command, Market, Offered, PictureText, Product, ProductId, Refusal, RuleOverride, Show,
    Text, decide,
};
use stallcast_wire::{Check, CheckLevel, FindingLevel, FindingView, FindingsView, RuleView};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::now;
use crate::desk::Published;
use crate::wire_name::wire_name;

static BOOK: LazyLock<Result<RuleBook, PackFault>> = LazyLock::new(RuleBook::built_in);

/// The rules.
///
/// # Errors
/// When a pack is broken; the engine does not start then.
pub fn book() -> Result<&'static RuleBook, &'static PackFault> {
    BOOK.as_ref()
}

/// Refuses to put a product on air whose words are forbidden outright, where no reason was given for them.
///
/// # Errors
/// [`Refusal::ForbiddenByRule`] with the first such rule.
pub fn permit(show: &Show, command: &Command, at: At) -> Result<(), Refusal> {
    if let (Command::BeginLottery { terms, .. }, Ok(book)) = (command, book()) {
        let above = book.above_prize_cap(show, &terms.value);
        let above = above.filter(|_| terms.reason.trim().is_empty());
        return above.map_or(Ok(()), |rule| {
            Err(Refusal::PrizeAboveCap {
                rule: rule.id.clone(),
            })
        });
    }
    if let (Command::SetPictureText { text, words, .. }, Ok(book)) = (command, book()) {
        return words_for_picture(book, show, command, *text, words, at);
    }
    let (Command::PutOnAir { product }, Ok(book)) = (command, book()) else {
        return Ok(());
    };
    if show.is_on_air(product) {
        return Ok(());
    }
    let found = look(book, show, product, at);
    let blocks = found.into_iter().flatten().find(|finding| {
        finding.severity == Severity::Forbidden && reason(show, product, finding).is_none()
    });
    match blocks {
        Some(finding) => Err(Refusal::ForbiddenByRule {
            product: product.clone(),
            rule: finding.rule,
        }),
        None => Ok(()),
    }
}

/// Refuses words typed on the picture that are forbidden outright: they would be before viewers at once.
fn words_for_picture(
    book: &RuleBook,
    show: &Show,
    command: &Command,
    text: PictureText,
    words: &str,
    at: At,
) -> Result<(), Refusal> {
    let forbidden = |finding: &Finding| finding.severity == Severity::Forbidden;
    let refused = |finding: Finding| Refusal::WordsForbidden {
        rule: finding.rule,
        found: finding.found,
    };
    let Some(product) = show.product_on_air().filter(|_| text.is_of_product()) else {
        return by_law(book, show, words, at).map_or(Ok(()), |it| Err(refused(it)));
    };
    let mut retold = show.clone();
    retold.apply_all(&decide(show, command.clone(), at)?);
    let before = look(book, show, &product.id, at).unwrap_or_default();
    let found = look(book, &retold, &product.id, at).unwrap_or_default();
    let came = found.into_iter().find(|finding| {
        let stood = |old: &Finding| old.rule == finding.rule && old.found == finding.found;
        forbidden(finding)
            && !before.iter().any(stood)
            && reason(show, &product.id, finding).is_none()
    });
    came.map_or(Ok(()), |finding| Err(refused(finding)))
}

/// What is forbidden of words that stand on the picture beside the goods, in the markets of the rundown.
fn by_law(book: &RuleBook, show: &Show, words: &str, at: At) -> Option<Finding> {
    let listed = show.rundown.iter().map(|item| &item.product);
    let goods = listed.chain(show.on_air.iter().map(|on| &on.product));
    let products = goods.filter_map(|id| show.products.get(id));
    let mut markets: Vec<_> = products
        .flat_map(|product| show.markets_of(product))
        .collect();
    markets.sort();
    markets.dedup();
    let said = Text {
        zh: words.to_owned(),
        en: String::new(),
    };
    let subject = Subject::ticker(&said, at);
    let mut found = book.look(&subject, &markets).into_iter();
    found.find(|finding| finding.severity == Severity::Forbidden)
}

/// What is found in a product; `None` when there are no rules for it.
fn look(book: &RuleBook, show: &Show, id: &ProductId, at: At) -> Option<Vec<Finding>> {
    let subject = Subject::product(show, id, at)?;
    let markets = show.markets_of(show.products.get(id)?);
    (!markets.is_empty()).then(|| book.look(&subject, &markets))
}

fn reason<'a>(show: &'a Show, product: &ProductId, finding: &Finding) -> Option<&'a RuleOverride> {
    let mut given = show.overrides.get(product)?.iter();
    given.find(|given| given.rule == finding.rule && given.found == finding.found)
}

/// Everything of a product that its findings hang on.
#[derive(PartialEq)]
struct Looked {
    product: Arc<Product>,
    demonstration: String,
    stock_left: Option<u32>,
    offered: Vec<Offered>,
    markets: Vec<Market>,
}

impl Looked {
    fn of(show: &Show, id: &ProductId, demonstration: &str) -> Option<Self> {
        let product = show.products.shared(id)?.clone();
        Some(Self {
            markets: show.markets_of(&product),
            product,
            demonstration: demonstration.to_owned(),
            stock_left: show.stock_left(id),
            offered: show.offered.get(id).cloned().unwrap_or_default(),
        })
    }
}

/// Findings of products that did not change since.
#[derive(Default)]
struct Known(BTreeMap<ProductId, (Looked, Option<Vec<Finding>>)>);

/// Follows the show and tells what is found, until the desk is gone. Blocks; runs on a thread of its own.
pub fn follow(
    book: &RuleBook,
    mut published: watch::Receiver<Published>,
    tell: &watch::Sender<Arc<FindingsView>>,
    runtime: &Handle,
) {
    let mut known = Known::default();
    loop {
        let show = Arc::clone(&published.borrow_and_update().show);
        let found = Arc::new(known.findings(book, &show, now()));
        tell.send_if_modified(|told| {
            let changed = **told != *found;
            *told = found;
            changed
        });
        drop(show);
        if runtime.block_on(published.changed()).is_err() {
            return;
        }
    }
}

impl Known {
    fn findings(&mut self, book: &RuleBook, show: &Show, at: At) -> FindingsView {
        let mut view = FindingsView::default();
        let mut before = std::mem::take(&mut self.0);
        let mut markets: Vec<Market> = show.markets.iter().copied().collect();
        let listed = show.rundown.iter();
        let listed = listed.map(|item| (&item.product, item.demonstration.as_str()));
        // One found in the catalogue goes on air without standing on the rundown.
        let on_air = show.on_air.iter().map(|on| (&on.product, ""));
        for (id, demonstration) in listed.chain(on_air) {
            if self.0.contains_key(id) {
                continue;
            }
            let Some(looked) = Looked::of(show, id, demonstration) else {
                continue;
            };
            markets.extend(&looked.markets);
            let found = match before.remove(id) {
                Some((same, found)) if same == looked => found,
                _ => look(book, show, id, at),
            };
            match &found {
                Some(found) if !found.is_empty() => {
                    let told = found.iter().map(|it| told(it, reason(show, id, it)));
                    view.products.insert(id.clone(), told.collect());
                }
                Some(_) => {}
                None => view.unchecked += 1,
            }
            self.0.insert(id.clone(), (looked, found));
        }
        markets.sort();
        markets.dedup();
        let ticker = Subject::ticker(&show.ticker, at);
        let found = book.look(&ticker, &markets).into_iter();
        view.ticker = found.map(|finding| told(&finding, None)).collect();
        let named = view.products.values().flatten().chain(&view.ticker);
        let rules = named.filter_map(|it| Some((it.rule.clone(), rule(book.rule(&it.rule)?))));
        view.rules = rules.collect();
        view
    }
}

fn told(finding: &Finding, reason: Option<&RuleOverride>) -> FindingView {
    FindingView {
        rule: finding.rule.clone(),
        level: match finding.severity {
            Severity::Warn => FindingLevel::Warn,
            Severity::Forbidden => FindingLevel::Forbidden,
        },
        place: wire_name(&finding.place),
        found: finding.found.clone(),
        params: finding.params.clone(),
        overridden: reason.cloned(),
    }
}

fn rule(rule: &Rule) -> RuleView {
    RuleView {
        name: rule.name.clone(),
        law: rule.source.law.clone(),
        article: rule.source.article.clone(),
        is_read: rule.source.certainty == Certainty::Read,
        explains: rule.explains.clone(),
        instead: rule.instead.clone(),
    }
}

/// What the checks before going live say of it. None of them stops a show, and none says that all is well: without a
/// hit there is nothing to say.
pub fn checks(found: &FindingsView) -> Vec<Check> {
    let item = |key: &str, params: &[(&str, String)]| Check {
        id: "rules".to_owned(),
        level: CheckLevel::Warn,
        key: format!("preflight.rules.{key}"),
        params: params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    };
    let about = |key: &str, products: Vec<&ProductId>| {
        let named: Vec<_> = products.iter().take(3).map(|id| id.as_str()).collect();
        let params = [
            ("count", products.len().to_string()),
            ("products", named.join("\n")),
        ];
        (!products.is_empty()).then(|| item(key, &params))
    };
    let open = |finding: &&FindingView| finding.overridden.is_none();
    let (mut blocked, mut warned) = (vec![], vec![]);
    for (id, findings) in &found.products {
        if findings.iter().any(FindingView::blocks) {
            blocked.push(id);
        } else if findings.iter().any(|finding| open(&finding)) {
            warned.push(id);
        }
    }
    let mut items = Vec::new();
    items.extend(about("forbidden", blocked));
    items.extend(about("warn", warned));
    if let Some(finding) = found.ticker.first() {
        items.push(item("ticker", &[("found", finding.found.clone())]));
    }
    if found.unchecked > 0 {
        let count = ("count", found.unchecked.to_string());
        items.push(item("no_pack", &[count]));
    }
    items
}

#[cfg(test)]
#[path = "selling_tests.rs"]
mod tests;
