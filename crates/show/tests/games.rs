//! Polls and draws by chat: what may begin, who counts, what stands at the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use stallcast_show::{
    At, ChatLine, Command, Counting, Currency, Event, INVENTED, LotteryTerms, Money, PollOption,
    Refusal, Show, decide,
};

fn run(show: &mut Show, command: Command, at: i64) -> Result<Vec<Event>, Refusal> {
    let events = decide(show, command, At(at))?;
    show.apply_all(&events);
    Ok(events)
}

fn option(label: &str, keywords: &[&str]) -> PollOption {
    PollOption {
        label: label.into(),
        keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
    }
}

fn poll(options: Vec<PollOption>) -> Command {
    Command::StartPoll {
        question: "先讲哪个？".into(),
        options,
        counting: Counting::Last,
        seconds: 60,
    }
}

fn two() -> Vec<PollOption> {
    vec![option("红富士", &["1"]), option("酥梨", &["2"])]
}

fn line(platform: &str, author: &str, text: &str, at: i64) -> ChatLine {
    ChatLine {
        id: format!("{platform}:{author}:{at}").as_str().into(),
        platform: platform.into(),
        author: author.into(),
        text: text.into(),
        at: At(at),
        question: false,
    }
}

fn note(show: &mut Show, lines: Vec<ChatLine>) {
    run(show, Command::NoteChat { lines }, 0).unwrap();
}

fn terms() -> LotteryTerms {
    LotteryTerms {
        prize: "一箱红富士".into(),
        value: Money::new(2990, Currency("CNY".into())),
        winners: 2,
        keyword: "抽奖".into(),
        seconds: 60,
        reason: String::new(),
    }
}

fn begin(terms: LotteryTerms) -> Command {
    Command::BeginLottery {
        terms,
        commitment: "ab".repeat(32),
    }
}

fn live(show: &mut Show) {
    let destination = serde_json::from_value(serde_json::json!({
        "id": "a", "platform": "custom", "name": "A", "url": "rtmp://127.0.0.1/live", "enabled": true,
    }));
    let destination = destination.unwrap();
    run(show, Command::PutDestination { destination }, 0).unwrap();
    run(show, Command::GoLive, 0).unwrap();
}

#[test]
fn a_poll_that_cannot_be_right_is_refused_by_its_field() {
    let long = "长".repeat(25);
    for (options, code) in [
        (vec![option("A", &["1"])], "nothing_to_do"),
        (vec![option("A", &["1"]); 7], "too_many"),
        (
            vec![option("A", &["1"]), option("B", &["１"])],
            "keyword_twice",
        ),
        (
            vec![option("A", &["1"]), option("B", &["①"])],
            "keyword_twice",
        ),
        (vec![option("A", &[]), option("B", &["2"])], "nothing_to_do"),
        (vec![option("A", &[" "]), option("B", &["2"])], "text_empty"),
        (
            vec![option(&long, &["1"]), option("B", &["2"])],
            "text_too_long",
        ),
    ] {
        let refused = run(&mut Show::default(), poll(options.clone()), 0).unwrap_err();
        assert_eq!(refused.code(), code, "{options:?}");
    }
    for seconds in [9, 3_601] {
        let Command::StartPoll {
            question,
            options,
            counting,
            ..
        } = poll(two())
        else {
            unreachable!()
        };
        let start = Command::StartPoll {
            question,
            options,
            counting,
            seconds,
        };
        let refused = run(&mut Show::default(), start, 0).unwrap_err();
        assert_eq!(refused.code(), "out_of_range");
    }
}

#[test]
fn only_what_came_between_start_and_end_counts_to_the_millisecond() {
    let mut show = Show::default();
    run(&mut show, poll(two()), 1_000).unwrap();
    let at = |at: i64| line("web", &at.to_string(), "1", at);
    note(&mut show, vec![at(999), at(1_000), at(60_999), at(61_000)]);
    assert_eq!(show.poll.as_ref().unwrap().counts(), [2, 0]);
    assert!(!show.poll.as_ref().unwrap().is_over(At(60_999)));
    assert!(show.poll.as_ref().unwrap().is_over(At(61_000)));
    let events = run(&mut show, Command::ClosePoll, 61_200).unwrap();
    let [Event::PollClosed { result }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (result.at, result.counts.as_slice()),
        (At(61_200), &[2, 0][..])
    );
    // A line that comes after the result was noted changes it no more.
    note(&mut show, vec![at(50_000)]);
    assert_eq!(show.poll.as_ref().unwrap().counts(), [2, 0]);
    assert_eq!(run(&mut show, Command::ClosePoll, 61_300), Ok(vec![]));
    run(&mut show, Command::ClearPoll, 70_000).unwrap();
    assert!(show.poll.is_none());
}

#[test]
fn one_game_at_a_time_stands_on_the_picture() {
    let mut show = Show::default();
    run(&mut show, poll(two()), 0).unwrap();
    assert_eq!(run(&mut show, poll(two()), 1), Err(Refusal::GameOnPicture));
    assert_eq!(
        run(&mut show, begin(terms()), 1),
        Err(Refusal::GameOnPicture)
    );
    run(&mut show, Command::ClearPoll, 1).unwrap();
    run(&mut show, begin(terms()), 1).unwrap();
    assert_eq!(run(&mut show, poll(two()), 2), Err(Refusal::GameOnPicture));
}

#[test]
fn what_a_simulated_audience_says_counts_in_a_rehearsal_only() {
    let mut show = Show::default();
    run(&mut show, Command::StartRehearsal, 0).unwrap();
    run(&mut show, poll(two()), 0).unwrap();
    note(
        &mut show,
        vec![line(INVENTED, "A", "1", 5), line("web", "A", "1", 5)],
    );
    assert_eq!(show.poll.as_ref().unwrap().counts(), [2, 0]);
    live(&mut show);
    assert!(
        show.poll.is_none(),
        "what was rehearsed is not part of the show"
    );
    run(&mut show, begin(terms()), 0).unwrap();
    note(
        &mut show,
        vec![line(INVENTED, "A", "抽奖", 5), line("web", "A", "抽奖", 5)],
    );
    let entrants: Vec<_> = show.lottery.as_ref().unwrap().entrants.people().collect();
    assert_eq!(entrants, ["web\tA"]);
}

#[test]
fn a_draw_keeps_its_terms_and_takes_its_steps_in_order() {
    let mut show = Show::default();
    live(&mut show);
    let hash = || "cd".repeat(32);
    let close = || Command::CloseLottery {
        entrants_hash: hash(),
    };
    let draw = |winners: &[&str]| Command::NoteDraw {
        seed: hash(),
        winners: winners.iter().map(|who| (*who).to_owned()).collect(),
    };
    assert_eq!(run(&mut show, close(), 0), Err(Refusal::NoLottery));
    run(&mut show, begin(terms()), 0).unwrap();
    let people = ["a", "b", "c"].map(|name| line("web", name, "抽奖！", 5));
    note(&mut show, people.into());
    assert_eq!(run(&mut show, close(), 59_999), Err(Refusal::LotteryOpen));
    assert_eq!(
        run(&mut show, draw(&["web\ta", "web\tb"]), 60_000),
        Err(Refusal::LotteryOpen)
    );
    run(&mut show, close(), 60_000).unwrap();
    note(&mut show, vec![line("web", "d", "抽奖", 5)]);
    assert_eq!(
        show.lottery.as_ref().unwrap().entrants.len(),
        3,
        "closed is closed"
    );
    for wrong in [
        &["web\ta"][..],
        &["web\ta", "web\ta"],
        &["web\ta", "web\td"],
        &["web\ta", "web\tb", "web\tc"],
    ] {
        assert_eq!(
            run(&mut show, draw(wrong), 61_000),
            Err(Refusal::NoLottery),
            "{wrong:?}"
        );
    }
    let give_up = |reason: &str| Command::ClearLottery {
        reason: reason.into(),
    };
    let refused = run(&mut show, give_up(" "), 61_000).unwrap_err();
    assert_eq!(
        refused.code(),
        "text_empty",
        "what was promised is not given up silently"
    );
    run(&mut show, draw(&["web\tc", "web\ta"]), 61_000).unwrap();
    // Drawn once, drawn for good.
    assert_eq!(
        run(&mut show, draw(&["web\tb", "web\ta"]), 62_000),
        Ok(vec![])
    );
    run(&mut show, give_up(""), 63_000).unwrap();
    assert!(show.lottery.is_none());
}

#[test]
fn a_show_written_before_there_were_games_is_read() {
    let mut value = serde_json::to_value(Show::new("orchard")).unwrap();
    let fields = value.as_object_mut().unwrap();
    fields.remove("poll");
    fields.remove("lottery");
    let show: Show = serde_json::from_value(value).unwrap();
    assert!(show.poll.is_none() && show.lottery.is_none());
}

fn lines() -> impl Strategy<Value = Vec<ChatLine>> {
    let text = prop_oneof![
        Just("1".to_owned()),
        Just("２".to_owned()),
        Just("①".to_owned()),
        Just("22".to_owned()),
        "[12 抽奖a]{0,4}",
    ];
    let one = ("(web|twitch)", "[ab\t\n]{0,2}", text, 0..70_000i64);
    let one = one.prop_map(|(platform, author, text, at)| line(&platform, &author, &text, at));
    proptest::collection::vec(one, 0..60)
}

proptest! {
    /// However lines come and are batched: nobody counts twice, and a show that is read back goes on alike.
    #[test]
    fn nobody_counts_twice_however_the_chat_comes(lines in lines(), cut in 0..60usize) {
        let mut show = Show::default();
        run(&mut show, poll(two()), 0).unwrap();
        let mut whole = show.clone();
        note(&mut whole, lines.clone());
        let (first, second) = lines.split_at(cut.min(lines.len()));
        note(&mut show, first.to_vec());
        let text = serde_json::to_string(&show).unwrap();
        let mut back: Show = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back, &show);
        note(&mut back, second.to_vec());
        prop_assert_eq!(&back.poll, &whole.poll);
        let votes = &whole.poll.as_ref().unwrap().votes;
        let counted: u32 = whole.poll.as_ref().unwrap().counts().iter().sum();
        prop_assert_eq!(counted as usize, votes.len());
        let people: std::collections::BTreeSet<_> =
            lines.iter().map(|line| (&line.platform, line.author.trim())).collect();
        prop_assert!(votes.len() <= people.len());
    }
}
