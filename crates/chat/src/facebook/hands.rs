//! Owns acting on comments under a Facebook live video: replies, hiding, showing again, and putting their writers out of the
//! Page and letting them in again (Page, "Blocked").

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hyper::Method;
use stallcast_show::MessageId;

use super::graph;
use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::said::Said;
use crate::secret::Secret;
use crate::spec::FacebookSpec;

/// A Page, as far as its token lets us act for it.
pub(crate) struct FacebookHands {
    graph: String,
    token: Secret,
    /// `None` = what was typed names no video.
    video: Option<String>,
    said: Arc<Said>,
}

impl FacebookHands {
    pub(crate) fn new(spec: &FacebookSpec, said: Arc<Said>) -> Self {
        Self {
            graph: spec.graph.clone(),
            token: spec.token.clone(),
            video: super::video_id(&spec.video),
            said,
        }
    }

    async fn post(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), ActFault> {
        let ask = graph::ask(Method::POST, &self.graph, path, query, &self.token)?;
        let answer = ask.send().await?;
        if answer.is_fine() {
            return Ok(());
        }
        Err(graph::fault(answer.status, &answer.body))
    }

    /// A hidden comment is still seen by its writer and their friends (Comment, "Updating").
    async fn hide(&self, message: &MessageId, hidden: bool) -> Result<(), ActFault> {
        let hidden = if hidden { "true" } else { "false" };
        self.post(&[own_id(message)?], &[("is_hidden", hidden)])
            .await
    }

    /// Puts a writer out of the whole Page, or lets them in again. Who is named in comments is named for this Page alone, and a
    /// Page's token is the Page's own ("me").
    async fn block(&self, method: Method, message: &MessageId) -> Result<(), ActFault> {
        let writer = self.said.writer(message).ok_or(ActFault::WriterUnknown)?;
        let (path, query) = (["me", "blocked"], [("psid", writer.as_str())]);
        let ask = graph::ask(method, &self.graph, &path, &query, &self.token)?;
        let answer = ask.send().await?;
        if !answer.is_fine() {
            return Err(match graph::fault(answer.status, &answer.body) {
                // There is no such person for this Page.
                ActFault::LineGone => ActFault::WriterUnknown,
                fault => fault,
            });
        }
        // Putting out is answered for each person: a fine answer may hold a no.
        let became: serde_json::Value = answer.json()?;
        let is_no = became.as_object().is_some_and(|people| {
            people
                .values()
                .any(|done| *done == serde_json::Value::Bool(false))
        });
        if is_no {
            return Err(ActFault::Refused);
        }
        Ok(())
    }

    async fn act(&self, act: &Act) -> Result<(), ActFault> {
        match act {
            Act::Reply { text, to } => {
                let text = words(text, usize::MAX)?;
                let under = match to {
                    Some(to) => own_id(to)?,
                    None => self.video.as_deref().ok_or(ActFault::Refused)?,
                };
                self.post(&[under, "comments"], &[("message", &text)]).await
            }
            Act::Delete { message } => self.hide(message, true).await,
            Act::Restore { message } => self.hide(message, false).await,
            Act::Ban { message } => self.block(Method::POST, message).await,
            Act::Pardon { message } => self.block(Method::DELETE, message).await,
            _ => Err(ActFault::Refused),
        }
    }
}

/// Facebook's own id of a line.
fn own_id(message: &MessageId) -> Result<&str, ActFault> {
    let id = message.0.split_once(':').map_or("", |(_, id)| id);
    let fits = |b: u8| b.is_ascii_digit() || b == b'_';
    (!id.is_empty() && id.bytes().all(fits))
        .then_some(id)
        .ok_or(ActFault::LineGone)
}

impl Hands for FacebookHands {
    fn able(&self) -> &'static [ActKind] {
        &[
            ActKind::Reply,
            ActKind::Delete,
            ActKind::Restore,
            ActKind::Ban,
            ActKind::Pardon,
        ]
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(self.act(act))
    }
}
