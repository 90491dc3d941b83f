//! A correction on the picture: the show as it is drawn while one stands.

use std::borrow::Cow;

use stallcast_show::{At, Show};

/// The show with the correction in the ticker's place while one stands at `now`, and when that ends.
pub fn drawn(show: &Show, now: At) -> (Cow<'_, Show>, Option<At>) {
    let Some(correction) = show.correction_at(now) else {
        return (Cow::Borrowed(show), None);
    };
    let (text, until) = (correction.text.clone(), correction.until);
    let mut corrected = show.clone();
    corrected.ticker = text;
    // Nobody hides a correction by having hidden the ticker.
    corrected.ticker_look.hidden = false;
    (Cow::Owned(corrected), Some(until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::product;
    use stallcast_show::{Command, CorrectionKind, Text, decide};

    #[test]
    fn a_correction_stands_in_the_tickers_place_for_a_minute_and_then_the_ticker_is_back() {
        let mut show = Show::default();
        show.products
            .insert("a".into(), product("a", "Apples", 2990));
        show.ticker.en = "Picked today".into();
        show.ticker_look.hidden = true;
        let text = Text {
            zh: "更正：苹果 29.9 元".into(),
            en: "Correction: apples cost ¥29.90".into(),
        };
        let press = Command::ShowCorrection {
            product: "a".into(),
            kind: CorrectionKind::Price,
            text: text.clone(),
        };
        let events = decide(&show, press, At(1_000)).unwrap();
        show.apply_all(&events);
        let (shown, until) = drawn(&show, At(1_000));
        assert_eq!((&shown.ticker, until), (&text, Some(At(61_000))));
        assert!(
            !shown.ticker_look.hidden,
            "a correction is shown all the same"
        );
        assert_eq!(drawn(&show, At(60_999)).0.ticker, text);
        let (shown, until) = drawn(&show, At(61_000));
        assert_eq!((shown.ticker.en.as_str(), until), ("Picked today", None));

        let events = decide(&show, Command::EndCorrection, At(2_000)).unwrap();
        show.apply_all(&events);
        assert_eq!(drawn(&show, At(2_000)).0.ticker.en, "Picked today");
    }
}
