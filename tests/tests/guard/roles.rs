//! Every command and every request, by every role: who may not is told so, and who may is not.

use std::collections::BTreeMap;

use stallcast_show::{Command, Role};
use stallcast_tests::shapes::Shapes;
use stallcast_tests::world::Session;
use stallcast_wire::{ErrorCode, Request, least_role, least_role_of_request};

use super::door::Doors;

const TEAM: [Role; 4] = [Role::Viewer, Role::Moderator, Role::Producer, Role::Lead];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_and_request_is_kept_from_those_below_its_role() {
    let shapes = Shapes::read();
    let mut doors = Doors::open().await;
    let mut sessions: BTreeMap<Role, Session> = BTreeMap::new();
    for role in TEAM {
        let token = doors.member(role).await;
        let session = Session::open(doors.port, &token).await;
        assert_eq!(session.role, role);
        sessions.insert(role, session);
    }
    sessions.insert(Role::Owner, doors.engine.session().await);

    let (mut kept, mut allowed) = (0, 0);
    for (name, command) in shapes.ways("Command", "do") {
        let command: Command = serde_json::from_value(command).unwrap();
        let least = least_role(&command);
        for (role, session) in &mut sessions {
            let outcome = session.command(command.clone()).await;
            let is_forbidden = outcome.is_err_and(|error| error.code == ErrorCode::Forbidden);
            let may = least.is_some_and(|least| *role >= least);
            assert_eq!(is_forbidden, !may, "{name} by {role:?}");
            (kept, allowed) = (kept + u32::from(!may), allowed + u32::from(may));
        }
    }
    for (name, request) in shapes.ways("Request", "ask") {
        let request: Request = serde_json::from_value(request).unwrap();
        let least = least_role_of_request(&request);
        // What the owner alone may ask for ends the engine, closes the door or leaves this machine.
        for role in TEAM {
            let session = sessions.get_mut(&role).unwrap();
            let outcome = session.request(request.clone()).await;
            let is_forbidden = outcome.is_err_and(|error| error.code == ErrorCode::Forbidden);
            assert_eq!(is_forbidden, role < least, "{name} by {role:?}");
            (kept, allowed) = (
                kept + u32::from(role < least),
                allowed + u32::from(role >= least),
            );
        }
    }
    println!("forbidden as it should be {kept}, let through as it should be {allowed}");
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_every_path_asks_for_its_role() {
    let mut doors = Doors::open().await;
    let mut tokens = Vec::new();
    for role in TEAM {
        tokens.push((role, doors.member(role).await));
    }
    let paths = [
        ("GET", "/api/photo/none.png", Role::Viewer),
        ("POST", "/api/photo", Role::Producer),
        ("GET", "/api/cover/clips/none.jpg", Role::Producer),
        (
            "GET",
            "/api/look?theme=orchard&lang=en&canvas=landscape",
            Role::Producer,
        ),
        ("POST", "/api/import", Role::Lead),
        ("GET", "/api/import?id=a", Role::Lead),
        ("DELETE", "/api/import?id=a", Role::Lead),
        ("POST", "/api/chat", Role::Owner),
        ("POST", "/api/replacement", Role::Owner),
        ("GET", "/api/none", Role::Owner),
    ];
    let ask = |port, method, path, bearer: Option<&str>| {
        let bearer = bearer.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|it| ("Authorization", &**it)).collect();
        let answer = stallcast_tests::world::http(port, method, path, &headers, b"");
        answer.unwrap().status
    };
    for (method, path, least) in paths {
        for (role, token) in &tokens {
            let status = ask(doors.port, method, path, Some(token));
            assert_eq!(
                status == 403,
                *role < least,
                "{method} {path} by {role:?}: {status}"
            );
            assert_eq!(
                ask(doors.engine.port(), method, path, Some(token)),
                401,
                "{path}"
            );
        }
        for (port, token) in [
            (doors.port, None),
            (doors.port, Some(doors.engine.token())),
            (doors.port, Some("")),
            (doors.engine.port(), None),
            (doors.engine.port(), Some("x")),
        ] {
            assert_eq!(
                ask(port, method, path, token),
                401,
                "{method} {path} {token:?}"
            );
        }
    }
    doors.is_well().await;
}
