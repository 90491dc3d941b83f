//! A WHIP server (RFC 9725): HTTP over plain sockets, and for every session a webrtcbin that decodes and counts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;

use super::network::Site;
use super::process::{PATIENCE, eventually, free_port};

/// The server. Ends with this value, and its sessions with it, without a word to anybody.
#[derive(Debug)]
pub struct WhipServer {
    port: u16,
    inner: Arc<Inner>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Inner {
    token: String,
    /// Where the media goes.
    site: Option<Site>,
    over: AtomicBool,
    sessions: Mutex<BTreeMap<u64, Receiver>>,
    begun: AtomicU64,
    deleted: AtomicU64,
    pictures: Arc<AtomicU64>,
    sounds: Arc<AtomicU64>,
}

/// What a request says.
struct Asked {
    method: String,
    path: String,
    token: String,
    body: String,
}

impl WhipServer {
    /// On a free port of loopback, for whoever has the token.
    pub fn start(token: &str) -> Self {
        Self::start_at(free_port(), token)
    }

    /// At the port of one that has ended.
    pub fn start_at(port: u16, token: &str) -> Self {
        Self::listen(port, token, None)
    }

    /// One whose media is behind a link of its own; it is asked for it on loopback as ever.
    pub fn start_behind(site: Site, token: &str) -> Self {
        Self::listen(free_port(), token, Some(site))
    }

    fn listen(port: u16, token: &str, site: Option<Site>) -> Self {
        gst::init().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let inner = Arc::new(Inner {
            token: token.to_owned(),
            site,
            over: AtomicBool::new(false),
            sessions: Mutex::default(),
            begun: AtomicU64::new(0),
            deleted: AtomicU64::new(0),
            pictures: Arc::default(),
            sounds: Arc::default(),
        });
        let own = Arc::clone(&inner);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if own.over.load(Ordering::Relaxed) {
                    return;
                }
                let inner = Arc::clone(&own);
                std::thread::spawn(move || inner.serve(stream));
            }
        });
        Self {
            port,
            inner,
            listening: Some(listening),
        }
    }

    /// Where to publish.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/orchard/whip", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The link that its media is behind.
    pub fn site(&self) -> Option<&Site> {
        self.inner.site.as_ref()
    }

    /// Pictures decoded so far, of all sessions.
    pub fn pictures(&self) -> u64 {
        self.inner.pictures.load(Ordering::Relaxed)
    }

    /// Pieces of sound decoded so far, of all sessions.
    pub fn sounds(&self) -> u64 {
        self.inner.sounds.load(Ordering::Relaxed)
    }

    /// Sessions begun, and sessions that their publisher ended.
    pub fn begun_and_deleted(&self) -> (u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (count(&self.inner.begun), count(&self.inner.deleted))
    }
}

impl Drop for WhipServer {
    fn drop(&mut self) {
        self.inner.over.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        self.inner.sessions.lock().unwrap().clear();
    }
}

impl Inner {
    /// In a thread of its own.
    fn serve(&self, mut stream: TcpStream) {
        if let Some(site) = &self.site {
            site.enter();
        }
        if let Some(asked) = read(&stream) {
            let answer = self.answer(&asked);
            let _ = stream.write_all(answer.as_bytes());
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn answer(&self, asked: &Asked) -> String {
        if asked.token != self.token {
            return reply("401 Unauthorized", "www-authenticate: Bearer\r\n", "");
        }
        let session = asked
            .path
            .strip_prefix("/session/")
            .and_then(|id| id.parse::<u64>().ok());
        match (asked.method.as_str(), session) {
            ("OPTIONS", _) => reply("204 No Content", "accept-post: application/sdp\r\n", ""),
            ("POST", None) if asked.path == "/orchard/whip" => self.begin(&asked.body),
            ("DELETE", Some(id)) => match self.sessions.lock().unwrap().remove(&id) {
                Some(_) => {
                    self.deleted.fetch_add(1, Ordering::Relaxed);
                    reply("200 OK", "", "")
                }
                None => reply("404 Not Found", "", ""),
            },
            _ => reply("404 Not Found", "", ""),
        }
    }

    fn begin(&self, offer: &str) -> String {
        let receiver = Receiver::new(&self.pictures, &self.sounds);
        let Some(answer) = receiver.answer(offer) else {
            return reply("406 Not Acceptable", "", "");
        };
        let id = self.begun.fetch_add(1, Ordering::Relaxed);
        self.sessions.lock().unwrap().insert(id, receiver);
        let headers = format!(
            "content-type: application/sdp\r\nlocation: /session/{id}\r\netag: \"{id}\"\r\n"
        );
        reply("201 Created", &headers, &answer)
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut token, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => value.strip_prefix("Bearer ")?.clone_into(&mut token),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        token,
        body: String::from_utf8(body).ok()?,
    })
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One session's receiver.
#[derive(Debug)]
struct Receiver {
    pipeline: gst::Pipeline,
    peer: gst::Element,
}

impl Receiver {
    fn new(pictures: &Arc<AtomicU64>, sounds: &Arc<AtomicU64>) -> Self {
        let pipeline = gst::Pipeline::new();
        let peer = gst::ElementFactory::make("webrtcbin")
            .property_from_str("bundle-policy", "max-bundle")
            .build()
            .expect("gstreamer1.0-plugins-bad is needed");
        pipeline.add(&peer).unwrap();
        let (pictures, sounds) = (Arc::clone(pictures), Arc::clone(sounds));
        let weak = pipeline.downgrade();
        peer.connect_pad_added(move |_, pad| {
            let is_source = pad.direction() == gst::PadDirection::Src;
            let Some(pipeline) = weak.upgrade().filter(|_| is_source) else {
                return;
            };
            let caps = pad.current_caps().unwrap();
            let is_video = caps.structure(0).unwrap().get::<&str>("media").unwrap() == "video";
            let (chain, counter) = match is_video {
                true => ("rtph264depay ! h264parse ! avdec_h264", &pictures),
                false => ("rtpopusdepay ! opusdec", &sounds),
            };
            let end = "fakesink name=end sync=false async=false";
            let bin = gst::parse::bin_from_description(&format!("{chain} ! {end}"), true).unwrap();
            let counter = Arc::clone(counter);
            let last = bin.by_name("end").unwrap().static_pad("sink").unwrap();
            last.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                counter.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
            pipeline.add(&bin).unwrap();
            bin.sync_state_with_parent().unwrap();
            pad.link(&bin.static_pad("sink").unwrap()).unwrap();
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, peer }
    }

    /// The answer with all addresses, as a server gives it that is asked once.
    fn answer(&self, offer: &str) -> Option<String> {
        let sdp = gst_sdp::SDPMessage::parse_buffer(offer.as_bytes()).ok()?;
        self.describe(
            "set-remote-description",
            gst_webrtc::WebRTCSDPType::Offer,
            sdp,
        );
        let promise = gst::Promise::new();
        self.peer
            .emit_by_name::<()>("create-answer", &[&None::<gst::Structure>, &promise]);
        promise.wait();
        let answer = promise
            .get_reply()?
            .get::<gst_webrtc::WebRTCSessionDescription>("answer")
            .ok()?;
        let sdp = answer.sdp().to_owned();
        self.describe(
            "set-local-description",
            gst_webrtc::WebRTCSDPType::Answer,
            sdp,
        );
        let gathered = || {
            let state = self
                .peer
                .property::<gst_webrtc::WebRTCICEGatheringState>("ice-gathering-state");
            state == gst_webrtc::WebRTCICEGatheringState::Complete
        };
        eventually(PATIENCE, "the server's addresses are gathered", || {
            gathered().then_some(())
        });
        let local = self
            .peer
            .property::<gst_webrtc::WebRTCSessionDescription>("local-description");
        local.sdp().as_text().ok()
    }

    fn describe(&self, signal: &str, kind: gst_webrtc::WebRTCSDPType, sdp: gst_sdp::SDPMessage) {
        let description = gst_webrtc::WebRTCSessionDescription::new(kind, sdp);
        let promise = gst::Promise::new();
        self.peer
            .emit_by_name::<()>(signal, &[&description, &promise]);
        promise.wait();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
