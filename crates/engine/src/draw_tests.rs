use super::*;
use stallcast_show::{Currency, Money};

const SEED: Bits = [7; 32];

fn terms(winners: u32) -> LotteryTerms {
    LotteryTerms {
        prize: "一箱红富士".into(),
        value: Money::new(2990, Currency("CNY".into())),
        winners,
        keyword: "抽奖".into(),
        seconds: 60,
        reason: String::new(),
    }
}

fn record(people: usize, wanted: u32) -> Record {
    let mut entrants: Vec<_> = (0..people).map(|n| format!("web\tFang {n}")).collect();
    entrants.sort();
    let terms = terms(wanted);
    let commitment = commitment(&terms, &SEED);
    let names: Vec<&str> = entrants.iter().map(String::as_str).collect();
    let list = list_hash(&commitment, (1_000, 61_000), false, names.iter().copied());
    let winners = winners(&SEED, &list, &names, wanted);
    Record {
        format: FORMAT.into(),
        terms,
        since: 1_000,
        until: 61_000,
        rehearsal: false,
        commitment,
        entrants_hash: hex(&list),
        seed: hex(&SEED),
        winners,
        entrants,
    }
}

#[test]
fn a_record_is_checked_and_a_single_changed_byte_is_found() {
    let record = record(40, 3);
    assert_eq!(record.winners.len(), 3);
    let file = record.to_file().unwrap();
    assert_eq!(verify(&file), Ok(record));
    for at in 0..file.len() {
        for flip in [1, 2, 0x20] {
            let mut changed = file.clone();
            changed[at] ^= flip;
            assert!(verify(&changed).is_err(), "byte {at} ^ {flip}");
        }
    }
    for cut in [0, 1, file.len() / 2, file.len() - 1] {
        assert!(verify(&file[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn each_way_to_cheat_has_its_name() {
    let good = record(40, 3);
    let fault = |change: &dyn Fn(&mut Record)| {
        let mut record = good.clone();
        change(&mut record);
        verify(&record.to_file().unwrap()).unwrap_err()
    };
    assert_eq!(fault(&|it| it.terms.winners = 4), DrawFault::Commitment);
    assert_eq!(fault(&|it| it.seed = hex(&[8; 32])), DrawFault::Commitment);
    assert_eq!(fault(&|it| it.until += 1), DrawFault::EntrantsHash);
    assert_eq!(fault(&|it| it.rehearsal = true), DrawFault::EntrantsHash);
    assert_eq!(
        fault(&|it| {
            it.entrants.remove(0);
        }),
        DrawFault::EntrantsHash
    );
    assert_eq!(fault(&|it| it.entrants.swap(0, 1)), DrawFault::List);
    assert_eq!(fault(&|it| it.winners.reverse()), DrawFault::Winners);
    assert_eq!(fault(&|it| it.format.push('0')), DrawFault::NotARecord);
}

#[test]
fn everybody_wins_where_there_are_no_more_people_than_prizes_and_nobody_twice() {
    for (people, wanted) in [(0, 3), (1, 3), (3, 3), (50, 50), (50, 100)] {
        let record = record(people, wanted);
        let mut winners = record.winners.clone();
        winners.sort();
        assert_eq!(winners, record.entrants, "{people} {wanted}");
    }
}

/// Chi-squared over many seeds: each of 12 people wins the first and the last of 3 prizes equally often.
#[test]
fn everybody_is_as_likely_to_win_each_prize() {
    const PEOPLE: usize = 12;
    const DRAWS: u32 = 24_000;
    let names: Vec<String> = (0..PEOPLE).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut counts = [[0_u32; PEOPLE]; 3];
    for draw in 0..DRAWS {
        let seed: Bits = Sha256::digest(draw.to_be_bytes()).into();
        for (place, who) in winners(&seed, &[1; 32], &names, 3).iter().enumerate() {
            counts[place][who.parse::<usize>().unwrap()] += 1;
        }
    }
    let expected = f64::from(DRAWS) / PEOPLE as f64;
    for (place, counts) in counts.iter().enumerate() {
        let off = |count: &u32| (f64::from(*count) - expected).powi(2) / expected;
        let chi: f64 = counts.iter().map(off).sum();
        // Eleven degrees of freedom: above 31.3 in one of a thousand fair dice. The seeds are fixed, so this is, too.
        assert!(chi < 31.3, "prize {place}: {chi:.1} {counts:?}");
    }
}

#[test]
fn the_draw_is_the_one_that_the_document_says() {
    // Computed with Python's hashlib from the words of DRAWS.md.
    let names = ["a", "b", "c", "d", "e"];
    let drawn = winners(&[7; 32], &[9; 32], &names, 5);
    assert_eq!(drawn, PYTHON);
}

const PYTHON: [&str; 5] = ["e", "d", "c", "a", "b"];
