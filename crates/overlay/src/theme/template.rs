//! One part's SVG: its size, its named boxes, and its drawing without what is not wanted.

use std::ops::Range;

use resvg::usvg::roxmltree::{Document, Node};

use super::colour::{Palette, Tint};
use super::{Fault, Piece, ThemeError, bounds};
use crate::fonts::{Boldness, Face};

/// Where a text sits in its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// Whether a line runs through the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    None,
    Through,
}

/// A box in a drawing, in units of the drawing (1080-line pixels).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    /// Name without `slot-`.
    pub name: String,
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
    /// Corner radius, for photos.
    pub radius: f32,
    /// Largest and smallest text size.
    pub size: f32,
    pub smallest: f32,
    /// Most lines of text.
    pub lines: usize,
    pub boldness: Boldness,
    /// `None` = by language.
    pub face: Option<Face>,
    pub align: Align,
    pub valign: Align,
    pub strike: Strike,
    /// `#rrggbb` or `#rrggbbaa`.
    pub colour: String,
    /// Where that stands in the drawing.
    pub fill: Range<usize>,
    /// Conditions that must all hold for this box to be used.
    pub conditions: Vec<String>,
}

/// A part's drawing, checked.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    source: String,
    pub width: f32,
    pub height: f32,
    pub slots: Vec<Slot>,
    /// Elements whose colour a show can change.
    pub tints: Vec<Tint>,
    /// Byte ranges of the boxes: never drawn.
    boxes: Vec<Range<usize>>,
    /// Byte ranges drawn only while their condition holds.
    conditional: Vec<(String, Range<usize>)>,
    /// Byte ranges of what lies over the photo.
    over_photo: Vec<Range<usize>>,
    /// Byte ranges of every other child of the root except `defs`.
    under_photo: Vec<Range<usize>>,
}

/// Which half of the drawing: what lies under the photo or over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Under,
    Over,
}

impl Template {
    pub(crate) fn parse(piece: Piece, source: &str) -> Result<Self, ThemeError> {
        let file = piece.file();
        let document = Document::parse(source).map_err(|error| ThemeError::NotSvg {
            file: file.to_owned(),
            reason: error.to_string(),
        })?;
        bounds::check(&document).map_err(|(element, fault)| ThemeError::Element {
            file: file.to_owned(),
            element,
            fault,
        })?;
        let root = document.root_element();
        if root.tag_name().name() != "svg" {
            return Err(ThemeError::NotSvg {
                file: file.to_owned(),
                reason: format!("the root is `{}`, not `svg`", root.tag_name().name()),
            });
        }
        let refuse = |element: &str, fault| ThemeError::Element {
            file: file.to_owned(),
            element: element.to_owned(),
            fault,
        };
        let width = number(root, "width").map_err(|fault| refuse("svg", fault))?;
        let height = number(root, "height").map_err(|fault| refuse("svg", fault))?;
        if !(16.0..=1920.0).contains(&width) || !(16.0..=1920.0).contains(&height) {
            return Err(refuse("svg", Fault::Attribute("width or height".into())));
        }
        if let Some(view) = root.attribute("viewBox") {
            let plain = view
                .split([' ', ','])
                .filter_map(|part| part.parse::<f32>().ok())
                .collect::<Vec<_>>();
            if plain != [0.0, 0.0, width, height] {
                return Err(refuse("svg", Fault::Attribute("viewBox".into())));
            }
        }
        let mut template = Self {
            source: source.to_owned(),
            width,
            height,
            slots: Vec::new(),
            tints: Vec::new(),
            boxes: Vec::new(),
            conditional: Vec::new(),
            over_photo: Vec::new(),
            under_photo: Vec::new(),
        };
        for node in root.descendants().filter(Node::is_element) {
            let id = node.attribute("id").unwrap_or_default();
            let named = if id.is_empty() {
                node.tag_name().name()
            } else {
                id
            };
            let tint = Tint::of(node).map_err(|fault| refuse(named, fault))?;
            template.tints.extend(tint);
            if let Some(name) = id.strip_prefix("slot-") {
                if !piece.slots().iter().any(|known| known.name == name) {
                    return Err(refuse(id, Fault::Unknown));
                }
                let slot = template
                    .slot(name, node)
                    .map_err(|fault| refuse(id, fault))?;
                template.slots.push(slot);
                template.boxes.push(node.range());
            } else if let Some(condition) = id.strip_prefix("when-") {
                if !piece.conditions().contains(&condition) {
                    return Err(refuse(id, Fault::Unknown));
                }
                template
                    .conditional
                    .push((condition.to_owned(), node.range()));
            } else if id == "over-photo" && node.parent() != Some(root) {
                return Err(refuse(id, Fault::NotTopLevel));
            }
            if node.parent() == Some(root) && node.tag_name().name() != "defs" {
                if id == "over-photo" {
                    template.over_photo.push(node.range());
                } else {
                    template.under_photo.push(node.range());
                }
            }
        }
        for wanted in piece.slots().iter().filter(|slot| slot.required) {
            if !template.slots.iter().any(|slot| slot.name == wanted.name) {
                return Err(refuse(&format!("slot-{}", wanted.name), Fault::Missing));
            }
        }
        Ok(template)
    }

    fn slot(&self, name: &str, node: Node<'_, '_>) -> Result<Slot, Fault> {
        if node.tag_name().name() != "rect" {
            return Err(Fault::NotARect);
        }
        let mut conditions = Vec::new();
        for parent in node.ancestors().filter(Node::is_element) {
            if parent.has_attribute("transform") {
                return Err(Fault::Transformed);
            }
            let id = parent.attribute("id").unwrap_or_default();
            if let Some(condition) = id.strip_prefix("when-") {
                conditions.push(condition.to_owned());
            }
        }
        let [x, y, width, height] = [
            number(node, "x")?,
            number(node, "y")?,
            number(node, "width")?,
            number(node, "height")?,
        ];
        let inside = x >= 0.0
            && y >= 0.0
            && width >= 1.0
            && height >= 1.0
            && x + width <= self.width + 0.01
            && y + height <= self.height + 0.01;
        if !inside {
            return Err(Fault::Outside);
        }
        let photo = matches!(name, "photo" | "code" | "stock-bar" | "goal-bar")
            || name.starts_with("gauge-");
        let size = if photo {
            0.0
        } else {
            number(node, "data-size")?
        };
        let smallest = optional(node, "data-min")?.unwrap_or(size);
        if !photo && !(8.0..=400.0).contains(&size) {
            return Err(Fault::Attribute("data-size".into()));
        }
        if smallest > size || (!photo && smallest < 8.0) {
            return Err(Fault::Attribute("data-min".into()));
        }
        let lines = match node.attribute("data-lines").unwrap_or("1").parse() {
            Ok(lines @ 1..=6) => lines,
            _ => return Err(Fault::Attribute("data-lines".into())),
        };
        let colour = node.attribute("fill").unwrap_or("#000000");
        let fill = node.attributes().find(|known| known.name() == "fill");
        let fill = fill.map(|known| known.range_value());
        let hex = colour.strip_prefix('#').unwrap_or_default();
        let written = matches!(hex.len(), 3 | 6 | 8) && hex.chars().all(|c| c.is_ascii_hexdigit());
        if (!photo || name.ends_with("-bar")) && !written {
            return Err(Fault::Attribute("fill".into()));
        }
        Ok(Slot {
            name: name.to_owned(),
            x,
            y,
            width,
            height,
            radius: optional(node, "rx")?.unwrap_or(0.0),
            size,
            smallest,
            lines,
            boldness: choice(
                node,
                "data-weight",
                &[("regular", Boldness::Regular), ("bold", Boldness::Bold)],
            )?,
            face: choice(
                node,
                "data-face",
                &[
                    ("language", None),
                    ("latin", Some(Face::Latin)),
                    ("chinese", Some(Face::Chinese)),
                ],
            )?,
            align: choice(
                node,
                "data-align",
                &[
                    ("start", Align::Start),
                    ("middle", Align::Middle),
                    ("end", Align::End),
                ],
            )?,
            valign: choice(
                node,
                "data-valign",
                &[
                    ("middle", Align::Middle),
                    ("top", Align::Start),
                    ("bottom", Align::End),
                ],
            )?,
            strike: choice(
                node,
                "data-strike",
                &[("none", Strike::None), ("through", Strike::Through)],
            )?,
            colour: colour.to_owned(),
            fill: fill.unwrap_or_default(),
            conditions,
        })
    }

    /// Takes on colours. A colour has seven bytes, so that every other range stays where it is.
    pub(super) fn wear(&mut self, palette: &Palette) {
        for tint in &self.tints {
            let Some(colour) = palette.worn(tint) else {
                continue;
            };
            let written = colour.to_string();
            self.source.replace_range(tint.range.clone(), &written);
            for slot in &mut self.slots {
                if slot.fill == tint.range {
                    slot.colour.clone_from(&written);
                }
            }
        }
    }

    /// The boxes in use while exactly these conditions hold.
    pub(crate) fn active<'a>(
        &'a self,
        holding: &'a [&'static str],
    ) -> impl Iterator<Item = &'a Slot> {
        self.slots.iter().filter(move |slot| {
            slot.conditions
                .iter()
                .all(|condition| holding.contains(&condition.as_str()))
        })
    }

    pub(crate) fn has_over_photo(&self) -> bool {
        !self.over_photo.is_empty()
    }

    /// The drawing without boxes, without groups whose condition does not hold, and of one half only.
    pub(crate) fn drawing(&self, holding: &[&'static str], half: Half) -> String {
        let other_half = match half {
            Half::Under => &self.over_photo,
            Half::Over => &self.under_photo,
        };
        let mut cuts: Vec<&Range<usize>> = self.boxes.iter().chain(other_half).collect();
        cuts.extend(
            self.conditional
                .iter()
                .filter(|(condition, _)| !holding.contains(&condition.as_str()))
                .map(|(_, range)| range),
        );
        cuts.sort_by_key(|range| range.start);
        let mut out = String::with_capacity(self.source.len());
        let mut at = 0;
        for cut in cuts {
            // Nested cuts lie wholly inside one already made.
            if cut.start >= at {
                out.push_str(&self.source[at..cut.start]);
                at = cut.end;
            }
        }
        out.push_str(&self.source[at..]);
        out
    }
}

fn number(node: Node<'_, '_>, name: &str) -> Result<f32, Fault> {
    optional(node, name)?.ok_or_else(|| Fault::Attribute(name.to_owned()))
}

fn optional(node: Node<'_, '_>, name: &str) -> Result<Option<f32>, Fault> {
    let Some(text) = node.attribute(name) else {
        return Ok(None);
    };
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
        _ => Err(Fault::Attribute(name.to_owned())),
    }
}

/// Reads one of a few words; the first is the default.
fn choice<T: Copy>(node: Node<'_, '_>, name: &str, words: &[(&str, T)]) -> Result<T, Fault> {
    let wanted = node
        .attribute(name)
        .or_else(|| words.first().map(|(word, _)| *word));
    words
        .iter()
        .find(|(word, _)| Some(*word) == wanted)
        .map(|(_, value)| *value)
        .ok_or_else(|| Fault::Attribute(name.to_owned()))
}
