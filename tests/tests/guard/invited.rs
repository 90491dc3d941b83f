//! Names of invites, said over real sockets: what turns or hides letters is taken out, and what is too long is refused by a code.

use serde_json::{Value, json};
use stallcast_show::Role;
use stallcast_tests::world::{HttpAnswer, http};
use stallcast_wire::{ErrorCode, InviteMade, Request};

use super::door::Doors;

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
