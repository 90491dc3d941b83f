//! Owns a user access token that renews itself by OAuth 2's refresh (RFC 6749, section 6): in good time before it runs out, and
//! when a platform refuses it. What comes is written down before it is used, because a platform may take a refresh token only
//! once; who is killed between the answer and that has the token of before, which Kick takes again since November 2025. Whoever
//! reads a chat without the token goes on reading whatever becomes of it.

mod exchange;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{Instant, sleep_until, timeout};

use self::exchange::{Granted, Refusal};
use crate::connector::{ChatErrorCode, End};
use crate::http::{Ask, Heard};
use crate::outlet::Health;
use crate::secret::Secret;

/// Least time between two questions to the token's server, so that presses of people do not hammer it.
const PAUSE: Duration = Duration::from_secs(5);
/// Waits after one failure, two, three, and any more.
const WAITS: [Duration; 4] = [
    PAUSE,
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];
/// The longest wait for whoever wants something done now; the line may be back.
const PRESSED: Duration = Duration::from_secs(60);
/// How long a renewed token waits to be written down before it is used: a locked keychain may ask a person.
const KEEP_WITHIN: Duration = Duration::from_secs(5);
/// A token that was renewed so lately and is refused would be refused again: what it lacks is a right.
const FRESH: Duration = Duration::from_secs(60);
/// How long until what could not be written down is tried again; a locked keychain may ask a person each time.
const KEEP_AGAIN: Duration = Duration::from_secs(600);
/// How long the end of a source waits for a renewal that is under way.
const LAST_ONE: Duration = Duration::from_secs(3);

/// What renews a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Address of the platform's token endpoint.
    pub server: String,
    /// The application that the token was given to.
    pub client_id: String,
    /// Its secret; empty for an application that has none.
    pub client_secret: Secret,
    /// The refresh token.
    pub refresh: Secret,
    /// Where a renewed login is written down.
    pub keeper: LoginKeeper,
}

/// A login that was renewed.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The refresh token that is written down now: what has another one is not this login any more.
    pub replaces: Secret,
    /// The access token.
    pub access: Secret,
    /// The refresh token.
    pub refresh: Secret,
}

type Keep = dyn Fn(NewLogin) -> BoxFuture<'static, bool> + Send + Sync;

/// Writes a renewed login down: both tokens or none. The answer is whether that is done, or nobody wants it any more.
#[derive(Clone)]
pub struct LoginKeeper(Arc<Keep>);

impl LoginKeeper {
    /// One that does it by `keep`. What is begun must come to its end, also when nobody waits for it.
    pub fn new(
        keep: impl Fn(NewLogin) -> BoxFuture<'static, bool> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(keep))
    }

    /// Writes it down.
    pub async fn keep(&self, login: NewLogin) -> bool {
        (self.0)(login).await
    }
}

impl Default for LoginKeeper {
    /// Keeps nothing, and says so.
    fn default() -> Self {
        Self::new(|_| Box::pin(async { false }))
    }
}

impl PartialEq for LoginKeeper {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for LoginKeeper {}

/// A token and what renews it, shared by all who ask the platform.
pub(crate) struct Login {
    renewal: Option<Renewal>,
    state: Mutex<State>,
    /// Held by the one renewal that is under way.
    turn: Arc<Turn<()>>,
    changed: Notify,
}

struct State {
    access: Secret,
    refresh: Secret,
    /// The refresh token that is written down.
    written: Secret,
    /// How many tokens there were before this one.
    number: u64,
    /// The access token is missing or was refused.
    spent: bool,
    /// When it is renewed without being asked; `None` = when it is refused.
    renew_at: Option<Instant>,
    /// When it is written down, as that did not go before.
    keep_at: Option<Instant>,
    /// When the server was asked last.
    asked: Option<Instant>,
    /// When this access token came.
    renewed: Option<Instant>,
    /// How many renewals failed one after the other.
    failed: usize,
    /// What became of the last one.
    trouble: Option<ChatErrorCode>,
}

/// A token that is used for one request.
struct Taken {
    access: Secret,
    number: u64,
}

impl Login {
    pub(crate) fn new(access: Secret, renewal: Option<Renewal>) -> Arc<Self> {
        let refresh = renewal.as_ref().map(|renewal| renewal.refresh.clone());
        let refresh = refresh.unwrap_or_default();
        let spent = access.is_empty();
        Arc::new(Self {
            state: Mutex::new(State {
                access,
                written: refresh.clone(),
                refresh,
                number: 0,
                spent,
                // One that was typed in runs out nobody knows when: it is used until it is refused.
                renew_at: (spent && renewal.is_some()).then(Instant::now),
                keep_at: None,
                asked: None,
                renewed: None,
                failed: 0,
                trouble: None,
            }),
            renewal,
            turn: Arc::default(),
            changed: Notify::new(),
        })
    }

    /// Whether there is a token, or a way to one.
    pub(crate) fn is_there(&self) -> bool {
        self.renewal.is_some() || !self.state().access.is_empty()
    }

    /// Sends what `asked` makes of the token, and once more with another token when the answer is that this one is
    /// `refused`: then nothing was done.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        asked: impl Fn(&str) -> Result<Ask, End>,
        refused: impl Fn(&Heard) -> bool,
    ) -> Result<Heard, End> {
        let token = self.token().await?;
        let heard = asked(token.access.reveal())?.send().await?;
        if !refused(&heard) {
            return Ok(heard);
        }
        match self.instead_of(&token).await? {
            Some(token) => asked(token.access.reveal())?.send().await,
            None => Ok(heard),
        }
    }

    /// Renews the token in time and says how it is, for as long as it is polled.
    pub(crate) async fn tend(self: &Arc<Self>, health: &Health) -> Infallible {
        let mut told = None;
        loop {
            let (trouble, renew_at, keep_at, number) = {
                let state = self.state();
                let unkept = state.keep_at.map(|_| ChatErrorCode::TokenUnkept);
                let trouble = state.trouble.or(unkept);
                (trouble, state.renew_at, state.keep_at, state.number)
            };
            if trouble != told {
                match trouble {
                    Some(code) => health.trouble(code),
                    None => health.mended(),
                }
                told = trouble;
            }
            tokio::select! {
                // Remembered when it comes while nobody waits.
                () = self.changed.notified() => {}
                () = until(renew_at) => {
                    // What became of it is in the state.
                    let _ = self.renew(number).await;
                }
                () = until(keep_at) => self.keep_again().await,
            }
        }
    }

    /// Waits for a renewal that is under way, bounded: its answer is not to be lost.
    pub(crate) async fn settle(&self) {
        if timeout(LAST_ONE, self.turn.lock()).await.is_err() {
            tracing::warn!("a login was still being renewed");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token to use now; asked for first when there is none.
    async fn token(self: &Arc<Self>) -> Result<Taken, End> {
        let number = {
            let state = self.state();
            if !state.spent || self.renewal.is_none() {
                return Ok(state.taken());
            }
            state.number
        };
        self.renew(number).await
    }

    /// Another one than this, which was refused; `None` when there is no other.
    async fn instead_of(self: &Arc<Self>, refused: &Taken) -> Result<Option<Taken>, End> {
        if self.renewal.is_none() {
            return Ok(None);
        }
        {
            let mut state = self.state();
            if state.number == refused.number {
                if state.renewed.is_some_and(|at| at.elapsed() < FRESH) {
                    return Ok(None);
                }
                state.spent = true;
            }
        }
        self.renew(refused.number).await.map(Some)
    }

    /// The token after the one of this number.
    async fn renew(self: &Arc<Self>, number: u64) -> Result<Taken, End> {
        let Some(renewal) = self.renewal.clone() else {
            return Err(End::Hopeless(ChatErrorCode::TokenRefused));
        };
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let refresh = {
            let mut state = self.state();
            if state.number != number {
                return Ok(state.taken());
            }
            if let Some(code) = state.trouble.filter(is_final) {
                return Err(End::Hopeless(code));
            }
            if let Some(again) = state.asked.map(|at| at + state.pause())
                && Instant::now() < again
            {
                state.renew_at = state.renew_at.map(|at| at.max(again));
                return Err(End::Lost(ChatErrorCode::RenewalFailed));
            }
            state.asked = Some(Instant::now());
            state.refresh.clone()
        };
        let me = Arc::clone(self);
        // On its own: whoever waits may give up, and what the server answers has to be kept all the same.
        let renewing = tokio::spawn(async move {
            let _turn = turn;
            match exchange::ask(&renewal, &refresh).await {
                Ok(granted) => Ok(me.take(&renewal, granted).await),
                Err(refusal) => Err(me.refuse(refusal)),
            }
        });
        let lost = Err(End::Lost(ChatErrorCode::RenewalFailed));
        renewing.await.unwrap_or(lost)
    }

    /// Writes down what came, then uses it.
    async fn take(&self, renewal: &Renewal, granted: Granted) -> Taken {
        let login = {
            let state = self.state();
            NewLogin {
                replaces: state.written.clone(),
                access: granted.access,
                // A server that gives none goes on with the one it has.
                refresh: granted.refresh.unwrap_or_else(|| state.refresh.clone()),
            }
        };
        let keeping = timeout(KEEP_WITHIN, renewal.keeper.keep(login.clone()));
        let kept = keeping.await.unwrap_or(false);
        tracing::info!(kept, "a login was renewed");
        let now = Instant::now();
        let mut state = self.state();
        state.access = login.access;
        state.refresh = login.refresh;
        state.number += 1;
        state.spent = false;
        state.failed = 0;
        state.trouble = None;
        state.renewed = Some(now);
        // A twelfth before its end: ten minutes of two hours.
        let due = |lasts: Duration| now.checked_add((lasts - lasts / 12).max(FRESH));
        state.renew_at = granted.lasts.and_then(due);
        state.note_kept(kept);
        let taken = state.taken();
        drop(state);
        self.changed.notify_one();
        taken
    }

    fn refuse(&self, refusal: Refusal) -> End {
        let mut state = self.state();
        let end = match refusal {
            Refusal::Never(code) => {
                tracing::warn!(%code, "a login is not renewed any more");
                state.trouble = Some(code);
                state.renew_at = None;
                End::Hopeless(code)
            }
            Refusal::NotNow(end) => {
                let wait = WAITS.get(state.failed).or(WAITS.last());
                let wait = wait.copied().unwrap_or(PAUSE);
                tracing::info!(?end, ?wait, "a login could not be renewed");
                state.failed += 1;
                state.trouble = Some(ChatErrorCode::RenewalFailed);
                state.renew_at = Some(Instant::now() + wait);
                End::Lost(ChatErrorCode::RenewalFailed)
            }
        };
        drop(state);
        self.changed.notify_one();
        end
    }

    /// Writes down what could not be written down before.
    async fn keep_again(self: &Arc<Self>) {
        let Some(renewal) = self.renewal.clone() else {
            return;
        };
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let login = {
            let state = self.state();
            if state.keep_at.is_none() {
                return;
            }
            NewLogin {
                replaces: state.written.clone(),
                access: state.access.clone(),
                refresh: state.refresh.clone(),
            }
        };
        let me = Arc::clone(self);
        let keeping = tokio::spawn(async move {
            let _turn = turn;
            let kept = renewal.keeper.keep(login).await;
            me.state().note_kept(kept);
        });
        // Fails with its runtime only.
        let _ = keeping.await;
    }
}

impl State {
    fn taken(&self) -> Taken {
        Taken {
            access: self.access.clone(),
            number: self.number,
        }
    }

    /// Least time from one question to the server to the next: whoever asks, a server that failed is asked less and less.
    fn pause(&self) -> Duration {
        let failed = self.failed.checked_sub(1);
        let wait = failed.and_then(|failed| WAITS.get(failed).or(WAITS.last()));
        wait.copied().unwrap_or(PAUSE).min(PRESSED)
    }

    fn note_kept(&mut self, kept: bool) {
        if kept {
            self.written = self.refresh.clone();
        }
        self.keep_at = (!kept).then(|| Instant::now() + KEEP_AGAIN);
    }
}

/// Whether only a new login helps.
fn is_final(code: &ChatErrorCode) -> bool {
    matches!(
        code,
        ChatErrorCode::RenewalRefused | ChatErrorCode::AppRefused
    )
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
