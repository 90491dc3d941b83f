//! The rule book: all packs, and what they find.

use stallcast_show::{Market, Money, Show};

use crate::check::{Finding, Reading};
use crate::pack::{Check, Pack, PackFault, Rule, Severity};
use crate::subject::Subject;

const PACKS: [(Market, &str); 3] = [
    (Market::Cn, include_str!("../../../assets/rules/cn.json")),
    (Market::Eu, include_str!("../../../assets/rules/eu.json")),
    (Market::Us, include_str!("../../../assets/rules/us.json")),
];

/// The rules of all markets.
#[derive(Debug, Clone)]
pub struct RuleBook {
    pub(crate) packs: Vec<Pack>,
}

impl RuleBook {
    /// The packs that the program brings.
    ///
    /// # Errors
    /// [`PackFault`] when one of them is broken.
    pub fn built_in() -> Result<Self, PackFault> {
        let read = |(market, text): (Market, &str)| {
            serde_json::from_str(text).map_err(|cause| PackFault::Unreadable {
                market: market.code(),
                cause,
            })
        };
        let packs = PACKS.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { packs })
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let mut rules = self.packs.iter().flat_map(|pack| &pack.rules);
        rules.find(|rule| rule.id == id)
    }

    /// What these markets forbid outright.
    pub fn forbidding<'a>(&'a self, markets: &'a [Market]) -> impl Iterator<Item = &'a Rule> {
        let packs = self.packs.iter();
        let packs = packs.filter(|pack| markets.contains(&pack.market));
        packs
            .flat_map(|pack| &pack.rules)
            .filter(|rule| rule.severity == Severity::Forbidden)
    }

    /// The rule that forbids a draw with a prize worth this much, where the market of its currency has such a cap and is
    /// one of those that the show is held to.
    pub fn above_prize_cap(&self, show: &Show, value: &Money) -> Option<&Rule> {
        let applies = |market: &Market| show.markets.is_empty() || show.markets.contains(market);
        let market = Market::of(&value.currency).filter(applies)?;
        let packs = self.packs.iter().filter(|pack| pack.market == market);
        packs.flat_map(|pack| &pack.rules).find(|rule| {
            // The only texts whose amount a rule looks at are those of draws.
            let Check::Words {
                amount_above: Some(cap),
                ..
            } = &rule.check
            else {
                return false;
            };
            let unit = 10_i128.pow(value.currency.minor_digits());
            i128::from(value.minor) > i128::from(*cap) * unit
        })
    }

    /// What the rules of these markets find, the forbidden first. An empty list says that no rule of ours hit, and no more.
    pub fn look(&self, subject: &Subject<'_>, markets: &[Market]) -> Vec<Finding> {
        let reading = Reading::of(subject);
        let packs = self.packs.iter();
        let packs = packs.filter(|pack| markets.contains(&pack.market));
        let mut found: Vec<Finding> = packs
            .flat_map(|pack| &pack.rules)
            .flat_map(|rule| rule.look(&reading))
            .collect();
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        found
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
