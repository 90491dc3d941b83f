//! A client of the engine's WebSocket that remembers what it was told.

use std::time::Duration;

use stallcast_show::{ChatLine, Command, Role};
use stallcast_wire::{
    CatalogueView, ChatPlace, ClientMessage, CrewView, FindingsView, HeldView, MetersView, Notice,
    Outcome, QuestionsView, Request, ServerMessage, ShowView, StatusView, TeamView, Topic,
    VettingView, WireError,
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use super::Socket;
use super::process::PATIENCE;

/// A session on `/api/ws`. Topics, chat lines and notices are kept as they come in, which is
/// whenever one of its functions waits.
pub struct Session {
    socket: Socket,
    next_id: u32,
    /// What the session may do.
    pub role: Role,
    /// The show as last told.
    pub show: Option<Box<ShowView>>,
    /// The products as last told.
    pub catalogue: Option<CatalogueView>,
    /// What was looked at of products, as last told.
    pub vetting: Option<VettingView>,
    /// Health as last told.
    pub status: Option<Box<StatusView>>,
    /// What the rules of selling found, as last told.
    pub findings: Option<FindingsView>,
    /// Levels as last told.
    pub meters: Option<MetersView>,
    /// What the audience asks, as last told.
    pub questions: Option<QuestionsView>,
    /// Lines that are held, as last told; never to a viewer.
    pub held: Option<HeldView>,
    /// The team as last told to the owner.
    pub team: Option<Box<TeamView>>,
    /// Whom questions can be handed to; told to producers and above.
    pub crew: Option<CrewView>,
    /// All chat lines so far.
    pub chat: Vec<ChatLine>,
    place: Option<u64>,
    run: String,
    /// All notices so far.
    pub notices: Vec<Notice>,
    results: Vec<(u32, Outcome)>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("show", &self.show)
            .field("status", &self.status)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session and says hello.
    pub async fn open(port: u16, token: &str) -> Self {
        match Self::try_open(port, token).await {
            Ok(session) => session,
            Err(error) => panic!("the engine does not let this session in: {error:?}"),
        }
    }

    /// As [`Session::open`]; the engine's refusal when it refuses.
    pub async fn try_open(port: u16, token: &str) -> Result<Self, Box<WireError>> {
        Self::try_open_under(port, "", token).await
    }

    /// As [`Session::try_open`], in a folder of whatever listens there.
    pub async fn try_open_under(
        port: u16,
        folder: &str,
        token: &str,
    ) -> Result<Self, Box<WireError>> {
        let path = format!("{folder}/api/ws");
        let socket = Socket::open(port, &path, token).await;
        Box::pin(Self::begin(socket, Vec::new())).await
    }

    /// Comes again as a page does that was cut off, with the chat that it has.
    pub async fn come_again(self, port: u16, token: &str) -> Self {
        let place = self.place.map(|seq| ChatPlace { run: self.run, seq });
        let socket = Socket::open_at(port, "/api/ws", token, place).await;
        match Box::pin(Self::begin(socket, self.chat)).await {
            Ok(session) => session,
            Err(error) => panic!("the engine does not let this session in: {error:?}"),
        }
    }

    async fn begin(socket: Socket, chat: Vec<ChatLine>) -> Result<Self, Box<WireError>> {
        let mut session = Self {
            socket,
            next_id: 1,
            role: Role::Viewer,
            show: None,
            catalogue: None,
            vetting: None,
            status: None,
            findings: None,
            meters: None,
            questions: None,
            held: None,
            team: None,
            crew: None,
            chat,
            place: None,
            run: String::new(),
            notices: Vec::new(),
            results: Vec::new(),
        };
        match timeout(PATIENCE, session.receive()).await {
            Ok(Some(ServerMessage::Welcome { role, run, .. })) => {
                (session.role, session.run) = (role, run);
            }
            Ok(Some(ServerMessage::Result {
                outcome: Outcome::Failed { error },
                ..
            })) => return Err(Box::new(error)),
            other => panic!("no welcome from the engine: {other:?}"),
        }
        Ok(session)
    }

    /// The next message as it comes; `None` when the engine is gone.
    async fn receive(&mut self) -> Option<ServerMessage> {
        loop {
            if let Message::Text(text) = self.socket.next().await? {
                let message = serde_json::from_str(&text);
                return Some(message.unwrap_or_else(|error| panic!("{error} in {text}")));
            }
        }
    }

    fn learn(&mut self, changes: CatalogueView) {
        let Some(known) = self.catalogue.as_mut().filter(|_| !changes.whole) else {
            self.catalogue = Some(changes);
            return;
        };
        let is_new = |id: &stallcast_show::ProductId| {
            changes.products.iter().any(|product| product.id == *id)
        };
        let is_gone = |id: &stallcast_show::ProductId| changes.gone.contains(id);
        known
            .products
            .retain(|it| !is_new(&it.id) && !is_gone(&it.id));
        known.products.extend(changes.products);
        (known.total, known.version) = (changes.total, changes.version);
    }

    /// Waits for one message and remembers it; false when the engine is gone.
    pub async fn step(&mut self) -> bool {
        let Some(message) = self.receive().await else {
            return false;
        };
        match message {
            ServerMessage::Topic { topic, .. } => match topic {
                Topic::Show(show) => self.show = Some(show),
                Topic::Catalogue(changes) => self.learn(changes),
                Topic::Vetting(vetting) => self.vetting = Some(vetting),
                Topic::Status(status) => self.status = Some(status),
                Topic::Findings(findings) => self.findings = Some(findings),
                Topic::Questions(questions) => self.questions = Some(questions),
                Topic::Held(held) => self.held = Some(held),
                Topic::Heat(_) => {}
                Topic::Meters(meters) => self.meters = Some(meters),
                Topic::Team(team) => self.team = Some(Box::new(team)),
                Topic::Crew(crew) => self.crew = Some(crew),
            },
            ServerMessage::Chat { lines, seq, .. } => {
                self.chat.extend(lines);
                self.place = Some(seq);
            }
            ServerMessage::ChatRemoved { messages, seq } => {
                self.chat.retain(|line| !messages.contains(&line.id));
                self.place = Some(seq);
            }
            ServerMessage::ChatCaughtUp {
                seq,
                whole,
                removed,
                lines,
                ..
            } => {
                self.chat
                    .retain(|line| !whole && !removed.contains(&line.id));
                self.chat.extend(lines);
                self.place = Some(seq);
            }
            ServerMessage::Notice { notice } => self.notices.push(notice),
            ServerMessage::Result { id, outcome } => self.results.push((id, outcome)),
            ServerMessage::Welcome { .. } | ServerMessage::ChatMarks { .. } => {}
        }
        true
    }

    /// As a page would, reads on for `length` of the show, or until the engine is gone.
    pub async fn play(&mut self, length: Duration) {
        let until = Instant::now() + length;
        while timeout_at(until, self.step()).await.is_ok_and(|more| more) {}
    }

    /// Reads on until the engine is gone (`false`) or nothing has come for a minute (`true`).
    pub async fn step_to_end(&mut self) -> bool {
        while let Ok(more) = timeout(PATIENCE, self.step()).await {
            if !more {
                return false;
            }
        }
        true
    }

    /// Carries out a command; the journal's sequence number after it, or the refusal.
    pub async fn command(&mut self, command: Command) -> Result<u64, Box<WireError>> {
        self.command_as(command, None, None).await
    }

    /// As [`Session::command`], by a name under which it is done once, and for somebody who had seen the show as of
    /// the journal's entry `seen`.
    pub async fn command_as(
        &mut self,
        command: Command,
        once: Option<&str>,
        seen: Option<u64>,
    ) -> Result<u64, Box<WireError>> {
        let id = self.id();
        let message = ClientMessage::Command {
            id,
            command,
            once: once.map(str::to_owned),
            seen,
        };
        self.socket.send(&message).await;
        self.result(id).await.map(|(seq, _)| seq)
    }

    /// Asks for something; the answer, or the refusal.
    pub async fn request(&mut self, request: Request) -> Result<serde_json::Value, Box<WireError>> {
        let id = self.id();
        let message = ClientMessage::Request { id, request };
        self.socket.send(&message).await;
        self.result(id).await.map(|(_, data)| data)
    }

    fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    async fn result(&mut self, id: u32) -> Result<(u64, serde_json::Value), Box<WireError>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(place) = self.results.iter().position(|(own, _)| *own == id) {
                return match self.results.swap_remove(place).1 {
                    Outcome::Ok { seq, data } => Ok((seq, data)),
                    Outcome::Failed { error } => Err(Box::new(error)),
                };
            }
            match timeout_at(deadline, self.step()).await {
                Ok(true) => {}
                Ok(false) => panic!("the engine hung up before it answered"),
                Err(_) => panic!("no answer within {PATIENCE:?}"),
            }
        }
    }

    /// Waits until what was told satisfies `found`. Panics after `patience` with `what` and what
    /// is known by then.
    pub async fn until<T>(
        &mut self,
        patience: Duration,
        what: &str,
        mut found: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(answer) = found(self) {
                return answer;
            }
            match timeout_at(deadline, self.step()).await {
                Ok(true) => {}
                Ok(false) => panic!("the engine hung up before: {what}"),
                Err(_) => panic!("not within {patience:?}: {what}; known: {self:#?}"),
            }
        }
    }
}
