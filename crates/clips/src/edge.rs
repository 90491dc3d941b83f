//! The first group of pictures of a clip, encoded anew from the picture that was asked for up to the next keyframe, so
//! that the rest can be copied behind it. Both encoders' parameter sets stand in the track's head under ids of their own.

use ffmpeg_next as ff;

use crate::ClipError;
use crate::avcc::TrackHead;
use crate::decode::{seconds, video_decoder};

/// The encoder that can be told which ids its parameter sets get.
const ENCODER: &str = "libx264";
/// As good as the recording to the eye; an edge lasts two seconds at most, so its size does not matter.
const QUALITY: &str = "17";
/// Some 60 pictures of 1080 lines a second on two cores.
const EFFORT: &str = "veryfast";
/// Half a tick of a millisecond: times in files are rounded.
const ROUNDING_S: f64 = 0.0005;
/// Most pictures between two keyframes that are encoded anew: 20 s. A file with fewer keyframes is none of the studio's.
const PICTURES_MAX: usize = 600;

/// What encodes an edge.
pub(crate) struct Edge {
    encoder: ff::encoder::video::Encoder,
    /// The head of the clip's track: for the edge and for what is copied.
    head: TrackHead,
}

/// An edge, ready to be written.
pub(crate) struct Encoded {
    /// In order; their times are those of the recording.
    pub(crate) packets: Vec<ff::Packet>,
    /// When the first picture is shown, in seconds on the recording's clock.
    pub(crate) begin: f64,
    /// When the last one ends.
    pub(crate) end: f64,
}

impl Edge {
    /// Gets ready for pictures like those of `stream`; `None` where it cannot be done: another codec than H.264, no
    /// encoder here that can be told its ids, no id free.
    pub(crate) fn prepare(stream: &ff::Stream<'_>) -> Option<Self> {
        if stream.parameters().id() != ff::codec::Id::H264 {
            return None;
        }
        let track = TrackHead::read(header(&stream.parameters()))?;
        let id = track.free_id()?;
        let codec = ff::encoder::find_by_name(ENCODER)?;
        let like = video_decoder(stream, 1).ok()?;
        let context = ff::codec::Context::new_with_codec(codec);
        let mut encoder = context.encoder().video().ok()?;
        encoder.set_width(like.width());
        encoder.set_height(like.height());
        encoder.set_format(like.format());
        encoder.set_time_base(stream.time_base());
        encoder.set_frame_rate(Some(stream.avg_frame_rate()));
        encoder.set_aspect_ratio(like.aspect_ratio());
        encoder.set_colorspace(like.color_space());
        encoder.set_color_range(like.color_range());
        encoder.set_color_primaries(like.color_primaries());
        encoder.set_color_transfer_characteristic(like.color_transfer_characteristic());
        encoder.set_max_b_frames(0);
        encoder.set_flags(ff::codec::Flags::GLOBAL_HEADER);
        let mut options = ff::Dictionary::new();
        options.set("preset", EFFORT);
        options.set("crf", QUALITY);
        options.set("profile", profile(track.profile()));
        // One keyframe: the first.
        options.set(
            "x264-params",
            &format!("sps-id={id}:keyint=infinite:scenecut=0:log-level=none"),
        );
        let encoder = encoder.open_with(options).ok()?;
        // SAFETY: an open encoder's header is `extradata_size` bytes long, or absent, and lives as long as it does.
        let sets = unsafe {
            let raw = &*encoder.as_ptr();
            bytes(raw.extradata, raw.extradata_size)
        };
        let head = track.with(sets)?;
        Some(Self { encoder, head })
    }

    /// The head for the clip's track.
    pub(crate) fn head(&self) -> Option<Vec<u8>> {
        self.head.write()
    }

    /// Encodes the pictures of `group` (from a keyframe on) that are shown from `from` on and before `until`, seconds on
    /// the recording's clock. `None` when there is none, or the group is none that can be joined (pictures out of order,
    /// far too many).
    ///
    /// # Errors
    /// [`ClipError::Decode`] when a picture cannot be read or encoded.
    pub(crate) fn encode(
        mut self,
        stream: &ff::Stream<'_>,
        group: &[ff::Packet],
        from: f64,
        until: f64,
    ) -> Result<Option<Encoded>, ClipError> {
        let base = stream.time_base();
        let is_in_order = group.iter().all(|packet| {
            packet
                .dts()
                .is_none_or(|decoded| Some(decoded) == packet.pts())
        });
        if group.len() > PICTURES_MAX || !is_in_order {
            return Ok(None);
        }
        let mut decoder = video_decoder(stream, 1)?;
        let mut shown: Vec<i64> = Vec::new();
        let mut packets = Vec::new();
        for packet in group {
            decoder.send_packet(packet)?;
            self.take(&mut decoder, base, from, until, &mut shown, &mut packets)?;
        }
        decoder.send_eof()?;
        self.take(&mut decoder, base, from, until, &mut shown, &mut packets)?;
        self.encoder.send_eof()?;
        self.drain(&mut packets)?;
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
            return Ok(None);
        };
        if packets.len() != shown.len() {
            return Err(ClipError::Decode {
                cause: format!("{} of {} pictures came back", packets.len(), shown.len()),
            });
        }
        let begin = seconds(*first, base);
        // As long as the picture before it: what comes next may be the end.
        let mut usual = shown.iter().zip(shown.iter().skip(1)).map(|(a, b)| b - a);
        let of_packet = group.last().map_or(0, ff::Packet::duration);
        let length = usual.next_back().unwrap_or(of_packet).max(1);
        let ends = shown.iter().skip(1).copied().chain([last + length]);
        for ((packet, at), end) in packets.iter_mut().zip(&shown).zip(ends) {
            packet.set_duration(end - at);
        }
        Ok(Some(Encoded {
            begin,
            end: seconds(last + length, base),
            packets,
        }))
    }

    fn take(
        &mut self,
        decoder: &mut ff::decoder::Video,
        base: ff::Rational,
        from: f64,
        until: f64,
        shown: &mut Vec<i64>,
        packets: &mut Vec<ff::Packet>,
    ) -> Result<(), ClipError> {
        let mut frame = ff::frame::Video::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            let Some(ticks) = frame.timestamp() else {
                continue;
            };
            let at = seconds(ticks, base);
            if at < from - ROUNDING_S || at >= until - ROUNDING_S {
                continue;
            }
            frame.set_pts(Some(ticks));
            // Which kind it was in the recording is not what it will be.
            frame.set_kind(ff::picture::Type::None);
            self.encoder.send_frame(&frame)?;
            shown.push(ticks);
            self.drain(packets)?;
        }
        Ok(())
    }

    fn drain(&mut self, packets: &mut Vec<ff::Packet>) -> Result<(), ClipError> {
        let mut made = ff::Packet::empty();
        while self.encoder.receive_packet(&mut made).is_ok() {
            let written = made.data().and_then(|data| self.head.packet(data));
            let written = written.ok_or_else(|| ClipError::Decode {
                cause: "the encoder gave no picture".to_owned(),
            })?;
            let mut packet = ff::Packet::copy(&written);
            packet.set_pts(made.pts());
            packet.set_dts(made.pts());
            packet.set_flags(made.flags());
            packets.push(packet);
        }
        Ok(())
    }
}

/// The decoder's header of a stream.
fn header(parameters: &ff::codec::Parameters) -> &[u8] {
    // SAFETY: the header is `extradata_size` bytes long, or absent, and lives as long as its parameters.
    unsafe {
        let raw = &*parameters.as_ptr();
        bytes(raw.extradata, raw.extradata_size)
    }
}

/// # Safety
/// `data` is null, or points to `size` bytes that live for `'a`.
unsafe fn bytes<'a>(data: *const u8, size: i32) -> &'a [u8] {
    match usize::try_from(size) {
        // SAFETY: the caller's promise.
        Ok(size) if size > 0 && !data.is_null() => unsafe {
            std::slice::from_raw_parts(data, size)
        },
        _ => &[],
    }
}

/// No profile that the recording's players may not know.
fn profile(of_recording: u8) -> &'static str {
    match of_recording {
        66 => "baseline",
        77 => "main",
        _ => "high",
    }
}
