//! What a phone is told to send to: the address, the same as a link for Larix, and both as codes to scan.

use std::net::Ipv4Addr;

use stallcast_show::PhoneLink;
use stallcast_wire::PhoneAddress;

use super::qr;

/// The stream id of every SRT phone: the passphrase is the secret.
pub(super) const STREAM_ID: &str = "live";

/// What a phone is told for one of this machine's addresses.
pub(super) fn address(
    interface: String,
    ip: Ipv4Addr,
    port: u16,
    name: &str,
    over: PhoneLink,
    key: &str,
) -> PhoneAddress {
    let links = Links::of(ip, port, name, over, key);
    PhoneAddress {
        interface,
        ip: ip.to_string(),
        qr: qr::rows(&links.full),
        larix_qr: links.larix.as_deref().map(qr::rows),
        server: links.server,
    }
}

/// An address as apps want it.
struct Links {
    /// Without the secret.
    server: String,
    /// Whole.
    full: String,
    /// As a link that sets Larix up; WHIP is not among what such a link can say.
    larix: Option<String>,
}

impl Links {
    fn of(ip: Ipv4Addr, port: u16, name: &str, over: PhoneLink, key: &str) -> Self {
        let encoded = |text: &str| -> String {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        };
        let larix = |address: &str, more: &str| {
            let (address, name) = (encoded(address), encoded(name));
            format!(
                "larix://set/v1?conn[][url]={address}&conn[][name]={name}&conn[][mode]=av&conn[][overwrite]=on{more}"
            )
        };
        match over {
            PhoneLink::Rtmp => {
                let server = format!("rtmp://{ip}:{port}/live");
                let full = format!("{server}/{key}");
                Self {
                    larix: Some(larix(&full, "")),
                    server,
                    full,
                }
            }
            PhoneLink::Srt => {
                let server = format!("srt://{ip}:{port}");
                let more = format!(
                    "&conn[][srtmode]=c&conn[][srtstreamid]={STREAM_ID}&conn[][srtpass]={key}&conn[][srtpbkl]=16"
                );
                Self {
                    larix: Some(larix(&server, &more)),
                    full: format!(
                        "{server}?mode=caller&streamid={STREAM_ID}&passphrase={key}&pbkeylen=16"
                    ),
                    server,
                }
            }
            PhoneLink::Whip => {
                let server = format!("http://{ip}:{port}{}", super::calls::PATH);
                Self {
                    larix: None,
                    full: format!("{server}/{key}"),
                    server,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_each_app_wants_it() {
        let ip = Ipv4Addr::new(192, 168, 1, 7);
        let rtmp = Links::of(ip, 4000, "手机 1", PhoneLink::Rtmp, "peach");
        assert_eq!(rtmp.server, "rtmp://192.168.1.7:4000/live");
        assert_eq!(rtmp.full, "rtmp://192.168.1.7:4000/live/peach");
        assert_eq!(
            rtmp.larix.unwrap(),
            "larix://set/v1?conn[][url]=rtmp%3A%2F%2F192.168.1.7%3A4000%2Flive%2Fpeach\
             &conn[][name]=%E6%89%8B%E6%9C%BA+1&conn[][mode]=av&conn[][overwrite]=on"
        );
        let srt = Links::of(ip, 4001, "x", PhoneLink::Srt, "peach");
        assert_eq!(
            srt.full,
            "srt://192.168.1.7:4001?mode=caller&streamid=live&passphrase=peach&pbkeylen=16"
        );
        let larix = srt.larix.unwrap();
        assert!(larix.contains("conn[][url]=srt%3A%2F%2F192.168.1.7%3A4001&"));
        assert!(larix.contains("&conn[][srtpass]=peach"));
        let whip = Links::of(ip, 4002, "x", PhoneLink::Whip, "peach");
        assert_eq!(whip.full, "http://192.168.1.7:4002/whip/peach");
        let told = address("wlan0".into(), ip, 4001, "x", PhoneLink::Srt, "peach");
        assert!(!told.qr.is_empty() && told.larix_qr.is_some_and(|rows| !rows.is_empty()));
        let told = address("wlan0".into(), ip, 4002, "x", PhoneLink::Whip, "peach");
        assert!(!told.qr.is_empty() && told.larix_qr.is_none());
    }
}
