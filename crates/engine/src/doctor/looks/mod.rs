//! The side of the doctor that looks: one part in this process, its finding as one line of JSON.

mod clock;
mod devices;
pub mod disk;
pub mod distribution;
pub mod graphics;
mod keychain;
mod network;
mod plugins;
mod ports;
mod screen;
mod system;
mod tool;

use std::path::Path;

use serde::{Deserialize, Serialize};
use stallcast_media::platform::CaptureKind;

/// Encoders of the table that are for this system.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct EncodersSeen {
    /// Installed.
    pub there: Vec<String>,
    /// Not installed, or without a chip for them.
    pub absent: Vec<String>,
}

/// A device that is there.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeviceSeen {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What a part says, or why it cannot look.
type Said = Result<serde_json::Value, String>;

/// Looks at one part and prints what was seen.
pub fn look(what: &str, data: &Path, light: bool) {
    super::child::end_with_who_asked();
    let said = see(what, data, light);
    match serde_json::to_string(&said) {
        Ok(line) => println!("{line}"),
        Err(error) => tracing::error!(%error, "a finding cannot be told"),
    }
}

fn see(what: &str, data: &Path, light: bool) -> Said {
    let (part, of) = what.split_once(':').unwrap_or((what, ""));
    match part {
        "system" => told(system::see()),
        "graphics" => told(graphics::see()),
        "encoders" => told(devices::encoders()?),
        "encoder" => told(devices::encoder(of)),
        "cameras" => told(devices::list(CaptureKind::Camera)?),
        "camera" => told(devices::camera(of)),
        "microphones" => told(devices::list(CaptureKind::Microphone)?),
        "microphone" => told(devices::microphone(of)),
        "screen" => told(screen::see(light)),
        "plugins" => told(plugins::see()?),
        "ports" => told(ports::see(data)),
        "disk" => told(disk::see(data, light)),
        "keychain" => told(keychain::see(light)),
        "clock" => told(clock::see()),
        "network" => told(network::see()),
        _ => Err("no such part".to_owned()),
    }
}

fn told<T: Serialize>(seen: T) -> Said {
    serde_json::to_value(seen).map_err(|error| error.to_string())
}
