//! The list of plugins that a package takes along (`src-tauri/plugins.txt`) against what the studio asks for, and against
//! the GStreamer of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use stallcast_media::diagnosis::{NEEDS, gstreamer_version};
use stallcast_media::encoder;

const LIST: &str = include_str!("../../../src-tauri/plugins.txt");
const SYSTEMS: [&str; 3] = ["linux", "macos", "windows"];

struct Row {
    /// Name of the file without `lib`, `gst` and its ending.
    plugin: &'static str,
    brings_gpl: bool,
    systems: Vec<&'static str>,
    elements: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = LIST
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let systems = match words.next().unwrap() {
            "all" => SYSTEMS.to_vec(),
            some => some.split(',').collect(),
        };
        assert!(systems.iter().all(|one| SYSTEMS.contains(one)), "{line}");
        let elements: Vec<_> = words.filter(|word| *word != "-").collect();
        Row {
            plugin: name.trim_start_matches('+'),
            brings_gpl: name.starts_with('+'),
            systems,
            elements,
        }
    };
    lines.map(row).collect()
}

/// What there is on a system when only the listed plugins are.
fn elements(system: &str, with_gpl: bool) -> BTreeSet<&'static str> {
    let rows = rows()
        .into_iter()
        .filter(|row| row.systems.contains(&system) && (with_gpl || !row.brings_gpl));
    rows.flat_map(|row| row.elements).collect()
}

#[test]
fn all_that_is_asked_for_is_on_the_list_also_without_what_brings_gpl_code() {
    for system in SYSTEMS {
        let there = elements(system, false);
        let asked = NEEDS
            .iter()
            .filter(|need| need.systems.is_empty() || need.systems.contains(&system));
        for need in asked {
            let met = need.any_of.iter().any(|element| there.contains(element));
            assert!(met, "{system}: none of {:?}", need.any_of);
        }
    }
}

#[test]
fn every_encoder_and_every_source_is_on_the_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform");
    let mut all: BTreeSet<String> = encoder::all().map(|kind| kind.element.to_owned()).collect();
    let sources_from = all.len();
    for system in SYSTEMS {
        let text = std::fs::read_to_string(source.join(format!("{system}.rs"))).unwrap();
        let there = elements(system, true);
        for part in text.split("factory: \"").skip(1) {
            let element = part.split('"').next().unwrap();
            assert!(there.contains(element), "{system}: {element}");
            all.insert(element.to_owned());
        }
    }
    assert!(all.len() > sources_from + 5, "{all:?}");
    let listed: BTreeSet<_> = SYSTEMS
        .iter()
        .flat_map(|system| elements(system, true))
        .collect();
    let missing: Vec<_> = all
        .iter()
        .filter(|name| !listed.contains(&***name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_element_is_in_the_plugin_beside_which_it_stands() {
    gstreamer_version().unwrap();
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.plugin), "{} stands twice", row.plugin);
    }
    let mut found = 0;
    for row in rows().iter().filter(|row| row.systems.contains(&"linux")) {
        for element in &row.elements {
            // A driver that is not here has no elements here.
            let Some(factory) = gst::ElementFactory::find(element) else {
                continue;
            };
            let plugin = factory.plugin().and_then(|plugin| plugin.filename());
            let file = plugin.unwrap_or_else(|| panic!("{element} has no plugin"));
            let wanted = format!("libgst{}", row.plugin);
            assert_eq!(
                file.file_stem().unwrap().to_str(),
                Some(&*wanted),
                "{element}"
            );
            found += 1;
        }
    }
    assert!(found > 60, "only {found} elements are here");
}
