//! A request and how it came out.

use serde_json::{Map, Value, json};

/// Status codes of requests, as the protocol numbers them.
pub mod code {
    /// Done.
    pub const SUCCESS: u16 = 100;
    /// No `requestType`.
    pub const MISSING_TYPE: u16 = 203;
    /// No such request.
    pub const UNKNOWN_TYPE: u16 = 204;
    /// Something the log knows more of.
    pub const GENERIC: u16 = 205;
    /// Not in this kind of batch.
    pub const UNSUPPORTED_EXECUTION: u16 = 206;
    /// The studio cannot answer now.
    pub const NOT_READY: u16 = 207;
    /// A field is missing.
    pub const MISSING_FIELD: u16 = 300;
    /// A field says nothing that can be meant.
    pub const INVALID_FIELD: u16 = 400;
    /// A field is of another type.
    pub const FIELD_TYPE: u16 = 401;
    /// A number is too small or too large.
    pub const FIELD_RANGE: u16 = 402;
    /// A text is empty.
    pub const FIELD_EMPTY: u16 = 403;
    /// Two fields say the same in two ways.
    pub const TOO_MANY_FIELDS: u16 = 404;
    /// It runs already.
    pub const OUTPUT_RUNNING: u16 = 500;
    /// It does not run.
    pub const OUTPUT_NOT_RUNNING: u16 = 501;
    /// There is no studio mode here.
    pub const NO_STUDIO_MODE: u16 = 506;
    /// No such thing.
    pub const NOT_FOUND: u16 = 600;
    /// It is there, but another kind of thing.
    pub const RESOURCE_TYPE: u16 = 602;
    /// Not as it is now.
    pub const RESOURCE_STATE: u16 = 604;
    /// No such kind of input.
    pub const INPUT_KIND: u16 = 605;
    /// The studio refused.
    pub const REFUSED: u16 = 702;
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// One of [`code`].
    pub code: u16,
    /// In words, for the log of whoever asked.
    pub comment: String,
}

impl Status {
    /// Of a code, in words.
    pub fn new(code: u16, comment: impl Into<String>) -> Self {
        Self {
            code,
            comment: comment.into(),
        }
    }
}

/// What a request is answered with: its data, or nothing, or why it was not done.
pub type Answer = Result<Option<Value>, Status>;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Given back as it came; [`Value::Null`] = none, in a batch.
    pub id: Value,
    /// What is asked; `None` = that was missing.
    pub kind: Option<String>,
    /// Its fields.
    pub data: Map<String, Value>,
}

impl Request {
    /// Reads a request; fields of other types than they must have are taken as missing.
    pub(crate) fn of(from: &Map<String, Value>) -> Self {
        let data = from.get("requestData").and_then(Value::as_object);
        Self {
            id: from.get("requestId").cloned().unwrap_or_default(),
            kind: from
                .get("requestType")
                .and_then(Value::as_str)
                .map(str::to_owned),
            data: data.cloned().unwrap_or_default(),
        }
    }

    /// Its kind; empty when that was missing.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// What stands in a response.
    pub(crate) fn result(&self, answer: &Answer) -> Value {
        let mut result = Map::new();
        result.insert("requestType".into(), self.kind().into());
        if !self.id.is_null() {
            result.insert("requestId".into(), self.id.clone());
        }
        let status = match answer {
            Ok(_) => json!({"result": true, "code": code::SUCCESS}),
            Err(status) => {
                json!({"result": false, "code": status.code, "comment": status.comment})
            }
        };
        result.insert("requestStatus".into(), status);
        if let Ok(Some(data)) = answer {
            result.insert("responseData".into(), data.clone());
        }
        Value::Object(result)
    }

    /// The response.
    pub fn response(&self, answer: &Answer) -> Value {
        json!({"op": 7, "d": self.result(answer)})
    }
}
