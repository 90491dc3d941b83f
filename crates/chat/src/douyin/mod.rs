//! Owns reading the comments that Douyin pushes (developer.open-douyin.com, "数据开放"): one webhook is a list of them, signed
//! with the secret of the 玩法's data configuration. What comes here came over a relay.
//!
//! Douyin says itself what this is not: comments may be lost and may come twice, at most some 100 webhooks come in a second,
//! and only while the 玩法 is mounted in the room and its task runs. There is no way back: nothing can be written or removed.

mod task;

use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::Deserialize;
use stallcast_hooks::Hook;
use stallcast_show::At;
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;

use self::task::Task;
use crate::connector::{ConnectorState, End};
use crate::draft::LineDraft;
use crate::outlet::{Offered, Outlet, SinkClosed};
use crate::pushed::{Given, Push, is_fresh};
use crate::spec::DouyinSpec;

/// Its short id.
const PLATFORM: &str = "douyin";
/// Comments of one webhook that are taken: Douyin sends a few.
const COMMENTS: usize = 200;
/// What is signed, in the order of its names.
const SIGNED: [&str; 4] = ["x-msg-type", "x-nonce-str", "x-roomid", "x-timestamp"];
/// A moment below this many is in seconds: in milliseconds it would lie in 1973.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// A room's comments.
pub(crate) struct Douyin {
    reader: Reader,
    task: Option<Task>,
}

struct Reader {
    spec: DouyinSpec,
    pushes: mpsc::Receiver<Push>,
}

#[derive(Deserialize)]
struct Comment {
    msg_id: String,
    #[serde(default)]
    sec_openid: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    nickname: String,
    timestamp: Option<i64>,
}

impl Douyin {
    pub(crate) fn new(spec: DouyinSpec, pushes: mpsc::Receiver<Push>) -> Self {
        let task = spec.task.clone().map(|task| Task::new(task, &spec.room));
        let reader = Reader { spec, pushes };
        Self { reader, task }
    }

    pub(crate) async fn attend(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        outlet.state(ConnectorState::Live);
        let health = outlet.health();
        let Some(task) = &mut self.task else {
            return self.reader.read(outlet).await;
        };
        tokio::select! {
            ended = self.reader.read(outlet) => ended,
            never = task.keep(&health) => match never {},
        }
    }

    /// Stops what makes Douyin push.
    pub(crate) async fn leave(&mut self) {
        if let Some(task) = &mut self.task {
            task.leave().await;
        }
    }
}

impl Reader {
    async fn read(&mut self, outlet: &mut Outlet) -> Result<Infallible, End> {
        loop {
            // Its other end lives as long as this task.
            let Some(Push { hook, became }) = self.pushes.recv().await else {
                return std::future::pending().await;
            };
            let given = self.take(&hook, outlet).await?;
            if let Some(code) = given.error() {
                outlet.error(code);
            }
            // Whoever gave it may be gone.
            let _ = became.send(given);
        }
    }

    async fn take(&self, hook: &Hook, outlet: &mut Outlet) -> Result<Given, SinkClosed> {
        if !self.is_signed(hook) {
            return Ok(Given::Unsigned);
        }
        let signed_at = hook.header("x-timestamp").parse().map(At);
        if !signed_at.is_ok_and(|at| is_fresh(at, outlet.now())) {
            return Ok(Given::Stale);
        }
        let room = self.spec.room.trim();
        if !room.is_empty() && hook.header("x-roomid") != room {
            return Ok(Given::Elsewhere);
        }
        if hook.header("x-msg-type") != "live_comment" {
            return Ok(Given::Other);
        }
        outlet.try_again();
        take_body(&hook.body, outlet).await
    }

    fn is_signed(&self, hook: &Hook) -> bool {
        if self.spec.secret.is_empty() {
            return false;
        }
        let given = hook.header("x-signature");
        let made = signature(hook, self.spec.secret.reveal());
        // How long the comparison takes must not tell how much of a made-up one was right.
        given.as_bytes().ct_eq(made.as_bytes()).into()
    }
}

/// Takes a signed list of comments.
pub(crate) async fn take_body(body: &[u8], outlet: &mut Outlet) -> Result<Given, SinkClosed> {
    let Ok(comments) = serde_json::from_slice::<Vec<serde_json::Value>>(body) else {
        outlet.malformed();
        return Ok(Given::Unreadable);
    };
    let named = format!("{:x}", Md5::digest(body));
    for (n, comment) in comments.into_iter().take(COMMENTS).enumerate() {
        let Ok(comment) = serde_json::from_value::<Comment>(comment) else {
            // The others of the list are good.
            outlet.malformed();
            continue;
        };
        // One without an id has one all the same, or it would stand there twice when its webhook is given again.
        let id = Some(comment.msg_id).filter(|id| !id.is_empty());
        let draft = LineDraft {
            id: Some(id.unwrap_or_else(|| format!("body-{named}-{n}"))),
            platform: PLATFORM.to_owned(),
            author: comment.nickname,
            text: comment.content,
            at: comment.timestamp.and_then(moment_of),
        };
        let writer = Some(comment.sec_openid.as_str()).filter(|id| !id.is_empty());
        if outlet.offer(draft, writer).await? == Offered::Full {
            return Ok(Given::Full);
        }
    }
    Ok(Given::Taken)
}

/// MD5 over the four headers by their names, the body and the secret, in base64: Douyin's, not our choice.
fn signature(hook: &Hook, secret: &str) -> String {
    let mut hash = Md5::new();
    for (n, name) in SIGNED.into_iter().enumerate() {
        if n > 0 {
            hash.update("&");
        }
        hash.update(name);
        hash.update("=");
        hash.update(hook.header(name));
    }
    hash.update(&hook.body);
    hash.update(secret);
    STANDARD.encode(hash.finalize())
}

/// Douyin's documents say milliseconds and show seconds.
fn moment_of(number: i64) -> Option<At> {
    let ms = if number < SECONDS_BELOW {
        number.checked_mul(1000)?
    } else {
        number
    };
    (number > 0).then_some(At(ms))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use stallcast_hooks::Kind;

    use super::*;
    use crate::outlet::tests::outlet;

    #[test]
    fn the_signature_is_the_one_of_douyin_s_own_example() {
        // developer.open-douyin.com, "签名方式".
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut hook = Hook {
            kind: Kind::Douyin,
            at: 0,
            headers: vec![
                header("x-nonce-str", "123456"),
                header("x-timestamp", "456789"),
                header("x-roomid", "268"),
                header("x-msg-type", "live_gift"),
            ],
            body: Bytes::from_static("abc123你好".as_bytes()),
        };
        assert_eq!(signature(&hook, "123abc"), "PDcKhdlsrKEJif6uMKD2dw==");
        hook.headers[3].1 = "user_group".into();
        assert_eq!(signature(&hook, "123abc"), "GAkalGmhzqlUGQO/TgvMug==");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_given_again_doubles_no_line_without_an_id() {
        let (mut outlet, mut lines, _status) = outlet(1);
        let body = serde_json::json!([
            { "msg_id": "", "nickname": "小李", "content": "1号" },
            { "msg_id": "", "nickname": "小李", "content": "1号" },
        ]);
        let body = body.to_string();
        let given = take_body(body.as_bytes(), &mut outlet).await;
        assert_eq!(given, Ok(Given::Full));
        assert!(lines.try_recv().is_ok());
        outlet.try_again();
        for is_there in [true, false] {
            let given = take_body(body.as_bytes(), &mut outlet).await;
            assert_eq!(given, Ok(Given::Taken));
            assert_eq!(lines.try_recv().is_ok(), is_there);
        }
    }

    #[test]
    fn a_moment_in_seconds_is_one_in_milliseconds() {
        assert_eq!(moment_of(1_649_068_964), Some(At(1_649_068_964_000)));
        assert_eq!(moment_of(1_649_068_964_123), Some(At(1_649_068_964_123)));
        assert_eq!(moment_of(0), None);
        assert_eq!(moment_of(i64::MIN), None);
    }
}
