//! What is known of the team at the moment: open invites and those that are over, who is there, and what is kept.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use stallcast_wire::{ErrorCode, InviteView, WireError};
use tokio::sync::watch;

use super::kept::{Kept, KeptMember, hash};
use super::tries::Tries;
use crate::clock::now;

/// Invites that are over are remembered so long as this many, so that whoever comes with one hears why not.
const SPENT_MOST: usize = 200;
/// A device that was not there for so long has to be invited again: 30 days.
pub(super) const FORGOTTEN_AFTER_MS: i64 = 30 * 24 * 3_600_000;
/// When a device was last there is written down at most so often; the file is small, the disk may be slow.
const WRITE_SEEN_EVERY_MS: i64 = 60_000;

/// What a browser calls itself has at least so many letters, or it is no name that only it knows.
const ONCE_LEAST: usize = 16;

/// What is known now.
pub(super) struct State {
    pub(super) kept: Kept,
    pub(super) invites: Vec<Invite>,
    pub(super) spent: VecDeque<Spent>,
    pub(super) here: BTreeMap<String, Here>,
    pub(super) tries: Tries,
}

/// An invite that nobody has used yet.
#[derive(Clone)]
pub(super) struct Invite {
    pub(super) view: InviteView,
    pub(super) hash: String,
}

/// An invite that is over.
pub(super) struct Spent {
    hash: String,
    why: ErrorCode,
    /// The member who used it, and the hash of what their browser called itself then.
    used_by: Option<(String, String)>,
}

/// Pages of a device that are connected.
pub(super) struct Here {
    pub(super) pages: u32,
    pub(super) seen_at: i64,
    pub(super) over: watch::Sender<bool>,
}

impl State {
    /// The open invite of a secret, or why there is none.
    pub(super) fn invite(&mut self, secret: &str) -> Result<Invite, ErrorCode> {
        self.prune(now().0);
        let offered = hash(secret);
        let found = self.invites.iter().find(|invite| invite.hash == offered);
        found.cloned().ok_or_else(|| {
            let mut spent = self.spent.iter();
            let why = spent.find(|it| it.hash == offered);
            why.map_or(ErrorCode::InviteUnknown, |it| it.why)
        })
    }

    /// Remembers who used an invite.
    pub(super) fn used_by(&mut self, invite: &str, member: &str, once: &str) {
        let spent = self.spent.iter_mut().find(|it| it.hash == invite);
        if let Some(spent) = spent.filter(|_| once.len() >= ONCE_LEAST) {
            spent.used_by = Some((member.to_owned(), hash(once)));
        }
    }

    /// The member who used this invite from this very browser and never came in: the answer did not reach them.
    pub(super) fn unanswered(&self, secret: &str, once: &str) -> Option<&KeptMember> {
        let (offered, by) = (hash(secret), hash(once));
        let spent = self.spent.iter().find(|it| it.hash == offered)?;
        let (member, _) = spent.used_by.as_ref().filter(|(_, known)| *known == by)?;
        let mut members = self.kept.members.iter();
        members.find(|known| known.id == *member && !self.here.contains_key(member))
    }

    /// Counts a wrong secret. They cannot be guessed; what is bounded is what guessing costs the studio. Whoever has a
    /// right one is never kept out by a neighbour's guesses.
    pub(super) fn refuse(&mut self, code: ErrorCode, from: IpAddr, now_ms: u64) -> WireError {
        if self.tries.wrong(from, now_ms) {
            WireError::new(code)
        } else {
            WireError::new(ErrorCode::TooManyTries).retryable()
        }
    }

    pub(super) fn prune(&mut self, at: i64) {
        self.spend(ErrorCode::InviteExpired, |it| it.view.expires_at <= at);
    }

    /// Ends invites, and remembers why.
    pub(super) fn spend(&mut self, why: ErrorCode, is_it: impl Fn(&Invite) -> bool) {
        for invite in self.invites.iter().filter(|invite| is_it(invite)) {
            if self.spent.len() >= SPENT_MOST {
                self.spent.pop_front();
            }
            self.spent.push_back(Spent {
                hash: invite.hash.clone(),
                why,
                used_by: None,
            });
        }
        self.invites.retain(|invite| !is_it(invite));
    }

    /// Takes what was written down, without those who were revoked meanwhile: out is out.
    pub(super) fn replace(&mut self, mut next: Kept) {
        let before = std::mem::take(&mut self.kept);
        let is_in = |member: &KeptMember| before.members.iter().any(|it| it.id == member.id);
        next.members.retain(is_in);
        self.kept = next;
    }

    pub(super) fn kept_with_seen(&self) -> Kept {
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

    pub(super) fn is_seen_unwritten(&self) -> bool {
        let members = self.kept_with_seen().members;
        let mut both = members.iter().zip(&self.kept.members);
        both.any(|(now, written)| now.seen_at - written.seen_at > WRITE_SEEN_EVERY_MS)
    }

    pub(super) fn forgotten(&self, at: i64) -> Vec<String> {
        let members = self.kept.members.iter();
        let gone = members.filter(|member| self.is_forgotten(member, at));
        gone.map(|member| member.id.clone()).collect()
    }

    /// Whether a device was away for so long that it has to be invited again.
    pub(super) fn is_forgotten(&self, member: &KeptMember, at: i64) -> bool {
        let seen_at = match self.here.get(&member.id) {
            Some(here) if here.pages > 0 => at,
            Some(here) => here.seen_at.max(member.seen_at),
            None => member.seen_at,
        };
        at - seen_at >= FORGOTTEN_AFTER_MS
    }
}
