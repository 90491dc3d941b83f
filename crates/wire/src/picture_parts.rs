//! The parts that stand on the pictures, as the page lays handles over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stallcast_show::{Canvas, PicturePart};
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// One part on a picture, its soft rim included. Numbers are ten-thousandths of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
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
}

/// Answer to [`Request::PictureParts`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PicturePartsView {
    /// What is drawn on each canvas that is on, bottom first.
    pub canvases: BTreeMap<Canvas, Vec<PartBox>>,
}
