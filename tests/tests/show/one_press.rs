//! From the press to the picture, and the clock that everybody sees: measured in the pictures that two servers received
//! and on the real page in a browser.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use stallcast_show::{Canvas, Command};
use stallcast_tests::bench::{LiveShow, percentile};
use stallcast_tests::probe::{Clock, FRAME_MS, Stream};
use stallcast_tests::stage::{assets, file, show_of, studio};
use stallcast_tests::world::{Browser, PATIENCE};

/// Seconds on the clock that is read.
const CLOCK_S: u32 = 100;
/// So long both clocks are read.
const READ: Duration = Duration::from_secs(12);
/// A browser beside two encoders on a busy machine may be this late with what it knows, ms.
const PAGE_MAY_BE_LATE: i64 = 240;
/// The page's clock turns with the picture's: half of its turns come within this, ms.
const PAGE_TURNS: f64 = 120.0;

/// Notes every text of the page's clock and when it came, Unix ms.
const NOTE: &str = "new Promise((there) => {
  window.noted = [];
  const look = () => {
    const clock = document.querySelector('.count time[role=timer]');
    if (clock === null) return;
    const text = clock.textContent.trim();
    if (window.noted.at(-1)?.[1] !== text) window.noted.push([Date.now(), text]);
    there(true);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
})";

/// Seconds of a clock like `1:39`.
fn seconds(text: &str) -> u32 {
    let parts = text.split(':').map(|part| part.parse::<u32>().unwrap());
    parts.fold(0, |sum, part| sum * 60 + part)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_press_is_on_both_canvases_two_frames_later_and_every_clock_shows_the_same_second() {
    let engine = studio(Default::default());
    let clip = file(&assets().join("demo/orchard.mp4"));
    let mut show = Box::pin(LiveShow::start_on(engine, clip, &Canvas::ALL)).await;
    let order = [0, 2, 1, 2, 0, 1, 0, 1];
    let presses = show.press(order.into_iter(), Duration::from_secs(2)).await;
    show.play(Duration::from_secs(2)).await;

    let (port, token) = (show.engine.port(), show.engine.token().to_owned());
    let address = format!("http://127.0.0.1:{port}/#token={token}");
    let mut page = Browser::open(&address).await;
    let clock = Command::StartCountdown { seconds: CLOCK_S };
    show.session.command(clock).await.unwrap();
    show.session
        .until(PATIENCE, "the clock runs", |s| {
            let clock = s.show.as_ref()?.countdown.as_ref()?;
            (clock.deadline.0 - clock.started.0 == i64::from(CLOCK_S) * 1000).then_some(())
        })
        .await;
    let with_clock = show_of(&show.session);
    page.evaluate(NOTE).await;
    let from = page.evaluate("Date.now()").await.as_i64().unwrap();
    show.play(READ).await;
    let noted = page.evaluate("window.noted").await;
    let to = page.evaluate("Date.now()").await.as_i64().unwrap();
    drop(page);
    assert_ne!(noted, json!([]));
    show.end().await;
    let mut recordings = show.engine.recordings();
    recordings.sort_by_key(|file| file.to_string_lossy().contains("portrait"));
    let received = show.received();
    assert!(show.engine.stop().success());

    let sizes = [(1280, 720), (720, 1280)];
    let streams: Vec<Stream> = (0..2)
        .map(|n| Stream::of(&received[n], &recordings[n], sizes[n]))
        .collect();
    for (canvas, stream) in Canvas::ALL.iter().zip(&streams) {
        let late = stream.late(&presses);
        let mut first: Vec<f64> = late.iter().map(|late| late.first).collect();
        println!("{canvas:?}: frames from press to picture {first:.2?}");
        // The quickest three of eight: a machine that is busy all the time is late with each of them.
        let quick = percentile(&mut first, 0.375);
        assert!(quick <= 2.0, "{canvas:?}: {late:?}");
    }

    // What the page showed, by the moment from which on it did.
    let page: BTreeMap<i64, u32> = noted
        .as_array()
        .unwrap()
        .iter()
        .map(|note| {
            (
                note[0].as_i64().unwrap(),
                seconds(note[1].as_str().unwrap()),
            )
        })
        .collect();
    let deadline = with_clock.countdown.as_ref().unwrap().deadline.0;
    let left = |at: i64| u32::try_from((deadline - at + 999) / 1000).unwrap();
    let possible = left(to) - 2..=left(from) + 2;
    let [wide, tall] = [0, 1].map(|n| {
        let clock = Clock::of(&with_clock, sizes[n], possible.clone());
        streams[n].seconds(&clock, from as f64..to as f64)
    });
    let mut sampled = (0, 0);
    for (taken, (on_wide, sure)) in &wide {
        // A picture is made a frame after the time it bears; near a turn two of them may be on either side of it.
        let made = taken + FRAME_MS as i64;
        let since_turn = (made - deadline).rem_euclid(1000);
        if !(2 * FRAME_MS as i64..1000 - 2 * FRAME_MS as i64).contains(&since_turn) {
            continue;
        }
        assert!(*sure > 1.0, "{on_wide} is read with {sure}");
        let same = tall.range(taken - 16..=taken + 16).next();
        let (_, (on_tall, _)) = same.unwrap_or_else(|| panic!("no upright picture at {taken}"));
        assert_eq!(on_wide, on_tall, "at {taken}");
        assert_eq!(*on_wide, left(made), "at {taken}");
        sampled.0 += 1;
        if since_turn > PAGE_MAY_BE_LATE {
            let (_, on_page) = page.range(..=made).next_back().unwrap();
            assert_eq!(on_wide, on_page, "the page at {made}: {page:?}");
            sampled.1 += 1;
        }
    }
    println!(
        "{} pictures of each canvas read, {} with the page",
        sampled.0, sampled.1
    );
    assert!(sampled.0 > 100 && sampled.1 > 100, "{sampled:?}");
    let turns = page.iter().skip(1).map(|(at, shows)| {
        let turned = deadline - i64::from(*shows) * 1000;
        (at - turned) as f64
    });
    let mut turns: Vec<f64> = turns.collect();
    println!("the page turns so many ms after the second: {turns:?}");
    let usual = percentile(&mut turns, 0.5);
    assert!(usual < PAGE_TURNS, "{turns:?}");
}
