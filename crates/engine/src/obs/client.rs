//! One client: greeted, let in, answered, told of events. One that does not read is sent away; one that has
//! [`UNDER_WAY`] requests under way is not listened to until one of them is done.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stallcast_obsws::auth::Tries;
use stallcast_obsws::{
    Batch, Board, Close, Counts, Credits, Encoding, Event, Frame, Next, Reply, Request, Session,
    Step, answer, mask, meters,
};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::deeds;
use super::server::{Place, Server};

/// How long a client may take to identify itself, or to take a message.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Requests and batches of one client under way at once.
const UNDER_WAY: usize = 4;

/// Counts a client that came in, until dropped.
struct Inside(Server);

impl Inside {
    fn count(server: &Server) -> Self {
        server.obs.inner.clients.fetch_add(1, Ordering::Relaxed);
        Self(server.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.obs.inner.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Talks with a client until it goes or is sent away.
pub(super) async fn talk(server: Server, mut socket: WebSocket, encoding: Encoding, place: Place) {
    let random = || STANDARD.encode(rand::random::<[u8; 32]>());
    let session = Session::new(Credits {
        password: server.password.to_string(),
        salt: random(),
        challenge: random(),
    });
    let mut client = Client {
        server,
        encoding,
        session,
        place,
    };
    if let Err(Some(close)) = client.serve(&mut socket).await {
        let frame = CloseFrame {
            code: close.code,
            reason: close.reason.into(),
        };
        let said = timeout(PATIENCE, socket.send(Message::Close(Some(frame)))).await;
        // Its own good-bye, so that it hears ours before the connection is cut.
        if matches!(said, Ok(Ok(()))) {
            let _ = timeout(Duration::from_secs(1), async {
                while let Some(Ok(_)) = socket.recv().await {}
            })
            .await;
        }
    }
}

struct Client {
    server: Server,
    encoding: Encoding,
    session: Session,
    place: Place,
}

/// Waits until all clients are sent away, and says why.
async fn ended(over: &mut watch::Receiver<Option<Close>>) -> Close {
    let close = over.wait_for(Option::is_some).await;
    close.ok().and_then(|close| *close).unwrap_or(Close::OFF)
}

/// `None` = the client is gone, and needs no words.
type Gone = Option<Close>;

impl Client {
    async fn serve(&mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        let mut events = self.server.events.subscribe();
        let mut levels = self.server.studio.meters();
        let mut over = self.server.over.clone();
        let (done, mut answers) = mpsc::channel(UNDER_WAY);
        let greeted = Instant::now();
        let mut inside = None;
        let hello = self.session.hello();
        self.send(socket, &hello).await?;
        loop {
            let may_ask = done.capacity() > 0;
            tokio::select! {
                message = socket.recv(), if may_ask => {
                    let frame = match message {
                        Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
                        Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.to_vec()),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
                        Some(Ok(_)) => continue,
                    };
                    self.take(socket, &frame, &done).await?;
                    if self.session.is_identified() && inside.is_none() {
                        inside = Some(Inside::count(&self.server));
                    }
                }
                event = events.recv() => match event {
                    Ok(event) => self.tell(socket, &event).await?,
                    Err(RecvError::Lagged(_)) => return Err(Some(Close::TOO_SLOW)),
                    Err(RecvError::Closed) => return Err(Some(Close::OFF)),
                },
                Some(message) = answers.recv() => self.send(socket, &message).await?,
                Ok(()) = levels.changed(), if self.session.wants(mask::VOLUME_METERS) => {
                    let event = {
                        let (board, levels) = (self.server.boards.borrow(), levels.borrow_and_update());
                        meters(&board, |id| {
                            let mut inputs = levels.inputs.iter();
                            Some(inputs.find(|(input, _)| input == id)?.1.peak_db)
                        })
                    };
                    self.tell(socket, &event).await?;
                }
                () = sleep_until(greeted + PATIENCE), if !self.session.is_identified() => {
                    return Err(Some(Close::NO_IDENTIFY));
                }
                close = ended(&mut over) => {
                    if close == Close::ENDING {
                        self.tell(socket, &Event::exit()).await?;
                    }
                    return Err(Some(close));
                }
            }
        }
    }

    /// Takes a message of the client.
    async fn take(
        &mut self,
        socket: &mut WebSocket,
        frame: &Frame,
        done: &mpsc::Sender<Value>,
    ) -> Result<(), Gone> {
        let message = self.encoding.read(frame).map_err(Some)?;
        let whose = self.place.whose;
        let is_new = !self.session.is_identified();
        if is_new && self.server.tries(whose, Tries::may) != Some(true) {
            return Err(Some(Close::TOO_MANY_TRIES));
        }
        let step = self.session.take(&message).map_err(|close| {
            if close == Close::WRONG_PASSWORD {
                tracing::warn!("somebody tried a wrong password over obs-websocket");
                self.server.tries(whose, Tries::wrong);
            }
            Some(close)
        })?;
        match step {
            Step::Send(message) => self.send(socket, &message).await,
            Step::Request(request) => {
                let board = Arc::clone(&self.server.boards.borrow());
                match answer(&board, &request, self.session.counts) {
                    Reply::Now(answer) => self.send(socket, &request.response(&answer)).await,
                    Reply::Do(wish, data) => {
                        let server = self.server.clone();
                        spawn(done, async move {
                            let answer = deeds::carry_out(&server, wish, data).await;
                            request.response(&answer)
                        })
                    }
                }
            }
            Step::Batch(batch) => {
                let (server, counts) = (self.server.clone(), self.session.counts);
                spawn(done, run(server, batch, counts))
            }
        }
    }

    async fn tell(&mut self, socket: &mut WebSocket, event: &Event) -> Result<(), Gone> {
        if self.session.wants(event.mask) {
            self.send(socket, &event.message()).await?;
        }
        Ok(())
    }

    async fn send(&mut self, socket: &mut WebSocket, message: &Value) -> Result<(), Gone> {
        let frame = match self
            .encoding
            .write(message)
            .ok_or(Some(Close::UNREADABLE))?
        {
            Frame::Text(text) => Message::Text(text.into()),
            Frame::Binary(bytes) => Message::Binary(bytes.into()),
        };
        match timeout(PATIENCE, socket.send(frame)).await {
            Ok(Ok(())) => {
                self.session.counts.outgoing += 1;
                Ok(())
            }
            // Nothing more would get through.
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }
}

/// Begins what takes its time; there is a place, or the client would not have been listened to.
fn spawn(
    done: &mpsc::Sender<Value>,
    deed: impl Future<Output = Value> + Send + 'static,
) -> Result<(), Gone> {
    let place = done.clone().try_reserve_owned().map_err(|_| None)?;
    tokio::spawn(async move {
        place.send(deed.await);
    });
    Ok(())
}

/// Runs a batch to its end, or until the server is switched off.
async fn run(server: Server, batch: Batch, counts: Counts) -> Value {
    let mut running = batch.run(server.boards.borrow().canvas.fps);
    let mut over = server.over.clone();
    loop {
        match running.proceed() {
            Next::Request(request) => {
                let answer = in_batch(&server, &request, counts).await;
                running.done(&request, &answer);
            }
            Next::Sleep(ms) => {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    _ = over.wait_for(Option::is_some) => return Value::Null,
                }
            }
            Next::Response(response) => return response,
        }
    }
}

async fn in_batch(server: &Server, request: &Request, counts: Counts) -> stallcast_obsws::Answer {
    let board: Arc<Board> = Arc::clone(&server.boards.borrow());
    match answer(&board, request, counts) {
        Reply::Now(answer) => answer,
        Reply::Do(wish, data) => deeds::carry_out(server, wish, data).await,
    }
}
