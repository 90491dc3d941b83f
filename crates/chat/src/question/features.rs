//! Owns what the question model sees of a line. Pure std, since the training program compiles this
//! same file: what is trained is what is shipped.

use super::cues::{
    ACTING, ASKING, ENGLISH_ASKING, ENGLISH_VERBS, NOT_ASKING, OPENERS, PARTICLES, PINYIN, TELLING,
};

/// A piece of a line after normalising.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// One CJK character.
    Han(char),
    /// A run of letters of another script, in lower case.
    Word(String),
    /// A run of digits (or a Chinese link number), whichever it was.
    Number,
    /// A pause: punctuation, a space in Chinese, an emoji.
    Pause,
}

impl Token {
    fn push_to(&self, name: &mut String) {
        match self {
            Self::Han(c) => name.push(*c),
            Self::Word(word) => {
                name.push(' ');
                name.push_str(word);
            }
            Self::Number => name.push('0'),
            Self::Pause => name.push('|'),
        }
    }
}

/// The names of what is in `text`, each at most once; `None` when there is nothing to ask with (only
/// marks, numbers, emoji, or drawing).
pub fn features(text: &str) -> Option<Vec<String>> {
    let (tokens, marks) = tokens(text);
    let words = tokens
        .iter()
        .filter(|token| matches!(token, Token::Han(_) | Token::Word(_)))
        .count();
    if words == 0 || is_drawing(text) {
        return None;
    }
    let mut names = Vec::with_capacity(128);
    grams(&tokens, &mut names);
    let plain: String = tokens.iter().fold(String::new(), |mut plain, token| {
        token.push_to(&mut plain);
        plain
    });
    cues(&plain, &tokens, words, marks, &mut names);
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// Rows of blocks and lines, not words: at least half of what is visible is neither letter, number nor emoji.
fn is_drawing(text: &str) -> bool {
    let visible = text.chars().filter(|c| !c.is_whitespace()).count();
    let drawn = text
        .chars()
        .filter(|c| matches!(*c, '\u{2500}'..='\u{25ff}' | '\u{2800}'..='\u{28ff}' | '/' | '\\' | '_' | '|' | '(' | ')' | '-' | '='))
        .count();
    visible >= 12 && drawn * 2 >= visible
}

/// Cuts a line into tokens and counts its question marks.
fn tokens(text: &str) -> (Vec<Token>, usize) {
    let chars: Vec<char> = without_emotes(text).chars().map(fold).collect();
    let mut tokens: Vec<Token> = Vec::with_capacity(chars.len());
    let mut marks = 0;
    let mut spaced = false;
    let mut repeats = 0;
    for (index, &c) in chars.iter().enumerate() {
        repeats = if index > 0 && chars.get(index - 1) == Some(&c) {
            repeats + 1
        } else {
            0
        };
        if c == '?' {
            marks += 1;
        }
        if c == '\'' || c == '’' || repeats >= 2 && !c.is_ascii_digit() {
            continue;
        }
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        let han = is_han(c);
        // A space is a pause in Chinese, where words have none between them.
        if std::mem::take(&mut spaced) && (han || matches!(tokens.last(), Some(Token::Han(_)))) {
            pause(&mut tokens);
        }
        let after_space = index > 0 && chars.get(index - 1).is_some_and(|c| c.is_whitespace());
        if c.is_ascii_digit() || is_link_number(&chars, index) {
            if tokens.last() != Some(&Token::Number) {
                tokens.push(Token::Number);
            }
        } else if han {
            tokens.push(Token::Han(c));
        } else if c.is_alphabetic() {
            match tokens.last_mut() {
                Some(Token::Word(word)) if !after_space => word.push(c),
                _ => tokens.push(Token::Word(c.to_string())),
            }
        } else if c != '#' {
            pause(&mut tokens);
        }
    }
    while tokens.last() == Some(&Token::Pause) {
        tokens.pop();
    }
    (tokens, marks)
}

fn pause(tokens: &mut Vec<Token>) {
    if tokens.last().is_some_and(|last| *last != Token::Pause) {
        tokens.push(Token::Pause);
    }
}

/// Platforms write their emotes as `[捂脸]`: up to six characters in brackets, without meaning here.
fn without_emotes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        plain.push_str(before);
        match after.find(']') {
            Some(close) if after[..close].chars().count() <= 7 => {
                plain.push('。');
                rest = &after[close + 1..];
            }
            _ => {
                plain.push('。');
                rest = &after[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// One spelling for many: full width, capitals, and the traditional forms that asking words use.
fn fold(c: char) -> char {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    match c {
        '嗎' => '吗',
        '麼' | '麽' => '么',
        '甚' => '什',
        '誰' => '谁',
        '幾' => '几',
        '還' => '还',
        '個' => '个',
        '為' | '爲' => '为',
        '會' => '会',
        '樣' => '样',
        '時' => '时',
        '錢' => '钱',
        '發' => '发',
        '貨' => '货',
        '沒' => '没',
        '這' => '这',
        '裡' | '裏' => '里',
        '買' => '买',
        '賣' => '卖',
        '請' => '请',
        '問' => '问',
        '講' => '讲',
        '麻' => '麻',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// `一号` to `十号` are written like `1号`.
fn is_link_number(chars: &[char], index: usize) -> bool {
    matches!(
        (chars.get(index), chars.get(index + 1)),
        (
            Some('一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十'),
            Some('号')
        )
    )
}

/// Runs of one to three tokens, with the ends of the line and of its clauses marked.
fn grams(tokens: &[Token], names: &mut Vec<String>) {
    for size in 1..=3 {
        for run in tokens.windows(size) {
            let mut name = String::new();
            run.iter().for_each(|token| token.push_to(&mut name));
            names.push(name);
        }
    }
    for (place, clause) in tokens.split(|token| *token == Token::Pause).enumerate() {
        let soft = clause
            .iter()
            .rev()
            .take_while(|token| matches!(token, Token::Han(c) if PARTICLES.contains(*c)));
        let firm = &clause[..clause.len() - soft.count()];
        for size in 1..=2 {
            if firm.len() >= size {
                let mut last = "e:".to_owned();
                firm[firm.len() - size..]
                    .iter()
                    .for_each(|token| token.push_to(&mut last));
                names.push(last);
                let mut first = "s:".to_owned();
                firm[..size]
                    .iter()
                    .for_each(|token| token.push_to(&mut first));
                if place == 0 {
                    names.push(format!("^{first}"));
                }
                names.push(first);
            }
        }
        if clause.len() > firm.len()
            && let Some(Token::Han(c)) = clause.last()
        {
            names.push(format!("soft:{c}"));
        }
    }
}

/// What a person would point at: asking words, where they stand, what cancels them.
fn cues(plain: &str, tokens: &[Token], words: usize, marks: usize, names: &mut Vec<String>) {
    let mut cue = |name: &str| names.push(format!("@{name}"));
    let asks = ASKING.iter().any(|word| plain.contains(word));
    let cancelled = NOT_ASKING.iter().any(|word| plain.contains(word));
    let choice = has_choice(tokens);
    let tells = TELLING.iter().any(|word| plain.contains(word));
    let turned = plain.split('|').any(|clause| {
        let firm = clause.trim_end_matches(|c| PARTICLES.contains(c) && c != '了');
        firm.strip_suffix(['不', '没', '么', '莫', '否'])
            .or_else(|| firm.strip_suffix("没有"))
            .is_some_and(|rest| OPENERS.iter().any(|word| rest.contains(word)))
    });
    let acts = ACTING.iter().any(|word| plain.contains(word));
    let addressed = ["你", "主播", "老板", "姐", "哥", "老师"]
        .iter()
        .any(|word| plain.contains(word));
    let mut english_ask = false;
    let mut english_verb = false;
    let mut pinyin = false;
    let mut before: Option<&Token> = None;
    for token in tokens {
        if let Token::Word(word) = token {
            let word = word.as_str();
            english_ask |= ENGLISH_ASKING.contains(&word);
            pinyin |= PINYIN.contains(&word);
            let opens = !matches!(before, Some(Token::Word(_)));
            english_verb |= opens && ENGLISH_VERBS.contains(&word);
        }
        before = Some(token);
    }
    let latin = tokens.iter().any(|token| matches!(token, Token::Word(_)));
    let han = tokens.iter().any(|token| matches!(token, Token::Han(_)));
    for (holds, name) in [
        (asks, "asks"),
        (asks && !cancelled, "asks free"),
        (cancelled, "cancelled"),
        (choice, "choice"),
        (turned, "turned"),
        (tells, "tells"),
        (tells && !asks, "tells only"),
        (
            tells && marks == 0 && !turned && !choice && !asks,
            "tells quietly",
        ),
        (plain.contains('你') && plain.ends_with('吧'), "you guess"),
        (acts, "acts"),
        (acts && words <= 8, "acts short"),
        (addressed, "addressed"),
        (addressed && asks, "addressed asks"),
        (marks > 0, "mark"),
        (marks > 0 && words <= 2, "mark short"),
        (marks > 0 && words > 3, "mark long"),
        (marks > 2, "marks"),
        (
            marks > 0 && (asks || choice || english_ask || english_verb),
            "mark asks",
        ),
        (english_ask, "en asks"),
        (english_verb, "en verb"),
        (english_ask && english_verb, "en both"),
        (pinyin && han, "pinyin mixed"),
        (pinyin && !han && latin, "pinyin"),
        (tokens.contains(&Token::Number), "number"),
        (plain.contains("0号"), "link"),
        (
            plain.contains("0号") && !plain.contains('拍') && words <= 4,
            "link short",
        ),
        (latin && !han, "latin"),
    ] {
        if holds {
            cue(name);
        }
    }
    cue(match words {
        0..=2 => "len 2",
        3..=4 => "len 4",
        5..=8 => "len 8",
        9..=14 => "len 14",
        _ => "len more",
    });
}

/// `甜不甜`, `有没有`, `发不发`: a character, 不 or 没, the same character.
fn has_choice(tokens: &[Token]) -> bool {
    tokens.windows(3).any(|run| {
        matches!(run, [Token::Han(first), Token::Han('不' | '没'), Token::Han(second)] if first == second)
    })
}
