//! Graphics chips, and whether this user may use them.

use std::collections::BTreeSet;
use std::path::Path;

use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use super::{distribution, tool};

const PART: DoctorPart = DoctorPart::Graphics;

pub fn see() -> Vec<DoctorLine> {
    match std::env::consts::OS {
        "linux" => linux(Path::new("/sys/class/drm"), Path::new("/dev/dri")),
        "macos" => named(
            tool::says(
                "system_profiler",
                &["SPDisplaysDataType", "-detailLevel", "mini"],
            )
            .map(|text| after(&text, "Chipset Model:")),
        ),
        "windows" => {
            let asked = "(Get-CimInstance Win32_VideoController).Name";
            let text = tool::says("powershell", &["-NoProfile", "-Command", asked]);
            named(text.map(|text| text.lines().map(str::to_owned).collect()))
        }
        _ => named(None),
    }
}

fn after(text: &str, label: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(label));
    lines.map(|name| name.trim().to_owned()).collect()
}

fn named(names: Option<Vec<String>>) -> Vec<DoctorLine> {
    let Some(names) = names else {
        return vec![DoctorLine::new(PART, Code::GpuUnknown)];
    };
    if names.is_empty() {
        return vec![DoctorLine::new(PART, Code::GpuNone)];
    }
    let line = |name: String| {
        let line = DoctorLine::new(PART, Code::GpuSeen);
        line.with("vendor", name).with("driver", "–")
    };
    names.into_iter().map(line).collect()
}

/// By what the kernel lists; `nodes` is where its devices are.
fn linux(class: &Path, nodes: &Path) -> Vec<DoctorLine> {
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    let entries = std::fs::read_dir(class).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
    // "render…" last: a chip that has such a node is told of by that.
    entries.sort();
    for entry in entries.iter().rev() {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let is_chip =
            name.starts_with("renderD") || (name.starts_with("card") && !name.contains('-'));
        let device = std::fs::canonicalize(entry.join("device"));
        let Some(device) = device.ok().filter(|_| is_chip) else {
            continue;
        };
        if !seen.insert(device.clone()) {
            continue;
        }
        let vendor = std::fs::read_to_string(device.join("vendor")).unwrap_or_default();
        let driver = std::fs::canonicalize(device.join("driver")).ok();
        let driver = driver.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let node = nodes.join(&*name);
        let opened = std::fs::File::options().read(true).write(true).open(node);
        let code = match opened {
            Ok(_) => Code::GpuSeen,
            Err(_) => Code::GpuClosed,
        };
        let line = DoctorLine::new(PART, code).with("vendor", vendor_name(vendor.trim()));
        lines.push(line.with("driver", driver.unwrap_or_else(|| "–".to_owned())));
    }
    if lines.is_empty() {
        lines.push(DoctorLine::new(PART, Code::GpuNone));
    }
    lines
}

fn vendor_name(id: &str) -> String {
    match id {
        "0x8086" => "Intel",
        "0x1002" => "AMD",
        "0x10de" => "NVIDIA",
        "0x1af4" => "virtio",
        "0x15ad" => "VMware",
        "0x1234" | "0x1b36" => "QEMU",
        "" => "–",
        other => other,
    }
    .to_owned()
}

/// How what a chip of this maker encodes with is installed; `None` where nothing is known to help.
pub fn driver_of(vendor: &str) -> Option<String> {
    let packages = match vendor {
        "Intel" => [
            "intel-media-va-driver gstreamer1.0-vaapi",
            "intel-media-driver gstreamer1-vaapi",
            "intel-media-driver gst-plugin-va",
        ],
        "AMD" => [
            "mesa-va-drivers gstreamer1.0-vaapi",
            "mesa-va-drivers-freeworld gstreamer1-vaapi",
            "libva-mesa-driver gst-plugin-va",
        ],
        "NVIDIA" => ["nvidia-driver", "akmod-nvidia", "nvidia"],
        _ => return None,
    };
    (std::env::consts::OS == "linux").then(|| distribution::install_any(packages))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_chip_is_told_of_once_and_one_that_cannot_be_opened_is_named() {
        let world = tempfile::tempdir().unwrap();
        let at = |name: &str| world.path().join(name);
        std::fs::create_dir_all(at("pci/a")).unwrap();
        std::fs::create_dir_all(at("drivers/i915")).unwrap();
        std::fs::create_dir_all(at("dri")).unwrap();
        std::fs::write(at("pci/a/vendor"), "0x8086\n").unwrap();
        std::os::unix::fs::symlink(at("drivers/i915"), at("pci/a/driver")).unwrap();
        for name in ["card0", "card0-HDMI-A-1", "renderD128"] {
            std::fs::create_dir_all(at("drm").join(name)).unwrap();
            std::os::unix::fs::symlink(at("pci/a"), at("drm").join(name).join("device")).unwrap();
        }
        let seen = || linux(&at("drm"), &at("dri"));
        let lines = seen();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0].code, Code::GpuClosed);
        assert_eq!(
            (&*lines[0].params["vendor"], &*lines[0].params["driver"]),
            ("Intel", "i915")
        );
        std::fs::write(at("dri/renderD128"), "").unwrap();
        assert_eq!(seen()[0].code, Code::GpuSeen);
        assert_eq!(linux(&at("none"), &at("dri"))[0].code, Code::GpuNone);
    }
}
