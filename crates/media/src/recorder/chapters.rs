//! Owns chapters: what was on air when, as places in one part.

use super::boxes::Boxes;

/// The box counts chapters in one byte.
const MOST: usize = 255;
/// The box counts the bytes of a title in one byte.
const TITLE_BYTES: usize = 255;

/// The beginning of a chapter; it lasts until the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// On the program's timeline, as packets' `pts_us`.
    pub at_us: i64,
    /// What a player shows; cut to 255 bytes.
    pub title: String,
}

/// A chapter's place in a part, in µs from its first picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub at_us: u64,
    pub title: String,
}

/// The chapters of a part that shows `start_us..end_us`. One that began in an earlier part goes on
/// at this one's start. Of more than 255 the last are left out.
pub(super) fn places(chapters: &[Chapter], start_us: i64, end_us: i64) -> Vec<Place> {
    let mut sorted: Vec<&Chapter> = chapters.iter().filter(|c| c.at_us < end_us).collect();
    sorted.sort_by_key(|chapter| chapter.at_us);
    let running = sorted
        .iter()
        .rposition(|chapter| chapter.at_us <= start_us)
        .unwrap_or(0);
    sorted
        .into_iter()
        .skip(running)
        .take(MOST)
        .map(|chapter| Place {
            at_us: u64::try_from(chapter.at_us - start_us).unwrap_or(0),
            title: cut(&chapter.title).to_owned(),
        })
        .collect()
}

fn cut(title: &str) -> &str {
    let mut end = title.len().min(TITLE_BYTES);
    while !title.is_char_boundary(end) {
        end -= 1;
    }
    &title[..end]
}

/// `udta` with Nero's `chpl`, which FFmpeg, GStreamer, mpv and VLC read.
pub(super) fn user_data(out: &mut Boxes, places: &[Place]) {
    out.boxed(b"udta", |out| {
        out.full(b"chpl", 1, 0, |out| {
            out.u32(0);
            out.u8(places.len() as u8);
            for place in places {
                // In units of 100 ns.
                out.u64(place.at_us * 10);
                out.u8(place.title.len() as u8);
                out.bytes.extend_from_slice(place.title.as_bytes());
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(at_us: i64, title: &str) -> Chapter {
        Chapter {
            at_us,
            title: title.to_owned(),
        }
    }

    #[test]
    fn a_part_begins_with_the_chapter_that_was_running_and_has_no_later_ones() {
        let all = [
            chapter(50, "c"),
            chapter(10, "a"),
            chapter(20, "b"),
            chapter(90, "d"),
        ];
        let found = places(&all, 30, 90);
        let found: Vec<_> = found.iter().map(|p| (p.at_us, p.title.as_str())).collect();
        assert_eq!(found, [(0, "b"), (20, "c")]);
        assert!(places(&all, 0, 10).is_empty());
        assert_eq!(places(&all, 0, 11)[0].at_us, 10);
    }

    #[test]
    fn long_titles_are_cut_between_characters_and_long_lists_at_what_the_box_can_count() {
        let title = "苹".repeat(100);
        let places = places(&vec![chapter(5, &title); 300], 0, 10);
        assert_eq!(places.len(), 255);
        assert_eq!(places[0].title, "苹".repeat(85));
    }
}
