//! The bitrate that viewers get while the uplink takes it.

use crate::check;
use crate::{Event, Refusal, Show};

/// Bounds, kbit/s: below, faces dissolve; above, no platform of the table takes it.
const KBPS_LEAST: i32 = 300;
const KBPS_MOST: i32 = 20_000;

impl Show {
    pub(crate) fn decide_set_video_bitrate(
        &self,
        kbps: Option<u32>,
    ) -> Result<Vec<Event>, Refusal> {
        if let Some(kbps) = kbps {
            let number = i32::try_from(kbps).unwrap_or(i32::MAX);
            check::range("video_kbps", number, KBPS_LEAST, KBPS_MOST)?;
        }
        if kbps == self.video_kbps {
            return Ok(Vec::new());
        }
        Ok(vec![Event::VideoBitrateSet { kbps }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    #[test]
    fn a_bitrate_is_kept_within_what_can_be_watched_and_sent() {
        let mut show = Show::default();
        let ask = |show: &Show, kbps| decide(show, Command::SetVideoBitrate { kbps }, At(0));
        for kbps in [0, 299, 20_001, u32::MAX] {
            assert!(ask(&show, Some(kbps)).is_err(), "{kbps}");
        }
        let events = ask(&show, Some(1_800)).unwrap();
        show.apply_all(&events);
        assert_eq!(show.video_kbps, Some(1_800));
        assert!(ask(&show, Some(1_800)).unwrap().is_empty(), "nothing new");
        let back = ask(&show, None).unwrap();
        show.apply_all(&back);
        assert_eq!(show.video_kbps, None);
    }
}
