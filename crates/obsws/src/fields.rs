//! Reading a request's fields, with the status that the protocol has for each fault.

use serde_json::{Map, Value};

use crate::request::{Status, code};

/// Longest text in a field, characters.
const TEXT_MAX: usize = 1_000;

/// The fields of a request.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A field that is there and not null.
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be missing.
    pub(crate) fn maybe_text(self, name: &str) -> Result<Option<&'a str>, Status> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| of_type(name, "a string"))?;
        if text.is_empty() {
            return Err(Status::new(
                code::FIELD_EMPTY,
                format!("`{name}` is empty."),
            ));
        }
        if text.chars().nth(TEXT_MAX).is_some() {
            let words = format!("`{name}` has more than {TEXT_MAX} characters.");
            return Err(Status::new(code::FIELD_RANGE, words));
        }
        Ok(Some(text))
    }

    /// A text.
    pub(crate) fn text(self, name: &str) -> Result<&'a str, Status> {
        self.maybe_text(name)?.ok_or_else(|| missing(name))
    }

    /// Yes or no.
    pub(crate) fn truth(self, name: &str) -> Result<bool, Status> {
        let value = self.get(name).ok_or_else(|| missing(name))?;
        value.as_bool().ok_or_else(|| of_type(name, "a boolean"))
    }

    /// A number in a range, that may be missing.
    pub(crate) fn maybe_number(
        self,
        name: &str,
        least: f64,
        most: f64,
    ) -> Result<Option<f64>, Status> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_f64().ok_or_else(|| of_type(name, "a number"))?;
        if !(least..=most).contains(&number) {
            let words = format!("`{name}` is not between {least} and {most}.");
            return Err(Status::new(code::FIELD_RANGE, words));
        }
        Ok(Some(number))
    }

    /// A whole number in a range, that may be missing.
    pub(crate) fn maybe_whole(
        self,
        name: &str,
        least: i32,
        most: i32,
    ) -> Result<Option<i64>, Status> {
        let number = self.maybe_number(name, f64::from(least), f64::from(most))?;
        let whole = number.filter(|number| number.fract() != 0.0);
        if whole.is_some() {
            return Err(of_type(name, "a whole number"));
        }
        // In range of an i32, so nothing is cut off.
        Ok(number.map(|number| number as i64))
    }

    /// A whole number in a range.
    pub(crate) fn whole(self, name: &str, least: i32, most: i32) -> Result<i64, Status> {
        self.maybe_whole(name, least, most)?
            .ok_or_else(|| missing(name))
    }

    /// An object that may be missing.
    pub(crate) fn maybe_object(self, name: &str) -> Result<Option<&'a Map<String, Value>>, Status> {
        let value = self.get(name);
        let object = value.map(|value| value.as_object().ok_or_else(|| of_type(name, "an object")));
        object.transpose()
    }

    /// An object.
    pub(crate) fn object(self, name: &str) -> Result<&'a Map<String, Value>, Status> {
        self.maybe_object(name)?.ok_or_else(|| missing(name))
    }

    /// By what a thing is named: its uuid or its name.
    pub(crate) fn named(self, what: &str) -> Result<Named<'a>, Status> {
        let (name, uuid) = (format!("{what}Name"), format!("{what}Uuid"));
        match (self.maybe_text(&name)?, self.maybe_text(&uuid)?) {
            (_, Some(uuid)) => Ok(Named::Uuid(uuid)),
            (Some(name), None) => Ok(Named::Name(name)),
            (None, None) => {
                let words = format!("`{name}` or `{uuid}` is missing.");
                Err(Status::new(code::MISSING_FIELD, words))
            }
        }
    }
}

/// By what a thing is named.
#[derive(Clone, Copy)]
pub(crate) enum Named<'a> {
    Name(&'a str),
    Uuid(&'a str),
}

impl Named<'_> {
    /// Whether it is this one.
    pub(crate) fn is(self, name: &str, uuid: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Uuid(own) => own == uuid,
        }
    }

    /// That there is none.
    pub(crate) fn unknown(self, what: &str) -> Status {
        let (Self::Name(own) | Self::Uuid(own)) = self;
        Status::new(code::NOT_FOUND, format!("No {what} `{own}`."))
    }
}

fn missing(name: &str) -> Status {
    Status::new(code::MISSING_FIELD, format!("`{name}` is missing."))
}

fn of_type(name: &str, wanted: &str) -> Status {
    Status::new(code::FIELD_TYPE, format!("`{name}` is not {wanted}."))
}
