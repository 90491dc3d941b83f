//! How a studio begins: what a fresh or interrupted journal needs, the canvas, and the overlay's thread.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use stallcast_media::program::ProgramSpec;
use stallcast_overlay::{FontWarning, Lang};
use stallcast_show::{Canvas, Command, Phase};
use stallcast_wire::{FindingsView, NoticeLevel, WireError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::{Fresh, Options};
use crate::air::{self, End};
use crate::canvases::{Canvases, Heard};
use crate::desk::Desk;
use crate::folders::Folders;
use crate::notices::{INTERRUPTED, Notices};
use crate::threads::Threads;
use crate::{StartError, demo, incidents, picture, sign_of_life};

/// Puts the demo into a fresh journal, and takes a show off air that was interrupted too long ago to go on.
pub(super) async fn prepare(
    desk: &Desk,
    folders: &Folders,
    fresh: bool,
    begin: Fresh,
    lang: Lang,
    notices: &Notices,
) -> Result<(), StartError> {
    if fresh && begin == Fresh::Demo {
        for command in demo::commands(folders, lang == Lang::Zh)? {
            desk.submit(air::engine(), command)
                .await
                .map_err(|error| StartError::Refused(error.message_key))?;
        }
    }
    let alive = folders.sign_of_life();
    if desk.show().is_live()
        && sign_of_life::is_recent(&alive)
        && let Some(since) = sign_of_life::last_seen(&alive)
    {
        incidents::note_absence(desk, since).await;
    }
    if !fresh && !sign_of_life::is_recent(&alive) {
        let show = desk.show();
        if (show.is_live() || show.recording)
            && let Some(at) = sign_of_life::last_seen(&alive)
        {
            notices.stand(NoticeLevel::Warn, INTERRUPTED, &[("at", at.0.to_string())]);
        }
        for (begun, command) in [
            (show.phase != Phase::Idle, Command::EndShow),
            (show.recording, Command::SetRecording { on: false }),
        ] {
            if begun {
                tracing::warn!(?command, "interrupted too long ago to go on by itself");
                let refused = |error: WireError| StartError::Refused(error.message_key);
                desk.submit(air::engine(), command).await.map_err(refused)?;
            }
        }
    }
    Ok(())
}

/// Starts the inputs and the canvases that the show has on.
///
/// # Errors
/// When GStreamer, the sound or an encoder cannot start.
pub(super) async fn open(
    options: &Options,
    desk: &Desk,
    heard: mpsc::Sender<Heard>,
) -> Result<Canvases, StartError> {
    let (spec, wanted, runtime) = (
        options.program.clone(),
        desk.show().canvases,
        Handle::current(),
    );
    let opened = tokio::task::spawn_blocking(move || {
        let canvases = Canvases::start(spec, heard, runtime)?;
        for canvas in wanted.iter() {
            canvases.add(canvases.open(canvas)?);
        }
        Ok::<_, StartError>(canvases)
    });
    opened.await.map_err(std::io::Error::other)?
}

/// Starts the overlay's thread, which draws the slate first; gives what a person should know about the fonts.
pub(super) fn draw(
    easel: picture::Easel,
    desk: &Desk,
    canvases: &Canvases,
    findings: watch::Receiver<Arc<FindingsView>>,
    ended: watch::Receiver<Option<End>>,
    threads: &Threads,
) -> Result<(JoinHandle<()>, Vec<String>), StartError> {
    let notices = easel.notices.clone();
    let warnings = easel
        .looks
        .fonts()
        .warnings()
        .iter()
        .map(|warning| font_warning(*warning).to_owned())
        .collect();
    let (published, running) = (desk.published(), canvases.running());
    let runtime = Handle::current();
    let (pausing, waiting) = (ended.clone(), runtime.clone());
    let round = move || {
        let (running, published) = (running.clone(), published.clone());
        let (findings, ended) = (findings.clone(), ended.clone());
        picture::follow(&easel, running, published, findings, ended, &runtime);
    };
    let tell = move || notices.tell(NoticeLevel::Warn, "notice.cards_failed", &[]);
    let pause = move |wait| {
        let mut ended = pausing.clone();
        let until = async { tokio::time::timeout(wait, ended.wait_for(Option::is_some)).await };
        waiting.block_on(until).is_err()
    };
    let thread = threads.start("overlay", || picture::restarting(round, tell, pause))?;
    Ok((thread, warnings))
}

/// The canvas and encoding of a height of 720 or 1080 lines.
///
/// # Errors
/// Any other height.
pub fn program_spec(
    lines: u32,
    kbps: Option<u32>,
    encoder: Option<String>,
) -> Result<ProgramSpec, StartError> {
    let (width, usual_kbps) = match lines {
        720 => (1280, 2500),
        1080 => (1920, 4500),
        other => return Err(StartError::CanvasHeight(other)),
    };
    let mut spec = ProgramSpec::hd720();
    spec.canvas.id = Canvas::Landscape.name().into();
    spec.canvas.width = width;
    spec.canvas.height = lines;
    spec.encode.video_kbps = kbps.unwrap_or(usual_kbps);
    spec.encode.encoder = encoder;
    spec.encode.keyframe_interval = Duration::from_secs(2);
    Ok(spec)
}

/// The page's sentence for what the fonts cannot draw.
fn font_warning(warning: FontWarning) -> &'static str {
    match warning {
        FontWarning::NoFont => "warning.no_font",
        FontWarning::NoChinese => "warning.no_chinese_font",
        FontWarning::NoEmoji => "warning.no_emoji_font",
    }
}
