//! What is kept of a show: recording parts and chat lines; what may happen and what it changes.

use crate::check;
use crate::{At, Canvas, ChatLine, Event, HeldNote, MessageId, Refusal, Show};

/// Longest chat line and author kept, in characters.
const LINE_MAX: usize = 500;
const AUTHOR_MAX: usize = 100;

impl Show {
    pub(crate) fn decide_set_recording(&self, on: bool) -> Vec<Event> {
        if on == self.recording {
            return Vec::new();
        }
        vec![Event::RecordingSet { on }]
    }

    pub(crate) fn decide_note_recording_part(
        &self,
        file: String,
        first_frame: At,
        canvas: Canvas,
    ) -> Result<Vec<Event>, Refusal> {
        check::below_folder("recording", &file)?;
        if self.recording_parts.contains(&file) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::RecordingPartOpened {
            file,
            at: first_frame,
            canvas,
        }])
    }

    pub(crate) fn decide_note_files_removed(
        &self,
        files: Vec<String>,
    ) -> Result<Vec<Event>, Refusal> {
        for file in &files {
            check::below_folder("recording", file)?;
        }
        if files.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Event::FilesRemoved { files }])
    }

    /// A line that is too long is cut, not refused: the rest of its batch must not be lost with it.
    pub(crate) fn decide_note_chat(&self, mut lines: Vec<ChatLine>) -> Vec<Event> {
        if lines.is_empty() {
            return Vec::new();
        }
        for line in &mut lines {
            cut(&mut line.text, LINE_MAX);
            cut(&mut line.author, AUTHOR_MAX);
        }
        vec![Event::ChatNoted { lines }]
    }

    pub(crate) fn decide_hold_chat(&self, lines: Vec<ChatLine>, held: Vec<HeldNote>) -> Vec<Event> {
        let mut events = self.decide_note_chat(lines);
        if !held.is_empty() {
            events.push(Event::ChatHeld { held });
        }
        events
    }

    /// Lines that their platform took back: kept as a fact, so that no later reading shows them again.
    pub(crate) fn decide_take_back_chat(&self, messages: Vec<MessageId>) -> Vec<Event> {
        if messages.is_empty() {
            return Vec::new();
        }
        vec![Event::ChatTakenBack { messages }]
    }

    /// A new broadcast counts its own lines and parts. A part that is being written goes on and is its first.
    pub(crate) fn begin_keeping_anew(&mut self) {
        self.chat_lines = 0;
        let kept = usize::from(self.recording).min(self.recording_parts.len());
        self.recording_parts
            .drain(..self.recording_parts.len() - kept);
    }

    pub(crate) fn apply_keeping(&mut self, event: &Event) {
        match event {
            Event::RecordingSet { on } => self.recording = *on,
            Event::RecordingSplitSet { split } => self.recording_split = *split,
            Event::VideoBitrateSet { kbps } => self.video_kbps = *kbps,
            Event::RecordingPartOpened { file, .. } => self.recording_parts.push(file.clone()),
            Event::ChatNoted { lines } => {
                self.chat_lines = self.chat_lines.saturating_add(lines.len() as u64);
                self.play(lines);
            }
            _ => {}
        }
    }
}

fn cut(text: &mut String, max: usize) {
    if let Some((at, _)) = text.char_indices().nth(max) {
        text.truncate(at);
    }
}
