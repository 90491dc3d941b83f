//! Owns telling complaints (of goods, delivery, prices, people, the picture) from the rest, for a share over time: a wrong
//! one now and then does no harm. Nothing is held or hidden for it.

use crate::fold::{fold, without_repeats};

/// Anywhere in the text without spaces.
const HAN: &[&str] = &[
    "差评",
    "垃圾质量",
    "质量太差",
    "质量差",
    "质量不行",
    "太垃圾",
    "真垃圾",
    "烂了",
    "坏了",
    "坏的",
    "发霉",
    "变质",
    "过期",
    "假货",
    "骗人",
    "骗子",
    "被骗",
    "上当",
    "虚假",
    "退款",
    "退钱",
    "退货",
    "不退",
    "不赔",
    "赔钱",
    "投诉",
    "举报",
    "12315",
    "客服不理",
    "不理人",
    "没人理",
    "不回复",
    "没收到",
    "还没发货",
    "不发货",
    "发错",
    "少发",
    "漏发",
    "缺货还卖",
    "掉色了",
    "起球",
    "开线",
    "有味道",
    "异味",
    "难吃",
    "难用",
    "难看死",
    "不好用",
    "不好吃",
    "不新鲜",
    "太贵了",
    "涨价",
    "后悔",
    "失望",
    "无语",
    "再也不买",
    "不会再买",
    "别买",
    "不值",
    "踩雷",
    "避雷",
    "卡死了",
    "好卡",
    "没声音",
    "听不见",
    "太慢了",
];
/// What makes no complaint of one of them: asked, or promised.
const NOT: &[&str] = &[
    "坏了包",
    "坏了赔",
    "坏了怎么",
    "坏了可以",
    "坏了能",
    "包退",
    "可以退",
    "能退",
    "退货吗",
    "退款吗",
    "怎么退",
    "支持退",
    "七天无理由",
    "7天无理由",
    "会不会",
    "会坏",
    "不会坏",
    "难吃吗",
    "掉色吗",
    "起球吗",
    "假货吗",
    "运费险",
];
/// Whole words.
const ENGLISH: &[&str] = &[
    "scam",
    "scammed",
    "scammer",
    "fake",
    "ripoff",
    "rip off",
    "overpriced",
    "refund",
    "money back",
    "broke",
    "broken",
    "garbage",
    "trash",
    "terrible",
    "awful",
    "horrible",
    "worst",
    "disappointed",
    "disappointing",
    "useless",
    "faulty",
    "defective",
    "rotten",
    "mouldy",
    "moldy",
    "never arrived",
    "never came",
    "never got",
    "not arrived",
    "did not arrive",
    "didnt arrive",
    "no reply",
    "no answer",
    "waste of money",
    "wasted my money",
    "fell apart",
    "ripped",
    "poor quality",
    "bad quality",
    "low quality",
    "regret",
    "do not buy",
    "dont buy",
    "laggy",
    "lagging",
    "no sound",
    "cant hear",
    "too expensive",
    "misleading",
    "false advertising",
    "complaint",
    "wrong item",
    "wrong size",
];
const ENGLISH_NOT: &[&str] = &[
    "is it fake",
    "fake fur",
    "fake leather",
    "fake plant",
    "refund policy",
    "can i get a refund",
    "do you refund",
    "can i refund",
    "if broken",
    "if it is broken",
    "if it arrives broken",
    "will it get ripped",
    "not disappointed",
    "never disappointed",
    "no regret",
];

/// Whether a line complains.
pub fn is_complaint(text: &str) -> bool {
    let folded = without_repeats(&fold(text), 2);
    let joined: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let has = |words: &[&str]| words.iter().any(|word| joined.contains(word));
    if has(HAN) && !has(NOT) {
        return true;
    }
    if !folded.bytes().any(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let letters = folded.replace(['\'', '’'], "");
    let words: Vec<&str> = letters
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let spaced = format!(" {} ", words.join(" "));
    let has = |words: &[&str]| {
        words
            .iter()
            .any(|word| spaced.contains(&format!(" {word} ")))
    };
    has(ENGLISH) && !has(ENGLISH_NOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_told_from_questions_and_praise() {
        for line in [
            "质量太差了 用两天就坏",
            "上次买的苹果烂了一半 客服也不理人",
            "骗子 還我錢",
            "再也不买了！！！",
            "worst cream ever, it BROKE my skin out",
            "I want my money back",
            "my order never arrived",
            "don't buy this",
        ] {
            assert!(is_complaint(line), "{line}");
        }
        for line in [
            "多少钱",
            "坏了包赔吗",
            "可以退货吗",
            "七天无理由退货吗",
            "好吃 回购了三次",
            "会不会掉色了就不好看",
            "is it fake leather?",
            "what is your refund policy",
            "love it, never disappointed",
            "shut up and take my money",
        ] {
            assert!(!is_complaint(line), "{line}");
        }
    }
}
