use std::io::Cursor;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::writer::{Head, Writer};

#[path = "../tests/made/mod.rs"]
mod made;

/// A clip of four seconds; its index stands behind everything in an MP4.
fn clip(name: &str) -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    made::clip(4, &path);
    let bytes = std::fs::read(&path).unwrap();
    (dir, path, bytes)
}

/// Stream, time and size of every packet.
fn packets(mut input: Input) -> Vec<(usize, Option<i64>, usize)> {
    input
        .packets()
        .map(|(stream, packet)| (stream.index(), packet.pts(), packet.size()))
        .collect()
}

/// A file on something that fails or gives little at a time.
struct Poor {
    file: Cursor<Vec<u8>>,
    /// At most so many bytes a call.
    most: usize,
    /// Every other call is interrupted.
    interrupts: bool,
    /// Calls behind this byte fail.
    fails_from: u64,
    called: u64,
    dropped: Dropped,
    written: Arc<AtomicU64>,
}

impl Poor {
    fn new(bytes: Vec<u8>) -> Self {
        Self {
            file: Cursor::new(bytes),
            most: usize::MAX,
            interrupts: false,
            fails_from: u64::MAX,
            called: 0,
            dropped: Dropped::default(),
            written: Arc::default(),
        }
    }

    fn call(&mut self, length: usize) -> io::Result<usize> {
        self.called += 1;
        if self.interrupts && self.called.is_multiple_of(2) {
            return Err(ErrorKind::Interrupted.into());
        }
        if self.file.position() >= self.fails_from {
            return Err(io::Error::new(
                ErrorKind::StorageFull,
                "the peaches are full",
            ));
        }
        Ok(length.min(self.most))
    }
}

impl Read for Poor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.call(into.len())?;
        self.file.read(&mut into[..most])
    }
}

impl Write for Poor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = self.call(bytes.len())?;
        self.written.fetch_add(most as u64, Ordering::SeqCst);
        self.file.write(&bytes[..most])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Poor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Says so when it is dropped.
#[derive(Default)]
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn little_at_a_time_and_interrupted_is_read_as_a_file_is() {
    for name in ["clip.mp4", "clip.flv", "clip.mkv"] {
        let (_dir, path, bytes) = clip(name);
        let whole = packets(open(&path).unwrap());
        assert!(whole.len() > 200, "{}", whole.len());
        let poor = Poor {
            most: 1_000,
            interrupts: true,
            ..Poor::new(bytes)
        };
        assert_eq!(packets(input(poor, &path).unwrap()), whole, "{name}");
    }
}

#[test]
fn a_disk_that_fails_ends_the_file_and_is_let_go_of() {
    let (_dir, path, bytes) = clip("clip.flv");
    let whole = packets(open(&path).unwrap()).len();
    let poor = Poor {
        fails_from: bytes.len() as u64 / 2,
        most: 4_096,
        ..Poor::new(bytes.clone())
    };
    let dropped = Arc::clone(&poor.dropped.0);
    let mut input_of_it = input(poor, &path).unwrap();
    let mut read = 0;
    let end = loop {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut input_of_it) {
            Ok(()) => read += 1,
            Err(ff::Error::InvalidData) => {}
            Err(error) => break error,
        }
    };
    assert!((10..whole).contains(&read), "{read} of {whole}: {end}");
    assert_ne!(end, ff::Error::Eof, "it is no end like any other");
    assert!(!dropped.load(Ordering::SeqCst));
    drop(input_of_it);
    assert!(dropped.load(Ordering::SeqCst));

    // One that cannot even be begun with is let go of, too.
    let poor = Poor {
        fails_from: 0,
        ..Poor::new(bytes)
    };
    let dropped = Arc::clone(&poor.dropped.0);
    assert!(input(poor, &path).is_err());
    assert!(dropped.load(Ordering::SeqCst));
}

#[test]
fn a_place_behind_the_end_is_no_error_and_no_wait() {
    let (_dir, path, bytes) = clip("clip.mp4");
    let mut input = input(Poor::new(bytes), &path).unwrap();
    let far = crate::decode::micros(Duration::from_secs(3_600));
    let _ = input.seek(far, ..far);
    // It stands at the last group or at the end, and goes back.
    while ff::Packet::empty().read(&mut input).is_ok() {}
    input.seek(0, ..).unwrap();
    assert!(packets(input).len() > 200);
}

#[test]
fn any_damage_is_read_or_refused() {
    for name in ["clip.mp4", "clip.flv", "clip.mkv"] {
        let (_dir, path, bytes) = clip(name);
        let mut state = 7_u64;
        let mut random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize
        };
        for _ in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..20 {
                // Heads stand at the ends.
                let near = random() % 600;
                let place = match random() % 3 {
                    0 => near,
                    1 => damaged.len() - 1 - near,
                    _ => random() % damaged.len(),
                };
                damaged[place] = random() as u8;
            }
            damaged.truncate(bytes.len() - random() % (bytes.len() / 2));
            let poor = Poor {
                most: 1 + random() % 50_000,
                ..Poor::new(damaged)
            };
            if let Ok(mut input) = input(poor, &path) {
                let at = i64::from(random() as u32 % 8_000_000);
                let _ = input.seek(at, ..at);
                for _ in 0..2_000 {
                    if ff::Packet::empty().read(&mut input) == Err(ff::Error::Eof) {
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn what_the_system_says_of_a_full_disk_is_kept_and_nothing_is_written_after_its_end() {
    let (_dir, path, _) = clip("clip.mp4");
    let mut source = open(&path).unwrap();
    let poor = Poor {
        fails_from: 20_000,
        most: 8_192,
        interrupts: true,
        ..Poor::new(Vec::new())
    };
    let (dropped, written) = (Arc::clone(&poor.dropped.0), Arc::clone(&poor.written));
    let made = output(poor).unwrap();
    let mut writer = Writer::on(Path::new("clip.mp4"), made, &source, &Head::default()).unwrap();
    let mut outcome = Ok(());
    loop {
        let mut packet = ff::Packet::empty();
        if packet.read(&mut source).is_err() {
            break;
        }
        outcome = outcome.and(writer.write(&mut packet, 0.0));
    }
    let end = outcome.and(writer.finish());
    let cause = end.map_err(|error| error.to_string());
    assert!(
        matches!(&cause, Err(said) if said.contains("the peaches are full")),
        "{cause:?}"
    );
    assert!(dropped.load(Ordering::SeqCst));
    assert!(written.load(Ordering::SeqCst) >= 20_000);

    // A copy that is given up in the middle is closed as well.
    let poor = Poor::new(Vec::new());
    let dropped = Arc::clone(&poor.dropped.0);
    let made = output(poor).unwrap();
    drop(Writer::on(Path::new("clip.mp4"), made, &source, &Head::default()).unwrap());
    assert!(dropped.load(Ordering::SeqCst));
}
