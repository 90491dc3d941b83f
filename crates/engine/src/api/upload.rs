//! Spreadsheets in: `POST /api/import`, to look at first and then to take over.

mod changes;
mod list_photos;
mod web_fetch;
mod web_photos;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stallcast_journal::catalogue::{
    Field, ImportError, ImportOptions, ImportReport, ListColumn, RundownLine, Stop, Zone,
    import_unless, rundown_with,
};
use stallcast_overlay::Lang;
use stallcast_show::{Actor, Command, Currency, ProductId, Role, Show};
use stallcast_wire::{ErrorCode, ImportColumn, ImportProblem, ImportStage, ImportView, WireError};
use tokio::sync::Semaphore;

use self::changes::{Changes, changes_of};
use self::list_photos::{add_photos, with_kept_photos};
use self::web_fetch::Web;
use self::web_photos::WebPhotos;
use super::Api;
use super::imports::Running;
use crate::bulk_undo::Joined;
use crate::demo::Demo;
use crate::wire_name::wire_name;

/// Lists read at the same time; another one waits. Each may take a small multiple of its file in memory.
static READERS: Semaphore = Semaphore::const_new(1);

/// How often a list is read again because the show took other products meanwhile.
const TRIES: usize = 3;

/// How far an import goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Says what would change, and changes nothing.
    Look,
    /// Takes the good rows over.
    #[default]
    Take,
}

/// What is asked for besides the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    step: Step,
    /// [`ImportView::seen`] of the look: what differs from it is not taken over.
    seen: Option<String>,
    /// How many changes are passed over of those that are told.
    offset: usize,
    /// Looks as if the demo's products were not there: they are removed before the list is taken over.
    without_demo: bool,
    /// What a person said about headers, as JSON: the code of the column's field for its header, or nothing for one
    /// that is not read.
    columns: String,
    /// By which name it is asked how far this is.
    id: String,
}

impl Wanted {
    fn columns(&self) -> Result<BTreeMap<String, Option<Field>>, WireError> {
        if self.columns.is_empty() {
            return Ok(BTreeMap::new());
        }
        serde_json::from_str(&self.columns).map_err(|_| WireError::new(ErrorCode::Malformed))
    }
}

/// A list as it was read for the show as it was then.
struct Read {
    report: ImportReport,
    changes: Changes,
}

/// Reads the products of a CSV or XLSX file and takes over the good rows; answers with what changes and with the bad
/// ones. Photos named by web address come after the products, which are in the show by then.
pub async fn import_file(
    api: &Api,
    headers: &HeaderMap,
    wanted: &Wanted,
    body: Bytes,
) -> Result<ImportView, WireError> {
    let actor = api.actor_of(headers)?;
    if actor.role < Role::Lead {
        return Err(WireError::new(ErrorCode::Forbidden));
    }
    let name = headers
        .get("x-file-name")
        .and_then(|v| v.to_str().ok())
        .map(unescape)
        .unwrap_or_default();
    let photos = WebPhotos::new(api.studio.folders().photos(), Web::public());
    let demo = demo_of(api).await;
    let currency = currency_of(&api.studio.desk().show(), &demo, api.studio.lang());
    let known = api.imports.begin(&wanted.id);
    let list = List {
        running: &known.running,
        file_name: &name,
        body: &body,
        currency: &currency,
        columns: wanted.columns()?,
        offset: wanted.offset,
        joined: match wanted.without_demo {
            true => Joined::WithRemoval,
            false => Joined::No,
        },
    };
    let (read, aside) = match wanted.step {
        Step::Look => {
            let without = wanted.without_demo.then_some(&demo);
            let read = list
                .read(&api.studio.desk().show(), without, &photos)
                .await?;
            (read, 0)
        }
        Step::Take => {
            let seen = wanted.seen.as_deref();
            let (read, added) = take_over(api, &actor, &list, seen, &photos).await?;
            (read, api.studio.desk().aside(&added))
        }
    };
    drop(body);
    let Read { report, changes } = read;
    let mut problems: Vec<ImportProblem> = report
        .problems
        .into_iter()
        .map(|p| ImportProblem {
            line: p.line,
            column: p.column,
            code: wire_name(&p.code),
            value: p.value,
            taken: p.taken,
        })
        .collect();
    if wanted.step == Step::Take {
        known.running.enter(ImportStage::Photos);
        let links = changes.with_photos(report.photo_links);
        problems.extend(add_photos(api, &actor, links, &photos).await?);
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(ImportView {
        imported: count(changes.read),
        added: count(changes.added),
        changed: count(changes.changed),
        changes: changes.told,
        listed: count(changes.listed),
        columns: report.columns.into_iter().map(column).collect(),
        seen: changes.seen,
        assumed: report.assumed,
        currency: currency.0,
        aside: count(aside),
        format: wire_name(&report.format),
        encoding: wire_name(&report.encoding),
        problems,
    })
}

fn column(column: ListColumn) -> ImportColumn {
    ImportColumn {
        letter: column.letter,
        header: column.header,
        field: column.field.map(|field| wire_name(&field)),
    }
}

async fn demo_of(api: &Api) -> Demo {
    let folders = api.studio.folders().clone();
    let demo = tokio::task::spawn_blocking(move || Demo::read(&folders)).await;
    demo.ok().and_then(Result::ok).unwrap_or_default()
}

/// The currency of prices that name none: that of most products that are somebody's own; without any, what the language of the cards suggests.
fn currency_of(show: &Show, demo: &Demo, lang: Lang) -> Currency {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let own = show
        .products
        .iter()
        .filter(|(id, _)| !demo.is_its(show, id));
    for (_, product) in own {
        *counted
            .entry(&product.offer.live_price.currency.0)
            .or_default() += 1;
    }
    let most = counted.into_iter().max_by_key(|(_, count)| *count);
    let guess = match lang {
        Lang::Zh => "CNY",
        Lang::En => "USD",
    };
    Currency(most.map_or(guess, |(code, _)| code).to_owned())
}

/// A file that was sent.
struct List<'a> {
    running: &'a Running,
    file_name: &'a str,
    body: &'a Bytes,
    currency: &'a Currency,
    /// What a person said about its headers.
    columns: BTreeMap<String, Option<Field>>,
    /// How many changes are passed over of those that are told.
    offset: usize,
    /// Whether it takes the place of what was removed just before.
    joined: Joined,
}

impl List<'_> {
    /// Reads it for the show as it is, or as it will be without its demo.
    async fn read(
        &self,
        show: &Show,
        without: Option<&Demo>,
        photos: &WebPhotos,
    ) -> Result<Read, WireError> {
        let stays = |id: &ProductId| without.is_none_or(|demo| !demo.is_its(show, id));
        let mut known = show.products.clone();
        if without.is_some() {
            known.retain(|id, _| stays(id));
        }
        let options = ImportOptions {
            file_name: self.file_name.to_owned(),
            known: known.clone(),
            currency: self.currency.clone(),
            columns: self.columns.clone(),
            zone: Zone::of_this_computer(),
        };
        let stop = &self.running.stop;
        self.running.enter(ImportStage::Reading);
        let mut report = read_list(self.body.clone(), options, stop.clone())
            .await?
            .map_err(unreadable)?;
        self.running.enter(ImportStage::Comparing);
        let kept = with_kept_photos(&mut report.products, &report.photo_links, photos).await;
        let rundown = show.rundown.iter().filter(|item| stays(&item.product));
        let changes = changes_of(&known, rundown, &mut report, &kept, self.offset);
        if stop.asked() {
            return Err(unreadable(ImportError::Stopped));
        }
        Ok(Read { report, changes })
    }
}

/// Why a list cannot be read; where its headers say nothing, with the row that may be them.
fn unreadable(error: ImportError) -> WireError {
    let refused = WireError::new(ErrorCode::ImportUnreadable).with("cause", error.code());
    match error {
        ImportError::NoHeader { first_row } => refused.with("headers", first_row.join("\t")),
        _ => refused,
    }
}

/// Reads the list for the show as it is and submits what it changes: what else was found, and the products that were
/// not there before.
async fn take_over(
    api: &Api,
    actor: &Actor,
    list: &List<'_>,
    seen: Option<&str>,
    photos: &WebPhotos,
) -> Result<(Read, Vec<ProductId>), WireError> {
    let desk = api.studio.desk();
    let mut tries = 0;
    loop {
        tries += 1;
        let mut read = list.read(&desk.show(), None, photos).await?;
        if seen.is_some_and(|seen| seen != read.changes.seen) {
            return Err(WireError::new(ErrorCode::ImportChanged).retryable());
        }
        let products = std::mem::take(&mut read.report.products);
        let mut added = Vec::new();
        if !products.is_empty() {
            let command = Command::ImportProducts { products };
            let stop = list.running.stop.clone();
            let taken = Arc::new(AtomicBool::new(false));
            let takes = Arc::clone(&taken);
            // The last moment at which it can still be ended: from here on all of it happens.
            let wish = move |_: &Show| {
                let wanted = !stop.asked();
                takes.store(wanted, Ordering::Relaxed);
                wanted.then_some(command)
            };
            list.running.enter(ImportStage::Writing);
            let done = desk
                .submit_kept_at_turn(actor.clone(), list.joined, wish)
                .await;
            added = match done {
                Ok(_) if !taken.load(Ordering::Relaxed) => {
                    return Err(unreadable(ImportError::Stopped));
                }
                // Somebody added products while the list was read: it is measured against the show again.
                Err(error) if tries < TRIES && error.message_key.ends_with("too_many") => continue,
                Err(error) => return Err(error),
                Ok((_, added)) => added,
            };
        }
        if read.changes.listed > 0 {
            let lines = std::mem::take(&mut read.report.rundown);
            desk.submit_at_turn(actor.clone(), |show| list_rows(show, lines))
                .await?;
        }
        return Ok((read, added));
    }
}

/// Puts the list's lines at the beginning of the rundown, those whose product is still there.
fn list_rows(show: &Show, mut lines: Vec<RundownLine>) -> Option<Command> {
    lines.retain(|line| show.products.contains_key(&line.product));
    let items = rundown_with(&show.rundown, &lines);
    (items != show.rundown).then_some(Command::SetRundown { items })
}

/// Reads a list on a thread of its own, and ends that when this future is dropped: the server drops it when the
/// asker's connection closes.
async fn read_list(
    body: Bytes,
    options: ImportOptions,
    stop: Stop,
) -> Result<Result<ImportReport, ImportError>, WireError> {
    struct StopWhenDropped(Option<Stop>);
    impl Drop for StopWhenDropped {
        fn drop(&mut self) {
            if let Some(stop) = &self.0 {
                stop.ask();
            }
        }
    }
    let internal = || WireError::new(ErrorCode::Internal);
    let mut asker = StopWhenDropped(Some(stop.clone()));
    let turn = READERS.acquire().await.map_err(|_| internal())?;
    let reading = tokio::task::spawn_blocking(move || {
        // Held by the work, not by whoever waits for it.
        let _turn = turn;
        import_unless(&body, &options, &stop)
    });
    let report = reading.await.map_err(|_| internal())?;
    // It was read to its end: what follows may still be ended by whoever asked.
    asker.0 = None;
    Ok(report)
}

/// Handler of [`import_file`].
pub async fn import_route(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match import_file(&api, &headers, &wanted, body).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => {
            let status = match error.code {
                ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
                ErrorCode::Forbidden => StatusCode::FORBIDDEN,
                ErrorCode::Internal | ErrorCode::JournalUnwritable => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, Json(error)).into_response()
        }
    }
}

/// Undoes the percent-encoding of a header value; what is not valid stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten();
        let code =
            escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
