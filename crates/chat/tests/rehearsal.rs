//! The simulated audience through the public API, on a paused clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use stallcast_chat::{Audience, Clock, Connector, ConnectorSpec, Incoming, Pace};
use stallcast_show::{At, ChatLine, Text};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

const MINUTE: Duration = Duration::from_secs(60);

fn paused_clock() -> Clock {
    let began = Instant::now();
    Arc::new(move || At(i64::try_from(began.elapsed().as_millis()).unwrap()))
}

fn start(seed: u64, pace: Pace, room: usize) -> (Connector, mpsc::Receiver<Incoming>) {
    let (sink, lines) = mpsc::channel(room);
    let lines_of = Audience::demo();
    let spec = ConnectorSpec::Simulated {
        seed,
        pace,
        lines: lines_of,
    };
    (Connector::spawn(spec, sink, paused_clock()), lines)
}

/// Everything said until `end`.
async fn collect(lines: &mut mpsc::Receiver<Incoming>, end: Instant) -> Vec<ChatLine> {
    let mut heard = Vec::new();
    loop {
        tokio::select! {
            biased;
            () = sleep_until(end) => return heard,
            Some(incoming) = lines.recv() => match incoming {
                Incoming::Line(line) => heard.push(line),
                Incoming::Removed(_) => panic!("an audience takes nothing back"),
            }
        }
    }
}

fn apples() -> Text {
    Text {
        zh: "洛川苹果".into(),
        en: "Luochuan apples".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn one_seed_is_one_evening() {
    let mut evenings = Vec::new();
    for seed in [1, 1, 2] {
        let (connector, mut lines) = start(seed, Pace::LIVELY, 64);
        let began = Instant::now();
        let mut heard = collect(&mut lines, began + MINUTE).await;
        connector.react(&apples());
        heard.extend(collect(&mut lines, began + 3 * MINUTE).await);
        connector.stop().await;
        assert!(heard.len() > 60, "{}", heard.len());
        evenings.push(heard);
    }
    assert_eq!(evenings[0], evenings[1]);
    assert_ne!(evenings[0], evenings[2]);
}

#[tokio::test(start_paused = true)]
async fn a_product_on_air_makes_the_room_faster_and_it_is_asked_about() {
    let (mut before, mut during, mut later) = (0, 0, 0);
    let mut named = 0;
    let mut asked = 0;
    let window = Duration::from_secs(15);
    for seed in 0..20 {
        let (connector, mut lines) = start(seed, Pace::LIVELY, 64);
        let began = Instant::now();
        let calm = collect(&mut lines, began + window).await;
        assert!(
            calm.iter()
                .all(|l| !l.text.contains("洛川") && !l.text.contains("{product}"))
        );
        before += calm.len();
        connector.react(&apples());
        let rush = collect(&mut lines, began + 2 * window).await;
        during += rush.len();
        named += rush
            .iter()
            .filter(|l| l.text.contains("洛川苹果") || l.text.contains("Luochuan apples"))
            .count();
        asked += rush.iter().filter(|l| l.question).count();
        collect(&mut lines, began + 4 * window).await;
        later += collect(&mut lines, began + 5 * window).await.len();
        connector.stop().await;
    }
    eprintln!(
        "in 15 s x 20: {before} before, {during} during ({named} name it, {asked} ask), {later} later"
    );
    assert!(during > 3 * before / 2, "{before} {during}");
    assert!(later < during * 3 / 4, "{during} {later}");
    assert!(
        named * 10 > during && asked * 3 > during,
        "{named} {asked} of {during}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_kept_on_average_and_comes_in_bursts() {
    let (connector, mut lines) = start(5, Pace::LIVELY, 64);
    let began = Instant::now();
    let heard = collect(&mut lines, began + 60 * MINUTE).await;
    connector.stop().await;
    let per_minute = heard.len() / 60;
    assert!((40..=80).contains(&per_minute), "{per_minute}");
    // A steady stream would put 15 into every quarter of a minute; a room does not.
    let mut quarters = vec![0_u32; 240];
    for line in &heard {
        quarters[usize::try_from(line.at.0 / 15_000).unwrap().min(239)] += 1;
    }
    quarters.sort_unstable();
    assert!(quarters[216] >= 2 * quarters[24].max(1), "{quarters:?}");
    for pair in heard.windows(8) {
        assert!(
            pair[1..].iter().all(|line| line.text != pair[0].text),
            "{}",
            pair[0].text
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_lines_a_second_reach_a_reader_that_keeps_up() {
    let (connector, mut lines) = start(3, Pace::FLOOD, 1_024);
    let began = Instant::now();
    let heard = collect(&mut lines, began + Duration::from_secs(10)).await;
    let status = connector.status().borrow().clone();
    connector.stop().await;
    assert!((6_000..=15_000).contains(&heard.len()), "{}", heard.len());
    assert_eq!(status.dropped, 0);
}
