//! Owns which encoder comes after one that failed on air.

use super::codec::VideoCodec;
use super::probe;
use super::table::{self, EncoderKind};

/// The encoders that failed in this run: none of them is chosen again unless somebody asks for it, or nothing else
/// is left.
#[derive(Debug)]
pub(crate) struct Succession {
    codec: VideoCodec,
    broken: Vec<&'static str>,
}

impl Succession {
    /// Of one codec's encoders.
    pub fn of(codec: VideoCodec) -> Self {
        Self {
            codec,
            broken: Vec::new(),
        }
    }

    /// Does not choose this one again.
    pub fn failed(&mut self, kind: &EncoderKind) {
        if !self.broken.contains(&kind.element) {
            self.broken.push(kind.element);
        }
    }

    /// Somebody asked for it all the same.
    pub fn forgive(&mut self, kind: &EncoderKind) {
        self.broken.retain(|element| *element != kind.element);
    }

    /// The next in rank, without a trial: a chip only when its own went well before, since a trial takes longer
    /// than a stream may pause. When every encoder of H.264 failed, those of the CPU begin anew; without another codec a
    /// show goes on.
    pub fn next(&mut self) -> Option<&'static EncoderKind> {
        let table = table::of(self.codec);
        let next = self.next_of(table, &probe::may_work);
        if next.is_none() && self.codec == VideoCodec::H264 {
            let on_cpu = table.iter().filter(|kind| !kind.hardware);
            on_cpu.for_each(|kind| self.forgive(kind));
        }
        next
    }

    fn next_of<'t>(
        &self,
        table: &'t [EncoderKind],
        may_work: &dyn Fn(&EncoderKind) -> bool,
    ) -> Option<&'t EncoderKind> {
        let is_broken = |kind: &EncoderKind| self.broken.contains(&kind.element);
        table.iter().find(|kind| !is_broken(kind) && may_work(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_in_rank_that_may_work_follows_and_a_broken_one_only_when_asked_for() {
        let mut succession = Succession::of(VideoCodec::H264);
        let here =
            |kind: &EncoderKind| ["vah264enc", "v4l2h264enc", "x264enc"].contains(&kind.element);
        let next = |succession: &Succession| {
            let kind = succession.next_of(table::of(VideoCodec::H264), &here);
            kind.map(|kind| kind.element)
        };
        for expected in ["vah264enc", "v4l2h264enc", "x264enc"] {
            assert_eq!(next(&succession), Some(expected));
            succession.failed(table::find(expected).unwrap());
        }
        assert_eq!(next(&succession), None);
        succession.forgive(table::find("v4l2h264enc").unwrap());
        assert_eq!(next(&succession), Some("v4l2h264enc"));
    }

    #[test]
    fn when_all_have_failed_the_cpu_s_begin_anew() {
        gstreamer::init().unwrap();
        let mut succession = Succession::of(VideoCodec::H264);
        table::all().for_each(|kind| succession.failed(kind));
        assert!(succession.next().is_none());
        let next = succession.next().unwrap();
        assert!(!next.hardware);
    }
}
