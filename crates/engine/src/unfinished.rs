//! Recordings that a kill or a power cut left unfinished: found when the engine starts, and turned into plain files
//! with chapters while the show goes on. The original is kept until its copy was verified.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stallcast_clips::{ClipError, Completeness, Mark, Mended, completeness, mend};
use stallcast_journal::{Journal, JournalError, Seq};
use stallcast_media::recorder::DiskPolicy;
use stallcast_show::{Event, ProductId, Show};
use stallcast_wire::NoticeLevel;

use crate::air::{chapter_title, scene_title};
use crate::notices::Notices;

/// Stand until the next broadcast: whoever opens the page after a crash is to read them.
pub const TOLD: [&str; 3] = [EMPTY, MENDED, UNMENDED];
const EMPTY: &str = "notice.recording_empty";
const MENDED: &str = "notice.recording_mended";
const UNMENDED: &str = "notice.recording_unmended";
/// Most files that are told of one by one; more only in the log.
const MOST_TOLD: usize = 16;
/// What a copy is called while it is made.
const IN_WORK: &str = "mending";
/// How fast files are copied: the disk and the processor belong to the show. An hour at 2.5 Mbit/s takes a minute.
const BYTES_PER_S: u64 = 20_000_000;
/// How often the copy looks whether it is ahead of that.
const LOOK_AFTER_BYTES: u64 = 2_000_000;
/// Journal entries read at once, newest first.
const WINDOW: u64 = 256;
/// Windows looked through at most: 65 536 entries, a day of a busy show.
const WINDOWS: u64 = 256;

/// A file that is not as it should be.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Not one picture: it is removed.
    Empty,
    /// What is there plays: it is mended.
    CutOff {
        marks: Vec<Mark>,
        began_unix_us: Option<i64>,
    },
}

/// Looks through the folder, before anything is recorded into it. Files that are not the recorder's are not touched.
pub fn find(folder: &Path, journal: &Journal) -> Vec<Unfinished> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = vec![];
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(original) = name.strip_suffix(&format!(".{IN_WORK}")) {
            // Half a copy, of an engine that was killed in mid-work: the original is there.
            if is_ours(original) {
                remove(&path);
            }
            continue;
        }
        if !is_ours(&name) {
            continue;
        }
        match completeness(&path) {
            Ok(Completeness::Whole) => {}
            Ok(Completeness::Empty) => found.push((path, false)),
            Ok(Completeness::CutOff) => found.push((path, true)),
            Err(error) => tracing::warn!(%error, "a recording cannot be judged"),
        }
    }
    let names: Vec<String> = found.iter().map(|(path, _)| file_name(path)).collect();
    let mut chapters = if names.is_empty() {
        BTreeMap::new()
    } else {
        chapters(journal, &names).unwrap_or_else(|error| {
            tracing::error!(%error, "the chapters of unfinished recordings cannot be read");
            BTreeMap::new()
        })
    };
    let unfinished = found.into_iter().map(|(path, has_pictures)| {
        let what = if has_pictures {
            let (began_unix_us, marks) = chapters.remove(&file_name(&path)).unwrap_or_default();
            What::CutOff {
                marks,
                began_unix_us,
            }
        } else {
            What::Empty
        };
        Unfinished { path, what }
    });
    unfinished.collect()
}

/// As the engine names recordings and replays: `20261122-101500-…mp4`.
fn is_ours(name: &str) -> bool {
    let is_moment = |moment: &str| {
        let mut bytes = moment.bytes().enumerate();
        bytes.all(|(n, byte)| {
            if n == 8 || n == 15 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        })
    };
    name.ends_with(".mp4") && name.get(..16).is_some_and(is_moment)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(OsStr::new(""));
    name.to_string_lossy().into_owned()
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "it cannot be removed");
    }
}

/// What was on the picture from a moment on.
enum Shown {
    Product(ProductId),
    Scene,
}

type Chapters = BTreeMap<String, (Option<i64>, Vec<Mark>)>;

/// When each of these files began, and what was on air in it, as the journal has it.
fn chapters(journal: &Journal, names: &[String]) -> Result<Chapters, JournalError> {
    // Newest first, back to what was on air when the oldest file began.
    let (mut began, mut shown) = (BTreeMap::new(), Vec::new());
    let mut end = journal.last_seq().0;
    'all: for _ in 0..WINDOWS {
        let start = end.saturating_sub(WINDOW);
        let limit = u32::try_from(end - start).unwrap_or(u32::MAX);
        for entry in journal.entries_after(Seq(start), limit)?.into_iter().rev() {
            let is_known = began.len() == names.len();
            match entry.event {
                Event::RecordingPartOpened { file, at, .. } if names.contains(&file) => {
                    began.insert(file, at.0);
                }
                Event::WentOnAir { on_air } => {
                    shown.push((entry.at.0, Shown::Product(on_air.product)));
                }
                Event::WentOffAir { .. } => shown.push((entry.at.0, Shown::Scene)),
                _ => continue,
            }
            let oldest = began.values().min().copied().unwrap_or(i64::MIN);
            if is_known && shown.last().is_some_and(|(at, _)| *at <= oldest) {
                break 'all;
            }
        }
        end = start;
        if end == 0 {
            break;
        }
    }
    shown.reverse();
    let show = journal.show();
    let of_file = |(file, began): (String, i64)| {
        let marks = marks(show, &shown, began);
        (file, (Some(began * 1_000), marks))
    };
    Ok(began.into_iter().map(of_file).collect())
}

/// Of a file that began at `began`; what was on air already is its first chapter.
fn marks(show: &Show, shown: &[(i64, Shown)], began: i64) -> Vec<Mark> {
    let before = shown.iter().rposition(|(at, _)| *at <= began);
    let marks = shown[before.unwrap_or(0)..].iter().map(|(at, what)| Mark {
        at: Duration::from_millis(u64::try_from(at - began).unwrap_or(0)),
        title: match what {
            Shown::Product(id) => {
                let product = show.products.get(id);
                product.map_or_else(|| id.to_string(), |product| chapter_title(&product.title))
            }
            Shown::Scene => scene_title(show),
        },
    });
    marks.collect()
}

/// Removes what is empty and mends the rest, one after the other; tells of each. Blocks: it has a thread of its own.
pub fn see_to(unfinished: Vec<Unfinished>, notices: &Notices) {
    for (number, Unfinished { path, what }) in unfinished.into_iter().enumerate() {
        let file = file_name(&path);
        let tell = |level, key, params: &[(&str, String)]| {
            if number < MOST_TOLD {
                notices.stand(level, key, params);
            }
        };
        match what {
            What::Empty => {
                remove(&path);
                tracing::warn!(file, "a recording without one picture was removed");
                tell(NoticeLevel::Info, EMPTY, &[("file", file)]);
            }
            What::CutOff {
                marks,
                began_unix_us,
            } => match replace(&path, &marks, began_unix_us) {
                Ok(mended) => {
                    tracing::info!(file, ?mended, "an unfinished recording was mended");
                    let seconds = mended.duration.as_secs().to_string();
                    let params = [("file", file), ("seconds", seconds)];
                    tell(NoticeLevel::Info, MENDED, &params);
                }
                Err(cause) => {
                    tracing::error!(file, cause, "an unfinished recording stays as it is");
                    let params = [("file", file), ("cause", cause)];
                    tell(NoticeLevel::Warn, UNMENDED, &params);
                }
            },
        }
    }
}

/// Puts the mended copy in the original's place.
fn replace(path: &Path, marks: &[Mark], began_unix_us: Option<i64>) -> Result<Mended, String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let bytes = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    // Of a second's bitrate this is made a minute's: a copy of this size fits, and the show's recording too.
    if !DiskPolicy::default().has_room(folder, bytes / 60) {
        return Err("disk_full".to_owned());
    }
    let mut copy = path.as_os_str().to_owned();
    copy.push(format!(".{IN_WORK}"));
    let copy = PathBuf::from(copy);
    let said = |error: ClipError| error.to_string();
    let mended = mend(path, &copy, marks, began_unix_us, &mut pace()).map_err(said);
    let placed = mended.and_then(|mended| {
        std::fs::rename(&copy, path).map_err(|error| error.to_string())?;
        Ok(mended)
    });
    if placed.is_err() && copy.exists() {
        remove(&copy);
    }
    // Without its name the new file is lost in a power cut; systems that cannot open a folder write it themselves.
    if let Ok(folder) = std::fs::File::open(folder)
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!(%error, "the recordings' folder cannot be flushed");
    }
    placed
}

/// Waits as long as the copy is ahead of its rate: time itself, some tenth of a second ([`LOOK_AFTER_BYTES`] at
/// [`BYTES_PER_S`]) on a thread that does nothing else.
fn pace() -> impl FnMut(u64) {
    let began = Instant::now();
    let (mut copied, mut looked) = (0, 0);
    move |bytes| {
        copied += bytes;
        if copied - looked < LOOK_AFTER_BYTES {
            return;
        }
        looked = copied;
        let due = Duration::from_millis(copied * 1_000 / BYTES_PER_S);
        let ahead = due.saturating_sub(began.elapsed());
        #[allow(
            clippy::disallowed_methods,
            reason = "a background copy paces itself, so that the disk is the show's: nothing happens that it could wait for"
        )]
        std::thread::sleep(ahead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::product;

    #[test]
    fn only_the_recorder_s_own_names_are_looked_at() {
        for ours in ["20261122-101500-01.mp4", "20261122-101500-replay.mp4"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "holiday.mp4",
            "20261122-101500-01.mov",
            "2026-1122101500-1.mp4",
            "20261122.mp4",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn a_file_begins_with_what_was_on_air_then() {
        let mut show = Show::new("show");
        let apples = product("a", "Apples", 100);
        show.products.insert("a".into(), apples);
        let shown = [
            (1_000, Shown::Scene),
            (5_000, Shown::Product("a".into())),
            (9_000, Shown::Product("gone".into())),
        ];
        let found = marks(&show, &shown, 6_000);
        let found: Vec<_> = found
            .iter()
            .map(|m| (m.at.as_millis(), m.title.as_str()))
            .collect();
        assert_eq!(found, [(0, "Apples"), (3_000, "gone")]);
        let all = marks(&show, &shown, 0);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].at, Duration::from_secs(1));
        assert!(marks(&show, &[], 0).is_empty());
    }
}
