//! Owns an MP4 that takes another file's packets as they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;
use crate::decode::{duration, micros, ticks};
use crate::files::{Fault, create};
use crate::utc::Utc;

/// What an output says besides its packets.
pub(crate) struct Head {
    /// Room kept for the index before everything else, for playing while it loads; ends in an error when the index
    /// turns out larger. Without it the index stands last.
    pub reserve_index_bytes: Option<u32>,
    /// Which streams are taken.
    pub tracks: Tracks,
    /// The picture's codec settings, where they are others than those of the source.
    pub picture_header: Option<Vec<u8>>,
    /// In their order, each ending where the next begins.
    pub chapters: Vec<Span>,
    /// When its first picture was taken, in µs since 1970.
    pub began_unix_us: Option<i64>,
}

/// Which streams of a recording go into an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracks {
    /// Every picture and sound.
    All,
    /// The picture and the sound that players choose: a recording's second sound is for editing.
    PictureAndFirstSound,
}

impl Tracks {
    /// Whether this stream of `input` is one of them.
    pub(crate) fn has(self, input: &ff::format::context::Input, stream: &ff::Stream<'_>) -> bool {
        match self {
            Tracks::All => true,
            Tracks::PictureAndFirstSound => {
                let medium = stream.parameters().medium();
                let mut alike = input
                    .streams()
                    .filter(|other| other.parameters().medium() == medium);
                alike
                    .next()
                    .is_some_and(|first| first.index() == stream.index())
            }
        }
    }
}

/// A named span of a file.
pub(crate) struct Span {
    pub from: Duration,
    pub to: Duration,
    pub title: String,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            reserve_index_bytes: None,
            tracks: Tracks::All,
            picture_header: None,
            chapters: Vec::new(),
            began_unix_us: None,
        }
    }
}

/// As FFmpeg reads times: `2026-11-22T10:15:00.250000Z`.
fn iso_8601(unix_us: i64) -> String {
    let (seconds, us) = (unix_us.div_euclid(1_000_000), unix_us.rem_euclid(1_000_000));
    let at = Utc::at(seconds);
    let (date, time) = (at.date("-"), at.time(":"));
    format!("{date}T{time}.{us:06}Z")
}

/// What must be equal for two streams to share one track.
#[derive(PartialEq)]
pub(crate) struct Shape {
    codec: ff::codec::Id,
    size: (i32, i32),
    sound: (i32, i32),
    header: Vec<u8>,
}

impl Shape {
    /// `None` for anything but pictures and sound.
    pub(crate) fn of(stream: &ff::Stream<'_>) -> Option<Self> {
        let parameters = stream.parameters();
        if !matches!(
            parameters.medium(),
            ff::media::Type::Video | ff::media::Type::Audio
        ) {
            return None;
        }
        let sound = ff::codec::Context::from_parameters(parameters.clone())
            .and_then(|context| context.decoder().audio())
            .map_or((0, 0), |audio| {
                (audio.rate() as i32, i32::from(audio.channels()))
            });
        // SAFETY: the pointer is valid while `parameters` lives; the header is `extradata_size`
        // bytes long, or absent.
        let (size, header) = unsafe {
            let raw = &*parameters.as_ptr();
            let header = if raw.extradata.is_null() || raw.extradata_size <= 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(raw.extradata, raw.extradata_size as usize).to_vec()
            };
            ((raw.width, raw.height), header)
        };
        Some(Self {
            codec: parameters.id(),
            size,
            sound,
            header,
        })
    }

    pub(crate) fn difference(wanted: &[Self], found: &[Self]) -> Option<&'static str> {
        if wanted.len() != found.len() {
            return Some("number of streams");
        }
        wanted.iter().zip(found).find_map(|(a, b)| {
            if a.codec != b.codec {
                Some("codec")
            } else if a.size != b.size {
                Some("picture size")
            } else if a.sound != b.sound {
                Some("sound format")
            } else if a.header != b.header {
                Some("codec settings")
            } else {
                None
            }
        })
    }
}

/// An output file with the pictures and sound of one input.
pub(crate) struct Writer {
    path: PathBuf,
    fault: Fault,
    output: ff::format::context::Output,
    /// Source stream index and time base of each output stream.
    sources: Vec<(usize, ff::Rational)>,
    /// Last decoding time written to each output stream, in its own ticks.
    last: Vec<i64>,
    tracks: Tracks,
}

impl Writer {
    pub(crate) fn create(
        path: &Path,
        input: &ff::format::context::Input,
        head: &Head,
    ) -> Result<Self, ClipError> {
        Self::on(path, create(path)?, input, head)
    }

    /// As [`Writer::create`], in a file that is open.
    pub(crate) fn on(
        path: &Path,
        (mut output, fault): (ff::format::context::Output, Fault),
        input: &ff::format::context::Input,
        head: &Head,
    ) -> Result<Self, ClipError> {
        let failed = |error: ff::Error| ClipError::Write {
            path: path.to_owned(),
            cause: fault.or(error),
        };
        let mut sources = Vec::new();
        let taken = input.streams().filter(|s| head.tracks.has(input, s));
        for stream in taken.filter(|s| Shape::of(s).is_some()) {
            let mut added = output
                .add_stream(ff::encoder::find(ff::codec::Id::None))
                .map_err(failed)?;
            added.set_parameters(stream.parameters());
            added.set_time_base(stream.time_base());
            // Names and languages of tracks.
            added.set_metadata(stream.metadata().to_owned());
            // SAFETY: both streams live as long as their contexts, and the new one was just added. The tag
            // belongs to the source's container; zero lets the new one choose its own.
            unsafe {
                (*added.parameters().as_mut_ptr()).codec_tag = 0;
                (*added.as_mut_ptr()).disposition = (*stream.as_ptr()).disposition;
            }
            if let Some(header) = &head.picture_header
                && stream.parameters().medium() == ff::media::Type::Video
            {
                set_header(&mut added, header).map_err(failed)?;
            }
            sources.push((stream.index(), stream.time_base()));
        }
        if let Some(began) = head.began_unix_us {
            let mut metadata = ff::Dictionary::new();
            metadata.set("creation_time", &iso_8601(began));
            output.set_metadata(metadata);
        }
        for (id, chapter) in head.chapters.iter().enumerate() {
            let [from, to] = [chapter.from, chapter.to].map(micros);
            output
                .add_chapter(id as i64, (1, 1_000_000), from, to, &chapter.title)
                .map_err(failed)?;
        }
        let mut options = ff::Dictionary::new();
        if let Some(bytes) = head.reserve_index_bytes {
            options.set("moov_size", &bytes.to_string());
        }
        output.write_header_with(options).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            fault,
            last: vec![i64::MIN; sources.len()],
            output,
            sources,
            tracks: head.tracks,
        })
    }

    /// Stream index and time base in another input, alike the one this was created from, of each output stream.
    pub(crate) fn sources_of(
        &self,
        input: &ff::format::context::Input,
    ) -> Vec<(usize, ff::Rational)> {
        let taken = input.streams().filter(|s| self.tracks.has(input, s));
        taken
            .filter(|stream| Shape::of(stream).is_some())
            .map(|stream| (stream.index(), stream.time_base()))
            .collect()
    }

    pub(crate) fn write(&mut self, packet: &mut ff::Packet, shift: f64) -> Result<(), ClipError> {
        let place = self
            .sources
            .iter()
            .position(|(source, _)| *source == packet.stream());
        match place {
            Some(place) => {
                let base = self.sources[place].1;
                self.write_to(place, base, packet, shift)
            }
            None => Ok(()),
        }
    }

    /// Writes a packet whose times are in `base` to output stream `place`, moved by `shift`
    /// seconds.
    pub(crate) fn write_to(
        &mut self,
        place: usize,
        base: ff::Rational,
        packet: &mut ff::Packet,
        shift: f64,
    ) -> Result<(), ClipError> {
        let failed = |path: &Path, fault: &Fault, error: ff::Error| ClipError::Write {
            path: path.to_owned(),
            cause: fault.or(error),
        };
        let target = self
            .output
            .stream(place)
            .ok_or_else(|| failed(&self.path, &self.fault, ff::Error::StreamNotFound))?
            .time_base();
        packet.rescale_ts(base, target);
        let shift = if shift < 0.0 {
            -ticks(duration(-shift), target)
        } else {
            ticks(duration(shift), target)
        };
        let dts = packet.dts().map(|t| t + shift);
        // Rounding may put two parts' packets on one tick, which a muxer refuses.
        let dts = dts.map(|t| t.max(self.last[place].saturating_add(1)));
        let pts = packet.pts().map(|t| t + shift);
        let pts = pts.zip(dts).map(|(pts, dts)| pts.max(dts)).or(pts);
        self.last[place] = dts.unwrap_or(self.last[place]);
        packet.set_dts(dts);
        packet.set_pts(pts);
        packet.set_position(-1);
        packet.set_stream(place);
        packet
            .write_interleaved(&mut self.output)
            .map_err(|error| failed(&self.path, &self.fault, error))
    }

    pub(crate) fn finish(mut self) -> Result<(), ClipError> {
        self.output
            .write_trailer()
            .map_err(|error| ClipError::Write {
                path: self.path.clone(),
                cause: self.fault.or(error),
            })
    }
}

/// Gives a stream other codec settings.
fn set_header(stream: &mut ff::StreamMut<'_>, header: &[u8]) -> Result<(), ff::Error> {
    const PADDING: usize = ff::ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let size = i32::try_from(header.len()).map_err(|_| ff::Error::InvalidData)?;
    // SAFETY: the stream was just added and lives as long as its context. FFmpeg frees the settings with its own
    // allocator and reads up to the padding behind them, which is zero.
    unsafe {
        let raw = stream.parameters().as_mut_ptr();
        let room = ff::ffi::av_mallocz(header.len() + PADDING).cast::<u8>();
        if room.is_null() {
            return Err(ff::Error::Other {
                errno: ff::error::ENOMEM,
            });
        }
        std::ptr::copy_nonoverlapping(header.as_ptr(), room, header.len());
        ff::ffi::av_free((*raw).extradata.cast());
        (*raw).extradata = room;
        (*raw).extradata_size = size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    #[test]
    fn moments_are_written_as_ffmpeg_reads_them() {
        assert_eq!(iso_8601(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            iso_8601(1_709_164_800_250_000),
            "2024-02-29T00:00:00.250000Z"
        );
    }
}
