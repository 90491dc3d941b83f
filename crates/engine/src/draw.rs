//! A draw that anybody can check: the hash that is fixed before it, the list's hash, who wins, and the record of it all.
//! `crates/engine/DRAWS.md` says the same for people who check with other tools. Pure.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stallcast_show::{Lottery, LotteryTerms};

/// Name of this way to draw; another way gets another name.
const FORMAT: &str = "stallcast-draw-1";
/// What the hash of the list begins with.
const LIST: &str = "stallcast-entrants-1";

/// 256 bits.
pub type Bits = [u8; 32];

/// Everything that is needed to check a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How it was drawn.
    pub format: String,
    /// What was promised.
    pub terms: LotteryTerms,
    /// When it began, ms since 1970 UTC.
    pub since: i64,
    /// From when on nobody could enter.
    pub until: i64,
    /// Whether it was only rehearsed.
    pub rehearsal: bool,
    /// Hash of terms and seed; on the picture while people entered.
    pub commitment: String,
    /// Everybody who took part: platform, tabulator, name; in the order of their bytes.
    pub entrants: Vec<String>,
    /// Hash of the list.
    pub entrants_hash: String,
    /// What was secret until the draw.
    pub seed: String,
    /// Who won, in the order of the draw.
    pub winners: Vec<String>,
}

/// Why a record is not that of a fair draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawFault {
    /// It cannot be read.
    #[error("this is not the record of a draw")]
    NotARecord,
    /// Something in it is written in another way than a studio writes it.
    #[error("the record was changed: it is not as a studio writes it")]
    Rewritten,
    /// Another seed or other terms than those that were fixed.
    #[error("seed and terms are not those that were fixed before the draw")]
    Commitment,
    /// The list is not in order, or somebody is on it twice.
    #[error("the list of those who took part is not in order")]
    List,
    /// Other people than when the entries ended.
    #[error("those who took part are not those of the list that was closed")]
    EntrantsHash,
    /// Others won.
    #[error("the winners are not those that the seed gives")]
    Winners,
}

/// Hexadecimal digits.
pub fn hex(bytes: &Bits) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 64 small hexadecimal digits as bits.
pub fn bits(digits: &str) -> Option<Bits> {
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bits = [0; 32];
    for (at, byte) in bits.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bits)
}

/// What is fixed before anybody takes part: the hash of the terms and the seed.
pub fn commitment(terms: &LotteryTerms, seed: &Bits) -> String {
    // Values of plain types: this cannot fail, and an empty text would match no record.
    let terms = serde_json::to_string(terms).unwrap_or_default();
    let text = format!("{FORMAT}\n{terms}\n{}\n", hex(seed));
    hex(&Sha256::digest(text).into())
}

/// The hash of the list of those who took part.
pub fn entrants_hash(lottery: &Lottery) -> Bits {
    list_hash(
        &lottery.commitment,
        (lottery.since.0, lottery.until.0),
        lottery.rehearsed,
        lottery.entrants.people(),
    )
}

fn list_hash<'a>(
    commitment: &str,
    (since, until): (i64, i64),
    rehearsal: bool,
    entrants: impl Iterator<Item = &'a str>,
) -> Bits {
    let kind = if rehearsal { "rehearsal" } else { "show" };
    let mut hash = Sha256::new();
    hash.update(format!("{LIST}\n{commitment}\n{since}\n{until}\n{kind}\n"));
    for who in entrants {
        hash.update(who);
        hash.update("\n");
    }
    hash.finalize().into()
}

/// Numbers that seed and list give, each as likely as any other: SHA-256 over seed, list's hash and a counter.
struct Dice {
    seed: Bits,
    list: Bits,
    block: u64,
    ready: Vec<u64>,
}

impl Dice {
    fn next(&mut self) -> u64 {
        loop {
            if let Some(number) = self.ready.pop() {
                return number;
            }
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.list);
            hash.update(self.block.to_be_bytes());
            self.block += 1;
            let block: Bits = hash.finalize().into();
            let eights = block.chunks_exact(8).rev();
            self.ready = eights
                .filter_map(|eight| Some(u64::from_be_bytes(eight.try_into().ok()?)))
                .collect();
        }
    }

    /// One of `0..below`; numbers above the greatest multiple of `below` are thrown away, for they would favour some.
    fn below(&mut self, below: u64) -> u64 {
        let surplus = (u64::MAX % below + 1) % below;
        loop {
            let number = self.next();
            if number <= u64::MAX - surplus {
                return number % below;
            }
        }
    }
}

/// Who wins: the first `wanted` of the list when it is shuffled place by place (Fisher-Yates). Everybody, when there are
/// no more than prizes.
pub fn winners(seed: &Bits, list: &Bits, entrants: &[&str], wanted: u32) -> Vec<String> {
    let mut dice = Dice {
        seed: *seed,
        list: *list,
        block: 0,
        ready: Vec::new(),
    };
    let mut shuffled = entrants.to_vec();
    let wanted = (wanted as usize).min(shuffled.len());
    for place in 0..wanted {
        let left = (shuffled.len() - place) as u64;
        let chosen = place + usize::try_from(dice.below(left)).unwrap_or(0);
        shuffled.swap(place, chosen);
    }
    shuffled.truncate(wanted);
    shuffled.into_iter().map(str::to_owned).collect()
}

impl Record {
    /// The record of a draw; `None` while it is not drawn.
    pub fn of(lottery: &Lottery) -> Option<Self> {
        let drawn = lottery.drawn.as_ref()?;
        Some(Self {
            format: FORMAT.to_owned(),
            terms: lottery.terms.clone(),
            since: lottery.since.0,
            until: lottery.until.0,
            rehearsal: lottery.rehearsed,
            commitment: lottery.commitment.clone(),
            entrants: lottery.entrants.people().map(str::to_owned).collect(),
            entrants_hash: lottery.closed.as_ref()?.entrants_hash.clone(),
            seed: drawn.seed.clone(),
            winners: drawn.winners.clone(),
        })
    }

    /// The record as a file.
    ///
    /// # Errors
    /// None for a record that was read or made here.
    pub fn to_file(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Checks a record. That its commitment is the one that stood on the picture is for whoever watched to compare.
///
/// # Errors
/// [`DrawFault`] with the first thing that is not as it must be.
pub fn verify(file: &[u8]) -> Result<Record, DrawFault> {
    let record: Record = serde_json::from_slice(file).map_err(|_| DrawFault::NotARecord)?;
    if record.format != FORMAT {
        return Err(DrawFault::NotARecord);
    }
    if record.to_file().ok().as_deref() != Some(file) {
        return Err(DrawFault::Rewritten);
    }
    let seed = bits(&record.seed).ok_or(DrawFault::Commitment)?;
    if commitment(&record.terms, &seed) != record.commitment || hex(&seed) != record.seed {
        return Err(DrawFault::Commitment);
    }
    if !record.entrants.is_sorted_by(|a, b| a < b) {
        return Err(DrawFault::List);
    }
    let entrants: Vec<&str> = record.entrants.iter().map(String::as_str).collect();
    let times = (record.since, record.until);
    let list = list_hash(
        &record.commitment,
        times,
        record.rehearsal,
        entrants.iter().copied(),
    );
    if hex(&list) != record.entrants_hash {
        return Err(DrawFault::EntrantsHash);
    }
    if winners(&seed, &list, &entrants, record.terms.winners) != record.winners {
        return Err(DrawFault::Winners);
    }
    Ok(record)
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
