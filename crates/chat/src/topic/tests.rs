//! Own cases: other goods and other words than the development sets.

use super::{TOPICS, topic_of};
use crate::fold::fold;

#[test]
fn the_list_is_read_whole() {
    assert!(TOPICS.entries.len() > 120);
    for entry in &TOPICS.entries {
        assert!(entry.patterns.len() >= 3, "{}", entry.name);
        for term in entry.patterns.iter().flat_map(|pattern| &pattern.terms) {
            assert!(!term.any.is_empty(), "{}", entry.name);
        }
    }
}

#[test]
fn the_same_question_in_many_words_is_one_topic() {
    for (name, lines) in [
        (
            "price",
            &[
                "坚果礼盒多少钱一盒",
                "这耳机咋卖",
                "how much are the mugs",
                "whats the prise of it",
            ][..],
        ),
        (
            "net_weight",
            &["一箱多少斤", "净重是多少", "how many grams is one bag"],
        ),
        (
            "free_ship",
            &["运费要自己出吗", "how much is shipping", "is postage free"],
        ),
        (
            "remote_ship",
            &["海南能发吗", "发不發西藏", "do you deliver to norway"],
        ),
        (
            "battery",
            &[
                "充一次电能听多久",
                "續航怎么样",
                "how long does the battery last",
            ],
        ),
        (
            "waterproof",
            &["下雨天能戴吗 防不防水", "can i wear it in the rain"],
        ),
        (
            "opened_life",
            &["开封后能放多久", "how long is it good after opening"],
        ),
        ("remote_ship", &["西藏包邮吗"]),
        ("pilling", &["does the sheet set pill"]),
        ("damaged", &["收到坏的怎么办"]),
        ("pet", &["几个月的猫能吃"]),
        ("usage", &["how do i brew it"]),
        (
            "shelf_life",
            &["保质期多长", "几天会坏", "when does it expire"],
        ),
    ] {
        for line in lines {
            assert_eq!(
                topic_of(&fold(line)).map(super::Topic::name),
                Some(name),
                "{line}"
            );
        }
    }
}

#[test]
fn what_is_not_about_shopping_has_no_topic() {
    for line in ["", "哈哈哈哈", "lol", "天亮了", "gg wp"] {
        assert_eq!(topic_of(&fold(line)), None, "{line}");
    }
}
