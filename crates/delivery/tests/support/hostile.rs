//! hostile owns peers that do what ingests should not.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{
    ServerSession, ServerSessionConfig, ServerSessionEvent, ServerSessionResult,
};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Accepts the connection and says nothing, reads nothing.
    Mute,
    /// Answers like a web server.
    Garbage,
    /// Accepts and resets.
    Reset,
    /// Accepts the stream and resets after some data.
    ResetLater,
    /// Accepts the stream and reads no more.
    StopReading,
    /// Refuses the key.
    Reject,
    /// Accepts the stream and sends nonsense while taking it.
    NonsenseLater,
}

/// A peer of one manner, for any number of connections, until dropped.
pub struct Peer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Peer {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Small, so that a peer that stops reading is felt soon.
        SockRef::from(&listener)
            .set_recv_buffer_size(32 * 1024)
            .unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(Box::pin(serve(stream, manner)));
            }
        });
        Self { address, task }
    }

    pub fn url(&self) -> String {
        format!("rtmp://{}/live", self.address)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

async fn serve(mut stream: TcpStream, manner: Manner) {
    match manner {
        Manner::Mute => std::future::pending().await,
        Manner::Reset => return reset(stream),
        Manner::Garbage => {
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")
                .await;
            let _ = stream.read(&mut [0; 4096]).await;
            return;
        }
        _ => {}
    }
    let mut handshake = Handshake::new(PeerType::Server);
    let mut buffer = vec![0u8; 16 * 1024];
    let rest = loop {
        let Ok(count @ 1..) = stream.read(&mut buffer).await else {
            return;
        };
        let (reply, rest) = match handshake.process_bytes(&buffer[..count]).unwrap() {
            HandshakeProcessResult::InProgress { response_bytes } => (response_bytes, None),
            HandshakeProcessResult::Completed {
                response_bytes,
                remaining_bytes,
            } => (response_bytes, Some(remaining_bytes)),
        };
        if stream.write_all(&reply).await.is_err() {
            return;
        }
        if let Some(rest) = rest {
            break rest;
        }
    };
    let (mut session, first) = ServerSession::new(ServerSessionConfig::new()).unwrap();
    let mut results: VecDeque<ServerSessionResult> = first.into();
    results.extend(session.handle_input(&rest).unwrap());
    let mut frames = 0;
    loop {
        while let Some(result) = results.pop_front() {
            match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    if stream.write_all(&packet.bytes).await.is_err() {
                        return;
                    }
                }
                ServerSessionResult::RaisedEvent(ServerSessionEvent::VideoDataReceived {
                    ..
                }) => {
                    frames += 1;
                }
                ServerSessionResult::RaisedEvent(event) => {
                    results.extend(answer(&mut session, &event, manner));
                }
                ServerSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
        match manner {
            Manner::ResetLater if frames > 30 => return reset(stream),
            Manner::StopReading if frames > 30 => std::future::pending().await,
            Manner::NonsenseLater if frames > 30 => {
                let _ = stream.write_all(&[0xFF; 64]).await;
            }
            _ => {}
        }
        let Ok(count @ 1..) = stream.read(&mut buffer).await else {
            return;
        };
        results.extend(session.handle_input(&buffer[..count]).unwrap());
    }
}

fn answer(
    session: &mut ServerSession,
    event: &ServerSessionEvent,
    manner: Manner,
) -> Vec<ServerSessionResult> {
    match event {
        ServerSessionEvent::PublishStreamRequested { request_id, .. }
            if manner == Manner::Reject =>
        {
            session
                .reject_request(*request_id, "NetStream.Publish.BadName", "in use")
                .unwrap()
        }
        ServerSessionEvent::ConnectionRequested { request_id, .. }
        | ServerSessionEvent::ReleaseStreamRequested { request_id, .. }
        | ServerSessionEvent::PublishStreamRequested { request_id, .. } => {
            session.accept_request(*request_id).unwrap()
        }
        _ => Vec::new(),
    }
}

/// A narrow uplink to a server: takes so many bytes a second and no more.
pub struct Narrow {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Narrow {
    pub async fn start(server_port: u16, bytes_per_second: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        SockRef::from(&listener)
            .set_recv_buffer_size(16 * 1024)
            .unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", server_port)).await;
                let (mut up, mut up_out) = client.into_split();
                let (mut down, mut down_out) = server.unwrap().into_split();
                let back = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut down, &mut up_out).await;
                });
                let mut slice = vec![0u8; bytes_per_second / 50];
                let mut pace = tokio::time::interval(Duration::from_millis(20));
                while let Ok(count @ 1..) = up.read(&mut slice).await {
                    pace.tick().await;
                    if down_out.write_all(&slice[..count]).await.is_err() {
                        break;
                    }
                }
                back.abort();
            }
        });
        Self { address, task }
    }

    pub fn url(&self) -> String {
        format!("rtmp://{}/live", self.address)
    }
}

impl Drop for Narrow {
    fn drop(&mut self) {
        self.task.abort();
    }
}
