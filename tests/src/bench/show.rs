//! The show that is measured: one source, a card with a running countdown, the preview open, a
//! recording and two destinations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stallcast_show::{
    Area, Canvas, CanvasId, Canvases, Command, Destination, Placement, Priority, Scene, Source,
    SourceKind, Text, Transition,
};
use stallcast_wire::{EncoderStatus, Request, RunState};
use tokio::task::JoinHandle;

use super::PreviewClient;
use crate::world::{Engine, EngineOptions, RtmpServer, Session, run};

/// How long a step may take.
const STEP: Duration = Duration::from_secs(30);
/// The one source of the show.
const SOURCE: &str = "main";

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

/// An empty studio in the world of `env`.
pub fn studio(env: BTreeMap<String, String>) -> Engine {
    studio_with(env, &[])
}

/// As [`studio`], with more on its command line.
pub fn studio_with(env: BTreeMap<String, String>, more: &[&str]) -> Engine {
    let usual = ["--empty", "--lang", "zh-CN"];
    let arguments = usual.iter().chain(more).map(|word| (*word).to_owned());
    let arguments = arguments.collect();
    let engine = Engine::start(EngineOptions {
        env,
        arguments,
        data: None,
    });
    for photo in std::fs::read_dir(assets().join("demo/photos")).unwrap() {
        let photo = photo.unwrap();
        let to = engine.data().join("photos").join(photo.file_name());
        std::fs::copy(photo.path(), to).unwrap();
    }
    engine
}

/// A minute of 1280x720 at 30 pictures a second with AAC: the demo orchard, slowly panned over
/// (as a hand-held phone would) under the grain of a small camera sensor, with pink noise at the
/// level of a voice. Made once, then kept in the folder for temporary files.
pub fn natural_clip() -> PathBuf {
    let clip = std::env::temp_dir().join("stallcast-bench-clip-1.mp4");
    if clip.is_file() {
        return clip;
    }
    eprintln!("Making the clip {} (once)", clip.display());
    // ffmpeg is told the format: the name says nothing until the file is whole.
    let making = clip.with_extension("making");
    let orchard = assets().join("demo/orchard.mp4");
    let picture = "[0:v]scale=1408:792,crop=1280:720:x='64+60*sin(t*0.7)':y='36+32*cos(t*0.5)',\
                   noise=alls=5:allf=t,fps=30,format=yuv420p[v];[1:a]volume=0.3[a]";
    let text = |path: &Path| path.display().to_string();
    let orchard = text(&orchard);
    let making_text = text(&making);
    let mut line = "-hide_banner -loglevel error -nostdin -y -stream_loop -1 -i"
        .split(' ')
        .collect::<Vec<_>>();
    line.push(&orchard);
    line.extend("-f lavfi -i anoisesrc=color=pink:sample_rate=48000:seed=7".split(' '));
    line.extend([
        "-filter_complex",
        picture,
        "-map",
        "[v]",
        "-map",
        "[a]",
        "-t",
        "60",
    ]);
    line.extend(
        "-c:v libx264 -preset veryfast -crf 21 -g 60 -c:a aac -b:a 128k -ac 2 -f mp4".split(' '),
    );
    line.push(&making_text);
    run("ffmpeg", line);
    std::fs::rename(&making, &clip).unwrap();
    clip
}

/// The same minute upright and without sound: the middle of [`natural_clip`] as the engine shows it on a portrait
/// canvas, 720x1280. Made once, then kept.
pub fn upright_clip() -> PathBuf {
    let clip = std::env::temp_dir().join("stallcast-bench-clip-1-upright.mp4");
    if clip.is_file() {
        return clip;
    }
    let making = clip.with_extension("making");
    let wide = natural_clip();
    let (from, to) = (wide.display().to_string(), making.display().to_string());
    let mut line: Vec<&str> = "-hide_banner -loglevel error -nostdin -y -i"
        .split(' ')
        .collect();
    line.extend([
        from.as_str(),
        "-an",
        "-vf",
        "crop=404:720,scale=720:1280:flags=bilinear",
    ]);
    line.extend("-c:v libx264 -preset veryfast -crf 21 -g 60 -f mp4".split(' '));
    line.push(&to);
    run("ffmpeg", line);
    std::fs::rename(&making, &clip).unwrap();
    clip
}

/// A show on air.
#[derive(Debug)]
pub struct LiveShow {
    /// The engine, recording.
    pub engine: Engine,
    /// A page's session.
    pub session: Session,
    servers: Vec<RtmpServer>,
    previews: Vec<JoinHandle<()>>,
    pictures: Arc<AtomicU64>,
}

impl LiveShow {
    /// Puts `kind` on air, full screen, with everything; two ingest servers take it.
    pub async fn start(engine: Engine, kind: SourceKind) -> Self {
        let sent = [Canvas::Landscape, Canvas::Landscape];
        Box::pin(Self::start_on(engine, kind, &sent)).await
    }

    /// The same with an ingest server for each of these; a page looks at every canvas among them.
    pub async fn start_on(engine: Engine, kind: SourceKind, sent: &[Canvas]) -> Self {
        let servers: Vec<_> = sent.iter().map(|_| RtmpServer::start()).collect();
        let urls: Vec<String> = servers.iter().map(|server| server.url("live")).collect();
        let mut session = engine.session().await;
        put_on_screen(&mut session, kind).await;
        session
            .until(STEP, "the source is live", |s| {
                let inputs = &s.status.as_ref()?.inputs;
                let live = |i: &&stallcast_wire::InputStatus| {
                    i.id.as_str() == SOURCE && i.run == RunState::Live
                };
                inputs.iter().find(live).map(drop)
            })
            .await;
        let csv = std::fs::read(assets().join("demo/products.csv")).unwrap();
        let answer = engine.import("products.csv", &csv);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let product = session
            .until(STEP, "the products are there", |s| {
                Some(s.show.as_ref()?.rundown.get(1)?.product.clone())
            })
            .await;
        let canvases: BTreeSet<Canvas> = sent.iter().copied().collect();
        switch_on(&mut session, &canvases).await;
        for (number, (url, canvas)) in urls.iter().zip(sent).enumerate() {
            let id = format!("destination-{number}");
            put_destination_on(&mut session, &id, url, Priority::Normal, *canvas).await;
        }
        go_live(&mut session, urls.len()).await;
        session
            .command(Command::PutOnAir { product })
            .await
            .unwrap();
        let countdown = Command::StartCountdown { seconds: 3600 };
        session.command(countdown).await.unwrap();
        let pictures = Arc::new(AtomicU64::new(0));
        let mut previews = Vec::new();
        for canvas in canvases {
            let preview = PreviewClient::open_of(engine.port(), engine.token(), canvas).await;
            previews.push(preview.look_on(Arc::clone(&pictures)));
        }
        Self {
            engine,
            session,
            servers,
            previews,
            pictures,
        }
    }

    /// As a page, reads on for `length`.
    pub async fn play(&mut self, length: Duration) {
        self.session.play(length).await;
    }

    /// The encoder's counters as last told.
    pub fn encoder(&self) -> EncoderStatus {
        let status = self.session.status.as_ref().expect("a status");
        status.encoder.clone().expect("an encoder")
    }

    /// The same of a canvas.
    pub fn encoder_of(&self, canvas: Canvas) -> EncoderStatus {
        let status = self.session.status.as_ref().expect("a status");
        let mut canvases = status.canvases.iter();
        let on = canvases.find(|on| on.canvas == canvas);
        on.and_then(|on| on.encoder.clone()).expect("an encoder")
    }

    /// Preview pictures received so far.
    pub fn preview_pictures(&self) -> u64 {
        self.pictures.load(Ordering::Relaxed)
    }

    /// Panics unless both destinations and the recording run without a loss.
    pub fn prove_whole(&self) {
        let status = self.session.status.as_ref().expect("a status");
        assert_eq!(status.destinations.len(), self.servers.len());
        for destination in &status.destinations {
            assert_eq!(destination.run, RunState::Live, "{destination:?}");
            assert_eq!(destination.frames_dropped, 0, "{destination:?}");
        }
        assert!(status.recording.is_some(), "it is recorded");
        assert!(self.previews.iter().all(|preview| !preview.is_finished()));
    }

    /// Closes the preview, ends the show and waits until the recording is closed.
    pub async fn end(&mut self) {
        for preview in &self.previews {
            preview.abort();
        }
        self.session.command(Command::EndShow).await.unwrap();
        self.session
            .until(STEP, "everything has ended", |s| {
                s.status.as_ref()?.recording.is_none().then_some(())
            })
            .await;
    }
}

/// Switches these canvases on and waits until they are encoded.
async fn switch_on(session: &mut Session, canvases: &BTreeSet<Canvas>) {
    let wanted = match (
        canvases.contains(&Canvas::Landscape),
        canvases.contains(&Canvas::Portrait),
    ) {
        (_, false) => Canvases::Landscape,
        (false, true) => Canvases::Portrait,
        (true, true) => Canvases::Both,
    };
    let switch = Command::SetCanvases { canvases: wanted };
    session.command(switch).await.unwrap();
    session
        .until(STEP, "the canvases are encoded", |s| {
            let all = &s.status.as_ref()?.canvases;
            let encoded = all.iter().filter(|on| on.encoder.is_some()).count();
            (encoded == wanted.iter().count()).then_some(())
        })
        .await;
}

/// Makes `kind` the only thing on screen.
pub async fn put_on_screen(session: &mut Session, kind: SourceKind) {
    place_on_screen(session, &[(SOURCE, kind, Area::FULL)]).await;
}

/// Makes these all that is on screen, the last on top.
pub async fn place_on_screen(session: &mut Session, sources: &[(&str, SourceKind, Area)]) {
    for (id, kind, _) in sources {
        let source = Source {
            id: (*id).into(),
            name: (*id).into(),
            kind: kind.clone(),
        };
        session
            .command(Command::PutSource { source })
            .await
            .unwrap();
    }
    let placements = sources.iter().map(|(id, _, area)| Placement {
        source: (*id).into(),
        area: *area,
        crop: Area::FULL,
    });
    let scene = Scene {
        id: SOURCE.into(),
        name: Text {
            zh: SOURCE.into(),
            en: SOURCE.into(),
        },
        layouts: BTreeMap::from([(CanvasId("landscape".into()), placements.collect())]),
    };
    session.command(Command::PutScene { scene }).await.unwrap();
    let switch = Command::SwitchScene {
        scene: SOURCE.into(),
        transition: Transition::Cut,
    };
    session.command(switch).await.unwrap();
}

/// Adds a destination, its key in the file that this world allows.
pub async fn put_destination(session: &mut Session, id: &str, url: &str) {
    put_destination_of(session, id, url, Priority::Normal).await;
}

/// As [`put_destination`], with its priority.
pub async fn put_destination_of(session: &mut Session, id: &str, url: &str, priority: Priority) {
    put_destination_on(session, id, url, priority, Canvas::Landscape).await;
}

/// As [`put_destination_of`], with what it is sent.
pub async fn put_destination_on(
    session: &mut Session,
    id: &str,
    url: &str,
    priority: Priority,
    canvas: Canvas,
) {
    let destination = Destination {
        id: id.into(),
        platform: "custom".into(),
        name: id.into(),
        url: url.into(),
        enabled: true,
        priority,
        canvas,
    };
    session
        .command(Command::PutDestination { destination })
        .await
        .unwrap();
    let key = Request::SetKey {
        destination: id.into(),
        key: format!("key-of-{id}"),
        allow_file: true,
    };
    session.request(key).await.unwrap();
}

/// Goes live and waits until `count` destinations are.
pub async fn go_live(session: &mut Session, count: usize) {
    session.command(Command::GoLive).await.unwrap();
    session
        .until(STEP, "the destinations are live", |s| {
            let all = &s.status.as_ref()?.destinations;
            let live = all.iter().filter(|d| d.run == RunState::Live).count();
            (live == count).then_some(())
        })
        .await;
}
