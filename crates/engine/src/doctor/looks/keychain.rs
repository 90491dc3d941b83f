//! Whether a secret can be put into the system's keychain and read back.

use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use crate::keys::{Tried, try_keychain};

pub fn see(light: bool) -> Vec<DoctorLine> {
    let code = if light {
        // It may open a window that asks for a password, over the show.
        Code::KeychainLight
    } else {
        match try_keychain() {
            Tried::Works => Code::KeychainWorks,
            Tried::None => Code::KeychainNone,
            Tried::Refuses => Code::KeychainFails,
        }
    };
    vec![DoctorLine::new(DoctorPart::Keychain, code)]
}
