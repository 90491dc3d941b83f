//! The show that is measured: one source, a card with a running countdown, the preview open, a
//! recording and two destinations.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stallcast_show::{Canvas, Canvases, Command, Destination, SourceKind};
use stallcast_wire::{EncoderStatus, RunState};
use tokio::task::JoinHandle;

use super::PreviewClient;
use crate::probe::Press;
use crate::stage::{
    destination, end_show, go_live, import_orchard, input_live, put_destination_like,
    put_full_screen, put_on_air, show_of, switch_canvases,
};
use crate::world::{Engine, PATIENCE, RtmpServer, Session};

/// The one source of the show.
const SOURCE: &str = "main";

/// A show on air.
#[derive(Debug)]
pub struct LiveShow {
    /// The engine, recording.
    pub engine: Engine,
    /// A page's session.
    pub session: Session,
    servers: Vec<RtmpServer>,
    previews: Vec<JoinHandle<()>>,
    pictures: Arc<AtomicU64>,
}

impl LiveShow {
    /// Puts `kind` on air, full screen, with everything; two ingest servers take it.
    pub async fn start(engine: Engine, kind: SourceKind) -> Self {
        let sent = [Canvas::Landscape, Canvas::Landscape];
        Box::pin(Self::start_on(engine, kind, &sent)).await
    }

    /// The same with an ingest server for each of these; a page looks at every canvas among them.
    pub async fn start_on(engine: Engine, kind: SourceKind, sent: &[Canvas]) -> Self {
        let servers: Vec<_> = sent.iter().map(|_| RtmpServer::start()).collect();
        let mut session = engine.session().await;
        put_full_screen(&mut session, SOURCE, kind).await;
        input_live(&mut session, SOURCE).await;
        let products = import_orchard(&engine, &mut session).await;
        let canvases: BTreeSet<Canvas> = sent.iter().copied().collect();
        switch_canvases(&mut session, all_of(&canvases)).await;
        let ids: Vec<String> = (0..sent.len())
            .map(|n| format!("destination-{n}"))
            .collect();
        for ((id, server), canvas) in ids.iter().zip(&servers).zip(sent) {
            let destination = Destination {
                canvas: *canvas,
                ..destination(id, &server.url("live"))
            };
            put_destination_like(&mut session, destination).await;
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        go_live(&mut session, &ids).await;
        put_on_air(&mut session, &products[1]).await;
        let countdown = Command::StartCountdown { seconds: 3600 };
        session.command(countdown).await.unwrap();
        let pictures = Arc::new(AtomicU64::new(0));
        let mut previews = Vec::new();
        for canvas in canvases {
            let preview = PreviewClient::open_of(engine.port(), engine.token(), canvas).await;
            previews.push(preview.look_on(Arc::clone(&pictures)));
        }
        Self {
            engine,
            session,
            servers,
            previews,
            pictures,
        }
    }

    /// As a page, reads on for `length`.
    pub async fn play(&mut self, length: Duration) {
        self.session.play(length).await;
    }

    /// What each server received, whole once the show has ended.
    pub fn received(&self) -> Vec<PathBuf> {
        let of_each = self.servers.iter().map(|server| {
            let mut files = server.finished_recordings("live");
            files.remove(0)
        });
        of_each.collect()
    }

    /// Puts products of the rundown on air, one after the other as these places of it say, `apart`.
    pub async fn press(
        &mut self,
        places: impl Iterator<Item = usize>,
        apart: Duration,
    ) -> Vec<Press> {
        let mut presses = Vec::new();
        for place in places {
            // The cards of the number keys are drawn ahead while nothing else is to be drawn.
            self.play(apart).await;
            let before = show_of(&self.session);
            let product = before.rundown[place].product.clone();
            let command = Command::PutOnAir {
                product: product.clone(),
            };
            self.session.command(command).await.unwrap();
            let at = self
                .session
                .until(PATIENCE, "the product is on air", |s| {
                    let on_air = s.show.as_ref()?.on_air.as_ref()?;
                    (on_air.product == product).then_some(on_air.since)
                })
                .await;
            let after = show_of(&self.session);
            presses.push(Press { at, before, after });
        }
        presses
    }

    /// Counters of a canvas's encoder as last told.
    pub fn encoder_of(&self, canvas: Canvas) -> EncoderStatus {
        let status = self.session.status.as_ref().expect("a status");
        let mut canvases = status.canvases.iter();
        let on = canvases.find(|on| on.canvas == canvas);
        on.and_then(|on| on.encoder.clone()).expect("an encoder")
    }

    /// Preview pictures received so far.
    pub fn preview_pictures(&self) -> u64 {
        self.pictures.load(Ordering::Relaxed)
    }

    /// Panics unless both destinations and the recording run without a loss.
    pub fn prove_whole(&self) {
        let status = self.session.status.as_ref().expect("a status");
        assert_eq!(status.destinations.len(), self.servers.len());
        for destination in &status.destinations {
            assert_eq!(destination.run, RunState::Live, "{destination:?}");
            assert_eq!(destination.frames_dropped, 0, "{destination:?}");
        }
        assert!(status.recording().is_some(), "it is recorded");
        assert!(self.previews.iter().all(|preview| !preview.is_finished()));
    }

    /// Closes the preview, ends the show and waits until nothing is sent or recorded any more.
    pub async fn end(&mut self) {
        for preview in &self.previews {
            preview.abort();
        }
        end_show(&mut self.session).await;
    }
}

/// All that something is sent of.
fn all_of(canvases: &BTreeSet<Canvas>) -> Canvases {
    match (
        canvases.contains(&Canvas::Landscape),
        canvases.contains(&Canvas::Portrait),
    ) {
        (_, false) => Canvases::Landscape,
        (false, true) => Canvases::Portrait,
        (true, true) => Canvases::Both,
    }
}
