//! The photo folder: what is a photo, and how one gets there whole.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest photo taken, bytes: shops serve up to 5 MB; a phone's own file has up to 12.
pub(crate) const PHOTO_MAX_BYTES: usize = 16 << 20;

/// What the names of kept photos may end in, as the cards read them.
pub(crate) const ENDINGS: [&str; 3] = ["jpg", "png", "webp"];

/// Written beside its place and put there whole, so that a card never finds half a photo. Lists imported at once may
/// name the same photo: each writes a part of its own.
pub(crate) async fn keep(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    static PARTS: AtomicU64 = AtomicU64::new(0);
    let part = PARTS.fetch_add(1, Ordering::Relaxed);
    let part = folder.join(format!(".{name}.{part}.part"));
    let kept = match tokio::fs::write(&part, bytes).await {
        Ok(()) => tokio::fs::rename(&part, folder.join(name)).await,
        Err(error) => Err(error),
    };
    if kept.is_err() {
        // It may not even be there.
        let _ = tokio::fs::remove_file(&part).await;
    }
    kept
}

/// A name without its ending, made of what it is the same for: an address, or the photo itself.
pub(crate) fn name_of(origin: &str, same: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(same);
    let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{origin}-{hex}")
}

/// The ending of a photo's name by its first bytes, for people and servers name types as they like; `None` = neither JPEG, PNG
/// nor WebP.
pub(crate) fn ending(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        Some("jpg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        Some("png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("webp")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lists_that_bring_the_same_photo_at_once_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let photos: Vec<Vec<u8>> = (0..32).map(|n| vec![n; 100_000]).collect();
        let keeping = photos.iter().map(|p| keep(folder.path(), "web-1.jpg", p));
        let kept = futures_util::future::join_all(keeping).await;
        assert!(kept.iter().all(Result::is_ok), "{kept:?}");
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let photo = std::fs::read(folder.path().join("web-1.jpg")).unwrap();
        assert!(photos.contains(&photo), "it is one of them, whole");
    }
}
