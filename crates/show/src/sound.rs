//! What is set of the sound besides gain and mute: what a source is to the others, its delay and noise, how far music
//! goes down under speech, and which source is recorded alone as well.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show, SourceId, SourceKind};

/// Most a sound may be behind its picture, in milliseconds.
const DELAY_MAX_MS: i32 = 1_000;
/// Deepest ducking, in hundredths of a decibel: nothing is heard of the music any more.
const DUCKING_MIN_CDB: i32 = -4_000;

/// What a source's sound is to the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum SoundRole {
    /// Somebody who speaks: music goes down meanwhile.
    Speech,
    /// Goes down while somebody speaks.
    Music,
    /// Neither.
    #[default]
    Other,
}

/// Whether steady noise is taken out of a source's sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum NoiseSuppression {
    /// The sound stays as it is.
    #[default]
    Off,
    /// Fans, hiss and hum are taken out.
    On,
}

/// How a source's sound is treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Sound {
    /// What it is to the others.
    pub role: SoundRole,
    /// How far it is behind its picture in milliseconds, 0 to 1 000: for a camera that is late.
    pub delay_ms: u32,
    /// Noise suppression.
    pub noise: NoiseSuppression,
}

impl Sound {
    /// Until a person says otherwise: who is heard through a microphone or a phone speaks.
    pub fn usual(kind: &SourceKind) -> Self {
        Sound {
            role: match kind {
                SourceKind::Microphone { .. } | SourceKind::Phone { .. } => SoundRole::Speech,
                _ => SoundRole::Other,
            },
            ..Sound::default()
        }
    }
}

/// How far music goes down while somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ducking {
    /// Hundredths of a decibel, -4000 to 0; 0 = it stays as it is.
    pub depth_cdb: i32,
}

impl Default for Ducking {
    /// Words are understood, and the music is still there.
    fn default() -> Self {
        Ducking { depth_cdb: -1_200 }
    }
}

impl Show {
    /// How a source's sound is treated: as is usual for its kind until a person sets it.
    pub fn sound(&self, source: &SourceId) -> Sound {
        let usual = || Some(Sound::usual(&self.sources.get(source)?.kind));
        self.sounds
            .get(source)
            .copied()
            .or_else(usual)
            .unwrap_or_default()
    }

    pub(crate) fn decide_set_sound(
        &self,
        source: SourceId,
        sound: Sound,
    ) -> Result<Vec<Event>, Refusal> {
        self.known_source(&source)?;
        let delay = i32::try_from(sound.delay_ms).unwrap_or(i32::MAX);
        check::range("sound_delay", delay, 0, DELAY_MAX_MS)?;
        if self.sound(&source) == sound {
            return Ok(Vec::new());
        }
        Ok(vec![Event::SoundSet { source, sound }])
    }

    pub(crate) fn decide_set_ducking(&self, ducking: Ducking) -> Result<Vec<Event>, Refusal> {
        check::range("ducking", ducking.depth_cdb, DUCKING_MIN_CDB, 0)?;
        if self.ducking == ducking {
            return Ok(Vec::new());
        }
        Ok(vec![Event::DuckingSet { ducking }])
    }

    pub(crate) fn decide_set_isolated(
        &self,
        source: Option<SourceId>,
    ) -> Result<Vec<Event>, Refusal> {
        if let Some(source) = &source {
            self.known_source(source)?;
        }
        if self.isolated == source {
            return Ok(Vec::new());
        }
        Ok(vec![Event::IsolatedSet { source }])
    }

    pub(crate) fn apply_sound(&mut self, event: &Event) {
        match event {
            Event::SoundSet { source, sound } => {
                self.sounds.insert(source.clone(), *sound);
            }
            Event::DuckingSet { ducking } => self.ducking = *ducking,
            Event::IsolatedSet { source } => self.isolated.clone_from(source),
            _ => {}
        }
    }

    /// Nothing is kept of a source that is gone.
    pub(crate) fn forget_sound(&mut self, source: &SourceId) {
        self.sounds.remove(source);
        if self.isolated.as_ref() == Some(source) {
            self.isolated = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, Source, decide};

    fn show() -> Show {
        let mut show = Show::new("orchard");
        let kinds = [
            ("mic", SourceKind::Microphone { device: None }),
            (
                "song",
                SourceKind::File {
                    path: "/a.mp3".into(),
                },
            ),
        ];
        for (id, kind) in kinds {
            let source = Source {
                id: id.into(),
                name: id.into(),
                kind,
            };
            done(&mut show, Command::PutSource { source });
        }
        show
    }

    fn done(show: &mut Show, command: Command) -> usize {
        let events = decide(show, command, At(1)).unwrap();
        show.apply_all(&events);
        events.len()
    }

    #[test]
    fn a_microphone_speaks_until_somebody_says_otherwise() {
        let mut show = show();
        assert_eq!(show.sound(&"mic".into()).role, SoundRole::Speech);
        assert_eq!(show.sound(&"song".into()).role, SoundRole::Other);
        let sound = Sound {
            role: SoundRole::Music,
            delay_ms: 250,
            noise: NoiseSuppression::On,
        };
        for (source, changes) in [("mic", 1), ("song", 1), ("song", 0)] {
            let source = source.into();
            assert_eq!(
                done(&mut show, Command::SetSound { source, sound }),
                changes
            );
        }
        assert_eq!(show.sound(&"mic".into()), sound);
        done(
            &mut show,
            Command::RemoveSource {
                source: "mic".into(),
            },
        );
        assert!(!show.sounds.contains_key(&"mic".into()));
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused() {
        let show = show();
        let late = Sound {
            delay_ms: 1_001,
            ..Sound::default()
        };
        for (command, code) in [
            (
                Command::SetSound {
                    source: "mic".into(),
                    sound: late,
                },
                "out_of_range",
            ),
            (
                Command::SetSound {
                    source: "none".into(),
                    sound: Sound::default(),
                },
                "unknown_source",
            ),
            (
                Command::SetDucking {
                    ducking: Ducking { depth_cdb: 1 },
                },
                "out_of_range",
            ),
            (
                Command::SetDucking {
                    ducking: Ducking { depth_cdb: -4_001 },
                },
                "out_of_range",
            ),
            (
                Command::SetIsolated {
                    source: Some("none".into()),
                },
                "unknown_source",
            ),
        ] {
            assert_eq!(decide(&show, command, At(1)).unwrap_err().code(), code);
        }
    }

    #[test]
    fn the_isolated_source_is_forgotten_with_the_source() {
        let mut show = show();
        let mic = || Some(SourceId::from("mic"));
        assert_eq!(done(&mut show, Command::SetIsolated { source: mic() }), 1);
        assert_eq!(done(&mut show, Command::SetIsolated { source: mic() }), 0);
        assert_eq!(show.isolated, mic());
        done(
            &mut show,
            Command::RemoveSource {
                source: "mic".into(),
            },
        );
        assert_eq!(show.isolated, None);
    }

    #[test]
    fn a_show_kept_before_there_was_any_of_this_is_read() {
        let mut kept = serde_json::to_value(show()).unwrap();
        let fields = kept.as_object_mut().unwrap();
        for new in ["sounds", "ducking", "isolated"] {
            assert!(fields.remove(new).is_some(), "{new}");
        }
        assert_eq!(serde_json::from_value::<Show>(kept).unwrap(), show());
    }
}
