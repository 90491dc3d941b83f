//! Owns the file: fragments while it grows, one table when it is finished.
//!
//! `ftyp free moov (prft moof mdat)*` grows by a fragment a second (five in the first), each flushed
//! to the disk, so a kill or a power cut costs the last one. At the end the tables of the whole file are appended,
//! and then the 16 bytes of `free` become the head of one `mdat` around all that was fragments: a
//! plain MP4 without copying a byte, by one write inside the file's first sector, so that a power
//! cut leaves the one or the other.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::boxes::{self, AUDIO_ID, Boxes, ISOLATED_ID, MovieKind, VIDEO_ID};
use super::chapters::Place;
use super::track::{Track, TrackTable};
use crate::program::{EncodedPacket, StreamConfig, Track as TrackKind};

/// Length of a fragment: what a kill can cost, besides the packets on their way.
const FRAGMENT_US: u64 = 1_000_000;
/// Length of the first ones: a recording that is killed in its first second plays too.
const FIRST_FRAGMENTS_US: u64 = 200_000;
/// How many they are: together as long as any other.
const FIRST_FRAGMENTS: u32 = 5;
/// Ticks a second of the video track, the customary 90 kHz.
const VIDEO_TIMESCALE: u32 = 90_000;

/// What a recording is written to: a file, or in tests a disk that can lose its power.
pub(super) trait Medium: Write + Seek {
    /// Returns when what was written, and the length, survive a power cut.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the end off.
    fn cut(&self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Writes one recording.
pub(super) struct Writer<M = File> {
    file: M,
    config: StreamConfig,
    video: Track,
    audio: Track,
    isolated: Option<Isolated>,
    /// End of what is whole.
    length: u64,
    bytes: Arc<AtomicU64>,
    sequence: u32,
    /// Where the `free` is that becomes the head of everything's `mdat`.
    spare_at: u64,
    began_unix_us: Option<u64>,
}

/// The isolated sound, as wide as the mix.
struct Isolated {
    track: Track,
    name: String,
}

impl Writer {
    /// Creates the file with its head. A file that is there already is never touched; one whose
    /// head cannot be written is removed again.
    pub fn create(
        path: &Path,
        config: &StreamConfig,
        isolated: Option<&str>,
        bytes: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let file = OpenOptions::new().create_new(true).write(true).open(path)?;
        let created = Self::on(file, config, isolated, bytes);
        if created.is_err() {
            // It is empty, and nobody would know what it is.
            let _still_there = std::fs::remove_file(path);
        }
        // Without its name the file is lost in a power cut. Systems that cannot open a folder
        // (Windows) write the name with the file.
        if let Ok(folder) = File::open(folder(path))
            && let Err(error) = folder.sync_all()
        {
            tracing::debug!(%error, "the recording's folder cannot be flushed");
        }
        created
    }
}

/// The folder a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

impl<M: Medium> Writer<M> {
    /// Writes the head of an empty file.
    pub fn on(
        file: M,
        config: &StreamConfig,
        isolated: Option<&str>,
        bytes: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let mut writer = Self {
            file,
            config: config.clone(),
            video: Track::new(VIDEO_TIMESCALE),
            audio: Track::new(config.audio.sample_rate),
            isolated: isolated.map(|name| Isolated {
                track: Track::new(config.audio.sample_rate),
                name: name.to_owned(),
            }),
            length: 0,
            bytes,
            sequence: 0,
            spare_at: 0,
            began_unix_us: None,
        };
        let mut head = boxes::ftyp();
        writer.spare_at = head.len() as u64;
        head.extend(boxes::spare());
        head.extend(writer.moov(MovieKind::Fragmented));
        writer.append(&head)?;
        writer.file.sync()?;
        Ok(writer)
    }

    /// Says when the picture at 0 in the file was taken, in µs since 1970; before the first packet.
    pub fn began_at(&mut self, unix_us: u64) {
        self.began_unix_us = Some(unix_us);
    }

    /// Whether it has a track for the isolated sound.
    pub fn has_isolated(&self) -> bool {
        self.isolated.is_some()
    }

    /// Fragments written so far.
    pub fn fragments(&self) -> u32 {
        self.sequence
    }

    /// Bytes the index at the end will take, rounded up.
    pub fn index_bytes(&self) -> u64 {
        let tables = self.tables();
        let samples: usize = tables.iter().map(|table| table.sizes.len()).sum();
        let chunks: usize = tables.iter().map(|table| table.chunks.len()).sum();
        4096 + (samples * 16 + chunks * 20) as u64
    }

    fn tables(&self) -> Vec<&TrackTable> {
        let isolated = self.isolated.as_ref().map(|isolated| &isolated.track);
        let tracks = [&self.video, &self.audio].into_iter().chain(isolated);
        tracks.map(|track| &track.table).collect()
    }

    fn moov(&self, kind: MovieKind<'_>) -> Vec<u8> {
        let name = self
            .isolated
            .as_ref()
            .map(|isolated| isolated.name.as_str());
        boxes::moov(&self.config, &self.tables(), name, kind)
    }

    /// Takes back the sound that is not yet written and heard at `at_us` in the file or later.
    pub fn take_sound_from(&mut self, at_us: u64) -> Vec<EncodedPacket> {
        let mut taken = self.audio.take_from(at_us);
        if let Some(isolated) = &mut self.isolated {
            taken.extend(isolated.track.take_from(at_us));
        }
        taken
    }

    /// Adds a packet at `at_us` in the file; writes a fragment when a second is complete.
    pub fn push(&mut self, packet: EncodedPacket, at_us: u64) -> io::Result<()> {
        match packet.track {
            TrackKind::Video => self.video.push(packet, at_us),
            TrackKind::Audio => self.audio.push(packet, at_us),
            TrackKind::Isolated => {
                if let Some(isolated) = &mut self.isolated {
                    isolated.track.push(packet, at_us);
                }
            }
        }
        let length_us = if self.sequence < FIRST_FRAGMENTS {
            FIRST_FRAGMENTS_US
        } else {
            FRAGMENT_US
        };
        if self.video.ready_us() >= length_us {
            self.write_fragment()?;
        }
        Ok(())
    }

    /// Writes what is left and leaves the file fragmented.
    pub fn flush(&mut self) -> io::Result<()> {
        self.video.end();
        self.audio.end();
        if let Some(isolated) = &mut self.isolated {
            isolated.track.end();
        }
        self.write_fragment()
    }

    /// Writes what is left and makes the file a plain MP4.
    pub fn finish(mut self, chapters: &[Place]) -> io::Result<u64> {
        self.flush()?;
        let kind = MovieKind::Whole {
            began_unix_us: self.began_unix_us,
            chapters,
        };
        let end_of_media = self.length;
        // The fragments' own clocks vanish with them.
        let mut tail = match self.began_unix_us {
            Some(began) => boxes::prft(began, 0),
            None => Vec::new(),
        };
        tail.extend(self.moov(kind));
        self.append(&tail)?;
        // Only now that the tables are on the disk may the fragments stop being fragments.
        self.file.sync()?;
        self.file.seek(SeekFrom::Start(self.spare_at))?;
        let head = boxes::long_mdat(end_of_media - self.spare_at);
        self.file.write_all(&head)?;
        self.file.sync()?;
        Ok(self.length)
    }

    fn write_fragment(&mut self) -> io::Result<()> {
        let mut moof = Boxes::default();
        let mut offsets = [None; 3];
        self.sequence += 1;
        moof.boxed(b"moof", |out| {
            out.full(b"mfhd", 0, 0, |out| out.u32(self.sequence));
            let isolated = self.isolated.as_ref();
            offsets = [
                self.video.traf(out, VIDEO_ID),
                self.audio.traf(out, AUDIO_ID),
                isolated.and_then(|isolated| isolated.track.traf(out, ISOLATED_ID)),
            ];
        });
        if offsets == [None; 3] {
            return Ok(());
        }
        let mut bytes = match (self.began_unix_us, self.video.next_tick()) {
            (Some(began), Some(tick)) => {
                boxes::prft(began + tick * 1_000_000 / u64::from(VIDEO_TIMESCALE), tick)
            }
            _ => Vec::new(),
        };
        let moof_at = bytes.len();
        bytes.extend(moof.bytes);
        let mdat_at = bytes.len();
        bytes.extend_from_slice(&[0, 0, 0, 0]);
        bytes.extend_from_slice(b"mdat");
        let isolated = self.isolated.as_mut().map(|isolated| &mut isolated.track);
        let tracks = [&mut self.video, &mut self.audio]
            .into_iter()
            .chain(isolated);
        for (track, offset_at) in tracks.zip(offsets) {
            let Some(at) = offset_at else { continue };
            let at = moof_at + at;
            let offset = (bytes.len() - moof_at) as u32;
            bytes[at..at + 4].copy_from_slice(&offset.to_be_bytes());
            track.write_samples(&mut bytes, self.length);
        }
        let mdat_size = (bytes.len() - mdat_at) as u32;
        bytes[mdat_at..mdat_at + 4].copy_from_slice(&mdat_size.to_be_bytes());
        self.append(&bytes)?;
        self.file.sync()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // Half a box at the end would hide nothing, but confuse some players.
            if let Err(error) = self.file.cut(self.length) {
                tracing::debug!(%error, "the recording's end cannot be cut");
            }
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}
