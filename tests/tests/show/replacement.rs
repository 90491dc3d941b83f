//! A newer program takes the engine's place: never in a show, and no show begins meanwhile.

use serde_json::json;
use stallcast_show::{Command, Phase, SourceKind};
use stallcast_tests::stage::{
    end_show, go_live, put_destination, put_full_screen, record, recording_holds, studio,
};
use stallcast_tests::world::{Engine, RtmpServer, Session, http};
use stallcast_wire::{
    ClipEdges, ErrorCode, PastShows, ReplacementAsk, ReplacementHold, Request, WireError,
};

/// How often both begin at one moment, at least.
const ROUNDS: u32 = 12;
/// By then each must have had its way.
const ROUNDS_AT_MOST: u32 = 60;

fn ask(port: u16, token: &str, ask: ReplacementAsk) -> Result<Option<ReplacementHold>, WireError> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = serde_json::to_vec(&ask).unwrap();
    let answer = http(port, "POST", "/api/replacement", &headers, &body).unwrap();
    let text = answer.text();
    match answer.status {
        200 => Ok(serde_json::from_str(&text).unwrap()),
        _ => Err(serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))),
    }
}

fn asked(engine: &Engine, what: ReplacementAsk) -> Result<Option<ReplacementHold>, WireError> {
    ask(engine.port(), engine.token(), what)
}

fn refused(engine: &Engine, why: &str) {
    let error = asked(engine, ReplacementAsk::Hold).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotReplaceable, "{error:?}");
    assert_eq!(error.params["cause"], why);
}

async fn studio_with_a_destination(server: &RtmpServer) -> (Engine, Session) {
    let engine = studio(Default::default());
    let mut session = engine.session().await;
    put_full_screen(&mut session, "test", SourceKind::TestPicture).await;
    put_destination(&mut session, "one", &server.url("live")).await;
    (engine, session)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_newer_program_comes_in_a_show_and_no_show_begins_while_one_comes() {
    let server = RtmpServer::start();
    let (mut engine, mut session) = studio_with_a_destination(&server).await;
    go_live(&mut session, &["one"]).await;
    recording_holds(&mut session, 20_000).await;
    refused(&engine, "replace_live");
    let looked = asked(&engine, ReplacementAsk::Look).unwrap_err();
    assert_eq!(looked.params["cause"], "replace_live");
    let error = session.request(Request::Shutdown).await.unwrap_err();
    assert_eq!(error.params["cause"], "replace_live");
    end_show(&mut session).await;

    // A rehearsal is only in the way while it is recorded.
    session.command(Command::StartRehearsal).await.unwrap();
    record(&mut session, true).await;
    refused(&engine, "replace_recording");
    record(&mut session, false).await;

    assert_eq!(asked(&engine, ReplacementAsk::Look), Ok(None));
    let held = asked(&engine, ReplacementAsk::Hold).unwrap().unwrap();
    assert!((1..=20_000).contains(&held.lasts_ms), "{held:?}");
    refused(&engine, "replace_held");
    let past = session.request(Request::PastShows).await.unwrap();
    let past: PastShows = serde_json::from_value(past).unwrap();
    let show = past.shows[0].show;
    let edges = ClipEdges::Keyframe;
    for kept in [
        session.command(Command::GoLive).await.map(drop),
        session
            .command(Command::SetRecording { on: true })
            .await
            .map(drop),
        session
            .request(Request::MakeClips { show, edges })
            .await
            .map(drop),
        session
            .request(Request::MakeEvidence { show })
            .await
            .map(drop),
    ] {
        assert_eq!(kept.unwrap_err().code, ErrorCode::BeingReplaced);
    }
    let id = held.id;
    let renewed = asked(&engine, ReplacementAsk::Renew { id }).unwrap();
    assert_eq!(renewed.unwrap().id, id);
    let wrong = id.wrapping_add(1);
    let other = asked(&engine, ReplacementAsk::End { id: wrong }).unwrap_err();
    assert_eq!(other.code, ErrorCode::NotFound);

    // Given up: the show may begin again, and then the engine is not to be had.
    asked(&engine, ReplacementAsk::Release { id }).unwrap();
    go_live(&mut session, &["one"]).await;
    let late = asked(&engine, ReplacementAsk::End { id }).unwrap_err();
    assert_eq!(late.code, ErrorCode::NotFound);
    refused(&engine, "replace_live");
    end_show(&mut session).await;

    // A stranger, and nonsense.
    let kind = [("Content-Type", "application/json")];
    let hold = serde_json::to_vec(&ReplacementAsk::Hold).unwrap();
    let stranger = engine.http_as_stranger("POST", "/api/replacement", &kind, &hold);
    assert_eq!(stranger.status, 401);
    let body = json!({ "ask": "burn" }).to_string();
    let answer = engine.http("POST", "/api/replacement", &kind, body.as_bytes());
    assert!((400..500).contains(&answer.status), "{}", answer.text());

    let id = asked(&engine, ReplacementAsk::Hold).unwrap().unwrap().id;
    asked(&engine, ReplacementAsk::End { id }).unwrap();
    let status = engine.wait_for_end();
    assert!(status.success(), "{status}: {}", engine.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_going_live_and_a_newer_program_at_one_moment_exactly_one_has_its_way() {
    let server = RtmpServer::start();
    let (engine, mut session) = studio_with_a_destination(&server).await;
    go_live(&mut session, &["one"]).await;
    end_show(&mut session).await;
    let (mut shows, mut holds) = (0, 0);
    // The question of the window needs a connection first: the command waits for a few others, in each round for as many
    // more as lets the other one win.
    let mut ahead = 0_u32;
    for round in 0.. {
        if round >= ROUNDS && shows > 0 && holds > 0 {
            break;
        }
        assert!(
            round < ROUNDS_AT_MOST,
            "{shows} shows, {holds} newer programs"
        );
        let (port, token) = (engine.port(), engine.token().to_owned());
        let holding = tokio::task::spawn_blocking(move || ask(port, &token, ReplacementAsk::Hold));
        for _ in 0..ahead {
            session.request(Request::Keeping).await.unwrap();
        }
        let live = session.command(Command::GoLive).await;
        match (live, holding.await.unwrap()) {
            (Ok(_), Err(error)) => {
                assert_eq!(error.params["cause"], "replace_live");
                shows += 1;
                ahead += 1;
                end_show(&mut session).await;
            }
            (Err(error), Ok(held)) => {
                assert_eq!(error.code, ErrorCode::BeingReplaced);
                holds += 1;
                ahead = ahead.saturating_sub(1);
                let id = held.unwrap().id;
                asked(&engine, ReplacementAsk::Release { id }).unwrap();
            }
            (live, held) => panic!("both or neither: {live:?} {held:?}"),
        }
    }
    println!("{shows} shows, {holds} newer programs");
    let phase = session
        .until(
            std::time::Duration::from_secs(60),
            "the show is told",
            |s| Some(s.show.as_ref()?.phase),
        )
        .await;
    assert_eq!(phase, Phase::Idle);
}
