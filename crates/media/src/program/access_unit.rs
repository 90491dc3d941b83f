//! Owns the look at H.264 and HEVC access units: whether what an encoder gives is a picture at all.

use crate::encoder::VideoCodec;

/// How an encoder's units are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    codec: VideoCodec,
    length_bytes: usize,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            codec: VideoCodec::H264,
            length_bytes: 4,
        }
    }
}

impl Units {
    /// As an `AVCDecoderConfigurationRecord` or an `HEVCDecoderConfigurationRecord` says.
    pub fn of(codec: VideoCodec, record: &[u8]) -> Self {
        let at = if codec == VideoCodec::Hevc { 21 } else { 4 };
        let length_bytes = record.get(at).map_or(4, |byte| usize::from(byte & 3) + 1);
        Self {
            codec,
            length_bytes,
        }
    }

    /// From the first byte of a NAL unit: in H.264 1 and 5 are slices, in HEVC 0 to 9 and 16 to 21.
    fn is_slice(&self, head: u8) -> bool {
        match self.codec {
            VideoCodec::Hevc => matches!(head >> 1 & 0x3f, 0..=9 | 16..=21),
            _ => matches!(head & 0x1f, 1 | 5),
        }
    }
}

/// Whether these are whole NAL units, one of them a slice: what a driver gives that lost its mind is not.
pub(crate) fn is_picture(mut unit: &[u8], units: &Units) -> bool {
    let mut has_slice = false;
    while !unit.is_empty() {
        let Some((length, rest)) = unit.split_at_checked(units.length_bytes) else {
            return false;
        };
        let length = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let Some((nal, rest)) = rest.split_at_checked(length) else {
            return false;
        };
        let Some(head) = nal.first() else {
            return false;
        };
        // The first bit is always 0.
        if head & 0x80 != 0 {
            return false;
        }
        has_slice |= units.is_slice(*head);
        unit = rest;
    }
    has_slice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for nal in nals {
            bytes.extend((nal.len() as u32).to_be_bytes());
            bytes.extend_from_slice(nal);
        }
        bytes
    }

    #[test]
    fn whole_units_with_a_slice_are_a_picture_and_nothing_else_is() {
        let units = Units::default();
        let parameters: &[u8] = &[0x67, 1, 2];
        assert!(is_picture(&unit(&[parameters, &[0x65, 9, 9]]), &units));
        assert!(is_picture(&unit(&[&[0x41, 1]]), &units));
        assert!(!is_picture(&unit(&[parameters]), &units), "no slice");
        assert!(!is_picture(&[], &units));
        assert!(!is_picture(&unit(&[&[0xc1, 1]]), &units), "the first bit");
        assert!(!is_picture(&unit(&[&[]]), &units), "an empty unit");
        let cut = unit(&[parameters, &[0x65, 9, 9]]);
        assert!(!is_picture(&cut[..cut.len() - 1], &units));
        assert!(!is_picture(&[0, 0, 1], &units));
        let short = Units::of(VideoCodec::H264, &[1, 0, 0, 0, 0xfd]);
        assert!(is_picture(&[0, 2, 0x41, 1], &short));
    }

    #[test]
    fn hevc_has_slices_of_its_own_and_its_length_in_another_place() {
        let mut record = [0; 23];
        record[21] = 0x0f;
        let units = Units::of(VideoCodec::Hevc, &record);
        let (parameters, idr, delta): (&[u8], &[u8], &[u8]) =
            (&[0x42, 1, 9], &[0x26, 1, 9], &[0x02, 1, 9]);
        assert!(is_picture(&unit(&[parameters, idr]), &units));
        assert!(is_picture(&unit(&[delta]), &units));
        assert!(!is_picture(&unit(&[parameters]), &units));
        record[21] = 0x0d;
        let short = Units::of(VideoCodec::Hevc, &record);
        assert!(is_picture(&[0, 3, 0x02, 1, 9], &short));
    }
}
