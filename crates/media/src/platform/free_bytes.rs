//! Owns how much room a folder's disk has.

use std::path::Path;

/// Bytes that an ordinary program may still write to the disk of `folder`; `None` where the system does not say. Then
/// only a write that fails tells.
#[cfg(unix)]
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let folder = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut disk = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `folder` is a NUL-terminated string, and `disk` is written whole before it is read.
    let disk = unsafe {
        if libc::statvfs(folder.as_ptr(), disk.as_mut_ptr()) != 0 {
            return None;
        }
        disk.assume_init()
    };
    #[allow(
        clippy::unnecessary_cast,
        reason = "the fields are narrower on some systems"
    )]
    Some((disk.f_bavail as u64).saturating_mul(disk.f_frsize as u64))
}

/// See above.
#[cfg(windows)]
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::windows::ffi::OsStrExt;
    use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
    let folder: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0_u64;
    let not_asked = std::ptr::null_mut();
    // SAFETY: `folder` is a NUL-terminated string, `free` is a place for the number, and null is allowed for the others.
    let is_told =
        unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut free, not_asked, not_asked) };
    (is_told != 0).then_some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_folder_has_room_and_what_is_not_there_has_no_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap() > 0);
        assert_eq!(free_bytes(&folder.path().join("none")), None);
    }
}
