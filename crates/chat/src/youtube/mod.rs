//! Owns reading the chat of a YouTube broadcast with the user's own API key (developers.google.com/youtube/v3/live/docs):
//! `videos.list`, `liveChatMessages.streamList` by gRPC, and where that is refused `liveChatMessages.list`, asked again and
//! again. A key reads; writing and moderating need the owner's OAuth
//! consent, which this does not have.

mod allowance;
mod answers;
mod stream;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderName;
use prost::Message;
use stallcast_show::{At, MessageId};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::connector::{ChatErrorCode, ConnectorState, End};
use crate::draft::{LineDraft, moment};
use crate::grpc::{Call, Told};
use crate::http::{Ask, Heard};
use crate::outlet::Outlet;
use crate::spec::YouTubeSpec;
use allowance::{Allowance, spent};
use answers::{Item, Page, Videos, reason};

/// Its short id.
const PLATFORM: &str = "youtube";
/// Units of a `videos.list`, and of a `liveChatMessages.list` or `.streamList` (developers.google.com/youtube/v3/determine_quota_cost).
const FIND_UNITS: u32 = 1;
const LIST_UNITS: u32 = 5;
/// The shortest time from one list or stream to the next: faster uses up a day's 10 000 units in less than 2.8 hours.
const LEAST_WAIT: Duration = Duration::from_secs(5);
/// From four fifths of the units on, the wait is three times as long.
const SPARING: u32 = 3;
/// How long is polled after a stream was refused; then a stream is tried again.
const POLLED_FOR: Duration = Duration::from_secs(10 * 60);
/// A stream that was not refused by now counts as taken: a server may say nothing before its first message.
const TAKEN_AFTER: Duration = Duration::from_secs(5);
/// Longest wait that is believed, whatever the platform says.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// How long until it is asked again whether a broadcast has a chat now.
const NO_CHAT_WAIT: Duration = Duration::from_secs(60);
/// The wait after the platform said that it was too often.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// 2 000 messages of a full page, at some 2 KiB each.
const PAGE_BYTES: usize = 6 * 1024 * 1024;
const PAGE_LINES: &str = "2000";
/// In a header: an address ends up in the logs of whatever passes it on.
const API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// A broadcast's chat.
pub(crate) struct YouTube {
    spec: YouTubeSpec,
    chat: Option<String>,
    /// Where the next page begins; kept over breaks, so that nothing is lost in them.
    page: Option<String>,
    /// Lines from before are history.
    since: Option<At>,
    allowance: Allowance,
    /// Until when no stream is tried.
    polled_until: Option<Instant>,
}

/// How a stream ended.
enum Ended {
    /// The server is done with this connection; it goes on with the next.
    Passed,
    /// It takes no stream, or none for this chat and key. The list says why, where it is for good.
    Refused,
}

impl YouTube {
    pub(crate) fn new(spec: YouTubeSpec) -> Self {
        let allowance = Allowance::of(spec.units);
        Self {
            spec,
            chat: None,
            page: None,
            since: None,
            allowance,
            polled_until: None,
        }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        let since = *self.since.get_or_insert_with(|| outlet.now());
        let video =
            video_id(&self.spec.video).ok_or(End::Hopeless(ChatErrorCode::InvalidChannel))?;
        loop {
            let chat = match &self.chat {
                Some(chat) => chat.clone(),
                None => {
                    let chat = self.find(&video, outlet).await?;
                    self.chat.insert(chat).clone()
                }
            };
            let began = Instant::now();
            if self.polled_until.is_none_or(|until| until <= began) {
                match self.stream(&chat, since, outlet).await? {
                    Ended::Passed => {
                        let least = self.wait(Duration::ZERO);
                        sleep(least.saturating_sub(began.elapsed())).await;
                        continue;
                    }
                    Ended::Refused => self.polled_until = Some(Instant::now() + POLLED_FOR),
                }
            }
            let page = self.list(&chat, outlet).await.inspect_err(|_| {
                // What kept the stream away may have been the same, and be over with it.
                self.polled_until = None;
            })?;
            outlet.polls(true);
            outlet.state(ConnectorState::Live);
            for item in page.items {
                take(item, since, outlet).await?;
            }
            self.turn(page.next_page_token, page.offline_at)?;
            let asked = page.polling_interval_millis.unwrap_or_default();
            sleep(self.wait(Duration::from_millis(asked))).await;
        }
    }

    /// Reads a stream to its end.
    async fn stream(&mut self, chat: &str, since: At, outlet: &mut Outlet) -> Result<Ended, End> {
        let server =
            Url::parse(&self.spec.stream).map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        let wanted = stream::Wanted {
            live_chat_id: Some(chat.to_owned()),
            page_token: self.page.clone(),
            part: ["id", "snippet", "authorDetails"].map(str::to_owned).into(),
        };
        self.allowance.afford(LIST_UNITS, outlet.now())?;
        let key = (API_KEY, self.spec.key.reveal());
        let mut call = match Call::open(&server, stream::PATH, key, &wanted, PAGE_BYTES).await {
            Ok(call) => call,
            Err(End::Hopeless(code)) => return Err(End::Hopeless(code)),
            Err(end) => return Ok(refused(&end)),
        };
        self.allowance.spend(LIST_UNITS, outlet)?;
        let (mut taken, mut heard) = (false, false);
        loop {
            let next = match taken {
                true => Ok(call.next().await),
                false => timeout(TAKEN_AFTER, call.next()).await,
            };
            let told = match next {
                Ok(Ok(told)) => told,
                Ok(Err(end)) if !taken => return Ok(refused(&end)),
                Ok(Err(end)) => return Err(end),
                Err(_) => {
                    taken = self.taken(outlet);
                    continue;
                }
            };
            match told {
                Told::Message(message) => {
                    heard = true;
                    taken = self.taken(outlet);
                    let (next, offline_at) = take_page(message, since, outlet).await?;
                    self.turn(next, offline_at)?;
                }
                Told::Ended(status) if status.is_fine() || heard && status.passes() => {
                    return Ok(Ended::Passed);
                }
                Told::Ended(status) => return Ok(refused(&status)),
            }
        }
    }

    fn taken(&self, outlet: &Outlet) -> bool {
        outlet.polls(false);
        outlet.state(ConnectorState::Live);
        true
    }

    /// Turns the page; an error when the broadcast is over.
    fn turn(&mut self, next: Option<String>, offline_at: Option<String>) -> Result<(), End> {
        self.page = next.or(self.page.take());
        if offline_at.is_none() {
            return Ok(());
        }
        self.forget();
        Err(End::Later(ChatErrorCode::NoChat, NO_CHAT_WAIT))
    }

    fn wait(&self, asked: Duration) -> Duration {
        let least = if self.allowance.is_low() {
            LEAST_WAIT * SPARING
        } else {
            LEAST_WAIT
        };
        asked.max(least).min(MOST_WAIT)
    }

    fn forget(&mut self) {
        self.chat = None;
        self.page = None;
    }

    async fn find(&mut self, video: &str, outlet: &Outlet) -> Result<String, End> {
        let query = [("part", "liveStreamingDetails"), ("id", video)];
        let answer = self.ask("videos", &query, FIND_UNITS, outlet).await?;
        let videos: Videos = answer.json()?;
        let video = videos.items.into_iter().next();
        let video = video.ok_or(End::Hopeless(ChatErrorCode::NoSuchChannel))?;
        video
            .live
            .chat
            .ok_or(End::Later(ChatErrorCode::NoChat, NO_CHAT_WAIT))
    }

    async fn list(&mut self, chat: &str, outlet: &Outlet) -> Result<Page, End> {
        let page = self.page.clone();
        let mut query = vec![
            ("part", "id,snippet,authorDetails"),
            ("maxResults", PAGE_LINES),
            ("liveChatId", chat),
        ];
        if let Some(page) = &page {
            query.push(("pageToken", page));
        }
        let answer = self
            .ask("liveChat/messages", &query, LIST_UNITS, outlet)
            .await?;
        answer.json()
    }

    async fn ask(
        &mut self,
        path: &str,
        query: &[(&str, &str)],
        units: u32,
        outlet: &Outlet,
    ) -> Result<Heard, End> {
        let mut url = Url::parse(&self.spec.api)
            .and_then(|base| base.join("/youtube/v3/")?.join(path))
            .map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let ask = Ask::new(Method::GET, url).header(API_KEY, self.spec.key.reveal());
        // Counted before it is known what becomes of it: a failed request costs, too.
        self.allowance.spend(units, outlet)?;
        let answer = ask.most(PAGE_BYTES).send().await?;
        if answer.is_fine() {
            return Ok(answer);
        }
        let reason = reason(&answer);
        tracing::info!(status = answer.status, reason, path, "YouTube said no");
        use ChatErrorCode as Code;
        Err(match (answer.status, reason.as_str()) {
            (_, "quotaExceeded" | "dailyLimitExceeded") => spent(outlet.now()),
            (_, "rateLimitExceeded" | "userRateLimitExceeded") | (429, _) => {
                End::Later(Code::TooMany, COOL_DOWN)
            }
            (_, "keyInvalid" | "badRequest" | "keyExpired" | "accessNotConfigured") | (401, _) => {
                End::Hopeless(Code::TokenRefused)
            }
            (_, "liveChatEnded" | "liveChatDisabled" | "liveChatNotFound") => {
                self.forget();
                End::Later(Code::NoChat, NO_CHAT_WAIT)
            }
            (_, "pageTokenInvalid" | "invalidPageToken") => {
                self.page = None;
                End::Lost(Code::Protocol)
            }
            (403, _) => End::Hopeless(Code::NotAllowed),
            (404, _) => {
                self.forget();
                End::Lost(Code::NoSuchChannel)
            }
            (500.., _) => End::Lost(Code::PlatformFailed),
            _ => End::Lost(Code::Protocol),
        })
    }
}

/// Takes a page of a stream; gives where the next begins, and when the broadcast ended.
pub(crate) async fn take_page(
    message: Bytes,
    since: At,
    outlet: &mut Outlet,
) -> Result<(Option<String>, Option<String>), End> {
    let Ok(page) = stream::Response::decode(message) else {
        outlet.malformed();
        return Ok((None, None));
    };
    for item in page.items {
        take_item(item.into(), since, outlet).await?;
    }
    Ok((page.next_page_token, page.offline_at))
}

fn refused(why: &impl std::fmt::Debug) -> Ended {
    tracing::info!(?why, "YouTube takes no stream now; it is polled");
    Ended::Refused
}

pub(crate) async fn take(
    item: serde_json::Value,
    since: At,
    outlet: &mut Outlet,
) -> Result<(), End> {
    let Ok(item) = serde_json::from_value::<Item>(item) else {
        outlet.malformed();
        return Ok(());
    };
    take_item(item, since, outlet).await
}

async fn take_item(item: Item, since: At, outlet: &mut Outlet) -> Result<(), End> {
    let snippet = item.snippet;
    let named = |id: String| MessageId(format!("{PLATFORM}:{id}"));
    if let Some(deleted) = snippet.message_deleted_details {
        return Ok(outlet
            .remove(vec![named(deleted.deleted_message_id)])
            .await?);
    }
    if snippet.kind == "tombstone" {
        return Ok(outlet.remove(vec![named(item.id)]).await?);
    }
    if let Some(banned) = snippet.user_banned_details {
        let theirs = outlet.said().of(&banned.banned_user_details.channel_id);
        return Ok(outlet.remove(theirs).await?);
    }
    let text = snippet.text_message_details.map(|text| text.message_text);
    let comment = snippet
        .super_chat_details
        .or(snippet.member_milestone_chat_details);
    let text = text.or(comment.map(|comment| comment.user_comment));
    let at = moment(&snippet.published_at);
    let (Some(text), Some(author)) = (text, item.author_details) else {
        return Ok(());
    };
    // What was said before we came is history.
    if at.is_some_and(|at| at < since) {
        return Ok(());
    }
    let draft = LineDraft {
        id: Some(item.id),
        platform: PLATFORM.to_owned(),
        author: author.display_name,
        text,
        at,
    };
    outlet.put_of(draft, Some(&author.channel_id)).await?;
    Ok(())
}

/// The video's id from what a person typed or pasted: eleven characters, or an address with them.
fn video_id(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let id = match Url::parse(typed) {
        Ok(url) => {
            let asked = url.query_pairs().find(|(name, _)| name == "v");
            let last = || url.path_segments()?.next_back().map(str::to_owned);
            asked.map(|(_, id)| id.into_owned()).or_else(last)?
        }
        Err(_) => typed.to_owned(),
    };
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (id.len() == 11 && id.bytes().all(fits)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_is_understood_as_typed_or_pasted() {
        for typed in [
            "dQw4w9WgXcQ",
            " https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3 ",
            "https://youtu.be/dQw4w9WgXcQ?si=x",
            "https://www.youtube.com/live/dQw4w9WgXcQ",
            "https://studio.youtube.com/video/dQw4w9WgXcQ",
        ] {
            assert_eq!(video_id(typed).as_deref(), Some("dQw4w9WgXcQ"), "{typed}");
        }
        for typed in ["", "short", "https://www.youtube.com/@name", "dQw4w9 gXcQ"] {
            assert_eq!(video_id(typed), None, "{typed}");
        }
    }
}
