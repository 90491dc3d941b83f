//! Owns the look into AV1: its units (AV1 Bitstream & Decoding Process Specification, 5.3) and what a container wants of
//! them (AV1 Codec ISO Media File Format Binding, 2.3 and 2.4).

use bytes::Bytes;

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// One unit with its head.
struct Obu<'a> {
    kind: u8,
    whole: &'a [u8],
    payload: &'a [u8],
}

/// The first unit and what follows it; `None` for what is none, or does not say how long it is.
fn next(bytes: &[u8]) -> Option<(Obu<'_>, &[u8])> {
    let (&head, after) = bytes.split_first()?;
    let (is_forbidden, has_extension) = (head & 0x80 != 0, head & 4 != 0);
    let (has_size, is_reserved) = (head & 2 != 0, head & 1 != 0);
    if is_forbidden || !has_size || is_reserved {
        return None;
    }
    let after = after.get(usize::from(has_extension)..)?;
    let (size, after) = leb128(after)?;
    let (payload, rest) = after.split_at_checked(size)?;
    let obu = Obu {
        kind: head >> 3 & 15,
        whole: &bytes[..bytes.len() - rest.len()],
        payload,
    };
    Some((obu, rest))
}

/// At most four bytes of seven bits: 256 MB.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// A temporal unit as a container carries it: without delimiter and padding. `None` for what is no picture.
pub(crate) fn contained(mut unit: &[u8]) -> Option<Bytes> {
    let mut kept = Vec::with_capacity(unit.len());
    let mut has_frame = false;
    while !unit.is_empty() {
        let (obu, rest) = next(unit)?;
        has_frame |= matches!(obu.kind, FRAME | FRAME_HEADER);
        if !matches!(obu.kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            kept.extend_from_slice(obu.whole);
        }
        unit = rest;
    }
    has_frame.then(|| kept.into())
}

/// The `AV1CodecConfigurationRecord` of a temporal unit that begins with a sequence header.
pub(crate) fn config_record(mut unit: &[u8]) -> Option<Bytes> {
    loop {
        let (obu, rest) = next(unit)?;
        if obu.kind == SEQUENCE_HEADER {
            let mut record = Sequence::read(obu.payload)?.record().to_vec();
            record.extend_from_slice(obu.whole);
            return Some(record.into());
        }
        unit = rest;
    }
}

/// What the record says of a sequence header (5.5).
#[derive(Debug, PartialEq, Eq, Default)]
struct Sequence {
    profile: u8,
    level: u8,
    tier: u8,
    is_high_bitdepth: bool,
    is_twelve_bit: bool,
    is_monochrome: bool,
    subsampling: (bool, bool),
    chroma_position: u8,
}

impl Sequence {
    fn record(&self) -> [u8; 4] {
        let flags = [
            self.is_high_bitdepth,
            self.is_twelve_bit,
            self.is_monochrome,
            self.subsampling.0,
            self.subsampling.1,
        ];
        let bits = flags
            .iter()
            .fold(self.tier, |bits, flag| bits << 1 | u8::from(*flag));
        // Marker and version 1; no initial presentation delay.
        [
            0x81,
            self.profile << 5 | self.level,
            bits << 2 | self.chroma_position,
            0,
        ]
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let mut bits = Bits { payload, at: 0 };
        let mut sequence = Self {
            profile: bits.take(3)? as u8,
            ..Self::default()
        };
        let _still_picture = bits.flag()?;
        let is_reduced = bits.flag()?;
        if is_reduced {
            sequence.level = bits.take(5)? as u8;
        } else {
            sequence.operating_points(&mut bits)?;
        }
        frame_size_and_tools(&mut bits, is_reduced)?;
        sequence.color(&mut bits)?;
        Some(sequence)
    }

    /// Timing, decoder model, and level and tier of the first operating point, which is the whole stream.
    fn operating_points(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let mut delay_bits = None;
        if bits.flag()? {
            bits.take(32)?;
            bits.take(32)?;
            if bits.flag()? {
                bits.uvlc()?;
            }
            if bits.flag()? {
                delay_bits = Some(bits.take(5)? + 1);
                bits.take(32)?;
                bits.take(5)?;
                bits.take(5)?;
            }
        }
        let has_initial_delay = bits.flag()?;
        for point in 0..=bits.take(5)? {
            bits.take(12)?;
            let level = bits.take(5)? as u8;
            let tier = if level > 7 { bits.take(1)? as u8 } else { 0 };
            if point == 0 {
                (self.level, self.tier) = (level, tier);
            }
            if let Some(length) = delay_bits
                && bits.flag()?
            {
                bits.take(length)?;
                bits.take(length)?;
                bits.flag()?;
            }
            if has_initial_delay && bits.flag()? {
                bits.take(4)?;
            }
        }
        Some(())
    }

    fn color(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        const BT709: u32 = 1;
        const SRGB: u32 = 13;
        const IDENTITY: u32 = 0;
        self.is_high_bitdepth = bits.flag()?;
        if self.profile == 2 && self.is_high_bitdepth {
            self.is_twelve_bit = bits.flag()?;
        }
        self.is_monochrome = self.profile != 1 && bits.flag()?;
        let description = match bits.flag()? {
            true => Some((bits.take(8)?, bits.take(8)?, bits.take(8)?)),
            false => None,
        };
        if self.is_monochrome {
            self.subsampling = (true, true);
            return Some(());
        }
        if description == Some((BT709, SRGB, IDENTITY)) {
            return Some(());
        }
        let _color_range = bits.flag()?;
        self.subsampling = match (self.profile, self.is_twelve_bit) {
            (0, _) => (true, true),
            (1, _) => (false, false),
            (_, false) => (true, false),
            (_, true) => {
                let x = bits.flag()?;
                (x, x && bits.flag()?)
            }
        };
        if self.subsampling == (true, true) {
            self.chroma_position = bits.take(2)? as u8;
        }
        Some(())
    }
}

/// Everything between the operating points and the colors.
fn frame_size_and_tools(bits: &mut Bits<'_>, is_reduced: bool) -> Option<()> {
    let (width, height) = (bits.take(4)? + 1, bits.take(4)? + 1);
    bits.take(width)?;
    bits.take(height)?;
    if !is_reduced && bits.flag()? {
        bits.take(4)?;
        bits.take(3)?;
    }
    // Superblocks, filter intra, intra edge filter.
    bits.take(3)?;
    if !is_reduced {
        // Interintra, masked compound, warped motion, dual filter.
        bits.take(4)?;
        let has_order_hint = bits.flag()?;
        if has_order_hint {
            bits.take(2)?;
        }
        let may_choose_screen = bits.flag()?;
        let may_be_screen = may_choose_screen || bits.flag()?;
        // Integer motion vectors: chosen for each frame, or told here.
        if may_be_screen && !bits.flag()? {
            bits.flag()?;
        }
        if has_order_hint {
            bits.take(3)?;
        }
    }
    // Superres, cdef, restoration.
    bits.take(3)?;
    Some(())
}

struct Bits<'a> {
    payload: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = self.payload.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// At most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    fn uvlc(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros < 32 {
            self.take(zeros)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sequence header of libaom 3.6 for 1280x720 in real time, with its head.
    const HEADER: [u8; 14] = [
        0x0a, 0x0c, 0x00, 0x00, 0x00, 0x2d, 0x4c, 0xff, 0xb3, 0xf8, 0x1b, 0x5f, 0x20, 0x08,
    ];
    const DELIMITER: [u8; 2] = [0x12, 0];
    const FRAME_UNIT: [u8; 4] = [0x32, 2, 0x10, 0x00];

    #[test]
    fn a_unit_is_kept_without_its_delimiter_and_what_is_none_is_refused() {
        let unit = [&DELIMITER[..], &HEADER, &FRAME_UNIT].concat();
        let kept = contained(&unit).unwrap();
        assert_eq!(kept, [&HEADER[..], &FRAME_UNIT].concat());
        assert_eq!(contained(&FRAME_UNIT).unwrap(), &FRAME_UNIT[..]);
        assert_eq!(contained(&[]), None);
        assert_eq!(contained(&DELIMITER), None, "no frame");
        assert_eq!(contained(&unit[..unit.len() - 1]), None, "cut short");
        assert_eq!(contained(&[0xb2, 0]), None, "the forbidden bit");
        assert_eq!(contained(&[0x30, 0x10]), None, "no size");
    }

    #[test]
    fn the_record_of_a_sequence_header_says_profile_level_and_chroma() {
        let unit = [&DELIMITER[..], &HEADER, &FRAME_UNIT].concat();
        let record = config_record(&unit).unwrap();
        // Profile 0, level 5 (3.1: 720p30), 8 bits 4:2:0.
        assert_eq!(record[..4], [0x81, 0x05, 0x0c, 0x00]);
        assert_eq!(record[4..], HEADER);
        assert_eq!(config_record(&FRAME_UNIT), None);
        for cut in 3..HEADER.len() - 3 {
            let short = [&[0x0a, cut as u8 - 2], &HEADER[2..cut]].concat();
            let _ = config_record(&short);
        }
    }
}
