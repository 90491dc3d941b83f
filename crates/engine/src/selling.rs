//! Honest selling: looks at the rundown whenever it changes, and keeps off the air what the law forbids outright until
//! somebody gives a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use stallcast_rules::{Certainty, Finding, PackFault, Place, Rule, RuleBook, Severity, Subject};
use stallcast_show::{
    At, Command, Currency, Market, Offered, Product, ProductId, Refusal, RuleOverride, Show, decide,
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

/// Refuses to bring before viewers what is forbidden outright, where no reason was given for it: products on air or in
/// an auction, draws above the cap, and words that stand on the picture beside them.
///
/// # Errors
/// [`Refusal::ForbiddenByRule`], [`Refusal::PrizeAboveCap`] or [`Refusal::WordsForbidden`] with the first such rule.
pub fn permit(show: &Show, command: &Command, at: At) -> Result<(), Refusal> {
    let Ok(book) = book() else {
        return Ok(());
    };
    match command {
        Command::PutOnAir { product } if !show.is_on_air(product) => {
            permit_product(book, show, product, at)
        }
        Command::BeginLottery { terms, .. } => {
            let above = book.above_prize_cap(show, &terms.value);
            if let Some(rule) = above.filter(|_| terms.reason.trim().is_empty()) {
                let rule = rule.id.clone();
                return Err(Refusal::PrizeAboveCap { rule });
            }
            permit_words(book, show, command, at)
        }
        Command::StartAuction { terms } => {
            if let Some(product) = &terms.product {
                permit_product(book, show, product, at)?;
            }
            permit_words(book, show, command, at)
        }
        Command::SetPictureText { text, .. } if text.is_of_product() => {
            match show.product_on_air() {
                Some(product) => permit_typed(book, show, &product.id, command, at),
                None => permit_words(book, show, command, at),
            }
        }
        _ => permit_words(book, show, command, at),
    }
}

fn permit_product(
    book: &RuleBook,
    show: &Show,
    product: &ProductId,
    at: At,
) -> Result<(), Refusal> {
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

/// Refuses words of the product on air, typed on the picture, that are forbidden outright: they would be before viewers
/// at once.
fn permit_typed(
    book: &RuleBook,
    show: &Show,
    product: &ProductId,
    command: &Command,
    at: At,
) -> Result<(), Refusal> {
    let mut retold = show.clone();
    retold.apply_all(&decide(show, command.clone(), at)?);
    let before = look(book, show, product, at).unwrap_or_default();
    let found = look(book, &retold, product, at).unwrap_or_default();
    let came = found.into_iter().find(|finding| {
        let stood = |old: &Finding| old.rule == finding.rule && old.found == finding.found;
        finding.severity == Severity::Forbidden
            && !before.iter().any(stood)
            && reason(show, product, finding).is_none()
            && !show.words_are_reasoned(&finding.rule, &finding.found)
    });
    match came {
        Some(Finding { rule, found, .. }) => Err(Refusal::WordsForbidden { rule, found }),
        None => Ok(()),
    }
}

/// What of a command would be read on the picture beside the products, and in which currency it is, if it says so.
fn words(command: &Command) -> (Vec<&str>, Option<&Currency>) {
    let texts: Vec<&str> = match command {
        Command::SetTicker { text } | Command::StartBreak { words: text, .. } => {
            vec![text.zh.as_str(), text.en.as_str()]
        }
        Command::AnswerQuestion { answer, .. } => vec![answer.as_str()],
        Command::SetGoal { plan: Some(plan) } => vec![plan.title.as_str()],
        Command::PutLowerThird { lower_third } => {
            vec![lower_third.name.as_str(), lower_third.role.as_str()]
        }
        Command::StartPoll {
            question, options, ..
        } => {
            let answers = options.iter().flat_map(|option| {
                let words = option.keywords.iter().map(String::as_str);
                words.chain([option.label.as_str()])
            });
            answers.chain([question.as_str()]).collect()
        }
        Command::BeginLottery { terms, .. } => {
            return (
                vec![terms.prize.as_str(), terms.keyword.as_str()],
                Some(&terms.value.currency),
            );
        }
        Command::StartAuction { terms } => {
            return (vec![terms.title.as_str()], Some(&terms.start.currency));
        }
        Command::CancelAuction { reason } => vec![reason.as_str()],
        Command::SetPictureText { words, .. } => vec![words.as_str()],
        _ => Vec::new(),
    };
    (texts, None)
}

fn permit_words(book: &RuleBook, show: &Show, command: &Command, at: At) -> Result<(), Refusal> {
    let (texts, currency) = words(command);
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Ok(());
    }
    let mut markets = markets(show);
    if show.markets.is_empty() {
        markets.extend(currency.and_then(Market::of));
    }
    let markets: Vec<Market> = markets.into_iter().collect();
    let subject = Subject::words(Place::Picture, texts, at);
    let found = book.look(&subject, &markets).into_iter();
    let mut forbidden = found.filter(|finding| finding.severity == Severity::Forbidden);
    match forbidden.find(|finding| !show.words_are_reasoned(&finding.rule, &finding.found)) {
        Some(Finding { rule, found, .. }) => Err(Refusal::WordsForbidden { rule, found }),
        None => Ok(()),
    }
}

/// The markets that the show sells to: those chosen, else those of its rundown and of what is on air.
fn markets(show: &Show) -> BTreeSet<Market> {
    let listed = show.rundown.iter().map(|item| &item.product);
    let shown = listed.chain(show.on_air.iter().map(|on| &on.product));
    let products = shown.filter_map(|id| show.products.get(id));
    let held = products.flat_map(|product| show.markets_of(product));
    held.chain(show.markets.iter().copied()).collect()
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
        let ticker = Subject::ticker(&show.ticker, at);
        let markets: Vec<Market> = markets(show).into_iter().collect();
        let found = book.look(&ticker, &markets).into_iter();
        let given = |finding: &Finding| {
            let mut given = show.word_overrides.iter();
            given.find(|it| it.rule == finding.rule && it.found == finding.found)
        };
        view.ticker = found.map(|it| told(&it, given(&it))).collect();
        let named = view.products.values().flatten().chain(&view.ticker);
        let named = named.filter_map(|it| book.rule(&it.rule));
        // A refusal names what is forbidden, and nothing refused is among what was found.
        let named = named.chain(book.forbidding(&markets));
        let rules = named.map(|it| (it.id.clone(), rule(it)));
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
    if let Some(finding) = found.ticker.iter().find(open) {
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
