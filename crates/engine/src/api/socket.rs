//! The main socket: greets, carries out commands and requests, and pushes topics as they change.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use stallcast_media::audio::Meters;
use stallcast_show::{Actor, Command, Refusal, Role, Show};
use stallcast_wire::{
    ClientMessage, CrewView, ErrorCode, FindingsView, Level, LineMark, MetersView, Outcome,
    ServerMessage, ShowView, Topic, WireError, least_role,
};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout};

use super::Api;
use super::look_up::{Answer, look_up};
use super::shown_chat::ShownChat;
use super::shown_products::ShownProducts;
use super::shown_to;
use super::shown_vetting::{LookedFor, ShownVetting};
use super::silence::{ASK_EVERY, Asked, LAST_LOOK};
use crate::chat_room::{CaughtUp, Place, Told};
use crate::clock::now;
use crate::picture::kept_off;
use crate::team::Presence;

/// Longest message a page may send, bytes: the longest rundown, 10 000 ids of 300 letters and what stands around them.
const MAX_MESSAGE: usize = 4 << 20;
/// Longest message a member's page may send, bytes: everybody in the house may open a socket there, and a rundown of some
/// thousand products is longer than any that is moved about on a phone.
const MEMBERS_MESSAGE: usize = 256 << 10;
/// How long a page may take to say hello, or to take a message, before its socket is closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the end of the engine waits for an answer; less than the API takes to close.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Requests of one page under way at once. They may wait for a person at the keychain, so topics flow beside them;
/// one more is refused. Our own page knows the number (`REQUESTS_AT_ONCE` of `ui/src/wire/client.ts`).
const SLOW_REQUESTS: usize = 4;

/// Opens the socket.
pub async fn open(State(api): State<Api>, upgrade: WebSocketUpgrade) -> Response {
    let most = match api.doorway {
        None => MAX_MESSAGE,
        Some(_) => MEMBERS_MESSAGE,
    };
    upgrade
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| talk(api, socket))
}

/// Who came in by a socket.
pub(super) struct Guest {
    /// Who it is.
    pub(super) actor: Actor,
    /// Of a member's device: until when it may stay.
    pub(super) presence: Option<Presence>,
    /// How far its page has the chat.
    chat: Place,
}

impl Guest {
    /// Who sends, for what is remembered of their commands: two devices of one name are two.
    fn sender(&self) -> &str {
        self.presence.as_ref().map_or("owner", Presence::member)
    }

    fn is_over(&self) -> bool {
        self.presence.as_ref().is_some_and(Presence::is_over)
    }
}

/// Waits until a member has to go; for ever with the owner.
async fn over(presence: &mut Option<Presence>) {
    match presence {
        Some(presence) => presence.over().await,
        None => std::future::pending().await,
    }
}

/// Waits for the hello and answers it; `None` when the page may not come in.
pub(super) async fn greet(api: &Api, socket: &mut WebSocket) -> Option<Guest> {
    let first = timeout(PATIENCE, socket.recv()).await.ok()??.ok()?;
    let hello = first
        .to_text()
        .ok()
        .and_then(|text| serde_json::from_str(text).ok());
    let (entered, chat) = match hello {
        Some(ClientMessage::Hello { token, chat, .. }) => (api.enter(&token), chat),
        _ => (Err(WireError::new(ErrorCode::Unauthorized)), None),
    };
    let chat = match chat {
        None => Place::New,
        Some(chat) if *chat.run == *api.run => Place::At(chat.seq),
        Some(_) => Place::Lost,
    };
    let (actor, presence) = match entered {
        Ok(entered) => entered,
        Err(error) => {
            let _ = send(socket, &result(0, Err(error))).await;
            return None;
        }
    };
    let welcome = ServerMessage::Welcome {
        role: actor.role,
        name: actor.name.clone(),
        run: api.run.to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let guest = Guest {
        actor,
        presence,
        chat,
    };
    send(socket, &welcome).await.then_some(guest)
}

async fn send(socket: &mut WebSocket, message: &ServerMessage) -> bool {
    let Ok(text) = serde_json::to_string(message) else {
        return false;
    };
    matches!(
        timeout(PATIENCE, socket.send(Message::Text(text.into()))).await,
        Ok(Ok(()))
    )
}

async fn ask_whether_there(socket: &mut WebSocket) -> bool {
    let asking = socket.send(Message::Ping(axum::body::Bytes::new()));
    matches!(timeout(PATIENCE, asking).await, Ok(Ok(())))
}

fn levels(meters: &Meters) -> MetersView {
    let level = |level: &stallcast_media::audio::Level| Level {
        peak_db: level.peak_db,
        rms_db: level.rms_db,
    };
    let inputs = meters
        .inputs
        .iter()
        .map(|(id, own)| (id.as_str().into(), level(own)))
        .collect();
    MetersView {
        inputs,
        master: level(&meters.master),
        loudness_lufs: meters.loudness.short_term_lufs,
        momentary_lufs: meters.loudness.momentary_lufs,
        integrated_lufs: meters.loudness.integrated_lufs,
        ducked_db: meters.ducked_db,
        limited_db: meters.limited_db,
    }
}

/// What a page has been sent so far.
struct Pushed {
    seq: u64,
    products: ShownProducts,
    vetting: ShownVetting,
    role: Role,
}

impl Pushed {
    async fn topic(&mut self, socket: &mut WebSocket, topic: Topic) -> bool {
        self.seq += 1;
        send(
            socket,
            &ServerMessage::Topic {
                seq: self.seq,
                topic,
            },
        )
        .await
    }

    async fn show(&mut self, api: &Api, socket: &mut WebSocket) -> bool {
        let state = api.studio.desk().published().borrow().clone();
        if let Some(mut changes) = self.products.changes(&state) {
            let products = changes.products.into_iter();
            changes.products = products
                .map(|it| shown_to::product(self.role, it))
                .collect();
            if !self.topic(socket, Topic::Catalogue(changes)).await {
                return false;
            }
        }
        if !self.vetting(socket, &state.show).await {
            return false;
        }
        let kept_off = kept_off(&api.studio.findings().borrow());
        let view = ShowView::of(&state.show, state.seq, now().0).with_next(&state.show, &kept_off);
        let view = shown_to::show(self.role, view);
        self.topic(socket, Topic::Show(Box::new(view))).await
    }

    async fn vetting(&mut self, socket: &mut WebSocket, show: &Show) -> bool {
        match self.vetting.changes(show) {
            Some(view) => self.topic(socket, Topic::Vetting(view)).await,
            None => true,
        }
    }
}

async fn talk(api: Api, mut socket: WebSocket) {
    let Some(mut guest) = greet(&api, &mut socket).await else {
        return;
    };
    let studio = &api.studio;
    let role = guest.actor.role;
    // A phone that lies about somewhere keeps no engine running.
    let _page = guest.presence.is_none().then(|| studio.page());
    let mut team = api.team.view();
    let mut crew = api.team.crew();
    let mut shows = studio.desk().published();
    let mut statuses = studio.status();
    let mut meters = studio.meters();
    let mut findings = studio.findings();
    let (standing, mut notices) = studio.notices();
    let (caught, marks, mut lines) = studio.chat().follow(guest.chat);
    let mut place = caught.seq;
    let is_member = guest.presence.is_some();
    let mut chat = ShownChat::of(is_member);
    let mut ask = tokio::time::interval(ASK_EVERY);
    let mut asked = Asked::default();
    let mut questions = studio.chat().questions();
    let mut held = studio.chat().held();
    let mut heat = studio.chat().heat();
    let (slow, mut answers) = mpsc::channel(SLOW_REQUESTS);
    let mut pushed = Pushed {
        seq: 0,
        products: ShownProducts::default(),
        vetting: ShownVetting::default(),
        role,
    };
    team.mark_changed();
    shows.mark_changed();
    statuses.mark_changed();
    findings.mark_changed();
    questions.mark_changed();
    held.mark_changed();
    heat.mark_changed();
    crew.mark_changed();
    if !catch_up(&mut socket, caught, 0, marks).await {
        return;
    }
    for notice in standing
        .into_iter()
        .filter(|it| shown_to::is_told(role, it))
    {
        if !send(&mut socket, &ServerMessage::Notice { notice }).await {
            return;
        }
    }
    loop {
        let alive = tokio::select! {
            said = socket.recv() => {
                asked.hear();
                hear(&api, &guest, &mut socket, (&slow, &pushed.vetting.looked), said).await
            }
            // A phone that left the network says no goodbye, and TCP believes in it for minutes. Nobody is lost on the way to
            // this machine's own page.
            _ = ask.tick(), if is_member => {
                if asked.is_overdue(Instant::now()) {
                    match timeout(LAST_LOOK, socket.recv()).await {
                        Ok(said) => {
                            asked.hear();
                            let looked = &pushed.vetting.looked;
                            hear(&api, &guest, &mut socket, (&slow, looked), said).await
                        }
                        Err(_) => false,
                    }
                } else {
                    let is_asked = ask_whether_there(&mut socket).await;
                    asked.note(Instant::now());
                    is_asked
                }
            }
            Ok(()) = shows.changed() => {
                shows.mark_unchanged();
                pushed.show(&api, &mut socket).await
            }
            Ok(()) = statuses.changed() => {
                let mut status = shown_to::status(role, statuses.borrow_and_update().clone());
                status.phrases = studio.phrases();
                pushed.topic(&mut socket, Topic::Status(Box::new(status))).await
            }
            Ok(()) = findings.changed() => {
                let found = FindingsView::clone(&findings.borrow_and_update());
                // What comes next on the rundown may be another one by that.
                pushed.topic(&mut socket, Topic::Findings(found)).await
                    && pushed.show(&api, &mut socket).await
            }
            Ok(()) = questions.changed() => {
                let asked = stallcast_wire::QuestionsView::clone(&questions.borrow_and_update());
                let asked = shown_to::questions(role, asked);
                pushed.topic(&mut socket, Topic::Questions(asked)).await
            }
            // Who may not decide of them does not see what others must not see.
            Ok(()) = held.changed(), if role >= Role::Moderator => {
                let lines = stallcast_wire::HeldView::clone(&held.borrow_and_update());
                pushed.topic(&mut socket, Topic::Held(lines)).await
            }
            Ok(()) = heat.changed() => {
                let values = stallcast_wire::HeatView::clone(&heat.borrow_and_update());
                pushed.topic(&mut socket, Topic::Heat(values)).await
            }
            () = over(&mut guest.presence) => {
                // What was asked last is still answered by the desk; nobody here hears it.
                let _ = timeout(LAST_ANSWERS, socket.send(Message::Close(None))).await;
                return;
            }
            Ok(()) = team.changed(), if role == Role::Owner => {
                let view = team.borrow_and_update().clone();
                pushed.topic(&mut socket, Topic::Team(view)).await
            }
            // Who hands out questions knows to whom.
            Ok(()) = crew.changed(), if role >= Role::Producer => {
                let members = CrewView::clone(&crew.borrow_and_update());
                pushed.topic(&mut socket, Topic::Crew(members)).await
            }
            // Levels are for those who mix: ten times a second is much for a phone that does not.
            Ok(()) = meters.changed(), if role >= Role::Producer => {
                let levels = levels(&meters.borrow_and_update());
                pushed.topic(&mut socket, Topic::Meters(levels)).await
            }
            Some(message) = answers.recv() => {
                // What it found is shown with its ticks.
                let show = studio.desk().show();
                pushed.vetting(&mut socket, &show).await && send(&mut socket, &message).await
            }
            batch = lines.recv() => match batch {
                Ok(Told::Lines(seq, lines)) => {
                    place = seq;
                    let (left_out, lines) = chat.lines(&lines, Instant::now());
                    send(&mut socket, &ServerMessage::Chat { seq, left_out, lines }).await
                }
                Ok(Told::Removed(seq, gone)) => {
                    place = seq;
                    let messages = chat.removed(&gone);
                    send(&mut socket, &ServerMessage::ChatRemoved { seq, messages }).await
                }
                Ok(Told::Marks(marks)) => {
                    let marks = chat.marks(&marks);
                    marks.is_empty() || send(&mut socket, &ServerMessage::ChatMarks { marks }).await
                }
                // The page lags, and is told what it missed.
                Err(RecvError::Lagged(_)) => {
                    let (mut caught, marks, newest) = studio.chat().follow(Place::At(place));
                    (lines, place) = (newest, caught.seq);
                    let left_out = chat.caught_up(&mut caught, Instant::now());
                    catch_up(&mut socket, caught, left_out, chat.marks(&marks)).await
                }
                Err(RecvError::Closed) => false,
            },
            notice = notices.recv() => match notice {
                Ok(notice) if !shown_to::is_told(role, &notice) => true,
                Ok(notice) => send(&mut socket, &ServerMessage::Notice { notice }).await,
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => false,
            },
            _ = studio.ended() => {
                farewell(&mut socket, slow, answers).await;
                return;
            }
        };
        if !alive {
            return;
        }
    }
}

async fn catch_up(
    socket: &mut WebSocket,
    caught: CaughtUp,
    left_out: u32,
    marks: Vec<LineMark>,
) -> bool {
    let message = ServerMessage::ChatCaughtUp {
        seq: caught.seq,
        whole: caught.whole,
        removed: caught.removed,
        left_out,
        lines: caught.lines,
    };
    send(socket, &message).await
        && (marks.is_empty() || send(socket, &ServerMessage::ChatMarks { marks }).await)
}

/// The engine ends: answers under way (the one to the request to end, for one) are still given.
async fn farewell(
    socket: &mut WebSocket,
    slow: mpsc::Sender<ServerMessage>,
    mut answers: mpsc::Receiver<ServerMessage>,
) {
    // The channel closes when the last answer is in.
    drop(slow);
    while let Ok(Some(message)) = timeout(LAST_ANSWERS, answers.recv()).await {
        if !send(socket, &message).await {
            return;
        }
    }
}

/// Takes what a page said; whether it stays.
async fn hear(
    api: &Api,
    guest: &Guest,
    socket: &mut WebSocket,
    (slow, looked): (&mpsc::Sender<ServerMessage>, &LookedFor),
    said: Option<Result<Message, axum::Error>>,
) -> bool {
    match said {
        Some(Ok(Message::Text(text))) => {
            !guest.is_over() && answer(api, guest, socket, (slow, looked), text.as_str()).await
        }
        Some(Ok(Message::Close(_)) | Err(_)) | None => false,
        Some(Ok(_)) => true,
    }
}

async fn answer(
    api: &Api,
    guest: &Guest,
    socket: &mut WebSocket,
    (slow, looked): (&mpsc::Sender<ServerMessage>, &LookedFor),
    text: &str,
) -> bool {
    let (id, outcome) = match serde_json::from_str(text) {
        // Nobody types it, and libraries below end a text there or fall over it.
        Ok(ClientMessage::Command { id, .. } | ClientMessage::Request { id, .. })
            if has_nul(text) =>
        {
            let malformed = WireError::new(ErrorCode::Malformed).with("cause", "NUL");
            (id, Err(malformed))
        }
        Ok(ClientMessage::Command {
            id,
            command,
            once,
            seen,
        }) => {
            let may = least_role(&command).is_some_and(|least| guest.actor.role >= least);
            let outcome = match once {
                // What is refused takes no room among the names of what was done.
                _ if !may => Err(WireError::new(ErrorCode::Forbidden)),
                None => carry_out(api, &guest.actor, command, seen).await,
                Some(name) => {
                    let (own, actor) = (api.clone(), guest.actor.clone());
                    let deed = async move { carry_out(&own, &actor, command, seen).await };
                    api.once.carry_out(guest.sender(), &name, deed).await
                }
            };
            (id, outcome.map(|seq| (seq, serde_json::Value::Null)))
        }
        Ok(ClientMessage::Request { id, request }) => match slow.clone().try_reserve_owned() {
            Ok(place) => {
                let (api, actor, looked) = (api.clone(), guest.actor.clone(), looked.clone());
                tokio::spawn(async move {
                    place.send(result(id, look_up(&api, &actor, &looked, request).await));
                });
                return true;
            }
            Err(_) => (id, Err(WireError::new(ErrorCode::Busy).retryable())),
        },
        Ok(ClientMessage::Hello { .. } | ClientMessage::Ack { .. }) => return true,
        Err(error) => (
            0,
            Err(WireError::new(ErrorCode::Malformed).with("cause", error.to_string())),
        ),
    };
    send(socket, &result(id, outcome)).await
}

/// Whether a text in a message has a NUL in it, which JSON only has as an escape.
fn has_nul(text: &str) -> bool {
    let is_escaped = |at: usize| {
        let before = text[..at].bytes().rev();
        before.take_while(|byte| *byte == b'\\').count() % 2 == 1
    };
    text.match_indices("\\u0000").any(|(at, _)| !is_escaped(at))
}

fn result(id: u32, outcome: Answer) -> ServerMessage {
    let outcome = match outcome {
        Ok((seq, data)) => Outcome::Ok { seq, data },
        Err(error) => Outcome::Failed { error },
    };
    ServerMessage::Result { id, outcome }
}

/// Does what its sender may ask for.
async fn carry_out(
    api: &Api,
    actor: &Actor,
    command: Command,
    seen: Option<u64>,
) -> Result<u64, WireError> {
    // At the studio itself nobody is asked to look again.
    let seen = seen.filter(|_| actor.role < Role::Owner);
    let studio = &api.studio;
    if let Command::AssignQuestion { to, .. } = &command
        && to != super::OWNER
        && !api.team.works_on_chat(to)
    {
        let refusal = Refusal::UnknownMember { name: to.clone() };
        return Err(WireError::refused(refusal.code(), refusal.params()));
    }
    studio
        .submit_having_seen(actor.clone(), command, seen)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_and_what_only_speaks_of_it_is_not() {
        for fine in ["", r#"{"name":"a"}"#, r#"{"name":"C:\\u0000"}"#] {
            assert!(!has_nul(fine), "{fine}");
        }
        for bad in [r#"{"name":"\u0000"}"#, r#"{"name":"a\\\u0000"}"#] {
            assert!(has_nul(bad), "{bad}");
        }
    }
}
