//! The goal's bar: how far it is, and by what that is known.

use stallcast_show::{Goal, GoalCount, GoalUnit, Money, PictureText, Show};

use super::Overlay;
use crate::{
    Lang, Layers, Piece,
    content::{Content, Words},
    price::format_money,
    theme::Settings,
    words::{clean, pick},
};

impl Overlay {
    pub(super) fn goal(&mut self, show: &Show, lang: Lang, layers: &mut Layers) {
        let Some(goal) = show.goal.as_ref().filter(|goal| goal.shown) else {
            return;
        };
        let content = said(&self.theme.settings, goal, lang);
        self.put(Piece::Goal, Some(content), None, layers);
    }
}

fn said(settings: &Settings, goal: &Goal, lang: Lang) -> Content {
    let words = &settings.words;
    let mut content = Content::new(lang);
    let title = clean(&goal.plan.title);
    let title = if title.is_empty() {
        clean(pick(&words.goal, lang))
    } else {
        title
    };
    content.tells("goal-title", PictureText::GoalTitle, Words::Text(title));
    let (text, of) = match &goal.plan.of {
        GoalUnit::Orders => (&words.goal_orders, None),
        GoalUnit::Pieces => (&words.goal_pieces, None),
        GoalUnit::Money { currency } => (&words.goal_money, Some(currency)),
    };
    let amount = |value: u64| match of {
        Some(currency) => {
            let minor = i64::try_from(value).unwrap_or(i64::MAX);
            format_money(&Money::new(minor, currency.clone()), lang)
        }
        None => value.to_string(),
    };
    let count = pick(text, lang)
        .replace("{n}", &amount(goal.done))
        .replace("{m}", &amount(goal.plan.target));
    content.says("goal-count", Words::Text(clean(&count)));
    content.says("goal-bar", Words::Bar(goal.share()));
    let source = match goal.plan.count {
        GoalCount::Stock => &words.goal_by_stock,
        GoalCount::Shops => &words.goal_by_shops,
        GoalCount::ByHand => &words.goal_by_hand,
    };
    content.says("goal-source", Words::Text(clean(pick(source, lang))));
    if goal.share() == 1000 {
        content.holding.push("reached");
        content.says(
            "goal-reached",
            Words::Text(clean(pick(&words.goal_reached, lang))),
        );
    }
    content
}
