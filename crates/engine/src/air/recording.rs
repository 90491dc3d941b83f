//! The recording: one part at a time, fed from the hub through a queue of its own. A part that fails is left
//! and the next one begins at the next keyframe; another encoder's packets go on in a file of their own. The program
//! never notices.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stallcast_delivery::{Delivered, Hub, QueueLimits};
use stallcast_media::error::MediaError;
use stallcast_media::program::{EventSink, MediaEvent};
use stallcast_media::recorder::{Chapter, DiskPolicy, Recorder, RecorderNote, RecorderOptions};
use stallcast_show::{At, Canvas, Command};
use stallcast_wire::RecordingStatus;
use tokio::runtime::Handle;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::engine;
use super::part_name::part_name;
use super::sound::IsolatedFeed;
use super::split::split;
use crate::clock::wall;
use crate::desk::Desk;
use crate::packets::{config, recorded};

/// What may wait for the disk: ten seconds of a 6 Mbit/s show. A laptop disk that spins up takes some three.
const WAITING: QueueLimits = QueueLimits {
    max_bytes: 8 << 20,
    max_ms: 10_000,
};
/// Chapters on their way to the recorder. Policy when full: the newest is left out.
const CHAPTERS: usize = 64;
/// Notes of the recorder on their way here; it makes a few an hour.
const NOTES: usize = 16;
/// How often a full disk is looked at again.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(2);
/// How long a part may take to be finalised when the recording ends.
pub const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Held by every part until its file is closed, even when the thread that began it is no more; the receiving end
/// hears when the last one was dropped.
pub type OpenPart = mpsc::Sender<std::convert::Infallible>;

/// What a recording is made of.
pub struct Plan {
    pub hub: Hub,
    pub folder: PathBuf,
    /// Of which canvas.
    pub canvas: Canvas,
    /// Number of its first part.
    pub part: usize,
    /// The wall clock at running time 0 of the program, microseconds since 1970.
    pub unix_us_at_zero: i64,
    pub events: EventSink,
    pub desk: Desk,
    /// One source's sound alone.
    pub isolated: IsolatedFeed,
}

/// For the page, while it runs.
struct Report {
    file: String,
    began: Instant,
    bytes: u64,
    error: &'static str,
}

/// Why a recording ended by itself.
#[derive(Debug)]
pub struct Failure {
    /// For the log.
    pub cause: String,
    /// Whether the disk had no more room.
    pub is_disk_full: bool,
}

impl Failure {
    fn new(cause: impl ToString) -> Self {
        Self {
            cause: cause.to_string(),
            is_disk_full: false,
        }
    }
}

/// A running recording.
pub struct Recording {
    report: watch::Receiver<Report>,
    chapters: mpsc::Sender<Chapter>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Recording {
    /// Begins at the next keyframe, or when the disk has room.
    pub fn start(plan: Plan, runtime: &Handle, open: OpenPart) -> Self {
        let (report, reported) = watch::channel(Report {
            file: String::new(),
            began: Instant::now(),
            bytes: 0,
            error: "",
        });
        let (stop, stopped) = oneshot::channel();
        let (chapters, marked) = mpsc::channel(CHAPTERS);
        let task = runtime.spawn(async move {
            let outcome = record(plan, report, marked, stopped).await;
            drop(open);
            outcome
        });
        Self {
            report: reported,
            chapters,
            stop: Some(stop),
            task,
        }
    }

    /// Whether the part ended by itself: it failed.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Begins a chapter at `at_us` of the program's running time.
    pub fn chapter(&self, at_us: i64, title: String) {
        if let Err(error) = self.chapters.try_send(Chapter { at_us, title }) {
            tracing::debug!(%error, "a chapter was left out");
        }
    }

    /// For the page.
    pub fn status(&self) -> RecordingStatus {
        let report = self.report.borrow();
        let waits = !self.has_ended() && !report.error.is_empty();
        RecordingStatus {
            file: report.file.clone(),
            bytes: report.bytes,
            seconds: report.began.elapsed().as_secs(),
            error: if self.has_ended() {
                "recording_failed".into()
            } else {
                report.error.into()
            },
            next_in_ms: waits.then_some(LOOK_FOR_ROOM.as_millis() as u64),
        }
    }

    /// Finalises the part and waits for it; gives the cause when it failed.
    pub async fn finish(mut self) -> Result<(), Failure> {
        if let Some(stop) = self.stop.take() {
            // A part that ended by itself no longer listens.
            let _ = stop.send(());
        }
        match tokio::time::timeout(FINISH_WITHIN, self.task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(Failure::new(error)),
            Err(_) => Err(Failure::new(
                "the disk did not take the end of the recording in time",
            )),
        }
    }
}

async fn record(
    plan: Plan,
    report: watch::Sender<Report>,
    mut chapters: mpsc::Receiver<Chapter>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), Failure> {
    let mut chapter = None;
    tokio::select! {
        _ = &mut stopped => return Ok(()),
        () = room(&plan, &report, &mut chapters, &mut chapter) => {}
    }
    let mut packets = plan.hub.subscribe(WAITING);
    let mut isolated = plan.isolated.packets();
    let mut isolated_name = plan.isolated.name.clone();
    let mut show = plan.desk.published();
    let mut next = tokio::select! {
        _ = &mut stopped => return Ok(()),
        first = packets.next() => first,
    };
    let (notes, mut told) = mpsc::channel(NOTES);
    let (events, mut happened) = mpsc::channel(NOTES);
    let events = EventSink::new(events);
    let mut parts = 0;
    let mut closing = JoinSet::new();
    let mut outcome = Ok(());
    // Once for every encoder: its packets need a file of their own.
    while let Some(first) = next.take() {
        // Not given up when the recording is switched off meanwhile: an empty file would stay behind.
        let number = plan.part + parts;
        let recorder = match begin(&plan, number, notes.clone(), events.clone(), &first).await {
            Ok(recorder) => recorder,
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        };
        if matches!(stopped.try_recv(), Err(TryRecvError::Empty)) {
            // What is on air goes on in this file.
            if let Some(chapter) = chapter.clone() {
                let _ = recorder.add_chapter(chapter);
            }
            recorder.push(&recorded(first.packet, first.format.video.fps));
            next = loop {
                let delivered = tokio::select! {
                    _ = &mut stopped => break None,
                    Some(note) = told.recv() => {
                        parts += heed(note, &plan, &report);
                        continue;
                    }
                    Some(event) = happened.recv() => {
                        hear(event, &plan, &mut outcome);
                        continue;
                    }
                    Some(marked) = chapters.recv() => {
                        if let Err(error) = recorder.add_chapter(marked.clone()) {
                            tracing::debug!(%error, "a chapter was left out");
                        }
                        chapter = Some(marked);
                        continue;
                    }
                    Ok(packet) = isolated.recv() => {
                        recorder.push(&packet);
                        continue;
                    }
                    Ok(()) = show.changed() => {
                        let wanted = show.borrow_and_update().show.recording_split;
                        recorder.set_split(split(wanted, &plan.folder));
                        continue;
                    }
                    Ok(()) = isolated_name.changed() => {
                        recorder.isolate(isolated_name.borrow_and_update().clone());
                        continue;
                    }
                    delivered = packets.next() => delivered,
                };
                let Some(delivered) = delivered else {
                    break None;
                };
                if recorder.has_ended() {
                    break None;
                }
                if delivered.format_changed {
                    break Some(delivered);
                }
                recorder.push(&recorded(delivered.packet, delivered.format.video.fps));
                report.send_modify(|report| report.bytes = recorder.bytes_written());
            };
        }
        while let Ok(marked) = chapters.try_recv() {
            // Over the recorder's limit only.
            let _ = recorder.add_chapter(marked.clone());
            chapter = Some(marked);
        }
        while let Ok(note) = told.try_recv() {
            parts += heed(note, &plan, &report);
        }
        // In the background: the next file does not wait for the disk to close this one.
        closing.spawn_blocking(move || recorder.finish());
    }
    while let Some(closed) = closing.join_next().await {
        while let Ok(event) = happened.try_recv() {
            hear(event, &plan, &mut outcome);
        }
        let failed = match closed {
            // Switched off before its first picture: no file is left.
            Ok(Ok(_) | Err(MediaError::EndOfStream)) => continue,
            Ok(Err(error)) => Failure::new(error),
            Err(error) => Failure::new(error),
        };
        if outcome.is_ok() {
            outcome = Err(failed);
        }
    }
    while let Ok(note) = told.try_recv() {
        heed(note, &plan, &report);
    }
    outcome
}

/// What the recorder says: a failure is the recording's outcome, and told with it alone.
fn hear(event: MediaEvent, plan: &Plan, outcome: &mut Result<(), Failure>) {
    match event {
        MediaEvent::RecordingFailed {
            message, disk_full, ..
        } => {
            *outcome = Err(Failure {
                cause: message,
                is_disk_full: disk_full,
            });
        }
        other => plan.events.send(other),
    }
}

/// Waits until the disk has room; the page reads meanwhile why nothing is recorded. Of the chapters that come, the
/// newest is on air when it begins.
async fn room(
    plan: &Plan,
    report: &watch::Sender<Report>,
    chapters: &mut mpsc::Receiver<Chapter>,
    newest: &mut Option<Chapter>,
) {
    loop {
        if has_room(plan) {
            report.send_modify(|report| {
                report.error = "";
                report.began = Instant::now();
            });
            return;
        }
        report.send_modify(|report| report.error = "disk_full");
        let look_again = tokio::time::sleep(LOOK_FOR_ROOM);
        tokio::pin!(look_again);
        loop {
            tokio::select! {
                () = &mut look_again => break,
                Some(chapter) = chapters.recv() => *newest = Some(chapter),
            }
        }
    }
}

/// Creates the file for what begins with this packet.
async fn begin(
    plan: &Plan,
    number: usize,
    notes: mpsc::Sender<RecorderNote>,
    events: EventSink,
    first: &Delivered,
) -> Result<Recorder, Failure> {
    let options = RecorderOptions {
        names: names(plan.folder.clone(), number, plan.canvas),
        split: split(plan.desk.show().recording_split, &plan.folder),
        disk: DiskPolicy::default(),
        unix_us_at_zero: Some(plan.unix_us_at_zero),
        isolated: plan.isolated.name.borrow().clone(),
        notes: Some(notes),
    };
    let config = config(&first.format);
    let started =
        tokio::task::spawn_blocking(move || Recorder::start_with(options, &config, events)).await;
    started.map_err(Failure::new)?.map_err(|error| Failure {
        cause: error.to_string(),
        is_disk_full: !has_room(plan),
    })
}

fn has_room(plan: &Plan) -> bool {
    let kbps = plan.hub.kbps();
    DiskPolicy::default().has_room(&plan.folder, u64::from(kbps) * 125)
}

/// Names by the moment and the number in the show, past those that are taken.
pub(super) fn names(
    folder: PathBuf,
    first: usize,
    canvas: Canvas,
) -> Box<dyn FnMut(u32) -> PathBuf + Send> {
    let mut number = first;
    Box::new(move |_| {
        loop {
            let path = folder.join(part_name(wall().0, number, canvas));
            number += 1;
            if !path.exists() {
                return path;
            }
        }
    })
}

/// Gives the number of parts that began with it.
fn heed(note: RecorderNote, plan: &Plan, report: &watch::Sender<Report>) -> usize {
    match note {
        RecorderNote::PartBegan {
            path, first_pts_us, ..
        } => {
            let file = file_name(&path);
            report.send_modify(|report| {
                report.file.clone_from(&file);
                report.began = Instant::now();
            });
            let first_frame = At((plan.unix_us_at_zero + first_pts_us) / 1_000);
            let (desk, canvas) = (plan.desk.clone(), plan.canvas);
            tokio::spawn(async move {
                let note = Command::NoteRecordingPart {
                    file,
                    first_frame,
                    canvas,
                };
                if let Err(error) = desk.submit(engine(), note).await {
                    tracing::warn!(code = ?error.code, "the recording goes on, its name could not be written down");
                }
            });
            return 1;
        }
        RecorderNote::PartFinished(part) => {
            tracing::info!(file = file_name(&part.path), duration = ?part.duration, bytes = part.bytes, "recorded");
        }
        // The page tells of it from the status, twice a second.
        RecorderNote::DiskLow { free_bytes, left } => {
            tracing::warn!(free_bytes, ?left, "the disk of the recordings fills up");
        }
        RecorderNote::DiskLimit { free_bytes } => {
            tracing::error!(
                free_bytes,
                "the recording ended, whole, before the disk was full"
            );
        }
    }
    0
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
