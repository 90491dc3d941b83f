//! The password: proven by a hash over it, a salt and a challenge, so that it never crosses the socket.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a client that knows the password answers to a challenge.
pub fn proof(password: &str, salt: &str, challenge: &str) -> String {
    let hash = |first: &str, then: &str| {
        let mut hash = Sha256::new();
        hash.update(first);
        hash.update(then);
        STANDARD.encode(hash.finalize())
    };
    hash(&hash(password, salt), challenge)
}

/// Compares without telling by its duration where the difference is.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Wrong passwords of late, so that nobody tries many. Times are milliseconds of any clock that does not run backwards.
#[derive(Debug, Default)]
pub struct Tries {
    wrong: Vec<u64>,
}

impl Tries {
    /// So many wrong ones in [`Tries::WITHIN_MS`], and none is looked at until the first is older.
    pub const MOST: usize = 10;
    /// One minute.
    pub const WITHIN_MS: u64 = 60_000;

    /// Whether a password may be looked at now.
    pub fn may(&mut self, now_ms: u64) -> bool {
        self.wrong
            .retain(|at| now_ms.saturating_sub(*at) < Self::WITHIN_MS);
        self.wrong.len() < Self::MOST
    }

    /// Whether there was none of late.
    pub fn is_clean(&mut self, now_ms: u64) -> bool {
        self.may(now_ms) && self.wrong.is_empty()
    }

    /// Notes a wrong one.
    pub fn wrong(&mut self, now_ms: u64) {
        if self.may(now_ms) {
            self.wrong.push(now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_that_of_the_protocols_own_example() {
        let proof = proof(
            "supersecretpassword",
            "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=",
            "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY=",
        );
        assert_eq!(proof, "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4=");
    }

    #[test]
    fn after_ten_wrong_ones_none_is_looked_at_for_a_minute() {
        let mut tries = Tries::default();
        for at in 0..10 {
            assert!(tries.may(at));
            tries.wrong(at);
        }
        assert!(!tries.may(59_999));
        for at in 100..10_000 {
            tries.wrong(at);
        }
        assert!(tries.wrong.len() <= Tries::MOST, "the list stays short");
        assert!(!tries.is_clean(60_000));
        assert!(tries.may(60_000));
        assert!(tries.is_clean(70_000));
    }
}
