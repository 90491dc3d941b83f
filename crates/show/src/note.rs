//! Notes of the team to whoever stands before the camera: a few short lines on the prompter, until somebody ticks them off.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{At, Event, Refusal, Show, visible};

/// Notes that stand at once; nobody before a camera reads more, and the oldest makes room.
const NOTES_MAX: usize = 8;
/// Characters of one: a question and its answer, read while one talks.
const NOTE_MAX: usize = 200;

/// Something the team wants said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Note {
    /// Id, unique in the show.
    pub id: String,
    /// 1 to 200 characters.
    pub text: String,
    /// Whose it is.
    pub by: String,
    /// Since when.
    pub at: At,
}

impl Show {
    /// The same note sent twice, as after a lost connection, is one note.
    pub(crate) fn decide_send_note(
        &self,
        id: String,
        text: &str,
        by: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("note_id", &id, check::ID_MAX)?;
        let text = visible(text).trim().to_owned();
        check::filled("note", &text, NOTE_MAX)?;
        if self.notes.iter().any(|known| known.id == id) {
            return Ok(Vec::new());
        }
        let note = Note { id, text, by, at };
        Ok(vec![Event::NoteSent { note }])
    }

    pub(crate) fn decide_tick_note(&self, id: String) -> Vec<Event> {
        match self.notes.iter().any(|known| known.id == id) {
            true => vec![Event::NoteTicked { id }],
            false => Vec::new(),
        }
    }

    pub(crate) fn apply_note(&mut self, event: &Event) {
        match event {
            Event::NoteSent { note } => {
                self.notes.push(note.clone());
                let over = self.notes.len().saturating_sub(NOTES_MAX);
                self.notes.drain(..over);
            }
            Event::NoteTicked { id } => self.notes.retain(|known| known.id != *id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Command, Role, decide};

    fn send(show: &mut Show, id: &str, text: &str) -> Result<usize, &'static str> {
        let command = Command::SendNote {
            id: id.to_owned(),
            text: text.to_owned(),
            by: String::new(),
        };
        let sender = Actor {
            name: "小李".to_owned(),
            role: Role::Moderator,
        };
        let events = decide(show, command.signed(&sender), At(7)).map_err(|it| it.code())?;
        show.apply_all(&events);
        Ok(events.len())
    }

    #[test]
    fn a_note_is_signed_stands_once_and_goes_when_it_is_ticked() {
        let mut show = Show::new("orchard");
        assert_eq!(send(&mut show, "a", " 讲一下发货\u{202E} "), Ok(1));
        assert_eq!(send(&mut show, "a", "讲一下发货"), Ok(0));
        assert_eq!(send(&mut show, "b", " "), Err("text_empty"));
        assert_eq!(
            send(&mut show, "b", &"长".repeat(201)),
            Err("text_too_long")
        );
        let note = &show.notes[0];
        assert_eq!(
            (note.text.as_str(), note.by.as_str(), note.at),
            ("讲一下发货", "小李", At(7))
        );
        let tick = Command::TickNote { id: "a".to_owned() };
        let events = decide(&show, tick.clone(), At(8)).unwrap();
        show.apply_all(&events);
        assert!(show.notes.is_empty());
        assert_eq!(decide(&show, tick, At(9)), Ok(vec![]));
    }

    #[test]
    fn the_oldest_note_makes_room_and_none_outlives_its_show() {
        let mut show = Show::new("orchard");
        for n in 0..NOTES_MAX + 2 {
            send(&mut show, &n.to_string(), "快一点").unwrap();
        }
        assert_eq!(
            (show.notes.len(), show.notes[0].id.as_str()),
            (NOTES_MAX, "2")
        );
        for command in [Command::StartRehearsal, Command::EndShow] {
            let events = decide(&show, command, At(0)).unwrap();
            show.apply_all(&events);
        }
        assert!(show.notes.is_empty());
    }
}
