//! Clients that are slow on purpose: they are cut off in bounded time, take bounded memory, and delay nobody.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use stallcast_show::{Command, Role};
use stallcast_tests::world::{PATIENCE, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::door::{Doors, greeted};

/// The longest of the engine's own bounds is 20 s; a busy machine may add some.
const CUT_OFF: Duration = Duration::from_secs(45);

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// Says one byte of `bytes` after the other until the engine hangs up; how long it let that go on.
async fn drips(port: u16, bytes: &[u8]) -> Duration {
    let mut stream = connect(port).await;
    let began = Instant::now();
    let mut every = interval(Duration::from_millis(500));
    let mut heard = [0; 1024];
    for byte in bytes {
        tokio::select! {
            _ = every.tick() => if stream.write_all(&[*byte]).await.is_err() {
                return began.elapsed();
            },
            read = stream.read(&mut heard) => match read {
                // A refusal may come before the end.
                Ok(1..) => {}
                Ok(0) | Err(_) => return began.elapsed(),
            },
        }
    }
    panic!("it was let speak for {:?}", began.elapsed());
}

/// Waits until the engine hangs up.
async fn is_closed(mut stream: TcpStream) {
    let mut heard = [0; 1024];
    let closed = async { while matches!(stream.read(&mut heard).await, Ok(1..)) {} };
    timeout(CUT_OFF, closed).await.expect("it hangs up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_speaks_slowly_or_not_at_all_is_cut_off() {
    let mut doors = Doors::open().await;
    let token = doors.member(Role::Viewer).await;
    let slow = async |port: u16| {
        let head = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Long: {}",
            "x".repeat(500)
        );
        let join = format!(
            "POST /api/team/join HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
        );
        let body = async {
            let mut stream = connect(port).await;
            stream.write_all(join.as_bytes()).await.unwrap();
            is_closed(stream).await;
        };
        let silent = async { is_closed(connect(port).await).await };
        let kept_open = async {
            let mut stream = connect(port).await;
            let get = format!("GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
            stream.write_all(get.as_bytes()).await.unwrap();
            is_closed(stream).await;
        };
        let no_hello = async {
            let url = format!("ws://127.0.0.1:{port}/api/ws");
            let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
            let closed = async { while let Some(Ok(_)) = socket.next().await {} };
            timeout(CUT_OFF, closed).await.expect("it hangs up");
        };
        let (dripped, (), (), (), ()) = tokio::join!(
            drips(port, head.as_bytes()),
            body,
            silent,
            kept_open,
            no_hello
        );
        assert!(dripped < CUT_OFF, "{dripped:?}");
        dripped
    };
    // A phone that froze before its first picture was drawn.
    let frozen = async {
        let mut socket = greeted(doors.port, "/api/preview", &token).await;
        let closed = async {
            let mut pictures = 0;
            while let Some(Ok(message)) = socket.next().await {
                pictures += u32::from(message.is_binary());
            }
            pictures
        };
        let pictures = timeout(CUT_OFF, closed).await.expect("it hangs up");
        assert_eq!(pictures, 1, "the next picture waits for the first");
    };
    let (own, team, ()) = tokio::join!(slow(doors.engine.port()), slow(doors.port), frozen);
    println!("a head of one byte in half a second was heard for {own:?} and {team:?}");
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_nothing_is_cut_off_and_costs_the_others_nothing() {
    const DEAF: usize = 16;
    let mut doors = Doors::open().await;
    let token = doors.member(Role::Viewer).await;
    let mut reader = Session::open(doors.port, &token).await;
    let before = doors.resident();
    // They ask for much as long as that is taken, and never read an answer.
    let asks = json!({"type": "request", "id": 1, "request": {
        "ask": "products", "query": "", "scope": "all", "sort": "rundown", "offset": 0, "count": 100,
    }});
    let asks = Message::text(asks.to_string());
    let port = doors.port;
    let deaf = (0..DEAF).map(|_| {
        let (token, asks) = (token.clone(), asks.clone());
        tokio::spawn(async move {
            let mut socket = greeted(port, "/api/ws", &token).await;
            let began = Instant::now();
            let talks = async { while socket.send(asks.clone()).await.is_ok() {} };
            timeout(Duration::from_secs(120), talks)
                .await
                .expect("it is cut off");
            began.elapsed()
        })
    });
    let deaf: Vec<_> = deaf.collect();
    let everybody = futures_util::future::join_all(deaf);
    tokio::pin!(everybody);
    let (mut most, mut slowest) = (before, Duration::ZERO);
    let mut every = interval(Duration::from_millis(250));
    let mut n = 0;
    let lasted = loop {
        tokio::select! {
            lasted = &mut everybody => break lasted,
            _ = every.tick() => {
                n += 1;
                let began = Instant::now();
                let name = format!("show {n}");
                let rename = Command::Rename { name: name.clone() };
                doors.owner.command(rename).await.unwrap();
                let reads = |it: &Session| (it.show.as_ref()?.name == name).then_some(());
                reader.until(PATIENCE, "the new name", reads).await;
                slowest = slowest.max(began.elapsed());
                most = most.max(doors.resident());
            }
        }
    };
    let longest = lasted.into_iter().map(|it| it.unwrap()).max().unwrap();
    let grown = most.saturating_sub(before) >> 20;
    println!(
        "{DEAF} deaf clients: cut off after {longest:?} at most, {grown} MiB more, others served in {slowest:?} at most"
    );
    // Ten MiB for each, however much they asked for: some GB.
    assert!(grown < 10 * DEAF as u64, "{grown} MiB");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // Their places are free again.
    let alone = |it: &Session| {
        let members = &it.team.as_ref()?.members;
        (members.iter().map(|it| it.online).sum::<u32>() == 1).then_some(())
    };
    doors.owner.until(PATIENCE, "one page", alone).await;
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_vanished_is_not_there_any_more_within_half_a_minute_and_a_quiet_one_is() {
    let mut doors = Doors::open().await;
    let (gone, quiet) = (
        doors.member(Role::Moderator).await,
        doors.member(Role::Viewer).await,
    );
    // It reads nothing, so that nothing answers the engine's pings: like a phone that left the network, it says no goodbye.
    let vanished = greeted(doors.port, "/api/ws", &gone).await;
    let began = Instant::now();
    // It says nothing either, and reads.
    let mut quiet = greeted(doors.port, "/api/ws", &quiet).await;
    let reads = tokio::spawn(async move { while let Some(Ok(_)) = quiet.next().await {} });
    let online = |it: &Session, name: &str| {
        let members = &it.team.as_ref()?.members;
        let member = members.iter().find(|member| member.name == name)?;
        Some(member.online)
    };
    let both = |it: &Session| {
        let all = [online(it, "Moderator")?, online(it, "Viewer")?];
        (all == [1, 1]).then_some(())
    };
    doors.owner.until(PATIENCE, "both are there", both).await;
    let left = |it: &Session| (online(it, "Moderator")? == 0).then_some(());
    doors.owner.until(CUT_OFF, "one is gone", left).await;
    println!("a vanished phone was noticed after {:?}", began.elapsed());
    assert!(began.elapsed() > Duration::from_secs(20), "not at once");
    // The quiet one came with it, and is not asked in vain once more.
    let is_out = timeout(Duration::from_secs(6), reads).await;
    assert!(is_out.is_err(), "whoever answers stays");
    drop(vanished);
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_whoever_reads_nothing_is_cut_off() {
    let mut doors = Doors::open().await;
    let asks = async |port: u16| {
        let stream = connect(port).await;
        let get =
            format!("GET /api/none-at-all HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").repeat(64);
        let (reads, mut writes) = stream.into_split();
        let talks = async { while writes.write_all(get.as_bytes()).await.is_ok() {} };
        let began = Instant::now();
        timeout(Duration::from_secs(120), talks)
            .await
            .expect("it is cut off");
        drop(reads);
        began.elapsed()
    };
    let lasted = tokio::join!(asks(doors.engine.port()), asks(doors.port));
    println!("pipelined and never read: cut off after {lasted:?}");
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_one_door_is_turned_away_and_the_other_stays_open() {
    let mut doors = Doors::open().await;
    let token = doors.member(Role::Viewer).await;
    let mut crowd = Vec::new();
    for _ in 0..450 {
        crowd.push(connect(doors.port).await);
    }
    // Whoever finds no place is hung up on at once, the others may still speak.
    let mut turned_away = 0;
    for stream in &mut crowd {
        let mut heard = [0; 1];
        let read = timeout(Duration::from_millis(20), stream.read(&mut heard)).await;
        turned_away += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
    }
    println!("450 at the team's door: {turned_away} turned away");
    assert!((50..=60).contains(&turned_away), "{turned_away}");
    doors.is_well().await;
    drop(crowd);
    let there = async {
        loop {
            let url = format!("ws://127.0.0.1:{}/api/ws", doors.port);
            if tokio_tungstenite::connect_async(url).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, there).await.expect("there is room again");
    Session::open(doors.port, &token).await;
}
