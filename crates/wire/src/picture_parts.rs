//! The parts that stand on the pictures, as the page lays handles over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{Canvas, PicturePart, PictureText};
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// One part on a picture, its soft rim included. Numbers are ten-thousandths of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartBox {
    /// Which.
    pub part: PicturePart,
    /// Left edge, of the width.
    pub x: i32,
    /// Upper edge, of the height.
    pub y: i32,
    /// Width, of the width.
    pub width: i32,
    /// Height, of the height.
    pub height: i32,
    /// The rim (a shadow) at each side, of the width.
    pub rim: i32,
    /// Per cent of the theme's size that it is drawn at.
    pub size: i32,
    /// What can be typed on it.
    pub texts: Vec<TextBox>,
}

/// Words on a part that can be changed where they stand. Numbers are ten-thousandths of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TextBox {
    /// Which.
    pub text: PictureText,
    /// What was typed before, without the theme's words around it; may be empty.
    pub words: String,
    /// Most characters.
    pub most: u32,
    /// Left edge, of the width.
    pub x: i32,
    /// Upper edge, of the height.
    pub y: i32,
    /// Width, of the width.
    pub width: i32,
    /// Height, of the height.
    pub height: i32,
}

/// Answer to [`Request::PictureParts`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PicturePartsView {
    /// What is drawn on each canvas that is on, bottom first.
    pub canvases: BTreeMap<Canvas, Vec<PartBox>>,
    /// What is on but finds no room on a canvas beside what is more important; canvases that show everything are left out.
    pub waiting: BTreeMap<Canvas, Vec<PicturePart>>,
}
