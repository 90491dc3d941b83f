//! Honest selling: reasons given for what a rule forbids, corrections on the picture, and the prices of before.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{At, Event, Money, OnAir, Phase, Product, ProductId, Refusal, Show, Text};

/// Most reasons kept for one product; each is for other words.
const OVERRIDES_MAX: usize = 100;
/// Most earlier offers kept of one product: one a day for three months; the oldest go first.
const OFFERED_MAX: usize = 100;
/// How long they are kept: three times the longest period that a law looks back.
const OFFERED_FOR_MS: i64 = 90 * 24 * 3_600_000;
/// How long a correction stands: time to read it twice and to hear it said.
const CORRECTION_MS: i64 = 60_000;
/// A line that is read while somebody speaks.
const CORRECTION_MAX: usize = 120;

/// Why a product goes on air although a rule forbids its words. Holds for these words only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RuleOverride {
    /// Id of the rule.
    pub rule: String,
    /// The words, as the rule found them.
    pub found: String,
    /// Why it may be said all the same, 4 to 300 characters.
    pub reason: String,
    /// When.
    pub at: At,
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum CorrectionKind {
    /// A price that was said or shown.
    Price,
    /// Something else that was said or shown.
    Claim,
}

/// A correction on the picture, in the ticker's place, until its time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Correction {
    /// What was wrong.
    pub kind: CorrectionKind,
    /// Of which product.
    pub product: ProductId,
    /// What viewers read.
    pub text: Text,
    /// The live price when it was corrected.
    pub live_price: Money,
    /// Since when.
    pub since: At,
    /// Until when.
    pub until: At,
}

/// An offer as viewers of a show saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Offered {
    /// When it was last offered so.
    pub at: At,
    /// For how much; the lowest of its steps that was reached.
    pub live: Money,
    /// The struck price.
    pub list: Option<Money>,
}

impl Show {
    /// The correction on the picture at `now`.
    pub fn correction_at(&self, now: At) -> Option<&Correction> {
        self.correction.as_ref().filter(|it| now < it.until)
    }

    pub(crate) fn decide_override_rule(
        &self,
        product: ProductId,
        rule: String,
        found: String,
        reason: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_product(&product)?;
        check::filled("rule", &rule, check::NAME_MAX)?;
        check::filled("found", &found, 500)?;
        let reason = reason.trim().to_owned();
        check::filled("reason", &reason, 300)?;
        let known = self.overrides.get(&product).map_or(&[][..], Vec::as_slice);
        if known.iter().any(|it| it.rule == rule && it.found == found) {
            return Ok(Vec::new());
        }
        check::at_most("overrides", known.len() + 1, OVERRIDES_MAX)?;
        let reason = RuleOverride {
            rule,
            found,
            reason,
            at,
        };
        Ok(vec![Event::RuleOverridden { product, reason }])
    }

    pub(crate) fn decide_override_words(
        &self,
        rule: String,
        found: String,
        reason: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("rule", &rule, check::NAME_MAX)?;
        check::filled("found", &found, 500)?;
        let reason = reason.trim().to_owned();
        check::filled("reason", &reason, 300)?;
        if self.words_are_reasoned(&rule, &found) {
            return Ok(Vec::new());
        }
        check::at_most("overrides", self.word_overrides.len() + 1, OVERRIDES_MAX)?;
        let reason = RuleOverride {
            rule,
            found,
            reason,
            at,
        };
        Ok(vec![Event::WordsOverridden { reason }])
    }

    /// Whether a reason was given for words that stand on the picture beside the products.
    pub fn words_are_reasoned(&self, rule: &str, found: &str) -> bool {
        let mut given = self.word_overrides.iter();
        given.any(|it| it.rule == rule && it.found == found)
    }

    pub(crate) fn decide_show_correction(
        &self,
        product: ProductId,
        kind: CorrectionKind,
        text: Text,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let live_price = self.known_product(&product)?.offer.live_price.clone();
        check::either("correction", &text, CORRECTION_MAX)?;
        let correction = Correction {
            kind,
            product,
            text,
            live_price,
            since: at,
            until: At(at.0.saturating_add(CORRECTION_MS)),
        };
        Ok(vec![Event::CorrectionShown { correction }])
    }

    pub(crate) fn decide_end_correction(&self, at: At) -> Vec<Event> {
        match self.correction_at(at) {
            Some(_) => vec![Event::CorrectionEnded { at }],
            None => Vec::new(),
        }
    }

    pub(crate) fn apply_honest(&mut self, event: &Event) {
        match event {
            Event::RuleOverridden { product, reason } => {
                let known = self.overrides.entry(product.clone()).or_default();
                known.push(reason.clone());
            }
            Event::WordsOverridden { reason } => self.word_overrides.push(reason.clone()),
            Event::CorrectionShown { correction } => self.correction = Some(correction.clone()),
            Event::CorrectionEnded { .. } => self.correction = None,
            _ => {}
        }
    }

    /// Keeps what viewers were offered until this event, before it is folded in. Rehearsals have no viewers.
    pub(crate) fn keep_offered(&mut self, event: &Event) {
        if let Event::PhaseChanged {
            phase: Phase::Live { since },
        } = event
        {
            self.forget_old_offers(*since);
        }
        if !self.is_live() {
            return;
        }
        let at = match event {
            Event::WentOnAir { on_air } => on_air.since,
            Event::WentOffAir { at } => *at,
            // A price that changes on air; when it did is not said there.
            Event::ProductsImported { products } => match &self.on_air {
                Some(on) if self.price_changes(&on.product, products) => on.since,
                _ => return,
            },
            _ => return,
        };
        let Some(OnAir { product, since }) = self.on_air.clone() else {
            return;
        };
        let Some(offer) = self.products.get(&product).map(|known| &known.offer) else {
            return;
        };
        let offered = Offered {
            at,
            live: offer.price_after(at.0.saturating_sub(since.0)).clone(),
            list: offer.list_price.clone(),
        };
        let kept = self.offered.entry(product).or_default();
        match kept.last_mut() {
            // The same offer again within a day says nothing new but its moment.
            Some(last)
                if last.live == offered.live
                    && last.list == offered.list
                    && at.0.saturating_sub(last.at.0) < 24 * 3_600_000 => {}
            _ => kept.push(offered),
        }
        let surplus = kept.len().saturating_sub(OFFERED_MAX);
        kept.drain(..surplus);
    }

    fn price_changes(&self, id: &ProductId, products: &[Product]) -> bool {
        let known = self.products.get(id).map(|known| &known.offer);
        let mut coming = products.iter().filter(|product| product.id == *id);
        coming.any(|product| {
            known.is_some_and(|known| {
                known.live_price != product.offer.live_price
                    || known.list_price != product.offer.list_price
                    || known.steps != product.offer.steps
            })
        })
    }

    fn forget_old_offers(&mut self, now: At) {
        let oldest = now.0.saturating_sub(OFFERED_FOR_MS);
        self.offered.retain(|_, kept| {
            kept.retain(|offered| offered.at.0 >= oldest);
            !kept.is_empty()
        });
    }
}
