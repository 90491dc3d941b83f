//! Owns clips: decoding in step with the shared timeline, and looping without a seam.
//!
//! A loop is a segment seek without a flush: the demuxer starts again while the running time goes
//! on, so picture and sound stay together and time never steps back. Demuxers that cannot do that
//! are rewound with a flush, which leaves a seam of some 100 ms; a clip that cannot seek at all is
//! opened anew for each round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::shared::Shared;
use super::sinks::{Pace, VideoFit, add_audio, add_video, make};
use crate::audio::AudioTap;
use crate::clock::MediaClock;
use crate::error::{MediaError, Result};

/// The clip starts this long after it is filled up: time for the flush of the first seek.
const LEAD: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Threads that a decoder may use. More only cost memory: one core decodes 1080p60 in software.
const DECODER_THREADS: i32 = 2;

/// The same for the next round after a flush.
const ROUND_LEAD: gst::ClockTime = gst::ClockTime::from_mseconds(60);

/// Demuxers that loop without a flush. The others refuse (tsdemux, after having flushed) or never
/// tell that the end was reached (flvdemux).
const SEAMLESS: &[&str] = &["qtdemux", "matroskademux", "avidemux", "wavparse"];

/// A round shorter than this is no clip: rewinding it would only burn time.
const SHORTEST_ROUND: Duration = Duration::from_millis(200);

/// What follows the end of a clip.
pub(super) enum Next {
    /// It was rewound and goes on.
    Continues,
    Finished,
    Again,
    Failed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Filling,
    Playing,
}

pub(super) struct FilePlayback {
    looping: bool,
    phase: Phase,
    heads: Arc<Mutex<Vec<gst::Pad>>>,
    fits: Arc<Mutex<Vec<VideoFit>>>,
    clock: MediaClock,
    seamless: Arc<AtomicBool>,
    round_began: Instant,
}

impl FilePlayback {
    pub(super) fn fits(&self) -> Arc<Mutex<Vec<VideoFit>>> {
        Arc::clone(&self.fits)
    }

    /// The first frame of every stream is decoded: put the clip on the shared timeline and play.
    pub(super) fn prerolled(&mut self, pipeline: &gst::Pipeline) -> Result<()> {
        if self.phase == Phase::Playing {
            return Ok(());
        }
        self.phase = Phase::Playing;
        self.start_at(self.clock.running_time() + LEAD);
        // The flush also makes the offset known downstream.
        let mut flags = gst::SeekFlags::FLUSH;
        if self.looping && self.seamless.load(Ordering::SeqCst) {
            flags |= gst::SeekFlags::SEGMENT;
        }
        if let Err(error) = seek(pipeline, flags) {
            tracing::debug!(%error, "the clip cannot seek; it is opened anew for each round");
        }
        self.round_began = Instant::now();
        pipeline.set_state(gst::State::Playing)?;
        Ok(())
    }

    fn start_at(&self, running_time: gst::ClockTime) {
        let offset = i64::try_from(running_time.nseconds()).unwrap_or(i64::MAX);
        if let Ok(heads) = self.heads.lock() {
            for head in heads.iter() {
                head.set_offset(offset);
            }
        }
    }

    pub(super) fn next_round(&mut self, pipeline: &gst::Pipeline) -> Result<()> {
        seek(pipeline, gst::SeekFlags::SEGMENT)
    }

    pub(super) fn on_end(&mut self, pipeline: &gst::Pipeline) -> Next {
        if !self.looping {
            return Next::Finished;
        }
        if self.round_began.elapsed() < SHORTEST_ROUND {
            return Next::Failed;
        }
        self.round_began = Instant::now();
        self.start_at(self.clock.running_time() + ROUND_LEAD);
        match seek(pipeline, gst::SeekFlags::FLUSH) {
            Ok(()) => Next::Continues,
            Err(_) => Next::Again,
        }
    }
}

fn seek(pipeline: &gst::Pipeline, flags: gst::SeekFlags) -> Result<()> {
    pipeline.seek(
        1.0,
        flags,
        gst::SeekType::Set,
        gst::ClockTime::ZERO,
        gst::SeekType::None,
        gst::ClockTime::NONE,
    )?;
    Ok(())
}

pub(super) fn build(
    pipeline: &gst::Pipeline,
    path: &str,
    looping: bool,
    shared: &Arc<Shared>,
    tap: Option<&AudioTap>,
) -> Result<FilePlayback> {
    std::fs::File::open(path).map_err(|error| MediaError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let source = make("filesrc")?;
    source.set_property("location", path);
    let decode = make("decodebin")?;
    // Streams that nobody takes are not decoded at all.
    let mut wanted = gst::Caps::builder("video/x-raw").any_features().build();
    if tap.is_some() {
        wanted.merge(gst::Caps::new_empty_simple("audio/x-raw"));
    }
    decode.set_property("caps", &wanted);
    decode.set_property("expose-all-streams", false);
    pipeline.add_many([&source, &decode])?;
    source.link(&decode)?;

    let seamless = Arc::new(AtomicBool::new(false));
    let found = Arc::clone(&seamless);
    pipeline.connect_deep_element_added(move |_, _, element| {
        if element
            .factory()
            .is_some_and(|factory| SEAMLESS.contains(&factory.name().as_str()))
        {
            found.store(true, Ordering::SeqCst);
        }
        if element
            .find_property("max-threads")
            .is_some_and(|spec| spec.value_type() == i32::static_type())
            && element.type_().name().starts_with("avdec")
        {
            element.set_property("max-threads", DECODER_THREADS);
        }
    });

    let heads: Arc<Mutex<Vec<gst::Pad>>> = Arc::default();
    let fits: Arc<Mutex<Vec<VideoFit>>> = Arc::default();
    let (own_heads, own_fits) = (Arc::clone(&heads), Arc::clone(&fits));
    let (own_shared, own_tap) = (Arc::clone(shared), tap.cloned());
    let weak = pipeline.downgrade();
    let first_offset = i64::try_from((shared.clock.running_time() + LEAD).nseconds()).unwrap_or(0);
    let (has_video, has_audio) = (AtomicBool::new(false), AtomicBool::new(false));
    decode.connect_pad_added(move |_, new| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        let caps = new.current_caps().unwrap_or_else(|| new.query_caps(None));
        let Some(name) = caps.structure(0).map(|s| s.name().to_string()) else {
            return;
        };
        let added = if name.starts_with("video/") && !has_video.swap(true, Ordering::SeqCst) {
            add_video(&pipeline, &own_shared, Pace::OnTime)
        } else if let Some(tap) = &own_tap
            && name.starts_with("audio/")
            && !has_audio.swap(true, Ordering::SeqCst)
        {
            add_audio(&pipeline, &own_shared, tap, Pace::OnTime)
        } else {
            return;
        };
        let linked = added.and_then(|branch| {
            branch.sync_states()?;
            if let (Some(fit), Ok(mut fits)) = (branch.fit(), own_fits.lock()) {
                fits.push(fit);
            }
            // Should the clip refuse to seek, this is its place on the shared timeline.
            branch.head.set_offset(first_offset);
            if let Ok(mut heads) = own_heads.lock() {
                heads.push(branch.head.clone());
            }
            new.link(&branch.head)
                .map_err(|error| MediaError::Build(error.to_string()))?;
            Ok(())
        });
        if let Err(error) = linked {
            gst::element_error!(pipeline, gst::CoreError::Pad, ("{error}"));
        }
    });
    // decodebin itself says nothing when no stream could be used.
    let weak = pipeline.downgrade();
    let any = Arc::clone(&heads);
    decode.connect_no_more_pads(move |_| {
        if let Some(pipeline) = weak.upgrade()
            && any.lock().is_ok_and(|heads| heads.is_empty())
        {
            gst::element_error!(pipeline, gst::StreamError::WrongType, ("no usable stream"));
        }
    });
    Ok(FilePlayback {
        looping,
        phase: Phase::Filling,
        heads,
        fits,
        clock: shared.clock.clone(),
        seamless,
        round_began: Instant::now(),
    })
}
