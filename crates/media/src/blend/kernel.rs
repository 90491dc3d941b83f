//! Owns the inner loops. They are written so that the compiler turns them into SSE2/NEON code:
//! 16-bit arithmetic only, equal lengths known up front, no branches.

/// `dst = dst * inv / 255 + src` for a row; the three slices are cut to the shortest.
///
/// The division is exact rounding: for `t = d * inv + 128`, `(t + (t >> 8)) >> 8` equals
/// `round(d * inv / 255)` for every pair of bytes and never leaves 16 bits.
#[inline]
pub(crate) fn blend_row(dst: &mut [u8], src: &[u8], inv: &[u8]) {
    let len = dst.len().min(src.len()).min(inv.len());
    let (dst, src, inv) = (&mut dst[..len], &src[..len], &inv[..len]);
    for ((d, &s), &i) in dst.iter_mut().zip(src).zip(inv) {
        let t = u16::from(*d) * u16::from(i) + 128;
        let kept = ((t + (t >> 8)) >> 8) as u8;
        *d = kept.saturating_add(s);
    }
}

/// As [`blend_row`] with the source seen to `weight` 256ths, 0..=256.
#[inline]
pub(crate) fn blend_row_faint(dst: &mut [u8], src: &[u8], inv: &[u8], weight: u16) {
    let weight = weight.min(256);
    let len = dst.len().min(src.len()).min(inv.len());
    let (dst, src, inv) = (&mut dst[..len], &src[..len], &inv[..len]);
    for ((d, &s), &i) in dst.iter_mut().zip(src).zip(inv) {
        // 255 * 256 + 128 still fits 16 bits.
        let faint = (u16::from(s) * weight + 128) >> 8;
        let inv = 255 - (((255 - u16::from(i)) * weight + 128) >> 8);
        let t = u16::from(*d) * inv + 128;
        let kept = ((t + (t >> 8)) >> 8) as u8;
        *d = kept.saturating_add(faint as u8);
    }
}

/// `dst = (from * (256 - weight) + to * weight) / 256` for a row; `weight` is 0..=256.
#[inline]
pub(crate) fn mix_row(dst: &mut [u8], from: &[u8], to: &[u8], weight: u16) {
    let weight = weight.min(256);
    // 255 * 256 + 128 still fits 16 bits.
    let keep = 256 - weight;
    let len = dst.len().min(from.len()).min(to.len());
    let (dst, from, to) = (&mut dst[..len], &from[..len], &to[..len]);
    for ((d, &a), &b) in dst.iter_mut().zip(from).zip(to) {
        *d = ((u16::from(a) * keep + u16::from(b) * weight + 128) >> 8) as u8;
    }
}
