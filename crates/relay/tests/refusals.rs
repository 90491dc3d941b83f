//! Who is refused, and that no room's trouble is another's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use stallcast_hooks::{BODY_BYTES, Lane};
use support::{Copy, Nats, Room, ask, eventually};

const NOBODY: &str = "aaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn strangers_learn_nothing_and_bring_nothing_in() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    for (id, kind) in [
        (NOBODY, "kick"),
        ("..", "kick"),
        ("*", "kick"),
        (room.id.as_str(), "tiktok"),
        (room.id.as_str(), "KICK"),
    ] {
        assert_eq!(copy.push(id, kind, &[], b"x").await.0, 404, "{id} {kind}");
    }
    // Whether an address answers may be asked, whether a room is there may not.
    for id in [NOBODY, &room.id] {
        let head =
            format!("HEAD /hook/{id}/douyin HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
        assert_eq!(ask(copy.port, head.as_bytes()).await.unwrap().0, 200);
    }
    let wrong = |key: &str, id: &str| Room {
        id: id.to_owned(),
        key: key.to_owned(),
    };
    for stranger in [
        wrong(&room.key, NOBODY),
        wrong("", &room.id),
        wrong("wrong", &room.id),
        wrong(&room.id, &room.id),
        wrong(&room.key[1..], &room.id),
    ] {
        assert_eq!(
            copy.studio(&stranger).await.err(),
            Some(401),
            "{stranger:?}"
        );
    }
    let no_socket = format!(
        "GET /studio/v1/{} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n",
        room.id
    );
    let (status, _) = ask(copy.port, no_socket.as_bytes()).await.unwrap();
    assert!((400..500).contains(&status), "{status}");
    drop(copy.studio(&room).await.unwrap());
}

#[tokio::test]
async fn bodies_and_heads_are_bounded_before_they_are_read() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let largest = vec![b'x'; BODY_BYTES];
    let (status, _) = copy.push(&room.id, "shopify", &[], &largest).await;
    assert_eq!(status, 200, "the largest fits");
    let announced = format!(
        "POST /hook/{}/shopify HTTP/1.1\r\nHost: r\r\nContent-Length: {}\r\n\r\n",
        room.id,
        BODY_BYTES + 1
    );
    // Nothing of it is sent: it is refused by what it announces.
    let (status, _) = ask_head(copy.port, announced.as_bytes()).await;
    assert_eq!(status, 413);
    let mut chunked = format!(
        "POST /hook/{}/shopify HTTP/1.1\r\nHost: r\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        room.id
    )
    .into_bytes();
    chunked.extend(format!("{:x}\r\n", BODY_BYTES + 1).bytes());
    chunked.extend(vec![b'x'; BODY_BYTES + 1]);
    chunked.extend(b"\r\n0\r\n\r\n");
    if let Some((status, _)) = ask(copy.port, &chunked).await {
        assert_eq!(status, 413);
    }
    let long = "s".repeat(9 * 1024);
    let (status, _) = copy
        .push(&room.id, "kick", &[("Kick-Event-Signature", &long)], b"x")
        .await;
    assert_eq!(status, 431);
    let slow = format!(
        "POST /hook/{}/kick HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nx",
        room.id
    );
    let (status, _) = ask_head(copy.port, slow.as_bytes()).await;
    assert_eq!(status, 408, "a body that does not come is not waited for");
    copy.is_well().await;
}

/// As `ask`, for a connection that the server keeps open: only the head is waited for.
async fn ask_head(port: u16, request: &[u8]) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    stream.write_all(request).await.unwrap();
    let mut heard = Vec::new();
    while !heard.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = tokio::time::timeout(support::PATIENCE, stream.read_buf(&mut heard)).await;
        assert!(read.unwrap().unwrap() > 0, "it hung up without an answer");
    }
    let head = String::from_utf8(heard).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head)
}

#[tokio::test]
async fn a_room_that_floods_is_slowed_down_and_no_other() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let (loud, quiet) = (nats.room("loud"), nats.room("quiet"));
    let (mut taken, mut refused) = (0, 0);
    // More at once than a room may have: in parallel, as strangers would.
    let mut flood = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (port, id) = (copy.port, loud.id.clone());
        flood.spawn(async move {
            let mut statuses = Vec::new();
            for m in 0..120 {
                let body = format!("{n} {m}");
                let request = format!(
                    "POST /hook/{id}/kick HTTP/1.1\r\nHost: r\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                statuses.push(ask(port, request.as_bytes()).await.unwrap().0);
            }
            statuses
        });
    }
    let mut others = 0;
    while let Some(statuses) = flood.join_next().await {
        for status in statuses.unwrap() {
            match status {
                200 => taken += 1,
                429 | 503 => refused += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!(copy.chat(&quiet, &others.to_string()).await, 200);
        let order = others.to_string();
        let order = copy.push(&loud.id, "shopify", &[], order.as_bytes()).await;
        assert_eq!(order.0, 200, "orders are not kept out by chat");
        others += 1;
    }
    println!("{taken} taken, {refused} refused");
    assert_eq!(taken + refused, 12 * 120);
    assert!(taken >= 600 && refused > 0);
}

#[tokio::test]
async fn a_full_lane_of_chat_drops_the_oldest_and_a_full_lane_of_orders_refuses_the_newest() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let (room, other) = (nats.room("a"), nats.room("b"));
    let body = |n: usize| {
        let mut body = vec![b'.'; 500 * 1024];
        body[..3].copy_from_slice(format!("{n:03}").as_bytes());
        body
    };
    for n in 0..24 {
        assert_eq!(copy.push(&room.id, "kick", &[], &body(n)).await.0, 200);
    }
    let mut kept = 0;
    let full = loop {
        let (status, code) = copy.push(&room.id, "woocommerce", &[], &body(kept)).await;
        if status != 200 {
            break (status, code);
        }
        kept += 1;
        assert!(kept < 100, "orders without bound");
    };
    assert_eq!(full, (503, r#"{"code":"full"}"#.to_owned()));
    assert_eq!(copy.chat(&other, "x").await, 200);
    assert_eq!(copy.push(&other.id, "shopify", &[], b"x").await.0, 200);

    let mut studio = copy.studio(&room).await.unwrap();
    let mut came = [Vec::new(), Vec::new()];
    while came[0].last() != Some(&23) || came[1].len() < kept {
        let (lane, seq, hook) = studio.hook().await;
        studio.taken(lane, seq).await;
        let n: usize = std::str::from_utf8(&hook.body[..3])
            .unwrap()
            .parse()
            .unwrap();
        came[usize::from(lane == Lane::Orders)].push(n);
    }
    let [chat, orders] = came;
    println!("{} of 24 kept, {kept} orders", chat.len());
    assert!(chat.len() < 24 && chat[0] > 0, "{chat:?}");
    assert_eq!(chat, (chat[0]..24).collect::<Vec<_>>());
    assert_eq!(orders, (0..kept).collect::<Vec<_>>());
    // There is room again.
    eventually("an order is taken again", async || {
        copy.push(&room.id, "woocommerce", &[], b"new").await.0 == 200
    })
    .await;
}

#[tokio::test]
async fn whatever_is_sent_the_copy_stays_well() {
    const REQUESTS: usize = 600;
    const FRAMES: usize = 120;
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let mut runner = TestRunner::deterministic();
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    let mut sample = || bytes.new_tree(&mut runner).unwrap().current();
    let kinds = [
        "kick",
        "douyin",
        "shopify",
        "woocommerce",
        "generic",
        "x",
        "%00",
        "",
    ];
    let mut statuses = std::collections::BTreeMap::new();
    for n in 0..REQUESTS {
        let noise = sample();
        let kind = kinds[n % kinds.len()];
        let mut request = format!(
            "POST /hook/{}/{kind} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n",
            room.id
        )
        .into_bytes();
        match n % 5 {
            // A body of anything, a head of anything, a length that is not so, nothing but noise, a cut one.
            0 => {
                request.extend(format!("Content-Length: {}\r\n\r\n", noise.len()).bytes());
                request.extend(&noise);
            }
            1 => {
                request.extend(b"Kick-Event-Signature: ");
                request.extend(&noise);
                request.extend(b"\r\nContent-Length: 0\r\n\r\n");
            }
            2 => request.extend(b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
            3 => request.clone_from(&noise),
            _ => request.truncate(noise.len()),
        }
        // Whoever writes no more hangs up.
        let answer = ask_and_hang_up(copy.port, &request).await;
        *statuses.entry(answer).or_insert(0) += 1;
    }
    println!("{REQUESTS} requests: {statuses:?}");
    assert!(
        statuses
            .keys()
            .all(|status| status.is_none_or(|it| it < 500))
    );
    let mut closed = 0;
    for n in 0..FRAMES {
        let mut studio = copy.studio(&room).await.unwrap();
        let mut noise = sample();
        if n % 3 == 0 {
            // A head that may be one.
            let head = format!(r#"{{"say":"taken","lane":"chat","seq":{}}}"#, n * 7);
            noise = [
                &u32::try_from(head.len()).unwrap().to_be_bytes()[..],
                head.as_bytes(),
            ]
            .concat();
        }
        studio.say(Bytes::from(noise)).await;
        studio.say(Bytes::from(vec![0; 5000])).await;
        // Webhooks of the requests before may come first.
        let code = loop {
            if let Err(code) = studio.hear().await {
                break code;
            }
        };
        // A message that is too large ends the connection, whatever stood before it.
        closed += usize::from(matches!(code, Some(1000 | 1003) | None));
    }
    println!("{FRAMES} studios that spoke nonsense, {closed} put out for it");
    assert_eq!(closed, FRAMES);
    copy.is_well().await;
    assert_eq!(copy.chat(&room, "still").await, 200);
}

async fn ask_and_hang_up(port: u16, request: &[u8]) -> Option<u16> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .ok()?;
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(support::PATIENCE, stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1)?.parse().ok()
}
