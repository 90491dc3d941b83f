//! One publisher after another: open, read, decode, measure, until the publisher leaves.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use ff::format::context::{Input, StreamIo};
use ffmpeg_next as ff;

use super::meter::{Arrived, AudioShape, Meter, VideoShape};
use super::still_watch::StillWatch;
use super::{Coming, Shared, lock};
use crate::decode::{audio_decoder, duration, peak, seconds, video_decoder};

/// After this long without a byte the publisher is given up, so that another can come: the
/// time delivery's own watchdog may take, and some.
const GIVE_UP_AFTER: Duration = Duration::from_secs(15);
/// A stream is opened after at most this much of it was read ahead. Two seconds are a keyframe
/// interval; a stream with pictures and sound opens as soon as both were seen.
const READ_AHEAD_US: &str = "2000000";
/// Between two publishers that could not be taken.
const PAUSE: Duration = Duration::from_millis(50);

/// Receives until the receiver is stopped.
pub(super) fn run(shared: &Arc<Shared>, mut next: impl FnMut() -> io::Result<Option<Coming>>) {
    while !stopped(shared) {
        let input = match next() {
            Ok(Some(coming)) => open(shared, coming).map_err(|error| error.to_string()),
            Ok(None) => continue,
            Err(error) => Err(error.to_string()),
        };
        let input = match input {
            Ok(input) => input,
            // One that left early or sent rubbish: the next one is waited for.
            Err(error) => {
                tracing::debug!(error, "no stream from this publisher");
                pause(shared);
                continue;
            }
        };
        if let Err(error) = receive(shared, input) {
            tracing::warn!(%error, "the rehearsal stream cannot be decoded");
        }
        let mut measured = lock(&shared.measured);
        if let Some((meter, _)) = measured.stream.as_mut() {
            meter.left();
        }
        measured.ring = true;
        drop(measured);
        shared.bell.notify_all();
    }
}

fn stopped(shared: &Shared) -> bool {
    shared.stop.load(Ordering::SeqCst)
}

/// Or a port without descriptors would keep a core busy; stop() rings the bell.
fn pause(shared: &Shared) {
    let measured = lock(&shared.measured);
    let _ = shared
        .bell
        .wait_timeout_while(measured, PAUSE, |_| !stopped(shared));
}

/// A publisher as FFmpeg reads it: to the end, or until nobody wants it or nothing comes any more.
struct Heard {
    coming: Coming,
    shared: Arc<Shared>,
    last: Instant,
}

impl Read for Heard {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if stopped(&self.shared) || self.last.elapsed() > GIVE_UP_AFTER {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            match self.coming.read(into) {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                came => {
                    self.last = Instant::now();
                    return came;
                }
            }
        }
    }
}

fn open(shared: &Arc<Shared>, coming: Coming) -> Result<Input, ff::Error> {
    let heard = Heard {
        coming,
        shared: Arc::clone(shared),
        last: Instant::now(),
    };
    let mut options = ff::Dictionary::new();
    options.set("analyzeduration", READ_AHEAD_US);
    options.set("format_whitelist", "flv");
    ff::format::input_from_stream(StreamIo::from_read(heard)?, None, Some(options))
}

struct Track<D> {
    index: usize,
    base: ff::Rational,
    decoder: D,
}

fn receive(shared: &Arc<Shared>, mut input: Input) -> Result<(), crate::ClipError> {
    let mut meter = Meter::default();
    let mut video = None;
    if let Some(stream) = input.streams().best(ff::media::Type::Video) {
        // One thread: frame threads hold pictures back, which would count as delay.
        let decoder = video_decoder(&stream, 1)?;
        meter.video_opened(VideoShape {
            codec: stream.parameters().id().name().into(),
            width: decoder.width(),
            height: decoder.height(),
        });
        video = Some(Track {
            index: stream.index(),
            base: stream.time_base(),
            decoder,
        });
    }
    let mut audio = None;
    if let Some(stream) = input.streams().best(ff::media::Type::Audio) {
        let decoder = audio_decoder(&stream)?;
        meter.audio_opened(AudioShape {
            codec: stream.parameters().id().name().into(),
            sample_rate: decoder.rate(),
            channels: decoder.channels(),
        });
        audio = Some(Track {
            index: stream.index(),
            base: stream.time_base(),
            decoder,
        });
    }
    let opened = Instant::now();
    {
        let mut measured = lock(&shared.measured);
        measured.connections += 1;
        measured.stream = Some((meter, opened));
        measured.ring = true;
    }
    shared.bell.notify_all();

    let mut still = StillWatch::default();
    while !stopped(shared) {
        // A packet of its own each time: reading into a used one would lose its bytes for ever.
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) => {}
            Err(ff::Error::InvalidData) => {
                with_meter(shared, |meter| meter.broken(1));
                continue;
            }
            Err(_) => break,
        }
        let at = opened.elapsed();
        if let Some(track) = video
            .as_mut()
            .filter(|track| track.index == packet.stream())
        {
            take_video(shared, track, &packet, at, opened, &mut still);
        } else if let Some(track) = audio
            .as_mut()
            .filter(|track| track.index == packet.stream())
        {
            take_audio(shared, track, &packet, at);
        }
    }
    Ok(())
}

fn with_meter(shared: &Shared, change: impl FnOnce(&mut Meter)) {
    if let Some((meter, _)) = lock(&shared.measured).stream.as_mut() {
        change(meter);
    }
}

fn arrived(packet: &ff::Packet, base: ff::Rational, at: Duration) -> Option<Arrived> {
    // Decoding time: that is the order in which packets are sent.
    let stream = packet.dts().or(packet.pts())?;
    Some(Arrived {
        at,
        stream_s: seconds(stream, base),
        bytes: packet.size(),
    })
}

fn take_video(
    shared: &Shared,
    track: &mut Track<ff::decoder::Video>,
    packet: &ff::Packet,
    at: Duration,
    opened: Instant,
    still: &mut StillWatch,
) {
    if let Some(packet_seen) = arrived(packet, track.base, at) {
        with_meter(shared, |meter| {
            meter.video_packet(packet_seen, packet.is_key())
        });
    }
    if track.decoder.send_packet(packet).is_err() {
        with_meter(shared, |meter| meter.broken(1));
        return;
    }
    loop {
        let mut frame = ff::frame::Video::empty();
        if track.decoder.receive_frame(&mut frame).is_err() {
            return;
        }
        let Some(stream_s) = frame.timestamp().map(|ticks| seconds(ticks, track.base)) else {
            continue;
        };
        let damaged = frame.is_corrupt() || frame.has_decode_errors();
        let seen = still.look(&frame);
        let delay = delay(shared, stream_s);
        with_meter(shared, |meter| {
            let at = opened.elapsed();
            meter.picture_size(frame.width(), frame.height());
            meter.picture(at, stream_s, seen);
            meter.broken(u64::from(damaged));
            if let Some(delay) = delay {
                meter.delay(at, delay);
            }
        });
        *lock(&shared.picture) = Some(frame);
    }
}

/// Seconds from the taking of the picture to now; below zero when the two clocks disagree.
fn delay(shared: &Shared, stream_s: f64) -> Option<f64> {
    let clock = shared.spec.clock.as_ref()?;
    let taken = clock(duration(stream_s))?;
    Some(match SystemTime::now().duration_since(taken) {
        Ok(late) => late.as_secs_f64(),
        Err(early) => -early.duration().as_secs_f64(),
    })
}

fn take_audio(
    shared: &Shared,
    track: &mut Track<ff::decoder::Audio>,
    packet: &ff::Packet,
    at: Duration,
) {
    if let Some(packet_seen) = arrived(packet, track.base, at) {
        with_meter(shared, |meter| meter.audio_packet(packet_seen));
    }
    if track.decoder.send_packet(packet).is_err() {
        with_meter(shared, |meter| meter.broken(1));
        return;
    }
    let mut frame = ff::frame::Audio::empty();
    while track.decoder.receive_frame(&mut frame).is_ok() {
        if let Some(level) = peak(&frame) {
            with_meter(shared, |meter| meter.peak(at, level));
        }
    }
}
