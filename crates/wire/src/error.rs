//! The closed set of errors that cross the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong, as a code the page has a sentence for.
///
/// The show's own refusals travel as [`ErrorCode::Refused`] with the refusal's code in `message_key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The first message was not a hello, or the token is wrong.
    Unauthorized,
    /// The role may not do this.
    Forbidden,
    /// This device's access to the studio was ended, has run out or never was.
    AccessEnded,
    /// The owner has not said yes to this device yet.
    AwaitsYes,
    /// No invite has this secret: it was withdrawn, or the studio was started anew since.
    InviteUnknown,
    /// The invite was used already.
    InviteUsed,
    /// The invite's time is over.
    InviteExpired,
    /// So many wrong invites and tokens came from there that none is answered for a minute.
    TooManyTries,
    /// There are as many invites or devices as there may be: `most`.
    TeamFull,
    /// The team cannot come in by what was set; `cause` says why.
    TeamUnusable,
    /// A member's name is empty, too long or one that the studio itself uses.
    NameUnusable,
    /// Somebody else changed the same thing after what this page had seen: `by` did. Nothing was done.
    WasFirst,
    /// The message could not be understood.
    Malformed,
    /// Going live would fail: `check` names the check of the preflight that stops it (`key`, `encoder`); for `key`,
    /// `destinations` holds the ids (joined by `,`) and `names` the names of those that lack theirs.
    NotReady,
    /// The show refused the command; `message_key` names the refusal.
    Refused,
    /// Nothing is live or rehearsing, so there is nothing to save.
    NothingRuns,
    /// A file could not be written; `cause` says why (`disk_full`, or what the system says).
    FileUnwritable,
    /// The encoder that was asked for is not there or fails its trial; `cause` says which.
    EncoderUnusable,
    /// The card theme is not there or broken; `file` and `element` say where, `fault` what is wrong.
    ThemeRefused,
    /// Words in this colour could not be read on the card: `contrast` is theirs, `least` what it has to be.
    ColourUnreadable,
    /// The platform has no way to test the upload that viewers do not see.
    UploadUntestable,
    /// The server did not take the upload test; `cause` is the code of [`crate::DestinationHealth::error`].
    UploadFailed,
    /// What was asked for does not exist.
    NotFound,
    /// A file or body is too large.
    TooLarge,
    /// So many requests of this page are under way that this one was not begun.
    Busy,
    /// A spreadsheet could not be read at all.
    ImportUnreadable,
    /// The show or the list is not as it was when the list was looked at; nothing was taken over.
    ImportChanged,
    /// A photo is neither JPEG, PNG nor WebP.
    PhotoUnreadable,
    /// There is no keychain and writing a file was not allowed.
    NoKeychain,
    /// The journal could not be written; the command did not happen.
    JournalUnwritable,
    /// The engine is ending.
    ShuttingDown,
    /// A newer program cannot take the engine's place now; `cause` says what must not be interrupted: `replace_live`,
    /// `replace_recording`, `replace_clips`, `replace_evidence`, `replace_held` (somebody else is at it).
    NotReplaceable,
    /// A newer program is being put in the engine's place, so nothing begins that must not be interrupted.
    BeingReplaced,
    /// It is to be kept for longer, and nobody said that it is to go all the same.
    StillKept,
    /// No model is set that phrases answers.
    PhraseOff,
    /// There is no draft; `cause` says why.
    PhraseFailed,
    /// What the model wrote has `found` in it, which is not in the facts; nobody is shown it.
    PhraseUnfounded,
    /// Anything else; the log has the cause.
    Internal,
}

/// An error as sent to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WireError {
    /// Which kind.
    pub code: ErrorCode,
    /// Key of the sentence in the page's message files.
    pub message_key: String,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
    /// Whether the same message may succeed later.
    pub retryable: bool,
}

impl WireError {
    /// An error whose sentence is that of its code.
    pub fn new(code: ErrorCode) -> Self {
        let key = serde_json::to_value(code)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default();
        Self {
            code,
            message_key: format!("error.{key}"),
            params: BTreeMap::new(),
            retryable: false,
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// A refusal of the show.
    pub fn refused(code: &str, params: BTreeMap<String, String>) -> Self {
        Self {
            code: ErrorCode::Refused,
            message_key: format!("refusal.{code}"),
            params,
            retryable: false,
        }
    }

    /// Marks the error as worth trying again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}
