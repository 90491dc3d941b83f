//! Themes: how a card looks. Templates, placement and the theme's own words, checked before use.

pub(crate) mod bounds;
mod fault;
#[cfg(test)]
mod legible;
mod settings;
mod shape;
mod template;

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use crate::{CanvasSize, games};

pub use fault::{Fault, ThemeError};
pub(crate) use settings::{Position, Settings, middle};
pub(crate) use shape::{Margins, place_of_goal, place_of_names};
pub(crate) use template::{Align, Half, Slot, Strike, Template};

/// Largest file of a theme, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A part of the picture that is drawn, placed and redrawn by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// Photo, title, spec and prices.
    Card,
    /// What is left.
    Stock,
    /// The price clock.
    Countdown,
    /// The lower line of notices.
    Ticker,
    /// A viewer's question.
    Question,
    /// Coupon, gift and limit of the offer.
    Perks,
    /// The next fall of the price.
    Drop,
    /// Where the product comes from.
    Origin,
    /// A QR code to the product.
    Code,
    /// The product that comes next.
    Next,
    /// The break's notice, over everything else.
    Pause,
    /// A poll with its bars.
    Poll,
    /// A draw among viewers.
    Lottery,
    /// The name and role of whoever speaks.
    LowerThird,
    /// How far the goal is.
    Goal,
    /// The words of the full-frame slate.
    Slate,
}

/// A box a part knows.
pub(crate) struct Known {
    pub name: &'static str,
    pub required: bool,
}

const fn must(name: &'static str) -> Known {
    Known {
        name,
        required: true,
    }
}

const fn may(name: &'static str) -> Known {
    Known {
        name,
        required: false,
    }
}

impl Piece {
    /// All parts, in the order they are drawn (the slate stands alone).
    pub const ALL: [Piece; 16] = [
        Piece::Card,
        Piece::Stock,
        Piece::Countdown,
        Piece::Ticker,
        Piece::Question,
        Piece::Perks,
        Piece::Drop,
        Piece::Origin,
        Piece::Code,
        Piece::Next,
        Piece::Pause,
        Piece::Poll,
        Piece::Lottery,
        Piece::LowerThird,
        Piece::Goal,
        Piece::Slate,
    ];

    /// Whether a theme may leave it out: themes made before it was there stay usable.
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Piece::Perks
                | Piece::Drop
                | Piece::Origin
                | Piece::Code
                | Piece::Next
                | Piece::Goal
                | Piece::LowerThird
                | Piece::Pause
        )
    }

    /// What is drawn for a theme of before, where leaving it out would make a press do nothing.
    fn usual_drawing(self) -> Option<&'static str> {
        match self {
            Piece::LowerThird => Some(include_str!(
                "../../../../assets/themes/clean/lower-third.svg"
            )),
            Piece::Goal => Some(include_str!("../../../../assets/themes/clean/goal.svg")),
            _ => None,
        }
    }

    /// Name of its layer.
    pub fn id(self) -> &'static str {
        match self {
            Piece::Card => "card",
            Piece::Stock => "stock",
            Piece::Countdown => "countdown",
            Piece::Ticker => "ticker",
            Piece::Question => "question",
            Piece::Perks => "perks",
            Piece::Drop => "drop",
            Piece::Origin => "origin",
            Piece::Code => "code",
            Piece::Next => "next",
            Piece::Pause => "pause",
            Piece::Poll => "poll",
            Piece::Lottery => "lottery",
            Piece::LowerThird => "lower-third",
            Piece::Goal => "goal",
            Piece::Slate => "slate",
        }
    }

    /// Name of its template in a theme's folder.
    pub fn file(self) -> &'static str {
        match self {
            Piece::Card => "card.svg",
            Piece::Stock => "stock.svg",
            Piece::Countdown => "countdown.svg",
            Piece::Ticker => "ticker.svg",
            Piece::Question => "question.svg",
            Piece::Perks => "perks.svg",
            Piece::Drop => "drop.svg",
            Piece::Origin => "origin.svg",
            Piece::Code => "code.svg",
            Piece::Next => "next.svg",
            Piece::Pause => "pause.svg",
            Piece::Poll => "poll.svg",
            Piece::Lottery => "lottery.svg",
            Piece::LowerThird => "lower-third.svg",
            Piece::Goal => "goal.svg",
            Piece::Slate => "slate.svg",
        }
    }

    /// Name of the template used instead on an upright canvas, where a theme has one.
    pub fn portrait_file(self) -> String {
        format!("{}-portrait.svg", self.id())
    }

    pub(crate) fn slots(self) -> &'static [Known] {
        match self {
            Piece::Card => {
                const {
                    &[
                        must("title"),
                        must("live-price"),
                        may("list-price"),
                        may("live-label"),
                        may("spec"),
                        may("photo"),
                        may("number"),
                        may("percent"),
                        may("sold-out"),
                    ]
                }
            }
            Piece::Stock => const { &[must("stock"), may("stock-bar")] },
            Piece::Countdown => const { &[must("countdown"), may("countdown-label")] },
            Piece::Ticker => const { &[must("ticker"), may("ticker-label")] },
            Piece::Question => {
                const {
                    &[
                        must("question"),
                        may("author"),
                        may("question-label"),
                        may("answer"),
                    ]
                }
            }
            Piece::Perks => const { &[must("perk-1"), must("perk-2"), must("perk-3")] },
            Piece::Drop => const { &[must("drop"), must("drop-label")] },
            Piece::Origin => const { &[must("origin"), may("grower")] },
            Piece::Code => const { &[must("code"), may("code-label")] },
            Piece::Next => const { &[must("next"), may("next-price"), may("next-label")] },
            Piece::Pause => const { &[must("headline"), must("pause-clock"), may("detail")] },
            Piece::Poll => {
                const {
                    &[
                        must("poll-question"),
                        may("game-label"),
                        may("game-clock"),
                        may("poll-how"),
                        must("option-1"),
                        must("option-2"),
                        must("option-3"),
                        must("option-4"),
                        must("option-5"),
                        must("option-6"),
                        must("count-1"),
                        must("count-2"),
                        must("count-3"),
                        must("count-4"),
                        must("count-5"),
                        must("count-6"),
                        may("gauge-1"),
                        may("gauge-2"),
                        may("gauge-3"),
                        may("gauge-4"),
                        may("gauge-5"),
                        may("gauge-6"),
                    ]
                }
            }
            Piece::Lottery => {
                const {
                    &[
                        must("prize"),
                        must("lottery-terms"),
                        must("lottery-how"),
                        must("winners"),
                        must("code-1"),
                        must("code-2"),
                        may("code-label"),
                        may("entrants"),
                        may("entrants-label"),
                        may("game-label"),
                        may("game-clock"),
                    ]
                }
            }
            Piece::LowerThird => const { &[must("person"), may("person-role")] },
            Piece::Goal => {
                const {
                    &[
                        must("goal-count"),
                        must("goal-source"),
                        may("goal-title"),
                        may("goal-bar"),
                        may("goal-reached"),
                    ]
                }
            }
            Piece::Slate => const { &[must("headline"), may("detail")] },
        }
    }

    /// Conditions a `when-…` group may name.
    pub(crate) fn conditions(self) -> &'static [&'static str] {
        match self {
            Piece::Card => &[
                "photo",
                "no-photo",
                "list-price",
                "spec",
                "number",
                "percent",
                "sold-out",
            ],
            Piece::Stock => &["plenty", "low", "sold-out", "bar"],
            Piece::Countdown => &["calm", "urgent", "over"],
            Piece::LowerThird => &["role", "alone"],
            Piece::Goal => &["reached"],
            Piece::Slate => &["no-input", "back-soon"],
            Piece::Perks => &["perk-1", "perk-2", "perk-3"],
            Piece::Origin => &["grower"],
            Piece::Pause => &["running", "over"],
            Piece::Poll => &[
                "open", "rows-2", "rows-3", "rows-4", "rows-5", "rows-6", "option-1", "option-2",
                "option-3", "option-4", "option-5", "option-6", "won-1", "won-2", "won-3", "won-4",
                "won-5", "won-6",
            ],
            Piece::Lottery => &["open", "entering", "drawn"],
            Piece::Question => &["open", "answered"],
            Piece::Ticker | Piece::Drop | Piece::Code | Piece::Next => &[],
        }
    }
}

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
            "next.svg" "pause.svg" "slate.svg" "slate-portrait.svg" "lower-third.svg" "goal.svg")
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
                Err(_) => {}
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
