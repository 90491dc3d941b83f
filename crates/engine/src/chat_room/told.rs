//! The lists as pages see them.

use stallcast_chat::questions::{Group, GroupId};
use stallcast_show::{At, MessageId, ProductId, Show};
use stallcast_wire::{
    HELD_TOLD, HeldLineView, HeldView, HiddenView, QUESTIONS_CLOSED_TOLD, QUESTIONS_TOLD,
    QuestionLineView, QuestionLinesView, QuestionView, QuestionsView, SuggestedAnswer,
};

use super::goods;
use super::sieve::Sieve;
use super::teamwork::claim_view;
use crate::phrasing::ToPhrase;

/// Longest answer that stands on the picture, in characters.
const ANSWER_MAX: usize = 160;
/// Lines of a question that are shown at once.
const LINES_TOLD: usize = 50;

impl Sieve {
    pub(super) fn questions_view(&mut self, show: &Show, now: At) -> QuestionsView {
        let on_air = show.on_air.as_ref().map(|on| on.product.as_str());
        let now_ms = u64::try_from(now.0).unwrap_or(0);
        let open = self.questions.ranked(now_ms, on_air);
        let mut place = 0;
        // Whoever sees to a question keeps it in sight, however many come before it.
        let open = open.into_iter().filter(|group| {
            place += 1;
            place <= QUESTIONS_TOLD || group.claim.is_some()
        });
        let closed = self.questions.closed().take(QUESTIONS_CLOSED_TOLD);
        let goods = &mut self.goods;
        let view = |group: &Group| question_view(show, now, group, goods.known_answer(group));
        QuestionsView {
            questions: open.chain(closed).map(view).collect(),
            open: u32::try_from(self.questions.waiting()).unwrap_or(u32::MAX),
        }
    }

    /// What a model is told to phrase the answer to a question: the fact whole, and of which product it is.
    pub(super) fn to_phrase(&self, show: &Show, now: At, question: u64) -> Option<ToPhrase> {
        let group = self.questions.get(GroupId(question))?;
        let source = answer(show, now, group, self.goods.answer(group)?)?;
        let product = show.products.get(&source.product)?;
        let fact = |key: &str| goods::fact(show, product, key, &group.words, now);
        let facts = [fact("title"), fact(&source.fact)];
        Some(ToPhrase {
            question: group.words.clone(),
            names: group
                .lines()
                .map(|line| name(&line.author).1.to_owned())
                .collect(),
            facts: facts.into_iter().flatten().collect(),
            source,
        })
    }

    /// The newest lines of a question.
    pub(super) fn lines_view(&self, question: u64) -> Option<QuestionLinesView> {
        let group = self.questions.get(GroupId(question))?;
        let mut lines: Vec<QuestionLineView> = group
            .lines()
            .rev()
            .take(LINES_TOLD)
            .map(|line| {
                let (platform, author) = name(&line.author);
                QuestionLineView {
                    message: MessageId(line.id.clone()),
                    author: author.to_owned(),
                    platform: platform.to_owned(),
                    text: line.text.clone(),
                    at: At(i64::try_from(line.at_ms).unwrap_or(i64::MAX)),
                }
            })
            .collect();
        lines.reverse();
        Some(QuestionLinesView { lines })
    }

    pub(super) fn held_view(&self) -> HeldView {
        let newest = self.held.iter().rev().take(HELD_TOLD);
        let view = newest.map(|held| HeldLineView {
            line: held.line.clone(),
            why: held.why,
            found: held.found.clone(),
        });
        HeldView {
            lines: view.collect(),
            waiting: u32::try_from(self.held.len()).unwrap_or(u32::MAX),
            hidden: self.hidden_view(),
        }
    }
}

fn question_view(show: &Show, now: At, group: &Group, fact: Option<String>) -> QuestionView {
    // The one on the picture stays the one that is meant, however many ask after it; else the words that are shown
    // are those of whoever is named.
    let pinned = show.pinned.as_ref().map(|pinned| pinned.message.as_str());
    let on_picture = group.lines().find(|line| pinned == Some(line.id.as_str()));
    let first = || group.lines().find(|line| line.text == group.words);
    let meant = on_picture.or_else(first);
    let said = meant.or_else(|| group.lines().next_back());
    let at = |ms: u64| At(i64::try_from(ms).unwrap_or(i64::MAX));
    QuestionView {
        id: group.id.0,
        text: group.words.clone(),
        message: MessageId(said.map(|line| line.id.clone()).unwrap_or_default()),
        author: said
            .map(|line| name(&line.author).1.to_owned())
            .unwrap_or_default(),
        askers: group.askers(),
        lines: group.count,
        since: at(group.first_ms),
        last: at(group.last_ms),
        product: group.product.as_deref().map(ProductId::from),
        state: group.state,
        answer: fact.and_then(|fact| answer(show, now, group, fact)),
        claim: group.claim.as_ref().map(claim_view),
        hidden: group.hidden.as_ref().map(|hidden| HiddenView {
            hide: hidden.hide.clone(),
            by: hidden.by.clone(),
        }),
    }
}

/// What the fact of this key says to the question.
fn answer(show: &Show, now: At, group: &Group, fact: String) -> Option<SuggestedAnswer> {
    let id = group.product.as_deref()?;
    let product = show.products.get(&ProductId::from(id))?;
    let mut text = goods::fact(show, product, &fact, &group.words, now)?;
    if let Some((at, _)) = text.char_indices().nth(ANSWER_MAX - 1)
        && text[at..].chars().nth(1).is_some()
    {
        text.truncate(at);
        text.push('…');
    }
    Some(SuggestedAnswer {
        text,
        product: product.id.clone(),
        fact,
    })
}

/// Platform and name of an author that is told apart over platforms.
fn name(author: &str) -> (&str, &str) {
    author.split_once(':').unwrap_or(("", author))
}
