//! An auction: its terms, everything that was bid, and who leads. The order of bids alone decides, so that a journal that
//! is read again, or lines that come in another order, give the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{At, Money, ProductId};

/// Most bids that are kept of one auction; what can not win any more goes first.
pub const BIDS_MAX: usize = 2_000;
/// A line of chat is taken for a bid up to so many times the price so far: a telephone number is none.
const CHAT_REACH: i64 = 10_000;

/// What is sold, and how. Fixed when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AuctionTerms {
    /// The product of the catalogue that is sold; `None` = something that only has a name.
    pub product: Option<ProductId>,
    /// What viewers read, 1 to 40 characters.
    pub title: String,
    /// The least first bid; may be nothing.
    pub start: Money,
    /// The least raise, above nothing, in the same currency.
    pub step: Money,
    /// Not sold below this; never on the picture.
    pub reserve: Option<Money>,
    /// Whoever bids this has it at once, for this much.
    pub buy_now: Option<Money>,
    /// How long one can bid, in seconds, 10 to 3 600.
    pub seconds: u32,
    /// A bid in the last so many seconds makes it longer by as many, 0 to 120; 0 = it ends when it ends.
    pub soft_s: u32,
}

/// Why a bid does not count, as a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BidStruck {
    /// When.
    pub at: At,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// A price that somebody named in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Bid {
    /// Its number in this auction, from 1, as bids arrived.
    pub number: u32,
    /// `platform`, tabulator, name; the platform of a bid taken by hand is empty.
    pub who: String,
    /// How much, in minor units of the auction's currency.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub minor: i64,
    /// When.
    pub at: At,
    /// Whether it was high enough when it was made; only such bids can win.
    pub counts: bool,
    /// Struck out by hand.
    pub struck: Option<BidStruck>,
}

/// How an auction ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum AuctionOutcome {
    /// Somebody has it.
    Sold {
        /// `platform`, tabulator, name.
        to: String,
        /// For how much.
        price: Money,
    },
    /// The highest bid is below the reserve.
    ReserveNotMet {
        /// The highest bid.
        highest: Money,
    },
    /// Nobody bid.
    NoBids,
    /// Called off by hand.
    Cancelled {
        /// Why; empty only where it was rehearsed.
        reason: String,
    },
}

/// The end of an auction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AuctionResult {
    /// When it was noted.
    pub at: At,
    /// What came out.
    #[serde(flatten)]
    pub outcome: AuctionOutcome,
    /// Bids that counted.
    pub bids: u32,
    /// People who made them.
    pub bidders: u32,
    /// Ended by hand before its time.
    pub early: bool,
}

/// An auction, as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auction {
    /// What is sold, and how.
    pub terms: AuctionTerms,
    /// Begun while nobody watched: invented lines bid, and it ends with the rehearsal.
    pub rehearsed: bool,
    /// When it began.
    pub since: At,
    /// When it ends by itself, with what late bids added; never earlier than viewers saw.
    pub until: At,
    /// When somebody bid the price at which it is sold at once.
    pub bought: Option<At>,
    /// When it was ended by hand before its time.
    pub stopped: Option<At>,
    /// Everything that was bid, by its time. Copies of a show share it.
    #[serde(with = "shared")]
    bids: Arc<Vec<Bid>>,
    /// People whose lines are no bids any more.
    barred: BTreeSet<String>,
    /// Numbers given to bids so far.
    numbered: u32,
    /// Bids that were not kept.
    turned_away: u32,
    /// The highest of those among them that had counted.
    given_up: i64,
    /// How it ended.
    pub result: Option<AuctionResult>,
}

mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Bid;

    pub(super) fn serialize<S: Serializer>(bids: &Arc<Vec<Bid>>, to: S) -> Result<S::Ok, S::Error> {
        bids.as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<Vec<Bid>>, D::Error> {
        Vec::deserialize(from).map(Arc::new)
    }
}

impl Auction {
    pub(crate) fn begin(terms: AuctionTerms, since: At, until: At, rehearsed: bool) -> Self {
        Self {
            terms,
            rehearsed,
            since,
            until,
            bought: None,
            stopped: None,
            bids: Arc::default(),
            barred: BTreeSet::new(),
            numbered: 0,
            turned_away: 0,
            given_up: 0,
            result: None,
        }
    }

    /// Everything that was bid, the earliest first.
    pub fn bids(&self) -> &[Bid] {
        &self.bids
    }

    /// Bids that were not kept, because there were too many.
    pub fn turned_away(&self) -> u32 {
        self.turned_away
    }

    /// Bids that count, the earliest first: each is above the one before.
    pub fn ladder(&self) -> impl DoubleEndedIterator<Item = &Bid> {
        self.bids.iter().filter(|bid| bid.counts)
    }

    /// The bid that leads.
    pub fn lead(&self) -> Option<&Bid> {
        self.ladder().next_back()
    }

    /// What the bid that leads costs whoever made it: no more than the price at which it is sold at once.
    pub fn price(&self) -> Option<Money> {
        let bid = self.lead()?.minor;
        let most = self.terms.buy_now.as_ref().map_or(bid, |now| now.minor);
        Some(self.money(bid.min(most)))
    }

    /// The least bid that would lead now.
    pub fn least(&self) -> Money {
        let lead = self.lead().map(|bid| bid.minor);
        self.money(least_after(&self.terms, lead))
    }

    /// Whether what leads reaches the reserve; `None` without one.
    pub fn reserve_met(&self) -> Option<bool> {
        let reserve = self.terms.reserve.as_ref()?.minor;
        Some(self.price().is_some_and(|price| price.minor >= reserve))
    }

    /// When it ends, or ended.
    pub fn ends(&self) -> At {
        let early = self.bought.into_iter().chain(self.stopped).min();
        early.map_or(self.until, |early| early.min(self.until))
    }

    /// Whether nobody can bid any more.
    pub fn is_over(&self, now: At) -> bool {
        self.result.is_some() || now >= self.ends()
    }

    /// People whose bids count.
    pub fn bidders(&self) -> usize {
        let people = self.ladder().map(|bid| bid.who.as_str());
        people.collect::<BTreeSet<_>>().len()
    }

    /// What comes out when it ends now.
    pub(crate) fn outcome(&self) -> AuctionOutcome {
        match (self.lead(), self.price(), self.reserve_met()) {
            (Some(_), Some(highest), Some(false)) => AuctionOutcome::ReserveNotMet { highest },
            (Some(bid), Some(price), _) => AuctionOutcome::Sold {
                to: bid.who.clone(),
                price,
            },
            _ => AuctionOutcome::NoBids,
        }
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.terms.start.currency.clone())
    }

    /// Keeps what was bid; [`Self::judge`] says what of it counts. Each is who, how much, when.
    pub(crate) fn keep(&mut self, offered: impl IntoIterator<Item = (String, i64, At)>) {
        for (who, minor, at) in offered {
            let can_win = minor >= self.terms.start.minor && !self.barred.contains(&who);
            if !can_win || at < self.since {
                continue;
            }
            if self.bids.len() >= BIDS_MAX {
                self.judge();
                self.make_room();
            }
            self.numbered = self.numbered.saturating_add(1);
            let bid = Bid {
                number: self.numbered,
                who,
                minor,
                at,
                counts: false,
                struck: None,
            };
            let bids = Arc::make_mut(&mut self.bids);
            let place = bids.partition_point(|other| order(other) <= order(&bid));
            bids.insert(place, bid);
        }
        self.judge();
    }

    /// Gives up the bid that is missed least: the lowest that was too low when it was made, else the first of those
    /// that were raised since. Neither changes who leads.
    fn make_room(&mut self) {
        let idle = self.bids.iter().enumerate().filter(|(_, bid)| !bid.counts);
        let lowest = idle.min_by_key(|(_, bid)| (bid.struck.is_some(), bid.minor));
        let goes = lowest.map_or(0, |(place, _)| place);
        let gone = Arc::make_mut(&mut self.bids).remove(goes);
        if gone.counts {
            self.given_up = self.given_up.max(gone.minor);
        }
        self.turned_away = self.turned_away.saturating_add(1);
    }

    /// Strikes out a bid, or every bid of whoever made it and what they bid from now on.
    pub(crate) fn strike(&mut self, number: u32, everything: bool, struck: &BidStruck) {
        let Some(who) = self.by_number(number).map(|bid| bid.who.clone()) else {
            return;
        };
        for bid in Arc::make_mut(&mut self.bids) {
            let is_meant = bid.number == number || (everything && bid.who == who);
            if is_meant && bid.struck.is_none() {
                bid.struck = Some(struck.clone());
            }
        }
        if everything {
            self.barred.insert(who);
        }
        self.judge();
    }

    pub(crate) fn by_number(&self, number: u32) -> Option<&Bid> {
        self.bids.iter().find(|bid| bid.number == number)
    }

    /// Goes through the bids in the order of their times: what was high enough then counts, what came late makes it
    /// longer, and the price at which it is sold at once ends it.
    fn judge(&mut self) {
        let soft_ms = i64::from(self.terms.soft_s) * 1_000;
        let buy_now = self.terms.buy_now.as_ref().map(|price| price.minor);
        let reach = self.terms.start.minor.max(self.terms.step.minor);
        let reach = reach.max(self.given_up);
        let (mut lead, mut bought) = (None, None);
        for bid in Arc::make_mut(&mut self.bids) {
            let in_time = bought.is_none()
                && bid.at < self.until
                && self.stopped.is_none_or(|stopped| bid.at < stopped);
            let most = reach.max(lead.unwrap_or(0)).saturating_mul(CHAT_REACH);
            bid.counts = in_time
                && bid.struck.is_none()
                && bid.minor >= least_after(&self.terms, lead)
                && (is_by_hand(&bid.who) || bid.minor <= most);
            if !bid.counts {
                continue;
            }
            lead = Some(bid.minor);
            if buy_now.is_some_and(|price| bid.minor >= price) {
                bought = Some(bid.at);
            } else if self.until.0.saturating_sub(bid.at.0) <= soft_ms {
                self.until = At(self.until.0.saturating_add(soft_ms));
            }
        }
        self.bought = bought;
    }
}

/// By time; of one moment by arrival.
fn order(bid: &Bid) -> (At, u32) {
    (bid.at, bid.number)
}

fn least_after(terms: &AuctionTerms, lead: Option<i64>) -> i64 {
    lead.map_or(terms.start.minor, |lead| {
        lead.saturating_add(terms.step.minor)
    })
}

fn is_by_hand(who: &str) -> bool {
    who.starts_with('\t')
}
