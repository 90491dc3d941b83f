//! The team at work on the chat, over real sockets: who takes a question on, what is hidden and why, and what a page finds
//! that was away, or whose engine was killed.

use stallcast_show::{Command, Hide, HideReason, MessageId, QuestionState, Role};
use stallcast_tests::stage::studio;
use stallcast_tests::world::{PATIENCE, Session};
use stallcast_wire::{ClaimView, ErrorCode, QuestionView, Request};

use super::audience::{line, say};
use super::team::{code, member, switch, team};

fn claim(question: u64) -> Command {
    Command::ClaimQuestion {
        question,
        by: String::new(),
    }
}

fn hide(message: &MessageId, why: HideReason, words: &str) -> Command {
    Command::HideLine {
        message: message.clone(),
        hide: Hide {
            why,
            words: words.into(),
        },
        line: None,
    }
}

async fn question(session: &mut Session, text: &str) -> QuestionView {
    session
        .until(PATIENCE, "the question", |it| {
            let mut asked = it.questions.as_ref()?.questions.iter();
            asked.find(|question| question.text == text).cloned()
        })
        .await
}

/// Waits until this page shows that name at the question; empty = nobody.
async fn is_held_by(session: &mut Session, question: u64, by: &str) {
    session
        .until(PATIENCE, "who sees to the question", |it| {
            let mut asked = it.questions.as_ref()?.questions.iter();
            let claim = &asked.find(|it| it.id == question)?.claim;
            let name = claim.as_ref().map_or("", |ClaimView { by, .. }| by);
            (name == by).then_some(())
        })
        .await;
}

fn texts(session: &Session) -> Vec<&str> {
    session.chat.iter().map(|line| line.text.as_str()).collect()
}

async fn has_chat(session: &mut Session, wanted: &[&str]) {
    let has = |it: &Session| (texts(it) == wanted).then_some(());
    session.until(PATIENCE, "the chat as it is", has).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_one_question_hear_who_was_first_and_what_was_decided_outlives_a_kill() {
    let mut engine = studio(Default::default());
    let mut owner = engine.session().await;
    let port = switch(&mut owner, true).await.expect("it listens");
    let (mut li, li_token) = member(&mut owner, port, "Li", Role::Moderator).await;
    let (mut wang, wang_token) = member(&mut owner, port, "Wang", Role::Moderator).await;
    let (mut chen, _) = member(&mut owner, port, "Chen", Role::Producer).await;
    let said = [
        line(1, "多少钱"),
        line(2, "几天发货"),
        line(3, "主播的围巾好看"),
    ];
    say(&engine, &said);
    let price = question(&mut owner, "多少钱").await.id;
    let sends = question(&mut owner, "几天发货").await.id;
    let all = ["多少钱", "几天发货", "主播的围巾好看"];
    for page in [&mut owner, &mut li, &mut wang, &mut chen] {
        has_chat(page, &all).await;
    }

    // At once: one has it, and the other is told who.
    let both = tokio::join!(li.command(claim(price)), wang.command(claim(price)));
    let (first, refused) = match both {
        (Ok(_), Err(refused)) => ("Li", refused),
        (Err(refused), Ok(_)) => ("Wang", refused),
        other => panic!("not exactly one: {other:?}"),
    };
    assert_eq!(
        (refused.message_key.as_str(), refused.params["by"].as_str()),
        ("refusal.question_taken", first)
    );
    for page in [&mut owner, &mut li, &mut wang, &mut chen] {
        is_held_by(page, price, first).await;
    }

    // Who leads hands it on, to somebody who works on the chat.
    chen.until(PATIENCE, "whom it can be handed to", |it| {
        (it.crew.as_ref()?.members.len() == 3).then_some(())
    })
    .await;
    let assign = |to: &str| Command::AssignQuestion {
        question: price,
        to: to.into(),
    };
    assert_eq!(code(li.command(assign("Wang")).await), ErrorCode::Forbidden);
    let nobody = chen.command(assign("Zhao")).await.unwrap_err();
    assert_eq!(nobody.message_key, "refusal.unknown_member");
    chen.command(assign("Wang")).await.unwrap();
    is_held_by(&mut li, price, "Wang").await;
    let free = Command::FreeQuestion { question: price };
    let not_theirs = li.command(free).await.unwrap_err();
    assert_eq!(not_theirs.params["by"], "Wang");

    // A line that stands on the picture is hidden: it is nowhere, and its reason is with the team.
    let unfair = owner.chat[2].clone();
    let pin = Command::PinQuestion {
        message: unfair.id.clone(),
        author: unfair.author.clone(),
        text: unfair.text.clone(),
    };
    li.command(pin).await.unwrap();
    let without = Command::MarkQuestion {
        question: sends,
        state: QuestionState::Hidden,
        hide: None,
    };
    let refused = li.command(without).await.unwrap_err();
    assert_eq!(refused.message_key, "refusal.text_empty");
    li.command(hide(&unfair.id, HideReason::Other, "跑题"))
        .await
        .unwrap();
    for page in [&mut owner, &mut wang] {
        has_chat(page, &all[..2]).await;
        page.until(PATIENCE, "why it is hidden, and off the picture", |it| {
            let hidden = it.held.as_ref()?.hidden.first()?;
            let by = (hidden.hidden.by.as_str(), hidden.hidden.hide.words.as_str());
            assert_eq!((by, &hidden.line), (("Li", "跑题"), &unfair));
            it.show.as_ref()?.pinned.is_none().then_some(())
        })
        .await;
    }
    let again = wang.command(hide(&unfair.id, HideReason::Spam, "")).await;
    assert_eq!(again.unwrap_err().message_key, "refusal.line_gone");

    // Wang is away meanwhile, and finds all of it: what came, what went, what came back; nothing twice.
    say(&engine, &[line(4, "来了")]);
    has_chat(&mut li, &["多少钱", "几天发货", "来了"]).await;
    let gone = li.chat[1].id.clone();
    li.command(hide(&gone, HideReason::OffTopic, ""))
        .await
        .unwrap();
    let messages = vec![unfair.id.clone()];
    li.command(Command::ShowHidden { messages }).await.unwrap();
    let now = ["多少钱", "来了", "主播的围巾好看"];
    has_chat(&mut li, &now).await;
    let mut wang = wang.come_again(port, &wang_token).await;
    has_chat(&mut wang, &now).await;
    is_held_by(&mut wang, price, "Wang").await;

    // Killed in the middle of it.
    engine.kill9();
    engine.restart();
    let mut owner = engine.session().await;
    let port = team(&mut owner, |team| team.port).await;
    is_held_by(&mut owner, price, "Wang").await;
    let hidden = owner.until(PATIENCE, "what is hidden", |it| {
        it.held.as_ref()?.hidden.first().cloned()
    });
    let hidden = hidden.await;
    assert_eq!(
        (
            hidden.hidden.by.as_str(),
            hidden.hidden.hide.why,
            hidden.line.id
        ),
        ("Li", HideReason::OffTopic, gone)
    );
    let kept = ["多少钱", "主播的围巾好看", "来了"];
    has_chat(&mut owner, &kept).await;
    let mut li = li.come_again(port, &li_token).await;
    has_chat(&mut li, &kept).await;

    // Who is out sees to nothing any more; what is answered is nobody's.
    let id = team(&mut owner, |team| {
        let wang = team.members.iter().find(|it| it.name == "Wang")?;
        Some(wang.id.clone())
    })
    .await;
    owner
        .request(Request::RevokeMember { member: id })
        .await
        .unwrap();
    is_held_by(&mut li, price, "").await;
    li.command(claim(price)).await.unwrap();
    is_held_by(&mut owner, price, "Li").await;
    let answered = Command::MarkQuestion {
        question: price,
        state: QuestionState::Answered,
        hide: None,
    };
    li.command(answered).await.unwrap();
    is_held_by(&mut owner, price, "").await;
}
