//! What the bodies of both shops have in common: ids that are numbers or words, counts, and the size of lists.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{LINES_MAX, OrderFault};

/// Characters kept of an id or a name.
const NAME_MAX: usize = 120;

/// Reads a body. What is said of its fault quotes nothing of it: an order holds names and addresses.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, OrderFault> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        OrderFault::NotAnOrder(place)
    })
}

/// An id as text; empty for none.
pub fn id(value: &Value) -> String {
    match value {
        // 0 is WooCommerce's word for none.
        Value::Number(number) if number.as_u64().is_some_and(|id| id > 0) => number.to_string(),
        Value::String(text) => name(text),
        _ => String::new(),
    }
}

/// An id that must be there.
pub fn needed_id(field: &'static str, value: &Value) -> Result<String, OrderFault> {
    Some(id(value))
        .filter(|id| !id.is_empty())
        .ok_or(OrderFault::Field(field))
}

/// Text without blanks around it, of a length that a name has.
pub fn name(text: &str) -> String {
    text.trim().chars().take(NAME_MAX).collect()
}

/// A count; what is no whole number counts down to one, below zero is none.
pub fn units(value: &Value) -> u32 {
    let whole = value.as_u64().or_else(|| {
        let text = value.as_str();
        let real = value.as_f64().or_else(|| text?.trim().parse().ok())?;
        // A cast of a float stops at the edges of its type.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (real > 0.0).then_some(real as u64)
    });
    whole.map_or(0, |units| u32::try_from(units).unwrap_or(u32::MAX))
}

/// Refuses a list that no shop makes.
pub fn at_most(count: usize) -> Result<(), OrderFault> {
    if count > LINES_MAX {
        return Err(OrderFault::TooManyLines);
    }
    Ok(())
}

/// A list of which no more is kept than an order may have, and one more, so that it can be refused.
pub struct Bounded<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Keep(PhantomData))
    }
}

struct Keep<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Keep<T> {
    type Value = Bounded<T>;

    fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
        words.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() <= LINES_MAX {
            match items.next_element()? {
                Some(item) => kept.push(item),
                None => return Ok(Bounded(kept)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Bounded(kept))
    }
}

/// The names and titles that say something, in their order, each once.
pub fn said(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !name.is_empty() && !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}
