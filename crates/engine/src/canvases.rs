//! The canvases that run: a program and a hub for each that is on, over one set of inputs and one clock. The air thread
//! opens and closes them, the overlay's draws on them, pages look at them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stallcast_delivery::Hub;
use stallcast_media::error::MediaError;
use stallcast_media::preview::PreviewFrame;
use stallcast_media::program::{EventSink, Inputs, MediaEvent, Program, ProgramSpec};
use stallcast_show::Canvas;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::packets::to_hub;

/// Preview pictures a second while somebody looks; the web views of some systems draw no more.
const PREVIEW_FPS: u32 = 15;
/// Width of the landscape preview, pixels: what the smallest studio window shows, and a little more. Scaling and JPEG
/// are the largest cost of the studio beside the encoder, and grow with the area.
const PREVIEW_WIDTH: u32 = 800;
/// The portrait one is as high as a window of 1080 lines shows it: 404x718.
const PREVIEW_WIDTH_PORTRAIT: u32 = 404;
/// Events of one program on their way; beyond, the newest is dropped and states are read again.
const EVENTS: usize = 64;

/// What happened, and on which canvas; `None` = to the inputs or the sound all share.
pub type Heard = (Option<Canvas>, MediaEvent);

/// A canvas that runs.
#[derive(Clone)]
pub struct Stage {
    /// Which.
    pub canvas: Canvas,
    /// Its picture and encoder.
    pub program: Arc<Program>,
    /// Where its packets come out.
    pub hub: Hub,
    /// Another for every time a canvas is opened.
    pub number: u64,
}

/// The canvases that run, by name.
pub type Stages = BTreeMap<Canvas, Stage>;

/// All of them. Cheap to clone.
#[derive(Clone)]
pub struct Canvases {
    inner: Arc<Inner>,
}

struct Inner {
    inputs: Arc<Inputs>,
    /// Of the landscape canvas.
    spec: ProgramSpec,
    heard: mpsc::Sender<Heard>,
    running: watch::Sender<Stages>,
    /// How many look at each canvas. Held while a preview is switched, so that a page that leaves cannot switch it
    /// off for one that came.
    watchers: Mutex<BTreeMap<Canvas, usize>>,
    opened: AtomicU64,
    runtime: Handle,
}

impl Canvases {
    /// Starts the inputs and the sound, with no canvas on yet. `spec` is the landscape canvas's; the portrait one is
    /// the same upright.
    ///
    /// # Errors
    /// When GStreamer or the sound cannot start.
    pub fn start(
        spec: ProgramSpec,
        heard: mpsc::Sender<Heard>,
        runtime: Handle,
    ) -> Result<Self, MediaError> {
        let inputs = Inputs::start(sink(None, &heard, &runtime))?;
        let inner = Inner {
            inputs,
            spec,
            heard,
            running: watch::Sender::default(),
            watchers: Mutex::default(),
            opened: AtomicU64::new(0),
            runtime,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// What all canvases take their pictures and sound from.
    pub fn inputs(&self) -> &Inputs {
        &self.inner.inputs
    }

    /// Now, on the timeline of all packets.
    pub fn running_time(&self) -> Duration {
        Duration::from_nanos(self.inner.inputs.clock().running_time().nseconds())
    }

    /// Where a canvas's recorders tell what happens.
    pub fn events(&self, canvas: Canvas) -> EventSink {
        sink(Some(canvas), &self.inner.heard, &self.inner.runtime)
    }

    /// Starts a canvas; it counts as running once [`Canvases::add`] has it. May block for some seconds while an
    /// encoder is looked for.
    ///
    /// # Errors
    /// When no encoder works.
    pub fn open(&self, canvas: Canvas) -> Result<Stage, MediaError> {
        let hub = Hub::new();
        let program = Program::start_with(
            Arc::clone(&self.inner.inputs),
            self.spec(canvas),
            Arc::new(to_hub(hub.clone())),
            self.events(canvas),
        )?;
        Ok(Stage {
            canvas,
            program: Arc::new(program),
            hub,
            number: self.inner.opened.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// The canvas runs: it is drawn on, and shown to those who look at it.
    pub fn add(&self, stage: Stage) {
        let watchers = self.watchers();
        if watchers.get(&stage.canvas).is_some_and(|count| *count > 0) {
            set_preview(&stage, true);
        }
        self.inner.running.send_modify(|running| {
            running.insert(stage.canvas, stage);
        });
    }

    /// Takes a canvas away. It ends with the last clone of its stage.
    pub fn remove(&self, canvas: Canvas) -> Option<Stage> {
        let mut gone = None;
        self.inner
            .running
            .send_modify(|running| gone = running.remove(&canvas));
        gone
    }

    /// The canvases that run, to look at or to follow.
    pub fn running(&self) -> watch::Receiver<Stages> {
        self.inner.running.subscribe()
    }

    /// The hub of a canvas that runs.
    pub fn hub(&self, canvas: Canvas) -> Option<Hub> {
        let running = self.inner.running.borrow();
        running.get(&canvas).map(|stage| stage.hub.clone())
    }

    /// What a canvas is started with.
    pub fn spec(&self, canvas: Canvas) -> ProgramSpec {
        let mut spec = self.inner.spec.clone();
        spec.canvas.id = canvas.name().into();
        if canvas == Canvas::Portrait {
            std::mem::swap(&mut spec.canvas.width, &mut spec.canvas.height);
        }
        spec
    }

    /// Counts somebody who looks at a canvas, until dropped.
    pub fn watch(&self, canvas: Canvas) -> Watching {
        let mut watchers = self.watchers();
        let count = watchers.entry(canvas).or_default();
        *count += 1;
        if *count == 1
            && let Some(stage) = self.inner.running.borrow().get(&canvas)
        {
            set_preview(stage, true);
        }
        drop(watchers);
        Watching {
            running: self.running(),
            canvases: self.clone(),
            canvas,
            seen: None,
        }
    }

    fn watchers(&self) -> MutexGuard<'_, BTreeMap<Canvas, usize>> {
        let watchers = self.inner.watchers.lock();
        watchers.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks what a program tells with its canvas. Ends with the program.
fn sink(canvas: Option<Canvas>, heard: &mpsc::Sender<Heard>, runtime: &Handle) -> EventSink {
    let (events, mut told) = mpsc::channel(EVENTS);
    let heard = heard.clone();
    runtime.spawn(async move {
        while let Some(event) = told.recv().await {
            // Full: the air thread is behind and reads states again.
            if let Err(mpsc::error::TrySendError::Full((_, event))) =
                heard.try_send((canvas, event))
            {
                tracing::warn!(?event, "event dropped: the air thread is too slow");
            }
        }
    });
    EventSink::new(events)
}

fn set_preview(stage: &Stage, on: bool) {
    let width = match stage.canvas {
        Canvas::Landscape => PREVIEW_WIDTH,
        Canvas::Portrait => PREVIEW_WIDTH_PORTRAIT,
    };
    if let Err(error) = stage.program.set_preview(on, PREVIEW_FPS, width) {
        tracing::error!(%error, "the preview could not be switched");
    }
}

/// Somebody looks at a canvas.
pub struct Watching {
    canvases: Canvases,
    canvas: Canvas,
    running: watch::Receiver<Stages>,
    /// The pictures of the stage of this number.
    seen: Option<(u64, watch::Receiver<Option<PreviewFrame>>)>,
}

impl Watching {
    /// The next picture, the newest only; waits while the canvas is off. `None` when the engine ends.
    pub async fn next(&mut self) -> Option<PreviewFrame> {
        loop {
            {
                let running = self.running.borrow_and_update();
                let stage = running.get(&self.canvas);
                let number = self.seen.as_ref().map(|(number, _)| *number);
                if stage.map(|stage| stage.number) != number {
                    self.seen = stage.map(|stage| (stage.number, stage.program.preview()));
                }
            }
            let frame = async {
                if let Some((_, frames)) = &mut self.seen
                    && frames.changed().await.is_ok()
                {
                    return frames.borrow_and_update().clone();
                }
                // Off, or gone: then the canvases change, too.
                std::future::pending().await
            };
            tokio::select! {
                frame = frame => if frame.is_some() {
                    return frame;
                },
                changed = self.running.changed() => changed.ok()?,
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watchers = self.canvases.watchers();
        let count = watchers.entry(self.canvas).or_default();
        *count = count.saturating_sub(1);
        if *count == 0
            && let Some(stage) = self.canvases.inner.running.borrow().get(&self.canvas)
        {
            set_preview(stage, false);
        }
    }
}
