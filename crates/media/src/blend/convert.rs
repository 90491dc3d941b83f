//! Owns the one-time conversion of a layer to planes the blend can use, and the blend of such a
//! picture into a frame.

use std::ops::Range;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::kernel::{blend_row, blend_row_faint};
use super::layer::Layer;
use super::motion::Step;
use super::planes::with_planes_mut;

/// Width in luma pixels of the blocks a row is classified by. A block is either skipped, copied or
/// blended; 16 is one SSE2/NEON register of luma and half a one of chroma.
const BLOCK: usize = 16;

/// How RGB becomes limited-range YUV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601, for canvases below 720 lines.
    Bt601,
    /// ITU-R BT.709, for 720 lines and more.
    Bt709,
}

impl Matrix {
    /// What viewers' players assume for a picture of this height.
    #[must_use]
    pub fn for_height(height: u32) -> Self {
        if height >= 720 {
            Self::Bt709
        } else {
            Self::Bt601
        }
    }

    /// Rows Y, U, V of (R, G, B, A) factors in 1/65536 for premultiplied input. Derived from the
    /// recommendations' Kr and Kb; the alpha column carries the offsets 16 and 128.
    fn factors(self) -> [[i32; 4]; 3] {
        let (kr, kb) = match self {
            Self::Bt601 => (0.299_f64, 0.114_f64),
            Self::Bt709 => (0.2126, 0.0722),
        };
        let kg = 1.0 - kr - kb;
        let one = 65536.0 / 255.0;
        let luma = |k: f64| (k * 219.0 * one).round() as i32;
        let blue = 112.0 / (1.0 - kb) * one;
        let red = 112.0 / (1.0 - kr) * one;
        let grey = (128.0 * one).round() as i32;
        [
            [luma(kr), luma(kg), luma(kb), (16.0 * one).round() as i32],
            [
                (-kr * blue).round() as i32,
                (-kg * blue).round() as i32,
                ((1.0 - kb) * blue).round() as i32,
                grey,
            ],
            [
                ((1.0 - kr) * red).round() as i32,
                (-kg * red).round() as i32,
                (-kb * red).round() as i32,
                grey,
            ],
        ]
    }
}

/// A stretch of one row pair that has something to draw, in luma pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u32,
    to: u32,
    opaque: bool,
}

/// The converted pixels, shared by all places they are drawn at.
#[derive(Debug)]
struct Pixels {
    /// Even, in luma pixels.
    width: usize,
    /// Even, in luma pixels.
    height: usize,
    luma: Vec<u8>,
    luma_inv: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
    chroma_inv: Vec<u8>,
    spans: Vec<Span>,
    /// For each pair of rows, its part of `spans`.
    rows: Vec<Range<usize>>,
}

/// A layer ready to be blended: premultiplied planes, inverse alpha, and where there is something.
#[derive(Debug, Clone)]
pub struct YuvPicture {
    pixels: Arc<Pixels>,
    /// Even; may be negative.
    x: i32,
    /// Even; may be negative.
    y: i32,
    /// Even offset of the non-transparent box inside the layer, for [`YuvPicture::moved_to`].
    inset: (i32, i32),
}

impl YuvPicture {
    /// Converts a layer. `None` when nothing of it is visible or its bytes do not match its size.
    #[must_use]
    pub fn convert(layer: &Layer, matrix: Matrix) -> Option<Self> {
        let opacity = layer.opacity_255();
        if !layer.is_whole() || opacity == 0 {
            return None;
        }
        let (width, rgba) = (layer.width as usize, &layer.rgba[..]);
        let (left, top, right, bottom) = visible_box(rgba, width)?;
        // Chroma samples cover even pairs of canvas pixels: grow the box to even canvas edges.
        let (px, py) = (parity(layer.x), parity(layer.y));
        let inset_x = ((left + px) & !1) as i32 - px as i32;
        let inset_y = ((top + py) & !1) as i32 - py as i32;
        let pad_x = (left as i32 - inset_x) as usize;
        let pad_y = (top as i32 - inset_y) as usize;
        let out_width = (pad_x + right - left).next_multiple_of(2);
        let out_height = (pad_y + bottom - top).next_multiple_of(2);

        let mut pixels = Pixels::transparent(out_width, out_height);
        let factors = matrix.factors();
        let mut sums = vec![[0_u32; 4]; out_width / 2];
        for pair in 0..out_height / 2 {
            sums.fill([0; 4]);
            for row in [2 * pair, 2 * pair + 1] {
                let Some(source_row) = row.checked_sub(pad_y).map(|r| r + top) else {
                    continue;
                };
                if source_row >= bottom {
                    continue;
                }
                let start = (source_row * width + left) * 4;
                let source = &rgba[start..start + (right - left) * 4];
                let at = row * out_width + pad_x;
                let line = Line {
                    luma: &mut pixels.luma[at..],
                    inv: &mut pixels.luma_inv[at..],
                    sums: &mut sums,
                    pad_x,
                };
                line.convert(source, opacity, factors[0]);
            }
            let at = pair * out_width / 2;
            for (index, sum) in sums.iter().enumerate() {
                pixels.u[at + index] = project(sum, factors[1]);
                pixels.v[at + index] = project(sum, factors[2]);
                pixels.chroma_inv[at + index] = 255 - ((sum[3] + 2) / 4) as u8;
            }
        }
        pixels.find_spans();
        Some(Self {
            pixels: Arc::new(pixels),
            x: layer.x + inset_x,
            y: layer.y + inset_y,
            inset: (inset_x, inset_y),
        })
    }

    /// The same pixels with the layer's corner elsewhere; `None` when the parity of the new place
    /// needs another conversion (chroma covers pairs of pixels).
    #[must_use]
    pub fn moved_to(&self, x: i32, y: i32) -> Option<Self> {
        let (new_x, new_y) = (x + self.inset.0, y + self.inset.1);
        (new_x & 1 == 0 && new_y & 1 == 0).then(|| Self {
            x: new_x,
            y: new_y,
            ..self.clone()
        })
    }

    /// Draws the picture into an I420 frame, clipped to it.
    pub fn blend_into(&self, frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>) {
        self.blend_step(frame, Step::WHOLE);
    }

    /// As [`YuvPicture::blend_into`], on its way in or out.
    pub(crate) fn blend_step(
        &self,
        frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        step: Step,
    ) {
        if step.weight == 0 {
            return;
        }
        with_planes_mut(frame, |[mut luma, mut u, mut v]| {
            let pixels = &*self.pixels;
            let half = pixels.width / 2;
            for (pair, spans) in pixels.rows.iter().enumerate() {
                let Ok(canvas_y) = usize::try_from(self.y + step.lower + 2 * pair as i32) else {
                    continue;
                };
                if canvas_y >= luma.height {
                    break;
                }
                for span in &pixels.spans[spans.clone()] {
                    for row in 0..2 {
                        let at = (2 * pair + row) * pixels.width;
                        let cut = Cut::new(span.from, span.to, self.x, luma.width);
                        if let (Some(dst), Some(cut)) = (luma.row(canvas_y + row), cut) {
                            let (src, inv) = (&pixels.luma[at..], &pixels.luma_inv[at..]);
                            cut.draw(dst, src, inv, span.opaque, step.weight);
                        }
                    }
                    let at = pair * half;
                    for (plane, source) in [(&mut u, &pixels.u), (&mut v, &pixels.v)] {
                        let cut = Cut::new(span.from / 2, span.to / 2, self.x / 2, plane.width);
                        if let (Some(dst), Some(cut)) = (plane.row(canvas_y / 2), cut) {
                            let (src, inv) = (&source[at..], &pixels.chroma_inv[at..]);
                            cut.draw(dst, src, inv, span.opaque, step.weight);
                        }
                    }
                }
            }
        });
    }
}

/// The part of a span inside a frame's row: `dst` and `src` ranges of equal length.
struct Cut {
    dst: Range<usize>,
    src: Range<usize>,
}

impl Cut {
    #[inline]
    fn new(from: u32, to: u32, origin: i32, width: usize) -> Option<Self> {
        let start = (i64::from(origin) + i64::from(from)).max(0);
        let end = (i64::from(origin) + i64::from(to)).min(width as i64);
        (start < end).then(|| Self {
            dst: start as usize..end as usize,
            src: (start - i64::from(origin)) as usize..(end - i64::from(origin)) as usize,
        })
    }

    #[inline]
    fn draw(self, dst: &mut [u8], src: &[u8], inv: &[u8], opaque: bool, weight: u16) {
        let (dst, src, inv) = (&mut dst[self.dst], &src[self.src.clone()], &inv[self.src]);
        if weight < 256 {
            blend_row_faint(dst, src, inv, weight);
        } else if opaque {
            dst.copy_from_slice(src);
        } else {
            blend_row(dst, src, inv);
        }
    }
}

/// Where one row of pixels goes.
struct Line<'p> {
    luma: &'p mut [u8],
    inv: &'p mut [u8],
    sums: &'p mut [[u32; 4]],
    pad_x: usize,
}

impl Line<'_> {
    fn convert(self, source: &[u8], opacity: u32, factors: [i32; 4]) {
        for (index, pixel) in source.chunks_exact(4).enumerate() {
            let mut rgba = [0_u32; 4];
            for (scaled, &byte) in rgba.iter_mut().zip(pixel) {
                *scaled = if opacity == 255 {
                    u32::from(byte)
                } else {
                    (u32::from(byte) * opacity + 127) / 255
                };
            }
            // Bytes that are not premultiplied (a colour brighter than its alpha) would overflow.
            for channel in 0..3 {
                rgba[channel] = rgba[channel].min(rgba[3]);
            }
            let mut sum = 1_i32 << 15;
            for (channel, factor) in rgba.iter().zip(factors) {
                sum += *channel as i32 * factor;
            }
            self.luma[index] = (sum >> 16).clamp(0, 255) as u8;
            self.inv[index] = 255 - rgba[3] as u8;
            let pair = &mut self.sums[(self.pad_x + index) / 2];
            for (total, channel) in pair.iter_mut().zip(rgba) {
                *total += channel;
            }
        }
    }
}

impl Pixels {
    fn transparent(width: usize, height: usize) -> Self {
        let (luma, chroma) = (width * height, width * height / 4);
        Self {
            width,
            height,
            luma: vec![0; luma],
            luma_inv: vec![255; luma],
            u: vec![0; chroma],
            v: vec![0; chroma],
            chroma_inv: vec![255; chroma],
            spans: Vec::new(),
            rows: Vec::with_capacity(height / 2),
        }
    }

    fn find_spans(&mut self) {
        for pair in 0..self.height / 2 {
            let first = self.spans.len();
            let upper = &self.luma_inv[2 * pair * self.width..][..self.width];
            let lower = &self.luma_inv[(2 * pair + 1) * self.width..][..self.width];
            for from in (0..self.width).step_by(BLOCK) {
                let to = (from + BLOCK).min(self.width);
                let block = || upper[from..to].iter().chain(&lower[from..to]);
                if block().all(|&inv| inv == 255) {
                    continue;
                }
                let opaque = block().all(|&inv| inv == 0);
                match self.spans[first..].last_mut() {
                    Some(last) if last.to as usize == from && last.opaque == opaque => {
                        last.to = to as u32;
                    }
                    _ => self.spans.push(Span {
                        from: from as u32,
                        to: to as u32,
                        opaque,
                    }),
                }
            }
            self.rows.push(first..self.spans.len());
        }
    }
}

/// Chroma of the average of four premultiplied pixels given as sums.
fn project(sum: &[u32; 4], factors: [i32; 4]) -> u8 {
    let mut total = 1_i32 << 17;
    for (channel, factor) in sum.iter().zip(factors) {
        total += *channel as i32 * factor;
    }
    (total >> 18).clamp(0, 255) as u8
}

fn parity(position: i32) -> usize {
    (position & 1) as usize
}

/// (left, top, right, bottom) of the pixels that are not fully transparent.
fn visible_box(rgba: &[u8], width: usize) -> Option<(usize, usize, usize, usize)> {
    let (mut left, mut right) = (usize::MAX, 0);
    let (mut top, mut bottom) = (usize::MAX, 0);
    for (y, row) in rgba.chunks_exact(width * 4).enumerate() {
        let visible = |pixel: &[u8]| pixel[3] != 0;
        let Some(first) = row.chunks_exact(4).position(visible) else {
            continue;
        };
        let last = row.chunks_exact(4).rposition(visible).unwrap_or(first);
        left = left.min(first);
        right = right.max(last + 1);
        top = top.min(y);
        bottom = y + 1;
    }
    (bottom > 0).then_some((left, top, right, bottom))
}
