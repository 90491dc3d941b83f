//! The card themes, as the settings page lists them.

use serde::{Deserialize, Serialize};
use stallcast_show::{CardColours, CardLang, Text};
use ts_rs::TS;

#[cfg(doc)]
use crate::Request;

/// What is wrong with a theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThemeFaultView {
    /// Code: `unreadable`, `too_large`, `not_svg`, `settings`, `missing`, `unknown`, `not_a_rect`, `outside`,
    /// `transformed`, `attribute`, `not_top_level`, `empty_words`, `too_much`, `name_taken` or `not_there`.
    pub code: String,
    /// File of the theme; empty where it is the theme as a whole.
    pub file: String,
    /// Id of the element, or field of `theme.json`; empty where it is the file as a whole.
    pub element: String,
    /// What the parser or the system said, or the attribute; may be empty.
    pub detail: String,
}

/// One theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThemeView {
    /// Name of its folder: what [`stallcast_show::CardLook`] names.
    pub id: String,
    /// Name for people; the folder's where the theme cannot be read.
    pub name: Text,
    /// Whether it lies in the data folder, instead of coming with the program.
    pub own: bool,
    /// The colours that a show can change, as the theme has them; `None` for those that it does not offer.
    pub colours: CardColours,
    /// Why it cannot be used; `None` = it can.
    pub fault: Option<ThemeFaultView>,
}

/// Answer to [`Request::Themes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThemesView {
    /// Those of the program first, then one's own, each by name of the folder.
    pub themes: Vec<ThemeView>,
    /// Folder that own themes are put into.
    pub folder: String,
    /// Theme in use where none was chosen.
    pub usual: String,
    /// Language in use where none was chosen.
    pub usual_lang: CardLang,
}
