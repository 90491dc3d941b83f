//! Which font draws which character: the system's fonts, loaded once and shared by every canvas.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use fontdb::{Database, Family, ID, Query, Stretch, Style, Weight};
use resvg::usvg::{self, FontFamily, FontResolver};
use unicode_segmentation::UnicodeSegmentation;

use crate::theme::bounds;

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

/// Place of a face in [`Inner::faces`]; what a shaped run names as its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FaceIndex(usize);

impl FaceIndex {
    /// The family name that makes the renderer use exactly this face.
    pub(crate) fn family(self) -> String {
        format!("{FAMILY}{}", self.0)
    }
}

const FAMILY: &str = "stallcast-face-";

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
    faces: Vec<ID>,
    /// Which face draws a character; looking it up opens font files. At most [`REMEMBERED`] entries, then
    /// emptied.
    found: Mutex<HashMap<(char, Face, Boldness), Option<ID>>>,
}

/// Maps a font's file once for all texts. Else each glyph opens, maps and closes it: four fifths of what drawing a card's
/// words took.
fn keep_mapped(database: &mut Database, id: ID) {
    // SAFETY: the file is only read, as it is without this, glyph by glyph. Systems replace a font by renaming another
    // file over it, which leaves the mapped one as it was.
    let _ = unsafe { database.make_shared_face_data(id) };
}

/// Characters remembered; more than a show's chat uses.
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

    fn from_database(mut database: Database) -> Self {
        let pick = |families: &[&str], weight| {
            families
                .iter()
                .find_map(|family| find(&database, family, weight))
        };
        let pair =
            |families: &[&str]| [pick(families, Weight::NORMAL), pick(families, Weight::BOLD)];
        let faces: Vec<ID> = database.faces().map(|face| face.id).collect();
        let any = faces.first().copied();
        let mut latin = pair(LATIN);
        let chinese = pair(CHINESE);
        let emoji = pick(EMOJI, Weight::NORMAL);
        for slot in &mut latin {
            *slot = slot.or(chinese[0]).or(any);
        }
        for id in latin.into_iter().chain(chinese).chain([emoji]).flatten() {
            keep_mapped(&mut database, id);
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
                faces,
                found: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// What these fonts cannot draw; empty when all is well.
    pub fn warnings(&self) -> &[FontWarning] {
        &self.inner.warnings
    }

    /// Cuts a text into runs of one face each, in logical order. The renderer's own fallback gives up when two
    /// fonts make different numbers of glyphs of a text, as they do of joined emoji and Arabic.
    pub(crate) fn runs<'t>(
        &self,
        text: &'t str,
        face: Face,
        boldness: Boldness,
    ) -> Vec<(&'t str, FaceIndex)> {
        let base = self.inner.base(face, boldness);
        let mut runs: Vec<(&'t str, FaceIndex)> = Vec::new();
        let mut start = 0;
        let mut current: Option<ID> = None;
        for (at, grapheme) in text.grapheme_indices(true) {
            let blank = grapheme.chars().all(char::is_whitespace);
            let id = match current {
                // An emoji font's space is as wide as an emoji.
                Some(id) if blank && Some(id) != self.inner.emoji => Some(id),
                _ => self.inner.face_of(grapheme, face, boldness).or(base),
            };
            if id != current && at > start {
                runs.extend(self.index(current).map(|index| (&text[start..at], index)));
                start = at;
            }
            current = id;
        }
        if start < text.len() {
            runs.extend(self.index(current).map(|index| (&text[start..], index)));
        }
        runs
    }

    fn index(&self, id: Option<ID>) -> Option<FaceIndex> {
        let id = id?;
        let index = self.inner.faces.iter().position(|face| *face == id)?;
        Some(FaceIndex(index))
    }

    /// Options for parsing an SVG with these fonts. Links to files are refused: a theme draws only itself.
    pub(crate) fn options(&self) -> usvg::Options<'static> {
        let inner = Arc::clone(&self.inner);
        usvg::Options {
            fontdb: Arc::clone(&self.inner.database),
            font_resolver: FontResolver {
                select_font: Box::new(move |font, _| inner.select(font)),
                // Runs are cut before; what no font has stays a box.
                select_fallback: Box::new(|_, _, _| None),
            },
            ..bounds::alone()
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
        let named = font.families().iter().find_map(|family| match family {
            FontFamily::Named(name) => name.strip_prefix(FAMILY)?.parse::<usize>().ok(),
            _ => None,
        });
        match named {
            Some(index) => self.faces.get(index).copied(),
            // Words inside a theme's drawing.
            None => self.base(
                Face::Latin,
                if font.weight() >= 600 {
                    Boldness::Bold
                } else {
                    Boldness::Regular
                },
            ),
        }
    }

    fn base(&self, face: Face, boldness: Boldness) -> Option<ID> {
        let bold = boldness as usize;
        let wanted = match face {
            Face::Latin => self.latin,
            Face::Chinese => self.chinese,
        };
        wanted[bold].or(self.latin[bold]).or(self.latin[0])
    }

    fn has(&self, id: ID, c: char) -> bool {
        self.database
            .with_face_data(id, |data, index| {
                skrifa::FontRef::from_index(data, index)
                    .is_ok_and(|font| skrifa::charmap::Charmap::new(&font).map(c).is_some())
            })
            .unwrap_or(false)
    }

    /// The face for a character in a text that starts from `face`.
    fn face_for(&self, c: char, face: Face, boldness: Boldness) -> Option<ID> {
        let key = (c, face, boldness);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = found.get(&key) {
            return *answer;
        }
        let bold = boldness as usize;
        let chain = [
            self.emoji.filter(|_| always_emoji(c)),
            self.base(face, boldness),
            self.chinese[bold],
            self.latin[bold],
            self.emoji,
        ];
        let answer = chain
            .into_iter()
            .flatten()
            .find(|id| self.has(*id, c))
            .or_else(|| self.search(c, boldness));
        if found.len() >= REMEMBERED {
            found.clear();
        }
        found.insert(key, answer);
        answer
    }

    /// Any other font that can draw the character: upright, sans serif and of the wanted weight if there is one.
    fn search(&self, c: char, boldness: Boldness) -> Option<ID> {
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
        candidates
            .into_iter()
            .map(|(_, id)| id)
            .find(|id| self.has(*id, c))
    }

    /// One face for a whole grapheme: its parts are drawn together or not at all.
    fn face_of(&self, grapheme: &str, face: Face, boldness: Boldness) -> Option<ID> {
        let first = grapheme.chars().next()?;
        let wants_emoji = grapheme.contains(['\u{FE0F}', '\u{20E3}']);
        if wants_emoji && let Some(emoji) = self.emoji.filter(|id| self.has(*id, first)) {
            return Some(emoji);
        }
        let start = self.face_for(first, face, boldness);
        // A mark the letter's own font lacks: one that has both, if the mark's font has.
        let missing = grapheme
            .chars()
            .skip(1)
            .filter(|c| !invisible(*c))
            .find(|c| start.is_some_and(|id| !self.has(id, *c)));
        match missing {
            Some(mark) => self
                .face_for(mark, face, boldness)
                .filter(|id| self.has(*id, first))
                .or(start),
            None => start,
        }
    }
}

/// Joiners and variation selectors: the shaper eats them.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0020}'..='\u{E007F}')
}

/// Characters drawn in colour whatever else has them.
fn always_emoji(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}')
}
