//! What a process costs: CPU time by thread, and memory by kind, as Linux counts them.

use std::collections::BTreeMap;
use std::fs;

use super::rounded;

/// CPU time that a process has used, as a whole and by the names of its threads.
#[derive(Debug, Clone, Default)]
pub struct CpuTime {
    /// User and system time of all threads, ended ones too, in seconds.
    pub seconds: f64,
    /// The same by thread id, of the threads that still run.
    threads: BTreeMap<u32, (String, f64)>,
}

impl CpuTime {
    /// Reads it off `/proc`.
    pub fn of(pid: u32) -> Self {
        let whole = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
        let (_, seconds) = name_and_seconds(&whole);
        let mut threads = BTreeMap::new();
        for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
            // A thread that ends meanwhile is only missing from the table.
            let Ok(stat) = fs::read_to_string(task.path().join("stat")) else {
                continue;
            };
            let id = task.file_name().to_string_lossy().parse().unwrap();
            threads.insert(id, name_and_seconds(&stat));
        }
        Self { seconds, threads }
    }

    /// Seconds from `earlier` until now.
    pub fn since(&self, earlier: &Self) -> f64 {
        self.seconds - earlier.seconds
    }

    /// Milliseconds a second by thread name from `earlier` until now, `wall` seconds later;
    /// threads of one name are added up, those under 0.5 ms/s left out.
    pub fn threads_since(&self, earlier: &Self, wall: f64) -> BTreeMap<String, f64> {
        let mut table: BTreeMap<String, (u32, f64)> = BTreeMap::new();
        for (id, (name, seconds)) in &self.threads {
            let before = earlier.threads.get(id).map_or(0.0, |(_, seconds)| *seconds);
            let row = table.entry(name.clone()).or_default();
            row.0 += 1;
            row.1 += seconds - before;
        }
        table
            .into_iter()
            .filter(|(_, (_, seconds))| seconds * 1000.0 / wall >= 0.5)
            .map(|(name, (count, seconds))| {
                (format!("{name} x{count}"), rounded(seconds * 1000.0 / wall))
            })
            .collect()
    }
}

/// Of a `stat` line: the name, and user plus system time.
fn name_and_seconds(stat: &str) -> (String, f64) {
    let (begin, end) = (stat.find('(').unwrap(), stat.rfind(')').unwrap());
    let name = stat[begin + 1..end].to_owned();
    // utime and stime are fields 14 and 15; what follows the name begins with field 3.
    let fields: Vec<&str> = stat[end + 2..].split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    (name, ticks as f64 / ticks_a_second())
}

/// What `/proc` counts CPU time in.
pub(super) fn ticks_a_second() -> f64 {
    // SAFETY: sysconf only reads a constant of the system.
    unsafe { libc::sysconf(libc::_SC_CLK_TCK) as f64 }
}

/// Memory of a process in MiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Resident in all.
    pub resident: f64,
    /// Anonymous: heap and stacks.
    pub anonymous: f64,
    /// Nobody else's: anonymous, and pages of files that only this process maps.
    pub private: f64,
    /// Shared with others or with the page cache.
    pub shared: f64,
    /// Pages of files (program, libraries, fonts).
    pub file: f64,
    /// Proportional share: shared pages divided among those who map them.
    pub proportional: f64,
}

impl Memory {
    /// Reads it off `/proc`.
    pub fn of(pid: u32) -> Self {
        Self::of_running(pid).expect("the process runs and is ours")
    }

    /// The same of a process that may have ended: `None` then.
    pub fn of_running(pid: u32) -> Option<Self> {
        // What has ended and was not waited for has a file that is empty.
        let told = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
        let rollup = told("smaps_rollup").filter(|text| !text.is_empty())?;
        let status = told("status").filter(|text| text.contains("VmRSS"))?;
        Some(Self {
            resident: mib(&status, "VmRSS"),
            anonymous: mib(&status, "RssAnon"),
            private: mib(&rollup, "Private_Clean") + mib(&rollup, "Private_Dirty"),
            shared: mib(&rollup, "Shared_Clean") + mib(&rollup, "Shared_Dirty"),
            file: mib(&status, "RssFile") + mib(&status, "RssShmem"),
            proportional: mib(&rollup, "Pss"),
        })
    }

    /// As part of a result.
    pub fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "resident": rounded(self.resident), "anonymous": rounded(self.anonymous),
            "private": rounded(self.private), "shared": rounded(self.shared),
            "file": rounded(self.file), "proportional": rounded(self.proportional),
        })
    }
}

fn mib(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_else(|| panic!("no {name} in {text}")) / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_name_may_hold_brackets_and_spaces() {
        let line = "12 (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 0 0";
        let (name, seconds) = name_and_seconds(line);
        assert_eq!(name, "a (b) c");
        assert!((seconds - 200.0 / ticks_a_second()).abs() < 1e-9);
    }

    #[test]
    fn work_of_this_process_is_counted() {
        let own = std::process::id();
        let before = CpuTime::of(own);
        let mut sum = 0_u64;
        while CpuTime::of(own).since(&before) < 0.05 {
            sum = std::hint::black_box((0..1_000_000).fold(sum, u64::wrapping_add));
        }
        assert!(CpuTime::of(own).seconds > 0.0);
        assert!(Memory::of(own).resident > 1.0);
    }
}
