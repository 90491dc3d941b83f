//! The team: who was invited, who joined from which device, and where their pages find the studio.

use serde::{Deserialize, Serialize};
use stallcast_show::Role;
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;
use crate::RunState;

/// Sessions of devices at most.
pub const MEMBERS_MOST: usize = 100;
/// Open invites at most.
pub const INVITES_MOST: usize = 50;
/// Letters of a member's name at most.
pub const MEMBER_NAME_MAX: usize = 40;
/// Minutes an invite may last at most: a day.
pub const INVITE_MINUTES_MAX: u32 = 24 * 60;

/// Where and how the team comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TeamSettings {
    /// Whether it may.
    pub on: bool,
    /// Address of this machine that is listened on; `0.0.0.0` = all of them.
    pub bind: String,
    /// Port; 0 = any free one, which is kept from then on.
    pub port: u16,
    /// `https://` address of a tunnel or of the certificate's name that leads here; empty = none.
    pub address: String,
    /// Path of a certificate (PEM, with its chain) on the engine's machine; empty = plain HTTP.
    pub certificate: String,
    /// Path of its private key (PEM).
    pub private_key: String,
    /// Whether it may come in from outside the network, too, through the relay that is set up.
    pub outside: bool,
}

impl Default for TeamSettings {
    fn default() -> Self {
        Self {
            on: false,
            bind: "0.0.0.0".into(),
            port: 0,
            address: String::new(),
            certificate: String::new(),
            private_key: String::new(),
            outside: false,
        }
    }
}

/// What the owner is shown of the team; a topic of the owner's pages alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamView {
    /// What was set.
    pub settings: TeamSettings,
    /// Port that is listened on; `None` = nobody can come in.
    pub port: Option<u16>,
    /// Why nobody can although it is on: `port_in_use`, `team_bind` (no address of this machine), `team_certificate`
    /// (certificate or key cannot be read or do not belong together), or what the system says; empty = they can.
    pub error: String,
    /// Whether it is encrypted up to this machine.
    pub secure: bool,
    /// The way in from outside; `None` = switched off.
    pub outside: Option<Box<OutsideView>>,
    /// Where pages find the studio, the likeliest first.
    pub addresses: Vec<TeamAddress>,
    /// Open invites, oldest first.
    pub invites: Vec<InviteView>,
    /// Devices that joined, oldest first.
    pub members: Vec<MemberView>,
}

/// The team's way in from outside, through the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OutsideView {
    /// State of the connection to the relay; stopped = none is set up, or it cannot be one.
    pub run: RunState,
    /// Code of the last error, empty when there is none: those of a chat connection.
    pub error: String,
    /// Address of the team's page at the relay, without the slash behind it; empty when there is none.
    pub page: String,
}

/// Who works on the chat: members who may, without what is the owner's alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CrewView {
    /// Members, oldest first.
    pub members: Vec<CrewMember>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CrewMember {
    /// Their name, unique in the team.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Whether a page of theirs is connected.
    pub here: bool,
}

/// One way to the studio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamAddress {
    /// Interface it belongs to; empty for the address that was set, and for the relay's.
    pub interface: String,
    /// Address with scheme and port.
    pub url: String,
    /// Whether it is the relay's, which phones reach from anywhere.
    pub outside: bool,
}

/// An invite that nobody has used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InviteView {
    /// Id; the secret is another.
    pub id: String,
    /// Who is meant.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Whether the owner has to say yes once it is used.
    pub needs_yes: bool,
    /// When it ends, ms since 1970 UTC.
    pub expires_at: i64,
}

/// A device of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MemberView {
    /// Id.
    pub id: String,
    /// Who it is.
    pub name: String,
    /// As what.
    pub role: Role,
    /// What the browser says of itself, in a few words.
    pub device: String,
    /// Whether it waits for the owner's yes.
    pub waiting: bool,
    /// Pages of it that are connected.
    pub online: u32,
    /// When it joined, ms since 1970 UTC.
    pub joined_at: i64,
    /// When it was last there, ms since 1970 UTC.
    pub seen_at: i64,
}

/// Answer to [`Request::Invite`]. The links are told once: only a hash of their secret is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InviteMade {
    /// The invite.
    pub invite: InviteView,
    /// One for each way to the studio, the likeliest first.
    pub links: Vec<InviteLink>,
}

/// An invite's link by one way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InviteLink {
    /// Interface it goes by; empty for the address that was set, and for the relay's.
    pub interface: String,
    /// Whether it goes over the relay, from anywhere.
    pub outside: bool,
    /// The link, with the secret in its fragment.
    pub url: String,
    /// The link as a QR code: rows from the top, `1` for a dark square.
    pub qr: Vec<String>,
}

impl std::fmt::Debug for InviteMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteMade")
            .field("invite", &self.invite)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteLink").finish_non_exhaustive()
    }
}

/// Answer of `POST /api/team/invite`: what an invite is for. It stays open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InvitedView {
    /// The show that is invited to.
    pub show: String,
    /// Who is meant.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Whether the owner has to say yes first.
    pub needs_yes: bool,
}

/// Answer of `POST /api/team/join`: the device's session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JoinedView {
    /// Token of the session; told once.
    pub token: String,
}

impl std::fmt::Debug for JoinedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinedView").finish_non_exhaustive()
    }
}
