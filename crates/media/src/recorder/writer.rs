//! Owns the file: fragments while it grows, one table when it is finished.
//!
//! `ftyp moov (moof mdat)*` grows by a fragment a second, each flushed to the disk, so a kill or a
//! power cut costs the last one. At the end the tables of the whole file are appended and the
//! boxes that made it fragmented are renamed to `free`: a plain MP4 without copying a byte.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::boxes::{self, Boxes, MovieKind};
use super::track::Track;
use crate::program::{EncodedPacket, StreamConfig, Track as TrackKind};

/// Length of a fragment: what a kill can cost, besides the packets on their way.
const FRAGMENT_US: u64 = 1_000_000;
/// Ticks a second of the video track, the customary 90 kHz.
const VIDEO_TIMESCALE: u32 = 90_000;

/// Writes one recording.
pub(super) struct Writer {
    file: File,
    config: StreamConfig,
    video: Track,
    audio: Track,
    /// End of what is whole.
    length: u64,
    bytes: Arc<AtomicU64>,
    sequence: u32,
    /// Where the names of `moov` and the `moof`s are, to be renamed at the end.
    fragment_names: Vec<u64>,
}

impl Writer {
    /// Creates the file with its head.
    pub fn create(path: &Path, config: &StreamConfig, bytes: Arc<AtomicU64>) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(path)?;
        let mut writer = Self {
            file,
            config: config.clone(),
            video: Track::new(VIDEO_TIMESCALE),
            audio: Track::new(config.audio.sample_rate),
            length: 0,
            bytes,
            sequence: 0,
            fragment_names: Vec::new(),
        };
        let mut head = boxes::ftyp();
        writer.fragment_names.push(head.len() as u64 + 4);
        let tables = [&writer.video.table, &writer.audio.table];
        head.extend(boxes::moov(config, tables, MovieKind::Fragmented));
        writer.append(&head)?;
        Ok(writer)
    }

    /// Adds a packet at `at_us` in the file; writes a fragment when a second is complete.
    pub fn push(&mut self, packet: EncodedPacket, at_us: u64) -> io::Result<()> {
        match packet.track {
            TrackKind::Video => self.video.push(packet, at_us),
            TrackKind::Audio => self.audio.push(packet, at_us),
        }
        if self.video.ready_us() >= FRAGMENT_US {
            self.write_fragment()?;
        }
        Ok(())
    }

    /// Writes what is left and leaves the file fragmented.
    pub fn flush(&mut self) -> io::Result<()> {
        self.video.end();
        self.audio.end();
        self.write_fragment()
    }

    /// Writes what is left and makes the file a plain MP4.
    pub fn finish(mut self) -> io::Result<u64> {
        self.flush()?;
        let tables = [&self.video.table, &self.audio.table];
        let moov = boxes::moov(&self.config, tables, MovieKind::Whole);
        self.append(&moov)?;
        // Only now that the tables are on the disk may the fragments stop being fragments.
        self.file.sync_all()?;
        for at in self.fragment_names.iter().rev() {
            self.file.seek(SeekFrom::Start(*at))?;
            self.file.write_all(b"free")?;
        }
        self.file.sync_all()?;
        Ok(self.length)
    }

    fn write_fragment(&mut self) -> io::Result<()> {
        let mut out = Boxes::default();
        let mut offsets = [None, None];
        self.sequence += 1;
        out.boxed(b"moof", |out| {
            out.full(b"mfhd", 0, 0, |out| out.u32(self.sequence));
            offsets = [self.video.traf(out, 1), self.audio.traf(out, 2)];
        });
        if offsets == [None, None] {
            return Ok(());
        }
        let moof_at = self.length;
        let mut bytes = out.bytes;
        let mdat_at = bytes.len();
        bytes.extend_from_slice(&[0, 0, 0, 0]);
        bytes.extend_from_slice(b"mdat");
        for (track, offset_at) in [&mut self.video, &mut self.audio].into_iter().zip(offsets) {
            let Some(at) = offset_at else { continue };
            let offset = bytes.len() as u32;
            bytes[at..at + 4].copy_from_slice(&offset.to_be_bytes());
            track.write_samples(&mut bytes, moof_at);
        }
        let mdat_size = (bytes.len() - mdat_at) as u32;
        bytes[mdat_at..mdat_at + 4].copy_from_slice(&mdat_size.to_be_bytes());
        self.append(&bytes)?;
        self.fragment_names.push(moof_at + 4);
        self.file.sync_data()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // Half a box at the end would hide nothing, but confuse some players.
            if let Err(error) = self.file.set_len(self.length) {
                tracing::debug!(%error, "the recording's end cannot be cut");
            }
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.bytes.store(self.length, Ordering::Relaxed);
        Ok(())
    }
}
