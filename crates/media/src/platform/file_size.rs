//! Owns how large a file a folder's disk takes.

use std::path::Path;

/// FAT32, which sticks and cards have, ends at 4 GiB less one byte: rounded down, with room for the index.
const FAT32_BYTES: u64 = 4_000_000_000;

/// The largest recording a folder's disk takes, in bytes; `None` = any. Where the system is not asked (Windows,
/// macOS) or does not say, what FAT32 takes.
#[cfg(target_os = "linux")]
#[must_use]
pub fn largest_file(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    /// `MSDOS_SUPER_MAGIC` of linux/magic.h: FAT in all its sizes. exFAT has another.
    const FAT: i64 = 0x4d44;
    let Ok(folder) = std::ffi::CString::new(folder.as_os_str().as_bytes()) else {
        return Some(FAT32_BYTES);
    };
    let mut disk = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: `folder` is a NUL-terminated string, and `disk` is written whole before it is read.
    let kind = unsafe {
        if libc::statfs(folder.as_ptr(), disk.as_mut_ptr()) != 0 {
            return Some(FAT32_BYTES);
        }
        disk.assume_init().f_type
    };
    #[allow(
        clippy::unnecessary_cast,
        reason = "the field is narrower on some machines"
    )]
    (kind as i64 == FAT).then_some(FAT32_BYTES)
}

/// See above.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn largest_file(_folder: &Path) -> Option<u64> {
    Some(FAT32_BYTES)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_not_known_is_trusted_with_four_gigabytes_only() {
        assert_eq!(
            largest_file(Path::new("/no/such/folder")),
            Some(FAT32_BYTES)
        );
        assert_eq!(largest_file(Path::new("/proc")), None);
    }
}
