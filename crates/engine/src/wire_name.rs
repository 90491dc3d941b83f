//! Names of codes as the wire writes them: a unit variant's serde name, or the value of its tag.

use serde::Serialize;
use serde_json::Value;

/// The name of `code`; empty when it has none.
pub fn wire_name(code: &impl Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(fields)) => {
            let tag = fields.get("code").or_else(|| fields.get("kind"));
            tag.and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}
