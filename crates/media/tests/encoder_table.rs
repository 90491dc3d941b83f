//! The encoder table against what GStreamer's own class definitions say (`encoder_facts.json`): names, units,
//! values and ranges, in an old and a new version. Of most of these encoders none is at hand to be tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use serde_json::Value;
use stallcast_media::encoder::{BitrateUnit, Controls, EncoderKind, LiveBitrate, all};

/// Bitrates of a show, kbit/s.
const KBPS: [i64; 2] = [300, 20_000];
/// Frames between keyframes: 1 s of a slow show, 2 s of a fast one.
const KEYFRAME_FRAMES: [i64; 2] = [15, 240];

fn facts() -> Value {
    serde_json::from_str(include_str!("encoder_facts.json")).unwrap()
}

/// Every version's properties, with a name for messages.
fn versions<'f>(facts: &'f Value, kind: &EncoderKind) -> Vec<(String, &'f Value)> {
    let element = &facts["elements"][kind.element];
    let versions = element["versions"].as_array();
    let versions = versions.unwrap_or_else(|| panic!("no facts of {}", kind.element));
    let named = |version: &'f Value| {
        let number = version["version"].as_str().unwrap();
        let name = format!("{} in {number}", kind.element);
        (name, &version["properties"])
    };
    versions.iter().map(named).collect()
}

fn in_range(property: &Value, number: i64) -> bool {
    let at_most = property["max"].as_i64().is_none_or(|max| number <= max);
    property["min"].as_i64().is_some_and(|min| number >= min) && at_most
}

fn fits(property: &Value, value: &str) -> bool {
    match property["type"].as_str().unwrap() {
        "boolean" => ["true", "false"].contains(&value),
        "int" | "uint" => value.parse().is_ok_and(|number| in_range(property, number)),
        "enum" => {
            let values = property["values"].as_array().unwrap();
            values.iter().any(|known| known == value)
        }
        "string" => true,
        _ => false,
    }
}

#[test]
fn every_row_has_facts_and_every_fact_a_row() {
    let facts = facts();
    let known: BTreeSet<&str> = facts["elements"]
        .as_object()
        .unwrap()
        .keys()
        .map(|k| &**k)
        .collect();
    let rows: BTreeSet<&str> = all().map(|kind| kind.element).collect();
    assert_eq!(known, rows);
}

#[test]
fn bitrate_and_keyframes_have_their_real_names_and_units() {
    let facts = facts();
    for kind in all() {
        let Controls::Properties {
            bitrate: (bitrate, unit),
            keyframe_distance,
        } = kind.controls
        else {
            // The device's controls, in one structure.
            let controls = &facts["elements"][kind.element]["controls"];
            assert_eq!(controls["video_bitrate"]["unit"], "bit/s");
            assert_eq!(controls["video_bitrate_mode"]["values"]["cbr"], 1);
            for name in ["video_b_frames", "video_gop_size", "h264_i_frame_period"] {
                assert!(controls[name].is_object(), "{name}");
            }
            for (name, properties) in versions(&facts, kind) {
                assert_eq!(properties["extra-controls"]["type"], "boxed", "{name}");
            }
            continue;
        };
        let (wanted, factor) = match unit {
            BitrateUnit::Kilobit => ("kbit/s", 1),
            BitrateUnit::Bit => ("bit/s", 1_000),
        };
        for (name, properties) in versions(&facts, kind) {
            let property = &properties[bitrate];
            assert_eq!(property["role"], "bitrate", "{name}");
            assert_eq!(property["unit"], wanted, "{name}");
            for kbps in KBPS {
                assert!(in_range(property, kbps * factor), "{name}: {kbps} kbit/s");
            }
            let property = &properties[keyframe_distance];
            assert_eq!(property["role"], "keyframes", "{name}");
            for frames in KEYFRAME_FRAMES {
                assert!(in_range(property, frames), "{name}: {frames} frames");
            }
        }
    }
}

#[test]
fn every_setting_is_a_property_of_some_version_and_takes_its_value_in_each_that_has_it() {
    let facts = facts();
    for kind in all() {
        let versions = versions(&facts, kind);
        for (setting, value) in kind.settings {
            let found = versions.iter().filter(|(_, p)| p[*setting].is_object());
            let mut known = false;
            for (name, properties) in found {
                known = true;
                assert!(
                    fits(&properties[*setting], value),
                    "{name}: {setting}={value}"
                );
            }
            assert!(known, "{} has no {setting}", kind.element);
        }
    }
}

#[test]
fn every_version_is_told_a_constant_bitrate_no_b_frames_and_no_latency() {
    let facts = facts();
    for kind in all() {
        for (name, properties) in versions(&facts, kind) {
            for (property, fact) in properties.as_object().unwrap() {
                let setting = kind.settings.iter().find(|(name, _)| name == property);
                let setting = setting.map(|(_, value)| *value);
                let said = format!("{name}: {property} is {setting:?}");
                match fact["role"].as_str() {
                    Some("rate control") => {
                        assert!(matches!(setting, Some("cbr" | "bitrate")), "{said}");
                    }
                    Some("b-frames") => {
                        assert!(matches!(setting, Some("0" | "false")), "{said}");
                    }
                    Some("latency") if fact["type"] == "boolean" => {
                        assert_eq!(setting, Some("true"), "{said}");
                    }
                    Some("latency") => {
                        let frames: u32 = setting.unwrap().parse().unwrap();
                        assert!(frames <= 5, "{said}");
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_bitrate_said_to_change_while_playing_does_so_in_every_version() {
    let facts = facts();
    for kind in all() {
        let by = &facts["elements"][kind.element]["applied_live_by"];
        let property = match kind.controls {
            Controls::Properties { bitrate, .. } => bitrate.0,
            Controls::V4l2 => "extra-controls",
        };
        for (name, properties) in versions(&facts, kind) {
            let flagged = properties[property]["mutable"] == "playing";
            let live = flagged || by.is_string();
            assert_eq!(
                live,
                kind.live_bitrate != LiveBitrate::AtStartOnly,
                "{name}"
            );
        }
    }
}
