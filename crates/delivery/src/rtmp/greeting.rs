//! greeting owns the RTMP handshake: a thin face over `rml_rtmp`'s.

use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};

use crate::error::DeliveryErrorCode;

/// The handshake in progress.
pub(crate) struct Greeting(Handshake);

/// What the other side's bytes led to.
pub(crate) enum GreetingStep {
    /// Send these (maybe none) and read on.
    Reply(Vec<u8>),
    /// Send `reply`; `rest` already belongs to the chunk stream.
    Done { reply: Vec<u8>, rest: Vec<u8> },
}

impl Greeting {
    /// A handshake and the bytes that open it.
    pub fn start() -> Result<(Self, Vec<u8>), DeliveryErrorCode> {
        let mut handshake = Handshake::new(PeerType::Client);
        let opening = handshake
            .generate_outbound_p0_and_p1()
            .map_err(|_| DeliveryErrorCode::HandshakeFailed)?;
        Ok((Self(handshake), opening))
    }

    /// A handshake that the other side opens.
    pub fn answering() -> Self {
        Self(Handshake::new(PeerType::Server))
    }

    /// Takes bytes from the other side.
    pub fn input(&mut self, bytes: &[u8]) -> Result<GreetingStep, DeliveryErrorCode> {
        match self.0.process_bytes(bytes) {
            Ok(HandshakeProcessResult::InProgress { response_bytes }) => {
                Ok(GreetingStep::Reply(response_bytes))
            }
            Ok(HandshakeProcessResult::Completed {
                response_bytes,
                remaining_bytes,
            }) => Ok(GreetingStep::Done {
                reply: response_bytes,
                rest: remaining_bytes,
            }),
            Err(_) => Err(DeliveryErrorCode::HandshakeFailed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_answers_something_else_fails_the_handshake() {
        let (mut greeting, opening) = Greeting::start().unwrap();
        assert_eq!(opening.len(), 1537);
        let answer = greeting.input(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        assert_eq!(answer.err(), Some(DeliveryErrorCode::HandshakeFailed));
    }
}
