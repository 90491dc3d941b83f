//! What clients want done, as commands and requests of the studio: the same rules and the same least roles as for
//! pages, signed with a name of its own.

use std::time::Duration;

use serde_json::{Value, json};
use stallcast_obsws::{Answer, Event, Status, Wish, code};
use stallcast_show::{
    Actor, ChatLine, Command, DestinationId, QuestionState, Role, Show, SourceId, Transition,
};
use stallcast_wire::{
    ErrorCode, QuestionView, Request, WireError, least_role, least_role_of_request,
};

use super::picture;
use super::server::Server;

/// How scenes follow each other before anybody chose.
const FADE_MS: u32 = 300;
/// Characters of a question on the picture; the show refuses more.
const QUESTION_MAX: usize = 200;
/// How long an answer waits until what was done can be asked for.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// Whoever knows the password stands at the studio.
fn actor() -> Actor {
    Actor {
        name: "obs-websocket".into(),
        role: Role::Owner,
    }
}

/// Does what is wished; `data` is what that is answered with where it has no answer of its own.
pub(super) async fn carry_out(server: &Server, wish: Wish, data: Option<Value>) -> Answer {
    let own = match done(server, wish).await {
        Ok(Done::Seq(seq)) => {
            seen(server, seq).await;
            None
        }
        Ok(Done::Told(own)) => own,
        Err(error) => return Err(status(&error)),
    };
    Ok(match (data, own) {
        // An answer to a vendor's request stands inside the vendor's own.
        (Some(mut data), Some(own)) if data.get("responseData").is_some() => {
            data["responseData"] = own;
            Some(data)
        }
        (data, own) => own.or(data),
    })
}

enum Done {
    /// The show changed, and this is its number.
    Seq(u64),
    /// It was asked, and this is the answer.
    Told(Option<Value>),
}

async fn done(server: &Server, wish: Wish) -> Result<Done, WireError> {
    let command = match wish {
        Wish::Scene { scene } => {
            let last = server.studio.desk().show().transition;
            Command::SwitchScene {
                scene: scene.as_str().into(),
                transition: last.unwrap_or(Transition::Fade { ms: FADE_MS }),
            }
        }
        Wish::Strip {
            input,
            gain_cdb,
            muted,
        } => {
            let source = SourceId(input);
            return at_turn(server, move |show| {
                let mut strip = show.strip(&source);
                strip.gain_cdb = gain_cdb.unwrap_or(strip.gain_cdb);
                strip.muted = muted.unwrap_or(strip.muted);
                Some(Command::SetStrip { source, strip })
            })
            .await;
        }
        Wish::Delay { input, ms } => {
            let source = SourceId(input);
            return at_turn(server, move |show| {
                let mut sound = show.sound(&source);
                sound.delay_ms = ms;
                Some(Command::SetSound { source, sound })
            })
            .await;
        }
        Wish::Destination { destination, on } => {
            return at_turn(server, move |show| {
                let known = show.destinations.get(&DestinationId(destination))?;
                let mut destination = known.clone();
                destination.enabled = on;
                Some(Command::PutDestination { destination })
            })
            .await;
        }
        Wish::GoLive => Command::GoLive,
        Wish::EndShow => Command::EndShow,
        Wish::Record { on } => Command::SetRecording { on },
        Wish::VirtualCamera { on } => Command::SetVirtualCamera { on },
        Wish::PutOnAir { product } => Command::PutOnAir {
            product: product.as_str().into(),
        },
        Wish::TakeOffAir => Command::TakeOffAir,
        Wish::StartCountdown { seconds } => Command::StartCountdown { seconds },
        Wish::StopCountdown => Command::StopCountdown,
        Wish::SetStock { product, left } => Command::SetStock {
            product: product.as_str().into(),
            left,
        },
        Wish::Pin { message } => pin(server, message)?,
        Wish::Unpin => Command::UnpinQuestion,
        Wish::StartBreak { minutes } => Command::StartBreak {
            minutes,
            words: stallcast_show::Text::default(),
        },
        Wish::EndBreak => Command::EndBreak,
        Wish::SaveReplay => {
            look_up(server, Request::SaveReplay).await?;
            return Ok(Done::Told(None));
        }
        Wish::Screenshot(wanted) => {
            let picture = picture::of_program(&server.studio, wanted).await?;
            return Ok(Done::Told(Some(json!({"imageData": picture}))));
        }
        Wish::Tell(data) => {
            // Whoever asks hears it too; nobody else there is fine.
            let _ = server.events.send(Event::custom(data));
            return Ok(Done::Told(None));
        }
        Wish::Questions { count } => {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let questions = questions(server).take(count).map(|line| {
                json!({
                    "question": line.id.as_str(),
                    "platform": line.platform,
                    "author": line.author,
                    "text": line.text,
                    "at": line.at.0,
                })
            });
            let questions: Vec<Value> = questions.collect();
            return Ok(Done::Told(Some(json!({"questions": questions}))));
        }
    };
    may(&command)?;
    server.studio.submit(actor(), command).await.map(Done::Seq)
}

/// As the API does it for pages.
fn may(command: &Command) -> Result<(), WireError> {
    let least = least_role(command);
    let may = least.is_some_and(|least| actor().role >= least);
    may.then_some(())
        .ok_or_else(|| WireError::new(ErrorCode::Forbidden))
}

async fn look_up(server: &Server, request: Request) -> Result<Value, WireError> {
    if actor().role < least_role_of_request(&request) {
        return Err(WireError::new(ErrorCode::Forbidden));
    }
    server.studio.look_up(&actor(), request).await
}

/// A change of what is there now: nothing can come between the look and the deed.
async fn at_turn(
    server: &Server,
    wish: impl FnOnce(&Show) -> Option<Command> + Send + 'static,
) -> Result<Done, WireError> {
    let wish = |show: &Show| wish(show).filter(|command| may(command).is_ok());
    let asked = server.studio.desk().submit_at_turn(actor(), wish).await;
    asked.map(Done::Seq)
}

/// Waits until the board has a change, so that who asks next sees it.
async fn seen(server: &Server, seq: u64) {
    let mut boards = server.boards.clone();
    let there = boards.wait_for(|board| board.seq >= seq);
    // Later it will be there.
    let _ = tokio::time::timeout(SEEN_WITHIN, there).await;
}

/// What viewers asked of late, the newest first.
fn questions(server: &Server) -> impl Iterator<Item = ChatLine> {
    let recent = server.studio.chat().lines();
    recent.into_iter().rev().filter(|line| line.question)
}

/// The line that was named, or else the question to answer next, however many ask it.
fn pin(server: &Server, message: Option<String>) -> Result<Command, WireError> {
    let found = match message {
        Some(message) => {
            let line = questions(server).find(|line| line.id.as_str() == message);
            line.map(|line| (line.id, line.author, line.text))
        }
        None => {
            let asked = server.studio.chat().questions().borrow().clone();
            let is_open = |it: &&QuestionView| it.state == QuestionState::Open;
            let top = asked.questions.iter().find(is_open);
            top.map(|it| (it.message.clone(), it.author.clone(), it.text.clone()))
        }
    };
    let (message, author, mut text) = found.ok_or_else(|| WireError::new(ErrorCode::NotFound))?;
    if let Some((at, _)) = text.char_indices().nth(QUESTION_MAX - 1)
        && text[at..].chars().nth(1).is_some()
    {
        text.truncate(at);
        text = format!("{}…", text.trim_end());
    }
    Ok(Command::PinQuestion {
        message,
        author,
        text,
    })
}

/// Why the studio did not do it, in the protocol's codes.
fn status(error: &WireError) -> Status {
    let is_unknown = error.message_key.starts_with("refusal.unknown_");
    let code = match error.code {
        ErrorCode::Refused if is_unknown => code::NOT_FOUND,
        ErrorCode::NotFound => code::NOT_FOUND,
        ErrorCode::NothingRuns => code::OUTPUT_NOT_RUNNING,
        ErrorCode::ShuttingDown | ErrorCode::Busy => code::NOT_READY,
        ErrorCode::Internal => code::GENERIC,
        _ => code::REFUSED,
    };
    let mut words = format!("The studio refused: {}", error.message_key);
    for (name, value) in &error.params {
        words += &format!(", {name} {value}");
    }
    Status::new(code, words)
}
