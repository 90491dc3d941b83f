//! Shows that have ended, as the journal tells of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use stallcast_journal::{Entry, JournalError, Kinds, Reader, Seq};
use stallcast_show::{
    At, Canvas, Event, Phase, ProductId, Recap, RecapFold, RecapPart, RecapTotals, RuleOverride,
    Show, ShowKind,
};

use super::offers::{Offered, Offers};
use crate::air::engine;

/// What makes out shows and their files.
const MARKS: [&str; 4] = [
    "phase_changed",
    "renamed",
    "recording_set",
    "recording_part_opened",
];
/// What changes nothing that a show begins with, and comes by the thousand.
const CHATTER: [&str; 2] = ["chat_noted", "chat_taken_back"];

/// A show that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The entry with which it began.
    pub begin: Seq,
    /// The entry with which it ended.
    pub end: Seq,
    pub name: String,
    pub kind: ShowKind,
    pub began: At,
    pub ended: At,
    /// It was interrupted, and ended by the engine that found it later.
    pub interrupted: bool,
    /// The last moment of it that the journal knows: `ended`, or before that where it was interrupted.
    pub last: At,
    pub parts: Vec<RecapPart>,
}

/// A show with what happened in it.
#[derive(Debug)]
pub struct Told {
    pub recap: Recap,
    /// Of the live show before it.
    pub before: Option<RecapTotals>,
    /// The show as it was when it began.
    pub opening: Show,
    /// Reasons that were given in it for what a rule forbids, and for what nobody had looked at.
    pub overrides: Vec<Reason>,
    /// The prices that products came before viewers with.
    pub offered: Vec<Offered>,
    /// The entries with which it began and ended.
    pub span: (Seq, Seq),
}

/// What a walk through a show brings.
struct Walked {
    recap: Recap,
    opening: Show,
    overrides: Vec<Reason>,
    offered: Vec<Offered>,
}

/// Why something came before viewers although it should not have.
#[derive(Debug)]
pub struct Reason {
    /// Of which product; `None` = of other words on the picture.
    pub product: Option<ProductId>,
    /// The rule, the words it found, why all the same and when; of a product that nobody had looked at, the rule is
    /// [`Reason::VETTING`] and there are no words.
    pub given: RuleOverride,
    /// Who gave it; empty = in an earlier show.
    pub by: String,
}

impl Reason {
    /// In place of a rule: the product's own list was not gone through.
    pub const VETTING: &str = "vetting";

    fn of(entry: &Entry) -> Option<Self> {
        let (product, given) = match &entry.event {
            Event::RuleOverridden { product, reason } => (Some(product), reason.clone()),
            Event::WordsOverridden { reason } => (None, reason.clone()),
            Event::VettingOverridden { product, reason } => {
                let given = RuleOverride {
                    rule: Self::VETTING.to_owned(),
                    found: String::new(),
                    reason: reason.reason.clone(),
                    at: reason.at,
                };
                (Some(product), given)
            }
            _ => return None,
        };
        Some(Self {
            product: product.cloned(),
            given,
            by: entry.actor.name.clone(),
        })
    }
}

/// All shows that have ended, oldest first.
pub fn past(reader: &Reader) -> Result<Vec<Past>, JournalError> {
    let mut found: Vec<Past> = Vec::new();
    let mut open: Option<Past> = None;
    let mut name = String::new();
    let mut written = Written::default();
    reader.each(Seq(0), Seq(u64::MAX), Kinds::Only(&MARKS), |entry| {
        written.follow(&entry.event);
        match &entry.event {
            Event::Renamed { name: new } => {
                name.clone_from(new);
                if let Some(open) = &mut open {
                    open.name.clone_from(new);
                }
            }
            Event::RecordingPartOpened { .. } => {
                if let Some(open) = &mut open {
                    open.parts.extend(written.newest.clone());
                }
            }
            Event::PhaseChanged { phase } => {
                if let Some(mut ended) = open.take() {
                    ended.end = entry.seq;
                    (ended.ended, ended.last) = (entry.at, entry.at);
                    // A live show is ended by a person, as long as the engine runs.
                    ended.interrupted = *phase == Phase::Idle && entry.actor == engine();
                    found.push(ended);
                }
                open = ShowKind::of(phase).map(|kind| Past {
                    begin: entry.seq,
                    end: entry.seq,
                    name: name.clone(),
                    kind,
                    began: entry.at,
                    ended: entry.at,
                    interrupted: false,
                    last: entry.at,
                    parts: written.running(),
                });
            }
            _ => {}
        }
    })?;
    for show in found.iter_mut().filter(|show| show.interrupted) {
        let (ended, mut last) = (show.ended, show.began);
        reader.each(show.begin, show.end, Kinds::All, |entry| {
            if entry.at < ended {
                last = last.max(entry.at);
            }
        })?;
        show.last = last;
    }
    Ok(found)
}

/// The show that began with entry `begin`; `None` when there is none that has ended. `length` says how long a file of
/// the recording is.
pub fn tell(
    path: &Path,
    begin: Seq,
    length: impl Fn(&str) -> Option<Duration>,
) -> Result<Option<Told>, JournalError> {
    let reader = Reader::open(path)?;
    let past = past(&reader)?;
    let Some(place) = past.iter().position(|show| show.begin == begin) else {
        return Ok(None);
    };
    let mut walk = Walk {
        reader: &reader,
        show: Show::default(),
        written: Written::default(),
        at: Seq(0),
    };
    let live = past[..place]
        .iter()
        .rfind(|show| show.kind == ShowKind::Live);
    let before = match live {
        Some(live) => Some(walk.through(live, &length)?.recap.totals()),
        None => None,
    };
    let walked = walk.through(&past[place], &length)?;
    Ok(Some(Told {
        recap: walked.recap,
        before,
        opening: walked.opening,
        overrides: walked.overrides,
        offered: walked.offered,
        span: (past[place].begin, past[place].end),
    }))
}

/// Which files are being written.
#[derive(Default)]
struct Written {
    is_on: bool,
    parts: BTreeMap<Canvas, RecapPart>,
    newest: Option<RecapPart>,
}

impl Written {
    fn follow(&mut self, event: &Event) {
        match event {
            Event::RecordingSet { on } => {
                self.is_on = *on;
                self.parts.clear();
            }
            Event::RecordingPartOpened { file, at, canvas } => {
                let part = RecapPart {
                    file: file.clone(),
                    at: *at,
                    canvas: *canvas,
                };
                self.parts.insert(*canvas, part.clone());
                self.newest = Some(part);
            }
            _ => {}
        }
    }

    fn running(&self) -> Vec<RecapPart> {
        let running = self.parts.values().filter(|_| self.is_on);
        running.cloned().collect()
    }
}

/// A walk through the journal, forwards.
struct Walk<'a> {
    reader: &'a Reader,
    show: Show,
    written: Written,
    at: Seq,
}

impl Walk<'_> {
    /// Up to and through a show.
    fn through(
        &mut self,
        past: &Past,
        length: &impl Fn(&str) -> Option<Duration>,
    ) -> Result<Walked, JournalError> {
        let (show, written) = (&mut self.show, &mut self.written);
        let kinds = Kinds::Except(&CHATTER);
        self.reader.each(self.at, past.begin, kinds, |entry| {
            written.follow(&entry.event);
            show.apply(&entry.event);
        })?;
        let parts = written.running();
        let opening = show.clone();
        let mut overrides = Vec::new();
        let mut offers = Offers::begin(show, past.began);
        let mut fold = RecapFold::begin(show.clone(), past.kind, past.began, parts.clone());
        let mut last = past.began;
        let mut parts = parts;
        // What an engine decided when it found the show hours later did not happen in it.
        let is_later = |entry: &Entry| past.interrupted && entry.at == past.ended;
        self.reader
            .each(past.begin, past.end, Kinds::All, |entry| {
                written.follow(&entry.event);
                show.apply(&entry.event);
                offers.take(show, entry.at, &entry.event);
                overrides.extend(Reason::of(&entry));
                if !is_later(&entry) {
                    fold.take(entry.at, &entry.event);
                    last = last.max(entry.at);
                    if matches!(entry.event, Event::RecordingPartOpened { .. }) {
                        parts.extend(written.newest.clone());
                    }
                }
            })?;
        self.at = past.end;
        let ended = if past.interrupted {
            let ends = parts.iter().filter_map(|part| {
                let long = i64::try_from(length(&part.file)?.as_millis()).ok()?;
                Some(At(part.at.0.saturating_add(long)))
            });
            ends.chain([last]).max().unwrap_or(last).min(past.ended)
        } else {
            past.ended
        };
        // An order is paid, refunded or cancelled long after.
        let later = Kinds::Only(&["order_noted"]);
        self.reader.each(past.end, Seq(u64::MAX), later, |entry| {
            fold.hear_later(&entry.event)
        })?;
        Ok(Walked {
            recap: fold.finish(ended),
            opening,
            overrides,
            offered: offers.finish(),
        })
    }
}

#[cfg(test)]
mod tests {
    use stallcast_journal::Journal;
    use stallcast_show::{Actor, OnAir, Role};

    use super::*;
    use crate::sample::product;

    fn owner() -> Actor {
        Actor {
            name: "studio".into(),
            role: Role::Owner,
        }
    }

    fn part(file: &str, at: i64) -> Event {
        Event::RecordingPartOpened {
            file: file.into(),
            at: At(at),
            canvas: Canvas::Landscape,
        }
    }

    fn phase(phase: Phase) -> Event {
        Event::PhaseChanged { phase }
    }

    fn on_air(at: i64) -> Event {
        Event::WentOnAir {
            on_air: OnAir {
                product: "a".into(),
                since: At(at),
            },
        }
    }

    #[test]
    fn rehearsals_and_live_shows_are_told_apart_with_the_files_that_cover_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        let mut append = |at: i64, actor: &Actor, events: &[Event]| {
            journal.append(actor, At(at), events).unwrap();
        };
        let products = vec![product("a", "Apples", 100)];
        append(1, &owner(), &[Event::ProductsImported { products }]);
        append(10, &owner(), &[phase(Phase::Rehearsing { since: At(10) })]);
        append(
            20,
            &owner(),
            &[Event::RecordingSet { on: true }, part("one.mp4", 20)],
        );
        // The part that is being written goes on into the live show.
        append(30, &owner(), &[phase(Phase::Live { since: At(30) })]);
        append(40, &owner(), &[on_air(40)]);
        append(50, &owner(), &[part("two.mp4", 50)]);
        let end = [
            Event::WentOffAir { at: At(70) },
            phase(Phase::Idle),
            Event::RecordingSet { on: false },
        ];
        append(70, &owner(), &end);
        // A second show, which is killed; the engine ends it the next day.
        let live = [
            phase(Phase::Live { since: At(100) }),
            Event::RecordingSet { on: true },
        ];
        append(100, &owner(), &live);
        append(110, &engine(), &[part("three.mp4", 110)]);
        append(120, &owner(), &[on_air(120)]);
        let end = [Event::WentOffAir { at: At(90_000) }, phase(Phase::Idle)];
        append(90_000, &engine(), &end);
        // And one that still runs.
        append(
            95_000,
            &owner(),
            &[phase(Phase::Rehearsing { since: At(95_000) })],
        );

        let shows = past(&Reader::open(&path).unwrap()).unwrap();
        let found: Vec<_> = shows
            .iter()
            .map(|show| {
                let files: Vec<&str> = show.parts.iter().map(|part| part.file.as_str()).collect();
                (show.kind, show.began.0, show.ended.0, files)
            })
            .collect();
        let wanted = [
            (ShowKind::Rehearsal, 10, 30, vec!["one.mp4"]),
            (ShowKind::Live, 30, 70, vec!["one.mp4", "two.mp4"]),
            (ShowKind::Live, 100, 90_000, vec!["three.mp4"]),
        ];
        assert_eq!(found, wanted);

        let length = |_: &str| Some(Duration::from_millis(45));
        let first = tell(&path, shows[1].begin, length).unwrap().unwrap();
        assert_eq!(first.before, None);
        assert_eq!(first.recap.segments.len(), 1);
        let segment = &first.recap.segments[0];
        assert_eq!((segment.from, segment.to), (At(40), At(70)));
        assert_eq!(first.recap.parts.len(), 2);

        let second = tell(&path, shows[2].begin, length).unwrap().unwrap();
        assert!(shows[2].interrupted && !shows[1].interrupted);
        assert_eq!((shows[1].last, shows[2].last), (At(70), At(120)));
        assert_eq!(second.before.unwrap().length_ms, 40);
        // 110 and the 45 ms that were recorded, not the next day.
        assert_eq!(second.recap.ended, At(155));
        assert_eq!(second.recap.segments[0].to, At(155));
        assert!(tell(&path, Seq(1), length).unwrap().is_none());
    }
}
