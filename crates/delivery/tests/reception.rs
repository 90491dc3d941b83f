//! The reception with FFmpeg as the publisher, and with strangers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "support/flv.rs"]
mod flv;

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stallcast_delivery::reception::{Publication, Reception};

/// Longer than anything here takes on a loaded machine.
const SOON: Duration = Duration::from_secs(60);

fn ffmpeg(arguments: &str) -> Child {
    Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments.split_whitespace())
        .stdin(Stdio::null())
        .spawn()
        .expect("ffmpeg is needed")
}

fn open() -> Reception {
    Reception::open(IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap()
}

fn caller(reception: &Reception) -> TcpStream {
    let url = reception.url();
    let address = url.trim_start_matches("rtmp://").trim_end_matches("/live");
    TcpStream::connect(address).unwrap()
}

fn next(reception: &Reception) -> Publication {
    let began = Instant::now();
    loop {
        if let Some(publication) = reception.next().unwrap() {
            return publication;
        }
        assert!(began.elapsed() < SOON, "nobody came");
    }
}

/// To its end, or what ended it.
fn read(publication: &mut Publication) -> Result<Vec<u8>, ErrorKind> {
    let (began, mut all, mut some) = (Instant::now(), Vec::new(), vec![0; 5_000]);
    loop {
        assert!(began.elapsed() < SOON, "no end after {} bytes", all.len());
        match publication.read(&mut some) {
            Ok(0) => return Ok(all),
            Ok(count) => all.extend_from_slice(&some[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                kind => return Err(kind),
            },
        }
    }
}

/// Frames of pictures and sound with their times after the first.
fn frames(path: &Path) -> Vec<(u8, u32, Vec<u8>)> {
    let mut tags = flv::read(path);
    tags.retain(|tag| tag.is_video_frame() || tag.is_audio_frame());
    let first = tags.first().map_or(0, |tag| tag.timestamp);
    tags.into_iter()
        .map(|tag| (tag.kind, tag.timestamp - first, tag.body))
        .collect()
}

#[test]
fn a_stream_comes_out_as_the_file_that_was_published() {
    let dir = tempfile::tempdir().unwrap();
    let [clip, came] = ["clip.flv", "came.flv"].map(|name| dir.path().join(name));
    let made = ffmpeg(&format!(
        "-f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine=r=48000 -t 3 -c:v libx264 -preset ultrafast \
         -bf 2 -pix_fmt yuv420p -c:a aac {}",
        clip.display()
    ));
    assert!(made.wait_with_output().unwrap().status.success());
    let reception = open();
    // One after the other, with one who only looks in between.
    for round in 0..2 {
        let publish = format!(
            "-copyts -i {} -c copy -f flv {}/any",
            clip.display(),
            reception.url()
        );
        let mut publisher = ffmpeg(&publish);
        let bytes = read(&mut next(&reception)).unwrap();
        publisher.wait().unwrap();
        std::fs::write(&came, bytes).unwrap();
        let (sent, came) = (frames(&clip), frames(&came));
        assert!(sent.len() > 200, "{}", sent.len());
        assert!(
            sent == came,
            "round {round}: {} of {}",
            came.len(),
            sent.len()
        );
        drop(caller(&reception));
        assert_eq!(read(&mut next(&reception)), Ok(Vec::new()));
    }
}

#[test]
fn rubbish_is_an_error_and_silence_a_wait_that_ends() {
    let reception = open();
    assert!(reception.next().unwrap().is_none(), "nobody is there");
    let mut silent = caller(&reception);
    let mut publication = next(&reception);
    let began = Instant::now();
    let kind = publication.read(&mut [0; 10]).unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind}"
    );
    assert!(began.elapsed() < SOON);
    silent.write_all(&[b'x'; 4_000]).unwrap();
    assert_eq!(read(&mut publication), Err(ErrorKind::InvalidData));
}
