//! A studio with a camera and a screen of its own, as a seller's laptop has them.

use stallcast_show::SourceKind;

use super::{put_source, studio};
use crate::world::{Engine, PipeWireSession, Session, VirtualCamera, Xvfb};

/// The engine and what is plugged in; it ends before they do.
#[derive(Debug)]
pub struct Booth {
    /// The engine.
    pub engine: Engine,
    screen: Xvfb,
    _camera: VirtualCamera,
    _devices: PipeWireSession,
}

impl Booth {
    /// With a camera that shows colour bars and a navy screen of 1280x720.
    pub fn open() -> Self {
        let devices = PipeWireSession::start();
        // A plain colour would be taken for a frozen camera: this one has snow in a corner.
        let camera = devices.camera("cam", "smpte");
        let screen = Xvfb::start(1280, 720);
        screen.draw("navy");
        let mut env = devices.env();
        env.insert("DISPLAY".into(), screen.display().into());
        Self {
            engine: studio(env),
            screen,
            _camera: camera,
            _devices: devices,
        }
    }

    /// Adds the two as the sources `camera` and `screen`.
    pub async fn put_sources(&self, session: &mut Session) {
        put_source(session, "camera", SourceKind::Camera { device: None }).await;
        let display = Some(self.screen.display().to_owned());
        put_source(session, "screen", SourceKind::Screen { display }).await;
    }
}
