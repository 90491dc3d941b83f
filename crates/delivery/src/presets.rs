//! presets owns the table of platforms: where to send, what they take, where the key is found.
//!
//! The table is data (`assets/platforms.json`), so that a changed address needs no release. The
//! texts a person reads are in it in both languages.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ingest_url::{IngestUrl, Transport};
use crate::packet::VideoCodec;
use crate::secret::Secret;

/// The table that ships with the program.
const BUILT_IN: &str = include_str!("../../../assets/platforms.json");

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How sure a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The platform says so in its own documents.
    Vendor,
    /// Several users or another studio's table say so.
    Reported,
    /// Commonly said; nobody here could check it.
    Unverified,
}

/// How the picture can get there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody who may go live gets an address and a key.
    Open,
    /// Some accounts get a key, others must use the platform's own program.
    Restricted,
    /// Most accounts get no key: the way is a capture of our picture in the platform's own program.
    VirtualCamera,
}

/// The protocol that the platform's addresses use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Plain.
    Rtmp,
    /// Encrypted.
    Rtmps,
}

/// An address to publish to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// Unique within the platform.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// `global`, `cn` (Chinese mainland), `asia`, `americas`, `europe`, `overseas` …
    pub region: String,
    /// The address without key.
    pub url: String,
    /// How sure the address is.
    pub certainty: Certainty,
}

/// A picture that suits the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures per second.
    pub fps: u32,
    /// Video rate in kbit/s.
    pub video_kbps: u32,
}

/// When the platform closes a room that gets no stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Minutes, may be a fraction; `None` when unknown.
    pub minutes: Option<f64>,
    /// What is known and how it is known.
    pub comment: String,
    /// How sure it is.
    pub certainty: Certainty,
}

/// A codec besides H.264.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenCodec {
    /// Which.
    pub codec: VideoCodec,
    /// How sure it is.
    pub certainty: Certainty,
}

/// Something to know about a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// How sure it is.
    pub certainty: Certainty,
}

/// Where the key is found: at most two lines per language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Simplified Chinese.
    pub zh: Vec<String>,
    /// English.
    pub en: Vec<String>,
}

/// One platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Unique, stable: shows store it.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// How the picture gets there.
    pub access: Access,
    /// The protocol of its addresses.
    pub protocol: Protocol,
    /// Fixed addresses, best first; empty when each account or each show has its own.
    pub ingests: Vec<Ingest>,
    /// What a key looks like, as a hint in an empty field.
    pub key_hint: Text,
    /// Highest video rate taken, in kbit/s, when known.
    pub max_video_kbps: Option<u32>,
    /// What it takes over RTMP besides H.264, where its server says so too.
    #[serde(default)]
    pub codecs: Vec<TakenCodec>,
    /// Suitable pictures, best first.
    pub recommended: Vec<Picture>,
    /// Seconds between keyframes.
    pub keyframe_seconds: u32,
    /// When the room closes without a stream.
    pub closing: Closing,
    /// What is added to the key so that a stream reaches the ingest and no viewer; `None` where there is no such way
    /// (or none is known), so that a test would go on air. Twitch: `bandwidthtest=true` "disables live viewing of the
    /// stream", <https://dev.twitch.tv/docs/video-broadcast>.
    #[serde(default)]
    pub unseen_suffix: Option<String>,
    /// Where the key is found.
    pub find_key: Lines,
    /// What else to know.
    pub notes: Vec<Note>,
}

impl Platform {
    /// Whether it is known to take a codec over RTMP.
    pub fn takes(&self, codec: VideoCodec) -> bool {
        codec == VideoCodec::H264 || self.codecs.iter().any(|taken| taken.codec == codec)
    }

    /// The deadline of [`crate::DestinationSpec`].
    pub fn closing_deadline(&self) -> Option<Duration> {
        let minutes = self.closing.minutes?;
        Duration::try_from_secs_f64(minutes * 60.0).ok()
    }
}

/// The table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platforms {
    /// For whoever edits the file.
    pub comment: Vec<String>,
    /// Year and month of the last look at the facts.
    pub checked: String,
    /// The platforms in the order in which they are offered.
    pub platforms: Vec<Platform>,
}

/// Why a table is not used.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// Not the JSON it should be; the message names line, column and field.
    #[error("the platform table cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Readable, but an entry makes no sense.
    #[error("platform {platform}: {field}")]
    Invalid {
        /// The entry's id.
        platform: String,
        /// What is wrong with it.
        field: &'static str,
    },
}

/// Reads and checks a table.
///
/// # Errors
/// [`PresetError`] names the entry and the field.
pub fn parse(json: &str) -> Result<Platforms, PresetError> {
    let table: Platforms = serde_json::from_str(json)?;
    let mut ids = HashSet::new();
    for platform in &table.platforms {
        let fault = if ids.insert(platform.id.as_str()) {
            fault_of(platform)
        } else {
            Some("id is used twice")
        };
        if let Some(field) = fault {
            return Err(PresetError::Invalid {
                platform: platform.id.clone(),
                field,
            });
        }
    }
    Ok(table)
}

/// The table that ships with the program.
///
/// # Errors
/// None in a tested build; the file is checked by a test.
pub fn built_in() -> Result<Platforms, PresetError> {
    parse(BUILT_IN)
}

fn fault_of(platform: &Platform) -> Option<&'static str> {
    let blank = |text: &Text| text.zh.trim().is_empty() || text.en.trim().is_empty();
    let lines = |lines: &[String]| (1..=2).contains(&lines.len());
    let ingest_ids: HashSet<&str> = platform.ingests.iter().map(|i| i.id.as_str()).collect();
    if blank(&platform.name) || blank(&platform.key_hint) {
        return Some("name or key_hint is missing in a language");
    }
    if !lines(&platform.find_key.zh) || !lines(&platform.find_key.en) {
        return Some("find_key has to be one or two lines in each language");
    }
    if ingest_ids.len() != platform.ingests.len() {
        return Some("an ingest id is used twice");
    }
    let transport = match platform.protocol {
        Protocol::Rtmp => Transport::Rtmp,
        Protocol::Rtmps => Transport::Rtmps,
    };
    let mut first = true;
    for ingest in &platform.ingests {
        let Ok(url) = IngestUrl::parse(&ingest.url, &Secret::new("key")) else {
            return Some("an ingest address is not rtmp:// or rtmps:// with an application");
        };
        // The others may be fallbacks of another protocol.
        if std::mem::take(&mut first) && url.transport != transport {
            return Some("protocol differs from the first ingest's");
        }
        if blank(&ingest.name) {
            return Some("an ingest name is missing in a language");
        }
    }
    let too_fast = |p: &Picture| {
        platform
            .max_video_kbps
            .is_some_and(|max| p.video_kbps > max)
    };
    if platform.recommended.is_empty() || platform.recommended.iter().any(too_fast) {
        return Some("recommended is empty or above max_video_kbps");
    }
    let minutes = platform.closing.minutes;
    if minutes.is_some_and(|m| !(m > 0.0 && m < 1440.0))
        || !(1..=10).contains(&platform.keyframe_seconds)
    {
        return Some("closing.minutes or keyframe_seconds is out of range");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_sound_and_complete() {
        let table = built_in().unwrap();
        let ids: Vec<&str> = table.platforms.iter().map(|p| p.id.as_str()).collect();
        for id in [
            "douyin", "taobao", "kuaishou", "bilibili", "tiktok", "youtube", "facebook", "twitch",
            "custom",
        ] {
            assert!(ids.contains(&id), "{id}");
        }
        for platform in &table.platforms {
            assert!(!platform.closing.comment.is_empty(), "{}", platform.id);
            for note in &platform.notes {
                assert!(
                    !note.zh.is_empty() && !note.en.is_empty(),
                    "{}",
                    platform.id
                );
            }
            let certain = platform.closing.certainty != Certainty::Unverified;
            assert!(
                platform.closing.minutes.is_none() || certain,
                "{}: a count-down is shown only for what is known",
                platform.id
            );
        }
    }

    #[test]
    fn douyin_is_honest_about_its_missing_key() {
        let table = built_in().unwrap();
        let douyin = table.platforms.iter().find(|p| p.id == "douyin").unwrap();
        assert_eq!(douyin.access, Access::VirtualCamera);
        assert!(douyin.ingests.is_empty());
        assert!(douyin.notes.iter().any(|n| n.zh.contains("虚拟摄像头")));
    }

    #[test]
    fn a_deadline_in_minutes_becomes_a_duration() {
        let table = built_in().unwrap();
        let twitch = table.platforms.iter().find(|p| p.id == "twitch").unwrap();
        assert_eq!(twitch.closing_deadline(), Some(Duration::from_secs(90)));
    }

    #[test]
    fn a_codec_is_offered_only_where_somebody_says_that_it_is_taken() {
        let table = built_in().unwrap();
        let takes = |id: &str, codec| {
            let platform = table.platforms.iter().find(|p| p.id == id).unwrap();
            platform.takes(codec)
        };
        for codec in [VideoCodec::Hevc, VideoCodec::Av1] {
            assert!(takes("youtube", codec) && takes("custom", codec));
            assert!(!takes("twitch", codec) && !takes("facebook", codec));
        }
        assert!(takes("bilibili", VideoCodec::Hevc) && !takes("bilibili", VideoCodec::Av1));
        assert!(takes("twitch", VideoCodec::H264));
        let unsure = |taken: &TakenCodec| taken.certainty == Certainty::Unverified;
        assert!(!table.platforms.iter().any(|p| p.codecs.iter().any(unsure)));
    }

    #[test]
    fn only_a_platform_that_documents_it_is_sent_a_test() {
        let table = built_in().unwrap();
        let unseen = table.platforms.iter().filter(|p| p.unseen_suffix.is_some());
        let unseen: Vec<&str> = unseen.map(|p| p.id.as_str()).collect();
        assert_eq!(unseen, ["twitch"]);
    }

    #[test]
    fn a_bad_table_names_the_entry_and_the_field() {
        let mut table = built_in().unwrap();
        table.platforms[0].recommended.clear();
        let id = table.platforms[0].id.clone();
        let error = parse(&serde_json::to_string(&table).unwrap()).unwrap_err();
        assert!(error.to_string().contains(&id), "{error}");
        let error = parse("{\"comment\": [], \"chekced\": 1}").unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
        let mut table = built_in().unwrap();
        let copy = table.platforms[0].clone();
        table.platforms.push(copy);
        let error = parse(&serde_json::to_string(&table).unwrap()).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }
}
