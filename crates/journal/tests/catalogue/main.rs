//! Lists as shops and people make them, with the products and the problems they must give.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod details;
mod hostile;
mod labelled;
mod limits;
mod lists;
mod shops;
mod updates;
mod workbooks;

use stallcast_journal::catalogue::{ImportOptions, ImportReport, ProblemCode, RowProblem, import};
use stallcast_show::{At, Command, Product, Show, decide};

fn read(bytes: &[u8]) -> ImportReport {
    let report = import(bytes, &ImportOptions::default()).unwrap();
    assert_taken(&report.products);
    report
}

/// What is imported must be accepted by a show.
fn assert_taken(products: &[Product]) {
    if !products.is_empty() {
        let products = products.to_vec();
        decide(
            &Show::default(),
            Command::ImportProducts { products },
            At(0),
        )
        .unwrap();
    }
}

fn problems(report: &ImportReport) -> Vec<(u32, &str, ProblemCode, &str)> {
    let all = report.problems.iter();
    all.map(|p| (p.line, p.column.as_str(), p.code, p.value.as_str()))
        .collect()
}

/// The lines of rows that were left out, and of those that came without a cell.
fn outcomes(report: &ImportReport) -> (Vec<u32>, Vec<u32>) {
    let (taken, left): (Vec<_>, Vec<_>) = report.problems.iter().partition(|p| p.taken);
    let lines = |problems: Vec<&RowProblem>| {
        let mut lines: Vec<u32> = problems.iter().map(|p| p.line).collect();
        lines.dedup();
        lines
    };
    (lines(left), lines(taken))
}

fn ids(report: &ImportReport) -> Vec<&str> {
    report.products.iter().map(|p| p.id.as_str()).collect()
}

fn minor(product: &Product) -> (i64, Option<i64>) {
    let list = product.offer.list_price.as_ref().map(|m| m.minor);
    (product.offer.live_price.minor, list)
}
