//! How much of the chat a page is sent. A member's phone gets a part of a flood, and is told how many lines it did not get;
//! the owner's page, on this machine, gets all.

use std::collections::{HashSet, VecDeque};

use stallcast_show::{ChatLine, MessageId};
use stallcast_wire::LineMark;

/// Lines of one batch that a member's page is sent, the newest: a batch comes some twelve times a second, and nobody reads more.
const MEMBERS_LINES: usize = 20;
/// Lines remembered that were left out, so that nothing more is said of them: some seconds of a flood.
const LEFT_OUT: usize = 4_096;

/// What a page was sent of the chat.
pub(super) struct ShownChat {
    is_thinned: bool,
    left: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}

impl ShownChat {
    /// For a member's page, or the owner's.
    pub(super) fn of(is_member: bool) -> Self {
        Self {
            is_thinned: is_member,
            left: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// The lines of a batch that the page is sent, and how many before them are left out.
    pub(super) fn lines(&mut self, batch: &[ChatLine]) -> (u32, Vec<ChatLine>) {
        let over = match self.is_thinned {
            true => batch.len().saturating_sub(MEMBERS_LINES),
            false => 0,
        };
        let (left, sent) = batch.split_at(over);
        for line in left {
            if self.left.insert(line.id.clone()) {
                self.order.push_back(line.id.clone());
            }
        }
        for line in sent {
            // Shown again, maybe: from now on the page has it.
            self.left.remove(&line.id);
        }
        while self.order.len() > LEFT_OUT {
            if let Some(oldest) = self.order.pop_front() {
                self.left.remove(&oldest);
            }
        }
        (u32::try_from(over).unwrap_or(u32::MAX), sent.to_vec())
    }

    /// Those that the page may have.
    pub(super) fn removed(&self, messages: &[MessageId]) -> Vec<MessageId> {
        let has = |id: &&MessageId| !self.left.contains(*id);
        messages.iter().filter(has).cloned().collect()
    }

    /// What is to be known of lines that the page may have.
    pub(super) fn marks(&self, marks: &[LineMark]) -> Vec<LineMark> {
        let has = |mark: &&LineMark| !self.left.contains(&mark.message);
        marks.iter().filter(has).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use stallcast_show::At;

    use super::*;

    fn lines(from: usize, to: usize) -> Vec<ChatLine> {
        let line = |n: usize| ChatLine {
            id: MessageId(format!("web:{n}")),
            platform: "web".into(),
            author: "A".into(),
            text: n.to_string(),
            at: At(0),
            question: false,
        };
        (from..to).map(line).collect()
    }

    #[test]
    fn a_flood_costs_a_member_s_page_a_bounded_part_and_its_hole_is_counted() {
        let mut shown = ShownChat::of(true);
        let quiet = lines(0, MEMBERS_LINES);
        assert_eq!(shown.lines(&quiet), (0, quiet.clone()));
        let (left_out, sent) = shown.lines(&lines(100, 500));
        assert_eq!(left_out as usize, 400 - MEMBERS_LINES);
        assert_eq!(sent, lines(500 - MEMBERS_LINES, 500), "the newest");
        let gone: Vec<MessageId> = ["web:3", "web:100", "web:499"].map(Into::into).into();
        assert_eq!(shown.removed(&gone), ["web:3".into(), "web:499".into()]);
        // Shown again by hand, it is the page's.
        shown.lines(&lines(100, 101));
        assert_eq!(shown.removed(&gone).len(), 3);
        for at in 0..1_000 {
            shown.lines(&lines(1_000 + at * 400, 1_400 + at * 400));
        }
        assert!(shown.left.len() <= LEFT_OUT && shown.order.len() <= LEFT_OUT);
    }

    #[test]
    fn the_owner_s_page_gets_every_line() {
        let mut shown = ShownChat::of(false);
        let flood = lines(0, 1_000);
        assert_eq!(shown.lines(&flood), (0, flood.clone()));
        assert_eq!(shown.removed(&["web:0".into()]).len(), 1);
    }
}
