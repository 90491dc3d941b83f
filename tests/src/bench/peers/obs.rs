//! The show as OBS Studio puts it on: a home of its own with profile, scene collection and no first-run questions, on a
//! screen of its own. On a machine without a graphics chip OBS draws in software (llvmpipe).

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::super::plain::{KBPS, KEYFRAME_FRAMES};
use super::{FPS, Footage, Job, x264_options};
use crate::world::Xvfb;

/// Profile and scene collection.
const NAME: &str = "bench";

/// Streams and records as soon as it has started; its preview is off, so that it draws nothing twice.
pub(super) fn command(job: &Job, app: &str, key: &str, screen: &Xvfb) -> Command {
    let home = job.folder.path();
    let settings = home.join(".config/obs-studio");
    let profile = settings.join("basic/profiles").join(NAME);
    let scenes = settings.join("basic/scenes");
    for folder in [&profile, &scenes] {
        fs::create_dir_all(folder).unwrap();
    }
    // Neither the wizard of a first start nor what is new since an older version (29.0.2 as OBS writes it).
    let first_run = "[General]\nFirstRun=true\nLastVersion=486539266\nEnableAutoUpdates=false\n\
         [BasicWindow]\nPreviewEnabled=false\n[OBSWebSocket]\nFirstLoad=false\nServerEnabled=false\n";
    fs::write(settings.join("global.ini"), first_run).unwrap();
    fs::write(profile.join("basic.ini"), profile_text(job, home)).unwrap();
    let service = json!({
        "type": "rtmp_custom",
        "settings": { "server": app, "key": key, "use_auth": false },
    });
    for (file, content) in [
        (profile.join("streamEncoder.json"), encoder()),
        (profile.join("service.json"), service),
        (scenes.join(format!("{NAME}.json")), collection(job)),
    ] {
        fs::write(file, content.to_string()).unwrap();
    }
    let mut command = Command::new("obs");
    let start = "--multi --startstreaming --startrecording --minimize-to-tray --disable-missing-files-check";
    command
        .args(start.split(' '))
        .args(["--profile", NAME, "--collection", NAME])
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_RUNTIME_DIR", home)
        .env("DISPLAY", screen.display())
        .env_remove("WAYLAND_DISPLAY")
        // With a display and no bus of its own, D-Bus would start one there.
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    command
}

fn profile_text(job: &Job, home: &Path) -> String {
    let (width, height) = job.size;
    format!(
        "[General]\nName={NAME}\n[Output]\nMode=Advanced\n\
         [AdvOut]\nEncoder=obs_x264\nTrackIndex=1\nTrack1Bitrate=128\n\
         RecType=Standard\nRecEncoder=none\nRecTracks=1\nRecFormat=mkv\nRecFilePath={}\n\
         [Video]\nBaseCX={width}\nBaseCY={height}\nOutputCX={width}\nOutputCY={height}\n\
         FPSType=0\nFPSCommon={FPS}\n[Audio]\nSampleRate=48000\nChannelSetup=Stereo\n",
        home.display()
    )
}

fn encoder() -> Value {
    json!({
        "rate_control": "CBR",
        "bitrate": KBPS,
        "use_bufsize": true,
        "buffer_size": KBPS,
        "keyint_sec": KEYFRAME_FRAMES / FPS,
        "preset": "veryfast",
        "profile": "high",
        "tune": "",
        // Else OBS adds filler, which nobody else here sends.
        "x264opts": format!("{} nal-hrd=none", x264_options(" ")),
    })
}

fn collection(job: &Job) -> Value {
    let source = match &job.footage {
        Footage::Clip(file) => json!({
            "id": "ffmpeg_source", "name": "source", "mixers": 1, "volume": 1.0, "enabled": true,
            "settings": { "is_local_file": true, "local_file": file, "looping": true, "hw_decode": false },
        }),
        Footage::Screen(display) => json!({
            "id": "xshm_input", "name": "source", "enabled": true,
            "settings": { "screen": 0, "show_cursor": false, "advanced": true, "server": display },
        }),
    };
    let card = json!({
        "id": "image_source", "name": "card", "enabled": true,
        "settings": { "file": job.card.file },
    });
    let placed = |id: u32, name: &str, at: (u32, u32)| {
        json!({
            "id": id, "name": name, "visible": true, "align": 5, "bounds_type": 0,
            "pos": { "x": at.0, "y": at.1 }, "scale": { "x": 1.0, "y": 1.0 },
        })
    };
    let scene = json!({
        "id": "scene", "name": "Scene", "enabled": true,
        "settings": {
            "id_counter": 2, "custom_size": false,
            "items": [placed(1, "source", (0, 0)), placed(2, "card", job.card.at)],
        },
    });
    json!({
        "name": NAME, "current_scene": "Scene", "current_program_scene": "Scene",
        "scene_order": [{ "name": "Scene" }], "sources": [source, card, scene],
    })
}
