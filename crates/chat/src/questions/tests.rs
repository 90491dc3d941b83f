//! The list of questions by own cases: folded, tied to products, ranked, merged and split by hand, bounded.

use std::collections::BTreeMap;

use stallcast_show::{Hide, HideReason, QuestionState};

use super::{Asked, Claim, GROUPS_MAX, GroupId, Hidden, Questions};
use crate::catalogue::{Article, Catalogue};

fn shop() -> Catalogue {
    let article = |id: &str, link, names: &[&str]| Article {
        id: id.into(),
        link: Some(link),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        facts: BTreeMap::new(),
    };
    Catalogue::new(vec![
        article("socks", 1, &["袜子", "socks"]),
        article("kettle", 2, &["烧水壶", "kettle"]),
    ])
}

fn line<'a>(id: &'a str, text: &'a str, at_ms: u64) -> Asked<'a> {
    Asked {
        id,
        author: id,
        text,
        at_ms,
    }
}

#[test]
fn the_same_question_is_one_entry_in_two_languages() {
    let (shop, mut list) = (shop(), Questions::default());
    let first = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    for (id, text) in [
        ("b", "1号链接咋卖"),
        ("c", "how much are the socks"),
        ("d", "襪子啥價"),
    ] {
        assert_eq!(list.ask(&shop, None, line(id, text, 1)), first, "{text}");
    }
    let other = list.ask(&shop, None, line("e", "烧水壶多少钱", 2));
    assert_ne!(other, first);
    assert_ne!(list.ask(&shop, None, line("f", "袜子掉色吗", 3)), first);
    let group = list.get(first).unwrap();
    assert_eq!((group.count, group.askers()), (4, 4));
    assert_eq!(group.product.as_deref(), Some("socks"));
}

#[test]
fn a_line_that_names_nothing_is_about_what_is_on_air() {
    let (shop, mut list) = (shop(), Questions::default());
    let named = list.ask(&shop, None, line("a", "kettle price", 0));
    assert_eq!(
        list.ask(&shop, Some("kettle"), line("b", "多少钱", 1)),
        named
    );
    assert_ne!(list.ask(&shop, None, line("c", "多少钱", 2)), named);
}

#[test]
fn many_askers_and_what_is_on_air_come_first() {
    let (shop, mut list) = (shop(), Questions::default());
    let few = list.ask(&shop, None, line("a", "袜子什么材质", 0));
    let many = list.ask(&shop, None, line("b", "烧水壶多少瓦", 0));
    list.ask(&shop, None, line("c", "2号多少瓦", 0));
    let first = |list: &Questions, on_air| list.ranked(0, on_air)[0].id;
    assert_eq!(first(&list, None), many);
    assert_eq!(first(&list, Some("socks")), few);
}

#[test]
fn one_who_asks_ten_times_is_one_asker() {
    let (shop, mut list) = (shop(), Questions::default());
    let id = list.ask(&shop, None, line("a", "袜子几双", 0));
    for at in 1..10 {
        list.ask(&shop, None, line("a", "袜子几双", at));
    }
    let group = list.get(id).unwrap();
    assert_eq!((group.count, group.askers()), (10, 1));
}

#[test]
fn merged_by_hand_stays_merged_and_split_stays_split() {
    let (shop, mut list) = (shop(), Questions::default());
    let price = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    let before = list.ask(&shop, None, line("b", "袜子原价多少", 1));
    assert_ne!(price, before);
    assert!(list.merge(price, before));
    assert!(!list.merge(price, before));
    assert_eq!(list.ask(&shop, None, line("c", "袜子原价多少", 2)), price);
    assert_eq!(list.get(price).unwrap().count, 3);

    let apart = list.split(price, &["b", "c"]).unwrap();
    assert_eq!(list.get(price).unwrap().count, 1);
    assert_eq!(list.get(apart).unwrap().count, 2);
    assert_eq!(list.ask(&shop, None, line("d", "袜子原价多少", 3)), apart);
    assert_eq!(list.ask(&shop, None, line("e", "袜子怎么卖", 4)), price);
    assert_eq!(list.split(apart, &["b", "c", "d"]), None);
    assert_eq!(list.get(apart).unwrap().lines().count(), 3);
}

#[test]
fn what_is_done_is_gone_and_asked_again_is_new() {
    let (shop, mut list) = (shop(), Questions::default());
    let id = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    assert!(list.mark(id, QuestionState::Answered));
    assert!(list.ranked(1, None).is_empty());
    assert_eq!(
        list.closed().map(|group| group.id).collect::<Vec<_>>(),
        [id]
    );
    let again = list.ask(&shop, None, line("b", "袜子多少钱", 1));
    assert_ne!(again, id);
    assert_eq!(list.ask(&shop, None, line("c", "袜子怎么卖", 2)), again);
    assert_eq!((list.waiting(), list.len()), (1, 2));
}

#[test]
fn what_is_hidden_stays_hidden_when_it_is_asked_again_and_may_come_back() {
    let (shop, mut list) = (shop(), Questions::default());
    let id = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    assert!(list.mark(id, QuestionState::Hidden));
    assert_eq!(list.ask(&shop, None, line("b", "袜子多少钱", 1)), id);
    assert!(list.ranked(1, None).is_empty());
    assert!(list.mark(id, QuestionState::Open));
    assert_eq!(list.ranked(1, None)[0].askers(), 2);
    assert!(!list.mark(GroupId(99), QuestionState::Open));
}

#[test]
fn a_line_that_was_taken_back_asks_no_more() {
    let (shop, mut list) = (shop(), Questions::default());
    let id = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    list.ask(&shop, None, line("b", "袜子怎么卖", 1));
    list.take_back(|gone| gone == "a");
    let group = list.get(id).unwrap();
    assert_eq!(
        (group.count, group.askers(), &*group.words),
        (1, 1, "袜子怎么卖")
    );
    list.take_back(|gone| gone == "b");
    assert!(list.is_empty());
    assert_ne!(list.ask(&shop, None, line("c", "袜子多少钱", 2)), id);
}

#[test]
fn a_list_that_was_written_down_goes_on_where_it_was() {
    let (shop, mut list) = (shop(), Questions::default());
    let price = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    list.ask(&shop, None, line("b", "袜子怎么卖", 1));
    let other = list.ask(&shop, None, line("c", "袜子原价多少", 2));
    assert!(list.merge(price, other));
    let hidden = list.ask(&shop, None, line("d", "主播今年几岁呀", 3));
    list.mark(hidden, QuestionState::Hidden);
    let text = serde_json::to_string(&list.saved()).unwrap();
    let mut list = Questions::restored(serde_json::from_str(&text).unwrap(), &shop);
    assert_eq!(list.ask(&shop, None, line("e", "襪子原價多少", 4)), price);
    assert_eq!(list.ask(&shop, None, line("a", "袜子多少钱", 5)), price);
    let group = list.get(price).unwrap();
    assert_eq!(
        (group.count, group.askers(), &*group.words),
        (5, 4, "袜子多少钱")
    );
    assert_eq!(list.ask(&shop, None, line("f", "主播今年几岁", 6)), hidden);
    let new = list.ask(&shop, None, line("g", "烧水壶多少瓦", 7));
    assert!(new != hidden && new != price && new != other);
}

#[test]
fn a_question_has_the_same_number_whenever_the_list_is_made_again_and_no_other_ever_has_it() {
    let shop = shop();
    let lines = [
        line("a", "袜子多少钱", 0),
        line("b", "袜子原价多少", 1),
        line("c", "烧水壶多少瓦", 2),
        line("d", "袜子怎么卖", 3),
        line("e", "主播今年几岁呀", 4),
    ];
    let all = |from: usize| {
        let mut list = Questions::default();
        let ids = lines[from..]
            .iter()
            .map(|line| list.ask(&shop, None, *line));
        let ids: Vec<GroupId> = ids.collect();
        (ids, list)
    };
    let (whole, mut list) = all(0);
    assert_eq!(all(0).0, whole);
    assert!(whole.iter().all(|id| id.0 < 1 << 53), "{whole:?}");
    assert_eq!(whole[3], whole[0]);
    // Without the first lines the others keep theirs, and nobody has the number of what is missing.
    let (late, _) = all(2);
    assert_eq!((late[0], late[2]), (whole[2], whole[4]));
    assert!(!late.contains(&whole[0]) && !late.contains(&whole[1]));

    let split = |list: &mut Questions| list.split(whole[0], &["a"]).unwrap();
    let apart = split(&mut list);
    assert_eq!(split(&mut all(0).1), apart);
    assert!(
        !whole.contains(&apart),
        "also where its first line began another one"
    );
    // The very line of an answered question, told once more.
    assert!(list.mark(whole[2], QuestionState::Answered));
    assert_ne!(list.ask(&shop, None, lines[2]), whole[2]);
    assert_eq!(list.get(whole[2]).unwrap().state, QuestionState::Answered);
}

#[test]
fn the_list_is_bounded_and_keeps_what_many_ask() {
    let (shop, mut list) = (shop(), Questions::default());
    let kept = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    list.ask(&shop, None, line("b", "袜子多少钱", 0));
    for at in 0..2_000_u32 {
        let text: String = (0..6)
            .filter_map(|place| char::from_u32(0x5000 + at * 7 + place * 331))
            .collect();
        list.ask(&shop, None, line("x", &text, u64::from(at) + 1));
    }
    assert!(list.len() <= GROUPS_MAX);
    assert!(list.get(kept).is_some());
}

#[test]
fn who_sees_to_a_question_stays_while_it_is_open_also_over_a_restart() {
    let (shop, mut list) = (shop(), Questions::default());
    let price = list.ask(&shop, None, line("a", "袜子多少钱", 0));
    let other = list.ask(&shop, None, line("b", "烧水壶多少瓦", 1));
    let li = || {
        Some(Claim {
            by: "小李".to_owned(),
            since_ms: 7,
        })
    };
    assert!(list.claim(other, li()));
    assert!(list.merge(price, other));
    let by = |list: &Questions| list.get(price).unwrap().claim.clone();
    assert_eq!(by(&list), li(), "what one of the two had goes along");
    let text = serde_json::to_string(&list.saved()).unwrap();
    let mut list = Questions::restored(serde_json::from_str(&text).unwrap(), &shop);
    assert_eq!(list.claimed().collect::<Vec<_>>(), [(price, "小李")]);
    let hidden = Hidden {
        hide: Hide {
            why: HideReason::Spam,
            words: String::new(),
        },
        by: "王芳".to_owned(),
    };
    assert!(list.hide(price, hidden.clone()));
    assert_eq!(by(&list), None);
    assert!(!list.claim(price, li()), "what is closed is nobody's");
    let text = serde_json::to_string(&list.saved()).unwrap();
    let mut list = Questions::restored(serde_json::from_str(&text).unwrap(), &shop);
    assert_eq!(list.get(price).unwrap().hidden, Some(hidden));
    list.mark(price, QuestionState::Open);
    assert_eq!(list.get(price).unwrap().hidden, None);
    assert!(list.claim(price, li()) && list.claim(price, None));
    assert_eq!(by(&list), None);
}

#[test]
fn what_is_asked_of_another_place_is_another_question() {
    let (shop, mut list) = (shop(), Questions::default());
    let mut at = 0;
    let mut ask = |list: &mut Questions, text: &str| {
        at += 1;
        list.ask(&shop, Some("socks"), line(&at.to_string(), text, at))
    };
    let canada = ask(&mut list, "Do you ship to Canada");
    let remote = ask(&mut list, "新疆发货吗");
    assert_ne!(canada, remote);
    for text in [
        "能寄新疆吗",
        "新疆包邮吗",
        "新疆能到不",
        "乌鲁木齐能发吗",
        "can you ship to xinjiang",
    ] {
        assert_eq!(ask(&mut list, text), remote, "{text}");
    }
    for text in ["加拿大能寄吗", "do you deliver to toronto"] {
        assert_eq!(ask(&mut list, text), canada, "{text}");
    }
    let mut seen = vec![canada, remote];
    for text in [
        "do you ship to the UK",
        "能寄到哪些地方",
        "香港能发吗",
        "广东能发吗",
        "北京能发吗",
        "do you ship to quito",
        "能发到凉山吗",
    ] {
        let id = ask(&mut list, text);
        assert!(!seen.contains(&id), "{text}");
        seen.push(id);
    }
    // It goes on so after a restart, and a list without places is still read.
    let text = serde_json::to_string(&list.saved()).unwrap();
    let mut list = Questions::restored(serde_json::from_str(&text).unwrap(), &shop);
    assert_eq!(ask(&mut list, "加拿大能发货吗"), canada);
    let old = text
        .replace("@canada", "")
        .replace("\"place\"", "\"other\"");
    assert_ne!(old, text);
    let list = Questions::restored(serde_json::from_str(&old).unwrap(), &shop);
    assert!(list.get(canada).unwrap().place.is_none());
}

#[test]
fn crisp_or_soft_is_not_sweet_or_sour() {
    let (shop, mut list) = (shop(), Questions::default());
    let crisp = list.ask(&shop, None, line("a", "脆的还是面的", 0));
    let sweet = list.ask(&shop, None, line("b", "甜不甜", 1));
    assert_ne!(crisp, sweet);
    for (text, group) in [
        ("甜吗", sweet),
        ("酸不酸", sweet),
        ("are they sweet", sweet),
        ("脆不脆啊", crisp),
        ("is it crisp or soft", crisp),
    ] {
        assert_eq!(list.ask(&shop, None, line(text, text, 2)), group, "{text}");
    }
}

#[test]
fn a_question_is_called_what_most_people_call_it_and_that_seldom_changes() {
    let (shop, mut list) = (shop(), Questions::default());
    let mut at = 0;
    let mut ask = |list: &mut Questions, who: &str, text: &str| {
        at += 1;
        let asked = Asked {
            id: &at.to_string(),
            author: who,
            text,
            at_ms: at,
        };
        let id = list.ask(&shop, Some("socks"), asked);
        list.get(id).unwrap().words.clone()
    };
    assert_eq!(ask(&mut list, "a", "how much"), "how much");
    assert_eq!(ask(&mut list, "b", "怎么卖"), "how much");
    assert_eq!(ask(&mut list, "c", "多少钱"), "how much");
    // Three speak Chinese, one English; of theirs two say the same, whatever the marks.
    assert_eq!(ask(&mut list, "d", "多少钱？？"), "多少钱");
    // One who shouts has one voice.
    for _ in 0..20 {
        assert_eq!(ask(&mut list, "b", "怎么卖"), "多少钱");
    }
    for who in ["e", "f"] {
        assert_eq!(ask(&mut list, who, "怎么卖呀"), "多少钱");
    }
    assert_eq!(ask(&mut list, "g", "怎么卖"), "怎么卖");
    for who in ["h", "i", "j", "k", "l"] {
        assert_eq!(ask(&mut list, who, "多少钱"), "怎么卖");
    }
    assert_eq!(ask(&mut list, "m", "多少钱啊"), "多少钱");
}
