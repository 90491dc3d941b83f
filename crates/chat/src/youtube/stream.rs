//! Owns the messages of YouTube's `StreamList` (its `stream_list.proto`, developers.google.com/youtube/v3/live/
//! streaming-live-chat), as far as they are read, and what they are in the words of the Data API's JSON.

use prost::Message;

use super::answers::{Author, Banned, Comment, Deleted, Item, Snippet, Text};

/// Where it is called.
pub(super) const PATH: &str = "/youtube.api.v3.V3DataLiveChatMessageService/StreamList";
/// A message whose words were taken away.
const TOMBSTONE: i32 = 2;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Wanted {
    #[prost(string, optional, tag = "1")]
    pub(super) live_chat_id: Option<String>,
    #[prost(string, optional, tag = "99")]
    pub(super) page_token: Option<String>,
    #[prost(string, repeated, tag = "100")]
    pub(super) part: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(string, optional, tag = "2")]
    pub(super) offline_at: Option<String>,
    #[prost(message, repeated, tag = "1007")]
    pub(super) items: Vec<ChatMessage>,
    #[prost(string, optional, tag = "100602")]
    pub(super) next_page_token: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ChatMessage {
    #[prost(message, optional, tag = "2")]
    snippet: Option<ChatSnippet>,
    #[prost(message, optional, tag = "3")]
    author_details: Option<AuthorDetails>,
    #[prost(string, optional, tag = "101")]
    id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct AuthorDetails {
    #[prost(string, optional, tag = "103")]
    display_name: Option<String>,
    #[prost(string, optional, tag = "10101")]
    channel_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct ChatSnippet {
    #[prost(int32, optional, tag = "1")]
    kind: Option<i32>,
    #[prost(string, optional, tag = "4")]
    published_at: Option<String>,
    #[prost(message, optional, tag = "19")]
    text_message_details: Option<TextDetails>,
    #[prost(message, optional, tag = "20")]
    message_deleted_details: Option<DeletedDetails>,
    #[prost(message, optional, tag = "21")]
    message_retracted_details: Option<RetractedDetails>,
    #[prost(message, optional, tag = "22")]
    user_banned_details: Option<BannedDetails>,
    #[prost(message, optional, tag = "27")]
    super_chat_details: Option<SuperChatDetails>,
    #[prost(message, optional, tag = "30")]
    member_milestone_chat_details: Option<MilestoneDetails>,
}

#[derive(Clone, PartialEq, Message)]
struct TextDetails {
    #[prost(string, optional, tag = "1")]
    message_text: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct DeletedDetails {
    #[prost(string, optional, tag = "101")]
    deleted_message_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct RetractedDetails {
    #[prost(string, optional, tag = "201")]
    retracted_message_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct BannedDetails {
    #[prost(message, optional, tag = "1")]
    banned_user_details: Option<Profile>,
}

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(string, optional, tag = "101")]
    channel_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct SuperChatDetails {
    #[prost(string, optional, tag = "4")]
    user_comment: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct MilestoneDetails {
    #[prost(string, optional, tag = "3")]
    user_comment: Option<String>,
}

impl From<ChatMessage> for Item {
    fn from(message: ChatMessage) -> Self {
        let snippet = message.snippet.unwrap_or_default();
        let deleted = snippet
            .message_deleted_details
            .and_then(|it| it.deleted_message_id);
        // Who wrote it took it back themselves.
        let retracted = snippet
            .message_retracted_details
            .and_then(|it| it.retracted_message_id);
        let comment = |text: Option<String>| Comment {
            user_comment: text.unwrap_or_default(),
        };
        Self {
            id: message.id.unwrap_or_default(),
            snippet: Snippet {
                kind: match snippet.kind {
                    Some(TOMBSTONE) => "tombstone".to_owned(),
                    _ => String::new(),
                },
                published_at: snippet.published_at.unwrap_or_default(),
                text_message_details: snippet.text_message_details.map(|it| Text {
                    message_text: it.message_text.unwrap_or_default(),
                }),
                super_chat_details: snippet
                    .super_chat_details
                    .map(|it| comment(it.user_comment)),
                member_milestone_chat_details: snippet
                    .member_milestone_chat_details
                    .map(|it| comment(it.user_comment)),
                message_deleted_details: deleted.or(retracted).map(|id| Deleted {
                    deleted_message_id: id,
                }),
                user_banned_details: snippet.user_banned_details.map(|it| Banned {
                    banned_user_details: Author {
                        channel_id: it
                            .banned_user_details
                            .and_then(|it| it.channel_id)
                            .unwrap_or_default(),
                        display_name: String::new(),
                    },
                }),
            },
            author_details: message.author_details.map(|it| Author {
                channel_id: it.channel_id.unwrap_or_default(),
                display_name: it.display_name.unwrap_or_default(),
            }),
        }
    }
}
