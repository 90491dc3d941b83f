//! The team: invites that work once, and the devices that joined by them. What is here decides who may come in; the
//! listener they come to is `api/team_door.rs`. Secrets and tokens are kept as hashes alone.

mod kept;
mod names;
#[cfg(test)]
mod tests;
mod tries;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stallcast_show::{Actor, Role};
use stallcast_wire::{
    ErrorCode, INVITE_MINUTES_MAX, INVITES_MOST, InviteLink, InviteMade, InviteView, InvitedView,
    JoinedView, MEMBERS_MOST, TeamAddress, TeamSettings, TeamView, WireError,
};
use tokio::sync::watch;

use self::kept::{Kept, KeptMember, hash, secret};
use self::tries::Tries;
use crate::clock::now;
use crate::phones;
use crate::private_file;

pub use names::device_of;

/// How long switching it may take.
const DONE_WITHIN: Duration = Duration::from_secs(3);
/// Invites that are over are remembered so long as this many, so that whoever comes with one hears why not.
const SPENT_MOST: usize = 200;
/// A device that was not there for so long has to be invited again: 30 days.
const FORGOTTEN_AFTER_MS: i64 = 30 * 24 * 3_600_000;
/// When a device was last there is written down at most so often; the file is small, the disk may be slow.
const WRITE_SEEN_EVERY_MS: i64 = 60_000;

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
    view: watch::Sender<TeamView>,
    began: Instant,
}

struct State {
    kept: Kept,
    invites: Vec<Invite>,
    spent: VecDeque<(String, ErrorCode)>,
    here: BTreeMap<String, Here>,
    tries: Tries,
}

#[derive(Clone)]
struct Invite {
    view: InviteView,
    hash: String,
}

/// Pages of a device that are connected.
struct Here {
    pages: u32,
    seen_at: i64,
    over: watch::Sender<bool>,
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
            view: watch::Sender::default(),
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
        self.keep(|kept| kept.settings = settings).await?;
        let mut door = self.inner.door.subscribe();
        let done = door.wait_for(|door| {
            // A free port was found, and is kept.
            let of = door.of.clone().map(|of| TeamSettings {
                port: if wanted.port == 0 { 0 } else { of.port },
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
        if let Err(error) = self.keep(|kept| kept.settings.port = port).await {
            tracing::error!(?error, "the team's port could not be kept");
        }
    }

    /// Tells what became of the listener.
    pub(crate) fn learn_door(&self, door: DoorState) {
        self.inner.door.send_replace(door);
        self.tell();
    }

    /// Invites somebody.
    ///
    /// # Errors
    /// [`ErrorCode::NameUnusable`], [`ErrorCode::TeamFull`], [`ErrorCode::Malformed`] for a role or time that none has,
    /// [`ErrorCode::TeamUnusable`] while nobody could come.
    pub(crate) fn invite(
        &self,
        name: &str,
        role: Role,
        needs_yes: bool,
        minutes: u32,
    ) -> Result<InviteMade, WireError> {
        let name = names::usable(name).ok_or_else(|| WireError::new(ErrorCode::NameUnusable))?;
        if role == Role::Owner || !(1..=INVITE_MINUTES_MAX).contains(&minutes) {
            return Err(WireError::new(ErrorCode::Malformed).with("cause", "role, minutes"));
        }
        let addresses = self.inner.view.borrow().addresses.clone();
        if addresses.is_empty() {
            return Err(WireError::new(ErrorCode::TeamUnusable).with("cause", "team_off"));
        }
        let at = now().0;
        let secret = secret()?;
        let invite = Invite {
            view: InviteView {
                id: format!("{:016x}", rand::random::<u64>()),
                name,
                role,
                needs_yes,
                expires_at: at + i64::from(minutes) * 60_000,
            },
            hash: hash(&secret),
        };
        {
            let mut state = self.lock();
            state.prune(at);
            if state.invites.len() >= INVITES_MOST {
                return Err(full(INVITES_MOST));
            }
            state.invites.push(invite.clone());
        }
        self.tell();
        let link = |address: TeamAddress| {
            let url = format!("{}/#join={secret}", address.url);
            InviteLink {
                interface: address.interface,
                qr: phones::qr_rows(&url),
                url,
            }
        };
        Ok(InviteMade {
            invite: invite.view,
            links: addresses.into_iter().map(link).collect(),
        })
    }

    /// Takes an invite back; one that is not there any more is no error.
    pub(crate) fn withdraw(&self, invite: &str) {
        self.lock()
            .spend(ErrorCode::InviteUnknown, |it| it.view.id == invite);
        self.tell();
    }

    /// What an invite is for. It stays open.
    ///
    /// # Errors
    /// Why it opens nothing.
    pub(crate) fn invited(
        &self,
        secret: &str,
        show: &str,
        from: IpAddr,
    ) -> Result<InvitedView, WireError> {
        let mut state = self.lock();
        let invite = state.invite(secret).map_err(|code| {
            let now_ms = self.now_ms();
            state.refuse(code, from, now_ms)
        })?;
        Ok(InvitedView {
            show: show.to_owned(),
            name: invite.view.name,
            role: invite.view.role,
            needs_yes: invite.view.needs_yes,
        })
    }

    /// Uses an invite up. Gives the device's token, and its name where the owner has to say yes first.
    ///
    /// # Errors
    /// Why it opens nothing; [`ErrorCode::TeamFull`]; when the device cannot be written down, and then the invite is
    /// still good.
    pub(crate) async fn join(
        &self,
        offered: &str,
        device: String,
        from: IpAddr,
    ) -> Result<(JoinedView, Option<String>), WireError> {
        let _turn = self.inner.turn.lock().await;
        let token = secret()?;
        let at = now().0;
        let (invite, mut next) = {
            let mut state = self.lock();
            let invite = state.invite(offered).map_err(|code| {
                let now_ms = self.now_ms();
                state.refuse(code, from, now_ms)
            })?;
            let mut next = state.kept_with_seen();
            if next.members.len() >= MEMBERS_MOST {
                return Err(full(MEMBERS_MOST));
            }
            next.members.push(KeptMember {
                id: format!("{:016x}", rand::random::<u64>()),
                name: invite.view.name.clone(),
                role: invite.view.role,
                device,
                hash: hash(&token),
                waiting: invite.view.needs_yes,
                joined_at: at,
                seen_at: at,
            });
            (invite, next)
        };
        // A turn of its own: nobody else can use the invite meanwhile.
        private_file::write_down(self.inner.file.clone(), &next).await?;
        {
            let mut state = self.lock();
            let joined = next.members.pop();
            state.replace(next);
            state.kept.members.extend(joined);
            state.spend(ErrorCode::InviteUsed, |it| it.hash == invite.hash);
        }
        self.tell();
        let waits = invite.view.needs_yes.then_some(invite.view.name);
        Ok((JoinedView { token }, waits))
    }

    /// Says yes to a device that waits.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; when it cannot be written down.
    pub(crate) async fn admit(&self, member: &str) -> Result<(), WireError> {
        self.known(member)?;
        self.keep(|kept| {
            let mut members = kept.members.iter_mut();
            if let Some(known) = members.find(|known| known.id == member) {
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
            let forget = |kept: &mut Kept| {
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
        let known = state.kept.members.iter().find(|it| it.hash == offered);
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

    /// Changes what is kept, once that is on the disk.
    async fn keep(&self, change: impl FnOnce(&mut Kept)) -> Result<(), WireError> {
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
                addresses: addresses(&settings, door.port),
                invites: state.invites.iter().map(|it| it.view.clone()).collect(),
                members: members.collect(),
                settings,
            }
        };
        self.inner.view.send_if_modified(|now| {
            let changed = *now != view;
            *now = view;
            changed
        });
    }
}

impl State {
    /// The open invite of a secret, or why there is none.
    fn invite(&mut self, secret: &str) -> Result<Invite, ErrorCode> {
        self.prune(now().0);
        let offered = hash(secret);
        let found = self.invites.iter().find(|invite| invite.hash == offered);
        found.cloned().ok_or_else(|| {
            let mut spent = self.spent.iter();
            let why = spent.find(|(hash, _)| *hash == offered);
            why.map_or(ErrorCode::InviteUnknown, |(_, why)| *why)
        })
    }

    /// Counts a wrong secret. They cannot be guessed; what is bounded is what guessing costs the studio. Whoever has a
    /// right one is never kept out by a neighbour's guesses.
    fn refuse(&mut self, code: ErrorCode, from: IpAddr, now_ms: u64) -> WireError {
        if self.tries.wrong(from, now_ms) {
            WireError::new(code)
        } else {
            WireError::new(ErrorCode::TooManyTries).retryable()
        }
    }

    fn prune(&mut self, at: i64) {
        self.spend(ErrorCode::InviteExpired, |it| it.view.expires_at <= at);
    }

    /// Ends invites, and remembers why.
    fn spend(&mut self, why: ErrorCode, is_it: impl Fn(&Invite) -> bool) {
        for invite in self.invites.iter().filter(|invite| is_it(invite)) {
            if self.spent.len() >= SPENT_MOST {
                self.spent.pop_front();
            }
            self.spent.push_back((invite.hash.clone(), why));
        }
        self.invites.retain(|invite| !is_it(invite));
    }

    /// Takes what was written down, without those who were revoked meanwhile: out is out.
    fn replace(&mut self, mut next: Kept) {
        let before = std::mem::take(&mut self.kept);
        let is_in = |member: &KeptMember| before.members.iter().any(|it| it.id == member.id);
        next.members.retain(is_in);
        self.kept = next;
    }

    fn kept_with_seen(&self) -> Kept {
        let mut kept = self.kept.clone();
        for member in &mut kept.members {
            if let Some(here) = self.here.get(&member.id) {
                member.seen_at = member.seen_at.max(here.seen_at);
                if here.pages > 0 {
                    member.seen_at = member.seen_at.max(now().0);
                }
            }
        }
        kept
    }

    fn is_seen_unwritten(&self) -> bool {
        let members = self.kept_with_seen().members;
        let mut both = members.iter().zip(&self.kept.members);
        both.any(|(now, written)| now.seen_at - written.seen_at > WRITE_SEEN_EVERY_MS)
    }

    fn forgotten(&self, at: i64) -> Vec<String> {
        let members = self.kept_with_seen().members.into_iter();
        let gone = members.filter(|member| at - member.seen_at >= FORGOTTEN_AFTER_MS);
        gone.map(|member| member.id).collect()
    }
}

fn actor(member: &KeptMember) -> Actor {
    Actor {
        name: member.name.clone(),
        // Whatever the file says: the owner's rights are not given away here.
        role: member.role.min(Role::Lead),
    }
}

fn full(most: usize) -> WireError {
    WireError::new(ErrorCode::TeamFull).with("most", most.to_string())
}

/// Whether these settings can work at all.
fn check(settings: &TeamSettings) -> Result<(), WireError> {
    let unusable = |cause: &str| WireError::new(ErrorCode::TeamUnusable).with("cause", cause);
    settings
        .bind
        .parse::<IpAddr>()
        .map_err(|_| unusable("team_bind"))?;
    if settings.certificate.is_empty() != settings.private_key.is_empty() {
        return Err(unusable("team_certificate"));
    }
    if !settings.address.is_empty() && authority(&settings.address).is_none() {
        return Err(unusable("team_address"));
    }
    Ok(())
}

/// Host and port, as a browser names them, of an `https://` address without a path.
pub(crate) fn authority(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_plain = url.scheme() == "https"
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().filter(|_| is_plain)?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn addresses(settings: &TeamSettings, port: Option<u16>) -> Vec<TeamAddress> {
    let Some(port) = port else {
        return Vec::new();
    };
    let scheme = if settings.certificate.is_empty() {
        "http"
    } else {
        "https"
    };
    let mut found = Vec::new();
    if let Some(authority) = authority(&settings.address) {
        found.push(TeamAddress {
            interface: String::new(),
            url: format!("https://{authority}"),
        });
    }
    match settings.bind.parse::<IpAddr>() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) | Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
            let own = phones::addresses_of_this_machine().into_iter();
            found.extend(own.map(|(interface, ip)| TeamAddress {
                interface,
                url: format!("{scheme}://{ip}:{port}"),
            }));
        }
        Ok(IpAddr::V4(ip)) => found.push(TeamAddress {
            interface: ip.to_string(),
            url: format!("{scheme}://{ip}:{port}"),
        }),
        Ok(IpAddr::V6(ip)) => found.push(TeamAddress {
            interface: ip.to_string(),
            url: format!("{scheme}://[{ip}]:{port}"),
        }),
        Err(_) => {}
    }
    found
}
