//! Invites and devices over real sockets: what turns or hides letters in a name is taken out and what is too long is refused by
//! a code; an invite that is over and a device that was away for too long open nothing.

use std::time::Duration;

use serde_json::{Value, json};
use stallcast_show::Role;
use stallcast_tests::world::{HttpAnswer, PATIENCE, Session, http};
use stallcast_wire::{ErrorCode, InviteMade, Request};

use super::door::Doors;

/// A device that was not there for so long has to be invited again (engine/src/team/state.rs).
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);

fn invite(name: &str, minutes: u32) -> Request {
    Request::Invite {
        name: name.to_owned(),
        role: Role::Viewer,
        needs_yes: false,
        minutes,
    }
}

fn joins(port: u16, body: &str) -> HttpAnswer {
    let kind = [("Content-Type", "application/json")];
    http(port, "POST", "/api/team/join", &kind, body.as_bytes()).unwrap()
}

/// Whom the invite is for, without using it up.
fn looks(port: u16, body: &str) -> HttpAnswer {
    let kind = [("Content-Type", "application/json")];
    http(port, "POST", "/api/team/invite", &kind, body.as_bytes()).unwrap()
}

fn code(answer: &HttpAnswer) -> String {
    let said: Value = serde_json::from_slice(&answer.body).unwrap();
    said["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_turns_nothing_around_and_none_is_longer_than_people_read() {
    let mut doors = Doors::open().await;
    for (name, kept) in [
        ("\u{202e}Li\u{202c}", "Li"),
        ("Wa\u{200b}ng\u{2066}\u{7}", "Wang"),
        (" 小\u{feff}李 ", "小李"),
    ] {
        let made = doors.owner.request(invite(name, 10)).await.unwrap();
        let made: InviteMade = serde_json::from_value(made).unwrap();
        assert_eq!(made.invite.name, kept);
    }
    let unusable = [
        "\u{202e}\u{200b}".to_owned(),
        "\u{202e}studio".to_owned(),
        "x".repeat(1 << 20),
        "\u{202e}".repeat(1 << 18),
        "长".repeat(300_000),
    ];
    for name in unusable {
        let refused = doors.owner.request(invite(&name, 10)).await.unwrap_err();
        assert_eq!(
            refused.code,
            ErrorCode::NameUnusable,
            "{} bytes",
            name.len()
        );
    }
    // A stranger who says so much is not read to the end.
    let long = json!({ "secret": "x", "name": "x".repeat(1 << 20) }).to_string();
    let refused = joins(doors.port, &long);
    assert_eq!(code(&refused), "too_large", "{}", refused.text());
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_that_is_over_opens_nothing_and_says_so() {
    let mut doors = Doors::open().await;
    // The shortest there is: a minute of the engine's own clock has to pass.
    let made = doors.owner.request(invite("Li", 1)).await.unwrap();
    let made: InviteMade = serde_json::from_value(made).unwrap();
    let lasting = doors.owner.request(invite("Wang", 10)).await.unwrap();
    let lasting: InviteMade = serde_json::from_value(lasting).unwrap();
    let body = |made: &InviteMade| {
        let secret = made.links[0].url.split_once("/#join=").unwrap().1;
        json!({ "secret": secret }).to_string()
    };
    let (over, open) = (body(&made), body(&lasting));
    assert_eq!(looks(doors.port, &over).status, 200, "it is good still");
    let is_gone = |it: &Session| {
        let invites = &it.team.as_ref()?.invites;
        let ids: Vec<&str> = invites.iter().map(|it| it.id.as_str()).collect();
        (ids == [lasting.invite.id.as_str()]).then_some(())
    };
    let within = Duration::from_secs(60) + PATIENCE;
    doors.owner.until(within, "the invite's end", is_gone).await;
    for answer in [looks(doors.port, &over), joins(doors.port, &over)] {
        assert_eq!(
            (answer.status, code(&answer).as_str()),
            (410, "invite_expired")
        );
    }
    assert_eq!(
        joins(doors.port, &open).status,
        200,
        "the other one is good"
    );
    assert_eq!(code(&joins(doors.port, &over)), "invite_expired");
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_away_for_too_long_is_let_in_no_more_not_even_in_the_first_moment() {
    let mut doors = Doors::open().await;
    let (old, young) = (
        doors.member(Role::Lead).await,
        doors.member(Role::Producer).await,
    );
    drop(Session::open(doors.port, &old).await);
    drop(Session::open(doors.port, &young).await);
    doors.engine.stop();
    // As if the studio had not been started since.
    let file = doors.engine.data().join("team.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let ago = i64::try_from(FORGOTTEN_AFTER.as_millis()).unwrap();
    for member in kept["members"].as_array_mut().unwrap() {
        let longer = if member["role"] == "lead" { 1 } else { -1 };
        let seen_at = member["seen_at"].as_i64().unwrap();
        member["seen_at"] = (seen_at - ago - longer * 3_600_000).into();
    }
    std::fs::write(&file, kept.to_string()).unwrap();
    doors.engine.restart();

    doors.owner = doors.engine.session().await;
    let listens = |it: &Session| it.team.as_ref()?.port;
    let port = doors.owner.until(PATIENCE, "the door", listens).await;
    let refused = Session::try_open(port, &old).await.err().unwrap();
    assert_eq!(refused.code, ErrorCode::AccessEnded);
    let bearer = format!("Bearer {old}");
    let headers = [("Authorization", bearer.as_str())];
    let photo = http(port, "GET", "/api/photo/a.png", &headers, b"").unwrap();
    assert_eq!(photo.status, 401);
    let young = Session::open(port, &young).await;
    assert_eq!(young.role, Role::Producer);
    let is_one = |it: &Session| {
        let members = &it.team.as_ref()?.members;
        (members.len() == 1 && members[0].role == Role::Producer).then_some(())
    };
    doors.owner.until(PATIENCE, "the list", is_one).await;
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains("\"lead\""), "{kept}");
    doors.is_well().await;
}
