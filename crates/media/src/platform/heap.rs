//! Owns that the memory of large pictures goes back to the system.

/// Blocks of this size and more are the system's own, and go back to it when they are freed. Pictures and what an encoder
/// keeps of them are larger, everything else is smaller.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BYTES: std::ffi::c_int = 512 * 1024;

/// To be called before any thread runs. glibc keeps freed blocks in a heap for every few threads, and once it saw one of
/// several megabytes it keeps all of that size (mallopt(3), `M_MMAP_THRESHOLD`): each encode that began and ended, a slow
/// link's for instance, left some 15 MiB behind.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn prepare_heap() {
    for setting in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: only numbers are handed over, and no other thread runs.
        if unsafe { libc::mallopt(setting, LARGE_BYTES) } != 1 {
            tracing::warn!(setting, "the heap keeps its own threshold");
        }
    }
}

/// Other systems' heaps give back of themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn prepare_heap() {}
