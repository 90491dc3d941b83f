//! The upload test before a show: to where no viewer sees it, and never while the show is live.

use stallcast_delivery::{DestinationSpec, Hub, IngestUrl, Secret, VideoCodec, test_upload};
use stallcast_media::audio::AAC_BITRATE;
use stallcast_show::{Canvas, DestinationId, Refusal, Show};
use stallcast_wire::{Check, CheckLevel, ErrorCode, UploadTarget, UploadTestView, WireError};

use super::Studio;
use crate::air;

/// The test sends no more than this, kbit/s: more than any platform of the table takes for 1080 lines.
const MOST_KBPS: u32 = 10_000;
/// What may be used of a measured uplink, percent: the rest is for whoever else uses it, and for a worse hour.
const USED_PERCENT: u32 = 75;
/// Bounds and steps of what is recommended, kbit/s.
const LEAST_KBPS: u32 = 300;
const STEP_KBPS: u32 = 50;

impl Studio {
    /// Measures the uplink; the last result is kept for the checks before going live.
    ///
    /// # Errors
    /// While live, where the platform has no way to do it unseen, without a key, and when the server does not take it.
    pub(super) async fn test_upload(&self, to: UploadTarget) -> Result<UploadTestView, WireError> {
        let mut published = self.inner.desk.published();
        let show = self.inner.desk.show();
        refuse_live(&show)?;
        let spec = self.unseen(&show, to)?;
        let pictures = self.pictures()?;
        // One at a time: two would measure each other.
        let mut last = self.inner.upload.lock().await;
        refuse_live(&published.borrow_and_update().show)?;
        let found = tokio::select! {
            found = test_upload(spec, &pictures, MOST_KBPS) => found,
            // The show needs the uplink now.
            Ok(_) = published.wait_for(|now| now.show.is_live()) => return Err(live()),
        };
        let found = found.map_err(|error| {
            tracing::info!(%error, "the upload test was not taken");
            WireError::new(ErrorCode::UploadFailed).with("cause", air::error_code(&error))
        })?;
        let view = self.recommend(&show, found.kbps, found.is_least);
        tracing::info!(?view, "the upload was measured");
        *last = Some(view);
        Ok(view)
    }

    /// Where nobody sees it.
    fn unseen(&self, show: &Show, to: UploadTarget) -> Result<DestinationSpec, WireError> {
        let (url, key) = match to {
            UploadTarget::Server { url } => (url, Secret::default()),
            UploadTarget::Destination { destination } => self.unseen_ingest(show, destination)?,
        };
        IngestUrl::parse(&url, &key)
            .map_err(|_| WireError::new(ErrorCode::UploadFailed).with("cause", "bad_url"))?;
        Ok(DestinationSpec {
            id: "upload-test".into(),
            url,
            key,
            closing_deadline: None,
            tls_roots: self.inner.tls_roots.clone(),
            codec: VideoCodec::H264,
        })
    }

    fn unseen_ingest(&self, show: &Show, id: DestinationId) -> Result<(String, Secret), WireError> {
        let Some(destination) = show.destinations.get(&id) else {
            let unknown = Refusal::UnknownDestination { destination: id };
            return Err(WireError::refused(unknown.code(), unknown.params()));
        };
        let mut platforms = self.inner.platforms.platforms.iter();
        let platform = platforms.find(|platform| platform.id == destination.platform);
        // The suffix means something at the platform's own ingests only: elsewhere the stream would be seen.
        let is_its_own = |url: &str| {
            platform.is_some_and(|platform| platform.ingests.iter().any(|known| known.url == url))
        };
        let suffix = platform
            .and_then(|platform| platform.unseen_suffix.as_deref())
            .filter(|_| is_its_own(&destination.url))
            .ok_or_else(|| {
                WireError::new(ErrorCode::UploadUntestable).with("name", &destination.name)
            })?;
        let key = self.inner.keys.get(&id).filter(|key| !key.is_empty());
        let key =
            key.ok_or_else(|| WireError::new(ErrorCode::UploadFailed).with("cause", "no_key"))?;
        // A key that brings its own query would hide the suffix behind it.
        if key.reveal().contains(['?', '&', '#']) {
            return Err(WireError::new(ErrorCode::UploadUntestable).with("name", &destination.name));
        }
        let key = Secret::new(format!("{}{suffix}", key.reveal()));
        Ok((destination.url.clone(), key))
    }

    fn pictures(&self) -> Result<Hub, WireError> {
        let running = self.inner.canvases.running().borrow().clone();
        let stage = running
            .get(&Canvas::Landscape)
            .or_else(|| running.values().next());
        stage
            .map(|stage| stage.hub.clone())
            .ok_or_else(|| WireError::new(ErrorCode::NothingRuns).retryable())
    }

    fn recommend(&self, show: &Show, kbps: f64, is_least: bool) -> UploadTestView {
        let enabled = || show.destinations.values().filter(|d| d.enabled);
        let destinations = u32::try_from(enabled().count()).unwrap_or(u32::MAX).max(1);
        let most = enabled()
            .filter_map(|destination| {
                let mut platforms = self.inner.platforms.platforms.iter();
                platforms
                    .find(|platform| platform.id == destination.platform)?
                    .max_video_kbps
            })
            .min();
        let kbps = kbps.round() as u32;
        let recommended_kbps = recommended(kbps, destinations, most);
        UploadTestView {
            kbps,
            is_least,
            recommended_kbps,
            destinations,
        }
    }

    /// The check of the uplink for the others before going live.
    pub(super) async fn upload_check(&self) -> Check {
        // While a test runs the last result is not waited for.
        let last = self.inner.upload.try_lock().ok().and_then(|last| *last);
        let show = self.inner.desk.show();
        let spec = self
            .inner
            .canvases
            .spec(Canvas::Landscape)
            .encode
            .video_kbps;
        let wanted = show.video_kbps.unwrap_or(spec);
        check(last, wanted)
    }
}

fn live() -> WireError {
    WireError::refused("already_live", std::collections::BTreeMap::new())
}

fn refuse_live(show: &Show) -> Result<(), WireError> {
    match show.is_live() {
        true => Err(live()),
        false => Ok(()),
    }
}

/// Video bitrate for each of so many destinations, kbit/s.
fn recommended(kbps: u32, destinations: u32, most_kbps: Option<u32>) -> u32 {
    let each = kbps / destinations.max(1) * USED_PERCENT / 100;
    let video = each.saturating_sub(AAC_BITRATE / 1000) / STEP_KBPS * STEP_KBPS;
    video.min(most_kbps.unwrap_or(u32::MAX)).max(LEAST_KBPS)
}

fn check(last: Option<UploadTestView>, wanted_kbps: u32) -> Check {
    let (level, key) = match last {
        // Unknown is not the same as good.
        None => (CheckLevel::Warn, "unknown"),
        Some(found) if found.recommended_kbps < wanted_kbps && !found.is_least => {
            (CheckLevel::Warn, "short")
        }
        Some(_) => (CheckLevel::Ok, "ready"),
    };
    let mut params =
        std::collections::BTreeMap::from([("wanted_rate".into(), wanted_kbps.to_string())]);
    if let Some(found) = last {
        params.insert("rate".into(), found.kbps.to_string());
        params.insert(
            "recommended_rate".into(),
            found.recommended_kbps.to_string(),
        );
    }
    Check {
        id: "upload".into(),
        level,
        key: format!("preflight.upload.{key}"),
        params,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_stays_free_and_the_rest_is_split() {
        assert_eq!(recommended(4_000, 1, None), 2_850);
        assert_eq!(recommended(4_000, 2, None), 1_350);
        assert_eq!(recommended(12_000, 1, Some(6_000)), 6_000);
        assert_eq!(recommended(200, 3, None), LEAST_KBPS);
    }

    #[test]
    fn an_upload_that_is_short_of_the_shows_bitrate_deserves_a_look() {
        let found = |recommended_kbps, is_least| {
            Some(UploadTestView {
                kbps: 2_000,
                is_least,
                recommended_kbps,
                destinations: 1,
            })
        };
        assert_eq!(check(None, 2_500).key, "preflight.upload.unknown");
        assert_eq!(check(found(1_350, false), 2_500).level, CheckLevel::Warn);
        assert_eq!(check(found(2_850, false), 2_500).level, CheckLevel::Ok);
    }
}
