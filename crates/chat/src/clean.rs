//! Owns making foreign text safe to show: nothing in it may reorder, hide in, or break a page.

/// Longest text of a line in characters, as [`stallcast_show::ChatLine`] promises.
pub const TEXT_CHARS: usize = 500;
/// Longest name in characters. Platforms allow 25 (Twitch) to some 50; more only hides the text.
pub const NAME_CHARS: usize = 60;

/// Marks stacked on one letter. Vietnamese and pointed Hebrew need two or three; more is decoration
/// that climbs over the lines above.
const MARKS: usize = 3;

/// The text of a line: line breaks become spaces; control, bidi and invisible characters go; joiners
/// stay where a script or an emoji needs them; at most [`TEXT_CHARS`] characters, never cut inside an
/// emoji or a letter with its marks. Empty when nothing visible is left.
pub fn display_text(raw: &str) -> String {
    display(raw, TEXT_CHARS)
}

/// The name beside a line, by the same rules; at most [`NAME_CHARS`] characters.
pub fn display_name(raw: &str) -> String {
    display(raw, NAME_CHARS)
}

fn display(raw: &str, limit: usize) -> String {
    let mut kept = String::with_capacity(raw.len().min(limit * 4));
    // Start of the last whole letter or emoji in `kept`, for the cut.
    let mut cluster = 0;
    let mut count = 0;
    let mut marks = 0;
    let mut last = None;
    let mut in_flag = false;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let c = if is_space(c) { ' ' } else { c };
        // England, Scotland, Wales: a black flag spelled out in tag characters. Anywhere else they are invisible text.
        let flag_part = in_flag && ('\u{e0020}'..='\u{e007f}').contains(&c);
        in_flag = flag_part && c != '\u{e007f}' || c == '\u{1f3f4}';
        let keep = match c {
            '\u{200d}' => last.is_some_and(joins) && chars.peek().is_some_and(|next| joins(*next)),
            '\u{200c}' => last.is_some_and(is_joining_script),
            '\u{fe00}'..='\u{fe0f}' => last.is_some_and(|last| last != ' ' && !is_mark(last)),
            _ if is_mark(c) => {
                marks += 1;
                last.is_some() && marks <= MARKS
            }
            _ => flag_part || !is_hidden(c),
        };
        if !keep {
            continue;
        }
        if !is_mark(c) {
            marks = 0;
        }
        let continues = is_mark(c)
            || flag_part
            || matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
            || last == Some('\u{200d}');
        if count >= limit {
            if continues {
                kept.truncate(cluster);
            }
            break;
        }
        if !continues {
            cluster = kept.len();
        }
        kept.push(c);
        count += 1;
        last = Some(c);
    }
    let visible = kept.trim_matches(is_blank);
    if visible.len() == kept.len() {
        kept
    } else {
        visible.to_owned()
    }
}

fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Looks like nothing at the ends of a line, but is fine inside (Braille art uses its blank cell).
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Never shown, and able to reorder, hide or fake text: Unicode's control and format characters that
/// are not handled above, the invisible Hangul fillers, tag characters, non-characters.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffc}' | '\u{fffe}' | '\u{ffff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Combining marks of the blocks that are stacked for effect.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Emoji, and scripts that a zero-width joiner shapes.
fn joins(c: char) -> bool {
    is_joining_script(c)
        || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// Arabic and its kin (Persian needs the non-joiner), Syriac to N'Ko, Indic scripts, Khmer, Mongolian.
fn is_joining_script(c: char) -> bool {
    matches!(c,
        '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fdcf}' | '\u{fe70}'..='\u{fefc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_reorders_is_gone() {
        for (raw, shown) in [
            ("多\u{200b}少\u{2060}钱\u{feff}", "多少钱"),
            ("abc\u{202e}def\u{2066}x\u{2069}", "abcdefx"),
            ("a\u{0}b\u{7}c\u{9b}d\u{ad}e", "abcde"),
            ("one\r\ntwo\u{2028}three\tfour", "one  two three four"),
            ("forsenE \u{e0000}", "forsenE"),
            ("\u{e0041}\u{e0042}hidden", "hidden"),
            ("\u{3164}\u{115f} \u{2800}", ""),
            ("  价格 ", "价格"),
            ("<b>&amp;</b>", "<b>&amp;</b>"),
        ] {
            assert_eq!(display_text(raw), shown, "{raw:?}");
        }
    }

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        for text in [
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 👍🏽",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "Việt e\u{302}\u{301}",
            "مرحبا שלום",
            "⠀⣿⠀⣿".trim_start_matches('\u{2800}'),
        ] {
            assert_eq!(display_text(text), text);
        }
    }

    #[test]
    fn a_tower_of_marks_is_cut_to_what_a_language_needs() {
        let tower = format!("a{}b", "\u{301}".repeat(50));
        assert_eq!(display_text(&tower), "a\u{301}\u{301}\u{301}b");
        assert_eq!(display_text(&"\u{301}".repeat(50)), "");
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(
            display_text(&"价".repeat(2_000)).chars().count(),
            TEXT_CHARS
        );
        assert_eq!(display_name(&"n".repeat(2_000)).chars().count(), NAME_CHARS);
        let family = "👨\u{200d}👩\u{200d}👧";
        let cut = display_text(&family.repeat(101));
        assert_eq!(cut, family.repeat(100));
        let cut = display_text(&format!("a{}", family.repeat(101)));
        assert_eq!(cut, format!("a{}", family.repeat(99)));
        let accent = format!("{}e\u{301}", "x".repeat(499));
        assert_eq!(display_text(&accent), "x".repeat(499));
    }
}
