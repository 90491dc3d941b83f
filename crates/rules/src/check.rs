//! One rule against one subject.

use std::collections::BTreeMap;

use crate::amounts;
use crate::pack::{Check, Rule, Severity, When};
use crate::prices::{lowest_below_list, raised_since};
use crate::signs::{Sign, signs};
use crate::subject::{Place, Subject};
use crate::words::{Hit, Words};

/// Most findings of one rule in one text: the first ones say enough.
const MOST_IN_A_TEXT: usize = 3;

/// Something a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// What follows.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// The words that were found as they stand there; the struck price as `49.9 CNY` or the clock as `5:00` for one about prices. A reason given
    /// for these words holds for these words.
    pub found: String,
    /// Values for the sentence: `list` and `lowest` or `before` (amounts as `29.9 CNY`), `at` (ms since 1970 UTC).
    pub params: BTreeMap<String, String>,
}

/// A subject whose texts are read once for all rules.
pub(crate) struct Reading<'a> {
    subject: &'a Subject<'a>,
    texts: Vec<(Place, &'a str, Vec<Sign>)>,
}

impl<'a> Reading<'a> {
    pub fn of(subject: &'a Subject<'a>) -> Self {
        let read = |&(place, text): &(Place, &'a str)| (place, text, signs(text));
        Self {
            subject,
            texts: subject.texts.iter().map(read).collect(),
        }
    }
}

impl Rule {
    pub(crate) fn look(&self, reading: &Reading<'_>) -> Vec<Finding> {
        match &self.check {
            Check::Words {
                words,
                when,
                amount_above,
            } => self.in_words(reading, words, *when, *amount_above),
            Check::StruckWithoutEvidence => self.about_price(reading, |subject| {
                let offer = &subject.product?.offer;
                offer.list_price.as_ref()?;
                let bare = offer.list_price_evidence.trim().is_empty();
                bare.then(BTreeMap::new)
            }),
            Check::StruckAboveLowest {
                days,
                only_without_evidence,
            } => self.about_price(reading, |subject| {
                let offer = &subject.product?.offer;
                if *only_without_evidence && !offer.list_price_evidence.trim().is_empty() {
                    return None;
                }
                let before = lowest_below_list(subject.offered, offer, *days, subject.now)?;
                Some(told("lowest", before, |offered| &offered.live))
            }),
            Check::ClockWithoutChange => {
                let offer = reading.subject.product.map(|product| &product.offer);
                let idle = offer
                    .filter(|o| o.list_price.is_none() && o.steps.is_empty() && o.ends.is_none());
                let seconds = idle.and_then(|offer| offer.countdown_s);
                let found = seconds.map(|s| {
                    let clock = format!("{}:{:02}", s / 60, s % 60);
                    self.finding(Place::Price, clock, BTreeMap::new())
                });
                found.into_iter().collect()
            }
            Check::RaisedBeforeCut { days } => self.about_price(reading, |subject| {
                let offer = &subject.product?.offer;
                let before = raised_since(subject.offered, offer, *days, subject.now)?;
                Some(told("before", before, |offered| {
                    offered.list.as_ref().unwrap_or(&offered.live)
                }))
            }),
            Check::OriginWithoutEvidence => {
                let origin = reading.subject.product.and_then(|p| p.origin.as_ref());
                let bare = origin.filter(|origin| origin.evidence.trim().is_empty());
                let named = bare.map(|origin| {
                    let place = &origin.place;
                    let word = if place.zh.trim().is_empty() {
                        &place.en
                    } else {
                        &place.zh
                    };
                    word.trim().to_owned()
                });
                let found = named.filter(|place| !place.is_empty());
                let found = found.map(|place| self.finding(Place::Origin, place, BTreeMap::new()));
                found.into_iter().collect()
            }
        }
    }

    fn finding(&self, place: Place, found: String, params: BTreeMap<String, String>) -> Finding {
        Finding {
            rule: self.id.clone(),
            severity: self.severity,
            place,
            found,
            params,
        }
    }

    fn about_price(
        &self,
        reading: &Reading<'_>,
        look: impl FnOnce(&Subject<'_>) -> Option<BTreeMap<String, String>>,
    ) -> Vec<Finding> {
        let Some(mut params) = look(reading.subject) else {
            return Vec::new();
        };
        let list = reading
            .subject
            .product
            .and_then(|p| p.offer.list_price.as_ref());
        let found = list.map(amount).unwrap_or_default();
        params.insert("list".into(), found.clone());
        vec![self.finding(Place::Price, found, params)]
    }

    fn in_words(
        &self,
        reading: &Reading<'_>,
        words: &Words,
        when: Option<When>,
        amount_above: Option<u64>,
    ) -> Vec<Finding> {
        let said = |phrase: &crate::words::Phrase| {
            reading
                .texts
                .iter()
                .any(|(_, _, signs)| phrase.is_in(signs))
        };
        let mut out = Vec::new();
        for (place, text, signs) in &reading.texts {
            if amount_above
                .is_some_and(|cap| amounts::greatest(text).is_none_or(|most| most <= cap))
            {
                continue;
            }
            let hits = words.hits(signs).into_iter();
            let real = hits.filter(|hit| when.is_none_or(|when| when.holds(reading.subject, hit)));
            for hit in real.take(MOST_IN_A_TEXT) {
                let found = &text[signs[hit.from].start..signs[hit.to - 1].end];
                out.push(self.finding(*place, found.to_owned(), BTreeMap::new()));
            }
        }
        if out.is_empty() || words.unless_anywhere.iter().any(said) {
            return Vec::new();
        }
        // The same words in another place are the same finding.
        let mut seen = std::collections::BTreeSet::new();
        out.retain(|finding: &Finding| seen.insert(finding.found.clone()));
        out
    }
}

impl When {
    fn holds(self, subject: &Subject<'_>, hit: &Hit) -> bool {
        let Some(product) = subject.product else {
            return false;
        };
        match self {
            When::NoOriginEvidence => product
                .origin
                .as_ref()
                .is_none_or(|origin| origin.evidence.trim().is_empty()),
            When::StockNotCounted => subject.stock_left.is_none(),
            When::StockDiffers => match (subject.stock_left, hit.number) {
                (Some(left), Some(named)) => u64::from(left) != named,
                _ => false,
            },
            When::NoCountdown => {
                product.offer.countdown_s.is_none()
                    && product.offer.ends.is_none()
                    && product.offer.steps.is_empty()
            }
        }
    }
}

fn told(
    name: &str,
    before: &stallcast_show::Offered,
    which: impl Fn(&stallcast_show::Offered) -> &stallcast_show::Money,
) -> BTreeMap<String, String> {
    BTreeMap::from([
        (name.to_owned(), amount(which(before))),
        ("at".to_owned(), before.at.0.to_string()),
    ])
}

fn amount(money: &stallcast_show::Money) -> String {
    format!("{} {}", money.display(), money.currency.0)
}
