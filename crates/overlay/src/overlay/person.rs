//! The name and role of whoever speaks.

use stallcast_show::{PictureText, Show};

use super::Overlay;
use crate::{
    Lang, Layers, Piece,
    content::{Content, Words},
    words::clean,
};

impl Overlay {
    pub(super) fn lower_third(&mut self, show: &Show, lang: Lang, layers: &mut Layers) {
        let Some(person) = show.lower_third_shown() else {
            return;
        };
        let mut content = Content::new(lang);
        let name = Words::Text(clean(&person.name));
        content.tells("person", PictureText::Person, name);
        let role = clean(&person.role);
        content
            .holding
            .push(if role.is_empty() { "alone" } else { "role" });
        content.tells("person-role", PictureText::PersonRole, Words::Text(role));
        self.put(Piece::LowerThird, Some(content), None, layers);
    }
}
