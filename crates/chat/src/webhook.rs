//! Owns what a webhook's body may hold: limits, and errors that name the object and the field.

use serde::{Deserialize, Serialize};

use crate::draft::LineDraft;
use crate::generic;

/// Largest body in bytes: 100 lines of 500 characters at their longest in UTF-8 do not fit, 100 usual ones do ten times over.
pub const BODY_BYTES: usize = 64 * 1024;
/// Most lines in one body.
pub const BODY_LINES: usize = 100;

/// A field of the generic JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `id`
    Id,
    /// `author`
    Author,
    /// `text`
    Text,
    /// `platform`
    Platform,
    /// `at`
    At,
}

impl Field {
    /// Its name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Author => "author",
            Self::Text => "text",
            Self::Platform => "platform",
            Self::At => "at",
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It must not be blank.
    Empty,
    /// Text where a number is wanted, or the like.
    WrongKind,
    /// `id` above 128 or `platform` above 24 characters.
    TooLong,
    /// A character it may not hold.
    BadCharacter,
    /// A time in seconds; milliseconds are wanted.
    NotMilliseconds,
}

/// Why a body was refused. Nothing of a refused body is taken, so the sender can mend it and send it again whole.
/// Indexes count the objects of the body from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WebhookError {
    /// Above [`BODY_BYTES`].
    #[error("body has {bytes} bytes, {BODY_BYTES} are allowed")]
    TooLarge {
        /// Its size as far as it was announced or read; at least one more than is allowed.
        bytes: usize,
    },
    /// Above [`BODY_LINES`].
    #[error("body has {lines} lines, {BODY_LINES} are allowed")]
    TooManyLines {
        /// How many it has.
        lines: usize,
    },
    /// Not a JSON content type.
    #[error("content type is not JSON")]
    ContentType,
    /// Not UTF-8.
    #[error("body is not UTF-8")]
    NotUtf8,
    /// Nothing in it.
    #[error("body is empty")]
    Empty,
    /// This object is not JSON.
    #[error("object {index} is not JSON")]
    NotJson {
        /// Which.
        index: usize,
    },
    /// JSON, but no object.
    #[error("item {index} is not an object")]
    NotAnObject {
        /// Which.
        index: usize,
    },
    /// A field is wrong.
    #[error("object {index}: {} is wrong ({problem:?})", .field.name())]
    Field {
        /// Which object.
        index: usize,
        /// Which field.
        field: Field,
        /// How.
        problem: Problem,
    },
}

/// Reads a POST body: one object, an array, or newline-separated objects of the generic JSON.
///
/// `content_type` is the request header, empty when absent. Form and text types are refused, because
/// a browser sends those across sites without asking.
///
/// # Errors
///
/// The first thing that is wrong, see [`WebhookError`].
pub fn parse(body: &[u8], content_type: &str) -> Result<Vec<LineDraft>, WebhookError> {
    if body.len() > BODY_BYTES {
        return Err(WebhookError::TooLarge { bytes: body.len() });
    }
    if !is_json(content_type) {
        return Err(WebhookError::ContentType);
    }
    let text = std::str::from_utf8(body).map_err(|_| WebhookError::NotUtf8)?;
    let drafts = generic::read(text)?;
    if drafts.len() > BODY_LINES {
        return Err(WebhookError::TooManyLines {
            lines: drafts.len(),
        });
    }
    drafts.into_iter().collect()
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    matches!(
        kind.as_str(),
        "" | "application/json"
            | "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
    ) || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use stallcast_show::At;

    use super::*;

    const JSON: &str = "application/json; charset=utf-8";

    #[test]
    fn an_object_an_array_and_lines_mean_the_same() {
        let one = r#"{"author":"小李","text":"多少钱","id":7,"at":1763700000000,"extra":[1]}"#;
        let expected = LineDraft {
            id: Some("7".into()),
            platform: "web".into(),
            author: "小李".into(),
            text: "多少钱".into(),
            at: Some(At(1_763_700_000_000)),
        };
        assert_eq!(
            parse(one.as_bytes(), JSON).unwrap(),
            std::slice::from_ref(&expected)
        );
        for body in [
            format!("[{one},{one}]"),
            format!("\u{feff}{one}\r\n\r\n{one}\n"),
        ] {
            let drafts = parse(body.as_bytes(), "application/x-ndjson").unwrap();
            assert_eq!(drafts, [expected.clone(), expected.clone()]);
        }
        let spread = "{\n \"author\": \"a\",\n \"text\": \"b\"\n}";
        assert_eq!(parse(spread.as_bytes(), "").unwrap().len(), 1);
    }

    #[test]
    fn an_error_names_the_object_and_the_field() {
        let good = r#"{"author":"a","text":"b"}"#;
        let field = |index, field, problem| WebhookError::Field {
            index,
            field,
            problem,
        };
        let long = format!(
            r#"{{"author":"a","text":"b","platform":"{}"}}"#,
            "p".repeat(25)
        );
        let cases: [(&str, WebhookError); 14] = [
            (r#"{"text":"b"}"#, field(1, Field::Author, Problem::Missing)),
            (
                r#"{"author":" ","text":"b"}"#,
                field(1, Field::Author, Problem::Empty),
            ),
            (
                r#"{"author":null,"text":"b"}"#,
                field(1, Field::Author, Problem::Missing),
            ),
            (
                r#"{"author":"a","text":3}"#,
                field(1, Field::Text, Problem::WrongKind),
            ),
            (
                r#"{"author":"a","text":""}"#,
                field(1, Field::Text, Problem::Empty),
            ),
            (
                r#"{"author":"a","text":"b","id":1.5}"#,
                field(1, Field::Id, Problem::WrongKind),
            ),
            (
                r#"{"author":"a","text":"b","id":"\u0000"}"#,
                field(1, Field::Id, Problem::BadCharacter),
            ),
            (
                r#"{"author":"a","text":"b","platform":"a b"}"#,
                field(1, Field::Platform, Problem::BadCharacter),
            ),
            (&long, field(1, Field::Platform, Problem::TooLong)),
            (
                r#"{"author":"a","text":"b","at":1763700000}"#,
                field(1, Field::At, Problem::NotMilliseconds),
            ),
            (
                r#"{"author":"a","text":"b","at":"now"}"#,
                field(1, Field::At, Problem::WrongKind),
            ),
            (
                r#"{"author":"a","text":"b","at":1e99}"#,
                field(1, Field::At, Problem::WrongKind),
            ),
            ("[]", WebhookError::NotAnObject { index: 1 }),
            ("{oops", WebhookError::NotJson { index: 1 }),
        ];
        for (bad, error) in cases {
            let body = format!("{good}\n{bad}\n{good}");
            assert_eq!(parse(body.as_bytes(), JSON), Err(error), "{bad}");
        }
    }

    #[test]
    fn limits_and_foreign_bodies_are_refused_by_name() {
        assert_eq!(parse(b"  \n", JSON), Err(WebhookError::Empty));
        assert_eq!(parse(b"[]", JSON), Err(WebhookError::Empty));
        assert_eq!(parse(b"[{", JSON), Err(WebhookError::NotJson { index: 0 }));
        assert_eq!(
            parse(b"3", JSON),
            Err(WebhookError::NotAnObject { index: 0 })
        );
        assert_eq!(parse(&[0xff], JSON), Err(WebhookError::NotUtf8));
        assert_eq!(
            parse(b"{}", "application/x-www-form-urlencoded"),
            Err(WebhookError::ContentType)
        );
        assert_eq!(parse(b"{}", "text/plain"), Err(WebhookError::ContentType));
        let large = vec![b' '; BODY_BYTES + 1];
        assert_eq!(
            parse(&large, JSON),
            Err(WebhookError::TooLarge {
                bytes: BODY_BYTES + 1
            })
        );
        let line = "{\"author\":\"a\",\"text\":\"b\"}\n";
        assert_eq!(parse(line.repeat(100).as_bytes(), JSON).unwrap().len(), 100);
        assert_eq!(
            parse(line.repeat(101).as_bytes(), JSON),
            Err(WebhookError::TooManyLines { lines: 101 })
        );
        let deep = "[".repeat(30_000);
        assert_eq!(
            parse(deep.as_bytes(), JSON),
            Err(WebhookError::NotJson { index: 0 })
        );
    }
}
