//! plan owns what the budget is told of destinations and what it answers: plain values.

use crate::uplink::LinkView;

/// What the encoder may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLimits {
    /// What the user chose, kbit/s.
    pub nominal_kbps: u32,
    /// Below this nobody wants to watch, kbit/s; destinations pause before it is undercut.
    pub floor_kbps: u32,
}

/// A destination as the budget sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The caller's name for it.
    pub id: String,
    /// 0 is the last to pause.
    pub priority: u32,
    /// Its link; `None` while it is not connected or paused.
    pub link: Option<LinkView>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Bitrate for the encoder, kbit/s, from the floor to the nominal one.
    pub kbps: u32,
    /// Destinations that pause, least important first.
    pub paused: Vec<String>,
}
