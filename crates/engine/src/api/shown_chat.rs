//! How much of the chat a page is sent. A member's phone gets a part of a flood, and is told how many lines it did not get;
//! the owner's page, on this machine, gets all.

use std::collections::{HashSet, VecDeque};

use stallcast_show::{ChatLine, MessageId};
use stallcast_wire::LineMark;
use tokio::time::{Duration, Instant};

use crate::chat_room::CaughtUp;

/// Lines that a member's page is sent at once, the newest, and how long each takes to be made up for: 250 in a second, which nobody
/// reads.
const AT_ONCE: u32 = 200;
const EACH: Duration = Duration::from_millis(4);
/// Lines remembered that were left out, so that nothing more is said of them: some seconds of a flood.
const LEFT_OUT: usize = 4_096;

/// What a page was sent of the chat.
pub(super) struct ShownChat {
    /// From when on a whole burst may be sent again; `None` = every line is sent.
    made_up: Option<Instant>,
    left: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}

impl ShownChat {
    /// For a member's page, or the owner's.
    pub(super) fn of(is_member: bool) -> Self {
        Self {
            made_up: is_member.then(Instant::now),
            left: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// The lines of a batch that the page is sent now, and how many before them are left out.
    pub(super) fn lines(&mut self, batch: &[ChatLine], now: Instant) -> (u32, Vec<ChatLine>) {
        let over = batch.len() - self.room(batch.len(), now);
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

    /// Cuts what a page missed that could not keep up to the newest lines, as many as are sent at once; how many before them
    /// are left out.
    pub(super) fn caught_up(&mut self, caught: &mut CaughtUp, now: Instant) -> u32 {
        caught.removed = self.removed(&caught.removed);
        self.made_up = self.made_up.map(|_| now);
        let (left_out, lines) = self.lines(&caught.lines, now);
        caught.lines = lines;
        left_out
    }

    /// How many of so many lines may be sent now.
    fn room(&mut self, wanted: usize, now: Instant) -> usize {
        let Some(made_up) = self.made_up else {
            return wanted;
        };
        let owed = made_up.saturating_duration_since(now);
        let left = (EACH * AT_ONCE).saturating_sub(owed).as_millis() / EACH.as_millis();
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let sent = wanted.min(most);
        let cost = EACH.saturating_mul(u32::try_from(sent).unwrap_or(AT_ONCE));
        self.made_up = Some(made_up.max(now) + cost);
        sent
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
        let mut now = Instant::now();
        let burst = lines(0, AT_ONCE as usize);
        assert_eq!(shown.lines(&burst, now), (0, burst.clone()));
        // Ten seconds of 5,000 a second.
        let (mut sent, mut left_out) = (0, 0);
        for batch in 0..100 {
            now += Duration::from_millis(100);
            let from = 1_000 + batch * 500;
            let (left, told) = shown.lines(&lines(from, from + 500), now);
            assert_eq!(told, lines(from + left as usize, from + 500), "the newest");
            sent += told.len();
            left_out += left as usize;
        }
        assert_eq!((sent, sent + left_out), (2_500, 50_000));
        let gone: Vec<MessageId> = ["web:3", "web:50500", "web:50999"].map(Into::into).into();
        assert_eq!(shown.removed(&gone), ["web:3".into(), "web:50999".into()]);
        assert!(shown.left.len() <= LEFT_OUT && shown.order.len() <= LEFT_OUT);
        // Shown again by hand, it is the page's.
        now += Duration::from_secs(1);
        assert_eq!(shown.lines(&lines(50_500, 50_501), now).0, 0);
        assert_eq!(shown.removed(&gone).len(), 3);
    }

    #[test]
    fn a_member_s_page_that_could_not_keep_up_gets_the_newest_of_what_it_missed() {
        let most = AT_ONCE as usize;
        let missed = || CaughtUp {
            seq: 3_000,
            whole: true,
            removed: vec!["web:0".into(), "web:3000".into()],
            lines: lines(0, 3_000),
        };
        let (mut shown, now) = (ShownChat::of(true), Instant::now());
        for _ in 0..2 {
            let mut caught = missed();
            let left_out = shown.caught_up(&mut caught, now);
            assert_eq!(left_out as usize, 3_000 - most);
            assert_eq!(caught.lines, lines(3_000 - most, 3_000));
        }
        // It is told nothing more of what it does not have, and what it was sent counts.
        let mut caught = missed();
        shown.caught_up(&mut caught, now);
        assert_eq!(caught.removed, ["web:3000".into()]);
        assert_eq!(shown.lines(&lines(3_000, 3_001), now).0, 1);

        let mut shown = ShownChat::of(false);
        let mut caught = missed();
        assert_eq!(shown.caught_up(&mut caught, now), 0);
        assert_eq!(caught, missed());
    }

    #[test]
    fn the_owner_s_page_gets_every_line() {
        let mut shown = ShownChat::of(false);
        let flood = lines(0, 1_000);
        assert_eq!(shown.lines(&flood, Instant::now()), (0, flood.clone()));
        assert_eq!(shown.removed(&["web:0".into()]).len(), 1);
    }
}
