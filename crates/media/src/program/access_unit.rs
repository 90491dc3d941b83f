//! Owns the look at what an encoder gives: whether it is a picture at all.

/// Bytes of a NAL unit's length, unless the codec data says otherwise.
pub(crate) const LENGTH_BYTES: usize = 4;

/// As an `AVCDecoderConfigurationRecord` says.
pub(crate) fn length_bytes_of(codec_data: &[u8]) -> usize {
    let byte = codec_data.get(4);
    byte.map_or(LENGTH_BYTES, |byte| usize::from(byte & 3) + 1)
}

/// Whether these are whole NAL units, one of them a slice: what a driver gives that lost its mind is not.
pub(crate) fn is_picture(mut unit: &[u8], length_bytes: usize) -> bool {
    let mut has_slice = false;
    while !unit.is_empty() {
        let Some((length, rest)) = unit.split_at_checked(length_bytes) else {
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
        // The first bit is always 0; 1 and 5 are slices.
        if head & 0x80 != 0 {
            return false;
        }
        has_slice |= matches!(head & 0x1f, 1 | 5);
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
        let parameters: &[u8] = &[0x67, 1, 2];
        assert!(is_picture(&unit(&[parameters, &[0x65, 9, 9]]), 4));
        assert!(is_picture(&unit(&[&[0x41, 1]]), 4));
        assert!(!is_picture(&unit(&[parameters]), 4), "no slice");
        assert!(!is_picture(&[], 4));
        assert!(!is_picture(&unit(&[&[0xc1, 1]]), 4), "the first bit");
        assert!(!is_picture(&unit(&[&[]]), 4), "an empty unit");
        let cut = unit(&[parameters, &[0x65, 9, 9]]);
        assert!(!is_picture(&cut[..cut.len() - 1], 4));
        assert!(!is_picture(&[0, 0, 1], 4));
        assert!(is_picture(
            &[0, 2, 0x41, 1],
            length_bytes_of(&[1, 0, 0, 0, 0xfd])
        ));
    }
}
