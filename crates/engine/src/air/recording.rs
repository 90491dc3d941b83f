//! The recording: one part at a time, fed from the hub through a queue of its own. A part that fails is left
//! and the next one begins at the next keyframe; the program never notices.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stallcast_delivery::{Hub, QueueLimits, Subscription, Track};
use stallcast_media::program::{
    AudioConfig, EncodedPacket, EventSink, StreamConfig, Track as MediaTrack, VideoConfig,
};
use stallcast_media::recorder::{
    Chapter, DiskPolicy, Recorder, RecorderNote, RecorderOptions, Split,
};
use stallcast_show::{At, Command, Show, Text};
use stallcast_wire::{NoticeLevel, RecordingStatus};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::part_name::part_name;
use super::{Air, Order, RECORD_AGAIN, engine};
use crate::clock::now;
use crate::desk::Desk;

/// What may wait for the disk: ten seconds of a 6 Mbit/s show. A laptop disk that spins up takes some three.
const WAITING: QueueLimits = QueueLimits {
    max_bytes: 8 << 20,
    max_ms: 10_000,
};
/// Largest file: FAT32, which sticks and cards have, ends at 4 GiB less one byte. Four hours at 2 Mbit/s.
const LARGEST_PART_BYTES: u64 = 4_000_000_000;
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
    /// Number of its first part.
    pub part: usize,
    /// The wall clock at running time 0 of the program, microseconds since 1970.
    pub unix_us_at_zero: i64,
    pub events: EventSink,
    pub desk: Desk,
}

/// For the page, while it runs.
struct Report {
    file: String,
    began: Instant,
    bytes: u64,
    error: &'static str,
}

/// A running recording.
pub struct Recording {
    report: watch::Receiver<Report>,
    chapters: mpsc::Sender<Chapter>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), String>>,
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
        RecordingStatus {
            file: report.file.clone(),
            bytes: report.bytes,
            seconds: report.began.elapsed().as_secs(),
            error: if self.has_ended() {
                "recording_failed".into()
            } else {
                report.error.into()
            },
        }
    }

    /// Finalises the part and waits for it; gives the cause when it failed.
    pub async fn finish(mut self) -> Result<(), String> {
        if let Some(stop) = self.stop.take() {
            // A part that ended by itself no longer listens.
            let _ = stop.send(());
        }
        match tokio::time::timeout(FINISH_WITHIN, self.task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the disk did not take the end of the recording in time".into()),
        }
    }
}

async fn record(
    plan: Plan,
    report: watch::Sender<Report>,
    mut chapters: mpsc::Receiver<Chapter>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), String> {
    tokio::select! {
        _ = &mut stopped => return Ok(()),
        () = room(&plan, &report) => {}
    }
    let (notes, mut told) = mpsc::channel(NOTES);
    let mut packets = plan.hub.subscribe(WAITING);
    let recorder = tokio::select! {
        _ = &mut stopped => return Ok(()),
        begun = begin(&plan, notes, &mut packets) => begun?,
    };
    let Some(recorder) = recorder else {
        return Ok(());
    };
    loop {
        let delivered = tokio::select! {
            _ = &mut stopped => break,
            Some(note) = told.recv() => {
                heed(note, &plan, &report);
                continue;
            }
            Some(chapter) = chapters.recv() => {
                if let Err(error) = recorder.add_chapter(chapter) {
                    tracing::debug!(%error, "a chapter was left out");
                }
                continue;
            }
            delivered = packets.next() => delivered,
        };
        let Some(delivered) = delivered else { break };
        // Another encoder took over: its packets need a file of their own.
        if delivered.format_changed || recorder.has_ended() {
            break;
        }
        recorder.push(&packet(delivered.packet, delivered.format.video.fps));
        report.send_modify(|report| report.bytes = recorder.bytes_written());
    }
    while let Ok(chapter) = chapters.try_recv() {
        // Over the recorder's limit only.
        let _ = recorder.add_chapter(chapter);
    }
    let finished = tokio::task::spawn_blocking(move || recorder.finish()).await;
    while let Ok(note) = told.try_recv() {
        heed(note, &plan, &report);
    }
    finished
        .map_err(|e| e.to_string())?
        .map(drop)
        .map_err(|e| e.to_string())
}

/// Waits until the disk has room; the page reads meanwhile why nothing is recorded.
async fn room(plan: &Plan, report: &watch::Sender<Report>) {
    loop {
        let kbps = plan.hub.format().map_or(0, |f| f.video.kbps + f.audio.kbps);
        if DiskPolicy::default().has_room(&plan.folder, u64::from(kbps) * 125) {
            report.send_modify(|report| {
                report.error = "";
                report.began = Instant::now();
            });
            return;
        }
        report.send_modify(|report| report.error = "disk_full");
        tokio::time::sleep(LOOK_FOR_ROOM).await;
    }
}

/// Creates the file for the first packet and adds it; `None` when no packet comes any more.
async fn begin(
    plan: &Plan,
    notes: mpsc::Sender<RecorderNote>,
    packets: &mut Subscription,
) -> Result<Option<Recorder>, String> {
    let Some(first) = packets.next().await else {
        return Ok(None);
    };
    let options = RecorderOptions {
        names: names(plan.folder.clone(), plan.part),
        split: Split {
            max_bytes: Some(LARGEST_PART_BYTES),
            max_duration: None,
        },
        disk: DiskPolicy::default(),
        unix_us_at_zero: Some(plan.unix_us_at_zero),
        notes: Some(notes),
    };
    let (config, events) = (config(&first.format), plan.events.clone());
    let started =
        tokio::task::spawn_blocking(move || Recorder::start_with(options, &config, events));
    let recorder = started
        .await
        .map_err(|e| e.to_string())?
        .map_err(|e| e.to_string())?;
    recorder.push(&packet(first.packet, first.format.video.fps));
    Ok(Some(recorder))
}

/// Names by the moment and the number in the show, past those that are taken.
pub(super) fn names(folder: PathBuf, first: usize) -> Box<dyn FnMut(u32) -> PathBuf + Send> {
    let mut number = first;
    Box::new(move |_| {
        loop {
            let path = folder.join(part_name(now().0, number));
            number += 1;
            if !path.exists() {
                return path;
            }
        }
    })
}

fn heed(note: RecorderNote, plan: &Plan, report: &watch::Sender<Report>) {
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
            let desk = plan.desk.clone();
            tokio::spawn(async move {
                let note = Command::NoteRecordingPart { file, first_frame };
                if let Err(error) = desk.submit(engine(), note).await {
                    tracing::warn!(code = ?error.code, "the recording goes on, its name could not be written down");
                }
            });
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
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Both languages of a title: whoever opens the file may read either.
pub(super) fn chapter_title(title: &Text) -> String {
    match (title.zh.as_str(), title.en.as_str()) {
        (one, "") | ("", one) => one.to_owned(),
        (zh, en) if zh == en => zh.to_owned(),
        (zh, en) => format!("{zh} / {en}"),
    }
}

impl Air {
    /// Begins or ends the recording as the show wants.
    pub(super) fn record(&mut self, show: &Show) {
        match (show.recording, self.recording.take()) {
            (true, None) => self.begin_recording(show),
            (false, Some(recording)) => self.finish(recording),
            (_, recording) => self.recording = recording,
        }
    }

    /// Begins a part, unless the last one failed just now.
    pub(super) fn begin_recording(&mut self, show: &Show) {
        if self.record_again.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let running_us = i64::try_from(self.parts.program.running_time().as_micros()).unwrap_or(0);
        let plan = Plan {
            hub: self.parts.hub.clone(),
            folder: self.parts.folders.recordings(),
            part: show.recording_parts.len() + 1,
            unix_us_at_zero: now().0 * 1_000 - running_us,
            events: self.parts.recorder_events.clone(),
            desk: self.parts.desk.clone(),
        };
        let open = self.parts.open_part.clone();
        self.recording = Some(Recording::start(plan, &self.parts.runtime, open));
        self.mark_product(show);
    }

    /// The product on air begins a chapter now.
    pub(super) fn mark_product(&self, show: &Show) {
        let on_air = show.on_air.as_ref();
        let product = on_air.and_then(|on_air| show.products.get(&on_air.product));
        if let (Some(recording), Some(product)) = (&self.recording, product) {
            let at = self.parts.program.running_time().as_micros();
            let at_us = i64::try_from(at).unwrap_or(i64::MAX);
            recording.chapter(at_us, chapter_title(&product.title));
        }
    }

    /// Closes a part in the background: a slow disk must not hold up the show.
    pub(super) fn finish(&mut self, recording: Recording) {
        let orders = self.parts.own_orders.clone();
        self.parts.runtime.spawn(async move {
            let outcome = recording.finish().await;
            // At the end of the engine nobody listens any more; the part is closed all the same.
            let _ = orders.send(Order::PartClosed(outcome)).await;
        });
    }

    pub(super) fn part_closed(&mut self, outcome: Result<(), String>) {
        if let Err(cause) = outcome {
            tracing::error!(cause, "a recording part failed");
            self.record_again = Some(Instant::now() + RECORD_AGAIN);
            self.tell(NoticeLevel::Error, "notice.recording_failed", &[]);
        }
    }
}

fn config(format: &stallcast_delivery::StreamFormat) -> StreamConfig {
    let (video, audio) = (&format.video, &format.audio);
    StreamConfig {
        video: VideoConfig {
            codec_data: video.codec_config.clone(),
            width: video.width,
            height: video.height,
            fps: video.fps,
            kbps: video.kbps,
        },
        audio: AudioConfig {
            asc: audio.codec_config.clone(),
            sample_rate: audio.sample_rate,
            channels: audio.channels,
            kbps: audio.kbps,
        },
    }
}

/// An AAC frame of 1024 samples at 48 kHz, microseconds.
const AAC_FRAME_US: i64 = 21_333;

fn packet(packet: stallcast_delivery::Packet, fps: u32) -> EncodedPacket {
    EncodedPacket {
        track: match packet.track {
            Track::Video => MediaTrack::Video,
            Track::Audio => MediaTrack::Audio,
        },
        pts_us: packet.pts_us,
        dts_us: packet.dts_us,
        duration_us: match packet.track {
            Track::Video => 1_000_000 / i64::from(fps.max(1)),
            Track::Audio => AAC_FRAME_US,
        },
        keyframe: packet.keyframe,
        data: packet.data,
    }
}
