//! The recording: one part at a time, fed from the hub through a queue of its own. A part that fails is left
//! and the next one begins at the next keyframe; the program never notices.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stallcast_delivery::{Hub, QueueLimits, Track};
use stallcast_media::program::{
    AudioConfig, EncodedPacket, EventSink, StreamConfig, Track as MediaTrack, VideoConfig,
};
use stallcast_media::recorder::Recorder;
use stallcast_wire::RecordingStatus;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What may wait for the disk: ten seconds of a 6 Mbit/s show. A laptop disk that spins up takes some three.
const WAITING: QueueLimits = QueueLimits {
    max_bytes: 8 << 20,
    max_ms: 10_000,
};
/// How long a part may take to be finalised when the recording ends.
pub const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Held by every part until its file is closed, even when the thread that began it is no more; the receiving end
/// hears when the last one was dropped.
pub type OpenPart = mpsc::Sender<std::convert::Infallible>;

/// A running recording.
pub struct Recording {
    file: String,
    began: Instant,
    bytes: watch::Receiver<u64>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), String>>,
}

impl Recording {
    /// Begins a part named `file` in `folder` at the next keyframe.
    pub fn start(
        hub: &Hub,
        folder: &Path,
        file: String,
        events: EventSink,
        runtime: &Handle,
        open: OpenPart,
    ) -> Self {
        let (report, bytes) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let path = folder.join(&file);
        let recorded = record(hub.clone(), path, events, report, stopped);
        let task = runtime.spawn(async move {
            let outcome = recorded.await;
            drop(open);
            outcome
        });
        Self {
            file,
            began: Instant::now(),
            bytes,
            stop: Some(stop),
            task,
        }
    }

    /// Whether the part ended by itself: it failed.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// For the page.
    pub fn status(&self) -> RecordingStatus {
        RecordingStatus {
            file: self.file.clone(),
            bytes: *self.bytes.borrow(),
            seconds: self.began.elapsed().as_secs(),
            error: if self.has_ended() {
                "recording_failed".into()
            } else {
                String::new()
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
    hub: Hub,
    path: PathBuf,
    events: EventSink,
    report: watch::Sender<u64>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), String> {
    let mut packets = hub.subscribe(WAITING);
    let mut recorder: Option<Recorder> = None;
    loop {
        let delivered = tokio::select! {
            _ = &mut stopped => break,
            delivered = packets.next() => delivered,
        };
        let Some(delivered) = delivered else { break };
        if recorder.is_none() {
            let (path, events) = (path.clone(), events.clone());
            let config = config(&delivered.format);
            let started =
                tokio::task::spawn_blocking(move || Recorder::start(path, &config, events)).await;
            recorder = Some(
                started
                    .map_err(|e| e.to_string())?
                    .map_err(|e| e.to_string())?,
            );
        } else if delivered.format_changed {
            // Another encoder took over: its packets need a file of their own.
            break;
        }
        let Some(recorder) = &mut recorder else { break };
        if recorder.has_failed() {
            break;
        }
        recorder.push(&packet(delivered.packet, delivered.format.video.fps));
        report.send_replace(recorder.bytes_written());
    }
    match recorder {
        Some(recorder) => {
            let finished = tokio::task::spawn_blocking(move || recorder.finish()).await;
            finished
                .map_err(|e| e.to_string())?
                .map(drop)
                .map_err(|e| e.to_string())
        }
        None => Ok(()),
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

/// `20261122-101500-01.mp4` in UTC, so that parts sort by time whatever the machine's zone.
pub fn part_name(unix_ms: i64, part: usize) -> String {
    let seconds = unix_ms.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date from days since 1970 (the proleptic Gregorian calendar counted from 1 March).
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{part:02}.mp4")
}

#[cfg(test)]
mod tests {
    use super::part_name;

    #[test]
    fn parts_are_named_by_their_moment_in_utc() {
        assert_eq!(part_name(0, 1), "19700101-000000-01.mp4");
        assert_eq!(part_name(951_782_399_000, 2), "20000228-235959-02.mp4");
        assert_eq!(part_name(1_709_164_800_000, 3), "20240229-000000-03.mp4");
        assert_eq!(part_name(1_795_305_600_000, 12), "20261122-000000-12.mp4");
    }
}
