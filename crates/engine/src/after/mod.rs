//! After the show: what it was, its recordings, and its clips. Reads the journal with a connection of its own, so the
//! desk is not asked and a show that runs is not held up.

mod evidence;
mod folder;
mod keeping;
mod offers;
mod plan;
mod told;
mod work;

use std::path::{Component, Path};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use stallcast_clips::{Cutter, Edges, length};
use stallcast_journal::{JournalError, Reader, Seq};
use stallcast_overlay::Lang;
use stallcast_show::Recap;
use stallcast_wire::{
    ClipEdges, ClipState, ClipView, ClipsView, ErrorCode, KeepingView, PastShow, PastShows,
    RecapFormat, RecapView, RecordingView, Request, SavedFile, WireError, create_private_folder,
};
use tokio::sync::watch;

use self::keeping::Removal;
use self::plan::{Planned, Recorded, plan};
use self::told::{Past, Told, past, tell};
use self::work::Places;
use crate::air::part_name::moment_name;
use crate::clock::now;
use crate::desk::{Desk, Published};
use crate::folders::Folders;
use crate::replacement::Replacement;

/// Most shows that are listed.
const SHOWS_MAX: usize = 50;
/// Clips' folder below the recordings.
const CLIPS: &str = "clips";
/// Largest recap that is kept: some hundred times that of a long show.
const RECAP_MAX_BYTES: usize = 2 << 20;

/// What is asked after a show. Cheap to clone.
#[derive(Clone)]
pub struct After {
    inner: Arc<Inner>,
}

struct Inner {
    folders: Folders,
    lang: Lang,
    published: watch::Receiver<Published>,
    replacement: Replacement,
    /// The last work; what other shows' clips are is read from their folders.
    work: Mutex<Option<Work>>,
    stops: AtomicBool,
    evidence: evidence::Work,
}

struct Work {
    view: ClipsView,
}

impl After {
    /// For the journal of this desk and the recordings in these folders; clips are named in `lang`.
    pub fn new(folders: Folders, lang: Lang, desk: &Desk) -> Self {
        Self::of(folders, lang, desk.published(), desk.replacement().clone())
    }

    fn of(
        folders: Folders,
        lang: Lang,
        published: watch::Receiver<Published>,
        replacement: Replacement,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                folders,
                lang,
                published,
                replacement,
                work: Mutex::default(),
                stops: AtomicBool::new(false),
                evidence: evidence::Work::default(),
            }),
        }
    }

    /// Answers what is asked of earlier shows.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for a show or file that is not there; [`ErrorCode::Busy`] while clips are being made;
    /// refused as `already_live` when they are to be made in a live show; [`ErrorCode::FileUnwritable`],
    /// [`ErrorCode::TooLarge`], [`ErrorCode::Internal`].
    pub async fn answer(&self, request: Request) -> Result<serde_json::Value, WireError> {
        let after = self.clone();
        // Opening a file manager needs the runtime, everything else may wait for the disk.
        if let Request::ShowInFolder { file } = request {
            let path = below(&self.inner.folders.recordings(), &file)?;
            return json(&folder::show(&path));
        }
        let answer = tokio::task::spawn_blocking(move || match request {
            Request::PastShows => json(&after.shows()?),
            Request::Recap { show } => json(&after.recap(show)?),
            Request::Clips { show, edges } => json(&after.clips(show, edges)?),
            Request::MakeClips { show, edges } => json(&after.make(show, edges)?),
            Request::StopClips => {
                after.inner.stops.store(true, Ordering::Release);
                Ok(serde_json::Value::Null)
            }
            Request::Evidence { show } => json(&after.evidence(show)?),
            Request::MakeEvidence { show } => json(&after.make_evidence(show)?),
            Request::StopEvidence => {
                after.inner.evidence.stop();
                Ok(serde_json::Value::Null)
            }
            Request::Keeping => json(&after.keeping(now())?),
            Request::SetKeeping { years } => json(&after.set_keeping(years, now())?),
            Request::SaveRecap { show, format, text } => json(&after.save(show, format, &text)?),
            _ => Err(WireError::new(ErrorCode::NotFound)),
        });
        answer
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    /// What removing the recordings and the evidence of a show takes away.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] where nothing is; [`ErrorCode::StillKept`] before its time, unless `early`;
    /// [`ErrorCode::Busy`] while they are used; refused as `already_live` in a live show.
    pub async fn look_at_removal(&self, show: u64, early: bool) -> Result<Removal, WireError> {
        let after = self.clone();
        let look = tokio::task::spawn_blocking(move || after.removal(show, early, now()));
        look.await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    /// Removes what [`After::look_at_removal`] gave, once the journal knows of it.
    ///
    /// # Errors
    /// [`ErrorCode::FileUnwritable`] when something cannot be removed.
    pub async fn remove_kept(&self, files: Vec<String>) -> Result<KeepingView, WireError> {
        let after = self.clone();
        let remove = tokio::task::spawn_blocking(move || {
            after.remove(&files)?;
            after.keeping(now())
        });
        remove
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    /// The cover of a clip, by its name below the recordings folder.
    pub fn cover(&self, name: &str) -> Option<std::path::PathBuf> {
        let is_cover = name.starts_with("clips/") && name.ends_with(".jpg");
        let path = below(&self.inner.folders.recordings(), name).ok()?;
        is_cover.then_some(path)
    }

    fn shows(&self) -> Result<PastShows, WireError> {
        let journal = self.inner.folders.journal();
        let found = Reader::open(&journal).and_then(|reader| past(&reader));
        let shows = found.map_err(unreadable)?.into_iter().rev();
        let shows = shows.take(SHOWS_MAX).map(|show: Past| PastShow {
            show: show.begin.0,
            name: show.name,
            kind: show.kind,
            began: show.began,
            ended: show.last,
            parts: u32::try_from(show.parts.len()).unwrap_or(u32::MAX),
        });
        Ok(PastShows {
            shows: shows.collect(),
        })
    }

    fn told(&self, show: u64) -> Result<Told, WireError> {
        let recordings = self.inner.folders.recordings();
        let long = |file: &str| length(&recordings.join(file)).ok();
        let told = tell(&self.inner.folders.journal(), Seq(show), long);
        told.map_err(unreadable)?
            .ok_or_else(|| WireError::new(ErrorCode::NotFound))
    }

    fn recap(&self, show: u64) -> Result<RecapView, WireError> {
        let Told { recap, before, .. } = self.told(show)?;
        let folder = self.inner.folders.recordings();
        let recordings = recap.parts.iter().map(|part| {
            let path = folder.join(&part.file);
            RecordingView {
                file: part.file.clone(),
                canvas: part.canvas,
                at: part.at,
                length_ms: length(&path)
                    .ok()
                    .and_then(|long| u64::try_from(long.as_millis()).ok()),
                bytes: std::fs::metadata(&path).ok().map(|meta| meta.len()),
            }
        });
        Ok(RecapView {
            show,
            totals: recap.totals(),
            before,
            recordings: recordings.collect(),
            folder: folder.to_string_lossy().into_owned(),
            recap,
        })
    }

    fn clips(&self, show: u64, edges: ClipEdges) -> Result<ClipsView, WireError> {
        if let Some(work) = &*self.work()
            && (work.view.show, work.view.edges) == (show, edges)
            && work.view.running
        {
            return Ok(work.view.clone());
        }
        let (planned, places) = self.planned(show, edges)?;
        let mut view = ClipsView {
            show,
            edges,
            folder: places.clips.clone(),
            running: false,
            clips: planned
                .iter()
                .map(|clip| work::look(clip, &places))
                .collect(),
        };
        // What went wrong, and how long a clip really is, only the work knows.
        if let Some(work) = &*self.work()
            && (work.view.show, work.view.edges) == (show, edges)
        {
            for clip in &mut view.clips {
                let known = |other: &&ClipView| {
                    (other.segment, other.canvas) == (clip.segment, clip.canvas)
                };
                let Some(known) = work.view.clips.iter().find(known) else {
                    continue;
                };
                let is_kept = known.state == ClipState::Failed || known.state == clip.state;
                if is_kept && known.files == clip.files {
                    *clip = known.clone();
                }
            }
        }
        Ok(view)
    }

    fn planned(&self, show: u64, edges: ClipEdges) -> Result<(Vec<Planned>, Places), WireError> {
        let recap = self.told(show)?.recap;
        let places = self.places(&recap);
        let recorded: Vec<Recorded> = recap
            .parts
            .iter()
            .filter_map(|part| {
                Some(Recorded {
                    file: part.file.clone(),
                    canvas: part.canvas,
                    at: part.at,
                    length: length(&places.path(&part.file)).ok()?,
                })
            })
            .collect();
        Ok((plan(&recap, &recorded, edges, self.inner.lang), places))
    }

    fn places(&self, recap: &Recap) -> Places {
        Places {
            recordings: self.inner.folders.recordings(),
            clips: format!("{CLIPS}/{}", moment_name(recap.began.0)),
        }
    }

    /// Begins to make what is not there yet.
    fn make(&self, show: u64, edges: ClipEdges) -> Result<ClipsView, WireError> {
        if self.is_live() {
            return Err(WireError::refused(
                "already_live",
                std::collections::BTreeMap::new(),
            ));
        }
        let (planned, places) = self.planned(show, edges)?;
        let view = ClipsView {
            show,
            edges,
            folder: places.clips.clone(),
            running: true,
            clips: planned
                .iter()
                .map(|clip| work::look(clip, &places))
                .collect(),
        };
        self.begin(view.clone())?;
        let ends = Ends(Arc::clone(&self.inner));
        create_private_folder(&places.path(&places.clips)).map_err(unwritable)?;
        let after = self.clone();
        tokio::task::spawn_blocking(move || {
            let _ends = ends;
            after.work_through(&planned, &places, cut_at(edges));
        });
        Ok(view)
    }

    /// The work runs from here on. Commands wait for these locks, so nothing under them may wait for a disk.
    fn begin(&self, view: ClipsView) -> Result<(), WireError> {
        let _begins = self.inner.replacement.begin(Instant::now())?;
        let mut current = self.work();
        if current.as_ref().is_some_and(|work| work.view.running) {
            return Err(WireError::new(ErrorCode::Busy).retryable());
        }
        self.inner.stops.store(false, Ordering::Release);
        *current = Some(Work { view });
        Ok(())
    }

    /// Until all are made, somebody stops it, or a show goes live: the machine is the show's.
    fn work_through(&self, planned: &[Planned], places: &Places, edges: Edges) {
        let mut cutter = Cutter::default();
        let go_on = || !self.inner.stops.load(Ordering::Acquire) && !self.is_live();
        for (place, clip) in planned.iter().enumerate() {
            if !go_on() {
                return;
            }
            let is_wanted = self
                .clip(place, |view| {
                    let is_wanted = view.state == ClipState::Waiting;
                    if is_wanted {
                        view.state = ClipState::Working;
                    }
                    is_wanted
                })
                .unwrap_or(false);
            if !is_wanted {
                continue;
            }
            let made = work::make(clip, places, edges, &mut cutter, &go_on);
            let made = made.unwrap_or_else(|| work::look(clip, places));
            self.clip(place, |view| *view = made);
        }
    }

    fn clip<T>(&self, place: usize, change: impl FnOnce(&mut ClipView) -> T) -> Option<T> {
        let mut work = self.work();
        let view = work.as_mut()?.view.clips.get_mut(place)?;
        Some(change(view))
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.inner
            .work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What is being made, as the cause why the engine must not be interrupted.
    pub(crate) fn works(&self) -> Option<&'static str> {
        let makes_clips = self.work().as_ref().is_some_and(|work| work.view.running);
        let makes_evidence = || self.inner.evidence.running().is_some();
        if makes_clips {
            Some("replace_clips")
        } else {
            makes_evidence().then_some("replace_evidence")
        }
    }

    fn is_live(&self) -> bool {
        self.inner.published.borrow().show.is_live()
    }

    fn save(&self, show: u64, format: RecapFormat, text: &str) -> Result<SavedFile, WireError> {
        if text.len() > RECAP_MAX_BYTES {
            return Err(WireError::new(ErrorCode::TooLarge));
        }
        let places = self.places(&self.told(show)?.recap);
        create_private_folder(&places.path(&places.clips)).map_err(unwritable)?;
        let ending = match format {
            RecapFormat::Html => "html",
            RecapFormat::Csv => "csv",
        };
        let file = format!("{}/recap.{ending}", places.clips);
        std::fs::write(places.path(&file), text).map_err(unwritable)?;
        Ok(SavedFile { file })
    }
}

fn cut_at(edges: ClipEdges) -> Edges {
    match edges {
        ClipEdges::Keyframe => Edges::Keyframe,
        ClipEdges::Exact => Edges::Exact,
    }
}

/// Says that the work ended, also when it fell.
struct Ends(Arc<Inner>);

impl Drop for Ends {
    fn drop(&mut self) {
        let mut work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = &mut *work {
            work.view.running = false;
        }
    }
}

/// A file or folder that is there, below `folder`; no way out of it.
fn below(folder: &Path, name: &str) -> Result<std::path::PathBuf, WireError> {
    let is_plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let path = folder.join(name);
    if is_plain && !name.contains('\\') && path.exists() {
        Ok(path)
    } else {
        Err(WireError::new(ErrorCode::NotFound))
    }
}

fn json(value: &impl serde::Serialize) -> Result<serde_json::Value, WireError> {
    serde_json::to_value(value).map_err(|_| WireError::new(ErrorCode::Internal))
}

fn unreadable(error: JournalError) -> WireError {
    tracing::error!(%error, "the journal could not be read for a recap");
    WireError::new(ErrorCode::Internal)
}

fn unwritable(error: std::io::Error) -> WireError {
    tracing::error!(%error, "a file beside the recordings could not be written");
    let cause = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "disk_full".into(),
        _ => error.to_string(),
    };
    WireError::new(ErrorCode::FileUnwritable).with("cause", cause)
}

#[cfg(test)]
mod tests;
