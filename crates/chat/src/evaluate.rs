//! Owns measuring: a folder of labelled lines in, one figure per measure out. Nothing is learnt here.

mod read;

use std::path::Path;
use std::time::Instant;

use crate::answer::answer;
use crate::catalogue::Catalogue;
use crate::moderation::Moderator;
use crate::question::is_question;
use crate::questions::{Asked, Questions};
pub use read::EvaluateError;
use read::{Held, Sets, Shop};

/// One figure.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Measure {
    /// What is measured.
    pub measure: &'static str,
    /// The figure: 0 to 1, a number of rows (`reviews_held`), or milliseconds.
    pub value: f64,
    /// How many rows it was taken from.
    pub n: usize,
}

/// What a folder of labelled lines shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The figures.
    pub measures: Vec<Measure>,
    /// Measures that are left out though there are lines for them, and why; for people.
    pub left_out: Vec<&'static str>,
}

/// The shuffle is the same each time.
const SEED: u64 = 5;

/// Measures every set that the folder has.
pub fn evaluate(folder: &Path) -> Result<Evaluation, EvaluateError> {
    let sets = Sets::read(folder)?;
    let catalogue = Catalogue::new(sets.articles.clone());
    let (mut measures, mut left_out) = (Vec::new(), Vec::new());
    if !sets.shop.is_empty() {
        for (measure, lang) in [("ask_f1_shop_zh", "zh"), ("ask_f1_shop_en", "en")] {
            let rows = sets.shop.iter().filter(|row| row.lang == lang);
            measures.extend(ask_f1(
                measure,
                rows.map(|row| (row.text.as_str(), row.ask)),
            ));
        }
    }
    let live = sets.live.iter().map(|row| (row.text.as_str(), row.ask));
    measures.extend(ask_f1("ask_f1_livechat", live));
    if !sets.shop.is_empty() {
        let asked: Vec<&Shop> = sets.shop.iter().filter(|row| row.ask).collect();
        measures.extend(cluster_f1(&catalogue, &asked));
        if sets.articles.is_empty() {
            left_out.push(
                "answer_top1 and answer_abstain are left out: there is no facts*.json with products beside shop*.csv",
            );
        } else {
            measures.extend(answers(&catalogue, &asked));
        }
    }
    measures.extend(holds(&sets.held));
    measures.extend(speed(&catalogue, &sets));
    Ok(Evaluation { measures, left_out })
}

fn ask_f1<'a>(
    measure: &'static str,
    rows: impl Iterator<Item = (&'a str, bool)>,
) -> Option<Measure> {
    let (mut hit, mut said, mut asked, mut n) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (text, asks) in rows {
        let finds = is_question(text);
        hit += usize::from(finds && asks);
        said += usize::from(finds);
        asked += usize::from(asks);
        n += 1;
    }
    (n > 0).then(|| Measure {
        measure,
        value: f1(hit, said, asked),
        n,
    })
}

/// Over all pairs of questions: together in the list, together by label.
fn cluster_f1(catalogue: &Catalogue, asked: &[&Shop]) -> Option<Measure> {
    let mut order: Vec<&Shop> = asked
        .iter()
        .copied()
        .filter(|row| !row.intent.is_empty())
        .collect();
    shuffle(&mut order);
    let mut questions = Questions::default();
    let placed: Vec<_> = order
        .iter()
        .zip(0_u64..)
        .map(|(row, at_ms)| {
            let line = Asked {
                id: &row.id,
                author: &row.id,
                text: &row.text,
                at_ms,
            };
            questions.ask(catalogue, None, line)
        })
        .collect();
    let (mut both, mut said, mut meant) = (0_usize, 0_usize, 0_usize);
    for (at, (row, group)) in order.iter().zip(&placed).enumerate() {
        for (other, with) in order.iter().zip(&placed).skip(at + 1) {
            let (together, same) = (group == with, row.intent == other.intent);
            both += usize::from(together && same);
            said += usize::from(together);
            meant += usize::from(same);
        }
    }
    (!order.is_empty()).then(|| Measure {
        measure: "cluster_f1",
        value: f1(both, said, meant),
        n: order.len(),
    })
}

fn answers(catalogue: &Catalogue, asked: &[&Shop]) -> Vec<Measure> {
    let (mut right, mut answerable, mut silent, mut unanswerable) =
        (0_usize, 0_usize, 0_usize, 0_usize);
    for row in asked {
        let given = answer(catalogue, &row.text, None);
        if row.answer_fact.is_empty() {
            unanswerable += 1;
            silent += usize::from(given.is_none());
        } else {
            answerable += 1;
            let product = |id: &str| row.product.is_empty() || row.product == id;
            right +=
                usize::from(given.is_some_and(|given| {
                    given.key == row.answer_fact && product(&given.article.id)
                }));
        }
    }
    [
        ("answer_top1", right, answerable),
        ("answer_abstain", silent, unanswerable),
    ]
    .into_iter()
    .filter_map(|(measure, part, n)| share(measure, part, n))
    .collect()
}

fn holds(rows: &[Held]) -> Vec<Measure> {
    let moderator = Moderator::default();
    let (mut hit, mut said, mut due, mut honest, mut honest_held) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    for row in rows {
        let held = moderator.judge(&row.text).hold;
        hit += usize::from(held && row.hold);
        said += usize::from(held);
        due += usize::from(row.hold);
        honest += usize::from(!row.hold);
        honest_held += usize::from(held && !row.hold);
    }
    let mut measures: Vec<Measure> = [
        // Nothing held is nothing held wrongly.
        share(
            "hold_precision",
            if said == 0 { 1 } else { hit },
            said.max(1),
        ),
        share("hold_recall", hit, due),
    ]
    .into_iter()
    .flatten()
    .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    measures.push(Measure {
        measure: "reviews_held",
        value: number(honest_held),
        n: honest,
    });
    measures
}

/// Everything that is done with a line of chat: judged, told from remarks, put into the list, answered.
fn speed(catalogue: &Catalogue, sets: &Sets) -> Option<Measure> {
    let texts: Vec<&str> = sets.texts().collect();
    let moderator = Moderator::default();
    let mut questions = Questions::default();
    // What is read once at the start of the program is not part of a message's time.
    moderator.judge("");
    is_question("a");
    answer(catalogue, "a", None);
    let began = Instant::now();
    for (text, at_ms) in texts.iter().zip(0_u64..) {
        let verdict = moderator.judge(text);
        if !verdict.hold && is_question(text) {
            let line = Asked {
                id: "",
                author: "",
                text,
                at_ms,
            };
            questions.ask(catalogue, None, line);
            std::hint::black_box(answer(catalogue, text, None));
        }
    }
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    (!texts.is_empty()).then(|| Measure {
        measure: "ms_per_message",
        value: took / number(texts.len()),
        n: texts.len(),
    })
}

fn share(measure: &'static str, part: usize, n: usize) -> Option<Measure> {
    (n > 0).then(|| Measure {
        measure,
        value: number(part) / number(n),
        n,
    })
}

fn f1(hit: usize, said: usize, meant: usize) -> f64 {
    if said + meant == 0 {
        return 1.0;
    }
    2.0 * number(hit) / number(said + meant)
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn number(count: usize) -> f64 {
    count as f64
}

/// Fisher-Yates with a small generator of a fixed seed.
fn shuffle<T>(rows: &mut [T]) {
    let mut state = SEED;
    for place in (1..rows.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap_or(0) % (place + 1);
        rows.swap(place, other);
    }
}
