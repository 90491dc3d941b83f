//! Opening decoders, and the few conversions between FFmpeg's clock and ours.

use std::sync::Once;
use std::time::Duration;

use ffmpeg_next as ff;

use crate::ClipError;

static INIT: Once = Once::new();

/// Sets FFmpeg up once for the process. Its own log lines go to stderr, untyped and without
/// context; what matters comes back as an error, so only what precedes an abort is kept.
pub(crate) fn init() {
    INIT.call_once(|| {
        if let Err(error) = ff::init() {
            tracing::warn!(%error, "FFmpeg did not initialise");
        }
        ff::log::set_level(ff::log::Level::Fatal);
    });
}

/// A decoder for the pictures of `stream`, on `threads` threads (1 = no added delay).
pub(crate) fn video_decoder(
    stream: &ff::Stream<'_>,
    threads: usize,
) -> Result<ff::decoder::Video, ClipError> {
    let mut context = ff::codec::Context::from_parameters(stream.parameters())?;
    let kind = if threads > 1 {
        ff::threading::Type::Frame
    } else {
        ff::threading::Type::None
    };
    let mut config = ff::threading::Config::kind(kind);
    config.count = threads;
    context.set_threading(config);
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base());
    Ok(decoder.video()?)
}

/// A decoder for the sound of `stream`.
pub(crate) fn audio_decoder(stream: &ff::Stream<'_>) -> Result<ff::decoder::Audio, ClipError> {
    let mut decoder = ff::codec::Context::from_parameters(stream.parameters())?.decoder();
    decoder.set_packet_time_base(stream.time_base());
    Ok(decoder.audio()?)
}

/// `ticks` of `base` in seconds; may be negative (pre-roll before an edit list's start).
pub(crate) fn seconds(ticks: i64, base: ff::Rational) -> f64 {
    ticks as f64 * f64::from(base.numerator()) / f64::from(base.denominator().max(1))
}

/// A duration in ticks of `base`, rounded down.
pub(crate) fn ticks(at: Duration, base: ff::Rational) -> i64 {
    let numerator = f64::from(base.numerator().max(1));
    (at.as_secs_f64() * f64::from(base.denominator()) / numerator).floor() as i64
}

/// A duration in FFmpeg's own microseconds, as its seek wants it.
pub(crate) fn micros(at: Duration) -> i64 {
    i64::try_from(at.as_micros()).unwrap_or(i64::MAX)
}

/// Seconds as a duration, nothing below zero.
pub(crate) fn duration(seconds: f64) -> Duration {
    if seconds.is_finite() && seconds > 0.0 {
        Duration::from_secs_f64(seconds)
    } else {
        Duration::ZERO
    }
}

/// The loudest sample of a decoded block, 0.0 to 1.0 (over 1.0 when it clips), or `None` for a
/// sample format that no streaming codec decodes to.
pub(crate) fn peak(frame: &ff::frame::Audio) -> Option<f32> {
    use ff::format::sample::{Sample, Type};
    let channels = usize::from(frame.channels());
    // A packed frame keeps all channels in the first plane; `plane` then wants a tuple type, so
    // its bytes are read instead.
    let planes = if frame.is_packed() { 1 } else { channels };
    let per_plane = frame.samples() * if frame.is_packed() { channels } else { 1 };
    let mut peak = 0.0_f32;
    for index in 0..planes {
        let data = frame.data(index);
        match frame.format() {
            Sample::F32(Type::Packed | Type::Planar) => {
                for bytes in data.chunks_exact(4).take(per_plane) {
                    let value = f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                    peak = peak.max(value.abs());
                }
            }
            Sample::I16(Type::Packed | Type::Planar) => {
                for bytes in data.chunks_exact(2).take(per_plane) {
                    let value = i16::from_ne_bytes([bytes[0], bytes[1]]);
                    peak = peak.max(f32::from(value).abs() / 32768.0);
                }
            }
            _ => return None,
        }
    }
    Some(peak)
}
