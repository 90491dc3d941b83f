//! What this process takes of the machine, for programs that show it. Read from /proc; elsewhere 0.

use std::time::Instant;

/// Ticks a second of the times in /proc, on every Linux.
const TICKS: f64 = 100.0;
/// A MB in the kB of /proc.
const KB_PER_MB: f64 = 1024.0;

/// The last look.
pub(super) struct Usage {
    looked: Instant,
    cpu_s: f64,
    /// Percent of the whole machine since the look before.
    pub(super) cpu_percent: f64,
    /// Resident memory.
    pub(super) memory_mb: f64,
}

impl Usage {
    pub(super) fn new() -> Self {
        Self {
            looked: Instant::now(),
            cpu_s: cpu_s().unwrap_or_default(),
            cpu_percent: 0.0,
            memory_mb: memory_mb().unwrap_or_default(),
        }
    }

    /// Looks again; gives the seconds since the look before.
    pub(super) fn look(&mut self) -> f64 {
        let passed = self.looked.elapsed().as_secs_f64();
        self.looked = Instant::now();
        if let Some(cpu_s) = cpu_s() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let used = (cpu_s - self.cpu_s).max(0.0);
            self.cpu_percent = 100.0 * used / passed.max(0.001) / cores as f64;
            self.cpu_s = cpu_s;
        }
        self.memory_mb = memory_mb().unwrap_or_default();
        passed
    }
}

/// User and system time so far, seconds.
fn cpu_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kb: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kb / KB_PER_MB)
}
