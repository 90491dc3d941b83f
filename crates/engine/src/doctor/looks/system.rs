//! Operating system, processor, memory, GStreamer.

use stallcast_media::diagnosis;
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use super::{distribution, tool};

const PART: DoctorPart = DoctorPart::System;
/// Fewer cores than this leave pictures out.
const FEW_CORES: usize = 2;
/// Less memory than this is little beside a desktop and a browser.
const LITTLE_MEMORY_MB: u64 = 3_500;

pub fn see() -> Vec<DoctorLine> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = memory_mb();
    let unknown = || "?".to_owned();
    let mut lines = vec![
        DoctorLine::new(PART, Code::SystemSeen)
            .with("system", name().unwrap_or_else(unknown))
            .with("processor", processor().unwrap_or_else(unknown))
            .with("cores", cores)
            .with("memory", memory.map_or_else(unknown, gigabytes))
            .with("session_word", session())
            .with(
                "gstreamer",
                diagnosis::gstreamer_version().unwrap_or_else(|error| error.to_string()),
            ),
    ];
    if cores < FEW_CORES {
        lines.push(DoctorLine::new(PART, Code::FewCores).with("cores", cores));
    }
    if let Some(memory) = memory.filter(|mb| *mb < LITTLE_MEMORY_MB) {
        lines.push(DoctorLine::new(PART, Code::LittleMemory).with("memory", gigabytes(memory)));
    }
    lines
}

fn gigabytes(mb: u64) -> String {
    format!("{}.{} GB", mb / 1000, mb % 1000 / 100)
}

fn name() -> Option<String> {
    match std::env::consts::OS {
        "linux" => {
            let name = distribution::release("PRETTY_NAME")?;
            let kernel = tool::file("/proc/sys/kernel/osrelease").unwrap_or_default();
            // What is behind the second dash may name whose kernel it is.
            let kernel: Vec<_> = kernel.split('-').take(1).collect();
            Some(format!("{name}, Linux {}", kernel.concat()))
        }
        "macos" => Some(format!(
            "macOS {}",
            tool::says("sw_vers", &["-productVersion"])?
        )),
        "windows" => tool::says("cmd", &["/c", "ver"]),
        _ => None,
    }
}

fn processor() -> Option<String> {
    match std::env::consts::OS {
        "linux" => {
            let text = tool::file("/proc/cpuinfo")?;
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            let (_, model) = lines.find(|(name, _)| name.trim() == "model name")?;
            Some(model.trim().to_owned())
        }
        "macos" => tool::says("sysctl", &["-n", "machdep.cpu.brand_string"]),
        "windows" => std::env::var("PROCESSOR_IDENTIFIER").ok(),
        _ => None,
    }
}

fn memory_mb() -> Option<u64> {
    match std::env::consts::OS {
        "linux" => {
            let text = tool::file("/proc/meminfo")?;
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("MemTotal:"))?;
            let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
            Some(kib * 1024 / 1_000_000)
        }
        "macos" => {
            let bytes: u64 = tool::says("sysctl", &["-n", "hw.memsize"])?.parse().ok()?;
            Some(bytes / 1_000_000)
        }
        "windows" => {
            let asked = "(Get-CimInstance Win32_ComputerSystem).TotalPhysicalMemory";
            let bytes = tool::says("powershell", &["-NoProfile", "-Command", asked])?;
            Some(bytes.parse::<u64>().ok()? / 1_000_000)
        }
        _ => None,
    }
}

/// What shows windows here.
fn session() -> &'static str {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match std::env::consts::OS {
        "linux" if is_set("WAYLAND_DISPLAY") => "session_wayland",
        "linux" if is_set("DISPLAY") => "session_x11",
        "linux" => "session_none",
        _ => "session_own",
    }
}
