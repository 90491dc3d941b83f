//! Making the folder: recordings by hard link where the disk can, else copied; then texts, entries, and the list.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use stallcast_journal::evidence::{
    CHAIN_FILE, EvidenceFile, EvidenceShow, Manifest, export_chain, hash_file,
};
use stallcast_journal::{JournalError, Reader};
use stallcast_media::recorder::DiskPolicy;
use stallcast_show::At;
use stallcast_wire::create_private_folder;

use super::tables;
use crate::after::told::Told;

/// The recordings' folder in the folder.
const RECORDINGS: &str = "recordings";
/// Bytes copied between two looks whether to go on.
const BLOCK: u64 = 4 << 20;
/// Room asked for beside the recordings: entries and tables of a long show.
const TEXTS_BYTES: u64 = 64 << 20;

/// Where from and where to.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The journal.
    pub journal: PathBuf,
    /// The recordings folder.
    pub recordings: PathBuf,
    /// The folder to be made.
    pub folder: PathBuf,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The list.
    pub manifest: Manifest,
    /// Its own hash.
    pub fingerprint: String,
}

/// Why it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbuilt {
    /// Somebody stopped it, or a show went live.
    Stopped,
    /// A code for the page.
    Failed(&'static str),
}

/// Bytes of the recordings that are still there.
pub fn recorded_bytes(told: &Told, recordings: &Path) -> u64 {
    let parts = told.recap.parts.iter();
    let sizes =
        parts.filter_map(|part| Some(std::fs::metadata(recordings.join(&part.file)).ok()?.len()));
    sizes.sum()
}

/// Makes the folder beside its place and puts it there when it is whole. `go_on` is called with the bytes taken in
/// since the last call.
pub fn build(
    told: &Told,
    paths: &Paths,
    now: At,
    go_on: &dyn Fn(u64) -> bool,
) -> Result<Built, Unbuilt> {
    let work = in_work(&paths.folder);
    // Of an engine that was killed in mid-work.
    let _ = std::fs::remove_dir_all(&work);
    let built = fill(told, paths, &work, now, go_on);
    let built = built.and_then(|built| {
        std::fs::rename(&work, &paths.folder).map_err(unwritable)?;
        Ok(built)
    });
    if built.is_err() {
        let _ = std::fs::remove_dir_all(&work);
    }
    built
}

/// What the folder is called until it is whole.
pub fn in_work(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".making");
    PathBuf::from(name)
}

fn fill(
    told: &Told,
    paths: &Paths,
    work: &Path,
    now: At,
    go_on: &dyn Fn(u64) -> bool,
) -> Result<Built, Unbuilt> {
    create_private_folder(work).map_err(unwritable)?;
    create_private_folder(&work.join(RECORDINGS)).map_err(unwritable)?;
    let (mut files, mut gone) = (Vec::new(), Vec::new());
    let mut has_room = false;
    for part in &told.recap.parts {
        let from = paths.recordings.join(&part.file);
        if !from.is_file() {
            gone.push(part.file.clone());
            continue;
        }
        let name = format!("{RECORDINGS}/{}", part.file);
        let to = work.join(&name);
        // Parts lie in the recordings folder itself; a link costs no room and no time.
        if std::fs::hard_link(&from, &to).is_err() {
            let wanted = recorded_bytes(told, &paths.recordings);
            has_room = has_room || room(&paths.recordings, wanted);
            if !has_room {
                return Err(Unbuilt::Failed("disk_full"));
            }
            copy(&from, &to, go_on)?;
        }
        let hashed = hash_file(&to, &mut |bytes| go_on(bytes));
        let hashed = hashed.map_err(|_| Unbuilt::Failed("part_unreadable"))?;
        let hashed = hashed.ok_or(Unbuilt::Stopped)?;
        files.push(EvidenceFile {
            path: name,
            bytes: hashed.bytes,
            sha256: hashed.sha256,
        });
    }
    if !room(&paths.recordings, TEXTS_BYTES) {
        return Err(Unbuilt::Failed("disk_full"));
    }
    let reader = Reader::open(&paths.journal).map_err(journal)?;
    let (first, last) = told.span;
    let chain = export_chain(&reader, first, last, &work.join(CHAIN_FILE), &|| go_on(0));
    let chain = chain.map_err(journal)?.ok_or(Unbuilt::Stopped)?;
    let opening = serde_json::json!({
        "products": told.recap.products.iter().filter_map(|it| told.opening.products.get(&it.product)).collect::<Vec<_>>(),
        "offered_before": told.recap.products.iter().filter_map(|it| Some((&it.product, told.opening.offered.get(&it.product)?))).collect::<std::collections::BTreeMap<_, _>>(),
    });
    let texts = [
        ("README.txt", tables::README.to_owned()),
        ("prices.csv", tables::prices(told)),
        ("corrections.csv", tables::corrections(told)),
        ("overrides.csv", tables::overrides(told)),
        ("acts.csv", tables::acts(told)),
        ("opening.json", pretty(&opening)?),
        ("recap.json", pretty(&told.recap)?),
    ];
    for (name, text) in &texts {
        std::fs::write(work.join(name), text).map_err(unwritable)?;
    }
    let names = texts.iter().map(|(name, _)| *name).chain([CHAIN_FILE]);
    for name in names {
        let hashed = hash_file(&work.join(name), &mut |_| true).map_err(unwritable)?;
        let hashed = hashed.ok_or(Unbuilt::Stopped)?;
        files.push(EvidenceFile {
            path: name.to_owned(),
            bytes: hashed.bytes,
            sha256: hashed.sha256,
        });
    }
    let manifest = Manifest {
        format: 1,
        program: format!("stallcast {}", env!("CARGO_PKG_VERSION")),
        made_at: now,
        show: EvidenceShow {
            name: told.recap.name.clone(),
            kind: told.recap.kind,
            began: told.recap.began,
            ended: told.recap.ended,
        },
        chain,
        files,
        gone,
    };
    let fingerprint = manifest.write(work).map_err(unwritable)?;
    Ok(Built {
        manifest,
        fingerprint,
    })
}

/// Copies in blocks, so that a stop is heard; where the file system can, the blocks are shared and not copied.
fn copy(from: &Path, to: &Path, go_on: &dyn Fn(u64) -> bool) -> Result<(), Unbuilt> {
    let from = File::open(from).map_err(|_| Unbuilt::Failed("part_unreadable"))?;
    let mut to = File::create(to).map_err(unwritable)?;
    loop {
        let copied = std::io::copy(&mut (&from).take(BLOCK), &mut to).map_err(unwritable)?;
        if copied == 0 {
            break;
        }
        if !go_on(0) {
            return Err(Unbuilt::Stopped);
        }
    }
    to.flush().and_then(|()| to.sync_all()).map_err(unwritable)
}

/// Whether so much fits beside what the studio keeps free; it asks for a minute of room.
fn room(folder: &Path, bytes: u64) -> bool {
    DiskPolicy::default().has_room(folder, bytes / 60)
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Unbuilt> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unwritable(error.into()))?;
    Ok(text + "\n")
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is handed on by map_err, which gives it away"
)]
fn unwritable(error: std::io::Error) -> Unbuilt {
    tracing::error!(%error, "evidence could not be written");
    Unbuilt::Failed(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk_full",
        _ => "unwritable",
    })
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is handed on by map_err, which gives it away"
)]
fn journal(error: JournalError) -> Unbuilt {
    tracing::error!(%error, "a show's entries could not be taken out of the journal");
    Unbuilt::Failed(match error {
        JournalError::DiskFull => "disk_full",
        JournalError::BrokenAt { .. } | JournalError::Damaged(_) => "chain_broken",
        _ => "unwritable",
    })
}
