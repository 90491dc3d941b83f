//! The disk of the recordings: its room, and how fast it takes what is written.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stallcast_media::platform::free_bytes;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use crate::folders::Folders;

/// Less is no room for a show.
const FULL: u64 = 500_000_000;
/// Less is soon full: some two hours of two canvases.
const LOW: u64 = 10_000_000_000;
/// Two canvases with an isolated track take some 2 MB/s; beside that the system wants the disk, too.
const SLOW_MB_S: f64 = 8.0;
/// What is written, at most, and for how long.
const PIECE: usize = 1 << 20;
const PIECES: usize = 64;
const WITHIN: Duration = Duration::from_secs(5);
/// The file that is written and taken away.
const NAME: &str = ".stallcast-doctor.tmp";

pub fn see(data: &Path, light: bool) -> Vec<DoctorLine> {
    let folder = place(data);
    let free = free_bytes(&folder);
    let shown = free.map_or_else(|| "?".to_owned(), gigabytes);
    let line = |code| DoctorLine::new(DoctorPart::Disk, code).with("free", &shown);
    if free.is_some_and(|free| free < FULL) {
        return vec![line(Code::DiskFull)];
    }
    let mut lines = Vec::new();
    if free.is_some_and(|free| free < LOW) {
        lines.push(line(Code::DiskLow));
    }
    if light {
        lines.push(line(Code::DiskUnmeasured));
        return lines;
    }
    let written = write(&folder);
    tidy(data);
    lines.push(match written {
        Ok(speed) => {
            let code = if speed < SLOW_MB_S {
                Code::DiskSlow
            } else {
                Code::DiskFast
            };
            line(code).with("speed", format!("{speed:.0} MB/s"))
        }
        Err(error) if error.kind() == ErrorKind::StorageFull => line(Code::DiskFull),
        Err(error) => line(Code::DiskReadonly).with("cause", error),
    });
    lines
}

/// Takes away what a look that was cut short left.
pub fn tidy(data: &Path) {
    let file = place(data).join(NAME);
    if file.exists()
        && let Err(error) = std::fs::remove_file(&file)
    {
        tracing::warn!(%error, "the doctor's file stays in the folder of the recordings");
    }
}

/// Where recordings go, or the folder that it would be made in.
fn place(data: &Path) -> PathBuf {
    let wanted = Folders::named(data.to_owned()).recordings();
    let mut above = wanted.ancestors();
    let there = above.find(|folder| folder.is_dir());
    there.map_or(wanted.clone(), Path::to_owned)
}

/// Megabytes a second that reach the disk.
fn write(folder: &Path) -> std::io::Result<f64> {
    // Nothing that a disk could make smaller than it is.
    let mut state = 0x9e37_79b9_u32;
    let piece: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(PIECE)
    .collect();
    let began = Instant::now();
    let mut file = std::fs::File::create(folder.join(NAME))?;
    let mut written = 0;
    while written < PIECES && began.elapsed() < WITHIN {
        file.write_all(&piece)?;
        file.sync_data()?;
        written += 1;
    }
    let megabytes = (written * PIECE) as f64 / 1e6;
    Ok(megabytes / began.elapsed().as_secs_f64().max(0.001))
}

fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_written_to_and_nothing_is_left() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("recordings");
        std::fs::create_dir(&folder).unwrap();
        let lines = see(data.path(), false);
        let last = lines.last().unwrap();
        assert!(
            matches!(last.code, Code::DiskFast | Code::DiskSlow | Code::DiskFull),
            "{lines:?}"
        );
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn on_air_the_disk_is_not_written_to() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("recordings")).unwrap();
        let lines = see(data.path(), true);
        assert!(
            lines.iter().all(|line| !line.params.contains_key("speed")),
            "{lines:?}"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_takes_nothing_is_a_fault() {
        // The kernel's own: nobody writes there, whoever they are.
        let error = write(Path::new("/proc")).unwrap_err();
        assert_ne!(error.kind(), ErrorKind::StorageFull);
    }
}
