//! The doctor's list of needed elements against what this crate really makes, and its trials of encoders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use stallcast_media::diagnosis::{NEEDS, encoders, gstreamer_version, is_there};
use stallcast_media::encoder::{TrialFailure, try_full_hd};

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            *text += &std::fs::read_to_string(&path).unwrap();
        }
    }
}

/// Names between `before` and the next quote.
fn named(text: &str, before: &str) -> BTreeSet<String> {
    let parts = text.split(before).skip(1);
    let name = |part: &str| part.split('"').next().unwrap().to_owned();
    parts.map(name).collect()
}

#[test]
fn every_element_that_the_studio_makes_by_name_is_looked_for() {
    let mut text = String::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut text,
    );
    let mut made = named(&text, "ElementFactory::make(\"");
    made.extend(named(&text, " make(\""));
    made.extend(named(&text, "(make(\""));
    assert!(made.len() > 20, "{made:?}");
    let known: BTreeSet<String> = NEEDS
        .iter()
        .flat_map(|need| need.any_of)
        .map(|name| (*name).to_owned())
        .collect();
    let unknown: Vec<_> = made.difference(&known).collect();
    assert!(unknown.is_empty(), "missing in NEEDS: {unknown:?}");
}

#[test]
fn a_machine_that_runs_the_tests_has_all_that_is_needed() {
    gstreamer_version().unwrap();
    let missing: Vec<_> = NEEDS.iter().filter(|need| !is_there(need)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_second_of_full_hd_is_encoded_and_measured() {
    let (there, _) = encoders().unwrap();
    assert!(there.iter().any(|name| name == "x264enc"), "{there:?}");
    let fps = try_full_hd("x264enc").unwrap().unwrap();
    assert!(fps > 1.0, "{fps}");
    assert_eq!(try_full_hd("no-such-encoder"), None);
    let absent = try_full_hd("vtenc_h264_hw").unwrap();
    assert!(
        matches!(absent, Err(TrialFailure::Failed { .. })),
        "{absent:?}"
    );
}
