//! amf0 owns the few AMF0 values that RTMP commands use: written in a fixed order, read with
//! bounds on depth and size.

use super::Violation;

/// Deepest nesting read. Real commands use two levels.
const MAX_DEPTH: usize = 8;

const NUMBER: u8 = 0;
const BOOLEAN: u8 = 1;
const STRING: u8 = 2;
const OBJECT: u8 = 3;
const NULL: u8 = 5;
const UNDEFINED: u8 = 6;
const ECMA_ARRAY: u8 = 8;
const OBJECT_END: u8 = 9;
const STRICT_ARRAY: u8 = 10;
const DATE: u8 = 11;
const LONG_STRING: u8 = 12;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Boolean(bool),
    String(String),
    Object(Vec<(String, Value)>),
    /// Written with its count, as `onMetaData` is in FLV; read as an object.
    EcmaArray(Vec<(String, Value)>),
    StrictArray(Vec<Value>),
    Null,
    /// Read and understood, but of no use here.
    Other,
}

impl Value {
    pub fn text(value: &str) -> Self {
        Self::String(value.to_owned())
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The entries of an object; none of anything else.
    pub fn entries(&self) -> &[(String, Value)] {
        match self {
            Self::Object(entries) | Self::EcmaArray(entries) => entries,
            _ => &[],
        }
    }

    /// The values of an array; none of anything else.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let strict: &[Value] = match self {
            Self::StrictArray(values) => values,
            _ => &[],
        };
        // Some servers write an array with its places as names.
        let named: &[(String, Value)] = match self {
            Self::EcmaArray(entries) => entries,
            _ => &[],
        };
        strict.iter().chain(named.iter().map(|(_, value)| value))
    }

    /// The text property `name` of an object.
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut entries = self.entries().iter();
        let (_, value) = entries.find(|(key, _)| key == name)?;
        value.as_text()
    }
}

pub(super) fn encode(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    values.iter().for_each(|value| write(&mut out, value));
    out
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Boolean(flag) => out.extend_from_slice(&[BOOLEAN, u8::from(*flag)]),
        Value::String(text) if text.len() > usize::from(u16::MAX) => {
            out.push(LONG_STRING);
            out.extend_from_slice(&(text.len() as u32).to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Value::String(text) => {
            out.push(STRING);
            write_key(out, text);
        }
        Value::Object(entries) => {
            out.push(OBJECT);
            write_entries(out, entries);
        }
        Value::EcmaArray(entries) => {
            out.push(ECMA_ARRAY);
            out.extend_from_slice(&(entries.len() as u32).to_be_bytes());
            write_entries(out, entries);
        }
        Value::StrictArray(values) => {
            out.push(STRICT_ARRAY);
            out.extend_from_slice(&(values.len() as u32).to_be_bytes());
            values.iter().for_each(|value| write(out, value));
        }
        Value::Null => out.push(NULL),
        Value::Other => out.push(UNDEFINED),
    }
}

fn write_entries(out: &mut Vec<u8>, entries: &[(String, Value)]) {
    for (key, value) in entries {
        write_key(out, key);
        write(out, value);
    }
    out.extend_from_slice(&[0, 0, OBJECT_END]);
}

fn write_key(out: &mut Vec<u8>, text: &str) {
    // Keys are ours and short; a longer text went out as a long string.
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads all values of a message.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Value>, Violation> {
    let mut reader = Reader { rest: bytes };
    let mut values = Vec::new();
    while !reader.rest.is_empty() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Violation> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Violation::Command)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Violation> {
        self.take(N)?.try_into().map_err(|_| Violation::Command)
    }

    fn short_text(&mut self) -> Result<String, Violation> {
        let length = u16::from_be_bytes(self.array()?);
        Ok(String::from_utf8_lossy(self.take(usize::from(length))?).into_owned())
    }

    fn value(&mut self, depth: usize) -> Result<Value, Violation> {
        if depth > MAX_DEPTH {
            return Err(Violation::Command);
        }
        let [marker] = self.array()?;
        Ok(match marker {
            NUMBER => Value::Number(f64::from_be_bytes(self.array()?)),
            BOOLEAN => Value::Boolean(self.array::<1>()? != [0]),
            STRING => Value::String(self.short_text()?),
            OBJECT => Value::Object(self.entries(depth)?),
            ECMA_ARRAY => {
                self.take(4)?;
                Value::EcmaArray(self.entries(depth)?)
            }
            STRICT_ARRAY => {
                // The count is the server's word; each value costs it at least one byte.
                let mut values = Vec::new();
                for _ in 0..u32::from_be_bytes(self.array()?) {
                    values.push(self.value(depth + 1)?);
                }
                Value::StrictArray(values)
            }
            NULL => Value::Null,
            UNDEFINED => Value::Other,
            DATE => {
                self.take(10)?;
                Value::Other
            }
            LONG_STRING => {
                let length = u32::from_be_bytes(self.array()?) as usize;
                Value::String(String::from_utf8_lossy(self.take(length)?).into_owned())
            }
            _ => return Err(Violation::Command),
        })
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(String, Value)>, Violation> {
        let mut entries = Vec::new();
        loop {
            if self.rest.starts_with(&[0, 0, OBJECT_END]) {
                self.take(3)?;
                return Ok(entries);
            }
            let key = self.short_text()?;
            entries.push((key, self.value(depth + 1)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read_again() {
        let values = vec![
            Value::text("connect"),
            Value::Number(1.0),
            Value::Object(vec![
                ("app".into(), Value::text("live")),
                (
                    "deep".into(),
                    Value::EcmaArray(vec![("flag".into(), Value::Boolean(true))]),
                ),
            ]),
            Value::StrictArray(vec![Value::text("hvc1"), Value::Null]),
            Value::Null,
            Value::String("x".repeat(70_000)),
        ];
        assert_eq!(decode(&encode(&values)), Ok(values));
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_followed() {
        let bomb: Vec<u8> = [OBJECT, 0, 1, b'a'].repeat(15_000);
        assert_eq!(decode(&bomb), Err(Violation::Command));
        let arrays: Vec<u8> = [STRICT_ARRAY, 255, 255, 255, 255].repeat(10_000);
        assert_eq!(decode(&arrays), Err(Violation::Command));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
