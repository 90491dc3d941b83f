//! hub owns the one-to-many hand-over: one publisher, one bounded queue per consumer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::packet::{Packet, StreamFormat};
use crate::queue::{DropCounts, GroupQueue, Pace, QueueLimits, Queued};

/// The hand-over point between the encoder and everybody who wants its packets.
///
/// Clones are the same hub. [`Hub::publish`] may be called from a real-time thread: it takes two
/// short locks that no one holds while waiting or doing I/O, and each queue it writes to is
/// bounded (policy: oldest whole groups of pictures go first).
#[derive(Debug, Clone, Default)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    format: Option<Arc<StreamFormat>>,
    consumers: Vec<Arc<Consumer>>,
    closed: bool,
}

#[derive(Debug)]
struct Consumer {
    queue: Mutex<GroupQueue>,
    wake: Notify,
    /// No more packets will come; what is queued is still handed out.
    ended: AtomicBool,
    /// The subscription was dropped; the hub forgets it at the next publish.
    gone: AtomicBool,
}

/// A packet as a consumer gets it.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The packet.
    pub packet: Packet,
    /// The format that applies to this packet.
    pub format: Arc<StreamFormat>,
    /// True on the first packet of a subscription and whenever a decoder of the packet before
    /// would need a new set-up (not for a change of nominal rates): send or write the codec
    /// configurations again before this packet.
    pub format_changed: bool,
}

/// Figures of one subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubscriptionStats {
    /// Packets waiting.
    pub queued_packets: usize,
    /// Payload bytes waiting.
    pub queued_bytes: usize,
    /// Newest minus oldest waiting decoding time, in milliseconds.
    pub backlog_ms: u64,
    /// What was dropped since the subscription began.
    pub drops: DropCounts,
}

/// Locks without caring for poison: a panic elsewhere must not take the stream down, and every
/// critical section here leaves its data consistent at each step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub without format and consumers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether both are the same hub.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Says what the packets from now on are. Packets published before the first call are let go.
    pub fn set_format(&self, format: StreamFormat) {
        let mut inner = lock(&self.shared.inner);
        if inner.format.as_deref() != Some(&format) {
            inner.format = Some(Arc::new(format));
        }
    }

    /// The format in force.
    pub fn format(&self) -> Option<Arc<StreamFormat>> {
        lock(&self.shared.inner).format.clone()
    }

    /// Nominal rate of the format in force, picture and sound, kbit/s; 0 before the first.
    pub fn kbps(&self) -> u32 {
        self.format()
            .map_or(0, |f| f.video.kbps.saturating_add(f.audio.kbps))
    }

    /// Hands a packet to every consumer. Never waits for one of them.
    pub fn publish(&self, packet: Packet) {
        let mut inner = lock(&self.shared.inner);
        if inner.closed {
            return;
        }
        let Some(format) = inner.format.clone() else {
            return;
        };
        inner
            .consumers
            .retain(|consumer| !consumer.gone.load(Ordering::Acquire));
        for consumer in &inner.consumers {
            lock(&consumer.queue).push(Queued {
                packet: packet.clone(),
                format: Arc::clone(&format),
            });
            consumer.wake.notify_one();
        }
    }

    /// A new consumer with its own queue. It starts on the next keyframe.
    pub fn subscribe(&self, limits: QueueLimits) -> Subscription {
        let mut inner = lock(&self.shared.inner);
        let consumer = Arc::new(Consumer {
            queue: Mutex::new(GroupQueue::new(limits)),
            wake: Notify::new(),
            ended: AtomicBool::new(inner.closed),
            gone: AtomicBool::new(false),
        });
        if !inner.closed {
            inner.consumers.push(Arc::clone(&consumer));
        }
        Subscription {
            consumer,
            last_format: None,
        }
    }

    /// No packet will follow: consumers get what is queued, then the end.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl Shared {
    fn close(&self) {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        for consumer in inner.consumers.drain(..) {
            consumer.ended.store(true, Ordering::Release);
            consumer.wake.notify_one();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

/// One consumer's end of the hub. Dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    consumer: Arc<Consumer>,
    last_format: Option<Arc<StreamFormat>>,
}

impl Subscription {
    /// The next packet, waiting for it; `None` when the hub was closed (or its last clone
    /// dropped) and the queue is empty. Safe to cancel: a packet is taken only when it is
    /// returned.
    pub async fn next(&mut self) -> Option<Delivered> {
        loop {
            // Read before the queue: a packet pushed before the end must not be missed.
            let ended = self.is_ended();
            if let Some(delivered) = self.try_next() {
                return Some(delivered);
            }
            if ended {
                return None;
            }
            self.consumer.wake.notified().await;
        }
    }

    /// The next packet if one is waiting. Never blocks.
    pub fn try_next(&mut self) -> Option<Delivered> {
        let Queued { packet, format } = lock(&self.consumer.queue).pop()?;
        let same = self
            .last_format
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, &format) || last.decodes_like(&format));
        self.last_format = Some(Arc::clone(&format));
        let format_changed = !same;
        Some(Delivered {
            packet,
            format,
            format_changed,
        })
    }

    /// True when no packet will be added any more.
    pub fn is_ended(&self) -> bool {
        self.consumer.ended.load(Ordering::Acquire)
    }

    /// Drops what is queued and everything that comes (counted) until [`Subscription::resume`].
    /// For a consumer that is disconnected: it costs no memory meanwhile.
    pub fn suspend(&mut self) {
        lock(&self.consumer.queue).suspend();
    }

    /// Begins again at the next keyframe, with `format_changed` set on its first packet.
    pub fn resume(&mut self) {
        lock(&self.consumer.queue).resume();
        self.last_format = None;
    }

    /// How it comes back to now from now on.
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        lock(&self.consumer.queue).set_pace(pace);
    }

    /// How long what it gave takes until it has arrived.
    pub(crate) fn set_ahead_ms(&mut self, ms: u64) {
        lock(&self.consumer.queue).set_ahead_ms(ms);
    }

    /// The figures of now.
    pub fn stats(&self) -> SubscriptionStats {
        let queue = lock(&self.consumer.queue);
        SubscriptionStats {
            queued_packets: queue.packets(),
            queued_bytes: queue.bytes(),
            backlog_ms: queue.span_ms(),
            drops: queue.drops(),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.consumer.gone.store(true, Ordering::Release);
        // The memory goes now; the empty shell goes at the next publish.
        lock(&self.consumer.queue).suspend();
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
