//! Owns the generic JSON: from text to drafts, each good or wrong on its own.

use serde_json::{Map, Value};
use stallcast_show::At;

use crate::draft::LineDraft;
use crate::webhook::{Field, Problem, WebhookError};

/// Longest id kept; longer ones are refused rather than cut, since a cut id could meet another.
const ID_CHARS: usize = 128;
/// Longest platform id.
const PLATFORM_CHARS: usize = 24;

/// Reads one object, an array, or objects separated by newlines. The outer error means that not even
/// the objects could be told apart.
pub(crate) fn read(text: &str) -> Result<Vec<Result<LineDraft, WebhookError>>, WebhookError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(WebhookError::Empty);
    }
    let values: Vec<Result<Value, WebhookError>> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(values)) => values.into_iter().map(Ok).collect(),
        Ok(value) => vec![Ok(value)],
        Err(_) if text.starts_with('[') => return Err(WebhookError::NotJson { index: 0 }),
        Err(_) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .enumerate()
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|_| WebhookError::NotJson { index })
            })
            .collect(),
    };
    if values.is_empty() {
        return Err(WebhookError::Empty);
    }
    Ok(values
        .into_iter()
        .enumerate()
        .map(|(index, value)| value.and_then(|value| draft(index, value)))
        .collect())
}

fn draft(index: usize, value: Value) -> Result<LineDraft, WebhookError> {
    let Value::Object(mut object) = value else {
        return Err(WebhookError::NotAnObject { index });
    };
    let refuse = |field, problem| WebhookError::Field {
        index,
        field,
        problem,
    };
    let mut text_of = |field: Field| match object.remove(field.name()) {
        None | Some(Value::Null) => Err(refuse(field, Problem::Missing)),
        Some(Value::String(text)) if text.trim().is_empty() => Err(refuse(field, Problem::Empty)),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(refuse(field, Problem::WrongKind)),
    };
    let author = text_of(Field::Author)?;
    let text = text_of(Field::Text)?;
    Ok(LineDraft {
        id: id(&mut object).map_err(|problem| refuse(Field::Id, problem))?,
        platform: platform(&mut object).map_err(|problem| refuse(Field::Platform, problem))?,
        author,
        text,
        at: at(&mut object).map_err(|problem| refuse(Field::At, problem))?,
    })
}

fn id(object: &mut Map<String, Value>) -> Result<Option<String>, Problem> {
    let id = match object.remove(Field::Id.name()) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(id)) => id,
        Some(Value::Number(id)) if !id.is_f64() => id.to_string(),
        Some(_) => return Err(Problem::WrongKind),
    };
    if id.is_empty() {
        Ok(None)
    } else if id.chars().count() > ID_CHARS {
        Err(Problem::TooLong)
    } else if id.chars().any(char::is_control) {
        Err(Problem::BadCharacter)
    } else {
        Ok(Some(id))
    }
}

fn platform(object: &mut Map<String, Value>) -> Result<String, Problem> {
    match object.remove(Field::Platform.name()) {
        None | Some(Value::Null) => Ok("web".to_owned()),
        Some(Value::String(name)) if name.is_empty() => Ok("web".to_owned()),
        Some(Value::String(name)) if name.len() > PLATFORM_CHARS => Err(Problem::TooLong),
        Some(Value::String(name)) => {
            let name = name.to_ascii_lowercase();
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if name.bytes().all(fits) {
                Ok(name)
            } else {
                Err(Problem::BadCharacter)
            }
        }
        Some(_) => Err(Problem::WrongKind),
    }
}

fn at(object: &mut Map<String, Value>) -> Result<Option<At>, Problem> {
    match object.remove(Field::At.name()) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(ms)) => match ms.as_i64() {
            // Before 2001 it is seconds taken for milliseconds, the commonest slip.
            Some(ms) if ms < 1_000_000_000_000 => Err(Problem::NotMilliseconds),
            Some(ms) => Ok(Some(At(ms))),
            None => Err(Problem::WrongKind),
        },
        Some(_) => Err(Problem::WrongKind),
    }
}
