//! What the window says to the engine when it puts a newer program in place: `POST /api/replacement`, on loopback only.

use serde::{Deserialize, Serialize};

/// What is asked. Every refusal is a [`crate::WireError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum ReplacementAsk {
    /// Whether it could be held now: asked while a newer program is fetched, which is given up for a show.
    Look,
    /// To hold the engine: no show and no recording begins, and no clips or evidence are made. Refused while one of them
    /// runs. Answer: [`ReplacementHold`].
    Hold,
    /// To go on holding it. Answer: [`ReplacementHold`].
    Renew {
        /// Of the hold.
        id: u32,
    },
    /// To let it go again.
    Release {
        /// Of the hold.
        id: u32,
    },
    /// To end the engine in order.
    End {
        /// Of the hold.
        id: u32,
    },
}

/// The engine is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacementHold {
    /// By which it is named.
    pub id: u32,
    /// When it is over unless it is renewed, ms from now.
    pub lasts_ms: u32,
}
