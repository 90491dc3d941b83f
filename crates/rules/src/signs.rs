//! A text as it is compared: one width, one case, simplified characters, and what stood between the signs.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What stands between a sign and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing.
    None,
    /// Up to [`LIGHT_MAX`] spaces or marks, as people put between letters to get past a filter.
    Light,
    /// The end of a sentence or of a line, or more than that.
    Hard,
}

/// One letter, digit, ideograph or sign of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sign {
    pub c: char,
    /// Where it stands in the text, bytes.
    pub start: usize,
    /// Where it ends, bytes.
    pub end: usize,
    pub gap: Gap,
    /// Whether a clause ended before it.
    pub clause: bool,
}

/// Marks that may stand between two signs of one word; with more, they are two words.
const LIGHT_MAX: usize = 3;

/// Traditional characters of the packs' words, each before its simplified one.
const SIMPLIFIED: &str = "國国級级優优質质療疗藥药醫医壓压頂顶無无價价獨独絕绝萬万極极產产認认證证僅仅後后餘余計计時时\
搶抢獎奖類类殺杀腫肿預预減减補补腎肾陽阳體体癒愈膚肤濕湿風风壯壮腦脑臟脏腸肠熱热強强護护壽寿線线點点網网銷销號号\
領领導导歷历選选軍军巔巅籤签禮礼贈赠節节數数據据誤误標标準准進进場场單单電电視视確确實实買买賣卖錢钱寶宝貝贝\
淨净營营養养壞坏細细胞胞術术譽誉稱称爾尔當当為为這这個个們们過过還还從从來来對对應应農农殘残癥症試试驗验發发馬马";

/// The signs of a text. Invisible characters are left out and leave no gap.
pub(crate) fn signs(text: &str) -> Vec<Sign> {
    let mut out: Vec<Sign> = Vec::with_capacity(text.len());
    let (mut marks, mut hard, mut comma) = (0_usize, false, false);
    for (start, raw) in text.char_indices() {
        let end = start + raw.len_utf8();
        if invisible(raw) {
            continue;
        }
        if raw == '№' {
            push(&mut out, 'n', (start, end), gap(marks, hard), comma || hard);
            push(&mut out, 'o', (start, end), Gap::None, false);
            (marks, hard, comma) = (0, false, false);
            continue;
        }
        let c = one_width(raw);
        if c.is_alphanumeric() || matches!(c, '%' | '#') {
            let (before, clause) = (gap(marks, hard), comma || hard);
            (marks, hard, comma) = (0, false, false);
            for (index, small) in c.to_lowercase().enumerate() {
                let first = index == 0;
                let before = if first { before } else { Gap::None };
                let c = simplified(small);
                push(&mut out, c, (start, end), before, first && clause);
            }
        } else {
            marks += 1;
            comma |= c == ',';
            hard |= matches!(c, '\n' | '。' | '！' | '？' | '!' | '?' | ';');
        }
    }
    out
}

fn push(out: &mut Vec<Sign>, c: char, (start, end): (usize, usize), gap: Gap, clause: bool) {
    out.push(Sign {
        c,
        start,
        end,
        gap,
        clause,
    });
}

fn gap(marks: usize, hard: bool) -> Gap {
    match marks {
        0 => Gap::None,
        _ if hard || marks > LIGHT_MAX => Gap::Hard,
        _ => Gap::Light,
    }
}

/// Whether a sign belongs to a word that is written with spaces around it.
pub(crate) fn spaced(c: char) -> bool {
    c.is_alphanumeric() && !ideograph(c)
}

fn ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Format characters, joiners, variation selectors, combining marks and tags.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Full-width forms (U+FF01 to U+FF5E) as their ASCII ones, except for the marks that end a sentence either way.
pub(crate) fn one_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '￥' => '¥',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn simplified(c: char) -> char {
    if !ideograph(c) {
        return c;
    }
    PAIRS.get(&c).copied().unwrap_or(c)
}

static PAIRS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut signs = SIMPLIFIED.chars();
    let next = || Some((signs.next()?, signs.next()?));
    std::iter::from_fn(next).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut out = String::new();
        for sign in signs(text) {
            match sign.gap {
                Gap::None => {}
                Gap::Light => out.push('_'),
                Gap::Hard => out.push('|'),
            }
            out.push(sign.c);
        }
        out
    }

    #[test]
    fn width_case_script_and_invisible_characters_make_no_difference() {
        assert_eq!(read("國家級"), "国家级");
        assert_eq!(read("ＢＥＳＴ №1"), "best_no1");
        assert_eq!(read("最\u{200B}佳 1００％"), "最佳_100%");
    }

    #[test]
    fn what_stands_between_is_told_apart() {
        assert_eq!(read("最·佳"), "最_佳");
        assert_eq!(read("最。佳"), "最|佳");
        assert_eq!(read("最\n佳"), "最|佳");
        assert_eq!(read("最-----佳"), "最|佳");
    }

    #[test]
    fn traditional_and_simplified_stand_in_pairs() {
        assert_eq!(SIMPLIFIED.chars().count() % 2, 0);
        assert_eq!(read("預防癌癥療效"), "预防癌症疗效");
    }
}
