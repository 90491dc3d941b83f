//! GStreamer's plugins that the studio uses, and what is to be installed where one is missing.

use stallcast_media::diagnosis::{self, NEEDS, NeedFor};
use stallcast_wire::{DoctorCode as Code, DoctorLine, DoctorPart};

use super::distribution;

pub fn see() -> Result<Vec<DoctorLine>, String> {
    diagnosis::gstreamer_version().map_err(|error| error.to_string())?;
    let missing = NEEDS.iter().filter(|need| !diagnosis::is_there(need));
    let mut lines: Vec<_> = missing
        .map(|need| {
            let code = match need.what_for {
                NeedFor::Show => Code::PluginMissing,
                _ => Code::PluginOptionalMissing,
            };
            DoctorLine::new(DoctorPart::Plugins, code)
                .with("element", need.any_of.join(" / "))
                .with("for_word", need.what_for.name())
                .with("install", distribution::install(need.set))
        })
        .collect();
    if lines.is_empty() {
        let line = DoctorLine::new(DoctorPart::Plugins, Code::PluginsComplete);
        lines.push(line.with("count", NEEDS.len()));
    }
    Ok(lines)
}
