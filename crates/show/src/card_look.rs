//! How the cards look and speak, and the break that stands over the whole picture.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card_colours::CardColours;
use crate::check::{self, NAME_MAX};
use crate::{At, Event, Refusal, Show, Text, visible};

/// Longest break, minutes: what lasts longer is the end of a show.
const BREAK_MINUTES_MAX: i32 = 120;
/// What fits in one line over the whole picture.
const BREAK_WORDS_MAX: usize = 24;

/// Most themes with colours of one's own.
const COLOURED_MAX: usize = 60;

/// Language of what stands on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum CardLang {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

/// How what stands on the picture looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CardLook {
    /// Name of the theme's folder; `None` = the one that the engine was started with.
    pub theme: Option<String>,
    /// Language of the cards; `None` = the one that the engine was started with.
    pub lang: Option<CardLang>,
    /// Whether a QR code leads to the product on air; only where the product has a link.
    pub code: bool,
    /// Whether a strip names the product that comes next.
    pub next_up: bool,
    /// Whether parts come and go at once, without motion: for viewers whom motion disturbs.
    pub still: bool,
    /// Colours of one's own, by the theme's folder; a theme that is not here is as its designer has it.
    pub colours: BTreeMap<String, CardColours>,
}

/// A break: a notice over the whole picture, and when the show goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Break {
    /// When it began.
    pub since: At,
    /// When the show goes on; the notice stays until somebody ends the break.
    pub until: At,
    /// What the notice says; both empty = the theme's words.
    #[serde(default)]
    pub words: Text,
}

impl Break {
    /// Whole seconds left at `now`, rounded up; 0 from the end on.
    pub fn seconds_left(&self, now: At) -> u32 {
        let left_ms = self.until.0.saturating_sub(now.0).max(0);
        u32::try_from(left_ms.saturating_add(999) / 1000).unwrap_or(u32::MAX)
    }
}

impl Show {
    pub(crate) fn decide_set_card_look(&self, mut look: CardLook) -> Result<Vec<Event>, Refusal> {
        look.colours.retain(|_, own| *own != CardColours::default());
        check::at_most("card_colours", look.colours.len(), COLOURED_MAX)?;
        for theme in look.theme.iter().chain(look.colours.keys()) {
            check::filled("theme", theme, NAME_MAX)?;
        }
        if look == self.card_look {
            return Ok(Vec::new());
        }
        Ok(vec![Event::CardLookSet { look }])
    }

    pub(crate) fn decide_start_break(
        &self,
        minutes: u32,
        words: Text,
        at: At,
    ) -> Result<Vec<Event>, Refusal> {
        let number = i32::try_from(minutes).unwrap_or(i32::MAX);
        check::range("break_minutes", number, 1, BREAK_MINUTES_MAX)?;
        let until = At(at.0.saturating_add(i64::from(minutes) * 60_000));
        let seen = |text: String| visible(&text).trim().to_owned();
        let words = Text {
            zh: seen(words.zh),
            en: seen(words.en),
        };
        check::both("break_words", &words, BREAK_WORDS_MAX)?;
        let pause = Break {
            since: at,
            until,
            words,
        };
        Ok(vec![Event::BreakStarted { pause }])
    }

    pub(crate) fn decide_end_break(&self) -> Vec<Event> {
        match self.pause {
            Some(_) => vec![Event::BreakEnded],
            None => Vec::new(),
        }
    }

    pub(crate) fn apply_card_look(&mut self, event: &Event) {
        match event {
            Event::CardLookSet { look } => self.card_look = look.clone(),
            Event::BreakStarted { pause } => self.pause = Some(pause.clone()),
            Event::BreakEnded => self.pause = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Rgb, decide};

    fn run(show: &mut Show, command: Command, at: At) -> Result<usize, Refusal> {
        let events = decide(show, command, at)?;
        show.apply_all(&events);
        Ok(events.len())
    }

    #[test]
    fn the_look_is_kept_and_the_same_one_again_changes_nothing() {
        let mut show = Show::new("orchard");
        let look = CardLook {
            theme: Some("night".into()),
            lang: Some(CardLang::En),
            ..CardLook::default()
        };
        let set = Command::SetCardLook { look: look.clone() };
        assert_eq!(run(&mut show, set.clone(), At(0)), Ok(1));
        assert_eq!(run(&mut show, set, At(0)), Ok(0));
        assert_eq!(show.card_look, look);
        let red = CardColours {
            accent: Rgb::written("#e5322d"),
            ..CardColours::default()
        };
        let coloured = |colours| CardLook {
            colours: BTreeMap::from([("night".to_owned(), colours)]),
            ..look.clone()
        };
        let set = |look| Command::SetCardLook { look };
        assert_eq!(run(&mut show, set(coloured(red)), At(0)), Ok(1));
        assert_eq!(show.card_look.colours["night"], red);
        // As the theme has it is not kept.
        assert_eq!(
            run(&mut show, set(coloured(CardColours::default())), At(0)),
            Ok(1)
        );
        assert_eq!(show.card_look, look);
        let nameless = CardLook {
            theme: Some(" ".into()),
            ..look
        };
        let refused = run(&mut show, Command::SetCardLook { look: nameless }, At(0));
        assert_eq!(refused.unwrap_err().code(), "text_empty");
    }

    #[test]
    fn a_break_has_an_absolute_end_and_stays_until_somebody_ends_it() {
        let mut show = Show::new("orchard");
        let start = |minutes| Command::StartBreak {
            minutes,
            words: Text::default(),
        };
        assert_eq!(run(&mut show, start(5), At(1_000)), Ok(1));
        let pause = show.pause.clone().unwrap();
        assert_eq!(pause.until, At(301_000));
        assert_eq!(pause.seconds_left(At(1_000)), 300);
        assert_eq!(pause.seconds_left(At(1_001)), 300);
        assert_eq!(pause.seconds_left(At(400_000)), 0);
        assert_eq!(run(&mut show, Command::EndBreak, At(400_000)), Ok(1));
        assert_eq!(run(&mut show, Command::EndBreak, At(400_000)), Ok(0));
        assert!(show.pause.is_none());
        for minutes in [0, 121] {
            let refused = run(&mut show, start(minutes), At(0));
            assert_eq!(refused.unwrap_err().code(), "out_of_range");
        }
    }

    #[test]
    fn a_break_says_what_it_is_told_in_one_line() {
        let mut show = Show::new("orchard");
        let start = |zh: &str| Command::StartBreak {
            minutes: 3,
            words: Text {
                zh: zh.into(),
                en: String::new(),
            },
        };
        assert_eq!(run(&mut show, start(" 换个果园\u{202E} "), At(0)), Ok(1));
        assert_eq!(show.pause.as_ref().unwrap().words.zh, "换个果园");
        let long = run(&mut show, start(&"长".repeat(25)), At(0));
        assert_eq!(long.unwrap_err().code(), "text_too_long");
        let before: Break = serde_json::from_str(r#"{"since":1,"until":2}"#).unwrap();
        assert_eq!(before.words, Text::default(), "of before there were words");
    }

    #[test]
    fn a_show_written_before_there_was_a_look_is_read() {
        let mut value = serde_json::to_value(Show::new("orchard")).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.remove("card_look");
        fields.remove("pause");
        let show: Show = serde_json::from_value(value).unwrap();
        assert_eq!((show.card_look, show.pause), (CardLook::default(), None));
    }
}
