//! The ways by which the team's pages come: which settings can work, and the addresses that follow from them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use stallcast_wire::{ErrorCode, OutsideView, TeamAddress, TeamSettings, WireError};

use crate::phones;

/// Whether these settings can work at all.
pub(super) fn check(settings: &TeamSettings) -> Result<(), WireError> {
    let unusable = |cause: &str| WireError::new(ErrorCode::TeamUnusable).with("cause", cause);
    settings
        .bind
        .parse::<IpAddr>()
        .map_err(|_| unusable("team_bind"))?;
    if settings.certificate.is_empty() != settings.private_key.is_empty() {
        return Err(unusable("team_certificate"));
    }
    if !settings.address.is_empty() && authority(&settings.address).is_none() {
        return Err(unusable("team_address"));
    }
    Ok(())
}

/// Host and port, as a browser names them, of an `https://` address without a path.
pub(crate) fn authority(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_plain = url.scheme() == "https"
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().filter(|_| is_plain)?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Where pages find the studio that listens on `port`, the likeliest first, and the relay's page behind them.
pub(super) fn addresses(
    settings: &TeamSettings,
    port: Option<u16>,
    outside: Option<&OutsideView>,
) -> Vec<TeamAddress> {
    let mut found = port.map_or_else(Vec::new, |port| near(settings, port));
    let page = outside.filter(|outside| !outside.page.is_empty());
    found.extend(page.map(|outside| TeamAddress {
        interface: String::new(),
        url: outside.page.clone(),
        outside: true,
    }));
    found
}

fn near(settings: &TeamSettings, port: u16) -> Vec<TeamAddress> {
    let scheme = if settings.certificate.is_empty() {
        "http"
    } else {
        "https"
    };
    let mut found = Vec::new();
    if let Some(authority) = authority(&settings.address) {
        found.push(TeamAddress {
            interface: String::new(),
            url: format!("https://{authority}"),
            outside: false,
        });
    }
    match settings.bind.parse::<IpAddr>() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) | Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
            let own = phones::addresses_of_this_machine().into_iter();
            found.extend(own.map(|(interface, ip)| TeamAddress {
                interface,
                url: format!("{scheme}://{ip}:{port}"),
                outside: false,
            }));
        }
        Ok(IpAddr::V4(ip)) => found.push(TeamAddress {
            interface: ip.to_string(),
            url: format!("{scheme}://{ip}:{port}"),
            outside: false,
        }),
        Ok(IpAddr::V6(ip)) => found.push(TeamAddress {
            interface: ip.to_string(),
            url: format!("{scheme}://[{ip}]:{port}"),
            outside: false,
        }),
        Err(_) => {}
    }
    found
}
