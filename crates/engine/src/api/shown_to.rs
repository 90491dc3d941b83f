//! What of the studio is shown to whom: less to those whose role has no use for it. Keys and secrets are in none of it.

use stallcast_show::{Product, QuestionState, Role, SourceKind};
use stallcast_wire::{AuctionView, Notice, QuestionView, QuestionsView, ShowView, StatusView};

/// What goods cost is seen by those who move prices, and by nobody else.
pub(super) fn product(role: Role, product: Product) -> Product {
    if role >= Role::Producer {
        product
    } else {
        product.without_private()
    }
}

/// The show. Where the streams go and which files are used is for those who may change that.
pub(super) fn show(role: Role, mut view: ShowView) -> ShowView {
    // What the team says among itself, and which words it holds.
    if role < Role::Moderator {
        view.notes.clear();
        view.moderation = Default::default();
    }
    if role < Role::Producer {
        view.auction = view.auction.map(AuctionView::without_private);
        view.sales.clear();
    }
    if role < Role::Lead {
        for destination in view.destinations.values_mut() {
            destination.url.clear();
        }
        for source in view.sources.values_mut() {
            if let SourceKind::File { path } | SourceKind::Image { path } = &mut source.kind {
                path.clear();
            }
        }
    }
    view
}

/// What the audience asks. What the team hid, and why, is for those who may show it again.
pub(super) fn questions(role: Role, mut view: QuestionsView) -> QuestionsView {
    if role < Role::Moderator {
        let is_seen = |it: &QuestionView| it.state != QuestionState::Hidden;
        view.questions.retain(is_seen);
    }
    view
}

/// Health. Folders and addresses of the owner's machine and phones are for those who may change the sources.
pub(super) fn status(role: Role, mut view: StatusView) -> StatusView {
    if role < Role::Lead {
        view.recordings_folder.clear();
        for input in &mut view.inputs {
            input.from = None;
        }
        for chat in &mut view.chat {
            chat.target.clear();
        }
    }
    view
}

/// Whether a notice is for them: who knocks at the door is the owner's.
pub(super) fn is_told(role: Role, notice: &Notice) -> bool {
    role == Role::Owner || notice.key != "notice.team_waits"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stallcast_show::{Show, Source};
    use stallcast_wire::NoticeLevel;

    use super::*;
    use crate::sample::product as sample;

    #[test]
    fn what_goods_cost_is_told_to_those_who_move_prices_and_to_nobody_else() {
        let mut apples = sample("a", "Apples", 2990);
        apples.cost = Some(apples.offer.live_price.clone());
        for role in [Role::Viewer, Role::Moderator] {
            let told = serde_json::to_value(product(role, apples.clone())).unwrap();
            assert!(told["cost"].is_null(), "{role:?}");
        }
        for role in [Role::Producer, Role::Lead, Role::Owner] {
            assert_eq!(product(role, apples.clone()), apples, "{role:?}");
        }
    }

    #[test]
    fn paths_of_the_owners_machine_and_who_knocks_are_not_told_below() {
        let mut of = Show::default();
        let source = Source {
            id: "a".into(),
            name: "clip".into(),
            kind: SourceKind::File {
                path: "/home/li/clip.mp4".into(),
            },
        };
        of.sources.insert("a".into(), source);
        let told = |role| serde_json::to_string(&show(role, ShowView::of(&of, 1, 1))).unwrap();
        assert!(!told(Role::Producer).contains("/home/li"));
        assert!(told(Role::Lead).contains("/home/li"));
        let notice = Notice {
            level: NoticeLevel::Warn,
            key: "notice.team_waits".into(),
            params: BTreeMap::new(),
            at: 0,
        };
        assert!(!is_told(Role::Lead, &notice) && is_told(Role::Owner, &notice));
    }
}
