//! Owns acting on comments under a Facebook live video: replies, hiding, and showing again.

use futures_util::future::BoxFuture;
use hyper::Method;
use stallcast_show::MessageId;

use super::graph;
use crate::acts::{Act, ActFault, ActKind, Hands, words};
use crate::secret::Secret;
use crate::spec::FacebookSpec;

/// A Page, as far as its token lets us act for it.
pub(crate) struct FacebookHands {
    graph: String,
    token: Secret,
    /// `None` = what was typed names no video.
    video: Option<String>,
}

impl FacebookHands {
    pub(crate) fn new(spec: &FacebookSpec) -> Self {
        Self {
            graph: spec.graph.clone(),
            token: spec.token.clone(),
            video: super::video_id(&spec.video),
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
        &[ActKind::Reply, ActKind::Delete, ActKind::Restore]
    }

    fn act<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(), ActFault>> {
        Box::pin(self.act(act))
    }
}
