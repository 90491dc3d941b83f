//! Whether a decoded picture differs from the one before it, to the eye.

use ffmpeg_next as ff;

use super::meter::Seen;

/// Every fourth pixel of every fourth row is looked at.
const STEP: usize = 4;
/// A sample this much brighter or darker has changed: encoders repaint a still picture at every
/// keyframe a few levels off.
const LEVELS: u8 = 12;
/// One sample in this many must have changed. A digit of a small clock (20 x 30 pixels) is some
/// 30 samples; 720p has 57,600, so 12 suffice.
const ONE_IN: usize = 5_000;

/// Remembers the picture that the present run of equal ones began with.
#[derive(Default)]
pub(super) struct StillWatch {
    reference: Vec<u8>,
    current: Vec<u8>,
}

impl StillWatch {
    /// Compares a frame with the first one of the present run, so that a slow fade counts as
    /// change too.
    pub(super) fn look(&mut self, frame: &ff::frame::Video) -> Seen {
        let stride = frame.stride(0);
        if stride == 0 {
            return Seen::New;
        }
        let width = (frame.width() as usize).min(stride);
        self.current.clear();
        let rows = frame.data(0).chunks(stride).take(frame.height() as usize);
        for row in rows.step_by(STEP) {
            let row = row.get(..width).unwrap_or(row);
            self.current.extend(row.iter().step_by(STEP));
        }
        let seen = compare(&self.reference, &self.current);
        if seen == Seen::New {
            std::mem::swap(&mut self.reference, &mut self.current);
        }
        seen
    }
}

fn compare(before: &[u8], now: &[u8]) -> Seen {
    if before.len() != now.len() {
        return Seen::New;
    }
    let pairs = before.iter().zip(now);
    let changed = pairs.filter(|(a, b)| a.abs_diff(**b) > LEVELS).count();
    if changed > now.len() / ONE_IN {
        Seen::New
    } else {
        Seen::Same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repainting_a_still_picture_is_no_change_and_a_turning_digit_is() {
        let before = vec![100_u8; 57_600];
        let repainted: Vec<u8> = before.iter().map(|level| level + 5).collect();
        assert_eq!(compare(&before, &repainted), Seen::Same);
        let mut digit = before.clone();
        digit[1_000..1_030].fill(200);
        assert_eq!(compare(&before, &digit), Seen::New);
        assert_eq!(compare(&[], &before), Seen::New);
    }
}
