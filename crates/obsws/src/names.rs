//! Names and ids: OBS knows things by unique names and by uuids; here two may be called the same, and ids are words.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// Gives every thing a name that no other has.
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The name, or with a number behind it when it is taken.
    pub fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        for number in 2_u32.. {
            if self.taken.insert(unique.clone()) {
                break;
            }
            unique = format!("{name} ({number})");
        }
        unique
    }
}

fn digest(kind: &str, id: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    hash.update(id);
    hash.finalize().into()
}

/// A uuid (version 8) that is the same for the same id at all times.
pub fn uuid(kind: &str, id: &str) -> String {
    let mut bytes = digest(kind, id);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// A number for a source in a scene that stays when others come and go; `nth` counts its places there from 0.
pub(crate) fn item_id(source: &str, nth: usize) -> i64 {
    let [a, b, c, d, ..] = digest("item", &format!("{nth}:{source}"));
    // 1 to 2^31 - 1: clients keep it in 32 bits.
    i64::from(u32::from_be_bytes([a, b, c, d]) >> 1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_are_told_apart() {
        let mut names = Names::default();
        let given = ["果园", "果园", "果园 (2)", "果园"].map(|name| names.unique(name));
        assert_eq!(given, ["果园", "果园 (2)", "果园 (2) (2)", "果园 (3)"]);
    }

    #[test]
    fn a_uuid_is_well_formed_and_stays() {
        let first = uuid("scene", "orchard");
        assert_eq!(first, uuid("scene", "orchard"));
        assert_ne!(first, uuid("input", "orchard"));
        assert_eq!(first.len(), 36);
        assert_eq!(&first[14..15], "8");
        assert!("89ab".contains(&first[19..20]));
    }
}
