//! Volume: decibels and factors as OBS tells them, hundredths of a decibel as the mixer has them.

/// Least gain of the mixer, hundredths of a decibel; less is asked for and this is set.
const LEAST_CDB: i32 = -6_000;
/// Most gain of the mixer.
const MOST_CDB: i32 = 2_000;

/// Decibels of a gain.
pub(crate) fn db(cdb: i32) -> f64 {
    f64::from(cdb) / 100.0
}

/// Factor of a gain.
pub(crate) fn factor(cdb: i32) -> f64 {
    10_f64.powf(db(cdb) / 20.0)
}

/// The gain of the mixer nearest to so many decibels.
pub(crate) fn gain_of_db(db: f64) -> i32 {
    // In range of an i32 after the clamp; not a number is 0.
    (db * 100.0)
        .round()
        .clamp(f64::from(LEAST_CDB), f64::from(MOST_CDB)) as i32
}

/// The gain of the mixer nearest to a factor; 0 is the least.
pub(crate) fn gain_of_factor(factor: f64) -> i32 {
    gain_of_db(20.0 * factor.log10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_and_factors_meet_in_the_gain() {
        for cdb in [-6_000, -1_250, -600, 0, 1, 2_000] {
            assert_eq!(gain_of_db(db(cdb)), cdb);
            assert_eq!(gain_of_factor(factor(cdb)), cdb);
        }
        assert_eq!(gain_of_factor(0.0), LEAST_CDB);
        assert_eq!(gain_of_factor(20.0), MOST_CDB);
        assert_eq!(gain_of_db(-100.0), LEAST_CDB);
        assert!((factor(-602) - 0.5).abs() < 0.001);
    }
}
