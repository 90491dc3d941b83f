//! A list of stock that is read when it changes: once it stood still for a moment, so that nobody reads half of it, and
//! only the rows that say another count than before, so that what was sold meanwhile is not put back.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use stallcast_journal::catalogue::{FILE_MAX_BYTES, ImportError, StockList, StockRow, stock_list};
use stallcast_show::{Actor, At, Command, NewsLine, ProductId, Role};
use stallcast_wire::{NoticeLevel, StockListView};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Inner;
use crate::clock::now;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks that find a file as it was before it is read, where its last line has no end: it may still be written.
const STILL_OPEN_ENDED: u32 = 4;

/// The list as it stands in the file of settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeptList {
    path: String,
    /// The counts that were taken over, by what the rows are called.
    #[serde(default)]
    counts: BTreeMap<String, u32>,
}

impl KeptList {
    pub fn of(path: String) -> Self {
        let counts = BTreeMap::new();
        Self { path, counts }
    }
}

/// How a file looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
}

/// What is known of the list since it was chosen, or the engine started.
#[derive(Debug, Default)]
pub struct ListState {
    /// The file as last seen, and how many looks found it so.
    seen: Option<(Stamp, u32)>,
    /// The file that was read, whatever came of it.
    done: Option<Stamp>,
    read_at: Option<At>,
    rows: u32,
    unknown: u32,
    unknown_lines: Vec<u32>,
    bad_rows: u32,
    bad_lines: Vec<u32>,
    error: &'static str,
}

impl ListState {
    pub fn view(&self, list: &KeptList) -> StockListView {
        StockListView {
            path: list.path.clone(),
            read_at: self.read_at.map(|at| at.0),
            rows: self.rows,
            unknown: self.unknown,
            unknown_lines: self.unknown_lines.clone(),
            bad_rows: self.bad_rows,
            bad_lines: self.bad_lines.clone(),
            error: self.error.to_owned(),
        }
    }

    /// Whether a file that looks like this is to be read now.
    fn is_due(&mut self, stamp: Stamp) -> bool {
        if self.done == Some(stamp) {
            return false;
        }
        let still = match self.seen {
            Some((seen, still)) if seen == stamp => still.saturating_add(1),
            _ => 0,
        };
        self.seen = Some((stamp, still));
        still > 0
    }

    fn still(&self) -> u32 {
        self.seen.map_or(0, |(_, still)| still)
    }
}

/// Follows the list until nobody holds the orders any more.
pub async fn follow(orders: Weak<Inner>, chosen: Arc<Notify>) {
    while let Some(orders) = orders.upgrade() {
        look(&orders).await;
        // Whoever waits must not keep the desk from ending.
        drop(orders);
        let _ = timeout(LOOK_EVERY, chosen.notified()).await;
    }
}

async fn look(orders: &Arc<Inner>) {
    let Some(list) = orders.kept().list.clone() else {
        return;
    };
    let path = list.path.clone();
    let looked = tokio::task::spawn_blocking(move || stamp(Path::new(&path))).await;
    let stamp = match looked {
        Ok(Ok(stamp)) => stamp,
        Ok(Err(code)) => return fail(orders, &list, code, None),
        Err(_) => return,
    };
    if !orders.list().is_due(stamp) {
        return;
    }
    let path = list.path.clone();
    let still = orders.list().still();
    let read = tokio::task::spawn_blocking(move || read(Path::new(&path), stamp, still)).await;
    match read {
        Ok(Ok(Some(found))) => take_over(orders, &list, found, stamp).await,
        Ok(Err(code)) => fail(orders, &list, code, Some(stamp)),
        Ok(Ok(None)) | Err(_) => {}
    }
}

fn stamp(path: &Path) -> Result<Stamp, &'static str> {
    let meta = std::fs::metadata(path).map_err(|_| "missing")?;
    // A pipe would be read for ever.
    if !meta.is_file() {
        return Err("unreadable");
    }
    Ok(Stamp {
        changed: meta.modified().ok(),
        bytes: meta.len(),
    })
}

/// The list; `None` = it may still be written.
fn read(path: &Path, was: Stamp, still: u32) -> Result<Option<StockList>, &'static str> {
    let most = u64::try_from(FILE_MAX_BYTES).unwrap_or(u64::MAX);
    if was.bytes > most {
        return Err("too_large");
    }
    let file = std::fs::File::open(path).map_err(|_| "unreadable")?;
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|_| "unreadable")?;
    let open_ended = !bytes.ends_with(b"\n") && !bytes.ends_with(b"\n\0");
    if stamp(path)? != was || (open_ended && still < STILL_OPEN_ENDED) {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let list = stock_list(&bytes, &name).map_err(|error| match error {
        ImportError::TooLarge { .. } => "too_large",
        ImportError::NoHeader { .. } => "no_header",
        ImportError::Empty | ImportError::NoRows => "empty",
        _ => "not_text",
    })?;
    Ok(Some(list))
}

async fn take_over(orders: &Arc<Inner>, list: &KeptList, found: StockList, stamp: Stamp) {
    let mut counts = BTreeMap::new();
    for row in &found.rows {
        counts.insert(called(row), row.left);
    }
    let (rows, bad_rows) = (found.rows.len(), found.bad_rows);
    let bad_lines = found.bad_lines.clone();
    let before = list.counts.clone();
    let unknown = Arc::new(OnceLock::new());
    let counted = Arc::clone(&unknown);
    let wish = move |show: &stallcast_show::Show| {
        let lines: Vec<NewsLine> = found.rows.iter().map(line).collect();
        let meant = show.products_meant(&lines);
        // Set once, right here.
        let strangers = found.rows.iter().zip(&meant);
        let strangers = strangers.filter(|(_, product)| product.is_none());
        let _ = counted.set(strangers.map(|(row, _)| row.line).collect::<Vec<u32>>());
        let rows = found.rows.iter().zip(meant);
        let news = rows.filter(|(row, _)| before.get(&called(row)) != Some(&row.left));
        let counts = news.filter_map(|(row, product)| Some((product?, row.left)));
        let counts: BTreeMap<ProductId, u32> = counts.collect();
        (!counts.is_empty()).then_some(Command::CountStock { counts })
    };
    let actor = Actor {
        name: "stock list".to_owned(),
        role: Role::Producer,
    };
    if let Err(error) = orders.desk.submit_at_turn(actor, wish).await {
        tracing::warn!(?error.code, "a list of stock could not be taken over");
        // It is tried again.
        return fail(orders, list, "journal", None);
    }
    let path = list.path.clone();
    let kept = orders.change(|kept| {
        // Another one may have been chosen meanwhile.
        if let Some(list) = kept.list.as_mut().filter(|list| list.path == path) {
            list.counts = counts;
        }
    });
    if kept.await.is_err() {
        tracing::warn!("what a list of stock said is not known after a restart");
    }
    if !is_still(orders, list) {
        return;
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut state = orders.list();
    state.done = Some(stamp);
    state.read_at = Some(now());
    state.rows = count(rows);
    let strangers = unknown.get().map_or(&[][..], Vec::as_slice);
    state.unknown = count(strangers.len());
    state.unknown_lines = strangers
        .iter()
        .copied()
        .take(StockList::LINES_NAMED)
        .collect();
    state.bad_rows = bad_rows;
    state.bad_lines = bad_lines;
    state.error = "";
}

/// Notes what is wrong, and tells people once; `done`: the file that is not to be read again.
fn fail(orders: &Inner, list: &KeptList, code: &'static str, done: Option<Stamp>) {
    if !is_still(orders, list) {
        return;
    }
    let is_new = {
        let mut state = orders.list();
        let is_new = state.error != code || state.done != done.or(state.done);
        state.error = code;
        state.done = done.or(state.done);
        is_new
    };
    if is_new {
        tracing::warn!(
            code,
            "a list of stock is not taken over; what it said before holds"
        );
        let name = Path::new(&list.path).file_name().unwrap_or_default();
        let file = name.to_string_lossy().into_owned();
        let params = [("file", file), ("cause", code.to_owned())];
        orders
            .notices
            .tell(NoticeLevel::Warn, "notice.stock_list", &params);
    }
}

fn is_still(orders: &Inner, list: &KeptList) -> bool {
    orders
        .kept()
        .list
        .as_ref()
        .is_some_and(|kept| kept.path == list.path)
}

fn line(row: &StockRow) -> NewsLine {
    NewsLine {
        line: String::new(),
        names: row.names.clone(),
        titles: row.titles.clone(),
        units: row.left,
        amount: None,
    }
}

/// What a row is called.
fn called(row: &StockRow) -> String {
    let mut words = row.names.iter().chain(&row.titles);
    words.next().cloned().unwrap_or_default()
}
