//! A poll that viewers answer in the chat: its question, who wrote what in time, its result.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::crowd::{Counting, Crowd, plain_word, said};
use crate::{At, ChatLine, Event, MessageId, Phase, Refusal, Show, visible};

/// A question that is read while somebody speaks.
const QUESTION_MAX: usize = 60;
/// An answer on one line of the picture.
const LABEL_MAX: usize = 24;
/// Answers that fit the picture.
const OPTIONS_MAX: usize = 6;
/// Words for one answer.
const KEYWORDS_MAX: usize = 8;
/// Longest word.
pub(crate) const KEYWORD_MAX: usize = 20;
/// Shortest and longest time to answer, in seconds: nobody types in less, and nobody waits for more.
pub(crate) const GAME_S: (i32, i32) = (10, 3_600);

/// An answer of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PollOption {
    /// What the picture says, 1 to 24 characters.
    pub label: String,
    /// The words that choose it, 1 to 8 of 1 to 20 characters each; no other answer has them.
    pub keywords: Vec<String>,
}

/// A poll as it was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PollTerms {
    /// What is asked, 1 to 60 characters.
    pub question: String,
    /// 2 to 6 answers.
    pub options: Vec<PollOption>,
    /// Which word of a person counts.
    pub counting: Counting,
    /// When it began.
    pub since: At,
    /// When it ends by itself.
    pub until: At,
    /// Begun while nobody watched: invented lines count, and it ends with the rehearsal.
    pub rehearsed: bool,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PollResult {
    /// When it was closed.
    pub at: At,
    /// People for each answer, in the order of the answers.
    pub counts: Vec<u32>,
    /// Lines of people for whom there was no room any more.
    pub turned_away: u32,
}

/// A poll on the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// What was asked.
    pub terms: PollTerms,
    /// Who answered what.
    pub votes: Crowd,
    /// What came out, once it is closed.
    pub result: Option<PollResult>,
}

impl Poll {
    /// Whether nobody can answer any more.
    pub fn is_over(&self, now: At) -> bool {
        self.result.is_some() || now >= self.terms.until
    }

    /// People for each answer, in the order of the answers.
    pub fn counts(&self) -> Vec<u32> {
        match &self.result {
            Some(result) => result.counts.clone(),
            None => self.votes.counts(self.terms.options.len()),
        }
    }
}

/// Whether a line may take part in a game: written in its time, and not invented, where somebody watches.
pub(crate) fn takes_part(line: &ChatLine, since: At, until: At, rehearsed: bool) -> bool {
    line.at >= since && line.at < until && (rehearsed || !is_invented(&line.id))
}

fn is_invented(id: &MessageId) -> bool {
    id.is_invented()
}

pub(crate) fn game_seconds(seconds: u32) -> Result<i64, Refusal> {
    let number = i32::try_from(seconds).unwrap_or(i32::MAX);
    check::range("game_seconds", number, GAME_S.0, GAME_S.1)?;
    Ok(i64::from(seconds) * 1_000)
}

impl Show {
    /// Only one game stands on the picture.
    pub(crate) fn no_game(&self) -> Result<(), Refusal> {
        match (&self.poll, &self.lottery, &self.auction) {
            (None, None, None) => Ok(()),
            _ => Err(Refusal::GameOnPicture),
        }
    }

    pub(crate) fn decide_start_poll(
        &self,
        question: &str,
        options: Vec<PollOption>,
        counting: Counting,
        seconds: u32,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        self.no_game()?;
        let question = visible(question.trim()).into_owned();
        check::filled("poll_question", &question, QUESTION_MAX)?;
        if options.len() < 2 {
            return Err(Refusal::NothingToDo {
                field: "poll_options",
            });
        }
        check::at_most("poll_options", options.len(), OPTIONS_MAX)?;
        let mut words = BTreeSet::new();
        let mut cleaned = Vec::with_capacity(options.len());
        for option in options {
            let label = visible(option.label.trim()).into_owned();
            check::filled("poll_label", &label, LABEL_MAX)?;
            check::at_most("keywords", option.keywords.len(), KEYWORDS_MAX)?;
            let mut keywords = Vec::new();
            for keyword in &option.keywords {
                let word = plain_word(&visible(keyword));
                check::filled("keyword", &word, KEYWORD_MAX)?;
                if !words.insert(word.clone()) {
                    return Err(Refusal::KeywordTwice);
                }
                keywords.push(word);
            }
            if keywords.is_empty() {
                return Err(Refusal::NothingToDo { field: "keywords" });
            }
            cleaned.push(PollOption { label, keywords });
        }
        let until = At(at.0.saturating_add(game_seconds(seconds)?));
        let poll = PollTerms {
            question,
            options: cleaned,
            counting,
            since: at,
            until,
            rehearsed: !self.is_live(),
        };
        Ok(vec![Event::PollStarted { poll }])
    }

    pub(crate) fn decide_close_poll(&self, at: At) -> Vec<Event> {
        match &self.poll {
            Some(poll) if poll.result.is_none() => {
                let result = PollResult {
                    at,
                    counts: poll.counts(),
                    turned_away: poll.votes.turned_away(),
                };
                vec![Event::PollClosed { result }]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn decide_clear_poll(&self, at: At) -> Vec<Event> {
        match self.poll {
            Some(_) => vec![Event::PollCleared { at }],
            None => Vec::new(),
        }
    }

    pub(crate) fn apply_poll(&mut self, event: &Event) {
        match event {
            Event::PollStarted { poll } => {
                self.poll = Some(Poll {
                    terms: poll.clone(),
                    votes: Crowd::default(),
                    result: None,
                });
            }
            Event::PollClosed { result } => {
                if let Some(poll) = &mut self.poll {
                    poll.result = Some(result.clone());
                }
            }
            Event::PollCleared { .. } => self.poll = None,
            _ => {}
        }
    }

    /// Chat lines, before they are folded in anywhere else: what they say in a game.
    pub(crate) fn play(&mut self, lines: &[ChatLine]) {
        if let Some(poll) = self.poll.as_mut().filter(|poll| poll.result.is_none()) {
            let terms = &poll.terms;
            let words = terms.options.iter().zip(0_u8..);
            let words = words.flat_map(|(option, number)| {
                let keywords = option.keywords.iter();
                keywords.map(move |word| (number, word.as_str()))
            });
            for line in lines {
                if takes_part(line, terms.since, terms.until, terms.rehearsed)
                    && let Some(number) = said(&line.text, words.clone())
                {
                    poll.votes.take(line, number, terms.counting);
                }
            }
        }
        self.enter(lines);
        self.bid(lines);
    }

    /// Rises with everything that lines of chat changed in a game.
    pub fn played(&self) -> (usize, u32, Vec<u32>) {
        let poll = self.poll.as_ref().filter(|poll| poll.result.is_none());
        let mut counts = poll.map(Poll::counts).unwrap_or_default();
        let crowds = [
            self.poll.as_ref().map(|poll| &poll.votes),
            self.lottery.as_ref().map(|lottery| &lottery.entrants),
        ];
        let (mut people, mut away) = (0, 0_u32);
        for crowd in crowds.into_iter().flatten() {
            people += crowd.len();
            away = away.saturating_add(crowd.turned_away());
        }
        // What is bid too low or too late shows nothing new.
        if let Some(auction) = &self.auction {
            counts.extend(auction.ladder().map(|bid| bid.number));
        }
        (people, away, counts)
    }

    /// A show takes nothing along of games that were over before it, and one that goes live nothing of what was only
    /// rehearsed.
    pub(crate) fn forget_games(&mut self, event: &Event) {
        if matches!(event, Event::PhaseChanged { phase } if *phase != Phase::Idle)
            && self.phase == Phase::Idle
        {
            self.poll.take_if(|poll| poll.result.is_some());
            self.lottery.take_if(|lottery| lottery.drawn.is_some());
            self.auction.take_if(|auction| auction.result.is_some());
        }
        if let Event::PhaseChanged {
            phase: Phase::Live { .. },
        } = event
        {
            self.poll.take_if(|poll| poll.terms.rehearsed);
            self.lottery.take_if(|lottery| lottery.rehearsed);
            self.auction.take_if(|auction| auction.rehearsed);
        }
    }
}
