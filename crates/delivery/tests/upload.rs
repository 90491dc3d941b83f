//! The upload test against a real RTMP server behind a narrow way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use stallcast_delivery::{DeliveryErrorCode, UploadFigures, test_upload};
use support::clip::Encoder;
use support::hostile::Narrow;
use support::nginx::Nginx;

/// How often is measured: what holds the machine up for a moment spoils one measurement, not all.
const TRIES: u32 = 3;

/// One measurement fits, of few.
async fn found(
    measure: impl AsyncFn(u32) -> Result<UploadFigures, DeliveryErrorCode>,
    fits: impl Fn(&UploadFigures) -> bool,
) {
    let mut all = Vec::new();
    for number in 0..TRIES {
        let found = measure(number).await;
        if found.as_ref().is_ok_and(&fits) {
            return;
        }
        all.push(found);
    }
    panic!("none fits: {all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_finds_what_a_narrow_way_takes() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let measure = async |number: u32| {
        // 300 000 bytes a second.
        let narrow = Narrow::start(nginx.port, 300_000).await;
        let spec = support::spec(&format!("test{number}?bandwidthtest=true"), &narrow.url());
        test_upload(spec, &encoder.hub, 10_000).await
    };
    found(measure, |found| {
        !found.is_least && (found.kbps / 2_400.0 - 1.0).abs() < 0.15
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_narrower_than_the_shows_pictures_is_measured_all_the_same() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let measure = async |number: u32| {
        let narrow = Narrow::start(nginx.port, 62_500).await;
        let spec = support::spec(&format!("weak{number}?bandwidthtest=true"), &narrow.url());
        test_upload(spec, &encoder.hub, 10_000).await
    };
    found(measure, |found| {
        !found.is_least && (found.kbps / 500.0 - 1.0).abs() < 0.2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wide_way_takes_at_least_the_most_that_is_sent() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let measure = async |number: u32| {
        let spec = support::spec(&format!("wide{number}"), &nginx.url());
        test_upload(spec, &encoder.hub, 3_000).await
    };
    found(measure, |found| {
        found.is_least && (2_400.0..=3_000.0).contains(&found.kbps)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_an_error_and_not_a_figure() {
    let encoder = Encoder::start(0);
    let spec = support::spec("nobody", "rtmp://127.0.0.1:9/live");
    let found = test_upload(spec, &encoder.hub, 3_000).await;
    assert_eq!(found, Err(DeliveryErrorCode::Refused));
}
