//! The IRC connector against a real ngircd: no tags, short names, restarts, TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use stallcast_chat::{
    Act, ActFault, ActOutcome, ChatErrorCode, Connector, ConnectorSpec, ConnectorState, Tls,
};
use support::{Ngircd, Peer, free_port, next_line, until, wall_clock};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

fn spec(server: &str, port: u16, tls: Tls) -> ConnectorSpec {
    ConnectorSpec::TwitchIrc {
        server: server.into(),
        port,
        tls,
        channel: "#Orchard".into(),
    }
}

/// A viewer with an ordinary client, in the channel.
async fn viewer(port: u16) -> Peer {
    let mut viewer = Peer::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    viewer.say("NICK amei\r\nUSER amei 0 * :amei\r\n").await;
    viewer.hear(" 001 ").await.unwrap();
    viewer.say("JOIN #orchard\r\n").await;
    viewer.hear(" 366 ").await.unwrap();
    viewer
}

#[tokio::test]
async fn a_reply_is_said_in_the_channel_and_what_the_server_refuses_is_told() {
    if !Ngircd::installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().await;
    let server = Ngircd::start(folder.path(), port, false).await;
    // First in the channel, so its operator.
    let mut amei = viewer(port).await;
    let (sink, _lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec("127.0.0.1", port, Tls::Off), sink, wall_clock());
    let mut status = connector.status();
    until(&mut status, "live", |s| s.state == ConnectorState::Live).await;
    let reply = |text: &str| {
        connector.act(Act::Reply {
            text: text.into(),
            to: None,
        })
    };
    let failed = |why| ActOutcome::Failed { why };
    assert_eq!(reply("能寄，\r\nQUIT :gone").await, ActOutcome::Done);
    let heard = amei.hear("PRIVMSG").await.unwrap();
    assert!(
        heard.ends_with("PRIVMSG #orchard :能寄，  QUIT :gone"),
        "{heard}"
    );

    amei.say("MODE #orchard +m\r\n").await;
    amei.hear("MODE #orchard").await.unwrap();
    assert_eq!(reply("again").await, failed(ActFault::NotAllowed));
    let long = "x".repeat(400);
    assert_eq!(reply(&long).await, failed(ActFault::TooLong));
    let ban = Act::Ban {
        message: "irc:1".into(),
    };
    assert_eq!(connector.act(ban).await, ActOutcome::NotSupported);

    server.kill();
    until(&mut status, "lost", |s| s.state != ConnectorState::Live).await;
    assert_eq!(reply("late").await, failed(ActFault::NotConnected));
}

#[tokio::test]
async fn a_plain_server_without_tags_is_read_and_found_again_after_a_crash() {
    if !Ngircd::installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().await;
    let server = Ngircd::start(folder.path(), port, false).await;
    let (sink, mut lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec("127.0.0.1", port, Tls::Off), sink, wall_clock());
    let mut status = connector.status();
    until(&mut status, "live", |s| s.state == ConnectorState::Live).await;

    let mut amei = viewer(port).await;
    amei.say("PRIVMSG #orchard :苹果能寄新疆吗\r\nPRIVMSG #orchard :\u{1}ACTION 拍了\u{1}\r\n")
        .await;
    let question = next_line(&mut lines).await;
    assert_eq!(
        (question.author.as_str(), question.text.as_str()),
        ("amei", "苹果能寄新疆吗")
    );
    assert_eq!(
        (question.platform.as_str(), question.question),
        ("irc", true)
    );
    let action = next_line(&mut lines).await;
    assert_eq!((action.text.as_str(), action.question), ("拍了", false));
    assert_ne!(question.id, action.id);

    server.kill();
    let lost = until(
        &mut status,
        "retrying",
        |s| matches!(s.state, ConnectorState::Retrying { attempt, .. } if attempt >= 2),
    )
    .await;
    assert!(lost.last_error.is_some());
    let _server = Ngircd::start(folder.path(), port, false).await;
    until(&mut status, "live again", |s| {
        s.state == ConnectorState::Live
    })
    .await;
    let mut amei = viewer(port).await;
    amei.say("PRIVMSG #orchard :回来了\r\n").await;
    assert_eq!(next_line(&mut lines).await.text, "回来了");

    connector.stop().await;
    let end = status.borrow().clone();
    assert_eq!(
        (end.state, end.lines, end.dropped),
        (ConnectorState::Stopped, 3, 0)
    );
    assert!(lines.recv().await.is_none());
}

#[tokio::test]
async fn tls_is_trusted_with_the_given_root_and_refused_without_it() {
    if !Ngircd::installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let port = free_port().await;
    let _server = Ngircd::start(folder.path(), port, true).await;

    let pem = made.cert.pem();
    let (sink, _lines) = mpsc::channel(64);
    let trusting = Connector::spawn(
        spec("localhost", port, Tls::ExtraRoot { pem }),
        sink.clone(),
        wall_clock(),
    );
    until(&mut trusting.status(), "live over tls", |s| {
        s.state == ConnectorState::Live
    })
    .await;

    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = other.cert.pem();
    let wary = Connector::spawn(
        spec("localhost", port, Tls::ExtraRoot { pem }),
        sink.clone(),
        wall_clock(),
    );
    until(&mut wary.status(), "tls refused", |s| {
        s.last_error == Some(ChatErrorCode::TlsRefused)
            && matches!(s.state, ConnectorState::Retrying { .. })
    })
    .await;

    let pem = "no certificate".to_owned();
    let broken = Connector::spawn(
        spec("localhost", port, Tls::ExtraRoot { pem }),
        sink,
        wall_clock(),
    );
    let failed = until(&mut broken.status(), "failed", |s| {
        s.state == ConnectorState::Failed
    })
    .await;
    assert_eq!(failed.last_error, Some(ChatErrorCode::InvalidCertificate));
    broken.stop().await;
    wary.stop().await;
    trusting.stop().await;
}
