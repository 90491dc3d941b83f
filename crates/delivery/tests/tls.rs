//! RTMPS: a certificate is checked, always.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use stallcast_delivery::{DeliveryErrorCode, Destination, DestinationSpec, TlsProblem, TlsRoots};
use support::clip::{Encoder, GOP, number_of};
use support::flv::video_frames;
use support::nginx::Nginx;
use support::{SOON, wait_live, wait_status};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A TLS front for an RTMP server, with a certificate for `localhost`.
struct Front {
    port: u16,
    pem: String,
    task: JoinHandle<()>,
}

impl Front {
    async fn start(behind: u16) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    let Ok(mut tls) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut plain = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut tls, &mut plain).await;
                });
            }
        });
        Self {
            port,
            pem: made.cert.pem(),
            task,
        }
    }

    fn destination(&self, host: &str, tls_roots: TlsRoots, encoder: &Encoder) -> Destination {
        let spec = DestinationSpec {
            tls_roots,
            ..support::spec("secure", &format!("rtmps://{host}:{}/live", self.port))
        };
        Destination::spawn(spec, encoder.hub.clone())
    }

    fn trusted(&self) -> TlsRoots {
        TlsRoots::SystemAnd(self.pem.clone().into_bytes())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn expect_problem(target: Destination, problem: TlsProblem) {
    let error = DeliveryErrorCode::TlsFailed(problem);
    wait_status(&target, SOON, "a TLS error", |s| {
        s.last_error.as_ref() == Some(&error)
    })
    .await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_we_trust_carries_the_stream() {
    let nginx = Nginx::start().await;
    let front = Front::start(nginx.port).await;
    let encoder = Encoder::start(12_000);
    let target = front.destination("localhost", front.trusted(), &encoder);
    wait_live(&target, SOON).await;
    encoder.play_more(3 * GOP as u64).await;
    let status = wait_status(&target, SOON, "80 frames at their rate", |s| {
        s.frames_sent >= 80 && s.kbps > 2000.0
    })
    .await;
    assert_eq!((status.frames_dropped, status.reconnects), (0, 0));
    target.stop().await;
    support::wait_until(SOON, "the recording", || async {
        nginx.recordings_of("secure").first().is_some_and(|tags| {
            let numbers: Vec<u64> = video_frames(tags)
                .iter()
                .map(|t| number_of(t.frame()))
                .collect();
            numbers.len() >= 80 && numbers.windows(2).all(|w| w[1] == w[0] + 1)
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_issuer_is_refused() {
    let nginx = Nginx::start().await;
    let front = Front::start(nginx.port).await;
    let encoder = Encoder::start(0);
    let target = front.destination("localhost", TlsRoots::System, &encoder);
    expect_problem(target, TlsProblem::UnknownIssuer).await;
    assert!(nginx.recordings_of("secure").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let nginx = Nginx::start().await;
    let front = Front::start(nginx.port).await;
    let encoder = Encoder::start(0);
    let target = front.destination("127.0.0.1", front.trusted(), &encoder);
    expect_problem(target, TlsProblem::WrongName).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_named_as_such_and_gets_no_plain_bytes() {
    let nginx = Nginx::start().await;
    let encoder = Encoder::start(0);
    let url = nginx.url().replace("rtmp:", "rtmps:");
    let target = support::destination("plain", &url, &encoder.hub);
    expect_problem(target, TlsProblem::Protocol).await;
    assert!(nginx.recordings_of("plain").is_empty());
}
