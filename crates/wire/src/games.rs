//! Games that viewers take part in by chat, as pages see them: figures, not the people behind them.

use serde::{Deserialize, Serialize};
use stallcast_show::{
    At, Auction, AuctionResult, AuctionTerms, Bid, Lottery, LotteryClosed, LotteryDrawn,
    LotteryTerms, Money, Poll, PollTerms,
};
use ts_rs::TS;

/// A poll on the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PollView {
    /// What was asked.
    pub terms: PollTerms,
    /// People for each answer so far, in the order of the answers.
    pub counts: Vec<u32>,
    /// Lines of people for whom there was no room any more.
    pub turned_away: u32,
    /// When it was closed; `None` = it runs, or its result is being noted.
    pub closed: Option<At>,
}

impl PollView {
    pub(crate) fn of(poll: &Poll) -> Self {
        Self {
            terms: poll.terms.clone(),
            counts: poll.counts(),
            turned_away: poll.votes.turned_away(),
            closed: poll.result.as_ref().map(|result| result.at),
        }
    }
}

/// A draw on the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LotteryView {
    /// What is promised.
    pub terms: LotteryTerms,
    /// Begun while nobody watched.
    pub rehearsed: bool,
    /// When it began.
    pub since: At,
    /// From when on nobody can enter.
    pub until: At,
    /// SHA-256 of terms and seed, in hexadecimal digits.
    pub commitment: String,
    /// How many take part so far.
    pub entrants: u32,
    /// Lines of people for whom there was no room any more.
    pub turned_away: u32,
    /// The end of the entries.
    pub closed: Option<LotteryClosed>,
    /// The draw.
    pub drawn: Option<LotteryDrawn>,
}

impl LotteryView {
    pub(crate) fn of(lottery: &Lottery) -> Self {
        Self {
            terms: lottery.terms.clone(),
            rehearsed: lottery.rehearsed,
            since: lottery.since,
            until: lottery.until,
            commitment: lottery.commitment.clone(),
            entrants: u32::try_from(lottery.entrants.len()).unwrap_or(u32::MAX),
            turned_away: lottery.entrants.turned_away(),
            closed: lottery.closed.clone(),
            drawn: lottery.drawn.clone(),
        }
    }
}

/// Most bids that a page is told of, the newest.
const BIDS_TOLD: usize = 40;

/// An auction on the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AuctionView {
    /// What is sold, and how; the reserve only for those who move prices.
    pub terms: AuctionTerms,
    /// Begun while nobody watched.
    pub rehearsed: bool,
    /// When it began.
    pub since: At,
    /// When it ends, or ended: later bids may make it longer.
    pub ends: At,
    /// What the bid that leads costs; `None` = nobody bid.
    pub price: Option<Money>,
    /// The number of the bid that leads.
    pub lead: Option<u32>,
    /// The least bid that would lead now.
    pub least: Money,
    /// Whether what leads reaches the reserve; `None` without one.
    pub reserve_met: Option<bool>,
    /// The newest 40 bids, counting or not, the newest first; and the one that leads.
    pub bids: Vec<Bid>,
    /// Bids that count.
    pub counted: u32,
    /// People who made them.
    pub bidders: u32,
    /// Bids that were not kept.
    pub turned_away: u32,
    /// How it ended.
    pub result: Option<AuctionResult>,
}

impl AuctionView {
    pub(crate) fn of(auction: &Auction) -> Self {
        let lead = auction.lead().map(|bid| bid.number);
        let newest = auction.bids().iter().rev().enumerate();
        let told = newest.filter(|(place, bid)| *place < BIDS_TOLD || Some(bid.number) == lead);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            terms: auction.terms.clone(),
            rehearsed: auction.rehearsed,
            since: auction.since,
            ends: auction.ends(),
            price: auction.price(),
            lead,
            least: auction.least(),
            reserve_met: auction.reserve_met(),
            bids: told.map(|(_, bid)| bid.clone()).collect(),
            counted: count(auction.ladder().count()),
            bidders: count(auction.bidders()),
            turned_away: auction.turned_away(),
            result: auction.result.clone(),
        }
    }

    /// The auction without what only those see who move prices.
    pub fn without_private(mut self) -> Self {
        self.terms.reserve = None;
        self
    }
}
