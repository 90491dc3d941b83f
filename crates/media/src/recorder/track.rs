//! Owns one track of a recording: the samples not yet written, and the tables of those that are.

use super::boxes::{Boxes, DELTA_SAMPLE, MOVIE_TIMESCALE, SYNC_SAMPLE};
use crate::program::EncodedPacket;

/// Consecutive samples of one track in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub offset: u64,
    pub samples: u32,
}

/// A sample whose length is known because its successor has come.
struct Sample {
    at: u64,
    duration: u32,
    packet: EncodedPacket,
}

/// What has been written of a track; times in `timescale` ticks.
pub(super) struct TrackTable {
    pub timescale: u32,
    pub sizes: Vec<u32>,
    /// Numbers of the samples decoding can start at, from 1.
    pub sync_samples: Vec<u32>,
    pub has_deltas: bool,
    pub chunks: Vec<Chunk>,
    /// (count, duration) runs.
    durations: Vec<(u32, u32)>,
    start: Option<u64>,
    end: u64,
}

impl TrackTable {
    pub fn new(timescale: u32) -> Self {
        Self {
            timescale,
            sizes: Vec::new(),
            sync_samples: Vec::new(),
            has_deltas: false,
            chunks: Vec::new(),
            durations: Vec::new(),
            start: None,
            end: 0,
        }
    }

    fn add(&mut self, sample: &Sample) {
        self.sizes.push(sample.packet.data.len() as u32);
        if sample.packet.keyframe {
            self.sync_samples.push(self.sizes.len() as u32);
        } else {
            self.has_deltas = true;
        }
        match self.durations.last_mut() {
            Some((count, duration)) if *duration == sample.duration => *count += 1,
            _ => self.durations.push((1, sample.duration)),
        }
        self.start.get_or_insert(sample.at);
        self.end = sample.at + u64::from(sample.duration);
    }

    pub fn duration_runs(&self) -> Vec<(u32, u32)> {
        self.durations.clone()
    }

    /// Sum of all durations.
    pub fn length(&self) -> u64 {
        self.end - self.start.unwrap_or(0)
    }

    pub fn start_ms(&self) -> u64 {
        self.in_movie_time(self.start.unwrap_or(0))
    }

    pub fn end_ms(&self) -> u64 {
        self.in_movie_time(self.end)
    }

    fn in_movie_time(&self, ticks: u64) -> u64 {
        ticks * u64::from(MOVIE_TIMESCALE) / u64::from(self.timescale)
    }
}

/// A track being written.
pub(super) struct Track {
    pub table: TrackTable,
    ready: Vec<Sample>,
    /// The newest sample: its length is known when the next one comes.
    newest: Option<(u64, EncodedPacket)>,
}

impl Track {
    pub fn new(timescale: u32) -> Self {
        Self {
            table: TrackTable::new(timescale),
            ready: Vec::new(),
            newest: None,
        }
    }

    /// Adds a packet at `at_us` in the file. One that does not come after its predecessor is left
    /// out: it would make a length of nothing.
    pub fn push(&mut self, packet: EncodedPacket, at_us: u64) {
        let at = self.ticks(at_us);
        if self
            .newest
            .as_ref()
            .is_some_and(|(newest, _)| at <= *newest)
        {
            return;
        }
        if let Some((from, packet)) = self.newest.replace((at, packet)) {
            self.settle(from, at, packet);
        }
    }

    /// Gives the newest sample its nominal length: nothing comes after it.
    pub fn end(&mut self) {
        if let Some((from, packet)) = self.newest.take() {
            let nominal = self.ticks(u64::try_from(packet.duration_us).unwrap_or(0));
            self.settle(from, from + nominal.max(1), packet);
        }
    }

    /// Takes back what is not yet written and shown at `at_us` in the file or later.
    pub fn take_from(&mut self, at_us: u64) -> Vec<EncodedPacket> {
        let at = self.ticks(at_us);
        let keep = self.ready.partition_point(|sample| sample.at < at);
        let ready = self.ready.drain(keep..).map(|sample| sample.packet);
        let newest = self.newest.take_if(|(newest, _)| *newest >= at);
        ready.chain(newest.map(|(_, packet)| packet)).collect()
    }

    /// Where the first sample that waits to be written is, in ticks.
    pub fn next_tick(&self) -> Option<u64> {
        self.ready.first().map(|sample| sample.at)
    }

    fn settle(&mut self, from: u64, to: u64, packet: EncodedPacket) {
        self.ready.push(Sample {
            at: from,
            duration: u32::try_from(to - from).unwrap_or(u32::MAX),
            packet,
        });
    }

    fn ticks(&self, us: u64) -> u64 {
        (us * u64::from(self.table.timescale) + 500_000) / 1_000_000
    }

    /// Length in µs of what waits to be written.
    pub fn ready_us(&self) -> u64 {
        let ticks: u64 = self.ready.iter().map(|s| u64::from(s.duration)).sum();
        ticks * 1_000_000 / u64::from(self.table.timescale)
    }

    /// Writes the track's part of a `moof`; returns where its data offset is to be filled in.
    pub fn traf(&self, out: &mut Boxes, id: u32) -> Option<usize> {
        let first = self.ready.first()?;
        let mut offset_at = 0;
        out.boxed(b"traf", |out| {
            // Default base is the moof.
            out.full(b"tfhd", 0, 0x02_0000, |out| out.u32(id));
            out.full(b"tfdt", 1, 0, |out| out.u64(first.at));
            // Data offset, and per sample its duration, size and flags.
            out.full(b"trun", 0, 0x701, |out| {
                out.u32(self.ready.len() as u32);
                offset_at = out.bytes.len();
                out.u32(0);
                for sample in &self.ready {
                    out.u32(sample.duration);
                    out.u32(sample.packet.data.len() as u32);
                    out.u32(if sample.packet.keyframe {
                        SYNC_SAMPLE
                    } else {
                        DELTA_SAMPLE
                    });
                }
            });
        });
        Some(offset_at)
    }

    /// Appends the waiting samples' bytes to `out`, which starts at `base` in the file, and enters
    /// them in the tables.
    pub fn write_samples(&mut self, out: &mut Vec<u8>, base: u64) {
        if self.ready.is_empty() {
            return;
        }
        self.table.chunks.push(Chunk {
            offset: base + out.len() as u64,
            samples: self.ready.len() as u32,
        });
        for sample in self.ready.drain(..) {
            out.extend_from_slice(&sample.packet.data);
            self.table.add(&sample);
        }
    }
}
