//! What the engine pushes: topics, each replaced whole, so that a lagging page only misses the past; and notices,
//! told once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::SourceId;
use ts_rs::TS;

use crate::{
    CatalogueView, CrewView, FindingsView, HeatView, HeldView, QuestionsView, ShowView, StatusView,
    TeamView, VettingView,
};

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Level {
    /// Peak of left and right, dBFS, -100 to 0.
    pub peak_db: [f32; 2],
    /// RMS of left and right, dBFS.
    pub rms_db: [f32; 2],
}

/// Levels, ten times a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetersView {
    /// Of each source with sound.
    pub inputs: BTreeMap<SourceId, Level>,
    /// Of the program.
    pub master: Level,
    /// Loudness of the program over the last 3 s (EBU R128 short-term), LUFS; -100 in silence.
    pub loudness_lufs: f32,
    /// Over the last 400 ms, LUFS; -100 in silence.
    pub momentary_lufs: f32,
    /// Since the broadcast began, pauses left out, LUFS; -100 before there was anything to hear.
    pub integrated_lufs: f32,
    /// By how many dB music is lowered under speech; 0 = not at all.
    pub ducked_db: f32,
    /// By how many dB the limiter lowers the program; 0 = not at all.
    pub limited_db: f32,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Being worked on.
    Warn,
    /// Something is being lost.
    Error,
}

/// Something a person should hear of once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// Key of the sentence.
    pub key: String,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
    /// When, ms since 1970 UTC.
    pub at: i64,
}

/// A topic with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "topic", content = "data", rename_all = "snake_case")]
pub enum Topic {
    /// State of the show.
    Show(Box<ShowView>),
    /// Products.
    Catalogue(CatalogueView),
    /// What was looked at of products, and what has to be.
    Vetting(VettingView),
    /// Health.
    Status(Box<StatusView>),
    /// What the rules of honest selling found.
    Findings(FindingsView),
    /// What the audience asks.
    Questions(QuestionsView),
    /// Lines that a person should look at; told to moderators and above.
    Held(HeldView),
    /// How lively the chat is.
    Heat(HeatView),
    /// Levels.
    Meters(MetersView),
    /// Who was invited and who is there; for the owner alone.
    Team(TeamView),
    /// Who works on the chat, for those who hand out questions.
    Crew(CrewView),
}
