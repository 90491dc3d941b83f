//! Names of files that lead elsewhere, at every route that reads or writes one.

use stallcast_tests::world::http;
use stallcast_wire::{ErrorCode, Request};

use super::door::Doors;

const TRICKS: &[&str] = &[
    "../SECRET",
    "../../SECRET",
    "..%2fSECRET",
    "%2e%2e/SECRET",
    "%2e%2e%2fSECRET",
    "..%252fSECRET",
    "..%5cSECRET",
    "..\\SECRET",
    "....//SECRET",
    "a/../../SECRET",
    "/SECRET",
    "%2fSECRET",
    "//SECRET",
    "./SECRET",
    "SECRET%00.png",
    "SECRET%00.jpg",
    "SECRET%0a.png",
    "C:%5cSECRET",
    "C:SECRET",
    "file:///SECRET",
    "%c0%ae%c0%ae/SECRET",
    "%ff%fe",
    "con",
    "NUL.png",
    "aux.jpg",
    "com1.png",
    "lpt1.jpg",
    "SECRET.",
    "SECRET%20",
    "SECRET::$DATA",
    ".SECRET.png",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_of_a_file_leads_out_of_its_folder() {
    let mut doors = Doors::open().await;
    let secret = "nobody may read this";
    let data = doors.engine.data().to_owned();
    for place in [
        "hidden.png",
        "hidden.jpg",
        "photos/.hidden.png",
        "recordings/hidden.jpg",
    ] {
        let file = data.join(place);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, secret).unwrap();
    }
    let lead = doors.member(stallcast_show::Role::Lead).await;
    let ways = [
        (
            doors.engine.port(),
            format!("Bearer {}", doors.engine.token()),
        ),
        (doors.port, format!("Bearer {lead}")),
    ];
    let absolute = data.join("hidden.png");
    let absolute = absolute.to_str().unwrap();
    let mut tried = 0;
    for (port, bearer) in &ways {
        for route in [
            "/",
            "/assets/",
            "/api/photo/",
            "/api/cover/",
            "/api/cover/clips/",
        ] {
            let names = TRICKS.iter().flat_map(|trick| {
                ["hidden.png", "hidden.jpg", "engine.json", "journal"]
                    .map(|file| trick.replace("SECRET", file))
            });
            for name in names.chain([absolute.to_owned(), absolute.replace('/', "%2f")]) {
                let path = format!("{route}{name}");
                let headers = [("Authorization", bearer.as_str())];
                let answer = http(*port, "GET", &path, &headers, b"").unwrap();
                let body = answer.text();
                assert!(!body.contains(secret), "{path}");
                assert!(!body.contains(doors.engine.token()), "{path}");
                // Without a dot it is a view of the page.
                let is_page = answer.status == 200 && body.contains("<!doctype html>");
                assert!(
                    is_page || matches!(answer.status, 400 | 404),
                    "{path}: {answer:?}"
                );
                tried += 1;
            }
        }
    }
    println!("{tried} paths");

    // What is brought gets a name of ours, whatever it is called.
    let png = b"\x89PNG\r\n\x1A\n and no more";
    let named = [("x-file-name", "../../hidden.png")];
    let put = doors.engine.http("POST", "/api/photo", &named, png);
    assert_eq!(put.status, 200, "{}", put.text());
    let list = doors
        .engine
        .import("../../../hidden.csv", b"title,price\nPear,5\n");
    assert!(matches!(list.status, 200 | 422), "{}", list.text());
    assert!(!data.join("../hidden.csv").exists() && !data.join("hidden.csv").exists());
    assert_eq!(std::fs::read_to_string(absolute).unwrap(), secret);

    for (file, code) in [
        ("../engine.json", ErrorCode::NotFound),
        ("/etc/passwd", ErrorCode::NotFound),
        ("a/../../x", ErrorCode::NotFound),
        ("..\\x", ErrorCode::NotFound),
        ("x\0", ErrorCode::Malformed),
    ] {
        let request = Request::ShowInFolder { file: file.into() };
        let refused = doors.owner.request(request).await.unwrap_err();
        assert_eq!(refused.code, code, "{file:?}");
    }
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_brought_is_bounded() {
    let mut doors = Doors::open().await;
    let bearer = format!("Bearer {}", doors.engine.token());
    let before = doors.resident();
    // Announced and never sent whole: refused by what comes, not by what is said.
    for (path, bytes) in [
        ("/api/photo", (16 << 20) + 1),
        ("/api/chat", 2 << 20),
        ("/api/import", (64 << 20) + 1),
    ] {
        let headers = [("Authorization", bearer.as_str())];
        let answer = http(
            doors.engine.port(),
            "POST",
            path,
            &headers,
            &vec![b'x'; bytes],
        );
        // It may hang up before all of it came.
        if let Ok(answer) = answer {
            assert_eq!(answer.status, 413, "{path}");
        }
    }
    let grown = doors.resident().saturating_sub(before) >> 20;
    assert!(grown < 200, "{grown} MiB stayed");
    doors.is_well().await;
}
