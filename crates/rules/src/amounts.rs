//! Amounts of money in a text: `¥88,888`, `6万元`, `十万块`, `$1,500`.

use crate::signs::{invisible, one_width};

/// The greatest amount that a text names, in whole units of its currency; a number counts only with a mark of money
/// (a sign or 价值 before it, 元 or 块 after it).
pub(crate) fn greatest(text: &str) -> Option<u64> {
    let chars: Vec<char> = text
        .chars()
        .filter(|c| !invisible(*c))
        .map(one_width)
        .collect();
    let mut most = None;
    let mut at = 0;
    while at < chars.len() {
        let Some((value, next)) = number(&chars, at) else {
            at += 1;
            continue;
        };
        let rest = after_space(&chars, next);
        let (value, unit_at) = match chars.get(rest) {
            Some('万' | '萬') => (value.saturating_mul(10_000), after_space(&chars, rest + 1)),
            _ => (value, rest),
        };
        let is_money = marked_before(&chars, at)
            || matches!(chars.get(unit_at), Some('元' | '块' | '塊' | '圆'))
            || (unit_at > rest && matches!(chars.get(unit_at), Some('现' | '大')));
        if is_money {
            most = most.max(Some(value));
        }
        at = next.max(unit_at);
    }
    most
}

fn after_space(chars: &[char], at: usize) -> usize {
    let spaces = chars.get(at..).unwrap_or_default().iter();
    at + spaces.take_while(|c| c.is_whitespace()).count()
}

fn marked_before(chars: &[char], at: usize) -> bool {
    let before: Vec<char> = chars[..at]
        .iter()
        .rev()
        .copied()
        .filter(|c| !c.is_whitespace())
        .take(1)
        .collect();
    matches!(before.first(), Some('¥' | '$' | '€' | '值'))
}

/// Digits with separators, or Chinese numerals before 万.
fn number(chars: &[char], from: usize) -> Option<(u64, usize)> {
    let first = *chars.get(from)?;
    if first.is_ascii_digit() {
        let (mut value, mut at) = (0_u64, from);
        while let Some(&c) = chars.get(at) {
            match c.to_digit(10) {
                Some(digit) => value = value.saturating_mul(10).saturating_add(u64::from(digit)),
                None if c == ',' && chars.get(at + 1).is_some_and(char::is_ascii_digit) => {}
                None => break,
            }
            at += 1;
        }
        // What comes after the point is less than any cap is written in.
        if chars.get(at) == Some(&'.') && chars.get(at + 1).is_some_and(char::is_ascii_digit) {
            at += 1;
            while chars.get(at).is_some_and(char::is_ascii_digit) {
                at += 1;
            }
        }
        return Some((value, at));
    }
    let (mut value, mut at) = (0_u64, from);
    while let Some(&c) = chars.get(at) {
        match c {
            '十' => value = value.max(1) * 10,
            '百' => value = value.max(1) * 100,
            _ => match "零一二三四五六七八九".chars().position(|known| known == c) {
                Some(digit) => value += digit as u64,
                None if c == '两' => value += 2,
                None => break,
            },
        }
        at += 1;
        if at - from > 5 {
            return None;
        }
    }
    (at > from && matches!(chars.get(at), Some('万' | '萬'))).then_some((value, at))
}

#[cfg(test)]
mod tests {
    use super::greatest;

    #[test]
    fn amounts_are_read_as_people_write_them_and_other_numbers_are_not_money() {
        for (text, amount) in [
            ("头奖 ¥88,888 现金", Some(88_888)),
            ("最高６万元", Some(60_000)),
            ("抽十万块", Some(100_000)),
            ("价值 60000 的车", Some(60_000)),
            ("$1,500 gift card", Some(1_500)),
            ("5.5万元", Some(50_000)),
            ("10万人在看，抽 20 元券", Some(20)),
            ("抽 3 位", None),
            ("万一", None),
        ] {
            assert_eq!(greatest(text), amount, "{text}");
        }
    }
}
