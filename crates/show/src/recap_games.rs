//! The games of a show in its recap: polls with what came out, draws with who won, auctions with who has it.

use serde::{Deserialize, Serialize};

use crate::recap::count;
use crate::{
    At, AuctionOutcome, AuctionTerms, Event, LotteryTerms, Money, PollTerms, ProductId, Show,
};

/// An answer and how many people gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapAnswer {
    /// As on the picture.
    pub label: String,
    /// People.
    pub people: u32,
}

/// What was played, and how it ended. People are `platform`, tabulator, name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "game", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum RecapPlay {
    /// A poll.
    Poll {
        /// What was asked.
        question: String,
        /// What came out; none = it was given up.
        answers: Vec<RecapAnswer>,
    },
    /// A draw.
    Lottery {
        /// What each winner got.
        prize: String,
        /// What one was worth.
        value: Money,
        /// How many took part; `None` = it was given up before nobody could enter any more.
        entrants: Option<u32>,
        /// Who won; `None` = it was not drawn.
        winners: Option<Vec<String>>,
        /// Why it was given up; empty where it was not.
        reason: String,
    },
    /// An auction.
    Auction {
        /// What was sold.
        title: String,
        /// The product.
        product: Option<ProductId>,
        /// Where it began.
        start: Money,
        /// How it ended; `None` = the show ended before.
        outcome: Option<AuctionOutcome>,
        /// Bids that counted.
        bids: u32,
        /// People who made them.
        bidders: u32,
        /// Bids that were struck out by hand.
        struck: u32,
    },
}

/// A game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapGame {
    /// When it began.
    pub from: At,
    /// When it ended.
    pub to: At,
    /// What it was.
    pub play: RecapPlay,
}

/// The game that stands on the picture when a show begins.
pub(crate) fn standing(show: &Show, at: At) -> Vec<RecapGame> {
    let mut games = Vec::new();
    if let Some(poll) = show.poll.as_ref().filter(|it| it.result.is_none()) {
        games.push(begun(at, of_poll(&poll.terms)));
    }
    if let Some(lottery) = show.lottery.as_ref().filter(|it| it.drawn.is_none()) {
        games.push(begun(at, of_lottery(&lottery.terms)));
    }
    if let Some(auction) = show.auction.as_ref().filter(|it| it.result.is_none()) {
        games.push(begun(at, of_auction(&auction.terms)));
    }
    games
}

/// Takes the next event, before `show` has it.
pub(crate) fn take(games: &mut Vec<RecapGame>, show: &Show, event: &Event) {
    match event {
        Event::PollStarted { poll } => games.push(begun(poll.since, of_poll(poll))),
        Event::LotteryBegun { terms, since, .. } => games.push(begun(*since, of_lottery(terms))),
        Event::AuctionStarted { terms, since, .. } => games.push(begun(*since, of_auction(terms))),
        _ => {}
    }
    // Only one game stands on the picture: the last one that began.
    let Some(game) = games.last_mut() else {
        return;
    };
    let ends = match (&mut game.play, event) {
        (RecapPlay::Poll { answers, .. }, Event::PollClosed { result }) => {
            let options = show.poll.iter().flat_map(|poll| &poll.terms.options);
            let told = options
                .zip(&result.counts)
                .map(|(option, people)| RecapAnswer {
                    label: option.label.clone(),
                    people: *people,
                });
            *answers = told.collect();
            result.at
        }
        (RecapPlay::Poll { answers, .. }, Event::PollCleared { at }) if answers.is_empty() => *at,
        (RecapPlay::Lottery { entrants, .. }, Event::LotteryClosed { closed }) => {
            *entrants = Some(closed.entrants);
            closed.at
        }
        (RecapPlay::Lottery { winners, .. }, Event::LotteryDrawn { drawn }) => {
            *winners = Some(drawn.winners.clone());
            drawn.at
        }
        (
            RecapPlay::Lottery {
                winners: None,
                reason,
                ..
            },
            Event::LotteryCleared { at, reason: given },
        ) => {
            given.clone_into(reason);
            *at
        }
        (
            RecapPlay::Auction { struck, .. },
            Event::BidStruck {
                number, everything, ..
            },
        ) => {
            let bids = show.auction.iter().flat_map(|auction| auction.bids());
            let who = bids
                .clone()
                .find(|bid| bid.number == *number)
                .map(|bid| &bid.who);
            let meant = bids.filter(|bid| {
                bid.struck.is_none()
                    && (bid.number == *number || (*everything && Some(&bid.who) == who))
            });
            *struck += count(meant.count());
            return;
        }
        (
            RecapPlay::Auction {
                outcome,
                bids,
                bidders,
                ..
            },
            Event::AuctionClosed { result },
        ) => {
            *outcome = Some(result.outcome.clone());
            (*bids, *bidders) = (result.bids, result.bidders);
            result.at
        }
        _ => return,
    };
    game.to = ends.max(game.from);
}

/// Ends what still stood at the end of the show.
pub(crate) fn finish(games: &mut [RecapGame], at: At) {
    for game in games {
        let is_open = match &game.play {
            RecapPlay::Poll { answers, .. } => answers.is_empty(),
            RecapPlay::Lottery { winners, .. } => winners.is_none(),
            RecapPlay::Auction { outcome, .. } => outcome.is_none(),
        };
        if is_open && game.to == game.from {
            game.to = at.max(game.from);
        }
    }
}

fn begun(from: At, play: RecapPlay) -> RecapGame {
    RecapGame {
        from,
        to: from,
        play,
    }
}

fn of_poll(terms: &PollTerms) -> RecapPlay {
    RecapPlay::Poll {
        question: terms.question.clone(),
        answers: Vec::new(),
    }
}

fn of_lottery(terms: &LotteryTerms) -> RecapPlay {
    RecapPlay::Lottery {
        prize: terms.prize.clone(),
        value: terms.value.clone(),
        entrants: None,
        winners: None,
        reason: String::new(),
    }
}

fn of_auction(terms: &AuctionTerms) -> RecapPlay {
    RecapPlay::Auction {
        title: terms.title.clone(),
        product: terms.product.clone(),
        start: terms.start.clone(),
        outcome: None,
        bids: 0,
        bidders: 0,
        struck: 0,
    }
}
