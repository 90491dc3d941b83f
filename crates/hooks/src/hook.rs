//! Owns one webhook as it came, and how it is written into the store.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::frame::{pack, unpack};
use crate::{BODY_BYTES, HEADERS_BYTES, Kind};

/// A webhook. Nothing of it was checked by the relay: whoever takes it checks its signature first.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// Who is said to have sent it.
    pub kind: Kind,
    /// When the relay got it, milliseconds since 1970 by the relay's clock.
    pub at: i64,
    /// The headers that are kept, names in small letters, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// A hook without its body.
#[derive(Serialize, Deserialize)]
pub(crate) struct HookHead {
    pub(crate) kind: Kind,
    pub(crate) at: i64,
    pub(crate) headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Hook {
    // By hand: headers hold signatures and tokens, bodies what people wrote and bought.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = (self.kind.name(), self.body.len());
        write!(f, "{kind} webhook of {bytes} bytes")
    }
}

impl Hook {
    /// The value of a header, by its name in small letters; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether body and headers are within their bounds.
    pub fn fits(&self) -> bool {
        let of_headers: usize = self.headers.iter().map(|(n, v)| n.len() + v.len()).sum();
        self.body.len() <= BODY_BYTES && of_headers <= HEADERS_BYTES
    }

    /// As it stands in the store.
    pub fn to_bytes(&self) -> Bytes {
        pack(&self.head(), &self.body)
    }

    /// Reads it out of the store; `None` when it is none.
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, body) = unpack(bytes)?;
        let head: HookHead = serde_json::from_slice(&head).ok()?;
        Self::of(head, body)
    }

    pub(crate) fn head(&self) -> HookHead {
        HookHead {
            kind: self.kind,
            at: self.at,
            headers: self.headers.clone(),
        }
    }

    pub(crate) fn of(head: HookHead, body: Bytes) -> Option<Self> {
        let HookHead { kind, at, headers } = head;
        let hook = Self {
            kind,
            at,
            headers,
            body,
        };
        hook.fits().then_some(hook)
    }
}
