//! Owns reading the chat of a YouTube broadcast by polling (developers.google.com/youtube/v3/live/docs, `videos.list` and
//! `liveChatMessages.list`) with the user's own API key, and counting what that uses of the key's daily units. A key reads;
//! writing and moderating need the owner's OAuth consent, which this does not have.

mod answers;

use std::convert::Infallible;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use stallcast_show::{At, MessageId};
use tokio::time::sleep;
use url::Url;

use crate::connector::{ChatErrorCode, ConnectorState, End, Quota};
use crate::draft::{LineDraft, moment};
use crate::http::{Ask, Heard};
use crate::outlet::Outlet;
use crate::spec::YouTubeSpec;
use answers::{Item, Page, Videos, reason};

/// Its short id.
const PLATFORM: &str = "youtube";
/// Units of a `videos.list` and of a `liveChatMessages.list` (developers.google.com/youtube/v3/determine_quota_cost).
const FIND_UNITS: u32 = 1;
const LIST_UNITS: u32 = 5;
/// The shortest wait between two lists: faster uses up a day's 10 000 units in less than 2.8 hours.
const LEAST_WAIT: Duration = Duration::from_secs(5);
/// From four fifths of the units on, the wait is three times as long.
const SPARING: u32 = 3;
/// Longest wait that is believed, whatever the platform says.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// How long until it is asked again whether a broadcast has a chat now.
const NO_CHAT_WAIT: Duration = Duration::from_secs(60);
/// The wait after the platform said that it was too often.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// 2 000 messages of a full page, at some 2 KiB each.
const PAGE_BYTES: usize = 6 * 1024 * 1024;
const PAGE_LINES: &str = "2000";
/// Where the platform's day begins.
const ZONE: &str = "America/Los_Angeles";

/// A broadcast's chat.
pub(crate) struct YouTube {
    spec: YouTubeSpec,
    chat: Option<String>,
    /// Where the next page begins; kept over breaks, so that nothing is lost in them.
    page: Option<String>,
    /// Lines from before are history.
    since: Option<At>,
    used: u32,
    day: Option<At>,
}

impl YouTube {
    pub(crate) fn new(spec: YouTubeSpec) -> Self {
        Self {
            spec,
            chat: None,
            page: None,
            since: None,
            used: 0,
            day: None,
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
            let page = self.list(&chat, outlet).await?;
            outlet.state(ConnectorState::Live);
            for item in page.items {
                take(item, since, outlet).await?;
            }
            self.page = page.next_page_token.or(self.page.take());
            if page.offline_at.is_some() {
                self.forget();
                return Err(End::Later(ChatErrorCode::NoChat, NO_CHAT_WAIT));
            }
            let asked = page.polling_interval_millis.unwrap_or_default();
            sleep(self.wait(Duration::from_millis(asked))).await;
        }
    }

    fn wait(&self, asked: Duration) -> Duration {
        let least = if self.used >= self.spec.units / 5 * 4 {
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
        let now = outlet.now();
        let (midnight, next) = day_of(now);
        if self.day.is_none_or(|day| day < midnight) {
            self.used = 0;
        }
        let day = *self.day.get_or_insert(now);
        self.day = Some(day.max(midnight));
        let spent = || End::Later(ChatErrorCode::QuotaSpent, until(now, next));
        if self.used.saturating_add(units) > self.spec.units {
            return Err(spent());
        }
        let mut url = Url::parse(&self.spec.api)
            .and_then(|base| base.join("/youtube/v3/")?.join(path))
            .map_err(|_| End::Hopeless(ChatErrorCode::InvalidUrl))?;
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        // In a header: an address ends up in the logs of whatever passes it on.
        let key = HeaderName::from_static("x-goog-api-key");
        let ask = Ask::new(Method::GET, url).header(key, self.spec.key.reveal());
        // Counted before it is known what becomes of it: a failed request costs, too.
        self.used += units;
        outlet.quota(Quota {
            used: self.used,
            of: self.spec.units,
            since: day.max(midnight),
        });
        let answer = ask.most(PAGE_BYTES).send().await?;
        if answer.is_fine() {
            return Ok(answer);
        }
        let reason = reason(&answer);
        tracing::info!(status = answer.status, reason, path, "YouTube said no");
        use ChatErrorCode as Code;
        Err(match (answer.status, reason.as_str()) {
            (_, "quotaExceeded" | "dailyLimitExceeded") => spent(),
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

pub(crate) async fn take(
    item: serde_json::Value,
    since: At,
    outlet: &mut Outlet,
) -> Result<(), End> {
    let Ok(item) = serde_json::from_value::<Item>(item) else {
        outlet.malformed();
        return Ok(());
    };
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

/// The last midnight where the platform counts, and the next.
fn day_of(now: At) -> (At, At) {
    let found = || -> Result<(At, At), jiff::Error> {
        let here = jiff::Timestamp::from_millisecond(now.0)?.in_tz(ZONE)?;
        let last = here.start_of_day()?;
        let next = here.tomorrow()?.start_of_day()?;
        let at = |moment: jiff::Zoned| At(moment.timestamp().as_millisecond());
        Ok((at(last), at(next)))
    };
    // Without the zone, days of UTC.
    let day = 24 * 60 * 60 * 1_000;
    found().unwrap_or_else(|_| {
        let last = now.0 - now.0.rem_euclid(day);
        (At(last), At(last + day))
    })
}

fn until(now: At, then: At) -> Duration {
    let ms = then.0.saturating_sub(now.0).max(1_000);
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
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

    #[test]
    fn a_day_goes_from_midnight_to_midnight_on_the_west_coast() {
        // 2026-11-01, when clocks there go back: a day of 25 hours that began at 07:00 UTC.
        let noon: jiff::Timestamp = "2026-11-01T20:00:00Z".parse().unwrap();
        let (last, next) = day_of(At(noon.as_millisecond()));
        let hours = |ms: i64| ms / 3_600_000;
        assert_eq!(hours(noon.as_millisecond() - last.0), 13);
        assert_eq!(hours(next.0 - last.0), 25);
    }
}
