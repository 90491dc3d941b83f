//! Owns the running inputs and the sound mix. Separate from the programs, so that a second canvas
//! uses the same camera without opening it twice.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::event::{EventSink, MediaEvent};
use super::layout;
use super::packet::{AudioConfig, EncodedPacket, OutputGate, Track};
use crate::audio::{self, AudioMixer, EncodedAudio, MixNews};
use crate::cameras::{CameraBook, CameraSettings};
use crate::clock::MediaClock;
use crate::error::MediaError;
use crate::frame::FrameQueue;
use crate::input::{Input, InputEvent, InputKind, InputSpec, InputState, Sight, VideoWant};

/// Input events on their way to the caller; when full, [`Input`] drops the newest.
const EVENT_QUEUE: usize = 64;

/// The inputs of one engine, on one clock, with one sound mix. Stops everything when dropped.
pub struct Inputs {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

struct Shared {
    clock: MediaClock,
    mixer: AudioMixer,
    book: CameraBook,
    running: Mutex<HashMap<String, Arc<Input>>>,
    outputs: Arc<Outputs>,
    events: mpsc::Sender<InputEvent>,
    orders: Mutex<Orders>,
    ordered: Condvar,
}

/// Programs that want the sound.
type Outputs = Mutex<Vec<Weak<OutputGate>>>;

/// What is to be done next. Each is a whole state, so a newer one replaces an older one.
#[derive(Default)]
struct Orders {
    specs: Option<Vec<InputSpec>>,
    /// Per canvas, what it wants of each input.
    wants: HashMap<String, HashMap<String, VideoWant>>,
    wants_changed: bool,
    /// Per canvas, what it wants of an input that it does not show yet.
    default_wants: HashMap<String, VideoWant>,
    stop: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inputs {
    /// Starts the clock and the sound mix, with no inputs yet. Initialises GStreamer.
    ///
    /// # Errors
    /// When GStreamer or the audio encoder cannot start.
    pub fn start(events: EventSink) -> Result<Arc<Self>, MediaError> {
        gstreamer::init().map_err(|error| MediaError::Init(error.to_string()))?;
        let clock = MediaClock::new();
        let outputs = Arc::new(Outputs::default());
        let mixer = {
            let (outputs, events) = (outputs.clone(), events.clone());
            AudioMixer::start_telling(
                &clock,
                move |frame| distribute(&outputs, &frame),
                move |news| events.send(sound_event(news)),
            )?
        };
        let (sender, mut receiver) = mpsc::channel(EVENT_QUEUE);
        std::thread::Builder::new()
            .name("media-events".to_owned())
            .spawn(move || {
                while let Some(event) = receiver.blocking_recv() {
                    events.send(MediaEvent::Input(event));
                }
            })
            .map_err(thread_error)?;
        let shared = Arc::new(Shared {
            clock,
            mixer,
            book: CameraBook::default(),
            running: Mutex::default(),
            outputs,
            events: sender,
            orders: Mutex::default(),
            ordered: Condvar::new(),
        });
        let worker = {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name("media-inputs".to_owned())
                .spawn(move || shared.work())
                .map_err(thread_error)?
        };
        Ok(Arc::new(Self {
            shared,
            worker: Some(worker),
        }))
    }

    /// Replaces the list of inputs whole: unchanged ones run on, gone ones stop, new ones start.
    /// Returns at once; a thread of its own does the waiting.
    pub fn set(&self, specs: Vec<InputSpec>) {
        self.shared.order(|orders| orders.specs = Some(specs));
    }

    /// What a canvas wants of the inputs it shows.
    pub(crate) fn set_wants(&self, canvas: &str, wants: HashMap<String, VideoWant>) {
        self.shared.order(|orders| {
            orders.wants.insert(canvas.to_owned(), wants);
            orders.wants_changed = true;
        });
    }

    /// The size inputs start with before a scene of this canvas shows them.
    pub(crate) fn set_default_want(&self, canvas: &str, want: VideoWant) {
        self.shared.order(|orders| {
            orders.default_wants.insert(canvas.to_owned(), want);
        });
    }

    /// A canvas is gone and wants nothing any more.
    pub(crate) fn forget_canvas(&self, canvas: &str) {
        self.shared.order(|orders| {
            orders.wants.remove(canvas);
            orders.default_wants.remove(canvas);
            orders.wants_changed = true;
        });
    }

    /// The clock all pipelines share.
    #[must_use]
    pub fn clock(&self) -> &MediaClock {
        &self.shared.clock
    }

    /// The sound mix: gains, mutes and meters.
    #[must_use]
    pub fn mixer(&self) -> &AudioMixer {
        &self.shared.mixer
    }

    /// State of every input, by name.
    #[must_use]
    pub fn states(&self) -> Vec<(String, InputState)> {
        let running = lock(&self.shared.running);
        let mut states: Vec<_> = running
            .iter()
            .map(|(id, input)| (id.clone(), input.state()))
            .collect();
        states.sort_by(|a, b| a.0.cmp(&b.0));
        states
    }

    /// Replaces what is set on cameras, by device id. A camera whose format changes is opened anew, its
    /// controls are changed while it runs.
    pub fn set_cameras(&self, settings: HashMap<String, CameraSettings>) {
        if self.shared.book.set(settings) {
            for input in lock(&self.shared.running).values() {
                input.cameras_set();
            }
        }
    }

    /// The cameras in use, by input.
    #[must_use]
    pub fn cameras(&self) -> HashMap<String, String> {
        let running = lock(&self.shared.running);
        running
            .iter()
            .filter_map(|(id, input)| Some((id.clone(), input.camera()?)))
            .collect()
    }

    /// What the sources of pictures deliver, by name.
    #[must_use]
    pub fn sights(&self) -> HashMap<String, Sight> {
        let running = lock(&self.shared.running);
        running
            .iter()
            .filter_map(|(id, input)| Some((id.clone(), input.sight()?)))
            .collect()
    }

    /// Makes all inputs that wait for their next attempt try now.
    pub fn retry_now(&self) {
        for input in lock(&self.shared.running).values() {
            input.retry_now();
        }
    }

    /// Gives the isolated input's sound ([`AudioMixer::isolate`]) to `sink` from now on, as packets of
    /// [`Track::Isolated`]: not through a program's output, so that no destination ever gets it. The
    /// sink is called from the encoder's thread and must not block.
    ///
    /// # Errors
    /// When its encoder cannot start.
    pub fn start_isolated(
        &self,
        sink: impl Fn(EncodedPacket) + Send + Sync + 'static,
    ) -> Result<(), MediaError> {
        let give = move |frame: EncodedAudio| sink(packet_of(Track::Isolated, &frame));
        self.shared.mixer.start_isolated(give)
    }

    pub(crate) fn frames(&self, id: &str) -> Option<FrameQueue> {
        let running = lock(&self.shared.running);
        Some(running.get(id)?.frames().clone())
    }

    pub(crate) fn add_output(&self, gate: &Arc<OutputGate>) {
        gate.audio_config(AudioConfig {
            asc: self.shared.mixer.audio_config(),
            sample_rate: audio::SAMPLE_RATE,
            channels: audio::CHANNELS as u32,
            kbps: audio::AAC_BITRATE / 1000,
        });
        let mut outputs = lock(&self.shared.outputs);
        outputs.retain(|output| output.strong_count() > 0);
        outputs.push(Arc::downgrade(gate));
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.shared.order(|orders| orders.stop = true);
        if let Some(worker) = self.worker.take()
            && worker.join().is_err()
        {
            tracing::error!("the inputs' thread panicked");
        }
    }
}

impl Shared {
    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut lock(&self.orders));
        self.ordered.notify_one();
    }

    fn work(&self) {
        loop {
            let (specs, wants) = {
                let orders = lock(&self.orders);
                let mut orders = self
                    .ordered
                    .wait_while(orders, |orders| {
                        !orders.stop && orders.specs.is_none() && !orders.wants_changed
                    })
                    .unwrap_or_else(PoisonError::into_inner);
                if orders.stop {
                    break;
                }
                let changed = std::mem::take(&mut orders.wants_changed);
                let specs = orders.specs.take();
                (specs, (changed).then(|| merged(&orders.wants)))
            };
            if let Some(wants) = wants {
                let running = lock(&self.running);
                for (id, want) in wants {
                    if let Some(input) = running.get(&id) {
                        input.set_want(want);
                    }
                }
            }
            if let Some(specs) = specs {
                self.apply(specs);
            }
        }
        let all: Vec<_> = lock(&self.running).drain().collect();
        drop(all);
    }

    fn apply(&self, specs: Vec<InputSpec>) {
        let gone: Vec<Arc<Input>> = {
            let mut running = lock(&self.running);
            let ids: Vec<String> = running
                .iter()
                .filter(|(_, input)| !specs.contains(input.spec()))
                .map(|(id, _)| id.clone())
                .collect();
            ids.iter().filter_map(|id| running.remove(id)).collect()
        };
        // A microphone changed on air: the other device need not wait until this one is closed.
        let (changed, gone): (Vec<_>, Vec<_>) = gone.into_iter().partition(|input| {
            specs.iter().any(|spec| {
                spec.id == input.id() && is_other_device(&input.spec().kind, &spec.kind)
            })
        });
        for input in changed {
            self.mixer.retire(input.id());
            let closing = std::thread::Builder::new()
                .name("input change".to_owned())
                .spawn(move || drop(input));
            if let Err(error) = closing {
                tracing::warn!(%error, "no thread: the old device was waited for");
            }
        }
        // Dropping waits for the pipeline; nobody else waits for this thread. A changed input's
        // device is free again before it is opened anew.
        drop(gone);
        for spec in specs {
            if lock(&self.running).contains_key(&spec.id) {
                continue;
            }
            let want = self.want_of(&spec.id);
            let mixer = spec.kind.may_have_audio().then_some(&self.mixer);
            let id = spec.id.clone();
            let input = Input::start_with(
                spec,
                &self.clock,
                mixer,
                want,
                self.events.clone(),
                self.book.clone(),
            );
            lock(&self.running).insert(id, Arc::new(input));
        }
    }

    fn want_of(&self, id: &str) -> VideoWant {
        let orders = lock(&self.orders);
        merged(&orders.wants)
            .remove(id)
            .or_else(|| {
                orders
                    .default_wants
                    .values()
                    .copied()
                    .reduce(layout::larger)
            })
            .unwrap_or(VideoWant::new(1280, 720))
    }
}

/// One want for each input that serves all canvases.
fn merged(wants: &HashMap<String, HashMap<String, VideoWant>>) -> HashMap<String, VideoWant> {
    let mut all: HashMap<String, VideoWant> = HashMap::new();
    for (id, want) in wants.values().flatten() {
        all.entry(id.clone())
            .and_modify(|other| *other = layout::larger(*other, *want))
            .or_insert(*want);
    }
    all
}

/// Both take sound, from devices that are not the same.
fn is_other_device(from: &InputKind, to: &InputKind) -> bool {
    use InputKind::{DesktopAudio, Microphone};
    match (from, to) {
        (Microphone { device: from }, Microphone { device: to })
        | (DesktopAudio { device: from }, DesktopAudio { device: to }) => from != to,
        (Microphone { .. }, DesktopAudio { .. }) | (DesktopAudio { .. }, Microphone { .. }) => true,
        _ => false,
    }
}

fn packet_of(track: Track, frame: &EncodedAudio) -> EncodedPacket {
    EncodedPacket {
        track,
        pts_us: frame.pts.useconds() as i64,
        dts_us: frame.pts.useconds() as i64,
        duration_us: frame.duration.useconds() as i64,
        keyframe: true,
        data: frame.data.clone(),
    }
}

fn distribute(outputs: &Outputs, frame: &EncodedAudio) {
    let packet = packet_of(Track::Audio, frame);
    let gates: Vec<_> = lock(outputs).iter().filter_map(Weak::upgrade).collect();
    for gate in gates {
        gate.packet(packet.clone());
    }
}

fn sound_event(news: MixNews) -> MediaEvent {
    match news {
        MixNews::Failed(error) => MediaEvent::SoundFailed {
            message: error.to_string(),
        },
        MixNews::HeardAgain => MediaEvent::SoundBack,
    }
}

pub(super) fn thread_error(error: std::io::Error) -> MediaError {
    MediaError::Build(format!("no thread: {error}"))
}
