//! The plain values that leave this crate: sizes, layers, pictures.

use std::sync::Arc;

use stallcast_show::{At, CardLang, PicturePart};

/// Size of the picture the layers are made for, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CanvasSize {
    /// Width in pixels, at least 16.
    pub width: u32,
    /// Height in pixels, at least 16.
    pub height: u32,
}

/// Which of the two languages the picture speaks. A text that is empty in it is taken from the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// As a show says it.
    pub fn of_card(self) -> CardLang {
        match self {
            Lang::Zh => CardLang::Zh,
            Lang::En => CardLang::En,
        }
    }
}

/// One rectangle to be blended over the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Which part: the name of a [`crate::Piece`], or `ground` under the notice of a break.
    pub id: &'static str,
    /// Grows with every redraw of any part; equal versions mean equal pixels and the same `rgba`.
    pub version: u64,
    /// Left edge on the canvas in pixels, even.
    pub x: i32,
    /// Upper edge on the canvas in pixels, even.
    pub y: i32,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// `width * height * 4` bytes, premultiplied RGBA, sRGB, rows without padding.
    pub rgba: Arc<[u8]>,
}

/// Something a person should know about the picture; it does not stop it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The photo named in the catalogue is not in the photo folder (or its name points out of it).
    PhotoMissing {
        /// File name from the catalogue.
        file: String,
    },
    /// The photo is there but cannot be decoded, or is larger than 12 000 pixels on a side.
    PhotoUnreadable {
        /// File name from the catalogue.
        file: String,
    },
}

/// All layers of one moment, bottom first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    /// Bottom first; a part with nothing to say is not listed.
    pub list: Vec<Layer>,
    /// When the picture changes without any event: the next second of the clock or the next page of a
    /// text. `None` = not before the show itself changes.
    pub next_change: Option<At>,
    /// What to tell a person about this picture.
    pub notices: Vec<Notice>,
    /// Parts that are on but not on this picture: what is more important left them no room.
    pub waiting: Vec<PicturePart>,
}

/// A whole opaque picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 4` bytes, RGBA, alpha 255 everywhere, rows without padding.
    pub rgba: Arc<[u8]>,
}
