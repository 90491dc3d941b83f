//! From the press to the picture: when a card that was put on air is in the stream.

use std::path::Path;
use std::time::Duration;

use stallcast_show::{At, Show, SourceKind};
use stallcast_tests::probe::{first_frame_unix_ms, frame_at, prove_playable};
use stallcast_tests::stage::{
    import_orchard, input_live, nothing_recorded, put_full_screen, put_on_air, record,
    recording_holds, show_of, studio,
};
use stallcast_tests::world::{PATIENCE, Session};

use crate::card::{difference, expected};

/// One frame at 30 a second, ms.
const FRAME_MS: f64 = 1000.0 / 30.0;
/// Frames looked at after a press.
const LOOK: u32 = 30;

/// Frames from the journalled moment of a press to the first picture with the new card.
fn frames_late(recording: &Path, began_ms: f64, press: At, before: &Show, after: &Show) -> f64 {
    let old = expected(before, press);
    let new = expected(after, press);
    let card = |layers: &[stallcast_overlay::Layer]| {
        let found = layers.iter().position(|layer| layer.id == "card");
        found.expect("a card")
    };
    let at = |frame: u32| (press.0 as f64 - began_ms) / FRAME_MS + f64::from(frame);
    for frame in 0..LOOK {
        // The middle of a frame's time, so that rounding does not choose its neighbour.
        let place = at(frame).floor() + 0.5;
        let picture = frame_at(
            recording,
            Duration::from_secs_f64(place * FRAME_MS / 1000.0),
        );
        let to_new = difference(&picture, &new[card(&new)], &new);
        let to_old = difference(&picture, &old[card(&old)], &old);
        if to_new < to_old {
            return place - 0.5 - at(0);
        }
    }
    panic!("no card within {LOOK} frames");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_press_is_in_the_picture_two_frames_later() {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "picture", SourceKind::TestPicture).await;
    input_live(&mut session, "picture").await;
    let products = import_orchard(&engine, &mut session).await;
    let press = async |session: &mut Session, n: usize| {
        put_on_air(session, &products[n]).await;
        session
            .until(PATIENCE, "the product is on air", |s| {
                let on_air = s.show.as_ref()?.on_air.as_ref()?;
                (on_air.product == products[n].id).then_some(on_air.since)
            })
            .await
    };
    record(&mut session, true).await;
    press(&mut session, 0).await;
    recording_holds(&mut session, 0).await;
    let mut shows = vec![show_of(&session)];
    let mut presses = Vec::new();
    for n in [1, 2, 0, 2, 1] {
        // The cards of the number keys are drawn ahead while nothing else is to be drawn.
        session.play(Duration::from_secs(2)).await;
        presses.push(press(&mut session, n).await);
        shows.push(show_of(&session));
    }
    session.play(Duration::from_secs(2)).await;
    record(&mut session, false).await;
    nothing_recorded(&mut session).await;
    drop(session);
    assert!(engine.stop().success());

    let recording = engine.recordings().remove(0);
    prove_playable(&recording);
    let began_ms = first_frame_unix_ms(&recording).expect("the file says when it began");
    let mut late: Vec<f64> = presses
        .iter()
        .zip(shows.windows(2))
        .map(|(at, pair)| frames_late(&recording, began_ms, *at, &pair[0], &pair[1]))
        .collect();
    println!("frames from press to picture: {late:.2?}");
    late.sort_by(f64::total_cmp);
    // A picture bears the time at which its frame began, so the card may be in one that began before the press.
    assert!(
        late[0] > -2.0,
        "the recording is ahead of the clock: {late:?}"
    );
    // The best one of five: a machine that is busy all the time is late with each of them.
    assert!(late[0] <= 2.05, "{late:?}");
}
