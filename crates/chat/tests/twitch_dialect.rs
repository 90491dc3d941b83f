//! The IRC connector against a scripted server that speaks as Twitch does: tags, recorded lines,
//! removals, RECONNECT, floods.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::SocketAddr;

use stallcast_chat::{
    ChatErrorCode, Connector, ConnectorSpec, ConnectorState, ConnectorStatus, Incoming, Tls,
};
use stallcast_show::MessageId;
use support::{PATIENCE, Scripted, next_line, until, wall_clock};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

fn connect(
    server: SocketAddr,
    channel: &str,
    room: usize,
) -> (
    Connector,
    mpsc::Receiver<Incoming>,
    watch::Receiver<ConnectorStatus>,
) {
    let (sink, lines) = mpsc::channel(room);
    let spec = ConnectorSpec::TwitchIrc {
        server: server.ip().to_string(),
        port: server.port(),
        tls: Tls::Off,
        channel: channel.into(),
    };
    let connector = Connector::spawn(spec, sink, wall_clock());
    let status = connector.status();
    (connector, lines, status)
}

#[tokio::test]
async fn recorded_shapes_arrive_with_their_names_and_ids_and_removals_follow() {
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, _status) = connect(address, "stall", 64);
    let mut peer = server.welcome().await;
    peer.say(include_str!("data/recorded_shapes.txt")).await;

    let mut heard = Vec::new();
    let mut removed = Vec::new();
    while removed.len() < 2 {
        match timeout(PATIENCE, lines.recv()).await.unwrap().unwrap() {
            Incoming::Line(line) => heard.push(line),
            Incoming::Removed(ids) => removed.push(ids),
        }
    }
    let texts: Vec<(&str, &str, bool)> = heard
        .iter()
        .map(|line| (line.author.as_str(), line.text.as_str(), line.question))
        .collect();
    assert_eq!(
        texts,
        [
            ("果园阿秀", "多少钱一箱", true),
            ("OrchardFan", "how much is the box?", true),
            ("OrchardFan", "how much is the box?", true),
            ("kai", "waves", false),
            ("semi;colon user", "??????", false),
            ("plain_nick", "oneword", false),
            ("Moderator1", "Welcome to the stall : enjoy", false),
            ("subber", "love the apples", false),
            ("troll", "spam one", false),
            ("troll", "spam two", false),
        ]
    );
    assert!(heard.iter().all(|line| line.platform == "twitch"));
    assert_eq!(
        heard[0].id,
        MessageId::from("twitch:aaaaaaaa-0000-4000-8000-000000000001")
    );
    assert_eq!(removed[0], [heard[1].id.clone()]);
    assert_eq!(removed[1], [heard[8].id.clone(), heard[9].id.clone()]);
    connector.stop().await;
}

#[tokio::test]
async fn every_line_of_a_recorded_hour_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/twitch_recent_800.json"
    );
    let path = std::env::var("STALLCAST_TWITCH_RECORDING").unwrap_or_else(|_| path.to_owned());
    let Ok(json) = std::fs::read_to_string(&path) else {
        eprintln!("NOT RUN: no recording at {path} (set STALLCAST_TWITCH_RECORDING)");
        return;
    };
    let recording: serde_json::Value = serde_json::from_str(&json).unwrap();
    let recorded: Vec<&str> = recording["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let messages = recorded
        .iter()
        .filter(|line| line.split(' ').nth(2) == Some("PRIVMSG"))
        .count();
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, status) = connect(address, "nymn", 64);
    let mut peer = server.welcome().await;
    let mut all = recorded.join("\r\n");
    all.push_str("\r\n:end!e@e PRIVMSG #nymn :the end\r\n");
    let (heard, ()) = tokio::join!(
        async {
            let mut heard = Vec::new();
            loop {
                match timeout(PATIENCE, lines.recv()).await.unwrap().unwrap() {
                    Incoming::Line(line) if line.text == "the end" => return heard,
                    Incoming::Line(line) => heard.push(line),
                    Incoming::Removed(_) => {}
                }
            }
        },
        peer.say(&all)
    );
    assert_eq!(heard.len(), messages);
    assert_eq!(status.borrow().malformed, 0);
    let questions: Vec<&str> = heard
        .iter()
        .filter(|l| l.question)
        .map(|l| l.text.as_str())
        .collect();
    eprintln!(
        "{} of {} taken for questions: {questions:#?}",
        questions.len(),
        heard.len()
    );
    connector.stop().await;
}

#[tokio::test]
async fn the_servers_ping_is_answered_and_its_reconnect_obeyed() {
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, mut status) = connect(address, "stall", 8);
    let mut peer = server.welcome().await;
    peer.say("PING :tmi.twitch.tv\r\n").await;
    assert_eq!(
        peer.hear("PONG").await.as_deref(),
        Some("PONG :tmi.twitch.tv")
    );
    let line =
        |id: &str, text: &str| format!("@id={id} :a!a@a.tmi.twitch.tv PRIVMSG #stall :{text}\r\n");
    peer.say(":tmi.twitch.tv RECONNECT\r\n").await;
    // A connection that does not come to its channel costs nothing while the old one lives.
    drop(server.accept().await);
    peer.say(&line("1", "still here")).await;
    assert_eq!(next_line(&mut lines).await.text, "still here");
    peer.say(":tmi.twitch.tv RECONNECT\r\n").await;
    let mut again = server.accept().await;
    // Until the next one is in the channel, the old one counts.
    peer.say(&line("2", "meanwhile")).await;
    assert_eq!(next_line(&mut lines).await.text, "meanwhile");
    Scripted::let_in(&mut again).await;
    // What both bring, and what only the old one brings before it is left.
    for peer in [&mut again, &mut peer] {
        peer.say(&line("3", "on both")).await;
    }
    peer.say(&line("4", "last words")).await;
    again.say(&line("5", "goes on")).await;
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(next_line(&mut lines).await.text);
    }
    texts.sort();
    assert_eq!(texts, ["goes on", "last words", "on both"]);
    // The old one is left; it never was not live in between.
    assert_eq!(peer.hear("nothing").await, None);
    let told = status.borrow_and_update().clone();
    assert_eq!(told.state, ConnectorState::Live);
    assert_eq!(told.last_error, Some(ChatErrorCode::ReconnectAsked));
    assert_eq!(told.lines, 5);
    connector.stop().await;
}

#[tokio::test]
async fn nonsense_between_lines_is_counted_and_costs_nothing_else() {
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, status) = connect(address, "stall", 8);
    let mut peer = server.welcome().await;
    let long = "x".repeat(100_000);
    peer.say(&format!(
        "@broken\r\n\r\n:\r\n{long}\r\n:a!a@a PRIVMSG #other :not ours\r\n:a!a@a PRIVMSG justinfan1 :whisper\r\n\
         :a!a@a PRIVMSG #stall :\u{1}VERSION\u{1}\r\n:a!a@a PRIVMSG #stall :\u{200b}\u{202e}\r\n:a!a@a PRIVMSG #stall :good\r\n"
    ))
    .await;
    assert_eq!(next_line(&mut lines).await.text, "good");
    assert_eq!((status.borrow().malformed, status.borrow().lines), (3, 1));
    connector.stop().await;
}

#[tokio::test]
async fn a_flood_passes_whole_and_leaves_no_memory_behind() {
    const LINES: usize = 20_000;
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, status) = connect(address, "stall", 256);
    let mut peer = server.welcome().await;
    let began = std::time::Instant::now();
    let sender = tokio::spawn(async move {
        let mut some = String::new();
        for n in 0..LINES {
            use std::fmt::Write;
            let _ = write!(
                some,
                "@id=flood-{n};display-name=v{n} :v!v@v PRIVMSG #stall :{n}号链接多少钱 能寄新疆吗 哈哈哈哈哈\r\n"
            );
            if some.len() > 32_000 {
                peer.say(&some).await;
                some.clear();
            }
        }
        peer.say(&some).await;
        peer
    });
    let mut early_kib = 0;
    for n in 0..LINES {
        next_line(&mut lines).await;
        if n == LINES / 10 {
            early_kib = resident_kib();
        }
    }
    let grown_kib = resident_kib().saturating_sub(early_kib);
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("{LINES} lines in {seconds:.2} s, {grown_kib} KiB more than after the first tenth");
    assert_eq!(status.borrow().dropped, 0);
    // 1 000 a second is what must pass, in a debug build too.
    assert!(seconds < 20.0, "{seconds}");
    assert!(grown_kib < 4_096, "{grown_kib}");
    drop(sender.await.unwrap());
    connector.stop().await;
}

fn resident_kib() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
async fn a_reader_that_fell_asleep_loses_lines_but_not_the_connection() {
    let (server, address) = Scripted::listen().await;
    let (connector, mut lines, mut status) = connect(address, "stall", 4);
    let mut peer = server.welcome().await;
    let many: String = (0..500)
        .map(|n| format!(":a!a@a PRIVMSG #stall :line {n}\r\n"))
        .collect();
    peer.say(&many).await;
    until(&mut status, "all counted", |s| s.lines + s.dropped == 500).await;
    assert_eq!(status.borrow().lines, 4);
    peer.say("PING :still-there\r\n").await;
    assert!(peer.hear("PONG :still-there").await.is_some());
    for _ in 0..4 {
        next_line(&mut lines).await;
    }
    peer.say(":a!a@a PRIVMSG #stall :awake again\r\n").await;
    assert_eq!(next_line(&mut lines).await.text, "awake again");
    connector.stop().await;
}

#[tokio::test]
async fn a_closed_sink_ends_the_connector() {
    let (server, address) = Scripted::listen().await;
    let (_connector, lines, mut status) = connect(address, "stall", 4);
    let mut peer = server.welcome().await;
    drop(lines);
    peer.say(":a!a@a PRIVMSG #stall :anybody\r\n").await;
    until(&mut status, "stopped", |s| {
        s.state == ConnectorState::Stopped
    })
    .await;
    assert_eq!(peer.hear("never said").await, None);
}

#[tokio::test]
async fn a_channel_that_cannot_exist_fails_at_once() {
    let (_server, address) = Scripted::listen().await;
    let (connector, _lines, mut status) = connect(address, "two words", 4);
    let failed = until(&mut status, "failed", |s| s.state == ConnectorState::Failed).await;
    assert_eq!(failed.last_error, Some(ChatErrorCode::InvalidChannel));
    connector.stop().await;
}
