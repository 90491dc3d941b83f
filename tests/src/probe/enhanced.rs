//! What an Enhanced RTMP server got, judged by FFmpeg: the messages' bytes are read by the specification's table, the
//! pictures are written as a plain elementary stream, and FFmpeg decodes every one of them.

use std::path::Path;

use crate::world::{Came, Published, run};

/// Bytes before a record, or before a picture without composition time: one, and the four letters.
const HEAD: usize = 5;
/// `isExVideoHeader`, frame type and packet type.
const SEQUENCE_START: u8 = 0x90;
const KEY: [u8; 2] = [0x91, 0x93];
const INTER: [u8; 2] = [0xA1, 0xA3];

/// What FFmpeg made of a connection's pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures that came out.
    pub frames: usize,
    /// Pictures that went in.
    pub sent: usize,
    /// Pictures a second, by the messages' times.
    pub fps: f64,
    /// Times between keyframes, ms.
    pub keyframes_ms: Vec<u32>,
    /// Pictures from one keyframe to the next.
    pub group_pictures: Vec<usize>,
}

/// Decodes what was published as HEVC.
pub fn decode_hevc(published: &Published, folder: &Path) -> Decoded {
    let pictures = pictures(published, b"hvc1");
    let record = record(published);
    let mut stream = parameter_sets(record);
    for (came, data) in &pictures {
        // `CodedFrames` has a composition time; ours have none to tell.
        assert!(matches!(came.body[0], 0x93 | 0xA3), "{:#x}", came.body[0]);
        annex_b(data, &mut stream);
    }
    let path = folder.join("published.h265");
    std::fs::write(&path, stream).unwrap();
    decoded(&path, &pictures)
}

/// Decodes what was published as AV1.
pub fn decode_av1(published: &Published, folder: &Path) -> Decoded {
    let pictures = pictures(published, b"av01");
    let record = record(published);
    assert_eq!(record[0], 0x81, "marker and version of an av1C");
    // IVF, which FFmpeg reads: a head of 32 bytes, then size and time before each picture.
    let mut stream = b"DKIF\0\0\x20\0AV01".to_vec();
    stream.extend([0; 4]);
    stream.extend(1_000_u32.to_le_bytes());
    stream.extend(1_u32.to_le_bytes());
    stream.extend([0; 8]);
    for (came, data) in &pictures {
        assert!(matches!(came.body[0], 0x91 | 0xA1), "{:#x}", came.body[0]);
        assert_ne!(data[0] >> 3 & 15, 2, "no temporal delimiter is sent");
        let unit = [&[0x12, 0][..], data].concat();
        stream.extend((unit.len() as u32).to_le_bytes());
        stream.extend(u64::from(came.at_ms).to_le_bytes());
        stream.extend(unit);
    }
    let path = folder.join("published.ivf");
    std::fs::write(&path, stream).unwrap();
    decoded(&path, &pictures)
}

fn pictures<'a>(published: &'a Published, letters: &[u8; 4]) -> Vec<(&'a Came, &'a [u8])> {
    let is_picture = |came: &&Came| [KEY, INTER].concat().contains(&came.body[0]);
    for came in &published.video {
        assert_eq!(
            &came.body[1..HEAD],
            letters,
            "every message names its codec"
        );
    }
    let pictures: Vec<_> = published.video.iter().filter(is_picture).collect();
    let first = pictures.first().expect("pictures");
    assert!(KEY.contains(&first.body[0]), "it begins with a keyframe");
    pictures
        .into_iter()
        .map(|came| (came, &came.body[HEAD..]))
        .collect()
}

fn record(published: &Published) -> &[u8] {
    let first = &published.video.first().expect("a configuration").body;
    assert_eq!(
        first[0], SEQUENCE_START,
        "it comes before the first picture"
    );
    &first[HEAD..]
}

/// The parameter sets of an `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1.2), with start codes.
fn parameter_sets(record: &[u8]) -> Vec<u8> {
    assert_eq!(record[0], 1, "its version");
    assert_eq!(record[21] & 3, 3, "lengths of four bytes");
    let mut stream = Vec::new();
    let mut rest = &record[23..];
    for _ in 0..record[22] {
        let count = u16::from_be_bytes([rest[1], rest[2]]);
        rest = &rest[3..];
        for _ in 0..count {
            let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            stream.extend([0, 0, 0, 1]);
            stream.extend_from_slice(&rest[2..2 + length]);
            rest = &rest[2 + length..];
        }
    }
    stream
}

/// Units with lengths, written with start codes.
fn annex_b(mut data: &[u8], stream: &mut Vec<u8>) {
    while let Some((length, rest)) = data.split_first_chunk::<4>() {
        let (unit, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        stream.extend([0, 0, 0, 1]);
        stream.extend_from_slice(unit);
        data = rest;
    }
}

fn decoded(path: &Path, pictures: &[(&Came, &[u8])]) -> Decoded {
    let entries = "stream=width,height,nb_read_frames";
    let path = path.to_str().unwrap();
    let asked = ["-v", "error", "-count_frames", "-show_entries", entries];
    let said = run("ffprobe", asked.into_iter().chain(["-of", "csv=p=0", path]));
    let numbers: Vec<u32> = said
        .trim()
        .split(',')
        .map(|number| number.parse().unwrap_or_else(|_| panic!("{said}")))
        .collect();
    let at: Vec<u32> = pictures.iter().map(|(came, _)| came.at_ms).collect();
    let keyframes = pictures
        .iter()
        .filter(|(came, _)| KEY.contains(&came.body[0]));
    let keyframes: Vec<u32> = keyframes.map(|(came, _)| came.at_ms).collect();
    let places: Vec<usize> = (0..pictures.len())
        .filter(|place| KEY.contains(&pictures[*place].0.body[0]))
        .collect();
    let took_ms = at[at.len() - 1] - at[0];
    Decoded {
        width: numbers[0],
        height: numbers[1],
        frames: numbers[2] as usize,
        sent: pictures.len(),
        fps: (at.len() - 1) as f64 * 1000.0 / f64::from(took_ms.max(1)),
        keyframes_ms: keyframes.windows(2).map(|pair| pair[1] - pair[0]).collect(),
        group_pictures: places.windows(2).map(|pair| pair[1] - pair[0]).collect(),
    }
}
