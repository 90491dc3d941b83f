//! Owns the frames between the relay and the studio.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::hook::HookHead;
use crate::{FRAME_BYTES, HEAD_BYTES, Hook, Lane};

/// Bytes that say how long a head is.
const LENGTH: usize = 4;

/// What the relay says to the studio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToStudio {
    /// The key is right; webhooks follow.
    Welcome,
    /// A webhook.
    Hook {
        /// In which row it stands.
        lane: Lane,
        /// Its place there; each is larger than the one before, with gaps where others stood.
        seq: u64,
        /// The webhook.
        hook: Hook,
    },
}

/// What the studio says to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ToRelay {
    /// Everything of this lane up to this place is taken and may be forgotten.
    Taken {
        /// Which lane.
        lane: Lane,
        /// Up to which place.
        seq: u64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
enum Head {
    Welcome,
    Hook {
        lane: Lane,
        seq: u64,
        #[serde(flatten)]
        hook: HookHead,
    },
}

impl ToStudio {
    /// As it goes over the socket.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Welcome => pack(&Head::Welcome, &[]),
            Self::Hook { lane, seq, hook } => {
                let head = Head::Hook {
                    lane: *lane,
                    seq: *seq,
                    hook: hook.head(),
                };
                pack(&head, &hook.body)
            }
        }
    }

    /// Reads it; `None` when it is none.
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, body) = unpack(bytes)?;
        match serde_json::from_slice(&head).ok()? {
            Head::Welcome => Some(Self::Welcome),
            Head::Hook { lane, seq, hook } => {
                let hook = Hook::of(hook, body)?;
                Some(Self::Hook { lane, seq, hook })
            }
        }
    }
}

impl ToRelay {
    /// As it goes over the socket.
    pub fn to_bytes(self) -> Bytes {
        pack(&self, &[])
    }

    /// Reads it; `None` when it is none.
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, body) = unpack(bytes)?;
        let said = serde_json::from_slice(&head).ok()?;
        body.is_empty().then_some(said)
    }
}

/// A head and what stands behind it.
pub(crate) fn pack(head: &impl Serialize, body: &[u8]) -> Bytes {
    // Heads are made of numbers, names and texts: nothing of them cannot be written as JSON.
    let head = serde_json::to_vec(head).unwrap_or_default();
    let mut bytes = BytesMut::with_capacity(LENGTH + head.len() + body.len());
    bytes.put_u32(u32::try_from(head.len()).unwrap_or(u32::MAX));
    bytes.put_slice(&head);
    bytes.put_slice(body);
    bytes.freeze()
}

/// The head and what stands behind it; `None` when the lengths cannot be.
pub(crate) fn unpack(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    if bytes.len() > FRAME_BYTES {
        return None;
    }
    let length = u32::from_be_bytes(*bytes.first_chunk::<LENGTH>()?);
    let length = usize::try_from(length).ok()?;
    let rest = bytes.slice(LENGTH..);
    if length > HEAD_BYTES || length > rest.len() {
        return None;
    }
    Some((rest.slice(..length), rest.slice(length..)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BODY_BYTES, HEADERS_BYTES, Kind};

    fn hook(value: &str, body: Vec<u8>) -> Hook {
        Hook {
            kind: Kind::Kick,
            at: 1_763_700_000_000,
            headers: vec![("kick-event-signature".into(), value.into())],
            body: body.into(),
        }
    }

    #[test]
    fn a_webhook_comes_out_as_it_went_in_whatever_its_body_is() {
        for body in [vec![], vec![0, 255, 10, 13], "多少钱".into()] {
            let hook = hook("a\"\\b", body);
            assert_eq!(Hook::from_bytes(&hook.to_bytes()), Some(hook.clone()));
            let said = ToStudio::Hook {
                lane: Lane::Chat,
                seq: 7,
                hook,
            };
            assert_eq!(ToStudio::from_bytes(&said.to_bytes()), Some(said));
        }
        let taken = ToRelay::Taken {
            lane: Lane::Orders,
            seq: u64::MAX,
        };
        assert_eq!(ToRelay::from_bytes(&taken.to_bytes()), Some(taken));
        let welcome = ToStudio::Welcome;
        assert_eq!(ToStudio::from_bytes(&welcome.to_bytes()), Some(welcome));
    }

    #[test]
    fn the_largest_webhook_passes_and_a_larger_one_does_not() {
        // Characters that JSON writes at their longest.
        let longest = "\u{1}".repeat(HEADERS_BYTES - "kick-event-signature".len());
        let largest = hook(&longest, vec![1; BODY_BYTES]);
        assert_eq!(Hook::from_bytes(&largest.to_bytes()), Some(largest));
        let larger = hook("", vec![1; BODY_BYTES + 1]);
        assert_eq!(Hook::from_bytes(&larger.to_bytes()), None);
        let larger = hook(&format!("{longest}x"), vec![]);
        assert_eq!(Hook::from_bytes(&larger.to_bytes()), None);
    }
}
