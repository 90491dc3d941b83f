//! The checks before going live: what would fail, what deserves a look, and what to do about it.

use std::collections::BTreeMap;

use crate::demo::Demo;
use stallcast_show::{Canvas, DestinationId, Phase, Refusal, Show, SourceId, SourceKind};
use stallcast_wire::{Check, CheckLevel, ErrorCode, Preflight, RunState, StatusView, WireError};

/// Below this the recording of a show is likely to end early: an hour at 3 Mbit/s is 1.4 GB.
const LOW_DISK_BYTES: u64 = 2 << 30;

/// Why a destination is not reached now, as a code.
pub type Unreached = BTreeMap<DestinationId, &'static str>;

/// Looks at a show, its health, whose keys are at hand, who is not reached and what is left of the demo.
pub fn check(
    show: &Show,
    status: &StatusView,
    has_key: &dyn Fn(&DestinationId) -> bool,
    unreached: &Unreached,
    demos: &Demo,
) -> Preflight {
    let mut items = destinations(show, has_key, unreached);
    items.extend(demo(show, demos));
    items.push(encoder(status));
    items.extend(not_ready(show, status));
    items.extend(too_slow(status));
    items.extend(pictures(show, status));
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
    items.sort_by_key(|item| how_pressing(item.level));
    Preflight { items }
}

/// What would fail comes first.
pub fn how_pressing(level: CheckLevel) -> u8 {
    match level {
        CheckLevel::Stop => 0,
        CheckLevel::Warn => 1,
        CheckLevel::Ok => 2,
    }
}

/// Refuses to go live where [`check`] says stop: a destination without its key that is not in `without`, or no
/// encoder. What the show itself refuses is left to it.
///
/// # Errors
/// [`ErrorCode::NotReady`] with what is missing; `no_destination` when `without` leaves none.
pub fn permit(
    show: &Show,
    status: &StatusView,
    has_key: &dyn Fn(&DestinationId) -> bool,
    without: &[DestinationId],
) -> Result<(), WireError> {
    let enabled = || show.destinations.values().filter(|d| d.enabled);
    if matches!(show.phase, Phase::Live { .. }) || enabled().next().is_none() {
        return Ok(());
    }
    let missing: Vec<_> = enabled()
        .filter(|d| !has_key(&d.id) && !without.contains(&d.id))
        .collect();
    if !missing.is_empty() {
        let ids: Vec<_> = missing.iter().map(|d| d.id.as_str()).collect();
        let names: Vec<_> = missing.iter().map(|d| d.name.as_str()).collect();
        return Err(WireError::new(ErrorCode::NotReady)
            .with("check", "key")
            .with("destinations", ids.join(","))
            .with("names", names.join(", ")));
    }
    if !enabled().any(|d| has_key(&d.id)) {
        let none = Refusal::NoDestination;
        return Err(WireError::refused(none.code(), none.params()));
    }
    let stops = std::iter::once(encoder(status)).chain(not_ready(show, status));
    if let Some(stop) = stops
        .into_iter()
        .find(|item| item.level == CheckLevel::Stop)
    {
        let mut error = WireError::new(ErrorCode::NotReady)
            .with("check", stop.id)
            .retryable();
        error.params.extend(stop.params);
        error.message_key = stop.key;
        return Err(error);
    }
    Ok(())
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

fn destinations(
    show: &Show,
    has_key: &dyn Fn(&DestinationId) -> bool,
    unreached: &Unreached,
) -> Vec<Check> {
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
            if !show.canvases.has(destination.canvas) {
                let canvas = ("canvas", destination.canvas.name().to_owned());
                item(
                    "canvas",
                    CheckLevel::Stop,
                    "off",
                    &[name[0].clone(), canvas],
                )
            } else if !has_key(&destination.id) {
                item("key", CheckLevel::Stop, "missing", &name)
            } else if let Some(cause) = unreached.get(&destination.id) {
                // A warning: it may come later, and is tried again for as long as the show lasts.
                let cause = ("cause", (*cause).to_owned());
                item(
                    "destination",
                    CheckLevel::Warn,
                    "unreached",
                    &[name[0].clone(), cause],
                )
            } else {
                item("destination", CheckLevel::Ok, "ready", &name)
            }
        })
        .collect()
}

/// Of two canvases, the one that is not encoded yet.
fn not_ready(show: &Show, status: &StatusView) -> Option<Check> {
    let is_ready = |canvas: &Canvas| {
        let mut running = status.canvases.iter();
        running.any(|running| running.canvas == *canvas && running.encoder.is_some())
    };
    let late = show.canvases.iter().skip(1).find(|c| !is_ready(c))?;
    let name = [("canvas", late.name().to_owned())];
    Some(item("canvas", CheckLevel::Stop, "starting", &name))
}

/// The canvases that this computer does not keep up with.
fn too_slow(status: &StatusView) -> Vec<Check> {
    let slow = status.canvases.iter().filter_map(|running| {
        let encoder = running.encoder.as_ref().filter(|e| e.too_slow)?;
        let params = [
            ("canvas", running.canvas.name().to_owned()),
            ("fps", encoder.real_fps?.round().to_string()),
            ("wanted", encoder.fps.to_string()),
        ];
        Some(item("computer", CheckLevel::Warn, "too_slow", &params))
    });
    slow.collect()
}

/// What the demo brought and is still there: its goods in the rundown, and its ticker.
fn demo(show: &Show, demo: &Demo) -> Vec<Check> {
    let mut found = Vec::new();
    let shown = show.rundown.iter().map(|item| &item.product);
    let goods: Vec<_> = shown.filter(|id| demo.is_its(show, id)).collect();
    if !goods.is_empty() {
        let named: Vec<_> = goods.iter().take(3).map(|id| id.as_str()).collect();
        let params = [
            ("count", goods.len().to_string()),
            ("products", named.join("\n")),
        ];
        found.push(item("products", CheckLevel::Warn, "demo", &params));
    }
    if demo.has_ticker(show) {
        found.push(item("ticker", CheckLevel::Warn, "demo", &[]));
    }
    found
}

fn encoder(status: &StatusView) -> Check {
    match status.encoder() {
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

/// The picture of the scene on every canvas that is on; one sentence when nothing is wrong.
fn pictures(show: &Show, status: &StatusView) -> Vec<Check> {
    let mut empty = Vec::new();
    let mut on_scene = Vec::new();
    for canvas in show.canvases.iter() {
        let layout = show.scene_shown().map(|scene| show.layout(scene, canvas));
        match layout {
            Some(layout) if !layout.is_empty() => {
                on_scene.extend(layout.iter().map(|placement| placement.source.clone()));
            }
            _ => empty.push(canvas),
        }
    }
    if on_scene.is_empty() {
        return vec![item("picture", CheckLevel::Warn, "none", &[])];
    }
    let empty = empty.into_iter().map(|canvas| {
        let name = [("canvas", canvas.name().to_owned())];
        item("picture", CheckLevel::Warn, "none_on", &name)
    });
    empty.chain([picture(show, status, &on_scene)]).collect()
}

fn picture(show: &Show, status: &StatusView, on_scene: &[SourceId]) -> Check {
    let dark = status
        .inputs
        .iter()
        .find(|input| on_scene.contains(&input.id) && input.run != RunState::Live);
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
                | SourceKind::Phone { .. }
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
#[path = "preflight_tests.rs"]
mod tests;
