//! A draw among viewers: terms that stand before it begins, who took part in time, who won. What makes it fair to
//! check (the seed, its hash, the algorithm) is computed by the engine and only kept here.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::crowd::{Counting, Crowd, plain_word, said};
use crate::poll::{KEYWORD_MAX, game_seconds, takes_part};
use crate::{At, ChatLine, Event, Money, Refusal, Show, visible};

/// A prize that is read from afar.
const PRIZE_MAX: usize = 40;
/// Most winners of one draw.
const WINNERS_MAX: i32 = 100;
/// A SHA-256 in hexadecimal digits.
const HASH_DIGITS: usize = 64;

/// What is promised. Written down before anybody can take part, and never changed after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LotteryTerms {
    /// What each winner gets, 1 to 40 characters.
    pub prize: String,
    /// What one prize is worth.
    pub value: Money,
    /// How many win, 1 to 100.
    pub winners: u32,
    /// Who writes this in the chat takes part, once; 1 to 20 characters.
    pub keyword: String,
    /// How long one can, in seconds, 10 to 3 600.
    pub seconds: u32,
    /// Why the prize may be worth more than the law allows in general; empty where it is not.
    pub reason: String,
}

/// The end of the entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LotteryClosed {
    /// When it was noted.
    pub at: At,
    /// How many took part.
    pub entrants: u32,
    /// SHA-256 of the list of them, in hexadecimal digits.
    pub entrants_hash: String,
}

/// The draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LotteryDrawn {
    /// When.
    pub at: At,
    /// The seed, which was secret until now, in hexadecimal digits.
    pub seed: String,
    /// Who won, in the order of the draw, each as `platform`, tabulator, name.
    pub winners: Vec<String>,
}

/// A draw, as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lottery {
    /// What is promised.
    pub terms: LotteryTerms,
    /// Begun while nobody watched: invented lines take part, and it ends with the rehearsal.
    pub rehearsed: bool,
    /// When it began.
    pub since: At,
    /// From when on nobody can enter.
    pub until: At,
    /// SHA-256 of terms and seed, in hexadecimal digits: fixed before anybody took part.
    pub commitment: String,
    /// Who took part.
    pub entrants: Crowd,
    /// The end of the entries.
    pub closed: Option<LotteryClosed>,
    /// The draw.
    pub drawn: Option<LotteryDrawn>,
}

impl LotteryTerms {
    /// The terms as they are kept.
    ///
    /// # Errors
    /// [`Refusal`] for a text that is empty or too long, a price that cannot be, a number out of range.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        self.prize = visible(self.prize.trim()).into_owned();
        check::filled("prize", &self.prize, PRIZE_MAX)?;
        let priced = self.value.check_price();
        priced.map_err(|fault| Refusal::PriceInvalid { fault })?;
        let winners = i32::try_from(self.winners).unwrap_or(i32::MAX);
        check::range("winners", winners, 1, WINNERS_MAX)?;
        self.keyword = plain_word(&visible(&self.keyword));
        check::filled("keyword", &self.keyword, KEYWORD_MAX)?;
        game_seconds(self.seconds)?;
        self.reason = visible(self.reason.trim()).into_owned();
        check::text("reason", &self.reason, 300)?;
        Ok(self)
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Show {
    /// The draw that runs, for what is done with it.
    fn lottery_running(&self) -> Result<&Lottery, Refusal> {
        self.lottery.as_ref().ok_or(Refusal::NoLottery)
    }

    pub(crate) fn decide_begin_lottery(
        &self,
        terms: LotteryTerms,
        commitment: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.no_game()?;
        let terms = terms.checked()?;
        if !is_hash(&commitment) {
            return Err(Refusal::NoLottery);
        }
        let until = At(at.0.saturating_add(game_seconds(terms.seconds)?));
        Ok(vec![Event::LotteryBegun {
            terms,
            commitment,
            since: at,
            until,
            rehearsed: !self.is_live(),
        }])
    }

    pub(crate) fn decide_close_lottery(
        &self,
        entrants_hash: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let lottery = self.lottery_running()?;
        if at < lottery.until {
            return Err(Refusal::LotteryOpen);
        }
        if lottery.closed.is_some() {
            return Ok(Vec::new());
        }
        let closed = LotteryClosed {
            at,
            entrants: u32::try_from(lottery.entrants.len()).unwrap_or(u32::MAX),
            entrants_hash,
        };
        Ok(vec![Event::LotteryClosed { closed }])
    }

    pub(crate) fn decide_note_draw(
        &self,
        seed: String,
        winners: Vec<String>,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let lottery = self.lottery_running()?;
        if lottery.closed.is_none() {
            return Err(Refusal::LotteryOpen);
        }
        if lottery.drawn.is_some() {
            return Ok(Vec::new());
        }
        let known = |who: &String| lottery.entrants.people().any(|known| known == who);
        let wanted = (lottery.terms.winners as usize).min(lottery.entrants.len());
        let is_draw = winners.len() == wanted
            && winners.iter().all(known)
            && check::first_twice(winners.iter()).is_none()
            && is_hash(&seed);
        if !is_draw {
            return Err(Refusal::NoLottery);
        }
        let drawn = LotteryDrawn { at, seed, winners };
        Ok(vec![Event::LotteryDrawn { drawn }])
    }

    /// A draw that was promised is given up only with a reason.
    pub(crate) fn decide_clear_lottery(&self, reason: &str, at: At) -> Result<Vec<Event>, Refusal> {
        let Some(lottery) = &self.lottery else {
            return Ok(Vec::new());
        };
        let reason = visible(reason.trim()).into_owned();
        if lottery.drawn.is_none() && !lottery.rehearsed {
            check::filled("reason", &reason, 300)?;
        }
        check::text("reason", &reason, 300)?;
        Ok(vec![Event::LotteryCleared { at, reason }])
    }

    pub(crate) fn apply_lottery(&mut self, event: &Event) {
        match event {
            Event::LotteryBegun {
                terms,
                commitment,
                since,
                until,
                rehearsed,
            } => {
                self.lottery = Some(Lottery {
                    terms: terms.clone(),
                    rehearsed: *rehearsed,
                    since: *since,
                    until: *until,
                    commitment: commitment.clone(),
                    entrants: Crowd::default(),
                    closed: None,
                    drawn: None,
                });
            }
            Event::LotteryClosed { closed } => {
                if let Some(lottery) = &mut self.lottery {
                    lottery.closed = Some(closed.clone());
                }
            }
            Event::LotteryDrawn { drawn } => {
                if let Some(lottery) = &mut self.lottery {
                    lottery.drawn = Some(drawn.clone());
                }
            }
            Event::LotteryCleared { .. } => self.lottery = None,
            _ => {}
        }
    }

    /// Whoever writes the word in time takes part.
    pub(crate) fn enter(&mut self, lines: &[ChatLine]) {
        let Some(lottery) = self.lottery.as_mut().filter(|it| it.closed.is_none()) else {
            return;
        };
        let words = [(0_u8, lottery.terms.keyword.as_str())];
        for line in lines {
            if takes_part(line, lottery.since, lottery.until, lottery.rehearsed)
                && said(&line.text, words.iter().copied()).is_some()
            {
                lottery.entrants.take(line, 0, Counting::First);
            }
        }
    }
}
