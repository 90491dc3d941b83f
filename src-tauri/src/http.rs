//! One question to the engine over HTTP on this machine.

use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer that is asked for here is longer.
const MOST_SAID: u64 = 16 << 10;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Asks and waits for the answer no longer than `patience` at each step. `bearer` is the owner's token.
///
/// # Errors
/// When nobody answers there, or not in HTTP.
pub fn ask(
    address: SocketAddr,
    line: &str,
    bearer: Option<&str>,
    body: &str,
    patience: Duration,
) -> Result<Answer> {
    let mut socket = TcpStream::connect_timeout(&address, patience)?;
    socket.set_read_timeout(Some(patience))?;
    socket.set_write_timeout(Some(patience))?;
    let bearer = bearer.map_or_else(String::new, |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let length = body.len();
    write!(
        socket,
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{bearer}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut said = String::new();
    socket.take(MOST_SAID).read_to_string(&mut said)?;
    let (head, body) = said
        .split_once("\r\n\r\n")
        .ok_or_else(|| Error::other("not an HTTP answer"))?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.ok_or_else(|| Error::other("not an HTTP answer"))?,
        body: body.to_owned(),
    })
}
