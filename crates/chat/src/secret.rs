//! Owns the value that must never be printed: a token, a key, a session's id.

use std::fmt;

/// A secret of a chat source. `Debug` prints `***`, there is no `Display`, and reading it is a visible call.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps it; spaces around it are what a paste leaves.
    pub fn new(value: &str) -> Self {
        Self(value.trim().to_owned())
    }

    /// The secret itself. Only the code that puts it on the wire, or to where keys are kept, calls this.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
