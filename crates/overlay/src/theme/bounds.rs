//! Owns what a theme's drawing may cost: how deep it is, how many elements it has with all that `use` repeats, which
//! effects it asks for, and that nothing but the drawing itself is read.

use std::collections::HashMap;
use std::io::Cursor;

use image::ImageReader;
use resvg::usvg::roxmltree::{Document, Node, NodeId};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options};

use super::Fault;

/// Deepest nesting: every group may need a picture of its own while it is drawn.
const DEEP: usize = 48;
/// Most elements.
const ELEMENTS: u64 = 5_000;
/// An element with an effect costs as many plain ones: it is drawn apart and laid over.
const EFFECT: u64 = 40;
/// Effects whose cost grows with the picture only. Noise, convolution and the like grow with a number in the file.
const EFFECTS: [&str; 15] = [
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feOffset",
    "feTile",
];
/// Most pixels of a picture inside the drawing: that of a screen with four times 1080 lines.
const PIXELS: u64 = 7_680 * 4_320;

/// Refuses a drawing that costs too much, with the element that does.
pub(super) fn check(document: &Document<'_>) -> Result<(), (String, Fault)> {
    let mut nodes = document.descendants().filter(Node::is_element);
    if let Some(effect) = nodes.find(|node| {
        let name = node.tag_name().name();
        name.starts_with("fe") && !EFFECTS.contains(&name)
    }) {
        return Err((effect.tag_name().name().to_owned(), Fault::TooMuch));
    }
    let by_id = document
        .descendants()
        .filter_map(|node| Some((node.attribute("id")?, node)))
        .collect();
    let mut weighed = Weighed {
        by_id,
        known: HashMap::new(),
    };
    let (elements, _) = weighed.of(document.root_element(), 0)?;
    if elements > ELEMENTS {
        return Err(("svg".to_owned(), Fault::TooMuch));
    }
    Ok(())
}

/// Elements and depth of what was looked at, with everything that is repeated in it.
struct Weighed<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    known: HashMap<NodeId, (u64, usize)>,
}

impl<'a, 'input> Weighed<'a, 'input> {
    fn of(
        &mut self,
        node: Node<'a, 'input>,
        depth: usize,
    ) -> Result<(u64, usize), (String, Fault)> {
        let too_much = || {
            let id = node.attribute("id").unwrap_or(node.tag_name().name());
            Err((id.to_owned(), Fault::TooMuch))
        };
        if depth > DEEP {
            return too_much();
        }
        if let Some((elements, height)) = self.known.get(&node.id()).copied() {
            return if depth + height > DEEP {
                too_much()
            } else {
                Ok((elements, height))
            };
        }
        // One that repeats itself is dropped by the renderer.
        self.known.insert(node.id(), (1, 1));
        let mut elements = if has_effect(node) { EFFECT } else { 1 };
        let mut height = 0;
        let link = node.attributes().find(|a| a.name() == "href");
        let target = link
            .filter(|_| node.tag_name().name() == "use")
            .and_then(|link| self.by_id.get(link.value().strip_prefix('#')?))
            .copied();
        for inner in node.children().filter(Node::is_element).chain(target) {
            let (more, below) = self.of(inner, depth + 1)?;
            elements = elements.saturating_add(more);
            height = height.max(below);
        }
        self.known.insert(node.id(), (elements, height + 1));
        Ok((elements, height + 1))
    }
}

fn has_effect(node: Node<'_, '_>) -> bool {
    let named = ["filter", "mask", "clip-path", "opacity", "mix-blend-mode"];
    let style = node.attribute("style").unwrap_or_default();
    let styled = |name: &&str| style.contains(*name) || node.has_attribute(*name);
    node.has_attribute("class") || named.iter().any(styled)
}

/// Options for a drawing that reads nothing but itself: links are followed nowhere, and pictures inside it are pictures
/// of a bearable size.
pub(crate) fn alone() -> Options<'static> {
    Options {
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, data, options| {
                let reader = ImageReader::new(Cursor::new(&**data)).with_guessed_format();
                let (width, height) = reader.ok()?.into_dimensions().ok()?;
                if u64::from(width) * u64::from(height) > PIXELS {
                    return None;
                }
                // By what it is, not by what it says it is.
                ImageHrefResolver::default_data_resolver()("text/plain", data, options)
                    .filter(|kind| !matches!(kind, ImageKind::SVG(_)))
            }),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}
