//! A line of chat as the whole house knows it.

use serde::{Deserialize, Serialize};

use crate::{At, MessageId};

/// One message from any platform, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChatLine {
    /// Unique over platforms.
    pub id: MessageId,
    /// Short platform id: `twitch`, `web`, `simulated`.
    pub platform: String,
    /// Name shown by the platform.
    pub author: String,
    /// The text as written, at most 500 characters; never interpreted as markup.
    pub text: String,
    /// When the studio received it.
    pub at: At,
    /// Whether it asks something.
    pub question: bool,
}
