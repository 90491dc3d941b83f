//! Owns the precedence of the thread that keeps the show's time: on a computer that has more to do than it can, a thread that
//! waits for its turn like any other makes late pictures.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Of 100: "above normal" on Windows, niceness -9 on Linux. The most of 15 to 47 that macOS knows for ordinary threads.
const PRECEDENCE: u8 = if cfg!(target_os = "macos") { 47 } else { 70 };
/// The same as the desktop is asked for it; it gives down to -15.
#[cfg(target_os = "linux")]
const NICENESS: i32 = -9;

/// Puts the calling thread before others of the computer, as far as the system lets it. Never waits.
pub(crate) fn take() {
    let Ok(value) = ThreadPriorityValue::try_from(PRECEDENCE) else {
        return;
    };
    match set_current_thread_priority(ThreadPriority::Crossplatform(value)) {
        Ok(()) => {}
        #[cfg(target_os = "linux")]
        Err(_) => ask_the_desktop(),
        #[cfg(not(target_os = "linux"))]
        Err(error) => tracing::info!(?error, "the frame clock has no precedence"),
    }
}

/// Ordinary users may not: the desktop's portal may for them, as it does for sound
/// (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Realtime.html>).
#[cfg(target_os = "linux")]
fn ask_the_desktop() {
    // SAFETY: it has no arguments and always succeeds.
    let thread = unsafe { libc::gettid() };
    let Ok(thread) = u64::try_from(thread) else {
        return;
    };
    let asked = std::thread::Builder::new()
        .name("precedence".to_owned())
        .spawn(move || {
            if let Err(error) = super::portal::give_precedence(thread, NICENESS) {
                tracing::info!(%error, "the frame clock has no precedence");
            }
        });
    if let Err(error) = asked {
        tracing::warn!(%error, "nobody can ask for the frame clock's precedence");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_thread_that_takes_it_goes_before_the_others_of_the_process() {
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            // proc(5): the 19th field; the second, in brackets, may hold spaces.
            let after = stat.rsplit_once(')').unwrap().1;
            let field = after.split_whitespace().nth(16).unwrap();
            field.parse::<i32>().unwrap()
        };
        let before = niceness();
        let thread = std::thread::spawn(move || {
            take();
            niceness()
        });
        let taken = thread.join().unwrap();
        // Who may not raise it has it by the desktop alone, which is not waited for.
        // SAFETY: it takes numbers only; on Linux it is about this thread alone.
        let may = || unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) } == 0;
        let may = std::thread::spawn(may).join().unwrap();
        assert!(taken == NICENESS || !may && taken == before, "{taken}");
        assert_eq!(niceness(), before, "nobody else goes before");
    }
}
