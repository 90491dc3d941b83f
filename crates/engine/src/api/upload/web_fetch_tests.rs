//! Photos from web servers that behave and that do not.

use std::time::Duration;

use stallcast_journal::catalogue::PhotoLink;
use stallcast_show::ProductId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::web_photos::WebPhotos;
use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\nrest of it";

/// This machine as the only web there is, except for one of its addresses.
const HERE: Web = Web {
    permit: |ip| ip == IpAddr::V4(Ipv4Addr::LOCALHOST),
};

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A server that gives the answer of the requested path, and counts.
async fn server(answer: fn(&str, u16) -> Vec<u8>) -> (u16, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => request.push(byte),
                        Err(_) => return,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let answer = answer(path, port);
                if path == "/never" {
                    std::future::pending::<()>().await;
                }
                let _ = socket.write_all(&answer).await;
            });
        }
    });
    (port, count)
}

async fn get(web: Web, url: &str) -> Result<Vec<u8>, PhotoFault> {
    web.get(Url::parse(url).unwrap(), 100).await
}

#[test]
fn only_the_public_internet_is_public() {
    let all = |list: &[&str]| {
        list.iter()
            .map(|ip| is_public(ip.parse().unwrap()))
            .collect::<Vec<_>>()
    };
    let inside = [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.0.1",
        "0.0.0.0",
        "192.0.0.8",
        "198.18.0.1",
        "198.19.255.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2001::1",
        "3fff::1",
    ];
    assert_eq!(all(&inside), vec![false; inside.len()]);
    let outside = [
        "8.8.8.8",
        "100.128.0.1",
        "172.32.0.1",
        "198.20.0.1",
        "2606:4700::1111",
        "2400:3200::1",
        "::ffff:8.8.8.8",
    ];
    assert_eq!(all(&outside), vec![true; outside.len()]);
}

#[tokio::test]
async fn an_address_of_this_computer_or_its_network_is_never_asked() {
    let (port, asked) = server(|_, _| ok(PNG)).await;
    for url in [
        format!("http://127.0.0.1:{port}/a.png"),
        format!("http://localhost:{port}/a.png"),
        format!("http://2130706433:{port}/a.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/a.png"),
        "https://169.254.169.254/latest".to_owned(),
    ] {
        let answer = get(Web::public(), &url).await;
        assert_eq!(answer, Err(PhotoFault::AddressPrivate), "{url}");
    }
    for url in [
        "ftp://example.com/a",
        "file:///etc/passwd",
        "http://me:pw@example.com/",
    ] {
        let answer = get(Web::public(), url).await;
        assert_eq!(answer, Err(PhotoFault::AddressBad), "{url}");
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn redirects_are_followed_and_each_is_checked_again() {
    let (port, _) = server(|path, port| {
        let to = match path {
            "/near" => "/photo.png".to_owned(),
            "/inside" => format!("http://127.0.0.2:{port}/photo.png"),
            "/file" => "file:///etc/passwd".to_owned(),
            "/round" => "/round".to_owned(),
            _ => return ok(PNG),
        };
        format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    })
    .await;
    let get = |path: &'static str| async move {
        get(HERE, &format!("http://127.0.0.1:{port}{path}")).await
    };
    assert_eq!(get("/near").await, Ok(PNG.to_vec()));
    assert_eq!(get("/inside").await, Err(PhotoFault::AddressPrivate));
    assert_eq!(get("/file").await, Err(PhotoFault::AddressBad));
    assert_eq!(get("/round").await, Err(PhotoFault::Refused));
}

#[tokio::test]
async fn what_is_too_large_or_no_picture_is_not_taken() {
    let (port, _) = server(|path, _| match path {
        "/announced" => b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n".to_vec(),
        "/endless" => [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[0; 5000]].concat(),
        "/gone" => b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".to_vec(),
        "/page" => {
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx".to_vec()
        }
        "/short" => b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx".to_vec(),
        "/noise" => b"\0\0\0\0\r\n\r\n".to_vec(),
        _ => ok(PNG),
    })
    .await;
    for (path, fault) in [
        ("/announced", PhotoFault::TooLarge),
        ("/endless", PhotoFault::TooLarge),
        ("/gone", PhotoFault::Refused),
        ("/page", PhotoFault::NotPicture),
        ("/short", PhotoFault::Unreachable),
        ("/noise", PhotoFault::Unreachable),
    ] {
        let answer = get(HERE, &format!("http://127.0.0.1:{port}{path}")).await;
        assert_eq!(answer, Err(fault), "{path}");
    }
}

#[tokio::test]
async fn photos_are_kept_once_and_every_row_is_answered() {
    let (port, asked) = server(|path, _| match path {
        "/a.png?size=1" => ok(PNG),
        "/b" => ok(b"\xFF\xD8\xFFjpeg"),
        _ => ok(b"GIF89a"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let photos = WebPhotos::new(folder.path().to_owned(), HERE);
    let link = |line: u32, path: &str| PhotoLink {
        product: ProductId(format!("p{line}")),
        url: format!("http://127.0.0.1:{port}{path}"),
        line,
        column: "Image Src (C)".to_owned(),
    };
    let links = vec![
        link(2, "/a.png?size=1"),
        link(3, "/a.png?size=1"),
        link(4, "/b"),
        link(5, "/c.gif"),
        link(6, "/never"),
    ];
    // Far enough for a busy machine; the one that never answers takes all of it.
    let until = Instant::now() + Duration::from_secs(20);
    let mut answers = photos.fetch(links.clone(), until).await;
    answers.sort_by_key(|(link, _)| link.line);
    let [a, a_again, b, c, d] = &answers[..] else {
        panic!("{answers:?}")
    };
    let name = a.1.clone().unwrap();
    assert!(name.ends_with(".png"));
    assert_eq!(std::fs::read(folder.path().join(&name)).unwrap(), PNG);
    assert_eq!(a_again.1.as_ref(), Ok(&name));
    assert!(b.1.clone().unwrap().ends_with(".jpg"));
    assert_eq!(c.1, Err(PhotoFault::NotPicture));
    assert_eq!(d.1, Err(PhotoFault::OutOfTime));
    assert_eq!(photos.kept(&links[0].url).await, Some(name));
    let before = asked.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(before, 4, "one request for each address");
    photos
        .fetch(
            links[..3].to_vec(),
            Instant::now() + Duration::from_secs(60),
        )
        .await;
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), before);
}
