//! Owns reading the comments of a Facebook live video with a Page's own token (developers.facebook.com/docs/graph-api/
//! server-sent-events/endpoints/live-comments): the stream, its silences, and what was missed in a break.
//!
//! Facebook sends at most a hundred comments a second and picks which, and does not tell when one is deleted.

mod graph;
mod hands;

use std::convert::Infallible;
use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use serde_json::Value;
use stallcast_show::At;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::{LineDraft, moment};
use crate::event_stream::{Cut, EventStream};
use crate::http::Flow;
use crate::outlet::Outlet;
use crate::spec::FacebookSpec;
pub(crate) use hands::FacebookHands;

/// Its short id.
const PLATFORM: &str = "facebook";
/// What is asked of a comment.
const FIELDS: &str = "id,from{name,id},message,created_time";
/// The most that Facebook sends; above it comments are left out.
const RATE: &str = "one_hundred_per_second";
/// Silence after which the stream is opened anew: nothing in it tells a quiet room from a dead connection.
const QUIET: Duration = Duration::from_secs(90);
/// A stream that ends sooner than this, without a word, has no live video behind it.
const NO_STREAM: Duration = Duration::from_secs(30);
/// How long until it is asked again whether the video is live; Facebook's limits are counted by the hour.
const NO_CHAT_WAIT: Duration = Duration::from_secs(60);
/// What is asked for after a break: one page.
const MISSED: &str = "100";
const MISSED_BYTES: usize = 1024 * 1024;
/// What a refusal has to say.
const REFUSAL_BYTES: usize = 64 * 1024;

/// A live video's comments.
pub(crate) struct Facebook {
    spec: FacebookSpec,
    /// When the first stream was opened, by our clock.
    opened: Option<At>,
    /// When the newest comment was written, by Facebook's: what came after it and before the next stream is asked for.
    last: Option<At>,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    from: Option<From>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    created_time: String,
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Missed {
    #[serde(default)]
    data: Vec<Value>,
}

impl Facebook {
    pub(crate) fn new(spec: FacebookSpec) -> Self {
        Self {
            spec,
            opened: None,
            last: None,
        }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        let video =
            video_id(&self.spec.video).ok_or(End::Hopeless(ChatErrorCode::InvalidChannel))?;
        loop {
            let mut flow = self.open(&video).await?;
            outlet.state(ConnectorState::Live);
            // After the stream is open, so that nothing falls in between; what comes twice is skipped by its id.
            match self.last.or(self.opened) {
                Some(since) => self.catch_up(&video, since, outlet).await?,
                None => self.opened = Some(outlet.now()),
            }
            self.read(&mut flow, outlet).await?;
        }
    }

    async fn open(&self, video: &str) -> Result<Flow, End> {
        let path = [video, "live_comments"];
        let query = [("comment_rate", RATE), ("fields", FIELDS)];
        let server = &self.spec.stream;
        let ask = graph::ask(Method::GET, server, &path, &query, &self.spec.token)?;
        let mut flow = ask.events().open().await?;
        if flow.status == 200 {
            return Ok(flow);
        }
        let body = timeout(QUIET, flow.whole(REFUSAL_BYTES)).await;
        let body = body.unwrap_or(Ok(Default::default())).unwrap_or_default();
        Err(graph::meaning(flow.status, &body))
    }

    /// Reads until it is silent; an error when it ends.
    async fn read(&mut self, flow: &mut Flow, outlet: &mut Outlet) -> Result<(), End> {
        let began = Instant::now();
        let mut heard = false;
        let mut events = EventStream::default();
        loop {
            let Ok(piece) = timeout(QUIET, flow.next()).await else {
                return Ok(());
            };
            let Some(piece) = piece? else {
                return Err(match heard || began.elapsed() >= NO_STREAM {
                    true => End::Lost(ChatErrorCode::ClosedByPeer),
                    false => End::Later(ChatErrorCode::NoChat, NO_CHAT_WAIT),
                });
            };
            for cut in events.take(&piece) {
                heard = true;
                match cut {
                    Cut::Data(text) => self.take(&text, outlet).await?,
                    Cut::Spoilt => outlet.malformed(),
                }
            }
        }
    }

    /// Takes what was written while there was no stream: the newest hundred comments.
    async fn catch_up(&mut self, video: &str, since: At, outlet: &mut Outlet) -> Result<(), End> {
        let query = [
            ("fields", FIELDS),
            ("filter", "stream"),
            ("live_filter", "no_filter"),
            ("order", "reverse_chronological"),
            ("limit", MISSED),
        ];
        let server = &self.spec.graph;
        let path = [video, "comments"];
        let ask = graph::ask(Method::GET, server, &path, &query, &self.spec.token)?;
        let missed = ask.most(MISSED_BYTES).send().await;
        let missed = match missed {
            Ok(answer) if answer.is_fine() => answer.json::<Missed>(),
            Ok(answer) => Err(graph::meaning(answer.status, &answer.body)),
            Err(end) => Err(end),
        };
        let Ok(missed) = missed else {
            // The stream works: a history that cannot be had costs those lines and not the connection.
            tracing::info!("the comments of a break could not be read from Facebook");
            return Ok(());
        };
        for comment in missed.data.into_iter().rev() {
            let read = serde_json::from_value::<Comment>(comment);
            match read {
                Ok(comment) if moment(&comment.created_time).is_none_or(|at| at < since) => {}
                Ok(comment) => self.put(comment, outlet).await?,
                Err(_) => outlet.malformed(),
            }
        }
        Ok(())
    }

    /// Takes an event: a comment, or several.
    pub(crate) async fn take(&mut self, text: &str, outlet: &mut Outlet) -> Result<(), End> {
        let comments = match serde_json::from_str(text) {
            Ok(Value::Array(comments)) => comments,
            Ok(comment) => vec![comment],
            Err(_) => {
                outlet.malformed();
                return Ok(());
            }
        };
        for comment in comments {
            match serde_json::from_value(comment) {
                Ok(comment) => self.put(comment, outlet).await?,
                Err(_) => outlet.malformed(),
            }
        }
        Ok(())
    }

    async fn put(&mut self, comment: Comment, outlet: &mut Outlet) -> Result<(), End> {
        let at = moment(&comment.created_time);
        self.last = self.last.max(at);
        // Without the right to know who writes, Facebook leaves the writer out.
        let from = comment.from.unwrap_or(From {
            id: String::new(),
            name: String::new(),
        });
        let draft = LineDraft {
            id: Some(comment.id).filter(|id| !id.is_empty()),
            platform: PLATFORM.to_owned(),
            author: from.name,
            text: comment.message,
            at,
        };
        let writer = Some(from.id.as_str()).filter(|id| !id.is_empty());
        outlet.put_of(draft, writer).await?;
        Ok(())
    }
}

/// The live video's id from what a person typed or pasted: digits, or an address with them.
pub(crate) fn video_id(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let is_id =
        |text: &str| (5..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_id(typed) {
        return Some(typed.to_owned());
    }
    let url = Url::parse(typed).ok()?;
    let asked = url.query_pairs().find(|(name, _)| name == "v");
    let asked = asked.map(|(_, id)| id.into_owned());
    let last = || {
        url.path_segments()?
            .rfind(|part| is_id(part))
            .map(str::to_owned)
    };
    asked.filter(|id| is_id(id)).or_else(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_video_is_understood_as_typed_or_pasted() {
        for typed in [
            "1234567890123",
            " https://www.facebook.com/orchard/videos/1234567890123/ ",
            "https://www.facebook.com/watch/live/?v=1234567890123&ref=x",
            "https://www.facebook.com/orchard/videos/apples/1234567890123/?x=1",
        ] {
            assert_eq!(video_id(typed).as_deref(), Some("1234567890123"), "{typed}");
        }
        for typed in [
            "",
            "orchard",
            "12_34",
            "https://www.facebook.com/orchard",
            "12/../34",
        ] {
            assert_eq!(video_id(typed), None, "{typed}");
        }
    }
}
