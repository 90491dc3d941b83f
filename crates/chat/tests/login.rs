//! Tokens that renew themselves, of Kick and of Twitch, against a platform whose tokens run out: requests and answers as
//! docs.kick.com and dev.twitch.tv document them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use stallcast_chat::{
    Act, ActFault, ActOutcome, ChatErrorCode, Connector, ConnectorSpec, ConnectorState, Given,
    Incoming, KickSpec, LoginKeeper, NewLogin, Renewal, Secret, TwitchSpec,
};
use support::fake::{pass, turn};
use support::signed::{Signer, at, said};
use support::tokens::{Endpoint, Platform, TOKEN};
use support::{PATIENCE, next_line, until, wall_clock};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::field::{Field, Visit};
use tracing::span;

const SUBSCRIPTIONS: &str = "GET /public/v1/events/subscriptions";
const CHAT: &str = "POST /public/v1/chat";

/// Where logins are written down: what came, and whether it is taken.
struct Shelf {
    login: Mutex<Vec<NewLogin>>,
    takes: Mutex<bool>,
    came: mpsc::Sender<NewLogin>,
}

impl Shelf {
    fn new() -> (Arc<Self>, mpsc::Receiver<NewLogin>) {
        let (came, coming) = mpsc::channel(16);
        let shelf = Self {
            login: Mutex::default(),
            takes: Mutex::new(true),
            came,
        };
        (Arc::new(shelf), coming)
    }

    fn keeper(self: &Arc<Self>) -> LoginKeeper {
        let shelf = Arc::clone(self);
        LoginKeeper::new(move |login| {
            let shelf = Arc::clone(&shelf);
            Box::pin(async move {
                let takes = *shelf.takes.lock().unwrap();
                if takes {
                    shelf.login.lock().unwrap().push(login.clone());
                }
                shelf.came.send(login).await.unwrap();
                takes
            })
        })
    }

    /// The tokens that stand there.
    fn stands(&self) -> Option<(Secret, Secret)> {
        let all = self.login.lock().unwrap();
        all.last()
            .map(|login| (login.access.clone(), login.refresh.clone()))
    }
}

fn renewal(platform: &Platform, refresh: &str, keeper: LoginKeeper) -> Renewal {
    Renewal {
        server: platform.token_address(),
        client_id: "app".into(),
        client_secret: Secret::new("s3cret & app"),
        refresh: Secret::new(refresh),
        keeper,
    }
}

fn kick(
    platform: &Platform,
    access: &str,
    renewal: Renewal,
) -> (Connector, mpsc::Receiver<Incoming>) {
    let (sink, lines) = mpsc::channel(64);
    let spec = ConnectorSpec::Kick(KickSpec {
        api: platform.address.clone(),
        channel: "orchard-live".into(),
        token: Secret::new(access),
        renewal: Some(renewal),
    });
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

fn reply(text: &str) -> Act {
    Act::Reply {
        text: text.into(),
        to: None,
    }
}

fn refused() -> ActOutcome {
    ActOutcome::Failed {
        why: ActFault::TokenRefused,
    }
}

fn bearer(head: &str) -> String {
    let mut lines = head.lines();
    let found = lines.find_map(|line| line.strip_prefix("authorization: Bearer "));
    found.unwrap_or_default().to_owned()
}

async fn come(coming: &mut mpsc::Receiver<NewLogin>) -> NewLogin {
    timeout(PATIENCE, coming.recv()).await.unwrap().unwrap()
}

/// Everything that is logged in this process.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Visit for Ear {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut heard = self.0.lock().unwrap();
        heard.push_str(&format!("{field}={value:?} "));
    }
}

impl tracing::Subscriber for Ear {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

static EAR: LazyLock<Ear> = LazyLock::new(|| {
    let ear = Ear::default();
    tracing::subscriber::set_global_default(ear.clone()).unwrap();
    ear
});

fn nothing_secret_was_said() {
    let heard = EAR.0.lock().unwrap();
    assert!(heard.contains("a login was renewed"), "the ear hears");
    assert!(!heard.contains("s3cret"), "{heard}");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_runs_out_and_written_down_before_it_is_used() {
    LazyLock::force(&EAR);
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, mut coming) = Shelf::new();
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    // Without an access token it is asked for first of all, once by all who need it.
    platform.hold().await;
    let (connector, _lines) = kick(&platform, "", renewal);
    let words: Vec<String> = (0..5).map(|n| n.to_string()).collect();
    let acting = join_all(words.iter().map(|text| connector.act(reply(text))));
    let (outcomes, ()) = tokio::join!(acting, async { platform.let_go() });
    assert!(outcomes.iter().all(|became| *became == ActOutcome::Done));
    let first = come(&mut coming).await;
    assert_eq!(first.replaces, Secret::new("s3cret-r1"));
    platform.until_asked(SUBSCRIPTIONS, 1).await;
    let asked = platform.asked("");
    assert_eq!(asked[0].what, TOKEN);
    assert!(
        asked[0]
            .head
            .contains("content-type: application/x-www-form-urlencoded")
    );
    assert_eq!(platform.asked(TOKEN).len(), 1);
    assert_eq!(platform.asked(CHAT).len(), 5);
    assert!(
        asked[1..]
            .iter()
            .all(|one| bearer(&one.head) == "s3cret-a2" && one.status == 200)
    );

    turn().await;
    // Two hours later it is another one: ten minutes before the end, and what was written down is what is used.
    pass(Duration::from_secs(109 * 60)).await;
    platform.until_asked(SUBSCRIPTIONS, 2).await;
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    assert_eq!(platform.asked(TOKEN).len(), 1, "not before it is time");
    turn().await;
    pass(Duration::from_secs(60)).await;
    assert_eq!(platform.until_asked(TOKEN, 2).await[1].status, 200);
    let second = come(&mut coming).await;
    assert_eq!(second.replaces, Secret::new("s3cret-r2"));
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    let last = platform.asked(CHAT).pop().unwrap();
    assert_eq!(bearer(&last.head), "s3cret-a3");
    let stands = (Secret::new("s3cret-a3"), Secret::new("s3cret-r3"));
    assert_eq!(shelf.stands(), Some(stands));
    let status = connector.status().borrow().clone();
    assert_eq!(
        (&status.state, status.last_error),
        (&ConnectorState::Live, None)
    );
    assert!(platform.asked("").iter().all(|one| one.status == 200));
    assert!(!format!("{status:?} {first:?} {connector:?}").contains("s3cret"));
    connector.stop().await;
    nothing_secret_was_said();
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_the_act_done_once() {
    LazyLock::force(&EAR);
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, mut coming) = Shelf::new();
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, _lines) = kick(&platform, "s3cret-a1", renewal);
    platform.until_asked(SUBSCRIPTIONS, 1).await;
    assert_eq!(connector.act(reply("1")).await, ActOutcome::Done);
    assert_eq!(platform.asked(TOKEN).len(), 0, "it is good still");

    platform.revoke();
    assert_eq!(connector.act(reply("2")).await, ActOutcome::Done);
    come(&mut coming).await;
    let said: Vec<u16> = platform.asked(CHAT).iter().map(|one| one.status).collect();
    assert_eq!(said, [200, 401, 200]);
    assert_eq!(platform.asked(TOKEN).len(), 1);

    // What a new token is refused for is a right that it lacks: the next one would lack it, too.
    platform.bars();
    for _ in 0..2 {
        assert_eq!(connector.act(reply("3")).await, refused());
    }
    assert_eq!(platform.asked(TOKEN).len(), 1);
    connector.stop().await;
    nothing_secret_was_said();
}

#[tokio::test]
async fn what_is_not_renewed_any_more_is_said_and_chat_comes_all_the_same() {
    let platform = Platform::listen("s3cret-a1", "s3cret-another").await;
    let (shelf, _coming) = Shelf::new();
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, mut lines) = kick(&platform, "s3cret-old", renewal);
    let gone =
        |s: &stallcast_chat::ConnectorStatus| s.last_error == Some(ChatErrorCode::RenewalRefused);
    let told = until(&mut connector.status(), "the login is over", gone).await;
    assert_eq!(told.state, ConnectorState::Live);
    assert_eq!(connector.act(reply("x")).await, refused());
    // Nothing that is known to be of no use is asked again, and the line stays.
    pass(Duration::from_secs(3_600)).await;
    assert_eq!(connector.act(reply("x")).await, refused());
    assert_eq!(platform.asked(TOKEN).len(), 1);
    assert_eq!(platform.asked(CHAT).len(), 0);
    assert!(gone(&connector.status().borrow()));

    let signer = Signer::new();
    platform.signs_with(signer.told());
    let hook = signer.hook("01A", &at(0), &said("m1", "orchard-live", 7, "hi"));
    assert_eq!(connector.inbox().give(hook).await, Given::Taken);
    assert_eq!(next_line(&mut lines).await.text, "hi");
    connector.stop().await;
}

#[tokio::test]
async fn an_application_that_is_not_known_is_told_from_a_login_that_is_over() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, _coming) = Shelf::new();
    let renewal = Renewal {
        client_secret: Secret::new("s3cret-typo"),
        ..renewal(&platform, "s3cret-r1", shelf.keeper())
    };
    let (connector, _lines) = kick(&platform, "", renewal);
    until(&mut connector.status(), "the application is refused", |s| {
        s.last_error == Some(ChatErrorCode::AppRefused)
    })
    .await;
    assert_eq!(connector.act(reply("x")).await, refused());
    assert_eq!(platform.asked("").len(), 1);
    connector.stop().await;
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_less_and_less_and_then_all_is_well() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    platform.endpoint(Endpoint::Down);
    let (shelf, mut coming) = Shelf::new();
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, _lines) = kick(&platform, "", renewal);
    let mut status = connector.status();
    let failed =
        |s: &stallcast_chat::ConnectorStatus| s.last_error == Some(ChatErrorCode::RenewalFailed);
    until(&mut status, "it could not be renewed", failed).await;
    // An act asks no more often, and was not done.
    let why = ActFault::Unreachable;
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Failed { why });
    assert_eq!(platform.asked(TOKEN).len(), 1);
    platform.endpoint(Endpoint::Says(403, "<html>blocked</html>"));
    for (count, wait) in [(2, 5), (3, 15), (4, 60), (5, 300)] {
        pass(Duration::from_secs(wait)).await;
        platform.until_asked(TOKEN, count).await;
        // It waits for what becomes of that question, and asks no other.
        assert_eq!(connector.act(reply("x")).await, ActOutcome::Failed { why });
        assert_eq!(platform.asked(TOKEN).len(), count);
    }
    assert_eq!(connector.status().borrow().state, ConnectorState::Live);

    platform.endpoint(Endpoint::Well);
    pass(Duration::from_secs(300)).await;
    come(&mut coming).await;
    until(&mut status, "nothing is wrong any more", |s| {
        s.last_error.is_none()
    })
    .await;
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    connector.stop().await;
}

#[tokio::test]
async fn a_login_that_cannot_be_written_down_is_used_and_written_down_later() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, mut coming) = Shelf::new();
    *shelf.takes.lock().unwrap() = false;
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, _lines) = kick(&platform, "", renewal);
    come(&mut coming).await;
    let mut status = connector.status();
    until(&mut status, "it is not kept", |s| {
        s.last_error == Some(ChatErrorCode::TokenUnkept)
    })
    .await;
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    *shelf.takes.lock().unwrap() = true;
    turn().await;
    pass(Duration::from_secs(600)).await;
    let kept = come(&mut coming).await;
    // What stands there is still the first one.
    assert_eq!(kept.replaces, Secret::new("s3cret-r1"));
    assert_eq!(kept.refresh, Secret::new("s3cret-r2"));
    until(&mut status, "it is kept", |s| s.last_error.is_none()).await;
    assert_eq!(platform.asked(TOKEN).len(), 1);
    connector.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_under_way_at_the_end_is_written_down() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    platform.hold().await;
    let (shelf, _coming) = Shelf::new();
    let renewal = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, _lines) = kick(&platform, "", renewal);
    platform.until_held().await;
    tokio::join!(connector.stop(), async {
        // The end has begun before the answer comes.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        platform.let_go();
    });
    assert_eq!(shelf.stands().unwrap().1, Secret::new("s3cret-r2"));
}

#[tokio::test]
async fn a_new_run_goes_on_with_what_the_one_before_wrote_down() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, mut coming) = Shelf::new();
    let first = renewal(&platform, "s3cret-r1", shelf.keeper());
    let (connector, _lines) = kick(&platform, "", first);
    come(&mut coming).await;
    platform.until_asked(SUBSCRIPTIONS, 1).await;
    connector.stop().await;
    let (access, refresh) = shelf.stands().unwrap();
    platform.revoke();
    let again = renewal(&platform, refresh.reveal(), shelf.keeper());
    let (connector, _lines) = kick(&platform, access.reveal(), again);
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    assert_eq!(shelf.stands().unwrap().1, Secret::new("s3cret-r3"));
    connector.stop().await;
}

#[tokio::test]
async fn twitch_renews_its_token_in_the_same_way() {
    let platform = Platform::listen("s3cret-a1", "s3cret-r1").await;
    let (shelf, mut coming) = Shelf::new();
    let spec = |access: &str, refresh: &str| {
        ConnectorSpec::Twitch(TwitchSpec {
            api: platform.address.clone(),
            events: "ws://127.0.0.1:9/ws".into(),
            channel: "OrchardLive".into(),
            client_id: "app".into(),
            token: Secret::new(access),
            renewal: Some(renewal(&platform, refresh, shelf.keeper())),
        })
    };
    let (sink, _lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec("s3cret-old", "s3cret-r1"), sink, wall_clock());
    come(&mut coming).await;
    platform.until_asked("GET /helix/users?login", 1).await;
    platform.revoke();
    // Renewed a moment ago: not again so soon.
    assert_eq!(connector.act(reply("x")).await, refused());
    pass(Duration::from_secs(61)).await;
    assert_eq!(connector.act(reply("x")).await, ActOutcome::Done);
    assert_eq!(platform.asked(TOKEN).len(), 2);
    let sent = platform.asked("POST /helix/chat/messages");
    let said: Vec<u16> = sent.iter().map(|one| one.status).collect();
    assert_eq!(said.last(), Some(&200));
    assert_eq!(said.iter().filter(|status| **status == 200).count(), 1);
    connector.stop().await;

    let (sink, _lines) = mpsc::channel(64);
    let connector = Connector::spawn(spec("s3cret-old", "s3cret-used"), sink, wall_clock());
    let told = until(&mut connector.status(), "it cannot work so", |s| {
        s.state == ConnectorState::Failed
    })
    .await;
    assert_eq!(told.last_error, Some(ChatErrorCode::RenewalRefused));
}
