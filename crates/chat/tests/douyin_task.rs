//! Douyin's push task against a fake of its interface: requests and answers as developer.open-douyin.com documents them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use serde_json::json;
use stallcast_chat::{
    ChatErrorCode, Connector, ConnectorSpec, ConnectorState, DouyinSpec, Incoming, PushTask, Secret,
};
use support::fake::{Fake, pass, turn};
use support::{free_port, until, wall_clock};
use tokio::sync::mpsc;

const LOOK: &str = "GET /api/live_data/task/get?roomid=7001&appid=tt1&msg_type=live_comment ";
const START: &str = "POST /api/live_data/task/start ";
const NOT_LIVE: &str = r#"{"err_no":5003019,"err_msg":"x","logid":"1","data":{}}"#;
const FINE: &str = r#"{"err_no":0,"err_msg":"ok","logid":"1","data":{"task_id":"763535353"}}"#;

fn room(server: &str) -> (Connector, mpsc::Receiver<Incoming>) {
    let spec = ConnectorSpec::Douyin(DouyinSpec {
        room: " 7001 ".into(),
        secret: Secret::new("s3cret-data"),
        task: Some(PushTask {
            token_server: server.into(),
            server: format!("{server}/"),
            app: "tt1".into(),
            app_secret: Secret::new("s3cret-app"),
        }),
    });
    assert!(!format!("{spec:?}").contains("s3cret"));
    let (sink, lines) = mpsc::channel(64);
    (Connector::spawn(spec, sink, wall_clock()), lines)
}

async fn token(fake: &Fake, access: &str) {
    let visit = fake.http("POST /api/apps/v2/token ").await;
    let asked =
        json!({ "appid": "tt1", "secret": "s3cret-app", "grant_type": "client_credential" });
    assert_eq!(visit.json(), asked);
    let granted = json!({ "access_token": access, "expires_in": 7_200 });
    let answer = json!({ "err_no": 0, "err_tips": "success", "data": granted });
    visit.answer(200, &answer.to_string()).await;
}

async fn look(fake: &Fake, access: &str, status: u8) {
    let visit = fake.http(LOOK).await;
    assert_eq!(visit.header("access-token"), access);
    assert_eq!(visit.header("content-type"), "application/json");
    let answer =
        json!({ "err_no": 0, "err_msg": "ok", "logid": "1", "data": { "status": status } });
    visit.answer(200, &answer.to_string()).await;
}

async fn start(fake: &Fake, access: &str, answer: &str) {
    let visit = fake.http(START).await;
    assert_eq!(visit.header("access-token"), access);
    let asked = json!({ "roomid": "7001", "appid": "tt1", "msg_type": "live_comment" });
    assert_eq!(visit.json(), asked);
    visit.answer(200, answer).await;
}

#[tokio::test]
async fn the_push_is_started_once_the_room_is_live_again_when_it_is_gone_and_stopped_at_the_end() {
    let fake = Fake::listen().await;
    let (connector, _lines) = room(&fake.http_address());
    let mut status = connector.status();
    token(&fake, "t1").await;
    look(&fake, "t1", 1).await;
    start(&fake, "t1", NOT_LIVE).await;
    let told = until(&mut status, "the room is not live", |s| {
        s.last_error == Some(ChatErrorCode::TaskRefused)
    })
    .await;
    assert_eq!(told.state, ConnectorState::Live);

    pass(Duration::from_secs(20)).await;
    look(&fake, "t1", 2).await;
    start(&fake, "t1", FINE).await;
    until(&mut status, "it runs", |s| s.last_error.is_none()).await;
    // Two minutes later it runs still, then it is gone.
    pass(Duration::from_secs(120)).await;
    look(&fake, "t1", 3).await;
    // It is read before the clock moves on.
    turn().await;
    pass(Duration::from_secs(120)).await;
    look(&fake, "t1", 1).await;
    start(&fake, "t1", FINE).await;
    turn().await;

    // Another program asked for a token: this one is none any more.
    pass(Duration::from_secs(120)).await;
    let visit = fake.http(LOOK).await;
    visit.answer(200, r#"{"err_no":40022,"err_msg":"x"}"#).await;
    token(&fake, "t2").await;
    look(&fake, "t2", 3).await;
    turn().await;

    tokio::join!(connector.stop(), async {
        let visit = fake.http("POST /api/live_data/task/stop ").await;
        assert_eq!(visit.header("access-token"), "t2");
        visit.answer(200, FINE).await;
    });
}

#[tokio::test]
async fn an_application_that_is_none_is_said_and_not_tried_again() {
    let fake = Fake::listen().await;
    let (connector, _lines) = room(&fake.http_address());
    let visit = fake.http("POST /api/apps/v2/token ").await;
    let answer =
        r#"{"err_no":40017,"err_tips":"bad secret","data":{"access_token":"","expires_in":0}}"#;
    visit.answer(200, answer).await;
    let told = until(&mut connector.status(), "it is refused", |s| {
        s.last_error == Some(ChatErrorCode::AppRefused)
    })
    .await;
    assert_eq!(told.state, ConnectorState::Live, "what is pushed is taken");
    pass(Duration::from_secs(3_600)).await;
    // Nothing was started, so nothing is stopped: nobody answers here.
    connector.stop().await;
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let server = format!("http://127.0.0.1:{}", free_port().await);
    let (connector, _lines) = room(&server);
    until(&mut connector.status(), "it is away", |s| {
        s.last_error == Some(ChatErrorCode::TaskFailed)
    })
    .await;
    connector.stop().await;

    let fake = Fake::listen().await;
    let (connector, _lines) = room(&fake.http_address());
    let visit = fake.http("POST /api/apps/v2/token ").await;
    visit.answer(503, "<html>").await;
    until(&mut connector.status(), "it fails", |s| {
        s.last_error == Some(ChatErrorCode::TaskFailed)
    })
    .await;
    pass(Duration::from_secs(20)).await;
    token(&fake, "t1").await;
    look(&fake, "t1", 3).await;
    until(&mut connector.status(), "it runs", |s| {
        s.last_error.is_none()
    })
    .await;
    // It ran before: who started it stops it.
    connector.stop().await;
}
