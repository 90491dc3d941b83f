//! What may happen in an auction, and what it changes.

use crate::auction::{Auction, AuctionOutcome, AuctionResult, AuctionTerms, BidStruck};
use crate::bid_text::bid_in;
use crate::check;
use crate::crowd::person;
use crate::poll::{game_seconds, takes_part};
use crate::{At, ChatLine, Event, Money, MoneyFault, Refusal, Show, visible};

/// What is read from afar.
const TITLE_MAX: usize = 40;
/// A bidder's name, as long as one of chat.
const NAME_MAX: usize = 100;
const REASON_MAX: usize = 300;
/// Longest soft close, in seconds.
const SOFT_MAX: i32 = 120;

impl AuctionTerms {
    /// The terms as they are kept.
    ///
    /// # Errors
    /// [`Refusal`] for a text that is empty or too long, prices that do not fit together, a number out of range.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        self.title = visible(self.title.trim()).into_owned();
        check::filled("auction_title", &self.title, TITLE_MAX)?;
        let prices = [&self.start, &self.step];
        let prices = prices.into_iter().chain(&self.reserve).chain(&self.buy_now);
        for price in prices {
            let fault = match price.check_price() {
                Ok(()) if price.currency == self.start.currency => continue,
                Ok(()) => MoneyFault::CurrencyDiffers,
                Err(fault) => fault,
            };
            return Err(Refusal::PriceInvalid { fault });
        }
        if self.step.minor == 0 {
            return Err(Refusal::AuctionPrices { field: "step" });
        }
        let reserve = self.reserve.as_ref().map_or(0, |price| price.minor);
        if self.reserve.is_some() && reserve <= self.start.minor {
            return Err(Refusal::AuctionPrices { field: "reserve" });
        }
        let floor = reserve.max(self.start.minor.saturating_add(1));
        if self.buy_now.as_ref().is_some_and(|now| now.minor < floor) {
            return Err(Refusal::AuctionPrices { field: "buy_now" });
        }
        game_seconds(self.seconds)?;
        let soft = i32::try_from(self.soft_s).unwrap_or(i32::MAX);
        check::range("soft_close", soft, 0, SOFT_MAX)?;
        Ok(self)
    }
}

impl Show {
    /// The auction on the picture that still runs at `at`.
    fn auction_open(&self, at: At) -> Result<&Auction, Refusal> {
        let auction = self.auction.as_ref().ok_or(Refusal::NoAuction)?;
        if auction.is_over(at) {
            return Err(Refusal::AuctionOver);
        }
        Ok(auction)
    }

    pub(crate) fn decide_start_auction(
        &self,
        terms: AuctionTerms,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.no_game()?;
        let terms = terms.checked()?;
        if let Some(product) = &terms.product {
            self.known_product(product)?;
        }
        let until = At(at.0.saturating_add(game_seconds(terms.seconds)?));
        Ok(vec![Event::AuctionStarted {
            terms,
            since: at,
            until,
            rehearsed: !self.is_live(),
        }])
    }

    /// A bid that somebody called out, or sent where no chat is read.
    pub(crate) fn decide_place_bid(
        &self,
        name: &str,
        price: &Money,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let auction = self.auction_open(at)?;
        let name = visible(name.trim()).into_owned();
        check::filled("bidder", &name, NAME_MAX)?;
        let checked = price.check_price();
        checked.map_err(|fault| Refusal::PriceInvalid { fault })?;
        let least = auction.least();
        if price.currency != least.currency {
            let fault = MoneyFault::CurrencyDiffers;
            return Err(Refusal::PriceInvalid { fault });
        }
        if price.minor < least.minor {
            return Err(Refusal::BidTooLow { least });
        }
        let who = person("", &name);
        let minor = price.minor;
        Ok(vec![Event::BidPlaced { who, minor, at }])
    }

    pub(crate) fn decide_strike_bid(
        &self,
        number: u32,
        everything: bool,
        reason: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let auction = self.auction.as_ref().ok_or(Refusal::NoAuction)?;
        let ended = auction.result.as_ref().map(|result| &result.outcome);
        if let Some(AuctionOutcome::Cancelled { .. }) = ended {
            return Err(Refusal::AuctionOver);
        }
        let bid = auction.by_number(number).ok_or(Refusal::NoBid)?;
        let reason = visible(reason.trim()).into_owned();
        check::filled("reason", &reason, REASON_MAX)?;
        if bid.struck.is_some() && !everything {
            return Ok(Vec::new());
        }
        let struck = BidStruck { at, reason };
        Ok(vec![Event::BidStruck {
            number,
            everything,
            struck,
        }])
    }

    /// At its end, or before it by hand. What is sold is sold to whoever leads then.
    pub(crate) fn decide_close_auction(&self, at: At) -> Result<Vec<Event>, Refusal> {
        let auction = self.auction.as_ref().ok_or(Refusal::NoAuction)?;
        if auction.result.is_some() {
            return Ok(Vec::new());
        }
        let early = auction.stopped.is_some() || at < auction.ends();
        let result = ended(auction, at, auction.outcome(), early);
        Ok(vec![Event::AuctionClosed { result }])
    }

    /// What was promised is called off only with a reason.
    pub(crate) fn decide_cancel_auction(
        &self,
        reason: &str,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let auction = self.auction.as_ref().ok_or(Refusal::NoAuction)?;
        if auction.result.is_some() {
            return Err(Refusal::AuctionOver);
        }
        let reason = visible(reason.trim()).into_owned();
        if !auction.rehearsed {
            check::filled("reason", &reason, REASON_MAX)?;
        }
        check::text("reason", &reason, REASON_MAX)?;
        let early = at < auction.ends();
        let result = ended(auction, at, AuctionOutcome::Cancelled { reason }, early);
        Ok(vec![Event::AuctionClosed { result }])
    }

    pub(crate) fn decide_clear_auction(&self, at: At) -> Result<Vec<Event>, Refusal> {
        match &self.auction {
            Some(auction) if auction.result.is_none() => Err(Refusal::AuctionRuns),
            Some(_) => Ok(vec![Event::AuctionCleared { at }]),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn apply_auction(&mut self, event: &Event) {
        if let Event::AuctionStarted {
            terms,
            since,
            until,
            rehearsed,
        } = event
        {
            let auction = Auction::begin(terms.clone(), *since, *until, *rehearsed);
            self.auction = Some(auction);
            return;
        }
        let Some(auction) = &mut self.auction else {
            return;
        };
        match event {
            Event::BidPlaced { who, minor, at } => auction.keep([(who.clone(), *minor, *at)]),
            Event::BidStruck {
                number,
                everything,
                struck,
            } => {
                auction.strike(*number, *everything, struck);
                // The next highest takes its place: at once, where the time is over, else when it is.
                auction.result = None;
            }
            Event::AuctionClosed { result } => {
                if result.early {
                    auction.stopped.get_or_insert(result.at);
                }
                auction.result = Some(result.clone());
            }
            Event::AuctionCleared { .. } => self.auction = None,
            _ => {}
        }
    }

    /// Whoever writes a price bids.
    pub(crate) fn bid(&mut self, lines: &[ChatLine]) {
        let Some(auction) = self.auction.as_mut().filter(|it| it.result.is_none()) else {
            return;
        };
        let (since, rehearsed) = (auction.since, auction.rehearsed);
        let currency = auction.terms.start.currency.clone();
        let bids: Vec<_> = lines
            .iter()
            .filter(|line| takes_part(line, since, At(i64::MAX), rehearsed))
            .filter_map(|line| {
                let minor = bid_in(&line.text, &currency)?;
                Some((person(&line.platform, &line.author), minor, line.at))
            })
            .collect();
        if !bids.is_empty() {
            auction.keep(bids);
        }
    }
}

fn ended(auction: &Auction, at: At, outcome: AuctionOutcome, early: bool) -> AuctionResult {
    AuctionResult {
        at,
        outcome,
        bids: u32::try_from(auction.ladder().count()).unwrap_or(u32::MAX),
        bidders: u32::try_from(auction.bidders()).unwrap_or(u32::MAX),
        early,
    }
}
