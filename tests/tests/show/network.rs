//! The machine's own network: when it comes back, nobody sits out a wait that was for the time without it.

use std::time::{Duration, Instant};

use stallcast_show::{Area, SourceKind, Transition};
use stallcast_tests::world::{RtmpServer, Session, Site};
use stallcast_wire::{DestinationHealth, RunState};

use crate::stage::*;

/// How long the waits take to grow long: a stall of 3 s, then 0, 1, 2 and 4 s.
const GROWN: Duration = Duration::from_secs(60);
/// A wait that is clearly longer than noticing the network, connecting and settling take.
const LONG_MS: u64 = 7_000;

fn far(session: &Session) -> Option<&DestinationHealth> {
    let all = &session.status.as_ref()?.destinations;
    all.iter().find(|health| health.id.as_str() == "far")
}

#[tokio::test]
#[ignore = "pulls a cable of this machine: needs root and iproute2"]
async fn a_destination_that_waits_tries_at_once_when_the_cable_is_back() {
    let server = RtmpServer::start_behind(Site::new());
    let engine = engine(std::collections::BTreeMap::new());
    let mut session = engine.session().await;
    put_source(&mut session, "test", SourceKind::TestPicture).await;
    put_scene(&mut session, "test", &[("test", Area::FULL)]).await;
    switch(&mut session, "test", Transition::Cut).await;
    put_destination(&mut session, "far", &server).await;
    go_live(&mut session, &["far"]).await;

    server.site().unwrap().pull();
    let left = session
        .until(GROWN, "a long wait", |s| match far(s)?.run {
            RunState::Retrying { next_in_ms, .. } => Some(next_in_ms).filter(|ms| *ms > LONG_MS),
            _ => None,
        })
        .await;
    server.site().unwrap().plug();
    let plugged = Instant::now();
    destination_live(&mut session, "far").await;
    let took = plugged.elapsed();
    println!("live {took:?} after the cable was back; {left} ms of the wait were left");
    assert!(took < Duration::from_millis(left), "{took:?} of {left} ms");
}
