//! Owns the invented audience: who is in the room and what they may say.

use serde::{Deserialize, Serialize};

use crate::clean;

/// The language of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The product on air; `{product}` stands for its title.
    Product,
    /// Anything else.
    Room,
}

/// One thing that may be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceLine {
    /// Its language.
    pub lang: Language,
    /// Product or room.
    pub about: About,
    /// The text; a line with `{product}` is only said while a product is on air.
    pub text: String,
}

/// Names by language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Who writes Chinese.
    pub zh: Vec<String>,
    /// Who writes English.
    pub en: Vec<String>,
}

/// An audience for rehearsals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Who is there.
    pub names: Names,
    /// What they may say.
    pub lines: Vec<AudienceLine>,
}

/// Lines of the show's language to one of the other, in [`Audience::mostly`].
const OWN_TO_OTHER: usize = 6;

/// Why an audience cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudienceError {
    /// Not the JSON of an audience; the text says where.
    #[error("not an audience: {0}")]
    NotJson(String),
    /// No line can be said without a product on air.
    #[error("no line without {{product}}")]
    NoLines,
    /// A line is blank once cleaned; counted from 0.
    #[error("line {0} is blank")]
    BlankLine(usize),
    /// Lines in a language nobody speaks.
    #[error("no names for {0:?}")]
    NoNames(Language),
}

impl Audience {
    /// The audience of the orchard show that ships with the program.
    pub fn demo() -> Self {
        // The file is compiled in and `the_demo_audience_is_valid` reads it, so the other arm is never taken.
        Self::from_json(include_str!("../../../assets/demo/audience.json")).unwrap_or(Self {
            names: Names {
                zh: vec!["小李".to_owned()],
                en: Vec::new(),
            },
            lines: vec![AudienceLine {
                lang: Language::Zh,
                about: About::Room,
                text: "主播好".to_owned(),
            }],
        })
    }

    /// Reads an audience from JSON of the same shape as `assets/demo/audience.json`.
    ///
    /// # Errors
    ///
    /// See [`AudienceError`].
    pub fn from_json(json: &str) -> Result<Self, AudienceError> {
        let audience: Self = serde_json::from_str(json)
            .map_err(|error| AudienceError::NotJson(error.to_string()))?;
        audience.check()?;
        Ok(audience)
    }

    /// The audience of a show in `lang`: everybody who speaks it, and a few who do not.
    #[must_use]
    pub fn mostly(mut self, lang: Language) -> Self {
        let (own, mut others): (Vec<_>, Vec<_>) =
            self.lines.drain(..).partition(|line| line.lang == lang);
        for about in [About::Product, About::Room] {
            let mut few = others.extract_if(.., |line| line.about == about);
            for (index, line) in own.iter().filter(|line| line.about == about).enumerate() {
                self.lines.push(line.clone());
                // Among the others, not after them: what was not said for longest is said first.
                if index % OWN_TO_OTHER == OWN_TO_OTHER / 2 {
                    self.lines.extend(few.next());
                }
            }
        }
        if self.lines.iter().all(AudienceLine::needs_product) {
            // Nobody of this language has anything to say by himself: better the others than silence.
            self.lines.extend(others);
        }
        self
    }

    fn check(&self) -> Result<(), AudienceError> {
        for (index, line) in self.lines.iter().enumerate() {
            if clean::display_text(&line.text).is_empty() {
                return Err(AudienceError::BlankLine(index));
            }
            if self.names(line.lang).is_empty() {
                return Err(AudienceError::NoNames(line.lang));
            }
        }
        if self.lines.iter().all(AudienceLine::needs_product) {
            return Err(AudienceError::NoLines);
        }
        Ok(())
    }

    pub(crate) fn names(&self, lang: Language) -> &[String] {
        match lang {
            Language::Zh => &self.names.zh,
            Language::En => &self.names.en,
        }
    }
}

impl AudienceLine {
    pub(crate) fn needs_product(&self) -> bool {
        self.text.contains("{product}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_audience_is_valid() {
        let demo = Audience::from_json(include_str!("../../../assets/demo/audience.json")).unwrap();
        assert_eq!(demo, Audience::demo());
        assert!(demo.lines.len() >= 120);
        for lang in [Language::Zh, Language::En] {
            for about in [About::Product, About::Room] {
                let count = demo
                    .lines
                    .iter()
                    .filter(|line| line.lang == lang && line.about == about)
                    .count();
                assert!(count >= 10, "{lang:?} {about:?}: {count}");
            }
        }
        let mut texts: Vec<&str> = demo.lines.iter().map(|line| line.text.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), demo.lines.len());
    }

    #[test]
    fn an_audience_speaks_mostly_the_language_of_the_show() {
        for lang in [Language::Zh, Language::En] {
            let lines = Audience::demo().mostly(lang).lines;
            for about in [About::Product, About::Room] {
                let said: Vec<bool> = lines
                    .iter()
                    .filter(|line| line.about == about)
                    .map(|line| line.lang == lang)
                    .collect();
                assert!(said.len() >= 20, "{lang:?} {about:?}");
                let others = said.iter().filter(|own| !**own).count();
                assert!(others > 0 && others * 5 <= said.len(), "{lang:?} {about:?}");
                // From the first lines on, not only over an evening.
                let early = said.iter().take(8).filter(|own| !**own).count();
                assert_eq!(early, 1, "{lang:?} {about:?}");
            }
        }
    }

    #[test]
    fn an_audience_without_the_language_of_the_show_speaks_its_own() {
        let mut only_chinese = Audience::demo();
        only_chinese.lines.retain(|line| line.lang == Language::Zh);
        assert_eq!(only_chinese.clone().mostly(Language::En), only_chinese);
    }

    #[test]
    fn an_unusable_audience_says_why() {
        assert!(matches!(
            Audience::from_json("{}"),
            Err(AudienceError::NotJson(_))
        ));
        let with = |names: &str, lines: &str| {
            Audience::from_json(&format!(
                r#"{{"names":{{"zh":{names},"en":[]}},"lines":[{lines}]}}"#
            ))
        };
        let line = |text: &str| format!(r#"{{"lang":"zh","about":"room","text":"{text}"}}"#);
        assert_eq!(with("[]", ""), Err(AudienceError::NoLines));
        assert_eq!(
            with(r#"["a"]"#, &line("{product}!")),
            Err(AudienceError::NoLines)
        );
        assert_eq!(
            with(r#"["a"]"#, &line("\u{200b}")),
            Err(AudienceError::BlankLine(0))
        );
        assert_eq!(
            with("[]", &line("hi")),
            Err(AudienceError::NoNames(Language::Zh))
        );
    }
}
