//! reception owns an RTMP listener on this machine that takes one publisher after another, whatever name it publishes
//! under, and hands its stream out as the bytes of an FLV file: each tag's body is what came, as it came.
//!
//! It waits in threads, for readers that do. What is not read is not taken from the socket either, so the publisher notices.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bytes::{Buf, BufMut, BytesMut};

use crate::door::APPLICATION;
use crate::rtmp::greeting::{Greeting, GreetingStep};
use crate::rtmp::host::{HostEvent, HostSession};

/// How long [`Reception::next`] and a read wait at most.
const WAIT: Duration = Duration::from_millis(100);
/// Between two looks for a publisher.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Our answers are some hundred bytes: one who does not take them does not read.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// Read at once.
const READ: usize = 64 * 1024;
/// What an FLV file with pictures and sound begins with (Adobe Flash Video File Format 10.1, E.2 and E.3).
const FLV: [u8; 13] = [b'F', b'L', b'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];
/// Bytes of a tag before its body.
const TAG: u32 = 11;

/// An open listener.
#[derive(Debug)]
pub struct Reception {
    listener: TcpListener,
    at: SocketAddr,
}

impl Reception {
    /// Listens on a free port of `address`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(address: IpAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((address, 0))?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok(Self { listener, at })
    }

    /// The address to publish to, without the stream's name.
    #[must_use]
    pub fn url(&self) -> String {
        format!("rtmp://{}/{APPLICATION}", self.at)
    }

    /// The next publisher, if one comes within a tenth of a second.
    ///
    /// # Errors
    /// When a connection cannot be taken.
    pub fn next(&self) -> io::Result<Option<Publication>> {
        for _ in 0..WAIT.as_millis() / LOOK_EVERY.as_millis() {
            match self.listener.accept() {
                Ok((stream, _)) => return Publication::begin(stream).map(Some),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "accepting has no time limit of its own, and who waits wants to be told to stop"
            )]
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(None)
    }
}

/// A publisher's stream. Reading waits a tenth of a second at most and ends as [`ErrorKind::WouldBlock`] or
/// [`ErrorKind::TimedOut`] when nothing came; the end is where the publisher leaves.
pub struct Publication {
    stream: TcpStream,
    talk: Talk,
    buffer: Vec<u8>,
    /// Not read yet; less than what one read of the socket brings, and a message that it ends.
    flv: BytesMut,
    left: bool,
}

enum Talk {
    Greeting(Box<Greeting>),
    Session(Box<HostSession>),
}

impl std::fmt::Debug for Publication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publication").finish_non_exhaustive()
    }
}

impl Publication {
    fn begin(stream: TcpStream) -> io::Result<Self> {
        // Some systems hand the listener's own mode on.
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WAIT))?;
        stream.set_write_timeout(Some(WRITE_WITHIN))?;
        Ok(Self {
            stream,
            talk: Talk::Greeting(Box::new(Greeting::answering())),
            buffer: vec![0; READ],
            flv: BytesMut::new(),
            left: false,
        })
    }

    /// What the first `count` bytes of the buffer say.
    fn take(&mut self, count: usize) -> io::Result<()> {
        let came = &self.buffer[..count];
        match &mut self.talk {
            Talk::Session(session) => hear(session, came, &mut self.flv, &mut self.left)?,
            Talk::Greeting(greeting) => {
                let step = greeting.input(came);
                match step.map_err(|_| io::Error::from(ErrorKind::InvalidData))? {
                    GreetingStep::Reply(reply) => answer(&mut self.stream, &reply)?,
                    GreetingStep::Done { reply, rest } => {
                        answer(&mut self.stream, &reply)?;
                        let mut session = Box::new(HostSession::new());
                        hear(&mut session, &rest, &mut self.flv, &mut self.left)?;
                        self.talk = Talk::Session(session);
                    }
                }
            }
        }
        if let Talk::Session(session) = &mut self.talk {
            answer(&mut self.stream, &session.out.split())?;
        }
        Ok(())
    }
}

/// Sends all of it. One that went only in part ends the publication: it is no time-out after which one goes on.
fn answer(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream
        .write_all(bytes)
        .map_err(|_| ErrorKind::BrokenPipe.into())
}

fn hear(
    session: &mut HostSession,
    came: &[u8],
    flv: &mut BytesMut,
    left: &mut bool,
) -> io::Result<()> {
    let wrong = |violation| io::Error::new(ErrorKind::InvalidData, violation);
    let mut events = session.input(came).map_err(wrong)?;
    while !events.is_empty() {
        let mut was_asked = false;
        for event in events {
            match event {
                HostEvent::Asks { .. } => {
                    session.accept();
                    flv.put_slice(&FLV);
                    was_asked = true;
                }
                HostEvent::Media(message) => {
                    // Messages are bounded far below what 24 bits count.
                    let length = message.body.len() as u32;
                    flv.put_u8(message.kind);
                    flv.put_uint(length.into(), 3);
                    flv.put_uint(u64::from(message.timestamp & 0x00FF_FFFF), 3);
                    flv.put_u8((message.timestamp >> 24) as u8);
                    flv.put_uint(0, 3);
                    flv.put_slice(&message.body);
                    flv.put_u32(TAG + length);
                }
                HostEvent::Left => *left = true,
            }
        }
        // What came together with the question waits for the answer.
        events = match was_asked {
            true => session.input(&[]).map_err(wrong)?,
            false => Vec::new(),
        };
    }
    Ok(())
}

impl Read for Publication {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.flv.is_empty() && !self.left {
            match self.stream.read(&mut self.buffer)? {
                0 => self.left = true,
                count => self.take(count)?,
            }
        }
        if self.flv.is_empty() {
            // Whoever talks without sending media does not hold the reader.
            return if self.left {
                Ok(0)
            } else {
                Err(ErrorKind::WouldBlock.into())
            };
        }
        let count = into.len().min(self.flv.len());
        self.flv.copy_to_slice(&mut into[..count]);
        Ok(count)
    }
}
