//! The team: invites that work once, and the devices that joined by them. What is here decides who may come in; the
//! listener they come to is `api/team_door.rs`. Secrets and tokens are kept as hashes alone.

mod crew;
mod invites;
mod kept;
mod names;
mod state;
#[cfg(test)]
mod tests;
mod tries;
mod ways;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stallcast_show::{Actor, Role};
use stallcast_wire::{CrewView, ErrorCode, OutsideView, TeamSettings, TeamView, WireError};
use tokio::sync::watch;

use self::kept::{Kept, KeptMember, hash};
use self::state::{FORGOTTEN_AFTER_MS, Here, State};
use self::tries::Tries;
use self::ways::{addresses, check};
use crate::clock::now;
use crate::private_file;

pub(crate) use invites::Offered;
pub use names::device_of;
pub(crate) use ways::authority;

/// How long switching it may take.
const DONE_WITHIN: Duration = Duration::from_secs(3);

/// The team of a studio. Cheap to clone.
#[derive(Clone)]
pub struct Team {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    /// Whose turn it is to change what is kept, until that is on the disk.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    settings: watch::Sender<TeamSettings>,
    door: watch::Sender<DoorState>,
    outside: watch::Sender<Option<OutsideView>>,
    view: watch::Sender<TeamView>,
    crew: watch::Sender<CrewView>,
    began: Instant,
}

/// What became of the listener.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct DoorState {
    /// Of what this is the state: what was set after that is not done yet.
    pub(crate) of: Option<TeamSettings>,
    /// The port that is listened on.
    pub(crate) port: Option<u16>,
    /// Why none is.
    pub(crate) error: String,
}

/// A page of a device that is connected, until dropped.
pub(crate) struct Presence {
    team: Team,
    member: String,
    over: watch::Receiver<bool>,
}

impl Presence {
    /// Waits until the device has to go.
    pub(crate) async fn over(&mut self) {
        let _ = self.over.wait_for(|over| *over).await;
    }

    /// Whether it has to go.
    pub(crate) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Which device it is.
    pub(crate) fn member(&self) -> &str {
        &self.member
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.team.leave(&self.member);
    }
}

impl Team {
    /// Reads what was kept; listens nowhere yet.
    pub fn open(file: PathBuf) -> Self {
        let (kept, _): (Kept, _) = private_file::read_or_set_aside(&file, now());
        let kept = kept.told_apart();
        let settings = kept.settings.clone();
        let inner = Inner {
            file,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(State {
                kept,
                invites: Vec::new(),
                spent: VecDeque::new(),
                here: BTreeMap::new(),
                tries: Tries::default(),
            }),
            settings: watch::Sender::new(settings),
            door: watch::Sender::default(),
            outside: watch::Sender::default(),
            view: watch::Sender::default(),
            crew: watch::Sender::default(),
            began: Instant::now(),
        };
        let team = Self {
            inner: Arc::new(inner),
        };
        team.tell();
        team
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What the owner is shown, and its changes.
    pub(crate) fn view(&self) -> watch::Receiver<TeamView> {
        self.inner.view.subscribe()
    }

    /// What was set, and its changes.
    pub(crate) fn settings(&self) -> watch::Receiver<TeamSettings> {
        self.inner.settings.subscribe()
    }

    /// Sets where and how the team comes in. When this returns that is so, or the view says why not.
    ///
    /// # Errors
    /// [`ErrorCode::TeamUnusable`] for settings that cannot work; when it cannot be written down.
    pub(crate) async fn set(&self, settings: TeamSettings) -> Result<(), WireError> {
        check(&settings)?;
        let wanted = settings.clone();
        self.keep(move |kept| kept.settings = settings).await?;
        let mut door = self.inner.door.subscribe();
        let done = door.wait_for(|door| {
            // A free port was found, and is kept.
            let of = door.of.clone().map(|of| TeamSettings {
                port: if wanted.port == 0 { 0 } else { of.port },
                // The way in from outside says itself how it is.
                outside: wanted.outside,
                ..of
            });
            of.as_ref() == Some(&wanted)
        });
        let _ = tokio::time::timeout(DONE_WITHIN, done).await;
        Ok(())
    }

    /// Keeps the port that a door without one was given, so that members find the studio again.
    pub(crate) async fn keep_port(&self, port: u16) {
        // Another port than 0 for the same settings is no change that anybody has to follow.
        if let Err(error) = self.keep(move |kept| kept.settings.port = port).await {
            tracing::error!(?error, "the team's port could not be kept");
        }
    }

    /// Tells what became of the listener.
    pub(crate) fn learn_door(&self, door: DoorState) {
        self.inner.door.send_replace(door);
        self.tell();
    }

    /// Tells what became of the way in from outside; `None` = switched off.
    pub(crate) fn learn_outside(&self, outside: Option<OutsideView>) {
        self.inner.outside.send_replace(outside);
        self.tell();
    }

    /// Says yes to a device that waits.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; when it cannot be written down.
    pub(crate) async fn admit(&self, member: &str) -> Result<(), WireError> {
        self.known(member)?;
        let come = member.to_owned();
        self.keep(move |kept| {
            let mut members = kept.members.iter_mut();
            if let Some(known) = members.find(|known| known.id == come) {
                known.waiting = false;
            }
        })
        .await
    }

    /// Ends a device's access at once: it is out before that is written down.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; when it cannot be written down, and then it stays out until the engine's end.
    pub(crate) async fn revoke(&self, member: &str) -> Result<(), WireError> {
        self.known(member)?;
        {
            let mut state = self.lock();
            state.kept.members.retain(|known| known.id != member);
            if let Some(here) = state.here.get(member) {
                here.over.send_replace(true);
            }
        }
        self.tell();
        let gone = member.to_owned();
        self.keep(move |kept| kept.members.retain(|known| known.id != gone))
            .await
    }

    /// Sends everybody away, who may come again.
    pub(crate) fn send_away(&self) {
        for here in self.lock().here.values() {
            here.over.send_replace(true);
        }
    }

    /// Who stands behind a token, for one request.
    ///
    /// # Errors
    /// [`ErrorCode::AccessEnded`], [`ErrorCode::AwaitsYes`], [`ErrorCode::TooManyTries`].
    pub(crate) fn actor(&self, token: &str, from: IpAddr) -> Result<Actor, WireError> {
        self.member(token, from).map(|member| actor(&member))
    }

    /// Counts a page of the device behind a token.
    ///
    /// # Errors
    /// As [`Team::actor`].
    pub(crate) fn enter(&self, token: &str, from: IpAddr) -> Result<(Actor, Presence), WireError> {
        let member = self.member(token, from)?;
        let over = {
            let mut state = self.lock();
            // Revoked between the two looks.
            if !state.kept.members.iter().any(|known| known.id == member.id) {
                return Err(WireError::new(ErrorCode::AccessEnded));
            }
            let new = || Here {
                pages: 0,
                seen_at: now().0,
                over: watch::Sender::new(false),
            };
            let here = state.here.entry(member.id.clone()).or_insert_with(new);
            // Those that were sent away are on their way out; this one comes anew.
            if *here.over.borrow() {
                here.over = watch::Sender::new(false);
            }
            here.pages += 1;
            here.seen_at = now().0;
            here.over.subscribe()
        };
        self.tell();
        let presence = Presence {
            team: self.clone(),
            member: member.id.clone(),
            over,
        };
        Ok((actor(&member), presence))
    }

    /// What time changes: invites end, devices are forgotten, addresses come and go.
    pub(crate) async fn look_at_clock(&self) {
        let at = now().0;
        let (forgets, seen) = {
            let mut state = self.lock();
            state.prune(at);
            let forgets = state.forgotten(at);
            (!forgets.is_empty(), state.is_seen_unwritten())
        };
        if forgets || seen {
            let forget = move |kept: &mut Kept| {
                let is_known = |member: &KeptMember| at - member.seen_at < FORGOTTEN_AFTER_MS;
                kept.members.retain(is_known);
            };
            if let Err(error) = self.keep(forget).await {
                tracing::warn!(?error, "when members were last there could not be kept");
            }
        }
        self.tell();
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.inner.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn member(&self, token: &str, from: IpAddr) -> Result<KeptMember, WireError> {
        let mut state = self.lock();
        let offered = hash(token);
        let mut members = state.kept.members.iter();
        let known = members.find(|it| it.hash == offered);
        // Here, too: after a start the clock is looked at only a while later.
        let known = known.filter(|it| !state.is_forgotten(it, now().0));
        match known.cloned() {
            Some(member) if member.waiting => Err(WireError::new(ErrorCode::AwaitsYes).retryable()),
            Some(member) => Ok(member),
            None => {
                let now_ms = self.now_ms();
                Err(state.refuse(ErrorCode::AccessEnded, from, now_ms))
            }
        }
    }

    fn known(&self, member: &str) -> Result<(), WireError> {
        let state = self.lock();
        let is_known = state.kept.members.iter().any(|known| known.id == member);
        is_known
            .then_some(())
            .ok_or_else(|| WireError::new(ErrorCode::NotFound))
    }

    fn leave(&self, member: &str) {
        {
            let mut state = self.lock();
            let is_known = state.kept.members.iter().any(|known| known.id == member);
            if let Some(here) = state.here.get_mut(member) {
                here.pages = here.pages.saturating_sub(1);
                here.seen_at = now().0;
                if here.pages == 0 && !is_known {
                    state.here.remove(member);
                }
            }
        }
        self.tell();
    }

    /// Changes what is kept, once that is on the disk. It goes on when whoever asked is gone: what is half written must not
    /// be written over by the next.
    async fn keep(&self, change: impl FnOnce(&mut Kept) + Send + 'static) -> Result<(), WireError> {
        let team = self.clone();
        let kept = tokio::spawn(async move { team.keep_whole(change).await });
        kept.await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    async fn keep_whole(&self, change: impl FnOnce(&mut Kept)) -> Result<(), WireError> {
        let _turn = self.inner.turn.lock().await;
        let mut next = self.lock().kept_with_seen();
        change(&mut next);
        private_file::write_down(self.inner.file.clone(), &next).await?;
        let settings = next.settings.clone();
        self.lock().replace(next);
        self.inner.settings.send_if_modified(|now| {
            let changed = *now != settings;
            *now = settings;
            changed
        });
        self.tell();
        Ok(())
    }

    /// Shows the owner how it is.
    fn tell(&self) {
        let door = self.inner.door.borrow().clone();
        let outside = self.inner.outside.borrow().clone();
        let view = {
            let state = self.lock();
            let settings = state.kept.settings.clone();
            let members = state.kept.members.iter().map(|member| {
                let here = state.here.get(&member.id);
                member.view(here.map_or(0, |here| here.pages), here.map(|it| it.seen_at))
            });
            TeamView {
                port: door.port,
                error: door.error,
                secure: !settings.certificate.is_empty(),
                addresses: addresses(&settings, door.port, outside.as_ref()),
                outside: outside.map(Box::new),
                invites: state.invites.iter().map(|it| it.view.clone()).collect(),
                members: members.collect(),
                settings,
            }
        };
        self.tell_crew(&view);
        self.inner.view.send_if_modified(|now| {
            let changed = *now != view;
            *now = view;
            changed
        });
    }
}

fn actor(member: &KeptMember) -> Actor {
    Actor {
        name: member.name.clone(),
        // Whatever the file says: the owner's rights are not given away here.
        role: member.role.min(Role::Lead),
    }
}
