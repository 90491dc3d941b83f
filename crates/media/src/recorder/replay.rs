//! Owns the replay buffer: the last seconds of the show in memory, saved while everything goes on.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::options::Recording;
use super::parts::Failed;
use super::writer::Writer;
use crate::error::MediaError;
use crate::program::{EncodedPacket, StreamConfig, Track};

/// The newest packets, from a keyframe on. Packets share their bytes with whoever else holds them.
///
/// Policy when full, in time or bytes: the oldest group of pictures goes. It then holds at least
/// `span`, and at most one group more, unless `max_bytes` allows less.
#[derive(Debug)]
pub struct ReplayBuffer {
    span_us: i64,
    max_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    config: Option<Arc<StreamConfig>>,
    packets: VecDeque<EncodedPacket>,
    bytes: usize,
}

impl ReplayBuffer {
    /// An empty buffer for the last `span`, in at most `max_bytes` of packets. 30 s at 6 Mbit/s
    /// are 23 MB.
    #[must_use]
    pub fn new(span: Duration, max_bytes: usize) -> Self {
        Self {
            span_us: i64::try_from(span.as_micros()).unwrap_or(i64::MAX),
            max_bytes,
            state: Mutex::default(),
        }
    }

    /// What the packets from now on are decoded with. A change empties the buffer: one file cannot
    /// hold both.
    pub fn set_config(&self, config: Arc<StreamConfig>) {
        let mut state = self.lock();
        if state.config.as_ref() != Some(&config) {
            state.packets.clear();
            state.bytes = 0;
            state.config = Some(config);
        }
    }

    /// Adds a packet. Never waits for a disk.
    pub fn push(&self, packet: &EncodedPacket) {
        let mut state = self.lock();
        if state.packets.is_empty() && !is_entry(packet) {
            return;
        }
        state.bytes += packet.data.len();
        state.packets.push_back(packet.clone());
        while let Some(second) = state.second_entry() {
            let covered = packet.pts_us - state.packets[second].pts_us >= self.span_us;
            if !covered && state.bytes <= self.max_bytes {
                break;
            }
            let gone: usize = state.packets.drain(..second).map(|p| p.data.len()).sum();
            state.bytes -= gone;
        }
        if state.bytes > self.max_bytes {
            // A single group that is too large: without its beginning it is worth nothing.
            state.packets.clear();
            state.bytes = 0;
        }
    }

    /// Lets everything go.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.packets = VecDeque::new();
        state.bytes = 0;
        state.config = None;
    }

    /// Time from the first picture held to the newest.
    #[must_use]
    pub fn held(&self) -> Duration {
        let state = self.lock();
        let length = match (state.packets.front(), state.packets.back()) {
            (Some(first), Some(last)) => last.pts_us - first.pts_us,
            _ => 0,
        };
        Duration::from_micros(u64::try_from(length).unwrap_or(0))
    }

    /// Bytes of the packets held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Writes what is held now into a new plain MP4 at `path`. Blocks for the disk, not for or
    /// against those who push.
    ///
    /// # Errors
    /// [`MediaError::EndOfStream`] when nothing is held yet, [`MediaError::File`] when the file
    /// exists or cannot be written; no half file is left then.
    pub fn save(&self, path: &Path) -> Result<Recording, MediaError> {
        let (config, packets) = {
            let state = self.lock();
            (state.config.clone(), state.packets.clone())
        };
        let (Some(config), Some(first)) = (config, packets.front()) else {
            return Err(MediaError::EndOfStream);
        };
        let failed = |error| {
            Failed {
                path: path.to_owned(),
                error,
            }
            .to_error()
        };
        let first_pts_us = first.pts_us;
        let mut end_us = first_pts_us;
        let mut writer = Writer::create(path, &config, None, Arc::default()).map_err(failed)?;
        let written = packets
            .into_iter()
            .try_for_each(|packet| {
                // Sound from before the first picture has no place in the file.
                let Ok(at_us) = u64::try_from(packet.pts_us - first_pts_us) else {
                    return Ok(());
                };
                if packet.track == Track::Video {
                    end_us = packet.pts_us + packet.duration_us.max(0);
                }
                writer.push(packet, at_us)
            })
            .and_then(|()| writer.finish(&[]));
        match written {
            Ok(bytes) => Ok(Recording {
                path: path.to_owned(),
                part: 1,
                bytes,
                first_pts_us,
                duration: Duration::from_micros(u64::try_from(end_us - first_pts_us).unwrap_or(0)),
                dropped: 0,
            }),
            Err(error) => {
                if let Err(error) = std::fs::remove_file(path) {
                    tracing::debug!(%error, "half a replay is left");
                }
                Err(failed(error))
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Where the second group of pictures begins.
    fn second_entry(&self) -> Option<usize> {
        let mut entries = self.packets.iter().enumerate().skip(1);
        entries.find(|(_, p)| is_entry(p)).map(|(index, _)| index)
    }
}

fn is_entry(packet: &EncodedPacket) -> bool {
    packet.track == Track::Video && packet.keyframe
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn push_seconds(buffer: &ReplayBuffer, seconds: std::ops::Range<i64>, size: usize) {
        for frame in seconds.start * 10..seconds.end * 10 {
            buffer.push(&EncodedPacket {
                track: Track::Video,
                pts_us: frame * 100_000,
                dts_us: frame * 100_000,
                duration_us: 100_000,
                keyframe: frame % 20 == 0,
                data: Bytes::from(vec![0; size]),
            });
        }
    }

    #[test]
    fn it_holds_the_span_from_a_keyframe_and_at_most_a_group_more() {
        let buffer = ReplayBuffer::new(Duration::from_secs(30), usize::MAX);
        for second in 0..200 {
            push_seconds(&buffer, second..second + 1, 100);
            let held = buffer.held();
            assert!(held <= Duration::from_secs(32), "{held:?}");
            assert!(second < 32 || held >= Duration::from_secs(30), "{held:?}");
            assert!(buffer.lock().packets[0].keyframe);
        }
    }

    #[test]
    fn its_bytes_are_bounded_whatever_comes() {
        let buffer = ReplayBuffer::new(Duration::from_secs(30), 10_000);
        push_seconds(&buffer, 0..10, 100);
        push_seconds(&buffer, 10..60, 200);
        assert!(buffer.bytes() <= 10_000 && buffer.held() >= Duration::from_secs(2));
        // A group that is too large by itself is left out, and the next one is held again.
        push_seconds(&buffer, 60..62, 1_000);
        assert!(buffer.bytes() <= 10_000);
        push_seconds(&buffer, 62..64, 100);
        assert_eq!(buffer.held(), Duration::from_millis(1_900));
    }
}
