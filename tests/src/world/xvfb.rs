//! A screen of the test's own (Xvfb), to be captured, with something on it.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::process::{Group, eventually, run};

/// An X server on a free display. Its picture is what was drawn last.
#[derive(Debug)]
pub struct Xvfb {
    process: Group,
    display: String,
    width: u32,
    height: u32,
}

impl Xvfb {
    /// Starts a black screen of this size, 24 bits deep.
    pub fn start(width: u32, height: u32) -> Self {
        // Xvfb chooses a free display and writes its number to the descriptor named here.
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut command = Command::new("Xvfb");
        command
            .args(["-displayfd", "1", "-nolisten", "tcp", "-ac"])
            .args(["-screen", "0", &format!("{width}x{height}x24")])
            .stdout(writer)
            .stderr(Stdio::null());
        let process = Group::start(&mut command);
        // The command keeps a copy of the writing end, which would hide an early exit.
        drop(command);
        let mut number = String::new();
        let mut byte = [0_u8];
        while reader.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            number.push(char::from(byte[0]));
        }
        assert!(!number.is_empty(), "Xvfb ended before it had a display");
        let screen = Self {
            process,
            display: format!(":{number}"),
            width,
            height,
        };
        screen.draw("black");
        screen
    }

    /// The display, for the environment variable `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Fills the screen with a colour (a name or `#rrggbb`).
    pub fn draw(&self, colour: &str) {
        self.show(&[format!("xc:{colour}")]);
    }

    /// Writes `text` in black on white, as large as fits.
    pub fn write(&self, text: &str) {
        self.show(&[
            "-background".into(),
            "white".into(),
            "-fill".into(),
            "black".into(),
            "-gravity".into(),
            "center".into(),
            format!("label:{text}"),
        ]);
    }

    fn show(&self, picture: &[String]) {
        let size = format!("{}x{}", self.width, self.height);
        let mut arguments = vec!["-display".into(), self.display.clone()];
        arguments.extend(["-window".into(), "root".into(), "-size".into(), size]);
        arguments.extend_from_slice(picture);
        run("display", arguments);
    }

    /// A window that moves all the time (a bouncing ball), until it is dropped.
    pub fn motion(&self) -> ScreenMotion {
        let caps = format!(
            "video/x-raw,width={},height={},framerate=30/1",
            self.width, self.height
        );
        let process = Group::start(
            Command::new("gst-launch-1.0")
                .args(["-q", "videotestsrc", "is-live=true", "pattern=ball", "!"])
                .args([&caps, "!", "videoconvert", "!", "ximagesink", "sync=false"])
                .env("DISPLAY", &self.display)
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        eventually(Duration::from_secs(20), "the moving window is shown", || {
            let tree = run("xwininfo", ["-display", &self.display, "-root", "-tree"]);
            tree.contains("gst-launch").then_some(())
        });
        ScreenMotion { _process: process }
    }

    /// Id of the X server's process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// A moving window on a screen; gone when dropped.
#[derive(Debug)]
pub struct ScreenMotion {
    _process: Group,
}
