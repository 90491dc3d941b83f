//! The engine: the only place where show, journal, media, delivery, overlay and chat meet.

pub mod address;
mod after;
mod air;
pub mod api;
mod bulk_undo;
mod canvases;
mod carriers;
mod catalogue_search;
mod chat_connections;
mod chat_history;
mod chat_room;
mod clock;
mod comings;
mod demo;
mod desk;
pub mod doctor;
pub mod draw;
mod drops;
pub mod folders;
mod games;
mod incidents;
mod keys;
mod lately;
mod looks;
mod network;
mod notices;
pub mod obs;
mod orders;
mod packets;
mod part_boxes;
mod phones;
mod photo_folder;
mod phrasing;
mod picture;
mod private_file;
mod replacement;
mod replay;
pub mod runtime_file;
#[cfg(test)]
mod sample;
mod selling;
pub mod sentences;
mod sign_of_life;
pub mod signals;
pub mod studio;
pub mod team;
mod threads;
mod unfinished;
pub mod verify;
pub mod verify_draw;
mod vetting;
mod wire_name;

/// Why the engine could not start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal is damaged, newer than this program, or another engine uses it.
    #[error("the show's journal cannot be used: {0}")]
    Journal(#[from] stallcast_journal::JournalError),
    /// A file or a thread.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// No encoder works, or GStreamer is not complete.
    #[error("the picture cannot be started: {0}")]
    Media(#[from] stallcast_media::error::MediaError),
    /// A card theme is broken.
    #[error("the card theme cannot be used: {0}")]
    Theme(#[from] stallcast_overlay::ThemeError),
    /// The platform presets are broken.
    #[error("the platform presets cannot be used: {0}")]
    Platforms(#[from] stallcast_delivery::presets::PresetError),
    /// A pack of rules is broken.
    #[error("{0}")]
    Rules(&'static stallcast_rules::PackFault),
    /// A canvas height nobody offers.
    #[error("a canvas has 720 or 1080 lines, not {0}")]
    CanvasHeight(u32),
    /// The show refused what a start needs.
    #[error("the show refused to start: {0}")]
    Refused(String),
    /// One of its threads panicked while it ran; what was recorded is closed. Started again, the show goes on.
    #[error("a part of the engine failed ({0}) and it ended; start it again and the show goes on")]
    Fallen(&'static str),
}

impl StartError {
    /// A stable code, where there is one: `cause.CODE` is its sentence.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Journal(error) => Some(error.code()),
            Self::Media(error) => Some(error.code()),
            _ => None,
        }
    }
}
