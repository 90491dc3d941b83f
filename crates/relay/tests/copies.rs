//! Two copies over one NATS: what one was given the other hands over, in order, and nothing is lost when a copy or the store
//! is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use stallcast_hooks::{Kind, Lane};
use support::{Copy, Nats, Room, eventually};
use tokio::time::Instant;

/// Every body that comes until `last` came, taken.
async fn take_until(studio: &mut support::Studio, last: &str) -> Vec<String> {
    let mut came = Vec::new();
    while came.last().is_none_or(|body| body != last) {
        came.push(studio.take().await);
    }
    came
}

#[tokio::test]
async fn a_webhook_at_one_copy_reaches_the_studio_at_another_as_it_came_and_in_order() {
    let nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("Orchard 果园");
    let body = [0xff, 0, b'{', 0xe5, 13, 10];
    let headers = [
        ("Kick-Event-Signature", "aGk="),
        ("Kick-Event-Message-Id", "01J"),
        ("Content-Type", "application/json"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("Cookie", "a=b"),
    ];
    let (status, _) = a.push(&room.id, "kick", &headers, &body).await;
    assert_eq!(status, 200);
    let mut studio = b.studio(&room).await.unwrap();
    let (lane, seq, hook) = studio.hook().await;
    assert_eq!((lane, hook.kind), (Lane::Chat, Kind::Kick));
    assert_eq!(hook.body.as_ref(), body);
    assert_eq!(hook.header("kick-event-signature"), "aGk=");
    // Whose address it came from is nobody's business.
    assert_eq!(hook.headers.len(), 3, "{:?}", hook.headers);
    studio.taken(lane, seq).await;

    // Alternating copies, one after another: the order is that of the answers.
    for n in 0..60 {
        let copy = if n % 2 == 0 { &a } else { &b };
        assert_eq!(copy.chat(&room, &n.to_string()).await, 200);
    }
    let came = take_until(&mut studio, "59").await;
    assert_eq!(came, (0..60).map(|n| n.to_string()).collect::<Vec<_>>());

    // The same webhook once more is the same, at whichever copy.
    assert_eq!(a.chat(&room, "again").await, 200);
    assert_eq!(b.chat(&room, "again").await, 200);
    assert_eq!(a.chat(&room, "last").await, 200);
    assert_eq!(take_until(&mut studio, "last").await, ["again", "last"]);
    studio.close().await;

    // What was taken does not come again, and is gone from the store.
    assert_eq!(a.chat(&room, "after").await, 200);
    let mut studio = a.studio(&room).await.unwrap();
    assert_eq!(studio.take().await, "after");
}

#[tokio::test]
async fn killed_copies_and_a_killed_store_lose_nothing_that_was_answered_with_200() {
    let mut nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let room = nats.room("a");
    for n in 0..10 {
        assert_eq!(a.chat(&room, &n.to_string()).await, 200);
        let order = format!("order {n}");
        assert_eq!(
            a.push(&room.id, "shopify", &[], order.as_bytes()).await.0,
            200
        );
    }
    let mut studio = b.studio(&room).await.unwrap();
    let mut chat = Vec::new();
    let mut orders = Vec::new();
    // Four of each are taken, the others are on their way when the copy is killed.
    while chat.len() < 10 || orders.len() < 10 {
        let (lane, seq, hook) = studio.hook().await;
        let body = String::from_utf8(hook.body.to_vec()).unwrap();
        let lane_s = match lane {
            Lane::Chat => &mut chat,
            Lane::Orders => &mut orders,
        };
        lane_s.push(body);
        if lane_s.len() == 4 {
            studio.taken(lane, seq).await;
        }
    }
    studio.heard().await;
    // Known to be removed: the other copy begins behind it.
    let mut again = None;
    eventually("the first four are forgotten", async || {
        let mut other = a.studio(&room).await.unwrap();
        let mut first = [String::new(), String::new()];
        while first.iter().any(String::is_empty) {
            let (lane, _, hook) = other.hook().await;
            let place = &mut first[usize::from(lane == Lane::Orders)];
            if place.is_empty() {
                *place = String::from_utf8(hook.body.to_vec()).unwrap();
            }
        }
        again = Some(other);
        first == ["4", "order 4"]
    })
    .await;
    drop(again);
    b.kill();

    // The store is killed and comes back with what it had; meanwhile webhooks are refused, so that they are sent again.
    nats.kill();
    let (status, code) = a.push(&room.id, "kick", &[], b"lost").await;
    assert_eq!((status, code.as_str()), (503, r#"{"code":"store"}"#));
    eventually("the copy says that it is ill", async || {
        a.health().await == Some(503)
    })
    .await;
    nats.go().await;
    a.is_well().await;
    assert_eq!(a.chat(&room, "10").await, 200);

    let c = Copy::start(&nats).await;
    let mut studio = c.studio(&room).await.unwrap();
    let (mut chat, mut orders) = (Vec::new(), Vec::new());
    while chat.last().is_none_or(|it| it != "10") || orders.len() < 6 {
        let (lane, seq, hook) = studio.hook().await;
        studio.taken(lane, seq).await;
        let body = String::from_utf8(hook.body.to_vec()).unwrap();
        match lane {
            Lane::Chat => chat.push(body),
            Lane::Orders => orders.push(body),
        }
    }
    // "lost" was refused; NATS may have got it nevertheless once it was back, which is one webhook more and none less.
    chat.retain(|body| body != "lost");
    assert_eq!(chat, (4..=10).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(
        orders,
        (4..10).map(|n| format!("order {n}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_studio_that_is_there_when_the_store_is_killed_goes_on_after_it() {
    let mut nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let mut studio = copy.studio(&room).await.unwrap();
    assert_eq!(copy.chat(&room, "1").await, 200);
    assert_eq!(studio.take().await, "1");
    nats.kill();
    assert_eq!(studio.hear().await, Err(Some(1013)));
    nats.go().await;
    copy.is_well().await;
    assert_eq!(copy.chat(&room, "2").await, 200);
    let mut studio = copy.studio(&room).await.unwrap();
    let came = studio.take().await;
    // "1" was taken; whether the store had heard that is chance.
    assert!(came == "2" || (came == "1" && studio.take().await == "2"));
}

#[tokio::test]
async fn the_newest_connection_has_the_room_whichever_copy_it_came_to() {
    let nats = Nats::start().await;
    let (a, b) = (Copy::start(&nats).await, Copy::start(&nats).await);
    let (room, other) = (nats.room("a"), nats.room("b"));
    let mut first = a.studio(&room).await.unwrap();
    let mut apart = a.studio(&other).await.unwrap();
    let mut second = b.studio(&room).await.unwrap();
    assert_eq!(first.hear().await, Err(Some(4001)));
    assert_eq!(a.chat(&room, "x").await, 200);
    assert_eq!(a.chat(&other, "y").await, 200);
    assert_eq!(second.take().await, "x");
    assert_eq!(apart.take().await, "y", "no room hears another's");
}

#[tokio::test]
async fn a_copy_that_is_told_to_end_sends_studios_away_and_ends_well() {
    let nats = Nats::start().await;
    let mut copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let mut studio = copy.studio(&room).await.unwrap();
    assert_eq!(copy.chat(&room, "1").await, 200);
    let (lane, seq, _) = studio.hook().await;
    studio.taken(lane, seq).await;
    copy.end();
    assert_eq!(studio.hear().await, Err(Some(1012)));
    assert!(copy.ended().await.success());
}

#[tokio::test]
async fn a_renewed_key_and_a_removed_room_put_the_studio_out() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let mut studio = copy.studio(&room).await.unwrap();
    let renewed = Room::printed(&nats.operator(&["renew", &room.id]).unwrap());
    assert_eq!(renewed.id, room.id);
    assert_eq!(studio.hear().await, Err(Some(4002)));
    assert_eq!(copy.studio(&room).await.err(), Some(401));
    drop(copy.studio(&renewed).await.unwrap());
    let listed = nats.operator(&["list"]).unwrap();
    assert_eq!(listed, format!("{}  a\n", room.id));
    assert!(!listed.contains(&renewed.key));
    nats.operator(&["remove", &room.id]).unwrap();
    eventually("the room is gone", async || {
        copy.chat(&room, "x").await == 404 && copy.studio(&renewed).await.err() == Some(401)
    })
    .await;
    assert!(nats.operator(&["remove", &room.id]).is_err());
}

#[tokio::test]
async fn answers_come_fast_enough_for_douyin() {
    let nats = Nats::start().await;
    let copy = Copy::start(&nats).await;
    let room = nats.room("a");
    let mut studio = copy.studio(&room).await.unwrap();
    let mut took = Vec::new();
    let pushing = async {
        for n in 0..300 {
            let began = Instant::now();
            assert_eq!(copy.chat(&room, &n.to_string()).await, 200);
            took.push(began.elapsed());
        }
    };
    let taking = async {
        for n in 0..300 {
            assert_eq!(studio.take().await, n.to_string());
        }
    };
    tokio::join!(pushing, taking);
    took.sort();
    let p95 = took[took.len() * 95 / 100];
    println!(
        "300 webhooks: p95 {p95:?}, longest {:?}",
        took.last().unwrap()
    );
    assert!(*took.last().unwrap() < Duration::from_secs(2), "{took:?}");
}
