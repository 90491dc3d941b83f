//! Owns which encoder comes after one that failed on air.

use super::probe;
use super::table::{self, EncoderKind};

/// The encoders that failed in this run: none of them is chosen again unless somebody asks for it, or nothing else
/// is left.
#[derive(Debug, Default)]
pub(crate) struct Succession {
    broken: Vec<&'static str>,
}

impl Succession {
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
    /// than a stream may pause. When every encoder failed, those of the CPU begin anew.
    pub fn next(&mut self) -> Option<&'static EncoderKind> {
        let next = self.next_of(table::all(), &probe::may_work);
        if next.is_none() {
            let on_cpu = table::all().iter().filter(|kind| !kind.hardware);
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
        let mut succession = Succession::default();
        let here =
            |kind: &EncoderKind| ["vah264enc", "v4l2h264enc", "x264enc"].contains(&kind.element);
        let next = |succession: &Succession| {
            let kind = succession.next_of(table::all(), &here);
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
        let mut succession = Succession::default();
        table::all().iter().for_each(|kind| succession.failed(kind));
        assert!(succession.next().is_none());
        let next = succession.next().unwrap();
        assert!(!next.hardware);
    }
}
