//! Owns reading a session of Social Stream Ninja over its WebSocket (its api.md, "Receiving Chat Messages"): it gathers
//! the chats of sites that have no way in of their own. Read only: what is written there gets no answer, so that nobody
//! could tell whether it arrived.

use std::convert::Infallible;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::LineDraft;
use crate::markup;
use crate::outlet::Outlet;
use crate::secret::Secret;
use crate::socket::{Heard, Silence, Socket};
use crate::spec::Tls;

/// The channel that lines come on.
const CHANNEL: &str = "4";
/// A line may carry a picture of its author as data.
const FRAME_BYTES: usize = 1024 * 1024;
/// Longest name of a site, as in the generic JSON.
const SITE_CHARS: usize = 24;

/// A session.
pub(crate) struct SocialStream {
    session: Secret,
    server: String,
}

#[derive(Deserialize)]
struct Said {
    chatname: Option<String>,
    /// HTML, unless `textonly`.
    chatmessage: Option<String>,
    #[serde(default)]
    textonly: Value,
    /// The site.
    #[serde(rename = "type")]
    site: Option<String>,
    userid: Option<Value>,
    /// What happened, where it is no line: a follow, somebody coming in.
    #[serde(default)]
    event: Value,
    #[serde(rename = "hasDonation", default)]
    donation: Value,
}

impl SocialStream {
    pub(crate) fn new(session: Secret, server: String) -> Self {
        Self { session, server }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        let address = address(&self.server, self.session.reveal())
            .ok_or(End::Hopeless(ChatErrorCode::InvalidUrl))?;
        let mut socket = Socket::open(&Tls::System, &address, FRAME_BYTES, Silence::Asked).await?;
        outlet.state(ConnectorState::Live);
        loop {
            match socket.hear().await? {
                Heard::Text(text) => take(&text, outlet).await?,
                Heard::Binary(_) => outlet.malformed(),
            }
        }
    }
}

fn address(server: &str, session: &str) -> Option<String> {
    let mut url = Url::parse(server.trim()).ok()?;
    if !matches!(url.scheme(), "ws" | "wss") || session.is_empty() {
        return None;
    }
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(["join", session, CHANNEL]);
    Some(url.into())
}

pub(crate) async fn take(text: &str, outlet: &mut Outlet) -> Result<(), End> {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        outlet.malformed();
        return Ok(());
    };
    // Commands and counts of other pages come on the same channel.
    if value.get("chatname").is_none() || value.get("chatmessage").is_none() {
        return Ok(());
    }
    let Ok(said) = serde_json::from_value::<Said>(value) else {
        outlet.malformed();
        return Ok(());
    };
    if let Some((draft, writer)) = said.draft() {
        outlet.put_of(draft, writer.as_deref()).await?;
    }
    Ok(())
}

impl Said {
    fn draft(self) -> Option<(LineDraft, Option<String>)> {
        if is_true(&self.event) && !is_true(&self.donation) {
            return None;
        }
        let text = self.chatmessage?;
        let draft = LineDraft {
            // Its ids count from one again when its page is loaded anew: they would make new lines look old.
            id: None,
            platform: site(self.site.as_deref()),
            author: markup::to_text(&self.chatname?),
            text: if is_true(&self.textonly) {
                text
            } else {
                markup::to_text(&text)
            },
            at: None,
        };
        let writer = match self.userid {
            Some(Value::String(id)) if !id.is_empty() => Some(id),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        };
        Some((draft, writer))
    }
}

/// As JavaScript has it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn site(name: Option<&str>) -> String {
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.is_empty() && name.len() <= SITE_CHARS && name.bytes().all(fits) {
        name
    } else {
        "web".to_owned()
    }
}
