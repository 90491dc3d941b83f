//! Owns the copy of a line that is compared and judged: one spelling for the many ways to write the same. What is
//! shown stays as it was written (`clean.rs`).

mod simplified;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Longest line that is looked at, in characters; what comes after is not judged. Shown lines are shorter.
pub const FOLDED_CHARS: usize = 600;

/// `text` in one spelling: NFKC (full width, circled and styled letters), lower case, without what is invisible,
/// look-alike letters as Latin ones, traditional characters as simplified ones. Emoji and marks stay.
pub fn fold(text: &str) -> String {
    let cut = text
        .char_indices()
        .nth(FOLDED_CHARS)
        .map_or(text, |(end, _)| &text[..end]);
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(cut);
    let mut folded = String::with_capacity(composed.len());
    // A compatibility spelling may be much longer than what was written (one character stands for 18).
    for c in composed.chars().take(FOLDED_CHARS * 2) {
        if is_dropped(c) {
            continue;
        }
        for c in c.to_lowercase() {
            folded.push(look_alike(simplified::simplify(c)));
        }
    }
    folded
}

/// Runs of the same character cut to `most`: `多少钱啊啊啊啊啊` and `soooooo`.
pub fn without_repeats(text: &str, most: usize) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut last, mut run) = (None, 0);
    for c in text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if run <= most || c.is_ascii_digit() {
            kept.push(c);
        }
    }
    kept
}

/// The digit that a character stands for, also a written-out Chinese one (`三`, `叁`, `幺`).
pub fn digit(c: char) -> Option<u8> {
    Some(match c {
        '0'..='9' => c as u8 - b'0',
        '零' | '〇' | '洞' => 0,
        '一' | '壹' | '幺' | '弌' => 1,
        '二' | '贰' | '两' | '俩' | '貳' => 2,
        '三' | '叁' | '仨' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' | '拐' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Chinese characters of the common blocks.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '〇')
}

/// Never visible, or only a way to draw the letter before it.
fn is_dropped(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
            | '\u{300}'..='\u{36f}')
}

/// Cyrillic, Greek and other letters that are drawn like Latin ones.
fn look_alike(c: char) -> char {
    match c {
        'а' | 'α' | 'ɑ' | 'ａ' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' | 'ɗ' => 'd',
        'е' | 'ё' | 'ε' | 'є' => 'e',
        'ɡ' => 'g',
        'һ' | 'н' => 'h',
        'і' | 'ι' | 'ı' | 'ɩ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' | 'ⅼ' => 'l',
        'м' => 'm',
        'п' | 'η' => 'n',
        'о' | 'ο' | 'σ' | 'ө' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ц' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ʐ' => 'z',
        '➕' | '✚' => '+',
        '♥' => '❤',
        '嶶' | '溦' | '薇' => '微',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spellings_are_one() {
        for (written, folded) in [
            ("ＨＯＷ　ＭＵＣＨ", "how much"),
            ("多\u{200b}少\u{202e}钱", "多少钱"),
            ("發貨嗎", "发货吗"),
            ("𝓹𝓻𝓲𝓬𝓮", "price"),
            ("①③⑧", "138"),
            ("1️⃣3️⃣", "13"),
            ("рrісе", "price"),
            ("➕v", "+v"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn repeats_are_cut_but_not_in_numbers() {
        assert_eq!(
            without_repeats("soooooo 100000 啊啊啊啊", 2),
            "soo 100000 啊啊"
        );
    }

    #[test]
    fn a_flood_of_long_ligatures_stays_bounded() {
        let long = fold(&"\u{fdfa}".repeat(5_000));
        assert!(long.chars().count() <= FOLDED_CHARS * 2);
    }
}
