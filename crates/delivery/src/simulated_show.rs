//! simulated_show owns a show over a simulated link, on a clock of the test's own: real queues, the real estimator and
//! budget, two destinations.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::budget::Budget;
use crate::link::unsent_bytes;
use crate::packet::{AudioFormat, Packet, StreamFormat, Track, VideoCodec, VideoFormat};
use crate::plan::{BudgetLimits, Member};
use crate::publisher::QUEUE;
use crate::queue::{GroupQueue, Pace, Queued};
use crate::simulated_link::{SimulatedLink, Tcp};
use crate::under_way::UnderWay;
use crate::uplink::{LinkSample, LinkWatch};

const NOMINAL_VIDEO: f64 = 2_500.0;
const FLOOR_VIDEO: f64 = 220.0;
const SOUND: f64 = 128.0;
const OVERHEAD: f64 = 1.02;
/// What really comes on top of the payload: chunk heads.
const CHUNKS: f64 = 1.006;
/// A keyframe holds so many milliseconds of the stream (x264 in `pass=cbr` with a second of VBV).
const KEYFRAME_MS: f64 = 250.0;
/// An encoder follows a new bitrate within about so much.
const ENCODER_MS: f64 = 300.0;
/// Silence after which a connection is given up.
const GIVEN_UP_MS: u64 = 3_000;
/// The time until the next connection where the link is there.
const AGAIN_MS: u64 = 500;

/// Of what varies from 0.7 to 1.3, what is above it: three in a hundred.
const STANDS_STILL: f64 = 1.28;

/// What differs from show to show on the same link.
#[derive(Debug, Clone, Copy)]
pub struct Luck {
    /// Of the sizes of pictures.
    pub seed: u32,
    /// The time until the next connection of each after the cable is back.
    pub back_after_ms: [u64; 2],
    /// Whether a loaded machine keeps those who watch the links from their work for up to 0.3 s now and then.
    pub stands_still: bool,
}

impl Default for Luck {
    fn default() -> Self {
        Self {
            seed: 1,
            back_after_ms: [3_000; 2],
            stands_still: false,
        }
    }
}

fn whole(video: f64) -> u32 {
    ((video + SOUND) * OVERHEAD).ceil() as u32
}

/// A connection's bytes in order: where each packet ends, and its time.
pub struct Way {
    queue: GroupQueue,
    out: Option<Packet>,
    ends: VecDeque<(u64, i64, bool)>,
    under_way: UnderWay,
    /// Connections begun anew because what was under way came too late.
    pub resets: usize,
    watch: LinkWatch,
    began_ms: u64,
    silent_ms: u64,
    last_acknowledged: u64,
    pub received: u64,
    last_unacknowledged: u64,
    pub worst_delay_ms: i64,
    has_low: bool,
    too_late: bool,
    back_at_ms: Option<u64>,
}

pub struct World {
    link: SimulatedLink,
    pub ways: Vec<Way>,
    budget: Budget,
    pub now_ms: u64,
    video_kbps: f64,
    random: u32,
    format: Arc<StreamFormat>,
    /// When the plan changed.
    pub changes: Vec<u64>,
    apart: bool,
    luck: Luck,
    /// Until when the machine stands still.
    stands_until_ms: u64,
}

static ZEROES: [u8; 400_000] = [0; 400_000];

impl World {
    pub fn new(round_trip_ms: u64, queue_ms: u64, luck: Luck) -> Self {
        let format = Arc::new(StreamFormat {
            video: VideoFormat {
                codec: VideoCodec::H264,
                codec_config: Bytes::new(),
                width: 1280,
                height: 720,
                fps: 30,
                kbps: 2_500,
            },
            audio: AudioFormat {
                codec_config: Bytes::new(),
                sample_rate: 48_000,
                channels: 2,
                kbps: 128,
            },
        });
        let ways = (0..2).map(|_| Way {
            queue: GroupQueue::new(QUEUE),
            out: None,
            ends: VecDeque::new(),
            under_way: UnderWay::default(),
            resets: 0,
            watch: LinkWatch::default(),
            began_ms: 0,
            silent_ms: 0,
            last_acknowledged: 0,
            received: 0,
            last_unacknowledged: 0,
            worst_delay_ms: 0,
            has_low: false,
            too_late: false,
            back_at_ms: None,
        });
        Self {
            link: SimulatedLink::new(2, round_trip_ms, queue_ms),
            ways: ways.collect(),
            budget: Budget::new(BudgetLimits {
                nominal_kbps: whole(NOMINAL_VIDEO),
                floor_kbps: whole(FLOOR_VIDEO),
            }),
            now_ms: 0,
            video_kbps: NOMINAL_VIDEO,
            random: luck.seed,
            format,
            changes: Vec::new(),
            apart: false,
            luck,
            stands_until_ms: 0,
        }
    }

    /// From 0.7 to 1.3.
    fn vary(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        0.7 + 0.6 * f64::from(self.random >> 8) / f64::from(1 << 24)
    }

    fn encode(&mut self) {
        let asked = f64::from(self.budget.plan().kbps) / OVERHEAD - SOUND;
        self.video_kbps += (asked - self.video_kbps) / ENCODER_MS;
        let frame = self.now_ms * 30 / 1000;
        if self.now_ms > 0 && (self.now_ms - 1) * 30 / 1000 != frame {
            let is_key = frame.is_multiple_of(60);
            let vary = self.vary();
            for n in 0..2 {
                // Until its next keyframe a destination is sent what it was.
                if self.apart && is_key && !self.ways[n].has_low {
                    self.ways[n].has_low = true;
                    self.ways[n].queue.suspend();
                    self.ways[n].queue.resume();
                }
                let kbps = match self.ways[n].has_low {
                    true => self.video_kbps,
                    false => NOMINAL_VIDEO,
                };
                let ms = match is_key {
                    true => KEYFRAME_MS,
                    false => (2_000.0 - KEYFRAME_MS) / 59.0 * vary,
                };
                self.push(n, Track::Video, is_key, (kbps * ms / 8.0 * CHUNKS) as usize);
            }
        }
        if self.now_ms.is_multiple_of(21) {
            for n in 0..2 {
                self.push(
                    n,
                    Track::Audio,
                    false,
                    (SOUND * 21.0 / 8.0 * CHUNKS) as usize + 12,
                );
            }
        }
    }

    fn push(&mut self, n: usize, track: Track, keyframe: bool, bytes: usize) {
        let us = self.now_ms as i64 * 1000;
        let data = Bytes::from_static(&ZEROES[..bytes.min(ZEROES.len())]);
        let packet = Packet {
            track,
            pts_us: us,
            dts_us: us,
            keyframe,
            data,
        };
        let format = Arc::clone(&self.format);
        self.ways[n].queue.push(Queued { packet, format });
    }

    pub fn pass(&mut self, ms: u64, kbps: u32) {
        for _ in 0..ms {
            self.step(kbps);
        }
    }

    fn step(&mut self, kbps: u32) {
        self.now_ms += 1;
        self.encode();
        let now = self.now_ms;
        for (n, back_after_ms) in self.luck.back_after_ms.into_iter().enumerate() {
            let way = &mut self.ways[n];
            let Some(tcp) = self.link.connections[n].as_mut() else {
                match way.back_at_ms {
                    Some(at) if now >= at && kbps > 0 => {
                        way.back_at_ms = None;
                        way.too_late = false;
                        way.watch = LinkWatch::default();
                        (way.began_ms, way.silent_ms) = (now, 0);
                        (way.last_unacknowledged, way.last_acknowledged) = (0, 0);
                        way.ends.clear();
                        way.under_way = UnderWay::default();
                        if self.budget.plan().paused.contains(&n.to_string()) {
                            way.queue.suspend();
                        } else {
                            way.queue.resume();
                        }
                        self.link.connect(n, now);
                    }
                    None if kbps > 0 => way.back_at_ms = Some(now + back_after_ms),
                    _ => {}
                }
                continue;
            };
            loop {
                if way.out.is_none() {
                    way.out = way.queue.pop().map(|queued| queued.packet);
                }
                let Some(packet) = &way.out else { break };
                if !tcp.write(packet.data.len()) {
                    break;
                }
                let late = now as i64 - packet.dts_us / 1000;
                way.under_way.put(
                    tcp.accepted(),
                    Duration::from_millis(now - way.began_ms),
                    Duration::from_millis(late as u64),
                );
                way.ends.push_back((
                    tcp.accepted(),
                    packet.dts_us / 1000,
                    packet.track == Track::Video,
                ));
                way.out = None;
            }
        }
        self.link.step(now, kbps);
        for n in 0..2 {
            let way = &mut self.ways[n];
            let Some(tcp) = self.link.connections[n].as_ref() else {
                continue;
            };
            let acknowledged = tcp.in_order();
            way.received += acknowledged - way.last_acknowledged;
            let moved = acknowledged != way.last_acknowledged || tcp.unacknowledged() == 0;
            way.silent_ms = if moved { 0 } else { way.silent_ms + 1 };
            way.last_acknowledged = acknowledged;
            while way
                .ends
                .front()
                .is_some_and(|(end, ..)| *end <= acknowledged)
            {
                let (_, dts_ms, is_video) = way.ends.pop_front().unwrap();
                if is_video {
                    way.worst_delay_ms = way.worst_delay_ms.max(now as i64 - dts_ms);
                }
            }
            let too_late = std::mem::take(&mut way.too_late);
            if way.silent_ms >= GIVEN_UP_MS || too_late {
                // On a link that is there, a new connection takes some round trips.
                way.back_at_ms = too_late.then_some(now + AGAIN_MS);
                way.resets += usize::from(too_late && kbps > 0);
                self.link.cut(n);
                way.out = None;
                way.queue.suspend();
                continue;
            }
            if now % 25 == n as u64 && now >= self.stands_until_ms {
                let kbps = self.budget.plan().kbps;
                let sample = Self::sample(way, tcp, now);
                way.watch.glance(sample, kbps);
            }
        }
        if self.luck.stands_still && now.is_multiple_of(100) && self.vary() > STANDS_STILL {
            self.stands_until_ms = now + (500.0 * (self.vary() - 0.7)) as u64;
        }
        if now.is_multiple_of(200) {
            self.look();
        }
    }

    fn sample(way: &Way, tcp: &Tcp, now: u64) -> LinkSample {
        LinkSample {
            at: Duration::from_millis(now - way.began_ms),
            accepted_bytes: tcp.accepted(),
            kernel_bytes: Some(tcp.unacknowledged()),
            queued_bytes: (way.queue.bytes() + way.out.as_ref().map_or(0, |p| p.data.len())) as u64,
        }
    }

    fn look(&mut self) {
        let now = self.now_ms;
        let plan = self.budget.plan().clone();
        let mut members = Vec::new();
        for (n, way) in self.ways.iter_mut().enumerate() {
            let id = n.to_string();
            let link = self.link.connections[n].as_mut().map(|tcp| {
                let sample = Self::sample(way, tcp, now);
                let view = way.watch.look(sample, plan.kbps);
                let ahead_ms = way.watch.ahead_ms(&sample, plan.kbps);
                way.queue.set_ahead_ms(ahead_ms);
                let ahead = Duration::from_millis(ahead_ms);
                way.too_late = way.under_way.is_too_late(sample.at, tcp.in_order(), ahead);
                tcp.unsent_low = u64::from(unsent_bytes(view.least_kbps(plan.kbps)));
                view
            });
            let link = link.filter(|_| !plan.paused.contains(&id));
            members.push(Member {
                id,
                priority: n as u32,
                link,
            });
        }
        if !self.apart
            && members
                .iter()
                .any(|m| m.link.is_some_and(|l| l.is_congested))
        {
            self.apart = true;
        }
        if !self.apart {
            return;
        }
        let next = self
            .budget
            .decide(Duration::from_millis(now), &members)
            .clone();
        if next != plan {
            self.changes.push(now);
            for (n, way) in self.ways.iter_mut().enumerate() {
                way.queue.set_pace(Pace::Hurried);
                let id = n.to_string();
                match (plan.paused.contains(&id), next.paused.contains(&id)) {
                    (false, true) => way.queue.suspend(),
                    (true, false) if self.link.connections[n].is_some() => way.queue.resume(),
                    _ => {}
                }
            }
        }
    }
}
