//! The desktop window on a screen of its own: it opens into the demo, puts products on air, goes live, and can be
//! killed without the broadcast noticing. With `STALLCAST_TESTS_ROOT` it is the window of the package that is installed in
//! the system below that folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use stallcast_show::Command as Change;
use stallcast_tests::stage::{health, put_key};
use stallcast_tests::world::{Desktop, PATIENCE, RtmpServer, WebWindow, eventually};
use stallcast_wire::RunState;

/// Photo of the product on the card, in shares of the preview: nothing of the moving picture shines through.
const CARD_PHOTO: [f64; 4] = [0.08, 0.28, 0.24, 0.42];
const WHOLE: [f64; 4] = [0.0, 0.0, 1.0, 1.0];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_window_shows_the_demo_goes_live_and_its_death_costs_the_broadcast_nothing() {
    let server = RtmpServer::start();
    let desktop = Desktop::new();
    let window = desktop.open("first");

    // A newcomer's first minute: the demo rehearses, and the picture moves.
    window.wait_for(".phase.rehearsing");
    let first = drawn(&window, WHOLE);
    eventually(PATIENCE, "the preview moves", || {
        (difference(&first, &picture(&window, WHOLE)?) > 0.3).then_some(())
    });
    window.wait_for(&product(1, true));
    let apple = resting(&window, CARD_PHOTO);

    window.press("2");
    window.wait_for(&product(2, true));
    eventually(PATIENCE, "the card of product 2 is in the picture", || {
        (difference(&apple, &picture(&window, CARD_PHOTO)?) > 12.0).then_some(())
    });
    desktop.photograph("desktop-rehearsing");

    window.click(".notes form button:last-child");
    eventually(PATIENCE, "the prompter has a window of its own", || {
        desktop.screen_shows("Stallcast Prompter").then_some(())
    });
    desktop.photograph("desktop-prompter");

    // A destination by hand; its key through the API, since it can be seen nowhere afterwards anyway.
    window.click(".topbar .acts button");
    window.click("nav [data-page=destinations]");
    window.click(".page .card:last-child li:last-child button");
    window.fill(
        ".page .card:last-child li:last-child form input",
        &server.url("live"),
    );
    window.click(".page .card:last-child li:last-child form button[type=submit]");
    window.wait_for("form input[type=password]");
    let id = add_key(&desktop, "live_secret_7f3a").await;
    window.wait_for(".key.have");
    window.click(".settings > header button");

    // Going live takes a second, deliberate press.
    window.click("button[aria-keyshortcuts='Control+L']");
    press_twice(&window, || {
        assert!(server.recordings().is_empty(), "one press is none");
    });
    let file = server.wait_for_recordings("live", 1, 100_000).remove(0);
    desktop.photograph("desktop-live");
    let read = Instant::now();
    let clock = seconds(&window.text("time[role=timer]").unwrap());

    // The window dies as programs die when memory runs out.
    let engine = desktop.engine().pid;
    kill(
        Pid::from_raw(i32::try_from(window.pid()).unwrap()),
        Signal::SIGKILL,
    )
    .unwrap();
    eventually(PATIENCE, "the window is gone", || {
        (!desktop.screen_shows("Stallcast")).then_some(())
    });
    drop(window);
    let received = bytes(&file);
    eventually(PATIENCE, "the stream goes on", || {
        (bytes(&file) > received + 500_000).then_some(())
    });
    assert!(
        Path::new(&format!("/proc/{engine}")).exists(),
        "the engine lives"
    );

    let window = desktop.open("second");
    window.wait_for(".phase.live");
    window.wait_for(&product(2, true));
    drawn(&window, WHOLE);
    let now = seconds(&window.text("time[role=timer]").unwrap());
    let passed = read.elapsed();
    assert!(
        now < clock && u64::from(clock - now) <= passed.as_secs() + 3,
        "the clock went from {clock} to {now} in {passed:?}"
    );
    assert_eq!(desktop.engine().pid, engine, "the same engine");
    desktop.photograph("desktop-reopened");
    let mut session = desktop.session().await;
    let run = session
        .until(PATIENCE, "its health is told", |s| health(s, &id).cloned())
        .await;
    assert_eq!(
        (run.run, run.reconnects, run.frames_dropped),
        (RunState::Live, 0, 0)
    );
    assert_eq!(server.recordings().len(), 1, "one stream, never broken");

    session.command(Change::EndShow).await.unwrap();
    drop(session);
    window.wait_for(".phase.idle");
}

/// Stores a key for the one destination there is, in the file that this test allows; the destination's id.
async fn add_key(desktop: &Desktop, key: &str) -> String {
    let mut session = desktop.session().await;
    let destination = session
        .until(PATIENCE, "the destination is there", |s| {
            s.show.as_ref()?.destinations.keys().next().cloned()
        })
        .await;
    let id = destination.as_str().to_owned();
    put_key(&mut session, &id, key).await;
    id
}

/// Goes live with two presses more than a double click apart, `between` which something is checked. The button forgets
/// the first one after ten seconds, which a busy machine may take for the second: then they are made anew.
fn press_twice(window: &WebWindow, between: impl Fn()) {
    /// A press shows by then, if it was taken.
    const TAKEN: Duration = Duration::from_secs(5);
    let mut armed = None;
    let mut pressed: Option<Instant> = None;
    eventually(PATIENCE * 2, "live after two presses", || {
        if window.shows(".phase.live") {
            return Some(());
        }
        let left = window.text("button.hold.armed small");
        let is_due = match &left {
            // Its countdown from ten tells when the time of a double click has passed.
            Some(left) => armed.get_or_insert_with(|| left.clone()) != left,
            None => {
                pressed.is_none_or(|at| at.elapsed() > TAKEN)
                    && window.shows("button.hold:not(:disabled):not(.pending)")
            }
        };
        if is_due {
            if left.is_some() {
                between();
            }
            window.click("button.hold:not(:disabled)");
            armed = None;
            pressed = Some(Instant::now());
        }
        None
    });
}

/// Selector of product `n` of the rundown, on air or not.
fn product(n: u32, on_air: bool) -> String {
    format!("button[aria-keyshortcuts='{n}'][aria-pressed='{on_air}']")
}

/// The preview in that part of it, as a coarse grid of colours; `None` while there is no picture.
fn picture(window: &WebWindow, part: [f64; 4]) -> Option<Vec<f64>> {
    let script = "
        const canvas = document.querySelector('canvas');
        if (canvas === null || canvas.width < 600) return null;
        const [left, top, right, bottom] = arguments;
        const small = document.createElement('canvas');
        small.width = small.height = 16;
        const context = small.getContext('2d');
        const [x, y] = [left * canvas.width, top * canvas.height];
        context.drawImage(canvas, x, y, right * canvas.width - x, bottom * canvas.height - y, 0, 0, 16, 16);
        return [...context.getImageData(0, 0, 16, 16).data].filter((_, i) => i % 4 !== 3);";
    let Value::Array(values) = window.script(script, json!(part)) else {
        return None;
    };
    Some(values.iter().map(|value| value.as_f64().unwrap()).collect())
}

/// Waits until the preview shows something, and gives that part of it.
fn drawn(window: &WebWindow, part: [f64; 4]) -> Vec<f64> {
    eventually(PATIENCE, "the preview shows a picture", || {
        let found = picture(window, part)?;
        found.iter().any(|value| *value > 60.0).then_some(found)
    })
}

/// Waits until that part of the preview stands still (a card has flown in), and gives it.
fn resting(window: &WebWindow, part: [f64; 4]) -> Vec<f64> {
    let mut last = drawn(window, part);
    let mut still = 0;
    eventually(PATIENCE, "the card rests", || {
        let now = drawn(window, part);
        still = if difference(&last, &now) < 2.0 {
            still + 1
        } else {
            0
        };
        last = now;
        (still >= 10).then(|| last.clone())
    })
}

/// Mean difference of two pictures, 0 to 255.
fn difference(one: &[f64], other: &[f64]) -> f64 {
    let sum: f64 = one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
    sum / one.len() as f64
}

/// `4:31` in seconds.
fn seconds(clock: &str) -> u32 {
    clock
        .trim()
        .split(':')
        .fold(0, |sum, part| sum * 60 + part.parse::<u32>().unwrap())
}

fn bytes(file: &Path) -> u64 {
    fs::metadata(file).map(|meta| meta.len()).unwrap_or(0)
}
