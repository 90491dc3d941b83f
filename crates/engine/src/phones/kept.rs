//! What is kept of phones from one start to the next, so that one that was set up once finds the studio again: ports
//! and secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, UdpSocket};

use rand::Rng;
use serde::{Deserialize, Serialize};
use stallcast_show::PhoneLink;

/// Letters of a secret: none that look alike when somebody has to type it.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Letters in a secret: 99 bits; SRT wants 10 to 79.
pub(super) const SECRET_LENGTH: usize = 20;

/// The doors' ports, and every phone's own.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The RTMP door's port.
    pub(super) rtmp_port: Option<u16>,
    /// The port of the door for calls.
    #[serde(default)]
    pub(super) whip_port: Option<u16>,
    /// By source.
    pub(super) phones: BTreeMap<String, KeptPhone>,
}

/// A phone's secret and, over SRT, its port.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptPhone {
    pub(super) key: String,
    pub(super) srt_port: Option<u16>,
}

impl std::fmt::Debug for KeptPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptPhone")
            .field("srt_port", &self.srt_port)
            .finish_non_exhaustive()
    }
}

impl Kept {
    /// Gives every phone its secret and its port, and forgets phones that are gone; true when something changed.
    /// `tried` holds the SRT phones whose port was looked at since the start.
    pub(super) fn fit(
        &mut self,
        phones: &[(String, PhoneLink)],
        tried: &mut BTreeSet<String>,
    ) -> bool {
        let known = |id: &String| phones.iter().any(|(phone, _)| phone == id);
        let before = self.phones.len();
        self.phones.retain(|id, _| known(id));
        tried.retain(known);
        let mut changed = before != self.phones.len();
        for (id, over) in phones {
            let phone = self.phones.entry(id.clone()).or_insert_with(|| {
                changed = true;
                KeptPhone {
                    key: secret(),
                    srt_port: None,
                }
            });
            if *over == PhoneLink::Srt && tried.insert(id.clone()) {
                let port = usable_udp_port(phone.srt_port);
                changed |= port != phone.srt_port;
                phone.srt_port = port;
            }
        }
        changed
    }
}

pub(super) fn secret() -> String {
    let mut random = rand::rng();
    (0..SECRET_LENGTH)
        .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
        .collect()
}

/// The port if nobody else has it, else a free one; `None` when there is none.
fn usable_udp_port(kept: Option<u16>) -> Option<u16> {
    let bind = |port: u16| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port));
    let socket = kept
        .and_then(|port| bind(port).ok())
        .or_else(|| bind(0).ok())?;
    socket.local_addr().ok().map(|address| address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_takes_the_id_of_a_removed_one_has_a_port_again() {
        let (mut kept, mut tried) = (Kept::default(), BTreeSet::new());
        let phone = [("a".to_owned(), PhoneLink::Srt)];
        assert!(kept.fit(&phone, &mut tried));
        let before = kept.phones["a"].clone();
        assert!(before.srt_port.is_some());
        assert!(!kept.fit(&phone, &mut tried), "nothing changed");
        assert!(kept.fit(&[], &mut tried));
        assert!(kept.fit(&phone, &mut tried));
        assert_ne!(kept.phones["a"].key, before.key);
        assert!(kept.phones["a"].srt_port.is_some());
    }
}
