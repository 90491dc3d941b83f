//! The doctor: looks at this computer part by part and says of each what was seen. Every part is looked at by a process
//! of its own (this program, started with a hidden word) that may crash or hang: its lines then say so.

mod anonymous;
mod child;
mod looks;
mod report;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use stallcast_media::platform::own_program;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart as Part, DoctorView};
use tokio::sync::Semaphore;

use child::Failure;
pub use looks::look;
use looks::{DeviceSeen, EncodersSeen};
pub use report::write as write_report;
pub use words::text;

/// The hidden word of the command line with which the doctor starts its parts.
pub const LOOK: &str = "doctor-look";

/// Parts that look at the same time; beside a show one after the other.
const AT_ONCE: usize = 5;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The program to start for each part: this one.
    pub program: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Leaves out what a show on air would feel.
    pub light: bool,
    /// Ids of the cameras that the running engine of this data folder has open: most give their picture to one program.
    pub held: BTreeSet<String>,
    /// Whose turn it is.
    pub turns: Arc<Semaphore>,
}

impl Asked {
    /// By this program.
    ///
    /// # Errors
    /// When the system does not say where it is.
    pub fn own(data: PathBuf, light: bool) -> std::io::Result<Self> {
        let folders = crate::folders::Folders::named(data.clone());
        Ok(Self {
            program: own_program()?,
            data: std::path::absolute(data)?,
            light,
            held: crate::sign_of_life::held_cameras(&folders.sign_of_life()),
            turns: Arc::new(Semaphore::new(if light { 1 } else { AT_ONCE })),
        })
    }

    async fn of<T: DeserializeOwned>(&self, what: &str, within: Duration) -> Result<T, Failure> {
        child::ask(self, what, within).await
    }

    /// The lines of a part that says them itself.
    async fn lines(&self, part: Part, what: &str, within_s: u64) -> Vec<DoctorLine> {
        let lines = self.of(what, Duration::from_secs(within_s)).await;
        lines.unwrap_or_else(|failure| vec![fallen(part, &failure)])
    }
}

/// Looks at everything. Takes as long as the slowest part, then the encoders one after the other.
pub async fn examine(asked: &Asked) -> DoctorView {
    let began = Instant::now();
    let at = crate::clock::wall().0;
    // First and alone: where GStreamer's list of plugins is not there yet, it is made by this.
    let system = asked.lines(Part::System, "system", 60).await;
    let (graphics, cameras, microphones, screen) = tokio::join!(
        asked.lines(Part::Graphics, "graphics", 15),
        devices(asked, Part::Cameras),
        devices(asked, Part::Microphones),
        asked.lines(Part::Screen, "screen", 15),
    );
    let (plugins, ports, keychain, clock, network) = tokio::join!(
        asked.lines(Part::Plugins, "plugins", 30),
        asked.lines(Part::Ports, "ports", 10),
        keychain(asked),
        asked.lines(Part::Clock, "clock", 10),
        asked.lines(Part::Network, "network", 10),
    );
    // Alone: what these measure, others would disturb.
    let encoders = encoders(asked, &graphics).await;
    let disk = asked.lines(Part::Disk, "disk", 25).await;
    looks::disk::tidy(&asked.data);
    let lines = [
        system,
        graphics,
        encoders,
        cameras,
        microphones,
        screen,
        plugins,
        ports,
        disk,
        keychain,
        clock,
        network,
    ]
    .concat();
    DoctorView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        light: asked.light,
        at,
        took_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
        lines,
    }
}

/// What is said of a part whose process came to nothing.
fn fallen(part: Part, failure: &Failure) -> DoctorLine {
    match failure {
        Failure::TimedOut { seconds } => {
            DoctorLine::new(part, Code::PartHangs).with("seconds", seconds)
        }
        Failure::Crashed { how } => DoctorLine::new(part, Code::PartCrashed).with("how", how),
        Failure::Said { cause } => DoctorLine::new(part, Code::PartFailed).with("cause", cause),
    }
}

/// The system may ask a person first, who may not be there.
async fn keychain(asked: &Asked) -> Vec<DoctorLine> {
    let part = Part::Keychain;
    let lines = asked.of("keychain", Duration::from_secs(60)).await;
    lines.unwrap_or_else(|failure| match failure {
        Failure::TimedOut { .. } => vec![DoctorLine::new(part, Code::KeychainFails)],
        failure => vec![fallen(part, &failure)],
    })
}

async fn encoders(asked: &Asked, graphics: &[DoctorLine]) -> Vec<DoctorLine> {
    let part = Part::Encoders;
    if asked.light {
        return vec![DoctorLine::new(part, Code::EncodersLight)];
    }
    let seen: EncodersSeen = match asked.of("encoders", Duration::from_secs(30)).await {
        Ok(seen) => seen,
        Err(failure) => return vec![fallen(part, &failure)],
    };
    let mut lines = Vec::new();
    for name in &seen.there {
        let what = format!("encoder:{name}");
        let tried: Result<Vec<DoctorLine>, Failure> =
            asked.of(&what, Duration::from_secs(15)).await;
        lines.extend(tried.unwrap_or_else(|failure| vec![encoder_fallen(name, &failure)]));
    }
    let makes_h264 = |line: &&DoctorLine| {
        matches!(line.code, Code::EncoderWorks | Code::EncoderSlow)
            && line
                .params
                .get("codec")
                .is_some_and(|codec| codec == "H.264")
    };
    let h264: Vec<_> = lines.iter().filter(makes_h264).collect();
    let by_chip = h264.iter().any(|line| {
        let kind = line.params.get("by_word");
        kind.is_some_and(|kind| kind == "by_chip")
    });
    let has_none = h264.is_empty();
    let chip = graphics.iter().find(|line| line.code == Code::GpuSeen);
    if has_none {
        let install = looks::distribution::install(stallcast_media::diagnosis::PluginSet::Ugly);
        lines.insert(
            0,
            DoctorLine::new(part, Code::EncoderNone).with("install", install),
        );
    }
    if let Some(chip) = chip.filter(|_| !by_chip) {
        let vendor = chip.params.get("vendor").map_or("", String::as_str);
        if let Some(install) = looks::graphics::driver_of(vendor) {
            let line = DoctorLine::new(part, Code::GpuUnused);
            lines.push(line.with("vendor", vendor).with("install", install));
        }
    }
    if !seen.absent.is_empty() {
        let names = seen.absent.join(", ");
        lines.push(DoctorLine::new(part, Code::EncodersAbsent).with("names", names));
    }
    lines
}

fn encoder_fallen(name: &str, failure: &Failure) -> DoctorLine {
    let line = |code| DoctorLine::new(Part::Encoders, code).with("name", name);
    match failure {
        Failure::TimedOut { seconds } => line(Code::EncoderHangs).with("seconds", seconds),
        Failure::Crashed { how } => line(Code::EncoderCrashed).with("how", how),
        Failure::Said { cause } => line(Code::EncoderFails).with("cause", cause),
    }
}

/// Codes of a kind of device: listed, hanging, crashed, failing, none.
fn device_codes(part: Part) -> [Code; 5] {
    match part {
        Part::Cameras => [
            Code::CameraListed,
            Code::CameraHangs,
            Code::CameraCrashed,
            Code::CameraFails,
            Code::CameraNone,
        ],
        _ => [
            Code::MicrophoneListed,
            Code::MicrophoneHangs,
            Code::MicrophoneCrashed,
            Code::MicrophoneFails,
            Code::MicrophoneNone,
        ],
    }
}

async fn devices(asked: &Asked, part: Part) -> Vec<DoctorLine> {
    let (list, one) = match part {
        Part::Cameras => ("cameras", "camera"),
        _ => ("microphones", "microphone"),
    };
    let [listed, hangs, crashed, fails, none] = device_codes(part);
    let seen: Vec<DeviceSeen> = match asked.of(list, Duration::from_secs(20)).await {
        Ok(seen) => seen,
        Err(failure) => return vec![fallen(part, &failure)],
    };
    if seen.is_empty() {
        return vec![DoctorLine::new(part, none)];
    }
    let mut lines = Vec::new();
    for DeviceSeen { id, name } in seen {
        let way = id.split(':').next().unwrap_or_default().to_owned();
        let line = |code| {
            let line = DoctorLine::new(part, code);
            line.with("name", &name).with("way", &way)
        };
        if part == Part::Cameras && asked.held.contains(&id) {
            lines.push(line(Code::CameraHeld));
            continue;
        }
        if asked.light {
            lines.push(line(listed));
            continue;
        }
        let what = format!("{one}:{id}");
        let tried: Result<Vec<DoctorLine>, Failure> =
            asked.of(&what, Duration::from_secs(12)).await;
        match tried {
            Ok(said) => lines.extend(said.into_iter().map(|mut said| {
                said.params.insert("name".to_owned(), name.clone());
                said.params.insert("way".to_owned(), way.clone());
                said
            })),
            Err(Failure::TimedOut { seconds }) => {
                lines.push(line(hangs).with("seconds", seconds));
            }
            Err(Failure::Crashed { how }) => lines.push(line(crashed).with("how", how)),
            Err(Failure::Said { cause }) => lines.push(line(fails).with("cause", cause)),
        }
    }
    lines
}

/// Lines as a machine reads them.
///
/// # Errors
/// Never for what [`examine`] gives.
pub fn json(view: &DoctorView) -> serde_json::Result<String> {
    serde_json::to_string_pretty(view)
}

/// Whether a show is on air in this data folder, so that only the light form may run.
pub fn is_on_air(data: &Path) -> bool {
    let folders = crate::folders::Folders::named(data.to_owned());
    crate::sign_of_life::is_on_air(&folders.sign_of_life())
}

#[cfg(test)]
mod tests;
