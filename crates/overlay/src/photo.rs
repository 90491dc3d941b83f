//! Product photos: found safely, decoded once for each version of the file, cut to the card's box.

use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbaImage, imageops::FilterType};
use resvg::tiny_skia::{IntSize, Pixmap};

use crate::Notice;

/// Photos kept ready; a card shows one, the next few presses of a key come from here.
const KEPT: usize = crate::SHELF + 4;
/// Largest photo side in pixels.
const LARGEST_SIDE: u32 = 12_000;
/// Most memory a decoder may take, in bytes: a 48-megapixel phone photo needs 144 MB for a moment.
const LARGEST_DECODE: u64 = 160 * 1024 * 1024;

/// One version of a photo file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhotoKey {
    path: PathBuf,
    changed: Option<SystemTime>,
    length: u64,
}

impl PhotoKey {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Photos cut to size; the least recently used goes first.
#[derive(Debug, Default)]
pub(crate) struct Photos {
    ready: Vec<Ready>,
}

#[derive(Debug)]
struct Ready {
    key: PhotoKey,
    size: (u32, u32),
    /// `None` = cannot be decoded; remembered so that it is not tried at every frame.
    pixels: Option<Arc<Pixmap>>,
}

impl Photos {
    /// The photo cut to `size` pixels.
    pub(crate) fn get(
        &mut self,
        folder: &Path,
        file: &str,
        size: (u32, u32),
    ) -> Result<(PhotoKey, Arc<Pixmap>), Notice> {
        let missing = || Notice::PhotoMissing {
            file: file.to_owned(),
        };
        let key = key(folder, file).ok_or_else(missing)?;
        let position = self
            .ready
            .iter()
            .position(|ready| ready.key == key && ready.size == size);
        let ready = match position {
            Some(position) => self.ready.remove(position),
            None => {
                let pixels = match decode(&key.path, size) {
                    Ok(pixels) => Some(Arc::new(pixels)),
                    Err(reason) => {
                        tracing::warn!(file, reason, "a product photo cannot be shown");
                        None
                    }
                };
                if self.ready.len() >= KEPT {
                    self.ready.remove(0);
                }
                Ready { key, size, pixels }
            }
        };
        let answer = ready
            .pixels
            .clone()
            .map(|pixels| (ready.key.clone(), pixels));
        self.ready.push(ready);
        answer.ok_or_else(|| Notice::PhotoUnreadable {
            file: file.to_owned(),
        })
    }
}

/// A name from a spreadsheet may not lead out of the photo folder.
pub(crate) fn key(folder: &Path, file: &str) -> Option<PhotoKey> {
    let relative = Path::new(file);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !plain || file.is_empty() {
        return None;
    }
    let path = folder.join(relative);
    let facts = std::fs::metadata(&path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    Some(PhotoKey {
        changed: facts.modified().ok(),
        length: facts.len(),
        path,
    })
}

fn decode(path: &Path, size: (u32, u32)) -> Result<Pixmap, String> {
    let cut = cover(open(path)?, size).into_rgba8();
    premultiplied(cut).ok_or_else(|| "the photo has no pixels".to_owned())
}

/// The picture of a file, upright and of bounded size.
pub(crate) fn open(path: &Path) -> Result<DynamicImage, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_DECODE);
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|error| error.to_string())?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    decoder
        .set_limits(limits)
        .map_err(|error| error.to_string())?;
    // Phones store a turned photo and a note to turn it back.
    let orientation = decoder.orientation().map_err(|error| error.to_string())?;
    let mut photo = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    photo.apply_orientation(orientation);
    Ok(photo)
}

/// A picture as it is blended; `None` = it has no pixels.
pub(crate) fn premultiplied(picture: RgbaImage) -> Option<Pixmap> {
    let (width, height) = picture.dimensions();
    let mut bytes = picture.into_raw();
    for pixel in bytes.chunks_exact_mut(4) {
        let alpha = u16::from(pixel[3]);
        for channel in &mut pixel[..3] {
            *channel = ((u16::from(*channel) * alpha + 127) / 255) as u8;
        }
    }
    IntSize::from_wh(width, height).and_then(|size| Pixmap::from_vec(bytes, size))
}

/// Cuts the middle of a photo in the box's proportions and scales it to the box.
fn cover(photo: DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    let (photo_width, photo_height) = (photo.width().max(1), photo.height().max(1));
    let fit_width = u64::from(photo_height) * u64::from(width) / u64::from(height.max(1));
    let fit_height = u64::from(photo_width) * u64::from(height) / u64::from(width.max(1));
    let cut_width = fit_width.clamp(1, u64::from(photo_width)) as u32;
    let cut_height = fit_height.clamp(1, u64::from(photo_height)) as u32;
    let mut cut = photo.crop_imm(
        (photo_width - cut_width) / 2,
        (photo_height - cut_height) / 2,
        cut_width,
        cut_height,
    );
    drop(photo);
    // A coarse step first: a good filter over 48 megapixels takes seconds.
    if cut_width > width.saturating_mul(4) {
        cut = cut.thumbnail_exact(width * 2, height * 2);
    }
    cut.resize_exact(width, height, FilterType::CatmullRom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_sheet_cannot_leave_the_photo_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("photos")).unwrap();
        std::fs::write(dir.path().join("secret.png"), b"x").unwrap();
        let folder = dir.path().join("photos");
        assert_eq!(key(&folder, "../secret.png"), None);
        assert_eq!(
            key(&folder, dir.path().join("secret.png").to_str().unwrap()),
            None
        );
        assert_eq!(key(&folder, ""), None);
        assert_eq!(key(&folder, "."), None);
    }

    #[test]
    fn a_wide_photo_is_cut_in_the_middle() {
        let photo = DynamicImage::ImageRgba8(image::RgbaImage::from_fn(300, 100, |x, _| {
            image::Rgba(if (100..200).contains(&x) {
                [255, 0, 0, 255]
            } else {
                [0, 0, 255, 255]
            })
        }));
        let cut = cover(photo, (50, 50)).into_rgba8();
        assert_eq!(cut.dimensions(), (50, 50));
        assert!(
            cut.pixels().all(|pixel| pixel[0] > 200),
            "the middle is red"
        );
    }

    #[test]
    fn a_broken_photo_is_tried_once_and_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.png"), b"not a picture").unwrap();
        let mut photos = Photos::default();
        for _ in 0..3 {
            let answer = photos.get(dir.path(), "a.png", (10, 10));
            assert_eq!(
                answer.err(),
                Some(Notice::PhotoUnreadable {
                    file: "a.png".to_owned()
                })
            );
        }
        assert_eq!(photos.ready.len(), 1);
    }
}
