//! Product photos that a list names by web address: fetched within limits, kept in the photo folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use stallcast_journal::catalogue::PhotoLink;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::web_fetch::Web;

/// Largest photo taken, bytes: shops serve up to 5 MB; a phone's own file has up to 12.
const PHOTO_MAX_BYTES: usize = 16 << 20;

/// Photos fetched at once: enough to hide a slow answer, few enough that no shop takes it for an attack.
const AT_ONCE: usize = 6;

/// How long one photo may take, redirects and all.
const ONE_WITHIN: Duration = Duration::from_secs(10);

/// How long a kept photo is not asked for again: shops change a photo's address with the photo.
const FRESH: Duration = Duration::from_secs(24 * 3600);

/// What the names of kept photos may end in, as the cards read them.
const ENDINGS: [&str; 3] = ["jpg", "png", "webp"];

/// Why a photo was not fetched; each is the code of a problem with its row, after `photo_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoFault {
    /// Not an address of a web server, or one with a password in it.
    AddressBad,
    /// It leads to this computer or its own network: a list must not make the studio look around there.
    AddressPrivate,
    /// No connection, or one that broke.
    Unreachable,
    /// The server refused it, or sent in circles.
    Refused,
    /// Larger than is taken.
    TooLarge,
    /// Neither JPEG, PNG nor WebP.
    NotPicture,
    /// It took too long, or the import's time was up before its turn; importing again goes on with the rest.
    OutOfTime,
    /// It could not be written to the photo folder.
    Unsaved,
}

/// The photo folder and the way to the web.
pub(super) struct WebPhotos {
    folder: PathBuf,
    web: Web,
}

impl WebPhotos {
    pub(super) fn new(folder: PathBuf, web: Web) -> Self {
        Self { folder, web }
    }

    /// The name of a photo that was fetched before.
    pub(super) async fn kept(&self, url: &str) -> Option<String> {
        Some(self.found(url).await?.0)
    }

    /// Name, and whether it need not be asked for again.
    async fn found(&self, url: &str) -> Option<(String, bool)> {
        for ending in ENDINGS {
            let name = format!("{}.{ending}", stem(url));
            if let Ok(facts) = tokio::fs::metadata(self.folder.join(&name)).await {
                let age = facts.modified().ok().and_then(|at| at.elapsed().ok());
                return Some((name, age.is_some_and(|age| age < FRESH)));
            }
        }
        None
    }

    /// Fetches what is not there yet, until `until`. Each link with the name of its photo or why there is none.
    pub(super) async fn fetch(
        &self,
        links: Vec<PhotoLink>,
        until: Instant,
    ) -> Vec<(PhotoLink, Result<String, PhotoFault>)> {
        // Variants share their photo's address.
        let mut by_address: BTreeMap<String, Vec<PhotoLink>> = BTreeMap::new();
        for link in links {
            by_address.entry(link.url.clone()).or_default().push(link);
        }
        stream::iter(by_address)
            .map(|(url, links)| async move {
                let answer = self.one(&url, until).await;
                links.into_iter().map(move |link| (link, answer.clone()))
            })
            .buffer_unordered(AT_ONCE)
            .flat_map(stream::iter)
            .collect()
            .await
    }

    async fn one(&self, url: &str, until: Instant) -> Result<String, PhotoFault> {
        let before = match self.found(url).await {
            Some((name, true)) => return Ok(name),
            Some((name, false)) => Some(name),
            None => None,
        };
        let fetched = self.fetch_one(url, until).await;
        match (fetched, before) {
            // Yesterday's photo is better than none.
            (Err(_), Some(name)) => Ok(name),
            (answer, _) => answer,
        }
    }

    async fn fetch_one(&self, url: &str, until: Instant) -> Result<String, PhotoFault> {
        let address = Url::parse(url).map_err(|_| PhotoFault::AddressBad)?;
        let until = until.min(Instant::now() + ONE_WITHIN);
        let bytes = timeout_at(until, self.web.get(address, PHOTO_MAX_BYTES))
            .await
            .map_err(|_| PhotoFault::OutOfTime)??;
        let ending = ending(&bytes).ok_or(PhotoFault::NotPicture)?;
        let name = format!("{}.{ending}", stem(url));
        keep(&self.folder, &name, &bytes).await.map_err(|error| {
            tracing::warn!(%error, name, "a photo could not be kept");
            PhotoFault::Unsaved
        })?;
        Ok(name)
    }
}

/// Written beside its place and put there whole, so that a card never finds half a photo. Lists imported at once may
/// name the same photo: each writes a part of its own.
async fn keep(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
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

/// The same name for the same address, so that the next import finds the photo.
fn stem(url: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(url.as_bytes());
    let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("web-{hex}")
}

/// By the first bytes: servers name types as they like.
fn ending(bytes: &[u8]) -> Option<&'static str> {
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
