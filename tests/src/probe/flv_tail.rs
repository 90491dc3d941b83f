//! Follows what a server records while it records it: how much came, and how late it was.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Instant;

use crate::world::{RtmpServer, oldest_first};

/// FLV's file header and the first back pointer (Adobe's FLV specification 10.1, E.2).
const FILE_HEAD: u64 = 13;
/// A tag's header; its back pointer of four bytes follows the body.
const TAG_HEAD: u64 = 11;
const BACK_POINTER: u64 = 4;
const VIDEO: u8 = 9;

/// All recordings of one application, read as they grow.
#[derive(Debug)]
pub struct FlvTail {
    folder: PathBuf,
    began: Instant,
    /// Bytes of files that are no longer the newest.
    before: u64,
    file: Option<Growing>,
}

#[derive(Debug)]
struct Growing {
    path: PathBuf,
    /// Where the next tag begins.
    at: u64,
    /// Stream time of the newest picture, ms, and when it was seen first, ms since the tail began.
    newest: Option<(f64, f64)>,
    /// The least that arrival was after stream time: what came without delay.
    least: f64,
}

impl FlvTail {
    /// Follows application `app` of a server from now on.
    pub fn of(server: &RtmpServer, app: &str) -> Self {
        Self {
            folder: server.folder(app),
            began: Instant::now(),
            before: 0,
            file: None,
        }
    }

    /// Bytes that arrived so far.
    pub fn arrived(&mut self) -> u64 {
        self.turn_to_newest();
        let now = self.file.as_ref().map_or(0, Growing::size);
        self.before + now
    }

    /// How much later than the quickest one of its connection the newest picture came, in ms; `None` when none came
    /// since it was asked last.
    pub fn delay_ms(&mut self) -> Option<f64> {
        self.turn_to_newest();
        let now_ms = self.began.elapsed().as_secs_f64() * 1000.0;
        self.file.as_mut()?.read_on(now_ms)
    }

    fn turn_to_newest(&mut self) {
        let mut files = oldest_first(&self.folder);
        let Some(newest) = files.pop() else { return };
        if self.file.as_ref().is_some_and(|file| file.path == newest) {
            return;
        }
        self.before = files
            .iter()
            .map(|path| std::fs::metadata(path).map_or(0, |meta| meta.len()))
            .sum();
        self.file = Some(Growing {
            path: newest,
            at: FILE_HEAD,
            newest: None,
            least: f64::INFINITY,
        });
    }
}

impl Growing {
    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |meta| meta.len())
    }

    fn read_on(&mut self, now_ms: f64) -> Option<f64> {
        let mut file = File::open(&self.path).ok()?;
        let size = file.metadata().ok()?.len();
        let before = self.newest;
        while self.at + TAG_HEAD <= size {
            let mut head = [0; TAG_HEAD as usize];
            file.seek(SeekFrom::Start(self.at)).ok()?;
            file.read_exact(&mut head).ok()?;
            let length = u64::from(u32::from_be_bytes([0, head[1], head[2], head[3]]));
            let end = self.at + TAG_HEAD + length + BACK_POINTER;
            if end > size {
                break;
            }
            if head[0] == VIDEO {
                // The fourth byte of the time is its highest.
                let time = u32::from_be_bytes([head[7], head[4], head[5], head[6]]);
                self.newest = Some((f64::from(time), now_ms));
            }
            self.at = end;
        }
        let (time, seen) = self.newest.filter(|_| self.newest != before)?;
        self.least = self.least.min(seen - time);
        Some(seen - time - self.least)
    }
}
