//! Real capture devices without hardware: a PipeWire session of the test's own, with cameras that
//! can be unplugged and sinks whose monitors are sound sources.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::process::{Group, PATIENCE, eventually};

/// dbus, PipeWire, WirePlumber and PipeWire's PulseAudio server in folders of their own.
#[derive(Debug)]
pub struct PipeWireSession {
    /// Ended in reverse order of their start.
    processes: Vec<Group>,
    dir: TempDir,
}

impl PipeWireSession {
    /// Starts the session; when this returns devices can be added and listed.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["run", "state", "config"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        // Bluetooth's part of the session manager gives up the whole manager where no logind runs, as in a container.
        let bluetooth = dir.path().join("config/wireplumber/bluetooth.lua.d");
        fs::create_dir_all(&bluetooth).unwrap();
        fs::write(
            bluetooth.join("80-off.lua"),
            "bluez_monitor.enabled = false\n",
        )
        .unwrap();
        let mut session = Self {
            processes: Vec::new(),
            dir,
        };
        let address = format!("--address={}", session.bus());
        session.launch(
            "dbus-daemon",
            &["--session", "--nofork", "--nopidfile", &address],
        );
        session.socket("bus");
        session.launch("pipewire", &[]);
        session.socket("pipewire-0");
        session.launch("wireplumber", &[]);
        session.launch("pipewire-pulse", &[]);
        eventually(PATIENCE, "PulseAudio's protocol answers", || {
            session.quietly("pactl", &["info"])
        });
        session
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.run().join("bus").display())
    }

    fn run(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    fn launch(&mut self, program: &str, arguments: &[&str]) {
        let log = self.dir.path().join(format!("{program}.log"));
        let mut command = self.command(program);
        self.processes
            .push(Group::start_logged(command.args(arguments), &log));
    }

    fn socket(&self, name: &str) {
        let path = self.run().join(name);
        eventually(PATIENCE, name, || path.exists().then_some(()));
    }

    /// What a child needs in its environment to use this session.
    pub fn env(&self) -> BTreeMap<String, String> {
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        let pulse = format!("unix:{}", self.run().join("pulse/native").display());
        BTreeMap::from([
            ("XDG_RUNTIME_DIR".into(), path("run")),
            ("XDG_STATE_HOME".into(), path("state")),
            ("XDG_CONFIG_HOME".into(), path("config")),
            ("PIPEWIRE_RUNTIME_DIR".into(), path("run")),
            ("DBUS_SESSION_BUS_ADDRESS".into(), self.bus()),
            ("PULSE_SERVER".into(), pulse),
        ])
    }

    /// A command that runs inside this session.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .envs(self.env())
            .env_remove("DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; its output when it succeeded.
    fn quietly(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(said)
    }

    /// Names of all devices and streams (PipeWire's `node.name`).
    pub fn nodes(&self) -> Vec<String> {
        let listing = self.quietly("pw-cli", &["ls", "Node"]).unwrap_or_default();
        listing
            .lines()
            .filter_map(|line| line.trim().strip_prefix("node.name = "))
            .map(|name| name.trim_matches('"').to_owned())
            .collect()
    }

    /// Plugs in a camera of 1280x720 at 30 pictures a second showing videotestsrc's `pattern`
    /// (for example `smpte`, `ball`, `red`).
    pub fn camera(&self, name: &str, pattern: &str) -> VirtualCamera {
        self.camera_of(name, pattern, 1280, 720, 30)
    }

    /// As [`PipeWireSession::camera`] with a size and rate of its own.
    pub fn camera_of(
        &self,
        name: &str,
        pattern: &str,
        width: u32,
        height: u32,
        fps: u32,
    ) -> VirtualCamera {
        let caps =
            format!("video/x-raw,format=YUY2,width={width},height={height},framerate={fps}/1");
        let properties = format!(
            "stream-properties=p,media.class=Video/Source,media.role=Camera,node.name={name},\
             node.description={name}"
        );
        let mut command = self.command("gst-launch-1.0");
        command
            .args(["-q", "videotestsrc", "is-live=true"])
            .arg(format!("pattern={pattern}"))
            .args(["!", &caps, "!", "pipewiresink", "mode=provide"])
            .arg(properties);
        let log = self.dir.path().join(format!("camera-{name}.log"));
        let process = Group::start_logged(&mut command, &log);
        eventually(PATIENCE, "the camera is listed", || {
            self.nodes().iter().any(|node| node == name).then_some(())
        });
        VirtualCamera {
            name: name.to_owned(),
            _process: process,
        }
    }

    /// Adds a sound sink; what is played to it comes out of its monitor.
    pub fn sink(&self, name: &str) -> AudioSink {
        let sink = format!("sink_name={name}");
        let described = format!("sink_properties=device.description={name}");
        let module = self
            .quietly(
                "pactl",
                &["load-module", "module-null-sink", &sink, &described],
            )
            .expect("a null sink can be loaded");
        let sink = AudioSink {
            name: name.to_owned(),
            module: module.trim().to_owned(),
            env: self.env(),
        };
        let monitor = sink.monitor();
        eventually(PATIENCE, "the sink's monitor is listed", || {
            let sources = self.quietly("pactl", &["list", "short", "sources"])?;
            sources.contains(&monitor).then_some(())
        });
        sink
    }

    /// Plays a tone of `hz` at `volume` (0 to 1) to a sink until dropped.
    pub fn tone(&self, sink: &AudioSink, hz: u32, volume: f64) -> Group {
        let mut command = self.command("gst-launch-1.0");
        command
            .args(["-q", "audiotestsrc", "is-live=true"])
            .arg(format!("freq={hz}"))
            .arg(format!("volume={volume}"))
            .args(["!", "audio/x-raw,rate=48000,channels=2", "!", "pulsesink"])
            .arg(format!("device={}", sink.name));
        let log = self.dir.path().join(format!("tone-{}.log", sink.name));
        Group::start_logged(&mut command, &log)
    }
}

impl Drop for PipeWireSession {
    fn drop(&mut self) {
        while let Some(process) = self.processes.pop() {
            drop(process);
        }
    }
}

/// A camera; dropping it is pulling its plug.
#[derive(Debug)]
pub struct VirtualCamera {
    name: String,
    _process: Group,
}

impl VirtualCamera {
    /// Its PipeWire node name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A sound sink; dropping it removes it.
#[derive(Debug)]
pub struct AudioSink {
    name: String,
    module: String,
    env: BTreeMap<String, String>,
}

impl AudioSink {
    /// Name of the source that gives what is played to it.
    pub fn monitor(&self) -> String {
        format!("{}.monitor", self.name)
    }
}

impl Drop for AudioSink {
    fn drop(&mut self) {
        // The session may be gone before its sinks; then there is nothing to unload.
        let _ = Command::new("pactl")
            .args(["unload-module", &self.module])
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
