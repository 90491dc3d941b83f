//! What the machine itself keeps waiting: a thread on each of its processors that goes before everything else and only asks
//! to be woken. When it is held up, no program could have run there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// How often each of them is to be woken.
const EVERY: Duration = Duration::from_millis(2);

/// A time in which a processor ran nothing that was asked of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standstill {
    /// When it ended.
    pub end: SystemTime,
    /// How long the waking was held up.
    pub length: Duration,
}

/// Looks on from its start until [`Standstills::end`].
#[derive(Debug)]
pub struct Standstills {
    stop: Arc<AtomicBool>,
    lookers: Vec<JoinHandle<Vec<Standstill>>>,
}

impl Standstills {
    /// Notes what lasts longer than `least` from now on; `None` where this user's threads may not go before all others.
    pub fn watch(least: Duration) -> Option<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let processors = std::thread::available_parallelism().unwrap().get();
        let lookers = (0..processors).map(|processor| {
            let stop = Arc::clone(&stop);
            let (may, told) = std::sync::mpsc::sync_channel(1);
            let looker = std::thread::spawn(move || {
                let goes_before = go_before_all_on(processor);
                may.send(goes_before).unwrap();
                if goes_before {
                    look(&stop, least)
                } else {
                    Vec::new()
                }
            });
            told.recv().unwrap().then_some(looker)
        });
        let lookers = lookers.collect::<Option<Vec<_>>>();
        if lookers.is_none() {
            stop.store(true, Ordering::Release);
        }
        Some(Self {
            stop,
            lookers: lookers?,
        })
    }

    /// All of them, of every processor, oldest first.
    pub fn end(self) -> Vec<Standstill> {
        self.stop.store(true, Ordering::Release);
        let all = self.lookers.into_iter();
        let mut all: Vec<_> = all.flat_map(|looker| looker.join().unwrap()).collect();
        all.sort_by_key(|one| one.end);
        all
    }
}

/// Binds the calling thread to a processor and puts it before all ordinary ones; whether it may.
fn go_before_all_on(processor: usize) -> bool {
    let mut only = CpuSet::new();
    only.set(processor).unwrap();
    sched_setaffinity(Pid::from_raw(0), &only).unwrap();
    let priority = libc::sched_param { sched_priority: 80 };
    // SAFETY: the parameters outlive the call, which is about this thread alone (0).
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const priority) == 0 }
}

fn look(stop: &AtomicBool, least: Duration) -> Vec<Standstill> {
    let mut found = Vec::new();
    let mut due = Instant::now() + EVERY;
    while !stop.load(Ordering::Acquire) {
        #[expect(
            clippy::disallowed_methods,
            reason = "how long a sleep takes is what is measured"
        )]
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let length = due.elapsed();
        if length > least {
            found.push(Standstill {
                end: SystemTime::now(),
                length,
            });
        }
        // What was missed is one standstill, not many.
        due = Instant::now() + EVERY;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_that_others_keep_busy_stands_not_still() {
        let Some(watch) = Standstills::watch(Duration::from_secs(1)) else {
            return;
        };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(50) {}
        assert_eq!(watch.end(), Vec::new());
    }
}
