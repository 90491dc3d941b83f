//! The reception with FFmpeg as the publisher, quick and slow, and with strangers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "support/flv.rs"]
mod flv;

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
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

/// A cable between a publisher and the reception that says when the reception takes no more. What is acknowledged of the
/// media does not get back: FFmpeg closes its end on what it has not read, and that would take what is still on the way.
struct Cable {
    url: String,
    taken: Arc<AtomicU64>,
    stuck: Receiver<()>,
}

impl Cable {
    /// So many bytes of a publisher are more than its greeting and its questions.
    const MEDIA: u64 = 200_000;
    /// How long nothing goes through one that is stuck.
    const STUCK: Duration = Duration::from_secs(1);

    /// Plugged in at the reception; the other end waits for whoever comes.
    fn to(reception: &Reception) -> Self {
        let far = caller(reception);
        let here = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("rtmp://{}/live", here.local_addr().unwrap());
        let taken = Arc::new(AtomicU64::new(0));
        let (tell, stuck) = sync_channel(1);
        let count = Arc::clone(&taken);
        std::thread::spawn(move || {
            let near = here.accept().unwrap().0;
            let (mut answers, mut back) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            let gone = Arc::clone(&count);
            std::thread::spawn(move || {
                let mut some = [0; 4096];
                while let Ok(said @ 1..) = answers.read(&mut some) {
                    if gone.load(Ordering::SeqCst) < Self::MEDIA {
                        let _ = back.write_all(&some[..said]);
                    }
                }
            });
            carry(near, far, &count, &tell);
        });
        Self { url, taken, stuck }
    }
}

fn carry(mut near: TcpStream, mut far: TcpStream, count: &AtomicU64, stuck: &SyncSender<()>) {
    far.set_write_timeout(Some(Cable::STUCK)).unwrap();
    let mut some = vec![0; 64 << 10];
    while let Ok(came @ 1..) = near.read(&mut some) {
        let mut rest = &some[..came];
        while !rest.is_empty() {
            match far.write(rest) {
                Ok(went) => {
                    count.fetch_add(went as u64, Ordering::SeqCst);
                    rest = &rest[went..];
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Once is enough, and the test may be over.
                    let _ = stuck.try_send(());
                }
                Err(_) => return,
            }
        }
    }
    let _ = far.shutdown(Shutdown::Write);
}

/// A file of so many seconds of noise that no encoder makes small.
fn noise(path: &Path, seconds: u32) {
    let made = ffmpeg(&format!(
        "-f lavfi -i nullsrc=size=640x360:rate=30,noise=alls=100:allf=t -t {seconds} -c:v libx264 -preset ultrafast \
         -qp 8 -g 30 -pix_fmt yuv420p {}",
        path.display()
    ));
    assert!(made.wait_with_output().unwrap().status.success());
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

#[test]
fn who_reads_slowly_slows_the_publisher_down_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let [clip, came] = ["clip.flv", "came.flv"].map(|name| dir.path().join(name));
    noise(&clip, 6);
    let size = std::fs::metadata(&clip).unwrap().len();
    let reception = open();
    let cable = Cable::to(&reception);
    let publish = format!(
        "-copyts -i {} -c copy -f flv {}/slow",
        clip.display(),
        cable.url
    );
    let mut publisher = ffmpeg(&publish);
    let mut publication = next(&reception);
    // A few bytes at a time, until the publisher can give no more.
    let (began, mut bytes, mut some) = (Instant::now(), Vec::new(), [0; 10]);
    while cable.stuck.try_recv().is_err() {
        assert!(began.elapsed() < SOON, "it takes what nobody reads");
        if bytes.len() < 20_000 {
            match publication.read(&mut some) {
                Ok(count) => bytes.extend_from_slice(&some[..count]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        } else {
            let stuck = cable.stuck.recv_timeout(SOON);
            stuck.expect("it takes what nobody reads");
            break;
        }
    }
    let taken = cable.taken.load(Ordering::SeqCst);
    assert!(taken < size, "{taken} of {size} bytes");
    bytes.extend(read(&mut publication).unwrap());
    publisher.wait().unwrap();
    std::fs::write(&came, bytes).unwrap();
    let (sent, came) = (frames(&clip), frames(&came));
    assert!(sent == came, "{} of {} frames", came.len(), sent.len());
}

#[test]
fn who_comes_while_another_publishes_waits_and_is_received_whole() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two, came] = ["one.flv", "two.flv", "came.flv"].map(|name| dir.path().join(name));
    noise(&one, 2);
    noise(&two, 1);
    let reception = open();
    let publish = |clip: &Path, url: &str| {
        let clip = clip.display();
        ffmpeg(&format!("-copyts -i {clip} -c copy -f flv {url}/any"))
    };
    let cable = Cable::to(&reception);
    let mut first = publish(&one, &cable.url);
    let mut publication = next(&reception);
    let mut some = [0; 4];
    publication_reads(&mut publication, &mut some);
    // Connected from here on, and not taken.
    let later = Cable::to(&reception);
    let mut second = publish(&two, &later.url);
    let mut bytes = some.to_vec();
    bytes.extend(read(&mut publication).unwrap());
    first.wait().unwrap();
    drop(publication);
    std::fs::write(&came, bytes).unwrap();
    let (sent, has) = (frames(&one), frames(&came));
    assert!(sent == has, "the first: {} of {}", has.len(), sent.len());
    assert!(
        second.try_wait().unwrap().is_none(),
        "it waits for an answer"
    );
    let bytes = read(&mut next(&reception)).unwrap();
    second.wait().unwrap();
    std::fs::write(&came, bytes).unwrap();
    let (sent, has) = (frames(&two), frames(&came));
    assert!(sent == has, "the second: {} of {}", has.len(), sent.len());
}

/// Waits for the first bytes of the stream.
fn publication_reads(publication: &mut Publication, into: &mut [u8]) {
    let (began, mut have) = (Instant::now(), 0);
    while have < into.len() {
        assert!(began.elapsed() < SOON, "nothing comes");
        match publication.read(&mut into[have..]) {
            Ok(count) => have += count,
            Err(error) => assert!(matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut
            )),
        }
    }
}

#[test]
fn who_talks_and_says_nothing_of_media_does_not_hold_the_reader() {
    const READS: usize = 20;
    /// An acknowledgement (RTMP 1.0, 5.4.3) in a chunk of its own.
    const ACKNOWLEDGES: [u8; 16] = [2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 1];
    let reception = open();
    let mut talker = caller(&reception);
    let mut publication = next(&reception);
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || {
        loop {
            let ended = publication.read(&mut [0; 10]).map_err(|error| error.kind());
            if tell.send(ended).is_err() {
                return;
            }
        }
    });
    // The greeting (5.2), and then never a pause.
    talker.write_all(&[&[3][..], &[0; 1536]].concat()).unwrap();
    let mut greeting = vec![0; 1 + 2 * 1536];
    talker.read_exact(&mut greeting).unwrap();
    talker.write_all(&greeting[1..=1536]).unwrap();
    let talks = std::thread::spawn(move || while talker.write_all(&ACKNOWLEDGES).is_ok() {});
    for _ in 0..READS {
        let ended = told.recv_timeout(SOON).expect("the reader is held");
        assert!(
            matches!(ended, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
            "{ended:?}"
        );
    }
    drop(told);
    talks.join().unwrap();
}
