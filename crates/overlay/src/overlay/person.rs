//! The name and role of whoever speaks.

use stallcast_show::Show;

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
        content.says("person", Words::Text(clean(&person.name)));
        let role = clean(&person.role);
        content
            .holding
            .push(if role.is_empty() { "alone" } else { "role" });
        content.says("person-role", Words::Text(role));
        self.put(Piece::LowerThird, Some(content), None, layers);
    }
}
