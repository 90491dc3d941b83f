//! Owns the bytes of MP4 boxes (ISO/IEC 14496-12, -14 and -15): only those a recording of one
//! H.264 and one or two AAC tracks needs.

use super::chapters::{self, Place};
use super::track::{Chunk, TrackTable};
use crate::program::{AudioConfig, StreamConfig, VideoConfig};

/// Ticks a second of the movie header: milliseconds.
pub(super) const MOVIE_TIMESCALE: u32 = 1000;

/// Sample flags: depends on no other sample.
pub(super) const SYNC_SAMPLE: u32 = 0x0200_0000;
/// Sample flags: depends on others, is no entry point.
pub(super) const DELTA_SAMPLE: u32 = 0x0101_0000;

/// 16.16 identity matrix of the movie and track headers.
const UNITY_MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

/// Seconds from 1904, where MP4 counts from, to 1970.
const SECONDS_1904_TO_1970: u64 = 2_082_844_800;
/// Seconds from 1900, where NTP counts from, to 1970.
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;

/// What a `moov` describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MovieKind<'a> {
    /// What follows in fragments.
    Fragmented,
    /// The whole file.
    Whole {
        /// When its first picture was taken, in µs since 1970.
        began_unix_us: Option<u64>,
        chapters: &'a [Place],
    },
}

impl MovieKind<'_> {
    fn is_whole(self) -> bool {
        self != Self::Fragmented
    }
}

/// Grows a byte string box by box.
#[derive(Default)]
pub(super) struct Boxes {
    pub bytes: Vec<u8>,
}

impl Boxes {
    /// Writes a box around what `body` writes; its size is filled in afterwards.
    pub fn boxed(&mut self, name: &[u8; 4], body: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.u32(0);
        self.bytes.extend_from_slice(name);
        body(self);
        let size = (self.bytes.len() - start) as u32;
        self.bytes[start..start + 4].copy_from_slice(&size.to_be_bytes());
    }

    /// A box with version and flags.
    pub fn full(&mut self, name: &[u8; 4], version: u8, flags: u32, body: impl FnOnce(&mut Self)) {
        self.boxed(name, |this| {
            this.u32(u32::from(version) << 24 | flags);
            body(this);
        });
    }

    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    fn words(&mut self, values: &[u32]) {
        for value in values {
            self.u32(*value);
        }
    }

    fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }
}

/// The file type: a fragmented file that is also readable as a plain one.
pub(super) fn ftyp() -> Vec<u8> {
    let mut out = Boxes::default();
    out.boxed(b"ftyp", |out| {
        out.bytes.extend_from_slice(b"isom");
        out.u32(0x200);
        out.bytes.extend_from_slice(b"isomiso5iso6avc1mp41");
    });
    out.bytes
}

/// Size of a box's head with a 64-bit size.
const LONG_HEAD: u32 = 16;

/// An empty box as long as the head of a box with a 64-bit size.
pub(super) fn spare() -> Vec<u8> {
    let mut out = Boxes::default();
    out.boxed(b"free", |out| out.zeros(LONG_HEAD as usize - 8));
    out.bytes
}

/// The head of a media data box of `size` bytes, head included.
pub(super) fn long_mdat(size: u64) -> Vec<u8> {
    let mut out = Boxes::default();
    out.u32(1);
    out.bytes.extend_from_slice(b"mdat");
    out.u64(size);
    out.bytes
}

/// Says that the picture at `ticks` of track 1 was taken at `unix_us`; stands before a fragment.
pub(super) fn prft(unix_us: u64, ticks: u64) -> Vec<u8> {
    let mut out = Boxes::default();
    let fraction = ((unix_us % 1_000_000) << 32) / 1_000_000;
    // No flag: the time at which the picture went into the encoder.
    out.full(b"prft", 1, 0, |out| {
        out.u32(1);
        out.u64((unix_us / 1_000_000 + SECONDS_1900_TO_1970) << 32 | fraction);
        out.u64(ticks);
    });
    out.bytes
}

/// Track number of the picture.
pub(super) const VIDEO_ID: u32 = 1;
/// Track number of the sound.
pub(super) const AUDIO_ID: u32 = 2;
/// Track number of the isolated sound.
pub(super) const ISOLATED_ID: u32 = 3;

/// The movie box. `tracks` are video, audio and, when it has a name, the isolated sound.
pub(super) fn moov(
    config: &StreamConfig,
    tracks: &[&TrackTable],
    isolated: Option<&str>,
    kind: MovieKind<'_>,
) -> Vec<u8> {
    let mut out = Boxes::default();
    let length = tracks.iter().map(|track| track.end_ms()).max().unwrap_or(0);
    let length = if kind.is_whole() { length } else { 0 };
    let created = match kind {
        MovieKind::Whole {
            began_unix_us: Some(us),
            ..
        } => us / 1_000_000 + SECONDS_1904_TO_1970,
        _ => 0,
    };
    out.boxed(b"moov", |out| {
        out.full(b"mvhd", 1, 0, |out| {
            out.u64(created);
            out.u64(created);
            out.u32(MOVIE_TIMESCALE);
            out.u64(length);
            out.u32(0x0001_0000);
            out.u16(0x0100);
            out.zeros(10);
            out.words(&UNITY_MATRIX);
            out.zeros(24);
            out.u32(tracks.len() as u32 + 1);
        });
        for (track, id) in tracks.iter().zip(VIDEO_ID..) {
            let head = Head {
                id,
                name: match (id, isolated) {
                    (VIDEO_ID, _) => "Video",
                    (ISOLATED_ID, Some(name)) => name,
                    _ => "Sound",
                },
                // Enabled and in the movie; the isolated sound waits to be chosen.
                flags: if id == ISOLATED_ID { 2 } else { 3 },
            };
            trak(out, config, track, &head, kind);
        }
        match kind {
            MovieKind::Fragmented => out.boxed(b"mvex", |out| {
                for id in 1..=tracks.len() as u32 {
                    out.full(b"trex", 0, 0, |out| out.words(&[id, 1, 0, 0, 0]));
                }
            }),
            MovieKind::Whole { chapters, .. } if !chapters.is_empty() => {
                chapters::user_data(out, chapters);
            }
            MovieKind::Whole { .. } => {}
        }
    });
    out.bytes
}

/// What a track says of itself.
struct Head<'a> {
    id: u32,
    name: &'a str,
    flags: u32,
}

fn trak(
    out: &mut Boxes,
    config: &StreamConfig,
    track: &TrackTable,
    head: &Head<'_>,
    kind: MovieKind<'_>,
) {
    let video = head.id == VIDEO_ID;
    let whole = kind.is_whole();
    let length_ms = if whole { track.end_ms() } else { 0 };
    out.boxed(b"trak", |out| {
        out.full(b"tkhd", 1, head.flags, |out| {
            out.u64(0);
            out.u64(0);
            out.u32(head.id);
            out.u32(0);
            out.u64(length_ms);
            out.zeros(8);
            out.u16(0);
            // Of sounds in one group a player plays one.
            out.u16(u16::from(!video));
            out.u16(if video { 0 } else { 0x0100 });
            out.u16(0);
            out.words(&UNITY_MATRIX);
            out.u32(if video { config.video.width << 16 } else { 0 });
            out.u32(if video { config.video.height << 16 } else { 0 });
        });
        // A track that starts later than the file says so with an empty edit.
        let late_ms = track.start_ms();
        if whole && late_ms > 0 {
            out.boxed(b"edts", |out| {
                out.full(b"elst", 1, 0, |out| {
                    out.u32(2);
                    out.u64(late_ms);
                    out.u64(u64::MAX);
                    out.u32(0x0001_0000);
                    out.u64(length_ms.saturating_sub(late_ms));
                    out.u64(0);
                    out.u32(0x0001_0000);
                });
            });
        }
        out.boxed(b"mdia", |out| {
            out.full(b"mdhd", 1, 0, |out| {
                out.u64(0);
                out.u64(0);
                out.u32(track.timescale);
                out.u64(if whole { track.length() } else { 0 });
                // "und", packed in five bits a letter.
                out.u16(0x55c4);
                out.u16(0);
            });
            out.full(b"hdlr", 0, 0, |out| {
                out.u32(0);
                out.bytes
                    .extend_from_slice(if video { b"vide" } else { b"soun" });
                out.zeros(12);
                out.bytes.extend_from_slice(head.name.as_bytes());
                out.u8(0);
            });
            out.boxed(b"minf", |out| {
                if video {
                    out.full(b"vmhd", 0, 1, |out| out.zeros(8));
                } else {
                    out.full(b"smhd", 0, 0, |out| out.zeros(4));
                }
                out.boxed(b"dinf", |out| {
                    out.full(b"dref", 0, 0, |out| {
                        out.u32(1);
                        out.full(b"url ", 0, 1, |_| {});
                    });
                });
                out.boxed(b"stbl", |out| {
                    out.full(b"stsd", 0, 0, |out| {
                        out.u32(1);
                        if video {
                            avc1(out, &config.video);
                        } else {
                            mp4a(out, &config.audio);
                        }
                    });
                    sample_tables(out, track, whole);
                });
            });
        });
    });
}

fn sample_tables(out: &mut Boxes, track: &TrackTable, whole: bool) {
    let chunks: &[Chunk] = if whole { &track.chunks } else { &[] };
    let sizes: &[u32] = if whole { &track.sizes } else { &[] };
    out.full(b"stts", 0, 0, |out| {
        let runs = if whole {
            track.duration_runs()
        } else {
            Vec::new()
        };
        out.u32(runs.len() as u32);
        for (count, duration) in runs {
            out.words(&[count, duration]);
        }
    });
    // All of an audio track's samples are entry points: then the box is left out.
    if whole && track.has_deltas {
        out.full(b"stss", 0, 0, |out| {
            out.u32(track.sync_samples.len() as u32);
            out.words(&track.sync_samples);
        });
    }
    out.full(b"stsc", 0, 0, |out| {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (index, chunk) in chunks.iter().enumerate() {
            if runs.last().is_none_or(|run| run.1 != chunk.samples) {
                runs.push((index as u32 + 1, chunk.samples));
            }
        }
        out.u32(runs.len() as u32);
        for (first, samples) in runs {
            out.words(&[first, samples, 1]);
        }
    });
    out.full(b"stsz", 0, 0, |out| {
        out.u32(0);
        out.u32(sizes.len() as u32);
        out.words(sizes);
    });
    out.full(b"co64", 0, 0, |out| {
        out.u32(chunks.len() as u32);
        for chunk in chunks {
            out.u64(chunk.offset);
        }
    });
}

fn avc1(out: &mut Boxes, video: &VideoConfig) {
    out.boxed(b"avc1", |out| {
        out.zeros(6);
        out.u16(1);
        out.zeros(16);
        out.u16(video.width as u16);
        out.u16(video.height as u16);
        out.u32(0x0048_0000);
        out.u32(0x0048_0000);
        out.u32(0);
        out.u16(1);
        out.zeros(32);
        out.u16(0x0018);
        out.u16(0xffff);
        out.boxed(b"avcC", |out| {
            out.bytes.extend_from_slice(&video.codec_data)
        });
    });
}

fn mp4a(out: &mut Boxes, audio: &AudioConfig) {
    out.boxed(b"mp4a", |out| {
        out.zeros(6);
        out.u16(1);
        out.zeros(8);
        out.u16(audio.channels as u16);
        out.u16(16);
        out.u32(0);
        out.u32(audio.sample_rate << 16);
        out.full(b"esds", 0, 0, |out| {
            // Descriptors of ISO/IEC 14496-1; every length fits one byte.
            let asc = audio.asc.len() as u8;
            out.u8(0x03);
            out.u8(23 + asc);
            out.u16(2);
            out.u8(0);
            out.u8(0x04);
            out.u8(15 + asc);
            out.u8(0x40);
            out.u8(0x15);
            out.zeros(3);
            out.u32(audio.kbps * 1000);
            out.u32(audio.kbps * 1000);
            out.u8(0x05);
            out.u8(asc);
            out.bytes.extend_from_slice(&audio.asc);
            out.u8(0x06);
            out.u8(1);
            out.u8(2);
        });
    });
}
