//! Owns the shapes of the Data API's answers, as far as they are read.

use serde::Deserialize;

use crate::http::Heard;

#[derive(Deserialize)]
pub(super) struct Videos {
    #[serde(default)]
    pub(super) items: Vec<Video>,
}

#[derive(Deserialize)]
pub(super) struct Video {
    #[serde(rename = "liveStreamingDetails", default)]
    pub(super) live: Live,
}

#[derive(Deserialize, Default)]
pub(super) struct Live {
    #[serde(rename = "activeLiveChatId")]
    pub(super) chat: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) next_page_token: Option<String>,
    pub(super) polling_interval_millis: Option<u64>,
    /// When the broadcast ended.
    pub(super) offline_at: Option<String>,
    #[serde(default)]
    pub(super) items: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) snippet: Snippet,
    pub(super) author_details: Option<Author>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Snippet {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) published_at: String,
    pub(super) text_message_details: Option<Text>,
    pub(super) super_chat_details: Option<Comment>,
    pub(super) member_milestone_chat_details: Option<Comment>,
    pub(super) message_deleted_details: Option<Deleted>,
    pub(super) user_banned_details: Option<Banned>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Text {
    pub(super) message_text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    #[serde(default)]
    pub(super) user_comment: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deleted {
    pub(super) deleted_message_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Banned {
    pub(super) banned_user_details: Author,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Author {
    #[serde(default)]
    pub(super) channel_id: String,
    #[serde(default)]
    pub(super) display_name: String,
}

/// Why a request failed, in the platform's word.
pub(super) fn reason(answer: &Heard) -> String {
    let said: serde_json::Value = answer.json().unwrap_or_default();
    let word = said["error"]["errors"][0]["reason"].as_str();
    let word = word.or(said["error"]["status"].as_str());
    word.unwrap_or_default().chars().take(40).collect()
}
