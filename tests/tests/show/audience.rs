//! The audience through the whole house: many lines become few questions, what is held waits with its reason, and both are
//! there again after the engine was killed.

use stallcast_show::{Command, HoldReason, QuestionState};
use stallcast_tests::stage::{import_orchard, put_on_air, studio};
use stallcast_tests::world::{Engine, PATIENCE, Session};
use stallcast_wire::QuestionView;

/// How many ask the price.
const ASKERS: usize = 37;
/// Held for the way to get in touch.
const DISGUISED: &str = "加我微信 abc_1234";

pub(super) fn say(engine: &Engine, lines: &[serde_json::Value]) {
    let body = serde_json::to_vec(lines).unwrap();
    let kind = [("Content-Type", "application/json")];
    let answer = engine.http("POST", "/api/chat", &kind, &body);
    assert_eq!(answer.status, 202, "{}", answer.text());
}

pub(super) fn line(id: usize, text: &str) -> serde_json::Value {
    serde_json::json!({"id": id.to_string(), "author": format!("看客{id}"), "text": text})
}

async fn first_question(session: &mut Session, askers: usize) -> QuestionView {
    session
        .until(PATIENCE, "the question with all who ask it", |s| {
            let first = s.questions.as_ref()?.questions.first()?;
            (first.askers as usize == askers).then(|| first.clone())
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_becomes_a_list_and_what_is_held_comes_back_when_somebody_lets_it() {
    let mut engine = studio(Default::default());
    let mut session = engine.session().await;
    let products = import_orchard(&engine, &mut session).await;
    put_on_air(&mut session, &products[0]).await;

    let ways = ["多少钱", "咋卖的", "这个什么价", "how much is it"];
    let asked = (0..ASKERS).map(|id| line(id, ways[id % ways.len()]));
    let mut lines: Vec<_> = asked.collect();
    lines.push(line(100, DISGUISED));
    lines.push(line(101, "质量太差了，再也不买"));
    lines.push(line(102, "2号链接多少钱"));
    say(&engine, &lines);

    let price = first_question(&mut session, ASKERS).await;
    assert_eq!(price.product.as_ref(), Some(&products[0].id));
    assert_eq!(
        (price.text.as_str(), price.state),
        ("多少钱", QuestionState::Open)
    );
    let answer = price.answer.unwrap();
    assert_eq!(
        (answer.fact.as_str(), &answer.product),
        ("price", &products[0].id)
    );
    let all = session.questions.clone().unwrap();
    assert_eq!(all.open, 2, "{all:?}");
    assert_eq!(all.questions[1].product.as_ref(), Some(&products[1].id));

    let held = session
        .until(PATIENCE, "the line is held", |s| {
            s.held.as_ref()?.lines.first().cloned()
        })
        .await;
    assert_eq!(
        (held.line.text.as_str(), held.why),
        (DISGUISED, HoldReason::Contact)
    );
    let in_chat = |s: &Session, text: &str| s.chat.iter().any(|line| line.text == text);
    session
        .until(PATIENCE, "a bad review is shown", |s| {
            in_chat(s, "质量太差了，再也不买").then_some(())
        })
        .await;
    assert!(!in_chat(&session, DISGUISED));

    drop(session);
    engine.kill9();
    engine.restart();
    let mut session = engine.session().await;
    let price = first_question(&mut session, ASKERS).await;
    let message = held.line.id.clone();
    session
        .until(PATIENCE, "it is held still", |s| {
            let lines = &s.held.as_ref()?.lines;
            (lines.len() == 1 && lines[0].line.id == message).then_some(())
        })
        .await;
    let messages = vec![message];
    let release = Command::ReleaseHeld { messages };
    session.command(release.clone()).await.unwrap();
    session
        .until(PATIENCE, "it came into the chat", |s| {
            (in_chat(s, DISGUISED) && s.held.as_ref()?.waiting == 0).then_some(())
        })
        .await;
    let twice = session.command(release).await.unwrap_err();
    assert_eq!(twice.message_key, "refusal.held_gone");

    let question = price.id;
    let state = QuestionState::Answered;
    let answered = Command::MarkQuestion {
        question,
        state,
        hide: None,
    };
    session.command(answered).await.unwrap();
    session
        .until(PATIENCE, "what was answered is not open any more", |s| {
            let asked = &s.questions.as_ref()?.questions;
            let answered = asked.iter().find(|it| it.id == question)?;
            let other = asked
                .iter()
                .find(|it| it.product.as_ref() == Some(&products[1].id))?;
            (answered.state == state && other.state == QuestionState::Open).then_some(())
        })
        .await;
}
