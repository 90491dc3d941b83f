//! Games by chat: ends them at their moment, keeps the seed of a draw until it is drawn, and writes its record.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stallcast_show::{Actor, At, Command, Lottery, LotteryTerms, Refusal, Show};
use stallcast_wire::{ErrorCode, SavedFile, WireError};

use crate::air::engine;
use crate::clock::now;
use crate::desk::Desk;
use crate::draw::{self, Bits, Record};
use crate::private_file;

/// Lines that came in time may still be on their way to the desk: a connector's batch takes 80 ms, the journal some more.
const GRACE: Duration = Duration::from_millis(400);
/// How long a command that failed waits for its next try.
const AGAIN: Duration = Duration::from_secs(2);

/// Where seeds and records are kept.
#[derive(Debug, Clone)]
pub struct Draws {
    data: PathBuf,
    recordings: PathBuf,
}

/// What is to be ended next, and when.
fn next_end(show: &Show) -> Option<(At, Ends)> {
    let poll = show.poll.as_ref().filter(|poll| poll.result.is_none());
    let lottery = show.lottery.as_ref().filter(|it| it.closed.is_none());
    let auction = show.auction.as_ref().filter(|it| it.result.is_none());
    let poll = poll.map(|poll| (poll.terms.until, Ends::Poll));
    let lottery = lottery.map(|lottery| (lottery.until, Ends::Lottery));
    let auction = auction.map(|auction| (auction.ends(), Ends::Auction));
    let all = poll.into_iter().chain(lottery).chain(auction);
    all.min_by_key(|(at, _)| *at)
}

#[derive(Clone, Copy)]
enum Ends {
    Poll,
    Lottery,
    Auction,
}

/// Ends every game at its moment, until the desk is gone.
pub async fn end_in_time(desk: Desk) {
    let mut published = desk.published();
    loop {
        let next = next_end(&published.borrow_and_update().show);
        let wait = async {
            match next {
                Some((at, ends)) => {
                    let left = u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0);
                    tokio::time::sleep(Duration::from_millis(left) + GRACE).await;
                    ends
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = published.changed() => if changed.is_err() { return },
            ends = wait => if let Err(error) = end(&desk, ends).await {
                if error.code == ErrorCode::ShuttingDown {
                    return;
                }
                tracing::warn!(code = ?error.code, "a game could not be ended yet");
                tokio::time::sleep(AGAIN).await;
            },
        }
    }
}

async fn end(desk: &Desk, ends: Ends) -> Result<u64, WireError> {
    let wish = move |show: &Show| match ends {
        Ends::Poll => Some(Command::ClosePoll),
        Ends::Lottery => {
            let lottery = show.lottery.as_ref()?;
            let entrants_hash = draw::hex(&draw::entrants_hash(lottery));
            Some(Command::CloseLottery { entrants_hash })
        }
        // A bid of the last moment may have made it longer.
        Ends::Auction => {
            let auction = show.auction.as_ref()?;
            (now() >= auction.ends()).then_some(Command::CloseAuction)
        }
    };
    desk.submit_at_turn(engine(), wish).await
}

fn refused(refusal: &Refusal) -> WireError {
    WireError::refused(refusal.code(), refusal.params())
}

fn unwritable(error: &std::io::Error) -> WireError {
    WireError::new(ErrorCode::FileUnwritable).with("cause", error.to_string())
}

impl Draws {
    /// Seeds in the data folder, records below the recordings.
    pub fn new(data: PathBuf, recordings: PathBuf) -> Self {
        Self { data, recordings }
    }

    /// Begins a draw with a fresh seed, which is on the disk before anybody can take part.
    ///
    /// # Errors
    /// A refusal of the show or of the rules; [`ErrorCode::FileUnwritable`].
    pub async fn start(
        &self,
        desk: &Desk,
        actor: Actor,
        terms: LotteryTerms,
        seed: Bits,
    ) -> Result<(), WireError> {
        let terms = terms.checked().map_err(|refusal| refused(&refusal))?;
        let commitment = draw::commitment(&terms, &seed);
        let file = self.seed_file(&commitment);
        let (path, text) = (file.clone(), draw::hex(&seed));
        blocking(move || private_file::replace(&path, text.as_bytes())).await?;
        let begin = Command::BeginLottery { terms, commitment };
        let begun = desk.submit(actor, begin).await;
        if begun.is_err() {
            forget(&file);
        }
        begun.map(|_| ())
    }

    /// Draws, once nobody can enter any more, and writes the record; once drawn, it only writes it again.
    ///
    /// # Errors
    /// A refusal of the show; `seed_lost` when the seed is not there any more; [`ErrorCode::FileUnwritable`].
    pub async fn draw(&self, desk: &Desk, actor: Actor) -> Result<SavedFile, WireError> {
        let show = desk.show();
        let lottery = show.lottery.as_ref();
        let lottery = lottery.ok_or_else(|| refused(&Refusal::NoLottery))?;
        if lottery.drawn.is_none() {
            if lottery.closed.is_none() {
                return Err(refused(&Refusal::LotteryOpen));
            }
            let seed = self.seed(lottery).await?;
            let (list, entrants) = (draw::entrants_hash(lottery), lottery.entrants.clone());
            let entrants: Vec<&str> = entrants.people().collect();
            let winners = draw::winners(&seed, &list, &entrants, lottery.terms.winners);
            let seed = draw::hex(&seed);
            let commitment = lottery.commitment.clone();
            let note = Command::NoteDraw { seed, winners };
            let same = move |show: &Show| {
                let lottery = show.lottery.as_ref();
                lottery.filter(|it| it.commitment == commitment)?;
                Some(note)
            };
            desk.submit_at_turn(actor, same).await?;
        }
        self.keep(&desk.show()).await
    }

    async fn keep(&self, show: &Show) -> Result<SavedFile, WireError> {
        let record = show.lottery.as_ref().and_then(Record::of);
        let record = record.ok_or_else(|| refused(&Refusal::NoLottery))?;
        let text = record.to_file();
        let text = text.map_err(|_| WireError::new(ErrorCode::Internal))?;
        let file = format!("draws/draw-{}.json", record.since);
        let path = self.recordings.join(&file);
        blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            private_file::replace(&path, &text)
        })
        .await?;
        // The seed is in the journal and in the record by now.
        forget(&self.seed_file(&record.commitment));
        Ok(SavedFile { file })
    }

    async fn seed(&self, lottery: &Lottery) -> Result<Bits, WireError> {
        let file = self.seed_file(&lottery.commitment);
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await;
        let seed = read.ok().and_then(Result::ok);
        let seed = seed.and_then(|digits| draw::bits(&digits));
        let fits = |seed: &Bits| draw::commitment(&lottery.terms, seed) == lottery.commitment;
        let lost = || WireError::refused("seed_lost", std::collections::BTreeMap::new());
        seed.filter(fits).ok_or_else(lost)
    }

    /// Named by what was committed to: another draw's seed is never overwritten.
    fn seed_file(&self, commitment: &str) -> PathBuf {
        let name = commitment.get(..16).unwrap_or_default();
        self.data.join(format!("draw-{name}.seed"))
    }
}

fn forget(file: &Path) {
    if let Err(error) = std::fs::remove_file(file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "a seed that is not needed any more could not be removed");
    }
}

async fn blocking(
    work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<(), WireError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| WireError::new(ErrorCode::Internal))?;
    done.map_err(|error| unwritable(&error))
}

#[cfg(test)]
#[path = "games_tests.rs"]
mod tests;
