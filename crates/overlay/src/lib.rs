//! Overlay: the state of a show and a moment in, picture layers out.
//!
//! Themes are SVG templates with named boxes (slots). A part of the picture is drawn again only when what
//! it says changes: an unchanged part keeps its version and its pixels. No clock is read here; the moment
//! comes in, and [`Layers::next_change`] says when the picture will change by itself.

mod auction;
mod calendar;
mod code;
mod content;
mod draw;
mod extras;
mod fit;
mod fonts;
mod games;
mod lettering;
mod numbers;
mod overlay;
mod pages;
mod photo;
mod picture;
mod place;
mod price;
mod room;
mod sample;
mod slate;
mod theme;
mod words;

pub use fonts::{FontWarning, Fonts};
pub use overlay::{Overlay, PartAt, SHELF, TextAt};
pub use picture::{CanvasSize, Lang, Layer, Layers, Notice, Picture};
pub use price::{MoneyParts, format_money, money_parts};
pub use sample::sample;
pub use slate::{Slate, SlateKind, Span, slate, slate_beside};
pub use theme::{Fault, Piece, Theme, ThemeError, Unreadable, Zone};
