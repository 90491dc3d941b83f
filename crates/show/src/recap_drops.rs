//! Pictures that destinations did not get, minute by minute, from what the engine noted. Pure.

use serde::{Deserialize, Serialize};

use crate::recap_sales::minute_of;
use crate::{At, DestinationId, PicturesDropped};

/// Pictures left out for a destination in one minute of the show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecapDrop {
    /// For which destination.
    pub destination: DestinationId,
    /// Its name at that time.
    pub name: String,
    /// The minute, from 0.
    pub minute: u32,
    /// How many.
    pub pictures: u32,
}

/// Takes a note into the list.
pub(crate) fn take(drops: &mut Vec<RecapDrop>, began: At, at: At, note: &PicturesDropped) {
    let minute = u32::try_from(minute_of(began, at)).unwrap_or(u32::MAX);
    let mut newest = drops.iter_mut().rev();
    let known = newest
        .by_ref()
        .take_while(|drop| drop.minute == minute)
        .find(|drop| drop.destination == note.destination);
    match known {
        Some(known) => known.pictures = known.pictures.saturating_add(note.pictures),
        None => drops.push(RecapDrop {
            destination: note.destination.clone(),
            name: note.name.clone(),
            minute,
            pictures: note.pictures,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_added_up_by_minute_and_destination() {
        let note = |id: &str, pictures| PicturesDropped {
            destination: DestinationId(id.into()),
            name: id.into(),
            pictures,
        };
        let mut drops = Vec::new();
        for (at, id, pictures) in [
            (10, "a", 3),
            (20, "b", 1),
            (59_000, "a", 4),
            (60_000, "a", 5),
        ] {
            take(&mut drops, At(5), At(5 + at), &note(id, pictures));
        }
        let brief: Vec<_> = drops
            .iter()
            .map(|it| (it.destination.0.as_str(), it.minute, it.pictures))
            .collect();
        assert_eq!(brief, [("a", 0, 7), ("b", 0, 1), ("a", 1, 5)]);
    }
}
