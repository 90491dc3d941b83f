//! The preview socket: JPEG frames, the latest wins, the next is sent only after the page drew the last.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use bytes::{BufMut, BytesMut};
use stallcast_media::preview::PreviewFrame;
use stallcast_show::Canvas;
use stallcast_wire::ClientMessage;

use super::Api;
use super::connections::soon;
use super::socket::Guest;
use super::team_door::Doorway;
use crate::canvases::Watching;

/// Between two pictures of a member's preview: a phone shows where the show is, the studio shows how it moves, and
/// forty phones share one radio.
const MEMBERS_PACE: std::time::Duration = std::time::Duration::from_millis(200);

/// The same over the relay: it leaves by the line that the broadcast needs.
const OUTSIDE_PACE: std::time::Duration = std::time::Duration::from_secs(1);

/// First bytes of a preview message, before `u32` number and `f64` milliseconds, both little-endian.
const MAGIC: &[u8; 4] = b"SCP1";

/// Opens the socket.
pub async fn open(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(4 << 10)
        .on_upgrade(move |socket| show(api, wanted, socket))
}

/// `?canvas=portrait`.
#[derive(serde::Deserialize)]
pub struct Wanted {
    /// Which canvas; the first that is on when none is named.
    canvas: Option<Canvas>,
}

async fn show(api: Api, wanted: Wanted, mut socket: WebSocket) {
    let Some(Guest { presence, .. }) = super::socket::greet(&api, &mut socket).await else {
        return;
    };
    let watching = api.studio.watch_preview(wanted.canvas);
    let is_outside = api.doorway.as_ref().is_some_and(Doorway::is_outside);
    let pace = if is_outside {
        OUTSIDE_PACE
    } else {
        MEMBERS_PACE
    };
    match presence {
        None => send_pictures(watching, &mut socket, None).await,
        Some(mut presence) => {
            tokio::select! {
                () = send_pictures(watching, &mut socket, Some(pace)) => {}
                () = presence.over() => {}
            }
        }
    }
}

async fn send_pictures(
    mut watching: Watching,
    socket: &mut WebSocket,
    pace: Option<std::time::Duration>,
) {
    while let Some(frame) = next(&mut watching, socket).await {
        let mut message = BytesMut::with_capacity(16 + frame.jpeg.len());
        message.put_slice(MAGIC);
        // The number wraps after four years of preview.
        message.put_u32_le(frame.seq as u32);
        message.put_f64_le(frame.pts_ms as f64);
        message.put_slice(&frame.jpeg);
        // A phone that froze gives its place back; a page that only slept comes again by itself.
        let shown = async {
            let sent = socket.send(Message::Binary(message.freeze())).await;
            sent.is_ok() && drawn(socket).await
        };
        if soon(shown).await != Some(true) {
            return;
        }
        if let Some(pace) = pace {
            tokio::time::sleep(pace).await;
        }
    }
}

/// The next picture; `None` when the page or the engine is gone. A canvas that is off shows none for long.
async fn next(watching: &mut Watching, socket: &mut WebSocket) -> Option<PreviewFrame> {
    loop {
        tokio::select! {
            frame = watching.next() => return frame,
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return None,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Waits until the page says that it drew a frame; false when it is gone.
async fn drawn(socket: &mut WebSocket) -> bool {
    while let Some(Ok(message)) = socket.recv().await {
        let text = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Close(_) => return false,
            _ => continue,
        };
        if matches!(serde_json::from_slice(text), Ok(ClientMessage::Ack { .. })) {
            return true;
        }
    }
    false
}
