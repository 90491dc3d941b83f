//! The evidence of a show: one folder below the recordings that anybody can check. Made in the background, off air.

mod build;
mod tables;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use stallcast_clips::{Completeness, completeness};
use stallcast_journal::evidence::read_manifest;
use stallcast_show::{At, Recap};
use stallcast_wire::{ErrorCode, EvidenceState, EvidenceView, WireError, create_private_folder};

use self::build::{Built, Paths, Unbuilt, build, recorded_bytes};
use super::told::Told;
use super::{After, Inner, unwritable};
use crate::air::part_name::moment_name;

/// Evidence's folder below the recordings.
pub const EVIDENCE: &str = "evidence";
/// A file without its end that was written to so lately may still get it; what a crash left never does.
const STILL_WRITTEN: Duration = Duration::from_secs(30);

/// The last work of this engine.
#[derive(Default)]
pub(super) struct Work {
    last: Mutex<Option<EvidenceView>>,
    stops: AtomicBool,
    done: AtomicU64,
}

impl Work {
    fn last(&self) -> MutexGuard<'_, Option<EvidenceView>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) {
        self.stops.store(true, Ordering::Release);
    }

    /// The show whose evidence is being made.
    pub(super) fn running(&self) -> Option<u64> {
        let last = self.last();
        let view = last.as_ref()?;
        (view.state == EvidenceState::Working).then_some(view.show)
    }
}

/// The folder of the evidence of a show that began then, below the recordings.
pub fn folder_at(began: At) -> String {
    format!("{EVIDENCE}/{}", moment_name(began.0))
}

impl After {
    pub(super) fn evidence(&self, show: u64) -> Result<EvidenceView, WireError> {
        let work = &self.inner.evidence;
        if let Some(last) = &*work.last()
            && last.show == show
            && last.state == EvidenceState::Working
        {
            let mut view = last.clone();
            view.done_bytes = work.done.load(Ordering::Relaxed).min(view.total_bytes);
            return Ok(view);
        }
        let told = self.told(show)?;
        let mut view = self.unmade(show, &told);
        let path = self.inner.folders.recordings().join(&view.folder);
        if let Ok((manifest, fingerprint)) = read_manifest(&path) {
            made(
                &mut view,
                &Built {
                    manifest,
                    fingerprint,
                },
            );
            return Ok(view);
        }
        if let Some(last) = &*work.last()
            && last.show == show
            && last.state == EvidenceState::Failed
        {
            return Ok(last.clone());
        }
        Ok(view)
    }

    pub(super) fn make_evidence(&self, show: u64) -> Result<EvidenceView, WireError> {
        if self.is_live() {
            return Err(WireError::refused("already_live", BTreeMap::new()));
        }
        let known = self.evidence(show)?;
        if known.state == EvidenceState::Made {
            return Ok(known);
        }
        let told = self.told(show)?;
        let mut view = self.unmade(show, &told);
        if self.is_written(&told.recap) {
            failed(&mut view, "still_written");
        } else {
            view.state = EvidenceState::Working;
        }
        self.begin_evidence(&view)?;
        if view.state == EvidenceState::Failed {
            return Ok(view);
        }
        let ends = Ends {
            inner: Arc::clone(&self.inner),
            show,
        };
        let recordings = self.inner.folders.recordings();
        create_private_folder(&recordings.join(EVIDENCE)).map_err(unwritable)?;
        let paths = Paths {
            journal: self.inner.folders.journal(),
            folder: recordings.join(&view.folder),
            recordings,
        };
        let after = self.clone();
        let begun = view.clone();
        tokio::task::spawn_blocking(move || {
            let _ends = ends;
            after.make_through(begun, &told, &paths);
        });
        Ok(view)
    }

    /// The work runs, or has failed, from here on. Commands wait for these locks, so nothing under them may wait for a disk.
    fn begin_evidence(&self, view: &EvidenceView) -> Result<(), WireError> {
        let work = &self.inner.evidence;
        let _begins = self.inner.replacement.begin(Instant::now())?;
        let mut last = work.last();
        let is_busy = last
            .as_ref()
            .is_some_and(|view| view.state == EvidenceState::Working);
        if is_busy {
            return Err(WireError::new(ErrorCode::Busy).retryable());
        }
        work.done.store(0, Ordering::Relaxed);
        work.stops.store(false, Ordering::Release);
        *last = Some(view.clone());
        Ok(())
    }

    fn make_through(&self, mut view: EvidenceView, told: &Told, paths: &Paths) {
        let work = &self.inner.evidence;
        let go_on = |bytes: u64| {
            work.done.fetch_add(bytes, Ordering::Relaxed);
            !work.stops.load(Ordering::Acquire) && !self.is_live()
        };
        match build(told, paths, crate::clock::now(), &go_on) {
            Ok(built) => made(&mut view, &built),
            Err(Unbuilt::Stopped) if self.is_live() => failed(&mut view, "went_live"),
            Err(Unbuilt::Stopped) => view.state = EvidenceState::None,
            Err(Unbuilt::Failed(code)) => failed(&mut view, code),
        }
        *work.last() = Some(view);
    }

    fn unmade(&self, show: u64, told: &Told) -> EvidenceView {
        EvidenceView {
            show,
            state: EvidenceState::None,
            folder: folder_at(told.recap.began),
            done_bytes: 0,
            total_bytes: recorded_bytes(told, &self.inner.folders.recordings()),
            files: 0,
            fingerprint: String::new(),
            made_at: None,
            gone: Vec::new(),
            error: String::new(),
        }
    }

    fn is_written(&self, recap: &Recap) -> bool {
        let mut parts = recap.parts.iter();
        parts.any(|part| self.is_file_written(&part.file))
    }

    /// Whether a file of the recordings folder is still being written, or getting its end.
    pub(super) fn is_file_written(&self, file: &String) -> bool {
        let show = self.inner.published.borrow().show.clone();
        if show.recording && show.recording_parts.contains(file) {
            return true;
        }
        let path = self.inner.folders.recordings().join(file);
        let changed = std::fs::metadata(&path).and_then(|meta| meta.modified());
        let age = changed
            .ok()
            .and_then(|changed| SystemTime::now().duration_since(changed).ok());
        age.is_some_and(|age| age < STILL_WRITTEN)
            && matches!(completeness(&path), Ok(Completeness::CutOff))
    }
}

fn made(view: &mut EvidenceView, built: &Built) {
    let manifest = &built.manifest;
    view.state = EvidenceState::Made;
    view.files = u32::try_from(manifest.files.len()).unwrap_or(u32::MAX);
    view.total_bytes = manifest.files.iter().map(|file| file.bytes).sum();
    view.done_bytes = view.total_bytes;
    view.made_at = Some(manifest.made_at);
    view.gone.clone_from(&manifest.gone);
    view.fingerprint.clone_from(&built.fingerprint);
}

fn failed(view: &mut EvidenceView, code: &str) {
    view.state = EvidenceState::Failed;
    code.clone_into(&mut view.error);
}

/// Says that the work on a show ended, also when it fell.
struct Ends {
    inner: Arc<Inner>,
    show: u64,
}

impl Drop for Ends {
    fn drop(&mut self) {
        if let Some(view) = &mut *self.inner.evidence.last()
            && view.show == self.show
            && view.state == EvidenceState::Working
        {
            failed(view, "unwritable");
        }
    }
}

#[cfg(test)]
mod tests;
