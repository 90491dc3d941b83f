//! The list as it is written down, and read again at the next start.

use serde::{Deserialize, Serialize};
use stallcast_show::QuestionState;

use super::pieces::hash;
use super::{Claim, Group, GroupId, Hidden, LINES_MAX, Line, Questions};
use crate::catalogue::Catalogue;
use crate::topic::Topic;

/// Lines written down with a question, the newest.
const LINES_SAVED: usize = 50;
/// Askers written down with a question; beyond, they are only counted from then on.
const ASKERS_SAVED: usize = 2_000;

/// The list, to be written down.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Saved {
    groups: Vec<SavedGroup>,
    /// Product, topic with its place (`remote_ship@canada`), and the question that takes it.
    subjects: Vec<(Option<String>, String, u64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SavedGroup {
    id: u64,
    product: Option<String>,
    topic: Option<String>,
    #[serde(default)]
    place: Option<String>,
    count: u32,
    first_ms: u64,
    last_ms: u64,
    state: QuestionState,
    words: String,
    lines: Vec<SavedLine>,
    askers: Vec<u64>,
    more_askers: u32,
    by_hand: bool,
    #[serde(default)]
    claim: Option<Claim>,
    #[serde(default)]
    hidden: Option<Hidden>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SavedLine {
    id: String,
    author: String,
    text: String,
    at_ms: u64,
}

impl Questions {
    /// What is to be written down.
    pub fn saved(&self) -> Saved {
        let groups = self.groups.values().map(saved_group);
        let subjects = self.subjects.iter().map(|((product, topic, place), id)| {
            let name = match place {
                Some(place) => format!("{}@{place}", topic.name()),
                None => topic.name().to_owned(),
            };
            (product.clone(), name, id.0)
        });
        Saved {
            groups: groups.collect(),
            subjects: subjects.collect(),
        }
    }

    /// The list that was written down; `catalogue` is what is sold now.
    pub fn restored(saved: Saved, catalogue: &Catalogue) -> Self {
        let groups = saved.groups.into_iter().take(super::GROUPS_MAX);
        let mut list = Self {
            groups: groups
                .map(|group| (GroupId(group.id), restored_group(group, catalogue)))
                .collect(),
            ..Self::default()
        };
        list.split = list.groups.values().filter(|group| group.by_hand).count();
        for (product, name, id) in saved.subjects {
            let known = list.groups.contains_key(&GroupId(id));
            let (topic, place) = match name.split_once('@') {
                Some((topic, place)) => (topic, Some(place.to_owned())),
                None => (name.as_str(), None),
            };
            if let (Some(topic), true) = (Topic::named(topic), known) {
                list.subjects.insert((product, topic, place), GroupId(id));
            }
        }
        list
    }
}

fn saved_group(group: &Group) -> SavedGroup {
    let over = group.lines.len().saturating_sub(LINES_SAVED);
    let lines = group.lines.iter().skip(over).map(|line| SavedLine {
        id: line.id.clone(),
        author: line.author.clone(),
        text: line.text.clone(),
        at_ms: line.at_ms,
    });
    let many = group.askers.len() > ASKERS_SAVED;
    SavedGroup {
        id: group.id.0,
        product: group.product.clone(),
        topic: group.topic.map(|topic| topic.name().to_owned()),
        place: group.place.clone(),
        count: group.count,
        first_ms: group.first_ms,
        last_ms: group.last_ms,
        state: group.state,
        words: group.words.clone(),
        lines: lines.collect(),
        askers: if many {
            Vec::new()
        } else {
            group.askers.iter().copied().collect()
        },
        more_askers: if many {
            group.askers()
        } else {
            group.more_askers
        },
        by_hand: group.by_hand,
        claim: group.claim.clone(),
        hidden: group.hidden.clone(),
    }
}

fn restored_group(saved: SavedGroup, catalogue: &Catalogue) -> Group {
    let lines = saved.lines.into_iter().take(LINES_MAX).map(|line| {
        let heard = catalogue.hear(&line.text);
        Line {
            asker: hash(&line.author),
            pieces: heard.pieces,
            spelling: heard.spelling,
            id: line.id,
            author: line.author,
            text: line.text,
            at_ms: line.at_ms,
        }
    });
    Group {
        id: GroupId(saved.id),
        product: saved.product,
        topic: saved.topic.as_deref().and_then(Topic::named),
        place: saved.place,
        count: saved.count,
        first_ms: saved.first_ms,
        last_ms: saved.last_ms,
        state: saved.state,
        words: saved.words,
        lines: lines.collect(),
        askers: saved.askers.into_iter().collect(),
        more_askers: saved.more_askers,
        by_hand: saved.by_hand,
        claim: saved.claim,
        hidden: saved.hidden,
    }
}
