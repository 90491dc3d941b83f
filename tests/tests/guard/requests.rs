//! Requests of HTTP that two readers could read differently, and names under which other pages would reach us.

use std::time::Duration;

use super::door::{Doors, says};

/// Longer than any answer takes on a busy machine.
const SILENCE: Duration = Duration::from_secs(5);

fn count(heard: &str) -> usize {
    heard.matches("HTTP/1.1 ").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_can_be_read_in_two_ways_is_refused_and_hides_no_other() {
    let mut doors = Doors::open().await;
    for port in [doors.engine.port(), doors.port] {
        let host = format!("Host: 127.0.0.1:{port}\r\n");
        let hidden = format!("GET /api/health HTTP/1.1\r\n{host}\r\n");
        let length = hidden.len();
        let bad = [
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Content-Length: +{length}\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Content-Length: 1,{length}\r\n\r\n{hidden}"
            ),
            format!("POST /api/team/join HTTP/1.1\r\n{host}Content-Length: 0x5\r\n\r\n{hidden}"),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Content-Length: 99999999999999999999999\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.1\r\n{host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!(
                "POST /api/team/join HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!("GET /api/health HTTP/1.1\r\n{host}X: a\r\n b\r\nX\0: y\r\n\r\n{hidden}"),
            format!("GET /api/health HTTP/1.1\r\nHost : 127.0.0.1:{port}\r\n\r\n{hidden}"),
            format!("GET /api/health HTTP/9.9\r\n{host}\r\n{hidden}"),
            format!("GET /api/health\r\n{host}\r\n{hidden}"),
            format!(
                "GET /api/health HTTP/1.1\r\n{host}{}\r\n{hidden}",
                "X: y\r\n".repeat(200)
            ),
            format!("GET /{} HTTP/1.1\r\n{host}\r\n{hidden}", "a".repeat(70_000)),
            format!(
                "GET /api/health HTTP/1.1\r\n{host}X: {}\r\n\r\n{hidden}",
                "a".repeat(1 << 20)
            ),
            "\0\x01\x02\x16\x03\x01 nothing\r\n\r\n".to_owned(),
        ];
        for request in bad {
            let heard = says(port, request.as_bytes(), SILENCE);
            let shown: String = request.chars().take(120).collect();
            assert!(count(&heard) <= 1, "{shown:?} hid another: {heard}");
            assert!(!heard.contains("HTTP/1.1 200"), "{shown:?}: {heard}");
        }
        // A chunk that lies about its length ends the connection.
        let lies = format!(
            "POST /api/team/join HTTP/1.1\r\n{host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n{hidden}"
        );
        let heard = says(port, lies.as_bytes(), SILENCE);
        assert!(
            count(&heard) <= 1 && !heard.contains("stallcast"),
            "{heard}"
        );
        // The refused body of one request is not taken for the next one.
        let body =
            format!("POST /api/photo HTTP/1.1\r\n{host}Content-Length: {length}\r\n\r\n{hidden}");
        let heard = says(port, body.as_bytes(), SILENCE);
        assert_eq!(count(&heard), 1, "{heard}");
        assert!(heard.contains(" 401 "), "{heard}");
    }
    doors.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_our_own_names_and_pages_come_in() {
    let mut doors = Doors::open().await;
    let token = doors.engine.token().to_owned();
    for port in [doors.engine.port(), doors.port] {
        let own = format!("127.0.0.1:{port}");
        for path in [
            "/",
            "/api/health",
            "/api/ws",
            "/api/preview",
            "/api/photo/a.png",
            "/api/none",
        ] {
            let foreign = [
                vec![("Host", "evil.example".to_owned())],
                vec![("Host", format!("evil.example:{port}"))],
                vec![("Host", format!("127.0.0.1.evil.example:{port}"))],
                vec![("Host", format!("127.0.0.1:{port}@evil.example"))],
                vec![("Host", format!("127.0.0.1:{}", port ^ 1))],
                vec![("Host", String::new())],
                vec![("Host", own.clone()), ("Host", "evil.example".to_owned())],
                vec![("Host", "evil.example".to_owned()), ("Host", own.clone())],
                vec![],
                vec![
                    ("Host", own.clone()),
                    ("Origin", "http://evil.example".to_owned()),
                ],
                vec![("Host", own.clone()), ("Origin", format!("https://{own}"))],
                vec![
                    ("Host", own.clone()),
                    ("Origin", format!("http://{own}.evil.example")),
                ],
                vec![("Host", own.clone()), ("Origin", "null".to_owned())],
                vec![
                    ("Host", own.clone()),
                    ("Origin", format!("http://{own}")),
                    ("Origin", "http://evil.example".to_owned()),
                ],
            ];
            for headers in foreign {
                let lines: String = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect();
                let request = format!(
                    "GET {path} HTTP/1.1\r\n{lines}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
                );
                let heard = says(port, request.as_bytes(), SILENCE);
                assert!(
                    heard.starts_with("HTTP/1.1 403") || heard.starts_with("HTTP/1.1 400"),
                    "{path} {headers:?}: {heard}"
                );
            }
        }
        let page = says(
            port,
            format!(
                "GET / HTTP/1.1\r\nHost: {own}\r\nOrigin: http://{own}\r\nConnection: close\r\n\r\n"
            )
            .as_bytes(),
            SILENCE,
        );
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let head = page.to_ascii_lowercase();
        for said in [
            "content-security-policy: default-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(said), "{said} is missing: {page}");
        }
        let policy = head
            .split("content-security-policy: ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("script-src"),
            "{policy}"
        );
    }
    // No other page reads an answer: only the desktop's own get the header that allows it.
    for origin in ["tauri://localhost", "http://evil.example"] {
        let port = doors.engine.port();
        let asks = format!(
            "OPTIONS /api/photo/a.png HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
        );
        let heard = says(port, asks.as_bytes(), SILENCE).to_ascii_lowercase();
        assert_eq!(
            heard.contains("access-control-allow-origin"),
            origin.starts_with("tauri"),
            "{heard}"
        );
    }
    doors.is_well().await;
}
