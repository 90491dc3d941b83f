//! Messages of YouTube's `stream_list.proto`, as far as the tests say them, written down apart from those of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Wanted {
    #[prost(string, optional, tag = "1")]
    pub live_chat_id: Option<String>,
    #[prost(string, optional, tag = "99")]
    pub page_token: Option<String>,
    #[prost(string, repeated, tag = "100")]
    pub part: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Page {
    #[prost(string, optional, tag = "2")]
    pub offline_at: Option<String>,
    #[prost(string, optional, tag = "200")]
    pub kind: Option<String>,
    #[prost(string, optional, tag = "100602")]
    pub next_page_token: Option<String>,
    #[prost(message, repeated, tag = "1007")]
    pub items: Vec<Item>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Item {
    #[prost(string, optional, tag = "101")]
    pub id: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub snippet: Option<Snippet>,
    #[prost(message, optional, tag = "3")]
    pub author: Option<Author>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Author {
    #[prost(string, optional, tag = "10101")]
    pub channel_id: Option<String>,
    #[prost(string, optional, tag = "103")]
    pub display_name: Option<String>,
    #[prost(bool, optional, tag = "7")]
    pub is_chat_moderator: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Snippet {
    #[prost(int32, optional, tag = "1")]
    pub kind: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub published_at: Option<String>,
    #[prost(string, optional, tag = "16")]
    pub display_message: Option<String>,
    #[prost(oneof = "Details", tags = "19, 20, 21, 22, 27, 30")]
    pub details: Option<Details>,
}

/// All their fields are texts or messages, whose numbers stand with each case.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Details {
    #[prost(message, tag = "19")]
    Text(First),
    #[prost(message, tag = "20")]
    Deleted(Hundred),
    #[prost(message, tag = "21")]
    Retracted(TwoHundred),
    #[prost(message, tag = "22")]
    Banned(BannedUser),
    #[prost(message, tag = "27")]
    SuperChat(SuperChat),
    #[prost(message, tag = "30")]
    Milestone(Milestone),
}

#[derive(Clone, PartialEq, Message)]
pub struct First {
    #[prost(string, optional, tag = "1")]
    pub text: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Hundred {
    #[prost(string, optional, tag = "101")]
    pub id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TwoHundred {
    #[prost(string, optional, tag = "201")]
    pub id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BannedUser {
    #[prost(message, optional, tag = "1")]
    pub user: Option<Hundred>,
    #[prost(int32, optional, tag = "2")]
    pub ban_type: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SuperChat {
    #[prost(uint64, optional, tag = "1")]
    pub amount_micros: Option<u64>,
    #[prost(string, optional, tag = "4")]
    pub user_comment: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Milestone {
    #[prost(uint32, optional, tag = "2")]
    pub member_month: Option<u32>,
    #[prost(string, optional, tag = "3")]
    pub user_comment: Option<String>,
}

pub fn item(id: &str, at: &str, kind: i32, details: Option<Details>) -> Item {
    Item {
        id: Some(id.into()),
        snippet: Some(Snippet {
            kind: Some(kind),
            published_at: Some(format!("2026-11-23T{at}Z")),
            display_message: Some("shown".into()),
            details,
        }),
        author: Some(Author {
            channel_id: Some("UC1".into()),
            display_name: Some("Lee".into()),
            is_chat_moderator: Some(false),
        }),
    }
}

pub fn text(id: &str, at: &str, text: &str) -> Item {
    let text = Some(text.to_owned());
    item(id, at, 1, Some(Details::Text(First { text })))
}
