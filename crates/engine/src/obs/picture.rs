//! Pictures of the program for clients, off the preview: what viewers see, cards and all.

use std::io::Cursor;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use stallcast_obsws::Picture;
use stallcast_wire::{ErrorCode, WireError};
use tokio::sync::Semaphore;

use crate::studio::Studio;

/// How long a picture may take to come: the preview begins only when somebody looks.
const WITHIN: Duration = Duration::from_secs(5);
/// Pictures made at once, of all clients; one more is refused.
static PLACES: Semaphore = Semaphore::const_new(2);

/// The next picture as a `data:` address.
pub(super) async fn of_program(studio: &Studio, wanted: Picture) -> Result<String, WireError> {
    let _place = PLACES
        .try_acquire()
        .map_err(|_| WireError::new(ErrorCode::Busy).retryable())?;
    let mut watching = studio.watch_preview(None);
    // What lies there may be from when somebody last looked.
    let next = async {
        let first = watching.next().await?;
        loop {
            let frame = watching.next().await?;
            if frame.seq != first.seq {
                return Some(frame);
            }
        }
    };
    let frame = tokio::time::timeout(WITHIN, next).await.ok().flatten();
    let frame = frame.ok_or_else(|| WireError::new(ErrorCode::NothingRuns).retryable())?;
    let made = tokio::task::spawn_blocking(move || made(&frame.jpeg, wanted)).await;
    let made = made.map_err(|_| WireError::new(ErrorCode::Internal))?;
    made.map_err(|error| {
        tracing::error!(%error, "a picture for obs-websocket could not be made");
        WireError::new(ErrorCode::Internal)
    })
}

fn made(jpeg: &[u8], wanted: Picture) -> Result<String, image::ImageError> {
    let mut picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)?;
    let (width, height) = (picture.width(), picture.height());
    let along = |edge: u32, of: u32, other: u32| {
        let edge = u64::from(edge) * u64::from(other) / u64::from(of.max(1));
        u32::try_from(edge).unwrap_or(u32::MAX).clamp(1, 4096)
    };
    let size = match (wanted.width, wanted.height) {
        (None, None) => None,
        (Some(wide), None) => Some((wide, along(wide, width, height))),
        (None, Some(high)) => Some((along(high, height, width), high)),
        (Some(wide), Some(high)) => Some((wide, high)),
    };
    if let Some((wide, high)) = size.filter(|size| *size != (width, height)) {
        picture = picture.resize_exact(wide, high, FilterType::Triangle);
    }
    let mut bytes = Vec::new();
    let picture = DynamicImage::from(picture.into_rgb8());
    let kind = if wanted.png {
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        "png"
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, wanted.quality);
        picture.write_with_encoder(encoder)?;
        "jpeg"
    };
    Ok(format!(
        "data:image/{kind};base64,{}",
        STANDARD.encode(&bytes)
    ))
}
