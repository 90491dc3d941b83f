//! Owns the further renditions of a program: what is asked of them from outside, each in a place of its own, so that
//! none knows of another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Program;
use super::control::check_kbps;
use super::packet::EncodedSink;
use super::rendition::{RenditionSlot, RenditionStats};
use crate::encoder::{self, VideoCodec};
use crate::error::MediaError;

/// Which further rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// At a bitrate of its own, made like the program's.
    Second,
    /// In another codec.
    In(VideoCodec),
}

/// The places they run in.
pub(crate) struct Renditions {
    places: BTreeMap<Which, Arc<RenditionSlot>>,
}

impl Default for Renditions {
    fn default() -> Self {
        let all = [
            Which::Second,
            Which::In(VideoCodec::Hevc),
            Which::In(VideoCodec::Av1),
        ];
        Self {
            places: all.map(|which| (which, Arc::default())).into(),
        }
    }
}

impl Renditions {
    pub fn iter(&self) -> impl Iterator<Item = (Which, Arc<RenditionSlot>)> {
        self.places
            .iter()
            .map(|(which, slot)| (*which, slot.clone()))
    }

    pub fn slots(&self) -> Vec<Arc<RenditionSlot>> {
        self.places.values().cloned().collect()
    }

    /// The place of the second, for tests.
    #[cfg(test)]
    pub fn second(&self) -> &RenditionSlot {
        &self.places[&Which::Second]
    }

    fn stats(&self, which: Which) -> Option<RenditionStats> {
        self.places.get(&which)?.stats()
    }

    fn set_kbps(&self, which: Which, kbps: u32) {
        if let Some(slot) = self.places.get(&which) {
            slot.set_kbps(kbps);
        }
    }
}

impl Program {
    /// Encodes the same picture and sound once more, at a bitrate of its own, for `output`; replaces a second
    /// rendition that runs. Returns at once; [`Program::rendition`] tells how it fares.
    ///
    /// # Errors
    /// When the bitrate is outside 100..=100000 kbit/s.
    pub fn start_rendition(&self, kbps: u32, output: EncodedSink) -> Result<(), MediaError> {
        check_kbps(kbps)?;
        // At once: a change that comes before it is begun counts.
        self.renditions.set_kbps(Which::Second, kbps);
        self.mailbox.rendition(Which::Second, None, kbps, output);
        Ok(())
    }

    /// Changes the second rendition's bitrate while it plays; nothing when there is none.
    ///
    /// # Errors
    /// When it is outside 100..=100000 kbit/s.
    pub fn set_rendition_kbps(&self, kbps: u32) -> Result<(), MediaError> {
        check_kbps(kbps)?;
        self.renditions.set_kbps(Which::Second, kbps);
        Ok(())
    }

    /// Ends the second rendition.
    pub fn stop_rendition(&self) {
        self.mailbox.no_rendition(Which::Second);
    }

    /// How the second rendition fares; `None` while there is none.
    #[must_use]
    pub fn rendition(&self) -> Option<RenditionStats> {
        self.renditions.stats(Which::Second)
    }

    /// As [`Program::start_rendition`], in another codec than H.264 and beside that one.
    ///
    /// # Errors
    /// When the bitrate is out of range, or no encoder of that codec is known to be good enough
    /// ([`encoder::try_codec`] finds out).
    pub fn start_codec(
        &self,
        codec: VideoCodec,
        kbps: u32,
        output: EncodedSink,
    ) -> Result<(), MediaError> {
        check_kbps(kbps)?;
        let best = encoder::best(codec).filter(|_| codec != VideoCodec::H264);
        let kind = best.ok_or(MediaError::NoElementFor("this codec"))?;
        let which = Which::In(codec);
        self.renditions.set_kbps(which, kbps);
        self.mailbox.rendition(which, Some(kind), kbps, output);
        Ok(())
    }

    /// As [`Program::set_rendition_kbps`], of that codec's.
    ///
    /// # Errors
    /// When it is outside 100..=100000 kbit/s.
    pub fn set_codec_kbps(&self, codec: VideoCodec, kbps: u32) -> Result<(), MediaError> {
        check_kbps(kbps)?;
        self.renditions.set_kbps(Which::In(codec), kbps);
        Ok(())
    }

    /// Ends that codec's rendition.
    pub fn stop_codec(&self, codec: VideoCodec) {
        self.mailbox.no_rendition(Which::In(codec));
    }

    /// How that codec's rendition fares; `None` while there is none.
    #[must_use]
    pub fn codec(&self, codec: VideoCodec) -> Option<RenditionStats> {
        self.renditions.stats(Which::In(codec))
    }
}
