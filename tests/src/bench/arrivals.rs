//! When each picture of a stream came to the server, and which number it shows: the file that the server records is
//! watched while it grows, and decoded afterwards, so that nothing is decoded while something is measured.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ffmpeg_next as ff;

use super::stamp;
use crate::world::{RtmpServer, oldest_first};

/// How often the file is looked at: what a moment of arrival may be late by.
const EVERY: Duration = Duration::from_millis(2);
/// FLV's header before a picture (11 for the tag, 5 for the codec) and the pointer behind it (Adobe's specification, E.4).
const AROUND: u64 = 20;

/// Watches the first file that a server records for application `live`.
#[derive(Debug)]
pub struct Arrivals {
    stop: Arc<AtomicBool>,
    watch: JoinHandle<Growth>,
}

/// A file, and how large it was when.
#[derive(Debug)]
struct Growth {
    file: PathBuf,
    sizes: Vec<(Instant, u64)>,
}

/// A picture as it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// Its time in the stream, seconds.
    pub stream_s: f64,
    /// When the server had all of it.
    pub at: Instant,
    /// The number in its stamp; `None` when that could not be read.
    pub number: Option<u64>,
}

impl Arrivals {
    /// Watches from now on.
    pub fn of(server: &RtmpServer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, folder) = (Arc::clone(&stop), server.folder("live"));
        let watch = std::thread::spawn(move || watch(&folder, &stopped));
        Self { stop, watch }
    }

    /// Ends the watch and decodes what came. Panics when nothing did.
    pub fn decoded(self) -> Vec<Arrived> {
        self.stop.store(true, Ordering::Release);
        self.watch.join().unwrap().decoded()
    }
}

fn watch(folder: &Path, stop: &AtomicBool) -> Growth {
    let mut growth = Growth {
        file: PathBuf::new(),
        sizes: Vec::new(),
    };
    while !stop.load(Ordering::Acquire) {
        if growth.sizes.is_empty() {
            growth.file = oldest_first(folder).into_iter().next().unwrap_or_default();
        }
        let size = std::fs::metadata(&growth.file).map_or(0, |meta| meta.len());
        if size > growth.sizes.last().map_or(0, |known| known.1) {
            growth.sizes.push((Instant::now(), size));
        }
        pause();
    }
    growth
}

#[allow(
    clippy::disallowed_methods,
    reason = "another process's file cannot be awaited: its size is asked for"
)]
fn pause() {
    std::thread::sleep(EVERY);
}

impl Growth {
    /// When the file had so many bytes; `None` after the watch.
    fn had(&self, bytes: u64) -> Option<Instant> {
        let place = self.sizes.partition_point(|known| known.1 < bytes);
        self.sizes.get(place).map(|known| known.0)
    }

    fn decoded(&self) -> Vec<Arrived> {
        ff::init().unwrap();
        ff::util::log::set_level(ff::util::log::Level::Error);
        let mut input = ff::format::input(&self.file).expect("a stream came");
        let stream = input.streams().best(ff::media::Type::Video).unwrap();
        let (index, base) = (stream.index(), f64::from(stream.time_base()));
        let context = ff::codec::Context::from_parameters(stream.parameters()).unwrap();
        let mut decoder = context.decoder().video().unwrap();
        let mut came = HashMap::new();
        let mut pictures = Vec::new();
        let mut frame = ff::frame::Video::empty();
        let mut packet = ff::Packet::empty();
        let mut take = |decoder: &mut ff::decoder::Video, came: &HashMap<i64, Instant>| {
            while decoder.receive_frame(&mut frame).is_ok() {
                let time = frame.timestamp().unwrap();
                // What came after the watch is not looked at.
                if let Some(at) = came.get(&time) {
                    pictures.push(Arrived {
                        stream_s: time as f64 * base,
                        at: *at,
                        number: stamp::read(frame.data(0), frame.stride(0)),
                    });
                }
            }
        };
        loop {
            match packet.read(&mut input) {
                Ok(()) if packet.stream() == index => {
                    let end = packet.position() as u64 + AROUND + packet.size() as u64;
                    if let (Some(time), Some(at)) = (packet.pts(), self.had(end)) {
                        came.insert(time, at);
                    }
                    // A damaged packet costs its own picture.
                    if decoder.send_packet(&packet).is_ok() {
                        take(&mut decoder, &came);
                    }
                }
                Ok(()) | Err(ff::Error::InvalidData) => {}
                Err(_) => break,
            }
        }
        decoder.send_eof().unwrap();
        take(&mut decoder, &came);
        pictures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Group, PATIENCE, eventually};

    #[test]
    fn pictures_are_counted_as_they_come() {
        let server = RtmpServer::start();
        let arrivals = Arrivals::of(&server);
        let began = Instant::now();
        let counting = stamp::counting(30);
        let url = format!("{}/key", server.url("live"));
        let from = ["-loglevel", "error", "-re", "-f", "lavfi", "-i", &counting];
        let to =
            "-frames:v 60 -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -f flv";
        let mut command = std::process::Command::new("ffmpeg");
        command.args(from).args(to.split(' ')).arg(&url);
        let mut publisher = Group::start(&mut command);
        eventually(PATIENCE, "FFmpeg has sent all", || publisher.ended());
        server.finished_recordings("live");
        let pictures = arrivals.decoded();
        let numbers: Vec<Option<u64>> = pictures.iter().map(|picture| picture.number).collect();
        assert_eq!(numbers, (0..60).map(Some).collect::<Vec<_>>());
        assert!(pictures.is_sorted_by_key(|picture| picture.at));
        assert!(pictures[0].at > began);
        // Two seconds of pictures do not come at once.
        let took = pictures[59].at - pictures[0].at;
        assert!(took > Duration::from_secs(1), "{took:?}");
    }
}
