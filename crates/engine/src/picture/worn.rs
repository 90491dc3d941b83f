//! What the cards wear: theme, colours and language, and what is left on when a theme cannot be used.

use stallcast_overlay::{Lang, Theme, ThemeError};
use stallcast_show::CardLook;
use stallcast_wire::NoticeLevel;

use super::Easel;

/// What the cards wear at the moment.
pub(super) struct Worn {
    /// As the show has it.
    pub look: CardLook,
    /// Checked and coloured.
    pub theme: Theme,
    /// Of the words.
    pub lang: Lang,
    /// Another one with each change, so that a canvas knows what it was drawn with.
    pub number: u64,
}

impl Easel {
    /// What the cards wear for `look`. A theme that cannot be used (its files changed since it was chosen) leaves on
    /// what was worn, or the usual one, and a person hears of it once. `None` when there is no usable theme at all.
    pub(super) fn dress<'a>(
        &self,
        worn: &'a mut Option<Worn>,
        look: &CardLook,
    ) -> Option<&'a Worn> {
        let same = |worn: &Worn| {
            let (before, now) = (&worn.look, look);
            before.theme == now.theme && before.lang == now.lang && before.colours == now.colours
        };
        if worn.as_ref().is_some_and(same) {
            return worn.as_ref();
        }
        let before = worn.take();
        let number = before.as_ref().map_or(0, |worn| worn.number + 1);
        let theme = self.looks.theme(look).or_else(|fault| {
            tracing::error!(?fault, "the card theme that was chosen cannot be used");
            let id = look.theme.clone().unwrap_or_default();
            let params = [
                ("theme", id),
                ("file", fault.file),
                ("element", fault.element),
            ];
            self.notices
                .tell(NoticeLevel::Warn, "notice.theme_refused", &params);
            before.map_or_else(|| self.looks.usual(), |worn| Ok(worn.theme))
        });
        let theme = theme
            .inspect_err(|error: &ThemeError| tracing::error!(%error, "no theme is left"))
            .ok()?;
        *worn = Some(Worn {
            look: look.clone(),
            theme,
            lang: self.looks.lang(look),
            number,
        });
        worn.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::looks::Looks;
    use crate::notices::Notices;
    use crate::part_boxes::PartBoxes;

    #[test]
    fn a_theme_that_broke_after_it_was_chosen_leaves_on_what_was_worn_and_a_person_hears_of_it() {
        let data = tempfile::tempdir().unwrap();
        let folders = crate::folders::Folders::open(
            data.path().to_owned(),
            crate::folders::Folders::default_assets(),
        )
        .unwrap();
        let fonts = stallcast_overlay::Fonts::system();
        let looks = Looks::open(&folders, "orchard".into(), Lang::Zh, fonts).unwrap();
        let notices = Notices::new();
        let (_, mut told) = notices.follow();
        let easel = Easel::new(looks, notices, PartBoxes::default());
        let look = |theme: &str| CardLook {
            theme: Some(theme.into()),
            ..CardLook::default()
        };
        let mut worn = None;
        let mut wear = |look: &CardLook| {
            let worn = easel.dress(&mut worn, look).unwrap();
            (worn.theme.name().en.clone(), worn.number)
        };
        assert_eq!(wear(&CardLook::default()), ("Orchard".into(), 0));
        assert_eq!(wear(&look("night")), ("Night".into(), 1));
        assert_eq!(wear(&look("night")), ("Night".into(), 1));
        // What stands beside the card is not worn: nothing is drawn again for it.
        let with_code = CardLook {
            code: true,
            ..look("night")
        };
        assert_eq!(wear(&with_code), ("Night".into(), 1));
        assert!(told.try_recv().is_err());
        assert_eq!(wear(&look("gone")).0, "Night");
        assert_eq!(wear(&look("gone")).0, "Night");
        assert_eq!(told.try_recv().unwrap().key, "notice.theme_refused");
        assert!(told.try_recv().is_err(), "told twice");
    }
}
