//! YouTube's stream as it is spoken outside: HTTP/2 chosen by TLS, with a certificate that the system trusts. A test of its own,
//! as what the system trusts is read once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/stream_list.rs"]
mod stream_list;
mod support;

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use hyper::Response;
use prost::Message;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use stallcast_chat::{Clock, Connector, ConnectorSpec, Secret, YouTubeSpec};
use stallcast_show::At;
use stream_list::{Page, Wanted, text};
use support::fake::Fake;
use support::next_line;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

#[tokio::test]
async fn the_stream_is_read_over_tls_and_a_certificate_that_nobody_trusts_is_polled_around() {
    let folder = tempfile::tempdir().unwrap();
    let known = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, known.cert.pem()).unwrap();
    // SAFETY: the only test of this process, before anything reads the environment on another thread.
    unsafe { std::env::set_var("SSL_CERT_FILE", &roots) };

    let json = Fake::listen().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let spec = ConnectorSpec::YouTube(YouTubeSpec {
        api: json.http_address(),
        stream: format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        ),
        video: "dQw4w9WgXcQ".into(),
        key: Secret::new("s3cret"),
        units: 10_000,
    });
    let clock: Clock = Arc::new(|| At(1_795_410_000_000));
    let start = || {
        let (sink, lines) = mpsc::channel(64);
        (
            Connector::spawn(spec.clone(), sink, Arc::clone(&clock)),
            lines,
        )
    };
    let find = async || {
        let visit = json.http("GET /youtube/v3/videos?").await;
        let found = r#"{"items":[{"liveStreamingDetails":{"activeLiveChatId":"CHAT"}}]}"#;
        visit.answer(200, found).await;
    };
    let secured = |own: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    };

    let (connector, mut lines) = start();
    find().await;
    let (stream, _) = listener.accept().await.unwrap();
    let stream = secured(&known).accept(stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let (mut request, mut respond) = connection.accept().await.unwrap().unwrap();
    let path = "/youtube.api.v3.V3DataLiveChatMessageService/StreamList";
    assert_eq!(request.uri().path(), path);
    assert_eq!(request.headers()["te"], "trailers");
    let serving = tokio::spawn(async move { while connection.accept().await.is_some() {} });
    let asked = request.body_mut().data().await.unwrap().unwrap();
    let wanted = Wanted::decode(&asked[5..]).unwrap();
    assert_eq!(wanted.live_chat_id.as_deref(), Some("CHAT"));
    let page = Page {
        items: vec![text("a", "05:00:01", "secured")],
        ..Page::default()
    };
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(page.encoded_len()).unwrap());
    page.encode(&mut frame).unwrap();
    let head = Response::builder().header("content-type", "application/grpc");
    let mut body = respond
        .send_response(head.body(()).unwrap(), false)
        .unwrap();
    // In two pieces, as the network cuts.
    let rest = frame.split_off(3);
    body.send_data(frame.freeze(), false).unwrap();
    body.send_data(rest.freeze(), false).unwrap();
    assert_eq!(next_line(&mut lines).await.text, "secured");
    assert!(!connector.status().borrow().polls);
    connector.stop().await;
    serving.abort();

    let (_connector, mut lines) = start();
    find().await;
    let (stream, _) = listener.accept().await.unwrap();
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    assert!(secured(&stranger).accept(stream).await.is_err());
    let visit = json.http("GET /youtube/v3/liveChat/messages?").await;
    let polled = r#"{"items":[{"id":"b","snippet":{"publishedAt":"2026-11-23T05:00:01Z","textMessageDetails":{"messageText":"polled"}},"authorDetails":{"displayName":"L"}}]}"#;
    visit.answer(200, polled).await;
    assert_eq!(next_line(&mut lines).await.text, "polled");
}
