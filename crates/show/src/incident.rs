//! What went wrong with the stream while a show ran, as the engine notes it: for the recap and the evidence.

use serde::{Deserialize, Serialize};

use crate::{At, DestinationId, Event, Show};

/// Longest name kept, in characters; what is longer is cut, since an incident must be noted all the same.
const NAME_MAX: usize = 100;

/// What an incident is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum IncidentKind {
    /// A destination got nothing any more.
    Destination,
    /// An input gave no picture or sound any more.
    Input,
    /// A recording stood still.
    Recording,
    /// A destination was sent less than the show's bitrate, because its link was short.
    Bitrate,
    /// The computer was too slow for every picture.
    Computer,
    /// The engine itself was gone: it failed, was killed, or the power was.
    Engine,
}

/// Whether it began or was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum IncidentTurn {
    /// It began, or became worse.
    Began,
    /// It was over.
    Over,
}

/// A turn of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Incident {
    /// About what.
    pub kind: IncidentKind,
    /// Id of the destination or source; the canvas of a recording or a computer that is too slow.
    pub id: String,
    /// Its name at that time.
    pub name: String,
    /// Which turn.
    pub turn: IncidentTurn,
    /// Why, as a code (`unreachable`, `device_missing`, …); empty = not known.
    pub code: String,
    /// Of [`IncidentKind::Bitrate`]: what is sent instead, kbit/s.
    #[serde(default)]
    pub kbps: Option<u32>,
    /// Of [`IncidentKind::Destination`] and [`IncidentKind::Bitrate`] that are over: pictures left out for it since the
    /// show began.
    #[serde(default)]
    pub dropped: Option<u32>,
    /// Since when, where it began before it could be noted; `None` = since the moment of the note.
    #[serde(default)]
    pub since: Option<At>,
}

/// Pictures that were left out for a destination since the last such note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PicturesDropped {
    /// For which.
    pub destination: DestinationId,
    /// Its name at that time.
    pub name: String,
    /// How many, at least 1.
    pub pictures: u32,
}

impl Show {
    /// Off air nobody misses a picture.
    pub(crate) fn decide_note_dropped(&self, mut note: PicturesDropped) -> Vec<Event> {
        if !self.is_live() || note.pictures == 0 {
            return Vec::new();
        }
        note.name = note.name.chars().take(NAME_MAX).collect();
        vec![Event::PicturesDropped { note }]
    }

    /// Off air nothing is noted: nobody watches.
    pub(crate) fn decide_note_incident(&self, mut incident: Incident) -> Vec<Event> {
        if !self.is_live() {
            return Vec::new();
        }
        incident.name = incident.name.chars().take(NAME_MAX).collect();
        vec![Event::IncidentNoted { incident }]
    }
}
