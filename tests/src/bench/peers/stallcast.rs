//! The show as Stallcast puts it on: with a running countdown on the card, and a page that looks at the preview.

use std::time::{Duration, Instant};

use stallcast_show::{Command, SourceKind};
use stallcast_wire::RunState;
use tokio::task::JoinHandle;

use super::super::{PreviewClient, prove_encoded_alike};
use super::{Footage, Job};
use crate::stage::{
    encoder, end_show, file, go_live, health, import_orchard, put_destination, put_full_screen,
    put_on_air, studio_with,
};
use crate::world::{Engine, Session};

const DESTINATION: &str = "server";

/// An engine on air.
#[derive(Debug)]
pub(super) struct Studio {
    pub(super) launched: Instant,
    engine: Engine,
    session: Session,
    looking: JoinHandle<()>,
}

impl Studio {
    /// Sets the studio up as its user would the day before, starts it, goes live to application `app` and puts the card on
    /// air. `launched` is of the second start.
    pub(super) async fn start(job: &Job, app: &str) -> Self {
        let lines = job.size.1.to_string();
        let kbps = super::super::plain::KBPS.to_string();
        let env = match &job.footage {
            Footage::Clip(_) => Default::default(),
            Footage::Screen(display) => [
                ("DISPLAY", &**display),
                // With a display and no bus of its own, D-Bus would start one there, and a keychain on it.
                ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        };
        let mut engine = studio_with(env, &["--canvas", &lines, "--kbps", &kbps]);
        let mut session = engine.session().await;
        let kind = match &job.footage {
            Footage::Clip(clip) => file(clip),
            Footage::Screen(display) => SourceKind::Screen {
                display: Some(display.clone()),
            },
        };
        put_full_screen(&mut session, "source", kind).await;
        let products = import_orchard(&engine, &mut session).await;
        put_destination(&mut session, DESTINATION, app).await;
        drop(session);
        assert!(engine.stop().success(), "{}", engine.log());

        let launched = Instant::now();
        engine.restart();
        let mut session = engine.session().await;
        go_live(&mut session, &[DESTINATION]).await;
        put_on_air(&mut session, &products[1]).await;
        let countdown = Command::StartCountdown { seconds: 3600 };
        session.command(countdown).await.unwrap();
        let page = PreviewClient::open(engine.port(), engine.token()).await;
        Self {
            launched,
            looking: page.look_on(Default::default()),
            engine,
            session,
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.engine.pid()
    }

    pub(super) async fn play(&mut self, length: Duration) {
        self.session.play(length).await;
    }

    /// Proves that it was encoded as all are, sent and recorded.
    pub(super) async fn end(mut self) {
        prove_encoded_alike(&encoder(&self.session));
        let sent = health(&self.session, DESTINATION).expect("a destination");
        assert_eq!(sent.run, RunState::Live, "{sent:?}");
        let status = self.session.status.as_ref().expect("a status");
        assert!(status.recording().is_some(), "it is recorded");
        self.looking.abort();
        end_show(&mut self.session).await;
        drop(self.session);
        assert!(self.engine.stop().success(), "{}", self.engine.log());
    }
}
