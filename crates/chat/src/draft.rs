//! Owns a line on its way in: what a source said, before it gets its id, its time and its verdict.

use stallcast_show::{At, ChatLine, MessageId};

use crate::{clean, question};

/// A line as a source gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDraft {
    /// The source's own id, unique within `platform`; `None` = it has none.
    pub id: Option<String>,
    /// Short platform id, for example `twitch`.
    pub platform: String,
    /// Name as given.
    pub author: String,
    /// Text as given.
    pub text: String,
    /// When it was written, if the source says; milliseconds since 1970.
    pub at: Option<At>,
}

impl LineDraft {
    /// Cleans, classifies and names the line. `received` is used when the source gave no time or one
    /// in the future. `None` when nothing visible is left of the text.
    pub fn into_line(self, received: At, own_ids: &mut OwnIds) -> Option<ChatLine> {
        let text = clean::display_text(&self.text);
        if text.is_empty() {
            return None;
        }
        let mut author = clean::display_name(&self.author);
        if author.is_empty() {
            author.clone_from(&self.platform);
        }
        let id = match &self.id {
            Some(id) => id.clone(),
            None => own_ids.next_id(),
        };
        Some(ChatLine {
            id: MessageId(format!("{}:{id}", self.platform)),
            at: self.at.unwrap_or(received).min(received),
            question: question::is_question(&text),
            platform: self.platform,
            author,
            text,
        })
    }
}

/// A moment as RFC 3339 writes it.
pub(crate) fn moment(text: &str) -> Option<At> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(At(at.as_millisecond()))
}

/// Gives ids to lines that came without one: unique in one source by counting, over sources and
/// restarts by the nonce.
#[derive(Debug, Clone)]
pub struct OwnIds {
    nonce: u64,
    next: u64,
}

impl OwnIds {
    /// `nonce` should be random, and is drawn once per source and start.
    pub fn new(nonce: u64) -> Self {
        Self { nonce, next: 0 }
    }

    /// The next id, for example `own-9f3a…-12`.
    pub fn next_id(&mut self) -> String {
        self.next += 1;
        format!("own-{:016x}-{}", self.nonce, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_id_and_time_gets_both_and_the_future_counts_as_now() {
        let mut ids = OwnIds::new(1);
        let draft = LineDraft {
            id: None,
            platform: "web".into(),
            author: "\u{202e}".into(),
            text: "多少钱".into(),
            at: Some(At(99)),
        };
        let line = draft.clone().into_line(At(50), &mut ids).unwrap();
        assert_eq!(line.id.as_str(), "web:own-0000000000000001-1");
        assert_eq!(line.at, At(50));
        assert_eq!(line.author, "web");
        assert!(line.question);
        let again = draft.into_line(At(50), &mut ids).unwrap();
        assert_ne!(line.id, again.id);
    }
}
