//! flv reads FLV files: the clip that is published, and what servers recorded.

use std::path::Path;

#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    pub kind: u8,
    pub timestamp: u32,
    pub body: Vec<u8>,
}

impl Tag {
    pub fn is_video_frame(&self) -> bool {
        self.kind == 9 && self.body.get(1) == Some(&1)
    }
    pub fn is_keyframe(&self) -> bool {
        self.is_video_frame() && self.body[0] >> 4 == 1
    }
    pub fn is_audio_frame(&self) -> bool {
        self.kind == 8 && self.body.get(1) == Some(&1)
    }
    /// The frame without its FLV head.
    pub fn frame(&self) -> &[u8] {
        &self.body[if self.kind == 9 { 5 } else { 2 }..]
    }
    pub fn composition_ms(&self) -> i64 {
        let b = &self.body[2..5];
        i64::from(i32::from_be_bytes([b[0], b[1], b[2], 0]) >> 8)
    }
}

/// All complete tags of a file; a file that is still being written may end in half a tag.
pub fn read(path: &Path) -> Vec<Tag> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let mut tags = Vec::new();
    let mut rest = bytes.get(13..).unwrap_or_default();
    while rest.len() >= 11 {
        let u24 = |i: usize| u32::from_be_bytes([0, rest[i], rest[i + 1], rest[i + 2]]);
        let length = u24(1) as usize;
        let timestamp = u24(4) | u32::from(rest[7]) << 24;
        let Some(body) = rest.get(11..11 + length) else {
            break;
        };
        tags.push(Tag {
            kind: rest[0] & 0x1F,
            timestamp,
            body: body.to_vec(),
        });
        rest = rest.get(11 + length + 4..).unwrap_or_default();
    }
    tags
}

pub fn video_frames(tags: &[Tag]) -> Vec<&Tag> {
    tags.iter().filter(|t| t.is_video_frame()).collect()
}
