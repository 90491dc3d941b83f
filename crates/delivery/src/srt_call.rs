//! srt_call owns a try of SRT's handshake (draft-sharabayko-srt-01, 4.3): whether somebody is there, and why a call is
//! refused. The program that carries the stream only says that there is no connection.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::error::DeliveryErrorCode as Code;
use crate::secret::Secret;

/// Time for one answer; asked again as often as [`TRIES`].
const ANSWER_TIMEOUT: Duration = Duration::from_millis(700);
/// A lost packet must not make a server that is there look dead.
const TRIES: usize = 3;

/// Head of a control packet (3.2): type 0 is a handshake, 5 a shutdown.
const HEAD: usize = 16;
/// A handshake without extensions (3.2.1).
const HANDSHAKE: usize = HEAD + 48;
const INDUCTION: u32 = 1;
const CONCLUSION: u32 = 0xFFFF_FFFF;
/// What a server of version 5 puts into its first answer.
const MAGIC: u16 = 0x4A17;
/// Handshake types from here on are refusals; libsrt's reasons follow, the server's own from 2000 on.
const REFUSED: u32 = 1000;
/// Our number of the connection that is only tried.
const SOCKET_ID: u32 = 0x2357_1113;
/// Extensions: what we are, and the stream's id.
const EXT_HSREQ: u16 = 1;
const EXT_SID: u16 = 5;
/// Fields of the conclusion that say which extensions follow.
const HAS_HSREQ: u16 = 1;
const HAS_CONFIG: u16 = 4;

/// Calls the server, says the stream's id and no passphrase, and hangs up. `encrypts`: whether the real call has a
/// passphrase.
///
/// # Errors
/// [`Code::Refused`] and [`Code::Unreachable`] when nobody is there; why the server refuses; and
/// [`Code::WrongPassphrase`] when it takes the call unencrypted although there is a passphrase.
pub async fn try_call(
    server: SocketAddr,
    stream_id: Option<&Secret>,
    encrypts: bool,
) -> Result<(), Code> {
    let (socket, first) = greet(server).await?;
    let stream_id = stream_id.map(Secret::reveal).unwrap_or_default();
    let second = ask(&socket, &conclusion(first.cookie, stream_id)).await?;
    if second.kind == CONCLUSION {
        // It would wait for pictures now.
        let _ = socket.send(&shutdown(second.socket_id)).await;
        return match encrypts {
            true => Err(Code::WrongPassphrase),
            false => Ok(()),
        };
    }
    match second.kind.checked_sub(REFUSED) {
        // SRT_REJ_BADSECRET, SRT_REJ_UNSECURE: it wants a passphrase. Whether ours is wrong or missing is the same to do.
        Some(10 | 11) => Err(Code::WrongPassphrase),
        Some(reason) => Err(refusal(reason)),
        None => Err(Code::HandshakeFailed),
    }
}

/// Asks whether an SRT server is there, without calling it: who takes one call only is not disturbed.
///
/// # Errors
/// As [`try_call`], without its reasons.
pub async fn is_there(server: SocketAddr) -> Result<(), Code> {
    greet(server).await.map(|_| ())
}

/// The first half of the handshake.
async fn greet(server: SocketAddr) -> Result<(UdpSocket, Answer), Code> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let gone = |error: std::io::Error| Code::from_connect(&error);
    let socket = UdpSocket::bind(any).await.map_err(gone)?;
    socket.connect(server).await.map_err(gone)?;
    let first = ask(&socket, &induction()).await?;
    if first.kind != INDUCTION || first.extension != MAGIC {
        return Err(Code::HandshakeFailed);
    }
    Ok((socket, first))
}

/// What a reason (`SRT_REJECT_REASON`; from 1000 on as HTTP's statuses) means.
fn refusal(reason: u32) -> Code {
    match reason {
        1401 | 1403 => Code::NotAuthorized,
        1404 => Code::NotFound,
        reason => Code::PublishRejected(format!("SRT {reason}")),
    }
}

async fn ask(socket: &UdpSocket, packet: &[u8]) -> Result<Answer, Code> {
    let gone = |error: std::io::Error| Code::from_connect(&error);
    for _ in 0..TRIES {
        socket.send(packet).await.map_err(gone)?;
        let hearing = async {
            let mut bytes = [0; 1500];
            loop {
                let count = socket.recv(&mut bytes).await.map_err(gone)?;
                if let Some(answer) = read(&bytes[..count]) {
                    return Ok(answer);
                }
            }
        };
        if let Ok(answer) = timeout(ANSWER_TIMEOUT, hearing).await {
            return answer;
        }
    }
    Err(Code::Unreachable)
}

/// A handshake as it came.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    extension: u16,
    kind: u32,
    socket_id: u32,
    cookie: u32,
}

fn read(packet: &[u8]) -> Option<Answer> {
    if packet.len() < HANDSHAKE {
        return None;
    }
    let word = |at: usize| {
        let bytes = packet.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    if word(0)? != 0x8000_0000 {
        return None;
    }
    Some(Answer {
        extension: (word(HEAD + 4)? & 0xFFFF) as u16,
        kind: word(HEAD + 20)?,
        socket_id: word(HEAD + 24)?,
        cookie: word(HEAD + 28)?,
    })
}

fn handshake(version: u32, extension: u16, kind: u32, cookie: u32) -> Vec<u8> {
    let words = [
        0x8000_0000,
        0,
        0,
        0,
        version,
        u32::from(extension),
        // First number of our packets, largest packet, most packets on their way.
        1,
        1500,
        8192,
        kind,
        SOCKET_ID,
        cookie,
        // The server's address as we see it: not looked at.
        0x0100_007F,
        0,
        0,
        0,
    ];
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn induction() -> Vec<u8> {
    // Version 4 and `2` (UDT's datagrams) are what the first packet says, whatever is spoken later.
    handshake(4, 2, INDUCTION, 0)
}

fn conclusion(cookie: u32, stream_id: &str) -> Vec<u8> {
    let has_config = if stream_id.is_empty() { 0 } else { HAS_CONFIG };
    let mut packet = handshake(5, HAS_HSREQ | has_config, CONCLUSION, cookie);
    let mut extend = |kind: u16, content: &[u8]| {
        packet.extend(kind.to_be_bytes());
        packet.extend(((content.len() / 4) as u16).to_be_bytes());
        packet.extend(content);
    };
    // Version 1.5.0; times, late packets given up, reports of loss, repetitions marked (0xBF without encryption); 120 ms.
    let we: Vec<u8> = [0x0001_0500_u32, 0xBF, 0x0078_0078]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    extend(EXT_HSREQ, &we);
    if has_config != 0 {
        // In words of four, each turned round (3.2.1.3).
        let mut text = stream_id.as_bytes().to_vec();
        text.resize(text.len().next_multiple_of(4), 0);
        text.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        extend(EXT_SID, &text);
    }
    packet
}

fn shutdown(to: u32) -> Vec<u8> {
    let words = [0x8005_0000, 0, 0, to, 0];
    words
        .iter()
        .flat_map(|word: &u32| word.to_be_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_is_read_as_it_is_written() {
        let packet = handshake(5, MAGIC, INDUCTION, 77);
        assert_eq!(packet.len(), HANDSHAKE);
        let answer = read(&packet).unwrap();
        assert_eq!(
            (answer.extension, answer.kind, answer.cookie),
            (MAGIC, INDUCTION, 77)
        );
        assert_eq!(read(&packet[..HANDSHAKE - 1]), None);
        assert_eq!(read(&[0; HANDSHAKE]), None);
    }

    #[test]
    fn a_stream_id_fills_whole_words() {
        let packet = conclusion(1, "abcde");
        let id = &packet[HANDSHAKE + 4 + 12..];
        assert_eq!(id, [0, 5, 0, 2, b'd', b'c', b'b', b'a', 0, 0, 0, b'e']);
    }

    #[tokio::test]
    async fn nobody_there_is_told_soon() {
        let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let silent = taken.local_addr().unwrap();
        assert_eq!(is_there(silent).await, Err(Code::Unreachable));
        drop(taken);
        assert_eq!(try_call(silent, None, false).await, Err(Code::Refused));
    }
}
