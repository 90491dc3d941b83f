//! Rows with a cell that cannot be read: a product can do without most of them, and comes without that cell then.

use super::cells::Fault;
use super::columns::Columns;
use super::table::{Cell, Row};
use super::{Field, ProblemCode};

/// What came of a row: what was made of it, if anything, and every cell that could not be read.
pub(super) struct Outcome<T> {
    pub(super) made: Option<T>,
    pub(super) faults: Vec<Fault>,
}

/// Reads a row, and again without the cells that could not be read, as long as a product can do without all of them.
/// `read` gets the row and the fields left out so far, and must leave no trace where it fails.
pub(super) fn sparing<T>(
    columns: &Columns,
    row: &Row,
    mut read: impl FnMut(&Row, &[Field]) -> Result<T, Vec<Fault>>,
) -> Outcome<T> {
    let mut faults = Vec::new();
    let mut spared = Vec::new();
    let mut row = std::borrow::Cow::Borrowed(row);
    loop {
        let found = match read(&row, &spared) {
            Ok(made) => {
                let made = Some(made);
                return Outcome { made, faults };
            }
            Err(found) => found,
        };
        // Every round empties a cell, so there is an end; a fault without a cell has nothing to do without.
        let mut emptied = !found.is_empty();
        for fault in found {
            emptied &= can_spare(columns, &row, &fault) && empty(columns, row.to_mut(), &fault);
            spared.push(fault.field);
            faults.push(fault);
        }
        if !emptied {
            return Outcome { made: None, faults };
        }
    }
}

/// Whether the row is still worth taking without the cell: not without its name, and not where it would be sold at
/// another price than somebody meant.
fn can_spare(columns: &Columns, row: &Row, fault: &Fault) -> bool {
    use Field as F;
    let filled = |fields: &[Field]| {
        fields
            .iter()
            .any(|field| columns.cell(row, *field).is_some())
    };
    match (fault.field, fault.code) {
        // One of the two prices is wrong, and nobody can say which.
        (_, ProblemCode::ListBelowLive | ProblemCode::CurrencyDiffers) => fault.field == F::Cost,
        (F::Id | F::Handle | F::Number | F::OptionValue | F::ProductType | F::Parent, _) => false,
        (F::Title | F::TitleZh | F::TitleEn | F::LivePrice | F::Currency, _) => false,
        // Beside a live price it is the usual one.
        (F::Price, _) => filled(&[F::LivePrice]),
        (F::Gtin, _) => filled(&[F::Id, F::Number, F::Title, F::TitleZh, F::TitleEn]),
        // They say when the price holds.
        (F::Starts | F::Ends | F::OfferPeriod, _) => !columns.dates_are_of_sale,
        _ => true,
    }
}

/// Empties the faulty cell, or the field's cells where none says exactly that; whether there was one.
fn empty(columns: &Columns, row: &mut Row, fault: &Fault) -> bool {
    let exactly = |cell: &Cell| cell.text == fault.value;
    let only = columns.cells(row, fault.field).any(exactly);
    let mut emptied = false;
    for place in columns.places(fault.field) {
        if let Some(cell) = row.cells.get_mut(place)
            && !cell.text.is_empty()
            && (!only || exactly(cell))
        {
            *cell = Cell::EMPTY;
            emptied = true;
        }
    }
    emptied
}
