//! The sieve by own cases: held, folded, asked, decided, and over a restart.

use std::sync::Arc;

use stallcast_chat::question::is_question;
use stallcast_journal::Journal;
use stallcast_show::{
    Actor, Event, Facts, Hide, HideReason, OnAir, QuestionState, Role, RundownItem, Text, decide,
};
use stallcast_wire::QuestionsView;

use super::super::kept::{Kept, resume};
use super::*;
use crate::air::engine;
use crate::sample::product;

const NOW: At = At(1_000_000);

fn shop() -> Published {
    let mut show = Show::new("orchard");
    let text = |zh: &str, en: &str| Text {
        zh: zh.into(),
        en: en.into(),
    };
    for (id, title, price) in [("apple", "Apples", 2990), ("tea", "Green tea", 5800)] {
        let mut product = product(id, title, price);
        product.title.zh = if id == "apple" { "苹果" } else { "绿茶" }.into();
        product.facts = Some(Facts {
            shipping: text("48 小时内发货，包邮", "ships within 48 hours, free"),
            ..Facts::default()
        });
        show.products.insert(product.id.clone(), product);
        show.rundown.push(RundownItem::open(id.into()));
    }
    show.on_air = Some(OnAir {
        product: "apple".into(),
        since: At(0),
    });
    Published {
        show: Arc::new(show),
        seq: 0,
        catalogue: 0,
    }
}

fn line(id: usize, author: &str, text: &str) -> ChatLine {
    ChatLine {
        id: MessageId(format!("web:{id}")),
        platform: "web".into(),
        author: author.into(),
        text: text.into(),
        at: NOW,
        question: is_question(text),
    }
}

fn lines(texts: &[&str]) -> Vec<ChatLine> {
    let numbered = texts.iter().enumerate();
    numbered
        .map(|(id, text)| line(id, &format!("u{id}"), text))
        .collect()
}

fn change(published: &mut Published, command: Command) {
    let mut show = Show::clone(&published.show);
    show.apply_all(&decide(&show, command, NOW).unwrap());
    published.show = Arc::new(show);
}

fn view(sieve: &mut Sieve, published: &Published) -> QuestionsView {
    sieve.questions_view(&published.show, NOW)
}

#[test]
fn many_lines_become_few_questions_with_product_and_answer() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    let texts = [
        "多少钱",
        "苹果咋卖",
        "how much is it",
        "2号链接多少钱",
        "什么时候发货",
        "好看",
    ];
    let sifted = sieve.take(&shop, NOW, &lines(&texts));
    assert_eq!((sifted.shown.len(), sifted.held.len()), (6, 0));
    let asked = view(&mut sieve, &shop);
    assert_eq!((asked.open, asked.questions.len()), (3, 3));
    let first = &asked.questions[0];
    assert_eq!((&*first.text, first.askers), ("多少钱", 3));
    assert_eq!((&*first.message.0, &*first.author), ("web:0", "u0"));
    let answer = first.answer.as_ref().unwrap();
    assert_eq!((&*answer.text, &*answer.fact), ("¥29.9", "price"));
    let of = |text: &str| {
        let mut found = asked.questions.iter();
        found.find(|question| question.text == text).unwrap()
    };
    assert_eq!(of("2号链接多少钱").product, Some("tea".into()));
    let shipping = of("什么时候发货").answer.as_ref().unwrap();
    assert_eq!(shipping.text, "48 小时内发货，包邮");
}

#[test]
fn what_was_worked_out_of_the_goods_goes_when_they_change() {
    let (mut shop, mut sieve) = (shop(), Sieve::default());
    let told = |sieve: &mut Sieve, shop: &Published, text: &str| {
        sieve.take(shop, NOW, &[line(0, "u", text)]);
        let asked = view(sieve, shop).questions;
        let found = asked.into_iter().find(|question| question.text == text);
        let question = found.unwrap();
        (question.product, question.answer.map(|answer| answer.text))
    };
    let apple = Some("apple".into());
    let ships = "48 小时内发货，包邮".to_owned();
    let asked = "1号什么时候发货";
    let mut show = Show::clone(&shop.show);
    let sold = show.products.get_mut(&"apple".into()).unwrap();
    let facts = sold.facts.take();
    (shop.show, shop.catalogue) = (Arc::new(show.clone()), 1);
    assert_eq!(told(&mut sieve, &shop, asked), (apple.clone(), None));
    let sold = show.products.get_mut(&"apple".into()).unwrap();
    sold.facts = facts;
    (shop.show, shop.catalogue) = (Arc::new(show.clone()), 2);
    assert_eq!(told(&mut sieve, &shop, asked), (apple, Some(ships)));
    // The same words are about the other product now.
    show.rundown.reverse();
    shop.show = Arc::new(show);
    sieve.take(&shop, NOW, &[line(1, "u", asked)]);
    let asked = view(&mut sieve, &shop).questions;
    assert!(asked.iter().any(|one| one.product == Some("tea".into())));
}

#[test]
fn what_comes_again_and_again_is_one_line_with_its_count() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    let sifted = sieve.take(&shop, NOW, &lines(&["好看", "好看!", "真好看"]));
    assert_eq!(sifted.shown.len(), 3, "two who say the same are no flood");
    let more: Vec<ChatLine> = (10..45).map(|id| line(id, "u", "好看！！")).collect();
    let sifted = sieve.take(&shop, NOW, &more);
    assert_eq!(sifted.shown, [line(44, "u", "好看！！")]);
    assert_eq!(sifted.marks.len(), 1);
    assert_eq!((sifted.marks[0].times, sifted.marks[0].why), (37, None));
    let mut folded = sifted.folded;
    folded.sort();
    assert_eq!(folded, ["web:0".into(), "web:1".into()]);
}

#[test]
fn levels_words_and_panic_decide_what_is_held_and_a_bad_review_never_is() {
    let (mut shop, mut sieve) = (shop(), Sieve::default());
    let texts = ["加我微信 abc_1234", "质量太差了 垃圾质量 再也不买了"];
    let sifted = sieve.take(&shop, NOW, &lines(&texts));
    assert_eq!(sifted.held.len(), 1);
    assert_eq!(sifted.held[0].why, HoldReason::Contact);
    assert_eq!(sieve.held[0].line.text, texts[0], "the original is kept");
    assert!(sifted.marks.is_empty(), "nor is a review marked");

    let rules = |contact, blocked: &[&str]| Command::SetModeration {
        rules: ModerationRules {
            contact,
            blocked: blocked.iter().map(|word| (*word).to_owned()).collect(),
            ..ModerationRules::default()
        },
    };
    change(&mut shop, rules(HoldLevel::Mark, &["对家"]));
    let sifted = sieve.take(&shop, NOW, &lines(&["加我微信 abc_1234", "去對家看看"]));
    assert_eq!(sifted.marks[0].why, Some(HoldReason::Contact));
    assert_eq!(sifted.held.len(), 1);
    assert_eq!(sifted.held[0].why, HoldReason::OwnWord);
    change(&mut shop, rules(HoldLevel::Off, &[]));
    let contact = lines(&["加我微信 abc_1234"]);
    let sifted = sieve.take(&shop, NOW, &contact);
    assert!(sifted.held.is_empty() && sifted.marks.is_empty());

    change(&mut shop, Command::StartPanic { minutes: 5 });
    let sifted = sieve.take(&shop, NOW, &lines(&texts));
    assert_eq!(sifted.held.len(), 1, "all that is not clean, and no review");
    let over = At(NOW.0 + 5 * 60_000);
    assert!(sieve.take(&shop, over, &contact).held.is_empty());
}

#[test]
fn a_released_line_comes_into_the_chat_and_asks_and_a_removed_one_is_gone() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    let texts = ["加我微信 abc_1234 多少钱", "加我微信 abc_1235"];
    assert_eq!(sieve.take(&shop, NOW, &lines(&texts)).held.len(), 2);
    assert_eq!(view(&mut sieve, &shop).open, 0);
    let messages = vec!["web:0".into()];
    let release = Command::ReleaseHeld { messages };
    assert_eq!(sieve.permit(&engine(), &release), Ok(()));
    let released = sieve.decide(&shop.show, &engine(), NOW, &release);
    assert_eq!(released, lines(&texts)[..1]);
    assert_eq!(sieve.permit(&engine(), &release), Err(Refusal::HeldGone));
    assert_eq!(
        view(&mut sieve, &shop).open,
        u32::from(released[0].question)
    );
    let messages = vec!["web:1".into()];
    let remove = Command::RemoveHeld { messages };
    assert!(sieve.decide(&shop.show, &engine(), NOW, &remove).is_empty());
    let view = sieve.held_view();
    assert_eq!((view.waiting, view.hidden.len()), (0, 1), "kept, not lost");
    assert_eq!(view.hidden[0].hidden.hide.why, HideReason::Contact);
    let messages = vec!["web:1".into()];
    let show_it = Command::ShowHidden { messages };
    assert_eq!(sieve.permit(&engine(), &show_it), Ok(()));
    let shown = sieve.decide(&shop.show, &engine(), NOW, &show_it);
    assert_eq!(shown[0].id.as_str(), "web:1");
    assert_eq!(sieve.permit(&engine(), &show_it), Err(Refusal::LineGone));
}

fn member(name: &str, role: Role) -> Actor {
    Actor {
        name: name.into(),
        role,
    }
}

#[test]
fn a_question_is_one_persons_until_it_is_given_back_handed_on_or_closed() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    sieve.take(&shop, NOW, &lines(&["多少钱"]));
    let question = view(&mut sieve, &shop).questions[0].id;
    let (li, wang) = (
        member("小李", Role::Moderator),
        member("王芳", Role::Producer),
    );
    let claim = Command::ClaimQuestion {
        question,
        by: String::new(),
    };
    let free = Command::FreeQuestion { question };
    let to = "小李".to_owned();
    let assign = Command::AssignQuestion { question, to };
    assert!(sieve.is_done(&li, &free), "nobody has it");
    assert_eq!(sieve.permit(&li, &claim), Ok(()));
    sieve.decide(&shop.show, &li, NOW, &claim);
    assert!(sieve.is_done(&li, &claim) && sieve.is_done(&wang, &assign));
    let taken = Err(Refusal::QuestionTaken {
        by: "小李".into()
    });
    assert_eq!(sieve.permit(&wang, &claim), taken);
    let other = member("other", Role::Moderator);
    assert_eq!(sieve.permit(&other, &free), taken, "not theirs");
    assert_eq!(sieve.permit(&wang, &free), Ok(()));
    sieve.decide(&shop.show, &wang, NOW, &free);
    assert_eq!(view(&mut sieve, &shop).questions[0].claim, None);
    sieve.decide(&shop.show, &wang, At(NOW.0 + 5), &assign);
    let claimed = view(&mut sieve, &shop).questions[0].claim.clone().unwrap();
    assert_eq!(
        (claimed.by.as_str(), claimed.since),
        ("小李", At(NOW.0 + 5))
    );
    let answered = Command::MarkQuestion {
        question,
        state: QuestionState::Answered,
        hide: None,
    };
    sieve.decide(&shop.show, &li, NOW, &answered);
    assert_eq!(view(&mut sieve, &shop).questions[0].claim, None);
    assert_eq!(sieve.permit(&li, &claim), Err(Refusal::AskedGone));
}

#[test]
fn a_line_that_is_hidden_asks_nothing_and_asks_again_when_it_is_shown() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    let all = lines(&["多少钱", "苹果咋卖"]);
    sieve.take(&shop, NOW, &all);
    let hide = |line: &ChatLine| Command::HideLine {
        message: line.id.clone(),
        hide: Hide {
            why: HideReason::OffTopic,
            words: String::new(),
        },
        line: Some(Box::new(line.clone())),
    };
    let li = member("小李", Role::Moderator);
    sieve.decide(&shop.show, &li, NOW, &hide(&all[0]));
    assert_eq!(view(&mut sieve, &shop).questions[0].lines, 1);
    sieve.decide(&shop.show, &li, NOW, &hide(&all[1]));
    assert_eq!(view(&mut sieve, &shop).open, 0, "nobody asks it any more");
    let hidden = sieve.held_view().hidden;
    assert_eq!(
        (hidden.len(), hidden[0].hidden.by.as_str(), &hidden[0].line),
        (2, "小李", &all[1])
    );
    let messages = vec![all[0].id.clone()];
    let shown = sieve.decide(&shop.show, &li, NOW, &Command::ShowHidden { messages });
    assert_eq!(shown, all[..1]);
    assert_eq!(view(&mut sieve, &shop).open, 1);
}

#[test]
fn what_the_team_decided_is_back_after_a_restart_with_who_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.json");
    let (mut journal, _) = Journal::open(folder.path().join("journal")).unwrap();
    let (shop, mut sieve) = (shop(), Sieve::default());
    let li = member("小李", Role::Moderator);
    let note = |journal: &mut Journal, event: Event| journal.append(&li, NOW, &[event]).unwrap().0;
    let asked = lines(&["多少钱", "几天发货", "卖别家的"]);
    sieve.take(&shop, NOW, &asked);
    let questions = view(&mut sieve, &shop).questions;
    let (first, second) = (questions[0].id, questions[1].id);
    sieve.seq = note(
        &mut journal,
        Event::ChatNoted {
            lines: asked.clone(),
        },
    );
    Kept::of(&sieve, VecDeque::new(), NOW).write(&file);
    // All of it came in the last moment before a kill.
    let hide = Hide {
        why: HideReason::Spam,
        words: String::new(),
    };
    let holder = "王芳".to_owned();
    for event in [
        Event::QuestionClaimed {
            question: first,
            holder,
        },
        Event::QuestionMarked {
            question: second,
            state: QuestionState::Hidden,
            hide: Some(hide.clone()),
        },
        Event::ChatHidden {
            line: asked[2].clone(),
            hide: hide.clone(),
        },
    ] {
        note(&mut journal, event);
    }
    for at in [file.clone(), folder.path().join("none.json")] {
        let mut sieve = resume(&at, &journal, &shop.show, At(0), NOW).unwrap().sieve;
        let asked = view(&mut sieve, &shop).questions;
        let claim = asked[0].claim.as_ref().unwrap();
        assert_eq!((asked[0].id, claim.by.as_str()), (first, "王芳"));
        let hidden = asked.iter().find_map(|it| it.hidden.clone()).unwrap();
        assert_eq!((hidden.hide, hidden.by.as_str()), (hide.clone(), "小李"));
        let lines = sieve.held_view().hidden;
        assert_eq!((lines.len(), lines[0].hidden.by.as_str()), (1, "小李"));
        // And once more by the file alone.
        Kept::of(&sieve, VecDeque::new(), NOW).write(&file);
    }
}

#[test]
fn people_merge_split_and_answer_and_what_is_gone_is_refused() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    sieve.take(&shop, NOW, &lines(&["多少钱", "原价多少", "苹果咋卖"]));
    let asked = view(&mut sieve, &shop).questions;
    let (into, other) = (asked[0].id, asked[1].id);
    let merge = Command::MergeQuestions { into, other };
    assert_eq!(sieve.permit(&engine(), &merge), Ok(()));
    sieve.decide(&shop.show, &engine(), NOW, &merge);
    assert_eq!(sieve.permit(&engine(), &merge), Err(Refusal::AskedGone));
    let one = view(&mut sieve, &shop).questions;
    assert_eq!((one.len(), one[0].askers, one[0].lines), (1, 3, 3));
    let split = |messages: &[&str]| Command::SplitQuestion {
        question: into,
        messages: messages.iter().map(|id| (*id).into()).collect(),
    };
    let all = split(&["web:0", "web:1", "web:2"]);
    assert_eq!(sieve.permit(&engine(), &all), Err(Refusal::AskedGone));
    assert_eq!(sieve.permit(&engine(), &split(&["web:1"])), Ok(()));
    sieve.decide(&shop.show, &engine(), NOW, &split(&["web:1"]));
    assert_eq!(view(&mut sieve, &shop).open, 2);
    let state = QuestionState::Answered;
    let question = into;
    sieve.decide(
        &shop.show,
        &engine(),
        NOW,
        &Command::MarkQuestion {
            question,
            state,
            hide: None,
        },
    );
    let asked = view(&mut sieve, &shop);
    assert_eq!((asked.open, asked.questions.len()), (1, 2));
    assert_eq!(asked.questions[1].state, state);
}

#[test]
fn the_lists_are_back_after_a_restart_with_what_came_in_the_last_moment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.json");
    let (mut journal, _) = Journal::open(folder.path().join("journal")).unwrap();
    let (shop, mut sieve) = (shop(), Sieve::default());
    let note =
        |journal: &mut Journal, event: Event| journal.append(&engine(), NOW, &[event]).unwrap().0;
    let first = lines(&["多少钱", "加我微信 abc_1234"]);
    let held = sieve.take(&shop, NOW, &first).held;
    note(&mut journal, Event::ChatNoted { lines: first });
    sieve.seq = note(&mut journal, Event::ChatHeld { held: held.clone() });
    Kept::of(&sieve, VecDeque::from(["web:old".into()]), NOW).write(&file);
    // What came after that is in the journal alone.
    let late = vec![
        line(10, "late", "苹果怎么卖"),
        line(11, "x", "加我微信 abc_9999"),
    ];
    let held = sieve.take(&shop, NOW, &late).held;
    note(&mut journal, Event::ChatNoted { lines: late });
    note(&mut journal, Event::ChatHeld { held });

    let pushed = std::cell::Cell::new(0);
    let look = |file: &std::path::Path, since: At| {
        let resumed = resume(file, &journal, &shop.show, since, NOW).unwrap();
        pushed.set(resumed.pushed.len());
        let (mut sieve, damaged) = (resumed.sieve, resumed.damaged);
        let asked = view(&mut sieve, &shop).questions;
        let askers = asked.first().map_or(0, |question| question.askers);
        ((asked.len(), askers), sieve.held_view().waiting, damaged)
    };
    assert_eq!(look(&file, At(0)), ((1, 2), 2, None));
    assert_eq!(pushed.get(), 3, "one by the file, two by the journal");
    let missing = folder.path().join("none.json");
    assert_eq!(
        look(&missing, At(0)),
        ((1, 2), 2, None),
        "by the journal alone"
    );
    std::fs::write(&file, "{").unwrap();
    let (asked, waiting, damaged) = look(&file, At(0));
    assert_eq!((asked, waiting), ((1, 2), 2));
    assert!(damaged.is_some());
    assert_eq!(look(&missing, At(NOW.0 + 1)), ((0, 0), 0, None), "too old");
}

#[test]
fn what_was_decided_is_about_the_same_question_or_none_when_the_file_of_lists_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let lost = folder.path().join("none.json");
    let (mut journal, _) = Journal::open(folder.path().join("journal")).unwrap();
    let (shop, mut sieve) = (shop(), Sieve::default());
    // One line of a while ago, the others of now; people decide on the first, the second and the third question.
    let said = lines(&[
        "多少钱",
        "什么时候发货",
        "2号链接多少钱",
        "苹果甜吗",
        "2号链接多少钱",
        "2号怎么卖",
    ]);
    let (early, late) = said.split_at(1);
    for (at, lines) in [(At(NOW.0 - 1000), early), (NOW, late)] {
        sieve.take(&shop, at, lines);
        let lines = lines.to_vec();
        journal
            .append(&engine(), at, &[Event::ChatNoted { lines }])
            .unwrap();
    }
    let of = |sieve: &mut Sieve, words: &str| {
        let asked = view(sieve, &shop).questions;
        asked.into_iter().find(|it| it.text == words)
    };
    let mut id = |words: &str| of(&mut sieve, words).unwrap().id;
    let (price, ships, tea, sweet) = (
        id("多少钱"),
        id("什么时候发货"),
        id("2号链接多少钱"),
        id("苹果甜吗"),
    );
    let decided = [
        Event::QuestionMarked {
            question: price,
            state: QuestionState::Hidden,
            hide: None,
        },
        Event::QuestionsMerged {
            into: price,
            other: sweet,
        },
        Event::QuestionMarked {
            question: ships,
            state: QuestionState::Answered,
            hide: None,
        },
        Event::QuestionSplit {
            question: tea,
            messages: vec!["web:5".into()],
        },
    ];
    journal.append(&engine(), NOW, &decided).unwrap();

    let mut whole = resume(&lost, &journal, &shop.show, At(0), NOW)
        .unwrap()
        .sieve;
    assert_eq!(
        of(&mut whole, "多少钱").unwrap().state,
        QuestionState::Hidden
    );
    assert_eq!(of(&mut whole, "多少钱").unwrap().lines, 2, "merged");
    assert_eq!(
        of(&mut whole, "什么时候发货").unwrap().state,
        QuestionState::Answered
    );
    assert_eq!(of(&mut whole, "2号链接多少钱").unwrap().lines, 2);
    assert_eq!(of(&mut whole, "2号怎么卖").unwrap().lines, 1);

    // What the first line asked is of another broadcast: what was decided of it falls on no other question.
    let mut part = resume(&lost, &journal, &shop.show, NOW, NOW).unwrap().sieve;
    assert!(of(&mut part, "多少钱").is_none());
    assert_eq!(
        of(&mut part, "苹果甜吗").unwrap().state,
        QuestionState::Open
    );
    assert_eq!(
        of(&mut part, "什么时候发货").unwrap().state,
        QuestionState::Answered
    );
    let open = view(&mut part, &shop).open;
    assert_eq!(open, 3, "sweet, tea, and what was split off");
}

/// Prints what a line costs; run by hand: `--run-ignored only --no-capture`.
#[test]
#[ignore = "a measurement"]
fn what_a_line_costs() {
    let (shop, mut sieve) = (shop(), Sieve::default());
    let words = [
        "多少钱",
        "发货",
        "好吃",
        "苹果",
        "链接",
        "尺码",
        "how much",
        "ship",
        "nice",
        "到手",
    ];
    let text = |n: usize| {
        format!(
            "{}{}{} {n}",
            words[n % 10],
            words[n / 7 % 10],
            words[n / 3 % 10]
        )
    };
    let all: Vec<ChatLine> = (0..25_000)
        .map(|n| line(n, &format!("u{}", n % 900), &text(n)))
        .collect();
    let began = std::time::Instant::now();
    for batch in all.chunks(400) {
        sieve.take(&shop, NOW, batch);
    }
    let each = began.elapsed() / 25_000;
    let began = std::time::Instant::now();
    let view = view(&mut sieve, &shop);
    let shown = view.questions.len();
    println!("{each:?} a line, {:?} a view of {shown}", began.elapsed());
}
