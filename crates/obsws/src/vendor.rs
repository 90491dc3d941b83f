//! What OBS has no word for: products, the price clock, stock, questions. Asked and told as vendor `stallcast`;
//! VENDOR.md describes it.

use serde_json::{Map, Value, json};

use crate::answer::{Ask, Asked, Entry, Reply, data};
use crate::fields::Fields;
use crate::request::{Status, code};
use crate::{Board, Event, Wish, mask};

/// Name of the vendor.
pub const VENDOR: &str = "stallcast";
/// Most products told at once.
const PRODUCTS_MAX: i32 = 200;
/// Most questions told at once.
const QUESTIONS_MAX: i32 = 100;

pub(crate) const TABLE: [Entry; 1] = [("CallVendorRequest", |ask| {
    let (vendor, kind) = (
        ask.fields.text("vendorName")?,
        ask.fields.text("requestType")?,
    );
    if vendor != VENDOR {
        let words = format!("The only vendor here is `{VENDOR}`.");
        return Err(Status::new(code::NOT_FOUND, words));
    }
    let none = Map::new();
    let fields = Fields(ask.fields.maybe_object("requestData")?.unwrap_or(&none));
    let wrapped =
        |own: Value| json!({"vendorName": VENDOR, "requestType": kind, "responseData": own});
    match own(ask, kind, fields)? {
        Reply::Now(Ok(own)) => data(wrapped(own.unwrap_or_else(|| json!({})))),
        Reply::Now(Err(status)) => Err(status),
        Reply::Do(wish, own) => {
            let own = own.unwrap_or_else(|| json!({}));
            Ok(Reply::Do(wish, Some(wrapped(own))))
        }
    }
})];

fn own(ask: Ask<'_>, kind: &str, fields: Fields<'_>) -> Asked {
    let board = ask.board;
    let wish = |wish: Wish| Ok(Reply::Do(wish, None));
    match kind {
        "get_status" => data(json!({
            "phase": board.phase,
            "on_air": on_air(board),
            "countdown": countdown(board),
            "pinned": pinned(board),
            "on_break": board.on_break,
        })),
        "list_products" => {
            let offset = fields.maybe_whole("offset", 0, i32::MAX)?.unwrap_or(0);
            let count = fields.maybe_whole("count", 1, PRODUCTS_MAX)?;
            let (offset, count) = (
                usize::try_from(offset),
                usize::try_from(count.unwrap_or(200)),
            );
            let products = board.products.iter().enumerate();
            let products = products.skip(offset.unwrap_or(usize::MAX));
            let products: Vec<Value> = products
                .take(count.unwrap_or_default())
                .map(|(place, product)| {
                    json!({
                        "product": product.id,
                        "number": place + 1,
                        "title": product.title,
                        "left": product.left,
                        "on_air": board.on_air.as_ref().is_some_and(|(id, _)| *id == product.id),
                    })
                })
                .collect();
            data(json!({"products": products, "total": board.products.len()}))
        }
        "put_on_air" => {
            let product = product(board, fields)?;
            wish(Wish::PutOnAir { product })
        }
        "take_off_air" => wish(Wish::TakeOffAir),
        "start_countdown" => {
            let seconds = fields.whole("seconds", 1, 86_400)?;
            let seconds = u32::try_from(seconds).unwrap_or_default();
            wish(Wish::StartCountdown { seconds })
        }
        "stop_countdown" => wish(Wish::StopCountdown),
        "set_stock" => {
            let product = product(board, fields)?;
            let left = match fields.0.get("left") {
                Some(Value::Null) => None,
                _ => Some(fields.whole("left", 0, i32::MAX)?),
            };
            let left = left.and_then(|left| u32::try_from(left).ok());
            wish(Wish::SetStock { product, left })
        }
        "list_questions" => {
            let count = fields.maybe_whole("count", 1, QUESTIONS_MAX)?;
            let count = u32::try_from(count.unwrap_or(20)).unwrap_or_default();
            wish(Wish::Questions { count })
        }
        "pin_question" => {
            let message = fields.maybe_text("question")?.map(str::to_owned);
            wish(Wish::Pin { message })
        }
        "unpin_question" => wish(Wish::Unpin),
        _ => {
            let words = "The vendor has no such request.";
            Err(Status::new(code::NOT_FOUND, words))
        }
    }
}

/// A product by its id or its number on the rundown.
fn product(board: &Board, fields: Fields<'_>) -> Result<String, Status> {
    if let Some(id) = fields.maybe_text("product")? {
        return Ok(id.to_owned());
    }
    let number = fields.maybe_whole("number", 1, i32::MAX)?;
    let missing = || Status::new(code::MISSING_FIELD, "`product` or `number` is missing.");
    let place = usize::try_from(number.ok_or_else(missing)? - 1);
    let found = place.ok().and_then(|place| board.products.get(place));
    let none = || Status::new(code::NOT_FOUND, "There is no product of that number.");
    Ok(found.ok_or_else(none)?.id.clone())
}

fn event(kind: &str, own: Value) -> Event {
    let data = json!({"vendorName": VENDOR, "eventType": kind, "eventData": own});
    Event::new("VendorEvent", mask::VENDORS, data)
}

fn on_air(board: &Board) -> Value {
    board.on_air.as_ref().map_or(Value::Null, |(id, title)| {
        let place = board.products.iter().position(|product| product.id == *id);
        let number = place.map(|place| place + 1);
        json!({"product": id, "title": title, "number": number})
    })
}

fn countdown(board: &Board) -> Value {
    board.countdown.as_ref().map_or(Value::Null, |clock| {
        let left_ms = clock.deadline_ms.saturating_sub(board.now_ms).max(0);
        json!({
            "product": clock.product,
            "deadline_ms": clock.deadline_ms,
            "seconds_left": left_ms.saturating_add(999) / 1000,
        })
    })
}

fn pinned(board: &Board) -> Value {
    board.pinned.as_ref().map_or(Value::Null, |pinned| {
        json!({
            "question": pinned.message,
            "author": pinned.author,
            "text": pinned.text,
            "answer": pinned.answer,
        })
    })
}

/// What is told of what changed.
pub(crate) fn changes(before: &Board, after: &Board, told: &mut Vec<Event>) {
    if before.phase != after.phase {
        told.push(event("phase", json!({"phase": after.phase})));
    }
    if before.on_air != after.on_air {
        told.push(event("product_on_air", json!({"on_air": on_air(after)})));
    }
    if before.countdown != after.countdown {
        told.push(event("countdown", json!({"countdown": countdown(after)})));
    }
    if before.pinned != after.pinned {
        told.push(event("question_pinned", json!({"pinned": pinned(after)})));
    }
    if before.products != after.products {
        let known: std::collections::BTreeMap<&str, Option<u32>> = before
            .products
            .iter()
            .map(|product| (product.id.as_str(), product.left))
            .collect();
        for (place, product) in after.products.iter().enumerate() {
            let was = known.get(product.id.as_str());
            if was.is_some_and(|was| *was != product.left) {
                let number = place + 1;
                let own = json!({"product": product.id, "number": number, "left": product.left});
                told.push(event("stock", own));
            }
        }
    }
    for destination in &after.destinations {
        let was = before
            .destinations
            .iter()
            .find(|it| it.id == destination.id);
        let is = destination.sending.active;
        if was.is_some_and(|was| was.sending.active != is) {
            let own = json!({"outputName": destination.name, "outputActive": is});
            told.push(event("destination", own));
        }
    }
}
