//! The page's sentences, for what is told where no page is: the doctor, and why an engine does not start.

use std::collections::HashMap;
use std::sync::LazyLock;

use stallcast_overlay::Lang;

type Sentences = HashMap<String, String>;

static ZH: LazyLock<Sentences> =
    LazyLock::new(|| read(include_str!("../../../ui/src/messages/zh-CN.json")));
static EN: LazyLock<Sentences> =
    LazyLock::new(|| read(include_str!("../../../ui/src/messages/en.json")));

/// Those that are needed here.
fn read(json: &str) -> Sentences {
    let all: Sentences = serde_json::from_str(json).unwrap_or_default();
    let own = all.into_iter();
    own.filter(|(key, _)| key.starts_with("doctor") || key.starts_with("cause."))
        .collect()
}

/// The sentence of a key of the doctor or of a cause.
pub fn sentence(key: &str, lang: Lang) -> Option<&'static str> {
    let known = match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    };
    known.get(key).map(String::as_str)
}
