//! feed owns which hub a destination takes its packets from: the change to another rendition between two groups of
//! pictures, and the pause in which it makes room for others.

use std::future::pending;

use tokio::sync::watch;

use crate::hub::{Delivered, Hub, Subscription, SubscriptionStats};
use crate::packet::{Track, VideoCodec};
use crate::queue::{DropCounts, Pace, QueueLimits};

/// What a destination is to be sent.
#[derive(Debug, Clone)]
pub struct Feeding {
    /// Where its packets come from.
    pub hub: Hub,
    /// What comes from there, kbit/s, sound included.
    pub kbps: u32,
    /// Whether it stays connected and gets nothing.
    pub paused: bool,
    /// How the pictures from there are encoded. Another than before is another connection.
    pub codec: VideoCodec,
    /// What it would be sent instead, from another hub, once its server said that it takes it: a new connection asks,
    /// and waits a little for that hub. `None` when nothing but `codec` will come.
    pub soon: Option<VideoCodec>,
}

impl Feeding {
    /// What a new connection asks the server about.
    pub(crate) fn asks_for(&self) -> VideoCodec {
        self.soon.unwrap_or(self.codec)
    }

    /// Whether this can be sent to a server that was asked and answered so.
    pub(crate) fn suits(&self, takes: bool) -> bool {
        self.codec == VideoCodec::H264 || takes
    }

    /// Whether this is what was agreed on with such a server.
    pub(crate) fn is_agreed(&self, takes: bool) -> bool {
        self.suits(takes) && (self.soon.is_none() || !takes)
    }
}

/// One destination's supply, over all its connections.
#[derive(Debug)]
pub(crate) struct Feed {
    wanted: watch::Receiver<Feeding>,
    /// The hub of `current`, or of `coming` when there is one.
    hub: Hub,
    paused: bool,
    current: Subscription,
    /// The hub of `current` was closed and nothing waits; it may have ended because `coming` takes its place.
    is_over: bool,
    /// Takes over with its first keyframe.
    coming: Option<Subscription>,
    limits: QueueLimits,
    /// What it was sent at first, kbit/s: with less, the uplink is short.
    whole_kbps: u32,
    /// Drops of subscriptions that are over.
    before: DropCounts,
    /// Decoding time of the newest sound given out: both hubs carry the same.
    last_sound_us: i64,
}

impl Feed {
    pub fn new(mut wanted: watch::Receiver<Feeding>, limits: QueueLimits) -> Self {
        let feeding = wanted.borrow_and_update().clone();
        let mut current = feeding.hub.subscribe(limits);
        if feeding.paused {
            current.suspend();
        }
        Self {
            wanted,
            hub: feeding.hub,
            paused: feeding.paused,
            current,
            is_over: false,
            coming: None,
            limits,
            whole_kbps: feeding.kbps,
            before: DropCounts::default(),
            last_sound_us: i64::MIN,
        }
    }

    /// The next packet, waiting for it; `None` when the hub was closed, nothing waits and no other takes its place. Safe
    /// to cancel.
    pub async fn next(&mut self) -> Option<Delivered> {
        loop {
            let (current, coming) = (&mut self.current, &mut self.coming);
            let (paused, is_over) = (self.paused, self.is_over);
            let taking_over = async {
                match coming {
                    Some(coming) if !paused => coming.next().await,
                    _ => pending().await,
                }
            };
            let going_on = async {
                match paused || is_over {
                    false => current.next().await,
                    true => pending().await,
                }
            };
            tokio::select! {
                biased;
                Ok(()) = self.wanted.changed() => self.obey(),
                delivered = taking_over => match delivered {
                    Some(delivered) => {
                        self.take_over();
                        if self.is_news(&delivered) {
                            return Some(delivered);
                        }
                    }
                    None if self.is_over => return None,
                    // That hub ended before it began: stay where we are.
                    None => self.coming = None,
                },
                delivered = going_on => match delivered {
                    Some(delivered) if self.is_news(&delivered) => return Some(delivered),
                    Some(_) => {}
                    None if self.coming.is_some() => self.is_over = true,
                    None => return None,
                },
            }
        }
    }

    fn obey(&mut self) {
        let wanted = self.wanted.borrow_and_update().clone();
        let Feeding {
            hub, paused, kbps, ..
        } = wanted;
        if !self.hub.is(&hub) {
            self.coming = Some(hub.subscribe(self.limits));
            self.hub = hub;
        }
        let pace = match kbps < self.whole_kbps {
            true => Pace::Hurried,
            false => Pace::Patient,
        };
        let was_paused = std::mem::replace(&mut self.paused, paused);
        for subscription in [Some(&mut self.current), self.coming.as_mut()]
            .into_iter()
            .flatten()
        {
            subscription.set_pace(pace);
            match (was_paused, paused) {
                // One that came while paused is suspended here too: what it gathered would be stale.
                (_, true) => subscription.suspend(),
                (true, false) => subscription.resume(),
                (false, false) => {}
            }
        }
    }

    /// What the old subscription still holds is late, or the same moments again.
    fn take_over(&mut self) {
        if let Some(coming) = self.coming.take() {
            self.current.suspend();
            self.before = self.before.plus(self.current.stats().drops);
            self.current = coming;
            self.is_over = false;
        }
    }

    /// Sound that the hub before has brought already is no news.
    fn is_news(&mut self, delivered: &Delivered) -> bool {
        let packet = &delivered.packet;
        if packet.track == Track::Video {
            return true;
        }
        // A large step back is an encoder that began anew, not a repetition.
        const REBUILT_US: i64 = 1_000_000;
        let behind = self.last_sound_us.saturating_sub(packet.dts_us);
        if (0..REBUILT_US).contains(&behind) {
            return false;
        }
        self.last_sound_us = packet.dts_us;
        true
    }

    /// What comes from the hub wanted now, kbit/s.
    pub fn kbps(&self) -> u32 {
        self.wanted.borrow().kbps
    }

    /// Whether it is to get nothing now.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// How long what it gave takes until it has arrived.
    pub fn set_ahead_ms(&mut self, ms: u64) {
        self.current.set_ahead_ms(ms);
    }

    /// As [`Subscription::suspend`].
    pub fn suspend(&mut self) {
        self.current.suspend();
    }

    /// As [`Subscription::resume`], from the hub that is wanted now.
    pub fn resume(&mut self) {
        self.obey();
        if self.coming.is_some() {
            self.take_over();
        }
        match self.paused {
            true => self.current.suspend(),
            false => self.current.resume(),
        }
    }

    /// As [`Subscription::stats`], drops since the feed began.
    pub fn stats(&self) -> SubscriptionStats {
        let stats = self.current.stats();
        SubscriptionStats {
            drops: self.before.plus(stats.drops),
            ..stats
        }
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
