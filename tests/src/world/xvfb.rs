//! A screen of the test's own (Xvfb), to be captured, with something on it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use image::RgbImage;

use super::process::{Group, PATIENCE, eventually, run};

/// An X server on a free display. Its picture is what was drawn last.
#[derive(Debug)]
pub struct Xvfb {
    _process: Group,
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
            _process: process,
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
        self.paint(&format!("xc:{colour}"));
    }

    /// Shows a picture; it is repeated when it is smaller than the screen.
    pub fn show(&self, picture: &RgbImage) {
        let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
        picture.save(file.path()).unwrap();
        self.paint(&file.path().display().to_string());
    }

    /// Writes one line of text in black on white, a quarter of the screen high.
    pub fn write(&self, text: &str) {
        let dir = tempfile::tempdir().unwrap();
        // Through a file: filter arguments have an escaping of their own.
        let words = dir.path().join("words.txt");
        std::fs::write(&words, text).unwrap();
        let picture = dir.path().join("text.png");
        let (width, height) = (self.width, self.height);
        let filter = format!(
            "color=white:size={width}x{height},drawtext=textfile={}:fontsize={}:\
             x=(w-tw)/2:y=(h-th)/2",
            words.display(),
            height / 4
        );
        let arguments = [
            "-loglevel",
            "error",
            "-nostdin",
            "-y",
            "-f",
            "lavfi",
            "-i",
            &filter,
        ];
        let output = ["-frames:v", "1", &picture.display().to_string()].map(str::to_owned);
        run(
            "ffmpeg",
            arguments.map(str::to_owned).into_iter().chain(output),
        );
        self.paint(&picture.display().to_string());
    }

    fn paint(&self, picture: &str) {
        let size = format!("{}x{}", self.width, self.height);
        // ImageMagick 6 ends with 1 after painting a root window, so only its words count.
        let output = Command::new("display")
            .args([
                "-display",
                &self.display,
                "-window",
                "root",
                "-size",
                &size,
                picture,
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.is_empty(), "display: {said}");
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
        eventually(PATIENCE, "the moving window is shown", || {
            self.shows("gst-launch").then_some(())
        });
        ScreenMotion { _process: process }
    }

    /// Keeps a picture of the whole screen.
    pub fn photograph(&self, file: &Path) {
        let words = ["-display", &self.display, "-window", "root"].map(OsStr::new);
        run("import", words.into_iter().chain([file.as_os_str()]));
    }

    /// Gives the keyboard to the window of exactly this title, as a window manager does, and presses these keys one after
    /// the other (names of X, as `p` or `Return`).
    pub fn type_into(&self, title: &str, keys: &[&str]) {
        let title = format!("^{title}$");
        let window = ["search", "--onlyvisible", "--name", &title, "windowfocus"];
        let mut command = Command::new("xdotool");
        command.env("DISPLAY", &self.display).args(window);
        if !keys.is_empty() {
            command.arg("key").args(keys);
        }
        let output = command.output().expect("xdotool is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "xdotool: {said}");
    }

    /// Whether a window of this title is on the screen.
    pub fn shows(&self, title: &str) -> bool {
        let listing = Command::new("xwininfo")
            .args(["-display", &self.display, "-root", "-tree"])
            .stdin(Stdio::null())
            .output()
            .expect("xwininfo is installed");
        // It fails when a window goes away while it looks: then the answer is the next one's.
        listing.status.success() && String::from_utf8_lossy(&listing.stdout).contains(title)
    }
}

/// A moving window on a screen; gone when dropped.
#[derive(Debug)]
pub struct ScreenMotion {
    _process: Group,
}
