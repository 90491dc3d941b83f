//! Social Stream Ninja against a fake of its WebSocket: messages as its api.md shows them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use stallcast_chat::{ChatErrorCode, Connector, ConnectorSpec, ConnectorState, Secret};
use support::fake::{Fake, say};
use support::{next_line, until, wall_clock};
use tokio::sync::mpsc;

fn spec(server: String) -> ConnectorSpec {
    let session = Secret::new("my session/1");
    ConnectorSpec::SocialStream { session, server }
}

#[tokio::test]
async fn lines_of_many_sites_come_as_text_and_what_is_no_line_does_not() {
    let fake = Fake::listen().await;
    let (sink, mut lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec(fake.socket_address()), sink, wall_clock());
    let mut line = fake.socket("/join/my%20session%2F1/4").await;
    for text in [
        r#"{"action":"clearDock"}"#,
        r#"{"chatname":"Anna","chatmessage":"is it <b>fresh</b>?<img src='x' onerror='alert(1)' alt='🍎'>","chatimg":"data:image/png;base64,AA","type":"whatnot","id":1,"userid":"77","hasDonation":"","event":false}"#,
        r#"{"chatname":"Ben","chatmessage":"followed","type":"tiktok","event":"new_follower","id":2}"#,
        r#"{"chatname":"Cy","chatmessage":"a < b &lt;3","textonly":true,"type":"Bad Name!","id":1}"#,
        r#"{"chatname":"Dee","chatmessage":"for you","type":"youtube","hasDonation":"$5","event":"superchat"}"#,
        "not json",
        r#"{"chatname":["x"],"chatmessage":"y"}"#,
    ] {
        say(&mut line, text).await;
    }
    let mut read = Vec::new();
    for _ in 0..3 {
        let line = next_line(&mut lines).await;
        read.push(format!("{}@{}: {}", line.author, line.platform, line.text));
    }
    let wanted = [
        "Anna@whatnot: is it fresh?🍎",
        "Cy@web: a < b &lt;3",
        "Dee@youtube: for you",
    ];
    assert_eq!(read, wanted);
    until(&mut connector.status(), "two bad ones", |s| {
        s.malformed == 2
    })
    .await;

    // After a break it joins again, and numbers that begin anew hide nothing.
    drop(line);
    let mut line = fake.socket("/join/my%20session%2F1/4").await;
    say(
        &mut line,
        r#"{"chatname":"Anna","chatmessage":"again","type":"whatnot","id":1}"#,
    )
    .await;
    assert_eq!(next_line(&mut lines).await.text, "again");
    connector.stop().await;
}

#[tokio::test]
async fn a_server_that_is_none_is_said_at_once() {
    for server in ["", "https://io.socialstream.ninja", "x"] {
        let (sink, _lines) = mpsc::channel(1);
        let connector = Connector::spawn(spec(server.into()), sink, wall_clock());
        let failed = until(&mut connector.status(), "failed", |s| {
            s.state == ConnectorState::Failed
        })
        .await;
        assert_eq!(failed.last_error, Some(ChatErrorCode::InvalidUrl));
    }
}
