//! support owns the world of the integration tests: a real clip, real servers, hostile ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod clip;
pub mod flv;
pub mod hostile;
pub mod nginx;

use std::future::Future;
use std::time::{Duration, Instant};

use stallcast_delivery::{
    Destination, DestinationSpec, DestinationStatus, Hub, State, TlsRoots, VideoCodec,
};

pub fn spec(id: &str, url: &str) -> DestinationSpec {
    DestinationSpec {
        id: id.to_owned(),
        url: url.to_owned(),
        key: id.into(),
        closing_deadline: None,
        tls_roots: TlsRoots::System,
        codec: VideoCodec::H264,
    }
}

pub fn destination(id: &str, url: &str, hub: &Hub) -> Destination {
    Destination::spawn(spec(id, url), hub.clone())
}

/// Waits until the status fulfils a condition; panics with the last status after `limit`.
pub async fn wait_status(
    destination: &Destination,
    limit: Duration,
    what: &str,
    mut condition: impl FnMut(&DestinationStatus) -> bool,
) -> DestinationStatus {
    let mut status = destination.status();
    let found = tokio::time::timeout(limit, status.wait_for(|s| condition(s))).await;
    match found {
        Ok(Ok(status)) => status.clone(),
        Ok(Err(_)) => panic!("{}: ended while waiting for {what}", destination.id()),
        Err(_) => panic!(
            "{}: no {what} within {limit:?}: {:?}",
            destination.id(),
            *destination.status().borrow()
        ),
    }
}

pub async fn wait_live(destination: &Destination, limit: Duration) -> DestinationStatus {
    wait_status(destination, limit, "Live", |s| s.state == State::Live).await
}

/// Waits for a condition that nobody announces.
pub async fn wait_until<F: Future<Output = bool>>(
    limit: Duration,
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let deadline = Instant::now() + limit;
    while !condition().await {
        assert!(Instant::now() < deadline, "no {what} within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Longer than anything these tests wait for takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);
