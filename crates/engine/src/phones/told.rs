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
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let (server, full) = match over {
        PhoneLink::Rtmp => {
            let server = format!("rtmp://{ip}:{port}/live");
            let full = format!("{server}/{key}");
            (server, full)
        }
        PhoneLink::Srt => {
            let server = format!("srt://{ip}:{port}");
            let full =
                format!("{server}?mode=caller&streamid={STREAM_ID}&passphrase={key}&pbkeylen=16");
            (server, full)
        }
    };
    let larix = {
        let name: String = encoded(name);
        let (address, more): (String, String) = match over {
            PhoneLink::Rtmp => (encoded(&full), String::new()),
            PhoneLink::Srt => (
                encoded(&server),
                format!(
                    "&conn[][srtmode]=c&conn[][srtstreamid]={STREAM_ID}&conn[][srtpass]={key}&conn[][srtpbkl]=16"
                ),
            ),
        };
        format!(
            "larix://set/v1?conn[][url]={address}&conn[][name]={name}&conn[][mode]=av&conn[][overwrite]=on{more}"
        )
    };
    PhoneAddress {
        interface,
        ip: ip.to_string(),
        qr: qr::rows(&full),
        larix_qr: qr::rows(&larix),
        server,
        full,
        larix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_each_app_wants_it() {
        let ip = Ipv4Addr::new(192, 168, 1, 7);
        let rtmp = address("wlan0".into(), ip, 4000, "手机 1", PhoneLink::Rtmp, "peach");
        assert_eq!(rtmp.server, "rtmp://192.168.1.7:4000/live");
        assert_eq!(rtmp.full, "rtmp://192.168.1.7:4000/live/peach");
        assert_eq!(
            rtmp.larix,
            "larix://set/v1?conn[][url]=rtmp%3A%2F%2F192.168.1.7%3A4000%2Flive%2Fpeach\
             &conn[][name]=%E6%89%8B%E6%9C%BA+1&conn[][mode]=av&conn[][overwrite]=on"
        );
        let srt = address("wlan0".into(), ip, 4001, "x", PhoneLink::Srt, "peach");
        assert_eq!(
            srt.full,
            "srt://192.168.1.7:4001?mode=caller&streamid=live&passphrase=peach&pbkeylen=16"
        );
        assert!(
            srt.larix
                .contains("conn[][url]=srt%3A%2F%2F192.168.1.7%3A4001&")
        );
        assert!(srt.larix.contains("&conn[][srtpass]=peach"));
        assert!(!srt.qr.is_empty() && !srt.larix_qr.is_empty());
    }
}
