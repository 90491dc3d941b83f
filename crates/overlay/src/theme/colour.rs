//! Named colours of a theme: which elements wear them, and how a show's own choice stays readable.

use std::ops::Range;

use resvg::usvg::roxmltree::Node;
use stallcast_show::{CardColours, Rgb};

use super::Fault;

/// How much of the ground lesser words take on, per cent.
const QUIET: u16 = 28;

/// What an element's colour is for: `data-colour` in a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Labels, bars: `accent`.
    Accent,
    /// Words on the accent: `on-accent`.
    OnAccent,
    /// Large words in the accent's colour on the ground, like the price: `accent-text`.
    AccentText,
    /// What words stand on: `ground`.
    Ground,
    /// Words on the ground: `text`.
    Text,
    /// Lesser words on the ground: `quiet`.
    Quiet,
}

impl Role {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "accent" => Role::Accent,
            "on-accent" => Role::OnAccent,
            "accent-text" => Role::AccentText,
            "ground" => Role::Ground,
            "text" => Role::Text,
            "quiet" => Role::Quiet,
            _ => return None,
        })
    }
}

/// One coloured element of a drawing.
#[derive(Debug, Clone)]
pub(crate) struct Tint {
    pub role: Role,
    /// Bytes of the drawing that are its `#rrggbb`.
    pub range: Range<usize>,
    /// As the theme has it.
    pub own: Rgb,
}

impl Tint {
    /// The tint of an element, where it names one.
    pub(crate) fn of(node: Node<'_, '_>) -> Result<Option<Self>, Fault> {
        let Some(name) = node.attribute("data-colour") else {
            return Ok(None);
        };
        let role = Role::named(name).ok_or_else(|| Fault::Attribute("data-colour".to_owned()))?;
        let names: &[&str] = match node.tag_name().name() {
            "stop" => &["stop-color"],
            _ => &["fill", "stroke"],
        };
        let worn = names.iter().find_map(|name| {
            let attribute = node.attributes().find(|known| known.name() == *name)?;
            Some((attribute.range_value(), Rgb::written(attribute.value())?))
        });
        let Some((range, own)) = worn else {
            let missing = names.first().copied().unwrap_or_default();
            return Err(Fault::Attribute(missing.to_owned()));
        };
        Ok(Some(Self { role, range, own }))
    }
}

/// Words that could not be read on what they stand on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unreadable {
    /// Their contrast, 1 to 21.
    pub contrast: f32,
}

/// A theme's own colours, with what a show chose instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    own: CardColours,
    chosen: CardColours,
}

impl Palette {
    /// The first of each role in a theme's drawings, and what was chosen. What the theme does not offer changes nothing.
    pub(crate) fn new<'a>(tints: impl Iterator<Item = &'a Tint>, chosen: &CardColours) -> Self {
        let own = own(tints);
        let offered = |own: Option<Rgb>, chosen: Option<Rgb>| own.and(chosen);
        let chosen = CardColours {
            accent: offered(own.accent, chosen.accent),
            ground: offered(own.ground, chosen.ground),
            text: offered(own.text, chosen.text),
        };
        Self { own, chosen }
    }

    /// Refuses words that were chosen and cannot be read on the ground.
    pub(crate) fn check(&self) -> Result<(), Unreadable> {
        let ground = self.chosen.ground.or(self.own.ground);
        let (Some(text), Some(ground)) = (self.chosen.text, ground) else {
            return Ok(());
        };
        let contrast = text.contrast(ground);
        if contrast < Rgb::READABLE {
            return Err(Unreadable { contrast });
        }
        Ok(())
    }

    /// What an element wears; `None` = as the theme has it.
    pub(crate) fn worn(&self, tint: &Tint) -> Option<Rgb> {
        let chosen = &self.chosen;
        let on_ground = chosen.ground.or(chosen.text).is_some();
        let ground = chosen.ground.or(self.own.ground);
        match tint.role {
            Role::Accent => chosen.accent,
            Role::OnAccent => Some(readable(tint.own, chosen.accent?)),
            Role::Ground => chosen.ground,
            Role::Text if on_ground => Some(self.text(tint.own, ground?)),
            Role::Quiet if on_ground => {
                let ground = ground?;
                let text = self.text(self.own.text.unwrap_or(tint.own), ground);
                let quiet = text.mixed(ground, QUIET);
                let seen = quiet.contrast(ground) >= Rgb::READABLE;
                Some(if seen { quiet } else { text })
            }
            Role::AccentText if chosen.accent.is_some() || on_ground => {
                let ground = ground?;
                let accent = chosen.accent.unwrap_or(tint.own);
                let seen = accent.contrast(ground) >= Rgb::READABLE_LARGE;
                let text = || self.text(self.own.text.unwrap_or(tint.own), ground);
                Some(if seen { accent } else { text() })
            }
            Role::Text | Role::Quiet | Role::AccentText => None,
        }
    }

    fn text(&self, own: Rgb, ground: Rgb) -> Rgb {
        readable(self.chosen.text.unwrap_or(own), ground)
    }
}

/// These words, or where they could not be read the better of dark and light.
fn readable(words: Rgb, ground: Rgb) -> Rgb {
    if words.contrast(ground) >= Rgb::READABLE {
        words
    } else {
        ground.words_on()
    }
}

/// The colours that a theme offers to be changed, as it has them itself.
pub(crate) fn own<'a>(tints: impl Iterator<Item = &'a Tint>) -> CardColours {
    let mut own = CardColours::default();
    for tint in tints {
        let place = match tint.role {
            Role::Accent => &mut own.accent,
            Role::Ground => &mut own.ground,
            Role::Text => &mut own.text,
            Role::OnAccent | Role::AccentText | Role::Quiet => continue,
        };
        place.get_or_insert(tint.own);
    }
    own
}
