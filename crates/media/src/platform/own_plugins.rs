//! Owns which of GStreamer's plugins are used where a package brought them: those, whatever else is installed or asked for.

use std::path::{Path, PathBuf};

/// Where packages have them, seen from the program's folder, and the file in which GStreamer remembers them, where that may
/// be beside the program too, so that it goes when the program goes.
const PLACES: [(&str, Option<&str>); 2] = [
    // Windows.
    ("lib/gstreamer-1.0", Some("lib/plugins.bin")),
    // macOS: nothing may be written into a signed bundle.
    ("../PlugIns/gstreamer", None),
];
/// GStreamer's own program that looks at plugins, where it lies beside ours.
const SCANNER: &str = "gst-plugin-scanner";
/// Where a person's own settings of GStreamer would lead it to other plugins, which may fit another GStreamer than ours.
const OTHERS: [&str; 3] = [
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH",
];

/// To be called before any thread runs and before GStreamer begins. Without plugins beside the program nothing changes.
pub fn use_own_plugins() {
    let Some(folder) = folder() else { return };
    for (name, value) in settings(&folder) {
        // SAFETY: no other thread runs, so nobody reads the environment meanwhile.
        unsafe {
            match value {
                Some(value) => std::env::set_var(name, value),
                None => std::env::remove_var(name),
            }
        }
    }
}

fn folder() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_owned())
}

/// What to put into the environment of a program in this folder; `None` is taken out.
fn settings(folder: &Path) -> Vec<(&'static str, Option<PathBuf>)> {
    let mut places = PLACES.iter();
    let Some((plugins, registry)) = places.find(|(place, _)| folder.join(place).is_dir()) else {
        return Vec::new();
    };
    let mut settings: Vec<_> = OTHERS.map(|name| (name, None)).into();
    settings.push(("GST_PLUGIN_SYSTEM_PATH_1_0", Some(folder.join(plugins))));
    if let Some(registry) = registry {
        settings.push(("GST_REGISTRY_1_0", Some(folder.join(registry))));
    }
    let scanner = folder.join(SCANNER);
    if scanner.is_file() {
        settings.push(("GST_PLUGIN_SCANNER_1_0", Some(scanner)));
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_that_came_with_the_program_are_the_only_ones() {
        let bundle = tempfile::tempdir().unwrap();
        let programs = bundle.path().join("MacOS");
        std::fs::create_dir(&programs).unwrap();
        assert!(settings(&programs).is_empty(), "none came");

        std::fs::create_dir_all(bundle.path().join("PlugIns/gstreamer")).unwrap();
        let told = settings(&programs);
        let plugins = Some(programs.join("../PlugIns/gstreamer"));
        assert!(told.contains(&("GST_PLUGIN_SYSTEM_PATH_1_0", plugins)));
        assert!(told.contains(&("GST_PLUGIN_PATH", None)), "no others");
        assert_eq!(told.len(), 4, "no registry in a signed bundle: {told:?}");

        let scanner = programs.join(SCANNER);
        std::fs::write(&scanner, "").unwrap();
        let told = settings(&programs);
        assert!(told.contains(&("GST_PLUGIN_SCANNER_1_0", Some(scanner))));

        let flat = bundle.path();
        std::fs::create_dir_all(flat.join("lib/gstreamer-1.0")).unwrap();
        let told = settings(flat);
        let registry = Some(flat.join("lib/plugins.bin"));
        assert!(told.contains(&("GST_REGISTRY_1_0", registry)), "{told:?}");
    }
}
