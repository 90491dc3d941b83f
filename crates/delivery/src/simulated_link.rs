//! A simulated uplink for tests: one token bucket with a queue before it, which several TCP connections share. Packets
//! that find the queue full are lost and sent again; what the kernel has not got acknowledged is told as SIOCOUTQ does.

use std::collections::VecDeque;

/// Payload of a full segment, and what Ethernet, IP and TCP add to it.
const SEGMENT: u32 = 1_448;
const HEADS: u32 = 66;
/// What a socket holds before it takes no more.
const SEND_BUFFER: u64 = 120_000;
/// A connection begins with ten segments (RFC 6928), and so does one whose timer ran out with one.
const FIRST_WINDOW: f64 = 10.0 * SEGMENT as f64;
/// What a loss leaves of the window (RFC 9438).
const AFTER_LOSS: f64 = 0.7;
const LEAST_TIMER_MS: u64 = 200;
/// Before a round trip was measured (RFC 6298).
const FIRST_TIMER_MS: u64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Waits,
    Flies { sent_ms: u64 },
    Arrived,
    Lost,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    bytes: u32,
    fate: Fate,
}

/// One connection.
#[derive(Debug)]
pub struct Tcp {
    /// Number of the first segment kept.
    first: u64,
    segments: VecDeque<Segment>,
    /// What may wait unsent.
    pub unsent_low: u64,
    accepted: u64,
    acknowledged: u64,
    window: f64,
    threshold: f64,
    window_at_loss: f64,
    lost_ms: u64,
    /// A loss among segments before this one has been answered.
    recovers_until: u64,
    last_news_ms: u64,
    timer_doublings: u32,
    /// The last measured round trip, the queue's part included.
    round_trip_ms: u64,
}

impl Tcp {
    fn new(now_ms: u64) -> Self {
        Self {
            first: 0,
            segments: VecDeque::new(),
            unsent_low: 16 * 1024,
            accepted: 0,
            acknowledged: 0,
            window: FIRST_WINDOW,
            threshold: f64::INFINITY,
            window_at_loss: 0.0,
            lost_ms: 0,
            recovers_until: 0,
            last_news_ms: now_ms,
            timer_doublings: 0,
            round_trip_ms: FIRST_TIMER_MS - LEAST_TIMER_MS,
        }
    }

    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Everything before it has arrived.
    pub fn in_order(&self) -> u64 {
        self.acknowledged
    }

    /// Without what the other side holds already and waits for something before it.
    pub fn unacknowledged(&self) -> u64 {
        self.accepted - self.acknowledged - self.sum(|fate| fate == Fate::Arrived)
    }

    fn sum(&self, of: impl Fn(Fate) -> bool) -> u64 {
        let those = self.segments.iter().filter(|s| of(s.fate));
        those.map(|s| u64::from(s.bytes)).sum()
    }

    /// Takes a write whole or not at all.
    pub fn write(&mut self, bytes: usize) -> bool {
        let unsent = self.sum(|fate| fate == Fate::Waits);
        if unsent >= self.unsent_low || self.accepted - self.acknowledged >= SEND_BUFFER {
            return false;
        }
        let mut left = bytes as u32;
        while left > 0 {
            let take = left.min(SEGMENT);
            let (bytes, fate) = (take, Fate::Waits);
            self.segments.push_back(Segment { bytes, fate });
            left -= take;
        }
        self.accepted += bytes as u64;
        true
    }

    fn hear(&mut self, number: u64, now_ms: u64) {
        self.last_news_ms = now_ms;
        self.timer_doublings = 0;
        let Some(at) = number.checked_sub(self.first).map(|n| n as usize) else {
            return;
        };
        let limited = self.sum(|f| matches!(f, Fate::Flies { .. })) as f64 >= self.window * 0.5;
        let Some(segment) = self.segments.get_mut(at) else {
            return;
        };
        let Fate::Flies { sent_ms: sent } = segment.fate else {
            segment.fate = Fate::Arrived;
            return;
        };
        segment.fate = Fate::Arrived;
        self.round_trip_ms = now_ms - sent;
        let bytes = f64::from(segment.bytes);
        // What was sent before it and has not arrived is lost (RFC 8985): this queue keeps the order.
        for i in 0..self.segments.len() {
            if matches!(self.segments[i].fate, Fate::Flies { sent_ms } if sent_ms + 1 < sent) {
                self.lose(i, now_ms);
            }
        }
        if limited && self.first >= self.recovers_until {
            self.window += match self.window < self.threshold {
                true => bytes,
                false => self.growth(bytes, now_ms),
            };
        }
        while self
            .segments
            .front()
            .is_some_and(|s| s.fate == Fate::Arrived)
        {
            let gone = self.segments.pop_front().unwrap();
            self.acknowledged += u64::from(gone.bytes);
            self.first += 1;
        }
    }

    /// CUBIC's (RFC 9438 section 4), at least Reno's.
    fn growth(&self, bytes: f64, now_ms: u64) -> f64 {
        let full = f64::from(SEGMENT);
        let back_after = (self.window_at_loss / full * (1.0 - AFTER_LOSS) / 0.4).cbrt();
        let t = now_ms.saturating_sub(self.lost_ms) as f64 / 1000.0 - back_after;
        let aim = 0.4 * t.powi(3) * full + self.window_at_loss;
        let cubic = (aim - self.window).max(0.0) * bytes / self.window;
        cubic.min(bytes / 2.0).max(full * bytes / self.window)
    }

    fn lose(&mut self, index: usize, now_ms: u64) {
        self.segments[index].fate = Fate::Lost;
        let number = self.first + index as u64;
        if number >= self.recovers_until {
            self.recovers_until = self.first + self.segments.len() as u64;
            (self.window_at_loss, self.lost_ms) = (self.window, now_ms);
            self.window = (self.window * AFTER_LOSS).max(2.0 * f64::from(SEGMENT));
            self.threshold = self.window;
        }
    }

    fn next_to_send(&self) -> Option<usize> {
        let flying = self.sum(|f| matches!(f, Fate::Flies { .. }));
        if flying as f64 + f64::from(SEGMENT) > self.window {
            return None;
        }
        let lost = self.segments.iter().position(|s| s.fate == Fate::Lost);
        lost.or_else(|| self.segments.iter().position(|s| s.fate == Fate::Waits))
    }

    fn timer(&mut self, now_ms: u64) {
        let oldest = self.segments.front().map(|s| s.fate);
        let Some(Fate::Flies { sent_ms }) = oldest else {
            return;
        };
        let wait = (LEAST_TIMER_MS + self.round_trip_ms) << self.timer_doublings.min(6);
        if now_ms.saturating_sub(sent_ms.max(self.last_news_ms)) >= wait {
            self.timer_doublings += 1;
            for segment in &mut self.segments {
                if matches!(segment.fate, Fate::Flies { .. }) {
                    segment.fate = Fate::Lost;
                }
            }
            (self.window_at_loss, self.lost_ms) = (self.window, now_ms);
            self.threshold = (self.window / 2.0).max(2.0 * f64::from(SEGMENT));
            self.window = f64::from(SEGMENT);
            self.recovers_until = self.first + self.segments.len() as u64;
        }
    }
}

/// The bucket and its connections.
#[derive(Debug)]
pub struct SimulatedLink {
    pub connections: Vec<Option<Tcp>>,
    queue: VecDeque<(usize, u64, u64, u32)>,
    queue_bytes: u64,
    queue_ms: u64,
    tokens: f64,
    back: VecDeque<(u64, usize, u64, u64)>,
    round_trip_ms: u64,
    /// Counts connections, so that what was sent on an old one is not heard by the next.
    made: Vec<u64>,
}

impl SimulatedLink {
    /// `queue_ms`: what the bucket's queue holds at its rate.
    pub fn new(connections: usize, round_trip_ms: u64, queue_ms: u64) -> Self {
        Self {
            connections: (0..connections).map(|_| Some(Tcp::new(0))).collect(),
            queue: VecDeque::new(),
            queue_bytes: 0,
            queue_ms,
            tokens: 0.0,
            back: VecDeque::new(),
            round_trip_ms,
            made: vec![0; connections],
        }
    }

    pub fn cut(&mut self, connection: usize) {
        self.connections[connection] = None;
        self.made[connection] += 1;
    }

    pub fn connect(&mut self, connection: usize, now_ms: u64) {
        self.connections[connection] = Some(Tcp::new(now_ms));
    }

    /// One millisecond at so many kbit/s; 0 is a cable pulled out, which loses what is sent.
    pub fn step(&mut self, now_ms: u64, kbps: u32) {
        while self.back.front().is_some_and(|(at, ..)| *at <= now_ms) {
            let (_, n, made, number) = self.back.pop_front().unwrap();
            if let Some(tcp) = self.connections[n]
                .as_mut()
                .filter(|_| self.made[n] == made)
            {
                tcp.hear(number, now_ms);
            }
        }
        let bytes_per_ms = f64::from(kbps) / 8.0;
        let burst = (f64::from(kbps) * 125.0 / 20.0).max(3_000.0);
        let holds = (bytes_per_ms * self.queue_ms as f64 + burst) as u64;
        if kbps == 0 {
            (self.queue_bytes, self.tokens) = (0, 0.0);
            self.queue.clear();
        }
        // One segment of each in turn.
        let mut sent = true;
        while sent {
            sent = false;
            for n in 0..self.connections.len() {
                let Some(tcp) = self.connections[n].as_mut() else {
                    continue;
                };
                let Some(index) = tcp.next_to_send() else {
                    continue;
                };
                sent = true;
                let segment = &mut tcp.segments[index];
                segment.fate = Fate::Flies { sent_ms: now_ms };
                let whole = u64::from(segment.bytes + HEADS);
                if kbps > 0 && self.queue_bytes + whole <= holds {
                    self.queue_bytes += whole;
                    let number = tcp.first + index as u64;
                    self.queue
                        .push_back((n, self.made[n], number, segment.bytes + HEADS));
                }
            }
        }
        for tcp in self.connections.iter_mut().flatten() {
            tcp.timer(now_ms);
        }
        self.tokens = (self.tokens + bytes_per_ms).min(burst);
        while let Some((n, made, number, whole)) = self.queue.front().copied() {
            if self.tokens < f64::from(whole) {
                break;
            }
            self.tokens -= f64::from(whole);
            self.queue_bytes -= u64::from(whole);
            self.queue.pop_front();
            self.back
                .push_back((now_ms + self.round_trip_ms, n, made, number));
        }
    }
}
