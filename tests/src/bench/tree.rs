//! What a program costs with everything it starts, and what the rest of the machine did meanwhile.

use std::collections::BTreeMap;
use std::fs;

use super::Memory;
use super::cpu::ticks_a_second;

/// CPU time and memory of a process and all its descendants, read at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tree {
    /// User and system time in seconds, of children too that have ended.
    pub seconds: f64,
    /// Resident, MiB, added up.
    pub resident: f64,
    /// Proportional share, MiB: pages that several of them map count once.
    pub proportional: f64,
}

impl Tree {
    /// Reads it off `/proc`. Panics when the process itself is gone.
    pub fn of(root: u32) -> Self {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut seconds = BTreeMap::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            // A process that ends meanwhile is its parent's next time.
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            let (parent, used) = parent_and_seconds(&stat);
            children.entry(parent).or_default().push(pid);
            seconds.insert(pid, used);
        }
        assert!(seconds.contains_key(&root), "process {root} runs");
        let mut tree = Self::default();
        let mut open = vec![root];
        while let Some(pid) = open.pop() {
            tree.seconds += seconds.get(&pid).copied().unwrap_or_default();
            if let Some(memory) = Memory::of_running(pid) {
                tree.resident += memory.resident;
                tree.proportional += memory.proportional;
            }
            open.extend(children.remove(&pid).unwrap_or_default());
        }
        tree
    }
}

/// Of a `stat` line: the parent, and CPU time with that of children which were waited for.
fn parent_and_seconds(stat: &str) -> (u32, f64) {
    // The name in brackets may hold anything; what follows it begins with field 3.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();
    let parent = fields[1].parse().unwrap();
    // utime, stime, cutime and cstime are fields 14 to 17.
    let ticks: u64 = fields[11..15]
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    (parent, ticks as f64 / ticks_a_second())
}

/// What all CPUs together have done since the machine started, seconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineTime {
    /// Work of all processes and of the kernel.
    pub busy: f64,
    /// Taken by other guests of the same host.
    pub stolen: f64,
}

impl MachineTime {
    /// Reads it off `/proc/stat`.
    pub fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap();
        Self::parsed(stat.lines().next().unwrap())
    }

    fn parsed(line: &str) -> Self {
        let fields = line.split_whitespace().skip(1);
        let fields: Vec<f64> = fields.map(|field| field.parse().unwrap()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal
        let busy = fields[0] + fields[1] + fields[2] + fields[5] + fields[6];
        Self {
            busy: busy / ticks_a_second(),
            stolen: fields[7] / ticks_a_second(),
        }
    }

    /// From `earlier` until this.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            busy: self.busy - earlier.busy,
            stolen: self.stolen - earlier.stolen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Group, PATIENCE, eventually};

    #[test]
    fn a_process_pays_for_its_children() {
        // The shell itself only waits.
        let words = ["-c", "(while :; do :; done) & wait"];
        let group = Group::start(std::process::Command::new("sh").args(words));
        eventually(PATIENCE, "the child's work is seen", || {
            (Tree::of(group.id()).seconds > 0.1).then_some(())
        });
        assert!(Tree::of(group.id()).resident > 0.1);
    }

    #[test]
    fn fields_are_those_of_the_manual() {
        let stat = "12 (a (b) c) S 7 1 1 0 -1 0 0 0 0 0 150 50 30 20 20 0 1 0 0 0";
        let (parent, seconds) = parent_and_seconds(stat);
        assert_eq!(parent, 7);
        assert!((seconds - 250.0 / ticks_a_second()).abs() < 1e-9);
        let machine = MachineTime::parsed("cpu  10 20 30 1000 5 1 2 7 0 0");
        assert!((machine.busy - 63.0 / ticks_a_second()).abs() < 1e-9);
        assert!((machine.stolen - 7.0 / ticks_a_second()).abs() < 1e-9);
    }
}
