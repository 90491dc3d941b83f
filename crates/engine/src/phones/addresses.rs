//! This machine's addresses on the local network, and who counts as being on it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::IfAddr;

/// Interfaces that a phone can hardly be behind, by the beginning of their names: containers, virtual
/// machines, tunnels. They are listed last.
const UNLIKELY: &[&str] = &[
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "vethernet",
    "utun",
    "tun",
    "tap",
    "tailscale",
    "wg",
    "zt",
    "lxc",
    "cni",
];

/// The IPv4 addresses a phone may reach this machine by, the likeliest first.
pub fn of_this_machine() -> Vec<(String, Ipv4Addr)> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the system does not tell its addresses");
        Vec::new()
    });
    let found = found.into_iter().filter(|interface| {
        interface.is_oper_up() && !interface.is_loopback() && !interface.is_link_local()
    });
    ranked(found.filter_map(|interface| match interface.ip() {
        IpAddr::V4(ip) => Some((interface.name, ip)),
        IpAddr::V6(_) => None,
    }))
}

fn ranked(found: impl Iterator<Item = (String, Ipv4Addr)>) -> Vec<(String, Ipv4Addr)> {
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(name, ip)| {
        let lower = name.to_lowercase();
        let unlikely = UNLIKELY.iter().any(|start| lower.starts_with(start));
        (unlikely, !ip.is_private(), lower)
    });
    found
}

/// Whether somebody at this address is near: on this machine, in a private network, or in the same
/// network as one of this machine's addresses.
pub fn admits(from: IpAddr) -> bool {
    if is_private(from) {
        return true;
    }
    let own = if_addrs::get_if_addrs().unwrap_or_default();
    own.iter()
        .any(|interface| shares_network(&interface.addr, from))
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

fn shares_network(own: &IfAddr, from: IpAddr) -> bool {
    match (own, from) {
        (IfAddr::V4(own), IpAddr::V4(from)) => {
            let mask = u32::from(own.netmask);
            // A mask of nothing would make the whole world near.
            mask.leading_ones() >= 8 && u32::from(own.ip) & mask == u32::from(from) & mask
        }
        (IfAddr::V6(own), IpAddr::V6(from)) => {
            let mask = bits(own.netmask);
            mask.leading_ones() >= 48 && bits(own.ip) & mask == bits(from) & mask
        }
        _ => false,
    }
}

fn bits(ip: Ipv6Addr) -> u128 {
    u128::from(ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use if_addrs::Ifv4Addr;

    #[test]
    fn the_home_network_comes_before_containers_and_tunnels() {
        let listed = [
            ("docker0", [172, 17, 0, 1]),
            ("tailscale0", [100, 64, 0, 3]),
            ("wlan0", [192, 168, 1, 7]),
            ("eth0", [203, 0, 113, 9]),
        ];
        let listed = listed.map(|(name, ip)| (name.to_owned(), Ipv4Addr::from(ip)));
        let names: Vec<String> = ranked(listed.into_iter())
            .into_iter()
            .map(|(n, _)| n)
            .collect();
        assert_eq!(names, ["wlan0", "eth0", "docker0", "tailscale0"]);
    }

    #[test]
    fn strangers_from_the_internet_are_not_near_and_neighbours_are() {
        let is_near = |ip: &str| is_private(ip.parse().unwrap());
        for near in [
            "127.0.0.1",
            "192.168.3.4",
            "10.1.2.3",
            "172.20.10.2",
            "169.254.7.7",
            "fe80::1",
            "fd00::2",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in ["203.0.113.9", "8.8.8.8", "2001:db8::1"] {
            assert!(!is_near(far), "{far}");
        }
        let own = |netmask: [u8; 4]| {
            IfAddr::V4(Ifv4Addr {
                ip: Ipv4Addr::new(203, 0, 113, 9),
                netmask: netmask.into(),
                prefixlen: 24,
                broadcast: None,
            })
        };
        let neighbour: IpAddr = "203.0.113.77".parse().unwrap();
        let stranger: IpAddr = "203.0.114.77".parse().unwrap();
        assert!(shares_network(&own([255, 255, 255, 0]), neighbour));
        assert!(!shares_network(&own([255, 255, 255, 0]), stranger));
        assert!(!shares_network(&own([0, 0, 0, 0]), stranger));
    }
}
