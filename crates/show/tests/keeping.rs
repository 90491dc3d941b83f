//! What is kept of a show: the counts of one broadcast do not run into the next.

#![allow(clippy::unwrap_used, reason = "test code")]

use stallcast_show::{
    Actor, At, Canvas, ChatLine, Command, Destination, Event, MessageId, PlatformAct,
    PlatformActKind, PlatformBecame, PlatformOutcome, Role, Show, decide,
};

fn run(show: &mut Show, command: Command) -> Vec<Event> {
    let events = decide(show, command, At(0)).unwrap();
    show.apply_all(&events);
    events
}

fn with_destination() -> Show {
    let mut show = Show::default();
    let destination = Destination {
        id: "one".into(),
        platform: "custom".to_owned(),
        name: "one".to_owned(),
        url: "rtmp://127.0.0.1/live".to_owned(),
        enabled: true,
        priority: Default::default(),
        canvas: Default::default(),
        codec: Default::default(),
    };
    run(&mut show, Command::PutDestination { destination });
    show
}

fn say(show: &mut Show, id: &str) {
    let line = ChatLine {
        id: MessageId::from(id),
        platform: "web".to_owned(),
        author: "阿芳".to_owned(),
        text: "甜吗".to_owned(),
        at: At(0),
        question: true,
    };
    run(show, Command::NoteChat { lines: vec![line] });
}

fn part(show: &mut Show, file: &str) {
    let file = file.to_owned();
    let first_frame = At(0);
    let note = Command::NoteRecordingPart {
        file,
        first_frame,
        canvas: Canvas::Landscape,
    };
    run(show, note);
}

#[test]
fn a_new_broadcast_begins_with_no_line_and_no_part_of_the_last_one() {
    let mut show = with_destination();
    run(&mut show, Command::GoLive);
    part(&mut show, "1.mp4");
    say(&mut show, "web:1");
    run(&mut show, Command::EndShow);
    assert_eq!(show.recording_parts, ["1.mp4"], "still to be looked at");
    assert_eq!(show.chat_lines, 1);

    run(&mut show, Command::GoLive);
    assert!(show.recording_parts.is_empty());
    assert_eq!(show.chat_lines, 0);
    part(&mut show, "2.mp4");
    assert_eq!(show.recording_parts, ["2.mp4"]);
}

#[test]
fn a_part_that_is_being_written_belongs_to_the_broadcast_that_begins() {
    let mut show = with_destination();
    run(&mut show, Command::SetRecording { on: true });
    part(&mut show, "1.mp4");
    run(&mut show, Command::SetRecording { on: false });
    run(&mut show, Command::SetRecording { on: true });
    part(&mut show, "2.mp4");
    run(&mut show, Command::GoLive);
    assert_eq!(show.recording_parts, ["2.mp4"]);
}

#[test]
fn what_a_platform_takes_back_is_a_fact_of_its_own() {
    let mut show = Show::default();
    say(&mut show, "web:1");
    let messages = vec![MessageId::from("web:1")];
    let taken = run(
        &mut show,
        Command::TakeBackChat {
            messages: messages.clone(),
        },
    );
    assert_eq!(taken, [Event::ChatTakenBack { messages }]);
    let none = Command::TakeBackChat { messages: vec![] };
    assert!(run(&mut show, none).is_empty());
}

#[test]
fn what_somebody_does_on_a_platform_is_a_fact_signed_with_their_name() {
    let mut show = Show::default();
    let before = show.clone();
    let outcome = PlatformOutcome {
        platform: "twitch_token".to_owned(),
        connection: "a".to_owned(),
        became: PlatformBecame::Failed,
        why: "not_allowed".to_owned(),
    };
    let act = PlatformAct {
        kind: PlatformActKind::TimeOut,
        message: Some(MessageId::from("twitch:1")),
        author: "x".repeat(200),
        text: "微".repeat(600),
        seconds: Some(600),
        outcomes: vec![outcome],
    };
    let by = String::new();
    let note = Command::NotePlatformAct {
        act: act.clone(),
        by: by.clone(),
    };
    let actor = Actor {
        name: "小王".to_owned(),
        role: Role::Moderator,
    };
    let [
        Event::PlatformActed {
            act: noted,
            by: who,
        },
    ] = &run(&mut show, note.signed(&actor))[..]
    else {
        panic!("one fact");
    };
    assert_eq!((who.as_str(), noted.seconds), ("小王", Some(600)));
    assert_eq!(noted.author.chars().count(), 100);
    assert_eq!(noted.text.chars().count(), 500);
    assert_eq!(show, before, "nothing in the show changes by it");
    // Where no connection was concerned nothing was done.
    let outcomes = Vec::new();
    let act = PlatformAct { outcomes, ..act };
    assert!(run(&mut show, Command::NotePlatformAct { act, by }).is_empty());
}

#[test]
fn a_part_is_noted_with_the_moment_of_its_first_frame_not_of_the_note() {
    let mut show = Show::default();
    let note = Command::NoteRecordingPart {
        file: "1.mp4".to_owned(),
        first_frame: At(1_234),
        canvas: Canvas::Portrait,
    };
    let events = run(&mut show, note);
    let expected = Event::RecordingPartOpened {
        file: "1.mp4".to_owned(),
        at: At(1_234),
        canvas: Canvas::Portrait,
    };
    assert_eq!(events, [expected]);
}
