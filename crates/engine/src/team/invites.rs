//! Invites: made, looked at, taken back and used up, once.

use std::net::IpAddr;

use serde::Deserialize;
use stallcast_show::Role;
use stallcast_wire::{
    ErrorCode, INVITE_MINUTES_MAX, INVITES_MOST, InviteLink, InviteMade, InviteView, InvitedView,
    JoinedView, MEMBERS_MOST, TeamAddress, WireError,
};

use super::kept::{KeptMember, hash, secret};
use super::state::Invite;
use super::{Team, names};
use crate::clock::now;
use crate::{phones, private_file};

impl Team {
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
        let mut invite = Invite {
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
            let members = state.kept.members.iter().map(|it| it.name.as_str());
            let invited = state.invites.iter().map(|it| it.view.name.as_str());
            let taken: Vec<&str> = members.chain(invited).collect();
            let is_taken = |name: &str| taken.iter().any(|known| names::same(known, name));
            invite.view.name = names::apart(&invite.view.name, is_taken);
            state.invites.push(invite.clone());
        }
        self.tell();
        let link = |address: TeamAddress| {
            let url = format!("{}/#join={secret}", address.url);
            InviteLink {
                interface: address.interface,
                outside: address.outside,
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

    /// What an invite is for. It stays open. Whoever used it and did not hear so is told as before.
    ///
    /// # Errors
    /// Why it opens nothing.
    pub(crate) fn invited(
        &self,
        offered: &Offered,
        show: &str,
        from: IpAddr,
    ) -> Result<InvitedView, WireError> {
        let mut state = self.lock();
        if let Some(member) = state.unanswered(&offered.secret, &offered.once) {
            return Ok(InvitedView {
                show: show.to_owned(),
                name: member.name.clone(),
                role: member.role,
                needs_yes: member.waiting,
            });
        }
        let invite = state.invite(&offered.secret).map_err(|code| {
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

    /// Uses an invite up. Gives the device's token, and its name where the owner has to say yes first. Asked again by the
    /// same browser because the answer was lost, it gives the same device another token.
    ///
    /// # Errors
    /// Why it opens nothing; [`ErrorCode::TeamFull`]; when the device cannot be written down, and then the invite is
    /// still good.
    pub(crate) async fn join(
        &self,
        offered: Offered,
        device: String,
        from: IpAddr,
    ) -> Result<(JoinedView, Option<String>), WireError> {
        let team = self.clone();
        // Whole, also when the phone is gone meanwhile: a device that is written down is one that joined.
        let joined = tokio::spawn(async move { team.join_whole(&offered, device, from).await });
        joined
            .await
            .map_err(|_| WireError::new(ErrorCode::Internal))?
    }

    async fn join_whole(
        &self,
        offered: &Offered,
        device: String,
        from: IpAddr,
    ) -> Result<(JoinedView, Option<String>), WireError> {
        let _turn = self.inner.turn.lock().await;
        let token = secret()?;
        let at = now().0;
        let (invite, joined, mut next) = {
            let mut state = self.lock();
            let again = state.unanswered(&offered.secret, &offered.once).cloned();
            let invite = match &again {
                Some(_) => None,
                None => Some(state.invite(&offered.secret).map_err(|code| {
                    let now_ms = self.now_ms();
                    state.refuse(code, from, now_ms)
                })?),
            };
            let mut next = state.kept_with_seen();
            let joined = match (again, &invite) {
                (Some(member), _) => KeptMember {
                    hash: hash(&token),
                    ..member
                },
                (None, Some(invite)) => KeptMember {
                    id: format!("{:016x}", rand::random::<u64>()),
                    name: invite.view.name.clone(),
                    role: invite.view.role,
                    device,
                    hash: hash(&token),
                    waiting: invite.view.needs_yes,
                    joined_at: at,
                    seen_at: at,
                },
                (None, None) => return Err(WireError::new(ErrorCode::Internal)),
            };
            next.members.retain(|known| known.id != joined.id);
            if next.members.len() >= MEMBERS_MOST {
                return Err(full(MEMBERS_MOST));
            }
            (invite, joined.clone(), next.with(joined))
        };
        // A turn of its own: nobody else can use the invite meanwhile.
        private_file::write_down(self.inner.file.clone(), &next).await?;
        {
            let mut state = self.lock();
            let is_known = state.kept.members.iter().any(|it| it.id == joined.id);
            // Revoked before they heard that they had joined: out is out.
            if invite.is_none() && !is_known {
                return Err(WireError::new(ErrorCode::InviteUsed));
            }
            next.members.retain(|known| known.id != joined.id);
            state.kept.members.retain(|known| known.id != joined.id);
            state.replace(next);
            state.kept.members.push(joined.clone());
            if let Some(invite) = &invite {
                state.spend(ErrorCode::InviteUsed, |it| it.hash == invite.hash);
                state.used_by(&invite.hash, &joined.id, &offered.once);
            }
        }
        self.tell();
        let waits = joined.waiting.then_some(joined.name);
        Ok((JoinedView { token }, waits))
    }
}

/// What somebody shows who wants to join.
#[derive(Deserialize)]
pub(crate) struct Offered {
    /// The invite's secret.
    pub(crate) secret: String,
    /// What only their browser calls itself; empty = nothing.
    #[serde(default)]
    pub(crate) once: String,
}

fn full(most: usize) -> WireError {
    WireError::new(ErrorCode::TeamFull).with("most", most.to_string())
}
