//! queue owns the drop policy of one consumer: bounded, whole groups of pictures, oldest first.
//!
//! Pure: no clock, no locks. A group is a keyframe with everything up to the next keyframe.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::packet::{Packet, StreamFormat, Track};

/// The cap of one consumer's queue. Both hold at all times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// Most payload bytes held.
    pub max_bytes: usize,
    /// Longest span held, newest minus oldest decoding time, in milliseconds; what lies before the queue on its way to
    /// the consumer counts.
    pub max_ms: u64,
}

/// What a queue has let go since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DropCounts {
    /// Video frames dropped.
    pub video_frames: u64,
    /// Audio frames dropped.
    pub audio_frames: u64,
    /// Groups of pictures that lost at least one frame.
    pub groups: u64,
}

impl DropCounts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            video_frames: self.video_frames + other.video_frames,
            audio_frames: self.audio_frames + other.audio_frames,
            groups: self.groups + other.groups,
        }
    }
}

/// How a queue that is behind comes back to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// By the consumer's own speed: nothing is lost before the cap.
    Patient,
    /// With the next keyframe, when it is later than [`LATE_MS`]: on a link that is short the backlog would take
    /// longer to go than viewers wait.
    Hurried,
}

/// With the two seconds until a keyframe and a little in the kernel that makes less than the three seconds a viewer
/// may be late.
const LATE_MS: u64 = 1_200;
/// However much lies before it, a queue may hold this: without a reserve a link that is slow for a moment would lose
/// every group.
const LEAST_CAP_MS: u64 = 1_000;

/// One queued packet with the format that was in force when it was published.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub packet: Packet,
    pub format: Arc<StreamFormat>,
}

/// Where the queue stands with respect to keyframes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing is taken until the first keyframe: a stream begins with a picture.
    Fresh,
    /// In the middle of a group that is being queued.
    InGroup,
    /// A group was cut: pictures wait for the next keyframe. Sound goes on, so that viewers
    /// hear the anchor while the picture stands still.
    Skipping,
    /// As at first, but the consumer was there before: what it misses is counted.
    Returning,
    /// Nobody wants packets (no connection): everything is counted and let go.
    Suspended,
}

#[derive(Debug)]
pub(crate) struct GroupQueue {
    limits: QueueLimits,
    items: VecDeque<Queued>,
    bytes: usize,
    phase: Phase,
    /// The format of the newest keyframe taken.
    group_format: Option<Arc<StreamFormat>>,
    pace: Pace,
    /// What lies before the queue and has not arrived, milliseconds.
    ahead_ms: u64,
    drops: DropCounts,
}

impl GroupQueue {
    pub fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            items: VecDeque::new(),
            bytes: 0,
            phase: Phase::Fresh,
            group_format: None,
            pace: Pace::Patient,
            ahead_ms: 0,
            drops: DropCounts::default(),
        }
    }

    /// Takes a packet, or drops it, or drops older groups to make room for it.
    pub fn push(&mut self, item: Queued) {
        let packet = &item.packet;
        match self.phase {
            Phase::Suspended => return self.count_one(packet, packet.starts_group()),
            // Before the first keyframe nothing is lost: the consumer was not there yet.
            Phase::Fresh if !packet.starts_group() => return,
            Phase::Returning if !packet.starts_group() => return self.count_one(packet, false),
            Phase::Skipping if packet.track == Track::Video && !packet.keyframe => {
                return self.count_one(packet, false);
            }
            Phase::InGroup if packet.track == Track::Video && !packet.keyframe => {
                // A delta of a new format cannot refer to a keyframe of the old one.
                let group = self.group_format.as_ref();
                if group.is_some_and(|f| !f.decodes_like(&item.format)) {
                    self.phase = Phase::Skipping;
                    return self.count_one(packet, true);
                }
            }
            _ => {}
        }
        if packet.starts_group() {
            if self.pace == Pace::Hurried && self.span_ms() > LATE_MS {
                self.drop_front(self.items.len());
            }
            self.phase = Phase::InGroup;
            self.group_format = Some(Arc::clone(&item.format));
        }
        self.bytes += packet.data.len();
        self.items.push_back(item);
        self.keep_cap();
    }

    /// How long what was taken out takes until it has arrived: the longer, the less may wait here, so that what viewers
    /// get is never later than the cap.
    pub fn set_ahead_ms(&mut self, ms: u64) {
        self.ahead_ms = ms;
        self.keep_cap();
    }

    fn keep_cap(&mut self) {
        while self.over_cap() {
            self.drop_oldest_group();
        }
    }

    pub fn pop(&mut self) -> Option<Queued> {
        let item = self.items.pop_front()?;
        self.bytes -= item.packet.data.len();
        Some(item)
    }

    /// Lets everything go and takes nothing until [`GroupQueue::resume`].
    pub fn suspend(&mut self) {
        self.drop_front(self.items.len());
        self.phase = Phase::Suspended;
    }

    /// From now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Takes packets again, from the next keyframe on.
    pub fn resume(&mut self) {
        self.drop_front(self.items.len());
        self.phase = match self.group_format {
            None => Phase::Fresh,
            Some(_) => Phase::Returning,
        };
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn packets(&self) -> usize {
        self.items.len()
    }

    pub fn drops(&self) -> DropCounts {
        self.drops
    }

    /// Newest minus oldest decoding time. A clock that jumped back reads as 0; the byte cap
    /// still bounds the queue then.
    pub fn span_ms(&self) -> u64 {
        match (self.items.front(), self.items.back()) {
            (Some(first), Some(last)) => {
                let us = last.packet.dts_us.saturating_sub(first.packet.dts_us);
                u64::try_from(us / 1000).unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn over_cap(&self) -> bool {
        let max_ms = self.limits.max_ms;
        let max_ms = max_ms
            .saturating_sub(self.ahead_ms)
            .max(LEAST_CAP_MS.min(max_ms));
        !self.items.is_empty() && (self.bytes > self.limits.max_bytes || self.span_ms() > max_ms)
    }

    /// Frees the oldest part of the queue up to a keyframe. Oldest first because the point of a
    /// live stream is now: dropping the newest would keep the viewers late for ever.
    fn drop_oldest_group(&mut self) {
        let next_group = (1..self.items.len()).find(|&i| self.items[i].packet.starts_group());
        match next_group {
            Some(index) => self.drop_front(index),
            None if self.items.iter().any(|i| i.packet.track == Track::Video) => {
                // Only the rest of one group is here. Its later frames refer to what goes now.
                self.drop_front(self.items.len());
                self.phase = Phase::Skipping;
            }
            // Sound alone has no references: frame by frame is enough.
            None => self.drop_front(1),
        }
    }

    fn drop_front(&mut self, count: usize) {
        let mut group_counted = false;
        for item in self.items.drain(..count) {
            self.bytes -= item.packet.data.len();
            match item.packet.track {
                Track::Audio => self.drops.audio_frames += 1,
                Track::Video => {
                    self.drops.video_frames += 1;
                    if item.packet.keyframe || !group_counted {
                        self.drops.groups += 1;
                    }
                    group_counted = true;
                }
            }
        }
    }

    fn count_one(&mut self, packet: &Packet, new_group: bool) {
        match packet.track {
            Track::Audio => self.drops.audio_frames += 1,
            Track::Video => self.drops.video_frames += 1,
        }
        if new_group {
            self.drops.groups += 1;
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
