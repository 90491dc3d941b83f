//! Owns the measurement of a flood of chat: a whole show is live and recorded while a real chat server passes on 500 lines
//! a second for ten minutes, then 5 000 a second for one. What counts is the time from the chat server's socket to the
//! chat panel of the page in a real browser, or to the list of questions for what nobody asked before: 95th percentile of
//! the worst.
//!
//! Pictures of the show that were made late meanwhile are told beside the times in which the machine itself ran nothing.
//!
//! `bench_chat_load SECONDS` makes the first part that long, to look at something quickly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use stallcast_show::Canvas;
use stallcast_tests::bench::{
    Better, Lateness, LiveShow, Memory, natural_clip, percentile, report, rounded,
};
use stallcast_tests::stage::{file, studio};
use stallcast_tests::world::{Browser, Ircd, PATIENCE, Session, Speaker};
use stallcast_wire::{ChatConnector, Request, RunState};

const CHANNEL: &str = "#orchard";
const SPEAKERS: usize = 50;
const BUSY: u64 = 500;
const FLOOD: u64 = 5_000;
const BUSY_LENGTH: Duration = Duration::from_secs(600);
const FLOOD_LENGTH: Duration = Duration::from_secs(60);
/// Fills the lists and the page's ring; nothing is measured.
const WARM_UP: Duration = Duration::from_secs(20);
/// Lines are sent in steps of this.
const STEP: Duration = Duration::from_millis(10);
/// How often memory is looked at, and something is asked that nobody asked before.
const LOOK: Duration = Duration::from_secs(5);
/// Of the show.
const FPS: f64 = 30.0;

/// What people ask, as they write it; more of them than the page shows at once would hide some.
const QUESTIONS: &[&str] = &[
    "多少钱",
    "甜不甜",
    "包邮吗",
    "能寄新疆吗",
    "什么时候发货",
    "几斤装",
    "坏果怎么赔",
    "保质期多久",
    "怎么保存",
    "是今年的新果吗",
    "how much is it",
    "is it sweet",
    "do you ship to canada",
    "how long does it keep",
    "where is it grown",
    "when will it ship",
];
/// What they say besides. Each line is its own.
const REMARKS: &[&str] = &[
    "主播今天好精神",
    "刚下班到家",
    "上次买的很好吃",
    "这个颜色真好看",
    "我在成都",
    "支持家乡水果",
    "hello from berlin",
    "love this show",
    "just got here",
    "my kids love these",
    "greetings from texas",
];
/// What is asked once each, half in either part; a question of its own every time.
const ONCE: &[&str] = &[
    "is that a real donkey",
    "what song is playing",
    "which village is this",
    "can my dog eat the peel",
    "do bees live there",
    "where did you learn to sing",
    "did the rain stop",
    "what is written on your hat",
    "does your grandma help too",
    "which camera do you use",
    "are there snakes",
    "is the ladder safe",
    "who designed the box",
    "what breed is the cat",
    "how deep is the well",
    "is there snow in winter",
];
/// What many say alike, and is folded.
const ALIKE: &[&str] = &["哈哈哈哈", "666", "主播好", "来了来了", "lol", "first"];

/// Everybody who writes, in a thread of its own.
struct Crowd {
    done: SyncSender<()>,
    thread: JoinHandle<(Sent, Vec<Speaker>)>,
}

#[derive(Default)]
struct Sent {
    lines: u64,
    questions: u64,
    /// When the remark of each number was written, milliseconds since 1970.
    remarks: Vec<(u64, f64)>,
    /// How many were asked once each.
    once: u64,
    /// The longest that the crowd was behind its plan, seconds.
    behind_s: f64,
}

fn now_ms() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
        * 1000.0
}

impl Crowd {
    /// Writes `rate` lines a second; remarks are numbered from `first` on.
    fn start(mut speakers: Vec<Speaker>, rate: u64, first: u64) -> Self {
        let (done, stop) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            let mut sent = Sent::default();
            let begun = Instant::now();
            while stop.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
                let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
                let behind = due.saturating_sub(sent.lines) as f64 / rate as f64;
                sent.behind_s = sent.behind_s.max(behind);
                while sent.lines < due {
                    let n = sent.lines;
                    let speaker = &mut speakers[n as usize % SPEAKERS];
                    // Of a hundred lines nine ask and twenty are alike.
                    match n.wrapping_mul(2_654_435_761) >> 7 & 127 {
                        0..12 => {
                            speaker.say(QUESTIONS[n as usize / 7 % QUESTIONS.len()]);
                            sent.questions += 1;
                        }
                        12..38 => speaker.say(ALIKE[n as usize / 5 % ALIKE.len()]),
                        _ => {
                            let remark = REMARKS[n as usize / 3 % REMARKS.len()];
                            sent.remarks.push((first + n, now_ms()));
                            speaker.say(&format!("{remark} n{}", first + n));
                        }
                    }
                    sent.lines += 1;
                }
            }
            (sent, speakers)
        });
        Self { done, thread }
    }

    fn end(self) -> (Sent, Vec<Speaker>) {
        self.done.send(()).unwrap();
        self.thread.join().unwrap()
    }
}

/// Notes when each remark is drawn, and how many frames the page draws in each second.
const WATCH: &str = r"(() => {
  window.drawn = []; window.frames = [];
  const seen = new Set();
  const note = () => {
    const at = Date.now();
    for (const row of document.querySelectorAll('[role=log] [data-line]')) {
      if (seen.has(row.dataset.line)) continue;
      seen.add(row.dataset.line);
      const number = / n(\d+)/.exec(row.textContent);
      if (number) window.drawn.push([Number(number[1]), at]);
    }
  };
  new MutationObserver(note).observe(document.querySelector('[role=log]'), { childList: true, subtree: true });
  let second = performance.now(), count = 0;
  const frame = (now) => {
    count += 1;
    if (now - second >= 1000) { window.frames.push(count * 1000 / (now - second)); second = now; count = 0; }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()";
const TAKE: &str = "(() => { const got = { drawn: window.drawn, frames: window.frames }; window.drawn = []; \
                    window.frames = []; return got; })()";

/// What one part of the flood gave.
struct Part {
    p95_ms: f64,
    sent: Sent,
    detail: Value,
}

async fn part(
    show: &mut LiveShow,
    page: &mut Browser,
    speakers: &mut Vec<Speaker>,
    asker: &mut Speaker,
    (rate, length, once): (u64, Duration, &[&str]),
    first: u64,
) -> Part {
    let mut once = once.iter();
    page.evaluate(TAKE).await;
    let pid = show.engine.pid();
    let before = show.encoder_of(Canvas::Landscape);
    let lateness = Lateness::watch(FPS);
    let crowd = Crowd::start(std::mem::take(speakers), rate, first);
    let begun = Instant::now();
    let mut resident = Vec::new();
    let mut listed_ms = Vec::new();
    while begun.elapsed() < length {
        if let Some(question) = once.next() {
            asker.say(question);
            let since = Instant::now();
            let is_listed = |it: &Session| {
                let mut questions = it.questions.as_ref()?.questions.iter();
                questions.any(|one| one.text == *question).then_some(())
            };
            show.session.until(PATIENCE, question, is_listed).await;
            listed_ms.push(since.elapsed().as_secs_f64() * 1000.0);
        }
        show.play(LOOK).await;
        show.session.chat.clear();
        resident.push(rounded(Memory::of(pid).resident));
    }
    let (mut sent, still_there) = crowd.end();
    sent.once = listed_ms.len() as u64;
    *speakers = still_there;
    let got = page.evaluate(TAKE).await;
    let after = show.encoder_of(Canvas::Landscape);
    let lateness = lateness.end(&show.engine.log());
    let written: std::collections::HashMap<u64, f64> = sent.remarks.iter().copied().collect();
    let mut late: Vec<f64> = got["drawn"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| Some(row[1].as_f64()? - written.get(&row[0].as_u64()?)?))
        .collect();
    let mut frames: Vec<f64> = got["frames"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let mean = frames.iter().sum::<f64>() / frames.len() as f64;
    let drawn_ms = percentile(&mut late, 0.95);
    // The warm-up asks nothing once.
    let listed_ms = (!listed_ms.is_empty()).then(|| percentile(&mut listed_ms, 0.95));
    let detail = json!({
        "rate": rate, "seconds": begun.elapsed().as_secs(), "lines": sent.lines,
        "crowd_behind_s": rounded(sent.behind_s),
        "drawn": late.len(),
        "p50_ms": rounded(percentile(&mut late, 0.5)),
        "p95_ms": rounded(drawn_ms),
        "new_question_p95_ms": listed_ms.map(rounded),
        "most_ms": rounded(percentile(&mut late, 1.0)),
        "page_frames_mean": rounded(mean),
        "page_frames_p5": rounded(percentile(&mut frames, 0.05)),
        "pictures_late": after.late_frames - before.late_frames,
        "pictures_left_out": after.skipped_frames - before.skipped_frames,
        "lateness": lateness,
        "resident_first_mib": resident.first(),
        "resident_last_mib": resident.last(),
    });
    println!("{detail}");
    println!("resident, MiB, every {LOOK:?}: {resident:?}");
    Part {
        p95_ms: drawn_ms.max(listed_ms.unwrap_or_default()),
        sent,
        detail,
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let busy_length = std::env::args().nth(1).map_or(BUSY_LENGTH, |seconds| {
        Duration::from_secs(seconds.parse().unwrap())
    });
    let server = Ircd::start();
    let engine = studio(Lateness::engine_env());
    let mut show = LiveShow::start(engine, file(&natural_clip())).await;
    let connector = ChatConnector::Twitch {
        channel: CHANNEL.trim_start_matches('#').into(),
        server: Some("127.0.0.1".into()),
        port: Some(server.port()),
        tls: false,
    };
    let request = Request::ConnectChat {
        id: "chat".into(),
        connector,
        allow_file: true,
    };
    show.session.request(request).await.unwrap();
    show.session
        .until(PATIENCE, "the chat is live", |it| {
            let chats = &it.status.as_ref()?.chat;
            chats
                .iter()
                .any(|chat| chat.run == RunState::Live)
                .then_some(())
        })
        .await;
    let address = format!(
        "http://127.0.0.1:{}/#token={}",
        show.engine.port(),
        show.engine.token()
    );
    let mut page = Browser::open(&address).await;
    while page
        .evaluate("document.querySelector('[role=log]') === null")
        .await
        == json!(true)
    {}
    page.evaluate(WATCH).await;

    let guest = |n| server.outsider(&format!("guest{n}"), CHANNEL);
    let mut speakers: Vec<Speaker> = (0..SPEAKERS).map(guest).collect();
    let mut parts = Vec::new();
    let mut first = 0;
    let mut asker = guest(SPEAKERS);
    let (early, late) = ONCE.split_at(ONCE.len() / 2);
    for plan in [
        (BUSY, WARM_UP, &[][..]),
        (BUSY, busy_length, early),
        (FLOOD, FLOOD_LENGTH, late),
    ] {
        let done = part(&mut show, &mut page, &mut speakers, &mut asker, plan, first).await;
        first += done.sent.lines;
        parts.push(done);
    }
    let once: u64 = parts.iter().map(|part| part.sent.once).sum();
    let asked: u64 = once + parts.iter().map(|part| part.sent.questions).sum::<u64>();
    let said: u64 = once + parts.iter().map(|part| part.sent.lines).sum::<u64>();
    let counted = |it: &Session| -> Option<u64> {
        let questions = &it.questions.as_ref()?.questions;
        let lines = questions.iter().map(|question| u64::from(question.lines));
        Some(lines.sum())
    };
    show.session
        .until(
            PATIENCE,
            "every line was taken and every question counted",
            |it| {
                let taken = it.status.as_ref()?.chat.first()?.lines;
                (taken == said && counted(it)? == asked).then_some(())
            },
        )
        .await;
    let connection = show.session.status.as_ref().unwrap().chat[0].clone();
    show.prove_whole();
    let detail = json!({
        "busy": parts[1].detail, "flood": parts[2].detail,
        "lines": said, "lines_taken": connection.lines, "lines_dropped": connection.dropped,
        "questions_asked": asked, "questions_counted": counted(&show.session),
        "questions_listed": show.session.questions.as_ref().map(|it| it.open),
    });
    show.end().await;
    let value = parts[1].p95_ms.max(parts[2].p95_ms);
    report("chat-load", value, "ms", 250.0, Better::Lower, &detail);
}
