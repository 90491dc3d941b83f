//! Secrets planted into everything that a part can say, and looked for in the report.

use proptest::prelude::*;
use stallcast_overlay::Lang;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart as Part, DoctorView};

use super::*;
use crate::doctor::report::render;

fn view(lines: Vec<DoctorLine>) -> DoctorView {
    DoctorView {
        version: "0.1.0".into(),
        os: "linux".into(),
        arch: "x86_64".into(),
        light: false,
        at: 0,
        took_ms: 1,
        lines,
    }
}

/// Everything of a computer that must not be in a report.
#[derive(Debug, Clone)]
struct Secrets {
    user: String,
    host: String,
    home: String,
    key: String,
    serial: String,
    ip: String,
    ip6: String,
    mac: String,
    wifi: String,
    product: String,
}

impl Secrets {
    fn all(&self) -> [&str; 10] {
        [
            &self.user,
            &self.host,
            &self.home,
            &self.key,
            &self.serial,
            &self.ip,
            &self.ip6,
            &self.mac,
            &self.wifi,
            &self.product,
        ]
    }
}

prop_compose! {
    fn secrets()(
        // A letter that no sentence of ours has many of, so that what is found was planted.
        user in "q[a-z]{4,9}x",
        host in "zq[a-z]{3,8}-pc",
        folder in "xq[a-z]{3,8}",
        key in "live_[0-9]{4}[a-zA-Z0-9]{12,30}",
        serial in "[A-Z]{2}[0-9]{6,10}",
        a in 1_u8..250, b in 0_u8..250, c in 0_u8..250, d in 1_u8..250,
        tail in "[1-9a-f][0-9a-f]{3}",
        mac in "[0-9a-f]{2}(:[0-9a-f]{2}){5}",
        wifi in "qwifi [a-z]{3,8}",
        product in "(红富士|Qpears|蜜橘)[a-z]{3,6}",
        windows in any::<bool>(),
    ) -> Secrets {
        let home = if windows { format!("C:\\Users\\{folder}") } else { format!("/home/{folder}") };
        Secrets {
            user, host, home, key, serial, wifi, product,
            ip: format!("{a}.{b}.{c}.{d}"),
            ip6: format!("2001:db8::{tail}"),
            mac,
        }
    }
}

/// What drivers, sound servers and file systems say, with the secrets where such things stand in it.
fn said(s: &Secrets) -> Vec<String> {
    vec![
        format!(
            "Could not open device '/dev/v4l/by-id/usb-Cam_{}-index0' for reading",
            s.serial
        ),
        format!("open {}/.cache/gstreamer: Permission denied", s.home),
        format!("{}: no such file ({}\\AppData\\x.dll)", s.user, s.home),
        format!("cannot connect to {}:554 (from {}, {})", s.ip, s.ip6, s.mac),
        format!(
            "rtmp://{}/app/{} was refused by {}.local",
            s.ip, s.key, s.host
        ),
        format!("{} says: no", s.host.to_uppercase()),
        format!("mail {}@{}.example or key={}", s.user, s.host, s.key),
        format!(
            "network \"{}\" is gone; product “{}” is not",
            s.wifi, s.product
        ),
        format!("device {} (serial {}) is busy", s.mac, s.serial),
        format!("[{}] {}", s.ip6, s.key),
        format!("hw:{},{}", s.serial, s.key),
    ]
}

proptest! {
    #[test]
    fn nothing_that_says_whose_computer_it_is_stands_in_a_report(s in secrets()) {
        let identity = Identity::of(&[
            (&s.user, "<user>"),
            (&s.host, "<host>"),
            (&s.home, "<home>"),
        ]);
        let codes = [
            (Part::Cameras, Code::CameraFails),
            (Part::Encoders, Code::EncoderFails),
            (Part::Disk, Code::DiskReadonly),
            (Part::Screen, Code::ScreenPortalNone),
            (Part::Disk, Code::PartFailed),
        ];
        let mut lines = Vec::new();
        for (index, cause) in said(&s).into_iter().enumerate() {
            let (part, code) = codes[index % codes.len()];
            let name = format!("{}'s {} {} {}", s.user, s.product, s.serial, s.wifi);
            lines.push(
                DoctorLine::new(part, code)
                    .with("cause", cause)
                    .with("name", name)
                    .with("free", "1 GB"),
            );
        }
        lines.push(DoctorLine::new(Part::Ports, Code::PortTaken)
            .with("port", 4455).with("for_word", "port_obs").with("by", &s.user));
        let report = render(&view(lines), &identity, Lang::En).unwrap();
        let plain = report.to_lowercase();
        for secret in s.all() {
            prop_assert!(!plain.contains(&secret.to_lowercase()), "{secret} in\n{report}");
        }
    }

    #[test]
    fn any_text_is_taken_whole_and_never_breaks_the_report(cause in ".{0,200}") {
        let line = DoctorLine::new(Part::Disk, Code::PartFailed).with("cause", cause);
        let report = render(&view(vec![line]), &Identity::default(), Lang::Zh).unwrap();
        let machine = report.split("```json\n").nth(1).unwrap();
        let machine = machine.strip_suffix("\n```\n").unwrap();
        let read: DoctorView = serde_json::from_str(machine).unwrap();
        prop_assert_eq!(read.lines.len(), 1);
    }
}

#[test]
fn what_helps_stays() {
    let identity = Identity::of(&[("li", "<user>")]);
    for kept in [
        "Internal data stream error.",
        "Device or resource busy (os error 16)",
        "Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz",
        "Debian GNU/Linux 12 (bookworm), Linux 6.1.0",
        "signal: 11 (SIGSEGV) (core dumped)",
        "GStreamer 1.22.0 1280x720 30/1",
        "alive: d3d11screencapturesrc",
    ] {
        assert_eq!(identity.text(kept), kept);
    }
    assert_eq!(identity.text("li is here"), "<user> is here");
    let line = DoctorLine::new(Part::Encoders, Code::EncoderWorks).with("name", "x264enc");
    assert_eq!(identity.line(&line), line);
}

#[test]
fn a_cause_says_not_whose_device_it_was() {
    for cause in [
        "Could not open device 'Anna's USB Mic' for recording",
        "Failed to open Anna's USB Mic: busy",
    ] {
        let line = DoctorLine::new(Part::Microphones, Code::MicrophoneFails)
            .with("name", "Anna's USB Mic")
            .with("cause", cause);
        let without = Identity::default().line(&line);
        assert!(!without.params["cause"].contains("Anna"), "{without:?}");
        assert!(!without.params["cause"].contains("USB Mic"), "{without:?}");
    }
}
