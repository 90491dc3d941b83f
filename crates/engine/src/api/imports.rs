//! Imports under way: how far each is, and the way to end one. `GET` and `DELETE /api/import?id=`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use stallcast_journal::catalogue::Stop;
use stallcast_show::Role;
use stallcast_wire::{ErrorCode, ImportProgress, ImportStage, WireError};

use super::Api;

const STAGES: [ImportStage; 4] = [
    ImportStage::Reading,
    ImportStage::Comparing,
    ImportStage::Writing,
    ImportStage::Photos,
];

/// Those under way, by the name that their page gave them.
#[derive(Clone, Default)]
pub(super) struct Imports(Arc<Mutex<HashMap<String, Running>>>);

/// One of them.
#[derive(Clone, Default)]
pub(super) struct Running {
    /// Ends it, as long as nothing was taken over.
    pub(super) stop: Stop,
    stage: Arc<AtomicU8>,
}

impl Running {
    pub(super) fn enter(&self, stage: ImportStage) {
        let place = STAGES.iter().position(|it| *it == stage).unwrap_or(0);
        self.stage.store(place as u8, Ordering::Relaxed);
    }

    fn progress(&self) -> ImportProgress {
        let read = self.stop.progress();
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        ImportProgress {
            stage: STAGES.get(stage).copied().unwrap_or(ImportStage::Photos),
            rows: read.rows,
            permille: read.permille,
        }
    }
}

/// Forgets an import when its answer is given, or its asker is gone.
pub(super) struct Known {
    imports: Imports,
    id: String,
    pub(super) running: Running,
}

impl Drop for Known {
    fn drop(&mut self) {
        self.running.stop.ask();
        self.imports.all().remove(&self.id);
    }
}

impl Imports {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody can ask for one that has no name.
    pub(super) fn begin(&self, id: &str) -> Known {
        let running = Running::default();
        if !id.is_empty() {
            self.all().insert(id.to_owned(), running.clone());
        }
        Known {
            imports: self.clone(),
            id: id.to_owned(),
            running,
        }
    }
}

/// Which import is meant.
#[derive(Debug, Deserialize)]
pub(super) struct Meant {
    id: String,
}

fn known(api: &Api, headers: &HeaderMap, meant: &Meant) -> Result<Running, WireError> {
    let actor = api.actor_of(headers)?;
    if actor.role < Role::Lead {
        return Err(WireError::new(ErrorCode::Forbidden));
    }
    let running = api.imports.all().get(&meant.id).cloned();
    running.ok_or_else(|| WireError::new(ErrorCode::NotFound))
}

fn refused(error: WireError) -> Response {
    let status = match error.code {
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        _ => StatusCode::NOT_FOUND,
    };
    (status, Json(error)).into_response()
}

/// How far an import is.
pub(super) async fn progress(
    State(api): State<Api>,
    Query(meant): Query<Meant>,
    headers: HeaderMap,
) -> Response {
    match known(&api, &headers, &meant) {
        Ok(running) => Json(running.progress()).into_response(),
        Err(error) => refused(error),
    }
}

/// Ends an import; its own answer says whether that was in time.
pub(super) async fn end(
    State(api): State<Api>,
    Query(meant): Query<Meant>,
    headers: HeaderMap,
) -> Response {
    match known(&api, &headers, &meant) {
        Ok(running) => {
            running.stop.ask();
            Json(running.progress()).into_response()
        }
        Err(error) => refused(error),
    }
}
