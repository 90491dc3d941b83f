//! Owns the judgement whether the machine keeps up with the beat of a program.

/// More than this share of the last second's pictures late or left out: sources starve as well, and their silence says
/// less.
const HIGH: f64 = 0.25;

/// Pictures of the last second or so that were late or left out.
#[derive(Debug)]
pub(crate) struct Strain {
    places: f64,
    share: f64,
}

impl Strain {
    /// Of a canvas with so many pictures a second.
    pub fn new(fps: u32) -> Self {
        Self {
            places: f64::from(fps.max(1)),
            share: 0.0,
        }
    }

    /// Places on the grid passed, all in time or all not.
    pub fn passed(&mut self, places: u64, in_time: bool) {
        let wanted = if in_time { 0.0 } else { 1.0 };
        let kept = (1.0 - 1.0 / self.places).powf(places as f64);
        self.share = wanted + (self.share - wanted) * kept;
    }

    /// Whether the machine does not keep up.
    pub fn is_high(&self) -> bool {
        self.share > HIGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_moment_is_no_strain_and_every_second_picture_late_is() {
        let mut strain = Strain::new(30);
        strain.passed(5, false);
        assert!(!strain.is_high(), "a sixth of a second");
        for _ in 0..60 {
            strain.passed(1, true);
            strain.passed(1, false);
        }
        assert!(strain.is_high());
        strain.passed(40, true);
        assert!(!strain.is_high(), "it ends with its cause");
        strain.passed(20, false);
        assert!(strain.is_high(), "a gap of two thirds of a second");
    }
}
