//! Sources, scenes, mixer strips, ticker and pinned question: what may happen and what it changes.

use crate::check::{self, ID_MAX, NAME_MAX};
use crate::question::{shown_name, shown_question};
use crate::{
    Area, At, Event, MessageId, PinnedQuestion, Placement, Refusal, Scene, SceneId, Show, Source,
    SourceId, SourceKind, Strip, Text, Transition,
};

/// Most sources, scenes, and placements of one layout.
const SOURCES_MAX: usize = 64;
const SCENES_MAX: usize = 64;
const PLACEMENTS_MAX: usize = 64;
/// Canvases: landscape and portrait, and room for more.
const CANVASES_MAX: usize = 8;
/// Longest path the engine takes, in characters (Windows' long paths have up to 32 767; nobody types one).
const PATH_MAX: usize = 4_096;

impl Show {
    pub(crate) fn known_source(&self, source: &SourceId) -> Result<(), Refusal> {
        if self.sources.contains_key(source) {
            return Ok(());
        }
        Err(Refusal::UnknownSource {
            source: source.clone(),
        })
    }

    pub(crate) fn decide_put_source(&self, source: Source) -> Result<Vec<Event>, Refusal> {
        check::system_name("source_id", source.id.as_str(), ID_MAX)?;
        check::filled("source_name", &source.name, NAME_MAX)?;
        match &source.kind {
            SourceKind::File { path } | SourceKind::Image { path } => {
                check::system_name("path", path, PATH_MAX)?;
            }
            SourceKind::Window { window } => check::system_name("window", window, ID_MAX)?,
            SourceKind::Camera { device: Some(id) }
            | SourceKind::Microphone { device: Some(id) }
            | SourceKind::DesktopAudio { device: Some(id) }
            | SourceKind::Screen { display: Some(id) } => {
                check::system_name("device", id, PATH_MAX)?
            }
            SourceKind::TestPicture
            | SourceKind::TestTone
            | SourceKind::Camera { device: None }
            | SourceKind::Microphone { device: None }
            | SourceKind::DesktopAudio { device: None }
            | SourceKind::Screen { display: None }
            | SourceKind::Phone { .. } => {}
        }
        match self.sources.get(&source.id) {
            Some(known) if *known == source => return Ok(Vec::new()),
            Some(_) => {}
            None => check::at_most("sources", self.sources.len() + 1, SOURCES_MAX)?,
        }
        Ok(vec![Event::SourcePut { source }])
    }

    pub(crate) fn decide_remove_source(&self, source: SourceId) -> Result<Vec<Event>, Refusal> {
        self.known_source(&source)?;
        let gone = self.emptied_by(&source);
        let mut events = vec![Event::SourceRemoved { source }];
        events.extend(gone.into_iter().map(|scene| Event::SceneRemoved { scene }));
        Ok(events)
    }

    /// Scenes that had nothing but this source: its key would put an empty picture on air. The one that is shown is not
    /// one of them, nor is the last there is, nor one that somebody only just made and has not filled yet.
    fn emptied_by(&self, source: &SourceId) -> Vec<SceneId> {
        let nothing_else = |scene: &&Scene| {
            let mut placements = scene.layouts.values().flatten().peekable();
            placements.peek().is_some() && placements.all(|placement| placement.source == *source)
        };
        let mut gone: Vec<_> = (self.scenes.iter())
            .filter(|scene| self.scene.as_ref() != Some(&scene.id))
            .filter(nothing_else)
            .map(|scene| scene.id.clone())
            .collect();
        if !gone.is_empty() && gone.len() == self.scenes.len() {
            gone.remove(0);
        }
        gone
    }

    pub(crate) fn decide_put_scene(&self, scene: Scene) -> Result<Vec<Event>, Refusal> {
        check::filled("scene_id", scene.id.as_str(), ID_MAX)?;
        check::either("scene_name", &scene.name, NAME_MAX)?;
        check::at_most("canvases", scene.layouts.len(), CANVASES_MAX)?;
        for (canvas, placements) in &scene.layouts {
            check::filled("canvas", canvas.as_str(), NAME_MAX)?;
            check::at_most("placements", placements.len(), PLACEMENTS_MAX)?;
            for placement in placements {
                self.known_source(&placement.source)?;
                check_placement(placement)?;
            }
        }
        match self.scenes.iter().find(|known| known.id == scene.id) {
            Some(known) if *known == scene => return Ok(Vec::new()),
            Some(_) => {}
            None => check::at_most("scenes", self.scenes.len() + 1, SCENES_MAX)?,
        }
        Ok(vec![Event::ScenePut { scene }])
    }

    pub(crate) fn decide_remove_scene(&self, scene: SceneId) -> Result<Vec<Event>, Refusal> {
        if !self.scenes.iter().any(|known| known.id == scene) {
            return Err(Refusal::UnknownScene { scene });
        }
        if self.scenes.len() == 1 {
            return Err(Refusal::LastScene);
        }
        if self.scene.as_ref() == Some(&scene) {
            return Err(Refusal::SceneShown { scene });
        }
        Ok(vec![Event::SceneRemoved { scene }])
    }

    pub(crate) fn decide_switch_scene(
        &self,
        scene: SceneId,
        transition: Transition,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        if !self.scenes.iter().any(|known| known.id == scene) {
            return Err(Refusal::UnknownScene { scene });
        }
        if let Transition::Fade { ms } = transition
            && !(1..=5_000).contains(&ms)
        {
            return Err(Refusal::InvalidLength {
                field: "fade",
                value: i64::from(ms),
                min: 1,
                max: 5_000,
            });
        }
        if self.scene.as_ref() == Some(&scene) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::SceneSwitched {
            scene,
            transition,
            at,
        }])
    }

    pub(crate) fn decide_set_strip(
        &self,
        source: SourceId,
        strip: Strip,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_source(&source)?;
        check::range("gain", strip.gain_cdb, -6_000, 2_000)?;
        if self.strip(&source) == strip {
            return Ok(Vec::new());
        }
        Ok(vec![Event::StripSet { source, strip }])
    }

    pub(crate) fn decide_set_ticker(&self, text: Text) -> Result<Vec<Event>, Refusal> {
        check::both("ticker", &text, 300)?;
        if text == self.ticker {
            return Ok(Vec::new());
        }
        Ok(vec![Event::TickerSet { text }])
    }

    pub(crate) fn decide_pin_question(
        &self,
        message: MessageId,
        author: String,
        text: String,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("message", message.as_str(), ID_MAX)?;
        check::text("author", &author, 100)?;
        check::filled("question", &text, 200)?;
        if self.is_live() && message.is_invented() {
            return Err(Refusal::InventedQuestion);
        }
        // Everybody sees it from now on.
        let (author, text) = (shown_name(&author), shown_question(&text));
        let same = |pinned: &PinnedQuestion| {
            pinned.message == message && pinned.author == author && pinned.text == text
        };
        if self.pinned.as_ref().is_some_and(same) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::QuestionPinned {
            question: PinnedQuestion {
                message,
                author,
                text,
                answer: String::new(),
                since: at,
            },
        }])
    }

    pub(crate) fn decide_unpin_question(&self) -> Vec<Event> {
        match self.pinned {
            Some(_) => vec![Event::QuestionUnpinned],
            None => Vec::new(),
        }
    }

    pub(crate) fn apply_staging(&mut self, event: &Event) {
        match event {
            Event::SourcePut { source } => {
                self.sources.insert(source.id.clone(), source.clone());
            }
            Event::SourceRemoved { source } => {
                self.sources.remove(source);
                self.strips.remove(source);
                self.forget_sound(source);
                for placements in self.scenes.iter_mut().flat_map(|s| s.layouts.values_mut()) {
                    placements.retain(|placement| placement.source != *source);
                }
            }
            Event::ScenePut { scene } => {
                match self.scenes.iter_mut().find(|known| known.id == scene.id) {
                    Some(known) => known.clone_from(scene),
                    None => self.scenes.push(scene.clone()),
                }
            }
            Event::SceneRemoved { scene } => self.scenes.retain(|known| known.id != *scene),
            Event::SceneSwitched {
                scene, transition, ..
            } => {
                self.scene = Some(scene.clone());
                self.transition = Some(*transition);
            }
            Event::StripSet { source, strip } => {
                self.strips.insert(source.clone(), *strip);
            }
            Event::TickerSet { text } => self.ticker.clone_from(text),
            Event::QuestionPinned { question } => self.pinned = Some(question.clone()),
            Event::QuestionAnswered { answer, .. } => self.apply_answer(answer),
            Event::QuestionUnpinned => self.pinned = None,
            _ => {}
        }
    }
}

fn check_placement(placement: &Placement) -> Result<(), Refusal> {
    let Area {
        x,
        y,
        width,
        height,
    } = placement.area;
    check::range("area_width", width, 1, 20_000)?;
    check::range("area_height", height, 1, 20_000)?;
    check::range("area_x", x, -20_000, 20_000)?;
    check::range("area_y", y, -20_000, 20_000)?;
    let crop = placement.crop;
    check::range("crop_x", crop.x, 0, 9_999)?;
    check::range("crop_y", crop.y, 0, 9_999)?;
    check::range("crop_width", crop.width, 1, 10_000 - crop.x)?;
    check::range("crop_height", crop.height, 1, 10_000 - crop.y)
}
