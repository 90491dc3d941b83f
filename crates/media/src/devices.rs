//! Owns the knowledge of which cameras, screens and sound devices there are, now and as they come
//! and go.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use serde::{Deserialize, Serialize};

use crate::platform::{self, CaptureKind};
use crate::virtual_camera;

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A camera or capture card.
    Camera,
    /// A whole screen.
    Screen,
    /// A microphone or line input.
    Microphone,
    /// What the computer plays on one output.
    DesktopAudio,
}

/// Something that can be an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Stable id, to be given to an input: the same after a replug or a restart.
    pub id: String,
    /// Name for people, as the system gives it.
    pub name: String,
    /// What it is for.
    pub kind: DeviceKind,
}

/// All devices there are now: what the device monitor knows, and the X displays of this computer.
#[must_use]
pub fn list() -> Vec<Device> {
    let mut devices: Vec<Device> = monitor()
        .map(|monitor| {
            monitor.refresh_if_empty();
            monitor
                .devices()
                .into_iter()
                .map(|(device, _)| device)
                .collect()
        })
        .unwrap_or_default();
    devices.extend(screens());
    devices
}

/// What the device monitor says of a camera's formats; none when it is not there, none inside when it
/// does not say.
pub(crate) fn camera_caps(id: &str) -> Option<Option<gst::Caps>> {
    let monitor = monitor()?;
    let listed = monitor.devices().into_iter();
    let mut cameras = listed.filter(|(device, _)| device.kind == DeviceKind::Camera);
    cameras
        .find(|(device, _)| device.id == id)
        .map(|(_, caps)| caps)
}

/// The V4L2 device file of a camera, also of one that is taken through PipeWire.
pub(crate) fn v4l2_path(id: &str) -> Option<PathBuf> {
    if let Some(path) = id.strip_prefix("v4l2:") {
        return Some(PathBuf::from(path));
    }
    let monitor = monitor()?;
    let known = monitor
        .known
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let listed = monitor.monitor.devices();
    let device = listed.iter().find(|device| {
        let own = known.get(device.name().as_str());
        own.and_then(Option::as_ref)
            .is_some_and(|(_, own)| own.id == id && own.kind == DeviceKind::Camera)
    })?;
    let path = device.properties()?.get::<String>("api.v4l2.path").ok()?;
    Some(PathBuf::from(path))
}

/// A lasting interest in devices: its callback runs whenever one came or went.
pub(crate) struct DeviceWatch {
    number: u64,
    monitor: &'static Monitor,
}

impl DeviceWatch {
    /// Calls `changed` (which must not block) on every change until the watch is dropped. None
    /// when this system has no device monitor.
    pub(crate) fn subscribe(changed: impl Fn() + Send + Sync + 'static) -> Option<Self> {
        let monitor = monitor()?;
        let number = monitor.next.fetch_add(1, Ordering::Relaxed);
        monitor
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((number, Arc::new(changed)));
        Some(Self { number, monitor })
    }

    /// Cameras with their modes, preferred ones first.
    pub(crate) fn cameras(&self) -> Vec<(Device, Option<gst::Caps>)> {
        self.monitor.refresh_if_empty();
        self.monitor
            .devices()
            .into_iter()
            .filter(|(device, _)| device.kind == DeviceKind::Camera)
            .collect()
    }

    /// Whether the device is there now.
    pub(crate) fn knows(&self, kind: CaptureKind, id: &str) -> bool {
        self.monitor.refresh_if_empty();
        self.monitor
            .devices()
            .iter()
            .any(|(device, _)| device.id == id && capture_kind(device.kind) == kind)
    }
}

impl Drop for DeviceWatch {
    fn drop(&mut self) {
        self.monitor
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(number, _)| *number != self.number);
    }
}

type Watcher = Arc<dyn Fn() + Send + Sync>;

/// The process's one device monitor: each costs a connection to every device service.
struct Monitor {
    monitor: gst::DeviceMonitor,
    watchers: Mutex<Vec<(u64, Watcher)>>,
    next: AtomicU64,
    restarted: Mutex<Instant>,
    /// By the monitor's own names, which it does not use twice.
    known: Mutex<HashMap<String, Option<(usize, Device)>>>,
}

/// A monitor that found nothing is started anew at most this often: its services (PipeWire) may
/// have come up after us, and it does not notice.
const RESTART_EVERY: Duration = Duration::from_secs(2);

static MONITOR: OnceLock<Option<Monitor>> = OnceLock::new();

fn monitor() -> Option<&'static Monitor> {
    MONITOR
        .get_or_init(|| {
            gst::init().ok()?;
            let monitor = gst::DeviceMonitor::new();
            for classes in ["Video/Source", "Audio/Source", "Audio/Sink"] {
                monitor.add_filter(Some(classes), None);
            }
            monitor.bus().set_sync_handler(|_, message| {
                if matches!(
                    message.view(),
                    gst::MessageView::DeviceAdded(_)
                        | gst::MessageView::DeviceRemoved(_)
                        | gst::MessageView::DeviceChanged(_)
                ) {
                    notify();
                }
                gst::BusSyncReply::Drop
            });
            if let Err(error) = monitor.start() {
                tracing::warn!(%error, "the device monitor did not start");
            }
            Some(Monitor {
                monitor,
                watchers: Mutex::default(),
                next: AtomicU64::new(0),
                restarted: Mutex::new(Instant::now()),
                known: Mutex::default(),
            })
        })
        .as_ref()
}

fn notify() {
    // Messages come already while the monitor is being made; nobody watches it then.
    if let Some(Some(monitor)) = MONITOR.get() {
        let watchers: Vec<Watcher> = monitor
            .watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(_, watcher)| Arc::clone(watcher))
            .collect();
        for watcher in watchers {
            watcher();
        }
    }
}

impl Monitor {
    fn devices(&self) -> Vec<(Device, Option<gst::Caps>)> {
        let mut seen = HashSet::new();
        let mut paths: HashMap<String, String> = HashMap::new();
        let listed = self.monitor.devices();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Telling which element a device belongs to means to make one: done once per device.
        *known = listed
            .iter()
            .map(|device| {
                let name = device.name().to_string();
                let own = match known.remove(&name) {
                    Some(own) => own,
                    None => describe(device),
                };
                (name, own)
            })
            .collect();
        let mut found: Vec<(usize, Device, Option<gst::Caps>)> = listed
            .iter()
            .filter_map(|device| {
                let (rank, own) = known.get(device.name().as_str())?.clone()?;
                if let Some(path) = device
                    .properties()
                    .and_then(|properties| properties.get::<String>("api.v4l2.path").ok())
                {
                    paths.insert(own.id.clone(), path);
                }
                Some((rank, own, device.caps()))
            })
            .filter(|(_, device, _)| seen.insert((device.kind, device.id.clone())))
            .collect();
        found.sort_by_key(|(rank, _, _)| *rank);
        // The same camera directly and through PipeWire: the direct one is enough.
        let direct: HashSet<String> = found
            .iter()
            .filter_map(|(_, device, _)| Some(device.id.strip_prefix("v4l2:")?.to_owned()))
            .collect();
        found.retain(|(_, device, _)| {
            device.id.starts_with("v4l2:")
                || !paths
                    .get(&device.id)
                    .is_some_and(|path| direct.contains(path))
        });
        found
            .into_iter()
            .map(|(_, device, caps)| (device, caps))
            .collect()
    }

    fn refresh_if_empty(&self) {
        if !self.monitor.devices().is_empty() {
            return;
        }
        let mut restarted = self
            .restarted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if restarted.elapsed() < RESTART_EVERY {
            return;
        }
        *restarted = Instant::now();
        self.monitor.stop();
        if let Err(error) = self.monitor.start() {
            tracing::debug!(%error, "the device monitor did not start");
        }
    }
}

/// The device in our own words, with its rank in the platform's table.
fn describe(device: &gst::Device) -> Option<(usize, Device)> {
    let class = device.device_class();
    let kind = if class.starts_with("Video/Source") {
        DeviceKind::Camera
    } else if class.starts_with("Audio/Source") {
        DeviceKind::Microphone
    } else if class.starts_with("Audio/Sink") {
        DeviceKind::DesktopAudio
    } else {
        return None;
    };
    let properties = device.properties();
    let text = |name: &str| {
        properties
            .as_ref()
            .and_then(|properties| properties.get::<String>(name).ok())
    };
    // Monitors of outputs are offered as desktop audio, not as microphones.
    if kind == DeviceKind::Microphone && text("device.class").as_deref() == Some("monitor") {
        return None;
    }
    let factory = device_factory(device)?;
    let (rank, row) = platform::table()
        .captures
        .iter()
        .enumerate()
        .find(|(_, row)| {
            row.kind == capture_kind(kind) && row.listed_as.contains(&factory.as_str())
        })?;
    let own_name = row.name_from.iter().find_map(|name| text(name))?;
    let own_name = own_name
        .strip_suffix(".monitor")
        .unwrap_or(&own_name)
        .to_owned();
    // Our own program as a camera: shown in itself it would be an endless corridor.
    if own_name == virtual_camera::NODE_NAME {
        return None;
    }
    Some((
        rank,
        Device {
            id: format!("{}:{own_name}", row.id_prefix),
            name: device.display_name().to_string(),
            kind,
        },
    ))
}

fn device_factory(device: &gst::Device) -> Option<String> {
    let element = device.create_element(None).ok()?;
    Some(element.factory()?.name().to_string())
}

fn capture_kind(kind: DeviceKind) -> CaptureKind {
    match kind {
        DeviceKind::Camera => CaptureKind::Camera,
        DeviceKind::Screen => CaptureKind::Screen,
        DeviceKind::Microphone => CaptureKind::Microphone,
        DeviceKind::DesktopAudio => CaptureKind::DesktopAudio,
    }
}

/// Screens that a row of the table can take by name: the X servers of this computer have a socket
/// each; elsewhere the system's main screen.
fn screens() -> Vec<Device> {
    let Some(row) = platform::table().rows(CaptureKind::Screen).next() else {
        return Vec::new();
    };
    let screen = |name: String, id: String| Device {
        id,
        name,
        kind: DeviceKind::Screen,
    };
    if row.id_prefix != "x11" {
        return vec![screen("0".to_owned(), format!("{}:0", row.id_prefix))];
    }
    let mut displays: Vec<u32> = std::fs::read_dir("/tmp/.X11-unix")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix('X')?.parse().ok())
        .collect();
    displays.sort_unstable();
    displays
        .into_iter()
        .map(|number| screen(format!(":{number}"), format!("x11::{number}")))
        .collect()
}
