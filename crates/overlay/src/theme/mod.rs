//! Themes: how a card looks. Templates, placement and the theme's own words, checked before use.

pub(crate) mod bounds;
mod colour;
mod fault;
#[cfg(test)]
mod legible;
mod piece;
mod settings;
mod shape;
mod template;

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use stallcast_show::CardColours;

use crate::{CanvasSize, games};

pub use colour::Unreadable;
use colour::{Palette, Tint};
pub use fault::{Fault, ThemeError};
pub use piece::Piece;
pub use settings::Zone;
pub(crate) use settings::{Position, Settings, middle};
pub(crate) use shape::{Margins, place_of_goal, place_of_names};
pub(crate) use template::{Align, Half, Slot, Strike, Template};

/// Largest file of a theme, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A checked theme.
#[derive(Debug, Clone)]
pub struct Theme {
    pub(crate) settings: Settings,
    templates: BTreeMap<Piece, Template>,
    upright: BTreeMap<Piece, Template>,
}

/// The files of a theme inside the program.
macro_rules! builtin {
    ($name:literal: $($file:literal)*) => {
        &[$((
            $file,
            include_str!(concat!("../../../../assets/themes/", $name, "/", $file)),
        )),*]
    };
    ($name:literal) => {
        builtin!($name: "theme.json" "card.svg" "stock.svg" "countdown.svg" "ticker.svg"
            "ticker-portrait.svg" "question.svg" "perks.svg" "drop.svg" "origin.svg" "code.svg"
            "next.svg" "pause.svg" "slate.svg" "slate-portrait.svg" "lower-third.svg" "goal.svg"
            "correction.svg" "correction-portrait.svg" "question-portrait.svg")
    };
}

type Files = &'static [(&'static str, &'static str)];

const BUILT_IN: &[(&str, Files)] = &[
    ("clean", builtin!("clean")),
    ("orchard", builtin!("orchard")),
    ("market", builtin!("market")),
    ("night", builtin!("night")),
    ("festival", builtin!("festival")),
    ("minimal", builtin!("minimal")),
];

impl Theme {
    /// Names of the themes inside the program, the default first.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A theme inside the program.
    ///
    /// # Errors
    /// [`ThemeError::NoSuchTheme`] for any name not in [`Theme::builtin_names`].
    pub fn builtin(name: &str) -> Result<Self, ThemeError> {
        let files = BUILT_IN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, files)| *files)
            .ok_or_else(|| ThemeError::NoSuchTheme {
                name: name.to_owned(),
            })?;
        Self::from_files(|wanted| {
            files
                .iter()
                .find(|(file, _)| *file == wanted)
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| ThemeError::Unreadable {
                    file: wanted.to_owned(),
                    source: std::io::ErrorKind::NotFound.into(),
                })
        })
    }

    /// A theme from a folder with `theme.json` and one SVG for each part, and others for an upright canvas where it has
    /// them (`ticker-portrait.svg`). Reads files; nothing else on the
    /// machine is touched, whatever the drawings link to.
    ///
    /// # Errors
    /// [`ThemeError`] with the file and the element that is wrong.
    pub fn load(dir: &Path) -> Result<Self, ThemeError> {
        Self::from_files(|file| {
            let path = dir.join(file);
            let unreadable = |source| ThemeError::Unreadable {
                file: file.to_owned(),
                source,
            };
            if std::fs::metadata(&path).map_err(unreadable)?.len() > LARGEST {
                return Err(ThemeError::TooLarge {
                    file: file.to_owned(),
                });
            }
            std::fs::read_to_string(&path).map_err(unreadable)
        })
    }

    fn from_files(read: impl Fn(&str) -> Result<String, ThemeError>) -> Result<Self, ThemeError> {
        let settings = Settings::parse(&read("theme.json")?)?;
        let mut templates = BTreeMap::new();
        let mut upright = BTreeMap::new();
        for piece in Piece::ALL {
            let own = |file: &str| read(file).or_else(|error| usual_game(&settings, file, error));
            let has_own = read(piece.file()).is_ok();
            match own(piece.file()) {
                Ok(source) => {
                    templates.insert(piece, checked(piece, piece.file(), &source)?);
                }
                Err(error) if !(piece.is_optional() && is_missing(&error)) => return Err(error),
                Err(_) => {
                    if let Some(usual) = piece.usual_drawing() {
                        templates.insert(piece, checked(piece, piece.file(), usual)?);
                    }
                }
            }
            let file = piece.portrait_file();
            // A theme's own wide drawing is better upright than another one's.
            match if has_own { read(&file) } else { own(&file) } {
                Ok(source) => {
                    upright.insert(piece, checked(piece, &file, &source)?);
                }
                Err(error) if !is_missing(&error) => return Err(error),
                Err(_) => {
                    if let Some(usual) = piece.usual_upright().filter(|_| !has_own) {
                        upright.insert(piece, checked(piece, &file, usual)?);
                    }
                }
            }
        }
        Ok(Self {
            settings,
            templates,
            upright,
        })
    }

    /// The theme as it is on a canvas of this shape: upright, parts stand where no phone's player covers them.
    pub(crate) fn shaped(mut self, canvas: CanvasSize) -> Self {
        if canvas.height <= canvas.width {
            return self;
        }
        self.settings.margins = Margins::PHONE;
        if let Some(portrait) = &self.settings.portrait {
            self.settings.positions = portrait.positions.clone();
            self.settings.scale = portrait.scale;
        }
        self.templates.append(&mut self.upright);
        self
    }

    /// The theme in a show's own colours; those that it does not offer change nothing, and words stay readable on what
    /// they stand on.
    #[must_use]
    pub fn coloured(mut self, chosen: &CardColours) -> Self {
        let palette = Palette::new(self.tints(), chosen);
        for template in self.templates.values_mut().chain(self.upright.values_mut()) {
            template.wear(&palette);
        }
        self
    }

    /// Whether words in these colours could be read.
    ///
    /// # Errors
    /// [`Unreadable`] for a chosen colour of words too near to that of the ground.
    pub fn check_colours(&self, chosen: &CardColours) -> Result<(), Unreadable> {
        Palette::new(self.tints(), chosen).check()
    }

    /// The colours that a show can change, as the theme has them; `None` for those that it does not offer.
    pub fn colours(&self) -> CardColours {
        colour::own(self.tints())
    }

    fn tints(&self) -> impl Iterator<Item = &Tint> {
        self.templates
            .values()
            .flat_map(|template| template.tints.iter())
    }

    /// The theme with what local time is ahead of UTC, for the days that it says; UTC before.
    #[must_use]
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.settings.zone = zone;
        self
    }

    /// Name of the theme for people.
    pub fn name(&self) -> &stallcast_show::Text {
        &self.settings.name
    }

    /// Every part is there but those that a theme may leave out.
    pub(crate) fn template(&self, piece: Piece) -> Option<&Template> {
        self.templates.get(&piece)
    }
}

/// The drawing of a game for a theme that has none, on the theme's own dark colour.
fn usual_game(settings: &Settings, file: &str, error: ThemeError) -> Result<String, ThemeError> {
    let usual = games::FILES.iter().find(|(name, _)| *name == file);
    match usual {
        Some((_, drawing)) if is_missing(&error) => {
            Ok(drawing.replace(games::GROUND, &settings.slate_colour))
        }
        _ => Err(error),
    }
}

fn is_missing(error: &ThemeError) -> bool {
    matches!(error, ThemeError::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound)
}

fn checked(piece: Piece, file: &str, source: &str) -> Result<Template, ThemeError> {
    let template = Template::parse(piece, source).map_err(|error| in_file(error, file))?;
    // The renderer must understand it too; a drawing without text needs no fonts.
    for half in [Half::Under, Half::Over] {
        let drawing = template.drawing(piece.conditions(), half);
        resvg::usvg::Tree::from_str(&drawing, &bounds::alone()).map_err(|error| {
            ThemeError::NotSvg {
                file: file.to_owned(),
                reason: error.to_string(),
            }
        })?;
    }
    Ok(template)
}

/// A part's parser names the part's usual file.
fn in_file(error: ThemeError, file: &str) -> ThemeError {
    let file = file.to_owned();
    match error {
        ThemeError::Element { element, fault, .. } => ThemeError::Element {
            file,
            element,
            fault,
        },
        ThemeError::NotSvg { reason, .. } => ThemeError::NotSvg { file, reason },
        other => other,
    }
}
