//! Owns the precedence of the thread that keeps the show's time: on a computer that has more to do than it can, a thread that
//! waits for its turn like any other makes late pictures.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Of 100: "above normal" on Windows, niceness -8 on Linux.
const PRECEDENCE: u8 = 70;
/// The same as the desktop is asked for it; it gives down to -15.
#[cfg(target_os = "linux")]
const NICENESS: i32 = -8;

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
        // Only who may raise it has it without the desktop's help.
        // SAFETY: it has no arguments and always succeeds.
        let is_root = unsafe { libc::geteuid() } == 0;
        assert_eq!(taken, if is_root { NICENESS } else { before });
        assert_eq!(niceness(), before, "nobody else goes before");
    }
}
