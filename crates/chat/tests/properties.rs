//! Whatever a stranger sends: nothing panics, nothing invisible gets through, limits hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use stallcast_chat::clean::{NAME_CHARS, TEXT_CHARS, display_name, display_text};
use stallcast_chat::{question::is_question, webhook};

/// Text rich in what makes trouble: joiners, marks, controls, flags, brackets, question marks.
fn trouble() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-z0-9?？ \\[\\]/]{1,8}",
        Just("\u{200d}".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{301}".to_owned()),
        Just("\u{fe0f}".to_owned()),
        Just("🏴\u{e0067}\u{e007f}".to_owned()),
        Just("👩\u{200d}🌾".to_owned()),
        Just("多少钱".to_owned()),
        Just("[捂脸]".to_owned()),
        Just("\r\n".to_owned()),
    ];
    proptest::collection::vec(piece, 0..300).prop_map(|pieces| pieces.concat())
}

fn reorders_or_controls(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

proptest! {
    #[test]
    fn shown_text_is_short_and_holds_nothing_that_reorders_or_controls(raw in trouble()) {
        for (shown, limit) in [(display_text(&raw), TEXT_CHARS), (display_name(&raw), NAME_CHARS)] {
            prop_assert!(shown.chars().count() <= limit);
            prop_assert!(!shown.chars().any(reorders_or_controls));
            prop_assert_eq!(shown.trim(), shown.as_str());
            let dangling = shown.ends_with('\u{200d}');
            prop_assert!(!dangling);
        }
        // Ordinary words are never touched.
        let words: String = raw.chars().filter(|c| c.is_ascii_alphanumeric()).take(TEXT_CHARS).collect();
        prop_assert_eq!(display_text(&words), words);
    }

    #[test]
    fn any_text_gets_an_answer(raw in trouble()) {
        let asked = is_question(&raw);
        prop_assert_eq!(asked, is_question(&raw));
    }

    #[test]
    fn any_body_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = webhook::parse(&body, "application/json");
    }

    #[test]
    fn a_refused_body_is_refused_for_its_first_wrong_object(wrong in 0_usize..20, count in 20_usize..=100) {
        let body: String = (0..count)
            .map(|n| if n >= wrong && n % 7 == wrong % 7 { "{\"author\":\"a\"}\n" } else { "{\"author\":\"a\",\"text\":\"b\"}\n" })
            .collect();
        let error = webhook::parse(body.as_bytes(), "application/x-ndjson").unwrap_err();
        let named = matches!(error, webhook::WebhookError::Field { index, field: webhook::Field::Text, .. } if index == wrong);
        prop_assert!(named, "{error:?}");
    }
}
