//! Encodes in other codecs than H.264 while live: each runs for the destinations whose servers take it, beside the one
//! encode that everybody else and the recording gets. One that fails, or that this machine cannot afford, is given up
//! for the rest of the show, and its destinations get H.264.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use stallcast_delivery::presets::Platform;
use stallcast_delivery::{Budget, Feeding, Hub, VideoCodec};
use stallcast_media::encoder::{self, Usable};
use stallcast_media::error::MediaError;
use stallcast_media::program::{EncodedSink, Program, RenditionStats};
use stallcast_show::{Canvas, Destination};

use super::encodes::Trial;
use super::uplink::{self, Link, Share};
use crate::carriers::Way;
use crate::packets::{made, to_hub};

/// How long an encode runs on for nobody: a destination that is connected again a moment later finds it.
const KEPT: Duration = Duration::from_secs(10);
/// How long an encode is watched before it is judged. Shorter than for links' sake: others pay for this luxury.
const TRIAL: Duration = Duration::from_secs(5);

/// What is asked of a program; [`Program`] in the studio.
pub trait EncodesCodecs {
    /// Begins an encode for `output`.
    fn start(&self, codec: VideoCodec, kbps: u32, output: EncodedSink) -> Result<(), MediaError>;
    /// Changes its bitrate.
    fn set(&self, codec: VideoCodec, kbps: u32);
    /// Ends it.
    fn stop(&self, codec: VideoCodec);
    /// How it fares.
    fn stats(&self, codec: VideoCodec) -> Option<RenditionStats>;
    /// Pictures that the one encode of H.264 left out so far.
    fn left_out(&self) -> u64;
}

impl EncodesCodecs for Program {
    fn start(&self, codec: VideoCodec, kbps: u32, output: EncodedSink) -> Result<(), MediaError> {
        self.start_codec(made(codec), kbps, output)
    }
    fn set(&self, codec: VideoCodec, kbps: u32) {
        if let Err(error) = self.set_codec_kbps(made(codec), kbps) {
            tracing::error!(%error, "a bitrate was refused");
        }
    }
    fn stop(&self, codec: VideoCodec) {
        self.stop_codec(made(codec));
    }
    fn stats(&self, codec: VideoCodec) -> Option<RenditionStats> {
        self.codec(made(codec))
    }
    fn left_out(&self) -> u64 {
        let stats = Program::stats(self);
        stats.frames_refused + stats.frames_skipped
    }
}

/// What becomes of a destination's wish for a codec before its server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The server is asked for it; H.264 where nothing else is wished.
    Asks(VideoCodec),
    /// Not known before the encoders of it were tried.
    Untried(VideoCodec),
    /// Cannot be, for a reason that the page has a sentence for.
    Refused(&'static str),
}

/// Of a show's destination, sent by way of this preset.
pub fn wish(value: &Destination, preset: Option<&Platform>) -> Wish {
    decided(value, preset, &|codec| encoder::usable(made(codec)))
}

fn decided(
    value: &Destination,
    preset: Option<&Platform>,
    usable: &dyn Fn(VideoCodec) -> Usable,
) -> Wish {
    let codec = in_delivery(value.codec);
    if codec == VideoCodec::H264 {
        return Wish::Asks(codec);
    }
    if Way::of(&value.url) != Way::Rtmp {
        return Wish::Refused("codec_way");
    }
    if !preset.is_some_and(|platform| platform.takes(codec)) {
        return Wish::Refused("codec_platform");
    }
    match usable(codec) {
        Usable::By(_) => Wish::Asks(codec),
        Usable::Unknown => Wish::Untried(codec),
        Usable::No => Wish::Refused("codec_no_encoder"),
    }
}

fn in_delivery(codec: stallcast_show::VideoCodec) -> VideoCodec {
    match codec {
        stallcast_show::VideoCodec::H264 => VideoCodec::H264,
        stallcast_show::VideoCodec::Hevc => VideoCodec::Hevc,
        stallcast_show::VideoCodec::Av1 => VideoCodec::Av1,
    }
}

/// A codec in the show's words.
pub fn in_show(codec: VideoCodec) -> stallcast_show::VideoCodec {
    match codec {
        VideoCodec::H264 => stallcast_show::VideoCodec::H264,
        VideoCodec::Hevc => stallcast_show::VideoCodec::Hevc,
        VideoCodec::Av1 => stallcast_show::VideoCodec::Av1,
    }
}

/// The encodes of all canvases in other codecs.
pub struct Codecs<P> {
    encodes: BTreeMap<(Canvas, VideoCodec), Encode<P>>,
    /// Why one is not begun again in this show.
    given_up: BTreeMap<VideoCodec, &'static str>,
    /// Their video bitrate where nothing is short, kbit/s.
    nominal_kbps: u32,
}

struct Encode<P> {
    program: Arc<P>,
    hub: Hub,
    kbps: u32,
    budget: Budget,
    trial: Trial,
    wanted_at: Duration,
}

impl<P: EncodesCodecs> Codecs<P> {
    /// None runs.
    pub fn new() -> Self {
        Self {
            encodes: BTreeMap::new(),
            given_up: BTreeMap::new(),
            nominal_kbps: 0,
        }
    }

    /// The bitrate that viewers get while the uplink takes it, kbit/s of video.
    pub fn choose(&mut self, kbps: u32) {
        // Begun anew: an encoder's rate buffer is made for the bitrate it is begun with.
        if std::mem::replace(&mut self.nominal_kbps, kbps) != kbps {
            self.end_all();
        }
    }

    /// The show is over: the next tries again what was given up.
    pub fn forget(&mut self) {
        self.end_all();
        self.given_up.clear();
    }

    fn end_all(&mut self) {
        for ((_, codec), encode) in std::mem::take(&mut self.encodes) {
            encode.program.stop(codec);
        }
    }

    /// Why a codec is not encoded any more in this show.
    pub fn given_up(&self, codec: VideoCodec) -> Option<&'static str> {
        self.given_up.get(&codec).copied()
    }

    /// Decides what destinations are sent whose servers take a codec, by destination id; nothing of those that get H.264
    /// all the same. Called every [`uplink::LOOK`] with the programs that are on.
    pub fn decide(
        &mut self,
        now: Duration,
        links: &[(VideoCodec, Link)],
        programs: &BTreeMap<Canvas, Arc<P>>,
    ) -> BTreeMap<String, Share> {
        self.end_of_gone(programs);
        for (codec, link) in links {
            if let Some(program) = programs.get(&link.canvas) {
                self.want(now, link.canvas, *codec, program);
            }
        }
        self.judge(now);
        self.encodes.retain(|(_, codec), encode| {
            let kept = now.saturating_sub(encode.wanted_at) < KEPT;
            if !kept {
                encode.program.stop(*codec);
            }
            kept
        });
        let mut shares = BTreeMap::new();
        for ((canvas, codec), encode) in &mut self.encodes {
            let own = links
                .iter()
                .filter(|(wanted, link)| wanted == codec && link.canvas == *canvas);
            let own: Vec<&Link> = own.map(|(_, link)| link).collect();
            encode.follow_links(now, *codec, &own);
            for link in own {
                shares.insert(link.id.clone(), encode.share(*codec, link));
            }
        }
        shares
    }

    /// A canvas that is off, or on again with another program, has none of the old encodes.
    fn end_of_gone(&mut self, programs: &BTreeMap<Canvas, Arc<P>>) {
        self.encodes.retain(|(canvas, _), encode| {
            let now = programs.get(canvas);
            now.is_some_and(|program| Arc::ptr_eq(program, &encode.program))
        });
    }

    fn want(&mut self, now: Duration, canvas: Canvas, codec: VideoCodec, program: &Arc<P>) {
        if self.given_up.contains_key(&codec) {
            return;
        }
        if let Some(encode) = self.encodes.get_mut(&(canvas, codec)) {
            encode.wanted_at = now;
            return;
        }
        let (hub, kbps) = (Hub::new(), self.nominal_kbps);
        let output: EncodedSink = Arc::new(to_hub(hub.clone()));
        if let Err(error) = program.start(codec, kbps, output) {
            tracing::warn!(%error, ?codec, "it cannot be encoded");
            self.given_up.insert(codec, "codec_failed");
            return;
        }
        tracing::info!(?codec, kbps, canvas = canvas.name(), "encoded beside H.264");
        let encode = Encode {
            program: program.clone(),
            hub,
            kbps,
            budget: uplink::budget(kbps),
            trial: Trial::begin(TRIAL, now, program.left_out()),
            wanted_at: now,
        };
        self.encodes.insert((canvas, codec), encode);
    }

    /// Gives up what fails, or what costs pictures: the machine needs its strength for what everybody gets.
    fn judge(&mut self, now: Duration) {
        let mut over = BTreeMap::new();
        for ((_, codec), encode) in &mut self.encodes {
            let Some(stats) = encode.program.stats(*codec) else {
                continue;
            };
            let left_out = encode.program.left_out() + stats.frames_refused;
            if let Some(failure) = stats.failure {
                tracing::warn!(?codec, failure, "given up for this show: H.264 is sent");
                over.insert(*codec, "codec_failed");
            } else if encode.trial.is_too_much(now, stats.frames_taken, left_out)
                && encoder::speed_is_judged()
            {
                tracing::warn!(?codec, "too much for this machine: H.264 is sent");
                over.insert(*codec, "codec_too_slow");
            }
        }
        let ended: BTreeSet<VideoCodec> = over.keys().copied().collect();
        self.given_up.extend(over);
        self.encodes.retain(|(_, codec), encode| {
            let goes_on = !ended.contains(codec);
            if !goes_on {
                encode.program.stop(*codec);
            }
            goes_on
        });
    }
}

impl<P: EncodesCodecs> Encode<P> {
    /// Its bitrate is what the links of those that are sent it take.
    fn follow_links(&mut self, now: Duration, codec: VideoCodec, links: &[&Link]) {
        let members: Vec<_> = links.iter().map(|link| uplink::member(link)).collect();
        let plan = self.budget.decide(now, &members);
        let kbps = uplink::video_kbps(plan);
        if kbps != self.kbps {
            tracing::info!(?codec, kbps, "its links' bitrate");
            self.kbps = kbps;
            self.program.set(codec, kbps);
        }
    }

    fn share(&self, codec: VideoCodec, link: &Link) -> Share {
        let paused = self.budget.plan().paused.contains(&link.id);
        Share {
            feeding: Feeding {
                hub: self.hub.clone(),
                kbps: self.kbps + uplink::sound_kbps(),
                paused,
                codec,
                soon: None,
            },
            target_kbps: if paused { 0 } else { self.kbps },
        }
    }
}

#[cfg(test)]
#[path = "codecs_tests.rs"]
mod tests;
