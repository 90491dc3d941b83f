//! secret owns the value that must never be printed: a stream key.

use std::fmt;

/// A stream key. `Debug` prints `***`, there is no `Display`, and reading it is a visible call.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The key itself. Only the code that puts it on the wire calls this.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True when there is no key (the address then carries it as its last segment).
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed() {
        let key = Secret::new("live_123_abc");
        assert_eq!(format!("{key:?}"), "***");
        assert_eq!(format!("{:#?}", Some(key)), "Some(\n    ***,\n)");
    }
}
