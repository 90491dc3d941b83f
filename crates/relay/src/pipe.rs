//! A stream of bytes from one copy to another, over NATS: a phone came to this copy, its studio's connection hangs at that one.
//!
//! NATS's core promises neither that a message comes nor that somebody has room for it. So each end counts: data has its place
//! in the stream, a gap ends the pipe; no more than [`WINDOW`] is on its way before the other end says that it was taken; and
//! an end that says nothing for [`SILENCE`] is gone.

use std::time::Duration;

use async_nats::{Client, Subscriber};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, split};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, timeout};

/// What may be on its way at a time, in bytes, [`AROUND`] of each message counted in.
const WINDOW: u64 = 256 * 1024;
/// What a message costs besides its bytes.
const AROUND: u64 = 64;
/// Largest piece, in bytes.
const PIECE: usize = 32 * 1024;
/// Pieces that may wait: as many as the window has of the smallest.
const PIECES: usize = (WINDOW / AROUND) as usize;
/// How often an end says that it is there.
const BEAT: Duration = Duration::from_secs(4);
/// How long an end's silence is borne.
const SILENCE: Duration = Duration::from_secs(14);
/// The same after its last byte: it may be done, and a slow phone still takes what came.
const SILENCE_AT_THE_END: Duration = Duration::from_secs(600);

/// Which end of a pipe.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    /// The phone's.
    Phone,
    /// The studio's.
    Studio,
}

/// Where an end is spoken to.
pub(crate) fn subject(id: &str, side: Side) -> String {
    let side = match side {
        Side::Phone => "phone",
        Side::Studio => "studio",
    };
    format!("stallcast.pipe.{id}.{side}")
}

/// What the ends say.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// Bytes, and how many came before them.
    Data(u64, Bytes),
    /// So much of the window was taken since the beginning.
    Taken(u64),
    /// No more data comes, and how many bytes there were.
    End(u64),
    /// The pipe is broken.
    Broken,
    /// Still there.
    Here,
}

impl Word {
    fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        match self {
            Self::Data(at, data) => {
                bytes.put_u8(b'd');
                bytes.put_u64(*at);
                bytes.extend_from_slice(data);
            }
            Self::Taken(all) => {
                bytes.put_u8(b't');
                bytes.put_u64(*all);
            }
            Self::End(at) => {
                bytes.put_u8(b'e');
                bytes.put_u64(*at);
            }
            Self::Broken => bytes.put_u8(b'b'),
            Self::Here => bytes.put_u8(b'h'),
        }
        bytes.freeze()
    }

    fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let number = || Some(u64::from_be_bytes(*rest.first_chunk::<8>()?));
        match kind {
            b'd' => Some(Self::Data(number()?, bytes.slice(9..))),
            b't' => Some(Self::Taken(number()?)),
            b'e' => Some(Self::End(number()?)),
            b'b' => Some(Self::Broken),
            b'h' => Some(Self::Here),
            _ => None,
        }
    }
}

/// Why a pipe ended before both sides were done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Break {
    /// The other copy says nothing any more.
    #[error("the other copy is silent")]
    Silent,
    /// Something is missing, or more came than may.
    #[error("something is missing")]
    Gap,
    /// The other end broke off.
    #[error("the other end broke off")]
    Other,
    /// This copy's end did.
    #[error("this end broke off")]
    Own,
    /// NATS.
    #[error("NATS is away")]
    Nats,
}

/// Moves bytes between `near` and the other copy until both ways are at their end, or it breaks.
pub(crate) async fn run(
    client: &Client,
    id: &str,
    side: Side,
    coming: Subscriber,
    near: DuplexStream,
) -> Result<(), Break> {
    let to = match side {
        Side::Phone => Side::Studio,
        Side::Studio => Side::Phone,
    };
    let to = subject(id, to);
    let ran = move_bytes(client, &to, coming, near).await;
    if ran.is_err() {
        let _ = client.publish(to, Word::Broken.to_bytes()).await;
    }
    ran
}

async fn move_bytes(
    client: &Client,
    to: &str,
    mut coming: Subscriber,
    near: DuplexStream,
) -> Result<(), Break> {
    let say = async |word: Word| {
        let said = client.publish(to.to_owned(), word.to_bytes()).await;
        said.map_err(|_| Break::Nats)
    };
    let (mut read, mut write) = split(near);
    let (taken, mut told) = watch::channel(0_u64);
    let (pieces, mut waiting) = mpsc::channel::<Bytes>(PIECES);

    let sending = async {
        let mut buffer = vec![0; PIECE];
        let (mut at, mut cost) = (0_u64, 0_u64);
        loop {
            // At least a byte fits, and no more than the window has.
            let of = told.wait_for(|taken| cost + AROUND < taken + WINDOW).await;
            let room = *of.map_err(|_| Break::Other)? + WINDOW - cost - AROUND;
            let most = PIECE.min(usize::try_from(room).unwrap_or(PIECE));
            let some = buffer.get_mut(..most).unwrap_or_default();
            let length = read.read(some).await.map_err(|_| Break::Own)?;
            if length == 0 {
                return say(Word::End(at)).await;
            }
            let data = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
            say(Word::Data(at, data)).await?;
            at += length as u64;
            cost += length as u64 + AROUND;
        }
    };
    let hearing = async {
        // Owned here: what waits is at its end when this is.
        let (pieces, taken) = (pieces, taken);
        let (mut at, mut is_ended) = (0_u64, false);
        loop {
            let silence = if is_ended {
                SILENCE_AT_THE_END
            } else {
                SILENCE
            };
            let next = timeout(silence, coming.next()).await;
            let message = next.map_err(|_| Break::Silent)?.ok_or(Break::Nats)?;
            match Word::from_bytes(&message.payload).ok_or(Break::Gap)? {
                Word::Data(place, data) => {
                    if place != at || is_ended {
                        return Err(Break::Gap);
                    }
                    at += data.len() as u64;
                    // More than the window has.
                    pieces.try_send(data).map_err(|_| Break::Gap)?;
                }
                Word::Taken(all) => {
                    taken.send_replace(all);
                }
                Word::End(place) if place == at && !is_ended => {
                    is_ended = true;
                    let none = Bytes::new();
                    pieces.try_send(none).map_err(|_| Break::Gap)?;
                }
                Word::End(_) => return Err(Break::Gap),
                Word::Broken => return Err(Break::Other),
                Word::Here => {}
            }
        }
    };
    let handing = async {
        let (mut all, mut said) = (0_u64, 0_u64);
        while let Some(piece) = waiting.recv().await {
            if piece.is_empty() {
                return write.shutdown().await.map_err(|_| Break::Own);
            }
            write.write_all(&piece).await.map_err(|_| Break::Own)?;
            all += piece.len() as u64 + AROUND;
            if all - said >= WINDOW / 4 {
                said = all;
                say(Word::Taken(all)).await?;
            }
        }
        Err(Break::Other)
    };
    let beating = async {
        let mut beat = interval(BEAT);
        loop {
            beat.tick().await;
            if let Err(error) = say(Word::Here).await {
                return error;
            }
        }
    };
    tokio::select! {
        both = async { tokio::try_join!(sending, handing) } => both.map(|_| ()),
        heard = hearing => heard,
        error = beating => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_was_said_and_rubbish_is_none() {
        for word in [
            Word::Data(7, Bytes::from_static(b"abc")),
            Word::Data(0, Bytes::new()),
            Word::Taken(u64::MAX),
            Word::End(3),
            Word::Broken,
            Word::Here,
        ] {
            assert_eq!(Word::from_bytes(&word.to_bytes()), Some(word));
        }
        for rubbish in [&b""[..], b"d", b"d1234567", b"t", b"x", b"e123"] {
            assert_eq!(Word::from_bytes(&Bytes::from_static(rubbish)), None);
        }
    }
}
