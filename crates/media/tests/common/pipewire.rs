//! A PipeWire session of its own, with its own bus and runtime folder, and cameras that can be
//! plugged in and pulled out.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::{SOON, wait_for};

pub struct PipeWireSession {
    children: Vec<Child>,
    dir: tempfile::TempDir,
    pub bus_address: String,
}

impl PipeWireSession {
    /// Starts bus, PipeWire, session manager and pulse server; panics with the reason otherwise.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("temporary folder");
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700))
            .expect("private folder");
        // Bluetooth's part of the session manager gives up the whole manager where no logind runs, as in a container.
        let bluetooth = dir.path().join("config/wireplumber/bluetooth.lua.d");
        std::fs::create_dir_all(&bluetooth).expect("configuration folder");
        std::fs::write(
            bluetooth.join("80-off.lua"),
            "bluez_monitor.enabled = false\n",
        )
        .expect("configuration");
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon starts");
        let mut bus_address = String::new();
        BufReader::new(bus.stdout.take().expect("piped"))
            .read_line(&mut bus_address)
            .expect("dbus-daemon tells its address");
        let mut session = Self {
            children: vec![bus],
            dir,
            bus_address: bus_address.trim().to_owned(),
        };
        session.run("pipewire");
        session.wait_for_socket("pipewire-0");
        session.run("wireplumber");
        session.run("pipewire-pulse");
        session.wait_for_socket("pulse/native");
        session
    }

    /// The variables that lead a program into this session.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let dir = self.dir.path().display().to_string();
        vec![
            ("XDG_RUNTIME_DIR", dir.clone()),
            ("XDG_STATE_HOME", format!("{dir}/state")),
            ("XDG_CONFIG_HOME", format!("{dir}/config")),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus_address.clone()),
            ("PULSE_SERVER", format!("unix:{dir}/pulse/native")),
        ]
    }

    /// A command inside the session.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.env()).stdout(Stdio::null());
        command.stderr(self.log(program));
        command
    }

    fn log(&self, program: &str) -> Stdio {
        std::fs::File::create(self.log_path(program)).map_or_else(|_| Stdio::null(), Stdio::from)
    }

    fn log_path(&self, program: &str) -> PathBuf {
        self.dir.path().join(format!("{program}.log"))
    }

    fn run(&mut self, program: &str) {
        let child = self
            .command(program)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        self.children.push(child);
    }

    fn wait_for_socket(&mut self, name: &str) {
        let path = self.dir.path().join(name);
        let logs =
            ["pipewire", "wireplumber", "pipewire-pulse"].map(|program| self.log_path(program));
        let children = &mut self.children;
        wait_for(&format!("socket {name}"), SOON, || {
            for child in children.iter_mut() {
                if let Ok(Some(status)) = child.try_wait() {
                    let said: Vec<String> = logs
                        .iter()
                        .filter_map(|log| std::fs::read_to_string(log).ok())
                        .collect();
                    panic!("PipeWire session ended ({status}): {}", said.join("\n"));
                }
            }
            std::os::unix::net::UnixStream::connect(&path).ok()
        });
    }

    /// Plugs in a camera: a bouncing ball, 1280x720 YUY2, 30 frames/s.
    pub fn plug_camera(&self, name: &str) -> Plugged {
        self.plug_camera_showing(name, "ball")
    }

    /// The same with another of `videotestsrc`'s patterns.
    pub fn plug_camera_showing(&self, name: &str, pattern: &str) -> Plugged {
        let child = self
            .command("gst-launch-1.0")
            .args(["-q", "videotestsrc", "is-live=true"])
            .arg(format!("pattern={pattern}"))
            .arg("!")
            .arg("video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1")
            .args(["!", "pipewiresink", "mode=provide"])
            .arg(format!(
                "stream-properties=p,media.class=Video/Source,media.role=Camera,node.name={name},node.description={name}"
            ))
            .spawn()
            .expect("gst-launch-1.0 starts");
        Plugged::in_session(child, None)
    }

    /// Plugs in a microphone in a silent room. (A stream of gst-launch as an audio source has no
    /// clock here and never flows; this node brings its own.)
    pub fn plug_microphone(&self, name: &str) -> Plugged {
        self.plug_node(name, "Audio/Source/Virtual")
    }

    /// Plugs in an output, whose monitor can be heard.
    pub fn plug_output(&self, name: &str) -> Plugged {
        self.plug_node(name, "Audio/Sink")
    }

    /// Plays a tone into an output, the default one where none is named.
    pub fn play_tone(&self, volume: &str, output: Option<&str>) -> Plugged {
        let player = self
            .command("gst-launch-1.0")
            .args(["-q", "audiotestsrc", "is-live=true"])
            .args([&format!("volume={volume}"), "!", "pulsesink"])
            .args(output.map(|output| format!("device={output}")))
            .spawn()
            .expect("gst-launch-1.0 starts");
        Plugged::in_session(player, None)
    }

    fn plug_node(&self, name: &str, class: &str) -> Plugged {
        let mut child = self
            .command("pw-cli")
            .stdin(Stdio::piped())
            .spawn()
            .expect("pw-cli starts");
        let mut orders = child.stdin.take().expect("piped");
        writeln!(
            orders,
            "create-node adapter {{ factory.name=support.null-audio-sink node.name={name} \
             node.description={name} media.class={class} audio.position=[FL FR] }}"
        )
        .expect("pw-cli listens");
        Plugged::in_session(child, Some(orders))
    }
}

impl Drop for PipeWireSession {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program of the session, or the device that it is; pulled out when dropped.
pub struct Plugged {
    child: Child,
    /// Kept open: a node goes with it.
    _orders: Option<ChildStdin>,
}

impl Plugged {
    fn in_session(child: Child, orders: Option<ChildStdin>) -> Self {
        Self {
            child,
            _orders: orders,
        }
    }

    /// Hangs it: it stays plugged in and delivers nothing.
    pub fn hang(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        // SAFETY: a signal to a child of our own that was not waited for yet.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
