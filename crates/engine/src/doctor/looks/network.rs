//! Ways out of this computer, counted: no address and no name leaves it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use crate::network::{Way, ways};

pub fn see() -> Vec<DoctorLine> {
    vec![match ways() {
        Ok(ways) => of(&ways),
        Err(error) => {
            DoctorLine::new(DoctorPart::Network, Code::NetworkUnknown).with("cause", error)
        }
    }]
}

fn of(ways: &BTreeSet<Way>) -> DoctorLine {
    let line = |code| DoctorLine::new(DoctorPart::Network, code);
    if ways.is_empty() {
        return line(Code::NetworkNone);
    }
    let names: BTreeSet<&str> = ways.iter().map(|(name, _)| name.as_str()).collect();
    let wireless = names.iter().filter(|name| is_wireless(name)).count();
    let has = |wanted: fn(&IpAddr) -> bool| {
        if ways.iter().any(|(_, address)| wanted(address)) {
            "✓"
        } else {
            "–"
        }
    };
    line(Code::NetworkUp)
        .with("count", names.len())
        .with("wireless", wireless)
        .with("ipv4", has(IpAddr::is_ipv4))
        .with("ipv6", has(IpAddr::is_ipv6))
}

fn is_wireless(name: &str) -> bool {
    // No interface is named like a path; one that is would lead elsewhere.
    !name.contains('/')
        && Path::new("/sys/class/net")
            .join(name)
            .join("wireless")
            .exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_counted_and_not_named() {
        let ways: BTreeSet<Way> = [
            ("enp0s1".to_owned(), "192.0.2.7".parse().unwrap()),
            ("enp0s1".to_owned(), "2001:db8::7".parse().unwrap()),
        ]
        .into();
        let line = of(&ways);
        assert_eq!(line.code, Code::NetworkUp);
        assert_eq!(line.params["count"], "1");
        let text = format!("{line:?}");
        assert!(
            !text.contains("192.0.2.7") && !text.contains("enp0s1"),
            "{text}"
        );
        assert_eq!(of(&BTreeSet::new()).code, Code::NetworkNone);
    }
}
