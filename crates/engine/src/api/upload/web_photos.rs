//! Product photos that a list names by web address: fetched within limits, kept in the photo folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use stallcast_journal::catalogue::PhotoLink;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::web_fetch::Web;
use crate::photo_folder::{ENDINGS, PHOTO_MAX_BYTES, ending, keep, name_of};

/// Photos fetched at once: enough to hide a slow answer, few enough that no shop takes it for an attack.
const AT_ONCE: usize = 6;

/// How long one photo may take, redirects and all.
const ONE_WITHIN: Duration = Duration::from_secs(10);

/// How long a kept photo is not asked for again: shops change a photo's address with the photo.
const FRESH: Duration = Duration::from_secs(24 * 3600);

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

/// The same name for the same address, so that the next import finds the photo.
fn stem(url: &str) -> String {
    name_of("web", url.as_bytes())
}
