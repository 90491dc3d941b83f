//! The writer on a disk that loses its power after every single operation.

use std::cell::RefCell;
use std::io::{self, Seek, SeekFrom, Write};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::writer::{Medium, Writer};
use crate::encoder::VideoCodec;
use crate::program::{AudioConfig, EncodedPacket, StreamConfig, Track, VideoConfig};

#[derive(Clone)]
enum Op {
    Write { at: u64, bytes: Vec<u8> },
    Sync,
}

/// Remembers what it was told to do.
#[derive(Clone, Default)]
struct Disk {
    ops: Rc<RefCell<Vec<Op>>>,
    at: u64,
    end: u64,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ops.borrow_mut().push(Op::Write {
            at: self.at,
            bytes: bytes.to_vec(),
        });
        self.at += bytes.len() as u64;
        self.end = self.end.max(self.at);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

impl Medium for Disk {
    fn sync(&self) -> io::Result<()> {
        self.ops.borrow_mut().push(Op::Sync);
        Ok(())
    }

    fn cut(&self, _length: u64) -> io::Result<()> {
        Ok(())
    }
}

fn config() -> StreamConfig {
    StreamConfig {
        video: VideoConfig {
            codec: VideoCodec::H264,
            codec_data: Bytes::from_static(&[1; 40]),
            width: 320,
            height: 180,
            fps: 30,
            kbps: 500,
        },
        audio: AudioConfig {
            asc: Bytes::from_static(&[0x11, 0x90]),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        },
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let field = bytes.get(at..at + length)?;
    Some(field.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// Name, start of the body and end of every whole box in `from..to`.
fn boxes(bytes: &[u8], from: usize, to: usize) -> Vec<([u8; 4], usize, usize)> {
    let (mut found, mut at) = (Vec::new(), from);
    while let Some(size) = number(bytes, at, 4) {
        let long = size == 1;
        let size = if long {
            number(bytes, at + 8, 8).unwrap()
        } else {
            size
        } as usize;
        if size < 8 || at + size > to {
            break;
        }
        let name = bytes[at + 4..at + 8].try_into().unwrap();
        found.push((name, at + if long { 16 } else { 8 }, at + size));
        at += size;
    }
    found
}

fn child(bytes: &[u8], parent: (usize, usize), names: &[&[u8; 4]]) -> Option<(usize, usize)> {
    let Some((name, rest)) = names.split_first() else {
        return Some(parent);
    };
    let all = boxes(bytes, parent.0, parent.1);
    let (_, from, to) = all.into_iter().find(|(found, ..)| found == *name)?;
    child(bytes, (from, to), rest)
}

/// Pictures a reader finds.
fn pictures(bytes: &[u8]) -> u64 {
    let top = boxes(bytes, 0, bytes.len());
    let movies: Vec<_> = top.iter().filter(|b| &b.0 == b"moov").collect();
    let Some(movie) = movies.first() else {
        return 0;
    };
    let table = child(
        bytes,
        (movie.1, movie.2),
        &[b"trak", b"mdia", b"minf", b"stbl", b"stsz"],
    );
    let mut count = number(bytes, table.unwrap().0 + 8, 4).unwrap();
    for pair in top.windows(2) {
        if &pair[0].0 == b"moof" && &pair[1].0 == b"mdat" {
            let run = child(bytes, (pair[0].1, pair[0].2), &[b"traf", b"trun"]).unwrap();
            count += number(bytes, run.0 + 4, 4).unwrap();
        }
    }
    count
}

/// What the disk may hold of `ops`: all that was synced, and of the rest everything, nothing, or
/// everything but half of one write.
fn survivors(ops: &[Op]) -> Vec<Vec<u8>> {
    let synced = ops.iter().rposition(|op| matches!(op, Op::Sync));
    let synced = synced.map_or(0, |at| at + 1);
    let image = |keep: &dyn Fn(usize) -> usize| {
        let mut image = Vec::new();
        for (index, op) in ops.iter().enumerate() {
            if let Op::Write { at, bytes } = op {
                let bytes = &bytes[..keep(index).min(bytes.len())];
                let end = *at as usize + bytes.len();
                if !bytes.is_empty() {
                    image.resize(image.len().max(end), 0);
                    image[*at as usize..end].copy_from_slice(bytes);
                }
            }
        }
        image
    };
    let mut all = vec![
        image(&|_| usize::MAX),
        image(&|index| if index < synced { usize::MAX } else { 0 }),
    ];
    for (torn, op) in ops.iter().enumerate().skip(synced) {
        // Sixteen bytes in the first sector are written whole or not at all.
        let Op::Write { bytes, .. } = op else {
            continue;
        };
        let half = if bytes.len() <= 16 {
            0
        } else {
            bytes.len() / 2
        };
        all.push(image(&|index| {
            if index == torn { half } else { usize::MAX }
        }));
    }
    all
}

#[test]
fn a_power_cut_after_any_write_costs_a_second_at_most_also_while_the_file_is_finished() {
    let disk = Disk::default();
    let ops = disk.ops.clone();
    let mut writer = Writer::on(disk, &config(), Some("mic"), Arc::default()).unwrap();
    writer.began_at(1_795_305_600_000_000);
    // (operations so far, pictures pushed so far)
    let mut pushed = Vec::new();
    for frame in 0..200_u64 {
        let packet = |track, size| EncodedPacket {
            track,
            pts_us: 0,
            dts_us: 0,
            duration_us: 33_333,
            keyframe: track != Track::Video || frame % 60 == 0,
            data: Bytes::from(vec![7; size]),
        };
        let at_us = frame * 1_000_000 / 30;
        writer.push(packet(Track::Video, 300), at_us).unwrap();
        writer.push(packet(Track::Audio, 60), at_us).unwrap();
        writer.push(packet(Track::Isolated, 50), at_us).unwrap();
        pushed.push((ops.borrow().len(), frame + 1));
    }
    let chapters = [super::chapters::Place {
        at_us: 0,
        title: "a".to_owned(),
    }];
    writer.finish(&chapters).unwrap();
    let ops = ops.borrow();
    let mut looked_at = 0;
    for cut in 1..=ops.len() {
        let produced = pushed
            .iter()
            .rev()
            .find(|(had, _)| *had < cut)
            .map_or(0, |(_, pictures)| *pictures);
        for image in survivors(&ops[..cut]) {
            let kept = pictures(&image);
            // A second, and the picture whose length is known when the next one comes.
            assert!(kept + 31 >= produced, "kept {kept} of {produced} at {cut}");
            looked_at += 1;
        }
    }
    assert!(looked_at > ops.len());
    for image in survivors(&ops) {
        assert_eq!(pictures(&image), 200);
    }
}
