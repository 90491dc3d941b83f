//! error owns the typed reasons for which a destination is not live.

use std::io;

/// Why a TLS connection was refused on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProblem {
    /// The certificate is signed by nobody this system trusts.
    UnknownIssuer,
    /// The certificate is past its date (or this computer's clock is wrong).
    Expired,
    /// The certificate is for another host name.
    WrongName,
    /// Another fault of the certificate.
    BadCertificate,
    /// The other side speaks no TLS we can speak, or broke the handshake off.
    Protocol,
    /// The system has no trusted roots, or an extra root could not be read.
    NoRoots,
}

/// Why a destination is not live. Codes only: sentences belong to the page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryErrorCode {
    /// The address cannot be one to send to, or (RTMP) lacks an application or a key. Retrying is useless, so the destination stops.
    #[error("not an address that can be sent to")]
    BadUrl,
    /// The host name has no address.
    #[error("host name not found")]
    DnsFailed,
    /// The host answered that nobody listens on that port.
    #[error("connection refused")]
    Refused,
    /// No answer from the host within the time-out, or no route to it.
    #[error("host unreachable")]
    Unreachable,
    /// TLS could not be set up.
    #[error("TLS failed: {0:?}")]
    TlsFailed(TlsProblem),
    /// The host answered, but not as an RTMP server, or not in time.
    #[error("RTMP handshake failed")]
    HandshakeFailed,
    /// The server refused the application or the key; its own words, shortened to harmless
    /// characters (`NetStream.Publish.BadName`: the key is in use, or still is), or
    /// [`DeliveryErrorCode::HUNG_UP`] when it closed the connection instead of answering, or
    /// within [`crate::SETTLE`] of an answer that sounded like a yes.
    #[error("publishing rejected: {0}")]
    PublishRejected(String),
    /// The server sent what RTMP does not allow.
    #[error("protocol violated by the server")]
    ProtocolViolated,
    /// Nothing arrived for [`crate::STALL_RECONNECT`], or what was under way came too late.
    #[error("stalled")]
    Stalled,
    /// The server closed or reset the connection.
    #[error("closed by the server")]
    ClosedByServer,
    /// The server accepted us and then ended the stream with this status code.
    #[error("stream ended by the server: {0}")]
    EndedByServer(String),
    /// The pictures come in another codec from now on, which takes a connection of its own.
    #[error("connected anew for another codec")]
    CodecChanged,
    /// The other side is to call us (SRT listener) and has not yet.
    #[error("waiting for the other side to call")]
    WaitingForCaller,
    /// The port to listen on is taken by another program.
    #[error("the port is in use")]
    PortInUse,
    /// The passphrases of both sides differ, or only one has one (SRT).
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// A passphrase that SRT does not take: it has 10 to 79 characters. Retrying is useless.
    #[error("a passphrase has 10 to 79 characters")]
    BadPassphrase,
    /// The server does not know us, or the token is wrong (HTTP 401 and 403, SRT 1401 and 1403).
    #[error("not authorized")]
    NotAuthorized,
    /// The server has no such place (HTTP 404 and 410, SRT 1404).
    #[error("no such stream at the server")]
    NotFound,
    /// A bearer token would travel unencrypted through the internet. Retrying is useless.
    #[error("plain http beyond the local network")]
    NotSecure,
    /// The server answered, but with nothing that could be used, or not in time (WHIP).
    #[error("no usable answer")]
    NoAnswer,
    /// The server takes our picture or our sound not in this format (WebRTC).
    #[error("the server does not take this format")]
    FormatRefused,
    /// The server agreed, and then no media got through to it (WebRTC: ICE or DTLS failed).
    #[error("no way for the media")]
    NoMediaPath,
    /// This installation lacks what it takes, by the name of the part. Retrying is useless.
    #[error("the part {0} is not installed")]
    NotInstalled(String),
    /// The part that sends failed on this machine.
    #[error("sending failed: {0}")]
    SenderFailed(String),
}

impl DeliveryErrorCode {
    /// What stands for the words of a server that refused without any.
    pub const HUNG_UP: &str = "hung_up";

    /// The server's own words about it, where it gave some; never a key.
    pub fn server_words(&self) -> Option<&str> {
        match self {
            Self::PublishRejected(words) | Self::EndedByServer(words) => {
                Some(words.as_str()).filter(|words| *words != Self::HUNG_UP)
            }
            _ => None,
        }
    }

    /// The reason behind a failed TCP connect.
    pub(crate) fn from_connect(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            // Somebody answered, and then would not talk.
            io::ErrorKind::ConnectionReset => Self::HandshakeFailed,
            _ => Self::Unreachable,
        }
    }

    /// The reason behind a failed TLS handshake.
    pub(crate) fn from_tls(error: &io::Error) -> Self {
        use rustls::CertificateError as Cert;
        let inner = error
            .get_ref()
            .and_then(|e| e.downcast_ref::<rustls::Error>());
        let problem = match inner {
            Some(rustls::Error::InvalidCertificate(fault)) => match fault {
                Cert::UnknownIssuer => TlsProblem::UnknownIssuer,
                Cert::Expired
                | Cert::ExpiredContext { .. }
                | Cert::NotValidYet
                | Cert::NotValidYetContext { .. } => TlsProblem::Expired,
                Cert::NotValidForName | Cert::NotValidForNameContext { .. } => {
                    TlsProblem::WrongName
                }
                _ => TlsProblem::BadCertificate,
            },
            _ => TlsProblem::Protocol,
        };
        Self::TlsFailed(problem)
    }

    /// True when trying again cannot help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::BadUrl | Self::BadPassphrase | Self::NotSecure | Self::NotInstalled(_)
        )
    }
}
