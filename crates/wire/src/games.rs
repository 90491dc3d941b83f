//! Games that viewers take part in by chat, as pages see them: figures, not the people behind them.

use serde::{Deserialize, Serialize};
use stallcast_show::{At, Lottery, LotteryClosed, LotteryDrawn, LotteryTerms, Poll, PollTerms};
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
