//! connection owns one caller at the door, from its first byte to its last.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::rooms::{Rooms, Taken};
use crate::rtmp::greeting::{Greeting, GreetingStep};
use crate::rtmp::host::{HostEvent, HostSession};
use crate::rtmp::tag;

/// From connecting to the stream's name: five round trips of a slow Wi-Fi take one second.
const ASK_WITHIN: Duration = Duration::from_secs(10);
/// A publisher that sends nothing for this long is gone; the place was free for another long before.
const SILENCE: Duration = Duration::from_secs(10);
/// Our answers are some hundred bytes: one who does not take them does not read.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// Read at once; a phone sends some 4 KB a frame.
const READ: usize = 64 * 1024;
/// Between two failures to take a connection.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
enum Over {
    #[error("it closed")]
    Closed,
    #[error("it ended its stream")]
    Left,
    #[error("wrong name, or somebody is publishing there")]
    Refused,
    #[error("its place is gone")]
    TurnedOut,
    #[error("silent")]
    Silent,
    #[error("no handshake")]
    Handshake,
    #[error(transparent)]
    Violation(#[from] crate::rtmp::Violation),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Serves a caller until it is over.
pub(super) async fn serve(stream: TcpStream, from: SocketAddr, rooms: &Rooms) {
    let over = match talk(stream, from, rooms).await {
        Ok(never) => match never {},
        Err(over) => over,
    };
    tracing::info!(%from, %over, "a caller at the door left");
}

/// There is no good end.
enum Never {}

async fn talk(mut stream: TcpStream, from: SocketAddr, rooms: &Rooms) -> Result<Never, Over> {
    stream.set_nodelay(true)?;
    let mut closing = rooms.closing();
    let deadline = Instant::now() + ASK_WITHIN;
    let mut session = HostSession::new();
    let mut buffer = vec![0; READ];
    let rest = tokio::select! {
        greeted = timeout_at(deadline, greet(&mut stream, &mut buffer)) => {
            greeted.map_err(|_| Over::Silent)??
        }
        _ = closing.wait_for(|closed| *closed) => return Err(Over::TurnedOut),
    };
    let mut events = session.input(&rest)?;
    let taken = loop {
        if let Some(HostEvent::Asks { app, name }) = events.pop() {
            match rooms.take(&app, &name, from.ip()) {
                Some(taken) => {
                    session.accept();
                    break taken;
                }
                None => {
                    session.refuse();
                    flush(&mut stream, &mut session).await?;
                    return Err(Over::Refused);
                }
            }
        }
        flush(&mut stream, &mut session).await?;
        let read = tokio::select! {
            read = timeout_at(deadline, stream.read(&mut buffer)) => {
                read.map_err(|_| Over::Silent)??
            }
            _ = closing.wait_for(|closed| *closed) => return Err(Over::TurnedOut),
        };
        if read == 0 {
            return Err(Over::Closed);
        }
        events = session.input(&buffer[..read])?;
    };
    tracing::info!(%from, "a phone publishes");
    publish(stream, session, &taken, taken.out.clone(), buffer).await
}

async fn greet(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<Vec<u8>, Over> {
    let mut greeting = Greeting::answering();
    loop {
        let read = stream.read(buffer).await?;
        if read == 0 {
            return Err(Over::Closed);
        }
        let step = greeting
            .input(&buffer[..read])
            .map_err(|_| Over::Handshake)?;
        let (reply, rest) = match step {
            GreetingStep::Reply(reply) => (reply, None),
            GreetingStep::Done { reply, rest } => (reply, Some(rest)),
        };
        stream.write_all(&reply).await?;
        if let Some(rest) = rest {
            return Ok(rest);
        }
    }
}

async fn publish(
    mut stream: TcpStream,
    mut session: HostSession,
    taken: &Taken<'_>,
    mut out: watch::Receiver<bool>,
    mut buffer: Vec<u8>,
) -> Result<Never, Over> {
    // What came together with the question.
    let mut events = session.input(&[])?;
    loop {
        for event in events {
            match event {
                HostEvent::Media(message) => {
                    if let Some(inbound) = tag::read(&message) {
                        taken.media(inbound);
                    }
                }
                HostEvent::Left => return Err(Over::Left),
                HostEvent::Asks { .. } => return Err(Over::Refused),
            }
        }
        flush(&mut stream, &mut session).await?;
        let read = tokio::select! {
            read = timeout(SILENCE, stream.read(&mut buffer)) => read.map_err(|_| Over::Silent)??,
            _ = out.wait_for(|out| *out) => return Err(Over::TurnedOut),
        };
        if read == 0 {
            return Err(Over::Closed);
        }
        events = session.input(&buffer[..read])?;
    }
}

async fn flush(stream: &mut TcpStream, session: &mut HostSession) -> Result<(), Over> {
    if session.out.is_empty() {
        return Ok(());
    }
    let bytes = session.out.split();
    timeout(WRITE_WITHIN, stream.write_all(&bytes))
        .await
        .map_err(|_| Over::Silent)??;
    Ok(())
}
