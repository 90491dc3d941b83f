//! The head of an H.264 track (`avcC`): taking a second encoder's parameter sets in beside those that are there, and
//! that encoder's packets in the track's own form. ISO/IEC 14496-15, 5.3.3; the bits are those of ITU-T H.264, 7.3.2.

/// Kinds of NAL units.
const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
/// Ids of parameter sets that are tried; H.264 allows 0 to 31 for both kinds in what this writes.
const IDS: std::ops::RangeInclusive<u32> = 1..=31;

/// A track's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackHead {
    profile: u8,
    compatibility: u8,
    level: u8,
    /// Bytes before each NAL unit that say how long it is.
    pub(crate) length_bytes: usize,
    sps: Vec<Vec<u8>>,
    pps: Vec<Vec<u8>>,
    /// What newer profiles say of their colours; kept as it is.
    rest: Vec<u8>,
}

impl TrackHead {
    /// Reads one; `None` for what is none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [1, profile, compatibility, level, lengths, sets, ..] = *bytes else {
            return None;
        };
        let (sps, at) = parameter_sets(bytes, 6, usize::from(sets & 31))?;
        let count = usize::from(*bytes.get(at)?);
        let (pps, at) = parameter_sets(bytes, at + 1, count)?;
        Some(Self {
            profile,
            compatibility,
            level,
            length_bytes: usize::from(lengths & 3) + 1,
            sps,
            pps,
            rest: bytes.get(at..)?.to_vec(),
        })
    }

    /// An id that no parameter set of the track has.
    pub(crate) fn free_id(&self) -> Option<u32> {
        let used: Option<Vec<u32>> = self
            .sps
            .iter()
            .map(|set| sps_id(set))
            .chain(self.pps.iter().map(|set| pps_id(set)))
            .collect();
        let used = used?;
        IDS.into_iter().find(|id| !used.contains(id))
    }

    /// Which H.264 profile the track is in.
    pub(crate) fn profile(&self) -> u8 {
        self.profile
    }

    /// The track with the parameter sets of `other` too, as an encoder gives them (Annex B, or another head). `None`
    /// where they are not such sets, or have ids that are taken.
    pub(crate) fn with(&self, other: &[u8]) -> Option<Self> {
        let (sps, pps): (Vec<Vec<u8>>, Vec<Vec<u8>>) = match Self::read(other) {
            Some(head) => (head.sps, head.pps),
            None => {
                let of = |kind: u8| {
                    let units = units(other).into_iter();
                    units
                        .filter(|unit| unit_kind(unit) == kind)
                        .map(<[u8]>::to_vec)
                        .collect::<Vec<_>>()
                };
                (of(SPS), of(PPS))
            }
        };
        let clashes = sps.iter().any(|set| {
            let id = sps_id(set);
            id.is_none() || self.sps.iter().any(|known| sps_id(known) == id)
        }) || pps.iter().any(|set| {
            let id = pps_id(set);
            id.is_none() || self.pps.iter().any(|known| pps_id(known) == id)
        });
        let (first, _) = (sps.first()?, pps.first()?);
        let [_, profile, compatibility, level, ..] = **first else {
            return None;
        };
        let mut whole = self.clone();
        // The head speaks for all sets: no less than any of them needs.
        whole.profile = whole.profile.max(profile);
        whole.compatibility &= compatibility;
        whole.level = whole.level.max(level);
        whole.sps.extend(sps);
        whole.pps.extend(pps);
        let fits = whole.sps.len() <= 31 && whole.pps.len() <= 255;
        (!clashes && fits).then_some(whole)
    }

    /// As it stands in the file.
    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let lengths = u8::try_from(self.length_bytes.checked_sub(1)?).ok()?;
        let mut bytes = vec![
            1,
            self.profile,
            self.compatibility,
            self.level,
            0xfc | lengths,
        ];
        bytes.push(0xe0 | u8::try_from(self.sps.len()).ok()?);
        let put = |bytes: &mut Vec<u8>, sets: &[Vec<u8>]| -> Option<()> {
            for set in sets {
                bytes.extend(u16::try_from(set.len()).ok()?.to_be_bytes());
                bytes.extend(set);
            }
            Some(())
        };
        put(&mut bytes, &self.sps)?;
        bytes.push(u8::try_from(self.pps.len()).ok()?);
        put(&mut bytes, &self.pps)?;
        bytes.extend(&self.rest);
        Some(bytes)
    }

    /// An encoder's packet (Annex B) in the track's form, its pictures alone.
    pub(crate) fn packet(&self, annex_b: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(annex_b.len() + 16);
        for unit in units(annex_b) {
            if matches!(unit_kind(unit), SEI | SPS | PPS | DELIMITER) {
                continue;
            }
            let length = u32::try_from(unit.len()).ok()?.to_be_bytes();
            bytes.extend(length.get(4_usize.checked_sub(self.length_bytes)?..)?);
            bytes.extend(unit);
        }
        (!bytes.is_empty()).then_some(bytes)
    }
}

/// So many sets from `at` on, and where they end.
fn parameter_sets(bytes: &[u8], mut at: usize, count: usize) -> Option<(Vec<Vec<u8>>, usize)> {
    let mut found = Vec::new();
    for _ in 0..count {
        let size = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        found.push(bytes.get(at + 2..at + 2 + size)?.to_vec());
        at += 2 + size;
    }
    Some((found, at))
}

fn unit_kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |byte| byte & 31)
}

/// The NAL units between start codes.
fn units(annex_b: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = annex_b
        .get(at..)
        .and_then(|rest| rest.windows(3).position(|three| three == [0, 0, 1]))
    {
        starts.push(at + found + 3);
        at += found + 3;
    }
    let ends = starts.iter().skip(1).map(|start| start - 3);
    let ends = ends.chain([annex_b.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| {
        let unit = annex_b.get(*start..end).unwrap_or_default();
        // A start code of four bytes, and filling.
        let long = unit
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |n| n + 1);
        unit.get(..long).unwrap_or_default()
    });
    units.filter(|unit| !unit.is_empty()).collect()
}

/// Behind the unit's kind stand profile, compatibility and level.
fn sps_id(set: &[u8]) -> Option<u32> {
    exp_golomb(set.get(4..)?)
}

fn pps_id(set: &[u8]) -> Option<u32> {
    exp_golomb(set.get(1..)?)
}

/// The first number of these bits (H.264, 9.1); ids are so short that no byte is stuffed before them.
fn exp_golomb(bytes: &[u8]) -> Option<u32> {
    let bit = |n: usize| Some(u32::from(bytes.get(n / 8)? >> (7 - n % 8) & 1));
    let mut zeros = 0;
    while bit(zeros)? == 0 {
        zeros += 1;
        if zeros > 16 {
            return None;
        }
    }
    let mut value = 1;
    for n in zeros + 1..=2 * zeros {
        value = value << 1 | bit(n)?;
    }
    Some(value - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Id 0 is `1`, id 1 `010`.
    const SPS_0: &[u8] = &[0x67, 77, 0, 31, 0x80, 9];
    const PPS_0: &[u8] = &[0x68, 0x80, 9];
    const SPS_1: &[u8] = &[0x67, 100, 0, 40, 0x40, 9];
    const PPS_1: &[u8] = &[0x68, 0x40, 9];

    fn head() -> Vec<u8> {
        let mut bytes = vec![1, 77, 0, 31, 0xff, 0xe1, 0, 6];
        bytes.extend(SPS_0);
        bytes.extend([1, 0, 3]);
        bytes.extend(PPS_0);
        bytes
    }

    fn annex_b(units: &[&[u8]]) -> Vec<u8> {
        let with_code = units.iter().map(|unit| [&[0, 0, 0, 1], *unit].concat());
        with_code.collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_second_encoder_s_sets_stand_beside_the_first_s_and_the_head_speaks_for_both() {
        let head = TrackHead::read(&head()).unwrap();
        assert_eq!(head.write().unwrap(), self::head());
        assert_eq!((head.free_id(), head.length_bytes), (Some(1), 4));
        let both = head.with(&annex_b(&[SPS_1, PPS_1])).unwrap();
        let written = both.write().unwrap();
        assert_eq!(&written[..6], [1, 100, 0, 40, 0xff, 0xe2]);
        assert_eq!(TrackHead::read(&written).unwrap(), both);
        assert_eq!(both.free_id(), Some(2));
        // The same ids would make the recording's own pictures unreadable.
        assert_eq!(head.with(&annex_b(&[SPS_0, PPS_1])), None);
        assert_eq!(head.with(&annex_b(&[SPS_1, PPS_0])), None);
        assert_eq!(head.with(b"nothing"), None);
        assert_eq!(TrackHead::read(&self::head()[..9]), None);
    }

    #[test]
    fn packets_lose_their_start_codes_and_what_is_no_picture() {
        let head = TrackHead::read(&head()).unwrap();
        let slice: &[u8] = &[0x65, 1, 0, 0, 3, 1, 7];
        let packet = head.packet(&annex_b(&[&[0x06, 5], SPS_1, slice])).unwrap();
        assert_eq!(packet, [&[0, 0, 0, 7], slice].concat());
        assert_eq!(head.packet(&annex_b(&[SPS_1])), None);
    }

    #[test]
    fn numbers_of_any_length_are_read() {
        assert_eq!(exp_golomb(&[0b1000_0000]), Some(0));
        assert_eq!(exp_golomb(&[0b0011_0000]), Some(5));
        assert_eq!(exp_golomb(&[0b0000_1000, 0b0000_0000]), Some(15));
        assert_eq!(exp_golomb(&[0]), None);
    }
}
