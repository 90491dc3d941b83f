//! Owns the recorder's thread: packets into the part they belong to, one part after the other.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Shared;
use super::chapters;
use super::disk::{DiskVerdict, DiskWatch};
use super::options::{RecorderNote, RecorderOptions, Recording};
use super::split::PartMeter;
use super::writer::{Writer, folder};
use crate::platform::free_bytes;
use crate::program::{EncodedPacket, StreamConfig, Track};

/// Sound of the old part may come this long after the keyframe of the new one; then the old part
/// is closed. An audio encoder is some 50 ms behind.
const SOUND_LATE_US: i64 = 1_000_000;
/// Over how many looks (about seconds) the rate is measured.
const RATE_LOOKS: usize = 10;

/// A file that could not be written.
#[derive(Debug)]
pub(super) struct Failed {
    pub path: PathBuf,
    pub error: io::Error,
}

/// Whether the recording goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Going {
    On,
    /// The disk's reserve is reached.
    DiskLimit {
        free_bytes: u64,
    },
}

struct Part {
    writer: Writer,
    path: PathBuf,
    number: u32,
    meter: PartMeter,
    /// Running time of its first picture.
    start_us: Option<i64>,
    end_us: i64,
    /// Whether it was said that it began.
    is_told: bool,
}

impl Part {
    fn failed(&self, error: io::Error) -> Failed {
        Failed {
            path: self.path.clone(),
            error,
        }
    }

    fn finish(self, shared: &Shared) -> Result<Recording, Failed> {
        let start_us = self.start_us.unwrap_or(0);
        let places = {
            let all = &shared.chapters;
            let all = all.lock().unwrap_or_else(PoisonError::into_inner);
            chapters::places(&all, start_us, self.end_us)
        };
        let path = self.path;
        match self.writer.finish(&places) {
            Ok(bytes) => Ok(Recording {
                path,
                part: self.number,
                bytes,
                first_pts_us: start_us,
                duration: Duration::from_micros(u64::try_from(self.end_us - start_us).unwrap_or(0)),
                dropped: shared.dropped.load(Ordering::Relaxed),
            }),
            Err(error) => Err(Failed { path, error }),
        }
    }

    fn push(&mut self, packet: EncodedPacket) -> Result<(), Failed> {
        let Some(start_us) = self.start_us else {
            return Ok(());
        };
        // Sound from before the first picture has no place in the file.
        let Ok(at_us) = u64::try_from(packet.pts_us - start_us) else {
            return Ok(());
        };
        if packet.track == Track::Video {
            self.end_us = self.end_us.max(packet.pts_us + packet.duration_us.max(0));
        }
        self.meter.packet(packet.data.len());
        let pushed = self.writer.push(packet, at_us);
        pushed.map_err(|error| self.failed(error))
    }
}

/// The parts of one recording.
pub(super) struct Parts {
    options: RecorderOptions,
    config: StreamConfig,
    shared: Arc<Shared>,
    current: Part,
    /// The part before, while sound for it may come, and where it ends.
    closing: Option<(Part, i64)>,
    finished: Vec<Recording>,
    disk: DiskWatch,
    looked_at_fragment: u32,
    /// Newest running time and all bytes at the last looks.
    looks: VecDeque<(i64, u64)>,
}

impl Parts {
    /// Creates the first part's file.
    pub fn begin(
        mut options: RecorderOptions,
        config: &StreamConfig,
        shared: Arc<Shared>,
    ) -> Result<Self, Failed> {
        let path = (options.names)(1);
        if let Some(free) = free_bytes(folder(&path))
            && free < options.disk.stop_below(nominal_rate(config), 0)
        {
            let error = io::Error::from(io::ErrorKind::StorageFull);
            return Err(Failed { path, error });
        }
        let current = create(path, 1, &options, config, &shared)?;
        Ok(Self {
            disk: DiskWatch::new(options.disk),
            options,
            config: config.clone(),
            shared,
            current,
            closing: None,
            finished: Vec::new(),
            looked_at_fragment: 0,
            looks: VecDeque::new(),
        })
    }

    /// Writes to this file now.
    pub fn path(&self) -> &Path {
        &self.current.path
    }

    /// Adds a packet; the first must be a keyframe.
    pub fn push(&mut self, packet: EncodedPacket) -> Result<Going, Failed> {
        let at_us = packet.pts_us;
        let is_video = packet.track == Track::Video;
        if is_video && packet.keyframe {
            match self.current.start_us {
                None => self.start_part(at_us),
                Some(start_us) => {
                    let split = self.shared.split.lock();
                    let split = *split.unwrap_or_else(PoisonError::into_inner);
                    self.current.meter.set_split(split);
                    let in_part = u64::try_from(at_us - start_us).unwrap_or(0);
                    if self.current.meter.is_due(in_part) || self.wants_isolated() {
                        self.next_part(at_us)?;
                    }
                }
            }
        }
        match &mut self.closing {
            Some((part, end_us)) if !is_video && at_us < *end_us => part.push(packet)?,
            Some((part, end_us)) => {
                // Two sounds do not come to the end at once.
                let alone = packet.track == Track::Audio && !part.writer.has_isolated();
                let over = alone || at_us >= *end_us + SOUND_LATE_US;
                self.current.push(packet)?;
                if over {
                    self.close()?;
                }
            }
            None => self.current.push(packet)?,
        }
        self.tell_began(self.current.writer.fragments() > 0);
        Ok(self.look_at_disk(at_us))
    }

    /// From the next part on it has the isolated sound under this name, or has it no more. The part
    /// that is open ends at the next keyframe when it lacks it.
    pub fn isolate(&mut self, name: Option<String>) {
        self.options.isolated = name;
    }

    /// The isolated sound is to be recorded, and the part that is open has no track for it.
    fn wants_isolated(&self) -> bool {
        self.options.isolated.is_some() && !self.current.writer.has_isolated()
    }

    fn start_part(&mut self, at_us: i64) {
        let part = &mut self.current;
        part.start_us = Some(at_us);
        let unix_us = self.options.unix_us_at_zero.map(|zero| zero + at_us);
        if let Some(Ok(unix_us)) = unix_us.map(u64::try_from) {
            part.writer.began_at(unix_us);
        }
    }

    /// Tells that the part began, once: when the disk has something of it that plays.
    fn tell_began(&mut self, has_something: bool) {
        let part = &mut self.current;
        if let Some(first_pts_us) = part.start_us.filter(|_| has_something && !part.is_told) {
            part.is_told = true;
            let began = RecorderNote::PartBegan {
                path: part.path.clone(),
                part: part.number,
                first_pts_us,
            };
            note(&self.options, began);
        }
    }

    /// Begins the next part at `at_us`. Sound that came early goes over with the picture.
    fn next_part(&mut self, at_us: i64) -> Result<(), Failed> {
        self.close()?;
        let number = self.current.number + 1;
        let path = (self.options.names)(number);
        let next = match create(path, number, &self.options, &self.config, &self.shared) {
            Ok(next) => next,
            Err(failed) => {
                self.flush()?;
                return Err(failed);
            }
        };
        self.tell_began(true);
        let mut old = std::mem::replace(&mut self.current, next);
        self.looked_at_fragment = 0;
        self.start_part(at_us);
        let in_old = at_us - old.start_us.unwrap_or(at_us);
        let early = old
            .writer
            .take_sound_from(u64::try_from(in_old).unwrap_or(0));
        self.closing = Some((old, at_us));
        for packet in early {
            self.current.push(packet)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failed> {
        if let Some((part, _)) = self.closing.take() {
            let recording = part.finish(&self.shared)?;
            self.finished.push(recording.clone());
            self.note(RecorderNote::PartFinished(recording));
        }
        Ok(())
    }

    /// Turns what is open into plain files; all parts in their order. A recording that never had a
    /// picture leaves no file and no part.
    pub fn finish(mut self) -> Result<Vec<Recording>, Failed> {
        self.close()?;
        if self.current.start_us.is_none() {
            let path = self.current.path;
            return match std::fs::remove_file(&path) {
                Ok(()) => Ok(self.finished),
                Err(error) => Err(Failed { path, error }),
            };
        }
        self.tell_began(true);
        let recording = self.current.finish(&self.shared)?;
        note(&self.options, RecorderNote::PartFinished(recording.clone()));
        self.finished.push(recording);
        Ok(self.finished)
    }

    /// Writes what waits and leaves the files fragmented.
    pub fn flush(&mut self) -> Result<(), Failed> {
        if let Some((part, _)) = &mut self.closing {
            part.writer.flush().map_err(|error| part.failed(error))?;
        }
        let part = &mut self.current;
        part.writer.flush().map_err(|error| part.failed(error))?;
        self.tell_began(self.current.writer.fragments() > 0);
        Ok(())
    }

    /// Once a fragment, so that the system is asked about once a second.
    fn look_at_disk(&mut self, at_us: i64) -> Going {
        let fragment = self.current.writer.fragments();
        if fragment == self.looked_at_fragment {
            return Going::On;
        }
        self.looked_at_fragment = fragment;
        let bytes = self.shared.bytes.load(Ordering::Relaxed);
        self.looks.push_back((at_us, bytes));
        if self.looks.len() > RATE_LOOKS {
            self.looks.pop_front();
        }
        let Some(free) = free_bytes(folder(&self.current.path)) else {
            return Going::On;
        };
        let index = self.current.writer.index_bytes();
        match self.disk.look(free, self.rate(), index) {
            DiskVerdict::Enough => Going::On,
            DiskVerdict::Low(left) => {
                self.note(RecorderNote::DiskLow {
                    free_bytes: free,
                    left,
                });
                Going::On
            }
            DiskVerdict::Stop => Going::DiskLimit { free_bytes: free },
        }
    }

    /// Bytes a second of the last looks; the configured rate before there are two.
    fn rate(&self) -> u64 {
        let (Some(first), Some(last)) = (self.looks.front(), self.looks.back()) else {
            return nominal_rate(&self.config);
        };
        match u64::try_from(last.0 - first.0) {
            Ok(us) if us > 0 => (last.1 - first.1).saturating_mul(1_000_000) / us,
            _ => nominal_rate(&self.config),
        }
    }

    fn note(&self, told: RecorderNote) {
        note(&self.options, told);
    }

    /// Tells that the disk's reserve was reached.
    pub fn note_limit(&self, free_bytes: u64) {
        self.note(RecorderNote::DiskLimit { free_bytes });
    }
}

fn note(options: &RecorderOptions, told: RecorderNote) {
    if let Some(notes) = &options.notes
        && let Err(error) = notes.try_send(told)
    {
        tracing::warn!(%error, "a recording's note was dropped");
    }
}

fn create(
    path: PathBuf,
    number: u32,
    options: &RecorderOptions,
    config: &StreamConfig,
    shared: &Shared,
) -> Result<Part, Failed> {
    match Writer::create(
        &path,
        config,
        options.isolated.as_deref(),
        shared.bytes.clone(),
    ) {
        Ok(writer) => Ok(Part {
            writer,
            path,
            number,
            meter: PartMeter::new(options.split),
            start_us: None,
            end_us: 0,
            is_told: false,
        }),
        Err(error) => Err(Failed { path, error }),
    }
}

/// Bytes a second by the configuration.
fn nominal_rate(config: &StreamConfig) -> u64 {
    u64::from(config.video.kbps + config.audio.kbps) * 125
}
