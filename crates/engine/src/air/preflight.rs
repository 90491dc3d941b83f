//! The checks before going live: what would fail, what deserves a look, and what to do about it.

use std::collections::BTreeMap;

use stallcast_show::{DestinationId, Show, SourceKind};
use stallcast_wire::{Check, CheckLevel, Preflight, RunState, StatusView};

/// Below this the recording of a show is likely to end early: an hour at 3 Mbit/s is 1.4 GB.
const LOW_DISK_BYTES: u64 = 2 << 30;

/// Looks at a show, its health and whose keys are at hand.
pub fn check(
    show: &Show,
    status: &StatusView,
    has_key: &dyn Fn(&DestinationId) -> bool,
) -> Preflight {
    let mut items = destinations(show, has_key);
    items.push(encoder(status));
    items.push(picture(show, status));
    items.push(sound(show));
    items.push(disk(status));
    items.push(if show.rundown.is_empty() {
        item("products", CheckLevel::Warn, "none", &[])
    } else {
        item(
            "products",
            CheckLevel::Ok,
            "ready",
            &[("count", show.rundown.len().to_string())],
        )
    });
    items.sort_by_key(|item| match item.level {
        CheckLevel::Stop => 0,
        CheckLevel::Warn => 1,
        CheckLevel::Ok => 2,
    });
    Preflight { items }
}

fn item(id: &str, level: CheckLevel, key: &str, params: &[(&str, String)]) -> Check {
    let params: BTreeMap<_, _> = params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Check {
        id: id.to_owned(),
        level,
        key: format!("preflight.{id}.{key}"),
        params,
    }
}

fn destinations(show: &Show, has_key: &dyn Fn(&DestinationId) -> bool) -> Vec<Check> {
    let enabled: Vec<_> = show
        .destinations
        .values()
        .filter(|destination| destination.enabled)
        .collect();
    if enabled.is_empty() {
        return vec![item("destination", CheckLevel::Stop, "none", &[])];
    }
    enabled
        .into_iter()
        .map(|destination| {
            let name = [("name", destination.name.clone())];
            if !has_key(&destination.id) {
                item("key", CheckLevel::Stop, "missing", &name)
            } else {
                item("destination", CheckLevel::Ok, "ready", &name)
            }
        })
        .collect()
}

fn encoder(status: &StatusView) -> Check {
    match &status.encoder {
        None => item("encoder", CheckLevel::Stop, "none", &[]),
        Some(encoder) => {
            let params = [("name", encoder.name.clone())];
            let key = if encoder.hardware {
                "hardware"
            } else {
                "software"
            };
            item("encoder", CheckLevel::Ok, key, &params)
        }
    }
}

fn picture(show: &Show, status: &StatusView) -> Check {
    let on_scene: Vec<_> = show
        .scene
        .iter()
        .flat_map(|id| show.scenes.iter().filter(move |scene| &scene.id == id))
        .flat_map(|scene| scene.layouts.values().flatten())
        .map(|placement| &placement.source)
        .collect();
    if on_scene.is_empty() {
        return item("picture", CheckLevel::Warn, "none", &[]);
    }
    let dark = status
        .inputs
        .iter()
        .find(|input| on_scene.contains(&&input.id) && input.run != RunState::Live);
    match dark {
        Some(input) => {
            let name = show
                .sources
                .get(&input.id)
                .map_or_else(|| input.id.0.clone(), |source| source.name.clone());
            item("picture", CheckLevel::Warn, "not_live", &[("name", name)])
        }
        None => item("picture", CheckLevel::Ok, "ready", &[]),
    }
}

fn sound(show: &Show) -> Check {
    let sounding = |kind: &SourceKind| {
        matches!(
            kind,
            SourceKind::Microphone { .. }
                | SourceKind::DesktopAudio { .. }
                | SourceKind::File { .. }
                | SourceKind::TestTone
        )
    };
    let mut sources = show
        .sources
        .values()
        .filter(|source| sounding(&source.kind))
        .peekable();
    if sources.peek().is_none() {
        return item("sound", CheckLevel::Warn, "none", &[]);
    }
    if sources.all(|source| show.strips.get(&source.id).is_some_and(|strip| strip.muted)) {
        return item("sound", CheckLevel::Warn, "all_muted", &[]);
    }
    item("sound", CheckLevel::Ok, "ready", &[])
}

fn disk(status: &StatusView) -> Check {
    match status.disk_free_bytes {
        None => item("disk", CheckLevel::Warn, "unknown", &[]),
        Some(free) if free < LOW_DISK_BYTES => item(
            "disk",
            CheckLevel::Warn,
            "low",
            &[("free", free.to_string())],
        ),
        Some(free) => item(
            "disk",
            CheckLevel::Ok,
            "ready",
            &[("free", free.to_string())],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stallcast_show::Destination;

    fn status() -> StatusView {
        StatusView {
            now: 0,
            uptime_ms: 0,
            inputs: vec![],
            encoder: None,
            destinations: vec![],
            recording: None,
            receiver: None,
            disk_free_bytes: Some(100 << 30),
            uplink_kbps: 0.0,
            chat: vec![],
            warnings: vec![],
        }
    }

    #[test]
    fn what_would_fail_comes_first() {
        let found = check(&Show::default(), &status(), &|_| false);
        assert_eq!(found.items[0].level, CheckLevel::Stop);
        assert!(
            found
                .items
                .iter()
                .any(|item| item.key == "preflight.destination.none")
        );
    }

    #[test]
    fn a_destination_without_its_key_stops_the_show() {
        let mut show = Show::default();
        for (id, platform) in [("a", "bilibili"), ("b", "custom")] {
            let destination = Destination {
                id: id.into(),
                platform: platform.into(),
                name: id.into(),
                url: "rtmp://127.0.0.1/live".into(),
                enabled: true,
            };
            show.destinations.insert(id.into(), destination);
        }
        let found = destinations(&show, &|id| id.as_str() == "b");
        assert_eq!(found[0].key, "preflight.key.missing");
        assert_eq!(found[1].key, "preflight.destination.ready");
    }
}
