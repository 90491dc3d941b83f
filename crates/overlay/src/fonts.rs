//! Which font draws which character: the system's fonts, loaded once and shared by every canvas.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use fontdb::{Database, Family, ID, Query, Stretch, Style, Weight};
use resvg::usvg::{self, FontFamily, FontResolver};

/// Families for Latin text, digits and prices, best first.
const LATIN: &[&str] = &[
    "Noto Sans",
    "Segoe UI",
    "SF Pro Text",
    "Helvetica Neue",
    "Inter",
    "DejaVu Sans",
    "Liberation Sans",
    "Arial",
];

/// Families for Chinese, best first: Linux, Windows, macOS, then what older systems carry.
const CHINESE: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
    "SimHei",
    "SimSun",
];

/// Families for emoji, best first.
const EMOJI: &[&str] = &[
    "Noto Color Emoji",
    "Segoe UI Emoji",
    "Apple Color Emoji",
    "Twemoji Mozilla",
    "Noto Emoji",
];

/// What the system's fonts cannot draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FontWarning {
    /// No font at all: cards carry no text.
    NoFont,
    /// No font with Chinese characters: they are drawn as boxes or left out.
    NoChinese,
    /// No emoji font: emoji are drawn as boxes or left out.
    NoEmoji,
}

/// How bold a text is. Two weights only: every supported system has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Boldness {
    Regular,
    Bold,
}

/// Which font a text starts from; characters it lacks come from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Face {
    Latin,
    Chinese,
}

impl Face {
    pub(crate) fn family(self) -> &'static str {
        match self {
            Face::Latin => "stallcast-latin",
            Face::Chinese => "stallcast-chinese",
        }
    }
}

/// The fonts of this machine. Cloning shares them; the files are mapped, not copied.
#[derive(Clone)]
pub struct Fonts {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<Database>,
    latin: [Option<ID>; 2],
    chinese: [Option<ID>; 2],
    emoji: Option<ID>,
    warnings: Vec<FontWarning>,
    /// Answers of the slow search through every font. At most [`REMEMBERED`] entries, then emptied.
    found: Mutex<HashMap<(char, Boldness), Option<ID>>>,
}

/// Characters remembered from the slow search; far more than a show's chat uses.
const REMEMBERED: usize = 4096;

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts")
            .field("faces", &self.inner.database.len())
            .field("warnings", &self.inner.warnings)
            .finish()
    }
}

impl Fonts {
    /// Looks up the system's fonts. Reads the headers of every font file: some tenths of a second, once.
    pub fn system() -> Self {
        let mut database = Database::new();
        database.load_system_fonts();
        Self::from_database(database)
    }

    /// Only the fonts below a folder; for tests and for machines whose fonts are shipped with the show.
    pub fn from_dir(dir: &Path) -> Self {
        let mut database = Database::new();
        database.load_fonts_dir(dir);
        Self::from_database(database)
    }

    fn from_database(database: Database) -> Self {
        let pick = |families: &[&str], weight| {
            families
                .iter()
                .find_map(|family| find(&database, family, weight))
        };
        let pair = |families: &[&str]| {
            [
                pick(families, Weight::NORMAL),
                pick(families, Weight::BOLD),
            ]
        };
        let any = database.faces().next().map(|face| face.id);
        let mut latin = pair(LATIN);
        let chinese = pair(CHINESE);
        let emoji = pick(EMOJI, Weight::NORMAL);
        for slot in &mut latin {
            *slot = slot.or(chinese[0]).or(any);
        }
        let mut warnings = Vec::new();
        if any.is_none() {
            warnings.push(FontWarning::NoFont);
        }
        if chinese[0].is_none() {
            warnings.push(FontWarning::NoChinese);
        }
        if emoji.is_none() {
            warnings.push(FontWarning::NoEmoji);
        }
        for warning in &warnings {
            tracing::warn!(?warning, "the system's fonts cannot draw everything");
        }
        Self {
            inner: Arc::new(Inner {
                database: Arc::new(database),
                latin,
                chinese,
                emoji,
                warnings,
                found: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// What these fonts cannot draw; empty when all is well.
    pub fn warnings(&self) -> &[FontWarning] {
        &self.inner.warnings
    }

    /// Options for parsing an SVG with these fonts. Links to files are refused: a theme draws only itself.
    pub(crate) fn options(&self) -> usvg::Options<'static> {
        let for_face = Arc::clone(&self.inner);
        let for_missing = Arc::clone(&self.inner);
        usvg::Options {
            fontdb: Arc::clone(&self.inner.database),
            font_resolver: FontResolver {
                select_font: Box::new(move |font, _| for_face.select(font)),
                select_fallback: Box::new(move |c, used, _| for_missing.fallback(c, used)),
            },
            image_href_resolver: usvg::ImageHrefResolver {
                resolve_data: usvg::ImageHrefResolver::default_data_resolver(),
                resolve_string: Box::new(|_, _| None),
            },
            ..usvg::Options::default()
        }
    }
}

fn find(database: &Database, family: &str, weight: Weight) -> Option<ID> {
    database.query(&Query {
        families: &[Family::Name(family)],
        weight,
        stretch: Stretch::Normal,
        style: Style::Normal,
    })
}

impl Inner {
    fn select(&self, font: &usvg::Font) -> Option<ID> {
        let bold = usize::from(font.weight() >= 600);
        let chinese = font.families().iter().any(
            |family| matches!(family, FontFamily::Named(name) if name == Face::Chinese.family()),
        );
        let wanted = if chinese { self.chinese } else { self.latin };
        wanted[bold].or(self.latin[bold]).or(self.latin[0])
    }

    fn fallback(&self, c: char, used: &[ID]) -> Option<ID> {
        let bold = used.first().is_some_and(|id| {
            [self.latin[1], self.chinese[1]].contains(&Some(*id)) && *id != self.regular_of(*id)
        });
        let boldness = if bold {
            Boldness::Bold
        } else {
            Boldness::Regular
        };
        let index = usize::from(bold);
        let first = if emoji_like(c) {
            [self.emoji, self.chinese[index], self.latin[index]]
        } else {
            [self.chinese[index], self.latin[index], self.emoji]
        };
        first
            .into_iter()
            .flatten()
            .find(|id| !used.contains(id) && self.has(*id, c))
            .or_else(|| self.search(c, boldness).filter(|id| !used.contains(id)))
    }

    /// The regular face a bold one stands in for when the system has only one weight.
    fn regular_of(&self, id: ID) -> ID {
        [self.latin[0], self.chinese[0]]
            .into_iter()
            .flatten()
            .find(|regular| *regular == id)
            .unwrap_or_else(ID::dummy)
    }

    fn has(&self, id: ID, c: char) -> bool {
        usvg_has_char(&self.database, id, c)
    }

    /// Any other font that can draw the character: upright, sans serif and of the wanted weight if there is one.
    fn search(&self, c: char, boldness: Boldness) -> Option<ID> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = found.get(&(c, boldness)) {
            return *answer;
        }
        let weight = match boldness {
            Boldness::Regular => 400_i32,
            Boldness::Bold => 700,
        };
        let mut candidates: Vec<(i32, ID)> = self
            .database
            .faces()
            .map(|face| {
                let name = face.families.first().map_or("", |family| family.0.as_str());
                let mut cost = (i32::from(face.weight.0) - weight).abs();
                if face.style != Style::Normal {
                    cost += 2000;
                }
                if !name.contains("Sans") {
                    cost += 500;
                }
                if name.contains("Mono") || name.contains("Unjoined") || name.contains("Last") {
                    cost += 1000;
                }
                (cost, face.id)
            })
            .collect();
        candidates.sort_by_key(|(cost, _)| *cost);
        let answer = candidates
            .into_iter()
            .map(|(_, id)| id)
            .find(|id| self.has(*id, c));
        if found.len() >= REMEMBERED {
            found.clear();
        }
        found.insert((c, boldness), answer);
        answer
    }
}

fn usvg_has_char(database: &Database, id: ID, c: char) -> bool {
    database
        .with_face_data(id, |data, index| {
            skrifa::FontRef::from_index(data, index)
                .is_ok_and(|font| skrifa::charmap::Charmap::new(&font).map(c).is_some())
        })
        .unwrap_or(false)
}

/// Characters whose coloured form is wanted when both an emoji and a text font have them.
fn emoji_like(c: char) -> bool {
    matches!(c,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}'
        | '\u{2300}'..='\u{23FF}' | '\u{FE0F}' | '\u{200D}' | '\u{20E3}' | '\u{E0020}'..='\u{E007F}')
}
