//! Owns the measurement of a team on a bad network: forty members at once at the rehearsing demo, ten of whom are cut off
//! every few seconds, often in the middle of a command. What counts is how long one that is back still shows a state that
//! others had left behind; and every command has to have happened exactly as often as its sender was told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose world breaks has no result"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use stallcast_show::{Command, ProductId, Role};
use stallcast_tests::bench::{Better, percentile, report, rounded};
use stallcast_tests::world::{Engine, EngineOptions, PATIENCE, Session, http};
use stallcast_wire::{ErrorCode, InviteMade, Request, TeamSettings, WireError};
use tokio::time::{Instant, sleep, timeout};

const MEMBERS: usize = 40;
const BAD: usize = 10;
const LENGTH: Duration = Duration::from_secs(60);
const STOCK: u32 = 1_000_000;

/// A small generator, so that every run cuts alike.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most
    }

    fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// What one member saw.
#[derive(Default)]
struct Seen {
    sold: u32,
    refused: u32,
    cuts: u32,
    /// Seconds that it was behind after each reconnection.
    stale_s: Vec<f64>,
    left: u32,
}

async fn join(owner: &mut Session, port: u16, n: usize) -> String {
    let invite = Request::Invite {
        name: format!("member {n}"),
        role: Role::Producer,
        needs_yes: false,
        minutes: 10,
    };
    let made: InviteMade = serde_json::from_value(owner.request(invite).await.unwrap()).unwrap();
    let secret = made.links[0].url.split_once("#join=").unwrap().1.to_owned();
    let body = json!({ "secret": secret }).to_string();
    let kind = [("Content-Type", "application/json")];
    let answer = http(port, "POST", "/api/team/join", &kind, body.as_bytes()).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// Works until `until`; then reads on until it shows the journal's entry that `newest` names.
async fn work(
    n: usize,
    port: u16,
    token: String,
    product: ProductId,
    newest: Arc<AtomicU64>,
    until: Instant,
) -> Seen {
    let is_bad = n < BAD;
    let mut dice = Dice(n as u64 + 1);
    let mut seen = Seen::default();
    let mut session = Session::open(port, &token).await;
    let mut number = 0;
    while Instant::now() < until {
        session.play(dice.ms(200, 1_500)).await;
        number += 1;
        let name = format!("c{number}");
        let one_less = || Command::AdjustStock {
            product: product.clone(),
            by: -1,
        };
        let mut outcome: Option<Result<u64, Box<WireError>>> = None;
        if is_bad && dice.below(2) == 0 {
            // The answer may be on its way, or the command not even there yet.
            let patience = Duration::from_micros(dice.below(8_000));
            let sent = timeout(patience, session.command_as(one_less(), Some(&name), None));
            outcome = sent.await.ok();
            drop(session);
            seen.cuts += 1;
            sleep(dice.ms(500, 3_000)).await;
            session = Session::open(port, &token).await;
            let (back, others) = (Instant::now(), newest.load(Ordering::SeqCst));
            session
                .until(PATIENCE, "what the others have", |it| {
                    (it.show.as_ref()?.seq >= others).then_some(())
                })
                .await;
            seen.stale_s.push(back.elapsed().as_secs_f64());
        }
        let outcome = match outcome {
            Some(known) => known,
            None => session.command_as(one_less(), Some(&name), None).await,
        };
        match outcome {
            Ok(seq) => {
                newest.fetch_max(seq, Ordering::SeqCst);
                seen.sold += 1;
            }
            Err(error) => {
                assert_ne!(error.code, ErrorCode::Forbidden, "{error:?}");
                seen.refused += 1;
            }
        }
    }
    // The others are about to be done; whoever waits for the last of them has it.
    session.play(Duration::from_secs(5)).await;
    let last = newest.load(Ordering::SeqCst);
    let has = |it: &Session| (it.show.as_ref()?.seq >= last).then_some(());
    session.until(PATIENCE, "the end", has).await;
    seen.left = session.show.as_ref().unwrap().stock[&product];
    seen
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let engine = Engine::start(EngineOptions {
        arguments: ["--lang", "en"].map(str::to_owned).into(),
        ..EngineOptions::default()
    });
    let mut owner = engine.session().await;
    let settings = TeamSettings {
        on: true,
        bind: "127.0.0.1".into(),
        ..TeamSettings::default()
    };
    owner.request(Request::SetTeam { settings }).await.unwrap();
    let port = |it: &Session| it.team.as_ref()?.port;
    let port = owner.until(PATIENCE, "the team's door", port).await;
    let first = |it: &Session| Some(it.show.as_ref()?.rundown[0].product.clone());
    let product = owner.until(PATIENCE, "the show", first).await;
    let stock = Command::SetStock {
        product: product.clone(),
        left: Some(STOCK),
    };
    let newest = Arc::new(AtomicU64::new(owner.command(stock).await.unwrap()));
    let mut tokens = Vec::new();
    for n in 0..MEMBERS {
        tokens.push(join(&mut owner, port, n).await);
    }
    let until = Instant::now() + LENGTH;
    let members: Vec<_> = tokens
        .into_iter()
        .enumerate()
        .map(|(n, token)| {
            let work = work(n, port, token, product.clone(), newest.clone(), until);
            tokio::spawn(work)
        })
        .collect();
    // The owner's page reads on meanwhile, as it would.
    owner.play(LENGTH + Duration::from_secs(10)).await;
    let mut all = Vec::new();
    for member in members {
        all.push(member.await.unwrap());
    }
    let sold: u32 = all.iter().map(|it| it.sold).sum();
    let has = |it: &Session| (it.show.as_ref()?.stock[&product] == STOCK - sold).then_some(());
    owner
        .until(PATIENCE, "what was told is what happened", has)
        .await;
    for member in &all {
        assert_eq!(
            member.left,
            STOCK - sold,
            "everybody shows the same at the end"
        );
    }
    let mut stale: Vec<f64> = all.iter().flat_map(|it| it.stale_s.clone()).collect();
    let worst = percentile(&mut stale, 1.0);
    let detail = json!({
        "members": MEMBERS, "bad": BAD, "commands": sold,
        "refused": all.iter().map(|it| it.refused).sum::<u32>(),
        "cuts": all.iter().map(|it| it.cuts).sum::<u32>(),
        "p95_s": rounded(percentile(&mut stale, 0.95)),
        "outcomes_that_differ": 0,
    });
    report("team", worst, "s", 2.0, Better::Lower, &detail);
}
