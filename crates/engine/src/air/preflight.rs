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
mod tests {
    use super::*;
    use stallcast_show::Destination;

    fn status() -> StatusView {
        StatusView {
            now: 0,
            uptime_ms: 0,
            inputs: vec![],
            canvases: vec![],
            destinations: vec![],
            recordings_folder: String::new(),
            replay_s: None,
            disk_free_bytes: Some(100 << 30),
            disk_room_s: None,
            uplink_kbps: 0.0,
            virtual_camera: None,
            chat: vec![],
            journal: None,
            slate: None,
            key_store: stallcast_wire::KeyStore::AskFirst,
            undo: None,
            warnings: vec![],
        }
    }

    #[test]
    fn what_would_fail_comes_first() {
        let none = Demo::default();
        let found = check(
            &Show::default(),
            &status(),
            &|_| false,
            &Unreached::new(),
            &none,
        );
        assert_eq!(found.items[0].level, CheckLevel::Stop);
        assert!(
            found
                .items
                .iter()
                .any(|item| item.key == "preflight.destination.none")
        );
    }

    fn two_destinations() -> Show {
        let mut show = Show::default();
        for (id, platform) in [("a", "bilibili"), ("b", "custom")] {
            let destination = Destination {
                id: id.into(),
                platform: platform.into(),
                name: id.into(),
                url: "rtmp://127.0.0.1/live".into(),
                enabled: true,
                priority: Default::default(),
                canvas: Default::default(),
                codec: Default::default(),
            };
            show.destinations.insert(id.into(), destination);
        }
        show
    }

    #[test]
    fn what_the_demo_brought_is_named_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let assets = crate::folders::Folders::default_assets();
        let folders = crate::folders::Folders::open(folder.path().join("data"), assets).unwrap();
        let demos = Demo::read(&folders).unwrap();
        let mut show = Show::default();
        for command in crate::demo::commands(&folders, true).unwrap() {
            let events = stallcast_show::decide(&show, command, stallcast_show::At(1)).unwrap();
            show.apply_all(&events);
        }
        let found = demo(&show, &demos);
        let keys: Vec<_> = found.iter().map(|item| item.key.as_str()).collect();
        assert_eq!(keys, ["preflight.products.demo", "preflight.ticker.demo"]);
        assert_eq!(found[0].params["count"], show.rundown.len().to_string());
        assert_eq!(found[0].params["products"].lines().count(), 3);

        let rest = show.ticker.zh.lines().last().unwrap().to_owned();
        show.ticker = stallcast_show::Text {
            zh: format!("今天包邮\n{rest}"),
            en: String::new(),
        };
        assert!(demos.has_ticker(&show), "one line of it is enough");
        show.ticker.zh = "今天包邮".into();
        let own = show.rundown[0].product.clone();
        let title = &mut show.products.get_mut(&own).unwrap().title;
        title.zh = "自家的苹果".into();
        show.rundown.truncate(1);
        assert_eq!(
            demo(&show, &demos),
            [],
            "a product made one's own is no demo"
        );
    }

    #[test]
    fn a_computer_that_is_too_slow_is_warned_of() {
        let mut slow = status();
        slow.canvases.push(stallcast_wire::CanvasStatus {
            canvas: Default::default(),
            encoder: Some(stallcast_wire::EncoderStatus {
                name: "x264enc".into(),
                hardware: false,
                reason: String::new(),
                kbps: 2500,
                width: 1280,
                height: 720,
                fps: 30,
                real_fps: Some(4.6),
                too_slow: true,
                frames: 0,
                late_frames: 0,
                skipped_frames: 0,
                failed: vec![],
            }),
            recording: None,
            receiver: None,
        });
        let found = too_slow(&slow);
        assert_eq!(found[0].key, "preflight.computer.too_slow");
        assert_eq!(
            (found[0].params["fps"].as_str(), found[0].level),
            ("5", CheckLevel::Warn)
        );
        slow.canvases[0].encoder.as_mut().unwrap().too_slow = false;
        assert_eq!(too_slow(&slow), []);
    }

    #[test]
    fn going_live_is_refused_by_what_the_checks_stop_at() {
        let (mut show, mut ready) = (two_destinations(), status());
        let encoder = stallcast_wire::EncoderStatus {
            name: "x264enc".into(),
            hardware: false,
            reason: String::new(),
            kbps: 2500,
            width: 1280,
            height: 720,
            fps: 30,
            real_fps: None,
            too_slow: false,
            frames: 0,
            late_frames: 0,
            skipped_frames: 0,
            failed: vec![],
        };
        ready.canvases.push(stallcast_wire::CanvasStatus {
            canvas: Default::default(),
            encoder: Some(encoder),
            recording: None,
            receiver: None,
        });
        let only_b = |id: &DestinationId| id.as_str() == "b";
        let refused = permit(&show, &ready, &only_b, &[]).unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotReady);
        assert_eq!(refused.params["check"], "key");
        assert_eq!(refused.params["destinations"], "a");
        assert!(permit(&show, &ready, &only_b, &["a".into()]).is_ok());
        // Chosen for one that is not the one that lacks its key.
        assert!(permit(&show, &ready, &only_b, &["b".into()]).is_err());
        let nobody = permit(&show, &ready, &|_| false, &["a".into(), "b".into()]).unwrap_err();
        assert_eq!(nobody.message_key, "refusal.no_destination");
        let dark = permit(&show, &status(), &|_| true, &[]).unwrap_err();
        assert_eq!(
            (dark.code, dark.message_key.as_str()),
            (ErrorCode::NotReady, "preflight.encoder.none")
        );
        // Not in use, so nothing it lacks matters.
        show.destinations.get_mut(&"a".into()).unwrap().enabled = false;
        assert!(permit(&show, &ready, &only_b, &[]).is_ok());
    }

    #[test]
    fn a_destination_without_its_key_stops_the_show() {
        let show = two_destinations();
        let found = destinations(&show, &|id| id.as_str() == "b", &Unreached::new());
        assert_eq!(found[0].key, "preflight.key.missing");
        assert_eq!(found[1].key, "preflight.destination.ready");
        let unreached = Unreached::from([("b".into(), "refused")]);
        let found = destinations(&show, &|_| true, &unreached);
        assert_eq!(found[0].key, "preflight.destination.ready");
        assert_eq!(found[1].key, "preflight.destination.unreached");
        assert_eq!(found[1].level, CheckLevel::Warn);
        assert_eq!(found[1].params["cause"], "refused");
    }

    #[test]
    fn a_destination_whose_canvas_is_off_stops_the_show_and_so_does_one_that_is_not_encoded_yet() {
        let mut show = two_destinations();
        let tall = show.destinations.get_mut(&"b".into()).unwrap();
        tall.canvas = Canvas::Portrait;
        let found = destinations(&show, &|_| true, &Unreached::new());
        assert_eq!(found[1].key, "preflight.canvas.off");
        assert_eq!(found[1].params["canvas"], "portrait");
        show.canvases = stallcast_show::Canvases::Both;
        let found = check(
            &show,
            &status(),
            &|_| true,
            &Unreached::new(),
            &Demo::default(),
        )
        .items;
        let late = found.iter().find(|item| item.id == "canvas").unwrap();
        assert_eq!(
            (late.key.as_str(), late.level),
            ("preflight.canvas.starting", CheckLevel::Stop)
        );
    }
}
