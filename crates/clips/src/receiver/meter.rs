//! From what arrived, and when, to a report. Pure: arrival times and stream times come in.

use std::collections::VecDeque;
use std::time::Duration;

use super::report::{AudioReport, Freezes, ReceiverReport, ReceiverState, VideoReport};

/// Pictures a second are counted over this long: within 1 % at 30 a second, and a change shows
/// before anybody asks.
const RATE_WINDOW: Duration = Duration::from_secs(3);
/// Bits are counted over two groups of pictures of the usual two seconds, since keyframes are
/// several times larger than the rest.
const BITS_WINDOW: Duration = Duration::from_secs(4);
/// The peak shown is that of the last second.
const PEAK_WINDOW: Duration = Duration::from_secs(1);
/// Half a second without a new picture is what a viewer calls frozen.
const FREEZE: Duration = Duration::from_millis(500);
/// Without anything for this long the stream counts as lost: a keyframe interval.
const SILENCE_IS_LOST: Duration = Duration::from_secs(2);
/// Opening a stream reads ahead, so what comes out in the first second says nothing about when
/// it arrived.
const WARM_UP: Duration = Duration::from_secs(1);
/// Keyframe intervals remembered.
const INTERVALS: usize = 5;
/// More pictures than any window holds at 240 a second; older ones go first.
const MOST_REMEMBERED: usize = 1024;

/// One packet as it came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    /// Since the stream opened.
    pub(super) at: Duration,
    /// On the stream's clock, in seconds.
    pub(super) stream_s: f64,
    pub(super) bytes: usize,
}

/// Whether a picture differs from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    New,
    Same,
}

/// What is known of a stream's pictures once it is open.
#[derive(Debug, Clone)]
pub(super) struct VideoShape {
    pub(super) codec: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What is known of a stream's sound once it is open.
#[derive(Debug, Clone)]
pub(super) struct AudioShape {
    pub(super) codec: String,
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
}

/// Measures one publisher's stream.
#[derive(Debug, Default)]
pub(super) struct Meter {
    video: Option<VideoShape>,
    audio: Option<AudioShape>,
    video_packets: VecDeque<Arrived>,
    audio_packets: VecDeque<Arrived>,
    /// Arrival and stream time of decoded pictures.
    pictures: VecDeque<(Duration, f64)>,
    frames: u64,
    last_key: Option<f64>,
    key_intervals: VecDeque<f64>,
    peaks: VecDeque<(Duration, f32)>,
    delays: VecDeque<(Duration, f64)>,
    /// Stream time of the first picture of the present run of equal ones.
    run_started: Option<f64>,
    freezes: Freezes,
    /// The present freeze is already counted.
    frozen: bool,
    broken: u64,
    left: bool,
}

impl Meter {
    pub(super) fn video_opened(&mut self, shape: VideoShape) {
        self.video = Some(shape);
    }

    pub(super) fn audio_opened(&mut self, shape: AudioShape) {
        self.audio = Some(shape);
    }

    /// The size may change in the middle of a stream.
    pub(super) fn picture_size(&mut self, width: u32, height: u32) {
        if let Some(shape) = self.video.as_mut() {
            (shape.width, shape.height) = (width, height);
        }
    }

    pub(super) fn video_packet(&mut self, packet: Arrived, key: bool) {
        if key {
            if let Some(last) = self.last_key
                && packet.stream_s > last
            {
                push_bounded(&mut self.key_intervals, packet.stream_s - last, INTERVALS);
            }
            self.last_key = Some(packet.stream_s);
        }
        push_bounded(&mut self.video_packets, packet, MOST_REMEMBERED);
    }

    pub(super) fn audio_packet(&mut self, packet: Arrived) {
        push_bounded(&mut self.audio_packets, packet, MOST_REMEMBERED);
    }

    pub(super) fn peak(&mut self, at: Duration, peak: f32) {
        push_bounded(&mut self.peaks, (at, peak), MOST_REMEMBERED);
    }

    pub(super) fn broken(&mut self, packets: u64) {
        self.broken += packets;
    }

    pub(super) fn delay(&mut self, at: Duration, delay_s: f64) {
        push_bounded(&mut self.delays, (at, delay_s), MOST_REMEMBERED);
    }

    /// A decoded picture.
    pub(super) fn picture(&mut self, at: Duration, stream_s: f64, seen: Seen) {
        self.frames += 1;
        // The gap before this picture, on whichever clock it was longer. Arrival says nothing
        // while what was read ahead comes out.
        let gap = self
            .pictures
            .back()
            .map_or(Duration::ZERO, |(last_at, last_s)| {
                let arrival = at.saturating_sub(*last_at);
                seconds(stream_s - last_s).max(arrival)
            });
        let run = match (seen, self.run_started) {
            (Seen::Same, Some(started)) => seconds(stream_s - started),
            _ => {
                self.run_started = Some(stream_s);
                Duration::ZERO
            }
        };
        self.froze_for(gap.max(run));
        if seen == Seen::New {
            self.frozen = false;
        }
        push_bounded(&mut self.pictures, (at, stream_s), MOST_REMEMBERED);
    }

    fn froze_for(&mut self, length: Duration) {
        if length <= FREEZE {
            return;
        }
        if !self.frozen {
            self.frozen = true;
            self.freezes.count += 1;
        }
        self.freezes.longest = self.freezes.longest.max(length);
    }

    /// The publisher's connection ended.
    pub(super) fn left(&mut self) {
        self.left = true;
    }

    /// The report at `now` (since the stream opened).
    pub(super) fn report(&mut self, now: Duration, connections: u32) -> ReceiverReport {
        let last_at = self.last_arrival();
        if !self.left
            && let Some((last, _)) = self.pictures.back()
        {
            self.froze_for(now.saturating_sub(*last));
        }
        let silent = now.saturating_sub(last_at) > SILENCE_IS_LOST;
        let state = if self.left || silent {
            ReceiverState::Lost
        } else {
            ReceiverState::Receiving
        };
        let lost = state == ReceiverState::Lost;
        let video = self.video.as_ref().map(|shape| VideoReport {
            codec: shape.codec.clone(),
            width: shape.width,
            height: shape.height,
            fps: if lost { 0.0 } else { self.fps(now) },
            kbps: if lost {
                0
            } else {
                kbps(&self.video_packets, now)
            },
            keyframe_interval: self
                .key_intervals
                .iter()
                .copied()
                .reduce(f64::max)
                .map(seconds),
            frames: self.frames,
            still_for: self.still_for(now),
        });
        let audio = self.audio.as_ref().map(|shape| AudioReport {
            codec: shape.codec.clone(),
            sample_rate: shape.sample_rate,
            channels: shape.channels,
            kbps: if lost {
                0
            } else {
                kbps(&self.audio_packets, now)
            },
            peak_dbfs: self.peak_dbfs(now),
        });
        ReceiverReport {
            state,
            connections,
            receiving_for: if self.left { Duration::ZERO } else { now },
            video,
            audio,
            freezes: self.freezes,
            delay_ms: self.delay_ms(now),
            a_v_offset_ms: self.a_v_offset_ms(now),
            broken_packets: self.broken,
        }
    }

    fn last_arrival(&self) -> Duration {
        let video = self.video_packets.back().map(|packet| packet.at);
        let audio = self.audio_packets.back().map(|packet| packet.at);
        video
            .into_iter()
            .chain(audio)
            .max()
            .unwrap_or(Duration::ZERO)
    }

    fn fps(&self, now: Duration) -> f64 {
        let since = now.saturating_sub(RATE_WINDOW);
        let mut recent = self.pictures.iter().filter(|(at, _)| *at >= since);
        let Some((first_at, first_s)) = recent.next().copied() else {
            return 0.0;
        };
        let (count, last_at, last_s) = recent
            .fold((0_u32, first_at, first_s), |(count, _, _), (at, s)| {
                (count + 1, *at, *s)
            });
        let span = if now.saturating_sub(last_at) > FREEZE {
            // Nothing has come for a while: the missing pictures count.
            now.saturating_sub(first_at).as_secs_f64()
        } else {
            last_s - first_s
        };
        if span > 0.0 {
            f64::from(count) / span
        } else {
            0.0
        }
    }

    fn still_for(&self, now: Duration) -> Duration {
        let Some((last_at, last_s)) = self.pictures.back() else {
            return Duration::ZERO;
        };
        let run = self
            .run_started
            .map_or(Duration::ZERO, |started| seconds(last_s - started));
        let silent = now.saturating_sub(*last_at);
        run + if silent > FREEZE {
            silent
        } else {
            Duration::ZERO
        }
    }

    fn peak_dbfs(&self, now: Duration) -> f32 {
        let since = now.saturating_sub(PEAK_WINDOW);
        let recent = self.peaks.iter().filter(|(at, _)| *at >= since);
        let peak = recent.map(|(_, peak)| *peak).fold(0.0, f32::max);
        (20.0 * peak.max(1e-9).log10()).max(AudioReport::SILENCE_DBFS)
    }

    fn delay_ms(&self, now: Duration) -> Option<i64> {
        let since = now.saturating_sub(PEAK_WINDOW).max(WARM_UP);
        let recent = self.delays.iter().filter(|(at, _)| *at >= since);
        mean(recent.map(|(_, delay)| *delay)).map(|delay| (delay * 1000.0).round() as i64)
    }

    fn a_v_offset_ms(&self, now: Duration) -> Option<i64> {
        let since = now.saturating_sub(BITS_WINDOW).max(WARM_UP);
        let lag = |packets: &VecDeque<Arrived>| {
            let recent = packets.iter().filter(|packet| packet.at >= since);
            mean(recent.map(|packet| packet.at.as_secs_f64() - packet.stream_s))
        };
        let offset = lag(&self.audio_packets)? - lag(&self.video_packets)?;
        Some((offset * 1000.0).round() as i64)
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(item);
}

fn seconds(value: f64) -> Duration {
    crate::decode::duration(value)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn kbps(packets: &VecDeque<Arrived>, now: Duration) -> u32 {
    let since = now.saturating_sub(BITS_WINDOW);
    let mut recent = packets.iter().filter(|packet| packet.at >= since);
    let Some(first) = recent.next() else { return 0 };
    // The last packet's own time is not over yet, so its bits stand in for the first one's.
    let (bytes, last_s) = recent.fold((0, first.stream_s), |(bytes, last), packet| {
        (bytes + packet.bytes, packet.stream_s.max(last))
    });
    let span = last_s - first.stream_s;
    if span <= 0.0 {
        return 0;
    }
    (bytes as f64 * 8.0 / 1000.0 / span).round() as u32
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
