//! The cell and the code for what the show refuses of a product as a whole, and of its prices.

use stallcast_show::{MoneyFault, Refusal};

use super::cells::Fault;
use super::columns::Columns;
use super::table::Row;
use super::{Field, ProblemCode};

pub(super) fn price_code(fault: MoneyFault) -> ProblemCode {
    match fault {
        MoneyFault::NotANumber => ProblemCode::PriceUnreadable,
        MoneyFault::ListNotAboveLive => ProblemCode::ListBelowLive,
        MoneyFault::StepNotBelow => ProblemCode::StepsNotFalling,
        MoneyFault::CouponNotBelow => ProblemCode::CouponTooLarge,
        MoneyFault::BundleNotBelow => ProblemCode::BundleNotBelow,
        MoneyFault::Negative => ProblemCode::PriceNegative,
        MoneyFault::TooPrecise => ProblemCode::PriceTooPrecise,
        MoneyFault::Ambiguous => ProblemCode::PriceAmbiguous,
        MoneyFault::TooLarge => ProblemCode::PriceTooLarge,
        MoneyFault::BadCurrency => ProblemCode::CurrencyUnknown,
        MoneyFault::CurrencyDiffers => ProblemCode::CurrencyDiffers,
    }
}

/// The cell that a product as a whole is refused for; `id_field` is what its id was taken from.
pub(super) fn fault_of(refusal: &Refusal, id_field: Field, columns: &Columns, row: &Row) -> Fault {
    let (field, code) = cell_of(refusal, id_field);
    // Of what a product keeps together, the longest is what is too long.
    let together: &[Field] = match field {
        Field::Spec => &[Field::Spec, Field::SpecEn],
        Field::Origin => &[Field::Origin, Field::Grower, Field::OriginEvidence],
        Field::Shipping => &[
            Field::Shipping,
            Field::ShelfLife,
            Field::SizeGuide,
            Field::Usage,
            Field::AfterSales,
        ],
        _ => &[],
    };
    let field = longest(columns, row, together).unwrap_or(field);
    let value = columns.cell(row, field).map_or("", |cell| &cell.text);
    Fault {
        field,
        code,
        value: value.to_owned(),
    }
}

/// The column and the code of it.
pub(super) fn cell_of(refusal: &Refusal, id_field: Field) -> (Field, ProblemCode) {
    let of = |name: &str| match name {
        "title" => Field::Title,
        "short_title" => Field::ShortTitle,
        "spec" => Field::Spec,
        "talking_points" => Field::TalkingPoints,
        "link" | "links" => Field::Link,
        "photo" | "more_photos" => Field::Photo,
        "list_price_evidence" => Field::ListPriceEvidence,
        "coupon" => Field::Coupon,
        "gift" => Field::Gift,
        "steps" => Field::Steps,
        "origin" => Field::Origin,
        "facts" => Field::Shipping,
        _ => id_field,
    };
    let priced = |fault: &MoneyFault| match fault {
        MoneyFault::ListNotAboveLive => Field::ListPrice,
        MoneyFault::StepNotBelow => Field::Steps,
        MoneyFault::CouponNotBelow => Field::Coupon,
        MoneyFault::BundleNotBelow => Field::Bundle,
        _ => Field::LivePrice,
    };
    match refusal {
        Refusal::TextEmpty { field } => (of(field), ProblemCode::TitleMissing),
        Refusal::TextTooLong { field, .. } => (of(field), ProblemCode::TextTooLong),
        Refusal::TooMany { field: "steps", .. } => (Field::Steps, ProblemCode::TooManySteps),
        Refusal::TooMany { field, .. } => (of(field), ProblemCode::TooManyTalkingPoints),
        Refusal::PriceInvalid { fault } => (priced(fault), price_code(*fault)),
        Refusal::InvalidLength { field: "steps", .. } => {
            (Field::Steps, ProblemCode::StepsNotFalling)
        }
        Refusal::OutOfRange {
            field: "bundle", ..
        } => (Field::Bundle, ProblemCode::BundleUnreadable),
        Refusal::OutOfRange { .. } => (Field::LimitPerPerson, ProblemCode::LimitUnreadable),
        Refusal::OfferTimesInvalid => (Field::Ends, ProblemCode::EndsBeforeStart),
        Refusal::DayInvalid => (Field::Harvested, ProblemCode::DayUnreadable),
        Refusal::InvalidLength { .. } => (Field::Countdown, ProblemCode::CountdownOutOfRange),
        Refusal::GtinInvalid => (Field::Gtin, ProblemCode::GtinInvalid),
        Refusal::BadFileName { .. } => (Field::Photo, ProblemCode::PhotoInvalid),
        Refusal::BadUrl { .. } => (Field::Link, ProblemCode::LinkInvalid),
        // A product's check gives no other refusal.
        _ => (id_field, ProblemCode::BadCharacters),
    }
}

/// The one of these fields with the longest cell.
fn longest(columns: &Columns, row: &Row, fields: &[Field]) -> Option<Field> {
    let length = |field: &Field| {
        let lengths = columns.cells(row, *field).map(|cell| cell.text.len());
        Some((lengths.max()?, *field))
    };
    fields
        .iter()
        .filter_map(length)
        .max()
        .map(|(_, field)| field)
}
