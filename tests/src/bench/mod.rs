//! What the benchmarks share: the show they put on and the floor it is held against, a page's preview,
//! counting CPU time, and the one line of JSON that each ends with.

mod arrivals;
mod clips;
mod cpu;
mod killed;
mod lateness;
pub mod peers;
mod plain;
mod plot;
mod preview;
mod show;
mod shown;
pub mod stamp;
mod standstill;
mod time_window;
mod tree;

pub use arrivals::{Arrivals, Arrived};
pub use clips::{NUMBERED_S, natural_clip, numbered_clip, steady_minute, upright_clip};
pub use cpu::{CpuTime, Memory};
pub use killed::recording_killed;
pub use lateness::Lateness;
pub use plain::{
    ENCODE, ENCODE_SOUND, KBPS, KEYFRAME_FRAMES, Run, WARM_UP, plain, prove_encoded_alike,
};
pub use plot::Plot;
pub use preview::PreviewClient;
pub use show::LiveShow;
pub use shown::Shown;
pub use time_window::TimeWindow;
pub use tree::{MachineTime, Tree};

use serde_json::{Value, json};

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// Prints a benchmark's result as its last line.
pub fn report(bench: &str, value: f64, unit: &str, aim: f64, better: Better, detail: &Value) {
    let better = match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
    };
    let line = json!({
        "bench": bench, "value": rounded(value), "unit": unit, "aim": aim, "better": better,
        "detail": detail,
    });
    println!("{line}");
}

/// Three places after the point: more is noise.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The value that `part` (0 to 1) of `values` do not exceed. Panics when there are none.
pub fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = ((values.len() as f64 * part).ceil() as usize).clamp(1, values.len());
    values[place - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.95), 95.0);
        assert_eq!(percentile(&mut values, 1.0), 100.0);
        assert_eq!(percentile(&mut values, 0.5), 50.0);
        assert_eq!(percentile(&mut [7.0], 0.95), 7.0);
    }
}
