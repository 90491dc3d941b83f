//! The show and its health as clients of obs-websocket see them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use stallcast_obsws::{
    Board, Canvas, Countdown, Destination, Input, Names, OUTPUT_NAMES, Pinned, Product, Record,
    Scene, Sending, Stats, uuid,
};
use stallcast_overlay::Lang;
use stallcast_show::{
    DestinationId, Phase, Show, SoundRole, Source, SourceId, SourceKind, Text, Transition,
};
use stallcast_wire::{DestinationHealth, RunState, StatusView};

use super::usage::Usage;

/// A link that is this far behind counts as full: what waits longer is given up.
const FULL_BACKLOG_MS: f64 = 3_000.0;

/// What is known beside the show.
pub(super) struct Known<'a> {
    pub(super) lang: Lang,
    pub(super) status: &'a StatusView,
    pub(super) usage: &'a Usage,
    /// What sockets took so far.
    pub(super) bytes: &'a BTreeMap<DestinationId, f64>,
    /// Where the last replay was written to.
    pub(super) last_replay: &'a Option<String>,
}

/// The board of a show whose last change is the `seq`th.
pub(super) fn board(show: &Show, seq: u64, known: &Known<'_>) -> Board {
    let status = known.status;
    let mut names = Names::default();
    let mut scenes: Vec<Scene> = show
        .scenes
        .iter()
        .map(|scene| Scene {
            id: scene.id.to_string(),
            name: names.unique(words(&scene.name, known.lang)),
            uuid: uuid("scene", scene.id.as_str()),
            items: vec![],
        })
        .collect();
    let inputs: Vec<Input> = show
        .sources
        .values()
        .map(|source| {
            let health = status.inputs.iter().find(|input| input.id == source.id);
            let runs = health.is_some_and(|health| health.run == RunState::Live);
            input(show, source, names.unique(&source.name), runs)
        })
        .collect();
    let places: BTreeMap<&str, usize> = inputs
        .iter()
        .enumerate()
        .map(|(place, input)| (input.id.as_str(), place))
        .collect();
    let canvas = show.canvases.first();
    for (scene, board) in show.scenes.iter().zip(&mut scenes) {
        for placement in show.layout(scene, canvas).iter() {
            let id = placement.source.as_str();
            if let Some(place) = places.get(id) {
                board.push(*place, id);
            }
        }
    }
    let destinations = destinations(show, known);
    let (phase, live_ms) = match show.phase {
        Phase::Idle => ("idle", 0),
        Phase::Rehearsing { .. } => ("rehearsing", 0),
        Phase::Live { since } => ("live", status.now.saturating_sub(since.0)),
    };
    let sum = |of: fn(&Sending) -> u64| destinations.iter().map(|it| of(&it.sending)).sum();
    let enabled = || destinations.iter().filter(|it| it.sending.active);
    let live = show.is_live();
    let stream = Sending {
        active: live,
        reconnecting: live && enabled().any(|it| it.sending.reconnecting),
        ms: u64::try_from(live_ms).unwrap_or_default(),
        bytes: sum(|sending| sending.bytes),
        skipped: sum(|sending| sending.skipped),
        total: sum(|sending| sending.total),
        congestion: enabled()
            .map(|it| it.sending.congestion)
            .fold(0.0, f64::max),
    };
    let voice = voice(show).map(SourceId::to_string);
    let encoder = status.encoder();
    Board {
        seq,
        now_ms: status.now,
        show: show.name.clone(),
        phase,
        scene: show.scene.as_ref().and_then(|id| {
            let mut scenes = show.scenes.iter();
            scenes.position(|scene| scene.id == *id)
        }),
        scenes,
        fade_ms: match show.transition {
            Some(Transition::Fade { ms }) => ms,
            Some(Transition::Cut) | None => 0,
        },
        inputs,
        canvas: picture(status, canvas),
        stream,
        destinations,
        record: record(show, status),
        replay: status.replay_s.is_some(),
        last_replay: known.last_replay.clone(),
        virtual_camera: show.virtual_camera,
        stats: Stats {
            cpu_percent: known.usage.cpu_percent,
            memory_mb: known.usage.memory_mb,
            disk_mb: status.disk_free_bytes.unwrap_or_default() as f64 / 1e6,
            fps: encoder.and_then(|it| it.real_fps).unwrap_or_default(),
            late: encoder.map_or(0, |it| it.late_frames),
            skipped: encoder.map_or(0, |it| it.skipped_frames),
            frames: encoder.map_or(0, |it| it.frames),
        },
        products: products(show, known.lang),
        on_air: show.on_air.as_ref().map(|on| {
            let product = show.products.get(&on.product);
            let title = product.map_or("", |product| words(&product.title, known.lang));
            (on.product.to_string(), title.to_owned())
        }),
        countdown: show.countdown.as_ref().map(|clock| Countdown {
            product: clock.product.to_string(),
            deadline_ms: clock.deadline.0,
        }),
        pinned: show.pinned.as_ref().map(|pinned| Pinned {
            message: pinned.message.to_string(),
            author: pinned.author.clone(),
            text: pinned.text.clone(),
            answer: pinned.answer.clone(),
        }),
        on_break: show.pause.is_some(),
        voice,
    }
}

/// In the studio's language; in the other one where only that was written.
pub(super) fn words(text: &Text, lang: Lang) -> &str {
    let (own, other) = match lang {
        Lang::Zh => (&text.zh, &text.en),
        Lang::En => (&text.en, &text.zh),
    };
    if own.is_empty() { other } else { own }
}

fn input(show: &Show, source: &Source, name: String, runs: bool) -> Input {
    let mut settings = Map::new();
    let mut set = |name: &str, value: &str| settings.insert(name.into(), Value::from(value));
    let (kind, has_picture, has_sound) = match &source.kind {
        SourceKind::TestPicture => ("color_source_v3", true, false),
        SourceKind::TestTone => ("stallcast_test_tone", false, true),
        SourceKind::File { path } => {
            set("local_file", path);
            ("ffmpeg_source", true, true)
        }
        SourceKind::Image { path } => {
            set("file", path);
            ("image_source", true, false)
        }
        SourceKind::Camera { .. } => ("v4l2_input", true, false),
        SourceKind::Screen { .. } => ("xshm_input_v2", true, false),
        SourceKind::Window { .. } => ("xcomposite_input", true, false),
        SourceKind::Microphone { .. } => ("pulse_input_capture", false, true),
        SourceKind::DesktopAudio { .. } => ("pulse_output_capture", false, true),
        SourceKind::Phone { .. } => ("stallcast_phone", true, true),
    };
    let strip = show.strip(&source.id);
    Input {
        id: source.id.to_string(),
        name,
        uuid: uuid("input", source.id.as_str()),
        kind,
        settings,
        has_picture,
        has_sound,
        runs,
        muted: strip.muted,
        gain_cdb: strip.gain_cdb,
        delay_ms: show.sound(&source.id).delay_ms,
    }
}

/// Whom the key for muting means, as the page has it: a microphone, else who speaks, else what is heard.
fn voice(show: &Show) -> Option<&SourceId> {
    let heard = || {
        show.sources.values().filter(|source| {
            !matches!(
                source.kind,
                SourceKind::TestPicture
                    | SourceKind::Image { .. }
                    | SourceKind::Camera { .. }
                    | SourceKind::Screen { .. }
                    | SourceKind::Window { .. }
            )
        })
    };
    let microphone = heard().find(|it| matches!(it.kind, SourceKind::Microphone { .. }));
    let speaks = |source: &&Source| show.sound(&source.id).role == SoundRole::Speech;
    let voice = microphone.or_else(|| heard().find(speaks));
    voice.or_else(|| heard().next()).map(|source| &source.id)
}

fn picture(status: &StatusView, canvas: stallcast_show::Canvas) -> Canvas {
    let running = status.canvases.iter().find(|it| it.canvas == canvas);
    let encoder = running.and_then(|running| running.encoder.as_ref());
    encoder.map_or_else(Canvas::default, |encoder| Canvas {
        width: encoder.width,
        height: encoder.height,
        fps: encoder.fps,
    })
}

fn destinations(show: &Show, known: &Known<'_>) -> Vec<Destination> {
    let mut names = Names::default();
    for taken in OUTPUT_NAMES {
        names.unique(taken);
    }
    let destinations = show.destinations.values().map(|destination| {
        let mut health = known.status.destinations.iter();
        let health = health.find(|health| health.id == destination.id);
        let bytes = known.bytes.get(&destination.id).copied();
        Destination {
            id: destination.id.to_string(),
            name: names.unique(&destination.name),
            platform: destination.platform.clone(),
            canvas: picture(known.status, destination.canvas),
            sending: Sending {
                active: destination.enabled,
                // Nobody sends that many bytes.
                bytes: bytes.unwrap_or_default() as u64,
                ..health.map(sending).unwrap_or_default()
            },
        }
    });
    destinations.collect()
}

fn sending(health: &DestinationHealth) -> Sending {
    Sending {
        reconnecting: matches!(health.run, RunState::Retrying { .. }),
        skipped: health.frames_dropped,
        total: health.frames_sent + health.frames_dropped,
        congestion: (health.backlog_ms as f64 / FULL_BACKLOG_MS).min(1.0),
        ..Sending::default()
    }
}

fn record(show: &Show, status: &StatusView) -> Record {
    let running = status.recording();
    let folder = status.recordings_folder.clone();
    let last = show.recording_parts.last();
    let path = last.map(|file| Path::new(&folder).join(file).to_string_lossy().into_owned());
    Record {
        active: show.recording && running.is_none_or(|running| running.error.is_empty()),
        ms: running.map_or(0, |running| running.seconds * 1000),
        bytes: running.map_or(0, |running| running.bytes),
        folder,
        path: path.unwrap_or_default(),
    }
}

fn products(show: &Show, lang: Lang) -> std::sync::Arc<[Product]> {
    let items = show.rundown.iter();
    items
        .filter_map(|item| {
            let product = show.products.get(&item.product)?;
            Some(Product {
                id: product.id.to_string(),
                title: words(&product.title, lang).to_owned(),
                left: show.stock_left(&product.id),
            })
        })
        .collect()
}
